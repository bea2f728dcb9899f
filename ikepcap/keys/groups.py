"""Diffie-Hellman groups and the secrets shared in them (RFC 2409 §6, 3526, 5114, 5903, 6932, 8031).

MODP groups are computed with `pow`: cryptography has announced the end of its finite-field Diffie-Hellman.
"""

import functools
from typing import Any, Final

from msgspec import Struct

from ikepcap.keys.cipher import PACKAGE
from ikepcap.keys.secret import Secret
from ikepcap.wire.numbers import Group, group_word, ke_bytes

# RFC 2409 §6 and RFC 3526 give their primes as 2^n - 2^(n-64) - 1 + 2^64 ([2^(n-130) pi] + k), so n and k
# are the prime. The generator is 2.
_OFFSETS: Final[dict[int, tuple[int, int]]] = {
    Group.MODP_768: (768, 149686),
    Group.MODP_1024: (1024, 129093),
    Group.MODP_1536: (1536, 741804),
    Group.MODP_2048: (2048, 124476),
    Group.MODP_3072: (3072, 1690314),
    Group.MODP_4096: (4096, 240904),
    Group.MODP_6144: (6144, 929484),
    Group.MODP_8192: (8192, 4743158),
}


class Modp(Struct, frozen=True):
    """A prime and a generator."""

    prime: int
    generator: int

    @property
    def size(self) -> int:
        """Octets of a public value."""
        return (self.prime.bit_length() + 7) // 8


def _number(digits: str) -> int:
    return int(digits, 16)


# RFC 5114 §2.1-2.3: prime and generator, which follow no formula.
_LISTED: Final[dict[int, Modp]] = {
    Group.MODP_1024_160: Modp(
        _number(
            "B10B8F96A080E01DDE92DE5EAE5D54EC52C99FBCFB06A3C69A6A9DCA52D23B616073E28675A23D189838EF1E"
            "2EE652C013ECB4AEA906112324975C3CD49B83BFACCBDD7D90C4BD7098488E9C219A73724EFFD6FAE5644738"
            "FAA31A4FF55BCCC0A151AF5F0DC8B4BD45BF37DF365C1A65E68CFDA76D4DA708DF1FB2BC2E4A4371"
        ),
        _number(
            "A4D1CBD5C3FD34126765A442EFB99905F8104DD258AC507FD6406CFF14266D31266FEA1E5C41564B777E690F"
            "5504F213160217B4B01B886A5E91547F9E2749F4D7FBD7D3B9A92EE1909D0D2263F80A76A6A24C087A091F53"
            "1DBF0A0169B6A28AD662A4D18E73AFA32D779D5918D08BC8858F4DCEF97C2A24855E6EEB22B3B2E5"
        ),
    ),
    Group.MODP_2048_224: Modp(
        _number(
            "AD107E1E9123A9D0D660FAA79559C51FA20D64E5683B9FD1B54B1597B61D0A75E6FA141DF95A56DBAF9A3C40"
            "7BA1DF15EB3D688A309C180E1DE6B85A1274A0A66D3F8152AD6AC2129037C9EDEFDA4DF8D91E8FEF55B7394B"
            "7AD5B7D0B6C12207C9F98D11ED34DBF6C6BA0B2C8BBC27BE6A00E0A0B9C49708B3BF8A317091883681286130"
            "BC8985DB1602E714415D9330278273C7DE31EFDC7310F7121FD5A07415987D9ADC0A486DCDF93ACC44328387"
            "315D75E198C641A480CD86A1B9E587E8BE60E69CC928B2B9C52172E413042E9B23F10B0E16E79763C9B53DCF"
            "4BA80A29E3FB73C16B8E75B97EF363E2FFA31F71CF9DE5384E71B81C0AC4DFFE0C10E64F"
        ),
        _number(
            "AC4032EF4F2D9AE39DF30B5C8FFDAC506CDEBE7B89998CAF74866A08CFE4FFE3A6824A4E10B9A6F0DD921F01"
            "A70C4AFAAB739D7700C29F52C57DB17C620A8652BE5E9001A8D66AD7C17669101999024AF4D027275AC1348B"
            "B8A762D0521BC98AE247150422EA1ED409939D54DA7460CDB5F6C6B250717CBEF180EB34118E98D119529A45"
            "D6F834566E3025E316A330EFBB77A86F0C1AB15B051AE3D428C8F8ACB70A8137150B8EEB10E183EDD19963DD"
            "D9E263E4770589EF6AA21E7F5F2FF381B539CCE3409D13CD566AFBB48D6C019181E1BCFE94B30269EDFE72FE"
            "9B6AA4BD7B5A0F1C71CFFF4C19C418E1F6EC017981BC087F2A7065B384B890D3191F2BFA"
        ),
    ),
    Group.MODP_2048_256: Modp(
        _number(
            "87A8E61DB4B6663CFFBBD19C651959998CEEF608660DD0F25D2CEED4435E3B00E00DF8F1D61957D4FAF7DF45"
            "61B2AA3016C3D91134096FAA3BF4296D830E9A7C209E0C6497517ABD5A8A9D306BCF67ED91F9E6725B4758C0"
            "22E0B1EF4275BF7B6C5BFC11D45F9088B941F54EB1E59BB8BC39A0BF12307F5C4FDB70C581B23F76B63ACAE1"
            "CAA6B7902D52526735488A0EF13C6D9A51BFA4AB3AD8347796524D8EF6A167B5A41825D967E144E514056425"
            "1CCACB83E6B486F6B3CA3F7971506026C0B857F689962856DED4010ABD0BE621C3A3960A54E710C375F26375"
            "D7014103A4B54330C198AF126116D2276E11715F693877FAD7EF09CADB094AE91E1A1597"
        ),
        _number(
            "3FB32C9B73134D0B2E77506660EDBD484CA7B18F21EF205407F4793A1A0BA12510DBC15077BE463FFF4FED4A"
            "AC0BB555BE3A6C1B0C6B47B1BC3773BF7E8C6F62901228F8C28CBB18A55AE31341000A650196F931C77A57F2"
            "DDF463E5E9EC144B777DE62AAAB8A8628AC376D282D6ED3864E67982428EBC831D14348F6F2F9193B5045AF2"
            "767164E1DFC967C1FB3F2E55A4BD1BFFE83B9C80D052B985D182EA0ADB2A3B7313D3FE14C8484B1E052588B9"
            "B7D2BBD2DF016199ECD06E1557CD0915B3353BBB64E0EC377FD028370DF92B52C7891428CDC67EB6184B523D"
            "1DB246C32F63078490F00EF8D647D148D47954515E2327CFEF98C582664B4C0F6CC41659"
        ),
    ),
}

_CURVES: Final[dict[int, str]] = {
    # As cryptography names them. It lacks brainpoolP224 and the EC2N groups: those are named, not computed.
    Group.ECP_192: "SECP192R1",
    Group.ECP_224: "SECP224R1",
    Group.ECP_256: "SECP256R1",
    Group.ECP_384: "SECP384R1",
    Group.ECP_521: "SECP521R1",
    Group.BRAINPOOL_256: "BrainpoolP256R1",
    Group.BRAINPOOL_384: "BrainpoolP384R1",
    Group.BRAINPOOL_512: "BrainpoolP512R1",
}
_MONTGOMERY: Final = frozenset((Group.CURVE25519, Group.CURVE448))


@functools.cache
def modp(group: int) -> Modp | None:
    """Return a MODP group; None where the number is another kind's."""
    if group in _LISTED:
        return _LISTED[group]
    if group not in _OFFSETS:
        return None
    bits, offset = _OFFSETS[group]
    return Modp(2**bits - 2 ** (bits - 64) - 1 + 2**64 * (_pi(bits - 130) + offset), 2)


def private_bytes(group: int) -> int | None:
    """Return how many random octets make a private value; None where the group cannot be computed here.

    Twice the strength of the group at least, and on a curve less than its order.
    """
    if modp(group) is not None:
        return 64
    if group in _MONTGOMERY:
        return ke_bytes(group)
    size = ke_bytes(group)
    return size // 2 - 1 if group in _CURVES and size is not None else None


def public_value(group: int, private: Secret) -> bytes | str:
    """Return the public value that belongs to a private one, as a KE payload holds it; else why not.

    Args:
        group: a group number (RFC 2409 appendix A).
        private: the exponent, or the factor on a curve, in network order.
    """
    known = modp(group)
    if known is not None:
        if len(private) > known.size:
            return f"a private value of {len(private)} octets is too long for {group_word(group)}"
        return pow(known.generator, int.from_bytes(private.reveal()), known.prime).to_bytes(known.size)
    made = _private_key(group, private)
    return made if isinstance(made, str) else _coordinates(group, made.public_key())


def shared_secret(group: int, private: Secret, public: bytes) -> Secret | str:
    """Return g^xy as the SKEYID formulas take it, with leading zeros; else why it cannot be had.

    On a curve it is the x coordinate alone (RFC 5903 §7, which corrects RFC 4753).

    Args:
        group: a group number.
        private: one peer's private value, in network order.
        public: the other peer's KE payload body.
    """
    size = ke_bytes(group)
    if size is not None and len(public) != size:
        return f"a public value of {group_word(group)} has {size} octets, this one has {len(public)}"
    known = modp(group)
    if known is not None:
        if len(private) > known.size:
            return f"a private value of {len(private)} octets is too long for {group_word(group)}"
        shared = pow(int.from_bytes(public), int.from_bytes(private.reveal()), known.prime)
        return Secret(shared.to_bytes(known.size))
    made = _private_key(group, private)
    if isinstance(made, str):
        return made
    try:
        return Secret(_exchange(group, made, public))
    except ValueError:
        return f"the public value is no point of {group_word(group)}"


def _exchange(group: int, private: Any, public: bytes) -> bytes:
    """Return the shared octets; raises ValueError for a point that is not on the curve."""
    if group in _MONTGOMERY:
        from cryptography.hazmat.primitives.asymmetric import x448, x25519

        kind = x25519.X25519PublicKey if group == Group.CURVE25519 else x448.X448PublicKey
        shared: bytes = private.exchange(kind.from_public_bytes(public))
        return shared
    from cryptography.hazmat.primitives.asymmetric import ec

    half = len(public) // 2
    x, y = int.from_bytes(public[:half]), int.from_bytes(public[half:])
    numbers = ec.EllipticCurvePublicNumbers(x, y, private.curve)
    agreed: bytes = private.exchange(ec.ECDH(), numbers.public_key())
    return agreed


def _private_key(group: int, private: Secret) -> Any:
    """Return cryptography's private key on a curve, or why there is none."""
    lacking = f"the group {group_word(group)} cannot be computed here"
    if group not in _CURVES and group not in _MONTGOMERY:
        return lacking
    try:
        from cryptography.exceptions import UnsupportedAlgorithm
        from cryptography.hazmat.primitives.asymmetric import ec, x448, x25519
    except ImportError:
        return f"{group_word(group)} needs {PACKAGE}"
    try:
        if group == Group.CURVE25519:
            return x25519.X25519PrivateKey.from_private_bytes(private.reveal())
        if group == Group.CURVE448:
            return x448.X448PrivateKey.from_private_bytes(private.reveal())
        curve = getattr(ec, _CURVES[group], None)
        return lacking if curve is None else ec.derive_private_key(int.from_bytes(private.reveal()), curve())
    except UnsupportedAlgorithm:
        return lacking
    except ValueError:
        return f"the private value does not fit {group_word(group)}"


def _coordinates(group: int, public: Any) -> bytes:
    """Return a public key as a KE payload holds it."""
    if group in _MONTGOMERY:
        octets: bytes = public.public_bytes_raw()
        return octets
    half = (ke_bytes(group) or 0) // 2
    numbers = public.public_numbers()
    return bytes(numbers.x.to_bytes(half) + numbers.y.to_bytes(half))


def _pi(bits: int) -> int:
    """Return the integer part of 2^bits times pi, by Machin's formula."""
    guard = 64
    one = 1 << (bits + guard)
    return (16 * _arctan_of_inverse(5, one) - 4 * _arctan_of_inverse(239, one)) >> guard


def _arctan_of_inverse(x: int, one: int) -> int:
    """Return arctan(1/x), scaled by `one`."""
    power = total = one // x
    sign, divisor = -1, 3
    while power:
        power //= x * x
        total += sign * (power // divisor)
        sign, divisor = -sign, divisor + 2
    return total

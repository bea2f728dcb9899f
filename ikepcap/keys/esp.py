"""Keys of the ESP SAs that quick modes made, as rows of Wireshark's `esp_sa` (RFC 2409 §5.5, RFC 4303)."""

from collections.abc import Iterable, Iterator
from ipaddress import ip_address
from typing import Final

from msgspec import Struct

from ikepcap.keys.decryptor import Decryptor
from ikepcap.keys.derive import keymat
from ikepcap.keys.groups import public_value, shared_secret
from ikepcap.keys.hashes import HashAlgorithm
from ikepcap.keys.material import QuickSecret
from ikepcap.keys.quick import QuickMode
from ikepcap.keys.secret import Secret
from ikepcap.wire.details import AuthAlgorithm, EspTransform
from ikepcap.wire.numbers import Protocol, group_word, word
from ikepcap.wire.offer import Offer, Proposal, Transform


class EspCipher(Struct, frozen=True):
    """A cipher of ESP: its name in Wireshark, and the octets that it takes of the keying material."""

    wireshark: str
    key: int | None
    """Octets of the key where no key length is negotiated; None where one must be."""
    salt: int = 0
    tag_bits: int | None = None
    """Bits of the integrity check value of a cipher that needs no other."""


class EspIntegrity(Struct, frozen=True):
    """An integrity algorithm of ESP: its name in Wireshark, and octets of its key."""

    wireshark: str
    key: int


_CIPHERS: Final[dict[int, EspCipher]] = {
    EspTransform.DES_CBC: EspCipher("DES-CBC [RFC2405]", 8),
    EspTransform.TRIPLE_DES_CBC: EspCipher("TripleDES-CBC [RFC2451]", 24),
    EspTransform.CAST: EspCipher("CAST5-CBC [RFC2144]", 16),
    EspTransform.BLOWFISH: EspCipher("BLOWFISH-CBC [RFC2451]", 16),
    EspTransform.NULL: EspCipher("NULL", 0),
    EspTransform.AES_CBC: EspCipher("AES-CBC [RFC3602]", 16),
    EspTransform.AES_CTR: EspCipher("AES-CTR [RFC3686]", None, 4),
    EspTransform.AES_GCM_8: EspCipher("AES-GCM [RFC4106]", None, 4, 64),
    EspTransform.AES_GCM_12: EspCipher("AES-GCM [RFC4106]", None, 4, 96),
    EspTransform.AES_GCM_16: EspCipher("AES-GCM [RFC4106]", None, 4, 128),
}
_INTEGRITY: Final[dict[int, EspIntegrity]] = {
    AuthAlgorithm.HMAC_MD5: EspIntegrity("HMAC-MD5-96 [RFC2403]", 16),
    AuthAlgorithm.HMAC_SHA1: EspIntegrity("HMAC-SHA-1-96 [RFC2404]", 20),
    AuthAlgorithm.HMAC_SHA2_256: EspIntegrity("HMAC-SHA-256-128 [RFC4868]", 32),
    AuthAlgorithm.HMAC_SHA2_384: EspIntegrity("HMAC-SHA-384-192 [RFC4868]", 48),
    AuthAlgorithm.HMAC_SHA2_512: EspIntegrity("HMAC-SHA-512-256 [RFC4868]", 64),
}


class EspKeys(Struct, frozen=True):
    """One direction of an IPsec SA."""

    source: str
    destination: str
    spi: bytes
    """Chosen by the receiver."""
    encryption: str
    encryption_key: Secret
    integrity: str
    integrity_key: Secret

    def row(self) -> str:
        """Return the row of `esp_sa`; addresses are those of the IKE messages."""
        family = "IPv4" if ip_address(self.source).version == 4 else "IPv6"
        cells = (
            family, self.source, self.destination, f"0x{self.spi.hex()}", self.encryption,
            _digits(self.encryption_key), self.integrity, _digits(self.integrity_key),
        )  # fmt: skip
        return ",".join(f'"{cell}"' for cell in cells) + "\n"


class NoEspKeys(Struct, frozen=True):
    """A quick mode whose keys could not be made."""

    message_id: int
    why: str


def esp_keys(decryptor: Decryptor, initiator: str, responder: str) -> Iterator[EspKeys | NoEspKeys]:
    """Yield the keys of both directions of every quick mode that was opened, or why there are none.

    Args:
        decryptor: of the conversation, fed with all of it.
        initiator: address of phase 1's initiator.
        responder: of its responder.
    """
    ends = (initiator, responder)
    secrets = [quick for material in decryptor.materials for quick in material.quick]
    for mode in decryptor.quick_modes:
        found = _keys_of(mode, decryptor, secrets, (ends[mode.starter], ends[1 - mode.starter]))
        if isinstance(found, str):
            yield NoEspKeys(mode.message_id, found)
        else:
            yield from found


def _keys_of(
    mode: QuickMode, decryptor: Decryptor, secrets: Iterable[QuickSecret], ends: tuple[str, str]
) -> list[EspKeys] | str:
    """Return both directions of a quick mode; `ends` begin with its initiator."""
    algorithm = decryptor.facts.hash
    known = [trial.keys.skeyid_d for trial in decryptor.working_keys() if trial.keys.skeyid_d is not None]
    if not known or algorithm is None:
        return "SKEYID_d is not known: the encryption key of phase 1 does not give it"
    if mode.nonces[0] is None or mode.nonces[1] is None:
        return "QM1 or QM2 was not opened"
    chosen = _pair(mode.offers)
    if isinstance(chosen, str):
        return chosen
    offered, answer = chosen
    shared = _shared(mode, answer.transforms[0], secrets)
    if isinstance(shared, str):
        return shared
    sizes = _algorithms(answer.transforms[0])
    if isinstance(sizes, str):
        return sizes
    nonces = mode.nonces[0] + mode.nonces[1]
    # Each direction is keyed with the SPI that its receiver chose (RFC 2409 §5.5).
    return [
        _direction(algorithm, known[0], shared, nonces, spi, direction, *sizes)
        for spi, direction in ((answer.spi, ends), (offered.spi, ends[::-1]))
    ]


def _pair(offers: tuple[Offer | None, Offer | None]) -> tuple[Proposal, Proposal] | str:
    """Return the ESP proposal that was chosen, first as offered, with the initiator's SPI."""
    if offers[0] is None or offers[1] is None:
        return "QM1 or QM2 was not opened"
    for answer in offers[1].proposals:
        if answer.protocol != Protocol.ESP or not answer.transforms or len(answer.spi) != 4:
            continue
        for offered in offers[0].proposals:
            same = offered.protocol == answer.protocol and offered.number == answer.number
            if same and len(offered.spi) == 4:
                return offered, answer
        # Some responders number their answer anew; then the only offer of ESP is meant.
        others = [one for one in offers[0].proposals if one.protocol == Protocol.ESP and len(one.spi) == 4]
        if len({one.spi for one in others}) == 1:
            return others[0], answer
    return "no ESP proposal was chosen"


def _shared(mode: QuickMode, transform: Transform, secrets: Iterable[QuickSecret]) -> bytes | str:
    """Return g(qm)^xy, empty without PFS, or what is missing."""
    if mode.public == (None, None):
        return b""
    for secret in secrets:
        if secret.message_id != mode.message_id:
            continue
        if secret.shared is not None:
            return secret.shared.reveal()
        if secret.private is not None and transform.group is not None:
            own = public_value(transform.group, secret.private)
            for mine, other in (mode.public, mode.public[::-1]):
                if mine == own and other is not None:
                    made = shared_secret(transform.group, secret.private, other)
                    return made if isinstance(made, str) else made.reveal()
            return "the DH private value given for it belongs to neither KE payload"
    group = "" if transform.group is None else f" in {group_word(transform.group)}"
    return f"PFS{group}: its own g^xy or DH private value is needed"


def _algorithms(transform: Transform) -> tuple[EspCipher, int, EspIntegrity] | str:
    """Return cipher, octets of its key and integrity of a transform, or what is not known."""
    cipher = _CIPHERS.get(transform.transform_id)
    if cipher is None:
        return f"Wireshark has no name for {word(EspTransform, transform.transform_id)}"
    size = cipher.key if transform.key_bits is None else transform.key_bits // 8
    if size is None:
        return f"{word(EspTransform, transform.transform_id)} without a key length"
    if cipher.tag_bits is not None:
        return cipher, size, EspIntegrity(f"ANY {cipher.tag_bits} bit authentication [no checking]", 0)
    if transform.auth_algorithm is None:
        return cipher, size, EspIntegrity("NULL", 0)
    integrity = _INTEGRITY.get(transform.auth_algorithm)
    if integrity is None:
        return f"Wireshark has no name for {word(AuthAlgorithm, transform.auth_algorithm)}"
    return cipher, size, integrity


def _direction(
    algorithm: HashAlgorithm, skeyid_d: Secret, shared: bytes, nonces: bytes, spi: bytes,
    ends: tuple[str, str], cipher: EspCipher, size: int, integrity: EspIntegrity,
) -> EspKeys:  # fmt: skip
    """Return the keys of one direction: that of the cipher with its salt, then that of the integrity."""
    first = size + cipher.salt
    seed = shared + bytes((Protocol.ESP,)) + spi + nonces
    material = keymat(algorithm, skeyid_d, seed, first + integrity.key).reveal()
    return EspKeys(
        *ends, spi, cipher.wireshark, Secret(material[:first]), integrity.wireshark, Secret(material[first:])
    )


def _digits(key: Secret) -> str:
    return f"0x{key.reveal().hex()}" if len(key) else ""

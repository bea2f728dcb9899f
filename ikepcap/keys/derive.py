"""The keys of an ISAKMP SA from whatever is known of them (RFC 2409 §5 and appendix B)."""

from collections.abc import Iterator
from typing import Final

from msgspec import Struct

from ikepcap.keys.facts import Facts
from ikepcap.keys.groups import public_value, shared_secret
from ikepcap.keys.hashes import HashAlgorithm
from ikepcap.keys.material import QUICK_SECRETS, Material, NamedPsk
from ikepcap.keys.secret import Secret
from ikepcap.wire.numbers import AuthMethod, auth_word

PSK_METHODS: Final = frozenset((AuthMethod.PSK, AuthMethod.XAUTH_PSK_I, AuthMethod.XAUTH_PSK_R))
SIGNATURE_METHODS: Final = frozenset(
    (
        AuthMethod.DSS_SIG, AuthMethod.RSA_SIG, 8, AuthMethod.ECDSA_SIG_256, AuthMethod.ECDSA_SIG_384,
        AuthMethod.ECDSA_SIG_521, AuthMethod.HYBRID_RSA_I, AuthMethod.HYBRID_RSA_R, AuthMethod.HYBRID_DSS_I,
        AuthMethod.HYBRID_DSS_R, AuthMethod.XAUTH_DSS_I, AuthMethod.XAUTH_DSS_R, AuthMethod.XAUTH_RSA_I,
        AuthMethod.XAUTH_RSA_R,
        # 65001 is Kerberos in the GSS-API draft, which takes SKEYID as signatures do (racoon oakley.c).
        AuthMethod.XAUTH_PSK_I,
    )
)  # fmt: skip
ENCRYPTION_METHODS: Final = frozenset(
    (
        AuthMethod.RSA_ENC, AuthMethod.RSA_REV_ENC, AuthMethod.ELGAMAL_ENC, AuthMethod.ELGAMAL_REV_ENC,
        AuthMethod.XAUTH_RSA_ENC_I, AuthMethod.XAUTH_RSA_ENC_R, AuthMethod.XAUTH_RSA_REV_ENC_I,
        AuthMethod.XAUTH_RSA_REV_ENC_R,
    )
)  # fmt: skip


class Keys(Struct, frozen=True):
    """The keys of one SA, each where it could be had."""

    label: str
    """What they were made of and where that was read; tells no secret."""
    encryption_key: Secret | None = None
    """Given as it is; else it is expanded from SKEYID_e for the cipher."""
    skeyid: Secret | None = None
    skeyid_d: Secret | None = None
    skeyid_a: Secret | None = None
    skeyid_e: Secret | None = None
    psk: NamedPsk | None = None
    """The candidate that these keys depend on."""

    def known(self) -> int:
        """Return how many of SKEYID, SKEYID_d and SKEYID_a are there: what verifies and what keys ESP."""
        return sum(secret is not None for secret in (self.skeyid, self.skeyid_d, self.skeyid_a))


def skeyid_psk(algorithm: HashAlgorithm, psk: bytes, nonces: bytes) -> bytes:
    """SKEYID with a pre-shared key: of it and Ni_b | Nr_b (RFC 2409 §5)."""
    return algorithm.prf(psk, nonces)


def skeyid_signature(algorithm: HashAlgorithm, nonces: bytes, shared: bytes) -> bytes:
    """SKEYID with signatures, hybrid and Kerberos: of Ni_b | Nr_b and g^xy (RFC 2409 §5)."""
    return algorithm.prf(nonces, shared)


def skeyid_encryption(algorithm: HashAlgorithm, nonces: bytes, cookies: bytes) -> bytes:
    """SKEYID with public-key encryption: of hash(Ni_b | Nr_b) and CKY-I | CKY-R (RFC 2409 §5)."""
    return algorithm.prf(algorithm.digest(nonces), cookies)


def derived(algorithm: HashAlgorithm, skeyid: bytes, shared: bytes, cookies: bytes) -> tuple[Secret, ...]:
    """Return SKEYID_d, SKEYID_a and SKEYID_e (RFC 2409 §5).

    Args:
        algorithm: the negotiated hash.
        skeyid: SKEYID.
        shared: g^xy.
        cookies: CKY-I | CKY-R.
    """
    previous, found = b"", []
    for number in range(3):
        previous = algorithm.prf(skeyid, previous, shared, cookies, bytes((number,)))
        found.append(Secret(previous))
    return tuple(found)


def expanded(algorithm: HashAlgorithm, skeyid_e: Secret, size: int) -> Secret:
    """Return the key for a cipher, `size` octets (RFC 2409 appendix B).

    SKEYID_e itself where it is long enough; else K1 | K2 | ... with K1 = prf(SKEYID_e, 0).
    """
    octets = skeyid_e.reveal()
    if len(octets) >= size:
        return Secret(octets[:size])
    block, found = b"\0", b""
    while len(found) < size:
        block = algorithm.prf(octets, block)
        found += block
    return Secret(found[:size])


def keymat(algorithm: HashAlgorithm, skeyid_d: Secret, seed: bytes, size: int) -> Secret:
    """Return keying material of a quick mode (RFC 2409 §5.5).

    Args:
        algorithm: the hash of phase 1.
        skeyid_d: of phase 1.
        seed: [g(qm)^xy |] protocol | SPI | Ni_b | Nr_b.
        size: octets wanted.
    """
    block, found = b"", b""
    while len(found) < size:
        block = algorithm.prf(skeyid_d.reveal(), block, seed)
        found += block
    return Secret(found[:size])


def candidates(material: Material, facts: Facts, psks: tuple[NamedPsk, ...]) -> Iterator[Keys | str]:
    """Yield every set of keys that a material may mean, and what is missing where one cannot be made.

    Args:
        material: for this SA.
        facts: what was seen of it.
        psks: keys that may be the peers'.
    """
    origin = f"from {material.origin}"
    given = Keys(
        origin, material.encryption_key, material.skeyid, material.skeyid_d, material.skeyid_a,
        material.skeyid_e,
    )  # fmt: skip
    if given.encryption_key is not None or given.skeyid_e is not None:
        yield given
    shared = _shared(material, facts)
    if shared is None:
        is_of_quick_modes = set(material.holds()) == {QUICK_SECRETS}
        if given.encryption_key is None and given.skeyid_e is None and not is_of_quick_modes:
            held = " and ".join(material.holds()) or "nothing"
            yield f"{held} {origin} needs g^xy or a DH private value too"
        return
    if isinstance(shared, str):
        yield shared
        return
    own = () if material.psk is None else (NamedPsk(material.origin, material.psk),)
    yield from _from_shared(given, shared, facts, (*own, *psks), _nonces(material, facts))


def _shared(material: Material, facts: Facts) -> Secret | str | None:
    """Return g^xy, given or computed; why not; None where the material has neither."""
    if material.shared is not None or material.private is None:
        return material.shared
    group = facts.chosen.group if facts.chosen is not None else None
    if group is None:
        return "a DH private value needs the group: the responder's choice is not in the capture"
    own = public_value(group, material.private)
    if isinstance(own, str):
        return own
    # The private value is of the peer whose public value it makes.
    for mine, other in (facts.public, facts.public[::-1]):
        if mine == own and other is not None:
            return shared_secret(group, material.private, other)
    if None in facts.public:
        return "a DH private value needs both KE payloads: one is not in the capture"
    return f"the DH private value from {material.origin} belongs to neither KE payload"


def _nonces(material: Material, facts: Facts) -> bytes | str:
    """Return Ni_b | Nr_b, or what is missing."""
    if material.nonce_i is not None and material.nonce_r is not None:
        return material.nonce_i.reveal() + material.nonce_r.reveal()
    if facts.chosen is not None and facts.chosen.auth in ENCRYPTION_METHODS:
        return f"{auth_word(facts.chosen.auth)} hides the nonces: give them too, or SKEYID"
    if facts.nonce[0] is None or facts.nonce[1] is None:
        return "g^xy needs both nonces: one is not in the capture"
    return facts.nonce[0] + facts.nonce[1]


def _from_shared(
    given: Keys, shared: Secret, facts: Facts, psks: tuple[NamedPsk, ...], nonces: bytes | str
) -> Iterator[Keys | str]:
    """Yield the keys that g^xy makes with what else is known."""
    algorithm, cookie = facts.hash, facts.responder_cookie
    if algorithm is None or cookie is None or facts.chosen is None:
        yield "g^xy needs the negotiated hash and both cookies: the responder's choice is not in the capture"
        return
    cookies = facts.initiator_cookie + cookie
    if given.skeyid is not None:
        yield _complete(given, given.skeyid, shared, algorithm, cookies)
        return
    if isinstance(nonces, str):
        yield nonces
        return
    method = facts.chosen.auth or 0
    made = False
    if method in PSK_METHODS:
        for psk in psks:
            skeyid = skeyid_psk(algorithm, psk.psk.reveal(), nonces)
            label = f"{given.label} and PSK {psk.origin}"
            yield _complete(Keys(label, psk=psk), Secret(skeyid), shared, algorithm, cookies)
            made = True
    if method in SIGNATURE_METHODS:
        skeyid = skeyid_signature(algorithm, nonces, shared.reveal())
        yield _complete(given, Secret(skeyid), shared, algorithm, cookies)
        made = True
    if method in ENCRYPTION_METHODS:
        skeyid = skeyid_encryption(algorithm, nonces, cookies)
        yield _complete(given, Secret(skeyid), shared, algorithm, cookies)
        made = True
    if not made:
        what = "a PSK" if method in PSK_METHODS else f"a formula for {auth_word(method)}"
        yield f"g^xy {given.label} needs {what} too"


def _complete(keys: Keys, skeyid: Secret, shared: Secret, algorithm: HashAlgorithm, cookies: bytes) -> Keys:
    d, a, e = derived(algorithm, skeyid.reveal(), shared.reveal(), cookies)
    return Keys(keys.label, None, skeyid, d, a, e, keys.psk)

"""Policies as people write them: `aes256-sha256-modp2048`, `fqdn:gate.example.net`."""

from collections.abc import Iterable
from ipaddress import ip_address
from typing import Final

from ikepcap.errors import ReplayError
from ikepcap.replay.policy import Identity, host
from ikepcap.wire import build
from ikepcap.wire.details import AuthAlgorithm, Encapsulation, EspTransform, IdType
from ikepcap.wire.numbers import (
    AuthMethod,
    Encryption,
    Group,
    Hash,
    LifeType,
    Phase1Attribute,
    Phase2Attribute,
    Protocol,
)
from ikepcap.wire.walk import Attribute

ENCRYPTION: Final[dict[str, tuple[int, int | None]]] = {
    "des": (Encryption.DES_CBC, None),
    "3des": (Encryption.TRIPLE_DES_CBC, None),
    "cast128": (Encryption.CAST_CBC, 128),
    "blowfish128": (Encryption.BLOWFISH_CBC, 128),
    "blowfish256": (Encryption.BLOWFISH_CBC, 256),
    "idea": (Encryption.IDEA_CBC, None),
    **{f"aes{bits}": (Encryption.AES_CBC, bits) for bits in (128, 192, 256)},
    **{f"camellia{bits}": (Encryption.CAMELLIA_CBC, bits) for bits in (128, 192, 256)},
}
HASHES: Final = {
    "md5": Hash.MD5,
    "sha1": Hash.SHA1,
    "sha256": Hash.SHA2_256,
    "sha384": Hash.SHA2_384,
    "sha512": Hash.SHA2_512,
}
GROUPS: Final = {
    "modp768": Group.MODP_768,
    "modp1024": Group.MODP_1024,
    "modp1536": Group.MODP_1536,
    "modp2048": Group.MODP_2048,
    "modp3072": Group.MODP_3072,
    "modp4096": Group.MODP_4096,
    "modp6144": Group.MODP_6144,
    "modp8192": Group.MODP_8192,
    "modp1024s160": Group.MODP_1024_160,
    "modp2048s224": Group.MODP_2048_224,
    "modp2048s256": Group.MODP_2048_256,
    "ecp192": Group.ECP_192,
    "ecp224": Group.ECP_224,
    "ecp256": Group.ECP_256,
    "ecp384": Group.ECP_384,
    "ecp521": Group.ECP_521,
    "ecp256bp": Group.BRAINPOOL_256,
    "ecp384bp": Group.BRAINPOOL_384,
    "ecp512bp": Group.BRAINPOOL_512,
    "curve25519": Group.CURVE25519,
    "curve448": Group.CURVE448,
}
AUTH: Final = {
    "psk": AuthMethod.PSK,
    "rsa-sig": AuthMethod.RSA_SIG,
    "ecdsa-256": AuthMethod.ECDSA_SIG_256,
    "ecdsa-384": AuthMethod.ECDSA_SIG_384,
    "ecdsa-521": AuthMethod.ECDSA_SIG_521,
    "xauth-psk": AuthMethod.XAUTH_PSK_I,
    "xauth-rsa": AuthMethod.XAUTH_RSA_I,
    "hybrid": AuthMethod.HYBRID_RSA_I,
}
_ESP: Final[dict[str, tuple[int, int | None]]] = {
    "null": (EspTransform.NULL, None),
    "des": (EspTransform.DES_CBC, None),
    "3des": (EspTransform.TRIPLE_DES_CBC, None),
    **{f"aes{bits}": (EspTransform.AES_CBC, bits) for bits in (128, 192, 256)},
    **{f"aes{bits}gcm16": (EspTransform.AES_GCM_16, bits) for bits in (128, 192, 256)},
}
_INTEGRITY: Final = {
    "md5": AuthAlgorithm.HMAC_MD5,
    "sha1": AuthAlgorithm.HMAC_SHA1,
    "sha256": AuthAlgorithm.HMAC_SHA2_256,
    "sha384": AuthAlgorithm.HMAC_SHA2_384,
    "sha512": AuthAlgorithm.HMAC_SHA2_512,
}
_ID_KINDS: Final = {
    "fqdn": IdType.FQDN,
    "user": IdType.USER_FQDN,
    "keyid": IdType.KEY_ID,
}
DEFAULT_IKE: Final = "aes256-sha256-modp2048"
DEFAULT_ESP: Final = "aes256-sha256"


def phase1_offer(proposals: Iterable[str], auth: str, lifetime_s: int = 28_800) -> bytes:
    """Return the body of an SA payload: one proposal, a transform for each word.

    Raises:
        ReplayError: a word means nothing.
    """
    if auth not in AUTH:
        raise ReplayError(f"authentication {auth!r} is none of {', '.join(AUTH)}")
    found = [
        build.transform(_phase1(word, AUTH[auth], lifetime_s), number=number)
        for number, word in enumerate(proposals, 1)
    ]
    return build.sa([build.proposal(found)]).body


def _phase1(word: str, auth: int, lifetime_s: int) -> list[Attribute]:
    names = word.lower().split("-")
    if len(names) != 3 or names[0] not in ENCRYPTION or names[1] not in HASHES or names[2] not in GROUPS:
        raise ReplayError(f"{word!r} is no phase-1 proposal; write one like {DEFAULT_IKE}")
    cipher, bits = ENCRYPTION[names[0]]
    pairs = [
        (Phase1Attribute.ENCRYPTION, cipher),
        *([] if bits is None else [(Phase1Attribute.KEY_LENGTH, bits)]),
        (Phase1Attribute.HASH, HASHES[names[1]]),
        (Phase1Attribute.GROUP, GROUPS[names[2]]),
        (Phase1Attribute.AUTH_METHOD, auth),
        (Phase1Attribute.LIFE_TYPE, LifeType.SECONDS),
    ]
    return [*(build.tv(*pair) for pair in pairs), lifetime(Phase1Attribute.LIFE_DURATION, lifetime_s)]


def lifetime(kind: int, seconds: int) -> Attribute:
    """Return a lifetime in the shorter form that holds it."""
    return build.tv(kind, seconds) if seconds < 0x10000 else build.tlv(kind, seconds)


def phase2_offer(proposals: Iterable[str], lifetime_s: int = 3600) -> bytes:
    """Return the body of QM1's SA payload: one ESP proposal in tunnel mode, a transform for each word.

    Raises:
        ReplayError: a word means nothing.
    """
    found = []
    for number, word in enumerate(proposals, 1):
        cipher, attributes = _phase2(word, lifetime_s)
        found.append(build.transform(attributes, number=number, transform_id=cipher))
    return build.sa([build.proposal(found, protocol=Protocol.ESP, spi=bytes(4))]).body


def _phase2(word: str, lifetime_s: int) -> tuple[int, list[Attribute]]:
    names = word.lower().split("-")
    fits = names[0] in _ESP
    cipher, bits = _ESP.get(names[0], (0, None))
    pairs: list[tuple[int, int]] = []
    for name in names[1:]:
        if name in _INTEGRITY:
            pairs.append((Phase2Attribute.AUTH_ALGORITHM, _INTEGRITY[name]))
        elif name in GROUPS:
            pairs.append((Phase2Attribute.GROUP, GROUPS[name]))
        else:
            fits = False
    if not fits:
        raise ReplayError(f"{word!r} is no phase-2 proposal; write one like {DEFAULT_ESP}-modp2048")
    if bits is not None:
        pairs.append((Phase2Attribute.KEY_LENGTH, bits))
    pairs += [
        (Phase2Attribute.ENCAPSULATION, Encapsulation.TUNNEL),
        (Phase2Attribute.LIFE_TYPE, LifeType.SECONDS),
    ]
    last = lifetime(Phase2Attribute.LIFE_DURATION, lifetime_s)
    return cipher, [*(build.tv(*pair) for pair in pairs), last]


def identity(text: str) -> Identity:
    """Return an identity: an address, `fqdn:NAME`, `user:NAME`, `keyid:TEXT`, or a name by itself.

    Raises:
        ReplayError: it is empty.
    """
    kind, colon, name = text.partition(":")
    if colon and kind in _ID_KINDS and name:
        return Identity(_ID_KINDS[kind], name.encode())
    try:
        return host(str(ip_address(text)))
    except ValueError:
        pass
    if not text:
        raise ReplayError("an empty identity; write an address, fqdn:NAME, user:NAME or keyid:TEXT")
    return Identity(IdType.USER_FQDN if "@" in text else IdType.FQDN, text.encode())

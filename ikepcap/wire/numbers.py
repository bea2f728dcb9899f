"""The numbers IKEv1 puts on the wire, and the words we print for them.

Each registry is an `IntEnum`; its member name with dashes is the word people read, so a fact is written
once. A number that no registry knows is no error: every function here takes any `int` and falls back to
its decimal digits. Where implementations disagree about a private number, the comment says who uses it.
The registries without which a negotiation can be judged are in `details`: an enumeration takes its time to
make, and most runs need none of those.
"""

from enum import IntEnum
from functools import lru_cache
from typing import Final

from msgspec import Struct


class Doi(IntEnum):
    """Domains of interpretation (RFC 2408 §3.4, RFC 2407 §4.2, RFC 6407 §5.2)."""

    ISAKMP = 0
    IPSEC = 1
    GDOI = 2


class Situation(IntEnum):
    """Bits of the IPsec DOI's situation (RFC 2407 §4.2)."""

    IDENTITY_ONLY = 1
    SECRECY = 2
    INTEGRITY = 4


class Exchange(IntEnum):
    """Exchange types (RFC 2408 §3.1, RFC 2409 appendix A, the mode-cfg draft, MS-AIPS §2.2.1)."""

    BASE = 1
    MAIN = 2
    """Identity protection, which RFC 2409 §5 calls main mode."""
    AUTHENTICATION_ONLY = 3
    AGGRESSIVE = 4
    INFORMATIONAL = 5
    TRANSACTION = 6
    QUICK = 32
    NEW_GROUP = 33
    AUTHIP_MAIN = 243
    AUTHIP_QUICK = 244
    AUTHIP_EXTENDED = 245
    AUTHIP_NOTIFY = 246


QUICK: Final = int(Exchange.QUICK)
INFORMATIONAL: Final = int(Exchange.INFORMATIONAL)
"""For what is asked of every message: Python 3.11 takes ten times as long to look up a member and compare."""


class Payload(IntEnum):
    """Payload types (RFC 2408 §3.1, mode-cfg, RFC 3947 §3.2, NAT-T drafts 02-03, MS-IKEE, MS-AIPS §2.2.3).

    15 and 16 are GDOI's, and some NAT-T implementations once used them for NAT-D and NAT-OA: they stay
    numbers. The private range belongs to whoever uses it; these are the uses seen in IKEv1.
    """

    NONE = 0
    SA = 1
    PROPOSAL = 2
    TRANSFORM = 3
    KE = 4
    ID = 5
    CERT = 6
    CR = 7
    HASH = 8
    SIG = 9
    NONCE = 10
    NOTIFICATION = 11
    DELETE = 12
    VENDOR_ID = 13
    ATTRIBUTES = 14
    NAT_D = 20
    NAT_OA = 21
    NAT_D_DRAFT = 130
    NAT_OA_DRAFT = 131
    FRAGMENT = 132
    AUTHIP_CRYPTO = 133


class NotifyType(IntEnum):
    """Notify message types (RFC 2408 §3.14.1, RFC 2407 §4.6.3, RFC 3706 §5, vendors as marked)."""

    INVALID_PAYLOAD_TYPE = 1
    DOI_NOT_SUPPORTED = 2
    SITUATION_NOT_SUPPORTED = 3
    INVALID_COOKIE = 4
    INVALID_MAJOR_VERSION = 5
    INVALID_MINOR_VERSION = 6
    INVALID_EXCHANGE_TYPE = 7
    INVALID_FLAGS = 8
    INVALID_MESSAGE_ID = 9
    INVALID_PROTOCOL_ID = 10
    INVALID_SPI = 11
    INVALID_TRANSFORM_ID = 12
    ATTRIBUTES_NOT_SUPPORTED = 13
    NO_PROPOSAL_CHOSEN = 14
    BAD_PROPOSAL_SYNTAX = 15
    PAYLOAD_MALFORMED = 16
    INVALID_KEY_INFORMATION = 17
    INVALID_ID_INFORMATION = 18
    INVALID_CERT_ENCODING = 19
    INVALID_CERTIFICATE = 20
    CERT_TYPE_UNSUPPORTED = 21
    INVALID_CERT_AUTHORITY = 22
    INVALID_HASH_INFORMATION = 23
    AUTHENTICATION_FAILED = 24
    INVALID_SIGNATURE = 25
    ADDRESS_NOTIFICATION = 26
    NOTIFY_SA_LIFETIME = 27
    CERTIFICATE_UNAVAILABLE = 28
    UNSUPPORTED_EXCHANGE_TYPE = 29
    UNEQUAL_PAYLOAD_LENGTHS = 30
    CONNECTED = 16384
    RESPONDER_LIFETIME = 24576
    REPLAY_STATUS = 24577
    INITIAL_CONTACT = 24578
    CISCO_HELLO = 30000
    """This and the next two: libreswan ietf_constants.h."""
    CISCO_WWTEBR = 30001
    CISCO_SHUT_UP = 30002
    IOS_KEEPALIVE = 32768
    """Cisco IOS before DPD (libreswan ietf_constants.h)."""
    IOS_KEEPALIVE_ACK = 32769
    R_U_THERE = 36136
    R_U_THERE_ACK = 36137
    NHTB_INFORM = 40001
    """NetScreen (libreswan ietf_constants.h)."""
    MS_NOTIFY_STATUS = 40003
    """Data: the peer's Windows error code, 4 octets (MS-IKEE §2.2.6)."""
    MS_NOTIFY_DOS_COOKIE = 40004
    """Data: the responder cookie to come back with, 8 octets (MS-IKEE §2.2.6)."""
    MS_EXCHANGE_INFO = 40005
    AUTHIP_NOTIFY_STATUS = 40020
    """This and the next four: MS-AIPS §2.2.3.5."""
    AUTHIP_DOS_COOKIE = 40021
    AUTHIP_ACK = 40022
    AUTHIP_QM_SYNCHRONIZE = 40023
    AUTHIP_ACQUIRE = 40024
    UNITY_HEARTBEAT = 40500
    """racoon isakmp_unity.h."""
    UNITY_LOAD_BALANCE = 40501
    """Cisco: data is the IPv4 address of the gateway to use instead (libreswan, strongSwan)."""


class Protocol(IntEnum):
    """Security protocols (RFC 2407 §4.4.1; 5 RFC 4705)."""

    ISAKMP = 1
    AH = 2
    ESP = 3
    IPCOMP = 4
    GIGABEAM_RADIO = 5


class Phase1Attribute(IntEnum):
    """Attributes of an ISAKMP transform (RFC 2409 appendix A; 17 racoon, 16384 the GSS-API draft).

    20 is of the Chinese GM/T 0022 (wireshark).
    """

    ENCRYPTION = 1
    HASH = 2
    AUTH_METHOD = 3
    GROUP = 4
    GROUP_TYPE = 5
    GROUP_PRIME = 6
    GENERATOR_1 = 7
    GENERATOR_2 = 8
    CURVE_A = 9
    CURVE_B = 10
    LIFE_TYPE = 11
    LIFE_DURATION = 12
    PRF = 13
    KEY_LENGTH = 14
    FIELD_SIZE = 15
    GROUP_ORDER = 16
    BLOCK_SIZE = 17
    ASYMMETRIC_ALGORITHM = 20
    GSS_IDENTITY = 16384


class Encryption(IntEnum):
    """Phase 1 encryption (RFC 2409 appendix A, RFC 3602, RFC 4312; private numbers as pluto names them).

    SM1 and SM4 are of the Chinese GM/T 0022 (wireshark).
    """

    DES_CBC = 1
    IDEA_CBC = 2
    BLOWFISH_CBC = 3
    RC5_R16_B64_CBC = 4
    TRIPLE_DES_CBC = 5
    CAST_CBC = 6
    AES_CBC = 7
    CAMELLIA_CBC = 8
    AES_CTR = 13
    """This and those up to 20: pluto uses its numbers of IKEv2 (libreswan ietf_constants.h)."""
    AES_CCM_8 = 14
    AES_CCM_12 = 15
    AES_CCM_16 = 16
    AES_GCM_8 = 18
    AES_GCM_12 = 19
    AES_GCM_16 = 20
    SM1_CBC = 128
    SM4_CBC = 129
    MARS_CBC = 65001
    RC6_CBC = 65002
    SERPENT_CBC = 65004
    TWOFISH_CBC = 65005
    TWOFISH_CBC_SSH = 65289


class Hash(IntEnum):
    """Phase 1 hash (RFC 2409 appendix A, RFC 4868; SM3 GM/T 0022, by wireshark)."""

    MD5 = 1
    SHA1 = 2
    TIGER = 3
    SHA2_256 = 4
    SHA2_384 = 5
    SHA2_512 = 6
    SM3 = 20


class AuthMethod(IntEnum):
    """Phase 1 authentication (RFC 2409 appendix A, RFC 4754, hybrid and XAUTH drafts).

    `_I`: the user who logs in is the IKE initiator, `_R`: the responder. 65001 is also Kerberos in the
    GSS-API draft (Windows), 65005 is also Windows' CGA (MS-IKEE): the sender's vendor IDs decide.
    """

    PSK = 1
    DSS_SIG = 2
    RSA_SIG = 3
    RSA_ENC = 4
    RSA_REV_ENC = 5
    ELGAMAL_ENC = 6
    ELGAMAL_REV_ENC = 7
    ECDSA_SIG_256 = 9
    ECDSA_SIG_384 = 10
    ECDSA_SIG_521 = 11
    HYBRID_RSA_I = 64221
    HYBRID_RSA_R = 64222
    HYBRID_DSS_I = 64223
    HYBRID_DSS_R = 64224
    XAUTH_PSK_I = 65001
    XAUTH_PSK_R = 65002
    XAUTH_DSS_I = 65003
    XAUTH_DSS_R = 65004
    XAUTH_RSA_I = 65005
    XAUTH_RSA_R = 65006
    XAUTH_RSA_ENC_I = 65007
    XAUTH_RSA_ENC_R = 65008
    XAUTH_RSA_REV_ENC_I = 65009
    XAUTH_RSA_REV_ENC_R = 65010


class Group(IntEnum):
    """Diffie-Hellman groups (RFC 2409 §6, RFC 3526, 5903, 5114, 6932, 8031)."""

    MODP_768 = 1
    MODP_1024 = 2
    EC2N_155 = 3
    EC2N_185 = 4
    MODP_1536 = 5
    EC2N_163_RANDOM = 6
    """This and the next seven: draft-ietf-ipsec-ike-ecc-groups, which never became an RFC."""
    EC2N_163_KOBLITZ = 7
    EC2N_283_RANDOM = 8
    EC2N_283_KOBLITZ = 9
    EC2N_409_RANDOM = 10
    EC2N_409_KOBLITZ = 11
    EC2N_571_RANDOM = 12
    EC2N_571_KOBLITZ = 13
    MODP_2048 = 14
    MODP_3072 = 15
    MODP_4096 = 16
    MODP_6144 = 17
    MODP_8192 = 18
    ECP_256 = 19
    ECP_384 = 20
    ECP_521 = 21
    MODP_1024_160 = 22
    MODP_2048_224 = 23
    MODP_2048_256 = 24
    ECP_192 = 25
    ECP_224 = 26
    BRAINPOOL_224 = 27
    BRAINPOOL_256 = 28
    BRAINPOOL_384 = 29
    BRAINPOOL_512 = 30
    CURVE25519 = 31
    CURVE448 = 32


class LifeType(IntEnum):
    """Units of a lifetime: the same in phase 1 (RFC 2409 appendix A) and phase 2 (RFC 2407 §4.5)."""

    SECONDS = 1
    KILOBYTES = 2


class Phase2Attribute(IntEnum):
    """Attributes of an IPsec transform (RFC 2407 §4.5, RFC 3168 §9.2, RFC 4304, RFC 4359, RFC 6407 §5.5)."""

    LIFE_TYPE = 1
    LIFE_DURATION = 2
    GROUP = 3
    ENCAPSULATION = 4
    AUTH_ALGORITHM = 5
    KEY_LENGTH = 6
    KEY_ROUNDS = 7
    COMPRESS_DICTIONARY_SIZE = 8
    COMPRESS_PRIVATE_ALGORITHM = 9
    ECN_TUNNEL = 10
    EXTENDED_SEQUENCE_NUMBER = 11
    AUTH_KEY_LENGTH = 12
    SIGNATURE_ENCODING_ALGORITHM = 13
    ADDRESS_PRESERVATION = 14
    SA_DIRECTION = 15


KE_BYTES: Final[dict[int, int]] = {
    # Octets of a public value: the prime's length, or both coordinates on a curve (RFC 5903 §7, RFC 6932 §3,
    # RFC 8031 §3.1). EC2N groups are left out: the drafts differ.
    Group.MODP_768: 96,
    Group.MODP_1024: 128,
    Group.MODP_1536: 192,
    Group.MODP_2048: 256,
    Group.MODP_3072: 384,
    Group.MODP_4096: 512,
    Group.MODP_6144: 768,
    Group.MODP_8192: 1024,
    Group.ECP_256: 64,
    Group.ECP_384: 96,
    Group.ECP_521: 132,
    Group.MODP_1024_160: 128,
    Group.MODP_2048_224: 256,
    Group.MODP_2048_256: 256,
    Group.ECP_192: 48,
    Group.ECP_224: 56,
    Group.BRAINPOOL_224: 56,
    Group.BRAINPOOL_256: 64,
    Group.BRAINPOOL_384: 96,
    Group.BRAINPOOL_512: 128,
    Group.CURVE25519: 32,
    Group.CURVE448: 56,
}

PAYLOAD_NAMES: Final[dict[int, str]] = {
    # Short names as the RFC figures write them.
    Payload.SA: "SA",
    Payload.PROPOSAL: "P",
    Payload.TRANSFORM: "T",
    Payload.KE: "KE",
    Payload.ID: "ID",
    Payload.CERT: "CERT",
    Payload.CR: "CR",
    Payload.HASH: "HASH",
    Payload.SIG: "SIG",
    Payload.NONCE: "NONCE",
    Payload.NOTIFICATION: "N",
    Payload.DELETE: "D",
    Payload.VENDOR_ID: "VID",
    Payload.ATTRIBUTES: "ATTR",
    Payload.NAT_D: "NAT-D",
    Payload.NAT_OA: "NAT-OA",
    Payload.NAT_D_DRAFT: "NAT-D",
    Payload.NAT_OA_DRAFT: "NAT-OA",
    Payload.FRAGMENT: "FRAG",
}

EXCHANGE_NAMES: Final[dict[int, str]] = {
    Exchange.BASE: "base",
    Exchange.MAIN: "main",
    Exchange.AUTHENTICATION_ONLY: "authentication-only",
    Exchange.AGGRESSIVE: "aggressive",
    Exchange.INFORMATIONAL: "informational",
    Exchange.TRANSACTION: "transaction",
    Exchange.QUICK: "quick",
    Exchange.NEW_GROUP: "new-group",
    Exchange.AUTHIP_MAIN: "authip",
    Exchange.AUTHIP_QUICK: "authip",
    Exchange.AUTHIP_EXTENDED: "authip",
    Exchange.AUTHIP_NOTIFY: "authip",
}


class _AuthWords(Struct, frozen=True):
    """The report's word for a group of authentication methods."""

    word: str
    methods: tuple[AuthMethod, ...]


_AUTH_WORDS: Final = (
    _AuthWords("psk", (AuthMethod.PSK,)),
    _AuthWords("dss-sig", (AuthMethod.DSS_SIG,)),
    _AuthWords("rsa-sig", (AuthMethod.RSA_SIG,)),
    _AuthWords("rsa-enc", (AuthMethod.RSA_ENC,)),
    _AuthWords("rsa-rev-enc", (AuthMethod.RSA_REV_ENC,)),
    _AuthWords("elgamal-enc", (AuthMethod.ELGAMAL_ENC,)),
    _AuthWords("elgamal-rev-enc", (AuthMethod.ELGAMAL_REV_ENC,)),
    _AuthWords("ecdsa-sig", (AuthMethod.ECDSA_SIG_256, AuthMethod.ECDSA_SIG_384, AuthMethod.ECDSA_SIG_521)),
    _AuthWords(
        "hybrid",
        (
            AuthMethod.HYBRID_RSA_I,
            AuthMethod.HYBRID_RSA_R,
            AuthMethod.HYBRID_DSS_I,
            AuthMethod.HYBRID_DSS_R,
        ),
    ),
    _AuthWords("xauth-psk", (AuthMethod.XAUTH_PSK_I, AuthMethod.XAUTH_PSK_R)),
    _AuthWords("xauth-dss", (AuthMethod.XAUTH_DSS_I, AuthMethod.XAUTH_DSS_R)),
    _AuthWords("xauth-rsa", (AuthMethod.XAUTH_RSA_I, AuthMethod.XAUTH_RSA_R)),
    _AuthWords("xauth-rsa-enc", (AuthMethod.XAUTH_RSA_ENC_I, AuthMethod.XAUTH_RSA_ENC_R)),
    _AuthWords("xauth-rsa-rev-enc", (AuthMethod.XAUTH_RSA_REV_ENC_I, AuthMethod.XAUTH_RSA_REV_ENC_R)),
)
_AUTH_WORD: Final = {int(method): row.word for row in _AUTH_WORDS for method in row.methods}


@lru_cache(maxsize=1024)
def word(names: type[IntEnum], number: int) -> str:
    """Return the registry's word for a number: the member's name with dashes, or the decimal digits."""
    try:
        name = names(number).name
    except ValueError:
        return str(number)
    if name.startswith("TRIPLE_"):  # 3DES, 3IDEA: no identifier begins with a digit
        name = "3" + name.removeprefix("TRIPLE_")
    return name.replace("_", "-")


def payload_name(kind: int) -> str:
    """Return a payload type's short name, as the RFC figures and the report write it."""
    return PAYLOAD_NAMES.get(kind) or str(kind)


def exchange_name(exchange: int) -> str:
    """Return an exchange type's name as the report writes it."""
    return EXCHANGE_NAMES.get(exchange) or str(exchange)


def notify_name(kind: int) -> str:
    """Return a notify type's name as RFC 2408 §3.14.1 writes it."""
    return word(NotifyType, kind)


def encryption_word(encryption: int, key_bits: int | None = None) -> str:
    """Return a phase 1 cipher in a word, its key length included when one was given: AES-CBC-256."""
    name = word(Encryption, encryption)
    return name if key_bits is None else f"{name}-{key_bits}"


def hash_word(number: int) -> str:
    """Return a phase 1 hash in a word."""
    return word(Hash, number)


def group_word(group: int) -> str:
    """Return a Diffie-Hellman group in a word."""
    return word(Group, group)


def auth_word(method: int, *, gssapi: bool = False, cga: bool = False) -> str:
    """Return an authentication method as a policy writes it.

    Args:
        method: attribute value of a phase 1 transform.
        gssapi: the peers showed the GSSAPI vendor ID: 65001 is Kerberos, not XAUTH.
        cga: the peers showed the IKE CGA vendor ID: 65005 is CGA, not XAUTH.
    """
    return _collision(method, gssapi=gssapi, cga=cga) or word(AuthMethod, method)


def auth_kind(method: int, *, gssapi: bool = False, cga: bool = False) -> str:
    """Return the report's `auth` word; the arguments are those of `auth_word`."""
    private = _collision(method, gssapi=gssapi, cga=cga)
    return private.lower() if private else _AUTH_WORD.get(method) or str(method)


def _collision(method: int, *, gssapi: bool, cga: bool) -> str | None:
    """Name a method whose private number means something else between these peers."""
    if gssapi and method == AuthMethod.XAUTH_PSK_I:
        return "GSSAPI"
    if cga and method == AuthMethod.XAUTH_RSA_I:
        return "CGA"
    return None


def ke_bytes(group: int) -> int | None:
    """Return how many octets a public value of this group has; None where that is not settled."""
    return KE_BYTES.get(group)

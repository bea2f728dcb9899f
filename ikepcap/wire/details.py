"""The numbers inside payloads that only reading one field by field needs; otherwise as in `numbers`."""

from enum import IntEnum
from typing import Final

from ikepcap.wire.numbers import Protocol


class GroupType(IntEnum):
    """Kinds of group (RFC 2409 appendix A)."""

    MODP = 1
    ECP = 2
    EC2N = 3


class Encapsulation(IntEnum):
    """Encapsulation modes (RFC 2407 §4.5, RFC 3947 §5.1; the last two NAT-T drafts 02-03).

    61440 is Check Point's (wireshark).
    """

    TUNNEL = 1
    TRANSPORT = 2
    UDP_TUNNEL = 3
    UDP_TRANSPORT = 4
    UDP_CHECK_POINT = 61440
    UDP_TUNNEL_DRAFT = 61443
    UDP_TRANSPORT_DRAFT = 61444


class AuthAlgorithm(IntEnum):
    """Integrity algorithms of phase 2 (RFC 2407 §4.5, IANA ipsec-registry)."""

    HMAC_MD5 = 1
    HMAC_SHA1 = 2
    DES_MAC = 3
    KPDK = 4
    HMAC_SHA2_256 = 5
    HMAC_SHA2_384 = 6
    HMAC_SHA2_512 = 7
    HMAC_RIPEMD = 8
    AES_XCBC_MAC = 9
    SIG_RSA = 10
    AES_128_GMAC = 11
    AES_192_GMAC = 12
    AES_256_GMAC = 13
    AES_CMAC_96 = 250
    """This and the next two: pluto (libreswan ietf_constants.h)."""
    NULL_KAME = 251
    HMAC_SHA2_256_TRUNCBUG = 252
    """HMAC-SHA2-256 cut to 96 bits, as old Linux kernels did (RFC 4868 wants 128)."""


class IsakmpTransform(IntEnum):
    """Transform IDs of protocol ISAKMP (RFC 2407 §4.4.2)."""

    KEY_IKE = 1


class AhTransform(IntEnum):
    """Transform IDs of AH (RFC 2407 §4.4.3, IANA ipsec-registry)."""

    MD5 = 2
    SHA1 = 3
    DES = 4
    SHA2_256 = 5
    SHA2_384 = 6
    SHA2_512 = 7
    RIPEMD = 8
    AES_XCBC_MAC = 9
    RSA = 10
    AES_128_GMAC = 11
    AES_192_GMAC = 12
    AES_256_GMAC = 13


class EspTransform(IntEnum):
    """Transform IDs of ESP (RFC 2407 §4.4.4, IANA ipsec-registry)."""

    DES_IV64 = 1
    DES_CBC = 2
    TRIPLE_DES_CBC = 3
    RC5 = 4
    IDEA = 5
    CAST = 6
    BLOWFISH = 7
    TRIPLE_IDEA = 8
    DES_IV32 = 9
    RC4 = 10
    NULL = 11
    AES_CBC = 12
    AES_CTR = 13
    AES_CCM_8 = 14
    AES_CCM_12 = 15
    AES_CCM_16 = 16
    AES_GCM_8 = 18
    AES_GCM_12 = 19
    AES_GCM_16 = 20
    SEED_CBC = 21
    CAMELLIA_CBC = 22
    NULL_AES_GMAC = 23
    MARS = 249
    """This and the next three: draft-ietf-ipsec-ciph-aes-cbc, pluto, racoon."""
    RC6 = 250
    SERPENT = 252
    TWOFISH = 253


class IpcompTransform(IntEnum):
    """Transform IDs of IPComp (RFC 2407 §4.4.5)."""

    OUI = 1
    DEFLATE = 2
    LZS = 3
    LZJH = 4


class IdType(IntEnum):
    """Identification types (RFC 2407 §4.6.2.1; 12 RFC 3554 §3, where IKEv2 has FC_NAME; 250 MS-IKEE)."""

    IPV4_ADDR = 1
    FQDN = 2
    USER_FQDN = 3
    IPV4_ADDR_SUBNET = 4
    IPV6_ADDR = 5
    IPV6_ADDR_SUBNET = 6
    IPV4_ADDR_RANGE = 7
    IPV6_ADDR_RANGE = 8
    DER_ASN1_DN = 9
    DER_ASN1_GN = 10
    KEY_ID = 11
    LIST = 12
    IPV6_CGA = 250


class CertEncoding(IntEnum):
    """Certificate encodings (RFC 2408 §3.9; the last three IKEv2's, RFC 7296 §3.6)."""

    NONE = 0
    PKCS7 = 1
    PGP = 2
    DNS_SIGNED_KEY = 3
    X509_SIGNATURE = 4
    X509_KEY_EXCHANGE = 5
    KERBEROS = 6
    CRL = 7
    ARL = 8
    SPKI = 9
    X509_ATTRIBUTE = 10
    RAW_RSA = 11
    HASH_AND_URL_X509 = 12
    HASH_AND_URL_BUNDLE = 13


class CfgType(IntEnum):
    """Message types of mode-config and XAUTH (draft-ietf-ipsec-isakmp-mode-cfg)."""

    REQUEST = 1
    REPLY = 2
    SET = 3
    ACK = 4


class CfgAttribute(IntEnum):
    """Attributes of mode-config, XAUTH and Cisco Unity (their drafts; Unity: racoon isakmp_unity.h).

    Check Point reuses 13-20 for XAUTH; these are the drafts' meanings.
    """

    INTERNAL_IP4_ADDRESS = 1
    INTERNAL_IP4_NETMASK = 2
    INTERNAL_IP4_DNS = 3
    INTERNAL_IP4_NBNS = 4
    INTERNAL_ADDRESS_EXPIRY = 5
    INTERNAL_IP4_DHCP = 6
    APPLICATION_VERSION = 7
    INTERNAL_IP6_ADDRESS = 8
    INTERNAL_IP6_NETMASK = 9
    INTERNAL_IP6_DNS = 10
    INTERNAL_IP6_NBNS = 11
    INTERNAL_IP6_DHCP = 12
    INTERNAL_IP4_SUBNET = 13
    SUPPORTED_ATTRIBUTES = 14
    INTERNAL_IP6_SUBNET = 15
    CHECK_POINT_DEF_DOMAIN = 16387
    """This and the next two: wireshark."""
    CHECK_POINT_MAC_ADDRESS = 16388
    CHECK_POINT_MARCIPAN_REASON_CODE = 16389
    XAUTH_TYPE = 16520
    XAUTH_USER_NAME = 16521
    XAUTH_USER_PASSWORD = 16522
    XAUTH_PASSCODE = 16523
    XAUTH_MESSAGE = 16524
    XAUTH_CHALLENGE = 16525
    XAUTH_DOMAIN = 16526
    XAUTH_STATUS = 16527
    XAUTH_NEXT_PIN = 16528
    XAUTH_ANSWER = 16529
    INTERNAL_IP4_SERVER = 23456
    """This and the next: Microsoft (strongSwan attributes.h)."""
    INTERNAL_IP6_SERVER = 23457
    UNITY_BANNER = 28672
    UNITY_SAVE_PASSWD = 28673
    UNITY_DEF_DOMAIN = 28674
    UNITY_SPLIT_DNS = 28675
    UNITY_SPLIT_INCLUDE = 28676
    UNITY_UDP_NAT_PORT = 28677
    UNITY_LOCAL_LAN = 28678
    UNITY_PFS = 28679
    UNITY_FW_TYPE = 28680
    UNITY_BACKUP_SERVERS = 28681
    UNITY_DDNS_HOSTNAME = 28682


class CheckPointAttribute(IntEnum):
    """What Check Point means by numbers that the drafts use otherwise (strongSwan attributes.h)."""

    XAUTH_TYPE = 13
    XAUTH_USER_NAME = 14
    XAUTH_USER_PASSWORD = 15
    XAUTH_PASSCODE = 16
    XAUTH_MESSAGE = 17
    XAUTH_CHALLENGE = 18
    XAUTH_DOMAIN = 19
    XAUTH_STATUS = 20


class XauthType(IntEnum):
    """Values of XAUTH-TYPE (draft-beaulieu-ike-xauth)."""

    GENERIC = 0
    RADIUS_CHAP = 1
    OTP = 2
    SKEY = 3


class XauthStatus(IntEnum):
    """Values of XAUTH-STATUS (draft-beaulieu-ike-xauth)."""

    FAIL = 0
    OK = 1


class EcnTunnel(IntEnum):
    """Values of ECN-TUNNEL (RFC 3168 §9.2.1)."""

    ALLOWED = 1
    FORBIDDEN = 2


class ExtendedSequenceNumber(IntEnum):
    """Values of EXTENDED-SEQUENCE-NUMBER (RFC 4304)."""

    ESN_64_BIT = 1


class SignatureEncoding(IntEnum):
    """Values of SIGNATURE-ENCODING-ALGORITHM (RFC 4359 §3)."""

    RSASSA_PKCS1_V1_5 = 1
    RSASSA_PSS = 2


class AddressPreservation(IntEnum):
    """Values of ADDRESS-PRESERVATION (RFC 6407 §5.5.1.1)."""

    NONE = 1
    SOURCE_ONLY = 2
    DESTINATION_ONLY = 3
    SOURCE_AND_DESTINATION = 4


class SaDirection(IntEnum):
    """Values of SA-DIRECTION (RFC 6407 §5.5.1.1)."""

    SENDER_ONLY = 1
    RECEIVER_ONLY = 2
    SYMMETRIC = 3


TRANSFORM_IDS: Final[dict[int, type[IntEnum]]] = {
    Protocol.ISAKMP: IsakmpTransform,
    Protocol.AH: AhTransform,
    Protocol.ESP: EspTransform,
    Protocol.IPCOMP: IpcompTransform,
}

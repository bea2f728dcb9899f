"""What the peers of a made-up conversation offer, and how large their messages are."""

from typing import Final

from msgspec import Struct

from ikepcap.wire import build
from ikepcap.wire.numbers import AuthMethod, Encryption, Group, Hash, LifeType, Phase1Attribute

XAUTH: Final = bytes.fromhex("09002689dfd6b712")
DEAD_PEER: Final = bytes.fromhex("afcad71368a1f1c96b8696fc77570100")
FRAGMENTATION: Final = bytes.fromhex("4048b7d56ebce88525e7de7f00d6c2d3")
NAT_T: Final = bytes.fromhex("4a131c81070358455c5728f20e95452f")
NAT_T_DRAFT_2: Final = bytes.fromhex("90cb80913ebb696e086381b5ec427b1f")
STRONGSWAN: Final = bytes.fromhex("882fe56d6fd20dbc2251613b2ebe5beb")
UNITY: Final = bytes.fromhex("12f5f28c457168a9702d9fe274cc0100")

AUTH_NUMBERS: Final[dict[str, int]] = {
    "psk": AuthMethod.PSK,
    "dss-sig": AuthMethod.DSS_SIG,
    "rsa-sig": AuthMethod.RSA_SIG,
    "ecdsa-sig": AuthMethod.ECDSA_SIG_256,
    "hybrid": AuthMethod.HYBRID_RSA_I,
    "xauth-psk": AuthMethod.XAUTH_PSK_I,
    "xauth-rsa": AuthMethod.XAUTH_RSA_I,
}
CERTIFICATE_AUTHS: Final = frozenset(("dss-sig", "rsa-sig", "ecdsa-sig", "hybrid", "xauth-rsa"))

HASHES: Final[dict[int, tuple[str, int]]] = {
    Hash.MD5: ("md5", 16),
    Hash.SHA1: ("sha1", 20),
    Hash.SHA2_256: ("sha256", 32),
    Hash.SHA2_384: ("sha384", 48),
    Hash.SHA2_512: ("sha512", 64),
}
"""Name for hashlib, and octets."""
PUBLIC_BYTES: Final[dict[int, int]] = {
    Group.MODP_768: 96,
    Group.MODP_1024: 128,
    Group.MODP_1536: 192,
    Group.MODP_2048: 256,
    Group.MODP_3072: 384,
    Group.MODP_4096: 512,
    Group.ECP_256: 64,
    Group.ECP_384: 96,
}
CERTIFICATE_BYTES: Final = 1400
"""A certificate and its signature, about: MSG5 does not fit a packet of 1500 octets with them."""


class Suite(Struct, frozen=True):
    """One phase-1 transform, without the authentication method, which all of an offer share."""

    encryption: int = Encryption.AES_CBC
    key_bits: int = 256
    """0: none given, as with ciphers that have one key size."""
    hash: int = Hash.SHA2_256
    group: int = Group.MODP_2048
    lifetime_s: int = 28_800

    @property
    def hash_name(self) -> str:
        """Name of the hash for hashlib."""
        return HASHES[self.hash][0]

    @property
    def hash_bytes(self) -> int:
        """Octets of a HASH or NAT-D payload's body."""
        return HASHES[self.hash][1]

    @property
    def public_bytes(self) -> int:
        """Octets of a KE payload's body."""
        return PUBLIC_BYTES[self.group]

    def sealed_bytes(self, plain_bytes: int) -> int:
        """Return the size of the ciphertext: whole blocks."""
        block = 16 if self.encryption == Encryption.AES_CBC else 8
        return -(-plain_bytes // block) * block

    def transform(self, number: int, auth: str) -> build.Part:
        """Return it as a transform payload."""
        pairs = [(Phase1Attribute.ENCRYPTION, self.encryption)]
        if self.key_bits:
            pairs.append((Phase1Attribute.KEY_LENGTH, self.key_bits))
        pairs += [
            (Phase1Attribute.HASH, self.hash),
            (Phase1Attribute.GROUP, self.group),
            (Phase1Attribute.AUTH_METHOD, AUTH_NUMBERS[auth]),
            (Phase1Attribute.LIFE_TYPE, LifeType.SECONDS),
        ]
        lifetime = build.tlv(Phase1Attribute.LIFE_DURATION, self.lifetime_s)
        if self.lifetime_s < 0x10000:
            lifetime = build.tv(Phase1Attribute.LIFE_DURATION, self.lifetime_s)
        return build.transform([*(build.tv(*pair) for pair in pairs), lifetime], number=number)


STRONG: Final = Suite()
LEGACY: Final = Suite(Encryption.TRIPLE_DES_CBC, 0, Hash.SHA1, Group.MODP_1024, 86_400)
ECP: Final = Suite(group=Group.ECP_256)

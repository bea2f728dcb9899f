"""What a peer wants: offers, identities, secrets, and what it does once phase 1 is up."""

from ipaddress import ip_network
from typing import Any, Final, Literal

from msgspec import Struct

from ikepcap.keys.credential import Authorities, Credential
from ikepcap.keys.secret import Secret
from ikepcap.replay.manners import DEFAULT, Manner
from ikepcap.replay.rewrite import Edit
from ikepcap.wire import build
from ikepcap.wire.build import Part
from ikepcap.wire.details import IdType
from ikepcap.wire.numbers import AuthMethod, Exchange

NAT_T: Final = bytes.fromhex("4a131c81070358455c5728f20e95452f")
NAT_T_DRAFTS: Final = (
    bytes.fromhex("90cb80913ebb696e086381b5ec427b1f"),
    bytes.fromhex("cd60464335df21f87cfdb2fc68b6a448"),
    bytes.fromhex("7d9419a65310ca6f2c179d9215529d56"),
)
"""draft-ietf-ipsec-nat-t-ike-02 with and without a line feed, and -03: NAT-D is payload 130 there."""
FRAGMENTATION: Final = bytes.fromhex("4048b7d56ebce88525e7de7f00d6c2d3")
DEAD_PEER: Final = bytes.fromhex("afcad71368a1f1c96b8696fc77570100")
XAUTH: Final = bytes.fromhex("09002689dfd6b712")

Mode = Literal["main", "aggressive"]
EXCHANGES: Final[dict[Mode, int]] = {"main": Exchange.MAIN, "aggressive": Exchange.AGGRESSIVE}

XAUTH_METHODS: Final = frozenset(
    (
        AuthMethod.XAUTH_PSK_I, AuthMethod.XAUTH_RSA_I, AuthMethod.XAUTH_DSS_I, AuthMethod.HYBRID_RSA_I,
        AuthMethod.HYBRID_DSS_I,
    )
)  # fmt: skip
"""After which the responder asks the initiator for a user."""
HYBRID_METHODS: Final = frozenset((AuthMethod.HYBRID_RSA_I, AuthMethod.HYBRID_DSS_I))
SIGNED_METHODS: Final = frozenset(
    (
        AuthMethod.RSA_SIG, AuthMethod.XAUTH_RSA_I, AuthMethod.ECDSA_SIG_256, AuthMethod.ECDSA_SIG_384,
        AuthMethod.ECDSA_SIG_521,
    )
)  # fmt: skip
"""In which both peers sign."""


class Identity(Struct, frozen=True):
    """What an ID payload says (RFC 2407 §4.6.2)."""

    kind: int
    data: bytes
    protocol: int = 0
    port: int = 0

    def part(self) -> Part:
        """Return the payload."""
        return build.identity(self.data, kind=self.kind, protocol=self.protocol, port=self.port)


class User(Struct, frozen=True):
    """Whom XAUTH is about."""

    name: str
    password: Secret


class Policy(Struct, frozen=True, kw_only=True):
    """One peer's side of everything."""

    mode: Mode = "main"
    offer: bytes
    """Body of the SA payload that an initiator sends; a responder accepts what is in it."""
    accepts_all: bool = False
    """A responder takes the first transform it can compute, whatever it is."""
    psk: Secret | None = None
    credential: Credential | None = None
    authorities: Authorities | None = None
    """None: a peer's certificate is taken as it comes."""
    identity: Identity | None = None
    """None: the own address, or the certificate's subject where the method signs."""
    peer_identity: Identity | None = None
    """None: any."""
    vendor_ids: tuple[bytes, ...] = (NAT_T, DEAD_PEER, XAUTH)
    nonce_bytes: int = 32
    fragment_bytes: int | None = None
    """Phase-1 messages larger than this go as IKE fragments, where the peer can take them."""
    forces_natt: bool = False
    """Make the NAT-D payload of the own address differ, so that the peers move to 4500."""
    initial_contact: bool = False
    user: User | None = None
    """An initiator's own, or the only one that a responder lets in."""
    asks_for_address: bool = False
    """An initiator begins mode-config before quick mode."""
    address: str | None = None
    """What a responder hands out by mode-config."""
    pushes_address: bool = False
    """A responder gives it unasked, and an initiator waits for it before quick mode."""
    quick_offer: bytes | None = None
    """Body of QM1's SA payload; SPIs are put in anew. None: phase 1 is all. A responder accepts what is in
    it, or anything if None."""
    selectors: tuple[Identity, Identity] | None = None
    """IDci and IDcr as the initiator sends them. None: the two hosts, or on a responder any."""
    manner: Manner = DEFAULT
    edits: tuple[Edit, ...] = ()
    """Changes of the messages of phase 1 and of QM1, made before they are sent."""
    dpd_s: float | None = None
    """An initiator sees so often whether the peer is alive, once all is up."""

    @property
    def nat_t(self) -> bool:
        """NAT traversal is announced."""
        return any(one in self.vendor_ids for one in (NAT_T, *NAT_T_DRAFTS))


def host(address: str) -> Identity:
    """Return an address as an identity."""
    packed = ip_network(address).network_address.packed
    return Identity(IdType.IPV4_ADDR if len(packed) == 4 else IdType.IPV6_ADDR, packed)


def subnet(network: str) -> Identity:
    """Return a network as a selector of quick mode; one host as an address."""
    found: Any = ip_network(network, strict=False)
    if found.prefixlen == found.max_prefixlen:
        return host(str(found.network_address))
    kind = IdType.IPV4_ADDR_SUBNET if found.version == 4 else IdType.IPV6_ADDR_SUBNET
    return Identity(kind, found.network_address.packed + found.netmask.packed)

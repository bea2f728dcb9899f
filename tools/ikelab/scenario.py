"""What a scenario is. The scenarios themselves are data, in `scenarios/`."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Literal

Role = Literal["initiator", "responder"]
Place = Literal["initiator", "between", "responder"]
"""Where a capture is taken: at an end, or on the router, on the responder's side of it."""
Net = Literal["plain", "nat-initiator", "nat-responder", "ipv6"]
Auth = Literal["psk", "rsa", "ecdsa", "xauth-psk", "xauth-rsa", "hybrid"]
Software = Literal["strongswan", "libreswan", "ike-scan", "vpnc", "none"]

SECRET = "ikelab-secret"  # noqa: S105 - invented, and told in the facts
PASSWORD = "ikelab-password"  # noqa: S105 - the same
PHASE_1 = "aes256-sha256-modp2048"
PHASE_2 = "aes256-sha256"


@dataclass(frozen=True)
class Peer:
    """How one end is configured, in words that do not depend on the software."""

    software: Software
    aggressive: bool = False
    auth: Auth = "psk"
    secret: str | None = SECRET
    """None: it has no pre-shared key for the other."""
    proposal: str = PHASE_1
    """Encryption, hash and group of phase 1 as strongSwan spells them."""
    lifetime_s: int | None = None
    child: str = PHASE_2
    """The same of phase 2; a group at the end asks for PFS."""
    net: str | None = None
    """The network behind this end, and behind the other as this end believes."""
    other_net: str | None = None
    identity: str | None = None
    expects: str | None = None
    """The identity it expects of the other."""
    peer_address: str | None = None
    """The address it expects the other at."""
    certificate: str = "good"
    """One of `pki.KINDS`."""
    fragmentation: bool = False
    version: Literal[1, 2] = 1
    password: str = PASSWORD
    pool: bool = False
    """Responder: hands out addresses. Initiator: asks for one."""
    dpd_s: int = 0
    dpd_timeout_s: int = 20
    tries: int = 1
    policy: str = "accept"
    """Libreswan's ikev1-policy."""
    extra: str = ""
    """More lines for the connection, in the software's own words."""
    daemon: str = ""
    """More lines for the daemon, in the software's own words."""
    arguments: tuple[str, ...] = ()
    """Of ike-scan, targets included."""

    def but(self, **changes: Any) -> "Peer":
        """Return the same peer with something changed."""
        return replace(self, **changes)


@dataclass(frozen=True)
class Step:
    """Something done while the negotiation runs: an action of `play.ACTIONS` and its arguments."""

    action: str
    role: Role = "initiator"
    text: str = ""
    """What to wait for in a log, a rule for the firewall, or a command of swanctl."""
    seconds: float = 0.0


@dataclass(frozen=True, kw_only=True)
class Scenario:
    """One play: who negotiates, what is broken, where it is watched, and what a reader should conclude.

    What a reader should conclude (`faults`) is what went wrong as far as the wire can show it. All other
    facts follow from what was sent, what was delivered and what the daemons logged.
    """

    name: str
    shows: str
    initiator: Peer
    responder: Peer
    net: Net = "plain"
    rules: tuple[str, ...] = ()
    """What the router does to packets, of `rules`."""
    host_rules: tuple[str, ...] = ()
    """What the responder's own firewall does."""
    steps: tuple[Step, ...] = ()
    seconds: float = 6
    at: tuple[Place, ...] = ("initiator",)
    faults: tuple[str, ...] = ()
    """Codes of the faults; several mean that any of them is a good answer."""
    faults_at: Mapping[Place, tuple[str, ...]] = field(default_factory=dict)
    """The same where a place sees it otherwise."""
    logged: str = ""
    """What one of the daemons must have logged, or the scenario is not what it says; a regular expression."""
    facts: Mapping[str, object] = field(default_factory=dict)
    """What the captures show of every conversation that cannot be computed from the packets."""
    facts_at: Mapping[tuple[Place, int], Mapping[str, object]] = field(default_factory=dict)
    """The same for the n-th conversation, from 0, as one place sees it."""
    capture_findings: tuple[str, ...] = ()
    """Codes about the whole file."""
    offload: bool = False
    """Leave checksums to hardware that is not there, as captures from the field show it."""

    def peers(self, software: str) -> list[Peer]:
        """Return the peers that are of one software."""
        return [peer for peer in (self.initiator, self.responder) if peer.software == software]

    def files(self) -> dict[Place, str]:
        """Return the base name of the capture at each place."""
        first = self.at[0]
        return {place: self.name if place == first else f"{self.name}-near-{place}" for place in self.at}


@dataclass(frozen=True, kw_only=True)
class Cut:
    """A capture derived from another: what is left of it, and what then is true."""

    name: str
    shows: str
    of: str
    """Base name of the capture it is made of."""
    frames: tuple[int, int | None] = (1, None)
    """First and last frame kept."""
    sent_by: Role | None = None
    port: int | None = None
    snaplen: int | None = None
    also: str | None = None
    """A second capture, merged into it by time."""
    duplicate_s: float | None = None
    """Each frame a second time, so much later."""
    swap: tuple[int, int] | None = None
    """Two frames that change places, their times with them."""
    facts: Mapping[int, Mapping[str, object]] = field(default_factory=dict)
    """What changes for the n-th conversation, from 0. The value `...` takes a fact away."""
    capture_findings: tuple[str, ...] = ()

"""NAT traversal as a peer does it: NAT-D made and judged (RFC 3947 §3, drafts -02 and -03)."""

from collections.abc import Iterable

from ikepcap.replay.actions import Endpoint, Path
from ikepcap.replay.policy import NAT_T, NAT_T_DRAFTS
from ikepcap.wire import build
from ikepcap.wire.build import Part
from ikepcap.wire.message import Message
from ikepcap.wire.natd import NAMES_BY_LENGTH
from ikepcap.wire.numbers import Payload


def nat_d_type(own: Iterable[bytes], other: Iterable[bytes]) -> int | None:
    """Return which payload carries NAT-D, by both peers' vendor IDs; None without NAT traversal."""
    ours, theirs = set(own), set(other)
    if NAT_T in ours and NAT_T in theirs:
        return Payload.NAT_D
    common = ours & theirs & set(NAT_T_DRAFTS)
    return Payload.NAT_D_DRAFT if common else None


def nat_d_parts(kind: int, hash_name: str, cookies: bytes, path: Path, *, forced: bool) -> list[Part]:
    """Return the NAT-D payloads of one side: of the other end, then of the own.

    Args:
        kind: of the payload.
        hash_name: the negotiated hash.
        cookies: both.
        path: as this side knows it.
        forced: pretend that the own address was translated.
    """
    own = Endpoint(path.local.address, 0) if forced else path.local
    return [build.nat_d(hash_name, cookies, end.address, end.port, kind=kind) for end in (path.remote, own)]


def is_translated(message: Message, kind: int, path: Path) -> bool | None:
    """Whether a NAT lies between; None where the message has no NAT-D payloads of the kind agreed on."""
    bodies = message.bodies(kind)
    if len(bodies) < 2 or len(bodies[0]) not in NAMES_BY_LENGTH:
        return None
    name = NAMES_BY_LENGTH[len(bodies[0])]
    cookies = message.initiator_cookie + message.responder_cookie
    own, other = (build.nat_d(name, cookies, end.address, end.port).body for end in (path.local, path.remote))
    return bodies[0] != own or other not in bodies[1:]


def natt_port(port: int) -> int:
    """Return the port that NAT traversal moves to: 4500 for 500, and as far from any other."""
    return port + 4000 if port + 4000 < 65536 else port - 4000

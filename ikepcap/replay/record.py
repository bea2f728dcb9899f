"""What a run leaves behind: everything that was sent or came in."""

from typing import Final, Literal

from msgspec import Struct

from ikepcap.replay.actions import Endpoint

MARKER: Final = bytes(4)
"""The non-ESP marker before what goes between the ports of NAT traversal (RFC 3948 §2.2)."""
Side = Literal["initiator", "responder"]


class Captured(Struct, frozen=True):
    """A datagram as the capture point saw it."""

    time_ns: int
    source: Endpoint
    destination: Endpoint
    payload: bytes
    """With the marker where there is one."""
    sender: Side
    """Who sent it; addresses do not tell where both peers are on one host."""


class Bounced(Struct, frozen=True):
    """An ICMP error as the capture point saw it."""

    time_ns: int
    reporter: str
    """Address of whoever sent it: the receiver's host, or something on the way there."""
    kind: int
    code: int
    about: Captured
    """What was not delivered."""
    quoted_bytes: int
    """How much of its payload comes back in the error."""


Recorded = Captured | Bounced
"""One line of a record."""

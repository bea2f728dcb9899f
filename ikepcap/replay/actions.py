"""What an engine wants done, and between whom."""

from typing import Literal

from msgspec import Struct

Result = Literal["established", "answered", "refused", "gave-up", "failed", "deleted"]
"""`answered`: what does not negotiate to the end, a probe, has the answer it asked for."""


class Endpoint(Struct, frozen=True):
    """An address and a UDP port."""

    address: str
    port: int

    def __str__(self) -> str:
        return f"[{self.address}]:{self.port}" if ":" in self.address else f"{self.address}:{self.port}"


class Path(Struct, frozen=True):
    """Both ends of a datagram as one peer knows them, its own first."""

    local: Endpoint
    remote: Endpoint
    is_natt: bool = False
    """The pair of ports that NAT traversal moves to, 4500 usually: a non-ESP marker goes first there."""


class Send(Struct, frozen=True):
    """Send one datagram, without the marker."""

    data: bytes
    path: Path
    step: str
    """MSG1, QM2, T1, INFO: what people call it."""


class WaitUntil(Struct, frozen=True):
    """Call `timer` at this time at the latest, unless something arrives before; the newest one counts."""

    time_ns: int


class Note(Struct, frozen=True):
    """Something worth telling; holds no secret."""

    text: str


class Done(Struct, frozen=True):
    """Nothing more comes of it unless the peer begins something."""

    result: Result
    why: str


class Close(Struct, frozen=True):
    """Listen no more: whoever still sends gets an ICMP error from this host."""


Action = Send | WaitUntil | Note | Done | Close

"""An initiator and a responder joined in memory, in time that passes only when something is due."""

from collections.abc import Callable, Iterable
from heapq import heappop, heappush
from itertools import count
from typing import Final, Protocol

from msgspec import Struct

from ikepcap.replay.actions import Action, Close, Done, Endpoint, Note, Path, Send, WaitUntil
from ikepcap.replay.record import MARKER, Bounced, Captured, Side

EPOCH_NS: Final = 1_772_438_400_000_000_000
"""2026-03-02, 08:00 UTC."""
SECOND_NS: Final = 1_000_000_000
_EVENTS: Final = 20_000
"""Deliveries and timers of one run: two peers that never stop are stopped."""
_PORT_UNREACHABLE: Final = ((3, 3), (1, 4))
"""ICMP's type and code, and those of ICMPv6."""
_QUOTED_BYTES: Final = 520
"""Linux quotes what fits into 576 octets (RFC 1812 §4.3.2.3)."""


class Engine(Protocol):
    """What both sides have in common."""

    def receive(self, data: bytes, path: Path, now_ns: int) -> list[Action]:
        """Take a datagram."""

    def timer(self, now_ns: int) -> list[Action]:
        """Do what is due."""


class Starter(Engine, Protocol):
    """What an initiator has besides."""

    path: Path

    def start(self, now_ns: int) -> list[Action]:
        """Begin."""


class Told(Struct, frozen=True):
    """A note, or the end, of one side."""

    time_ns: int
    side: Side
    said: Note | Done


class Translation(Struct, frozen=True):
    """A NAT before the initiator: it gives every port of its own another one."""

    outside: str = "203.0.113.5"
    offset: int = 20_000

    def out(self, end: Endpoint) -> Endpoint:
        """Return an inner end as it is seen outside."""
        return Endpoint(self.outside, end.port + self.offset)

    def back(self, end: Endpoint, inside: str) -> Endpoint:
        """Return the inner end that an outer one stands for."""
        return Endpoint(inside, end.port - self.offset)


Loss = Callable[[Send, Side, int], bool]
"""Whether a datagram is lost on the way, by its sender and how many it sent before."""


class Memory:
    """One run; `captured` and `told` are its record."""

    def __init__(
        self,
        initiator: Starter,
        responder: Engine,
        *,
        nat: Translation | None = None,
        near: Side = "initiator",
        loses: Loss | None = None,
        delay_s: float = 0.02,
        mtu_loses_over: int | None = None,
    ) -> None:
        """Join two engines.

        Args:
            initiator: not started yet.
            responder: waiting.
            nat: between the two.
            near: whose side the capture is taken on; what is lost on the way was seen where it left.
            loses: decides what is lost.
            delay_s: one way.
            mtu_loses_over: datagrams of more octets are lost, as where IP fragments do not pass.
        """
        self._engines: dict[Side, Engine] = {"initiator": initiator, "responder": responder}
        self._first = initiator
        self._nat, self._near, self._loses = nat, near, loses
        self._delay_ns = round(delay_s * SECOND_NS)
        self._too_large = mtu_loses_over
        self._inside = initiator.path.local.address
        self._queue: list[tuple[int, int, Side, bytes | None, Path | None]] = []
        self._order = count()
        self._counts = {"initiator": 0, "responder": 0}
        self.sent: list[tuple[int, Send]] = []
        """What the initiator sent, with the time."""
        self.captured: list[Captured] = []
        self.bounced: list[Bounced] = []
        self._is_closed = {"initiator": False, "responder": False}
        self.told: list[Told] = []
        self.now_ns = EPOCH_NS

    def run(self, seconds: float = 300.0) -> "Memory":
        """Let both talk until nothing is due, or so much time has passed."""
        end_ns = self.now_ns + round(seconds * SECOND_NS)
        self._do("initiator", self._first.start(self.now_ns))
        for _ in range(_EVENTS):
            if not self._queue or self._queue[0][0] > end_ns:
                break
            self.now_ns, _, side, data, path = heappop(self._queue)
            engine = self._engines[side]
            if data is None or path is None:
                self._do(side, engine.timer(self.now_ns))
            else:
                self._do(side, engine.receive(data, path, self.now_ns))
        return self

    def result(self, side: Side = "initiator") -> Done | None:
        """Return how a side ended."""
        return next((one.said for one in self.told if one.side == side and isinstance(one.said, Done)), None)

    def _do(self, side: Side, actions: Iterable[Action]) -> None:
        for action in actions:
            if isinstance(action, Send):
                self._send(side, action)
            elif isinstance(action, WaitUntil):
                heappush(self._queue, (max(action.time_ns, self.now_ns), next(self._order), side, None, None))
            elif isinstance(action, Close):
                self._is_closed[side] = True
            else:
                self.told.append(Told(self.now_ns, side, action))

    def _send(self, side: Side, send: Send) -> None:
        other: Side = "responder" if side == "initiator" else "initiator"
        number = self._counts[side]
        self._counts[side] += 1
        if side == "initiator":
            self.sent.append((self.now_ns, send))
        source, destination = send.path.local, send.path.remote
        inner = (source, destination)
        outer = inner
        if self._nat is not None and side == "initiator":
            outer = (self._nat.out(source), destination)
        elif self._nat is not None:
            inner = (source, self._nat.back(destination, self._inside))
        is_lost = self._loses is not None and self._loses(send, side, number)
        is_lost = is_lost or (self._too_large is not None and len(send.data) > self._too_large)
        payload = MARKER + send.data if send.path.is_natt else send.data
        if side == self._near or not is_lost:
            seen = inner if self._near == "initiator" else outer
            at_ns = self.now_ns if side == self._near else self.now_ns + self._delay_ns
            self.captured.append(Captured(at_ns, *seen, payload, side))
        if not is_lost and self._is_closed[other]:
            self._bounce(side)
        elif not is_lost:
            there = outer if side == "initiator" else inner
            path = Path(there[1], there[0], send.path.is_natt)
            event = (self.now_ns + self._delay_ns, next(self._order), other, send.data, path)
            heappush(self._queue, event)

    def _bounce(self, side: Side) -> None:
        """Answer a side's last datagram with what the host says whose port is closed."""
        about = self.captured[-1]
        kind, code = _PORT_UNREACHABLE[":" in about.destination.address]
        at_ns = about.time_ns + (2 * self._delay_ns if side == self._near else 0)
        quoted = min(len(about.payload), _QUOTED_BYTES)
        self.bounced.append(Bounced(at_ns, about.destination.address, kind, code, about, quoted))

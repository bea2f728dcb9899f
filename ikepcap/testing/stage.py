"""Where a play takes place: two peers, one capture point, time, and the frames that were seen.

`play.Play` says what the peers tell each other; this file puts it on the wire, repeats it and loses it.
"""

import random
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from itertools import count
from typing import Final, Literal, Self

from msgspec import Struct, structs

from ikepcap.capture.write import Frame, Hop, LinkType, icmp_error, pcap, udp_packets

Role = Literal["initiator", "responder"]
SIDES: Final[dict[Role, int]] = {"initiator": 0, "responder": 1}
NOBODY: Final = 2
"""The sender of an ICMP error, where sides are counted."""

SECOND_NS: Final = 1_000_000_000
EPOCH_NS: Final = 1_772_438_400 * SECOND_NS
"""2026-03-02, 08:00 UTC."""
IKE_PORT: Final = 500
NATT_PORT: Final = 4500
MARKER: Final = bytes(4)
NEAR_TTL: Final = 64
FAR_TTL: Final = 57
DATAGRAM_GAP_NS: Final = 40_000
"""Between the datagrams of one message."""


class Shot(Struct, frozen=True):
    """One message, or one ICMP error, and the frames it made."""

    step: str
    sender: int
    time_ns: int
    frames: tuple[Frame, ...]
    payloads: tuple[bytes, ...] = ()
    """ISAKMP messages: several where IKE fragments carry one."""
    on_4500: bool = False
    icmp: tuple[str, int, int] | None = None
    """Reporter, type and code."""


@dataclass(kw_only=True)
class Stage:
    """Two peers and what was captured of them; every method returns the same stage."""

    initiator: str = "192.0.2.1"
    responder: str = "198.51.100.7"
    """Each peer's own address."""
    seed: int = 1
    start_s: float = 0.0
    nat: Role | None = None
    """Who is behind a NAT that lies between it and the capture."""
    outside: str = "203.0.113.5"
    """The address that the NAT gives it."""
    near: Literal["initiator", "responder", "between"] = "initiator"
    """Next to whom the capture was taken."""
    mtu: int = 1500
    delay_s: float = 0.024
    """About how long an answer takes."""
    shots: list[Shot] = field(default_factory=list, init=False)

    def __post_init__(self) -> None:
        self._rng = random.Random(self.seed)
        self._now_ns = EPOCH_NS + round(self.start_s * SECOND_NS)
        self._ip_ids = tuple(count(self._rng.randrange(30_000)) for _ in range(3))
        self._ports = (self._rng.randint(1024, 60_000), self._rng.randint(1024, 60_000))
        """The NAT's for an initiator behind it, before and after the move to 4500."""
        self._moved = False
        self._seen = (
            self.outside if self.nat == "initiator" else self.initiator,
            self.outside if self.nat == "responder" else self.responder,
        )
        """Both addresses as captured."""

    @property
    def frames(self) -> list[Frame]:
        """All frames in order of time."""
        return sorted((f for shot in self.shots for f in shot.frames), key=lambda frame: frame.time_ns)

    def pcap(self, *, link: LinkType = 1, nanoseconds: bool = False, snaplen: int = 262_144) -> bytes:
        """Return what was captured as a capture file."""
        return pcap(self.frames, link=link, nanoseconds=nanoseconds, snaplen=snaplen)

    def icmp(self, kind: int, code: int, reporter: str | None = None, *, quote_bytes: int = 548) -> Self:
        """An ICMP error about the last datagram, by its receiver unless another reporter is named."""
        about = next(shot for shot in reversed(self.shots) if shot.icmp is None)
        source = self._seen[1 - about.sender] if reporter is None else reporter
        self._now_ns += self._delay_ns()
        target = self._seen[about.sender]
        hop = Hop(source, target, FAR_TTL, next(self._ip_ids[NOBODY]))
        packet = icmp_error(hop, kind, code, about.frames[0].packet, quote_bytes)
        frames = (Frame(self._now_ns, packet),)
        self.shots.append(Shot("ICMP", NOBODY, self._now_ns, frames, icmp=(source, kind, code)))
        return self

    def port_unreachable(self) -> Self:
        """ICMP: nobody listens on that port."""
        return self.icmp(1, 4) if ":" in self._seen[0] else self.icmp(3, 3)

    # Time, repetition and loss.

    def wait(self, seconds: float) -> Self:
        """Let time pass."""
        self._now_ns += round(seconds * SECOND_NS)
        return self

    def repeat(self, after: Iterable[float], *steps: str) -> Self:
        """Repeat the last message, or these steps in turn, so many seconds after each round's beginning."""
        names = steps or (self.shots[-1].step,)
        round_ns = self._last(names[0]).time_ns
        for gap in after:
            round_ns += round(gap * SECOND_NS)
            self._now_ns = round_ns - self._delay_ns()
            for number, name in enumerate(names):
                self.again(name, at_ns=None if number else round_ns)
        return self

    def again(self, step: str, *, at_ns: int | None = None) -> Self:
        """Send the same octets once more."""
        shot = self._last(step)
        if shot.icmp is not None:
            return self.icmp(shot.icmp[1], shot.icmp[2], shot.icmp[0])
        self._now_ns = self._now_ns + self._delay_ns() if at_ns is None else at_ns
        return self._shoot(step, shot.sender, shot.payloads, shot.on_4500)

    def lose_frame(self, number: int) -> Self:
        """Take one frame of the last message out of the capture, counted from 0."""
        shot = self.shots.pop()
        kept = shot.frames[:number] + shot.frames[number + 1 :]
        self.shots.append(structs.replace(shot, frames=kept))
        return self

    def keep(self, wanted: Callable[[Shot], bool]) -> Self:
        """Leave out of the capture what does not fit."""
        self.shots = [shot for shot in self.shots if wanted(shot)]
        return self

    def one_side(self, role: Role) -> Self:
        """Keep what one peer sent."""
        return self.keep(lambda shot: shot.sender == SIDES[role])

    def start_late(self, messages: int) -> Self:
        """Let the capture begin after so many messages."""
        self.shots = self.shots[messages:]
        return self

    def mirrored(self, after_us: int = 9) -> Self:
        """Capture every frame twice, as a mirror port of two switch ports does."""
        for shot in tuple(self.shots):
            copies = tuple(Frame(f.time_ns + after_us * 1000, f.packet) for f in shot.frames)
            self.shots.append(structs.replace(shot, frames=copies))
        return self

    def _last(self, step: str) -> Shot:
        return next(shot for shot in reversed(self.shots) if shot.step == step)

    def _delay_ns(self) -> int:
        return round(self.delay_s * SECOND_NS * self._rng.uniform(0.8, 1.2)) // 1000 * 1000

    def _ends(self, sender: int, on_4500: bool) -> tuple[int, int]:
        """Return source and destination port as captured."""
        own = NATT_PORT if on_4500 else IKE_PORT
        far = self._ports[on_4500] if self.nat == "initiator" else own
        return (far, own) if sender == 0 else (own, far)

    def _ttl(self, sender: int) -> int:
        is_near = self.near != "between" and sender == SIDES[self.near]
        return NEAR_TTL if is_near else FAR_TTL - sender

    def _shoot(self, step: str, sender: int, payloads: tuple[bytes, ...], on_4500: bool) -> Self:
        """Put a message on the wire now."""
        source, destination = self._seen[sender], self._seen[1 - sender]
        frames: list[Frame] = []
        for number, payload in enumerate(payloads):
            hop = Hop(source, destination, self._ttl(sender), next(self._ip_ids[sender]))
            data = MARKER + payload if on_4500 else payload
            at_ns = self._now_ns + number * DATAGRAM_GAP_NS
            packets = udp_packets(hop, *self._ends(sender, on_4500), data, self.mtu)
            frames += (Frame(at_ns + 1000 * order, packet) for order, packet in enumerate(packets))
        self.shots.append(Shot(step, sender, self._now_ns, tuple(frames), payloads, on_4500))
        return self

    def _send(
        self,
        step: str,
        sender: int,
        payloads: tuple[bytes, ...],
        *,
        hidden: bool = False,
        on_4500: bool | None = None,
    ) -> Self:
        """Let the usual delay pass and send; a hidden message takes place all the same."""
        self._now_ns += self._delay_ns()
        self._shoot(step, sender, payloads, self._moved if on_4500 is None else on_4500)
        if hidden:
            self.shots.pop()
        return self


def merge(*stages: Stage) -> list[Frame]:
    """Return the frames of several plays in one capture, in order of time."""
    return sorted((f for stage in stages for f in stage.frames), key=lambda frame: frame.time_ns)

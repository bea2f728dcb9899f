"""Plays with what only tests need, and the few questions that tests ask of a report."""

import tempfile
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import Any, Final, Literal, NamedTuple, Self

from msgspec import UNSET, structs

import ikepcap
from ikepcap.capture.write import Hop, udp_packets
from ikepcap.report.model import Conversation, MessageLine, Report
from ikepcap.testing import STRONG, Frame, Play, Suite, pcap
from ikepcap.testing.stage import MARKER, NOBODY, SECOND_NS, SIDES, Role, Shot
from ikepcap.wire import build
from ikepcap.wire.message import NO_COOKIE
from ikepcap.wire.numbers import Exchange

RETRIES: Final = (4.0, 7.2, 13.0)
"""strongSwan's first three gaps between copies."""
INITIATOR: Final[Role] = "initiator"
RESPONDER: Final[Role] = "responder"
Mode = Literal["main", "aggressive"]


@dataclass(kw_only=True)
class Scene(Play):
    """A play that can also show what is around it and what nobody sends on purpose."""

    opening_cookie: bytes = NO_COOKIE
    """Responder cookie of MSG1: some Windows hosts ask for an echo of one first."""
    nat_d_kind: int | None = None
    """Payload number of NAT-D, where not RFC 3947's."""
    forced: Role | None = None
    """This peer hashes another address than its own, so that UDP encapsulation is used without a NAT."""
    ip_ids: bool = True
    """Each datagram has an identification of its own; else all have 0."""

    def __post_init__(self) -> None:
        super().__post_init__()
        if not self.ip_ids:
            self._ip_ids = (count(0, 0), count(0, 0), count(0, 0))

    def upto(self, last: int) -> Self:
        """Messages 1 to `last` of phase 1."""
        for number in range(1, last + 1):
            getattr(self, f"msg{number}")()
        return self

    def send(self, by: Role, data: bytes, *, step: str = "RAW", on_4500: bool | None = None) -> Self:
        """Any message."""
        return self._send(step, SIDES[by], (data,), on_4500=on_4500)

    def delete(self, by: Role) -> Self:
        """A delete of the ISAKMP SA in the clear."""
        return self.send(
            by,
            build.message(
                [build.delete([self.cookies])],
                initiator_cookie=self._cookies[0],
                responder_cookie=self._cookies[1],
                exchange=Exchange.INFORMATIONAL,
                message_id=self._message_id(),
            ),
        )

    def quick_with_flags(self, number: int, flags: int, by: Role, plain_bytes: int = 150) -> Self:
        """One message of the current quick mode, with more flags than that it is encrypted."""
        data = build.encrypted(
            self._rng.randbytes(self.suite.sealed_bytes(plain_bytes)),
            initiator_cookie=self._cookies[0],
            responder_cookie=self._cookies[1],
            exchange=Exchange.QUICK,
            message_id=self._quick_id,
            flags=1 | flags,
        )
        return self.send(by, data, step=f"QM{number}")

    def bystander(self, seconds: float) -> Self:
        """After so long, a datagram of others: the capture went on."""
        self._now_ns += round(seconds * SECOND_NS)
        hop = Hop("203.0.113.201", "203.0.113.202", 60, 77)
        packets = udp_packets(hop, 40_000, 40_001, b"something else entirely")
        self.shots.append(Shot("OTHER", NOBODY, self._now_ns, (Frame(self._now_ns, packets[0]),)))
        return self

    @property
    def ports(self) -> tuple[int, int]:
        """What the NAT before the initiator gives it, before and after the move to 4500."""
        return self._ports

    def rebound(self, port: int, address: str | None = None) -> Self:
        """The NAT before the initiator gives it another port, or another address besides, from now on."""
        self._ports = (port, port)
        if address is not None:
            self._seen = (address, self._seen[1])
        return self

    def inside_too(self, earlier_us: int = 300, *, only: bool = False) -> Self:
        """Capture everything on the inner side of the NAT too, or only there."""
        shots = tuple(self.shots)
        if only:
            self.shots.clear()
        for shot in shots:
            port = 4500 if shot.on_4500 else 500
            outward = (self.initiator, self.responder)
            # Outwards a datagram passes the inner side first, inwards last.
            shift = -earlier_us if (self.nat == "initiator") == (shot.sender == 0) else earlier_us
            frames = []
            for frame, payload in zip(shot.frames, shot.payloads, strict=True):
                hop = Hop(
                    outward[shot.sender],
                    outward[1 - shot.sender],
                    63,
                    int.from_bytes(frame.packet[4:6]),
                )
                data = MARKER + payload if shot.on_4500 else payload
                packet = udp_packets(hop, port, port, data)[0]
                frames.append(Frame(frame.time_ns + shift * 1000, packet))
            self.shots.append(structs.replace(shot, frames=tuple(frames)))
        return self

    def copy_last(self, after_ms: float, *, ip_id: int | None = None) -> Self:
        """The frames of the last message once more, with another identification if one is given."""
        shot = self.shots[-1]
        self.shots.append(
            structs.replace(shot, frames=tuple(copied(frame, after_ms, ip_id=ip_id) for frame in shot.frames))
        )
        return self

    def msg1(self, *, hidden: bool = False) -> Self:
        """MSG1; see `opening_cookie`."""
        super().msg1(hidden=hidden)
        if self.opening_cookie != NO_COOKIE:
            shot = self.shots.pop()
            data = shot.payloads[0]
            self._shoot("MSG1", 0, (data[:8] + self.opening_cookie + data[16:],), on_4500=False)
        return self

    def _nat_d(self, sender: int) -> list[build.Part]:
        parts = super()._nat_d(sender)
        if self.forced is not None and SIDES[self.forced] == sender:
            parts[1] = build.Part(parts[1].type, self._rng.randbytes(len(parts[1].body)))
        if self.nat_d_kind is not None:
            parts = [build.Part(self.nat_d_kind, part.body) for part in parts]
        return parts


def copied(frame: Frame, after_ms: float = 0.0, *, ip_id: int | None = None) -> Frame:
    """Return a frame again, later."""
    packet = frame.packet
    if ip_id is not None:
        packet = packet[:4] + ip_id.to_bytes(2) + packet[6:]
    return Frame(frame.time_ns + round(after_ms * 1_000_000), packet)


def in_order(frames: Iterable[Frame]) -> list[Frame]:
    """Return frames in order of time."""
    return sorted(frames, key=lambda frame: frame.time_ns)


def analyzed(*what: Play | Sequence[Frame], **options: Any) -> Report:
    """Return the report on plays, or on frames as they are, in one capture."""
    frames: list[Frame] = []
    for item in what:
        frames += item.frames if isinstance(item, Play) else item
    if any(isinstance(item, Play) for item in what):
        frames = in_order(frames)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "scene.pcap")
        path.write_bytes(pcap(frames))
        return ikepcap.analyze(path, **{"strict": True, **options})


def only(*what: Play | Sequence[Frame], **options: Any) -> Conversation:
    """Return the one conversation there is."""
    report = analyzed(*what, **options)
    (conversation,) = report.conversations
    return conversation


class Side(NamedTuple):
    """Where a peer is left."""

    progress: int | None
    certainty: str
    asa: str | None


class Standing(NamedTuple):
    """What is concluded of phase 1."""

    outcome: str
    last: int | None
    awaited: int | None
    silent: str | None
    initiator: Side
    responder: Side


def standing(conversation: Conversation) -> Standing:
    """Return the conclusion."""
    ends = (conversation.initiator, conversation.responder)
    sides = [Side(peer.progress, peer.certainty, peer.states["asa"]) for peer in ends]
    return Standing(
        conversation.outcome,
        conversation.last_message,
        conversation.awaited_message,
        conversation.silent_peer,
        *sides,
    )


def faults(conversation: Conversation | Report) -> list[str]:
    """Return the codes of what is wrong."""
    return [finding.code for finding in conversation.findings if finding.severity == "fault"]


def notes(conversation: Conversation | Report) -> list[str]:
    """Return the codes of what is worth a note."""
    return [finding.code for finding in conversation.findings if finding.severity == "note"]


def lines(conversation: Conversation) -> list[MessageLine]:
    """Return the list of messages."""
    assert conversation.messages is not UNSET
    return list(conversation.messages)


def told(conversation: Conversation) -> list[tuple[int, str, str | None, str, int | None]]:
    """Return frame, sender, step, kind and first copy of every message."""
    return [(m.frame, m.sender, m.step, m.kind, m.retransmission_of) for m in lines(conversation)]


def steps(conversation: Conversation) -> list[str | None]:
    """Return the step of every message."""
    return [m.step for m in lines(conversation)]


ASA: Final = {
    ("main", 1): "MM_WAIT_MSG2",
    ("main", 2): "MM_WAIT_MSG3",
    ("main", 3): "MM_WAIT_MSG4",
    ("main", 4): "MM_WAIT_MSG5",
    ("main", 5): "MM_WAIT_MSG6",
    ("main", 6): "MM_ACTIVE",
    ("aggressive", 1): "AM_WAIT_MSG2",
    ("aggressive", 2): "AM_WAIT_MSG3",
    ("aggressive", 3): "AM_ACTIVE",
}
"""An ASA in MM_WAIT_MSGn has sent the message before."""


def side(progress: int | None, certainty: str, mode: str = "main") -> Side:
    """Return a peer's place as it has to be: the ASA's word follows from progress."""
    return Side(progress, certainty, ASA.get((mode, progress or 0)))


TWO: Final[tuple[Suite, ...]] = (STRONG, Suite(key_bits=128))
"""An offer with a choice."""

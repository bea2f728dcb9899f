"""Conversations that came up whole and at the first try, put into the report without being unpacked.

All that differs between two of the same kind is in a few of their values; the rest was worked out with the
first of them. What is told here must be what `build` tells: tests hold the two together.
"""

from collections.abc import Callable
from functools import partial
from typing import Final

from msgspec import Struct
from msgspec.structs import replace

from ikepcap.capture.datagram import NATT_PORT
from ikepcap.diagnose.case import Case
from ikepcap.diagnose.engine import diagnose
from ikepcap.diagnose.wording import address, span
from ikepcap.report import model
from ikepcap.report.alike import Alike, Kind, Value
from ikepcap.report.clock import timestamp
from ikepcap.report.kin import Kin, nat_d_in
from ikepcap.report.words import NATS, Words, report_findings
from ikepcap.state.infer import Standing
from ikepcap.state.judge import Shape, with_messages
from ikepcap.state.nat import verdict_of_hashes
from ikepcap.track.clear import Read, Reader
from ikepcap.track.conversation import INITIATOR, NOTHING_CLEAR, Conversation
from ikepcap.track.ended import Columns, Ended

REMEMBERED: Final = 4096
_LISTED: Final = 64

_MARK: Final = 7_300_000_000_000_000_000
"""Marks that are numbers begin here: no frame, port or elapsed time comes near."""
_COOKIE: Final = bytes.fromhex("c9e4a7f1d3b58260")
_ENDS: Final = (bytes((250, 251, 252, 253)), bytes((246, 247, 248, 249)))


class _Known(Struct, frozen=True):
    """What is the same for all conversations of a shape."""

    answer_at: int
    """Index of MSG2 among the messages in the clear."""
    went_on: bool
    """The initiator sent a message encrypted."""
    first: int
    """Index of MSG1; `final` is that of the last message of phase 1."""
    final: int
    told: tuple[str, str]
    """The summary, before and after how long it took."""
    exchanges: tuple[tuple[int, ...], ...]
    """Indexes of the messages of each exchange after phase 1."""
    standing: Standing
    entry: model.Conversation
    """That of the first of them."""
    told_of: dict[tuple[str | None, model.Policy | None], bool]
    """Whether the rules have something to say, by authentication method and policy."""


class _Told(Struct, frozen=True):
    """What is the same for all conversations that are kin."""

    known: _Known
    runs: str | None
    """What the initiator runs; `run_by` is what the responder does."""
    run_by: str | None
    auth: str | None
    chosen: model.Policy
    hash_number: int | None
    """That of the chosen policy."""
    hashed: tuple[tuple[int, int, Callable[[bytes], tuple[bytes, ...]]], ...]
    """Index among all and among the kept messages, and what takes the bodies, of those with NAT-D."""
    kinds: dict[tuple[bool | None, bool | None, bool], Kind]
    """By NAT."""


class PlainEntries:
    """Tells of conversations whose like was told of before."""

    def __init__(self, words: Words, reader: Reader, *, strict: bool) -> None:
        self._words = words
        self._reader = reader
        self._strict = strict
        self._known: dict[Shape, _Known] = {}
        self._kin: Kin[_Told] = Kin()

    def alike(self, ended: Ended, columns: Columns) -> Alike | None:
        """Return what differs in a conversation whose kin were told of before."""
        told = self._kin.recall(ended, columns)
        return None if told is None else self._alike(ended, columns, told)

    def alike_of(self, ended: Ended, shape: Shape, columns: Columns, contents: list[Read]) -> Alike | None:
        """Return what differs in a conversation of known shape; None when it has to be told in full."""
        known = self._known.get(shape)
        if known is None:
            return None
        answer, rcookie = contents[known.answer_at][1].offer, ended.rcookie
        if rcookie is None or answer is None or not answer.transforms:
            return None
        transform = answer.transforms[0]
        shown: list[tuple[bytes, ...]] = [(), ()]
        hashed: list[tuple[int, int, Callable[[bytes], tuple[bytes, ...]]]] = []
        for index, (place, (_, clear, _)) in enumerate(zip(ended.places(columns), contents, strict=True)):
            shown[columns.senders[place]] += clear.vendor_ids
            if clear.nat_d:
                hashed.append((place, index, nat_d_in(ended.kept[index])))
        runs, run_by, collisions = self._words.vendors(shown[0], shown[1], (ended.cookie, rcookie))
        chosen, auth = self._words.policy(transform, collisions)
        if (auth, chosen) not in known.told_of:
            return None
        told = _Told(known, runs, run_by, auth, chosen, transform.hash, tuple(hashed), {})
        self._kin.remember(ended, columns, told)
        return self._alike(ended, columns, told)

    def _alike(self, ended: Ended, columns: Columns, told: _Told) -> Alike | None:
        """Return what differs in a conversation, of which the rest is known."""
        known, rcookie = told.known, ended.rcookie
        if rcookie is None:
            return None
        from_ports, to_ports = columns.source_ports, columns.destination_ports
        moved = NATT_PORT in from_ports or NATT_PORT in to_ports
        nat: tuple[bool | None, bool | None, bool] = (None, None, moved)
        if told.hashed:
            senders, kept = columns.senders, ended.kept
            verdict = verdict_of_hashes(
                [
                    (senders[at], from_ports[at], to_ports[at], bodies_in(kept[index]))
                    for at, index, bodies_in in told.hashed
                ],
                (ended.first, ended.second), ended.cookie + rcookie, told.hash_number,
                moved=moved, went_on=known.went_on,
            )  # fmt: skip
            nat = (verdict.initiator, verdict.responder, moved)
        kind = told.kinds.get(nat)
        if kind is None:
            kind = told.kinds[nat] = self._kind(ended, told, NATS[nat], columns)
        frames, times_ns, ids = columns.frames, columns.times_ns, columns.message_ids
        began_ns, ended_ns = times_ns[0], times_ns[-1]
        took_ns = times_ns[known.final] - times_ns[known.first]
        if took_ns < 0:
            return None  # a clock was set back, or frames are out of order
        parts = ended.fragment_frames
        first_frame = min(parts[0]) if parts and 0 in parts else frames[0]
        ends = address(ended.first), address(ended.second)
        values: tuple[Value, ...] = (
            ended.number, ended.cookie.hex(), ended.cookie.hex(":"), rcookie.hex(),
            ends[0], ended.first_port, ends[1], ended.second_port,
            timestamp(began_ns), timestamp(ended_ns), max(0, ended_ns - began_ns), span(took_ns),
            first_frame, *[ids[indexes[0]].to_bytes(4).hex() for indexes in known.exchanges], *frames,
        )  # fmt: skip
        entry = partial(self._entry, ended, known, kind.specimen, values)
        return Alike(kind, ended.number, ends, values, entry)

    def learn(
        self, ended: Ended, shape: Shape, columns: Columns, standing: Standing, entry: model.Conversation
    ) -> None:
        """Remember the entry of a plain conversation that was made in full."""
        known = self._known.get(shape)
        if known is None:
            known = _known(ended, columns, standing, entry)
            if known is None:
                return
            if len(self._known) >= REMEMBERED:
                self._known.clear()
            self._known[shape] = known
        known.told_of[entry.auth, entry.chosen] = bool(entry.findings)

    def _entry(
        self, ended: Ended, known: _Known, specimen: model.Conversation, values: tuple[Value, ...]
    ) -> model.Conversation:
        """Return the entry of a conversation, of which the specimen has all but the values."""
        entry = _filled(specimen, known, values)
        if not specimen.findings:
            return entry
        return replace(entry, findings=self._findings(ended.unpack(self._reader), known.standing, entry))

    def _findings(
        self, conversation: Conversation, standing: Standing, entry: model.Conversation
    ) -> tuple[model.Finding, ...]:
        """Return what the rules have to say of a plain conversation."""
        case = Case(conversation, with_messages(standing, conversation.seen), entry.auth)
        found = diagnose(case, strict=self._strict)
        return report_findings(found, entry.initiator.implementation, entry.responder.implementation)

    def _kind(self, ended: Ended, told: _Told, nat: model.Nat, columns: Columns) -> Kind:
        """Make the specimen of a kind: the entry of a conversation in which each value is a mark."""
        known = told.known
        marks = _marks(len(known.exchanges), len(columns.frames))
        entry = replace(
            known.entry, auth=told.auth, chosen=told.chosen, nat=nat,
            initiator=replace(known.entry.initiator, implementation=told.runs),
            responder=replace(known.entry.responder, implementation=told.run_by), findings=(),
        )  # fmt: skip
        entry = _filled(entry, known, marks)
        if known.told_of[told.auth, told.chosen]:
            marked = _marked(ended.unpack(self._reader), marks[-len(columns.frames) :])
            entry = replace(entry, findings=self._findings(marked, known.standing, entry))
        return Kind(entry, marks)


def _known(ended: Ended, columns: Columns, standing: Standing, entry: model.Conversation) -> _Known | None:
    """Return what an entry holds for all conversations of its shape; None where it is an odd one."""
    course = standing.course
    places = ended.places(columns)
    if course.first.get(2) not in places:
        return None
    first, final = course.first[1], course.first[course.final]
    took_ns = columns.times_ns[final] - columns.times_ns[first]
    before, took, after = entry.summary.partition(span(max(0, took_ns)))
    if took_ns < 0 or not took:
        return None
    return _Known(
        places.index(course.first[2]),
        any(s.sender == INITIATOR and s.is_encrypted for s in course.seen),
        first, final, (before, after), tuple([later.indexes for later in standing.later]),
        with_messages(standing, ()), entry, {},
    )  # fmt: skip


def _filled(specimen: model.Conversation, known: _Known, values: tuple[Value, ...]) -> model.Conversation:
    """Return an entry with these values, which stand in the order that `PlainEntries.alike` gives them."""
    (
        number, cookie, _, rcookie, initiator, initiator_port, responder, responder_port, first_time,
        last_time, elapsed_ns, took, first_frame, *rest,
    ) = values  # fmt: skip
    count = len(known.exchanges)
    ids, frames = rest[:count], rest[count:]
    exchanges = [
        replace(one, message_id=message_id, frames=tuple([frames[index] for index in indexes[:_LISTED]]))
        for one, message_id, indexes in zip(specimen.exchanges, ids, known.exchanges, strict=True)
    ]
    return replace(
        specimen, id=number, initiator_cookie=cookie, responder_cookie=rcookie,
        summary=f"{known.told[0]}{took}{known.told[1]}",
        initiator=replace(specimen.initiator, address=initiator, port=initiator_port),
        responder=replace(specimen.responder, address=responder, port=responder_port),
        exchanges=tuple(exchanges), first_time=first_time, last_time=last_time, first_frame=first_frame,
        last_frame=frames[-1], elapsed_ns=elapsed_ns,
    )  # fmt: skip


def _marks(exchanges: int, messages: int) -> tuple[Value, ...]:
    """Return a mark for each value of `PlainEntries.alike`."""
    words = iter(f"\ue000{number:02}\ue001" for number in range(7 + exchanges))
    numbers = iter(range(_MARK, _MARK + 5 + messages))
    return (
        next(numbers), next(words), _COOKIE.hex(":"), next(words),
        address(_ENDS[0]), next(numbers), address(_ENDS[1]), next(numbers),
        next(words), next(words), next(numbers), next(words), next(numbers),
        *[next(words) for _ in range(exchanges)], *numbers,
    )  # fmt: skip


def _marked(conversation: Conversation, frames: tuple[Value, ...]) -> Conversation:
    """Return a conversation without a value of its own: a finding that tells one comes out wrong.

    Offers stay: they are the same in all of a kind.
    """
    seen = tuple([
        replace(
            message, frame=frame, time_ns=-1, message_id=-1, wire_bytes=-1, source_port=-1,
            destination_port=-1, ttl=-1, ip_id=-1, clear=replace(NOTHING_CLEAR, offer=message.clear.offer),
            fragment_frames=(),
        )
        for message, frame in zip(conversation.seen, frames, strict=True)
    ])  # fmt: skip
    return replace(
        conversation, number=-1, initiator_cookie=_COOKIE, responder_cookie=_COOKIE, initiator=_ENDS[0],
        responder=_ENDS[1], initiator_port=-1, responder_port=-1, seen=seen, superseded_ns=None,
        watched_until_ns=-1,
    )  # fmt: skip

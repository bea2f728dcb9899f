"""Conversations that came up whole and at the first try, put into the report without being unpacked.

All that differs between two of the same shape is in a few of their values; the rest was worked out with the
first of them. What is written here must be what `build` writes: tests hold the two together.
"""

from typing import Final

from msgspec import Struct

from ikepcap.capture.datagram import NATT_PORT
from ikepcap.diagnose.case import Case
from ikepcap.diagnose.engine import diagnose
from ikepcap.diagnose.wording import address, span
from ikepcap.report import model
from ikepcap.report.clock import timestamp
from ikepcap.report.words import NATS, Words, report_findings
from ikepcap.state.infer import Standing
from ikepcap.state.judge import Shape, with_messages
from ikepcap.state.nat import verdict_of_hashes
from ikepcap.track.clear import Read, Reader
from ikepcap.track.conversation import INITIATOR
from ikepcap.track.ended import Columns, Ended
from ikepcap.wire.message import FLAG_ENCRYPTION

REMEMBERED: Final = 4096
_LISTED: Final = 64


class _Exchange(Struct, frozen=True):
    """One exchange after phase 1: all but its message ID and its frames."""

    model: model.Exchange
    indexes: tuple[int, ...]


class _Known(Struct, frozen=True):
    """What is the same for all conversations of a shape."""

    answer_at: int
    """Index of MSG2 among the messages in the clear."""
    sides: tuple[int, ...]
    """Who sent each message in the clear."""
    first: int
    """Index of MSG1; `final` is that of the last message of phase 1."""
    final: int
    told: tuple[str, str]
    """The summary, before and after how long it took."""
    exchanges: tuple[_Exchange, ...]
    standing: Standing
    entry: model.Conversation
    """That of the first of them."""
    told_of: dict[str | None, bool]
    """Whether the rules have something to say, by authentication method."""


class PlainEntries:
    """Writes entries of conversations whose like was written before."""

    def __init__(self, words: Words, reader: Reader, *, strict: bool) -> None:
        self._words = words
        self._reader = reader
        self._strict = strict
        self._known: dict[Shape, _Known] = {}

    def entry(
        self, ended: Ended, shape: Shape, columns: Columns, contents: list[Read]
    ) -> model.Conversation | None:
        """Return the entry of a conversation; None when it has to be made in full."""
        known = self._known.get(shape)
        if known is None:
            return None
        answer = contents[known.answer_at][1].offer
        if ended.rcookie is None or answer is None or not answer.transforms:
            return None
        shown: list[tuple[bytes, ...]] = [(), ()]
        hashed = False
        for side, (_, clear, _) in zip(known.sides, contents, strict=True):
            if clear.vendor_ids:
                shown[side] += clear.vendor_ids
            if clear.nat_d:
                hashed = True
        runs, run_by, capabilities = self._words.vendors(shown[0], shown[1], (ended.cookie, ended.rcookie))
        chosen, auth = self._words.policy(answer.transforms[0], capabilities)
        told_of = known.told_of.get(auth)
        if told_of is None:
            return None
        initiator_nat = responder_nat = None
        if hashed:
            verdict = verdict_of_hashes(
                ended.unpack_hashed(contents), answer.transforms[0].hash, moved=NATT_PORT in columns.ports,
                went_on=any(head[0] == INITIATOR and head[2] & FLAG_ENCRYPTION for head in columns.heads),
            )  # fmt: skip
            initiator_nat, responder_nat = verdict.initiator, verdict.responder
        like = known.entry
        last = len(ended) - 1
        began_ns, ended_ns = ended.time_of(0), ended.time_of(last)
        took = span(max(0, ended.time_of(known.final) - ended.time_of(known.first)))
        return model.Conversation(
            id=ended.number,
            initiator_cookie=ended.cookie.hex(),
            responder_cookie=ended.rcookie.hex(),
            mode=like.mode,
            auth=auth,
            outcome=like.outcome,
            summary=f"{known.told[0]}{took}{known.told[1]}",
            last_message=like.last_message,
            awaited_message=None,
            silent_peer=None,
            nat=NATS[initiator_nat, responder_nat, NATT_PORT in columns.ports],
            initiator=_peer(like.initiator, ended.first, ended.first_port, runs),
            responder=_peer(like.responder, ended.second, ended.second_port, run_by),
            chosen=chosen,
            exchanges=tuple([_exchange(exchange, ended, columns) for exchange in known.exchanges]),
            findings=self._findings(ended, known.standing, auth, runs, run_by) if told_of else (),
            first_time=timestamp(began_ns),
            last_time=timestamp(ended_ns),
            first_frame=ended.first_frame(),
            last_frame=ended.frame_of(last),
            elapsed_ns=max(0, ended_ns - began_ns),
            message_count=last + 1,
        )

    def learn(self, ended: Ended, shape: Shape, standing: Standing, entry: model.Conversation) -> None:
        """Remember the entry of a plain conversation that was made in full."""
        known = self._known.get(shape)
        if known is None:
            known = _known(ended, standing, entry)
            if known is None:
                return
            if len(self._known) >= REMEMBERED:
                self._known.clear()
            self._known[shape] = known
        known.told_of[entry.auth] = bool(entry.findings)

    def _findings(
        self, ended: Ended, known: Standing, auth: str | None, runs: str | None, run_by: str | None
    ) -> tuple[model.Finding, ...]:
        """Return what the rules have to say of a plain conversation."""
        conversation = ended.unpack(self._reader)
        case = Case(conversation, with_messages(known, conversation.seen), auth)
        return report_findings(diagnose(case, strict=self._strict), runs, run_by)


def _known(ended: Ended, standing: Standing, entry: model.Conversation) -> _Known | None:
    """Return what an entry holds for all conversations of its shape; None where it is an odd one."""
    course = standing.course
    places = ended.places()
    if course.first.get(2) not in places:
        return None
    first, final = course.first[1], course.first[course.final]
    before, took, after = entry.summary.partition(span(max(0, ended.time_of(final) - ended.time_of(first))))
    if not took:
        return None
    exchanges = [
        _Exchange(written, later.indexes[:_LISTED])
        for written, later in zip(entry.exchanges, standing.later, strict=True)
    ]
    sides = tuple([ended.sender_of(place) for place in places])
    return _Known(
        places.index(course.first[2]), sides, first, final, (before, after), tuple(exchanges),
        with_messages(standing, ()), entry, {},
    )  # fmt: skip


def _peer(like: model.Peer, octets: bytes, port: int, runs: str | None) -> model.Peer:
    return model.Peer(
        address(octets), port, runs, like.progress, like.certainty, like.states, like.windows_number
    )


def _exchange(known: _Exchange, ended: Ended, columns: Columns) -> model.Exchange:
    like, indexes = known.model, known.indexes
    return model.Exchange(
        like.kind, f"{columns.message_ids[indexes[0]]:08x}", like.outcome, like.last_message,
        like.awaited_message, like.silent_peer, like.started_by,
        tuple([ended.frame_of(index) for index in indexes]),
    )  # fmt: skip

"""How far each peer got and how the conversation ended, from what was sent past the capture point.

Seeing a message proves that its sender sent it, never that it arrived. So a peer's progress has a certainty,
and phase 1 counts as established only if its last message was seen and nothing contradicts its arrival, or a
later exchange proves it. The words are defined in the report contract; the order of the questions here is:
proof of success, last message seen, nothing to judge, refusal, one direction only, waiting in vain, the rest.
"""

from typing import Final

from msgspec import Struct

from ikepcap.state.course import Course, sender_of
from ikepcap.state.exchanges import LaterExchange, exchanges
from ikepcap.state.nat import NatVerdict, nat_verdict
from ikepcap.state.probes import SCAN_NS, is_probe, scan_of
from ikepcap.state.progress import PeerState, peer_state
from ikepcap.state.refusal import KEYED_FROM, Refusal, find_refusal, late_after_ns, may_follow_more
from ikepcap.state.steps import MODES, Recogniser
from ikepcap.state.waiting import CROSSING_NS, SLOW_NS, Waiting, find_waiting
from ikepcap.track.conversation import INITIATOR, RESPONDER, Conversation, Seen
from ikepcap.wire.message import HEADER_BYTES
from ikepcap.wire.numbers import INFORMATIONAL, QUICK, Exchange
from ikepcap.wire.offer import Offer, Transform
from ikepcap.wire.walk import Fault

TWICE_NS: Final = 25 * 10**9
"""Whoever moves to UDP 4500 has sent MSG5 twice by then, or MSG3 for want of MSG4 (KAME: after 20 s)."""
NOT_ASKED_AGAIN: Final = "not-asked-again"
"""What was awaited is not in the capture, and whoever waited went on to something else."""


class Standing(Struct, frozen=True):
    """Where a conversation stands."""

    outcome: str
    awaited: int | None
    silent: int | None
    initiator: PeerState
    responder: PeerState
    course: Course
    later: tuple[LaterExchange, ...]
    nat: NatVerdict
    offer: Offer | None
    chosen: Transform | None
    waiting: Waiting
    refusal: Refusal | None = None
    reason: str = ""
    """One word for why the outcome is what it is, for summaries and findings."""
    is_plain: bool = False
    """It came up, whole and at the first try: no rule has anything to say of it."""


class Verdict(Struct, frozen=True):
    """The outcome of phase 1 with what led to it."""

    outcome: str
    reason: str
    awaited: int | None = None
    silent: int | None = None


def infer(conversation: Conversation, recognise: Recogniser, *, would_show_4500: bool) -> Standing:
    """Judge one conversation.

    Args:
        conversation: the finished record.
        recognise: the step tables, remembered between calls.
        would_show_4500: no filter left UDP 4500 out, since the capture has something on it, or of others.
    """
    course = Course(conversation, recognise)
    later = exchanges(conversation)
    offer, chosen = policies(conversation, course)
    nat = nat_verdict(conversation, chosen.hash if chosen else None)
    refusal = find_refusal(course)
    waiting = find_waiting(conversation, course)
    verdict = _verdict(conversation, course, refusal, waiting, nat, would_show_4500)
    came_up = verdict.outcome == "established"
    states = [
        peer_state(conversation, course, role, refusal, later, established=came_up)
        for role in (INITIATOR, RESPONDER)
    ]
    if verdict.reason == NOT_ASKED_AGAIN:  # either may well have gone on
        states = [PeerState(s.progress, s.certainty.replace("proven", "presumed")) for s in states]
    return Standing(
        verdict.outcome, verdict.awaited, verdict.silent, states[0], states[1], course, later, nat, offer,
        chosen, waiting, refusal if verdict.outcome == "refused" else None, verdict.reason,
    )  # fmt: skip


def policies(conversation: Conversation, course: Course) -> tuple[Offer | None, Transform | None]:
    """Return the initiator's offer and the one transform that the responder chose."""
    first = course.first
    offer = _whole_offer(conversation.seen[first[1]]) if 1 in first else None
    answer = _whole_offer(conversation.seen[first[2]]) if 2 in first else None
    return offer, answer.transforms[0] if answer is not None and answer.transforms else None


def _whole_offer(message: Seen) -> Offer | None:
    """Return what a message offers, or chooses, unless some of that was cut off by a snaplen."""
    offer = message.clear.offer
    return None if offer is not None and offer.defects and message.is_cut else offer


def _verdict(
    conversation: Conversation,
    course: Course,
    refusal: Refusal | None,
    waiting: Waiting,
    nat: NatVerdict,
    would_show_4500: bool,
) -> Verdict:
    last, final = course.last, course.final
    if _proven_later(course):
        return Verdict("established", "proven")
    if last is None:
        return Verdict("unknown", "no-phase-1")
    owner = sender_of(last + 1)
    if last == final:
        return _complete(course, refusal)
    scan = scan_of(conversation, course, waiting)
    if scan is not None:
        return Verdict("probe", scan, last + 1, owner)
    if refusal is not None:
        return Verdict("refused", refusal.kind, refusal.replaced, refusal.sender)
    unseen = _out_of_sight(course, waiting)
    if unseen is not None:
        return unseen
    if last == 4 and course.mode == "main" and nat.found:
        verdict = _before_the_move(waiting, would_show_4500)
        if verdict is not None:
            return verdict
    if is_probe(conversation, course, waiting):
        return Verdict("probe", "lone" if last == 1 else "not-followed-up", last + 1, owner)
    if waiting.in_vain:
        return Verdict("stalled", "waiting", last + 1, owner)
    return Verdict("in-progress", "capture-ends", last + 1, owner)


def _out_of_sight(course: Course, waiting: Waiting) -> Verdict | None:
    """What is missed may have been said where the capture does not show it; None where it was not."""
    unasked = _not_asked_again(course)
    if unasked is not None:
        return unasked
    # Of one message, or one peer, silence tells nothing: the other may have answered.
    alone = (course.last or 0) > 1 and len(course.speakers) == 1
    if (course.one_sided and len(course.first) > 1) or (alone and waiting.in_vain):
        return Verdict("unknown", "one-sided")
    return Verdict("unknown", "cut") if _is_hidden(course) else None


def _is_hidden(course: Course) -> bool:
    """Whether a snaplen may hide what is missed: in a message of which too little is there, or of none.

    With keys come the marker of UDP 4500 and messages in IPv6 fragments, 4 and 8 octets: of those the
    capture has no whole header where it has a few octets more than that of others.
    """
    cut = [(i, s) for i, s in enumerate(course.seen) if s.defects and s.exchange in MODES and s.is_cut]
    if not cut:
        return False
    if any(course.places[i].step is None for i, _ in cut):
        return True
    captured = [d.offset for _, s in cut for d in s.defects if d.fault is Fault.TRUNCATED]
    has_keys = course.last is not None and course.last >= KEYED_FROM[course.mode]
    return has_keys and min(captured, default=_ROOM_BYTES) < _ROOM_BYTES


_ROOM_BYTES: Final = HEADER_BYTES + 8


def _before_the_move(waiting: Waiting, would_show_4500: bool) -> Verdict | None:
    """MSG5 is due on UDP 4500, which a filter may have left out; None where nothing follows from that."""
    if waiting.repeated or waiting.repeated_before:
        return None
    if not would_show_4500:
        return Verdict("unknown", "port-filtered")
    return Verdict("stalled", "waiting", 5, INITIATOR) if waiting.elapsed_ns >= TWICE_NS else None


def _not_asked_again(course: Course) -> Verdict | None:
    """What is awaited is not in the capture, and what is there shows that nobody waits for it.

    Both peers speak long after, and nobody asked again: then phase 1 is done.
    """
    late_ns = late_after_ns(course)
    late = [] if late_ns is None else [s for s in course.seen if s.time_ns > late_ns and s.is_encrypted]
    senders = {s.sender for s in late}
    if len(senders) == 2:
        return Verdict("established", "proven")
    if course.one_sided and len(course.first) > 1:
        return None
    is_open = bool(senders) or any(may_follow_more(course, s) for s in course.seen)
    return Verdict("unknown", NOT_ASKED_AGAIN) if is_open else None


def _complete(course: Course, refusal: Refusal | None) -> Verdict:
    """The last message of phase 1 was seen: did it arrive?"""
    final = course.final
    receiver = sender_of(final - 1)
    if refusal is not None and refusal.sender == receiver:
        return Verdict("refused", refusal.kind, final, receiver)
    at = course.first[final]
    seen = course.seen
    again = [i for i in course.copies(final - 1, after=at) if _is_late_copy(course, i, final)]
    answered_again = bool(again) and any(i > again[-1] for i in course.copies(final))
    if not again or (len(again) == 1 and answered_again and seen[-1].time_ns >= seen[again[-1]].time_ns):
        return Verdict("established", "recovered" if again else "seen")
    return Verdict("stalled", "last-lost", final, sender_of(final))


def _is_late_copy(course: Course, index: int, final: int) -> bool:
    """Tell a copy sent for want of the answer from one that crossed the answer on the way."""
    answers = [i for i in (course.first[final], *course.copies(final)) if i < index]
    crossing_ns = CROSSING_NS + min(course.slow_ns, SLOW_NS)
    return bool(answers) and course.seen[index].time_ns - course.seen[answers[0]].time_ns > crossing_ns


def _proven_later(course: Course) -> bool:
    """A later exchange under the same cookies shows that phase 1 was done.

    What the sender of phase 1's last message goes on with proves only its own belief; that counts where the
    other peer, or phase 1 itself, is not in the capture.
    """
    receiver = sender_of(course.final - 1) if course.final else None
    alone = len(course.speakers) == 1
    informed: set[int] = set()
    for index, message in enumerate(course.seen):
        if message.exchange in MODES or not message.is_encrypted:
            continue
        if message.exchange in _AFTER_PHASE_1:
            if course.last is None:
                # Anyone can send one message; two peers that go on under the same cookies have a phase 1.
                return len({s.sender for s in course.seen if s.is_encrypted}) == 2
            if message.sender == receiver:
                return True
            if alone:
                return True
            # The last message was not captured, and its sender goes on: it arrived, unless the peer that
            # waits for it still asks for it.
            if course.last < course.final:
                return not course.copies(course.final - 1, after=index)
        elif message.exchange == INFORMATIONAL:
            informed.add(message.sender)
    if course.last is None:
        return len(informed) == 2
    return course.last == course.final and _talks_on(course)


def _talks_on(course: Course) -> bool:
    """The receiver of the last message sends protected informationals well after it: a live SA."""
    receiver = sender_of(course.final - 1)
    done_ns = course.seen[course.first[course.final]].time_ns
    return any(
        s.exchange == INFORMATIONAL and s.is_encrypted and s.sender == receiver
        and s.copy_of < 0 and s.time_ns - done_ns > SCAN_NS
        for s in course.seen
    ) and not course.copies(course.final - 1, after=course.first[course.final])  # fmt: skip


_AFTER_PHASE_1: Final = frozenset({QUICK, int(Exchange.TRANSACTION), int(Exchange.NEW_GROUP)})

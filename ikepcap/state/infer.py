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
from ikepcap.state.progress import PeerState, peer_state
from ikepcap.state.refusal import Refusal, comes_late, find_refusal, may_follow_more
from ikepcap.state.steps import Recogniser
from ikepcap.state.waiting import CROSSING_NS, ENOUGH_NS, SLOW_NS, Waiting, find_waiting
from ikepcap.track.conversation import INITIATOR, RESPONDER, Conversation
from ikepcap.wire.numbers import Exchange
from ikepcap.wire.offer import Offer, Transform

LONE_NS: Final = 60 * 10**9
"""One MSG1, not repeated for so long, was never meant to be followed up."""
SCAN_NS: Final = 5 * 10**9
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


def infer(conversation: Conversation, recognise: Recogniser, *, port_4500_seen: bool) -> Standing:
    """Judge one conversation.

    Args:
        conversation: the finished record.
        recognise: the step tables, remembered between calls.
        port_4500_seen: the capture has any datagram on UDP 4500, so the port was not filtered away.
    """
    course = Course(conversation, recognise)
    later = exchanges(conversation)
    offer, chosen = policies(conversation, course)
    nat = nat_verdict(conversation, chosen.hash if chosen else None)
    refusal = find_refusal(course)
    waiting = find_waiting(conversation, course)
    verdict = _verdict(conversation, course, refusal, waiting, nat, port_4500_seen)
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
    offer = conversation.seen[first[1]].clear.offer if 1 in first else None
    answer = conversation.seen[first[2]].clear.offer if 2 in first else None
    return offer, answer.transforms[0] if answer is not None and answer.transforms else None


def _verdict(
    conversation: Conversation,
    course: Course,
    refusal: Refusal | None,
    waiting: Waiting,
    nat: NatVerdict,
    port_4500_seen: bool,
) -> Verdict:
    last, final = course.last, course.final
    if _proven_later(course):
        return Verdict("established", "proven")
    if last is None:
        return Verdict("unknown", "no-phase-1")
    owner = sender_of(last + 1)
    if last == final:
        return _complete(course, refusal)
    if _is_scan(conversation, course):
        return Verdict("probe", "scan", last + 1, owner)
    if refusal is not None:
        return Verdict("refused", refusal.kind, refusal.replaced, refusal.sender)
    unasked = _not_asked_again(course)
    if unasked is not None:
        return unasked
    # Of one message, or one peer, silence tells nothing: the other may have answered out of sight.
    alone = last > 1 and len({s.sender for s in course.seen}) == 1
    if (course.one_sided and len(course.first) > 1) or (alone and waiting.in_vain):
        return Verdict("unknown", "one-sided")
    if last == 4 and course.mode == "main" and nat.found and not port_4500_seen and not (
        waiting.repeated or waiting.repeated_before
    ):  # fmt: skip
        return Verdict("unknown", "port-filtered")
    if _is_probe(conversation, course, waiting):
        return Verdict("probe", "lone" if last == 1 else "not-followed-up", last + 1, owner)
    if waiting.in_vain:
        return Verdict("stalled", "waiting", last + 1, owner)
    return Verdict("in-progress", "capture-ends", last + 1, owner)


def _not_asked_again(course: Course) -> Verdict | None:
    """What is awaited is not in the capture, and what is there shows that nobody waits for it.

    Both peers speak long after, and nobody asked again: then phase 1 is done.
    """
    senders = {s.sender for i, s in enumerate(course.seen) if comes_late(course, i)}
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
    alone = len({s.sender for s in course.seen}) == 1
    informed: set[int] = set()
    for index, message in enumerate(course.seen):
        if not message.is_encrypted:
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
        elif message.exchange == Exchange.INFORMATIONAL:
            informed.add(message.sender)
    if course.last is None:
        return len(informed) == 2
    return course.last == course.final and _talks_on(course)


def _talks_on(course: Course) -> bool:
    """The receiver of the last message sends protected informationals well after it: a live SA."""
    receiver = sender_of(course.final - 1)
    done_ns = course.seen[course.first[course.final]].time_ns
    return any(
        s.exchange == Exchange.INFORMATIONAL and s.is_encrypted and s.sender == receiver
        and s.copy_of < 0 and s.time_ns - done_ns > SCAN_NS
        for s in course.seen
    ) and not course.copies(course.final - 1, after=course.first[course.final])  # fmt: skip


_AFTER_PHASE_1: Final = frozenset({int(Exchange.QUICK), int(Exchange.TRANSACTION), int(Exchange.NEW_GROUP)})


def _is_scan(conversation: Conversation, course: Course) -> bool:
    """The same MSG1 went to many hosts, none was followed up, and this one was given up within seconds.

    Live initiators show vendor IDs and go on asking for half a minute at least.
    """
    if not conversation.scanned or 1 not in course.first:
        return False
    opening = course.seen[course.first[1]]
    asked_ns = [s.time_ns for s in course.seen if s.sender == INITIATOR]
    return not opening.clear.vendor_ids and max(asked_ns) - opening.time_ns < SCAN_NS


def _is_probe(conversation: Conversation, course: Course, waiting: Waiting) -> bool:
    """Never meant to be completed: one MSG1 with nothing after it from whoever sent it.

    Every IKE implementation repeats a MSG1 that is not answered, and answers or refuses a MSG2. Scanners send
    no vendor IDs by default, and a live initiator sends some; so an initiator that shows any and falls silent
    after MSG2 is taken for one that has a problem.
    """
    last = course.last
    if waiting.icmp or waiting.fragments or waiting.repeated or waiting.repeated_before:
        return False
    if 1 not in course.first or any(
        s.sender == INITIATOR and not s.is_duplicate for s in course.seen[course.first[1] + 1 :]
    ):
        return False
    opening = course.seen[course.first[1]]
    superseded = conversation.superseded_ns
    waited = waiting.elapsed_ns
    if superseded is not None:
        waited = min(waited, superseded - course.seen[-1].time_ns)
    if last == 1:
        # Live initiators show vendor IDs, and repeat themselves after 20 s at the latest.
        return waited >= (LONE_NS if opening.clear.vendor_ids else ENOUGH_NS)
    return last == 2 and not opening.clear.vendor_ids and waited >= SCAN_NS

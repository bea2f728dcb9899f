"""How far each peer got in phase 1, and how sure that is."""

from typing import Final

from msgspec import Struct

from ikepcap.state.course import Course, sender_of
from ikepcap.state.exchanges import LaterExchange
from ikepcap.state.refusal import KEYED_FROM, Refusal
from ikepcap.state.steps import MODES
from ikepcap.track.conversation import INITIATOR, RESPONDER, Conversation
from ikepcap.wire.message import FLAG_ENCRYPTION

_EXCHANGE_AT: Final = 18
_FLAGS_AT: Final = 19


class PeerState(Struct, frozen=True):
    """One peer's place in phase 1."""

    progress: int | None
    certainty: str


def peer_state(
    conversation: Conversation,
    course: Course,
    role: int,
    refusal: Refusal | None,
    later: tuple[LaterExchange, ...],
    *,
    established: bool,
) -> PeerState:
    """Return how far one peer got, and how sure that is; `established` is the outcome of phase 1."""
    captured = role in course.speakers
    if established:
        return _established_peer(course, role, later, captured)
    if _went_on(course, role, later):
        return PeerState(course.final, "proven")
    sent = course.sent(role)
    implied = _implied(course, role)
    in_part = _sent_in_part(conversation, course, role)
    progress = max([n for n in (sent, implied, in_part) if n is not None], default=None)
    if in_part is not None and in_part == progress:
        return PeerState(progress, "proven")
    if not captured:
        return PeerState(progress, "unknown")
    refused = refusal is not None and refusal.sender == role
    if progress is None:
        # It refused before it took any part; or only what fits no step was seen from it.
        return PeerState(0, "proven") if refused and role == RESPONDER else PeerState(None, "presumed")
    towards = course.first.get(progress + 1)
    if towards is None or refused or course.copies(progress, after=towards):
        return PeerState(progress, "proven")
    return PeerState(progress, "presumed")


def _went_on(course: Course, role: int, later: tuple[LaterExchange, ...]) -> bool:
    """Whoever owes the last message of phase 1 and goes on to what follows has sent it, captured or not."""
    return (
        bool(course.final)
        and sender_of(course.final) == role
        and any(course.seen[i].sender == role for e in later if e.kind != "informational" for i in e.indexes)
    )


def _implied(course: Course, role: int) -> int | None:
    """A message of the other peer that answers step n proves that this peer sent n."""
    other = course.sent(1 - role)
    return other - 1 if other is not None and other > 1 else None


def _established_peer(
    course: Course, role: int, later: tuple[LaterExchange, ...], captured: bool
) -> PeerState:
    final = course.final
    progress = final or None
    if not captured:
        return PeerState(progress, "unknown")
    if final and sender_of(final) == role and final in course.first:
        return PeerState(progress, "proven")
    goes_on = any(course.seen[i].sender == role for e in later for i in e.indexes)
    return PeerState(progress, "proven" if goes_on else "presumed")


def _sent_in_part(conversation: Conversation, course: Course, role: int) -> int | None:
    """Return the step of which only fragments were captured, if a peer sent one after its last whole message.

    The first fragment carries the header and so proves that its sender took that step.
    """
    if not (conversation.lost or conversation.lost_parts):
        return None
    own = course.sent(role)
    following = (own if own is not None else role - 1) + 2
    if following > course.final:
        return None
    since_ns = course.seen[course.first[own]].time_ns if own is not None else 0
    peer = conversation.initiator if role == INITIATOR else conversation.responder
    for lost in conversation.lost:
        if lost.source == peer and lost.first_ns >= since_ns and len(lost.data) > _FLAGS_AT:
            encrypted = lost.data[_FLAGS_AT] & FLAG_ENCRYPTION != 0
            if lost.data[_EXCHANGE_AT] in MODES and encrypted == (following > KEYED_FROM[course.mode]):
                return following
    if any(parts.sender == role and parts.first_ns >= since_ns for parts in conversation.lost_parts):
        return following
    return None

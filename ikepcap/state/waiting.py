"""Whether the message after the last one is awaited in vain: what its absence, and its loss, look like."""

from collections.abc import Iterator
from typing import Final

from msgspec import Struct

from ikepcap.capture.datagram import LostFragments
from ikepcap.state.course import Course, sender_of
from ikepcap.state.refusal import gives_up
from ikepcap.track.conversation import Conversation, LostParts

ENOUGH_NS: Final = 30 * 10**9
"""Longer than any implementation waits before its second copy (KAME: 20 s)."""
PATIENCE_NS: Final = 10**9
CROSSING_NS: Final = 3 * 10**8
"""A copy sent this soon after its answer passed the capture point crossed that answer on the way."""

SLOW_NS: Final = 5 * 10**9
"""No path takes longer: what takes more is a message that was lost and sent again."""


class Waiting(Struct, frozen=True):
    """Why a message counts as owed in vain; all false when the capture simply ends."""

    repeated: int = 0
    """Copies of the last message, sent again by the peer that waits."""
    repeated_for_ns: int = 0
    """Time between the first and the last of them."""
    slow_ns: int = 0
    """An answer took so long before, and may take so long again; 0 where nothing was repeated."""
    repeated_before: int = 0
    """Copies of the message before, sent again although the answer to it was seen."""
    elapsed_ns: int = 0
    """Capture time that went by after the last message."""
    superseded: bool = False
    gave_up: bool = False
    """It said goodbye."""
    icmp: bool = False
    fragments: bool = False

    @property
    def in_vain(self) -> bool:
        """There is evidence that the message will not come."""
        # pluto repeats after half a second: one such copy at the end of a capture is no sign of anything.
        repeated = self.repeated and self.repeated_for_ns >= max(PATIENCE_NS, self.slow_ns)
        signs = repeated or self.repeated_before or self.superseded or self.gave_up
        return bool(signs) or self.icmp or self.fragments or self.elapsed_ns >= ENOUGH_NS


def find_waiting(conversation: Conversation, course: Course) -> Waiting:
    """Collect the signs that the message after the last one is awaited in vain."""
    last, seen = course.last, course.seen
    if last is None:
        return Waiting()
    at = course.first[last]
    since_ns, tail_ns = seen[at].time_ns, seen[-1].time_ns
    superseded = conversation.superseded_ns
    waits, owes = sender_of(last), 1 - sender_of(last)
    addresses = (conversation.initiator, conversation.responder)
    again = course.copies(last)
    before = course.copies(last - 1, after=at)
    slow_ns = min(course.slow_ns, SLOW_NS) if again or before else 0
    return Waiting(
        len(again),
        seen[again[-1]].time_ns - since_ns if again else 0,
        slow_ns,
        len([i for i in before if seen[i].time_ns - since_ns > CROSSING_NS + slow_ns]) if before else 0,
        max(0, conversation.watched_until_ns - tail_ns),
        superseded is not None and superseded > tail_ns + 10**9,
        # Who has not asked again has not waited.
        bool(again) and any(gives_up(course, index) for index in range(again[-1] + 1, len(seen))),
        bool(conversation.icmp)
        and any(e.source == addresses[waits] and e.time_ns >= since_ns for e in conversation.icmp),
        _is_in_part(conversation, owes, addresses[owes]),
    )


def _is_in_part(conversation: Conversation, side: int, address: bytes) -> bool:
    """Whether a message of this peer came in part only."""
    if not (conversation.lost or conversation.lost_parts):
        return False
    return any(lost.source == address for lost in lost_for_good(conversation)) or any(
        parts.sender == side for parts in parts_lost_for_good(conversation)
    )


def lost_for_good(conversation: Conversation) -> Iterator[LostFragments]:
    """Yield incomplete datagrams whose missing parts would have come before the capture ended."""
    return (x for x in conversation.lost if conversation.watched_until_ns - x.last_ns >= PATIENCE_NS)


def parts_lost_for_good(conversation: Conversation) -> Iterator[LostParts]:
    """Yield incomplete sets of IKE fragments whose missing parts would have come before the capture ended."""
    return (x for x in conversation.lost_parts if conversation.watched_until_ns - x.first_ns >= PATIENCE_NS)

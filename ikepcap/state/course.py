"""The course of one conversation: each message in its place, so that inference can ask simple questions.

`Course` answers who sent which step when, and how often again. It draws no conclusion.
"""

from collections.abc import Sequence
from operator import sub
from typing import Final

from msgspec import Struct

from ikepcap.state.steps import LAST, MODES, Recogniser, reads_as_opening
from ikepcap.track.conversation import INITIATOR, Conversation, Seen
from ikepcap.track.open import DUPLICATE_WITHOUT_ID_NS

NEW: Final = "new"
RETRANSMISSION: Final = "retransmission"
DUPLICATE: Final = "duplicate"
LATE: Final = "late"
UNEXPECTED: Final = "unexpected"


class Place(Struct, frozen=True, gc=False):
    """What one message is within phase 1."""

    step: int | None
    kind: str
    why: str = ""


_OTHER_EXCHANGE: Final = {kind: Place(None, kind) for kind in (NEW, RETRANSMISSION, DUPLICATE)}
_PLAIN: Final = {
    (step, kind): Place(step, kind) for step in range(1, 7) for kind in (NEW, RETRANSMISSION, DUPLICATE, LATE)
}


class Course:
    """Every message of a conversation in its place; times are indexes into `seen`, which is in file order."""

    def __init__(self, conversation: Conversation, recognise: Recogniser) -> None:
        self.seen = conversation.seen
        self.speakers = {s.sender for s in self.seen}
        """The peers that were captured."""
        self.mode = next((MODES[s.exchange] for s in self.seen if s.exchange in MODES), "unknown")
        self.final = LAST.get(self.mode, 0)
        """Number of the last message of phase 1; 0 when the mode is unknown."""
        self.first: dict[int, int] = {}
        """Step to the index of its first copy."""
        self.again: dict[int, list[int]] = {}
        """Step to the indexes of everything sent for it afterwards, duplicates left out."""
        self.last: int | None = None
        self.places = tuple(self._place_all(recognise))

    @property
    def one_sided(self) -> bool:
        """Only one peer was captured, although the other must have spoken."""
        if len(self.speakers) != 1 or len(self.seen) == 1:
            return False
        answers = self.last is not None and self.last > 1
        return answers or any(place.step is None for place in self.places)

    @property
    def slow_ns(self) -> int:
        """The longest that a message of phase 1 took to be answered: copies of it come in that long after."""
        times = [self.seen[index].time_ns for _, index in sorted(self.first.items())]
        return max(map(sub, times[1:], times), default=0)

    def sent(self, role: int) -> int | None:
        """Return the highest step of phase 1 that this peer was seen to send."""
        for step in range(self.last or 0, 0, -1):
            if step in self.first and sender_of(step) == role:
                return step
        return None

    def copies(self, step: int, *, after: int = -1) -> Sequence[int]:
        """Return indexes of repeated sendings of a step, those after a message if one is given."""
        again = self.again.get(step, ())
        return again if after < 0 or not again else [index for index in again if index > after]

    def _place_all(self, recognise: Recogniser) -> list[Place]:
        places: list[Place] = []
        for index, message in enumerate(self.seen):
            place = self._place(message, places, recognise)
            places.append(place)
            step = place.step
            if step is None or place.kind == DUPLICATE or message.cookie_differs:
                continue
            if step in self.first:
                self.again.setdefault(step, []).append(index)
                continue
            self.first[step] = index
            if self.last is None or step > self.last:
                self.last = step
        return places

    def _place(self, message: Seen, places: list[Place], recognise: Recogniser) -> Place:
        mode = MODES.get(message.exchange)
        if places and message.ip_id:
            before = self.seen[len(places) - 1]
            if message.ip_id == before.ip_id and _is_altered(message, before):
                why = f"the same transmission as in frame {before.frame}, with other bytes"
                return Place(places[-1].step, DUPLICATE, why)
        if message.copy_of >= 0:
            kind = DUPLICATE if message.is_duplicate else RETRANSMISSION
            step = places[message.copy_of].step
            return _OTHER_EXCHANGE[kind] if step is None else _PLAIN[step, kind]
        if mode is None:
            return _OTHER_EXCHANGE[NEW]
        if mode != self.mode:
            return Place(None, UNEXPECTED, f"a message of {mode} mode in {self.mode} mode")
        step, why = recognise(mode, message)
        if step is None and reads_as_opening(message):
            step = 1
        if step is None:
            return Place(None, UNEXPECTED, why)
        if message.cookie_differs:
            return Place(
                step, UNEXPECTED, f"MSG{step} with a responder cookie that is not this conversation's"
            )
        if step in self.first:
            frame = self.seen[self.first[step]].frame
            return Place(step, UNEXPECTED, f"another MSG{step} than that of frame {frame}: other bytes")
        return _PLAIN[step, LATE if self.last is not None and step < self.last else NEW]


def _is_altered(message: Seen, before: Seen) -> bool:
    """Whether this is the transmission with the same IP ID before it, altered on the way to another point."""
    return (
        message.ttl != before.ttl and not message.is_duplicate
        and message.sender == before.sender and message.exchange == before.exchange
        and message.message_id == before.message_id and message.wire_bytes == before.wire_bytes
        and abs(message.time_ns - before.time_ns) < DUPLICATE_WITHOUT_ID_NS
    )  # fmt: skip


def sender_of(step: int) -> int:
    """Odd messages are the initiator's, even ones the responder's, in every mode."""
    return INITIATOR if step % 2 else 1

"""What a peer has sent and may have to send again: timers as data, duplicates answered from memory."""

from collections import OrderedDict
from collections.abc import Iterator
from typing import Final

from msgspec import Struct

from ikepcap.replay.actions import Path, Send

SECOND_NS: Final = 1_000_000_000
_HEARD: Final = 32
"""Messages that are remembered with their answers."""


class Outgoing(Struct):
    """A message, whole or in fragments, with the times of its copies."""

    step: str
    message_id: int
    datagrams: tuple[bytes, ...]
    path: Path
    gaps_s: tuple[float, ...] = ()
    """Until the next copy, one after the other; none is repeated by a timer."""
    patience_s: float = 0.0
    """After the last copy."""
    is_request: bool = False
    """Its sender gives up when it is never answered."""
    copies: int = 0
    due_ns: int | None = None
    """Of the next copy, or of giving up."""

    def sends(self) -> Iterator[Send]:
        """Yield its datagrams."""
        for data in self.datagrams:
            yield Send(data, self.path, self.step)

    def count(self, now_ns: int) -> None:
        """Take note that a copy was sent, and set the time of what follows."""
        self.copies += 1
        if not self.gaps_s:
            return
        over = self.copies > len(self.gaps_s)
        wait_s = self.patience_s if over else self.gaps_s[self.copies - 1]
        self.due_ns = now_ns + round(wait_s * SECOND_NS)

    @property
    def is_spent(self) -> bool:
        """No copy is left."""
        return self.copies > len(self.gaps_s)


class Heard:
    """Messages that arrived, each with what was answered; the last few."""

    def __init__(self) -> None:
        self._answers: OrderedDict[bytes, Outgoing | None] = OrderedDict()

    def __contains__(self, data: bytes) -> bool:
        return data in self._answers

    def answer(self, data: bytes) -> Outgoing | None:
        """Return what was answered to a message."""
        return self._answers.get(data)

    def remember(self, data: bytes, answer: Outgoing | None) -> None:
        """Take a message and its answer."""
        self._answers[data] = answer
        while len(self._answers) > _HEARD:
            self._answers.popitem(last=False)

"""What lies around a place, found without looking at all: a message may have thousands of payloads."""

from bisect import bisect_right
from collections.abc import Iterable, Iterator

from msgspec import Struct


class Part(Struct, frozen=True, gc=False):
    """One payload, at any depth: where it lies in its message and what kind it is."""

    type: int
    start: int
    end: int


Range = tuple[int, int]
"""The first octet, and the one after the last."""


class Ranges:
    """Some ranges of octets as one set."""

    def __init__(self, ranges: Iterable[Range]) -> None:
        """Take ranges in any order."""
        self._starts: list[int] = []
        self._ends: list[int] = []
        for start, end in sorted(ranges):
            if self._ends and start <= self._ends[-1]:
                self._ends[-1] = max(self._ends[-1], end)
            else:
                self._starts.append(start)
                self._ends.append(end)

    def __contains__(self, offset: int) -> bool:
        number = bisect_right(self._starts, offset) - 1
        return number >= 0 and offset < self._ends[number]

    @property
    def first(self) -> int | None:
        """The smallest offset in them; None where there is none."""
        return self._starts[0] if self._starts else None


class Nest:
    """Payloads and those inside them."""

    def __init__(self, parts: Iterable[Part]) -> None:
        """Take payloads in any order."""
        self._parts = sorted(parts, key=lambda part: (part.start, -part.end))
        self._starts = [part.start for part in self._parts]
        self._around: list[int | None] = []
        """By the number of a payload, that of the innermost one around it."""
        open_: list[int] = []
        for number, part in enumerate(self._parts):
            while open_ and self._parts[open_[-1]].end < part.end:
                open_.pop()
            self._around.append(open_[-1] if open_ else None)
            open_.append(number)

    def around(self, start: int, end: int) -> Iterator[Part]:
        """Yield the payloads that hold all of a range of octets, the innermost first."""
        number = bisect_right(self._starts, start) - 1
        following = number if number >= 0 else None
        while following is not None:
            part = self._parts[following]
            if end <= part.end:
                yield part
            following = self._around[following]

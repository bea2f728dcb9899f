"""Text of conversations alike: written once for each kind, and then with other values in the same places."""

from collections.abc import Callable
from operator import itemgetter
from typing import Final

from msgspec import Struct

from ikepcap.renderers.selection import is_faulty
from ikepcap.report.alike import Alike, Kind, Value
from ikepcap.report.model import Conversation

REMEMBERED: Final = 4096

Write = Callable[[Conversation], bytes]


class Stencil(Struct, frozen=True):
    """The text of a kind."""

    text: tuple[str, ...]
    """In pieces: every second one is a value's place."""
    values_in_turn: Callable[[tuple[Value, ...]], tuple[Value, ...]]
    """The value that goes into each."""
    at_fault: bool

    def fill(self, values: tuple[Value, ...]) -> bytes:
        """Return the text with these values."""
        # Joined, because `%` would search the text for its places each time.
        pieces = list(self.text)
        pieces[1::2] = map(str, self.values_in_turn(values))
        return "".join(pieces).encode()


class Stencils:
    """Writes conversations, those alike with a stencil."""

    def __init__(self, write: Write) -> None:
        self._write = write
        self._known: dict[Kind, Stencil | None] = {}

    def written(self, told: Conversation | Alike) -> tuple[bytes, bool]:
        """Return the text of a conversation, and whether it is at fault (`selection.is_faulty`)."""
        if isinstance(told, Alike):
            try:
                stencil = self._known[told.kind]
            except KeyError:
                stencil = self._cut(told)
            if stencil is not None:
                return stencil.fill(told.values), stencil.at_fault
            told = told.entry()
        return self._write(told), is_faulty(told)

    def _cut(self, first: Alike) -> Stencil | None:
        if len(self._known) >= REMEMBERED:
            self._known.clear()
        stencil = self._known[first.kind] = _stencil(first, self._write)
        return stencil


def _stencil(first: Alike, write: Write) -> Stencil | None:
    """Cut a stencil from the specimen of a kind; None where it does not fit the first of them.

    A mark may stand in the text by chance, or because someone put it into a capture. Then this kind is
    written the long way.
    """
    kind = first.kind
    text = write(kind.specimen).decode()
    found: list[tuple[int, int, int]] = []
    for place, mark in enumerate(kind.marks):
        word = str(mark)
        at = text.find(word)
        while at >= 0:
            found.append((at, at + len(word), place))
            at = text.find(word, at + len(word))
    found.sort()
    pieces: list[str] = []
    after = 0
    for start, end, _ in found:
        pieces += (text[after:start], "")
        after = end
    pieces.append(text[after:])
    # Of one place alone it would take the value, not a tuple of it; an entry has many.
    in_turn = itemgetter(*[place for _, _, place in found])
    stencil = Stencil(tuple(pieces), in_turn, is_faulty(kind.specimen))
    entry = first.entry()
    fits = stencil.fill(first.values) == write(entry) and stencil.at_fault == is_faulty(entry)
    return stencil if fits else None

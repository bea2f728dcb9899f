"""What fits on a line: wrapping, columns, colour, and the guard that keeps captured text harmless.

Every line that is printed is made by `Page.line`. It takes pieces of plain text with a style each, makes
each piece printable, and only then paints: so no string from a capture can carry an escape through, wherever
it comes from.
"""

import unicodedata
from collections.abc import Iterable, Iterator
from typing import Final

from msgspec import Struct

from ikepcap.renderers.text import printable

Piece = str | tuple[str, str]
"""Plain text, or text and a key of `_SGR`."""

_SGR: Final = {"bad": "1;31", "warn": "33", "good": "32", "quiet": "2", "strong": "1"}

OUTCOME_STYLES: Final = {
    "stalled": "bad",
    "refused": "bad",
    "in-progress": "warn",
    "established": "good",
    "unknown": "quiet",
    "probe": "quiet",
}

_TEXT_LIMIT: Final = 2_000
_PROSE_WIDTH: Final = 100


def cells(text: str) -> int:
    """Return how many terminal cells a text takes: wide characters two, combining ones none."""
    if text.isascii():
        return len(text)
    wide = sum(unicodedata.east_asian_width(c) in "WF" for c in text)
    return len(text) + wide - sum(unicodedata.combining(c) != 0 for c in text)


class Page(Struct, frozen=True):
    """How to print: nothing in it depends on what is printed."""

    width: int = 80
    color: bool = False
    ascii_only: bool = False
    dialect: str | None = None
    """Whose state names to show for both peers; None for each peer's own."""
    limit: int | None = 20
    """How many negotiations to show in full, and how many in brief; None for all."""

    def clean(self, text: str) -> str:
        """Return text that any terminal prints as it stands."""
        text = printable(text, _TEXT_LIMIT)
        return text.encode("ascii", "backslashreplace").decode() if self.ascii_only else text

    def line(self, *pieces: Piece) -> str:
        """Join pieces to one line, the only place where colour is put on."""
        whole: list[str] = []
        for piece in pieces:
            text, style = (piece, "") if isinstance(piece, str) else piece
            text = self.clean(text)
            painted = self.color and style and text
            whole.append(f"\x1b[{_SGR[style]}m{text}\x1b[0m" if painted else text)
        joined = "".join(whole)
        return joined if self.color else joined.rstrip()

    def wrap(self, text: str, width: int) -> list[str]:
        """Break text at spaces into lines of at most `width` cells; longer words stay whole."""
        lines: list[str] = []
        current = ""
        for word in self.clean(text).split():
            longer = f"{current} {word}" if current else word
            if current and cells(longer) > width:
                lines.append(current)
                current = word
            else:
                current = longer
        return [*lines, current] if current else lines

    def prose(self, text: str, indent: int, hang: int = 0) -> Iterator[str]:
        """Yield a wrapped text, its later lines `hang` cells further in."""
        room = min(self.width, _PROSE_WIDTH) - indent - hang
        for index, part in enumerate(self.wrap(text, max(room, 10))):
            yield self.line(" " * (indent + (hang if index else 0)), part)

    def entry(self, label: str, text: str, indent: int, label_width: int, style: str = "") -> Iterator[str]:
        """Yield a label and, in a column beside it, a wrapped text."""
        lead = indent + label_width + 2
        room = min(self.width, _PROSE_WIDTH + lead) - lead
        for index, part in enumerate(self.wrap(text, max(room, 10)) or [""]):
            shown = (label.ljust(label_width), style) if index == 0 else " " * label_width
            yield self.line(" " * indent, shown, "  ", part)

    def flow(self, chunks: Iterable[str], indent: int, first: Iterable[Piece] = ()) -> Iterator[str]:
        """Yield chunks two spaces apart, moving to the next line where one does not fit.

        Args:
            chunks: texts that are broken only where one alone is too long for a line.
            indent: cells before each line's text; `first` stands in their place on the first line.
            first: what to put at the start, `indent` cells wide.
        """
        room = max(self.width - indent, 10)
        lines: list[str] = []
        for chunk in chunks:
            parts = self.wrap(chunk, room)
            if lines and parts and cells(lines[-1]) + 2 + cells(parts[0]) <= room:
                lines[-1] += "  " + parts.pop(0)
            lines += parts
        lead = tuple(first)
        for index, text in enumerate(lines or [""]):
            yield self.line(*(lead if index == 0 and lead else (" " * indent,)), text)

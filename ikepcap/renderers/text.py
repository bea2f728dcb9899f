"""Captured strings made harmless: what a peer wrote must not steer the terminal that shows it."""

import re
from typing import Final

_CUT: Final = "..."
_UNSEEN: Final = re.compile(
    "[\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180f\u3164\ufe00-\ufe0f\uffa0\U000e0100-\U000e01ef]"
)
"""Letters and marks without ink, by which two texts look the same: what Unicode calls printable of its
Default_Ignorable_Code_Point (DerivedCoreProperties.txt)."""


def is_plain(text: str) -> bool:
    """Tell whether a text is seen as it stands: it steers nothing, and hides nothing."""
    return text.isprintable() and (text.isascii() or not _UNSEEN.search(text))


def printable(text: str, limit: int) -> str:
    r"""Return a string that any terminal shows as it stands, at most `limit` characters long.

    Control characters, terminal escapes, line breaks, bidirectional overrides, characters without ink and
    everything else that Unicode does not call printable come out as `\x1b` or `\u202e`. A text that is too
    long ends in three dots. Doing it twice changes nothing.
    """
    if not is_plain(text):
        # An escape is at least as long as its character: more of them than `limit` are never shown.
        text = "".join(c if is_plain(c) else _escape(c) for c in text[: limit + 1])
    if len(text) <= limit:
        return text
    return text[: max(limit - len(_CUT), 0)] + _CUT[:limit]


def _escape(character: str) -> str:
    """Write one character as its number, as short as it goes."""
    number = ord(character)
    if number <= 0xFF:
        return f"\\x{number:02x}"
    return f"\\u{number:04x}" if number <= 0xFFFF else f"\\U{number:08x}"

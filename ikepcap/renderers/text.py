"""Captured strings made harmless: what a peer wrote must not steer the terminal that shows it."""

from typing import Final

_CUT: Final = "..."


def printable(text: str, limit: int) -> str:
    r"""Return a string that any terminal shows as it stands, at most `limit` characters long.

    Control characters, terminal escapes, line breaks, bidirectional overrides, characters without width and
    everything else that Unicode does not call printable come out as `\x1b` or `\u202e`. A text that is too
    long ends in three dots. Doing it twice changes nothing.
    """
    if not text.isprintable():
        # An escape is at least as long as its character: more of them than `limit` are never shown.
        text = "".join(c if c.isprintable() else _escape(c) for c in text[: limit + 1])
    if len(text) <= limit:
        return text
    return text[: max(limit - len(_CUT), 0)] + _CUT[:limit]


def _escape(character: str) -> str:
    """Write one character as its number, as short as it goes."""
    number = ord(character)
    if number <= 0xFF:
        return f"\\x{number:02x}"
    return f"\\u{number:04x}" if number <= 0xFFFF else f"\\U{number:08x}"

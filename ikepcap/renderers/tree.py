"""A message as a tree of fields, and that tree as text.

This knows nothing of IKE: who builds the tree gives every field its place, and defects find the field they
are in by their offset.
"""

from bisect import bisect_left
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Final, TypeVar

import msgspec
from msgspec import Struct

from ikepcap.renderers.page import cells
from ikepcap.renderers.text import printable
from ikepcap.wire.walk import Defect

MAX_CHILDREN: Final = 100
"""Fields shown of any one level."""
MAX_DEFECTS: Final = 10
"""Defects shown at any one field."""
MAX_LINES: Final = 2_000
MIN_WIDTH: Final = 40
MAX_NAME: Final = 60
MAX_VALUE: Final = 240
SHOWN_OCTETS: Final = 32
"""The longest hashes and nonces in use are shown in full."""
CUT_OCTETS: Final = 12
"""What is longer shows so many, to stay on one line."""

T = TypeVar("T")

_OFFSET_WIDTH: Final = 5
_VALUE_COLUMN: Final = 32
_GAP: Final = "  "
_LETTERS: Final = bytes(octet if 0x20 <= octet < 0x7F else ord(".") for octet in range(256))


class Field(Struct, frozen=True):
    """A field, or a group of fields, of one message."""

    name: str
    offset: int
    """Octets from the ISAKMP header."""
    size: int
    value: str | bytes = ""
    """Text as captured, made harmless where it is printed; octets where no meaning is known."""
    children: tuple["Field", ...] = ()
    defects: tuple[str, ...] = ()
    is_hidden: bool = False
    """Holds a secret that neither its value nor a hex dump may show."""


class Placed(Struct, frozen=True):
    """A defect and the offset at which it is shown."""

    at: int
    defect: Defect


def placed(defects: Iterable[Defect], end: int | None = None) -> list[Placed]:
    """Return defects to be shown where they are; those at the very end of a payload belong to it.

    Args:
        defects: with offsets in the message.
        end: of the payload they were found in; None for those of the message itself.
    """
    last = None if end is None else end - 1
    return [Placed(defect.offset if last is None else min(defect.offset, last), defect) for defect in defects]


def left_out(count: int, what: str, start: int, end: int, *, is_hidden: bool = False) -> Field:
    """Return the field that stands for those beyond the bound; hidden if one of them is."""
    return Field(f"({count} more {what} left out)", start, max(end - start, 0), is_hidden=is_hidden)


def bounded(
    things: Sequence[T], make: Callable[[T], Field], what: str, *, is_hidden: bool = False
) -> tuple[Field, ...]:
    """Return the first fields of a level and, where there are more, how many.

    Args:
        things: what there is a field of, in wire order.
        make: makes the field.
        what: to call those that are left out.
        is_hidden: one of those left out may be a secret.
    """
    found = [make(thing) for thing in things[:MAX_CHILDREN]]
    if len(things) > MAX_CHILDREN:
        first, last = make(things[MAX_CHILDREN]), make(things[-1])
        count, end = len(things) - MAX_CHILDREN, last.offset + last.size
        found.append(left_out(count, what, first.offset, end, is_hidden=is_hidden))
    return tuple(found)


def with_defects(tree: Sequence[Field], found: Sequence[Placed]) -> tuple[Field, ...]:
    """Return the tree with every defect in the innermost field that covers its offset.

    Args:
        tree: fields of one level in order of their offsets.
        found: defects in the order of `at`; those past every field get a field of their own at the end.
    """
    marked: list[Field] = []
    start = 0
    for field in tree:
        end = bisect_left(found, field.offset + field.size, lo=start, key=_at)
        marked.append(_marked(field, found[start:end]) if end > start else field)
        start = end
    if start < len(found):
        marked.append(Field("(end)", found[start].at, 0, defects=_texts(found[start:])))
    return tuple(marked)


def _at(one: Placed) -> int:
    return one.at


def _marked(field: Field, found: Sequence[Placed]) -> Field:
    """Return a field with its defects, those that lie in its children given to them."""
    children: list[Field] = []
    own: list[Placed] = []
    start = 0
    for child in field.children:
        first = bisect_left(found, child.offset, lo=start, key=_at)
        end = bisect_left(found, child.offset + child.size, lo=first, key=_at)
        own += found[start:first]
        children.append(_marked(child, found[first:end]) if end > first else child)
        start = end
    own += found[start:]
    return msgspec.structs.replace(field, children=tuple(children), defects=_texts(own))


def _texts(found: Sequence[Placed]) -> tuple[str, ...]:
    texts = [f"{one.defect.fault} at {one.defect.offset}: {one.defect.detail}" for one in found[:MAX_DEFECTS]]
    if len(found) > MAX_DEFECTS:
        texts.append(f"and {len(found) - MAX_DEFECTS} more here")
    return tuple(texts)


def shown(field: Field) -> str:
    """Return a field's value as harmless text, cut short."""
    if isinstance(field.value, bytes):
        return octets(field.value)
    text = printable(field.value, MAX_VALUE)
    return text if len(field.value) <= MAX_VALUE else f"{text} ({field.size} octets)"


def octets(data: bytes) -> str:
    """Return octets in hex, cut short."""
    if not data:
        return "(empty)"
    if len(data) <= SHOWN_OCTETS:
        return data.hex()
    return f"{data[:CUT_OCTETS].hex()}... {len(data)} octets"


def lay_out(tree: Sequence[Field], width: int) -> Iterator[str]:
    """Write a tree as lines of at most `width` characters: offset, name, value.

    A value that does not fit goes on under itself. Beyond `MAX_LINES` only the number of lines is told.
    """
    width = max(width, MIN_WIDTH)
    lines = _lines(tree, 0, width)
    for count, line in enumerate(lines):
        if count == MAX_LINES:
            more = 1 + sum(1 for _ in lines)
            yield f"({more} more lines left out)"
            return
        yield line


def _lines(tree: Sequence[Field], depth: int, width: int) -> Iterator[str]:
    for field in tree:
        yield from _field_lines(field, depth, width)
        for text in field.defects:
            yield from _wrapped(" " * _OFFSET_WIDTH, "  " * depth + "DEFECT", text, width)
        yield from _lines(field.children, depth + 1, width)


def _field_lines(field: Field, depth: int, width: int) -> Iterator[str]:
    label = "  " * depth + printable(field.name, MAX_NAME)
    column = min(_VALUE_COLUMN, width // 2)
    yield from _wrapped(f"{field.offset:>{_OFFSET_WIDTH}}", label.ljust(column), shown(field), width)


def _wrapped(offset: str, label: str, value: str, width: int) -> Iterator[str]:
    """Write a label and a value, the value cut into pieces where it is wider than what is left."""
    room = width - _OFFSET_WIDTH - len(_GAP)
    label = label[: room - 1] if len(label) >= room else label
    space = room - len(label) - 1
    if space < MIN_WIDTH // 4 and value:
        yield f"{offset}{_GAP}{label}".rstrip()
        offset, label = " " * _OFFSET_WIDTH, " " * (room // 4)
        space = room - len(label) - 1
    pieces = list(_pieces(value, space)) or [""]
    yield f"{offset}{_GAP}{label} {pieces[0]}".rstrip()
    blank = " " * (_OFFSET_WIDTH + len(_GAP) + len(label) + 1)
    for piece in pieces[1:]:
        yield blank + piece


def _pieces(value: str, space: int) -> Iterator[str]:
    """Cut a text at spaces where there are any, elsewhere where it must be."""
    while cells(value) > space:
        end = space if value.isascii() else _fitting(value, space)
        cut = value.rfind(" ", end // 2, end + 1)
        cut = cut if cut > 0 else end
        yield value[:cut].rstrip()
        value = value[cut:].lstrip()
    if value:
        yield value


def _fitting(value: str, space: int) -> int:
    """Return how many characters fit: a wide one takes two cells, a combining one none."""
    taken = 0
    for count, character in enumerate(value):
        taken += cells(character)
        if taken > space:
            return max(count, 1)
    return len(value)


def hex_lines(data: bytes, tree: Sequence[Field], width: int) -> Iterator[str]:
    """Write octets in hex and as characters, those of hidden fields as `**`."""
    width = max(width, MIN_WIDTH)
    per_line = 16 if width >= _OFFSET_WIDTH + 2 * len(_GAP) + 16 * 4 - 1 else 8
    secret = bytearray(len(data))
    for low, high in (place for field in tree for place in _hidden(field)):
        secret[low:high] = b"\1" * len(secret[low:high])
    letters = data.translate(_LETTERS).decode("ascii")
    for start in range(0, len(data), per_line):
        end = min(start + per_line, len(data))
        digits, line = data[start:end].hex(" "), letters[start:end]
        if any(secret[start:end]):
            there = [not one for one in secret[start:end]]
            digits = " ".join(
                pair if seen else "**" for pair, seen in zip(digits.split(), there, strict=True)
            )
            line = "".join(letter if seen else "*" for letter, seen in zip(line, there, strict=True))
        yield f"{start:>{_OFFSET_WIDTH}}{_GAP}{digits:<{per_line * 3 - 1}}{_GAP}{line}"


def _hidden(field: Field) -> Iterator[tuple[int, int]]:
    """Return where secrets lie."""
    if field.is_hidden:
        yield field.offset, field.offset + field.size
    for child in field.children:
        yield from _hidden(child)

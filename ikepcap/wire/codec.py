"""Payload bodies from declarations: seven field words, and a decoder compiled from them.

A body is a class whose fields are annotated with the words below, integers first and octets after them, as
every ISAKMP payload is laid out. The decoder reads the integers with one `struct` call and cuts the rest.
It never raises on bytes: what does not fit is a `Defect` with its offset in the message.

    class Notification(Body, frozen=True):
        doi: Annotated[int, U32(names=Doi)]
        protocol: Annotated[int, U8(names=Protocol)]
        spi_size: Annotated[int, U8(length_of="spi")]
        kind: Annotated[int, U16(names=NotifyType)]
        spi: Annotated[bytes, Take("spi_size")]
        data: Annotated[bytes, Rest()]

This module knows no payload; `bodies` declares them.
"""

import functools
from collections.abc import Iterator
from enum import IntEnum
from struct import Struct as Layout
from typing import ClassVar, TypeVar, get_args, get_type_hints

from msgspec import Struct

from ikepcap.wire.walk import Attribute, Defect, Fault, walk_attributes


class Body(Struct, frozen=True):
    """The base of all payload bodies."""


class Integer(Struct, frozen=True):
    """An unsigned integer in network order."""

    size: ClassVar[int]
    code: ClassVar[str]
    names: type[IntEnum] | None = None
    """The registry its values are from; a value outside it is no defect."""
    length_of: str = ""
    """The field whose octets this one counts."""
    count_of: str = ""
    """The chain whose payloads this one counts."""
    is_reserved: bool = False
    """Must be zero."""


class U8(Integer, frozen=True):
    """One octet."""

    size = 1
    code = "B"


class U16(Integer, frozen=True):
    """Two octets."""

    size = 2
    code = "H"


class U32(Integer, frozen=True):
    """Four octets."""

    size = 4
    code = "I"


class Take(Struct, frozen=True):
    """As many octets as an earlier field says, or two earlier fields multiplied."""

    length: str
    times: str = ""


class Rest(Struct, frozen=True):
    """All octets that are left."""


class Chain(Rest, frozen=True):
    """Payloads of one type up to the end, chained like those of a message; `decode` leaves them octets."""

    kind: int


class Attributes(Struct, frozen=True):
    """Data attributes (RFC 2408 §3.3) up to the end of the payload."""

    names: type[IntEnum] | None = None
    """The registry of their types, where the payload alone decides it."""


Word = Integer | Take | Rest | Attributes
_WORDS = (Integer, Take, Rest, Attributes)

Value = int | bytes | tuple[Attribute, ...]


class Declared(Struct, frozen=True):
    """One field as declared."""

    name: str
    word: Word


class Place(Struct, frozen=True):
    """One field of a decoded body, and where it lies in the message."""

    name: str
    word: Word
    value: Value
    offset: int
    size: int


class _Plan(Struct, frozen=True):
    """A declaration compiled: the integers as one layout, then the rest."""

    integers: tuple[tuple[str, Integer], ...]
    layout: Layout
    tail: tuple[tuple[str, Take | Rest | Attributes], ...]


T = TypeVar("T", bound=Body)


@functools.cache
def declared(kind: type[Body]) -> tuple[Declared, ...]:
    """Return the fields of a body in wire order."""
    found: list[Declared] = []
    for name, hint in get_type_hints(kind, include_extras=True).items():
        words = [extra for extra in get_args(hint)[1:] if isinstance(extra, _WORDS)]
        if len(words) != 1:
            raise TypeError(f"{kind.__name__}.{name}: a field is declared with exactly one word")
        found.append(Declared(name, words[0]))
    return tuple(found)


@functools.cache
def _plan(kind: type[Body]) -> _Plan:
    integers: list[tuple[str, Integer]] = []
    tail: list[tuple[str, Take | Rest | Attributes]] = []
    for field in declared(kind):
        if not isinstance(field.word, Integer):
            tail.append((field.name, field.word))
        elif tail:
            raise TypeError(f"{kind.__name__}.{field.name}: integers come before octets")
        else:
            integers.append((field.name, field.word))
    layout = Layout(">" + "".join(word.code for _, word in integers))
    return _Plan(tuple(integers), layout, tuple(tail))


def decode(kind: type[T], data: bytes, start: int, end: int) -> tuple[T | None, tuple[Defect, ...]]:
    """Decode the body that lies between `start` and `end`.

    Returns:
        The body, None when not even its fixed fields are there, and what is wrong with it. Octets that a
        length claims and that are not there are left out of the value.
    """
    plan = _plan(kind)
    end = min(end, len(data))
    pos = start + plan.layout.size
    if pos > end:
        what = f"{max(end - start, 0)} octets are too few for {plan.layout.size} of fixed fields"
        return None, (Defect(Fault.BODY, start, what),)
    numbers = plan.layout.unpack_from(data, start)
    defects = list(_reserved(plan, numbers, start)) if any(numbers) else []
    values: list[Value] = list(numbers)
    counts = {name: number for (name, _), number in zip(plan.integers, numbers, strict=True)}
    for name, word in plan.tail:
        if isinstance(word, Attributes):
            attributes, wrong = walk_attributes(data, pos, end)
            defects += wrong
            values.append(attributes)
            pos = end
            continue
        size = end - pos
        if isinstance(word, Take):
            size = counts[word.length] * (counts[word.times] if word.times else 1)
            if pos + size > end:
                defects.append(Defect(Fault.BODY, pos, f"{name} of {size} octets, {end - pos} are left"))
                size = end - pos
        values.append(data[pos : pos + size])
        pos += size
    if pos < end:
        defects.append(Defect(Fault.TRAILING_BYTES, pos, f"{end - pos} octets after the last field"))
    return kind(*values), tuple(defects)


def _reserved(plan: _Plan, numbers: tuple[int, ...], start: int) -> Iterator[Defect]:
    """Report reserved integers that are not zero."""
    pos = start
    for (name, word), number in zip(plan.integers, numbers, strict=True):
        if word.is_reserved and number:
            yield Defect(Fault.RESERVED_NOT_ZERO, pos, f"{name}: {number:#x}")
        pos += word.size


def places(body: Body, start: int, end: int) -> Iterator[Place]:
    """Say where each field of a decoded body lies.

    Args:
        body: as `decode` returned it.
        start: offset of the body in the message, as given to `decode`.
        end: its end, likewise.
    """
    pos = start
    for field in declared(type(body)):
        value: Value = getattr(body, field.name)
        if isinstance(field.word, Integer):
            size = field.word.size
        elif isinstance(value, bytes):
            size = len(value)
        else:
            size = end - pos
        yield Place(field.name, field.word, value, pos, size)
        pos += size

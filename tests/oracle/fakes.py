"""A message as a tshark that agrees would show it: ikepcap's readings under tshark's names.

Made by reading the table backwards, so it proves nothing about the table (`test_fields`, `test_captures` do
that); what it is for is to disagree in one place and see the comparison find it.
"""

from collections.abc import Callable

from msgspec.structs import replace

from ikepcap.oracle.fields import BODY, CIPHERTEXT, HEADER, LIFE_DURATIONS, LIFE_TYPES, POLICY
from ikepcap.oracle.reading import PAYLOAD, ours
from ikepcap.oracle.tshark import Field, Seen
from ikepcap.wire.message import Message

AT = 42
"""Where the message begins in its frame."""

_NAMES = {field: name for name, fields in reversed(BODY.items()) for field in fields}
_NAMES |= {field: name for name, field in HEADER.items()}
_NAMES |= {"Message.ciphertext": CIPHERTEXT}
_UNITS = {"Policy.lifetime_s": 1, "Policy.lifetime_kb": 2}
_POLICIES = {f"Policy.{field}": name for name, field in reversed(POLICY.items())}


def fields(message: Message) -> list[Field]:
    """Return a message as tshark's fields."""
    side = ours(message)
    found = []
    for part in side.parts:
        raw = message.data[part.start : part.end]
        found.append(Field("isakmp.typepayload", AT + part.start, part.end - part.start, raw, str(part.type)))
    for one in side.readings:
        place = AT + one.offset + 8  # policies have no place of their own: anywhere inside the transform
        if one.field in _UNITS:
            unit = _UNITS[one.field]
            found.append(Field(LIFE_TYPES[0], place + 2 * unit, 1, bytes((unit,)), ""))
            found.append(Field(LIFE_DURATIONS[0], place + 2 * unit + 1, 1, one.value, ""))
        elif one.field in _POLICIES:
            found.append(Field(_POLICIES[one.field], place, 1, one.value, ""))
        elif one.field in _NAMES and one.field != PAYLOAD:
            found.append(Field(_NAMES[one.field], AT + one.offset, one.size, one.value, ""))
    return found


def seen(frame: int, *layers: list[Field], marks: frozenset[str] = frozenset({"ip", "udp"})) -> Seen:
    return Seen(frame, tuple(map(tuple, layers)), marks)


def changed(found: list[Field], name: str, change: Callable[[Field], Field | None]) -> list[Field]:
    """Return fields, the first of a name changed, or taken out."""
    index = next(i for i, field in enumerate(found) if field.name == name)
    other = change(found[index])
    return [*found[:index], *([other] if other else []), *found[index + 1 :]]


def flipped(field: Field) -> Field:
    """Return a field whose last octet is another."""
    assert field.raw
    return replace(field, raw=field.raw[:-1] + bytes((field.raw[-1] ^ 1,)))

"""Just enough DER to find one's way: tags, lengths, and where contents lie (X.690 §8, §10).

Nothing here raises or recurses. A value that does not fit its container ends the list it is in.
"""

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Final

from msgspec import Struct

BOOLEAN: Final = 0x01
INTEGER: Final = 0x02
BIT_STRING: Final = 0x03
OCTET_STRING: Final = 0x04
OID: Final = 0x06
UTC_TIME: Final = 0x17
GENERALIZED_TIME: Final = 0x18
SEQUENCE: Final = 0x30
SET: Final = 0x31
CONTEXT: Final = 0xA0
"""Tag 0 of the context, constructed; add the number for others."""

_MAX_LENGTH_BYTES: Final = 4
_STRINGS: Final[dict[int, str]] = {0x14: "latin-1", 0x1C: "utf-32-be", 0x1E: "utf-16-be"}
"""Teletex, universal and BMP strings; the other string types are ASCII or UTF-8."""
_TIMES: Final[dict[int, str]] = {UTC_TIME: "%y%m%d%H%M%SZ", GENERALIZED_TIME: "%Y%m%d%H%M%SZ"}
_MAX_OID_BYTES: Final = 64


class Item(Struct, frozen=True, gc=False):
    """One DER value: its tag, where it begins, and where its content lies."""

    tag: int
    at: int
    start: int
    end: int


def items(der: bytes, start: int, end: int) -> Iterator[Item]:
    """Yield the values between two offsets, up to the first that does not fit."""
    pos = start
    while (item := item_at(der, pos, end)) is not None:
        yield item
        pos = item.end


def item_at(der: bytes, pos: int, end: int) -> Item | None:
    """Return the value that begins at `pos`; None where none fits before `end`."""
    if pos + 2 > end:
        return None
    tag, size, body = der[pos], der[pos + 1], pos + 2
    if size & 0x80:
        octets = size & 0x7F
        body += octets
        if not 1 <= octets <= _MAX_LENGTH_BYTES or body > end:
            return None
        size = int.from_bytes(der[body - octets : body])
    return Item(tag, pos, body, body + size) if body + size <= end else None


def whole(der: bytes, tag: int = SEQUENCE) -> Item | None:
    """Return the one value that these octets are, if it has this tag and nothing follows it."""
    item = item_at(der, 0, len(der))
    return item if item is not None and item.tag == tag and item.end == len(der) else None


def text(der: bytes, item: Item) -> str:
    """Return a string of any of the string types."""
    return der[item.start : item.end].decode(_STRINGS.get(item.tag, "utf-8"), "replace")


def dotted(oid: bytes) -> str:
    """Return an object identifier's content as people write it: 2.5.4.3."""
    arcs: list[int] = []
    arc = 0
    for octet in oid[:_MAX_OID_BYTES]:
        arc = arc << 7 | octet & 0x7F
        if not octet & 0x80:
            arcs.append(arc)
            arc = 0
    if not arcs or len(oid) > _MAX_OID_BYTES:
        return oid[:_MAX_OID_BYTES].hex()
    first = min(arcs[0] // 40, 2)
    return ".".join(map(str, (first, arcs[0] - 40 * first, *arcs[1:])))


def moment(der: bytes, item: Item) -> str | None:
    """Return a time as RFC 3339 has it; None where it is none (RFC 5280 §4.1.2.5)."""
    form = _TIMES.get(item.tag)
    if form is None:
        return None
    try:
        time = datetime.strptime(der[item.start : item.end].decode("ascii"), form).replace(tzinfo=UTC)
    except ValueError:
        return None
    if item.tag == UTC_TIME and time.year >= 2050:
        time = time.replace(year=time.year - 100)
    return f"{time:%Y-%m-%dT%H:%M:%SZ}".rjust(20, "0")


def outline(der: bytes) -> str:
    """Return in a line whether these octets are one DER value, and how it fits them."""
    if len(der) < 2:
        return f"no DER: {len(der)} octets"
    item = item_at(der, 0, len(der))
    if item is None:
        return f"no DER: tag {der[0]:#04x}, a length that {len(der)} octets do not hold"
    left = len(der) - item.end
    return f"DER tag {item.tag:#04x}, {item.end} octets" + (f" and {left} after it" if left else "")

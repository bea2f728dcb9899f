"""X.500 names in DER as people write them: CN=gateway, O=Example, C=DE (RFC 5280 §4.1.2.4, RFC 4514).

Reads just enough DER for a name. What is not one gives None, and the caller shows the octets.
"""

from collections.abc import Iterator
from typing import Final

from msgspec import Struct

MAX_PARTS: Final = 32

_SEQUENCE: Final = 0x30
_SET: Final = 0x31
_OID: Final = 0x06
_ENCODINGS: Final[dict[int, str]] = {0x14: "latin-1", 0x1E: "utf-16-be"}
"""Teletex and BMP strings; the other string types are ASCII or UTF-8."""
_KINDS: Final[dict[str, str]] = {
    # RFC 4514 §3, RFC 2985 §5.2.1
    "550403": "CN",
    "550405": "serialNumber",
    "550406": "C",
    "550407": "L",
    "550408": "ST",
    "550409": "street",
    "55040a": "O",
    "55040b": "OU",
    "0992268993f22c640101": "UID",
    "0992268993f22c640119": "DC",
    "2a864886f70d010901": "emailAddress",
}


class _Item(Struct, frozen=True):
    """One DER value: its tag and where its content lies."""

    tag: int
    start: int
    end: int


def distinguished_name(der: bytes) -> str | None:
    """Return a DER name as text, not yet made harmless; None when these octets are no name."""
    outer = list(_items(der, 0, len(der)))
    if len(outer) != 1 or outer[0].tag != _SEQUENCE or outer[0].end != len(der):
        return None
    parts: list[str] = []
    for group in _items(der, outer[0].start, outer[0].end):
        for pair in _items(der, group.start, group.end) if group.tag == _SET else ():
            part = _part(der, pair)
            if part is None or len(parts) >= MAX_PARTS:
                return None
            parts.append(part)
    return ", ".join(parts) or None


def _part(der: bytes, pair: _Item) -> str | None:
    """Return one attribute and its value, commas and backslashes in the value escaped."""
    fields = list(_items(der, pair.start, pair.end))
    if pair.tag != _SEQUENCE or len(fields) != 2 or fields[0].tag != _OID:
        return None
    kind, value = fields
    oid = der[kind.start : kind.end].hex()
    text = der[value.start : value.end].decode(_ENCODINGS.get(value.tag, "utf-8"), "replace")
    text = text.replace("\\", "\\\\").replace(",", "\\,")
    return f"{_KINDS.get(oid, f'oid:{oid}')}={text}"


def _items(der: bytes, start: int, end: int) -> Iterator[_Item]:
    """Return the DER values between two offsets, up to the first that does not fit."""
    pos = start
    while pos + 2 <= end:
        tag, size, body = der[pos], der[pos + 1], pos + 2
        if size & 0x80:
            octets = size & 0x7F
            body += octets
            if not 1 <= octets <= 3 or body > end:
                return
            size = int.from_bytes(der[body - octets : body])
        if body + size > end:
            return
        yield _Item(tag, body, body + size)
        pos = body + size

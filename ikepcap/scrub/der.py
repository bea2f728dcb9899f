"""DER (X.690) of the same shape that names nobody: names and certificates in the clear.

Structure, lengths and well-known object identifiers stay; every value is replaced. What does not parse is
replaced as a whole.
"""

from typing import Final

from ikepcap.scrub.names import Names

_CONSTRUCTED: Final = 0x20
_BOOLEAN, _INTEGER, _BIT_STRING, _NULL, _OID = 1, 2, 3, 5, 6
_FIXED: Final = {_BOOLEAN: 1, _NULL: 0}
"""Octets of values that name nobody."""
_TEXTS: Final = frozenset({0x0C, 0x12, 0x13, 0x14, 0x16, 0x1A, 0x82, 0x86})
"""UTF-8, numeric, printable, teletex, IA5 and visible strings; and as names in a certificate, DNS and URI."""
_BMP: Final = 0x1E
_TIMES: Final = {0x17: b"010101000000Z", 0x18: b"20010101000000Z"}
_PUBLIC_OIDS: Final = tuple(
    bytes.fromhex(prefix)
    for prefix in (
        "5504",
        "551d",  # X.500 attributes, certificate extensions
        "2a864886f70d01",
        "2a8648ce3d",
        "2a8648ce38",  # RSA, ECDSA, DSA
        "2b060105050703",
        "2b8104",
        "608648016503",  # PKIX, SEC curves, NIST
        "0992268993f22c6401",  # RFC 4519
    )
)
"""What all certificates have; others may be numbers of a company's own."""
_MAX_OID: Final = 16
_MAX_DEPTH: Final = 24


def masked(data: bytes, names: Names) -> bytes:
    """Return DER of the same length and shape; random octets where it is none."""
    found = _masked(data, names, 0)
    return names.octets("der", data) if found is None else found


def _masked(data: bytes, names: Names, depth: int) -> bytes | None:
    """Return the values in `data` one after the other, replaced; None if they are no DER to the end."""
    found = bytearray()
    pos = 0
    while pos < len(data):
        body = _body(data, pos)
        if body is None or depth > _MAX_DEPTH:
            return None
        start, end = body
        value = _value(data[pos], data[start:end], names, depth)
        if value is None:
            return None
        found += data[pos:start] + value
        pos = end
    return bytes(found)


def _body(data: bytes, pos: int) -> tuple[int, int] | None:
    """Return where the value that begins at `pos` has its content."""
    if pos + 2 > len(data) or data[pos] & 0x1F == 0x1F:
        return None
    size, start = data[pos + 1], pos + 2
    if size & 0x80:
        octets = size & 0x7F
        start += octets
        if not 1 <= octets <= 3 or start > len(data):
            return None
        size = int.from_bytes(data[start - octets : start])
    return (start, start + size) if start + size <= len(data) else None


def _value(tag: int, content: bytes, names: Names, depth: int) -> bytes | None:
    """Return the content of one value, replaced."""
    if tag & _CONSTRUCTED:
        return _masked(content, names, depth + 1)
    if len(content) == _FIXED.get(tag, -1):
        return content
    if tag == _OID and len(content) <= _MAX_OID and content.startswith(_PUBLIC_OIDS):
        return content
    if tag in _TEXTS:
        return names.text(content)
    if tag == _BMP and len(content) % 2 == 0:
        return b"".join(bytes((0, letter)) for letter in names.text(content)[::2])
    if tag in _TIMES and len(content) == len(_TIMES[tag]):
        return _TIMES[tag]
    octets = names.octets("der", content)
    if tag == _INTEGER and octets:
        return bytes((octets[0] & 0x7F | 1, *octets[1:]))  # positive, and no zero that DER forbids
    if tag == _BIT_STRING and octets:
        return b"\0" + octets[1:]
    return octets

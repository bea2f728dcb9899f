"""A vendor ID taken apart: the octets after the known ones, field by field where fields are known."""

from typing import Final

from ikepcap.wire.part import Part
from ikepcap.wire.vendor import row_of, suffix_text, table

_NAMES: Final[dict[str | None, str]] = {
    None: "rest",
    "fragmentation": "capabilities",
    "keying-module": "keying module",
    "authip-group": "group",
    "text": "text",
}
_CHECK_POINT: Final = ("product", "version", "timestamp", "reserved", "features")
"""Integers of four octets, as wireshark's dissector takes them apart; what follows them is not known."""
_IN_HEX: Final = frozenset({"reserved", "features"})


def vendor_parts(body: bytes, at: int) -> tuple[Part, ...]:
    """Return the fields after the known octets of a vendor ID; nothing where all of it is known, or none.

    Args:
        body: the payload without its generic header.
        at: offset of the body in the message.
    """
    found = row_of(body)
    if found is None:
        return ()
    _, entry = found
    start = len(entry.octets)
    rest = body[start:]
    if not rest:
        return ()
    if entry.suffix == "check-point":
        return _check_point(rest, at + start)
    name = _NAMES.get(entry.suffix, "version")
    return (Part(name, at + start, len(rest), suffix_text(entry, body) or rest),)


def _check_point(rest: bytes, at: int) -> tuple[Part, ...]:
    found: list[Part] = []
    for index, name in enumerate(_CHECK_POINT):
        octets = rest[4 * index : 4 * index + 4]
        if len(octets) == 4:
            found.append(Part(name, at + 4 * index, 4, _check_point_value(name, octets)))
    pos = 4 * len(found)
    return (*found, Part("rest", at + pos, len(rest) - pos, rest[pos:])) if rest[pos:] else tuple(found)


def _check_point_value(name: str, octets: bytes) -> str:
    number = int.from_bytes(octets)
    known = table().suffix.get(f"check-point-{name}", {}).get(octets.hex())
    if known is not None:
        return f"{known} ({number})"
    return f"{number:#010x}" if name in _IN_HEX else str(number)

"""Numbers and attributes with their names, as the field tree shows them.

Nothing here is cut or made harmless: `tree` does both where it prints.
"""

from enum import IntEnum
from typing import Final

from ikepcap.renderers.tree import Field
from ikepcap.wire.numbers import (
    word,
)
from ikepcap.wire.part import Part
from ikepcap.wire.walk import Attribute

HIDDEN: Final = "(hidden)"
EMPTY: Final = "(empty)"

_MAX_NUMBER_BYTES: Final = 8
_SHOWN_TLV_BYTES: Final = 8
_IP_PROTOCOLS: Final[dict[int, str]] = {
    # IANA's numbers; 0 is any (RFC 2407 §4.6.2).
    0: "any",
    1: "ICMP",
    4: "IPv4",
    6: "TCP",
    17: "UDP",
    41: "IPv6",
    47: "GRE",
    50: "ESP",
    51: "AH",
    58: "ICMPv6",
    89: "OSPF",
    115: "L2TP",
    132: "SCTP",
}
_PORTS: Final[dict[int, str]] = {0: "any"}


_CAPITALS: Final[dict[str, str]] = {
    "doi": "DOI",
    "spi": "SPI",
    "spis": "SPIs",
    "id": "ID",
    "kind": "type",
}


def label(name: str) -> str:
    """Return a declared field's name as people write it."""
    return " ".join(_CAPITALS.get(part, part) for part in name.split("_"))


def numbered(name: str, number: int) -> str:
    """Return a number with its name in front; alone where the name is just its digits."""
    return name if name == str(number) else f"{name} ({number})"


def named(names: type[IntEnum] | None, number: int) -> str:
    """Return a number with its name from a registry in front, where it has one."""
    return numbered(word(names, number), number) if names else str(number)


def ip_protocol(number: int) -> str:
    """Return an IP protocol number with its name."""
    return numbered(_IP_PROTOCOLS.get(number, str(number)), number)


def port(number: int) -> str:
    """Return a port; 0 is any."""
    return numbered(_PORTS.get(number, str(number)), number)


def flags(names: type[IntEnum], bits: int, digits: int = 2) -> str:
    """Return bits in hex with the names of those that are set."""
    found = [word(names, flag) for flag in names if bits & flag]
    return " ".join((f"{bits:#0{digits + 2}x}", ", ".join(found))).rstrip()


def attribute_value(attribute: Attribute, values: type[IntEnum] | None) -> str | bytes:
    """Return a transform attribute's value; those written as TLV show their octets, TV is the usual form."""
    if not attribute.value or len(attribute.value.lstrip(b"\0")) > _MAX_NUMBER_BYTES:
        return attribute.value
    shown = named(values, attribute.number)
    if not attribute.is_tlv:
        return shown
    octets = attribute.value.hex() if len(attribute.value) <= _SHOWN_TLV_BYTES else ""
    return f"{shown}, TLV {octets}".rstrip()


def part_field(part: Part, *, show_secrets: bool = False) -> Field:
    """Return a decoded piece as a field of the tree, its secrets left out unless asked for."""
    children = tuple(part_field(inner, show_secrets=show_secrets) for inner in part.parts)
    if part.is_secret and not show_secrets:
        value = HIDDEN if part.value else EMPTY
        return Field(part.name, part.start, part.size, value, is_hidden=True)
    return Field(part.name, part.start, part.size, part.value or EMPTY, children)

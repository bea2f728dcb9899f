"""Data attributes as packets (RFC 2408 §3.3): one class for each registry of attribute types.

    Phase1Attribute(type="ENCRYPTION", value="AES-CBC")      two octets in place: TV
    Phase1Attribute(type="LIFE_DURATION", value=86400)       more than two octets: TLV, four of them
    Phase1Attribute(type="LIFE_DURATION", value=bytes(8))    the octets as given: TLV

Form and width are kept: a number set in an attribute that exists takes as many octets as were there.
"""

import functools
from enum import IntEnum
from typing import Any, Final

from scapy.config import conf

from ikepcap.wire.attribute_values import VALUES
from ikepcap.wire.layers.fields import Number, Octets, WhenSet, is_open, octet_text, settled
from ikepcap.wire.layers.node import Node, new_class, new_packet, unlisted
from ikepcap.wire.numbers import Phase1Attribute, Phase2Attribute, Protocol
from ikepcap.wire.walk import Attribute, walk_attributes

_SHORT_BYTES: Final = 2
_LONG_BYTES: Final = 4
_NUMBER_BYTES: Final = 8
"""A longer value is shown as octets."""


class _Value(Octets):
    """The octets of an attribute's value; takes numbers and words as well."""

    __slots__ = []

    def any2i(self, pkt: Any, x: Any) -> Any:
        names = pkt.value_names() if pkt is not None else None
        if isinstance(x, str) and names is not None:
            x = Number(self.name, 0, 4, names).any2i(pkt, x)
        value = _packed(pkt, x) if isinstance(x, int) else super().any2i(pkt, x)
        if pkt is not None and pkt.getfieldval("is_tlv") is None and isinstance(value, bytes):
            # A number of two octets stands in place of the length; octets have a length however few they are.
            pkt.fields["is_tlv"] = int(not (isinstance(x, int) and len(value) == _SHORT_BYTES))
        return value

    def i2repr(self, pkt: Any, x: Any) -> str:
        if not isinstance(x, bytes):
            return repr(x)
        if len(x) > _NUMBER_BYTES:
            return octet_text(x)
        names = pkt.value_names()
        if names is not None:
            return Number(self.name, 0, 4, names).i2repr(pkt, int.from_bytes(x))
        is_number = len(x) == _SHORT_BYTES or (pkt.is_of_transform and len(x) > 0)
        return str(int.from_bytes(x)) if is_number else octet_text(x)


def _packed(pkt: Any, number: int) -> bytes:
    """Return a number in as many octets as there were, or as its form wants.

    Raises:
        OverflowError: it does not fit; an attribute of two octets has no room for more.
    """
    before = pkt.fields.get("value") if pkt is not None else None
    if isinstance(before, bytes) and before:
        size = len(before)
    elif pkt is not None and pkt.getfieldval("is_tlv"):
        size = _LONG_BYTES
    else:
        size = _SHORT_BYTES if number < 1 << 16 else _LONG_BYTES
    try:
        return number.to_bytes(size)
    except OverflowError:
        message = f"value: {number} does not fit in the {size} octets of this attribute: give octets"
        raise OverflowError(message) from None


@unlisted
class DataAttribute(Node):
    """One data attribute whose registry is not known."""

    name = "DataAttribute"
    names: type[IntEnum] | None = None
    is_of_transform = False
    fields_desc = [  # noqa: RUF012 - Scapy's way
        Number("type", 0, 2),
        Number("is_tlv", None, 1),
        WhenSet(Number("length", None, 2), lambda pkt: pkt.has_length()),
        _Value("value"),
    ]

    @classmethod
    def dispatch_hook(cls, _pkt: bytes | None = None, *_args: Any, **_kwargs: Any) -> Any:
        """Read what is an attribute; the rest is raw."""
        return cls if not _pkt or walk_attributes(_pkt, 0, len(_pkt))[0] else conf.raw_layer

    @property
    def number(self) -> int:
        """The value as an unsigned integer in network order; setting it keeps the width."""
        return int.from_bytes(self.getfieldval("value"))

    @number.setter
    def number(self, number: int) -> None:
        self.setfieldval("value", number)

    def value_names(self) -> type[IntEnum] | None:
        """Return the registry that values of this type are from."""
        return VALUES.get(self.names, {}).get(self.getfieldval("type")) if self.names else None

    def has_length(self) -> bool:
        """Tell the form: True is type, length, value; else the value stands in place of the length."""
        form = self.getfieldval("is_tlv")
        return form is None or bool(form)

    def self_build(self) -> bytes:
        """Return the octets in the form that the attribute has."""
        kind, value = int(self.getfieldval("type")), bytes(self.getfieldval("value"))
        if not self.has_length():
            return (0x8000 | kind).to_bytes(2) + value
        length = self.getfieldval("length")
        return kind.to_bytes(2) + (len(value) if is_open(length) else int(length)).to_bytes(2) + value

    def do_dissect(self, s: bytes) -> bytes:
        """Read the first attribute that is there."""
        first = walk_attributes(s, 0, len(s))[0][0]
        self.read(s, first)
        return s[_end(first) :]

    def extract_padding(self, s: bytes) -> tuple[bytes, bytes]:
        """Leave what follows to whoever holds the list."""
        return b"", s

    def read(self, data: bytes, found: Attribute) -> None:
        """Take what the walker found."""
        self.fields.update(type=found.type, is_tlv=int(found.is_tlv), value=found.value)
        if found.is_tlv:
            claimed = int.from_bytes(data[found.start + 2 : found.start + 4])
            self.fields["length"] = settled(claimed, len(found.value))
        self.explicit = 1


@functools.cache
def attribute_class(names: type[IntEnum] | None) -> type[Any]:
    """Return the class of attributes whose types are from a registry, named like the registry."""
    if names is None:
        return DataAttribute
    content = {
        "name": names.__name__,
        "__doc__": f"One data attribute; types: {(names.__doc__ or names.__name__).splitlines()[0]}",
        "__module__": "ikepcap.wire.layers",
        "names": names,
        "is_of_transform": names in (Phase1Attribute, Phase2Attribute),
        "dispatch_hook": DataAttribute.__dict__["dispatch_hook"],
        "fields_desc": [Number("type", 0, 2, names), *DataAttribute.fields_desc[1:]],
    }
    return new_class(names.__name__, DataAttribute, content)


_OF_PROTOCOL: Final[dict[int, type[IntEnum]]] = {
    Protocol.ISAKMP: Phase1Attribute,
    Protocol.AH: Phase2Attribute,
    Protocol.ESP: Phase2Attribute,
    Protocol.IPCOMP: Phase2Attribute,
}
"""The registry of the attributes in a transform, by the protocol of its proposal."""


def read_attributes(
    data: bytes, start: int, end: int, names: type[IntEnum] | None, owner: Any
) -> tuple[list[Any], int]:
    """Read the attributes between `start` and `end`.

    Args:
        data: the message.
        start: offset of the first one.
        end: that of what follows the last one.
        names: the registry of their types, None where the owner's own owner tells: it is a proposal then.
        owner: the payload that they are in.

    Returns:
        The attributes, and where what is no attribute begins.
    """
    if names is None:
        protocol = owner.parent.fields.get("protocol") if owner.parent is not None else None
        names = _OF_PROTOCOL.get(protocol) if isinstance(protocol, int) else None
    cls = attribute_class(names)
    made = []
    pos = start
    for found in walk_attributes(data, start, end)[0]:
        one = new_packet(cls, owner)
        one.read(data, found)
        made.append(one)
        pos = _end(found)
    return made, pos


def _end(found: Attribute) -> int:
    return found.start + 4 + (len(found.value) if found.is_tlv else 0)

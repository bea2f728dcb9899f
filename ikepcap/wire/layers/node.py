"""What all our packets have in common: they are built from their fields, and own what is in their lists.

Scapy keeps the octets a packet was read from and returns them until it notices a change, which it does not
two lists down. Here nothing is kept: every build is from the fields, so an edit anywhere is in the octets.
"""

import re
from enum import IntEnum
from typing import Any, Final, TypeVar

from scapy.config import conf
from scapy.packet import Packet, RawVal

from ikepcap.wire.layers.fields import is_open
from ikepcap.wire.numbers import Payload

C = TypeVar("C")
_DIRECTIVE: Final = re.compile(r"%(?P<form>[^%.,]*,)?(?P<layer>\w+)(:(?P<place>\d+))?\.(?P<field>\w+)%")
"""One field in a format of Scapy's `sprintf`."""


def unlisted(cls: C) -> C:
    """Take a class out of Scapy's list of layers, where every new one is put: importing changes no global."""
    conf.layers.remove(cls)
    known = conf.layers.ldict[cls.__module__]
    known.remove(cls)
    if not known:
        del conf.layers.ldict[cls.__module__]
    return cls


def new_class(name: str, base: type[Any], content: dict[str, Any]) -> type[Any]:
    """Make a packet class, unlisted as well."""
    made: type[Any] = unlisted(type(base)(name, (base,), content))  # type: ignore[misc]
    return made


def new_packet(cls: type[Any], owner: Any) -> Any:
    """Return an empty packet of a class, to be read into: `cls(_internal=1, _parent=owner)`, not asked twice.

    Scapy's way of calling a class asks it which class it should be, which here is known; it takes a fifth of
    the time that a packet takes.
    """
    one: Any = object.__new__(cls)
    one.__init__(_internal=1, _parent=owner)
    return one


class Seat:
    """Where a packet stands in a list of its owner, with the one thing Scapy does to an underlayer.

    `del pkt[X]` and `pkt[X] = y` mean `del pkt[X].underlayer.payload` and so on.
    """

    def __init__(self, packet: Any) -> None:
        self._packet = packet

    @property
    def underlayer(self) -> Any:
        """The owner."""
        return self._packet.parent

    @property
    def payload(self) -> Any:
        """The packet itself."""
        return self._packet

    @payload.setter
    def payload(self, other: Any) -> None:
        self._replace([other])

    @payload.deleter
    def payload(self) -> None:
        self._replace([])

    def _replace(self, others: list[Any]) -> None:
        owner = self._packet.parent
        for field, found in owner.chains():
            for place, one in enumerate(found):
                if one is self._packet:
                    found[place : place + 1] = others
                    owner.setfieldval(field.name, found)
                    return


@unlisted
class Node(Packet):
    """A packet whose octets are its fields, one after the other, and nothing remembered."""

    match_subclass = True
    show_indent = 0

    @property
    def underlayer(self) -> Any:
        """The layer below, or the place in the list that this packet stands in."""
        below = Packet.underlayer.__get__(self)
        return Seat(self) if below is None and self.parent is not None else below

    @underlayer.setter
    def underlayer(self, below: Any) -> None:
        Packet.underlayer.__set__(self, None if isinstance(below, Seat) else below)

    def chains(self) -> list[tuple[Any, list[Any]]]:
        """Return the fields that hold packets, each with what it holds."""
        return [(field, list(self.getfieldval(field.name) or ())) for field in self.packetfields]

    def own(self) -> None:
        """Tell the packets in all lists whose they are: a list changes without telling."""
        for _, found in self.chains():
            for one in found:
                if isinstance(one, Packet):
                    one.parent = self

    def computed(self, octets: dict[str, bytes]) -> dict[str, int]:
        """Return the numbers that follow from the rest.

        Args:
            octets: of each field that is not a number.
        """
        raise NotImplementedError

    def self_build(self) -> bytes:
        """Return the octets of the fields, numbers computed where they are open."""
        self.own()
        octets: dict[str, bytes] = {}
        for field in self.fields_desc:
            value = self.getfieldval(field.name)
            if not is_open(value):
                is_raw = isinstance(value, RawVal)
                octets[field.name] = bytes(value) if is_raw else field.addfield(self, b"", value)
        found = self.computed(octets)
        return b"".join(
            octets[field.name] if field.name in octets else field.addfield(self, b"", found[field.name])
            for field in self.fields_desc
        )

    def copy(self) -> Any:
        """Return a copy whose lists are its own."""
        clone = super().copy()
        clone.own()
        return clone

    def getlayer(self, *args: Any, **kwargs: Any) -> Any:
        """Find a layer, in lists as well; what is found knows where it stands."""
        self.own()
        return super().getlayer(*args, **kwargs)

    def sprintf(self, fmt: str, relax: int = 1) -> str:
        """Fill in a format; its fields may be those of layers in lists: `%VendorId.data%`."""

        def filled(found: re.Match[str]) -> str:
            layer = self.getlayer(found["layer"], int(found["place"] or 1))
            if layer is None or layer is self:
                return found[0]
            text: str = Packet.sprintf(
                layer, f"%{found['form'] or ''}{type(layer).__name__}.{found['field']}%"
            )
            return text.replace("%", "%%")

        result: str = super().sprintf(_DIRECTIVE.sub(filled, fmt), relax)
        return result

    def _show_or_dump(self, *args: Any, **kwargs: Any) -> Any:
        self.own()
        return super()._show_or_dump(*args, **kwargs)

    def size(self, octets: dict[str, bytes]) -> int:
        """Return how long the fields are, those that are not yet numbers among them."""
        still: int = sum(field.sz for field in self.fields_desc if field.name not in octets)
        return still + sum(map(len, octets.values()))

    def payload_registry(self, kind: int) -> type[IntEnum]:
        """Return the registry that a payload type is from: the message decides that they are in, if any."""
        owner = self.parent
        return owner.payload_registry(kind) if isinstance(owner, Node) else Payload

    def accept(self, part: Any) -> bool:
        """Put a payload into the list that it belongs in, here or in what was last put here."""
        for field, found in self.chains():
            if found and isinstance(found[-1], Node) and found[-1].accept(part):
                return True
            if getattr(field, "kind", None) == part.getfieldval("payload_type"):
                self.setfieldval(field.name, [*found, part])
                return True
        return False

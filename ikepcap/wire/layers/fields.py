"""Scapy fields that show the words of our registries and keep what was on the wire.

A number that follows from the rest of a message (a length, a count, the next payload) is `Computed` when it
was read and is what it should be, None when nobody has set it; building computes both. Any other number
stands as it is: one set by hand, and one that was wrong on the wire.
"""

import contextlib
from enum import IntEnum
from typing import Any, Final

from scapy.compat import bytes_encode
from scapy.fields import ConditionalField, Field
from scapy.packet import Packet, RawVal

from ikepcap.wire.build import announced
from ikepcap.wire.numbers import Payload, word

_FORMATS: Final = {0: "0s", 1: "B", 2: "H", 4: "I"}
_SHOWN_OCTETS: Final = 64
NUMBER_AT: Final = 4
"""Where proposals and transforms have their number (RFC 2408 §3.5, §3.6)."""


class Computed(int):
    """A number that was read and agrees with its message: building computes it anew."""


class Number(Field):
    """An unsigned integer, with the words of a registry where it is from one."""

    __slots__ = ["base", "names"]

    def __init__(
        self,
        name: str,
        default: int | None,
        size: int,
        names: type[IntEnum] | None = None,
        base: int = 10,
    ) -> None:
        """Take a name, what it is unless set (None: computed), octets, registry, and 10 or 16 for people."""
        self.names = names
        self.base = base
        super().__init__(name, None if default is None else int(default), _FORMATS[size])

    def registry(self, pkt: Any, x: int | None) -> type[IntEnum] | None:  # noqa: ARG002 - some depend on these
        """Return the registry that a value is from, or one that is yet to be named (None)."""
        return self.names

    def any2i(self, pkt: Any, x: Any) -> Any:
        """Take numbers, and words as they are shown."""
        return _number(self.name, x, self.registry(pkt, None)) if isinstance(x, str) else x

    def i2repr(self, pkt: Any, x: Any) -> str:
        """Return the word, or the digits."""
        if not isinstance(x, int):
            return octet_text(bytes(x)) if isinstance(x, RawVal) else repr(x)
        names = self.registry(pkt, x)
        if names is not None:
            return word(names, x)
        return f"{x:#0{2 + 2 * self.sz}x}" if self.base == 16 else str(int(x))


class Aside(Number):
    """A number that belongs to a packet and is not among its octets."""

    __slots__ = []

    def __init__(self, name: str, default: int | None, names: type[IntEnum] | None = None) -> None:
        """Take a name, what it is unless set, and its registry."""
        super().__init__(name, default, 0, names)

    def addfield(self, pkt: Any, s: bytes, val: Any) -> bytes:  # noqa: ARG002 - Scapy's signature
        """Add nothing."""
        return s


class PayloadType(Aside):
    """The number of a payload's type, which only what announces the payload carries."""

    __slots__ = []

    def __init__(self, default: int) -> None:
        super().__init__("payload_type", default, Payload)

    def registry(self, pkt: Any, x: int | None) -> type[IntEnum] | None:
        """Return the registry of the exchange that the payload is in."""
        return _payload_registry(pkt, x)


class NextPayload(Number):
    """The type of the payload that follows: computed unless it is set."""

    __slots__ = []

    def __init__(self) -> None:
        super().__init__("next_payload", None, 1, Payload)

    def registry(self, pkt: Any, x: int | None) -> type[IntEnum] | None:
        """Return the registry of the exchange that the payload is in."""
        return _payload_registry(pkt, x)


def _payload_registry(pkt: Any, x: int | None) -> type[IntEnum]:
    registry: type[IntEnum] = Payload if pkt is None or x is None else pkt.payload_registry(x)
    return registry


class Octets(Field):
    """Octets as they are, shown as text where they are text."""

    __slots__ = ["always_hex", "size"]

    def __init__(
        self, name: str, default: Any = b"", *, always_hex: bool = False, size: int | None = None
    ) -> None:
        """Take a name, what it is unless set, how it is shown, and how many octets where that is fixed."""
        self.always_hex = always_hex
        self.size = size
        super().__init__(name, default, "H")

    def any2i(self, pkt: Any, x: Any) -> Any:  # noqa: ARG002 - Scapy's signature
        """Take octets, and text as UTF-8."""
        if isinstance(x, str):
            return x.encode()
        return bytes(x) if isinstance(x, bytearray | memoryview) else x

    def addfield(self, pkt: Any, s: bytes, val: Any) -> bytes:  # noqa: ARG002 - Scapy's signature
        """Add them; where their number is fixed they are cut or filled up, as Scapy does."""
        octets: bytes = b"" if val is None else bytes_encode(val)
        return s + (octets if self.size is None else octets[: self.size].ljust(self.size, b"\0"))

    def i2len(self, pkt: Any, x: Any) -> int:  # noqa: ARG002 - Scapy's signature
        """Return how many they are."""
        return len(x)

    def i2repr(self, pkt: Any, x: Any) -> str:  # noqa: ARG002 - Scapy's signature
        """Return them as text or in hex, cut short."""
        return octet_text(x, always_hex=self.always_hex) if isinstance(x, bytes) else repr(x)

    def randval(self) -> Any:
        """Return random octets for `fuzz()`."""
        from scapy.volatile import RandBin, RandNum

        return RandBin(self.size or RandNum(0, 64))


class OctetsList(Octets):
    """Octets of one size after one another, like the SPIs of a Delete payload."""

    __slots__ = ["size_field"]
    islist = 1

    def __init__(self, name: str, size_field: str) -> None:
        self.size_field = size_field
        super().__init__(name, [])

    def any2i(self, pkt: Any, x: Any) -> Any:
        """Take a list, or all of them joined."""
        if isinstance(x, bytes):
            return chunks(x, int((pkt and pkt.getfieldval(self.size_field)) or 0))
        return x

    def addfield(self, pkt: Any, s: bytes, val: Any) -> bytes:  # noqa: ARG002 - Scapy's signature
        """Add them all."""
        return s + b"".join(val)

    def i2count(self, pkt: Any, x: Any) -> int:  # noqa: ARG002 - Scapy's signature
        """Return how many there are."""
        return len(x)

    def i2repr(self, pkt: Any, x: Any) -> str:  # noqa: ARG002 - Scapy's signature
        """Return the first of them in hex."""
        if not isinstance(x, list):
            return repr(x)
        shown = ", ".join(octet_text(one, always_hex=True) for one in x[:8])
        return f"[{shown}{', ...' if len(x) > 8 else ''}]"

    def randval(self) -> Any:
        """Leave it empty under `fuzz()`."""
        return []


class Packets(Field):
    """A list of packets. Reading them is the work of the packet that holds them, not of the field."""

    __slots__ = []
    islist = 1
    holds_packets = 1

    def __init__(self, name: str) -> None:
        super().__init__(name, [], "H")

    def any2i(self, pkt: Any, x: Any) -> Any:
        """Take a list of packets, or one."""
        listed = [] if x is None else list(x) if isinstance(x, list | tuple) else [x]
        for one in listed:
            if pkt is not None and isinstance(one, Packet):
                one.add_parent(pkt)
        return listed

    def addfield(self, pkt: Any, s: bytes, val: Any) -> bytes:  # noqa: ARG002 - Scapy's signature
        """Add the octets of all."""
        return s + b"".join(map(bytes, val))

    def i2count(self, pkt: Any, x: Any) -> int:  # noqa: ARG002 - Scapy's signature
        """Return how many there are."""
        return len(x)

    def randval(self) -> Any:
        """Leave it empty under `fuzz()`."""
        return []


class Payloads(Packets):
    """A chain: each payload announces the type of the next one, and some count up, unless that was set."""

    __slots__ = ["kind"]

    def __init__(self, name: str, kind: int | None = None) -> None:
        """Take a name, and the one type that belongs there where only one does."""
        self.kind = kind
        super().__init__(name)

    def addfield(self, pkt: Any, s: bytes, val: Any) -> bytes:  # noqa: ARG002 - Scapy's signature
        """Add the chain."""
        types = announced([type_of(one) for one in val])
        linked = zip(val, types, range(1, len(types) + 1), strict=True)
        return s + b"".join(_linked(one, after, place) for one, after, place in linked)


def _linked(one: Any, after: int, place: int) -> bytes:
    """Return the octets of a payload at this place of its chain, from 1, before one of type `after`."""
    octets = bytes(one)
    if "next_payload" in one.default_fields and is_open(one.getfieldval("next_payload")):
        octets = bytes((after,)) + octets[1:]
    if getattr(one, "is_numbered", False) and one.getfieldval("number") is None:
        octets = octets[:NUMBER_AT] + bytes((place & 0xFF,)) + octets[NUMBER_AT + 1 :]
    return octets


class WhenSet(ConditionalField):
    """A field that is shown only when it says something; it is always there, and always built."""

    def i2h(self, pkt: Any, val: Any) -> Any:
        """Return the value, shown or not."""
        return self.fld.i2h(pkt, val)

    def addfield(self, pkt: Any, s: bytes, val: Any) -> bytes:
        """Add it, shown or not."""
        result: bytes = self.fld.addfield(pkt, s, val)
        return result


def when_set(field: Field) -> WhenSet:
    """Return a field that is shown only when its value is not the usual one."""
    return WhenSet(field, lambda pkt: pkt.getfieldval(field.name) != field.default)


def is_open(value: object) -> bool:
    """Tell whether building computes the number."""
    return value is None or isinstance(value, Computed)


def settled(number: int, computed: int) -> int:
    """Return a number as read: one that building computes anew if it agrees."""
    return Computed(number) if number == computed else number


def type_of(packet: Any) -> int:
    """Return the payload type of what stands in a chain; 0 for what is no payload."""
    return int(packet.fields.get("payload_type", packet.default_fields.get("payload_type", 0)))


def chunks(octets: bytes, size: int) -> list[bytes]:
    """Cut octets into pieces of one size, the last of which may be shorter."""
    if not octets:
        return []
    return [octets[at : at + size] for at in range(0, len(octets), size)] if size else [octets]


def octet_text(octets: bytes, *, always_hex: bool = False) -> str:
    """Return octets as text in quotes if they are, else in hex; long ones are cut."""
    shown = octets[:_SHOWN_OCTETS]
    cut = f"... ({len(octets)} octets)" if len(octets) > _SHOWN_OCTETS else ""
    if not always_hex and octets and all(0x20 <= octet < 0x7F for octet in shown):
        return repr(shown) + cut
    return (shown.hex() or "''") + cut


def _number(name: str, text: str, names: type[IntEnum] | None) -> int:
    """Return the number of a word.

    Raises:
        ValueError: the registry does not know it.
    """
    if text[:1].isdecimal() and text.isascii() and text.isalnum():
        with contextlib.suppress(ValueError):
            return int(text, 0)
    known_words = {word(names, member): int(member) for member in names} if names is not None else {}
    number = known_words.get(text.upper().replace("_", "-"))
    if number is not None:
        return number
    known = f"a word of {names.__name__} or a number" if names is not None else "a number"
    message = f"{name}: {text!r} is not {known}"
    raise ValueError(message)

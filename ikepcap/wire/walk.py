"""The one walker: next-payload chains and attribute lists (RFC 2408 §3.2, §3.3).

ISAKMP uses one generic payload header for payloads, proposals and transforms, so `walk_chain` serves all
three levels; `walk_attributes` serves transforms and mode-config. These two functions are all the control
flow that parsing needs, and nothing else in the project follows a chain.

Nothing here raises on bytes. What is wrong is a `Defect` with its offset, and what could be understood
before it is returned all the same.
"""

from enum import StrEnum
from typing import Final

from msgspec import Struct

GENERIC_HEADER_BYTES: Final = 4


class Fault(StrEnum):
    """Kinds of defect, in the words a reader sees."""

    HEADER_CUT = "header-cut"
    """Fewer octets are left than a payload or attribute header needs."""
    LENGTH_TOO_SMALL = "length-too-small"
    """A payload claims to be shorter than its own header: the chain cannot be followed past it."""
    LENGTH_TOO_LARGE = "length-too-large"
    """A payload or attribute claims more octets than its container has; it is read as far as it goes."""
    RESERVED_NOT_ZERO = "reserved-not-zero"
    TRAILING_BYTES = "trailing-bytes"
    """Octets follow the last payload."""
    PADDING = "padding"
    """Up to three zero octets follow the last payload: pluto pads clear messages to four; it does no harm."""
    CHAIN_CUT = "chain-cut"
    """A next payload is announced and the container ends."""
    MESSAGE_LENGTH = "message-length"
    """The length in the ISAKMP header is not the length of the datagram."""
    TRUNCATED = "truncated"
    """The capture holds less than was on the wire (snaplen): no fault of the sender."""
    UNREADABLE = "unreadable"
    """Octets that a key could not decrypt, since what their IV depends on was not captured."""
    FLAGS = "unknown-flags"
    """Bits are set that RFC 2408 §3.1 does not define."""
    BODY = "bad-body"
    """A payload's own lengths or counts do not fit its size."""
    TOO_MANY = "too-many"
    """More payloads than any implementation sends; the rest was not walked."""


class Defect(Struct, frozen=True, gc=False):
    """Something wrong with bytes; data, never an exception."""

    fault: Fault
    offset: int
    """Octets from the start of the ISAKMP header."""
    detail: str


class Span(Struct, frozen=True, gc=False):
    """Where a payload lies in its message: `start` is its generic header, `end` is past its last octet."""

    type: int
    start: int
    end: int

    @property
    def body(self) -> int:
        """Offset of the first octet after the generic header."""
        return self.start + GENERIC_HEADER_BYTES


class Attribute(Struct, frozen=True, gc=False):
    """One data attribute (RFC 2408 §3.3) with the form it had on the wire."""

    type: int
    is_tlv: bool
    """Type/length/value with a length field of its own; else the two-octet value in place."""
    value: bytes
    start: int

    @property
    def number(self) -> int:
        """The value as an unsigned integer in network order."""
        return int.from_bytes(self.value)


MAX_SPANS: Final = 20_000
"""A datagram of 65,507 octets holds fewer than 16,400 payloads, so this bounds malice, not traffic."""

NOTHING: Final[tuple[Defect, ...]] = ()


def walk_chain(data: bytes, first: int, start: int, end: int) -> tuple[tuple[Span, ...], tuple[Defect, ...]]:
    """Follow the chain that begins at `start` with a payload of type `first` and lies within `end`.

    Returns:
        The payloads in wire order and what is wrong with them. A payload that claims to be longer than its
        container is clipped to it; one shorter than its header ends the walk, since nothing tells where the
        next one would begin.
    """
    spans: list[Span] = []
    defects: list[Defect] = []
    kind, pos = first, start
    while kind:
        if pos + 4 > end:
            if pos >= end:
                defects.append(Defect(Fault.CHAIN_CUT, pos, f"payload {kind} announced, container ends"))
            else:
                defects.append(Defect(Fault.HEADER_CUT, pos, f"{end - pos} octets left for a payload header"))
            return tuple(spans), tuple(defects)
        following = data[pos]
        size = data[pos + 2] << 8 | data[pos + 3]
        if data[pos + 1]:
            defects.append(Defect(Fault.RESERVED_NOT_ZERO, pos + 1, f"payload {kind}: {data[pos + 1]:#04x}"))
        stop = pos + size
        if size < 4:
            defects.append(Defect(Fault.LENGTH_TOO_SMALL, pos + 2, f"payload {kind} claims {size} octets"))
            return tuple(spans), tuple(defects)
        if stop > end:
            what = f"payload {kind} claims {size} octets, {end - pos} are left"
            defects.append(Defect(Fault.LENGTH_TOO_LARGE, pos + 2, what))
            spans.append(Span(kind, pos, end))
            return tuple(spans), tuple(defects)
        spans.append(Span(kind, pos, stop))
        if len(spans) >= MAX_SPANS:
            defects.append(Defect(Fault.TOO_MANY, stop, f"walk ended after {MAX_SPANS} payloads"))
            return tuple(spans), tuple(defects)
        kind, pos = following, stop
    if pos < end:
        fault = Fault.TRAILING_BYTES if end - pos > 3 or any(data[pos:end]) else Fault.PADDING
        defects.append(Defect(fault, pos, f"{end - pos} octets after the last payload"))
    return tuple(spans), (tuple(defects) if defects else NOTHING)


def walk_attributes(data: bytes, start: int, end: int) -> tuple[tuple[Attribute, ...], tuple[Defect, ...]]:
    """Read the data attributes between `start` and `end` (RFC 2408 §3.3).

    The high bit of the type says that the value stands in place of the length (TV), else it follows (TLV).
    """
    found: list[Attribute] = []
    defects: list[Defect] = []
    pos = start
    while pos < end:
        if pos + 4 > end:
            defects.append(Defect(Fault.HEADER_CUT, pos, f"{end - pos} octets left for an attribute"))
            break
        kind = data[pos] << 8 | data[pos + 1]
        if kind & 0x8000:
            found.append(Attribute(kind & 0x7FFF, False, data[pos + 2 : pos + 4], pos))
            pos += 4
            continue
        size = data[pos + 2] << 8 | data[pos + 3]
        stop = pos + 4 + size
        if stop > end:
            what = f"attribute {kind} claims {size} octets, {end - pos - 4} are left"
            defects.append(Defect(Fault.LENGTH_TOO_LARGE, pos + 2, what))
            stop = end
        found.append(Attribute(kind, True, data[pos + 4 : stop], pos))
        pos = stop
    return tuple(found), (tuple(defects) if defects else NOTHING)

"""What has to be known of a capture before its first frame is written: one reading ahead of the other.

A NAT-D hash may speak of an end that is seen later, and a fragment belongs to what is whole only later.
"""

from collections.abc import Iterator
from enum import StrEnum
from typing import Final

from msgspec import Struct

from ikepcap.capture.datagram import Datagram, IcmpError, LostFragments
from ikepcap.capture.decode import Decoder
from ikepcap.capture.records import Record, Records
from ikepcap.scrub.message import End, Known, Piece
from ikepcap.wire.bodies import Fragment
from ikepcap.wire.codec import decode
from ikepcap.wire.message import parse
from ikepcap.wire.numbers import Payload

_LAST: Final = 1
_MAX_PIECES: Final = 255
_MICROSECOND_NS: Final = 1000

Part = Datagram | LostFragments


class What(StrEnum):
    """What a frame holds, in the words of the summary."""

    MESSAGE = "IKE messages"
    PART = "IP fragments of IKE messages"
    ICMP = "ICMP errors about IKE"
    ESP = "ESP packets, cut to their headers"
    KEEPALIVE = "NAT keepalives"
    OTHER = "not IKE"


class Found(Struct, frozen=True, gc=False):
    """One frame, and what it is."""

    record: Record
    what: What
    item: Datagram | IcmpError | None = None


class Reading:
    """The frames of a capture, told apart as the analysis tells them apart."""

    def __init__(self, records: Records) -> None:
        self._records = records
        self.fragmented: list[Part] = []
        """IKE messages in several frames, and what is left of them, in the order in which that was known."""

    def __iter__(self) -> Iterator[Found]:
        """Read the capture from its beginning."""
        decoder = Decoder()
        tally = decoder.tally
        for record in self._records:
            esp, keepalives = tally.esp, tally.nat_keepalive
            items = decoder.decode(record.frame, record.time_ns, record.link, record.data, record.wire_bytes)
            found = Found(record, What.OTHER)
            for item in items:
                if isinstance(item, LostFragments) or (isinstance(item, Datagram) and item.fragment_frames):
                    self.fragmented.append(item)
                else:
                    what = What.ICMP if isinstance(item, IcmpError) else What.MESSAGE
                    found = Found(record, what, item)
            if tally.esp > esp:
                found = Found(record, What.ESP)
            elif tally.nat_keepalive > keepalives:
                found = Found(record, What.KEEPALIVE)
            yield found
        decoder.fragments.finish()
        self.fragmented += decoder.fragments.take()


class Survey(Struct, frozen=True):
    """What one reading found out."""

    known: Known
    parts: dict[int, Part]
    """By frame, the IKE message of which it carries an IP fragment."""
    links: tuple[int, ...]
    """Link types of frames that may be kept."""
    first_ns: int
    """Time of the first of these."""
    is_fine: bool
    """Times are given in nanoseconds."""


def survey(records: Records) -> Survey:
    """Read a capture once."""
    reading = Reading(records)
    ends: dict[bytes, set[End]] = {}
    pieces = _Pieces()
    links: dict[int, None] = {}
    first_ns: int | None = None
    is_fine = False
    noted = 0
    for found in reading:
        record = found.record
        fragmented = reading.fragmented[noted:]
        noted = len(reading.fragmented)
        for item in (found.item, *fragmented):
            if isinstance(item, Datagram):
                source, destination = (
                    (item.source, item.source_port),
                    (item.destination, item.destination_port),
                )
                ends.setdefault(item.data[:8], set()).update((source, destination))
                pieces.add(item)
        is_fine = is_fine or record.time_ns % _MICROSECOND_NS != 0
        if found.what is not What.OTHER or fragmented:
            links[record.link] = None
            first_ns = record.time_ns if first_ns is None else first_ns
    parts = {
        frame: item
        for item in reading.fragmented
        for frame in (item.fragment_frames if isinstance(item, Datagram) else item.frames)
    }
    known = Known(ends, pieces.found)
    return Survey(known, parts, tuple(links), first_ns or 0, is_fine)


class _Pieces:
    """IKE fragments, and the messages that they make."""

    def __init__(self) -> None:
        self.found: dict[tuple[bytes, int, bytes], Piece] = {}
        self._sets: dict[tuple[bytes, bytes, int], dict[int, bytes]] = {}
        self._lasts: dict[tuple[bytes, bytes, int], int] = {}

    def add(self, datagram: Datagram) -> None:
        """Take a message, which may be an IKE fragment."""
        message = parse(datagram.data, datagram.wire_bytes)
        if message is None or not message.spans or message.spans[0].type != Payload.FRAGMENT:
            return
        span = message.spans[0]
        part, _ = decode(Fragment, message.data, span.body, span.end)
        if part is None or not part.number:
            return
        key = (message.initiator_cookie, datagram.source, part.fragment_id)
        held = self._sets.setdefault(key, {})
        if held.get(part.number, part.data) != part.data:
            held.clear()
            self._lasts.pop(key, None)
        held[part.number] = part.data
        if part.flags & _LAST:
            self._lasts[key] = part.number
        last = self._lasts.get(key)
        if last is not None and all(number in held for number in range(1, last + 1)):
            self._complete(message.initiator_cookie, [held[number] for number in range(1, last + 1)])

    def _complete(self, cookie: bytes, parts: list[bytes]) -> None:
        whole = b"".join(parts)
        start = 0
        for number, data in enumerate(parts, 1):
            self.found.setdefault((cookie, number, data), Piece(whole, start))
            start += len(data)

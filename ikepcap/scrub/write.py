"""Capture files without anything but frames: no names, no comments, no snap lengths of anybody's."""

from collections.abc import Iterable, Iterator
from struct import Struct as Layout
from typing import Final

from ikepcap.capture.records import Record

_SNAPLEN: Final = 262_144
_RECORD: Final = Layout("<IIII")
_ENHANCED: Final = Layout("<IIIIIII")
_SECOND_NS: Final = 1_000_000_000
_CUT: Final = bytes(8)
"""The beginning of a record that does not come: the capture goes on saying that it is cut."""


def pcap(records: Iterable[Record], link: int, *, nanoseconds: bool) -> Iterator[bytes]:
    """Yield a classic capture file, little-endian."""
    magic, unit = (0xA1B23C4D, 1) if nanoseconds else (0xA1B2C3D4, 1000)
    yield Layout("<IHHiIII").pack(magic, 2, 4, 0, 0, _SNAPLEN, link)
    for record in records:
        seconds, rest = divmod(record.time_ns, _SECOND_NS)
        head = _RECORD.pack(seconds & 0xFFFFFFFF, rest // unit, len(record.data), record.wire_bytes)
        yield head + record.data


def pcapng(records: Iterable[Record], links: tuple[int, ...]) -> Iterator[bytes]:
    """Yield a pcapng file, little-endian: an interface for each link type, times in nanoseconds."""
    yield Layout("<IIIHHqI").pack(0x0A0D0D0A, 28, 0x1A2B3C4D, 1, 0, -1, 28)
    for link in links:
        resolution = Layout("<HHB3xI").pack(9, 1, 9, 0)
        yield Layout("<IIHHI").pack(1, 32, link, 0, _SNAPLEN) + resolution + (32).to_bytes(4, "little")
    for record in records:
        high, low = divmod(record.time_ns, 1 << 32)
        padded = record.data + bytes(-len(record.data) % 4)
        size = 32 + len(padded)
        interface = links.index(record.link)
        head = _ENHANCED.pack(6, size, interface, high, low, len(record.data), record.wire_bytes)
        yield head + padded + size.to_bytes(4, "little")


def cut() -> bytes:
    """Return what makes a file end in the middle of a record."""
    return _CUT

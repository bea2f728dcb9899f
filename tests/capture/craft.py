"""Frames and capture files made of a few octets each, and a way to read them back."""

import io
import struct
import tempfile
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Final

from ikepcap.capture.datagram import CaptureFacts, Datagram, IcmpError, LostFragments
from ikepcap.capture.reader import Capture

Item = Datagram | IcmpError | LostFragments

SECOND: Final = 10**9
A: Final = bytes((192, 0, 2, 1))
B: Final = bytes((198, 51, 100, 2))
A6: Final = bytes.fromhex("20010db8000000000000000000000001")
B6: Final = bytes.fromhex("20010db8000000000000000000000002")


def isakmp(body: bytes = b"", following: int = 1, **fields: int) -> bytes:
    """An ISAKMP header, by default of the first message of main mode, and whatever follows it."""
    return (
        struct.pack(
            ">QQBBBBII",
            fields.get("icookie", 0x0102030405060708),
            fields.get("rcookie", 0),
            following,
            fields.get("version", 0x10),
            fields.get("exchange", 2),
            fields.get("flags", 0),
            fields.get("message_id", 0),
            fields.get("length", 28 + len(body)),
        )
        + body
    )


def payload(following: int, body: bytes) -> bytes:
    """A generic payload header and a body."""
    return struct.pack(">BBH", following, 0, 4 + len(body)) + body


MSG1: Final = isakmp(payload(13, bytes(40)) + payload(0, b"vendor id of 16o"))
"""SA and a vendor ID: what they hold does not matter here."""


def udp(data: bytes, source: int = 500, target: int = 500, size: int | None = None) -> bytes:
    """A UDP datagram without a checksum."""
    return struct.pack(">HHHH", source, target, 8 + len(data) if size is None else size, 0) + data


def ipv4(
    data: bytes,
    protocol: int = 17,
    *,
    ends: tuple[bytes, bytes] = (A, B),
    options: bytes = b"",
    ip_id: int = 7,
    offset: int = 0,
    more: bool = False,
    total: int | None = None,
    ttl: int = 64,
) -> bytes:
    """An IPv4 packet; `offset` in octets."""
    size = 20 + len(options)
    bits = offset // 8 | (0x2000 if more else 0)
    total = size + len(data) if total is None else total
    head = struct.pack(">BBHHHBBH", 0x40 | size // 4, 0, total, ip_id, bits, ttl, protocol, 0)
    return head + ends[0] + ends[1] + options + data


def ipv6(data: bytes, following: int = 17, *, ends: tuple[bytes, bytes] = (A6, B6)) -> bytes:
    """An IPv6 packet."""
    return struct.pack(">IHBB", 6 << 28, len(data), following, 64) + ends[0] + ends[1] + data


def fragment6(data: bytes, offset: int, more: bool, ip_id: int = 9, following: int = 17) -> bytes:
    """An IPv6 packet with a fragment header."""
    return ipv6(struct.pack(">BBHI", following, 0, offset | more, ip_id) + data, 44)


def ethernet(data: bytes, kind: int = 0x0800) -> bytes:
    """An Ethernet II frame."""
    return bytes.fromhex("020000000002020000000001") + kind.to_bytes(2) + data


def ike(data: bytes = MSG1, source: int = 500, target: int = 500) -> bytes:
    """A whole frame with an ISAKMP message."""
    return ethernet(ipv4(udp(data, source, target)))


Record = tuple[int, bytes] | tuple[int, bytes, int]
"""Time in nanoseconds, frame, and its length on the wire where that is another."""


def pcap(
    records: Iterable[Record], link: int = 1, order: str = "<", magic: int = 0xA1B2C3D4, extra: bytes = b""
) -> bytes:
    """A classic capture file; `extra` is what the modified format adds to a record header."""
    unit_ns = 1 if magic == 0xA1B23C4D else 1000
    out = struct.pack(f"{order}IHHiIII", magic, 2, 4, 0, 0, 65535, link)
    for time_ns, frame, *wire in records:
        seconds, rest = divmod(time_ns, SECOND)
        size = wire[0] if wire else len(frame)
        out += struct.pack(f"{order}IIII", seconds, rest // unit_ns, len(frame), size) + extra + frame
    return out


def frames(*frame: bytes, link: int = 1, step_ns: int = SECOND) -> bytes:
    """A capture file of these frames, from second 1 on, one each second."""
    return pcap([(SECOND + step_ns * number, data) for number, data in enumerate(frame)], link)


def block(kind: int, body: bytes, order: str = "<") -> bytes:
    """A pcapng block."""
    body += bytes(-len(body) % 4)
    size = struct.pack(f"{order}I", 12 + len(body))
    return struct.pack(f"{order}I", kind) + size + body + size


def section(order: str = "<") -> bytes:
    """A section header block."""
    return block(0x0A0D0D0A, struct.pack(f"{order}IHHq", 0x1A2B3C4D, 1, 0, -1), order)


def interface(
    link: int = 1, order: str = "<", snaplen: int = 0, options: Sequence[tuple[int, bytes]] = ()
) -> bytes:
    """An interface description block."""
    body = struct.pack(f"{order}HHI", link, 0, snaplen)
    for code, value in options:
        body += struct.pack(f"{order}HH", code, len(value)) + value + bytes(-len(value) % 4)
    return block(1, body + (bytes(4) if options else b""), order)


def enhanced(frame: bytes, ticks: int, number: int = 0, order: str = "<", options: bytes = b"") -> bytes:
    """An enhanced packet block."""
    head = struct.pack(f"{order}IIIII", number, ticks >> 32, ticks & 0xFFFFFFFF, len(frame), len(frame))
    return block(6, head + frame + bytes(-len(frame) % 4) + options, order)


def read(*contents: bytes, short: bool = True) -> tuple[list[Item], CaptureFacts]:
    """Read files with these contents, in the short way where there is one, or in the careful way only."""
    with tempfile.TemporaryDirectory() as directory:
        paths = [Path(directory) / f"{number}.pcap" for number in range(len(contents))]
        for path, content in zip(paths, contents, strict=True):
            path.write_bytes(content)
        capture = Capture(paths)
        capture._use_short_way = short
        items = list(capture)
        names = {str(path): path.name for path in paths}
        facts = capture.facts
    return items, _renamed(facts, names)


def _renamed(facts: CaptureFacts, names: dict[str, str]) -> CaptureFacts:
    """Leave the directory, which is another each time, out of the names."""
    from msgspec.structs import replace

    return replace(facts, files=tuple(replace(file, name=names[file.name]) for file in facts.files))


def datagrams(*contents: bytes) -> list[Datagram]:
    """Read files that hold nothing but whole datagrams."""
    items, _ = read(*contents)
    assert all(isinstance(item, Datagram) for item in items)
    return [item for item in items if isinstance(item, Datagram)]


class Pipe(io.RawIOBase):
    """A raw stream that hands out a few octets at a time, as a pipe does."""

    def __init__(self, content: bytes, step: int) -> None:
        self._content, self._step, self._pos = content, step, 0

    def readable(self) -> bool:
        return True

    def readinto(self, view: memoryview) -> int:  # type: ignore[override]  # any buffer; a view is what comes
        piece = self._content[self._pos : self._pos + min(self._step, len(view))]
        view[: len(piece)] = piece
        self._pos += len(piece)
        return len(piece)

"""Read a capture: the lab's own few lines for pcap, IP, UDP and the ISAKMP header.

Independent of ikepcap on purpose. They read what the lab itself captures (Ethernet, IPv4 and IPv6 without
options) and nothing more.
"""

import socket
import struct
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

ETHERNET_OCTETS = 14
UDP, ICMP, ICMP6, IP6_FRAGMENT = 17, 1, 58, 44
MAIN, AGGRESSIVE, INFORMATIONAL, TRANSACTION, QUICK = 2, 4, 5, 6, 32
SA, KE, NOTIFY, FRAGMENT = 1, 4, 11, 132
CISCO_FRAGMENT_HEADER = struct.Struct(">HHHBB")


@dataclass(frozen=True)
class Record:
    """One frame as it lies in the file."""

    seconds: int
    fraction: int
    original: int
    data: bytes


@dataclass(frozen=True)
class Seen:
    """One UDP datagram with an ISAKMP message, or an ICMP error (then `payload` is empty)."""

    frame: int
    """From 1; of the fragment that completed it."""
    time: float
    source: str
    destination: str
    port: int
    """The destination's."""
    payload: bytes
    icmp: tuple[int, int] | None = None

    @property
    def cookies(self) -> tuple[bytes, bytes]:
        """Initiator's and responder's."""
        return self.payload[:8], self.payload[8:16]

    @property
    def first_payload(self) -> int:
        """Type of the first payload."""
        return self.payload[16]

    @property
    def version(self) -> int:
        """Major version."""
        return self.payload[17] >> 4

    @property
    def exchange(self) -> int:
        """Exchange type."""
        return self.payload[18]

    @property
    def encrypted(self) -> bool:
        """The encryption bit."""
        return bool(self.payload[19] & 1)

    @property
    def message_id(self) -> int:
        """Zero in phase 1."""
        return int.from_bytes(self.payload[20:24], "big")


def records(path: Path) -> list[Record]:
    """Return the frames of a pcap file of this machine's byte order."""
    data = path.read_bytes()
    found: list[Record] = []
    offset = 24
    while offset + 16 <= len(data):
        seconds, fraction, kept, original = struct.unpack_from("=4I", data, offset)
        found.append(Record(seconds, fraction, original, data[offset + 16 : offset + 16 + kept]))
        offset += 16 + kept
    return found


def write(path: Path, like: Path, frames: list[Record]) -> None:
    """Write frames under the file header of another capture."""
    with path.open("wb") as out:
        out.write(like.read_bytes()[:24])
        for one in frames:
            out.write(struct.pack("=4I", one.seconds, one.fraction, len(one.data), one.original) + one.data)


def read(path: Path) -> list[Seen]:
    """Return all ISAKMP messages and ICMP errors of a capture, fragments of IP put together."""
    return list(_read(records(path)))


def _read(frames: list[Record]) -> Iterator[Seen]:
    parts: dict[tuple[object, ...], dict[int, bytes]] = {}
    ends: dict[tuple[object, ...], int] = {}
    for number, frame in enumerate(frames, 1):
        source, destination, protocol, body, fragment = _ip(frame.data[ETHERNET_OCTETS:])
        if fragment is not None:
            identity, offset, more = fragment
            key = (source, destination, protocol, identity)
            parts.setdefault(key, {})[offset] = body
            if not more:
                ends[key] = offset + len(body)
            if sum(map(len, parts[key].values())) != ends.get(key):
                continue
            body = b"".join(part for _, part in sorted(parts.pop(key).items()))
        time = frame.seconds + frame.fraction / 1e6
        if protocol in (ICMP, ICMP6):
            yield Seen(number, time, source, destination, 0, b"", (body[0], body[1]))
        elif protocol == UDP:
            ports, payload = struct.unpack_from(">2H", body), body[8:]
            if 4500 in ports:
                if payload[:4] != bytes(4):
                    continue
                payload = payload[4:]
            if len(payload) >= 28:
                yield Seen(number, time, source, destination, ports[1], payload)


def _ip(packet: bytes) -> tuple[str, str, int, bytes, tuple[int, int, bool] | None]:
    if packet[0] >> 4 == 4:
        length, identity, flags = struct.unpack_from(">3H", packet, 2)
        source, destination = (socket.inet_ntop(socket.AF_INET, packet[at : at + 4]) for at in (12, 16))
        body = packet[(packet[0] & 15) * 4 : length]
        fragment = (identity, (flags & 0x1FFF) * 8, bool(flags & 0x2000)) if flags & 0x3FFF else None
        return source, destination, packet[9], body, fragment
    source, destination = (socket.inet_ntop(socket.AF_INET6, packet[at : at + 16]) for at in (8, 24))
    if packet[6] == IP6_FRAGMENT:
        offset, identity = struct.unpack_from(">HI", packet, 42)
        return source, destination, packet[40], packet[48:], (identity, offset & 0xFFF8, bool(offset & 1))
    return source, destination, packet[6], packet[40:], None


def ike_fragment(message: Seen) -> tuple[int, int, bool] | None:
    """Return id, number and "this is the last" of a Cisco IKE fragment, None of anything else."""
    if message.first_payload != FRAGMENT:
        return None
    _, _, identity, number, flags = CISCO_FRAGMENT_HEADER.unpack_from(message.payload, 28)
    return identity, number, bool(flags & 1)


def source(frame: Record) -> str:
    """Return the source address of a frame."""
    return _ip(frame.data[ETHERNET_OCTETS:])[0]


def ports(frame: Record) -> tuple[int, ...]:
    """Return the UDP ports of a frame, or none."""
    _, _, protocol, body, fragment = _ip(frame.data[ETHERNET_OCTETS:])
    return (
        struct.unpack_from(">2H", body) if protocol == UDP and (fragment is None or not fragment[1]) else ()
    )

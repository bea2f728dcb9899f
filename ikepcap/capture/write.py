"""IP packets and capture files as bytes: what is imported from logs, and what tests make themselves.

Everything is computed from its arguments: the same call gives the same bytes.
"""

import struct
from collections.abc import Iterable
from ipaddress import ip_address
from typing import Final, Literal

from msgspec import Struct

LinkType = Literal[0, 1, 101, 113]
"""LINKTYPE_NULL, ETHERNET, RAW and LINUX_SLL."""

UDP_PROTOCOL: Final = 17
ICMP_PROTOCOL: Final = 1
ICMPV6_PROTOCOL: Final = 58
FRAGMENT_HEADER: Final = 44
MORE_FRAGMENTS: Final = 0x2000
MINIMUM_MTU: Final = 68
"""Of IPv4 (RFC 791 §3.2): a header of the greatest size and eight octets."""


class Frame(Struct, frozen=True):
    """One IP packet at a point in time; the link header is added when a file is written."""

    time_ns: int
    packet: bytes
    comment: str = ""
    """Shown by Wireshark beside the frame; kept by pcapng only."""


class Hop(Struct, frozen=True):
    """What an IP header says besides its payload."""

    source: str
    destination: str
    ttl: int = 64
    ip_id: int = 1
    """Also the identification of IPv6 fragments."""


def checksum(data: bytes) -> int:
    """Return the Internet checksum (RFC 1071)."""
    return ~(int.from_bytes(data + bytes(len(data) % 2)) % 0xFFFF) & 0xFFFF


def udp_packets(
    hop: Hop, source_port: int, destination_port: int, payload: bytes, mtu: int = 1500
) -> list[bytes]:
    """Return the IP packets of one UDP datagram: several when it is larger than the MTU."""
    size = 8 + len(payload)
    head = struct.pack(">HHHH", source_port, destination_port, size, 0)
    total = checksum(_pseudo(hop, UDP_PROTOCOL, size) + head + payload) or 0xFFFF
    return ip_packets(hop, UDP_PROTOCOL, head[:6] + total.to_bytes(2) + payload, mtu)


def icmp_error(hop: Hop, kind: int, code: int, quoted: bytes, quote_bytes: int = 28) -> bytes:
    """Return an ICMP or ICMPv6 error about an IP packet, of which it quotes the beginning."""
    quote = quoted[:quote_bytes]
    if ":" in hop.source:
        bare = struct.pack(">BBHI", kind, code, 0, 0) + quote
        total = checksum(_pseudo(hop, ICMPV6_PROTOCOL, len(bare)) + bare)
        return ip_packets(hop, ICMPV6_PROTOCOL, bare[:2] + total.to_bytes(2) + bare[4:])[0]
    bare = struct.pack(">BBHI", kind, code, 0, 0) + quote
    return ip_packets(hop, ICMP_PROTOCOL, bare[:2] + checksum(bare).to_bytes(2) + bare[4:])[0]


def ip_packets(hop: Hop, protocol: int, payload: bytes, mtu: int = 1500) -> list[bytes]:
    """Return the packets that carry an IP payload, fragmented by the MTU (RFC 791, RFC 8200 §4.5)."""
    if mtu < MINIMUM_MTU:
        raise ValueError(f"MTU {mtu} is below {MINIMUM_MTU}")
    if ":" in hop.source:
        return _ipv6_packets(hop, protocol, payload, mtu)
    if 20 + len(payload) <= mtu:
        return [_ipv4(hop, protocol, payload, 0)]
    room = (mtu - 20) // 8 * 8
    return [
        _ipv4(hop, protocol, payload[start : start + room], _place(start, room, payload))
        for start in range(0, len(payload), room)
    ]


def _place(start: int, room: int, payload: bytes) -> int:
    return start // 8 | (MORE_FRAGMENTS if start + room < len(payload) else 0)


def _ipv4(hop: Hop, protocol: int, part: bytes, place: int) -> bytes:
    ends = ip_address(hop.source).packed + ip_address(hop.destination).packed
    fixed = struct.pack(">BBHHHBB", 0x45, 0, 20 + len(part), hop.ip_id & 0xFFFF, place, hop.ttl, protocol)
    return fixed + checksum(fixed + bytes(2) + ends).to_bytes(2) + ends + part


def _ipv6_packets(hop: Hop, protocol: int, payload: bytes, mtu: int) -> list[bytes]:
    ends = ip_address(hop.source).packed + ip_address(hop.destination).packed
    if 40 + len(payload) <= mtu:
        return [struct.pack(">IHBB", 6 << 28, len(payload), protocol, hop.ttl) + ends + payload]
    room = (mtu - 48) // 8 * 8
    found = []
    for start in range(0, len(payload), room):
        part = payload[start : start + room]
        place = start | (1 if start + room < len(payload) else 0)
        fragment = struct.pack(">BBHI", protocol, 0, place, hop.ip_id)
        head = struct.pack(">IHBB", 6 << 28, 8 + len(part), FRAGMENT_HEADER, hop.ttl)
        found.append(head + ends + fragment + part)
    return found


def _pseudo(hop: Hop, protocol: int, size: int) -> bytes:
    """Return the header that UDP and ICMPv6 checksums cover besides its datagram (RFC 768, RFC 8200 §8.1)."""
    ends = ip_address(hop.source).packed + ip_address(hop.destination).packed
    return ends + struct.pack(">II", size, protocol)


def framed(packet: bytes, link: LinkType) -> bytes:
    """Return a packet with its link header; hardware addresses follow from the IP addresses."""
    is_v6 = packet[0] >> 4 == 6
    source, destination = (packet[20:24], packet[36:40]) if is_v6 else (packet[12:16], packet[16:20])
    ethertype = b"\x86\xdd" if is_v6 else b"\x08\x00"
    if link == 1:
        return b"\x02\0" + destination + b"\x02\0" + source + ethertype + packet
    if link == 113:
        return struct.pack(">HHH", 0, 1, 6) + b"\x02\0" + source + bytes(2) + ethertype + packet
    if link == 0:
        return (30 if is_v6 else 2).to_bytes(4, "little") + packet
    return packet


def pcap(
    frames: Iterable[Frame], *, link: LinkType = 1, nanoseconds: bool = False, snaplen: int = 262_144
) -> bytes:
    """Return a classic capture file, little-endian."""
    magic, unit = (0xA1B23C4D, 1) if nanoseconds else (0xA1B2C3D4, 1000)
    found = [struct.pack("<IHHiIII", magic, 2, 4, 0, 0, snaplen, link)]
    for frame in frames:
        data = framed(frame.packet, link)
        seconds, rest = divmod(frame.time_ns, 1_000_000_000)
        kept = data[:snaplen]
        found.append(struct.pack("<IIII", seconds, rest // unit, len(kept), len(data)) + kept)
    return b"".join(found)


def pcapng(frames: Iterable[Frame], *, link: LinkType = 1, snaplen: int = 262_144) -> bytes:
    """Return a pcapng file, little-endian: one section, one interface, nanoseconds."""
    resolution = struct.pack("<HHB3xI", 9, 1, 9, 0)
    found = [
        struct.pack("<IIIHHqI", 0x0A0D0D0A, 28, 0x1A2B3C4D, 1, 0, -1, 28),
        struct.pack("<IIHHI", 1, 32, link, 0, snaplen) + resolution + struct.pack("<I", 32),
    ]
    for frame in frames:
        data = framed(frame.packet, link)
        kept = data[:snaplen]
        high, low = divmod(frame.time_ns, 1 << 32)
        padded = kept + bytes(-len(kept) % 4) + _comment(frame.comment)
        size = 32 + len(padded)
        head = struct.pack("<IIIIIII", 6, size, 0, high, low, len(kept), len(data))
        found.append(head + padded + size.to_bytes(4, "little"))
    return b"".join(found)


def _comment(text: str) -> bytes:
    """Return the options of a packet that has a comment (pcapng §3.5.1), nothing without one."""
    if not text:
        return b""
    octets = text.encode()[:4096]
    return struct.pack("<HH", 1, len(octets)) + octets + bytes(-len(octets) % 4) + bytes(4)

"""What is around a message: link, IP, UDP and ICMP headers between other ends, their checksums right.

A frame is written into zeros of its own length, so what is not copied or replaced on purpose is gone:
padding, options, frame check sequences.
"""

from collections.abc import Callable
from struct import Struct as Layout
from typing import Final

from ikepcap.capture.ip import ICMP, UDP, Packet, read_packet
from ikepcap.capture.link import IPV4, IPV6
from ikepcap.scrub.names import Names

UDP_HEADER_BYTES: Final = 8
ICMP_HEADER_BYTES: Final = 8
ESP_HEADER_BYTES: Final = 8
"""SPI and sequence number (RFC 4303 §2)."""

_ETHERNET, _SLL, _SLL2 = 1, 113, 276
_NULL: Final = frozenset({0, 108})
_RAW: Final = frozenset({12, 14, 101, 228, 229})
_TAGS: Final = frozenset({0x8100, 0x88A8, 0x9100, 0x9200})
_HARDWARE_BYTES: Final = 6
_NO_OPERATION: Final = b"\x01"
"""An IPv4 option that says nothing (RFC 791 §3.1)."""
_FRAGMENT_HEADER: Final = 44
_CHECKSUM: Final = Layout(">H")


def checksum(data: bytes | bytearray) -> int:
    """Return the Internet checksum (RFC 1071)."""
    return ~(int.from_bytes(bytes(data) + bytes(len(data) % 2)) % 0xFFFF) & 0xFFFF


class Frame:
    """One frame while it is written anew."""

    def __init__(self, data: bytes, link: int, wire_bytes: int, names: Names) -> None:
        self.data = data
        self.out = bytearray(len(data))
        self._names = names
        self.packet: Packet | None = None
        """None where what is around the packet is not understood."""
        at = self._link(link)
        if at is not None:
            self.packet = self._ip(at, max(wire_bytes, len(data)))

    def put(self, at: int, octets: bytes) -> None:
        """Write octets, as far as the frame was captured."""
        octets = octets[: max(len(self.out) - at, 0)]
        self.out[at : at + len(octets)] = octets

    def copy(self, start: int, end: int) -> None:
        """Keep octets as they are."""
        self.put(start, self.data[start:end])

    def udp(self, payload: bytes) -> None:
        """Write a UDP datagram with another payload of the same length; its checksum where it is whole."""
        packet = self.packet
        if packet is None:
            return
        start = packet.start
        self.copy(start, start + 6)
        self.put(start + UDP_HEADER_BYTES, payload)
        had_none = self.data[start + 6 : start + 8] == b"\0\0"
        if had_none or len(self.data) < packet.end:
            return
        size = int.from_bytes(self.data[start + 4 : start + 6])
        if UDP_HEADER_BYTES <= size <= packet.end - start:
            self.put(start + 6, _CHECKSUM.pack(self._sum(start, start + size, UDP) or 0xFFFF))

    def icmp(self, quote: Callable[[bytes], bytes]) -> bool:
        """Write an ICMP error whose quoted datagram is replaced alike; False where it is not understood.

        `quote` returns, for the octets of the UDP payload that are quoted, as many others.
        """
        packet = self.packet
        if packet is None:
            return False
        start = packet.start
        end = min(packet.end, len(self.data))
        self.copy(start, start + 2)
        self.copy(start + 4, start + ICMP_HEADER_BYTES)
        inner = self._ip(start + ICMP_HEADER_BYTES, end)
        if inner is None or inner.start + UDP_HEADER_BYTES > end:
            return False
        self.copy(inner.start, inner.start + 6)
        body = inner.start + UDP_HEADER_BYTES
        size = int.from_bytes(self.data[inner.start + 4 : inner.start + 6])
        stop = min(end, inner.start + size) if size >= UDP_HEADER_BYTES else end
        self.put(body, quote(self.data[body:stop]))
        if len(self.data) >= packet.end:
            total = self._sum(start, packet.end, packet.protocol)
            self.put(start + 2, _CHECKSUM.pack(total))
        return True

    def _sum(self, start: int, end: int, protocol: int) -> int:
        """Return the checksum of what lies between, its checksum field zero, with the pseudo header."""
        packet = self.packet
        if packet is None or protocol == ICMP:
            return checksum(self.out[start:end])
        ends = self._names.address(packet.source) + self._names.address(packet.destination)
        return checksum(ends + (end - start).to_bytes(4) + protocol.to_bytes(4) + self.out[start:end])

    def _ip(self, at: int, wire_end: int) -> Packet | None:
        """Write an IP header; None where anything lies between it and what it carries."""
        packet = read_packet(self.data, at, wire_end)
        if packet is None:
            return None
        return self._ipv4(at, packet) if packet.version == 4 else self._ipv6(at, packet)

    def _ipv4(self, at: int, packet: Packet) -> Packet | None:
        size = (self.data[at] & 15) * 4
        if packet.start != at + size:
            return None
        self.copy(at, at + 10)
        self.put(at + 12, self._names.address(packet.source) + self._names.address(packet.destination))
        self.put(at + 20, _NO_OPERATION * (size - 20))
        self.put(at + 10, _CHECKSUM.pack(checksum(self.out[at : at + size])))
        return packet

    def _ipv6(self, at: int, packet: Packet) -> Packet | None:
        is_fragment = self.data[at + 6] == _FRAGMENT_HEADER
        if packet.start != at + 40 + (8 if is_fragment else 0):
            return None
        # Without the flow label, which is made from who talks to whom (RFC 6437).
        self.put(at, bytes((self.data[at], self.data[at + 1] & 0xF0)))
        self.copy(at + 4, at + 8)
        self.put(at + 8, self._names.address(packet.source) + self._names.address(packet.destination))
        if is_fragment:
            self.copy(at + 40, at + 48)
        return packet

    def _link(self, link: int) -> int | None:
        """Write the link header and VLAN tags; return where IP begins, None where anything else is there."""
        if link in _RAW:
            return 0
        if link in _NULL:
            self.copy(0, 4)
            return 4
        if link == _ETHERNET:
            return self._ethernet()
        if link == _SLL:
            self.copy(0, 6)
            self._hardware(6, int.from_bytes(self.data[4:6]))
            return self._tags(14)
        if link == _SLL2:
            self.copy(0, 2)
            self.copy(8, 12)
            self._hardware(12, self.data[11] if len(self.data) > 11 else 0)
            kind = int.from_bytes(self.data[:2])
            return 20 if kind in (IPV4, IPV6) else None
        return None

    def _ethernet(self) -> int | None:
        for at in (0, _HARDWARE_BYTES):
            self._hardware(at, _HARDWARE_BYTES)
        return self._tags(2 * _HARDWARE_BYTES)

    def _hardware(self, at: int, size: int) -> None:
        if size == _HARDWARE_BYTES:
            self.put(at, self._names.hardware_address(self.data[at : at + size]))

    def _tags(self, at: int) -> int | None:
        """Follow VLAN tags from the EtherType at `at` to that of IP; return where IP begins."""
        while at + 2 <= len(self.data):
            kind = int.from_bytes(self.data[at : at + 2])
            self.copy(at, at + 2)
            if kind in (IPV4, IPV6):
                return at + 2
            if kind not in _TAGS:
                return None
            self.copy(at + 2, at + 4)
            at += 4
        return None

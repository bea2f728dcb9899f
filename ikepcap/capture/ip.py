"""IPv4 and IPv6 headers, extension headers and GRE: what one IP packet carries, and where.

Lengths come in two kinds and are kept apart: `end` is where the packet ended on the wire, `len(data)` is
where the capture of it ended. Checksums are ignored: captures on a sending host have none (offload).
"""

from struct import Struct as Layout
from typing import Final

from msgspec import Struct

from ikepcap.capture.link import ETHERNET, NOTHING, Place

ICMP: Final = 1
IPV4_IN_IP: Final = 4
TCP: Final = 6
UDP: Final = 17
IPV6_IN_IP: Final = 41
GRE: Final = 47
ESP: Final = 50
ICMPV6: Final = 58
NO_NEXT_HEADER: Final = 59

_FRAGMENT: Final = 44
_AH: Final = 51
_OPTIONS: Final = frozenset({0, 43, 60, 135, 139, 140})
"""Hop-by-hop, routing, destination options (RFC 8200 §4), mobility, HIP, shim6: one shape (RFC 6564)."""
_MAX_EXTENSIONS: Final = 32

_IPV4: Final = Layout(">2xHHHBB2x4s4s")
_IPV6: Final = Layout(">4xHBB16s16s")
_FRAGMENT_HEADER: Final = Layout(">BxHI")


class Packet(Struct, frozen=True, gc=False):
    """One IP packet: from whom to whom, and where its payload lies in the frame."""

    version: int
    source: bytes
    destination: bytes
    protocol: int
    ttl: int
    ip_id: int
    """IPv4 identification, or that of an IPv6 fragment header; 0 where IPv6 has none."""
    start: int
    """Offset of the payload in the frame."""
    end: int
    """Offset in the frame at which the payload ended on the wire."""
    fragment_offset: int = 0
    """Octets of the whole payload before this one's."""
    more_fragments: bool = False

    @property
    def is_fragment(self) -> bool:
        """It is a part of a payload. An IPv6 atomic fragment (RFC 6946) is whole."""
        return self.more_fragments or self.fragment_offset > 0


def read_packet(data: bytes, at: int, wire_end: int) -> Packet | None:
    """Read the IP header at `at` and the extension headers after it.

    `wire_end` is the offset at which the frame ended on the wire; it counts where the header has no length.
    """
    if at >= len(data):
        return None
    version = data[at] >> 4
    if version == 4:
        return _read_ipv4(data, at, wire_end)
    return _read_ipv6(data, at, wire_end) if version == 6 else None


def _read_ipv4(data: bytes, at: int, wire_end: int) -> Packet | None:
    """An IPv4 header with its options (RFC 791 §3.1)."""
    size = (data[at] & 15) * 4
    if size < 20 or at + size > len(data):
        return None
    total, ip_id, bits, ttl, protocol, source, destination = _IPV4.unpack_from(data, at)
    # A sender's own capture of a large send has length 0 (TSO); less than the header is as meaningless.
    end = at + total if total >= size else max(wire_end, len(data))
    start = at + size
    offset, more = (bits & 0x1FFF) * 8, bool(bits & 0x2000)
    if protocol == _AH and not offset and not more:
        protocol, start = skip_extensions(data, protocol, start)
    return Packet(4, source, destination, protocol, ttl, ip_id, start, end, offset, more)


def _read_ipv6(data: bytes, at: int, wire_end: int) -> Packet | None:
    """An IPv6 header and what comes before the payload (RFC 8200 §3, §4)."""
    start = at + 40
    if start > len(data):
        return None
    size, following, hops, source, destination = _IPV6.unpack_from(data, at)
    end = start + size if size else max(wire_end, len(data))  # 0: a jumbogram (RFC 2675), or TSO
    protocol, start = skip_extensions(data, following, start)
    if protocol != _FRAGMENT:
        return Packet(6, source, destination, protocol, hops, 0, start, end)
    if start + 8 > len(data):
        return None
    protocol, bits, ip_id = _FRAGMENT_HEADER.unpack_from(data, start)
    start += 8
    offset, more = bits & 0xFFF8, bool(bits & 1)
    if not offset and not more:
        protocol, start = skip_extensions(data, protocol, start)
    return Packet(6, source, destination, protocol, hops, ip_id, start, end, offset, more)


def skip_extensions(data: bytes, protocol: int, at: int) -> tuple[int, int]:
    """Return the first header, from `protocol` at `at` on, that is no extension header, and its offset.

    A fragment header is not skipped: what follows it is not whole.
    """
    for _ in range(_MAX_EXTENSIONS):
        if protocol in _OPTIONS:
            unit, least = 8, 8
        elif protocol == _AH:
            unit, least = 4, 8  # RFC 4302 §2.2: 32-bit words minus 2, unlike all others
        else:
            return protocol, at
        if at + 2 > len(data):
            return NO_NEXT_HEADER, at
        protocol, at = data[at], at + data[at + 1] * unit + least
    return NO_NEXT_HEADER, at


def read_gre(data: bytes, at: int) -> Place:
    """What a GRE header announces and where (RFC 2784, RFC 2890; version 1: RFC 2637 §4.1)."""
    if at + 4 > len(data):
        return NOTHING
    flags, version = data[at], data[at + 1] & 7
    if version > 1 or flags & 0x40:  # source routing (RFC 1701) is obsolete and was never seen
        return NOTHING
    kind = data[at + 2] << 8 | data[at + 3]
    at += 4
    for present in (flags & 0x80, flags & 0x20, flags & 0x10, version and data[at - 3] & 0x80):
        if present:  # checksum, key, sequence number, acknowledgement
            at += 4
    if kind == _ERSPAN_2:
        # RFC-less, draft-foschiano-erspan: type II has a sequence number and 8 octets of its own, type I not.
        return ETHERNET, at + 8 if flags & 0x10 else at
    return kind, at


_ERSPAN_2: Final = 0x88BE

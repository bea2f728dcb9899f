"""ICMP errors that quote an IKE datagram: who says that it did not arrive, and why (RFC 792, RFC 4443)."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from ikepcap.capture.datagram import IcmpError
from ikepcap.capture.ip import UDP, Packet, read_packet
from ikepcap.capture.udp import (
    IKE_PORTS,
    MARKER,
    MARKER_BYTES,
    ON_500,
    ON_848,
    PORTS,
    UDP_HEADER,
    could_be_proven,
)

ERRORS: Final[Mapping[int, frozenset[int]]] = MappingProxyType(
    {4: frozenset({3, 11, 12}), 6: frozenset({1, 2, 3, 4})}
)
"""Per IP version. Unreachable, time exceeded, parameter problem; and for IPv6 packet too big."""
_HEADER_BYTES: Final = 8
_UDP_HEADER_BYTES: Final = 8
_QUOTE_LENGTH: Final[Mapping[int, tuple[int, int]]] = MappingProxyType({4: (5, 4), 6: (4, 8)})
"""Where RFC 4884 §4 has the length of the quote, and in units of how many octets; 0 says nothing."""


def read_error(data: bytes, packet: Packet, frame: int, time_ns: int) -> IcmpError | None:
    """Read the ICMP message that `packet` carries; None unless it is an error about an IKE datagram.

    Fragments other than the first are quoted without ports and say nothing; the quote of "reassembly time
    exceeded" is a first fragment (RFC 792).
    """
    at, end = packet.start, min(packet.end, len(data))
    if at + _HEADER_BYTES > end or data[at] not in ERRORS[packet.version]:
        return None
    where, unit = _QUOTE_LENGTH[packet.version]
    # ICMPv6 packet too big and parameter problem have a number of their own in these octets.
    has_length = packet.version == 4 or data[at] in (1, 3)
    quoted = data[at + where] * unit if has_length else 0
    at += _HEADER_BYTES
    if quoted:
        end = min(end, at + quoted)
    inner = read_packet(data[:end], at, end)
    if inner is None or inner.protocol != UDP or inner.fragment_offset:
        return None
    body = inner.start + _UDP_HEADER_BYTES
    if body > end:
        return None
    source_port, destination_port, size = UDP_HEADER.unpack_from(data, inner.start)
    ports = PORTS[source_port] | PORTS[destination_port]
    # Some hosts quote an IP length in their own byte order: only what is captured can be believed.
    quote = data[body : min(end, inner.start + size) if size >= _UDP_HEADER_BYTES else end]
    if not _may_be_isakmp(quote, size - _UDP_HEADER_BYTES, ports):
        return None
    return IcmpError(
        frame=frame,
        time_ns=time_ns,
        reporter=packet.source,
        version=packet.version,
        kind=data[packet.start],
        code=data[packet.start + 1],
        source=inner.source,
        source_port=source_port,
        destination=inner.destination,
        destination_port=destination_port,
        data=quote[MARKER_BYTES:] if quote.startswith(MARKER) else quote,
    )


def _may_be_isakmp(quote: bytes, wire_bytes: int, ports: int) -> bool:
    """Tell a quoted ISAKMP message from a keepalive, and on 4500 from ESP, as far as the quote goes.

    On other ports it has to hold a header that fits.
    """
    if not ports & IKE_PORTS:
        return could_be_proven(quote, wire_bytes)
    if wire_bytes == 1:
        return False
    return bool(ports & (ON_500 | ON_848)) or quote[:MARKER_BYTES] == MARKER[: len(quote)]

"""One frame to what it tells of IKE: the exact way, for every link type, tunnel and fragment.

`scan` takes the short way for plain frames; wherever it does, it must come to the same as this.
"""

from collections.abc import Container, Sequence
from typing import Final

from ikepcap.capture.datagram import Datagram, IcmpError, LostFragments
from ikepcap.capture.fragments import Fragments, UdpStart
from ikepcap.capture.icmp import read_error
from ikepcap.capture.ip import (
    ESP,
    GRE,
    ICMP,
    ICMPV6,
    IPV4_IN_IP,
    IPV6_IN_IP,
    TCP,
    UDP,
    Packet,
    read_gre,
    read_packet,
    skip_extensions,
)
from ikepcap.capture.link import ETHERNET, IPV4, IPV6, LINKS, MAX_LAYERS, NOTHING, Place, to_network
from ikepcap.capture.udp import (
    MARKER_BYTES,
    ON_500,
    ON_4500,
    ON_VXLAN,
    PORTS,
    UDP_HEADER,
    Kind,
    classify,
)

Item = Datagram | IcmpError | LostFragments

_UDP_HEADER_BYTES: Final = 8
_VXLAN_HEADER_BYTES: Final = 8
_VXLAN_VALID: Final = 0x08
_REASSEMBLED: Final = frozenset({UDP, GRE, IPV4_IN_IP, IPV6_IN_IP, 0, 43, 51, 60})
"""Payloads that may hold ISAKMP when they are whole, IPv6 extension headers and AH among them."""


class Tally:
    """Counters of one run."""

    __slots__ = (
        "cut_headers", "esp", "nat_keepalive", "not_isakmp", "others", "port_500", "port_4500",
        "truncated_frames",
    )  # fmt: skip

    def __init__(self) -> None:
        self.esp = 0
        """Frames with ESP, in IP or in UDP."""
        self.nat_keepalive = 0
        self.not_isakmp = 0
        self.others = 0
        """Packets of TCP, and of UDP on ports that have nothing to do with IKE."""
        self.port_500 = 0
        self.port_4500 = 0
        self.truncated_frames = 0
        self.cut_headers = 0
        """Those of them of which not even the header was captured."""

    def add(self, other: "Tally") -> None:
        """Take over what another one has counted."""
        for name in self.__slots__:
            setattr(self, name, getattr(self, name) + getattr(other, name))

    def count_ports(self, ports: int) -> None:
        """Count a datagram by the ports it is between."""
        if ports & ON_500:
            self.port_500 += 1
        if ports & ON_4500:
            self.port_4500 += 1

    def count_kind(self, kind: Kind) -> None:
        """Count a datagram by what it is."""
        if kind is Kind.ESP:
            self.esp += 1
        elif kind is Kind.KEEPALIVE:
            self.nat_keepalive += 1
        elif kind is Kind.JUNK:
            self.not_isakmp += 1
        elif kind is Kind.CUT:
            self.truncated_frames += 1
            self.cut_headers += 1


class _Frame:
    """How far the reading of one frame has come: layer by layer, and on into what fragments made whole."""

    __slots__ = ("at", "data", "end", "frames", "kind", "number", "packet", "time_ns")

    def __init__(self, number: int, time_ns: int, data: bytes, end: int, place: Place) -> None:
        self.number = number
        self.time_ns = time_ns
        self.data = data
        self.end = end
        """Offset in `data` at which it ended on the wire."""
        self.kind, self.at = place
        self.frames: tuple[int, ...] = ()
        """All frames that carried fragments of `data`."""
        self.packet: Packet | None = None


class Decoder:
    """Reads frames of a run, one after the other."""

    links: Container[int] = LINKS
    """LINKTYPE_ numbers of the frames that it can read."""

    def __init__(self) -> None:
        self.tally = Tally()
        self.fragments = Fragments()

    def decode(self, number: int, time_ns: int, link: int, data: bytes, wire_bytes: int) -> Sequence[Item]:
        """Return what one frame yields, and the fragments that are given up because of it.

        Args:
            number: of the frame, in the run.
            time_ns: its capture time.
            link: LINKTYPE_ number, one of `LINKS`.
            data: the frame as far as it was captured.
            wire_bytes: its length on the wire.
        """
        items: list[Item] = []
        if time_ns > self.fragments.deadline_ns:
            self.fragments.expire(time_ns)
            items.extend(self.fragments.take())
        frame = _Frame(number, time_ns, data, max(wire_bytes, len(data)), LINKS[link](data))
        for _ in range(MAX_LAYERS):
            found = self._one_packet(frame)
            if found is not None:
                items.append(found)
            if frame.kind == 0:
                break
        if self.fragments.given_up:
            items.extend(self.fragments.take())
        return items

    def on_esp(self, number: int, time_ns: int, packet: Packet, data: bytes, at: int) -> None:
        """Take note of an ESP packet, or the first or a later part of one; its header is at `at` in `data`.

        ESP is counted and no more where this is not overridden.
        """

    def _one_packet(self, frame: _Frame) -> Item | None:
        """Read one IP packet, and leave in `frame` what is inside it: kind 0 when nothing is."""
        kind, at = to_network(frame.data, frame.kind, frame.at)
        packet = read_packet(frame.data, at, frame.end) if kind else None
        frame.kind = 0
        if packet is None:
            return None
        if packet.protocol == TCP:
            self.tally.others += 1
        if packet.is_fragment and packet.protocol != ESP:
            packet = self._reassemble(frame, packet)
            if packet is None:
                return None
        frame.packet = packet
        protocol = packet.protocol
        if protocol == UDP:
            return self._read_udp(frame, packet)
        if protocol == ESP:
            self.tally.esp += 1
            self.on_esp(frame.number, frame.time_ns, packet, frame.data, packet.start)
        elif protocol in (ICMP, ICMPV6):
            if (packet.version == 4) == (protocol == ICMP):
                return read_error(frame.data, packet, frame.number, frame.time_ns)
        else:
            frame.kind, frame.at = _enter_tunnel(frame.data, packet)
            frame.end = packet.end
        return None

    def _reassemble(self, frame: _Frame, packet: Packet) -> Packet | None:
        """Add a fragment; when that makes a whole, put it in the frame's place."""
        if packet.protocol not in _REASSEMBLED:
            return None
        numbers = frame.frames or (frame.number,)
        whole, told = self.fragments.add(packet, frame.data, numbers, frame.time_ns)
        if told is not None and not told.is_ours:
            self._count_first(told)
        if whole is None:
            return None
        frame.data, frame.end, frame.frames = whole.data, whole.wire_bytes, whole.frames
        first = whole.first
        protocol, start = skip_extensions(whole.data, first.protocol, 0)
        return Packet(
            first.version,
            first.source,
            first.destination,
            protocol,
            first.ttl,
            first.ip_id,
            start,
            whole.wire_bytes,
        )

    def _count_first(self, told: UdpStart) -> None:
        """Count a datagram that its first fragment has shown to be none of ours: it is not kept."""
        self.tally.count_ports(PORTS[told.source_port] | PORTS[told.destination_port])
        self.tally.count_kind(told.kind)

    def _read_udp(self, frame: _Frame, packet: Packet) -> Datagram | None:
        """Read a whole UDP datagram, which may be cut by a snaplen."""
        data, at = frame.data, packet.start
        body = at + _UDP_HEADER_BYTES
        if body > len(data) or body > packet.end:
            return None
        source_port, destination_port, size = UDP_HEADER.unpack_from(data, at)
        room = packet.end - at
        length_holds = _UDP_HEADER_BYTES <= size <= room
        # Offload leaves the UDP length 0, or that of a part: the IP header's is then the better one.
        wire_bytes = (size if length_holds else room) - _UDP_HEADER_BYTES
        payload = data[body : body + wire_bytes]
        ports = PORTS[source_port] | PORTS[destination_port]
        kind = classify(payload, wire_bytes, ports, length_holds=length_holds)
        self.tally.count_ports(ports)
        self.tally.count_kind(kind)
        if kind is Kind.FOREIGN and not ports:
            self.tally.others += 1
        if kind not in (Kind.ISAKMP, Kind.MARKED):
            if kind is Kind.ESP and ports & ON_4500:
                self.on_esp(frame.number, frame.time_ns, packet, data, body)
            if kind is Kind.FOREIGN and PORTS[destination_port] & ON_VXLAN:
                frame.kind, frame.at = _enter_vxlan(data, body)
                frame.end = packet.end
            return None
        if len(payload) < wire_bytes:
            self.tally.truncated_frames += 1
        marked = MARKER_BYTES if kind is Kind.MARKED else 0
        return Datagram(
            frame=frame.number,
            time_ns=frame.time_ns,
            source=packet.source,
            source_port=source_port,
            destination=packet.destination,
            destination_port=destination_port,
            data=payload[marked:],
            wire_bytes=wire_bytes - marked,
            marker=bool(marked),
            ttl=packet.ttl,
            ip_id=packet.ip_id,
            fragment_frames=frame.frames,
        )


def _enter_tunnel(data: bytes, packet: Packet) -> Place:
    """What is inside an IP packet that is a tunnel's, and where."""
    if packet.protocol == GRE:
        return read_gre(data, packet.start)
    if packet.protocol == IPV4_IN_IP:
        return IPV4, packet.start
    return (IPV6, packet.start) if packet.protocol == IPV6_IN_IP else NOTHING


def _enter_vxlan(data: bytes, at: int) -> Place:
    """The Ethernet frame after a VXLAN header (RFC 7348 §5)."""
    if at >= len(data) or not data[at] & _VXLAN_VALID:
        return NOTHING
    return ETHERNET, at + _VXLAN_HEADER_BYTES

"""What single frames hold, for those that hold no ISAKMP message: the answer to "then what is it?"."""

import os
from collections.abc import Iterable, Sequence
from ipaddress import ip_address
from typing import Final

from ikepcap.capture.decode import Decoder, Item
from ikepcap.capture.ip import ESP, ICMP, ICMPV6, UDP, Packet, read_packet
from ikepcap.capture.link import LINKS, to_network
from ikepcap.capture.reader import Capture
from ikepcap.capture.udp import PORTS, UDP_HEADER, Kind, classify

_UDP_HEADER_BYTES: Final = 8
_PROTOCOLS: Final[dict[int, str]] = {ESP: "ESP", ICMP: "ICMP", ICMPV6: "ICMPv6", 6: "TCP", 51: "AH"}
_KINDS: Final[dict[Kind, str]] = {
    Kind.ISAKMP: "an ISAKMP message",
    Kind.MARKED: "an ISAKMP message",
    Kind.ESP: "ESP in UDP",
    Kind.KEEPALIVE: "a NAT keepalive",
    Kind.JUNK: "a datagram on an IKE port that is no ISAKMP message",
    Kind.CUT: "the beginning of a datagram on an IKE port, too short to tell what it is",
}


def look(paths: Sequence[str | os.PathLike[str]], numbers: Iterable[int]) -> tuple[dict[int, str], int]:
    """Return what some frames hold, in words, and how many frames there are; those beyond hold nothing.

    Args:
        paths: as for `Capture`, all of them files: they are read from the beginning.
        numbers: of the frames, in the run.

    Raises:
        CaptureError: an input cannot be read as a capture at all.
    """
    wanted = frozenset(numbers)
    found: dict[int, str] = {}

    class Looker(Decoder):
        def decode(
            self, number: int, time_ns: int, link: int, data: bytes, wire_bytes: int
        ) -> Sequence[Item]:
            if number in wanted:
                found[number] = _described(link, data, wire_bytes)
            return super().decode(number, time_ns, link, data, wire_bytes)

    capture = Capture(paths, decoder=Looker)
    for _ in capture:
        pass
    frames = capture.facts.frames
    unknown = "a link layer that is not known here"
    return {number: found.get(number, unknown) for number in wanted if number <= frames}, frames


def _described(link: int, data: bytes, wire_bytes: int) -> str:
    """Return the outermost packet of a frame in words."""
    kind, at = to_network(data, *LINKS[link](data))
    packet = read_packet(data, at, max(wire_bytes, len(data))) if kind else None
    if packet is None:
        return "no IP packet"
    between = f"from {ip_address(packet.source)} to {ip_address(packet.destination)}"
    if packet.is_fragment:
        return f"an IP fragment {between}"
    if packet.protocol != UDP:
        return f"{_PROTOCOLS.get(packet.protocol, f'IP protocol {packet.protocol}')} {between}"
    return f"{_datagram(data, packet)} {between}"


def _datagram(data: bytes, packet: Packet) -> str:
    body = packet.start + _UDP_HEADER_BYTES
    if body > len(data):
        return "a cut UDP datagram"
    source, destination, _ = UDP_HEADER.unpack_from(data, packet.start)
    ports = PORTS[source] | PORTS[destination]
    kind = classify(data[body : packet.end], packet.end - body, ports)
    return _KINDS.get(kind, f"UDP port {source} to {destination}")

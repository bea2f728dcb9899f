"""Link layers and tunnels, built by Scapy as an independent witness."""

from typing import Any

import pytest
from scapy.contrib.mpls import MPLS
from scapy.layers.inet import IP, UDP, IPOption_NOP, IPOption_RR
from scapy.layers.inet6 import (
    IPv6,
    IPv6ExtHdrDestOpt,
    IPv6ExtHdrHopByHop,
    IPv6ExtHdrRouting,
)
from scapy.layers.ipsec import AH, ESP
from scapy.layers.l2 import GRE, LLC, SNAP, CookedLinux, Dot1AD, Dot1Q, Dot3, Ether, Loopback
from scapy.layers.ppp import HDLC, PPP, PPPoE
from scapy.layers.vxlan import VXLAN
from scapy.packet import Packet, Raw

from ikepcap.capture.datagram import Datagram
from tests.capture.craft import A6, B6, MSG1, SECOND, A, B, enhanced, interface, pcap, read, section

V4 = IP(src="192.0.2.1", dst="198.51.100.2", ttl=61, id=4711)
V6 = IPv6(src="2001:db8::1", dst="2001:db8::2", hlim=61)
TUNNEL = IP(src="203.0.113.1", dst="203.0.113.2")
TUNNEL6 = IPv6(src="2001:db8:f::1", dst="2001:db8:f::2")
MACS = {"src": "02:00:00:00:00:01", "dst": "02:00:00:00:00:02"}
ETHER = Ether(**MACS)
"""With addresses: Scapy would ask the network for those that are missing."""
IKE = UDP(sport=500, dport=500) / Raw(MSG1)
SLL2 = bytes.fromhex("0800 0000 00000003 0001 00 06 0200000000010000")
LLC_SNAP = LLC(dsap=0xAA, ssap=0xAA, ctrl=3) / SNAP(OUI=0, code=0x800)

LINKS: dict[str, tuple[int, Any]] = {
    "ethernet": (1, ETHER / V4 / IKE),
    "ethernet, IPv6": (1, ETHER / V6 / IKE),
    "802.1Q": (1, ETHER / Dot1Q(vlan=7) / V4 / IKE),
    "802.1Q, IPv6": (1, ETHER / Dot1Q(vlan=7) / V6 / IKE),
    "802.1ad": (1, ETHER / Dot1AD(vlan=7) / Dot1Q(vlan=8) / V4 / IKE),
    "QinQ of before 802.1ad": (1, Ether(**MACS, type=0x9100) / Dot1Q(vlan=7) / Dot1Q(vlan=8) / V4 / IKE),
    "SNAP": (1, Dot3(**MACS) / LLC_SNAP / V4 / IKE),
    "PPPoE": (1, ETHER / PPPoE(sessionid=1) / PPP() / V4 / IKE),
    "PPPoE, IPv6, VLAN": (1, ETHER / Dot1Q() / PPPoE(sessionid=1) / PPP() / V6 / IKE),
    "MPLS": (1, Ether(**MACS, type=0x8847) / MPLS(label=16, s=1) / V4 / IKE),
    "MPLS stack, multicast": (1, Ether(**MACS, type=0x8848) / MPLS(s=0) / MPLS(s=1) / V6 / IKE),
    "MPLS pseudowire": (1, Ether(**MACS, type=0x8847) / MPLS(s=1) / Raw(bytes(4)) / ETHER / V4 / IKE),
    "cooked": (113, CookedLinux(proto=0x800) / V4 / IKE),
    "cooked, VLAN": (113, CookedLinux(proto=0x8100) / Dot1Q() / V4 / IKE),
    "cooked, IPv6": (113, CookedLinux(proto=0x86DD) / V6 / IKE),
    "cooked v2": (276, Raw(SLL2) / V4 / IKE),
    "raw 101": (101, V4 / IKE),
    "raw 101, IPv6": (101, V6 / IKE),
    "raw 12": (12, V4 / IKE),
    "raw 14": (14, V4 / IKE),
    "raw IPv4": (228, V4 / IKE),
    "raw IPv6": (229, V6 / IKE),
    "null": (0, Loopback(type=2) / V4 / IKE),
    "null, other order": (0, Raw(bytes((2, 0, 0, 0))) / V4 / IKE),
    **{f"null, AF_INET6 {n}": (0, Raw(n.to_bytes(4, "little")) / V6 / IKE) for n in (10, 23, 24, 28, 30)},
    "loop": (108, Raw(bytes((0, 0, 0, 2))) / V4 / IKE),
    "loop, IPv6": (108, Raw(bytes((0, 0, 0, 24))) / V6 / IKE),
    "PPP": (9, PPP() / V4 / IKE),
    "PPP, HDLC framed": (9, HDLC() / PPP() / V4 / IKE),
    "PPP, compressed protocol": (9, Raw(b"\x21") / V4 / IKE),
    "PPP HDLC": (50, HDLC() / PPP() / V6 / IKE),
    "PPP HDLC, Cisco": (50, Raw(bytes.fromhex("0f000800")) / V4 / IKE),
    "PPPoE as a link": (51, PPPoE(sessionid=1) / PPP() / V4 / IKE),
    "Cisco HDLC": (104, Raw(bytes.fromhex("0f000800")) / V4 / IKE),
    "IPv4 options": (1, ETHER / IP(**{**V4.fields, "options": [IPOption_RR(), IPOption_NOP()]}) / IKE),
    "IPv6 extensions": (
        1,
        ETHER / V6 / IPv6ExtHdrHopByHop() / IPv6ExtHdrDestOpt() / IPv6ExtHdrRouting() / IKE,
    ),
    "AH": (1, ETHER / V4 / AH(nh=17, payloadlen=4, icv=bytes(12), spi=1) / IKE),
    "AH, IPv6": (1, ETHER / V6 / AH(nh=60, payloadlen=4, icv=bytes(12), spi=1) / IPv6ExtHdrDestOpt() / IKE),
    "GRE": (1, ETHER / TUNNEL / GRE() / V4 / IKE),
    "GRE with everything": (
        1,
        ETHER / TUNNEL / GRE(chksum_present=1, key_present=1, seqnum_present=1) / V6 / IKE,
    ),
    "GRE, bridged": (1, ETHER / TUNNEL / GRE(proto=0x6558) / ETHER / Dot1Q() / V4 / IKE),
    "GRE, PPTP": (
        1,
        ETHER / TUNNEL / Raw(bytes.fromhex("3081880b 0070 0001 00000001 00000001")) / PPP() / V4 / IKE,
    ),
    "ERSPAN": (
        1,
        ETHER / TUNNEL / GRE(proto=0x88BE, seqnum_present=1) / Raw(bytes(8)) / ETHER / V4 / IKE,
    ),
    "IP in IP": (1, ETHER / TUNNEL / V4 / IKE),
    "6in4": (1, ETHER / TUNNEL / V6 / IKE),
    "4in6": (1, ETHER / TUNNEL6 / V4 / IKE),
    "6in6": (1, ETHER / TUNNEL6 / V6 / IKE),
    "VXLAN": (1, ETHER / TUNNEL / UDP(sport=50000, dport=4789) / VXLAN(vni=5) / ETHER / V4 / IKE),
    "VXLAN, IPv6, VLAN": (
        1,
        ETHER / TUNNEL6 / UDP(sport=50000, dport=4789) / VXLAN(vni=5) / ETHER / Dot1Q() / V6 / IKE,
    ),
    "GRE in VXLAN": (
        1,
        ETHER / TUNNEL / UDP(dport=4789) / VXLAN() / ETHER / TUNNEL / GRE() / V4 / IKE,
    ),
}
GRE_PROTOCOL = {"GRE, PPTP"}


def octets(name: str) -> tuple[int, bytes]:
    link, packet = LINKS[name]
    packet = packet.copy()
    if name in GRE_PROTOCOL:
        packet[IP].proto = 47
    return link, bytes(packet)


@pytest.mark.parametrize("name", LINKS)
@pytest.mark.parametrize("form", ["pcap <", "pcap >", "pcapng"])
def test_the_datagram_comes_out_of_every_link_and_tunnel(name: str, form: str) -> None:
    """Twice each, since the first record goes the careful way and the next may go the short way."""
    link, frame = octets(name)
    if form == "pcapng":
        content = section() + interface(link) + enhanced(frame, 10**6) * 3
    else:
        content = pcap([(SECOND, frame)] * 3, link, form[-1])
    is_v6 = bytes(A6) + bytes(B6) in frame
    ends = (A6, B6) if is_v6 else (A, B)
    items, facts = read(content)
    assert items == [
        Datagram(n, SECOND, ends[0], 500, ends[1], 500, MSG1, len(MSG1), False, 61, 0 if is_v6 else 4711)
        for n in (1, 2, 3)
    ]
    assert (facts.port_500, facts.not_isakmp, facts.files[0].unread_links) == (3, 0, ())


@pytest.mark.parametrize("name", LINKS)
def test_a_frame_cut_anywhere_yields_nothing_wrong(name: str) -> None:
    link, frame = octets(name)
    content = pcap([(SECOND, frame[:size], len(frame)) for size in range(len(frame))], link)
    items, facts = read(content)
    assert facts.frames == len(frame)
    for item in items:
        assert isinstance(item, Datagram)
        assert item.wire_bytes == len(MSG1)
        assert item.data == MSG1[: len(item.data)]


@pytest.mark.parametrize(
    "packet",
    [
        ETHER / V4 / ESP(spi=1, seq=1, data=bytes(40)),
        ETHER / V6 / ESP(spi=1, seq=1, data=bytes(40)),
        ETHER / V6 / IPv6ExtHdrDestOpt() / ESP(spi=1, seq=1, data=bytes(40)),
        ETHER / Dot1Q() / V4 / ESP(spi=1, seq=1, data=bytes(40)),
        ETHER / TUNNEL / GRE() / V4 / ESP(spi=1, seq=1, data=bytes(40)),
        ETHER / V4 / UDP(sport=4500, dport=4500) / ESP(spi=1, seq=1, data=bytes(40)),
        ETHER / V6 / UDP(sport=61000, dport=4500) / ESP(spi=1, seq=1, data=bytes(400)),
    ],
    ids=lambda packet: packet.summary()[:60] if isinstance(packet, Packet) else None,
)
def test_esp_is_counted_wherever_it_is(packet: Packet) -> None:
    items, facts = read(pcap([(0, bytes(packet))] * 3))
    assert items == []
    assert facts.esp == 3
    assert facts.not_isakmp == 0


def test_tunnels_without_end_are_left() -> None:
    packet = V4 / IKE
    for _ in range(60):
        packet = TUNNEL / packet
    items, facts = read(pcap([(0, bytes(ETHER / packet))] * 2))
    assert items == []
    assert facts.frames == 2

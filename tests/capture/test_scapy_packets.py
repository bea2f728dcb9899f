"""Scapy's packets in place of files, and files as Scapy's packets."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest
from scapy.layers.inet import IP, UDP
from scapy.layers.inet6 import IPv6
from scapy.layers.l2 import ARP, CookedLinux, Ether, Loopback
from scapy.packet import Padding, Raw
from scapy.plist import PacketList
from scapy.sendrecv import AsyncSniffer, sniff
from scapy.utils import PcapReader, rdpcap, wrpcap

import ikepcap
from ikepcap.capture.scapy_packets import ScapyPackets
from ikepcap.capture.write import Frame, Hop, udp_packets
from ikepcap.testing import Play, pcap
from ikepcap.wire import build
from ikepcap.wire.layers import ISAKMP, NatKeepalive, NonEspMarker, VendorId

CAPTURES = Path(__file__).parents[2] / "captures"
WHOLE = sorted(path for path in CAPTURES.glob("*.pcap*") if "cut-file" not in path.name)
ETHER = Ether(src="02:00:00:00:00:01", dst="02:00:00:00:00:02")
IKE = bytes(Play(seed=1).msg1().shots[0].payloads[0])


def without_names(report: ikepcap.Report) -> ikepcap.Report:
    source = msgspec.structs.replace(report.source, name="", files=())
    return msgspec.structs.replace(report, source=source)


@pytest.mark.parametrize("path", WHOLE, ids=lambda path: path.stem)
def test_packets_tell_what_their_file_tells(path: Path) -> None:
    """Times, lengths on the wire, fragments: nothing is lost on the way through Scapy."""
    read = rdpcap(str(path))
    assert list(ikepcap.messages(read)) == list(ikepcap.messages(path))
    assert without_names(ikepcap.analyze(read)) == without_names(ikepcap.analyze(path))


@pytest.mark.parametrize("path", WHOLE[:6], ids=lambda path: path.stem)
def test_packets_in_our_layers_tell_it_too(path: Path) -> None:
    assert list(ikepcap.messages(ikepcap.packets(path))) == list(ikepcap.messages(path))


def test_every_kind_of_iterable_is_taken() -> None:
    path = CAPTURES / "main-psk-established.pcap"
    expected = [c.summary for c in ikepcap.analyze(path).conversations]
    read = rdpcap(str(path))

    def one_by_one() -> Iterator[Any]:
        with PcapReader(str(path)) as reader:
            yield from reader

    for given in (
        read,
        list(read),
        tuple(read),
        PacketList(list(read)),
        one_by_one(),
        sniff(offline=str(path), quiet=True),
    ):
        assert [c.summary for c in ikepcap.conversations(given)] == expected
    report = ikepcap.analyze(read)
    assert (report.source.name, report.source.frames) == ("Scapy packets", len(read))


def test_a_sniffer_is_taken_once_it_has_packets() -> None:
    path = CAPTURES / "main-psk-established.pcap"
    sniffer = AsyncSniffer(offline=str(path), quiet=True)
    with pytest.raises(TypeError, match=r"no packets yet: stop\(\) or join\(\) it first"):
        ikepcap.analyze(sniffer)
    sniffer.start()
    sniffer.join()
    expected = [c.summary for c in ikepcap.analyze(path).conversations]
    assert [c.summary for c in ikepcap.analyze(sniffer).conversations] == expected
    assert [c.summary for c in ikepcap.analyze(sniffer.results).conversations] == expected


def test_packets_are_taken_as_they_are_asked_for() -> None:
    taken = 0

    def endless() -> Iterator[Any]:
        nonlocal taken
        while True:
            taken += 1
            yield ETHER / IP(src="192.0.2.1", dst="192.0.2.2") / UDP(sport=500, dport=500) / Raw(IKE)

    assert next(ikepcap.messages(endless())).message.data == IKE
    assert taken == 1


@pytest.mark.parametrize(
    "below",
    [
        ETHER / IP(),
        IP(),
        ETHER / IPv6(),
        IPv6(),
        CookedLinux() / IP(),
        Loopback() / IP(),
    ],
    ids=lambda packet: "-".join(layer.__name__ for layer in packet.layers()),
)
def test_whatever_is_on_top_the_message_is_found(below: Any) -> None:
    packet = below / UDP(sport=500, dport=500) / Raw(IKE)
    packet.time = 1_700_000_000.123456
    (found,) = ikepcap.messages([packet])
    assert (found.message.data, found.datagram.frame) == (IKE, 1)
    assert found.datagram.time_ns == 1_700_000_000_123_456_000


def test_times_keep_their_nanoseconds(tmp_path: Path) -> None:
    path = tmp_path / "ns.pcap"
    path.write_bytes(pcap(Play(seed=1, start_s=0.123456789).msg1().frames, nanoseconds=True))
    expected = [m.datagram.time_ns for m in ikepcap.messages(path)]
    assert expected[0] % 1000
    assert [m.datagram.time_ns for m in ikepcap.messages(rdpcap(str(path)))] == expected
    assert [m.datagram.time_ns for m in ikepcap.messages(ikepcap.packets(path))] == expected


def test_what_a_message_tells_counts_for_those_that_follow(tmp_path: Path) -> None:
    """Payload 15 is NAT-D between peers of which one showed a vendor ID of NAT traversal."""
    nat_t = build.vendor_id(bytes.fromhex("4a131c81070358455c5728f20e95452f"))
    messages = [
        build.message([one], initiator_cookie=b"initiate") for one in (nat_t, build.raw(15, b"h" * 20))
    ]
    hop = Hop("192.0.2.1", "198.51.100.7")
    frames = [Frame(n, p) for n, data in enumerate(messages) for p in udp_packets(hop, 500, 500, data)]
    path = tmp_path / "draft.pcap"
    path.write_bytes(pcap(frames))
    assert [packet[ISAKMP].payloads[0].name for packet in ikepcap.packets(path)] == [
        "VendorId",
        "NatDiscovery",
    ]


def test_frames_without_ip_are_counted_and_passed() -> None:
    report = ikepcap.analyze([ETHER / ARP(), Raw(b"anything"), ETHER / IP() / UDP(dport=500) / Raw(IKE)])
    assert (report.source.frames, report.source.isakmp_messages) == (3, 1)


def test_edited_packets_are_read_as_they_would_be_sent() -> None:
    path = CAPTURES / "main-psk-established.pcap"
    edited = []
    for packet in ikepcap.packets(path):
        if VendorId in packet:
            del packet[VendorId]
            for layer in (packet[IP], packet[UDP]):
                del layer.len
        edited.append(packet)
    before, after = (next(ikepcap.messages(given)).message for given in (path, edited))
    assert len(after.spans) == len(before.spans) - 1
    assert after.defects == ()


@pytest.mark.parametrize("given", [iter(["a.pcap"]), [Path("a.pcap"), Raw(b"x")], [b"octets"]])
def test_what_is_neither_path_nor_packet_is_refused(given: Any) -> None:
    with pytest.raises(TypeError, match=r"item 1 is a .*, not a Scapy packet"):
        ikepcap.analyze(given)


def test_a_second_iteration_begins_anew() -> None:
    given = ScapyPackets([IP() / UDP(sport=500, dport=500) / Raw(IKE)])
    assert list(given) == list(given)
    assert given.facts.frames == 1


# Files as packets


def test_frames_come_with_all_layers_times_and_lengths(tmp_path: Path) -> None:
    natt = Play(seed=1, nat="initiator").phase1()
    path = tmp_path / "natt.pcap"
    path.write_bytes(pcap(natt.frames))
    found = list(ikepcap.packets(path))
    theirs = rdpcap(str(path))
    assert [(one.time, one.wirelen) for one in found] == [(one.time, one.wirelen) for one in theirs]
    assert [layer.__name__ for layer in found[0].layers()] == ["Ether", "IP", "UDP", "ISAKMP"]
    assert [layer.__name__ for layer in found[-1].layers()][2:] == ["UDP", "NonEspMarker", "ISAKMP"]
    assert found[-1][NonEspMarker].marker == bytes(4)


def test_padding_and_keepalives_stay_what_they_are(tmp_path: Path) -> None:
    ends = {"src": "192.0.2.1", "dst": "192.0.2.2"}
    frames = [
        ETHER / IP(**ends) / UDP(sport=500, dport=500) / Raw(IKE) / Padding(b"\0" * 6),
        ETHER / IP(**ends) / UDP(sport=4500, dport=4500) / Raw(b"\xff") / Padding(b"\0" * 17),
        ETHER / IP(**ends) / UDP(sport=53, dport=5353) / Raw(b"other"),
    ]
    path = tmp_path / "padded.pcap"
    wrpcap(str(path), frames)
    message, keepalive, other = ikepcap.packets(path)
    assert (message[ISAKMP].octets(), message[Padding].load) == (IKE, b"\0" * 6)
    assert keepalive[NatKeepalive].data == b"\xff"
    assert ISAKMP not in other
    for packet, frame in zip((message, keepalive, other), rdpcap(str(path)), strict=True):
        assert bytes(packet) == bytes(frame)


def test_a_frame_that_a_snaplen_cut_says_so(tmp_path: Path) -> None:
    path = tmp_path / "cut.pcap"
    frame = ETHER / IP(src="192.0.2.1", dst="192.0.2.2") / UDP(sport=500, dport=500) / Raw(IKE)
    cut = Ether(bytes(frame)[:90])
    cut.wirelen = len(frame)
    wrpcap(str(path), [cut])
    (packet,) = ikepcap.packets(path)
    assert "truncated" in {defect.fault for defect in packet[ISAKMP].defects}
    assert packet[ISAKMP].wirelen == len(IKE)


def test_files_of_any_link_type_are_walked(tmp_path: Path) -> None:
    path = tmp_path / "unknown.pcap"
    path.write_bytes(pcap(Play(seed=1).msg1().frames, link=1).replace(b"\1\0\0\0", b"\x93\0\0\0", 1))
    header = bytearray(path.read_bytes())
    header[20:24] = (147).to_bytes(4, "little")  # a user's own link type
    path.write_bytes(header)
    assert [type(one) for one in ikepcap.packets(path)] == [Raw]

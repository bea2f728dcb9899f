"""What frames hold that hold no ISAKMP message."""

from pathlib import Path

import pytest

from ikepcap.capture.look import look
from tests.capture.craft import A6, B6, MSG1, ethernet, frames, ike, ipv4, ipv6, udp

ENDS = "from 192.0.2.1 to 198.51.100.2"
KEEPALIVE = ethernet(ipv4(udp(b"\xff", 4500, 4500)))
ESP_IN_UDP = ethernet(ipv4(udp(b"\xc0\xff\xee\x01" + bytes(60), 4500, 4500)))


@pytest.mark.parametrize(
    ("frame", "said"),
    [
        (ike(), f"an ISAKMP message {ENDS}"),
        (ethernet(ipv4(bytes(40), 50)), f"ESP {ENDS}"),
        (ethernet(ipv4(bytes(40), 6)), f"TCP {ENDS}"),
        (ethernet(ipv4(bytes(40), 1)), f"ICMP {ENDS}"),
        (ethernet(ipv4(bytes(40), 99)), f"IP protocol 99 {ENDS}"),
        (KEEPALIVE, f"a NAT keepalive {ENDS}"),
        (ESP_IN_UDP, f"ESP in UDP {ENDS}"),
        (ethernet(ipv4(udp(b"short"))), f"a datagram on an IKE port that is no ISAKMP message {ENDS}"),
        (ethernet(ipv4(udp(b"query", 4242, 53))), f"UDP port 4242 to 53 {ENDS}"),
        (ethernet(ipv6(udp(b"query", 4242, 53), ends=(A6, B6)), 0x86DD),
         "UDP port 4242 to 53 from 2001:db8::1 to 2001:db8::2"),
        (ethernet(ipv4(udp(b"query"))[:22]), f"a cut UDP datagram {ENDS}"),
        (ethernet(bytes(40), 0x0806), "no IP packet"),
        (ethernet(b"\x45"), "no IP packet"),
        (b"", "no IP packet"),
    ],
)  # fmt: skip
def test_a_frame_is_said_in_words(tmp_path: Path, frame: bytes, said: str) -> None:
    path = tmp_path / "x.pcap"
    path.write_bytes(frames(ike(), frame, ike()))
    assert look([path], [2]) == ({2: said}, 3)


def test_frames_are_counted_through_all_files_and_those_beyond_are_left_out(tmp_path: Path) -> None:
    one, two = tmp_path / "1.pcap", tmp_path / "2.pcap"
    one.write_bytes(frames(ike()))
    two.write_bytes(frames(KEEPALIVE))
    assert look([one, two], [2, 3, 99]) == ({2: f"a NAT keepalive {ENDS}"}, 2)


def test_a_link_layer_that_nobody_reads_is_said(tmp_path: Path) -> None:
    path = tmp_path / "x.pcap"
    path.write_bytes(frames(MSG1, link=147))
    assert look([path], [1]) == ({1: "a link layer that is not known here"}, 1)

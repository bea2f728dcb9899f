"""ICMP errors about IKE: who says that a datagram did not arrive."""

import struct

import pytest
from scapy.layers.inet import ICMP, IP
from scapy.layers.inet6 import ICMPv6DestUnreach, IPv6
from scapy.packet import Raw

from ikepcap.capture.datagram import IcmpError
from tests.capture.craft import A6, B6, MSG1, SECOND, A, B, ethernet, frames, ipv4, ipv6, read, udp

ROUTER = bytes((203, 0, 113, 9))
ROUTER6 = bytes.fromhex("20010db8000000000000000000000009")


def error(quote: bytes, kind: int = 3, code: int = 3, rest: bytes = bytes(4)) -> bytes:
    """A frame with an ICMP error."""
    return ethernet(ipv4(struct.pack(">BBH", kind, code, 0) + rest + quote, 1, ends=(ROUTER, A)))


def error6(quote: bytes, kind: int = 1, code: int = 4, rest: bytes = bytes(4)) -> bytes:
    data = struct.pack(">BBH", kind, code, 0) + rest + quote
    return ethernet(ipv6(data, 58, ends=(ROUTER6, A6)), 0x86DD)


@pytest.mark.parametrize(("kind", "code"), [(3, 3), (3, 4), (3, 13), (11, 0), (11, 1), (12, 0)])
def test_an_error_names_its_reporter_and_the_datagram(kind: int, code: int) -> None:
    items, _ = read(frames(error(ipv4(udp(MSG1)), kind, code)))
    assert items == [IcmpError(1, SECOND, ROUTER, 4, kind, code, A, 500, B, 500, MSG1)]


@pytest.mark.parametrize(("kind", "code"), [(1, 4), (2, 0), (3, 0), (4, 1)])
def test_an_icmpv6_error_names_its_reporter_and_the_datagram(kind: int, code: int) -> None:
    # Packet too big has an MTU, and parameter problem a pointer, where others have the length of the quote.
    items, _ = read(frames(error6(ipv6(udp(MSG1)), kind, code, struct.pack(">I", 1280 if kind == 2 else 0))))
    assert items == [IcmpError(1, SECOND, ROUTER6, 6, kind, code, A6, 500, B6, 500, MSG1)]


@pytest.mark.parametrize("there", [8, 9, 12, 28, 64])
def test_a_short_quote_still_has_the_ports(there: int) -> None:
    """RFC 792 asks for no more than 8 octets of what is quoted."""
    quote = ipv4(udp(bytes(4) + MSG1, 4500, 61000))
    items, _ = read(frames(error(quote[: 20 + there])))
    data = (bytes(4) + MSG1)[: there - 8]
    assert items == [
        IcmpError(1, SECOND, ROUTER, 4, 3, 3, A, 4500, B, 61000, data[4:] if len(data) >= 4 else data)
    ]


def test_on_other_ports_a_header_that_fits_says_that_it_is_ike() -> None:
    """As it does for the datagram itself: a peer in a laboratory may be on any port."""
    items, _ = read(frames(error(ipv4(udp(MSG1, 40_000, 5500)))))
    assert items == [IcmpError(1, SECOND, ROUTER, 4, 3, 3, A, 40_000, B, 5500, MSG1)]


def test_an_extension_after_the_quote_is_no_part_of_it() -> None:
    """RFC 4884: the quote is padded to 128 octets, and its length is given in words."""
    quote = ipv4(udp(MSG1 + bytes(300)))[:128]
    frame = error(quote + bytes.fromhex("2000dead") + bytes(40), rest=bytes((0, 32, 0, 0)))
    ((item,), _) = read(frames(frame))
    assert isinstance(item, IcmpError)
    assert item.data == (MSG1 + bytes(300))[:100]


@pytest.mark.parametrize(
    "frame",
    [
        error(ipv4(udp(MSG1)), kind=8),
        error(ipv4(udp(MSG1)), kind=5),
        error(ipv4(udp(b"\x01" * 40, 53, 53))),
        error(ipv4(udp(MSG1, 5500, 5500))[:55]),
        error(ipv4(bytes(40), 6)),
        error(ipv4(udp(b"\x01" * 40, 4500, 4500))),
        error(ipv4(udp(b"\xff", 4500, 4500))),
        error(ipv4(udp(MSG1), offset=800)),
        error(ipv4(udp(MSG1))[:27]),
        error(b""),
        error(ipv4(udp(MSG1)))[:40],
        ethernet(ipv4(b"\3\3", 1)),
        ethernet(ipv4(error6(ipv6(udp(MSG1)))[54:], 58)),
    ],
    ids=[
        "echo",
        "redirect",
        "other ports",
        "other ports and no whole header",
        "tcp",
        "esp",
        "keepalive",
        "later fragment",
        "cut before the ports",
        "no quote",
        "cut",
        "runt",
        "icmpv6 in ipv4",
    ],
)
def test_other_icmp_messages_say_nothing_of_ike(frame: bytes) -> None:
    items, facts = read(frames(frame))
    assert items == []
    assert (facts.port_500, facts.esp) == (0, 0)


def test_a_first_fragment_is_quoted_when_reassembly_took_too_long() -> None:
    quote = ipv4(udp(MSG1 * 20, size=8 + 20 * len(MSG1))[:800], more=True)
    ((item,), _) = read(frames(error(quote[:220], 11, 1)))
    assert isinstance(item, IcmpError)
    assert (item.kind, item.code, item.data) == (11, 1, (MSG1 * 20)[:192])


def test_errors_built_by_scapy_are_read() -> None:
    v4 = IP(src="203.0.113.9", dst="192.0.2.1") / ICMP(type=3, code=1) / Raw(ipv4(udp(MSG1)))
    v6 = IPv6(src="2001:db8::9", dst="2001:db8::1") / ICMPv6DestUnreach(code=4) / Raw(ipv6(udp(MSG1)))
    items, _ = read(frames(ethernet(bytes(v4)), ethernet(bytes(v6), 0x86DD)))
    assert [(item.reporter, item.data) for item in items if isinstance(item, IcmpError)] == [
        (ROUTER, MSG1),
        (ROUTER6, MSG1),
    ]

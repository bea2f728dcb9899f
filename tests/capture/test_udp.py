"""What a UDP datagram is taken for, by its ports and by its octets."""

import struct

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ikepcap.capture.datagram import Datagram
from ikepcap.capture.udp import IKE_PORTS, PORTS, Kind, classify
from tests.capture.craft import MSG1, frames, ike, isakmp, payload, read

MARKER = bytes(4)
ESP = b"\x00\x11\x22\x33\0\0\0\1" + bytes(range(1, 100))
SEALED = isakmp(bytes(range(64)), following=8, rcookie=9, flags=1, exchange=32, message_id=77)
V2_INIT = isakmp(payload(0, bytes(60)), following=33, version=0x20, exchange=34, flags=8)
V2_AUTH = isakmp(payload(0, bytes(60)), 46, version=0x20, exchange=35, flags=8, rcookie=5, message_id=1)


@pytest.mark.parametrize(
    ("ports", "data", "kind"),
    [
        ((500, 500), MSG1, Kind.ISAKMP),
        ((500, 61000), MSG1, Kind.ISAKMP),
        ((61000, 500), V2_INIT, Kind.ISAKMP),
        ((848, 848), MSG1, Kind.ISAKMP),
        ((500, 500), b"\x55" * 28, Kind.ISAKMP),
        ((500, 500), b"\x55" * 27, Kind.JUNK),
        ((500, 500), b"", Kind.JUNK),
        ((500, 500), b"\xff", Kind.KEEPALIVE),
        ((4500, 61000), b"\xff", Kind.KEEPALIVE),
        ((500, 500), MARKER + MSG1, Kind.MARKED),
        ((500, 500), bytes(8) + ESP, Kind.ESP),
        ((500, 500), isakmp(payload(0, bytes(9)), icookie=0), Kind.ISAKMP),
        ((4500, 4500), MARKER + MSG1, Kind.MARKED),
        ((4500, 500), MARKER + MSG1, Kind.MARKED),
        ((61000, 4500), MARKER + b"\x55" * 28, Kind.MARKED),
        ((61000, 4500), MARKER + b"\x55" * 27, Kind.JUNK),
        ((4500, 4500), MSG1, Kind.ISAKMP),
        ((4500, 4500), V2_AUTH, Kind.ISAKMP),
        ((4500, 4500), SEALED, Kind.ISAKMP),
        ((4500, 4500), MSG1 + b"x", Kind.ESP),
        ((4500, 4500), isakmp(exchange=9), Kind.ESP),
        ((4500, 4500), isakmp(version=0x30), Kind.ESP),
        ((4500, 4500), ESP, Kind.ESP),
        ((4500, 4500), ESP[:9], Kind.ESP),
        ((4500, 4500), ESP[:7], Kind.JUNK),
        ((5000, 5001), MSG1, Kind.ISAKMP),
        ((5000, 5001), MARKER + MSG1, Kind.MARKED),
        ((5000, 5001), SEALED, Kind.ISAKMP),
        ((5000, 5001), MARKER + SEALED, Kind.MARKED),
        ((5000, 5001), V2_INIT, Kind.ISAKMP),
        ((5000, 5001), V2_AUTH, Kind.ISAKMP),
        ((5000, 5001), b"\xff", Kind.FOREIGN),
        ((5000, 5001), ESP, Kind.FOREIGN),
    ],
)
def test_ports_and_octets_say_what_it_is(ports: tuple[int, int], data: bytes, kind: Kind) -> None:
    assert classify(data, len(data), PORTS[ports[0]] | PORTS[ports[1]]) is kind


@pytest.mark.parametrize(
    "data",
    [
        isakmp(icookie=0),
        isakmp(payload(0, bytes(8)), version=0x11),
        isakmp(payload(0, bytes(8)), version=0x21, exchange=34, following=33, flags=8),
        isakmp(payload(0, bytes(8)), exchange=3),
        isakmp(payload(0, bytes(8)), exchange=9),
        isakmp(payload(0, bytes(8)), flags=8),
        isakmp(payload(0, bytes(8)), flags=1),
        isakmp(payload(0, bytes(8)), message_id=1),
        isakmp(payload(0, bytes(8)), length=41),
        isakmp(payload(0, bytes(8)), following=0),
        isakmp(payload(0, bytes(8)), following=99),
        isakmp(payload(0, bytes(8)) + b"x"),
        isakmp(payload(1, bytes(8))),
        isakmp(),
        isakmp(payload(0, bytes(8)), following=8, exchange=32, rcookie=1, message_id=5),
        isakmp(bytes(64), following=8, exchange=32, flags=1, rcookie=1),
        isakmp(bytes(64), following=8, exchange=32, flags=1, message_id=5),
        isakmp(bytes(63), following=8, exchange=32, flags=1, rcookie=1, message_id=5),
        isakmp(bytes(64), following=5, exchange=32, flags=1, rcookie=1, message_id=5),
        isakmp(payload(0, bytes(8)), following=11, exchange=5),
        isakmp(payload(0, bytes(8)), following=46, version=0x20, exchange=35, flags=8),
        isakmp(payload(0, bytes(8)), following=33, version=0x20, exchange=34, flags=0),
        isakmp(payload(0, bytes(8)), following=33, version=0x20, exchange=34, flags=9),
    ],
)
def test_on_other_ports_one_flaw_is_enough(data: bytes) -> None:
    assert classify(data, len(data), 0) is Kind.FOREIGN


def test_on_other_ports_nothing_is_proved_by_a_part_or_by_a_senseless_length() -> None:
    assert classify(MSG1[:-1], len(MSG1), 0) is Kind.FOREIGN
    assert classify(MSG1, len(MSG1), 0, length_holds=False) is Kind.FOREIGN


def test_a_cut_datagram_is_called_cut_only_where_it_may_be_isakmp() -> None:
    assert classify(MSG1[:27], len(MSG1), PORTS[500]) is Kind.CUT
    assert classify(MARKER + MSG1[:27], len(MSG1) + 4, PORTS[4500]) is Kind.CUT
    assert classify(ESP[:20], len(ESP), PORTS[4500]) is Kind.ESP
    assert classify(b"", 1, PORTS[4500]) is Kind.KEEPALIVE


@settings(max_examples=1000)
@given(data=st.binary(min_size=28, max_size=120), marked=st.booleans())
def test_random_octets_on_other_ports_are_never_isakmp(data: bytes, marked: bool) -> None:
    data = MARKER + data if marked else data
    assert classify(data, len(data), 0) is Kind.FOREIGN


@settings(max_examples=1000)
@given(
    words=st.lists(
        st.sampled_from([0, 1, 2, 16, 32, 0x10, 0x1000, 0x0110, 0xFFFF, 28, 40, 100, 0x0800]),
        min_size=14,
        max_size=60,
    )
)
def test_structured_octets_on_other_ports_are_never_isakmp(words: list[int]) -> None:
    """Small numbers in network order, as the headers of DNS, RTP, SNMP, SIP, QUIC and games are made of."""
    data = struct.pack(f">{len(words)}H", *words)
    assert classify(data, len(data), 0) is Kind.FOREIGN


PROTOCOLS = {
    "dns": bytes.fromhex("1234010000010000000000000377777707657861 6d706c6503636f6d0000010001"),
    "rtp": bytes.fromhex("8000 1234 00000140 deadbeef") + bytes(160),
    "ntp": bytes.fromhex("1b0000000000000000000000") + bytes(36),
    "snmp": bytes.fromhex("302902010004067075626c6963a01c0204") + bytes(26),
    "quic": bytes.fromhex("c000000001088394c8f03e5157080000449e") + bytes(1180),
    "radius": bytes.fromhex("01100040") + bytes(60),
    "tftp": b"\0\1" + b"file\0octet\0" + bytes(28),
    "zeros": bytes(1400),
    "length first": struct.pack(">I", 64) * 16,
}


@pytest.mark.parametrize("name", PROTOCOLS)
def test_ordinary_protocols_are_not_isakmp(name: str) -> None:
    data = PROTOCOLS[name]
    assert classify(data, len(data), 0) is Kind.FOREIGN


def test_every_port_of_ours_is_in_the_table_and_no_other() -> None:
    assert [port for port in range(65536) if PORTS[port] & IKE_PORTS] == [500, 848, 4500]
    assert [port for port in range(65536) if PORTS[port] and not PORTS[port] & IKE_PORTS] == [4789]


def test_the_facts_count_what_was_passed_over() -> None:
    contents = [
        ike(),
        ike(b"\xff", 4500, 61000),
        ike(b"\xff"),
        ike(b"short"),
        ike(ESP, 61000, 4500),
        ike(MARKER + MSG1, 4500, 4500),
        ike(MARKER + b"short", 4500, 4500),
        ike(MSG1, 848, 848),
        ike(b"x" * 100, 53, 53),
        ike(MSG1, 5000, 5001),
    ]
    items, facts = read(frames(*contents))
    assert [(item.frame, item.marker) for item in items if isinstance(item, Datagram)] == [
        (1, False),
        (6, True),
        (8, False),
        (10, False),
    ]
    assert (facts.port_500, facts.port_4500) == (3, 4)
    assert (facts.nat_keepalive, facts.not_isakmp, facts.esp) == (2, 2, 1)

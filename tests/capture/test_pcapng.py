"""pcapng: sections, interfaces, clocks, block kinds, and every way to end too early."""

import struct

import pytest

from ikepcap.capture.datagram import Datagram
from tests.capture.craft import (
    MSG1,
    SECOND,
    block,
    datagrams,
    enhanced,
    ethernet,
    ike,
    interface,
    ipv4,
    read,
    section,
    udp,
)

MICRO = 10**6


@pytest.mark.parametrize("order", ["<", ">"])
@pytest.mark.parametrize(
    ("options", "per_second"),
    [
        ([], 10**6),
        ([(9, b"\x06")], 10**6),
        ([(9, b"\x09")], 10**9),
        ([(9, b"\x00")], 1),
        ([(9, b"\x0c")], 10**12),
        ([(9, b"\x86")], 2**6),
        ([(9, b"\x94")], 2**20),
        ([(2, b"eth0"), (9, b"\x03")], 10**3),
    ],
)
def test_the_clock_of_an_interface_is_that_of_its_resolution(
    order: str, options: list[tuple[int, bytes]], per_second: int
) -> None:
    """Decimal and binary resolutions, coarser and finer than a nanosecond."""
    content = section(order) + interface(order=order, options=options)
    content += b"".join(enhanced(ike(), 1_700_000 * per_second + n * per_second, order=order) for n in (0, 1))
    assert [d.time_ns for d in datagrams(content)] == [1_700_000 * SECOND, 1_700_001 * SECOND]


@pytest.mark.parametrize("offset_s", [5, -5])
def test_the_offset_of_a_clock_is_added(offset_s: int) -> None:
    content = section() + interface(options=[(14, struct.pack("<q", offset_s))])
    content += enhanced(ike(), 100 * MICRO) * 2
    assert [d.time_ns for d in datagrams(content)] == [(100 + offset_s) * SECOND] * 2


def test_a_clock_beyond_all_bounds_stays_within_64_bits() -> None:
    content = section() + interface(options=[(9, b"\x00")]) + enhanced(ike(), (1 << 64) - 1) * 3
    assert [d.time_ns for d in datagrams(content)] == [(1 << 63) - 1] * 3


def test_sections_have_their_own_order_and_interfaces() -> None:
    content = b""
    for number, (order, link) in enumerate([("<", 1), (">", 101), ("<", 101), (">", 1)]):
        frame = ike() if link == 1 else ike()[14:]
        content += section(order) + interface(link, order)
        content += enhanced(frame, (number + 1) * MICRO, order=order) * 2
    items, facts = read(content)
    assert [(d.frame, d.time_ns) for d in items if isinstance(d, Datagram)] == [
        (n + 1, (n // 2 + 1) * SECOND) for n in range(8)
    ]
    assert facts.files[0].cut is None


def test_interfaces_of_different_links_and_clocks_share_a_file() -> None:
    content = section() + interface(1) + interface(101, options=[(9, b"\x09")]) + interface(147)
    for _ in range(2):
        content += enhanced(ike(), MICRO) + enhanced(ike()[14:], SECOND, 1) + enhanced(b"what", MICRO, 2)
    items, facts = read(content)
    assert [(d.frame, d.time_ns) for d in items if isinstance(d, Datagram)] == [
        (1, SECOND),
        (2, SECOND),
        (4, SECOND),
        (5, SECOND),
    ]
    assert facts.files[0].unread_links == ((147, 2),)


def test_two_interfaces_alike_are_read_alike() -> None:
    content = section() + interface() + interface()
    content += b"".join(enhanced(ike(), n * MICRO, n % 2) for n in range(6))
    assert [d.time_ns for d in datagrams(content)] == [n * SECOND for n in range(6)]


def test_simple_and_obsolete_packet_blocks_are_read() -> None:
    frame = ike()
    obsolete = struct.pack("<HHIIII", 0, 0, 0, 7 * MICRO, len(frame), len(frame)) + frame
    content = section() + interface() + block(2, obsolete) + block(3, struct.pack("<I", len(frame)) + frame)
    assert [(d.frame, d.time_ns, d.data) for d in datagrams(content)] == [
        (1, 7 * SECOND, MSG1),
        (2, 7 * SECOND, MSG1),
    ]


def test_a_simple_packet_has_the_time_of_the_packet_before_it() -> None:
    """It has none of its own; what came before may have gone the short way."""
    simple = block(3, struct.pack("<I", len(ike())) + ike())
    content = section() + interface() + b"".join(enhanced(ike(), n * MICRO) for n in (1, 2, 3)) + simple
    assert [d.time_ns // SECOND for d in datagrams(content)] == [1, 2, 3, 3]


def test_a_simple_packet_is_cut_where_its_interface_says() -> None:
    frame = ike()
    content = section() + interface(snaplen=100) + block(3, struct.pack("<I", len(frame)) + frame[:100])
    (found,) = datagrams(content)
    assert (found.data, found.wire_bytes) == (MSG1[:58], len(MSG1))


def test_other_blocks_are_passed_over_whatever_their_size() -> None:
    """Name resolution, decryption secrets, custom blocks: larger than the buffer as well."""
    packets = section() + interface()
    for size in (0, 4, 400, 600_000, 3_000_000):
        packets += enhanced(ike(), size) + block(0xBAD, bytes(size)) + block(5, bytes(12))
    items, facts = read(packets)
    assert [d.frame for d in items if isinstance(d, Datagram)] == [1, 2, 3, 4, 5]
    assert facts.files[0].last_ns == 3_000_000_000
    assert facts.files[0].cut is None


def test_the_last_time_is_that_of_the_last_packet_though_other_blocks_follow() -> None:
    other = ethernet(ipv4(bytes(40), 6))
    packets = [enhanced(other, n * MICRO) for n in range(5)]
    content = section() + interface() + b"".join(packets) + block(5, bytes(12)) + block(4, bytes(4))
    _, facts = read(content)
    assert (facts.files[0].first_ns, facts.files[0].last_ns) == (0, 4 * SECOND)


def test_a_section_header_larger_than_the_buffer_begins_a_section() -> None:
    """Its options may say at length which machine wrote it."""
    header = bytearray(section(">") + bytes(700_000))
    header[4:8] = struct.pack(">I", len(header))
    content = section() + interface() + enhanced(ike(), 0) + bytes(header)
    items, facts = read(content + interface(order=">") + enhanced(ike(), MICRO, order=">") * 2)
    assert [item.time_ns for item in items if isinstance(item, Datagram)] == [0, SECOND, SECOND]
    assert facts.files[0].cut is None


def test_options_after_the_frame_are_no_part_of_it() -> None:
    comment = struct.pack("<HH", 1, 8) + b"a commnt" + bytes(4)
    content = section() + interface() + enhanced(ike(), 0, options=comment) * 3
    assert [d.data for d in datagrams(content)] == [MSG1] * 3


def test_a_capture_cut_at_any_byte_is_read_as_far_as_it_goes() -> None:
    parts = [section(), interface(), enhanced(ike(), 0), block(4, bytes(4)), enhanced(ike(), 0)]
    parts += [enhanced(ethernet(ipv4(bytes(40), 6)), 0), enhanced(ethernet(ipv4(bytes(40), 50)), 0)]
    whole = b"".join(parts)
    packets = (2, 4, 5, 6)
    ends = [sum(len(part) for part in parts[: n + 1]) for n in range(len(parts))]
    for size in range(4, len(whole)):
        items, facts = read(whole[:size])
        complete = sum(1 for n in packets if ends[n] <= size)
        assert facts.frames == complete
        assert len(items) == min(complete, 2)
        assert facts.esp == 0
        assert (facts.files[0].cut is None) == (size in ends)


@pytest.mark.parametrize("there", [12, 400, 599_000])
def test_a_cut_in_a_block_that_is_passed_over_is_a_cut(there: int) -> None:
    content = section() + interface() + enhanced(ike(), MICRO) + block(0xBAD, bytes(600_000))[:there]
    items, facts = read(content)
    assert len(items) == 1
    assert facts.files[0].last_ns == SECOND
    assert facts.files[0].cut == (
        f"after frame 1, at byte {len(content)}: "
        f"the file ends {600_012 - there} octets before the end of a block"
    )


@pytest.mark.parametrize("size", [0, 4, 8, 16, 31, 524_300, 1 << 30, 0xFFFFFFFF])
def test_a_block_length_that_cannot_be_ends_the_reading(size: int) -> None:
    """Zero would be read for ever; a gigabyte would hide everything after it."""
    good = section() + interface() + enhanced(ike(), MICRO) * 2
    bad = bytearray(enhanced(ethernet(ipv4(bytes(40), 6)), MICRO))
    bad[4:8] = struct.pack("<I", size)
    items, facts = read(good + bytes(bad) + bytes(1_000_000))
    assert len(items) == 2
    assert facts.frames == 2
    assert facts.files[0].cut is not None
    assert facts.files[0].cut.startswith(f"after frame 2, at byte {len(good)}: a ")


def test_a_captured_length_beyond_its_block_is_held_to_the_block() -> None:
    frame = ike()
    bad = bytearray(enhanced(frame, MICRO))
    bad[20:24] = struct.pack("<I", 5000)
    good = enhanced(frame, MICRO)
    content = section() + interface() + good + bytes(bad) + good
    assert len(datagrams(content)) == 3


def test_a_packet_before_any_interface_ends_the_reading() -> None:
    items, facts = read(section() + enhanced(ike(), 0))
    assert items == []
    assert facts.files[0].cut == "after frame 0, at byte 28: a packet comes before any interface is described"


def test_a_length_without_its_padding_is_rounded_up() -> None:
    """Some writers pad the block and forget the padding in its length."""
    frame = ethernet(ipv4(udp(MSG1 + b"x")))
    odd = bytearray(enhanced(frame, 0))
    odd[4:8] = struct.pack("<I", 32 + len(frame))
    assert len(frame) % 4
    assert len(datagrams(section() + interface() + bytes(odd) * 3)) == 3

"""Classic capture files: every variant of the header, and every way to end too early."""

import struct

import pytest

from ikepcap.capture.datagram import Datagram, FileFacts
from tests.capture.craft import MSG1, SECOND, A, B, datagrams, ethernet, frames, ike, ipv4, pcap, read, udp

WHEN = 1_700_000_000 * SECOND + 123_456_789


@pytest.mark.parametrize("order", ["<", ">"])
@pytest.mark.parametrize(
    ("magic", "unit_ns", "extra"),
    [(0xA1B2C3D4, 1000, b""), (0xA1B23C4D, 1, b""), (0xA1B2CD34, 1000, bytes(8))],
    ids=["micro", "nano", "modified"],
)
@pytest.mark.parametrize("count", [1, 3])
def test_every_header_gives_the_same_datagrams(
    order: str, magic: int, unit_ns: int, extra: bytes, count: int
) -> None:
    """The first record goes the careful way, later ones the short way: both must know the variant."""
    records = [(WHEN + number * SECOND, ike()) for number in range(count)]
    expected = [
        Datagram(
            n + 1, (WHEN + n * SECOND) // unit_ns * unit_ns, A, 500, B, 500, MSG1, len(MSG1), False, 64, 7
        )
        for n in range(count)
    ]
    items, facts = read(pcap(records, order=order, magic=magic, extra=extra))
    assert items == expected
    assert facts.files == (
        FileFacts("0.pcap", count, 1, expected[0].time_ns, expected[-1].time_ns),
    )  # fmt: skip


def test_a_file_header_alone_is_a_valid_capture_of_nothing() -> None:
    items, facts = read(pcap([]))
    assert items == []
    assert facts.files == (FileFacts("0.pcap", 0, 1, None, None),)


def test_the_frame_check_sequence_bits_are_no_part_of_the_link_type() -> None:
    content = bytearray(frames(ike(), ike()))
    content[20:24] = struct.pack("<I", 0x5400_0001)  # four octets of FCS, present
    assert len(datagrams(bytes(content))) == 2


def test_a_capture_cut_at_any_byte_is_read_as_far_as_it_goes() -> None:
    whole = frames(ike(), ike(bytes(4) + MSG1, 4500, 4500), ethernet(ipv4(bytes(40), 6)), ike())
    items, _ = read(whole)
    ends = [24]
    while ends[-1] < len(whole):
        ends.append(ends[-1] + 16 + int(struct.unpack_from("<I", whole, ends[-1] + 8)[0]))
    for size in range(4, len(whole)):
        some, facts = read(whole[:size])
        (file,) = facts.files
        complete = sum(1 for end in ends[1:] if end <= size)
        assert file.frames == complete
        assert some == [item for item in items if isinstance(item, Datagram) and item.frame <= complete]
        if size in ends:
            assert file.cut is None
        else:
            where = max((end for end in ends if end <= size), default=0)
            assert file.cut is not None
            assert file.cut.startswith(f"after frame {complete}, at byte {where}: the file ends")
            assert "\n" not in file.cut


@pytest.mark.parametrize("claimed", [524_273, 0x7FFFFFFF, 0xFFFFFFFF])
@pytest.mark.parametrize("frame", [ethernet(ipv4(bytes(40), 6)), ike(), b"runt"], ids=["tcp", "ike", "runt"])
def test_a_record_that_claims_more_than_any_frame_has_ends_the_reading(claimed: int, frame: bytes) -> None:
    """Nothing is allocated for it, and no gigabyte of other records is taken for its octets."""
    good = frames(ike(), ike())
    bad = struct.pack("<IIII", 3, 0, claimed, claimed) + frame
    items, facts = read(good + bad + bytes(2_000_000))
    assert [item.frame for item in items if isinstance(item, Datagram)] == [1, 2]
    assert facts.frames == 2
    assert facts.files[0].cut == (
        f"after frame 2, at byte {len(good)}: the record claims {claimed} octets, more than any frame has"
    )
    assert facts.files[0].last_ns == 2 * SECOND


def test_records_larger_than_usual_and_across_refills_are_all_read() -> None:
    """Frames of 60 octets to 200 kilooctets, so that records lie across every edge of the buffer."""
    records = []
    for number in range(400):
        filler = ethernet(bytes((number * 7919) % 9000), 0x88B5)
        records += [(number * SECOND, filler), (number * SECOND, ike())]
        if number % 50 == 0:
            records.append((number * SECOND, ethernet(bytes(200_000), 0x88B5)))
    found, facts = read(pcap(records))
    assert len(found) == 400
    assert facts.frames == len(records)
    assert facts.files[0].last_ns == 399 * SECOND
    assert facts.files[0].cut is None


def test_a_runt_is_not_judged_by_the_octets_of_the_next_record() -> None:
    """A frame of 16 octets whose record is followed by what looks like the rest of a datagram."""
    runt = ike()[:16]
    rest = ike()[16:]
    items, facts = read(pcap([(0, ike()), (0, runt), (0, rest), (0, runt[:14])]))
    assert len(items) == 1
    assert (facts.frames, facts.port_500, facts.esp) == (4, 1, 0)


@pytest.mark.parametrize("captured", range(42, 42 + len(MSG1)))
def test_a_snaplen_leaves_the_length_that_was_on_the_wire(captured: int) -> None:
    """A message cut by the capture must never look malformed, and none is made of less than a header."""
    frame = ike()
    assert len(frame) == 42 + len(MSG1)
    first = (0, ethernet(b""))
    items, facts = read(pcap([first, (0, frame[:captured], len(frame))]))
    assert facts.truncated_frames == 1
    if captured < 42 + 28:
        assert items == []
    else:
        assert items == [
            Datagram(2, 0, A, 500, B, 500, MSG1[: captured - 42], len(MSG1), False, 64, 7)
        ]  # fmt: skip


def test_padding_after_the_packet_is_not_taken_for_the_message() -> None:
    message = MSG1[:24] + (28).to_bytes(4)
    (found,) = datagrams(frames(ike(message) + bytes(6)))
    assert (found.data, found.wire_bytes) == (message, 28)


@pytest.mark.parametrize("size", [0, 7, 9999])
def test_a_senseless_udp_length_gives_way_to_that_of_ip(size: int) -> None:
    """Offload writes 0, or the length of the whole send."""
    frame = ethernet(ipv4(udp(MSG1, size=size)))
    assert [(d.data, d.wire_bytes) for d in datagrams(frames(frame, frame))] == [(MSG1, len(MSG1))] * 2


def test_an_ip_length_of_zero_gives_way_to_what_is_there() -> None:
    """A large send captured on the sender (TSO)."""
    frame = ethernet(ipv4(udp(MSG1), total=0))
    assert [(d.data, d.wire_bytes) for d in datagrams(frames(frame, frame))] == [(MSG1, len(MSG1))] * 2

"""The short way and the careful way come to the same, whatever the frames."""

import os
import random
import struct
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from ikepcap.capture.datagram import Datagram
from ikepcap.capture.fragments import LATEST_NS
from ikepcap.capture.reader import Capture
from ikepcap.capture.window import SPACE
from tests.capture.craft import (
    MSG1,
    SECOND,
    Record,
    enhanced,
    ethernet,
    fragment6,
    ike,
    interface,
    ipv4,
    ipv6,
    isakmp,
    pcap,
    read,
    section,
    udp,
)

MARKED = bytes(4) + MSG1
SEALED = b"\x11\x22\x33\x44\0\0\0\1" + bytes(range(200, 250)) * 3
TAG = bytes.fromhex("00070800")
TAG6 = bytes.fromhex("000786dd")
BODIES = [
    (MSG1, 500, 500),
    (MSG1, 61000, 500),
    (MSG1, 848, 848),
    (MSG1, 4500, 4500),
    (MSG1, 5000, 5001),
    (MSG1, 500, 4500),
    (MSG1, 500, 4789),
    (isakmp(), 500, 500),
    (MARKED, 4500, 4500),
    (MARKED, 61000, 4500),
    (MARKED, 500, 500),
    (MARKED, 5000, 5001),
    (MARKED[:32], 4500, 4500),
    (SEALED, 4500, 4500),
    (SEALED[:30], 61000, 4500),
    (SEALED[:12], 61000, 4500),
    (SEALED, 5000, 5001),
    (b"\xff", 4500, 4500),
    (b"\xff", 500, 500),
    (b"", 500, 500),
    (b"\0" * 40, 5000, 53),
    (bytes(8) + SEALED, 500, 500),
]
PACKETS = [
    *(ipv4(udp(*body)) for body in BODIES),
    ipv4(bytes(40), 6),
    ipv4(SEALED, 50),
    ipv4(b"", 50),
    ipv4(udp(MSG1), options=bytes(4)),
    ipv4(udp(MSG1), total=0),
    ipv4(udp(MSG1, size=0)),
    ipv4(udp(SEALED, 4500, 4500, size=9)),
    ipv4(udp(SEALED, 4500, 4500), total=30),
    ipv4(udp(MSG1 * 9)[:400], more=True),
    ipv4(udp(MSG1 * 9)[400:], offset=400),
    ipv4(b"\3\3\0\0\0\0\0\0" + ipv4(udp(MSG1)), 1),
    ipv4(ipv4(udp(MSG1)), 4),
]
PACKETS6 = [
    *(ipv6(udp(*body)) for body in BODIES),
    ipv6(bytes(40), 6),
    ipv6(SEALED, 50),
    ipv6(udp(MSG1, size=0)),
    ipv6(udp(MSG1, size=9)),
    ipv6(udp(MSG1) + bytes(4)),
    fragment6(udp(MSG1), 0, False),
]
FRAMES: dict[int, list[bytes]] = {
    1: [
        *(ethernet(packet) for packet in PACKETS),
        *(ethernet(packet + bytes(6)) for packet in PACKETS),
        *(ethernet(packet, 0x86DD) for packet in PACKETS6),
        *(ethernet(packet + bytes(6), 0x86DD) for packet in PACKETS6),
        *(ethernet(TAG + packet, 0x8100) for packet in PACKETS),
        *(ethernet(TAG6 + packet, 0x8100) for packet in PACKETS6),
        ethernet(bytes(46), 0x0806),
        b"",
        b"\0",
    ],
    0: [struct.pack("<I", 2) + packet for packet in PACKETS]
    + [struct.pack(">I", 2) + packet for packet in PACKETS]
    + [struct.pack("<I", 30) + packet for packet in PACKETS6],
    101: [*PACKETS, *PACKETS6],
    113: [bytes(14) + b"\x08\0" + packet for packet in PACKETS]
    + [bytes(14) + b"\x86\xdd" + packet for packet in PACKETS6]
    + [bytes(14) + b"\x81\0" + TAG + packet for packet in PACKETS],
    276: [b"\x08\0" + bytes(18) + packet for packet in PACKETS]
    + [b"\x81\0" + bytes(18) + TAG + packet for packet in PACKETS],
    9: [b"\0\x21" + packet for packet in PACKETS],
}
Shown = tuple[bytes, int]
"""A frame as far as it is captured, and its length on the wire."""


def files(shown: list[Shown], link: int, start: int = 0) -> list[bytes]:
    """The same frames in every file format that has a short way of its own; `start` is in nanoseconds."""
    records: list[Record] = [(start + SECOND, b"")]
    records.extend((start + 2 * SECOND + n, data, wire) for n, (data, wire) in enumerate(shown))
    forms = [pcap(records, link, order, magic) for order in "<>" for magic in (0xA1B2C3D4, 0xA1B23C4D)]
    forms.append(pcap(records, link, magic=0xA1B2CD34, extra=b"\x08\0\x45\0\x06\x11\x08\0"))
    for order in "<>":
        blocks = b"".join(enhanced(data, n, 0, order) for n, (data, _) in enumerate(shown))
        forms.append(section(order) + interface(link, order) + enhanced(b"", 0, 0, order) + blocks)
    return forms


def assert_alike(content: bytes, *, whole: bool = True) -> None:
    """Whether a frame whose headers are not whole is of others is all that the two need not agree on."""
    items, facts = read(content)
    slow_items, slow_facts = read(content, short=False)
    if not whole:
        facts, slow_facts = replace(facts, others=0), replace(slow_facts, others=0)
    assert (items, facts) == (slow_items, slow_facts)


@pytest.mark.parametrize("link", FRAMES)
def test_both_ways_agree_on_crafted_frames(link: int) -> None:
    for content in files([(frame, len(frame)) for frame in FRAMES[link]], link):
        assert_alike(content)


@pytest.mark.parametrize("link", FRAMES)
def test_both_ways_agree_on_frames_cut_anywhere(link: int) -> None:
    shown = [
        (frame[:size], len(frame)) for frame in FRAMES[link] for size in range(14, min(len(frame), 100), 3)
    ]
    random.Random(link).shuffle(shown)
    for content in (files(shown, link)[0], files(shown, link)[-2]):
        assert_alike(content, whole=False)


@settings(max_examples=150)
@given(link=st.sampled_from(sorted(FRAMES)), form=st.integers(0, 6), data=st.data())
def test_both_ways_agree_on_damaged_frames(link: int, form: int, data: st.DataObject) -> None:
    """Headers with wrong octets, which is where the two could differ."""
    shown = []
    for frame in data.draw(st.lists(st.sampled_from(FRAMES[link]), min_size=1, max_size=8)):
        damaged = bytearray(frame)
        spots = st.tuples(st.integers(0, 90), st.sampled_from([0, 1, 4, 6, 17, 50, 69, 70, 255, 16, 128]))
        for where, value in data.draw(st.lists(spots, max_size=4)):
            if damaged:
                damaged[where % len(damaged)] = value
        size = data.draw(st.integers(0, len(damaged)) | st.just(len(damaged)))
        shown.append((bytes(damaged[:size]), len(damaged)))
    assert_alike(files(shown, link)[form], whole=False)


@settings(max_examples=100)
@given(
    form=st.integers(0, 6),
    where=st.lists(st.tuples(st.integers(0, 5000), st.integers(0, 255)), min_size=1, max_size=5),
)
def test_both_ways_agree_on_damaged_files(form: int, where: list[tuple[int, int]]) -> None:
    """Record headers with wrong octets: both stop at the same place."""
    content = bytearray(files([(frame, len(frame)) for frame in FRAMES[1][:30]], 1)[form])
    for offset, value in where:
        content[24 + offset % (len(content) - 24)] = value
    assert_alike(bytes(content), whole=False)


def test_a_capture_over_many_years_is_read_alike() -> None:
    """The short way knows a time by its highest octet, which changes every 194 days."""
    times = [number * (1 << 24) * SECOND for number in (0, 1, 1, 2, 200, 255, 255, 100)]
    content = pcap([(time, ike()) for time in times])
    items, _ = read(content)
    assert [item.time_ns for item in items if isinstance(item, Datagram)] == times
    assert_alike(content)


def test_no_time_is_later_than_the_latest_while_fragments_wait_for_others() -> None:
    """A pcapng that counts seconds gets beyond 64 bits of nanoseconds; what waits does so up to there."""
    last = LATEST_NS // SECOND
    first = ethernet(ipv4(udp(MSG1)[:48], more=True, ip_id=9))
    blocks = [enhanced(first, last - 1), *(enhanced(ike(), last + late) for late in (0, 1, 2, 60))]
    content = section() + interface(options=[(9, bytes(1))]) + b"".join(blocks)
    items, _ = read(content)
    times = [item.time_ns for item in items if isinstance(item, Datagram)]
    assert times == [last * SECOND, LATEST_NS, LATEST_NS, LATEST_NS]
    assert_alike(content)


def test_both_ways_agree_on_real_captures() -> None:
    """Those in the folder that IKEPCAP_CORPUS names."""
    folder = os.environ.get("IKEPCAP_CORPUS")
    if not folder:
        pytest.skip("IKEPCAP_CORPUS names no folder")
    paths = sorted(path for path in Path(folder).rglob("*") if path.suffix in (".pcap", ".pcapng"))
    assert paths
    for path in paths:
        short, careful = Capture([path]), Capture([path])
        careful._use_short_way = False
        assert list(short) == list(careful), path
        assert short.facts == careful.facts, path


@pytest.mark.parametrize("short", [True, False])
def test_packets_of_others_are_counted_and_nothing_else_is(short: bool) -> None:
    """TCP, and UDP on ports of neither IKE nor VXLAN: what a filter by IKE's ports leaves out."""
    ours = [
        ike(), ike(isakmp(), 848, 848), ike(bytes(4) + isakmp(), 4500, 4500), ike(bytes(8), 4789, 4789),
        ike(MSG1, 5000, 5001), *(ethernet(ipv4(bytes(40), protocol)) for protocol in (1, 50)),
        ethernet(bytes(46), 0x0806),
    ]  # fmt: skip
    theirs = [
        ike(b"x" * 60, 53, 1024),
        ethernet(ipv4(bytes(40), protocol=6)),
        ethernet(ipv6(bytes(40), 6), 0x86DD),
    ]
    _, facts = read(
        pcap([(n, frame) for n, frame in enumerate([*ours, *theirs, *ours, *theirs])]), short=short
    )
    assert facts.others == 2 * len(theirs)
    _, facts = read(pcap([(n, frame) for n, frame in enumerate(ours)]), short=short)
    assert facts.others == 0


@pytest.mark.parametrize("form", range(7))
def test_both_ways_agree_where_records_lie_across_refills(form: int) -> None:
    """What was counted before all of its record was there counts once, or not at all if the rest never is."""
    chance = random.Random(form)
    shown: list[Shown] = []
    for _ in range(900):
        body = chance.randbytes(chance.choice((60, 1400, 8000)))
        packet = chance.choice(
            (
                ipv4(body, 50),
                ipv4(body, 6),
                ipv4(udp(body, 4500, 4500)),
                ipv4(udp(bytes(4) + isakmp(body), 4500, 4500)),
                ipv4(udp(isakmp(body))),
                ipv4(udp(body, 53, 53)),
            )
        )
        frame = ethernet(packet) if chance.random() < 0.8 else ethernet(TAG + packet, 0x8100)
        shown.append((frame, len(frame)))
    content = files(shown, 1)[form]
    assert len(content) > 3 * SPACE
    assert_alike(content)
    for size in chance.sample(range(SPACE, len(content)), 4):
        assert_alike(content[:size])

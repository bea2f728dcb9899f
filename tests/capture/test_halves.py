"""A capture that a child process has passed half of tells the same as one that was read by one process."""

import io
import os
import random
import signal
import struct
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ikepcap.apart import Send
from ikepcap.capture import halves, reader, window
from ikepcap.capture.datagram import CaptureFacts, LostFragments, Packed
from ikepcap.capture.decode import Decoder
from ikepcap.capture.plan import RecordReader
from ikepcap.capture.reader import Capture
from tests.capture.craft import (
    SECOND,
    Item,
    Record,
    block,
    enhanced,
    ethernet,
    ike,
    interface,
    ipv4,
    isakmp,
    pcap,
    section,
    udp,
)
from tests.capture.test_scan import FRAMES, files

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")

NOW = 1_790_000_000 * SECOND
ESP = ethernet(ipv4(bytes(range(1, 200)), 50))
TCP = ethernet(ipv4(bytes(70), 6))
FILLER = [ESP, TCP, ethernet(ipv4(udp(bytes(range(1, 120)), 4500, 4500)))]


class Spy:
    """What became of the second halves."""

    def __init__(self) -> None:
        self.begun = 0
        """Child processes."""
        self.reached: list[int] = []
        """Offset that each of those led to which were believed."""


@pytest.fixture
def spy(monkeypatch: pytest.MonkeyPatch) -> Spy:
    """Make little count as much, whatever the machine has."""
    seen, fork, followed = Spy(), os.fork, halves._followed

    def counted() -> int:
        seen.begun += 1
        return fork()

    def watched(reader: RecordReader, *others: object) -> Iterator[list[Item | Packed]]:
        yield from followed(reader, *others)  # type: ignore[arg-type]  # as they came
        seen.reached.append(reader.window.base + reader.window.pos)

    monkeypatch.setattr(os, "fork", counted)
    monkeypatch.setattr(halves, "_followed", watched)
    monkeypatch.setattr(halves, "WORTH_IT", 1)
    monkeypatch.setattr(window, "READ", 4096)
    monkeypatch.setattr(reader, "is_possible", lambda: True)
    return seen


def told(path: Path, *, second_process: bool) -> tuple[list[Item], CaptureFacts]:
    capture = Capture([path], second_process=second_process)
    return list(capture), capture.facts


def assert_alike(path: Path, content: bytes) -> tuple[list[Item], CaptureFacts]:
    """Read it both ways, and return what it tells."""
    path.write_bytes(content)
    alone = told(path, second_process=False)
    assert told(path, second_process=True) == alone
    return alone


def mixed(seed: int, count: int = 400) -> list[bytes]:
    """Frames of all kinds among those that are passed."""
    chance = random.Random(seed)
    return [chance.choice(FRAMES[1] if chance.random() < 0.2 else FILLER) for _ in range(count)]


@pytest.mark.parametrize("form", range(7))
def test_second_half_is_followed_to_its_end_in_every_format(form: int, tmp_path: Path, spy: Spy) -> None:
    frames = mixed(form)
    content = files([(frame, len(frame)) for frame in frames], 1, NOW)[form]
    items, facts = assert_alike(tmp_path / "x.pcap", content)
    assert facts.frames == 401
    assert facts.esp > 100
    assert len(items) > 10
    assert (spy.begun, spy.reached) == (1, [len(content)])


@pytest.mark.parametrize("link", [0, 101, 113, 276])
def test_other_links_are_followed_too(link: int, tmp_path: Path, spy: Spy) -> None:
    frames = [frame for frame in FRAMES[link] for _ in range(20)]
    content = files([(frame, len(frame)) for frame in frames], link, NOW)[0]
    assert_alike(tmp_path / "x.pcap", content)
    assert spy.reached == [len(content)]


def test_fragments_across_the_middle_are_put_together(tmp_path: Path, spy: Spy) -> None:
    """Fragments are of this process alone: those of the first half wait while the second is passed."""
    long = udp(isakmp(bytes(2000)))
    parts = [ethernet(ipv4(long[:1000], more=True)), ethernet(ipv4(long[1000:], offset=1000))]
    lost = ethernet(ipv4(long[:1000], more=True, ip_id=99))
    frames = [*FILLER * 50, parts[0], lost, *FILLER * 100, parts[1], *FILLER * 50]
    records: list[Record] = [(NOW + number * SECOND // 8, frame) for number, frame in enumerate(frames)]
    content = pcap([*records, (NOW + 500 * SECOND, ike())])
    items, _ = assert_alike(tmp_path / "x.pcap", content)
    assert [type(item) for item in items] == [type(items[0]), LostFragments, type(items[0])]
    assert getattr(items[0], "fragment_frames") == (151, 453)  # noqa: B009 - an item may be of another kind
    assert spy.reached == [len(content)]


@pytest.mark.parametrize("form", [0, 5])
def test_an_end_in_the_middle_of_a_record_is_told_alike(form: int, tmp_path: Path, spy: Spy) -> None:
    frames = mixed(7)
    content = files([(frame, len(frame)) for frame in frames], 1, NOW)[form]
    for cut in range(1, 260, 7):
        _, facts = assert_alike(tmp_path / "x.pcap", content[:-cut])
        assert facts.files[0].frames in (399, 400)
    assert len(spy.reached) == spy.begun


def test_a_corrupt_length_in_the_second_half_is_told_alike(tmp_path: Path, spy: Spy) -> None:
    content = bytearray(pcap([(NOW + number * SECOND, frame) for number, frame in enumerate(FILLER * 120)]))
    at = content.rindex(ESP) - 8
    content[at : at + 4] = struct.pack("<I", 1 << 30)
    _, facts = assert_alike(tmp_path / "x.pcap", bytes(content))
    assert "claims 1073741824 octets" in str(facts.files[0].cut)
    assert spy.reached == [at - 8]


def test_a_block_that_no_file_has_room_for_is_told_alike(tmp_path: Path, spy: Spy) -> None:
    """What lies past the end of the file can be nobody's place to go on."""
    blocks = b"".join(enhanced(frame, number) for number, frame in enumerate(FILLER * 120))
    content = section() + interface() + blocks + struct.pack("<II", 0xBAD, 1 << 20) + bytes(100)
    _, facts = assert_alike(tmp_path / "x.pcapng", content)
    assert "before the end of a block" in str(facts.files[0].cut)
    assert len(spy.reached) == 1


def test_blocks_of_all_kinds_in_the_second_half(tmp_path: Path, spy: Spy) -> None:
    """Interfaces and sections change how what follows is read; simple packets have the time before."""
    first = b"".join(enhanced(frame, number) for number, frame in enumerate(FILLER * 90))
    simple = block(3, struct.pack("<I", len(ike())) + ike())
    second = [
        simple,
        block(0xBAD, bytes(3000)),
        enhanced(ESP, 1 << 33),
        simple,
        interface(101, options=[(9, b"\x09")]),
        *[enhanced(frame[14:], 77, 1) for frame in FILLER * 10],
        enhanced(ike(), 78),
        section(">") + interface(1, ">"),
        *[enhanced(frame, 1 << 34, 0, ">") for frame in [*FILLER, ike()] * 10],
    ]
    content = section() + interface() + first + b"".join(second)
    items, _ = assert_alike(tmp_path / "x.pcapng", content)
    assert len(items) == 13
    assert spy.reached == [len(content)]


def test_simple_packets_have_the_time_of_the_frame_before_them(tmp_path: Path, spy: Spy) -> None:
    """The one that the second half begins with has a time that only the first half knows."""
    simple = block(3, struct.pack("<I", len(ike())) + ike())
    run = [b"".join(enhanced(ESP, 100 * part + n) for n in range(halves.RUN)) for part in range(60)]
    content = section() + interface() + b"".join(part + simple for part in run)
    items, _ = assert_alike(tmp_path / "x.pcapng", content)
    assert len({getattr(item, "time_ns", 0) for item in items}) == 60
    assert spy.reached == [len(content)]


def test_a_false_record_that_leads_to_true_ones_is_not_begun_with(tmp_path: Path, spy: Spy) -> None:
    rest = bytes(60)
    false = struct.pack("<IIII", NOW // SECOND, 0, len(rest), len(rest))
    content = pcap([(NOW, ethernet(ipv4(bytes(1000) + false + rest, 6)))] * 101)
    assert_alike(tmp_path / "x.pcap", content)
    assert spy.reached == [len(content)]


def test_records_inside_of_a_packet_are_not_believed(tmp_path: Path, spy: Spy) -> None:
    """Half way lies a transfer of another capture, with messages that were never seen here."""
    inner = pcap([(NOW, ike(isakmp(bytes(9), icookie=66)))] * 400)[24:]
    outer = [ethernet(ipv4(inner[:40_000], 6))]
    frames = [*FILLER * 8, *outer * 2, *FILLER * 8]
    content = pcap([(NOW, frame) for frame in frames])
    items, facts = assert_alike(tmp_path / "x.pcap", content)
    assert (items, facts.frames) == ([], 50)
    assert (spy.begun, spy.reached) == (1, [])


def test_a_first_half_that_ends_in_another_state_is_not_gone_on_from(tmp_path: Path, spy: Spy) -> None:
    """The child began with the only interface there was."""
    frames = [enhanced(frame, number) for number, frame in enumerate([*FILLER, ike()] * 90)]
    content = (
        section() + interface() + b"".join(frames[:140]) + interface(options=[(9, b"\x09")])
    ) + b"".join(frames[140:])
    assert_alike(tmp_path / "x.pcapng", content)
    assert (spy.begun, spy.reached) == (1, [])


def test_a_capture_over_many_years_is_read_alike(tmp_path: Path, spy: Spy) -> None:
    """A time is known by its highest octet: a clock that was set makes the child's beginning another."""
    for change in (300, 320, 700):
        times = [SECOND * (1 << 24) * (number > change) for number in range(800)]
        frames = [*FILLER, ike()] * 200
        assert_alike(tmp_path / "x.pcap", pcap(zip(times, frames, strict=True)))
    assert len(spy.reached) == 1


@pytest.mark.parametrize("after", [0, 2])
def test_a_child_that_is_killed_is_missed_by_nobody(
    after: int, tmp_path: Path, spy: Spy, monkeypatch: pytest.MonkeyPatch
) -> None:
    work = halves._pass_half

    def killed(reader: RecordReader, decoder: Decoder, half: int, send: Send) -> None:
        sent: list[bytes] = []

        def sparing(data: bytes) -> None:
            if len(sent) == after:
                os.kill(os.getpid(), signal.SIGKILL)
            sent.append(data)
            send(data)

        work(reader, decoder, half, sparing)

    monkeypatch.setattr(halves, "_pass_half", killed)
    monkeypatch.setattr(halves, "NOTES", 3)
    content = pcap(
        [(NOW + number * SECOND, frame) for number, frame in enumerate([*FILLER * 20, ike()] * 20)]
    )
    assert_alike(tmp_path / "x.pcap", content)
    assert (spy.begun, len(spy.reached)) == (1, 1)
    assert spy.reached[0] < len(content)


def test_a_child_gives_up_where_much_is_of_interest(
    tmp_path: Path, spy: Spy, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(halves, "NOTES", 8)
    content = pcap([(NOW + number * SECOND, frame) for number, frame in enumerate([*FILLER, ike()] * 200)])
    items, _ = assert_alike(tmp_path / "x.pcap", content)
    assert len(items) == 200
    assert spy.reached[0] < len(content) * 2 / 3


def test_a_file_that_is_cut_while_it_is_read_is_no_trouble(
    tmp_path: Path, spy: Spy, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What was noted is not there any more: as much is told as was there."""
    path, work = tmp_path / "x.pcap", halves._pass_half

    def cutting(reader: RecordReader, decoder: Decoder, half: int, send: Send) -> None:
        def late(data: bytes) -> None:
            os.truncate(path, half + 40)
            send(data)

        work(reader, decoder, half, late)

    monkeypatch.setattr(halves, "_pass_half", cutting)
    path.write_bytes(
        pcap([(NOW + number * SECOND, frame) for number, frame in enumerate([*FILLER, ike()] * 90)])
    )
    _, facts = told(path, second_process=True)
    assert spy.reached
    assert facts.files[0].cut is not None


def test_progress_comes_to_the_end_and_from_one_process(tmp_path: Path, spy: Spy) -> None:
    path, log = tmp_path / "x.pcap", tmp_path / "log"
    path.write_bytes(pcap([(NOW, frame) for frame in mixed(3)]))
    size, seen = path.stat().st_size, []

    def progress(done: int, total: int | None) -> None:
        seen.append((done, total))
        with log.open("a") as lines:
            lines.write("told\n")

    for _ in Capture([path], progress=progress, second_process=True):
        pass
    assert seen == sorted(seen)
    assert seen[-1] == (size, size)
    assert len(log.read_text().splitlines()) == len(seen)
    assert len(spy.reached) == 1


def test_standard_input_that_is_a_file_is_halved_from_where_it_stands(
    tmp_path: Path, spy: Spy, monkeypatch: pytest.MonkeyPatch
) -> None:
    content = pcap([(NOW, frame) for frame in mixed(4)])
    alone, facts = assert_alike(tmp_path / "x.pcap", content)
    (tmp_path / "y").write_bytes(b"before" + content)
    with (tmp_path / "y").open("rb") as stream:
        stream.seek(6)
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(stream))
        capture = Capture(["-"], second_process=True)
        assert list(capture) == alone
        assert capture.facts.frames == facts.frames
    assert spy.reached == [len(content)] * 2


def test_nothing_is_begun_for_a_small_file_or_a_packed_one(
    tmp_path: Path, spy: Spy, monkeypatch: pytest.MonkeyPatch
) -> None:
    import gzip

    content = pcap([(NOW, frame) for frame in mixed(5)])
    assert_alike(tmp_path / "x.pcap.gz", gzip.compress(content))
    monkeypatch.setattr(halves, "WORTH_IT", 500)
    assert_alike(tmp_path / "x.pcap", content)
    assert spy.begun == 0


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    form=st.integers(0, 6),
    seed=st.integers(0, 3),
    where=st.lists(st.tuples(st.integers(0, 200_000), st.integers(0, 255)), max_size=6),
)
def test_damaged_files_are_read_alike(
    form: int, seed: int, where: list[tuple[int, int]], tmp_path: Path, spy: Spy
) -> None:
    frames = mixed(seed, 150)
    content = bytearray(files([(frame, len(frame)) for frame in frames], 1)[form])
    for offset, value in where:
        content[24 + offset % (len(content) - 24)] = value
    assert_alike(tmp_path / "x.pcap", bytes(content))

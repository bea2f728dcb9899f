"""Several inputs as one sequence."""

import contextlib
import io
import struct
import sys
from collections.abc import Iterable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ikepcap.capture.datagram import Datagram, FileFacts
from ikepcap.capture.reader import Capture
from ikepcap.errors import CaptureError
from tests.capture.craft import (
    SECOND,
    Item,
    Pipe,
    enhanced,
    ethernet,
    ike,
    interface,
    ipv4,
    pcap,
    read,
    section,
)

TCP = ethernet(ipv4(bytes(40), 6))


def at(second: int, count: int = 2) -> bytes:
    return pcap([(second * SECOND + n, ike()) for n in range(count)])


def seconds(items: Iterable[Item]) -> list[int]:
    return [item.time_ns // SECOND for item in items if isinstance(item, Datagram)]


def test_rotated_files_are_read_in_the_order_of_their_first_records() -> None:
    """Tcpdump -C writes x, x1, x2 … x10, which no shell gives in that order."""
    later = section() + interface() + enhanced(TCP, 15 * 10**6)
    items, facts = read(at(30), at(10), later, at(20, 3))
    assert seconds(items) == [10, 10, 20, 20, 20, 30, 30]
    assert [(file.name, file.first_frame, file.frames) for file in facts.files] == [
        ("1.pcap", 1, 2),
        ("2.pcap", 3, 1),
        ("3.pcap", 4, 3),
        ("0.pcap", 7, 2),
    ]
    assert [item.frame for item in items if isinstance(item, Datagram)] == [1, 2, 4, 5, 6, 7, 8]
    assert facts.frames == 8


def test_files_without_records_and_files_alike_keep_their_places() -> None:
    _, facts = read(at(5), pcap([]), at(3), at(3), pcap([])[:20])
    assert [file.name for file in facts.files] == ["2.pcap", "1.pcap", "3.pcap", "0.pcap", "4.pcap"]


def test_a_file_that_ends_within_a_block_of_no_interest_is_one_without_records() -> None:
    """Its first record is looked for to put the files in order, and there is no more to skip."""
    broken = section() + interface() + struct.pack("<II", 0xBAD, 1000) + bytes(100)
    items, facts = read(broken, at(1))
    assert seconds(items) == [1, 1]
    assert "892 octets before the end of a block" in str(facts.files[0].cut)


def test_standard_input_is_read_in_its_place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    paths = [tmp_path / name for name in "ab"]
    for path, second in zip(paths, (30, 20), strict=True):
        path.write_bytes(at(second))
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BufferedReader(Pipe(at(1), 50))))
    capture = Capture([paths[0], "-", paths[1]])
    assert seconds(capture) == [20, 20, 1, 1, 30, 30]
    assert [file.name for file in capture.facts.files] == [str(paths[1]), "standard input", str(paths[0])]


def test_links_that_are_not_known_are_counted_and_nothing_else() -> None:
    items, facts = read(pcap([(0, ike()), (0, ike())], link=147), pcap([(0, ike())], link=195))
    assert items == []
    assert [file.unread_links for file in facts.files] == [((147, 2),), ((195, 1),)]
    assert facts.frames == 3


def test_progress_tells_octets_read_of_all_inputs(tmp_path: Path) -> None:
    paths = [tmp_path / name for name in "ab"]
    for path in paths:
        path.write_bytes(at(1, 9))
    told: list[tuple[int, int | None]] = []
    list(Capture(paths, progress=lambda done, total: told.append((done, total))))
    size = sum(path.stat().st_size for path in paths)
    assert told == sorted(told)
    assert told[-1] == (size, size)


def test_a_capture_may_be_read_again(tmp_path: Path) -> None:
    path = tmp_path / "a"
    path.write_bytes(at(1))
    capture = Capture([path])
    first, facts = list(capture), capture.facts
    assert list(capture) == first
    assert capture.facts == facts
    assert facts.files == (FileFacts(str(path), 2, 1, SECOND, SECOND + 1000 - 1000),)


STARTS = [at(1), at(1)[:24], section() + interface() + enhanced(ike(), 0), section(">"), b"\x1f\x8b\x08", b""]


@given(start=st.sampled_from(STARTS), rest=st.binary(max_size=400))
def test_arbitrary_octets_raise_nothing_but_capture_errors(start: bytes, rest: bytes) -> None:
    with contextlib.suppress(CaptureError):
        read(start + rest)


@given(content=st.sampled_from(STARTS[:3]), where=st.integers(0, 10**6), flip=st.integers(1, 255))
def test_one_wrong_octet_raises_nothing_but_capture_errors(content: bytes, where: int, flip: int) -> None:
    damaged = bytearray(content * 2)
    damaged[where % len(damaged)] ^= flip
    with contextlib.suppress(CaptureError):
        read(bytes(damaged))

"""Work in a child process: what it sends, what it raises, and that it never outlives its use."""

import os
import signal
import time
from pathlib import Path
from typing import Any

import pytest

import ikepcap
from ikepcap import apart, follow
from ikepcap.apart import Send
from ikepcap.capture import halves, reader, window
from ikepcap.errors import CaptureError, IkepcapError
from ikepcap.report.build import Builder, Concluded
from ikepcap.testing import pcap
from ikepcap.track import registry
from ikepcap.track.ended import Ended
from ikepcap.track.tracker import Tracker
from tests.report.scene import RETRIES, Scene, in_order

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")


def test_pieces_come_as_they_were_sent() -> None:
    pieces = [b"a", b"b" * 3_000_000, b"", b"c"]

    def work(send: Send) -> None:
        for piece in pieces:
            if piece:
                send(piece)

    assert list(apart.apart(work)) == [piece for piece in pieces if piece]


def test_work_goes_on_with_a_copy_of_what_was_under_way() -> None:
    numbers = iter(range(5))
    assert next(numbers) == 0

    def work(send: Send) -> None:
        for number in numbers:
            send(b"%d" % number)

    assert list(apart.apart(work)) == [b"1", b"2", b"3", b"4"]
    assert next(numbers) == 1


@pytest.mark.parametrize("error", [CaptureError("x.pcap: is a directory"), ValueError("a bug")])
def test_what_it_raises_is_raised_here(error: Exception) -> None:
    def work(send: Send) -> None:
        send(b"first")
        raise error

    pieces = apart.apart(work)
    assert next(pieces) == b"first"
    with pytest.raises(type(error), match=str(error)):
        next(pieces)


def test_a_child_that_was_killed_is_an_error_in_one_line() -> None:
    def work(send: Send) -> None:
        send(b"first")
        os.kill(os.getpid(), signal.SIGKILL)

    pieces = apart.apart(work)
    assert next(pieces) == b"first"
    with pytest.raises(IkepcapError, match="was killed"):
        next(pieces)


def test_child_knows_when_it_is_far_ahead(tmp_path: Path) -> None:
    noted = tmp_path / "noted"

    def work(send: Send) -> None:
        before = send.is_far_ahead()
        send(bytes(apart.PIPE_BYTES * 3 // 4))
        after = send.is_far_ahead()
        (tmp_path / "new").write_text(f"{before} {after}")
        (tmp_path / "new").rename(noted)

    pieces = apart.apart(work)
    until = time.monotonic() + 60
    while not noted.exists() and time.monotonic() < until:
        time.sleep(0.01)
    assert noted.read_text() == "False True"
    assert len(list(pieces)) == 1


def test_a_child_that_is_not_wanted_any_more_is_gone() -> None:
    """Whoever stops reading leaves neither a process behind nor its remains."""

    def work(send: Send) -> None:
        send(b"%d" % os.getpid())
        time.sleep(600)

    pieces = apart.apart(work)
    child = int(next(pieces))
    pieces.close()
    with pytest.raises(ProcessLookupError):
        os.kill(child, 0)


def test_a_child_that_was_never_asked_for_anything_is_gone_too(monkeypatch: pytest.MonkeyPatch) -> None:
    begun: list[int] = []
    fork = os.fork

    def noted() -> int:
        begun.append(fork())
        return begun[-1]

    def work(send: Send) -> None:
        time.sleep(600)
        send(b"late")

    monkeypatch.setattr(os, "fork", noted)
    apart.apart(work).close()
    with pytest.raises(ProcessLookupError):
        os.kill(begun[0], 0)


def test_a_child_is_left_alone_by_another_one() -> None:
    """A child that is begun later has a copy of all that is under way, and drops it."""

    def work(send: Send) -> None:
        time.sleep(0.2)
        send(b"still there")

    first = apart.apart(work)

    def drop(send: Send) -> None:
        first.close()
        send(b"dropped")

    assert list(apart.apart(drop)) == [b"dropped"]
    assert list(first) == [b"still there"]


def test_a_child_ends_when_nobody_reads() -> None:
    """It notices that its parent is gone with the next piece, and says nothing about it."""

    def work(send: Send) -> None:
        while True:
            send(b"x" * 100_000)

    reading, writing = os.pipe()
    child = os.fork()
    if not child:
        os.close(reading)
        apart._do(work, writing)
    os.close(writing)
    os.read(reading, 1000)
    os.close(reading)
    assert os.waitpid(child, 0)[1] != 0


@pytest.fixture
def busy(tmp_path: Path) -> Path:
    """A capture in which conversations end long before it does, where little is much."""
    plays = []
    for seed in range(120):
        play = Scene(seed=seed, initiator=f"192.0.2.{seed + 1}", start_s=seed * 2)
        plays.append(play.phase1().quick(1, 2, 3) if seed % 3 else play.msg1().repeat(RETRIES))
    path = tmp_path / "busy.pcap"
    path.write_bytes(pcap(in_order([frame for play in plays for frame in play.frames])))
    return path


@pytest.fixture
def children(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Make little count as much; a number is added for each child process that is begun."""
    begun: list[int] = []
    fork = os.fork

    def counted() -> int:
        begun.append(len(begun))
        return fork()

    monkeypatch.setattr(os, "fork", counted)
    monkeypatch.setattr(apart, "is_possible", lambda: True)
    monkeypatch.setattr(follow, "MANY", 1)
    monkeypatch.setattr(follow, "BATCH", 16)
    monkeypatch.setattr(registry, "OPEN_LIMIT", 4)
    monkeypatch.setattr(registry, "SILENT_NS", 2 * 10**9)
    return begun


@pytest.mark.parametrize("keep_messages", [False, True])
def test_report_is_the_same_with_two_processes(busy: Path, children: list[int], keep_messages: bool) -> None:
    alone = ikepcap.analyze(busy, keep_messages=keep_messages)
    assert children == []
    apart_too = ikepcap.analyze(busy, keep_messages=keep_messages, second_process=True)
    assert apart_too == alone
    assert children == [0]
    assert len(alone.conversations) >= 120
    assert {c.outcome for c in alone.conversations} >= {"established", "stalled"}


def test_report_is_the_same_where_a_third_passes_half_of_the_file(
    busy: Path, children: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The process that goes on has a child that is not its own; it may be gone when it is asked."""
    monkeypatch.setattr(halves, "WORTH_IT", 1)
    monkeypatch.setattr(halves, "RARE", 0)
    monkeypatch.setattr(window, "READ", 4096)
    monkeypatch.setattr(reader, "is_possible", lambda: True)
    alone = ikepcap.analyze(busy)
    for many in (80, 200, 300):
        children.clear()
        monkeypatch.setattr(follow, "MANY", many)
        assert ikepcap.analyze(busy, second_process=True) == alone
        assert children == [0, 1]


@pytest.mark.parametrize("keep_messages", [False, True])
def test_child_lends_a_hand_in_the_end(
    busy: Path, children: list[int], monkeypatch: pytest.MonkeyPatch, keep_messages: bool
) -> None:
    """Which messages are kept depends on all conversations before, and is for the parent to know."""
    concluded: list[bool] = []
    build = Builder.build

    def watched(builder: Builder, ended: Ended | Concluded, **options: Any) -> Any:
        concluded.append(isinstance(ended, Concluded))
        return build(builder, ended, **options)

    monkeypatch.setattr(Builder, "build", watched)
    ikepcap.analyze(busy, keep_messages=keep_messages, second_process=True)
    assert children == [0]
    assert any(concluded) is not keep_messages
    assert not concluded[0]


def test_progress_is_told_from_the_child(busy: Path, children: list[int]) -> None:
    told: list[tuple[int, int | None]] = []
    ikepcap.analyze(busy, second_process=True, progress=lambda *how_far: told.append(how_far))
    size = busy.stat().st_size
    assert told[-1] == (size, size)
    assert children == [0]


def test_what_goes_wrong_in_the_child_is_raised(
    busy: Path, children: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    here, take = os.getpid(), Tracker.take

    def failing(tracker: Tracker, items: object) -> None:
        if os.getpid() != here:
            raise LookupError("a bug")
        take(tracker, items)  # type: ignore[arg-type]

    monkeypatch.setattr(Tracker, "take", failing)
    with pytest.raises(LookupError, match="a bug"):
        ikepcap.analyze(busy, second_process=True)
    assert children == [0]

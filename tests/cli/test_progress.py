"""Progress: only for a person who waits, and gone when the result comes."""

import io
from collections.abc import Callable, Iterator
from contextlib import contextmanager, redirect_stderr

import pytest

from ikepcap.cli.progress import Progress


class Terminal(io.StringIO):
    """A standard error that somebody watches."""

    def isatty(self) -> bool:
        return True


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Callable[[float], None]:
    """Set the time that the progress line goes by."""

    def set_to(seconds: float) -> None:
        monkeypatch.setattr("ikepcap.cli.progress.time.monotonic", lambda: seconds)

    set_to(0.0)
    return set_to


@contextmanager
def watching() -> Iterator[Terminal]:
    """Make standard error a terminal, in the test: pytest puts its own in place after fixtures."""
    terminal = Terminal()
    with redirect_stderr(terminal):
        yield terminal


def test_nothing_is_said_in_the_first_second(clock: Callable[[float], None]) -> None:
    with watching() as watched, Progress() as report:
        clock(0.9)
        report(1, 2)
    assert watched.getvalue() == ""


def test_later_the_line_says_how_far_it_is_and_is_erased(clock: Callable[[float], None]) -> None:
    with watching() as watched, Progress() as report:
        clock(1.1)
        report(512_000_000, 2_048_000_000)
    line = "reading: 512 MB of 2.0 GB, 25 %"
    assert watched.getvalue() == f"\r{line}\r{' ' * len(line)}\r"


def test_without_a_total_there_is_no_percentage(clock: Callable[[float], None]) -> None:
    with watching() as watched:
        report = Progress()
        clock(2.0)
        report(999, None)
    assert watched.getvalue() == "\rreading: 999 B"


def test_a_file_that_grew_is_not_read_to_more_than_all_of_it(clock: Callable[[float], None]) -> None:
    with watching() as watched:
        report = Progress()
        clock(2.0)
        report(300, 200)
    assert watched.getvalue().endswith("100 %")


def test_the_line_is_not_rewritten_more_than_five_times_a_second(clock: Callable[[float], None]) -> None:
    with watching() as watched:
        report = Progress()
        for step in range(100):
            clock(1.0 + step / 100)
            report(step, None)
    assert watched.getvalue().count("\r") == 5


def test_a_log_file_gets_no_progress(clock: Callable[[float], None]) -> None:
    log = io.StringIO()
    with redirect_stderr(log), Progress() as report:
        clock(9.0)
        report(1, 2)
    assert log.getvalue() == ""

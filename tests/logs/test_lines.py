"""Lines of logs: numbers and times."""

import datetime as dt
from pathlib import Path

import pytest

from ikepcap.errors import LogError
from ikepcap.logs.lines import MAX_LINE, lines, read_lines

DAY = dt.datetime(2024, 5, 1, tzinfo=dt.UTC)


def time_of(text: str) -> str | None:
    (line,) = lines(iter([text]), DAY)
    if line.time_ns is None:
        return None
    moment = dt.datetime.fromtimestamp(line.time_ns // 10**9, dt.UTC)
    return f"{moment:%Y-%m-%d %H:%M:%S}.{line.time_ns % 10**9:09}"


@pytest.mark.parametrize(
    ("text", "time"),
    [
        ("2016-05-26 07:49:06 ike 0: comes", "2016-05-26 07:49:06.000000000"),
        ("2025-02-28 10:28:08.260710 ike 5:", "2025-02-28 10:28:08.260710000"),
        ("2024-05-01T10:00:00.123+02:00 host charon:", "2024-05-01 08:00:00.123000000"),
        ("2024-05-01T10:00:00Z host", "2024-05-01 10:00:00.000000000"),
        ("Jan 27 14:05:42 host pluto[1]: |", "2024-01-27 14:05:42.000000000"),
        ("Mar  4 17:57:05.815219: | *received", "2024-03-04 17:57:05.815219000"),
        ("| Jan 27 14:05:42: complete", "2024-01-27 14:05:42.000000000"),
        ("jan/02 15:03:36 ipsec", "2024-01-02 15:03:36.000000000"),
        ("jan/02/2017 15:03:36 ipsec", "2017-01-02 15:03:36.000000000"),
        ("15:03:36.001 04[NET]", "2024-05-01 15:03:36.001000000"),
        ("Feb 31 14:05:42 host", None),
        ("ike 0: in 12F2", None),
        ("99:99:99 nonsense", None),
        ("2024-05-01T10:00:00+99:99 x", None),
    ],
)
def test_times_of_every_kind(text: str, time: str | None) -> None:
    assert time_of(text) == time


def test_a_clock_without_dates_passes_midnight() -> None:
    found = [
        line.time_ns for line in lines(iter(["23:59:59 a", "no clock", "00:00:01 b", "00:00:02 c"]), DAY)
    ]
    assert None not in found
    first, second, third, fourth = (time_ns or 0 for time_ns in found)
    assert (second - first, third - first, fourth - third) == (0, 2 * 10**9, 10**9)


def test_line_feeds_that_syslog_escapes_are_lines_of_one_number() -> None:
    found = list(lines(iter(["one\n", "a#012b\r\n"]), DAY))
    assert [(line.number, line.text) for line in found] == [(1, "one"), (2, "a"), (2, "b")]


def test_a_file_without_line_feeds_comes_in_parts(tmp_path: Path) -> None:
    path = tmp_path / "one.log"
    path.write_text("x" * (MAX_LINE + 10))
    assert [len(line.text) for line in read_lines(path)] == [MAX_LINE, 10]
    with pytest.raises(LogError, match="cannot be read"):
        list(read_lines(tmp_path))

"""Lines of a log with their numbers and times, whatever wrote them.

A log's clock has no time zone: its times are taken as UTC. Where it has no year or date, the given day's is
taken, and a clock that jumps back by half a day has passed midnight. Nothing here raises on text.
"""

import os
import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from typing import Final, TextIO

from msgspec import Struct

from ikepcap.errors import LogError

MAX_LINE: Final = 1 << 20
"""Characters of a line that are looked at; no daemon writes longer ones."""

_MONTHS: Final = {
    name: number
    for number, name in enumerate(
        ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"), 1
    )
}
_CLOCK: Final = r"(?P<h>\d\d):(?P<m>\d\d):(?P<s>\d\d)(?:[.,](?P<f>\d{1,9}))?"
_TIMES: Final = tuple(
    re.compile(pattern)
    for pattern in (
        # 2016-05-26 07:49:06 (FortiGate, racoon), 2024-05-01T10:00:00.123+02:00 (rsyslog)
        rf"(?P<Y>\d{{4}})-(?P<M>\d\d)-(?P<D>\d\d)[ T]{_CLOCK}(?P<z>Z|[+-]\d\d:?\d\d)?",
        # Jan 27 14:05:42 (syslog, pluto, charon)
        rf"\b(?P<b>[A-Z][a-z]{{2}}) +(?P<D>\d{{1,2}})(?: (?P<Y>\d{{4}}))? {_CLOCK}",
        # jan/02 15:03:36, jan/02/2024 15:03:36 (MikroTik)
        rf"\b(?P<b>[a-z]{{3}})/(?P<D>\d\d)(?:/(?P<Y>\d{{4}}))? {_CLOCK}",
        rf"\b{_CLOCK}",
    )
)
_SEARCHED: Final = 64
"""Characters at a line's beginning in which its time stands."""
_HALF_A_DAY_NS: Final = 12 * 3600 * 10**9
_DAY: Final = timedelta(days=1)


class Line(Struct, frozen=True):
    """One line of a log."""

    number: int
    """From 1."""
    time_ns: int | None
    """Since the epoch, as the log's clock shows it; that of the line before where it has none."""
    text: str
    """Without the end of the line."""


def read_lines(path: str | os.PathLike[str]) -> Iterator[Line]:
    """Yield the lines of a log.

    Raises:
        LogError: it cannot be opened or read.
    """
    name = Path(path)
    try:
        day = datetime.fromtimestamp(name.stat().st_mtime, UTC)
        with name.open("r", encoding="utf-8", errors="replace", newline="\n") as file:
            yield from lines(_bounded(file), day)
    except OSError as error:
        raise LogError(f"{name}: cannot be read: {error.strerror or error}") from None


def lines(texts: Iterator[str], day: datetime) -> Iterator[Line]:
    """Yield numbered lines with their times.

    Args:
        texts: the lines.
        day: what is taken for a date or a year that the log leaves out.
    """
    clock = _Clock(day)
    for number, text in enumerate(texts, 1):
        # rsyslog writes a line feed inside a message as #012 (and one line stays one line).
        for part in text.rstrip("\r\n").replace("#012", "\n").split("\n"):
            yield Line(number, clock.time_of(part), part)


def _bounded(file: TextIO) -> Iterator[str]:
    """Yield lines, the longest in parts, so that no file is read into one string."""
    while text := file.readline(MAX_LINE):
        yield text


class _Clock:
    """Times of lines, in nanoseconds since the epoch."""

    def __init__(self, day: datetime) -> None:
        self._day = day
        self._last_ns: int | None = None

    def time_of(self, text: str) -> int | None:
        """Return a line's time; that of the one before where it has none of its own."""
        head = text[:_SEARCHED]
        for pattern in _TIMES:
            found = pattern.search(head)
            if found is not None:
                time_ns = self._read(found.groupdict())
                if time_ns is not None:
                    self._last_ns = time_ns
                break
        return self._last_ns

    def _read(self, part: dict[str, str | None]) -> int | None:
        """Return the time that a match says; None for a 31st of February."""
        has_date = "D" in part
        try:
            month = part.get("M") or _MONTHS[(part.get("b") or "jan").lower()]
            year, day = part.get("Y") or self._day.year, part.get("D") or self._day.day
            moment = datetime(
                int(year), int(month) if has_date else self._day.month, int(day),
                int(part["h"] or 0), int(part["m"] or 0), int(part["s"] or 0),
                tzinfo=_zone(part.get("z")),
            )  # fmt: skip
        except (KeyError, ValueError, OverflowError):
            return None
        time_ns = int(moment.timestamp()) * 10**9 + int((part["f"] or "0").ljust(9, "0"))
        if not has_date and self._last_ns is not None and time_ns < self._last_ns - _HALF_A_DAY_NS:
            self._day += _DAY
            time_ns += 24 * 3600 * 10**9
        return time_ns


def _zone(text: str | None) -> timezone:
    if not text or text == "Z":
        return UTC
    digits = text[1:].replace(":", "")
    offset = timedelta(hours=int(digits[:2]), minutes=int(digits[2:]))
    return timezone(-offset if text[0] == "-" else offset)

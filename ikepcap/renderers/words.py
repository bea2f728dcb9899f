"""The words and numbers people read: plurals, spans of time, lists of frames, outcomes, dialects.

Pure functions of their arguments; nothing here knows about lines, width or colour.
"""

from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import Final

from ikepcap.report.model import Outcome, Policy

OUTCOME_WORDS: Final[dict[Outcome, str]] = {
    "refused": "REFUSED",
    "stalled": "STALLED",
    "in-progress": "IN PROGRESS",
    "unknown": "UNKNOWN",
    "established": "ESTABLISHED",
    "probe": "PROBE",
}
"""Worst first."""

DIALECTS: Final = ("asa", "ios", "windows", "libreswan", "strongswan", "racoon")

DEFAULT_DIALECT: Final = "asa"

_DIALECT_OF: Final = {
    "asa": "asa",
    "pix": "asa",
    "ios": "ios",
    "windows": "windows",
    "strongswan": "strongswan",
    "libreswan": "libreswan",
    "openswan": "libreswan",
    "racoon": "racoon",
}
"""By a word of the implementation's name. Openswan and Libreswan share their ancestor's words."""

_TOOL_PREFIXES: Final = ("IKEEXT_MM_SA_STATE_", "STATE_", "PHASE1ST_", "CONNECTING (")
_MODE_PREFIXES: Final = ("MM_", "AM_", "AG_", "MAIN_", "AGGR_")

_MAX_RANGES: Final = 8
_SECOND_NS: Final = 1_000_000_000


def dialect_of(implementation: str | None) -> str:
    """Return the dialect whose words an implementation's own tools use; the default where it is not known."""
    words = (implementation or "").lower().replace(",", " ").split()
    return next((_DIALECT_OF[word] for word in words if word in _DIALECT_OF), DEFAULT_DIALECT)


def short_state(name: str, cut: int) -> str:
    """Return a state's name without what all names of its tool (1), or of its mode too (2), begin with."""
    if cut >= 1:
        prefix = next((one for one in _TOOL_PREFIXES if name.startswith(one)), "")
        name = name.removeprefix(prefix).removesuffix(")" if prefix.endswith("(") else "")
    if cut >= 2:
        name = name.removeprefix(next((one for one in _MODE_PREFIXES if name.startswith(one)), ""))
    return name


def count(number: int, noun: str, plural: str | None = None) -> str:
    """Return `1 message`, `2 messages`, `12,345 messages`."""
    return f"{number:,} {noun if number == 1 else plural or noun + 's'}"


def span(elapsed_ns: int) -> str:
    """Return a length of time with no more digits than its size deserves, as the findings write it."""
    seconds = elapsed_ns / _SECOND_NS
    if seconds < 0.1:
        return f"{seconds * 1000:.1f} ms"
    if seconds < 120:
        return f"{seconds:.1f} s"
    minutes, rest = divmod(round(seconds), 60)
    if minutes < 120:
        return f"{minutes} min {rest} s"
    hours, minutes = divmod(minutes, 60)
    return f"{hours} h {minutes} min" if hours < 96 else f"{hours // 24} days {hours % 24} h"


def between_ns(first: str | None, last: str | None) -> int | None:
    """Return the nanoseconds from one RFC 3339 time to another; None where either is not known."""
    try:
        begun, ended = (datetime.fromisoformat(time or "") for time in (first, last))
        return round((ended - begun).total_seconds() * _SECOND_NS)
    except (ValueError, TypeError):
        return None


def moment(time: str) -> str:
    """Return an RFC 3339 time in UTC to the second; it stays one word."""
    return f"{time[:19]}Z"


def clock(time: str) -> str:
    """Return the time of day of an RFC 3339 time, to the second."""
    return time[11:19]


def frames(numbers: Iterable[int]) -> str:
    """Return `frame 5` or `frames 5, 7-9`; a long list ends with how many more there are."""
    ordered = sorted(set(numbers))
    ranges = list(_ranges(ordered))
    shown = [str(a) if a == b else f"{a}-{b}" if b > a + 1 else f"{a}, {b}" for a, b in ranges[:_MAX_RANGES]]
    rest = sum(b - a + 1 for a, b in ranges[_MAX_RANGES:])
    more = f" and {rest:,} more" if rest else ""
    return f"frame{'s' if len(ordered) != 1 else ''} {', '.join(shown)}{more}"


def _ranges(ordered: list[int]) -> Iterator[tuple[int, int]]:
    """Yield first and last of each run of neighbours."""
    start = 0
    for index, number in enumerate(ordered):
        if index + 1 == len(ordered) or ordered[index + 1] != number + 1:
            yield ordered[start], number
            start = index + 1


def repeated(names: Iterable[str]) -> str:
    """Return names in order with neighbours that repeat counted: `SA, 3xVID`."""
    runs: list[tuple[str, int]] = []
    for name in names:
        if runs and runs[-1][0] == name:
            runs[-1] = (name, runs[-1][1] + 1)
        else:
            runs.append((name, 1))
    return ", ".join(name if times == 1 else f"{times}x{name}" for name, times in runs)


def policy(value: Policy) -> str:
    """Return one phase-1 transform as a list of words."""
    lifetime_s = None if value.lifetime_s is None else f"{value.lifetime_s} s"
    lifetime_kb = None if value.lifetime_kb is None else f"{value.lifetime_kb} kB"
    parts = (value.encryption, value.hash, value.group, value.auth, lifetime_s, lifetime_kb)
    return ", ".join(part for part in parts if part is not None)


def endpoint(address: str, port: int) -> str:
    """Return address and port as one word; the brackets of RFC 3986 around IPv6."""
    return f"[{address}]:{port}" if ":" in address else f"{address}:{port}"


def is_failed(check: str) -> bool:
    """Whether a check of a message did not agree; NAT-D, which tells of NAT, is told of as that."""
    return " failed: " in check and not check.startswith("NAT-D")

"""Capture times as text: UTC, RFC 3339, microseconds, or nanoseconds where the capture has them."""

from datetime import UTC, datetime
from functools import lru_cache
from typing import Final

_SECOND_NS: Final = 10**9


@lru_cache(maxsize=1024)
def _seconds(seconds: str) -> str:
    try:
        return datetime.fromtimestamp(int(seconds), UTC).strftime("%Y-%m-%dT%H:%M:%S")
    except (OverflowError, ValueError, OSError):
        return f"{seconds}s-after-1970"  # a pcapng clock counts further than any calendar


def timestamp(time_ns: int) -> str:
    """Return a capture time as `2026-11-21T00:31:05.120394Z`."""
    if time_ns < _SECOND_NS:
        seconds, rest = divmod(time_ns, _SECOND_NS)
        digits = f"{seconds}{rest:09d}"
    else:  # faster than numbers, and every conversation has two of them
        digits = str(time_ns)
    return f"{_seconds(digits[:-9])}.{digits[-9:].removesuffix('000')}Z"

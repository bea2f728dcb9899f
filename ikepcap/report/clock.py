"""Capture times as text: UTC, RFC 3339, microseconds, or nanoseconds where the capture has them."""

from datetime import UTC, datetime
from functools import lru_cache


@lru_cache(maxsize=1024)
def _seconds(seconds: int) -> str:
    try:
        return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%S")
    except (OverflowError, ValueError, OSError):
        return f"{seconds}s-after-1970"  # a pcapng clock counts further than any calendar


def timestamp(time_ns: int) -> str:
    """Return a capture time as `2026-11-21T00:31:05.120394Z`."""
    seconds, rest = divmod(time_ns, 1_000_000_000)
    micro, nano = divmod(rest, 1000)
    return f"{_seconds(seconds)}.{rest:09d}Z" if nano else f"{_seconds(seconds)}.{micro:06d}Z"

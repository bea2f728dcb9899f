"""A line on standard error that says how far the reading is, while it takes long and somebody watches."""

import sys
import time
from types import TracebackType
from typing import Final, Self

_FIRST_S: Final = 1.0
_EVERY_S: Final = 0.2
_UNITS: Final = ("B", "kB", "MB", "GB", "TB")


class Progress:
    """Call it with the bytes read; it prints from the second second on, and cleans up after itself."""

    def __init__(self) -> None:
        self._watched = sys.stderr is not None and sys.stderr.isatty()
        self._next_s = time.monotonic() + _FIRST_S
        self._shown = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.erase()

    def __call__(self, bytes_read: int, total: int | None) -> None:
        """Say how far it is, if it is time to."""
        if not self._watched or time.monotonic() < self._next_s:
            return
        self._next_s = time.monotonic() + _EVERY_S
        text = f"reading: {_size(bytes_read)}"
        if total:
            text += f" of {_size(total)}, {min(100 * bytes_read // total, 100)} %"
        sys.stderr.write("\r" + text.ljust(self._shown))
        sys.stderr.flush()
        self._shown = len(text)

    def erase(self) -> None:
        """Leave the terminal as it was."""
        if self._shown:
            sys.stderr.write("\r" + " " * self._shown + "\r")
            sys.stderr.flush()
            self._shown = 0


def _size(number: int) -> str:
    """Return a number of bytes in the unit that fits."""
    size = float(number)
    for unit in _UNITS:
        if size < 1000 or unit == _UNITS[-1]:
            break
        size /= 1000
    return f"{size:.0f} {unit}" if unit in ("B", "kB", "MB") else f"{size:.1f} {unit}"

"""The one buffer through which all octets of a capture pass.

Reading into a buffer that exists costs a copy out of the page cache and nothing else; fresh blocks would cost
page faults as well. Offsets into the buffer are positions; `base` turns them into offsets into the file.
"""

from collections.abc import Callable
from typing import Final

from ikepcap.capture.source import Source

SPACE: Final = 512 * 1024
"""Octets in view at once, which is also the largest record that is read: twice what libpcap believes in.

More is a corrupt length (libpcap's MAXIMUM_SNAPLEN is 262,144), and nothing is ever allocated for it.
"""
READ: Final = 256 * 1024
"""Octets read at once: what is made of them, a message each at the worst, should fit a processor's cache."""
SLACK: Final = 256
"""Octets past the end that may be looked at: fields of a record are read before its length is believed."""


class Window:
    """A part of an unpacked input that moves forward only."""

    def __init__(self, source: Source, buffer: bytearray | None = None) -> None:
        """Begin at the first octet of `source`, in a buffer of SPACE + SLACK octets that may be reused."""
        self.source = source
        self.buffer = buffer if buffer is not None else bytearray(SPACE + SLACK)
        self.view = memoryview(self.buffer)
        self.end = 0
        """Position past the last octet in the buffer."""
        self.base = 0
        """Offset in the unpacked input of the first octet in the buffer."""
        self.eof = False
        self.on_refill: Callable[[], None] | None = None

    def refill(self, pos: int) -> bool:
        """Move what lies from `pos` on to position 0 and read once behind it; False when nothing came."""
        kept = self.end - pos
        if pos:
            self.view[:kept] = self.view[pos : self.end]
            self.base += pos
        self.end = kept
        if kept >= SPACE:
            return False
        count = self.source.readinto(self.view[kept : min(SPACE, kept + READ)])
        self.eof = count == 0
        self.end += count
        if self.on_refill is not None:
            self.on_refill()
        return count > 0

    def fill(self, count: int) -> bool:
        """Have `count` octets from position 0 on; only before anything was taken."""
        while self.end < count and self.refill(0):
            pass
        return self.end >= count

    def skip(self, pos: int) -> int:
        """Drop everything before `pos`, which lies past the end; return where that is in the buffer then."""
        missing = pos - self.end
        self.base += self.end
        self.end = 0
        while missing:
            count = self.source.readinto(self.view[: min(missing, SPACE)])
            if not count:
                self.eof = True
                return missing
            missing -= count
            self.base += count
        return 0

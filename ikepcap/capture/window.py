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
"""Octets read at once."""
READ_DENSE: Final = 64 * 1024
"""The same where much is made of them: all of it should fit a processor's cache."""
SLACK: Final = 256
"""Octets past the end that may be looked at: fields of a record are read before its length is believed."""


class Window:
    """A part of an unpacked input that moves forward, unless it is told to jump."""

    def __init__(self, source: Source, buffer: bytearray | None = None) -> None:
        """Begin at the first octet of `source`, in a buffer of SPACE + SLACK octets that may be reused."""
        self.source = source
        self.buffer = buffer if buffer is not None else bytearray(SPACE + SLACK)
        self.view = memoryview(self.buffer)
        self.pos = 0
        """Position of the first octet that is not taken yet, which may lie past the end."""
        self.end = 0
        """Position past the last octet in the buffer."""
        self.base = 0
        """Offset in the unpacked input of the first octet in the buffer."""
        self.halt = 0
        """Offset at which one reading ends, if it comes there."""
        self.eof = False
        self.on_refill: Callable[[], None] | None = None

    def refill(self, *, is_dense: bool = False) -> bool:
        """Move what is not taken yet to position 0 and read once behind it; False when nothing came."""
        pos, kept = self.pos, self.end - self.pos
        if pos:
            self.view[:kept] = self.view[pos : self.end]
            self.base += pos
        self.pos, self.end = 0, kept
        if kept >= SPACE:
            return False
        most = min(SPACE, kept + (READ_DENSE if is_dense else READ))
        if self.base + kept < self.halt:
            most = min(most, self.halt - self.base)
        count = self.source.readinto(self.view[kept:most])
        self.eof = count == 0
        self.end += count
        if self.on_refill is not None:
            self.on_refill()
        return count > 0

    def fill(self, count: int) -> bool:
        """Have `count` octets from position 0 on; only before anything was taken."""
        while self.end < count and self.refill():
            pass
        return self.end >= count

    def skip(self) -> None:
        """Drop everything before the first octet that is not taken, which lies past the end."""
        missing = self.pos - self.end
        self.base += self.end
        self.end = 0
        while missing and not self.eof:
            count = self.source.readinto(self.view[: min(missing, SPACE)])
            self.eof = not count
            missing -= count
            self.base += count
        self.pos = missing

    def jump(self, offset: int) -> None:
        """Go on from another offset of an input that has a size, with nothing in the buffer."""
        self.base = min(offset, self.source.size or 0)
        self.pos, self.end, self.eof = offset - self.base, 0, False
        self.source.seek(self.base)

    def load(self, offset: int, count: int) -> None:
        """Have up to `count` octets from another offset on, and nothing else: as if there were no more."""
        self.jump(offset)
        self.halt = offset + count
        self.fill(count)
        self.eof = True

"""The fragments of one IP payload: which ranges are there, which are missing, and what they hold."""

from bisect import bisect_right
from typing import Final

from ikepcap.capture.ip import Packet

_PIECE_OVERHEAD_BYTES: Final = 128
"""What a piece costs in memory besides its octets, roughly."""


class FragmentSet:
    """The fragments of one payload so far. Ranges do not overlap: whichever came first holds its octets."""

    __slots__ = (
        "captured_bytes",
        "covered_bytes",
        "first",
        "first_ns",
        "frames",
        "is_dull",
        "is_echo",
        "last_ns",
        "pieces",
        "sample",
        "starts",
        "total_bytes",
    )

    def __init__(self, packet: Packet, time_ns: int, *, is_echo: bool) -> None:
        self.sample = packet
        self.first: Packet | None = None
        self.first_ns = self.last_ns = time_ns
        self.frames: list[int] = []
        self.starts: list[int] = []
        self.pieces: list[tuple[int, bytes]] = []
        """(end on the wire, octets captured), in step with `starts`."""
        self.total_bytes: int | None = None
        self.captured_bytes = 0
        self.covered_bytes = 0
        """Octets that were on the wire, whether a snaplen left them or not."""
        self.is_dull = False
        """Its first fragment has shown that it is not for us: ranges are kept, octets are not."""
        self.is_echo = is_echo

    def add(self, start: int, end: int, data: bytes) -> None:
        """Take what no earlier fragment has of the range from `start` to `end`."""
        index = max(bisect_right(self.starts, start) - 1, 0)
        origin = start
        while start < end:
            if index < len(self.starts) and self.starts[index] <= start:
                start = max(start, self.pieces[index][0])
                index += 1
                continue
            stop = min(end, self.starts[index]) if index < len(self.starts) else end
            piece = b"" if self.is_dull else data[start - origin : stop - origin]
            self.starts.insert(index, start)
            self.pieces.insert(index, (stop, piece))
            self.captured_bytes += max(0, min(stop - origin, len(data)) - (start - origin))
            self.covered_bytes += stop - start
            start = stop
            index += 1

    @property
    def kept_bytes(self) -> int:
        """Roughly the memory it holds."""
        payload = 0 if self.is_dull else self.captured_bytes
        return payload + _PIECE_OVERHEAD_BYTES * (len(self.pieces) + len(self.frames))

    def missing(self) -> tuple[tuple[int, int | None], ...]:
        """Ranges that nothing covers."""
        holes: list[tuple[int, int | None]] = []
        reached = 0
        for start, (end, _) in zip(self.starts, self.pieces, strict=True):
            if start > reached:
                holes.append((reached, start))
            reached = end
        if self.total_bytes is None:
            holes.append((reached, None))
        elif reached < self.total_bytes:
            holes.append((reached, self.total_bytes))
        return tuple(holes)

    def is_whole(self) -> bool:
        """Nothing is missing; then the first fragment is there as well."""
        return self.covered_bytes == self.total_bytes

    def head(self) -> bytes:
        """Octets from the beginning to the first hole, on the wire or in the capture."""
        parts: list[bytes] = []
        reached = 0
        for start, (end, data) in zip(self.starts, self.pieces, strict=True):
            if start != reached:
                break
            parts.append(data)
            reached = end
            if len(data) < end - start:
                break
        return b"".join(parts)

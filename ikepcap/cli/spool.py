"""Pieces of a document that come in one order and go in another, kept on disk when they are many."""

from array import array
from collections.abc import Iterator
from typing import IO, Final, Self

HELD_BYTES: Final = 1 << 20
"""Octets held in memory; a small capture needs no file at all."""
BLOCK_BYTES: Final = 1 << 18
"""About so many octets are given back at a time."""


class Spool:
    """Takes pieces, each with its number, and gives them back in the order of their numbers."""

    def __init__(self, separator: bytes = b"") -> None:
        """Begin with nothing; `separator` comes between pieces."""
        self._separator = separator
        self._held: list[bytes] = []
        """Each piece after a separator."""
        self._file: IO[bytes] | None = None
        self._filed = 0
        """Octets in the file; what is held follows them."""
        self._end = 0
        """Octets taken."""
        self._numbers = array("Q")
        self._ends = array("Q")
        """Where each piece ends and the one that came after it begins."""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        if self._file is not None:
            self._file.close()

    def add(self, number: int, piece: bytes) -> None:
        """Take a piece."""
        self._held += (self._separator, piece)
        self._end += len(self._separator) + len(piece)
        self._numbers.append(number)
        self._ends.append(self._end)
        if self._end - self._filed >= HELD_BYTES:
            self._put_away()

    def __iter__(self) -> Iterator[bytes]:
        """Yield the pieces in the order of their numbers, several at a time where they came in that order."""
        if self._file is not None:
            self._put_away()
        held = b"".join(self._held)
        for start, end in self._runs():
            if self._file is None:
                yield held[start:end]
            else:
                self._file.seek(start)
                yield self._file.read(end - start)

    def _runs(self) -> Iterator[tuple[int, int]]:
        """Yield from where to where to read, in turn."""
        ends, skipped = self._ends, len(self._separator)
        start = end = 0
        for index in sorted(range(len(ends)), key=self._numbers.__getitem__):
            begins = ends[index - 1] if index else 0
            if begins != end or end - start > BLOCK_BYTES:
                if end > start:
                    yield start + skipped, end
                start = begins
            end = ends[index]
        if end > start:
            yield start + skipped, end

    def _put_away(self) -> None:
        """Move what is held to the file, which has no name and vanishes with the process."""
        if self._file is None:
            from tempfile import TemporaryFile  # it takes as long to import as a small capture to read

            self._file = TemporaryFile(prefix="ikepcap-")  # noqa: SIM115 - closed with the spool
        self._file.seek(self._filed)
        self._file.write(b"".join(self._held))
        self._filed = self._end
        self._held.clear()

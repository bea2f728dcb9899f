"""The records of files as they lie in them, for those who change or show frames rather than read them."""

import os
from collections.abc import Iterator, Sequence
from typing import Any

from msgspec import Struct

from ikepcap.capture.decode import Decoder
from ikepcap.capture.reader import Capture, Progress


class Record(Struct, frozen=True, gc=False):
    """One captured frame."""

    frame: int
    """From 1."""
    time_ns: int
    link: int
    """LINKTYPE_ number."""
    data: bytes
    """As far as it was captured."""
    wire_bytes: int


class Records:
    """All frames of some files, in their order; iterate as often as needed."""

    def __init__(
        self,
        paths: Sequence[str | os.PathLike[str]],
        *,
        progress: Progress | None = None,
        any_link: bool = False,
    ) -> None:
        """Take the files; nothing is opened before the iteration.

        Args:
            paths: as for `Capture`.
            progress: likewise.
            any_link: yield frames of link types that are not known here too.
        """
        self._paths = paths
        self._progress = progress
        self._decoder = _KeeperOfAll if any_link else _Keeper
        self.frames = 0
        """Records read, those of unknown link types included; known once the iteration is over."""
        self.is_cut = False
        """A file ends in the middle of a record, or cannot be followed to its end."""

    def __iter__(self) -> Iterator[Record]:
        """Read the files.

        Raises:
            CaptureError: one cannot be opened, or is not a capture.
        """
        capture = Capture(self._paths, progress=self._progress, decoder=self._decoder)
        for record in capture:
            assert isinstance(record, Record)  # noqa: S101 - what `_Keeper` makes of a frame
            yield record
        files = capture.facts.files
        self.frames = sum(file.frames for file in files)
        self.is_cut = any(file.cut is not None for file in files)


class _Keeper(Decoder):
    """Hands frames on as they are."""

    def decode(self, number: int, time_ns: int, link: int, data: bytes, wire_bytes: int) -> Sequence[Any]:
        """Return the frame itself."""
        return (Record(number, time_ns, link, data, wire_bytes),)


class _KeeperOfAll(_Keeper):
    links = range(1 << 32)

"""Several inputs as one sequence: opened, told apart, put in order, and read one after the other."""

import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Final, Self

from ikepcap.apart import is_possible
from ikepcap.capture.datagram import CaptureFacts, FileFacts, Packed, unpacked
from ikepcap.capture.decode import Decoder, Item
from ikepcap.capture.halves import scan_halves
from ikepcap.capture.pcap import MAGICS, PcapReader
from ikepcap.capture.pcapng import MAGIC, PcapngReader
from ikepcap.capture.plan import NEED_MORE, CutError, RecordReader
from ikepcap.capture.scan import scan
from ikepcap.capture.source import STANDARD_INPUT, Source, open_input, size_of
from ikepcap.capture.window import SLACK, SPACE, Window
from ikepcap.errors import CaptureError

Progress = Callable[[int, int | None], None]
"""Called now and then with octets read of all inputs, and how many there are: None with a pipe among them."""

_OTHERS: Final[tuple[tuple[bytes, str], ...]] = (
    (b"BZh", "is packed with bzip2; unpack it first"),
    (b"PK\x03\x04", "is a zip archive; unpack it first"),
    (b"\x04\x22\x4d\x18", "is packed with lz4; unpack it first"),
    (b"\x1f\x9d", "is packed with compress; unpack it first"),
    (b"snoop\0", "is a snoop file; convert it with editcap -F pcap"),
    (b"RTSS", "is a Network Monitor file; convert it with editcap -F pcap"),
    (b"GMBU", "is a Network Monitor file; convert it with editcap -F pcap"),
    (b"MDMP", "is a memory dump; give a packet capture"),
)
"""First octets of what people take for a capture, and what to do with it."""


class Capture:
    """Everything in some captures that may be ISAKMP, in the order of the records.

    Iterate once; a second iteration reads the files again.
    """

    def __init__(
        self,
        paths: Sequence[str | os.PathLike[str]],
        *,
        progress: Progress | None = None,
        decoder: Callable[[], Decoder] | None = None,
        second_process: bool = False,
    ) -> None:
        """Take the inputs; nothing is opened before the iteration.

        Args:
            paths: files, and "-" for standard input. Files are read in the order of their first records.
            progress: see `Progress`.
            decoder: makes what is to see every frame; without one plain frames take a shorter way.
            second_process: let a child process help with large files, where that is possible.
        """
        self._paths = tuple(os.fspath(path) for path in paths)
        self._progress = progress
        self._use_short_way = decoder is None
        self._second_process = second_process
        self._new_decoder = decoder or Decoder
        self._files: list[FileFacts] = []
        self._decoder = self._new_decoder()

    def __iter__(self) -> Iterator[Item]:
        """Read all inputs, and yield what is found one by one; see `batches`."""
        for batch in self.batches():
            for item in batch:
                yield unpacked(item) if isinstance(item, tuple) else item

    def batches(self) -> Iterator[Sequence[Item | Packed]]:
        """Read all inputs, and yield what is found as it comes: about as much at a time as one read gives.

        What took the short way is packed still.

        Raises:
            CaptureError: an input cannot be opened, or is not a capture.
        """
        self._files, self._decoder = [], self._new_decoder()
        buffer = bytearray(SPACE + SLACK)
        sizes = [size_of(path) for path in self._paths]
        total = None if None in sizes else sum(size for size in sizes if size is not None)
        done = 0
        for path in _in_order(self._paths, buffer):
            with _Opened(path, buffer) as opened:
                opened.window.on_refill = self._reporter(opened.source, done, total)
                yield from self._read(opened)
                done += opened.source.taken_bytes
        self._decoder.fragments.finish()
        yield self._decoder.fragments.take()

    def _read(self, opened: "_Opened") -> Iterator[Sequence[Item | Packed]]:
        """Read one input, as far as it goes."""
        window, name = opened.window, opened.source.name
        first_frame = sum(file.frames for file in self._files) + 1
        reader: RecordReader | None = None
        cut: CutError | None = None
        try:
            reader = _reader_for(window, self._decoder, use_short_way=self._use_short_way)
            scanned = scan_halves if self._second_process and is_possible() else scan
            yield from scanned(reader, self._decoder, first_frame)
        except CutError as error:
            cut = error
        finally:
            frames = reader.frames if reader is not None else 0
            if reader is not None:
                self._decoder.tally.add(reader.tally)
            self._files.append(
                FileFacts(
                    name=name,
                    frames=frames,
                    first_frame=first_frame,
                    first_ns=reader.first_ns if reader is not None else None,
                    last_ns=reader.last_ns if reader is not None else None,
                    cut=_cut_line(opened.source, window, first_frame + frames - 1, cut),
                    unread_links=tuple(sorted(reader.unread_links.items())) if reader is not None else (),
                )
            )

    def _reporter(self, source: Source, done: int, total: int | None) -> Callable[[], None] | None:
        progress = self._progress
        if progress is None:
            return None
        return lambda: progress(done + source.taken_bytes, total)

    @property
    def facts(self) -> CaptureFacts:
        """What was counted; complete once the iteration is over."""
        return facts_of(self._files, self._decoder)


def facts_of(files: Iterable[FileFacts], decoder: Decoder) -> CaptureFacts:
    """Return what a decoder has counted, with the files that it was counted in."""
    tally, fragments = decoder.tally, decoder.fragments
    return CaptureFacts(
        files=tuple(files),
        esp=tally.esp,
        nat_keepalive=tally.nat_keepalive,
        not_isakmp=tally.not_isakmp,
        incomplete_fragments=fragments.lost,
        evicted_fragments=fragments.evicted,
        port_500=tally.port_500,
        port_4500=tally.port_4500,
        others=tally.others,
        truncated_frames=tally.truncated_frames,
        cut_headers=tally.cut_headers,
    )


class _Opened:
    """One open input; standard input is not closed, since this program did not open it."""

    def __init__(self, path: str, buffer: bytearray) -> None:
        name = "standard input" if path == STANDARD_INPUT else path
        self._is_ours = path != STANDARD_INPUT
        self._raw = open_input(path)
        try:
            self.source = Source(self._raw, name)
        except CaptureError:
            self.__exit__()
            raise
        self.window = Window(self.source, buffer)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        if self._is_ours:
            self._raw.close()


def _reader_for(window: Window, decoder: Decoder, *, use_short_way: bool) -> RecordReader:
    """Tell the file format by its first octets.

    Raises:
        CaptureError: it is none that is known.
        CutError: it ends within its header.
    """
    source = window.source
    window.fill(len(MAGIC))
    magic = bytes(window.view[: min(window.end, 8)])
    if magic[:4] in MAGICS:
        return PcapReader(window, decoder, use_short_way=use_short_way)
    if magic[:4] == MAGIC:
        return PcapngReader(window, decoder, use_short_way=use_short_way)
    if not magic and source.fault is None:
        message = f"{source.name}: is empty once unpacked; a capture has at least a file header"
        raise CaptureError(message)
    if len(magic) < len(MAGIC) and source.fault is not None:
        message = f"{source.name}: {source.fault}; not even a file header could be unpacked"
        raise CaptureError(message)
    for start, advice in _OTHERS:
        if magic.startswith(start):
            message = f"{source.name}: {advice}"
            raise CaptureError(message)
    message = f"{source.name}: is not a pcap or pcapng file; convert it with editcap, or check the name"
    raise CaptureError(message)


def _cut_line(source: Source, window: Window, frame: int, cut: CutError | None) -> str | None:
    """One line on where an input ends early and why; None if it ends well."""
    if cut is None and source.fault is None:
        return None
    offset = cut.offset if cut is not None else window.base + window.end
    where = f"after frame {frame}, at byte {offset}" + (" of the unpacked data" if source.packing else "")
    reasons = [str(cut)] if cut is not None else []
    if source.fault is not None:
        reasons.insert(0, source.fault)
    return f"{where}: {'; '.join(reasons)}"


def _in_order(paths: Sequence[str], buffer: bytearray) -> list[str]:
    """Put files in the order of their first records: tcpdump -C and -G number theirs in ways no sort follows.

    Files without records keep their places, and so do pipes, which can be read only once.
    """
    if len(paths) < 2:
        return list(paths)
    starts = [None if size_of(path) is None else _first_ns(path, buffer) for path in paths]
    timed = [index for index, start in enumerate(starts) if start is not None]
    ordered = list(paths)
    by_time = sorted(timed, key=lambda index: starts[index] or 0)
    for place, index in zip(timed, by_time, strict=True):
        ordered[place] = paths[index]
    return ordered


def _first_ns(path: str, buffer: bytearray) -> int | None:
    """Time of the first record of a file; None if it has none."""
    with _Opened(path, buffer) as opened:
        window = opened.window
        try:
            reader = _reader_for(window, Decoder(), use_short_way=False)
            while reader.first_ns is None:
                after = NEED_MORE
                if window.end - window.pos >= reader.least:
                    after, _, _ = reader.careful(window.pos, 0)
                if after != NEED_MORE:
                    window.pos = after
                if window.pos > window.end:
                    window.skip()
                if window.eof or (after == NEED_MORE and not window.refill()):
                    return None
        except CutError:
            return None
        return reader.first_ns

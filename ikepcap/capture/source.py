"""Inputs as octets: files and standard input, unpacked where they are compressed, read into one buffer.

This file opens things and knows no capture format. A stream that breaks off is not an error here: what was
unpacked before is handed on, and `Source.fault` says what happened.
"""

import contextlib
import os
import stat
import sys
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import BinaryIO, Final, Protocol

from ikepcap.errors import CaptureError

STANDARD_INPUT: Final = "-"
PACKED_CHUNK: Final = 32 * 1024
PIPE_BYTES: Final = 1024 * 1024
"""The most that Linux gives to anyone (fs.pipe-max-size)."""
UNPACKED_CHUNK: Final = 16 * 1024
"""What one call unpacks at most: a corrupt stream loses no more than this before the corruption."""
LONGEST_MAGIC: Final = 6
CAREFUL_CHUNK: Final = 64
CAREFUL_BYTES: Final = 8 * 1024
"""A stream that turns out corrupt loses what its last chunk would have given: so small ones are small."""


class Unpacker(Protocol):
    """A streaming decompressor in the manner of `lzma` and `compression.zstd`."""

    @property
    def eof(self) -> bool:
        """The end of this member was reached."""

    @property
    def needs_input(self) -> bool:
        """Nothing more comes without more input."""

    @property
    def unused_data(self) -> bytes:
        """Input past the end of this member."""

    def decompress(self, data: bytes, max_length: int) -> bytes:
        """Unpack up to `max_length` octets."""


class _Gzip:
    """`zlib` with the interface of the others (RFC 1952)."""

    def __init__(self) -> None:
        self._member = zlib.decompressobj(16 + zlib.MAX_WBITS)
        self.needs_input = True

    @property
    def eof(self) -> bool:
        return self._member.eof

    @property
    def unused_data(self) -> bytes:
        return self._member.unused_data

    def decompress(self, data: bytes, max_length: int) -> bytes:
        tail = self._member.unconsumed_tail
        out = self._member.decompress(tail + data if tail else data, max_length)
        # A call that fills max_length may hold output back even when it has taken all its input.
        self.needs_input = len(out) < max_length and not self._member.unconsumed_tail
        return out


def _xz() -> Unpacker:
    import lzma

    return lzma.LZMADecompressor(format=lzma.FORMAT_XZ)


def _zstd() -> Unpacker:
    if sys.version_info >= (3, 14):
        from compression import zstd
    else:
        from backports import zstd
    return zstd.ZstdDecompressor()


_SKIPPABLE: Final = tuple(bytes((low, 0x2A, 0x4D, 0x18)) for low in range(0x50, 0x60))
"""Zstandard frames without content (RFC 8878 §3.1.2): pzstd puts one before every other frame."""

PACKINGS: Final[tuple[tuple[str, tuple[bytes, ...], Callable[[], Unpacker]], ...]] = (
    ("gzip", (b"\x1f\x8b",), _Gzip),
    ("xz", (b"\xfd7zXZ\x00",), _xz),
    ("zstd", (b"\x28\xb5\x2f\xfd", *_SKIPPABLE), _zstd),
)


class Source:
    """One input, read once from its beginning to its end."""

    def __init__(self, raw: BinaryIO, name: str) -> None:
        """Find out how `raw`, which is unbuffered, is packed.

        Raises:
            CaptureError: it cannot be read, or it is empty.
        """
        self.name = name
        self.taken_bytes = 0
        """Octets taken from the input so far, packed as they are."""
        self.fault: str | None = None
        """Why the octets end early; None while they do not."""
        self._raw = raw
        self._origin = raw.tell() if raw.seekable() else None
        self._at: int | None = None
        _widen(raw)
        self._packed = self._first_octets()
        self.packing = ""
        self._new: Callable[[], Unpacker] | None = None
        for packing, magics, new in PACKINGS:
            if self._packed.startswith(magics):
                self.packing, self._magics, self._new = packing, magics, new
                self._member = new()
                self._ended = False

    def _first_octets(self) -> bytes:
        """Read what tells one packing from another: a pipe may hand it over in pieces."""
        first = b""
        while len(first) < LONGEST_MAGIC:
            try:
                piece = self._raw.read(LONGEST_MAGIC - len(first))
            except OSError as error:
                raise _unreadable(self.name, error) from error
            if not piece:
                break
            first += piece
        if not first:
            message = f"{self.name}: is empty; a capture has at least a file header"
            raise CaptureError(message)
        self.taken_bytes = len(first)
        return first

    def readinto(self, view: memoryview) -> int:
        """Fill some of `view` and return how many octets that were; 0 at the end."""
        if self._new is not None:
            return self._unpack_into(view)
        if self._packed:
            first, self._packed = self._packed, b""
            view[: len(first)] = first
            return len(first)
        try:
            count = self._read_once(view)
        except OSError as error:
            self.fault = f"reading failed ({error.strerror})"
            return 0
        self.taken_bytes += count
        return count

    def _read_once(self, view: memoryview) -> int:
        """Read once into `view`: a file as much as fits, a pipe what is there."""
        if self._at is None:
            return self._raw.readinto(view) or 0  # type: ignore[attr-defined]  # typeshed's BinaryIO lacks it
        count = os.preadv(self._raw.fileno(), [view], self._at)
        self._at += count
        return count

    @property
    def size(self) -> int | None:
        """Octets in all of a regular file that is not packed, which may be read anywhere; else None."""
        if self._new is not None or self._origin is None:
            return None
        try:
            found = os.fstat(self._raw.fileno())
        except OSError:  # no file, but what a program has put in the place of one
            return None
        return found.st_size - self._origin if stat.S_ISREG(found.st_mode) else None

    def peek(self, offset: int, count: int) -> bytes:
        """Return octets from another offset, without going there, of an input that has a size."""
        try:
            return os.pread(self._raw.fileno(), count, (self._origin or 0) + offset)
        except OSError:
            return b""

    def seek(self, offset: int) -> None:
        """Go on from another offset of an input that has a size; processes that share it do not notice."""
        assert self._origin is not None  # noqa: S101 - what has a size has one
        self._at = self._origin + offset
        self._packed = b""
        self.taken_bytes = offset

    def _unpack_into(self, view: memoryview) -> int:
        """Unpack until `view` is full or the stream is over."""
        filled = 0
        while not self._ended and filled < len(view):
            out = self._unpack(min(UNPACKED_CHUNK, len(view) - filled))
            view[filled : filled + len(out)] = out
            filled += len(out)
            if self._member.eof:
                self._next_member()
        return filled

    def _unpack(self, most: int) -> bytes:
        """Make one step: feed the unpacker if it wants input, and return what it gives."""
        data, self._packed = self._packed, b""
        if self._member.needs_input and not data:
            data = self._read_packed()
            if not data:
                self._ended = True
                if self.fault is None:
                    self.fault = f"the {self.packing} stream ends early"
                return b""
        try:
            return self._member.decompress(data, most)
        except Exception as error:  # noqa: BLE001  # zlib.error, LZMAError, ZstdError share no base class
            self._ended = True
            self.fault = f"the {self.packing} stream is corrupt ({error})"
            return b""

    def _read_packed(self) -> bytes:
        try:
            data = self._raw.read(PACKED_CHUNK if self.taken_bytes >= CAREFUL_BYTES else CAREFUL_CHUNK)
        except OSError as error:
            self.fault = f"reading failed ({error.strerror})"
            return b""
        self.taken_bytes += len(data)
        return data

    def _next_member(self) -> None:
        """Go on to the next gzip member, xz stream or zstd frame; padding and rubbish end the stream."""
        rest = self._member.unused_data.lstrip(b"\0")
        while len(rest) < LONGEST_MAGIC:
            more = self._read_packed()
            if not more:
                break
            rest = (rest + more).lstrip(b"\0")
        if rest.startswith(self._magics) and self._new is not None:
            self._member, self._packed = self._new(), rest
        else:
            self._ended = True


def open_input(path: str | os.PathLike[str]) -> BinaryIO:
    """Open a file, or standard input for "-", unbuffered.

    Raises:
        CaptureError: it does not exist, may not be read, or is a directory.
    """
    name = os.fspath(path)
    if name == STANDARD_INPUT:
        if sys.stdin is None:
            message = "standard input: is closed; give a file or a pipe"
            raise CaptureError(message)
        stream = sys.stdin.buffer
        # The raw stream returns what a pipe holds; the buffered one would wait until a request is filled.
        return getattr(stream, "raw", stream)
    try:
        return Path(name).open("rb", buffering=0)
    except OSError as error:
        raise _unreadable(name, error) from error
    except ValueError as error:  # a NUL in the name
        message = f"{name!r}: is not a file name; check the command line"
        raise CaptureError(message) from error


def _widen(raw: BinaryIO) -> None:
    """Make a pipe hold more than its 64 KiB: each time it runs dry, two processes change places."""
    with contextlib.suppress(ImportError, AttributeError, OSError):  # Linux has it, and only pipes take it
        import fcntl

        fcntl.fcntl(raw, fcntl.F_SETPIPE_SZ, PIPE_BYTES)


def size_of(path: str | os.PathLike[str]) -> int | None:
    """Octets of a regular file; None for what can only be read once: pipes, devices, standard input."""
    name = os.fspath(path)
    if name == STANDARD_INPUT:
        return None
    try:
        found = Path(name).stat()
    except (OSError, ValueError):
        return None
    return found.st_size if stat.S_ISREG(found.st_mode) else None


def _unreadable(name: str, error: OSError) -> CaptureError:
    """Say in one line why an input cannot be opened and what to do about it."""
    if isinstance(error, IsADirectoryError):
        return CaptureError(f"{name}: is a directory; name the capture files in it")
    if isinstance(error, FileNotFoundError):
        return CaptureError(f"{name}: does not exist; check the name")
    if isinstance(error, PermissionError):
        return CaptureError(f"{name}: may not be read; check its permissions")
    return CaptureError(f"{name}: cannot be read ({error.strerror}); check the file")

"""Inputs: packed or not, whole or not, files or pipes; and what cannot be read at all."""

import contextlib
import gzip
import io
import lzma
import os
import sys
from collections.abc import Callable
from pathlib import Path
from random import Random

import pytest

from ikepcap.capture.reader import Capture
from ikepcap.errors import CaptureError
from tests.capture.craft import SECOND, Pipe, enhanced, ethernet, frames, ike, interface, pcap, read, section

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd

PLAIN = pcap((SECOND, ike()) for _ in range(50))
NEXT = section() + interface() + enhanced(ike(), 10**6) * 50
PACKERS: dict[str, Callable[[bytes], bytes]] = {
    "gzip": gzip.compress,
    "xz": lzma.compress,
    "zstd": zstd.compress,
}


@pytest.mark.parametrize("packing", PACKERS)
@pytest.mark.parametrize("content", [PLAIN, NEXT], ids=["pcap", "pcapng"])
def test_a_packed_capture_is_read_like_a_plain_one(packing: str, content: bytes) -> None:
    assert read(PACKERS[packing](content)) == read(content)


@pytest.mark.parametrize("packing", PACKERS)
def test_a_stream_of_several_members_is_one_capture(packing: str) -> None:
    """What `cat a.gz b.gz` and parallel packers make; padding after the last is no fault."""
    pack = PACKERS[packing]
    pieces = [PLAIN[start : start + 1000] for start in range(0, len(PLAIN), 1000)]
    assert read(b"".join(pack(piece) for piece in pieces) + bytes(512)) == read(PLAIN)


def test_zstandard_frames_without_content_are_passed_over() -> None:
    """As pzstd writes them: before each frame, one that says how long it is."""
    pieces = [zstd.compress(PLAIN[start : start + 3000]) for start in range(0, len(PLAIN), 3000)]
    skipped = bytes.fromhex("502a4d18") + (4).to_bytes(4, "little")
    packed = b"".join(skipped + len(piece).to_bytes(4, "little") + piece for piece in pieces)
    assert read(packed) == read(PLAIN)


def _enough(packed: bytes) -> int:
    """Return the length from which on something comes out of a stream: before, it is no capture at all."""
    for size in range(6, len(packed)):
        with contextlib.suppress(CaptureError):
            read(packed[:size])
            return size
    return len(packed)


@pytest.mark.parametrize("packing", PACKERS)
def test_a_packed_stream_cut_anywhere_is_read_as_far_as_it_goes(packing: str) -> None:
    packed = PACKERS[packing](PLAIN)
    with pytest.raises(CaptureError, match=f"the {packing} stream ends early; not even a file header"):
        read(packed[:7])
    for size in range(_enough(packed), len(packed)):
        items, facts = read(packed[:size])
        (file,) = facts.files
        assert len(items) == file.frames
        assert file.cut is not None
        assert file.cut.startswith(f"after frame {file.frames}, at byte ")
        assert f" of the unpacked data: the {packing} stream ends early" in file.cut


@pytest.mark.parametrize("packing", ["gzip", "xz"])
def test_a_small_stream_that_fails_at_its_end_keeps_all_but_the_end(packing: str) -> None:
    """The check value of gzip comes last, and what it finds wrong is nothing to lose the capture for.

    zstd unpacks by blocks: a small stream is one, and is there or not.
    """
    packed = bytearray(PACKERS[packing](PLAIN))
    packed[-6] ^= 0xFF
    items, facts = read(bytes(packed))
    assert facts.files[0].cut is None or len(items) == facts.files[0].frames


@pytest.mark.parametrize("packing", PACKERS)
def test_a_corrupt_stream_keeps_what_came_before_the_corruption(packing: str) -> None:
    filler = Random(7).randbytes(300_000)  # other octets might spell an IP fragment, which is reported
    content = pcap(
        [(SECOND, ike()), *((SECOND, ethernet(filler[n : n + 1000])) for n in range(0, 300_000, 1000))]
    )
    packed = bytearray(PACKERS[packing](content))
    middle = len(packed) * 2 // 3
    packed[middle : middle + 64] = bytes(64)
    items, facts = read(bytes(packed))
    (file,) = facts.files
    if file.cut is not None and "corrupt" in file.cut:  # zstd and gzip store random octets and may not notice
        assert len(items) == 1
        assert file.frames <= 301


def test_standard_input_is_read_as_a_stream(monkeypatch: pytest.MonkeyPatch) -> None:
    for step in (1, 7, 1000, 1 << 20):
        raw = Pipe(PLAIN, step)
        stdin = io.TextIOWrapper(io.BufferedReader(raw))
        monkeypatch.setattr(sys, "stdin", stdin)
        capture = Capture(["-"])
        assert len(list(capture)) == 50
        assert capture.facts.files[0].name == "standard input"
        assert capture.facts.files[0].cut is None


def test_standard_input_may_be_packed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BufferedReader(Pipe(gzip.compress(PLAIN), 100))))
    assert len(list(Capture(["-"]))) == 50


def test_a_named_pipe_is_read_once(tmp_path: Path) -> None:
    """Process substitution: what looks like a file cannot be opened twice."""
    import threading

    pipe, file = tmp_path / "pipe", tmp_path / "file"
    os.mkfifo(pipe)
    file.write_bytes(frames(ike()))
    writer = threading.Thread(target=pipe.write_bytes, args=(PLAIN,))
    writer.start()
    try:
        capture = Capture([file, pipe])
        assert len(list(capture)) == 51
    finally:
        writer.join()


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"", "is empty"),
        (b"\xd4\xc3", "is not a pcap or pcapng file"),
        (b"#!/bin/sh\nexit 0\n", "is not a pcap or pcapng file"),
        (b"BZh91AY&SY" + bytes(100), "is packed with bzip2; unpack it first"),
        (b"snoop\0\0\0" + bytes(100), "convert it with editcap"),
        (gzip.compress(b""), "is empty once unpacked"),
        (gzip.compress(b"hello world"), "is not a pcap or pcapng file"),
    ],
)
def test_what_is_no_capture_is_refused_in_one_line(tmp_path: Path, content: bytes, says: str) -> None:
    path = tmp_path / "thing"
    path.write_bytes(content)
    with pytest.raises(CaptureError) as caught:
        list(Capture([path]))
    message = str(caught.value)
    assert message.startswith(f"{path}: ")
    assert says in message
    assert "\n" not in message
    assert ";" in message


def test_what_cannot_be_opened_is_refused_in_one_line(tmp_path: Path) -> None:
    for path, says in ((tmp_path, "is a directory"), (tmp_path / "no", "does not exist")):
        with pytest.raises(CaptureError, match=says):
            list(Capture([path]))
    with pytest.raises(CaptureError, match="is not a file name"):
        list(Capture(["a\0b"]))


def test_a_file_that_may_not_be_read_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "open", refuse)
    with pytest.raises(CaptureError, match="may not be read; check its permissions"):
        list(Capture([tmp_path / "secret"]))


def test_closed_standard_input_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", None)
    with pytest.raises(CaptureError, match="standard input: is closed"):
        list(Capture(["-"]))


def test_a_bad_file_among_others_is_refused_before_anything_is_read(tmp_path: Path) -> None:
    good, bad = tmp_path / "good", tmp_path / "bad"
    good.write_bytes(PLAIN)
    bad.write_bytes(b"text, no capture")
    with pytest.raises(CaptureError, match="bad: is not a pcap"):
        next(iter(Capture([good, bad])))

"""Large files in two halves, of which a child process passes the second while this one reads the first.

Nearly all frames of a large capture are nothing but passed, and that takes nothing of what was learnt before.
So the child begins at what looks like a record, half way, and notes which records it did not pass; this
process reads those when it comes to them. It believes nothing of it unless its own way from record to record
leads exactly to where the child began, in the state in which that began: so the notes are what it would have
come to itself, and a report is the same to the octet. If they are not, it goes on by itself.
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, suppress
from itertools import islice
from typing import Final

import msgspec
from msgspec import Struct

from ikepcap.apart import apart
from ikepcap.capture.datagram import Packed
from ikepcap.capture.decode import Decoder, Item, Tally
from ikepcap.capture.plan import NEED_MORE, CutError, RecordReader
from ikepcap.capture.scan import MARGIN_BYTES, pass_filling, scan
from ikepcap.capture.window import READ, SPACE
from ikepcap.errors import IkepcapError

WORTH_IT: Final = 50_000
"""With fewer frames to come, by the size of those that were read, a child process gains nothing."""
SETTLED: Final = 4
"""Fillings of the buffer after which the plan is known, if it ever will be."""
RUN: Final = 8
"""So many records in a row are no accident; that a packet holds them on purpose costs time, no more."""
NOTES: Final = 1024
"""Noted records after which they are handed over."""
RARE: Final = 16
"""With more than one record in so many noted, it is faster to read all."""


_encode: Final = msgspec.msgpack.Encoder().encode


class Note(Struct, frozen=True, array_like=True, gc=False):
    """A record that was not passed."""

    offset: int
    """In the file."""
    size: int
    frames: int
    """How many were passed or noted before, from the beginning of the second half."""
    last_ns: int | None
    """Time of the frame before it; None if there was none with a time."""


class Stretch(Struct, frozen=True, array_like=True, gc=False):
    """A part of the second half; the next one, if there is one, begins where it ends."""

    notes: list[Note]
    end: int
    """Offset in the file."""
    frames: int
    """As in `Note`, up to the end."""
    last_ns: int | None
    esp: int
    port_4500: int
    others: int


_decode: Final = msgspec.msgpack.Decoder(Stretch).decode


def scan_halves(reader: RecordReader, decoder: Decoder, first_frame: int) -> Iterator[list[Item | Packed]]:
    """Do as `scan` does, with a child process for the second half where there is one worth it."""
    scanned = scan(reader, decoder, first_frame)
    yield from islice(scanned, SETTLED)
    window, plan = reader.window, reader.plan
    half = _second_half(reader)
    if half is None:
        yield from scanned
        return
    window.halt = half + MARGIN_BYTES - 1
    with closing(apart(lambda send: _pass_half(reader, decoder, half, send))) as pieces:
        for found in scanned:
            yield found
            if window.base + window.pos >= half:
                break
        if window.base + window.pos == half and reader.plan is plan:
            yield from _followed(reader, decoder, first_frame, pieces)
    yield from scanned


def _second_half(reader: RecordReader) -> int | None:
    """Return the offset of what looks like a record half way to the end; None without one or without need.

    It is the one after a run of them: chance may lead to the first, but from there on to true ones only.
    """
    window, plan = reader.window, reader.plan
    size, here = window.source.size, window.base + window.pos
    if size is None or plan.guard is None or reader.frames * (size - here) < WORTH_IT * here:
        return None
    offset = (here + size) // 2
    octets = window.source.peek(offset, READ)
    peek, guard, extra = plan.peek.unpack_from, plan.guard, plan.extra
    last = len(octets) - plan.peek.size
    for start in range(READ // 2):
        pos = start
        for _ in range(RUN):
            if pos > last:
                break
            mark, length, *_ = peek(octets, pos)
            if mark != guard or not plan.fits <= length <= SPACE:
                break
            pos += length + extra
        else:
            return offset + pos
    return None


def _pass_half(reader: RecordReader, decoder: Decoder, half: int, send: Callable[[bytes], None]) -> None:
    """Be the child: pass the second half, as far as it can be passed, and send it in stretches."""
    window = reader.window
    window.on_refill = None
    window.jump(half)
    reader.frames, reader.last_ns, reader.tally = 0, None, Tally()
    notes: list[Note] = []

    def note(pos: int, frame: int) -> tuple[int, int, Sequence[Item]]:
        last_ns = reader.last_ns
        after, number, _ = reader.careful(pos, frame)
        if after != NEED_MORE:
            notes.append(Note(window.base + pos, after - pos, frame, last_ns))
        return after, number, ()

    def hand_over() -> None:
        tally, reader.tally = reader.tally, Tally()
        reached = window.base + window.pos, reader.frames, reader.last_ns
        send(_encode(Stretch(notes, *reached, tally.esp, tally.port_4500, tally.others)))
        notes.clear()

    noted = 0
    with suppress(CutError):  # whoever comes there by itself says what is wrong
        for _ in scan(reader, decoder, 1, note):
            if len(notes) < NOTES:
                continue
            noted += len(notes)
            hand_over()
            if noted * RARE > reader.frames:
                return
    hand_over()


def _followed(
    reader: RecordReader, decoder: Decoder, first_frame: int, pieces: Iterator[bytes]
) -> Iterator[list[Item | Packed]]:
    """Read the second half by what a child process says of it, as far as that has come."""
    window, frames = reader.window, reader.frames
    with suppress(IkepcapError):  # it was killed: what came of it holds
        for piece in pieces:
            stretch = _decode(piece)
            for note in stretch.notes:
                reader.frames = frames + note.frames
                if note.last_ns is not None:
                    reader.last_ns = note.last_ns
                window.load(note.offset, note.size)
                found: list[Item | Packed] = []
                pass_filling(reader, decoder, first_frame, None, found)
                yield found
                if window.pos != note.size:
                    return  # somebody writes to the file
            reader.tally.esp += stretch.esp
            reader.tally.port_4500 += stretch.port_4500
            reader.tally.others += stretch.others
            reader.frames = frames + stretch.frames
            if stretch.last_ns is not None:
                reader.last_ns = stretch.last_ns
            window.jump(stretch.end)

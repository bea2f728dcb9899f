"""The benchmark's workloads as capture files: MIX, DENSE, FLOOD and SMALL.

Files are kept between runs; a note beside them says by which seed and version of the generator each was
made, and one that no longer fits is made anew.
"""

import heapq
import json
import random
import struct
from collections.abc import Callable, Iterable, Iterator
from itertools import islice
from pathlib import Path
from typing import BinaryIO, Final

from bench_filler import filler
from bench_frames import MAIN, SA, VENDOR_IDS, VID, End, Suite, clear, ipv4, security_association
from bench_negotiations import SECOND, Case, Negotiator, Timed

VERSION: Final = 1
"""Raised when the generator makes other bytes than before."""
EPOCH: Final = 1_790_000_000 * SECOND
DENSE_FRAMES: Final = 1_000_000
DENSE_PER_SECOND: Final = 190
FLOOD_FRAMES: Final = 1_000_000
FLOOD_SECONDS: Final = 20
MIX_FRAMES: Final = 730_000
MIX_SECONDS: Final = 120
MIX_NEGOTIATIONS: Final = 78

Frame = tuple[int, bytes]
"""Microseconds since the start of the capture, and the frame."""
RECORD: Final = struct.Struct("<IIII")


def in_order(negotiations: Iterable[tuple[int, Iterable[Timed]]]) -> Iterator[Frame]:
    """Merge negotiations, given in order of their start, into frames in order of time."""
    waiting: list[tuple[int, int, bytes]] = []
    count = 0
    for start, datagrams in negotiations:
        while waiting and waiting[0][0] < start:
            at, _, frame = heapq.heappop(waiting)
            yield at, frame
        for offset, frames in datagrams:
            for order, frame in enumerate(frames):
                count += 1
                heapq.heappush(waiting, (start + offset + 12 * order, count, frame))
    while waiting:
        at, _, frame = heapq.heappop(waiting)
        yield at, frame


def dense(rng: random.Random) -> Iterator[Frame]:
    """Yield a million IKEv1 frames of negotiations that begin 190 times a second."""
    maker = Negotiator(rng)

    def endless() -> Iterator[tuple[int, Iterable[Timed]]]:
        now = 0.0
        while True:
            now += rng.expovariate(DENSE_PER_SECOND)
            yield int(now * SECOND), maker.negotiation()

    return islice(in_order(endless()), DENSE_FRAMES)


def flood(rng: random.Random) -> Iterator[Frame]:
    """Yield a million first messages, each with a new cookie from a new source."""
    suites = [(n, Suite(7, 256 >> n % 2, 2, 1, (14, 5, 2, 2)[n], 86400)) for n in range(4)]
    payloads = [(SA, security_association(suites)), *((VID, body) for body in VENDOR_IDS[:4])]
    tail = clear(bytes(16), MAIN, payloads)[8:]
    target, size = bytes((198, 51, 100, 1)), 8 + 8 + len(tail)
    link = bytes.fromhex("0200000000020200000000010800")
    udp = struct.pack(">HHHH", 500, 500, size, 0)
    base = 10 << 24
    for number in range(FLOOD_FRAMES):
        # Odd steps modulo 2^24 visit every address of 10.0.0.0/8 once before any comes again.
        source = (base + (number * 7_368_787 + 1) % (1 << 24)).to_bytes(4)
        end = End(source, b"", 40 + number % 20)
        head = ipv4(end, End(target, b"", 0), number & 0xFFFF, 0, 17, size)
        yield number * FLOOD_SECONDS * SECOND // FLOOD_FRAMES, link + head + udp + rng.randbytes(8) + tail


def small(rng: random.Random) -> Iterator[Frame]:
    """Yield one main mode and one quick mode, nine frames."""
    maker = Negotiator(rng)
    profile = next(profile for profile in maker.profiles if profile.suite.auth == 1)
    case = Case(profile, maker.path(0), False, (500, 4500), rng.randbytes(16))
    for number, message in enumerate(maker.main_mode(case)):
        yield 30_000 * number, case.frames(message)[0]


def mix(rng: random.Random) -> Iterator[Frame]:
    """Yield half a gigabyte of other traffic with one frame of IKEv1 in a thousand."""
    maker = Negotiator(rng)
    starts = sorted(rng.randrange(MIX_SECONDS * SECOND * 3 // 4) for _ in range(MIX_NEGOTIATIONS))
    wanted = list(in_order((start, maker.negotiation()) for start in starts))
    wanted = [(at, frame) for at, frame in wanted if at < MIX_SECONDS * SECOND]
    return heapq.merge(filler(rng, MIX_FRAMES - len(wanted), MIX_SECONDS * SECOND), wanted)


def write_pcap(out: BinaryIO, frames: Iterable[Frame]) -> None:
    """Write a classic file: little-endian, microseconds, Ethernet."""
    out.write(struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 65535, 1))
    for at, frame in frames:
        seconds, fraction = divmod(EPOCH + at, SECOND)
        out.write(RECORD.pack(seconds, fraction, len(frame), len(frame)) + frame)


def write_pcapng(out: BinaryIO, frames: Iterable[Frame]) -> None:
    """Write a pcapng file: one section, one Ethernet interface, microseconds."""
    out.write(struct.pack("<IIIHHqI", 0x0A0D0D0A, 28, 0x1A2B3C4D, 1, 0, -1, 28))
    out.write(struct.pack("<IIHHII", 1, 20, 1, 0, 65535, 20))
    head = struct.Struct("<IIIIIII")
    for at, frame in frames:
        padding = -len(frame) % 4
        size = 32 + len(frame) + padding
        high, low = divmod(EPOCH + at, 1 << 32)
        block = head.pack(6, size, 0, high, low, len(frame), len(frame))
        out.write(block + frame + bytes(padding) + size.to_bytes(4, "little"))


FILES: Final[dict[str, tuple[Callable[[random.Random], Iterator[Frame]], str]]] = {
    "small.pcap": (small, "small"),
    "mix.pcap": (mix, "mix"),
    "mix.pcapng": (mix, "mix"),
    "dense.pcap": (dense, "dense"),
    "flood.pcap": (flood, "flood"),
}
"""File name to its maker and the workload whose seed it shares."""


def generate(directory: Path, names: Iterable[str], seed: int, say: Callable[[str], None]) -> None:
    """Make the files that are missing or were made otherwise."""
    directory.mkdir(parents=True, exist_ok=True)
    note = directory / "workloads.json"
    made: dict[str, list[int]] = json.loads(note.read_text()) if note.exists() else {}
    for name in names:
        path = directory / name
        if path.exists() and made.get(name) == [VERSION, seed]:
            continue
        say(f"making {path}")
        maker, workload = FILES[name]
        write = write_pcapng if name.endswith("ng") else write_pcap
        unfinished = path.with_suffix(".part")
        with unfinished.open("wb", buffering=1 << 20) as out:
            write(out, maker(random.Random(f"{workload} {seed}")))
        unfinished.replace(path)
        made[name] = [VERSION, seed]
        note.write_text(json.dumps(made, indent=1, sort_keys=True) + "\n")

"""Traffic that is not IKE: TCP, ESP, ESP in UDP, other UDP. 5 % of the flows are VLAN-tagged."""

import random
import struct
from collections.abc import Callable, Iterator
from typing import Final

from bench_frames import End, ipv4

FLOWS: Final = 600
SIZES: Final = (52, 64, 90, 140, 260, 420, 576, 900, 1080, 1180, 1200, 1300, 1380)
"""Octets of IP payload; the mean makes MIX half a gigabyte."""
NOISE_BYTES: Final = 1 << 20

Flow = Callable[[], bytes]


def flow(rng: random.Random, kind: str, noise: bytes) -> Flow:
    """Return a source of the frames of one flow; numbers in them count up as they do on a wire."""
    left = End(bytes((192, 0, 2, rng.randint(1, 254))), b"", 64)
    right = End(bytes((198, 51, 100, rng.randint(1, 254))), b"", 57)
    link = bytes.fromhex("020000000002020000000001")
    if rng.random() < 0.05:
        link += struct.pack(">HH", 0x8100, rng.randint(1, 4000))
    link += b"\x08\0"
    protocol = {"tcp": 6, "esp": 50}.get(kind, 17)
    heads = {size: link + ipv4(left, right, 0, 0x4000, protocol, size) for size in SIZES}
    ports = rng.randint(32768, 65535), {"natt": 4500, "udp": rng.choice((53, 123, 443, 1194))}.get(kind, 443)
    spi, number = rng.getrandbits(32) | 256, rng.getrandbits(31)

    def esp() -> tuple[int, bytes]:
        return 1, struct.pack(">II", spi, number)

    def natt() -> tuple[int, bytes]:
        return 1, struct.pack(">HHHHII", *ports, size, 0, spi, number)

    def tcp() -> tuple[int, bytes]:
        return size - 20, struct.pack(">HHIIBBHHH", *ports, number, spi, 0x50, 0x18, 8192, 0, 0)

    def udp() -> tuple[int, bytes]:
        return 1, struct.pack(">HHHH", *ports, size, 0)

    size = SIZES[0]
    head = {"esp": esp, "natt": natt, "tcp": tcp, "udp": udp}[kind]

    def frame() -> bytes:
        nonlocal number, size
        size = SIZES[int(rng.random() * len(SIZES))]
        step, start = head()
        number = number + step & 0xFFFFFFFF
        at = int(rng.random() * (NOISE_BYTES - 1500))
        return heads[size] + start + noise[at : at + size - len(start)]

    return frame


def filler(rng: random.Random, count: int, span: int) -> Iterator[tuple[int, bytes]]:
    """Yield `count` frames spread over `span` microseconds."""
    noise = rng.randbytes(NOISE_BYTES)
    kinds = rng.choices(("tcp", "esp", "natt", "udp"), (40, 25, 25, 10), k=FLOWS)
    flows = [flow(rng, kind, noise) for kind in kinds]
    keepalive = _keepalive()
    for number in range(count):
        at = span * number // count
        if number % 5000 == 4999:
            yield at, keepalive
        else:
            yield at, flows[int(rng.random() * FLOWS)]()


def _keepalive() -> bytes:
    """Return the one octet that holds a NAT mapping open (RFC 3948 §2.3), in a frame of the least size."""
    left, right = End(bytes((192, 0, 2, 9)), b"", 64), End(bytes((198, 51, 100, 9)), b"", 57)
    datagram = struct.pack(">HHHH", 4500, 4500, 9, 0) + b"\xff"
    link = bytes.fromhex("0200000000020200000000010800")
    return (link + ipv4(left, right, 0, 0, 17, 9) + datagram).ljust(60, b"\0")

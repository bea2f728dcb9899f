"""Broken input for the fuzz run: seeds, and what is done to them.

A case is named by the seed of the run and its number, so that it can be made again at any time.
"""

import functools
import gzip
import random
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Final

from ikepcap.api import messages
from ikepcap.testing import ECP, LEGACY, STRONG, Play, pcap, pcapng
from ikepcap.testing.stage import merge
from ikepcap.wire import build

MAX_BYTES: Final = 65_507
"""The largest UDP payload."""
LIES: Final = (0, 1, 2, 3, 4, 7, 8, 27, 28, 29, 0x7F, 0x80, 0xFF, 0x100, 0x7FFF, 0x8000, 0xFFF8, 0xFFFF)
WIDE_LIES: Final = (*LIES, 0x10000, 0x40000, 0xFFFFFF, 0x7FFFFFFF, 0x80000000, 0xFFFFFFFF)

Mutation = Callable[[bytearray, random.Random, Sequence[bytes]], None]


def plays() -> list[Play]:
    """Return conversations that between them have every kind of message."""
    everything = (STRONG, LEGACY, ECP)
    certificates = Play(seed=3, auth="rsa-sig", ike_fragment_bytes=400, offer=everything)
    over_ipv6 = Play(seed=4, initiator="2001:db8::1", responder="2001:db8::2", auth="rsa-sig")
    return [
        Play(seed=1, nat="initiator", offer=everything).phase1().transaction().quick(1, 2, 3),
        Play(seed=2, mode="aggressive", clear_msg3=True, nat="responder").phase1().dead_peer_detection(),
        certificates.phase1().quick(1).informational("responder"),
        over_ipv6.phase1().quick(1, 2, 3),
        Play(seed=5).msg1().port_unreachable().repeat((4.0, 7.2), "MSG1", "ICMP"),
        Play(seed=6).msg1().notify("responder", with_spi=False).repeat((0.5, 0.5), "MSG1", "NOTIFY"),
    ]


def every_payload() -> bytes:
    """Return one message with a payload of each type that has a layout of its own."""
    cookies = bytes(range(1, 17))
    attributes = [build.tv(16520, 0), build.tlv(16521, b"user"), build.tlv(16524, b"")]
    esp = build.transform([build.tv(1, 1), build.tlv(2, 3600), build.tv(4, 3)], transform_id=12)
    parts = [
        build.sa([STRONG_PROPOSAL, build.proposal([esp, esp], number=2, protocol=3, spi=b"\1\2\3\4")]),
        build.ke(bytes(64)),
        build.address_identity("2001:db8::9"),
        build.certificate(b"\x30\x03\x02\x01\x05"),
        build.certificate_request(b"\x30\x00"),
        build.hash_payload(bytes(20)),
        build.signature(bytes(16)),
        build.nonce(bytes(16)),
        build.notify(36136, spi=cookies, data=bytes(4)),
        build.delete([b"\1\2\3\4", b"\5\6\7\x08"], protocol=3),
        build.vendor_id(b"strange"),
        build.configuration(1, attributes, identifier=7),
        build.nat_d("sha1", cookies, "192.0.2.1", 500),
        build.raw(21, b"\1\0\0\0\xc0\0\2\1"),
        build.fragment(bytes(40), number=1, is_last=True),
    ]
    return build.message(parts, initiator_cookie=cookies[:8], responder_cookie=cookies[8:])


STRONG_PROPOSAL: Final = build.proposal([STRONG.transform(1, "psk"), LEGACY.transform(2, "psk")])


@functools.cache
def datagram_seeds(captures: tuple[Path, ...]) -> list[bytes]:
    """Return messages to begin with: those of the plays and of the captures."""
    found = [every_payload()]
    found += [payload for play in plays() for shot in play.shots for payload in shot.payloads]
    for path in captures:
        found += [framed.message.data for framed in messages(path)]
    return sorted(set(found))


@functools.cache
def file_seeds(captures: tuple[Path, ...]) -> list[bytes]:
    """Return capture files to begin with, both formats and all link types."""
    made = plays()
    found = [play.pcap() for play in made]
    found += [pcap(merge(*made), link=link, nanoseconds=True) for link in (0, 1, 101, 113)]
    found += [pcapng(play.frames) for play in made] + [pcapng(merge(*made), snaplen=90)]
    return found + [path.read_bytes() for path in captures]


def flip(data: bytearray, rng: random.Random, _seeds: Sequence[bytes]) -> None:
    """Change single octets."""
    for _ in range(rng.randint(1, 8)):
        data[rng.randrange(len(data))] = rng.randrange(256)


def flip_early(data: bytearray, rng: random.Random, _seeds: Sequence[bytes]) -> None:
    """Change octets of the headers."""
    for _ in range(rng.randint(1, 4)):
        data[rng.randrange(min(64, len(data)))] = rng.randrange(256)


def cut(data: bytearray, rng: random.Random, _seeds: Sequence[bytes]) -> None:
    """Take the end away."""
    del data[rng.randrange(len(data)) :]


def lie(data: bytearray, rng: random.Random, _seeds: Sequence[bytes]) -> None:
    """Write numbers that hurt where a length may be."""
    for _ in range(rng.randint(1, 3)):
        at = rng.randrange(len(data))
        data[at : at + 2] = rng.choice(LIES).to_bytes(2)


def lie_wide(data: bytearray, rng: random.Random, _seeds: Sequence[bytes]) -> None:
    """The same for lengths of four octets, in either byte order."""
    at = rng.randrange(len(data)) & ~3
    data[at : at + 4] = rng.choice(WIDE_LIES).to_bytes(4, rng.choice(("little", "big")))


def splice(data: bytearray, rng: random.Random, seeds: Sequence[bytes]) -> None:
    """Go on with another seed from somewhere."""
    other = rng.choice(seeds)
    data[rng.randrange(len(data)) :] = other[rng.randrange(len(other)) :]


def repeat(data: bytearray, rng: random.Random, _seeds: Sequence[bytes]) -> None:
    """Put a piece in once more, or many times."""
    start = rng.randrange(len(data))
    piece = data[start : start + rng.randint(1, 64)]
    at = rng.randrange(len(data))
    data[at:at] = piece * rng.choice((1, 1, 2, 3, 200))


def remove(data: bytearray, rng: random.Random, _seeds: Sequence[bytes]) -> None:
    """Take a piece out."""
    start = rng.randrange(len(data))
    del data[start : start + rng.randint(1, 48)]


MUTATIONS: Final[tuple[Mutation, ...]] = (flip, flip_early, cut, lie, lie, lie_wide, splice, repeat, remove)


def mutated(rng: random.Random, seeds: Sequence[bytes]) -> bytearray:
    """Return a seed after one to four mutations."""
    data = bytearray(rng.choice(seeds))
    for _ in range(rng.choice((1, 1, 1, 2, 2, 3, 4))):
        if not data:
            break
        rng.choice(MUTATIONS)(data, rng, seeds)
    return data


def datagram_case(seed: int, number: int, seeds: Sequence[bytes]) -> bytes:
    """Return one broken message."""
    return bytes(mutated(random.Random(f"datagram {seed} {number}"), seeds)[:MAX_BYTES])


def file_case(seed: int, number: int, seeds: Sequence[bytes]) -> bytes:
    """Return one broken capture file, now and then compressed, and then perhaps broken again."""
    rng = random.Random(f"file {seed} {number}")
    data = mutated(rng, seeds)
    if rng.random() < 0.15:
        data = bytearray(gzip.compress(bytes(data), 1, mtime=0))
        if rng.random() < 0.7:
            rng.choice((flip, flip_early, cut, lie))(data, rng, seeds)
    return bytes(data)

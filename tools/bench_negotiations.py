"""Seeded IKEv1 negotiations as timed frames: what a busy gateway sees in ten minutes.

Shares: 14 % aggressive mode, 6 % stalled, half behind NAT, 3 % IPv6, 2 % VLAN, 6 % with certificates
whose MSG5 and MSG6 are IP fragments. What is encrypted on a real wire is random here.
"""

import hashlib
import random
import struct
from collections.abc import Iterator
from typing import Final, NamedTuple

from bench_frames import (
    AGGRESSIVE,
    HASH,
    ID,
    INFORMATIONAL,
    KE,
    MAIN,
    NAT_D,
    NONCE,
    QUICK,
    SA,
    VENDOR_IDS,
    VID,
    End,
    Path,
    Suite,
    clear,
    header,
    nat_d,
    security_association,
)

SECOND: Final = 1_000_000
"""Times are microseconds, as in the files."""
MARKER: Final = bytes(4)

SCHEDULES: Final = (
    (4.0, 11.2, 24.2, 47.5, 89.5),  # strongSwan 5.9: 4 s, growing by 1.8
    (0.5, 1.0, 2.0, 4.0, 8.0, 16.0, 32.0),  # Libreswan 4.10: doubling from half a second
    (10.0, 20.0, 30.0, 40.0),  # racoon 0.9: every 10 s
)
"""Seconds after the first copy at which an initiator repeats what is not answered."""

DEAD_PEER_DETECTION: Final = 0.42
"""Share of tunnels that exchange a pair of protected notifies."""

OFFERS: Final = 34
"""With one answer to each this makes 68 distinct SA bodies."""


class Profile(NamedTuple):
    """One configuration in the field: an offer, the transform chosen of it, and vendor ids."""

    offer: bytes
    answer: bytes
    suite: Suite
    vendor_ids: tuple[bytes, ...]
    answer_ids: tuple[bytes, ...]


class Message(NamedTuple):
    """One message of a negotiation: who sends it and from which port on."""

    sender: int
    on_4500: bool
    data: bytes


class Case(NamedTuple):
    """What stays the same through one negotiation."""

    profile: Profile
    path: Path
    behind_nat: bool
    """The initiator is; both move to 4500 after phase 1's keys."""
    outer: tuple[int, int]
    """The initiator's ports as captured, before and after the move."""
    cookies: bytes

    def frames(self, message: Message) -> list[bytes]:
        """Return the frames of one message."""
        far, own = self.outer[message.on_4500], 4500 if message.on_4500 else 500
        ports = (far, own) if message.sender == 0 else (own, far)
        payload = MARKER + message.data if message.on_4500 else message.data
        return self.path.frames(message.sender, ports, payload)

    def ids(self, bodies: tuple[bytes, ...]) -> list[tuple[int, bytes]]:
        """Return vendor id payloads, the one for NAT traversal first where it is spoken."""
        wanted = (VENDOR_IDS[0], *bodies) if self.behind_nat else bodies
        return [(VID, body) for body in wanted]

    def nat_d(self, sender: int) -> list[tuple[int, bytes]]:
        """Return both NAT-D payloads as their sender knows the addresses, the receiver's first."""
        if not self.behind_nat:
            return []
        left, right = (end.address for end in self.path.ends)
        inner = bytes((192, 0, 2, self.cookies[0])) if len(left) == 4 else left[:8] + self.cookies[:8]
        known = [(right, 500), (inner, 500)] if sender == 0 else [(left, self.outer[0]), (right, 500)]
        return [(NAT_D, nat_d(self.profile.suite, self.cookies, *end)) for end in known]


Timed = tuple[int, list[bytes]]
"""Microseconds after the start, and the frames of one datagram."""


def profiles(rng: random.Random) -> list[Profile]:
    """Return the configurations that all negotiations are drawn from."""
    ciphers = ((7, 128), (7, 256), (5, 0), (7, 192))
    found = []
    for number in range(OFFERS):
        auth = 3 if number % 17 == 16 else 1
        life = (3600, 28800, 86400, 10800)[number % 4] + 60 * (number // 4)
        pool = [
            Suite(cipher, bits, digest, auth, group, life)
            for cipher, bits in ciphers
            for digest in (1, 2, 4)
            for group in (2, 5, 14, 19)
        ]
        suites = list(enumerate(rng.sample(pool, rng.randint(4, 8)), 1))
        chosen = rng.choice(suites)
        others = list(VENDOR_IDS[1:])
        rng.shuffle(others)
        ids = tuple(others[: rng.randint(6, 9)])
        offer, answer = security_association(suites), security_association([chosen])
        found.append(Profile(offer, answer, chosen[1], ids, ids[: rng.randint(2, 5)]))
    return found


class Negotiator:
    """Makes negotiations one after the other; everything random comes from one seeded source."""

    def __init__(self, rng: random.Random) -> None:
        self.rng = rng
        self.profiles = profiles(rng)
        self._noise = rng.randbytes(1 << 20)
        self._count = 0

    def noise(self, size: int) -> bytes:
        """Return octets without structure: keys, nonces, ciphertext."""
        start = self.rng.randrange(len(self._noise) - size)
        return self._noise[start : start + size]

    def path(self, share_ipv6: float = 0.03) -> Path:
        """Return two ends that few other negotiations share."""
        rng, self._count = self.rng, self._count + 1
        tag = 100 + self._count % 40 if rng.random() < 0.02 else None
        macs = bytes.fromhex("020000000001"), bytes.fromhex("020000000002")
        if rng.random() < share_ipv6:
            prefix = bytes.fromhex("20010db8")
            return Path(
                End(prefix + struct.pack(">IQ", 1, self._count), macs[0], 64),
                End(prefix + struct.pack(">IQ", 2, self._count % 64 + 1), macs[1], 57),
                tag,
                rng,
            )
        left = bytes((203, 0, 113, 1 + self._count % 254))
        right = bytes((198, 51, 100, 1 + self._count // 254 % 254))
        return Path(End(left, macs[0], rng.choice((52, 57, 61))), End(right, macs[1], 64), tag, rng)

    def negotiation(self) -> Iterator[Timed]:
        """Yield the datagrams of one negotiation, in no particular order of time."""
        rng = self.rng
        path, behind_nat = self.path(), rng.random() < 0.5
        outer = (rng.randint(1024, 65535), rng.randint(1024, 65535)) if behind_nat else (500, 4500)
        case = Case(rng.choice(self.profiles), path, behind_nat, outer, rng.randbytes(16))
        script = self._aggressive(case) if rng.random() < 0.14 else self.main_mode(case)
        yield from self._play(script, case)

    def _play(self, script: list[Message], case: Case) -> Iterator[Timed]:
        rng = self.rng
        schedule = rng.choice(SCHEDULES)
        # A stall has its point in phase 1 or at the first message of phase 2.
        stall = rng.randrange(len(script) - 2) if rng.random() < 0.06 else -1
        lost = rng.randrange(len(script)) if rng.random() < 0.03 else -1
        now = 0
        for step, message in enumerate(script):
            now += int(rng.lognormvariate(10.3, 0.5))
            yield now, case.frames(message)
            if step == stall:
                copies = script[step - message.sender : step + 1]
                patience = schedule[: rng.randint(2, len(schedule))]
                yield from self._repeats(copies, patience, now, case)
                return
            if step == lost:
                now += int(schedule[0] * SECOND)
                yield now, case.frames(message)
        if rng.random() < DEAD_PEER_DETECTION:
            now += int(rng.uniform(8, 30) * SECOND)
            for sender in (0, 1):
                data = self._encrypted(INFORMATIONAL, rng.getrandbits(32) or 1, case.cookies, 64)
                yield now + sender * 25_000, case.frames(Message(sender, script[-1].on_4500, data))

    def _repeats(
        self, copies: list[Message], schedule: tuple[float, ...], since: int, case: Case
    ) -> Iterator[Timed]:
        """Yield what is repeated: a request without answer, or a request and the answer that gets lost."""
        for again in schedule:
            for order, copy in enumerate(copies):
                at = since + int(again * SECOND) + order * 20_000 + self.rng.randrange(3000)
                yield at, case.frames(copy)

    def _encrypted(
        self, exchange: int, message_id: int, cookies: bytes, size: int, first: int = HASH
    ) -> bytes:
        return cookies + header(first, exchange, 1, message_id, 28 + size) + self.noise(size)

    def _quick(self, case: Case) -> list[Message]:
        message_id = self.rng.getrandbits(32) or 1
        sizes = 176, 176, 48 if case.profile.suite.block_bytes == 8 else 64
        return [
            Message(number % 2, case.behind_nat, self._encrypted(QUICK, message_id, case.cookies, size))
            for number, size in enumerate(sizes)
        ]

    def _keys(self, suite: Suite) -> list[tuple[int, bytes]]:
        return [(KE, self.noise(suite.public_bytes)), (NONCE, self.noise(32))]

    def main_mode(self, case: Case) -> list[Message]:
        """Return the nine messages of main mode and quick mode."""
        profile, cookies = case.profile, case.cookies
        unanswered = cookies[:8] + bytes(8)
        script = [
            Message(0, False, clear(unanswered, MAIN, [(SA, profile.offer), *case.ids(profile.vendor_ids)])),
            Message(1, False, clear(cookies, MAIN, [(SA, profile.answer), *case.ids(profile.answer_ids)])),
        ]
        for sender in (0, 1):
            payloads = self._keys(profile.suite) + case.nat_d(sender)
            script.append(Message(sender, False, clear(cookies, MAIN, payloads)))
        sizes = (1904, 1872) if profile.suite.auth == 3 else (96, 64)
        for sender in (0, 1):
            data = self._encrypted(MAIN, 0, cookies, sizes[sender], ID)
            script.append(Message(sender, case.behind_nat, data))
        return script + self._quick(case)

    def _aggressive(self, case: Case) -> list[Message]:
        profile, cookies = case.profile, case.cookies
        unanswered = cookies[:8] + bytes(8)
        name = b"\x02\x11\x01\xf4" + b"branch-%05d.example.net" % (self._count % 100_000)
        first = [(SA, profile.offer), *self._keys(profile.suite), (ID, name)]
        second = [(SA, profile.answer), *self._keys(profile.suite)]
        own = b"\x01\x11\x01\xf4" + case.path.ends[1].address[-4:]
        digest = self.noise(hashlib.new(profile.suite.hash_name, usedforsecurity=False).digest_size)
        second += [(ID, own), (HASH, digest), *case.nat_d(1)]
        script = [
            Message(0, False, clear(unanswered, AGGRESSIVE, first + case.ids(profile.vendor_ids))),
            Message(1, False, clear(cookies, AGGRESSIVE, second + case.ids(profile.answer_ids))),
            Message(0, case.behind_nat, self._encrypted(AGGRESSIVE, 0, cookies, 96)),
        ]
        return script + self._quick(case)

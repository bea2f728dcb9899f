"""Raw bytes for the benchmark's workloads: Ethernet, IP, UDP, and the payloads of ISAKMP messages.

This file shares no code with the package, so that a fault in the package cannot hide in its own
workloads, and it imports nothing but the standard library.
"""

import hashlib
import random
import struct
from collections.abc import Sequence
from typing import Final, NamedTuple

IPV4: Final = struct.Struct(">BBHHHBBH4s4s")
UDP: Final = struct.Struct(">HHHH")
MTU: Final = 1500

SA, PROPOSAL, TRANSFORM, KE, VID, NONCE, NAT_D = 1, 2, 3, 4, 13, 10, 20
ID, HASH = 5, 8
MAIN, AGGRESSIVE, INFORMATIONAL, QUICK = 2, 4, 5, 32

NAT_T_ID: Final = "4a131c81070358455c5728f20e95452f"
VENDOR_IDS: Final = tuple(
    bytes.fromhex(text)
    for text in (
        NAT_T_ID,
        "afcad71368a1f1c96b8696fc77570100",
        "4048b7d56ebce88525e7de7f00d6c2d3",
        "09002689dfd6b712",
        "90cb80913ebb696e086381b5ec427b1f",
        "7d9419a65310ca6f2c179d9215529d56",
        "12f5f28c457168a9702d9fe274cc0100",
        "882fe56d6fd20dbc2251613b2ebe5beb",
        "7003cbc1097dbe9c2600ba6983bc8b35",
        "1e2b516905991c7d7c96fcbfb587e46100000009",
        "cd60464335df21f87cfdb2fc68b6a448",
        "1f07f70eaa6514d3b0fa96542a500407",
    )
)
"""Twelve that are common in the field; the first says NAT traversal as RFC 3947 has it."""


def chained(payloads: Sequence[tuple[int, bytes]]) -> bytes:
    """Return payloads with generic headers, each announcing the next (RFC 2408 §3.2)."""
    types = [kind for kind, _ in payloads[1:]] + [0]
    return b"".join(
        struct.pack(">BBH", following, 0, 4 + len(body)) + body
        for following, (_, body) in zip(types, payloads, strict=True)
    )


class Suite(NamedTuple):
    """One phase-1 transform, and what the messages after it look like."""

    encryption: int
    key_bits: int
    hash: int
    auth: int
    group: int
    lifetime_s: int

    @property
    def block_bytes(self) -> int:
        """Cipher block: every ciphertext is a multiple of it."""
        return 16 if self.encryption == 7 else 8

    @property
    def hash_name(self) -> str:
        """Name for hashlib; NAT-D payloads are made with the negotiated hash (RFC 3947 §3.2)."""
        return {1: "md5", 2: "sha1", 4: "sha256"}[self.hash]

    @property
    def public_bytes(self) -> int:
        """Length of a KE payload's body."""
        return {2: 128, 5: 192, 14: 256, 19: 64}[self.group]

    def transform(self, number: int) -> bytes:
        """Return the body of a transform payload: KEY_IKE and its attributes (RFC 2409 appendix A)."""
        pairs = [(1, self.encryption), (2, self.hash), (3, self.auth), (4, self.group), (11, 1)]
        if self.key_bits:
            pairs.insert(1, (14, self.key_bits))
        fixed = b"".join(struct.pack(">HH", 0x8000 | kind, value) for kind, value in pairs)
        return struct.pack(">BBH", number, 1, 0) + fixed + struct.pack(">HHI", 12, 4, self.lifetime_s)


def security_association(suites: Sequence[tuple[int, Suite]]) -> bytes:
    """Return the body of an SA payload with one ISAKMP proposal of these (number, suite) transforms."""
    transforms = chained([(TRANSFORM, suite.transform(number)) for number, suite in suites])
    proposal = struct.pack(">BBBB", 1, 1, 0, len(suites)) + transforms
    return struct.pack(">II", 1, 1) + chained([(PROPOSAL, proposal)])


def header(first: int, exchange: int, flags: int, message_id: int, size: int) -> bytes:
    """Return the ISAKMP header after its cookies."""
    return struct.pack(">BBBBII", first, 0x10, exchange, flags, message_id, size)


def clear(cookies: bytes, exchange: int, payloads: Sequence[tuple[int, bytes]]) -> bytes:
    """Return an unencrypted phase-1 message."""
    body = chained(payloads)
    return cookies + header(payloads[0][0], exchange, 0, 0, 28 + len(body)) + body


def nat_d(suite: Suite, cookies: bytes, address: bytes, port: int) -> bytes:
    """Return the NAT-D hash of one end (RFC 3947 §3.2)."""
    data = cookies + address + port.to_bytes(2)
    return hashlib.new(suite.hash_name, data, usedforsecurity=False).digest()


def ones_complement(data: bytes) -> int:
    """Return the Internet checksum (RFC 1071); a number modulo 65535 is its end-around-carry sum."""
    if len(data) & 1:
        data += b"\0"
    return ~(int.from_bytes(data) % 65535) & 0xFFFF


class End(NamedTuple):
    """One end of a path as the capture shows it."""

    address: bytes
    mac: bytes
    ttl: int


class Path:
    """Two ends on one link; makes the frames of a datagram."""

    def __init__(self, left: End, right: End, tag: int | None, rng: random.Random) -> None:
        self.ends = (left, right)
        self._tag = b"" if tag is None else struct.pack(">HH", 0x8100, tag)
        self._next_id = [rng.randrange(65536), rng.randrange(65536)]
        self._is_ipv6 = len(left.address) == 16

    def frames(self, sender: int, ports: tuple[int, int], payload: bytes) -> list[bytes]:
        """Return the frames that carry one UDP payload from end 0 or 1; more than one if it is large."""
        source, destination = self.ends[sender], self.ends[1 - sender]
        size = 8 + len(payload)
        pseudo = source.address + destination.address + struct.pack(">II", size, 17)
        bare = UDP.pack(*ports, size, 0) + payload
        datagram = UDP.pack(*ports, size, ones_complement(pseudo + bare) or 0xFFFF) + payload
        link = destination.mac + source.mac + self._tag
        if self._is_ipv6:
            return self._frames_v6(link, source, destination, datagram)
        self._next_id[sender] = identity = self._next_id[sender] + 1 & 0xFFFF
        link += b"\x08\0"
        if 20 + size <= MTU:
            return [link + ipv4(source, destination, identity, 0, 17, size) + datagram]
        room = (MTU - 20) // 8 * 8
        found = []
        for start in range(0, size, room):
            part = datagram[start : start + room]
            more = 0x2000 if start + room < size else 0
            found.append(link + ipv4(source, destination, identity, more | start // 8, 17, len(part)) + part)
        return found

    def _frames_v6(self, link: bytes, source: End, destination: End, datagram: bytes) -> list[bytes]:
        link += b"\x86\xdd"
        ends = source.address + destination.address
        if 40 + len(datagram) <= MTU:
            return [link + struct.pack(">IHBB", 6 << 28, len(datagram), 17, source.ttl) + ends + datagram]
        self._next_id[0] += 1
        room = (MTU - 48) // 8 * 8
        found = []
        for start in range(0, len(datagram), room):
            part = datagram[start : start + room]
            offset = start | (1 if start + room < len(datagram) else 0)
            fragment = struct.pack(">BBHI", 17, 0, offset, self._next_id[0])
            base = struct.pack(">IHBB", 6 << 28, 8 + len(part), 44, source.ttl)
            found.append(link + base + ends + fragment + part)
        return found


def ipv4(source: End, destination: End, identity: int, offset: int, protocol: int, size: int) -> bytes:
    """Return an IPv4 header for `size` octets of payload, its checksum right."""
    fields = (0x45, 0, 20 + size, identity, offset, source.ttl, protocol)
    bare = IPV4.pack(*fields, 0, source.address, destination.address)
    return IPV4.pack(*fields, ones_complement(bare), source.address, destination.address)

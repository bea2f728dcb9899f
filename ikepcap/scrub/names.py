"""What stands for what: the same value always becomes the same other value, of the same length.

Numbers that nobody chose (keys, nonces, hashes, ciphertext) become the output of a keyed hash over them.
Without the key nobody can test a guess; it is random unless a seed is given, and then the seed is a secret.
"""

import hashlib
from collections.abc import Iterator
from itertools import chain
from typing import Final

COOKIE_BYTES: Final = 8
_KEY_BYTES: Final = 32
_LETTERS: Final = b"abcdefghijklmnopqrstuvwxyz"
_DOMAIN: Final = b".example"
"""Reserved for documentation (RFC 2606)."""


class OutOfAddressesError(Exception):
    """There are more addresses than the documentation ranges hold; never leaves this package."""


class Names:
    """The replacements of one run."""

    def __init__(self, key: bytes) -> None:
        """Take the key of the run: whoever has it can test guesses of what was replaced."""
        self._key = hashlib.sha256(key).digest()[:_KEY_BYTES]
        self._free = {4: _ipv4_addresses(), 16: _ipv6_addresses()}
        self.addresses: dict[bytes, bytes] = {}
        self.hardware: dict[bytes, bytes] = {}
        self.cookies: dict[bytes, bytes] = {}

    def octets(self, kind: str, data: bytes) -> bytes:
        """Return random octets for these; what they are keeps equal values of different kinds apart."""
        if not data:
            return b""
        return hashlib.shake_256(self._key + kind.encode() + b"\0" + data).digest(len(data))

    def filler(self, data: bytes) -> bytes:
        """Return octets for what fills a place: zeros stay zeros, since padding is of them, others others."""
        pairs = zip(data, self.octets("filler", data), strict=True)
        return bytes((new or 1) if old else 0 for old, new in pairs)

    def high(self, data: bytes) -> bytes:
        """Return octets that no reader takes for text."""
        return bytes(octet | 0x80 for octet in self.octets("high", data))

    def cookie(self, cookie: bytes) -> bytes:
        """Return another cookie; none stays none. It never looks like the non-ESP marker (RFC 3948 §2.2)."""
        if not any(cookie):
            return cookie
        found = self.cookies.get(cookie)
        if found is None:
            octets = self.octets("cookie", cookie)
            found = self.cookies[cookie] = bytes((octets[0] | 1, *octets[1:]))
        return found

    def address(self, address: bytes) -> bytes:
        """Return an address of a documentation range (RFC 5737, RFC 3849; then RFC 2544's), in turn.

        The unspecified address stays: it says "any".

        Raises:
            OutOfAddressesError: none is left.
        """
        if not any(address):
            return address
        found = self.addresses.get(address)
        if found is None:
            try:
                found = self.addresses[address] = next(self._free[len(address)])
            except StopIteration:
                raise OutOfAddressesError from None
        return found

    def hardware_address(self, address: bytes) -> bytes:
        """Return a locally administered hardware address, in turn; broadcast and none stay."""
        if address in (b"\xff" * len(address), bytes(len(address))):
            return address
        found = self.hardware.get(address)
        if found is None:
            number = len(self.hardware) + 1
            # The lowest bit of the first octet says that a group is addressed (IEEE 802).
            found = bytes((2 | address[0] & 1, 0)) + number.to_bytes(4) + bytes(max(len(address) - 6, 0))
            found = self.hardware[address] = found[: len(address)]
        return found

    def text(self, data: bytes) -> bytes:
        """Return letters, in the form of a name where there is room: an address of mail where it was one."""
        letters = bytearray(_LETTERS[octet % 26] for octet in self.octets("text", data))
        if b"." in data and len(data) > len(_DOMAIN):
            letters[-len(_DOMAIN) :] = _DOMAIN
        at = data.find(b"@")
        if at >= 0 and len(data) > len(_DOMAIN) + 2:
            letters[(len(data) - len(_DOMAIN)) // 2] = ord("@")
        return bytes(letters)


def _ipv4_addresses() -> Iterator[bytes]:
    """Yield a host of each of the three ranges in turn, then those of the benchmarks' range."""
    ranges = (b"\xc0\x00\x02", b"\xc6\x33\x64", b"\xcb\x00\x71")
    documentation = (prefix + bytes((host,)) for host in range(1, 255) for prefix in ranges)
    benchmarks = ((0xC612_0000 + host).to_bytes(4) for host in range(1, 1 << 17))
    return chain(documentation, benchmarks)


def _ipv6_addresses() -> Iterator[bytes]:
    """Yield hosts of 2001:db8::/32, each in a network of its own, as peers are."""
    return (bytes.fromhex("20010db8") + net.to_bytes(4) + (1).to_bytes(8) for net in range(1, 1 << 20))

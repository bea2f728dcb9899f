"""Phase-1 hashes and the pseudo-random functions made of them (RFC 2409 §4, appendix A)."""

import hashlib
import hmac
from typing import Final

from msgspec import Struct

from ikepcap.wire.numbers import Hash, hash_word


class HashAlgorithm(Struct, frozen=True):
    """A hash that can be computed here."""

    number: int
    """Value of the phase-1 attribute 2."""
    name: str
    """As hashlib calls it."""
    size: int
    """Octets of its output, and so of a HASH payload's body."""

    def digest(self, *parts: bytes) -> bytes:
        """Return the hash of the parts joined."""
        return hashlib.new(self.name, b"".join(parts), usedforsecurity=False).digest()

    def prf(self, key: bytes, *parts: bytes) -> bytes:
        """Return the prf of the parts joined: this hash's HMAC, since no other is assigned (RFC 2409 §4)."""
        return hmac.digest(key, b"".join(parts), self.name)


HASHES: Final[dict[int, HashAlgorithm]] = {
    number: HashAlgorithm(number, name, size)
    for number, name, size in (
        (Hash.MD5, "md5", 16),
        (Hash.SHA1, "sha1", 20),
        (Hash.SHA2_256, "sha256", 32),
        (Hash.SHA2_384, "sha384", 48),
        (Hash.SHA2_512, "sha512", 64),
    )
}
"""Those of RFC 2409 appendix A and RFC 4868 but Tiger, which hashlib does not have."""


def hash_algorithm(number: int) -> HashAlgorithm | str:
    """Return a hash, or why it cannot be computed."""
    found = HASHES.get(number)
    if found is not None:
        return found
    return f"the hash {hash_word(number)} cannot be computed here"

"""NAT-D recomputed: whose address is it the hash of (RFC 3947 §3.2).

NAT-D = HASH(CKY-I | CKY-R | IP address | port), with the negotiated hash. The first of a message is of the
receiver's address as the sender knows it, the rest are of the sender's own.
"""

from collections.abc import Callable
from functools import cache
from typing import TYPE_CHECKING, Final, Literal

from msgspec import Struct

from ikepcap.wire.numbers import Hash

if TYPE_CHECKING:
    from hashlib import _Hash as HASH

HASH_NAMES: Final[dict[int, str]] = {
    int(Hash.MD5): "md5",
    int(Hash.SHA1): "sha1",
    int(Hash.SHA2_256): "sha256",
    int(Hash.SHA2_384): "sha384",
    int(Hash.SHA2_512): "sha512",
}
"""The negotiated hashes that `hashlib` has, by its names."""
NAMES_BY_LENGTH: Final[dict[int, str]] = {16: "md5", 20: "sha1", 32: "sha256", 48: "sha384", 64: "sha512"}


class Ends(Struct, frozen=True, gc=False):
    """Between whom a datagram went, as captured."""

    source: bytes
    """4 or 16 octets, as in the IP header."""
    source_port: int
    destination: bytes
    destination_port: int


End = Literal["source", "destination"]


def matching_end(body: bytes, cookies: bytes, ends: Ends, hash_number: int | None) -> End | None:
    """Return which end of its datagram a NAT-D is the hash of; None when of neither.

    Args:
        body: the payload without its generic header.
        cookies: of initiator and responder, 16 octets.
        ends: of the datagram it came in, as captured.
        hash_number: what was agreed on; None for the one of this length.
    """
    name = HASH_NAMES.get(hash_number or 0) or NAMES_BY_LENGTH.get(len(body))
    if name is None:
        return None
    if body == digest(name, cookies, ends.destination, ends.destination_port):
        return "destination"
    return "source" if body == digest(name, cookies, ends.source, ends.source_port) else None


def digest(name: str, cookies: bytes, address: bytes, port: int) -> bytes:
    """Return a NAT-D hash; it proves nothing to anyone, so any hash will do."""
    return _function(name)(cookies + address + port.to_bytes(2), usedforsecurity=False).digest()


@cache
def _function(name: str) -> "Callable[..., HASH]":
    import hashlib  # takes its time to load, and is needed only where there are NAT-D payloads

    function: Callable[..., HASH] = getattr(hashlib, name)
    return function

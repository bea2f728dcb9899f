"""Whether decrypted octets are ISAKMP payloads: the only proof of a key that every message carries.

A wrong key gives random octets. Of four million such plaintexts none passed for a chain of payloads, since a
reserved octet must be zero, a length must fit, a type must be known, and a HASH must have its hash's size.
The walker judges; nothing here follows a chain.
"""

from collections.abc import Iterator
from typing import Final

from msgspec import Struct

from ikepcap.keys.hashes import HASHES
from ikepcap.wire.message import HEADER_BYTES
from ikepcap.wire.numbers import Exchange, Payload
from ikepcap.wire.walk import GENERIC_HEADER_BYTES, Defect, Fault, Span, walk_chain

_FATAL: Final = frozenset(
    (
        Fault.HEADER_CUT, Fault.LENGTH_TOO_SMALL, Fault.LENGTH_TOO_LARGE, Fault.RESERVED_NOT_ZERO,
        Fault.CHAIN_CUT, Fault.TOO_MANY,
    )
)  # fmt: skip
_CUT: Final = frozenset((Fault.HEADER_CUT, Fault.LENGTH_TOO_LARGE, Fault.CHAIN_CUT))
_AFTER: Final = frozenset((Fault.TRAILING_BYTES, Fault.PADDING))
"""What follows the last payload of a plaintext is the cipher's padding."""
# 15 and 16 are NAT-D and NAT-OA of some NAT-T drafts.
_PLAUSIBLE: Final = frozenset((*range(Payload.SA, Payload.ATTRIBUTES + 1), 15, 16, 20, 21, *range(128, 138)))
_MORE_PADDING: Final = 32
"""Octets of padding beyond a block: racoon adds up to 20 at random (`padding { maximum_length }`)."""
_HASHED: Final = frozenset((Payload.HASH, Payload.NAT_D, Payload.NAT_D_DRAFT))
"""Payloads whose body is the output of a hash."""
_FIXED_SIZES: Final = frozenset(algorithm.size for algorithm in HASHES.values())
_LONGEST_IDENTITY: Final = 260
_SHORTEST_IDENTITY: Final = 8
_FEWEST_ZEROS: Final = 4
"""Zero octets of padding that tell as much as a payload header does."""


class Expected(Struct, frozen=True):
    """What the plaintext of a message has to look like."""

    first: int
    """Type of the first payload, from the ISAKMP header."""
    exchange: int
    block: int
    """Octets of a cipher block."""
    hash_size: int | None = None
    """Octets of the negotiated hash; None where that is not known."""
    is_cut: bool = False
    """The capture holds less than the message."""


class Fit(Struct, frozen=True):
    """Octets that are payloads."""

    spans: tuple[Span, ...]
    defects: tuple[Defect, ...]
    lost: int = 0
    """Octets at the beginning that could not be decrypted."""
    inferred: tuple[int, ...] = ()
    """Types of the payloads that begin there."""


def fit(data: bytes, expected: Expected) -> Fit | None:
    """Return the payloads of a header and a plaintext; None where these are none.

    Args:
        data: the ISAKMP header, 28 octets, and the plaintext.
        expected: what is known of it.
    """
    spans, defects = walk_chain(data, expected.first, HEADER_BYTES, len(data))
    found = {defect.fault for defect in defects} & _FATAL
    if not spans or (found and not (expected.is_cut and found <= _CUT)):
        return None
    if not all(_is_plausible(span, expected) for span in spans[: -1 if found else None]):
        return None
    if found and not _tells_enough_when_cut(spans, expected):
        return None
    padding = data[spans[-1].end :]
    if len(padding) > expected.block + _MORE_PADDING and any(padding):
        return None
    return Fit(spans, tuple(defect for defect in defects if defect.fault not in _AFTER))


def fit_without_first_block(data: bytes, expected: Expected, *, is_proven: bool) -> Fit | None:
    """Return the payloads of a plaintext whose first block is not readable, since its IV is not known.

    The block's payload headers are inferred from what may stand there, and the rest must bear that out.

    Args:
        data: the ISAKMP header and the plaintext.
        expected: what is known of it.
        is_proven: the key opened other messages: then a message of quick mode that has the size of QM3 is
            believed to be one, though nothing in a lone HASH could bear it out.
    """
    lost = expected.block
    if expected.is_cut or len(data) <= HEADER_BYTES + lost:
        return None
    for layout in _layouts(expected, len(data) - HEADER_BYTES):
        if not _may_follow(data, *layout[-1], expected):
            continue
        patched = bytearray(data)
        patched[HEADER_BYTES : HEADER_BYTES + lost] = bytes(lost)
        for at, header in layout:
            visible = max(0, at + GENERIC_HEADER_BYTES - lost)
            hidden = GENERIC_HEADER_BYTES - visible
            patched[HEADER_BYTES + at : HEADER_BYTES + at + hidden] = header[:hidden]
        octets = bytes(patched)
        found = fit(octets, expected)
        if found is None:
            continue
        if _is_borne_out(octets, found, lost) or (is_proven and _is_lone_hash(octets, found, expected)):
            begun = [span for span in found.spans if span.start < HEADER_BYTES + lost]
            whole = found.spans[len(begun) :]
            return Fit(whole, found.defects, lost, tuple(span.type for span in begun))
    return None


def _may_follow(data: bytes, at: int, header: bytes, expected: Expected) -> bool:
    """Whether what comes after the last inferred header can be a payload, or padding."""
    pos = HEADER_BYTES + at + int.from_bytes(header[2:4])
    left = len(data) - pos
    if left < 0:
        return False
    if header[0] == Payload.NONE:
        return left <= expected.block + _MORE_PADDING or not any(data[pos:])
    if left < GENERIC_HEADER_BYTES or data[pos + 1]:
        return False
    return GENERIC_HEADER_BYTES <= int.from_bytes(data[pos + 2 : pos + 4]) <= left


def _is_plausible(span: Span, expected: Expected) -> bool:
    if span.type not in _PLAUSIBLE:
        return False
    size = span.end - span.body
    if span.type == Payload.HASH:
        return size == expected.hash_size if expected.hash_size is not None else size in _FIXED_SIZES
    if span.type == Payload.ID:
        return size >= 4
    return True


def _tells_enough_when_cut(spans: tuple[Span, ...], expected: Expected) -> bool:
    """A chain that the capture cut is believed if its first payload is whole, or is what must come first."""
    if len(spans) > 1:
        return True
    return spans[0].type not in _HASHED and expected.exchange in (Exchange.MAIN, Exchange.AGGRESSIVE)


def _layouts(expected: Expected, size: int) -> Iterator[tuple[tuple[int, bytes], ...]]:
    """Yield the generic headers that may stand in the first block, each with its offset."""
    follow = _FOLLOWING.get(expected.exchange, _AFTER_PHASE_1)
    if expected.first in _HASHED:
        sizes = (expected.hash_size,) if expected.hash_size else tuple(sorted(_FIXED_SIZES))
        for body in sizes:
            for after in follow:
                yield ((0, _header(after, GENERIC_HEADER_BYTES + body)),)
    elif expected.first == Payload.ID:
        proofs = (expected.hash_size,) if expected.hash_size else tuple(sorted(_FIXED_SIZES))
        for length in range(_SHORTEST_IDENTITY, min(size, _LONGEST_IDENTITY)):
            if length >= expected.block:
                yield from (((0, _header(after, length)),) for after in _AFTER_PHASE_1)
                continue
            # The header after the identity is hidden as well, in part at least: with a PSK it is HASH's.
            for after in _AFTER_PHASE_1:
                for body in proofs:
                    proof = _header(after, GENERIC_HEADER_BYTES + body)
                    yield (0, _header(Payload.HASH, length)), (length, proof)


_AFTER_PHASE_1: Final = (
    Payload.HASH, Payload.NONE, Payload.CERT, Payload.CR, Payload.NOTIFICATION, Payload.NAT_D,
    Payload.NAT_D_DRAFT, Payload.SIG, Payload.VENDOR_ID,
)  # fmt: skip
_FOLLOWING: Final[dict[int, tuple[int, ...]]] = {
    # RFC 2409 §5.5: SA follows HASH at once. §5.7: a notification or a delete.
    Exchange.QUICK: (Payload.SA, Payload.NONE, Payload.NOTIFICATION, Payload.NONCE),
    # A delete first: it says its own length, and one of a single SPI reads as notify 1 just as well.
    Exchange.INFORMATIONAL: (Payload.DELETE, Payload.NOTIFICATION),
    Exchange.TRANSACTION: (Payload.ATTRIBUTES,),
    Exchange.NEW_GROUP: (Payload.SA,),
}


def _header(following: int, length: int) -> bytes:
    return bytes((following, 0)) + length.to_bytes(2)


def _is_borne_out(data: bytes, found: Fit, lost: int) -> bool:
    """Whether something that was not inferred agrees: a whole payload header, or zeros as padding."""
    if any(span.start >= HEADER_BYTES + lost for span in found.spans):
        return _bodies_agree(data, found, lost)
    end = max(found.spans[-1].end, HEADER_BYTES + lost)
    padding = data[end:]
    return len(padding) >= _FEWEST_ZEROS and not any(padding)


def _is_lone_hash(data: bytes, found: Fit, expected: Expected) -> bool:
    is_lone = len(found.spans) == 1 and found.spans[0].type == Payload.HASH
    return expected.exchange == Exchange.QUICK and is_lone and len(data) - found.spans[0].end < expected.block


def _bodies_agree(data: bytes, found: Fit, lost: int) -> bool:
    """The first readable payload has its type from what was inferred, so its body has to agree."""
    readable = [span for span in found.spans if span.start >= HEADER_BYTES + lost]
    first = readable[0]
    body = data[first.body : first.end]
    if first.type in (Payload.HASH, Payload.NAT_D, Payload.NAT_D_DRAFT):
        return len(body) in _FIXED_SIZES
    if first.type == Payload.SA:
        return len(body) >= 8 and body[:3] == bytes(3)
    if first.type == Payload.NOTIFICATION:
        return len(body) >= 8 + body[5] and body[:3] == bytes(3) if len(body) >= 8 else False
    if first.type == Payload.DELETE:
        spis = body[5] * int.from_bytes(body[6:8]) if len(body) >= 8 else 0
        is_whole = spis > 0 and len(body) == 8 + spis
        return is_whole and body[:3] == bytes(3)
    if first.type == Payload.ATTRIBUTES:
        return len(body) >= 4 and 1 <= body[0] <= 4 and body[1] == 0
    if first.type in (Payload.CERT, Payload.CR):
        return body[:1] <= b"\x0a" and body[1:2] == b"\x30"  # an encoding, and the DER of a sequence
    padding = data[readable[-1].end :]
    return len(readable) > 1 or (len(padding) >= _FEWEST_ZEROS and not any(padding))

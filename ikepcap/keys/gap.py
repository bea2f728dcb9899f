"""Messages whose first block cannot be decrypted: the one before them, or a KE payload, was not captured.

With CBC an IV that is not known costs the first block and nothing else. The payload headers in that block are
inferred: every layout that may stand there is put in, and the rest of the plaintext has to go on from it.
The walker judges; nothing here follows a chain.
"""

from collections.abc import Iterator
from typing import Final

from msgspec import Struct

from ikepcap.keys.structure import FIXED_SIZES, HASHED, MORE_PADDING, Expected, Fit, fit
from ikepcap.wire.message import HEADER_BYTES
from ikepcap.wire.numbers import Exchange, Payload
from ikepcap.wire.walk import GENERIC_HEADER_BYTES, Span

Layout = tuple[tuple[int, bytes], ...]
"""Generic headers in the first block, each with its offset in the plaintext."""
_LONGEST_IDENTITY: Final = 260
_SHORTEST_IDENTITY: Final = 8
_LONGEST: Final = 4096
"""Octets of a certificate or another payload that a message of phase 1 begins with."""
_FEWEST_ZEROS: Final = 4
"""Zero octets of padding that tell as much as a payload header does."""
_SIGNATURES: Final = (512, 384, 256, 192, 132, 128, 96, 64)
"""Octets of a SIG payload's body: RSA, DSS and ECDSA (RFC 4754)."""
_PROOFS: Final = frozenset((Payload.HASH, Payload.SIG))
_PHASE_1: Final = frozenset((Exchange.MAIN, Exchange.AGGRESSIVE, Exchange.BASE))
_SEQUENCE, _SET = b"\x30", b"\x31"
_ATTRIBUTE_TYPE: Final = bytes.fromhex("0603 5504")
"""DER of an object identifier below id-at: every name of a certificate has some (RFC 5280 appendix A.1)."""


class Resumed(Struct, frozen=True):
    """A plaintext that may be what it is taken for from its second block on."""

    fit: Fit
    is_borne_out: bool
    """Something that was not inferred agrees, as it does by chance once in a million times. Without that the
    key has to be known as the sender's from elsewhere."""


def resumed(data: bytes, expected: Expected) -> Resumed | None:
    """Return the payloads of a plaintext without its first block; None where they cannot be any.

    Args:
        data: the ISAKMP header and the plaintext.
        expected: what is known of it.
    """
    lost = expected.block
    if expected.is_cut or len(data) <= HEADER_BYTES + lost:
        return None
    weak: Resumed | None = None
    for layout in _layouts(data, expected):
        if not _may_follow(data, *layout[-1], expected):
            continue
        octets = _patched(data, layout, lost)
        found = fit(octets, expected)
        if found is None:
            continue
        begun = tuple(span.type for span in found.spans if span.start < HEADER_BYTES + lost)
        made = Fit(found.spans[len(begun) :], found.defects, lost, begun)
        if not _is_named_right(octets, found.spans, made, expected):
            continue
        if _is_borne_out(octets, found, made, expected):
            return Resumed(made, is_borne_out=True)
        if weak is None and _is_possible(octets, found, expected):
            weak = Resumed(made, is_borne_out=False)
    return weak


def _patched(data: bytes, layout: Layout, lost: int) -> bytes:
    """Return a plaintext with headers in place of what is not known."""
    patched = bytearray(data)
    patched[HEADER_BYTES : HEADER_BYTES + lost] = bytes(lost)
    for at, header in layout:
        visible = max(0, at + GENERIC_HEADER_BYTES - lost)
        hidden = GENERIC_HEADER_BYTES - visible
        patched[HEADER_BYTES + at : HEADER_BYTES + at + hidden] = header[:hidden]
    return bytes(patched)


def _may_follow(data: bytes, at: int, header: bytes, expected: Expected) -> bool:
    """Whether what comes after the last inferred header can be a payload, or padding."""
    pos = HEADER_BYTES + at + int.from_bytes(header[2:4])
    left = len(data) - pos
    if left < 0:
        return False
    if header[0] == Payload.NONE:
        return left <= expected.block + MORE_PADDING or not any(data[pos:])
    return _is_header(data, pos)


def _is_header(data: bytes, pos: int) -> bool:
    left = len(data) - pos
    if left < GENERIC_HEADER_BYTES or data[pos + 1]:
        return False
    return GENERIC_HEADER_BYTES <= int.from_bytes(data[pos + 2 : pos + 4]) <= left


def _layouts(data: bytes, expected: Expected) -> Iterator[Layout]:
    """Yield the generic headers that may stand in the first block."""
    follow = _FOLLOWING.get(expected.exchange, _AFTER_PHASE_1)
    proofs = (expected.hash_size,) if expected.hash_size else tuple(sorted(FIXED_SIZES))
    size = len(data) - HEADER_BYTES
    if expected.first in HASHED:
        for body in proofs:
            for after in follow:
                yield ((0, _header(after, GENERIC_HEADER_BYTES + body)),)
    elif expected.first == Payload.ID:
        # A short identity hides the header after it as well, in part at least: with a PSK it is HASH's.
        # The longest first, which leaves the least padding.
        for length in range(min(expected.block, size) - 1, _SHORTEST_IDENTITY - 1, -1):
            for body in proofs:
                for after in _AFTER_PHASE_1:
                    proof = _header(after, GENERIC_HEADER_BYTES + body)
                    yield (0, _header(Payload.HASH, length)), (length, proof)
        yield from _long_first(data, expected, _LONGEST_IDENTITY)
    elif expected.exchange in _PHASE_1:
        yield from _long_first(data, expected, _LONGEST)
        if expected.first == Payload.SIG:
            yield from (((0, _header(Payload.NONE, GENERIC_HEADER_BYTES + body)),) for body in _SIGNATURES)


def _long_first(data: bytes, expected: Expected, longest: int) -> Iterator[Layout]:
    """Yield layouts of a first payload that fills the block: where it ends another header is readable."""
    size = len(data) - HEADER_BYTES
    for length in range(expected.block, min(size, longest)):
        if _is_header(data, HEADER_BYTES + length):
            yield from (((0, _header(after, length)),) for after in _AFTER_PHASE_1)


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


def _is_borne_out(data: bytes, found: Fit, made: Fit, expected: Expected) -> bool:
    """Whether something that was not inferred agrees: a payload, or zeros as padding."""
    end = max(found.spans[-1].end, HEADER_BYTES + made.lost)
    padding = data[end:]
    has_zeros = len(padding) >= _FEWEST_ZEROS and not any(padding)
    if not made.spans:
        return has_zeros
    if made.inferred[:1] == (Payload.CERT,):
        # So many places are tried for its end that a header fits one of them by chance.
        return _ATTRIBUTE_TYPE in data[HEADER_BYTES + expected.block : made.spans[0].start]
    if expected.first not in _SHORT:
        return False
    return made.spans[0].type in _TELLING or len(made.spans) > 1 or has_zeros


def _is_possible(data: bytes, found: Fit, expected: Expected) -> bool:
    """Whether it is a message that peers do send, if nothing bears out that it is: without odd padding."""
    if len(data) - found.spans[-1].end > expected.block:
        return False
    if expected.exchange in _PHASE_1:
        return True
    is_lone = len(found.spans) == 1 and found.spans[0].type == Payload.HASH
    return expected.exchange == Exchange.QUICK and is_lone and len(data) - found.spans[0].end < expected.block


_SHORT: Final = HASHED | {Payload.ID}
"""Payloads of few lengths: what comes after them is found by chance seldom enough."""
_TELLING: Final = frozenset(
    (
        *HASHED, Payload.SA, Payload.NOTIFICATION, Payload.DELETE, Payload.ATTRIBUTES, Payload.CERT,
        Payload.CR,
    )
)  # fmt: skip
"""Payloads whose body shows what they are."""


def _is_named_right(data: bytes, spans: tuple[Span, ...], made: Fit, expected: Expected) -> bool:
    """Whether the first readable payload can be of its type, which was inferred."""
    # A message of phase 1 has one proof: what else is as long as a HASH is NAT-D (RFC 3947 §3.2).
    if expected.exchange in _PHASE_1 and sum(span.type in _PROOFS for span in spans) > 1:
        return False
    if not made.spans:
        return True
    first = made.spans[0]
    body = data[first.body : first.end]
    if first.type in HASHED:
        return len(body) in FIXED_SIZES
    if first.type == Payload.SA:
        return len(body) >= 8 and body[:3] == bytes(3)
    if first.type == Payload.NOTIFICATION:
        return len(body) >= 8 and len(body) >= 8 + body[5] and body[:3] == bytes(3)
    if first.type == Payload.DELETE:
        spis = body[5] * int.from_bytes(body[6:8]) if len(body) >= 8 else 0
        return spis > 0 and len(body) == 8 + spis and body[:3] == bytes(3)
    if first.type == Payload.ATTRIBUTES:
        return len(body) >= 4 and 1 <= body[0] <= 4 and body[1] == 0
    if first.type in (Payload.CERT, Payload.CR):
        return _is_der(body, _SEQUENCE if first.type == Payload.CERT else _SET)
    return True


def _is_der(body: bytes, inside: bytes) -> bool:
    """Whether an encoding is followed by a sequence: of sequences in a certificate, of sets in a name."""
    if body[:1] > b"\x0a" or body[1:2] != _SEQUENCE:
        return False
    size = body[2] if len(body) > 2 else 0
    header = 2 + (size & 0x7F if size & 0x80 else 0)
    return body[1 + header : 2 + header] == inside

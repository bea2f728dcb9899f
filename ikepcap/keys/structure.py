"""Whether decrypted octets are ISAKMP payloads: the only proof of a key that every message carries.

A wrong key gives random octets. Of four million such plaintexts none passed for a chain of payloads, since a
reserved octet must be zero, a length must fit, a type must be known, and a HASH must have its hash's size.
The walker judges; nothing here follows a chain.
"""

from typing import Final

from msgspec import Struct

from ikepcap.keys.hashes import HASHES
from ikepcap.wire.message import HEADER_BYTES
from ikepcap.wire.numbers import Exchange, Payload
from ikepcap.wire.walk import Defect, Fault, Span, walk_chain

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
MORE_PADDING: Final = 32
"""Octets of padding beyond a block: racoon adds up to 20 at random (`padding { maximum_length }`)."""
HASHED: Final = frozenset((Payload.HASH, Payload.NAT_D, Payload.NAT_D_DRAFT))
"""Payloads whose body is the output of a hash."""
FIXED_SIZES: Final = frozenset(algorithm.size for algorithm in HASHES.values())


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
    if len(padding) > expected.block + MORE_PADDING and any(padding):
        return None
    return Fit(spans, tuple(defect for defect in defects if defect.fault not in _AFTER))


def _is_plausible(span: Span, expected: Expected) -> bool:
    if span.type not in _PLAUSIBLE:
        return False
    size = span.end - span.body
    if span.type == Payload.HASH:
        return size == expected.hash_size if expected.hash_size is not None else size in FIXED_SIZES
    if span.type == Payload.ID:
        return size >= 4
    return True


def _tells_enough_when_cut(spans: tuple[Span, ...], expected: Expected) -> bool:
    """A chain that the capture cut is believed if its first payload is whole, or is what must come first."""
    if len(spans) > 1:
        return True
    return spans[0].type not in HASHED and expected.exchange in (Exchange.MAIN, Exchange.AGGRESSIVE)

"""Two readings of one capture side by side: frame by frame, message by message, field by field.

Both sides are streams in the order of the frames: a capture of any size is compared in bounded memory.
"""

from collections.abc import Iterable, Iterator
from fnmatch import fnmatchcase
from itertools import groupby, zip_longest
from typing import Final, Literal

from msgspec import Struct

from ikepcap.oracle.fields import COMPARED, put_together_from, split, theirs
from ikepcap.oracle.found import TSHARK_FOLLOWS, Found
from ikepcap.oracle.known import KNOWN, Known
from ikepcap.oracle.nest import Nest, Ranges
from ikepcap.oracle.reading import PAYLOAD, Reading, Side, ours
from ikepcap.oracle.tshark import Seen
from ikepcap.wire.config import secrets_adrift
from ikepcap.wire.details import IdType
from ikepcap.wire.message import Message
from ikepcap.wire.numbers import Payload

By = Literal["both", "ikepcap", "tshark"]

WHOLE: Final = "Message"
"""The field that stands for a whole message, where one side sees none."""
FRAGMENTS: Final = "Message.fragments"
"""The frames from which a message was put together."""


class Difference(Struct, frozen=True):
    """One thing that the two do not read alike."""

    frame: int
    field: str
    """As in `reading`, or `Message`, or `Message.fragments`."""
    offset: int | None
    """Octets from the start of the ISAKMP header; None for what is about the whole message."""
    read_by: By
    """Who reads it at all."""
    ours: str | None
    theirs: str | None
    words: frozenset[str]
    """What is known of the message and the place, for `known`."""

    @property
    def known(self) -> Known | None:
        """The reason, where it is known."""
        return explain(self.field, self.words)


class Compared(Struct, frozen=True):
    """One message compared."""

    frame: int
    fields: int
    differences: tuple[Difference, ...]


def explain(field: str, words: frozenset[str]) -> Known | None:
    """Return the known reason for a difference; None where there is none."""
    fitting = (known for known in KNOWN if known.when <= words)
    return next((k for k in fitting if any(fnmatchcase(field, one) for one in k.fields)), None)


def compare(mine: Iterable[Found], other: Iterable[Seen]) -> Iterator[Compared]:
    """Yield each message of either side, compared; both sides come in frame order."""
    left, right = groupby(mine, key=lambda found: found.frame), iter(other)
    mine_next, other_next = next(left, None), next(right, None)
    while mine_next is not None or other_next is not None:
        if other_next is None or (mine_next is not None and mine_next[0] < other_next.frame):
            assert mine_next is not None  # noqa: S101 - one of the two is there
            yield from _frame(mine_next[0], tuple(mine_next[1]), None)
            mine_next = next(left, None)
        elif mine_next is None or other_next.frame < mine_next[0]:
            yield from _frame(other_next.frame, (), other_next)
            other_next = next(right, None)
        else:
            yield from _frame(other_next.frame, tuple(mine_next[1]), other_next)
            mine_next, other_next = next(left, None), next(right, None)


def _frame(frame: int, founds: tuple[Found, ...], seen: Seen | None) -> Iterator[Compared]:
    """Compare the messages of one frame in order."""
    marks = frozenset() if seen is None else frozenset(f"tshark:{mark}" for mark in seen.marks)
    sides: list[tuple[Side, frozenset[int]]] = []
    for layer in () if seen is None else seen.layers:
        outer_and_inner = zip(split(layer), (frozenset(), put_together_from(layer)), strict=False)
        sides += [(theirs(fields), frames) for fields, frames in outer_and_inner]
    for found, side in zip_longest(founds, sides):
        if found is None:
            yield Compared(frame, 0, (_seen_alone(frame, side[0], marks),))
        elif side is None:
            yield Compared(frame, 0, (_found_alone(found, marks),))
        else:
            yield _message(found, side[0], side[1], marks | found.words)


def _found_alone(found: Found, marks: frozenset[str]) -> Difference:
    message = found.message
    cookies = f"{message.initiator_cookie.hex()}/{message.responder_cookie.hex()}"
    text = f"exchange {message.exchange}, {len(message.data)} octets, cookies {cookies}"
    words = marks | found.words | {"only:ikepcap"}
    return Difference(found.frame, WHOLE, None, "ikepcap", text, None, words)


def _seen_alone(frame: int, side: Side, marks: frozenset[str]) -> Difference:
    values = {one.field: one.value or b"" for one in side.readings}
    cookies = "/".join(values.get(f"Header.{who}_cookie", b"").hex() for who in ("initiator", "responder"))
    text = f"exchange {int.from_bytes(values.get('Header.exchange', b''))}, cookies {cookies}"
    return Difference(frame, WHOLE, None, "tshark", None, text, marks | {"only:tshark"})


def _message(found: Found, side: Side, frames: frozenset[int], words: frozenset[str]) -> Compared:
    """Compare two readings of one message."""
    mine = ours(found.message)
    if frames != found.fragment_frames:
        words |= {"other-fragments"}
    left = _by_place(one for one in mine.readings if one.field in COMPARED)
    right = _by_place(side.readings)
    parts = (*mine.parts, *side.parts)
    nest = Nest(parts)
    # A payload that one side does not see at all is one difference, not as many as it has fields.
    lone = {key[0] for key in left.keys() ^ right.keys() if key[1] == PAYLOAD}
    hidden = Nest(part for part in parts if part.start in lone)
    differences: list[Difference] = []
    adrift = secrets_adrift(found.message)
    places = _Places(found.message, mine, nest)
    keys = [key for key in sorted(left.keys() | right.keys()) if not _is_inside(key, hidden)]
    for key in keys:
        a, b = left.get(key), right.get(key)
        if a is None or b is None or not _is_same(a, b):
            there = words | places.words(key[0])
            # What mode-config and XAUTH carry may be a password.
            is_secret = f"payload:{Payload.ATTRIBUTES}" in there and key[1] == "Attribute.value"
            is_secret = is_secret or (adrift is not None and key[0] >= adrift)
            differences.append(_difference(found.frame, a, b, there, masked=is_secret))
    if frames != found.fragment_frames:
        texts = [", ".join(map(str, sorted(one))) or "none" for one in (found.fragment_frames, frames)]
        differences.append(
            Difference(
                found.frame, FRAGMENTS, None, "both", f"frames {texts[0]}", f"frames {texts[1]}", words
            )
        )
    return Compared(found.frame, len(keys), tuple(differences))


def _by_place(readings: Iterable[Reading]) -> dict[tuple[int, str], Reading]:
    """Return readings by place and field; of one shown twice, that with a value."""
    found: dict[tuple[int, str], Reading] = {}
    for one in readings:
        key = (one.offset, one.field)
        if key not in found or found[key].value is None:
            found[key] = one
    return found


def _is_inside(key: tuple[int, str], hidden: Nest) -> bool:
    """Whether a field lies in a payload that one side does not see; the payload itself does not."""
    return any(key != (part.start, PAYLOAD) for part in hidden.around(key[0], key[0] + 1))


def _is_same(a: Reading, b: Reading) -> bool:
    return a.size == b.size and (a.value is None or b.value is None or a.value == b.value)


class _Places:
    """What is known of the places in a message."""

    def __init__(self, message: Message, mine: Side, nest: Nest) -> None:
        self._message = message
        self._nest = nest
        self._other_ids = mine.other_ids
        self._labelled = Ranges(mine.labelled)
        self._ip6_link = min(mine.ip6_links, default=None)
        self._past = Ranges((end, end + _READ_PAST) for _, end in mine.broken_bodies)
        self._chains = Ranges(mine.broken_chains)
        self._bodies = Ranges(mine.broken_bodies)
        self._first = min(
            (one.first for one in (self._chains, self._bodies) if one.first is not None), default=None
        )
        self._starts = {part.type: part.start for part in reversed(mine.parts)}
        spans = message.spans
        self._limit = spans[TSHARK_FOLLOWS].start if len(spans) > TSHARK_FOLLOWS else None

    def words(self, offset: int) -> frozenset[str]:
        """Name the payloads around and before an offset, and what of lengths does not make sense there."""
        around = tuple(self._nest.around(offset, offset + 1))
        words = {f"payload:{part.type}" for part in around}
        if around and not self._is_address(offset, around[0].end):
            words.add("not-an-address")
        if any(part.type in _IKEV2_PAYLOADS for part in around):
            words.add("ikev2-payload")
        if offset in self._labelled:
            words.add("labelled")
        if self._ip6_link is not None and self._ip6_link <= offset:
            words.add("behind-ip6-link")
        if offset in self._other_ids:
            words.add("other-transform-id")
        words |= {f"behind:{kind}" for kind, start in self._starts.items() if start <= offset}
        if offset in self._chains:
            words.add("broken-chain")
        if offset in self._bodies:
            words.add("broken-body")
        if offset in self._past:
            words.add("past-broken-body")
        if self._first is not None and self._first <= offset:
            words.add("behind-defect")
        if self._limit is not None and self._limit <= offset:
            words.add("behind-limit")
        return frozenset(words)

    def _is_address(self, offset: int, end: int) -> bool:
        """Tell whether what is at `offset`, the address of a NAT-OA, has the size that its type wants."""
        kind = self._message.data[offset - _ADDRESS_AT] if offset >= _ADDRESS_AT else 0
        return (kind, end - offset) in ((IdType.IPV4_ADDR, 4), (IdType.IPV6_ADDR, 16))


_IKEV2_PAYLOADS: Final = range(33, 54)
"""RFC 7296 §3.2 and its successors."""
_READ_PAST: Final = 8
"""tshark asks of neither a payload's fixed fields nor an attribute's header whether they are still in it."""
_ADDRESS_AT: Final = 4
"""Octets between the type in a NAT-OA payload and its address (RFC 3947 §5.2)."""


def _difference(
    frame: int, a: Reading | None, b: Reading | None, words: frozenset[str], *, masked: bool
) -> Difference:
    """Return the difference between two readings, of which one may be missing; masked, without values."""
    by: By = "both"
    if a is None or b is None:
        by = "tshark" if a is None else "ikepcap"
        words |= {f"only:{by}"}
    else:
        words |= {"values"}
    if a is not None:
        words |= {"in-ikepcap"}
    if a is not None and not _is_der(a.value):
        words |= {"not-der"}
    one = a or b
    assert one is not None  # noqa: S101 - one of the two is there
    texts = [None if side is None else _text(side, masked=masked) for side in (a, b)]
    return Difference(frame, one.field, one.offset, by, texts[0], texts[1], words)


def _is_der(value: bytes | None) -> bool:
    """Whether octets are one DER SEQUENCE from the first to the last, by its length (X.690 §8.1.3)."""
    if value is None or len(value) < 2 or value[0] != _SEQUENCE:
        return False
    if value[1] < 0x80:
        return len(value) == 2 + value[1]
    size_of_size = value[1] & 0x7F
    return len(value) == 2 + size_of_size + int.from_bytes(value[2 : 2 + size_of_size])


_SEQUENCE: Final = 0x30


_SHOWN_BYTES: Final = 16


def _text(reading: Reading, *, masked: bool) -> str:
    """Return a value as it is printed: in full when short."""
    size = f"{reading.size} octet" + ("s" if reading.size != 1 else "")
    if masked:
        return f"{size}, masked"
    if reading.value is None:
        return size
    if len(reading.value) <= _SHOWN_BYTES:
        return f"0x{reading.value.hex()}"
    return f"{size}, 0x{reading.value[:_SHOWN_BYTES].hex()}..."

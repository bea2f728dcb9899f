"""Take from a message in the clear what tracking and inference need of it.

Offers and vendor IDs repeat endlessly (a handful of bodies in a million messages), and a message that holds
nothing else, MSG1 or MSG2, repeats as a whole after its header. Messages with random values in them still
repeat their layout. All of these are remembered, in dictionaries that are emptied when they grow: a flood of
new bodies costs time, not memory.
"""

from collections.abc import Callable
from struct import Struct as Octets
from typing import Final

from msgspec import Struct
from msgspec.structs import replace

from ikepcap.track.conversation import NOTHING_CLEAR, Clear, Notice
from ikepcap.wire.message import HEADER_BYTES, parse
from ikepcap.wire.numbers import Exchange, Payload
from ikepcap.wire.offer import Offer, read_offer
from ikepcap.wire.walk import GENERIC_HEADER_BYTES, NOTHING, Defect, Span

_SA: Final = int(Payload.SA)
_KE: Final = int(Payload.KE)
_ID: Final = int(Payload.ID)
_N: Final = int(Payload.NOTIFICATION)
_D: Final = int(Payload.DELETE)
_VID: Final = int(Payload.VENDOR_ID)
# 20 is RFC 3947's number, 130 that of drafts 02 and 03; 15 was taken by GDOI before some drafts used it.
_NAT_D: Final = frozenset({20, 130, 15})
_AGGRESSIVE: Final = int(Exchange.AGGRESSIVE)

REMEMBERED: Final = 4096
_LONGEST_REMEMBERED: Final = 4096
MAX_LISTED: Final = 64
ENCRYPTED: Final = tuple(((first,), NOTHING_CLEAR, NOTHING) for first in range(256))
"""What an undamaged encrypted message says, by its first payload."""


_OPENING: Final = frozenset({_SA, _VID})
_FIXED: Final = frozenset({_SA, _VID, _N})
"""Payloads without anything random in them."""

Read = tuple[tuple[int, ...], Clear, tuple[Defect, ...]]
"""Payload types, what they say, defects."""


class _Layout(Struct, frozen=True, gc=False):
    """Where those payloads lie in a message that something is taken of."""

    types: tuple[int, ...]
    offer: slice | None
    ke_bytes: int
    nat_d: tuple[slice, ...]
    vendor_ids: tuple[slice, ...]
    notices: tuple[slice, ...]
    deletes: bool
    identity: slice | None


class _Walked(Struct, frozen=True, gc=False):
    """A walk without defects, to be taken again: where its generic headers are, and what they hold.

    A walk looks at generic headers only. So with these octets at these places, in a message of this length,
    it comes out the same.
    """

    headers_of: Callable[[bytes], tuple[bytes, ...]]
    headers: tuple[bytes, ...]
    layout: _Layout


class Reader:
    """Reads messages; remembers bodies and layouts it has read."""

    def __init__(self) -> None:
        self._openings: dict[tuple[int, bytes], Read] = {}
        self._walked: dict[bytes, _Walked] = {}
        """By what names an exchange, a length and a first payload: octets 16 to 31."""
        self._types: dict[tuple[int, ...], tuple[int, ...]] = {}
        self._offers: dict[bytes, Offer] = {}
        self._vendor_ids: dict[tuple[bytes, ...], tuple[bytes, ...]] = {}

    def read(self, data: bytes, wire_bytes: int) -> Read:
        """Read a message of at least a header's length; see `Read`."""
        size = len(data)
        if size != wire_bytes or int.from_bytes(data[24:28]) != size:
            return self._read_new(data, wire_bytes)
        flags = data[19]
        if flags == 1:
            return ENCRYPTED[data[16]]
        if flags:
            return self._read_new(data, wire_bytes)
        if data[16] in _OPENING and data[18] != _AGGRESSIVE:  # there a key exchange makes each differ
            known = self._openings.get((data[16], data[HEADER_BYTES:]))
            if known is not None:
                return known
        walked = self._walked.get(data[16:32])
        if walked is not None and walked.headers_of(data) == walked.headers:
            return walked.layout.types, self._clear(data, walked.layout), NOTHING
        return self._read_new(data, wire_bytes)

    def _read_new(self, data: bytes, wire_bytes: int) -> Read:
        """Read a message of a kind that was not met before, and remember what can be."""
        message = parse(data, wire_bytes)
        if message is None:
            return (), NOTHING_CLEAR, NOTHING
        types = message.payload_types() or (message.next_payload,)
        types = self._types.setdefault(types, types) if len(self._types) < REMEMBERED else types
        if message.is_encrypted:
            return types, NOTHING_CLEAR, message.defects
        layout = _arrange(types, message.spans)
        if message.is_truncated:
            layout = _without_cut(layout, len(data))
        answer = (types, self._clear(data, layout), message.defects)
        if message.flags or message.defects:
            return answer
        if types[0] in _OPENING and _FIXED.issuperset(types) and not layout.notices:
            if len(data) > _LONGEST_REMEMBERED:
                return answer
            if len(self._openings) >= REMEMBERED:
                self._openings.clear()
            self._openings[types[0], data[HEADER_BYTES:]] = answer
        elif len(message.spans) <= MAX_LISTED:
            if len(self._walked) >= REMEMBERED:
                self._walked.clear()
            self._walked[data[16:32]] = _remember(data, message.spans, layout)
        return answer

    def _clear(self, data: bytes, layout: _Layout) -> Clear:
        """Return what a message says in the clear; the shared empty value where it says nothing of use."""
        offer = self._offer(data[layout.offer]) if layout.offer is not None else None
        identity = data[layout.identity] if layout.identity is not None else None
        notices, nat_d = layout.notices, layout.nat_d
        if not (
            offer or layout.ke_bytes or nat_d or layout.vendor_ids or notices or layout.deletes or identity
        ):
            return NOTHING_CLEAR
        return Clear(
            offer,
            layout.ke_bytes,
            tuple([data[at] for at in nat_d]) if nat_d else (),
            self._shared(tuple([data[at] for at in layout.vendor_ids])) if layout.vendor_ids else (),
            tuple([read_notice(data[at]) for at in notices]) if notices else (),
            layout.deletes,
            identity,
            data[8:16] if notices else b"",
        )

    def _offer(self, body: bytes) -> Offer:
        offer = self._offers.get(body)
        if offer is None:
            if len(self._offers) >= REMEMBERED:
                self._offers.clear()
            offer = self._offers[body] = read_offer(body)
        return offer

    def _shared(self, bodies: tuple[bytes, ...]) -> tuple[bytes, ...]:
        known = self._vendor_ids.get(bodies)
        if known is None:
            if len(self._vendor_ids) >= REMEMBERED:
                self._vendor_ids.clear()
            known = self._vendor_ids[bodies] = bodies
        return known


def _arrange(types: tuple[int, ...], spans: tuple[Span, ...]) -> _Layout:
    """Sort a message's payloads by what is taken of them."""
    bodies: dict[int, list[slice]] = {}
    for span in spans:
        kind = _NAT_D_KIND if span.type in _NAT_D else span.type
        bodies.setdefault(kind, []).append(slice(span.start + GENERIC_HEADER_BYTES, span.end))
    ke = bodies.get(_KE)
    return _Layout(
        types,
        bodies[_SA][0] if _SA in bodies else None,
        ke[-1].stop - ke[-1].start if ke else 0,
        tuple(bodies.get(_NAT_D_KIND, ())[:MAX_LISTED]),
        tuple(bodies.get(_VID, ())[:MAX_LISTED]),
        tuple(bodies.get(_N, ())[:MAX_LISTED]),
        _D in bodies,
        bodies[_ID][-1] if _ID in bodies else None,
    )


def _without_cut(layout: _Layout, size: int) -> _Layout:
    """Leave out what a snaplen cut: half a vendor ID is none, and NAT-D tells only if all of it is there.

    Of offers and notifications the beginning says something, and they say themselves that they are cut.
    """
    vendor_ids = tuple(body for body in layout.vendor_ids if body.stop < size)
    identity = layout.identity if layout.identity and layout.identity.stop < size else None
    return replace(layout, nat_d=(), vendor_ids=vendor_ids, identity=identity)


_NAT_D_KIND: Final = 20


def _remember(data: bytes, spans: tuple[Span, ...], layout: _Layout) -> _Walked:
    """Keep a walk for messages whose generic headers are the same."""
    bodies = "".join([f"4s{span.end - span.start - GENERIC_HEADER_BYTES}x" for span in spans])
    headers_of = Octets(f"{HEADER_BYTES}x{bodies}").unpack
    return _Walked(headers_of, headers_of(data), layout)


def read_notice(body: bytes) -> Notice:
    """Return what a notification says, the beginning of its data."""
    from ikepcap.wire.bodies import Notification  # few captures need it, and it takes time to load
    from ikepcap.wire.codec import decode

    notification, _ = decode(Notification, body, 0, len(body))
    if notification is None:
        return Notice(0, 0, b"")
    return Notice(notification.kind, len(notification.spi), notification.data[:64])

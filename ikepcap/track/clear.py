"""Take from a message in the clear what tracking and inference need of it.

Offers and vendor IDs repeat endlessly (a handful of bodies in a million messages), and a message that holds
nothing else, MSG1 or MSG2, repeats as a whole after its header. All of these are remembered by their bytes,
in dictionaries that are emptied when they grow: a flood of new bodies costs time, not memory.
"""

from typing import Final

from ikepcap.track.conversation import NOTHING_CLEAR, Clear, Notice
from ikepcap.wire.bodies import Notification
from ikepcap.wire.codec import decode
from ikepcap.wire.message import HEADER_BYTES, Message, parse
from ikepcap.wire.numbers import Payload
from ikepcap.wire.offer import Offer, read_offer
from ikepcap.wire.walk import NOTHING, Defect

_SA: Final = int(Payload.SA)
_KE: Final = int(Payload.KE)
_ID: Final = int(Payload.ID)
_NONCE: Final = int(Payload.NONCE)
_N: Final = int(Payload.NOTIFICATION)
_D: Final = int(Payload.DELETE)
_VID: Final = int(Payload.VENDOR_ID)
# 20 is RFC 3947's number, 130 that of drafts 02 and 03; 15 was taken by GDOI before some drafts used it.
_NAT_D: Final = frozenset({20, 130, 15})

REMEMBERED: Final = 4096
_MAX_LISTED: Final = 64
ENCRYPTED: Final = tuple(((first,), NOTHING_CLEAR, NOTHING) for first in range(256))
"""What an undamaged encrypted message says, by its first payload."""


_OPENING: Final = frozenset({_SA, _VID})
_FIXED: Final = frozenset({_SA, _VID, _N})
"""Payloads without anything random in them."""

Read = tuple[tuple[int, ...], Clear, tuple[Defect, ...]]
"""Payload types, what they say, defects."""


class Reader:
    """Reads messages; remembers bodies it has read."""

    def __init__(self) -> None:
        self._openings: dict[tuple[int, bytes], Read] = {}
        self._types: dict[tuple[int, ...], tuple[int, ...]] = {}
        self._offers: dict[bytes, Offer] = {}
        self._vendor_ids: dict[tuple[bytes, ...], tuple[bytes, ...]] = {}

    def read(self, data: bytes, wire_bytes: int) -> Read:
        """Read a message of at least a header's length; see `Read`."""
        first, flags = data[16], data[19]
        if flags == 1 and data[26] << 8 | data[27] == wire_bytes == len(data):
            return ENCRYPTED[first]
        opening = (first, data[HEADER_BYTES:])
        if first in _OPENING and flags == 0 and len(data) == wire_bytes:
            known = self._openings.get(opening)
            if known is not None and int.from_bytes(data[24:28]) == wire_bytes:
                return known
        message = parse(data, wire_bytes)
        if message is None:
            return (), NOTHING_CLEAR, NOTHING
        types = message.payload_types() or (first,)
        types = self._types.setdefault(types, types) if len(self._types) < REMEMBERED else types
        clear = NOTHING_CLEAR if message.is_encrypted else self._clear(message)
        answer = (types, clear, message.defects)
        is_plain_opening = first in _OPENING and not flags and not message.defects
        if is_plain_opening and len(data) < REMEMBERED and _FIXED.issuperset(types) and not clear.notices:
            if len(self._openings) >= REMEMBERED:
                self._openings.clear()
            self._openings[opening] = answer
        return answer

    def _clear(self, message: Message) -> Clear:
        """Return what `message` says in the clear; the shared empty value where it says nothing of use."""
        data = message.data
        offer: Offer | None = None
        ke_bytes = 0
        deletes = False
        identity: bytes | None = None
        vendor_ids: list[bytes] = []
        nat_d: list[bytes] = []
        notices: list[Notice] = []
        for span in message.spans:
            kind = span.type
            if kind == _NONCE:
                continue
            if kind == _VID:
                vendor_ids.append(data[span.start + 4 : span.end])
            elif kind == _SA:
                offer = offer or self._offer(data[span.start + 4 : span.end])
            elif kind == _KE:
                ke_bytes = span.end - span.start - 4
            elif kind in _NAT_D:
                nat_d.append(data[span.start + 4 : span.end])
            elif kind == _ID:
                identity = data[span.start + 4 : span.end]
            elif kind == _N:
                notices.append(_notice(data[span.start + 4 : span.end]))
            elif kind == _D:
                deletes = True
        if not (vendor_ids or offer or ke_bytes or nat_d or notices or deletes or identity):
            return NOTHING_CLEAR
        return Clear(
            offer,
            ke_bytes,
            tuple(nat_d[:_MAX_LISTED]),
            self._shared(tuple(vendor_ids[:_MAX_LISTED])),
            tuple(notices[:_MAX_LISTED]),
            deletes,
            identity,
            message.responder_cookie if notices else b"",
        )

    def _offer(self, body: bytes) -> Offer:
        offer = self._offers.get(body)
        if offer is None:
            if len(self._offers) >= REMEMBERED:
                self._offers.clear()
            offer = self._offers[body] = read_offer(body)
        return offer

    def _shared(self, bodies: tuple[bytes, ...]) -> tuple[bytes, ...]:
        if not bodies:
            return bodies
        known = self._vendor_ids.get(bodies)
        if known is None:
            if len(self._vendor_ids) >= REMEMBERED:
                self._vendor_ids.clear()
            known = self._vendor_ids[bodies] = bodies
        return known


def _notice(body: bytes) -> Notice:
    notification, _ = decode(Notification, body, 0, len(body))
    if notification is None:
        return Notice(0, 0, b"")
    return Notice(notification.kind, len(notification.spi), notification.data[:64])

"""Who began a conversation, also when the capture does not show its first message.

A message in the clear mostly tells by itself; encrypted ones tell by their order. Evidence is taken from the
strongest kind that is there.
"""

from collections.abc import Sequence
from typing import Final

from ikepcap.track.conversation import Seen
from ikepcap.wire.numbers import Exchange, Payload

PHASE_1 = frozenset({int(Exchange.BASE), int(Exchange.MAIN), int(Exchange.AGGRESSIVE)})

_OPENING = frozenset(
    {int(Payload.SA), int(Payload.VENDOR_ID), int(Payload.NOTIFICATION), int(Payload.CR), int(Payload.NONCE)}
)
"""What MSG1 and MSG2 of main and base mode may hold: with anything else it is neither."""


def initiating_side(seen: Sequence[Seen], *, opener: int | None) -> tuple[int, bool]:
    """Return which side (0: the first message's sender) initiated, and whether a message proves it.

    Args:
        seen: the messages, by sides.
        opener: the side that sent a MSG1 without a responder cookie.
    """
    if opener is not None:
        return opener, True
    phase_1 = [s for s in seen if s.exchange in PHASE_1 and s.copy_of < 0]
    offers = [s for s in phase_1 if s.clear.offer is not None]
    if len({s.sender for s in offers}) == 2:
        return offers[0].sender, True  # MSG1 and MSG2 are both here
    if offers:
        return _by_offer(offers[0])
    key_exchanges = [s for s in phase_1 if s.clear.ke_bytes]
    encrypted = [s for s in phase_1 if s.is_encrypted]
    if key_exchanges:
        first = key_exchanges[0]
        if len({s.sender for s in key_exchanges}) == 2:
            return first.sender, True
        # One KE only: it was MSG4 if its receiver sends the first encrypted message, MSG5.
        if encrypted and encrypted[0].sender != first.sender:
            return encrypted[0].sender, True
        return first.sender, False
    if encrypted:
        return _by_encrypted(encrypted, seen)
    return _by_later_exchanges(seen)


def _by_offer(message: Seen) -> tuple[int, bool]:
    """A message with an SA: MSG1 if it offers a choice, MSG2 if it has made one.

    A responder cookie in MSG1 is legal only as an echo of a Windows DoS cookie (MS-IKEE), and is rare.
    """
    public = (kind for kind in message.payloads if kind < 128)
    if message.exchange != Exchange.AGGRESSIVE and not _OPENING.issuperset(public):
        return message.sender, False
    offer = message.clear.offer
    transforms = len(offer.transforms) if offer else 0
    if message.exchange == Exchange.AGGRESSIVE and Payload.HASH not in message.payloads:
        if Payload.SIG not in message.payloads:
            return message.sender, True
    elif transforms > 1:
        return message.sender, True
    return 1 - message.sender, True


def _by_encrypted(encrypted: Sequence[Seen], seen: Sequence[Seen]) -> tuple[int, bool]:
    """Only encrypted messages of phase 1: MSG5 comes before MSG6, and its sender goes on with QM1."""
    first = encrypted[0]
    if any(s.sender != first.sender for s in encrypted):
        return first.sender, True
    after = [s for s in seen if s.exchange == Exchange.QUICK and s.copy_of < 0]
    if after and after[0].sender != first.sender:
        return after[0].sender, False
    return first.sender, False


def _by_later_exchanges(seen: Sequence[Seen]) -> tuple[int, bool]:
    """Nothing of phase 1: whoever begins a quick mode more likely began it all; a guess, and marked so."""
    quick = [s for s in seen if s.exchange == Exchange.QUICK]
    for message in quick:
        if message.is_encrypted and message.wire_bytes < HASH_ONLY_BYTES:
            return message.sender, False  # QM3 comes from whoever sent QM1
    return (quick[0].sender if quick else 0), False


HASH_ONLY_BYTES: Final = 100
"""28 header + 4 + 64 of the largest hash, padded to a block: QM3 is smaller, QM1 and QM2 are larger."""

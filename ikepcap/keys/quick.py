"""Quick modes as they were opened: what their hashes and the keys of their IPsec SAs depend on."""

from collections.abc import Iterator
from typing import Final, TypeVar

from msgspec import Struct

from ikepcap.keys.verify import QuickNonces
from ikepcap.wire.message import Message
from ikepcap.wire.numbers import Exchange, Payload
from ikepcap.wire.offer import Offer, read_offer

_KEPT: Final = 256
"""Quick modes remembered of one conversation."""


class QuickMode(Struct):
    """One quick mode; pairs are by who began it, its initiator first."""

    message_id: int
    starter: int
    """Role, in phase 1, of the peer that began it."""
    offers: tuple[Offer | None, Offer | None] = (None, None)
    """What was offered, and what was chosen."""
    nonces: tuple[bytes | None, bytes | None] = (None, None)
    public: tuple[bytes | None, bytes | None] = (None, None)
    """Bodies of KE payloads: there with PFS only."""

    def spis(self) -> tuple[tuple[bytes, ...], tuple[bytes, ...]]:
        """Return the SPIs that either side chose: those of the SAs towards it."""
        offered, chosen = self.offers
        numbers = {proposal.number for proposal in chosen.proposals} if chosen is not None else None
        # Where the answer is numbered anew, as between Libreswan and strongSwan, all that was offered.
        return _spis(offered, numbers) or _spis(offered, None), _spis(chosen, None)


def _spis(offer: Offer | None, numbers: set[int] | None) -> tuple[bytes, ...]:
    """Return the SPIs of the proposals with these numbers, each once; of all where none are given."""
    listed = offer.proposals if offer is not None else ()
    found = [one.spi for one in listed if one.spi and (numbers is None or one.number in numbers)]
    return tuple(dict.fromkeys(found))


class QuickModes:
    """The quick modes of one conversation by message ID, the last ones."""

    def __init__(self) -> None:
        self._modes: dict[int, QuickMode] = {}

    def __iter__(self) -> Iterator[QuickMode]:
        return iter(self._modes.values())

    def before(self, message: Message, sender: int) -> QuickNonces:
        """Return the nonces of a message's exchange that its sender had by then; it was learned already."""
        mode = self._modes.get(message.message_id)
        if mode is None:
            return QuickNonces()
        if not message.bodies(Payload.NONCE):
            return QuickNonces(*mode.nonces)
        return QuickNonces() if sender == mode.starter else QuickNonces(mode.nonces[0])

    def learn(self, message: Message, sender: int, *, begins: bool | None = None) -> None:
        """Take an opened message of quick mode; its nonce tells the first two from the third.

        Args:
            message: opened.
            sender: its role.
            begins: whether it is the first one, where its IV tells, whatever came before it in the capture.
        """
        nonce = message.bodies(Payload.NONCE)
        if message.exchange != Exchange.QUICK or not nonce:
            return
        mode = self._modes.get(message.message_id)
        if mode is None:
            if len(self._modes) >= _KEPT:
                del self._modes[next(iter(self._modes))]
            mode = self._modes[message.message_id] = QuickMode(message.message_id, sender)
        if begins is not None and begins != (sender == mode.starter):
            mode.starter = 1 - mode.starter
            mode.offers, mode.nonces = mode.offers[::-1], mode.nonces[::-1]
            mode.public = mode.public[::-1]
        side = 0 if sender == mode.starter else 1
        offers = message.bodies(Payload.SA)
        public = message.bodies(Payload.KE)
        mode.nonces = _put(mode.nonces, side, nonce[0])
        if offers:
            mode.offers = _put(mode.offers, side, read_offer(offers[0]))
        if public:
            mode.public = _put(mode.public, side, public[0])


T = TypeVar("T")


def _put(pair: tuple[T | None, T | None], side: int, value: T) -> tuple[T | None, T | None]:
    """Return a pair with one side filled in, if that was empty."""
    if pair[side] is not None:
        return pair
    return (value, pair[1]) if side == 0 else (pair[0], value)

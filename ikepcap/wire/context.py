"""What numbers mean between two peers: some are used twice, and only the conversation tells for what.

15 and 16 are GDOI's payloads, and NAT-D and NAT-OA of some NAT-T drafts; 32 and 33 are quick and
new group mode, and GDOI's exchanges; the notify payload of AuthIP is laid out in its own way; Check Point
has XAUTH under numbers of mode-config; 65001 and 65005 are XAUTH, or Kerberos and CGA.
"""

from collections import ChainMap, OrderedDict
from collections.abc import Callable, Iterator
from enum import IntEnum
from typing import Final

from msgspec import Struct
from msgspec.structs import replace

from ikepcap.wire.bodies import AUTHIP_BODIES, BODIES, GDOI_BODIES, NAT_DRAFT_BODIES
from ikepcap.wire.codec import Body
from ikepcap.wire.message import NO_COOKIE, Message
from ikepcap.wire.natd import Ends
from ikepcap.wire.numbers import Doi, Exchange, Payload, Protocol, exchange_name, payload_name, word
from ikepcap.wire.offer import Transform, read_offer
from ikepcap.wire.relatives import AuthipPayload, GdoiExchange, GdoiPayload, NatDraftPayload
from ikepcap.wire.vendor import lookup

GDOI_PORT: Final = 848
"""RFC 6407 §2.1."""
MAX_LOOKED_UP: Final = 64
"""Vendor IDs of one message that are looked at; peers send a dozen."""
MAX_ANSWER_BYTES: Final = 1024
"""A longer SA payload has more than one transform in it."""
MAX_NEGOTIATIONS: Final = 8_192
"""Of how many `Contexts` remembers what it learnt."""

_AUTHIP: Final = frozenset(
    {
        Exchange.AUTHIP_MAIN,
        Exchange.AUTHIP_QUICK,
        Exchange.AUTHIP_EXTENDED,
        Exchange.AUTHIP_NOTIFY,
    }
)
_AUTHIP_EXCHANGES: Final[dict[int, str]] = {
    Exchange.AUTHIP_MAIN: "AuthIP main",
    Exchange.AUTHIP_QUICK: "AuthIP quick",
    Exchange.AUTHIP_EXTENDED: "AuthIP extended",
    Exchange.AUTHIP_NOTIFY: "AuthIP notify",
}
_CHECK_POINT: Final = "Check Point"


class Context(Struct, frozen=True):
    """What is known of two peers by the time one of their messages is read."""

    is_gdoi: bool = False
    """They speak GDOI: on UDP 848, or with its DOI."""
    nat_t: bool = False
    """Either showed a vendor ID of NAT traversal."""
    check_point: bool = False
    gssapi: bool = False
    cga: bool = False
    hash: int | None = None
    """Negotiated in phase 1; None until the responder has chosen. Likewise `group`."""
    group: int | None = None


def learn(context: Context, message: Message, ends: Ends | None = None) -> Context:
    """Return what is known after a message: what it says in the clear, beside what was known before."""
    if ends is not None and GDOI_PORT in (ends.source_port, ends.destination_port):
        context = replace(context, is_gdoi=True)
    for body in message.bodies(Payload.VENDOR_ID)[:MAX_LOOKED_UP]:
        known = lookup(body)
        if known is None:
            continue
        capability = known.capability or ""
        context = replace(
            context,
            nat_t=context.nat_t or capability.startswith("nat-t"),
            gssapi=context.gssapi or capability == "gssapi",
            cga=context.cga or capability == "cga",
            check_point=context.check_point or known.implementation == _CHECK_POINT,
        )
    for body in message.bodies(Payload.SA)[:1]:
        if int.from_bytes(body[:4]) == Doi.GDOI:
            context = replace(context, is_gdoi=True)
        chosen = _chosen(body) if message.responder_cookie != NO_COOKIE else None
        if chosen is not None:
            context = replace(context, hash=chosen.hash, group=chosen.group)
    return context


_NOTHING: Final = Context()


class Contexts:
    """What is known of the peers of each negotiation, message by message.

    Memory is bounded: what is known of those that were silent longest is forgotten.
    """

    def __init__(self) -> None:
        self._known: OrderedDict[bytes, Context] = OrderedDict()

    def after(self, message: Message, ends: Ends | None = None, before: Context = _NOTHING) -> Context:
        """Return what is known after a message; `before` is what is known of a negotiation not yet seen."""
        cookie = message.initiator_cookie
        known = learn(self._known.get(cookie, before), message, ends)
        self._known[cookie] = known
        self._known.move_to_end(cookie)
        if len(self._known) > MAX_NEGOTIATIONS:
            self._known.popitem(last=False)
        return known


def _chosen(body: bytes) -> Transform | None:
    """Return the phase 1 transform that an SA payload chooses: an answer has that one and no other."""
    transforms = read_offer(body).transforms if len(body) <= MAX_ANSWER_BYTES else ()
    return transforms[0] if len(transforms) == 1 and transforms[0].protocol == Protocol.ISAKMP else None


def _is_gdoi_exchange(exchange: int, context: Context) -> bool:
    return context.is_gdoi and exchange in GdoiExchange.__members__.values()


class _Numbers(Struct, frozen=True):
    """Payload types that some use in their own way."""

    names: type[IntEnum]
    bodies: dict[int, type[Body]]


_AUTHIP_NUMBERS: Final = _Numbers(AuthipPayload, AUTHIP_BODIES)
_GDOI_NUMBERS: Final = _Numbers(GdoiPayload, GDOI_BODIES)
_NAT_DRAFT_NUMBERS: Final = _Numbers(NatDraftPayload, NAT_DRAFT_BODIES)


def _own_numbers(exchange: int, context: Context) -> Iterator[_Numbers]:
    """Yield whose numbers count before the usual ones in an exchange of these peers."""
    if exchange in _AUTHIP:
        yield _AUTHIP_NUMBERS
    if _is_gdoi_exchange(exchange, context):
        yield _GDOI_NUMBERS
    if context.nat_t:
        yield _NAT_DRAFT_NUMBERS


def payload_registry(kind: int, exchange: int, context: Context) -> type[IntEnum]:
    """Return the registry that a payload type is from in an exchange of these peers."""
    own = (numbers.names for numbers in _own_numbers(exchange, context))
    return next((names for names in own if kind in names.__members__.values()), Payload)


def payload_word(kind: int, exchange: int, context: Context) -> str:
    """Return a payload type's short name in an exchange of these peers."""
    names = payload_registry(kind, exchange, context)
    return payload_name(kind) if names is Payload else word(names, kind)


def declaration(kind: int, exchange: int, context: Context) -> type[Body] | None:
    """Return how a payload of this type is laid out in an exchange of these peers; None if unknown."""
    return declarations(exchange, context)(kind)


def declarations(exchange: int, context: Context) -> Callable[[int], type[Body] | None]:
    """Return `declaration` for all payloads of a message."""
    own = [numbers.bodies for numbers in _own_numbers(exchange, context)]
    return ChainMap(*own, BODIES).get if own else BODIES.get


def exchange_registry(exchange: int, context: Context) -> type[IntEnum]:
    """Return the registry that an exchange type is from between these peers."""
    return GdoiExchange if _is_gdoi_exchange(exchange, context) else Exchange


def exchange_word(exchange: int, context: Context) -> str:
    """Return an exchange type's name between these peers."""
    if _is_gdoi_exchange(exchange, context):
        return word(GdoiExchange, exchange)
    return _AUTHIP_EXCHANGES.get(exchange) or exchange_name(exchange)


def is_authip(exchange: int) -> bool:
    """Tell whether an exchange is one of AuthIP's."""
    return exchange in _AUTHIP

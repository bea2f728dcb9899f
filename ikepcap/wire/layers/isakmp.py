"""The ISAKMP message as a packet (RFC 2408 §3.1).

Payloads are in a list, `payloads`, and not a chain of Scapy layers: Scapy follows a chain by calling itself
for each layer, and a datagram has room for 16,000. What a user does with layers works all the same, since
Scapy looks into lists: `pkt[KeyExchange]`, `VendorId in pkt`, `del pkt[VendorId]`, `/`.
"""

from collections.abc import Iterator
from enum import IntEnum
from typing import Any, Final

from scapy.fields import FlagsField
from scapy.packet import Packet

from ikepcap.wire.bodies import BODIES
from ikepcap.wire.context import (
    GDOI_PORT,
    Context,
    declarations,
    exchange_registry,
    learn,
    payload_registry,
)
from ikepcap.wire.layers.defects import body_defects
from ikepcap.wire.layers.fields import (
    Aside,
    NextPayload,
    Number,
    Octets,
    Payloads,
    is_open,
    settled,
    type_of,
    when_set,
)
from ikepcap.wire.layers.node import Node, unlisted
from ikepcap.wire.layers.parts import Part, read_parts, unchained
from ikepcap.wire.message import FLAG_ENCRYPTION, HEADER_BYTES, NO_COOKIE, VERSION_1, Message, parse
from ikepcap.wire.numbers import Exchange, Payload, exchange_name, payload_name
from ikepcap.wire.relatives import GdoiExchange
from ikepcap.wire.walk import Defect, Fault

MARKER: Final = bytes(4)
"""The non-ESP marker (RFC 3948 §2.2)."""
NATT_PORT: Final = 4500
_LENGTH_AT: Final = 24
_NAMED_PAYLOADS: Final = 16
_SAME: Final = ("initiator_cookie", "responder_cookie", "version", "exchange", "message_id")
_NOTHING: Final = Context()
_FLAGS: Final = ["encryption", "commit", "authentication_only", "bit3", "bit4", "bit5", "bit6", "bit7"]


@unlisted
class CutHeader(Packet):
    """Fewer octets than an ISAKMP header has: no message, and where one was expected a broken one."""

    name = "CutHeader"
    fields_desc = [Octets("data", always_hex=True)]  # noqa: RUF012 - Scapy's way

    def do_dissect(self, s: bytes) -> bytes:
        """Take all."""
        self.fields["data"] = s
        self.explicit = 1
        return b""

    @property
    def defects(self) -> tuple[Defect, ...]:
        """What is wrong with it."""
        found = len(self.getfieldval("data"))
        return (Defect(Fault.HEADER_CUT, 0, f"{found} octets are too few for an ISAKMP header"),)


class _ExchangeType(Number):
    """An exchange type, which between peers of GDOI has other names."""

    __slots__ = []

    def registry(self, pkt: Any, x: int | None) -> type[IntEnum] | None:
        return Exchange if pkt is None or x is None else exchange_registry(x, pkt.context)


@unlisted
class ISAKMP(Node):
    """An ISAKMP message. Numbers that follow from the rest are computed unless set; see `layers`."""

    name = "ISAKMP"
    context = _NOTHING
    """What is known of the peers, which decides what some numbers mean."""
    fields_desc = [  # noqa: RUF012 - Scapy's way
        Octets("initiator_cookie", NO_COOKIE, always_hex=True, size=len(NO_COOKIE)),
        Octets("responder_cookie", NO_COOKIE, always_hex=True, size=len(NO_COOKIE)),
        NextPayload(),
        Number("version", VERSION_1, 1, base=16),
        _ExchangeType("exchange", Exchange.MAIN, 1, Exchange),
        FlagsField("flags", 0, 8, _FLAGS),
        Number("message_id", 0, 4, base=16),
        Number("length", None, 4),
        Payloads("payloads"),
        when_set(Octets("ciphertext", always_hex=True)),
        when_set(Octets("rest")),
        when_set(Aside("marker", None)),
    ]

    @classmethod
    def dispatch_hook(cls, _pkt: bytes | None = None, *_args: Any, **_kwargs: Any) -> Any:
        """Read as a message what has room for its header."""
        return CutHeader if _pkt and len(_pkt) < HEADER_BYTES else cls

    def do_dissect(self, s: bytes) -> bytes:
        """Read a message: the walker says where its payloads are."""
        found = parse(s)
        assert found is not None, "dispatch_hook has seen to it"  # noqa: S101 - for the type checker
        self.read(found, _told(found, self.underlayer))
        if _is_on_natt_port(self.underlayer):
            self.fields["marker"] = 0
        return b""

    def read(self, found: Message, context: Context) -> None:
        """Take what the walker found, its payloads laid out as the context has them."""
        data, fields = found.data, self.fields
        if context != _NOTHING:  # Scapy takes long to set what is no field
            self.context = context
        for name in _SAME:
            fields[name] = getattr(found, name)
        fields["flags"] = self.get_field("flags").any2i(self, found.flags)
        end = found.spans[-1].end if found.spans else HEADER_BYTES
        fields["payloads"] = read_parts(data, found.spans, self, declarations(found.exchange, context))
        if found.is_encrypted and found.version >> 4 == 1 and not found.spans:
            end = found.length if HEADER_BYTES < found.length < len(data) else len(data)
            fields["ciphertext"] = data[HEADER_BYTES:end]
        if end < len(data):
            fields["rest"] = data[end:]
        first = found.spans[0].type if found.spans else Payload.NONE
        fields["next_payload"] = settled(found.next_payload, first)
        fields["length"] = settled(found.length, len(data))
        self.wirelen = found.wire_bytes
        self.explicit = 1

    def payload_registry(self, kind: int) -> type[IntEnum]:
        """Return the registry that a payload type is from in this exchange of these peers."""
        return payload_registry(kind, int(self.exchange), self.context)

    def copy(self) -> Any:
        """Return a copy that knows as much of the peers."""
        clone = super().copy()
        if self.context != _NOTHING:
            clone.context = self.context
        return clone

    def computed(self, octets: dict[str, bytes]) -> dict[str, int]:
        """Return the type of the first payload and the length."""
        found = self.getfieldval("payloads")
        return {"next_payload": type_of(found[0]) if found else 0, "length": self.size(octets), "marker": 0}

    def post_build(self, pkt: bytes, pay: bytes) -> bytes:
        """Count what follows into the length; put the non-ESP marker first where UDP 4500 wants it."""
        if pay and is_open(self.getfieldval("length")):
            length = (len(pkt) + len(pay)).to_bytes(4)
            pkt = pkt[:_LENGTH_AT] + length + pkt[_LENGTH_AT + 4 :]
        wanted = self.getfieldval("marker")
        if wanted is None:
            wanted = _is_on_natt_port(self.underlayer)
        return (MARKER if wanted else b"") + pkt + pay

    def add_payload(self, payload: Any) -> None:
        """Take payloads into the list, proposals and transforms into the payload they belong in."""
        for one in unchained(payload):
            if not isinstance(one, Part):
                super().add_payload(one)
            elif one.payload_type not in (Payload.PROPOSAL, Payload.TRANSFORM) or not self.accept(one):
                self.setfieldval("payloads", [*self.getfieldval("payloads"), one])

    @property
    def message(self) -> Message:
        """What the walker makes of the octets as they would be sent now."""
        found = parse(self.octets(), self.wirelen)
        assert found is not None, "it has at least a header"  # noqa: S101 - for the type checker
        return found

    @property
    def defects(self) -> tuple[Defect, ...]:
        """What is wrong with it as it would be sent now, payload bodies included, in order of offset."""
        found = self.message
        return tuple(sorted((*found.defects, *body_defects(found, self.context)), key=lambda one: one.offset))

    def octets(self) -> bytes:
        """Return the message alone as it would be sent, without the layers below, marker and padding."""
        alone = self.copy()
        alone.underlayer = None
        alone.marker = 0
        octets: bytes = alone.do_build()
        return octets

    def mysummary(self) -> tuple[str, list[type[Packet]]]:
        """Return exchange, cookie and payloads in a line, and that UDP is to be named before it."""
        types = [payload_name(type_of(one)) for one in self.payloads[:_NAMED_PAYLOADS]]
        if len(self.payloads) > len(types):
            types.append(f"and {len(self.payloads) - len(types)} more")
        what = " ".join(types) or ("encrypted" if self.ciphertext else "")
        words = f"ISAKMP {exchange_name(int(self.exchange))} {bytes(self.initiator_cookie).hex()} {what}"
        return words.rstrip(), [type(one) for one in _below(self) if type(one).__name__ == "UDP"]

    def hashret(self) -> bytes:
        """Return what a message and its answer have in common: the initiator's cookie."""
        return bytes(self.initiator_cookie)

    def answers(self, other: Any) -> int:
        """Tell whether this can be the answer to `other`, sent the other way; `_is_answer` says how."""
        if not isinstance(other, ISAKMP):
            other = other.payload if hasattr(other, "payload") else None
        return int(isinstance(other, ISAKMP) and _is_answer(self, other))


def _is_answer(self: ISAKMP, other: ISAKMP) -> bool:
    """Compare cookies, exchange and message ID.

    - the initiator's cookie is the same, and the responder's if `other` has one already;
    - the same octets are an echo;
    - within one exchange the message ID is the same, but for informational ones, which are each their own;
    - any phase 1 message may be answered by a notification in the clear.
    """
    if self.initiator_cookie != other.initiator_cookie or self.octets() == other.octets():
        return False
    is_first = other.responder_cookie == NO_COOKIE
    if not is_first and self.responder_cookie != other.responder_cookie:
        return False
    is_encrypted = bool(int(self.flags) & FLAG_ENCRYPTION)
    if self.exchange == Exchange.INFORMATIONAL:
        if is_encrypted:
            return bool(other.exchange == self.exchange)
        return other.message_id == 0 and any(type_of(one) == Payload.NOTIFICATION for one in self.payloads)
    if is_first and self.responder_cookie == NO_COOKIE:
        return False
    is_same: bool = self.exchange == other.exchange and self.message_id == other.message_id
    return is_same


def _below(layer: Any) -> Iterator[Any]:
    """Yield the layers below one."""
    while layer.underlayer is not None:
        layer = layer.underlayer
        yield layer


def _is_on_natt_port(below: Any) -> bool:
    """Tell whether a layer is UDP on the port where ESP goes unless a marker says otherwise."""
    return type(below).__name__ == "UDP" and NATT_PORT in (below.sport, below.dport)


_GDOI: Final = frozenset(GdoiExchange)


def _told(found: Message, below: Any) -> Context:
    """Return what a message tells of its peers by itself, as far as that decides what its numbers mean."""
    if found.exchange not in _GDOI and all(kind in BODIES for kind in found.payload_types()):
        return _NOTHING
    is_gdoi = type(below).__name__ == "UDP" and GDOI_PORT in (below.sport, below.dport)
    return learn(Context(is_gdoi=is_gdoi), found) if found.spans or is_gdoi else _NOTHING


def read_message(found: Message, context: Context | None = None) -> ISAKMP:
    """Return a message as a packet.

    Args:
        found: as parsed.
        context: what is known of the peers; None for what this message tells by itself.
    """
    made = ISAKMP(_internal=1)
    made.read(found, _told(found, None) if context is None else context)
    made.original = found.data
    return made

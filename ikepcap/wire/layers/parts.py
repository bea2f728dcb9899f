"""Payloads as packets, made from the declarations in `bodies`: a body declared there is a layer here.

Every payload has, before the fields of its body, `next_payload`, `res` and `length`; after them `rest`, the
octets that its own lengths leave over. `payload_type` is its number, which only what precedes it carries.
"""

import functools
from collections.abc import Callable, Iterator
from enum import IntEnum
from typing import Any, Final

from scapy.config import conf
from scapy.fields import Field
from scapy.packet import NoPayload, Packet, RawVal

from ikepcap.wire import bodies
from ikepcap.wire.build import announced
from ikepcap.wire.codec import Attributes, Body, Chain, Declared, Integer, Take, declared, decode, places
from ikepcap.wire.details import TRANSFORM_IDS
from ikepcap.wire.layers.attributes import read_attributes
from ikepcap.wire.layers.fields import (
    NextPayload,
    Number,
    Octets,
    OctetsList,
    Packets,
    Payloads,
    PayloadType,
    chunks,
    settled,
    type_of,
    when_set,
)
from ikepcap.wire.layers.node import Node, new_class, new_packet, unlisted
from ikepcap.wire.layers.words import IdentityData, VendorData
from ikepcap.wire.numbers import Payload
from ikepcap.wire.offer import read_situation
from ikepcap.wire.walk import Span, walk_chain

DOMAIN: Final = "labelled_domain"
"""Octets between situation and proposals (RFC 2407 §4.6.1): there with secrecy or integrity."""

USUAL: Final[dict[tuple[type[Body], str], int]] = {
    # What a field is unless set; zero is seldom what the IPsec DOI wants.
    (bodies.SecurityAssociation, "doi"): 1,
    (bodies.SecurityAssociation, "situation"): 1,
    (bodies.Proposal, "protocol"): 1,
    (bodies.Transform, "transform_id"): 1,
    (bodies.Certificate, "encoding"): 4,
    (bodies.CertificateRequest, "encoding"): 4,
    (bodies.Notification, "doi"): 1,
    (bodies.Notification, "protocol"): 1,
    (bodies.AuthipNotification, "doi"): 1,
    (bodies.AuthipNotification, "protocol"): 1,
    (bodies.GroupSecurityAssociation, "doi"): 2,
    (bodies.Delete, "doi"): 1,
    (bodies.Delete, "protocol"): 1,
    (bodies.Configuration, "type"): 1,
    (bodies.Fragment, "fragment_id"): 1,
    (bodies.Fragment, "number"): 1,
}
NUMBERED: Final = frozenset({bodies.Proposal, bodies.Transform})
"""Bodies whose `number` counts up from 1 in their chain unless set."""


class _TransformId(Number):
    """A transform ID, whose registry is that of its proposal's protocol."""

    __slots__ = []

    def registry(self, pkt: Any, x: int | None) -> type[IntEnum] | None:  # noqa: ARG002 - Scapy's way
        proposal = pkt.parent if pkt is not None else None
        protocol = proposal.getfieldval("protocol") if isinstance(proposal, Part) else None
        return TRANSFORM_IDS.get(protocol) if isinstance(protocol, int) else None


@unlisted
class Part(Node):
    """A payload whose body is not declared, or is too short for its declaration."""

    name = "Part"
    body: type[Body] | None = None
    is_numbered = False
    rules: tuple[tuple[str, str, str], ...] = ()
    """Numbers of the body that follow from another field: which, how, from which."""
    fields_desc = [  # noqa: RUF012 - Scapy's way
        PayloadType(Payload.NONE),
        NextPayload(),
        Number("res", 0, 1),
        Number("length", None, 2),
        Octets("data"),
    ]

    @classmethod
    def dispatch_hook(cls, _pkt: bytes | None = None, *_args: Any, **_kwargs: Any) -> Any:
        """Read as this payload what can be: without room for its fields it is a `Part`, or raw."""
        if not _pkt:
            return cls
        span = _first(_pkt, cls)
        if span is None:
            return conf.raw_layer
        if cls.body is None or decode(cls.body, _pkt, span.body, span.end)[0] is not None:
            return cls
        return Part

    def do_dissect(self, s: bytes) -> bytes:
        """Read one payload from its generic header on."""
        span = _first(s, type(self))
        assert span is not None, "dispatch_hook has seen to it"  # noqa: S101 - for the type checker
        body = decode(self.body, s, span.body, span.end)[0] if self.body is not None else None
        self.read(s, Span(type_of(self), span.start, span.end), Payload.NONE, body)
        return s[span.end :]

    def extract_padding(self, s: bytes) -> tuple[bytes, bytes]:
        """Leave what follows to whoever holds the chain."""
        return b"", s

    def read(self, data: bytes, span: Span, following: int, body: Body | None) -> None:
        """Take what is at `span`.

        Args:
            data: the message.
            span: where the payload lies in it.
            following: the type of the payload that comes after it there, 0 if none does.
            body: as decoded; None for a payload without a declaration.
        """
        at, fields = span.start, self.fields
        fields["payload_type"] = int(span.type)
        fields["next_payload"] = settled(data[at], following)
        fields["res"] = data[at + 1]
        fields["length"] = settled(data[at + 2] << 8 | data[at + 3], span.end - at)
        self.explicit = 1
        if body is None:
            fields["data"] = data[span.body : span.end]
        else:
            self._read_body(data, span, body)

    def _read_body(self, data: bytes, span: Span, body: Body) -> None:
        fields = self.fields
        sizes: dict[str, int] = {}
        end = span.body
        for place in places(body, span.body, span.end):
            name, word, at = layer_name(place.name), place.word, place.offset
            end = at + place.size
            if isinstance(word, Attributes):
                fields[name], end = read_attributes(data, at, span.end, word.names, self)
            elif isinstance(word, Chain):
                if isinstance(body, bodies.SecurityAssociation):
                    at = self._read_situation(data, span, at)
                spans, _ = walk_chain(data, word.kind, at, span.end)
                only = {word.kind: bodies.BODIES[word.kind]}
                fields[name] = read_parts(data, spans, self, only.get)
                end = spans[-1].end if spans else at
            elif isinstance(word, Take) and word.times:
                fields[name] = chunks(data[at:end], int(getattr(body, word.length)))
            else:
                fields[name] = place.value
            sizes[name] = end - at
        for name, how, target in self.rules:
            fields[name] = settled(fields[name], self._following(how, target, sizes[target]))
        if end < span.end:
            fields["rest"] = data[end : span.end]

    def _read_situation(self, data: bytes, span: Span, at: int) -> int:
        """Read what is before the proposals that the declaration puts at `at`; return where they begin."""
        situation, size = read_situation(data[span.body : span.end], [])
        start = span.body + size
        if situation is None:
            self.fields["situation"] = RawVal(b"")
        elif start > at:
            self.fields[DOMAIN] = data[at:start]
        return start

    def _following(self, how: str, target: str, size: int) -> int:
        """Return the number that follows from a field of `size` octets."""
        if how == "octets":
            return size
        found = self.getfieldval(target)
        listed = found if isinstance(found, list) else []
        if how == "items":
            return len(listed)
        return len(listed[0]) if listed else 0

    def computed(self, octets: dict[str, bytes]) -> dict[str, int]:
        """Return next payload and length, and what the body's numbers follow from."""
        found = {}
        for name, how, target in self.rules:
            found[name] = self._following(how, target, len(octets.get(target, b"")))
        found["next_payload"] = type_of(self.payload) if isinstance(self.payload, Part) else Payload.NONE
        found["length"] = self.size(octets)
        if self.is_numbered:
            found["number"] = 1
        return found

    def add_payload(self, payload: Any) -> None:
        """Take what belongs inside; chain what comes after."""
        for one in unchained(payload):
            if not (isinstance(one, Part) and isinstance(self.payload, NoPayload) and self.accept(one)):
                super().add_payload(one)


def unchained(payload: Any) -> Iterator[Any]:
    """Yield payloads that were chained with `/`, each on its own, and what follows them."""
    while isinstance(payload, Part):
        after = payload.payload
        payload.remove_payload()
        yield payload
        payload = after
    if payload is not None and not isinstance(payload, NoPayload):
        yield payload


def read_parts(
    data: bytes, spans: tuple[Span, ...], owner: Any, declared_as: Callable[[int], type[Body] | None]
) -> list[Any]:
    """Return the payloads at `spans` as packets.

    Args:
        data: the message.
        spans: where they are.
        owner: the packet that they are in.
        declared_as: how a payload of a type is laid out; those for which it returns None stay unread.
    """
    made = []
    for span, following in zip(spans, announced([span.type for span in spans]), strict=True):
        kind = declared_as(span.type)
        body = decode(kind, data, span.body, span.end)[0] if kind is not None else None
        part = new_packet(Part if kind is None or body is None else layer_for(kind), owner)
        part.read(data, span, following, body)
        made.append(part)
    return made


_KINDS: Final = (bodies.BODIES, bodies.AUTHIP_BODIES, bodies.GDOI_BODIES)
"""The first number by which a body is known is the one that its layer has unless set."""


@functools.cache
def layer_for(body: type[Body]) -> type[Any]:
    """Return the packet class of a declared body, which has the body's name."""
    rules = tuple(_rules(body))
    open_names = {name for name, _, _ in rules}
    kind = next((kind for kinds in _KINDS for kind, known in kinds.items() if known is body), Payload.NONE)
    fields: list[Field] = [when_set(PayloadType(kind)), *Part.fields_desc[1:4]]
    for field in declared(body):
        if isinstance(field.word, Chain) and body is bodies.SecurityAssociation:
            fields.append(when_set(Octets(DOMAIN)))
        fields.append(_field(body, field, open_names))
    content = {
        "name": body.__name__,
        "__doc__": body.__doc__,
        "__module__": "ikepcap.wire.layers",
        "body": body,
        "is_numbered": body in NUMBERED,
        "rules": rules,
        "dispatch_hook": Part.__dict__["dispatch_hook"],
        "fields_desc": [*fields, when_set(Octets("rest"))],
    }
    return new_class(body.__name__, Part, content)


def layer_name(name: str) -> str:
    """Return what a declared field is called here: Scapy's own names get an underscore."""
    return f"{name}_" if name in _TAKEN else name


_TAKEN: Final = frozenset({"payload_type", "next_payload", "res", "length", "rest", DOMAIN, *dir(Packet)})


def _rules(body: type[Body]) -> Iterator[tuple[str, str, str]]:
    """Yield which numbers of a body follow from another field, and how."""
    integers = {field.name: field.word for field in declared(body) if isinstance(field.word, Integer)}
    for name, number in integers.items():
        if number.length_of or number.count_of:
            how = "octets" if number.length_of else "items"
            yield layer_name(name), how, layer_name(number.length_of or number.count_of)
    for field in declared(body):
        word = field.word
        if isinstance(word, Take) and not integers[word.length].length_of:
            yield layer_name(word.length), "each" if word.times else "octets", layer_name(field.name)
        if isinstance(word, Take) and word.times:
            yield layer_name(word.times), "items", layer_name(field.name)


def _field(body: type[Body], field: Declared, open_names: set[str]) -> Field:
    """Return the Scapy field of a declared one."""
    name, word = layer_name(field.name), field.word
    if isinstance(word, Integer):
        is_open = name in open_names or (body in NUMBERED and name == "number")
        usual = None if is_open else USUAL.get((body, field.name), 0)
        is_id = body is bodies.Transform and field.name == "transform_id"
        return (_TransformId if is_id else Number)(name, usual, word.size, word.names)
    if isinstance(word, Attributes):
        return Packets(name)
    if isinstance(word, Chain):
        return Payloads(name, word.kind)
    if isinstance(word, Take) and word.times:
        return OctetsList(name, layer_name(word.length))
    return _OCTETS.get((body, field.name), Octets)(name)


_OCTETS: Final[dict[tuple[type[Body], str], type[Octets]]] = {
    (bodies.VendorId, "data"): VendorData,
    (bodies.Identification, "data"): IdentityData,
    (bodies.NatOriginalAddress, "address"): IdentityData,
}


def _first(data: bytes, cls: type[Any]) -> Span | None:
    """Return where the first payload lies in octets that begin with one; None where none does."""
    kind = int(cls.fields_desc[0].default) or Payload.PROPOSAL
    spans, _ = walk_chain(data, kind, 0, len(data))
    return spans[0] if spans else None

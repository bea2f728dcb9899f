"""What one side reads in a message, in a form both sides have: field, place, octets.

Values are compared as the octets they stand for, never as text: display strings change from one version of
tshark to the next, and octets at an offset do not. A number that ikepcap decoded is written back as octets,
so that decoding it wrongly shows.
"""

from collections.abc import Iterable, Iterator
from typing import Final

from msgspec import Struct

from ikepcap.oracle.nest import Part, Range
from ikepcap.wire.bodies import BODIES, Configuration, Delete, Proposal, SecurityAssociation
from ikepcap.wire.codec import Body, Integer, Place, decode, places
from ikepcap.wire.details import IsakmpTransform
from ikepcap.wire.message import HEADER_BYTES, VERSION_1, Message
from ikepcap.wire.notify_data import data_attributes
from ikepcap.wire.numbers import Payload, Protocol
from ikepcap.wire.offer import FIXED_BYTES, Offer, read_offer, read_situation
from ikepcap.wire.walk import GENERIC_HEADER_BYTES, Attribute, Defect, Fault, Span, walk_chain


class Reading(Struct, frozen=True, gc=False):
    """One field as one side reads it."""

    field: str
    """`Body.field` as declared in `wire.bodies`; the header's are `Header.…`, attributes' `Attribute.…`."""
    offset: int
    """Octets from the start of the ISAKMP header."""
    size: int
    value: bytes | None
    """None where that side tells how long a field is and not what is in it."""


class Side(Struct, frozen=True):
    """All that one side reads in one message."""

    readings: tuple[Reading, ...]
    parts: tuple[Part, ...]
    broken_chains: tuple[Range, ...] = ()
    """From a payload whose length does not fit to the end of what holds it."""
    broken_bodies: tuple[Range, ...] = ()
    """Payloads inside which a length or a count does not fit."""
    other_ids: frozenset[int] = frozenset()
    """Offsets of transforms for ISAKMP whose ID is not KEY_IKE."""
    labelled: tuple[Range, ...] = ()
    """SA payloads with labels between situation and proposals (RFC 2407 §4.6.1)."""
    ip6_links: tuple[int, ...] = ()
    """Offsets of attributes of mode-config that IKEv2 has as INTERNAL_IP6_LINK."""


PAYLOAD: Final = "Payload.type"
"""The reading that stands for a payload as a whole."""

_NESTED: Final[dict[tuple[type[Body], str], int]] = {
    (BODIES[Payload.SA], "proposals"): Payload.PROPOSAL,
    (BODIES[Payload.PROPOSAL], "transforms"): Payload.TRANSFORM,
}
"""Fields that hold a chain of payloads of their own, and the type of the first."""

_POLICY: Final = (
    "encryption", "key_bits", "hash", "group", "auth", "lifetime_s", "lifetime_kb", "auth_algorithm",
    "encapsulation",
)  # fmt: skip
"""What a transform's attributes come to (`wire.offer`), compared as numbers."""

POLICY_BYTES: Final = 8

_LENGTH_AT: Final = 2
_IP6_LINK: Final = 17
"""RFC 5739 §6.1; Check Point has XAUTH_MESSAGE there."""
_BROKEN: Final[dict[Fault, int]] = {
    # Faults of lengths and counts, and how far into its payload each is noted.
    Fault.HEADER_CUT: 0,
    Fault.LENGTH_TOO_SMALL: _LENGTH_AT,
    Fault.LENGTH_TOO_LARGE: _LENGTH_AT,
    Fault.CHAIN_CUT: 0,
    Fault.TOO_MANY: 0,
    Fault.BODY: 0,
    Fault.TRAILING_BYTES: 0,
}


def policy_reading(name: str, transform_start: int, number: int) -> Reading:
    """Return a transform's policy value as a reading: it has no one place, so it stands at the transform."""
    value = number.to_bytes(POLICY_BYTES) if number < 1 << 8 * POLICY_BYTES else None
    return Reading(f"Policy.{name}", transform_start, POLICY_BYTES, value)


def ours(message: Message) -> Side:
    """Return what ikepcap reads in a message: of an encrypted one, or one of IKEv2, the header alone."""
    walk = _Walk(message.data)
    walk.readings += _header(message)
    if message.version >> 4 == VERSION_1 >> 4:
        walk.note_chain(message.defects, len(message.data))
        if message.is_encrypted:
            size = len(message.data) - HEADER_BYTES
            sealed = message.data[HEADER_BYTES:]
            walk.readings.append(Reading("Message.ciphertext", HEADER_BYTES, size, sealed))
        walk.chain(message.spans)
    readings = tuple(one for one in walk.readings if one.size)
    return Side(
        readings,
        tuple(walk.parts),
        tuple(walk.broken_chains),
        tuple(walk.broken_bodies),
        frozenset(walk.other_ids),
        tuple(walk.labelled),
        tuple(walk.ip6_links),
    )


class _Walk:
    """A message read from its first payload to its last, and those inside payloads."""

    def __init__(self, data: bytes) -> None:
        self.data = data
        self.readings: list[Reading] = []
        self.parts: list[Part] = []
        self.broken_chains: list[Range] = []
        self.broken_bodies: list[Range] = []
        self.other_ids: set[int] = set()
        self.labelled: list[Range] = []
        self.ip6_links: list[int] = []

    def note_chain(self, defects: Iterable[Defect], end: int) -> None:
        """Keep where a chain is broken: from there on to its end nothing is certain."""
        self.broken_chains += [
            (one.offset - _BROKEN[one.fault], end) for one in defects if one.fault in _BROKEN
        ]

    def chain(self, spans: tuple[Span, ...]) -> None:
        """Read a chain of payloads, and the chains inside them."""
        for index, span in enumerate(spans):
            following = spans[index + 1].type if index + 1 < len(spans) else self.data[span.start]
            size = span.end - span.start
            self.parts.append(Part(span.type, span.start, span.end))
            self.readings.append(Reading(PAYLOAD, span.start, 1, span.type.to_bytes(1)))
            self.readings.append(Reading("Payload.next", span.start, 1, following.to_bytes(1)))
            self.readings.append(Reading("Payload.length", span.start + 2, 2, size.to_bytes(2)))
            if span.type in BODIES:
                self._body(BODIES[span.type], span)

    def _body(self, kind: type[Body], span: Span) -> None:
        """Read the fields of one payload."""
        body, defects = decode(kind, self.data, span.body, span.end)
        if any(one.fault in _BROKEN for one in defects):
            self.broken_bodies.append((span.start, span.end))
        if body is None:
            return
        if (held := data_attributes(body, self.data, span.end)) and held[1]:
            self.broken_bodies.append((span.start, span.end))
        first_at = None
        if isinstance(body, SecurityAssociation):
            first_at = span.body + self._situation(span)
            self._offer(read_offer(self.data[span.body : span.end]), span.body)
        if isinstance(body, Configuration):
            self.ip6_links += [one.start for one in body.attributes if one.type == _IP6_LINK]
        for place in places(body, span.body, span.end):
            if first_at is None or place.offset + place.size <= first_at:
                self.readings += _field(body, place)
            if (kind, place.name) in _NESTED and place.size:
                start, end = place.offset if first_at is None else first_at, span.end
                inner, wrong = walk_chain(self.data, _NESTED[kind, place.name], start, end)
                self.note_chain(wrong, end)
                # One that announces what does not belong here is no better than a wrong length.
                strange = (one.start for one in inner if one.type != _NESTED[kind, place.name])
                self.broken_chains += [(start, end) for start in strange]
                if isinstance(body, Proposal) and body.transform_count != len(inner):
                    self.broken_bodies.append((span.start, span.end))
                self.chain(inner)

    def _offer(self, offer: Offer, base: int) -> None:
        """Read what transforms come to."""
        self.readings += _policies(offer, base)
        self.other_ids |= {
            base + one.start
            for one in offer.transforms
            if one.protocol == Protocol.ISAKMP and one.transform_id != IsakmpTransform.KEY_IKE
        }

    def _situation(self, span: Span) -> int:
        """Return where the first proposal of an SA begins in it (RFC 2407 §4.6.1: labels may precede it)."""
        wrong: list[Defect] = []
        _, size = read_situation(self.data[span.body : span.end], wrong)
        if size > FIXED_BYTES:
            self.labelled.append((span.start, span.end))
        if wrong:
            self.broken_bodies.append((span.start, span.end))
        return size


def _header(message: Message) -> Iterator[Reading]:
    """Yield the header's fields (RFC 2408 §3.1)."""
    yield Reading("Header.initiator_cookie", 0, 8, message.initiator_cookie)
    yield Reading("Header.responder_cookie", 8, 8, message.responder_cookie)
    yield Reading("Header.next_payload", 16, 1, message.next_payload.to_bytes(1))
    yield Reading("Header.version", 17, 1, message.version.to_bytes(1))
    yield Reading("Header.exchange", 18, 1, message.exchange.to_bytes(1))
    yield Reading("Header.flags", 19, 1, message.flags.to_bytes(1))
    yield Reading("Header.message_id", 20, 4, message.message_id.to_bytes(4))
    yield Reading("Header.length", 24, 4, message.length.to_bytes(4))


def _field(body: Body, place: Place) -> Iterator[Reading]:
    """Yield a declared field, attributes and lists one by one."""
    name = f"{type(body).__name__}.{place.name}"
    if isinstance(place.word, Integer) and isinstance(place.value, int):
        yield Reading(name, place.offset, place.size, place.value.to_bytes(place.size))
    elif isinstance(body, Delete) and isinstance(place.value, bytes) and body.spi_size:
        for at in range(0, len(place.value), body.spi_size):
            spi = place.value[at : at + body.spi_size]
            yield Reading(name, place.offset + at, len(spi), spi)
    elif isinstance(place.value, bytes):
        yield Reading(name, place.offset, place.size, place.value)
    elif isinstance(place.value, tuple):
        for attribute in place.value:
            yield from _attribute(attribute)


def _attribute(attribute: Attribute) -> Iterator[Reading]:
    """Yield the parts of a data attribute (RFC 2408 §3.3)."""
    kind = attribute.type | (0 if attribute.is_tlv else 0x8000)
    yield Reading("Attribute.type", attribute.start, 2, kind.to_bytes(2))
    value_at = attribute.start + (GENERIC_HEADER_BYTES if attribute.is_tlv else 2)
    size = len(attribute.value)
    if attribute.is_tlv:
        yield Reading("Attribute.length", attribute.start + 2, 2, size.to_bytes(2))
    yield Reading("Attribute.value", value_at, size, attribute.value)


def _policies(offer: Offer, base: int) -> Iterator[Reading]:
    """Yield what the transforms of an SA payload come to."""
    for transform in offer.transforms:
        for name in _POLICY:
            number = getattr(transform, name)
            if number is not None:
                yield policy_reading(name, base + transform.start, number)

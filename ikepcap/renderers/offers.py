"""The field tree of an SA payload: proposals, transforms and their attributes by name."""

from collections.abc import Iterator
from enum import IntEnum

import msgspec

from ikepcap.renderers import values
from ikepcap.renderers.tree import Field, Placed, bounded, placed
from ikepcap.renderers.words import count
from ikepcap.wire import bodies
from ikepcap.wire.attribute_values import PHASE1_VALUES, PHASE2_VALUES
from ikepcap.wire.codec import Body, Integer, decode, places
from ikepcap.wire.context import Context
from ikepcap.wire.details import TRANSFORM_IDS
from ikepcap.wire.identities import unicode_text
from ikepcap.wire.numbers import (
    Phase1Attribute,
    Phase2Attribute,
    Protocol,
    Situation,
    auth_word,
    payload_name,
    word,
)
from ikepcap.wire.offer import Offer, Proposal, Transform, policy_words, read_offer
from ikepcap.wire.situation import labelled_domain
from ikepcap.wire.walk import Attribute


def generic_header(data: bytes, start: int, following: str = "") -> Field:
    """Return a generic payload header (RFC 2408 §3.2) in one line.

    Args:
        data: the whole message.
        start: where the header begins.
        following: what the next payload's type is called, where not by its usual name.
    """
    then = following or (payload_name(data[start]) if data[start] else "none")
    return Field("header", start, 4, f"length {data[start + 2] << 8 | data[start + 3]}, next {then}")


def declared_fields(body: Body, start: int, end: int) -> Iterator[Field]:
    """Return the integers of a decoded body by their names."""
    for place in places(body, start, end):
        if isinstance(place.word, Integer) and isinstance(place.value, int):
            shown = values.named(place.word.names, place.value)
            yield Field(values.label(place.name), place.offset, place.size, shown)


def sa_fields(
    data: bytes, start: int, end: int, found: list[Placed], context: Context
) -> tuple[str, list[Field]]:
    """Return what an SA payload says in a line and the fields of its body; add what is wrong to `found`.

    Args:
        data: the whole message.
        start: where the body begins.
        end: where it ends.
        found: defects of the message so far.
        context: what is known of the peers.
    """
    offer = read_offer(data[start:end])
    moved = [msgspec.structs.replace(defect, offset=defect.offset + start) for defect in offer.defects]
    found += placed(moved, end)
    body, _ = decode(bodies.SecurityAssociation, data, start, end)
    if body is None:
        return "", [Field("data", start, end - start, data[start:end])]
    doi, situation = declared_fields(body, start, end)
    children = [doi]
    if offer.situation is not None:  # under DOI 0 there may be none
        flags = [word(Situation, flag) for flag in Situation if offer.situation & flag]
        shown = f"{', '.join(flags) or 'none'} ({offer.situation})"
        children.append(msgspec.structs.replace(situation, value=shown))
        children += map(values.part_field, labelled_domain(data, start + 8, end, offer.situation))
    pos = children[-1].offset + children[-1].size
    first = start + offer.proposals[0].start if offer.proposals else end
    if pos < first:
        name = "octets before the first proposal" if offer.proposals else "proposals"
        children.append(Field(name, pos, first - pos, data[pos:first]))
    children += bounded(
        offer.proposals, lambda one: _proposal_field(data, start, end, one, context), "proposals"
    )
    return _offer_summary(offer), children


def _offer_summary(offer: Offer) -> str:
    """Return how much is offered, or that it is one thing."""
    if len(offer.proposals) == len(offer.transforms) == 1:
        return "1 transform"
    return f"{count(len(offer.proposals), 'proposal')}, {count(len(offer.transforms), 'transform')}"


def _stop(data: bytes, at: int, end: int) -> int:
    """Return where the proposal or transform at `at` ends, by its own length if that fits."""
    return min(at + (data[at + 2] << 8 | data[at + 3]), end)


def _proposal_field(data: bytes, base: int, end: int, proposal: Proposal, context: Context) -> Field:
    at = base + proposal.start
    stop = _stop(data, at, end)
    children = [generic_header(data, at)]
    body, _ = decode(bodies.Proposal, data, at + 4, stop)
    if body is not None:
        children += declared_fields(body, at + 4, stop)
        if proposal.spi:
            children.append(Field("SPI", at + 8, len(proposal.spi), proposal.spi))
    children += bounded(
        proposal.transforms, lambda one: _transform_field(data, base, stop, one, context), "transforms"
    )
    protocol = word(Protocol, proposal.protocol)
    return Field(f"P {proposal.number}", at, stop - at, protocol, tuple(children))


def _transform_field(data: bytes, base: int, end: int, transform: Transform, context: Context) -> Field:
    at = base + transform.start
    stop = _stop(data, at, end)
    children = [generic_header(data, at)]
    body, _ = decode(bodies.Transform, data, at + 4, stop)
    ids = TRANSFORM_IDS.get(transform.protocol)
    if body is not None:
        number, kind, reserved = declared_fields(body, at + 4, stop)
        shown = values.named(ids, transform.transform_id)
        children += [number, msgspec.structs.replace(kind, value=shown)]
        children += [reserved] if body.reserved else []
    children += _attribute_fields(transform.attributes, transform.protocol, base, stop - base, context)
    return Field(f"T {transform.number}", at, stop - at, _summary(transform, ids, context), tuple(children))


def _summary(transform: Transform, ids: type[IntEnum] | None, context: Context) -> str:
    """Return a transform in a line."""
    if transform.protocol != Protocol.ISAKMP:
        name = word(ids, transform.transform_id) if ids else str(transform.transform_id)
        return name if transform.key_bits is None else f"{name}-{transform.key_bits}"
    policy = policy_words(transform, gssapi=context.gssapi, cga=context.cga)
    words = (policy.encryption, policy.hash, policy.group, policy.auth)
    return " ".join(one for one in words if one is not None)


def _attribute_field(attribute: Attribute, protocol: int, base: int, after: int, context: Context) -> Field:
    phase1 = protocol == Protocol.ISAKMP
    names: type[IntEnum] = Phase1Attribute if phase1 else Phase2Attribute
    known = PHASE1_VALUES if phase1 else PHASE2_VALUES
    shown = values.attribute_value(attribute, known.get(attribute.type))
    if phase1 and attribute.type == Phase1Attribute.AUTH_METHOD and (context.gssapi or context.cga):
        name = auth_word(attribute.number, gssapi=context.gssapi, cga=context.cga)
        shown = values.numbered(name, attribute.number)
    if phase1 and attribute.type == Phase1Attribute.GSS_IDENTITY:
        shown = unicode_text(attribute.value) or attribute.value
    at = base + attribute.start
    name = word(names, attribute.type)
    label = f"attribute {name}" if name == str(attribute.type) else f"{name} ({attribute.type})"
    return Field(label, at, base + after - at, shown)


def _attribute_fields(
    attributes: tuple[Attribute, ...], protocol: int, base: int, end: int, context: Context
) -> tuple[Field, ...]:
    return bounded(
        with_ends(attributes, end),
        lambda pair: _attribute_field(pair[0], protocol, base, pair[1], context),
        "attributes",
    )


def with_ends(attributes: tuple[Attribute, ...], end: int) -> list[tuple[Attribute, int]]:
    """Return attributes with the offset where each ends: the next one's start, or the end of all."""
    ends = [*(attribute.start for attribute in attributes[1:]), end]
    return list(zip(attributes, ends, strict=False))


def lifetime_fields(attributes: tuple[Attribute, ...], protocol: int, end: int) -> tuple[Field, ...]:
    """Return the attributes of a RESPONDER-LIFETIME notification (RFC 2407 §4.6.3.1)."""
    return _attribute_fields(attributes, protocol, 0, end, Context())

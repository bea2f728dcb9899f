"""The field tree of an SA payload: proposals, transforms and their attributes by name."""

from collections.abc import Iterator
from enum import IntEnum

import msgspec

from ikepcap.renderers import values
from ikepcap.renderers.tree import Field, Placed, bounded, placed
from ikepcap.wire import bodies
from ikepcap.wire.attribute_values import PHASE1_VALUES, PHASE2_VALUES
from ikepcap.wire.codec import Body, Integer, decode, places
from ikepcap.wire.details import TRANSFORM_IDS
from ikepcap.wire.numbers import Phase1Attribute, Phase2Attribute, Protocol, Situation, payload_name, word
from ikepcap.wire.offer import Proposal, Transform, policy_words, read_offer
from ikepcap.wire.walk import Attribute


def generic_header(data: bytes, start: int) -> Field:
    """Return a generic payload header (RFC 2408 §3.2) in one line."""
    following = data[start]
    then = payload_name(following) if following else "none"
    return Field("header", start, 4, f"length {data[start + 2] << 8 | data[start + 3]}, next {then}")


def declared_fields(body: Body, start: int, end: int) -> Iterator[Field]:
    """Return the integers of a decoded body by their names."""
    for place in places(body, start, end):
        if isinstance(place.word, Integer) and isinstance(place.value, int):
            shown = values.named(place.word.names, place.value)
            yield Field(values.label(place.name), place.offset, place.size, shown)


def sa_fields(data: bytes, start: int, end: int, found: list[Placed]) -> Iterator[Field]:
    """Return the fields of an SA payload's body and add what is wrong with it to `found`.

    Args:
        data: the whole message.
        start: where the body begins.
        end: where it ends.
        found: defects of the message so far.
    """
    offer = read_offer(data[start:end])
    moved = [msgspec.structs.replace(defect, offset=defect.offset + start) for defect in offer.defects]
    found += placed(moved, end)
    body, _ = decode(bodies.SecurityAssociation, data, start, end)
    if body is None:
        yield Field("data", start, end - start, values.octets(data[start:end]))
        return
    doi, situation = declared_fields(body, start, end)
    yield doi
    flags = [word(Situation, flag) for flag in Situation if body.situation & flag]
    yield msgspec.structs.replace(situation, value=f"{', '.join(flags) or 'none'} ({body.situation})")
    pos = start + offer.proposals[0].start if offer.proposals else end
    if pos > start + 8:
        size = pos - start - 8
        name = "labelled domain" if offer.proposals else "proposals"
        yield Field(name, start + 8, size, values.octets(data[start + 8 : pos]))
    yield from bounded(
        [_proposal_field(data, start, end, proposal) for proposal in offer.proposals], "proposals"
    )


def _stop(data: bytes, at: int, end: int) -> int:
    """Return where the proposal or transform at `at` ends, by its own length if that fits."""
    return min(at + (data[at + 2] << 8 | data[at + 3]), end)


def _proposal_field(data: bytes, base: int, end: int, proposal: Proposal) -> Field:
    at = base + proposal.start
    stop = _stop(data, at, end)
    children = [generic_header(data, at)]
    body, _ = decode(bodies.Proposal, data, at + 4, stop)
    if body is not None:
        children += declared_fields(body, at + 4, stop)
        if proposal.spi:
            children.append(Field("SPI", at + 8, len(proposal.spi), proposal.spi.hex()))
    found = [_transform_field(data, base, stop, transform) for transform in proposal.transforms]
    children += bounded(found, "transforms")
    protocol = word(Protocol, proposal.protocol)
    return Field(f"P {proposal.number}", at, stop - at, protocol, tuple(children))


def _transform_field(data: bytes, base: int, end: int, transform: Transform) -> Field:
    at = base + transform.start
    stop = _stop(data, at, end)
    children = [generic_header(data, at)]
    body, _ = decode(bodies.Transform, data, at + 4, stop)
    ids = TRANSFORM_IDS.get(transform.protocol)
    if body is not None:
        number, kind, reserved = declared_fields(body, at + 4, stop)
        shown = values.named(ids, transform.transform_id)
        children += [number, msgspec.structs.replace(kind, value=shown), reserved]
    children += bounded(
        [
            _attribute_field(attribute, transform.protocol, base, after)
            for attribute, after in _with_ends(transform.attributes, stop - base)
        ],
        "attributes",
    )
    return Field(f"T {transform.number}", at, stop - at, _summary(transform, ids), tuple(children))


def _summary(transform: Transform, ids: type[IntEnum] | None) -> str:
    """Return a transform in a line."""
    if transform.protocol != Protocol.ISAKMP:
        name = word(ids, transform.transform_id) if ids else str(transform.transform_id)
        return name if transform.key_bits is None else f"{name}-{transform.key_bits}"
    policy = policy_words(transform)
    words = (policy.encryption, policy.hash, policy.group, policy.auth)
    return " ".join(one for one in words if one is not None)


def _attribute_field(attribute: Attribute, protocol: int, base: int, after: int) -> Field:
    phase1 = protocol == Protocol.ISAKMP
    names: type[IntEnum] = Phase1Attribute if phase1 else Phase2Attribute
    known = PHASE1_VALUES if phase1 else PHASE2_VALUES
    shown = values.attribute_value(attribute, known.get(attribute.type))
    at = base + attribute.start
    return Field(_attribute_name(names, attribute.type), at, base + after - at, shown)


def _with_ends(attributes: tuple[Attribute, ...], end: int) -> Iterator[tuple[Attribute, int]]:
    """Return attributes with the offset where each ends: the next one's start, or the end of all."""
    yield from zip(attributes, [*(attribute.start for attribute in attributes[1:]), end], strict=False)


def _attribute_name(names: type[IntEnum], kind: int) -> str:
    name = word(names, kind)
    return f"attribute {kind}" if name == str(kind) else f"{name} ({kind})"


def attribute_list(
    attributes: tuple[Attribute, ...], end: int, names: type[IntEnum], *, show_secrets: bool
) -> tuple[Field, ...]:
    """Return the attributes of a mode-config payload, passwords hidden unless asked for.

    Args:
        attributes: as decoded, their offsets those of the message.
        end: where the payload ends.
        names: the registry of their types.
        show_secrets: show passwords and their like.
    """
    found = [
        Field(
            _attribute_name(names, attribute.type),
            attribute.start,
            after - attribute.start,
            values.cfg_value(attribute, show_secrets=show_secrets),
            is_hidden=values.is_secret(attribute) and not show_secrets,
        )
        for attribute, after in _with_ends(attributes, end)
    ]
    return bounded(found, "attributes")


def lifetime_fields(attributes: tuple[Attribute, ...], end: int) -> tuple[Field, ...]:
    """Return the attributes of a RESPONDER-LIFETIME notification (RFC 2407 §4.6.3.1)."""
    return bounded(
        [
            _attribute_field(attribute, Protocol.ESP, 0, after)
            for attribute, after in _with_ends(attributes, end)
        ],
        "attributes",
    )

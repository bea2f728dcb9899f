"""What an SA payload offers or chooses: proposals, transforms and comparable policy values.

RFC 2408 §3.4-3.6 gives the layout, RFC 2407 §4.2 and §4.6.1 the situation, RFC 2409 appendix A and RFC 2407
§4.5 the attributes. Offsets count from the first octet after the SA payload's generic header. Nothing
raises: what is wrong is in `Offer.defects`, and what could be read is there all the same.

Where an attribute is repeated the first one counts, and the repetition is a defect: implementations differ
in what they make of it.
"""

from collections.abc import Iterable
from typing import Final

from msgspec import Struct

from ikepcap.wire.numbers import (
    Doi,
    LifeType,
    Payload,
    Phase1Attribute,
    Phase2Attribute,
    Protocol,
    Situation,
    auth_word,
    encryption_word,
    group_word,
    hash_word,
)
from ikepcap.wire.walk import Attribute, Defect, Fault, Span, walk_attributes, walk_chain

FIXED_BYTES: Final = 8
"""DOI and situation."""
PROPOSAL_FIXED_BYTES: Final = 4
TRANSFORM_FIXED_BYTES: Final = 4
_KNOWN_DOIS: Final = frozenset({Doi.ISAKMP, Doi.IPSEC, Doi.GDOI})
"""Phase 1 of GDOI has the GDOI's number and is laid out as in the IPsec DOI (RFC 6407 §2.1)."""
MAX_NUMBER_BYTES: Final = 8
"""A value with more significant octets than this is not taken for a number."""


class Transform(Struct, frozen=True, gc=False):
    """One transform of a proposal (RFC 2408 §3.6), its attributes both as sent and as values."""

    number: int
    protocol: int
    """The proposal's protocol, which says what `transform_id` and the attribute types mean."""
    transform_id: int
    attributes: tuple[Attribute, ...]
    start: int
    """Where its generic header lies."""
    encryption: int | None = None
    """Phase 1 only, like `hash` and `auth`; in phase 2 the transform ID is the cipher."""
    key_bits: int | None = None
    hash: int | None = None
    group: int | None = None
    """In phase 2 present when perfect forward secrecy is asked for."""
    auth: int | None = None
    lifetime_s: int | None = None
    lifetime_kb: int | None = None
    auth_algorithm: int | None = None
    """Phase 2 only, like `encapsulation`."""
    encapsulation: int | None = None


class Proposal(Struct, frozen=True, gc=False):
    """One proposal (RFC 2408 §3.5); those with the same number belong together."""

    number: int
    protocol: int
    spi: bytes
    """Empty in phase 1, where the cookies are the SPI; some senders repeat them here."""
    claimed_transforms: int
    transforms: tuple[Transform, ...]
    start: int


class Offer(Struct, frozen=True, gc=False):
    """An SA payload's content: what an initiator offers, or what a responder chose."""

    doi: int | None
    """None when the body is too short to hold one; likewise `situation`."""
    situation: int | None
    proposals: tuple[Proposal, ...]
    transforms: tuple[Transform, ...]
    """Those of all proposals, in wire order."""
    defects: tuple[Defect, ...]


class PolicyWords(Struct, frozen=True):
    """A phase 1 transform in words; None where the attribute is absent."""

    encryption: str | None
    hash: str | None
    group: str | None
    auth: str | None
    lifetime_s: int | None
    lifetime_kb: int | None


def read_offer(body: bytes) -> Offer:
    """Read the body of an SA payload, without its generic header."""
    if len(body) < FIXED_BYTES:
        defect = Defect(Fault.BODY, 0, f"{len(body)} octets are too few for DOI and situation")
        doi = int.from_bytes(body[:4]) if len(body) >= 4 else None
        return Offer(doi, None, (), (), (defect,))
    doi = int.from_bytes(body[:4])
    defects: list[Defect] = []
    if doi not in _KNOWN_DOIS:
        defects.append(Defect(Fault.BODY, 0, f"DOI {doi} is not known: read as IPsec's"))
    situation, start = read_situation(body, defects)
    spans, wrong = walk_chain(body, Payload.PROPOSAL, start, len(body))
    defects += wrong
    proposals = tuple(_read_proposal(body, span, defects) for span in _only(Payload.PROPOSAL, spans, defects))
    flat = tuple(transform for proposal in proposals for transform in proposal.transforms)
    return Offer(doi, situation, proposals, flat, tuple(defects))


def policy_words(transform: Transform, *, gssapi: bool = False, cga: bool = False) -> PolicyWords:
    """Return a phase 1 transform in the words of the report; the flags are those of `auth_word`."""
    encryption, auth = transform.encryption, transform.auth
    return PolicyWords(
        encryption=None if encryption is None else encryption_word(encryption, transform.key_bits),
        hash=None if transform.hash is None else hash_word(transform.hash),
        group=None if transform.group is None else group_word(transform.group),
        auth=None if auth is None else auth_word(auth, gssapi=gssapi, cga=cga),
        lifetime_s=transform.lifetime_s,
        lifetime_kb=transform.lifetime_kb,
    )


def read_situation(body: bytes, defects: list[Defect]) -> tuple[int | None, int]:
    """Return the situation of an SA payload, and where its first proposal begins.

    Under DOI 0 nothing says whether there is a situation (RFC 2408 §3.4): it is None where the octets are
    proposals without a flaw only if there is none.
    """
    if int.from_bytes(body[:4]) == Doi.ISAKMP and not _is_flawless(body, FIXED_BYTES):
        without = FIXED_BYTES - 4
        if _is_flawless(body, without):
            return None, without
    situation = int.from_bytes(body[4:8])
    return situation, _after_situation(body, situation, defects)


def _is_flawless(body: bytes, start: int) -> bool:
    """Tell whether nothing but proposals is there from `start` on."""
    spans, defects = walk_chain(body, Payload.PROPOSAL, start, len(body))
    return not defects and all(span.type == Payload.PROPOSAL for span in spans)


def _after_situation(body: bytes, situation: int, defects: list[Defect]) -> int:
    """Return where the first proposal begins, past a labelled domain if there is one (RFC 2407 §4.6.1)."""
    labels = [flag for flag in (Situation.SECRECY, Situation.INTEGRITY) if situation & flag]
    if not labels:
        return FIXED_BYTES
    pos = FIXED_BYTES + 4  # the labelled domain identifier
    for label in labels:
        for unit_bits in (8, 1):  # the level's length is in octets, the category bitmap's in bits
            if pos + 4 > len(body):
                what = f"situation {label.name} without its length field"
                defects.append(Defect(Fault.BODY, min(pos, len(body)), what))
                return len(body)
            size_bits = int.from_bytes(body[pos : pos + 2]) * unit_bits
            stop = pos + 4 + -(-size_bits // 32) * 4  # padded to 32 bits
            if stop > len(body):
                what = (
                    f"situation {label.name} claims {size_bits} bits, {len(body) - pos - 4} octets are left"
                )
                defects.append(Defect(Fault.BODY, pos, what))
                return len(body)
            pos = stop
    return pos


def _only(kind: int, spans: Iterable[Span], defects: list[Defect]) -> Iterable[Span]:
    """Pass on the payloads of the one type that belongs here and report the others."""
    for span in spans:
        if span.type == kind:
            yield span
        else:
            what = f"payload {span.type} in the place of a {Payload(kind).name.lower()}"
            defects.append(Defect(Fault.BODY, span.start, what))


def _read_proposal(body: bytes, span: Span, defects: list[Defect]) -> Proposal:
    """Read one proposal with its transforms."""
    pos = span.body + PROPOSAL_FIXED_BYTES
    if pos > span.end:
        size = span.end - span.body
        defects.append(Defect(Fault.BODY, span.body, f"{size} octets are too few for a proposal"))
        return Proposal(0, 0, b"", 0, (), span.start)
    number, protocol, spi_size, claimed = body[span.body : pos]
    if pos + spi_size > span.end:
        what = f"SPI claims {spi_size} octets, {span.end - pos} are left"
        defects.append(Defect(Fault.BODY, span.body + 2, what))
    after_spi = min(pos + spi_size, span.end)
    first = Payload.TRANSFORM if after_spi < span.end else Payload.NONE
    spans, wrong = walk_chain(body, first, after_spi, span.end)
    defects += wrong
    found = tuple(
        _read_transform(body, inner, protocol, defects) for inner in _only(Payload.TRANSFORM, spans, defects)
    )
    if claimed != len(found):
        what = f"proposal claims {claimed} transforms, {len(found)} are there"
        defects.append(Defect(Fault.BODY, span.body + 3, what))
    return Proposal(number, protocol, body[pos:after_spi], claimed, found, span.start)


def _read_transform(body: bytes, span: Span, protocol: int, defects: list[Defect]) -> Transform:
    """Read one transform with its attributes."""
    pos = span.body + TRANSFORM_FIXED_BYTES
    if pos > span.end:
        size = span.end - span.body
        defects.append(Defect(Fault.BODY, span.body, f"{size} octets are too few for a transform"))
        return Transform(0, protocol, 0, (), span.start)
    number, transform_id = body[span.body], body[span.body + 1]
    if body[span.body + 2] or body[span.body + 3]:
        defects.append(Defect(Fault.RESERVED_NOT_ZERO, span.body + 2, f"transform {number}"))
    attributes, wrong = walk_attributes(body, pos, span.end)
    defects += wrong
    if protocol == Protocol.ISAKMP:
        values = _values(attributes, Phase1Attribute.LIFE_TYPE, Phase1Attribute.LIFE_DURATION, defects)
        return Transform(
            number,
            protocol,
            transform_id,
            attributes,
            span.start,
            encryption=values.get(Phase1Attribute.ENCRYPTION),
            key_bits=values.get(Phase1Attribute.KEY_LENGTH),
            hash=values.get(Phase1Attribute.HASH),
            group=values.get(Phase1Attribute.GROUP),
            auth=values.get(Phase1Attribute.AUTH_METHOD),
            lifetime_s=values.get(_SECONDS),
            lifetime_kb=values.get(_KILOBYTES),
        )
    values = _values(attributes, Phase2Attribute.LIFE_TYPE, Phase2Attribute.LIFE_DURATION, defects)
    return Transform(
        number,
        protocol,
        transform_id,
        attributes,
        span.start,
        key_bits=values.get(Phase2Attribute.KEY_LENGTH),
        group=values.get(Phase2Attribute.GROUP),
        lifetime_s=values.get(_SECONDS),
        lifetime_kb=values.get(_KILOBYTES),
        auth_algorithm=values.get(Phase2Attribute.AUTH_ALGORITHM),
        encapsulation=values.get(Phase2Attribute.ENCAPSULATION),
    )


# Keys that no attribute type (15 bits) can have, for the two lifetimes beside the plain values.
_SECONDS: Final = 0x1_0000
_KILOBYTES: Final = 0x1_0001
_LIFETIME_KEYS: Final[dict[int, int]] = {LifeType.SECONDS: _SECONDS, LifeType.KILOBYTES: _KILOBYTES}


def _values(
    attributes: Iterable[Attribute], life_type: int, life_duration: int, defects: list[Defect]
) -> dict[int, int]:
    """Return attribute values by type, the first of each, and each lifetime under the unit before it."""
    values: dict[int, int] = {}
    unit: int | None = None
    for attribute in attributes:
        kind, value = attribute.type, _number(attribute)
        if kind == life_type:
            unit = value
            continue
        if kind == life_duration:
            if unit is None:
                defects.append(Defect(Fault.BODY, attribute.start, "a lifetime without its unit"))
                continue
            if unit not in _LIFETIME_KEYS:
                continue  # a unit of somebody's own: nothing to compare
            kind, unit = _LIFETIME_KEYS[unit], None
        if kind in values:
            defects.append(Defect(Fault.BODY, attribute.start, f"attribute {attribute.type} is repeated"))
        elif value is not None:
            values[kind] = value
    return values


def _number(attribute: Attribute) -> int | None:
    """Return the value as a number; None when it is empty or too long to be meant as one."""
    if not attribute.value or len(attribute.value.lstrip(b"\0")) > MAX_NUMBER_BYTES:
        return None
    return attribute.number

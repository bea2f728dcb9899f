"""Whether the Scapy layer of a message says what the decoder says, and is built as it was read.

Both come from one walker and one set of declarations; this is how tests and the fuzz run see to it.
"""

from collections.abc import Iterator
from typing import Any, Final

from ikepcap.wire import codec
from ikepcap.wire.bodies import SecurityAssociation
from ikepcap.wire.codec import Attributes, Body, Chain, Take
from ikepcap.wire.context import Context, declaration, learn
from ikepcap.wire.message import HEADER_BYTES, parse
from ikepcap.wire.numbers import Payload
from ikepcap.wire.offer import read_offer

_HEADER: Final = (
    "initiator_cookie",
    "responder_cookie",
    "next_payload",
    "version",
    "exchange",
    "flags",
    "message_id",
    "length",
)


def disagreements(data: bytes) -> Iterator[str]:
    """Yield in what the layer of a message differs from the message: nothing, for any octets."""
    from ikepcap.wire.layers import ISAKMP

    layer = ISAKMP(data) if data else None
    if layer is None:
        return
    if bytes(layer) != data:
        yield "it is not built as it was read"
    found = parse(data)
    if found is None:
        if isinstance(layer, ISAKMP):
            yield f"{len(data)} octets became a message"
        return
    for name in _HEADER:
        if getattr(layer, name) != getattr(found, name):
            yield f"{name}: {getattr(layer, name)!r}"
    if [int(part.payload_type) for part in layer.payloads] != list(found.payload_types()):
        yield "the payloads are others"
        return
    end = found.spans[-1].end if found.spans else HEADER_BYTES
    if layer.ciphertext + layer.rest != data[end:]:
        yield "what follows the payloads is something else"
    known = learn(Context(), found)
    for span, part in zip(found.spans, layer.payloads, strict=True):
        octets = data[span.start : span.end]
        if int(part.length) != int.from_bytes(octets[2:4]) or int(part.next_payload) != octets[0]:
            yield f"payload {span.type} at {span.start}: its header is another"
        for what in _of_body(part, data, declaration(span.type, found.exchange, known), span.body, span.end):
            yield f"payload {span.type} at {span.start}: {what}"


def _of_body(part: Any, data: bytes, kind: type[Body] | None, start: int, end: int) -> Iterator[str]:
    """Compare the fields of one payload."""
    body = codec.decode(kind, data, start, end)[0] if kind is not None else None
    if body is None:
        if part.body is not None or part.data != data[start:end]:
            yield "its octets are others"
        return
    if part.body is not type(body):
        yield f"it is a {type(part).__name__}, not a {type(body).__name__}"
        return
    for field in codec.declared(type(body)):
        expected, value = getattr(body, field.name), part.getfieldval(field.name)
        if isinstance(field.word, Attributes):
            same = [(one.type, bool(one.is_tlv), one.value) for one in value] == [
                (one.type, one.is_tlv, one.value) for one in expected
            ]
        elif isinstance(field.word, Chain):
            same = True  # as an offer, below
        elif isinstance(field.word, Take) and field.word.times:
            same = b"".join(value) == expected
        else:
            is_absent = field.name == "situation" and not isinstance(value, int)  # under DOI 0
            same = value == expected or is_absent
        if not same:
            yield f"{field.name}: {value!r}, not {expected!r}"
    if isinstance(body, SecurityAssociation):
        yield from _of_offer(part, data[start:end])


def _of_offer(part: Any, body: bytes) -> Iterator[str]:
    """Compare proposals and transforms with those of the offer; it leaves out what is neither."""
    offer = read_offer(body)
    layer = [one for one in part.proposals if one.payload_type == Payload.PROPOSAL]
    if len(layer) != len(offer.proposals):
        yield f"{len(layer)} proposals, not {len(offer.proposals)}"
        return
    for one, proposal in zip(layer, offer.proposals, strict=True):
        if one.body is None:  # too short for a proposal
            continue
        if (one.number, one.protocol, one.spi) != (proposal.number, proposal.protocol, proposal.spi):
            yield f"proposal {one.number}, not {proposal.number}"
        found = [inner for inner in one.transforms if inner.payload_type == Payload.TRANSFORM]
        if len(found) != len(proposal.transforms):
            yield f"{len(found)} transforms, not {len(proposal.transforms)}"
            continue
        for inner, transform in zip(found, proposal.transforms, strict=True):
            if inner.body is None:
                continue
            attributes = [(a.type, bool(a.is_tlv), a.value) for a in inner.attributes]
            if (inner.number, inner.transform_id) != (transform.number, transform.transform_id) or (
                attributes != [(a.type, a.is_tlv, a.value) for a in transform.attributes]
            ):
                yield f"transform {inner.number} of proposal {one.number}"

"""What is wrong inside the payloads of a message; what is wrong between them the message says itself."""

from collections.abc import Iterator

from msgspec.structs import replace

from ikepcap.wire.bodies import SecurityAssociation
from ikepcap.wire.codec import decode
from ikepcap.wire.context import Context, declaration
from ikepcap.wire.message import Message
from ikepcap.wire.notify_data import data_attributes
from ikepcap.wire.offer import read_offer
from ikepcap.wire.walk import Defect


def body_defects(message: Message, context: Context) -> Iterator[Defect]:
    """Yield the defects of payload bodies, with offsets from the start of the ISAKMP header."""
    data = message.data
    for span in message.spans:
        kind = declaration(span.type, message.exchange, context)
        if kind is SecurityAssociation:
            for defect in read_offer(data[span.body : span.end]).defects:
                yield replace(defect, offset=span.body + defect.offset)
        elif kind is not None:
            body, defects = decode(kind, data, span.body, span.end)
            yield from defects
            if body is not None:
                yield from (data_attributes(body, data, span.end) or ((), ()))[1]

"""What is wrong inside the payloads of a message; what is wrong between them the message says itself."""

from collections.abc import Iterator

from msgspec.structs import replace

from ikepcap.wire.bodies import BODIES
from ikepcap.wire.codec import decode
from ikepcap.wire.message import Message
from ikepcap.wire.numbers import Payload
from ikepcap.wire.offer import read_offer
from ikepcap.wire.walk import Defect


def body_defects(message: Message) -> Iterator[Defect]:
    """Yield the defects of payload bodies, with offsets from the start of the ISAKMP header."""
    data = message.data
    for span in message.spans:
        if span.type == Payload.SA:
            for defect in read_offer(data[span.body : span.end]).defects:
                yield replace(defect, offset=span.body + defect.offset)
        elif span.type in BODIES:
            yield from decode(BODIES[span.type], data, span.body, span.end)[1]

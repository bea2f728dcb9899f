"""What a message says in the clear, in the words in which two of them are compared."""

from ikepcap.renderers.values import named
from ikepcap.renderers.words import policy
from ikepcap.report.comparison import Content
from ikepcap.report.model import Policy
from ikepcap.wire.bodies import Identification
from ikepcap.wire.codec import decode
from ikepcap.wire.details import IdType
from ikepcap.wire.identities import identity_text
from ikepcap.wire.message import Message
from ikepcap.wire.numbers import Payload
from ikepcap.wire.offer import Transform, policy_words, read_offer
from ikepcap.wire.vendor import lookup

_SHOWN_OCTETS = 16


def content_of(message: Message, *, from_initiator: bool) -> Content:
    """Return the offer, the vendor IDs and the identities of a message; nothing of one that is encrypted."""
    cookie = message.initiator_cookie if from_initiator else message.responder_cookie
    offers = (read_offer(body) for body in message.bodies(Payload.SA)[:1])
    return Content(
        tuple(_transform(one) for offer in offers for one in offer.transforms),
        tuple(_vendor_id(body, cookie) for body in message.bodies(Payload.VENDOR_ID)),
        tuple(_identity(body) for body in message.bodies(Payload.ID)),
    )


def _transform(transform: Transform) -> str:
    words = policy_words(transform)
    parts = (words.encryption, words.hash, words.group, words.auth, words.lifetime_s, words.lifetime_kb)
    return policy(Policy(*parts))


def _vendor_id(body: bytes, cookie: bytes) -> str:
    known = lookup(body, cookie)
    if known is None:
        return body[:_SHOWN_OCTETS].hex() + ("..." if len(body) > _SHOWN_OCTETS else "")
    return f"{known.name} {known.version}" if known.version else known.name


def _identity(body: bytes) -> str:
    decoded, _ = decode(Identification, body, 0, len(body))
    if decoded is None:
        return f"{len(body)} octets"
    said = identity_text(decoded.type, decoded.data) or decoded.data.hex()
    return f"{named(IdType, decoded.type)} {said}"

"""May a message begin a conversation that nobody saw the beginning of?

Random bytes on an IKE port must not become a negotiation, while a broken MSG1 must stay visible as one: what
its header says has to make sense, its payloads may be broken.
"""

from typing import Final

from ikepcap.track.roles import PHASE_1
from ikepcap.wire.message import HEADER_BYTES, NO_COOKIE, Message
from ikepcap.wire.numbers import INFORMATIONAL, QUICK, Exchange, Payload

_SA: Final = int(Payload.SA)


def objection(message: Message | None) -> str | None:
    """Say why a message cannot be the first of a conversation that anyone had; None when it can."""
    if message is None:
        return "too short for an ISAKMP header"
    if message.initiator_cookie == NO_COOKIE:
        return "the initiator cookie is zero"
    first, exchange = message.next_payload, message.exchange
    if exchange in PHASE_1:
        if message.message_id:
            return f"message ID {message.message_id:#010x} in phase 1"
        if message.is_encrypted:
            if message.responder_cookie == NO_COOKIE:
                return "encrypted, and no responder cookie"
            return _bad_ciphertext(message)
        return _bad_opening(message)
    if exchange not in _LATER:
        return f"exchange type {exchange} is unknown"
    if message.responder_cookie == NO_COOKIE and exchange != INFORMATIONAL:
        return "no responder cookie after phase 1"
    if message.is_encrypted:
        return _bad_ciphertext(message)
    if exchange == INFORMATIONAL and message.spans and first in _NOTICES:
        return None
    return "not encrypted, and no notification"


_LATER: Final = frozenset({QUICK, int(Exchange.TRANSACTION), int(Exchange.NEW_GROUP), INFORMATIONAL})
_NOTICES: Final = frozenset(
    {int(Payload.NOTIFICATION), int(Payload.DELETE), int(Payload.HASH), int(Payload.VENDOR_ID)}
)
_OPENINGS: Final = frozenset(
    {_SA, int(Payload.KE), int(Payload.NONCE), int(Payload.VENDOR_ID), int(Payload.HASH), int(Payload.SIG)}
)
"""What clear messages of phase 1 begin with; a certificate or NAT-D may come first in aggressive MSG3."""


def _bad_opening(message: Message) -> str | None:
    """Judge a clear phase-1 message that nothing came before."""
    if message.next_payload not in _OPENINGS:
        return f"phase 1 does not begin with payload {message.next_payload}"
    types = set(message.payload_types())
    if not types and message.next_payload != _SA:
        return "no payload can be read"
    if message.responder_cookie == NO_COOKIE and message.next_payload not in (_SA, int(Payload.VENDOR_ID)):
        return "the first message of phase 1 carries an SA"
    if _SA not in types and int(Payload.KE) not in types and not types & _PROOFS and types:
        return "neither SA nor key exchange nor proof of identity"
    return None


_PROOFS: Final = frozenset({int(Payload.HASH), int(Payload.SIG)})


def _bad_ciphertext(message: Message) -> str | None:
    """CBC ciphertext comes in blocks of 8 or 16 octets; some peers pad the datagram besides."""
    size = message.length - HEADER_BYTES
    if size < 8 or message.next_payload == 0:
        return "the encryption flag is set and nothing is encrypted"
    if message.length > 65_535 or (size % 8 and not message.is_truncated):
        return f"{size} octets of ciphertext are no whole blocks"
    return None

"""Is there a NAT between the peers: NAT-D hashes recomputed (RFC 3947 §3.2).

NAT-D = HASH(CKY-I | CKY-R | IP address | port). The first NAT-D of a message is of the receiver's address as
the sender knows it, the rest are of the sender's own. Compared with the addresses at the capture point, a
first hash that differs puts a NAT before the receiver, and a rest that differs puts one before the sender.
Some peers send a wrong hash on purpose to force encapsulation, so a mismatch shows NAT traversal at work,
not necessarily a NAT.
"""

import hashlib
from functools import partial
from typing import Final

from msgspec import Struct

from ikepcap.capture.datagram import NATT_PORT
from ikepcap.track.conversation import INITIATOR, NOTHING_CLEAR, Conversation, Seen
from ikepcap.wire.numbers import Hash

_HASHES: Final = {
    int(Hash.MD5): "md5",
    int(Hash.SHA1): "sha1",
    int(Hash.SHA2_256): "sha256",
    int(Hash.SHA2_384): "sha384",
    int(Hash.SHA2_512): "sha512",
}
_BY_LENGTH: Final = {16: "md5", 20: "sha1", 32: "sha256", 48: "sha384", 64: "sha512"}

# A hash here proves nothing to anyone: it is compared with what the peers sent in the clear.
_DIGESTS: Final = {
    "md5": partial(hashlib.md5, usedforsecurity=False),
    "sha1": partial(hashlib.sha1, usedforsecurity=False),
    "sha256": hashlib.sha256,
    "sha384": hashlib.sha384,
    "sha512": hashlib.sha512,
}


class NatVerdict(Struct, frozen=True):
    """Who is behind a NAT; None where no NAT-D says."""

    initiator: bool | None
    responder: bool | None
    moved: bool
    """Some message used UDP 4500."""

    @property
    def found(self) -> bool:
        """Either peer is behind a NAT, or makes the other believe so."""
        return bool(self.initiator or self.responder)


_VERDICTS: Final = {
    (i, r, m): NatVerdict(i, r, m)
    for i in (None, False, True)
    for r in (None, False, True)
    for m in (False, True)
}


def nat_verdict(conversation: Conversation, hash_number: int | None) -> NatVerdict:
    """Recompute every NAT-D of the conversation with the hash that was agreed on."""
    initiator: bool | None = None
    responder: bool | None = None
    moved = False
    rcookie = conversation.responder_cookie
    for message in conversation.seen:
        if message.destination_port == NATT_PORT or message.source_port == NATT_PORT:
            moved = True
        if message.clear is NOTHING_CLEAR:
            continue
        nat_d = message.clear.nat_d
        if not nat_d or rcookie is None or message.rebound:
            continue
        name = _HASHES.get(hash_number or 0) or _BY_LENGTH.get(len(nat_d[0]))
        if name is None or len(nat_d) < 2:
            continue
        at_receiver, at_sender = _mismatches(conversation, message, name, rcookie)
        if message.sender == INITIATOR:
            responder = bool(responder) or at_receiver
            initiator = bool(initiator) or at_sender
        else:
            initiator = bool(initiator) or at_receiver
            responder = bool(responder) or at_sender
    return _VERDICTS[initiator, responder, moved]


def _mismatches(conversation: Conversation, message: Seen, name: str, rcookie: bytes) -> tuple[bool, bool]:
    """Return whether the receiver's and the sender's address differ from what the sender hashed."""
    from_initiator = message.sender == INITIATOR
    here = conversation.initiator if from_initiator else conversation.responder
    there = conversation.responder if from_initiator else conversation.initiator
    cookies = conversation.initiator_cookie + rcookie
    nat_d = message.clear.nat_d
    digest = _DIGESTS[name]
    receiver = digest(cookies + there + message.destination_port.to_bytes(2)).digest()
    sender = digest(cookies + here + message.source_port.to_bytes(2)).digest()
    return nat_d[0] != receiver, sender not in nat_d[1:]

"""Is there a NAT between the peers: NAT-D hashes recomputed (RFC 3947 §3.2).

NAT-D = HASH(CKY-I | CKY-R | IP address | port). The first NAT-D of a message is of the receiver's address as
the sender knows it, the rest are of the sender's own. Compared with the addresses at the capture point, a
first hash that differs puts a NAT before the receiver, and a rest that differs puts one before the sender.
Some peers send a wrong hash on purpose to force encapsulation, so a mismatch shows NAT traversal at work,
not necessarily a NAT.
"""

from collections.abc import Iterable
from typing import Final

from msgspec import Struct

from ikepcap.capture.datagram import NATT_PORT
from ikepcap.track.conversation import INITIATOR, Conversation
from ikepcap.wire.natd import HASH_NAMES, NAMES_BY_LENGTH, digest


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
    """Recompute every NAT-D of the whole conversation with the hash that was agreed on."""
    seen, rcookie = conversation.seen, conversation.responder_cookie
    moved = bool([s for s in seen if s.destination_port == NATT_PORT or s.source_port == NATT_PORT])
    hashed = [
        (s.sender, s.source_port, s.destination_port, s.clear.nat_d)
        for s in seen if s.clear.nat_d and not s.rebound and not s.cookie_differs
    ]  # fmt: skip
    if not hashed or rcookie is None:
        return _VERDICTS[None, None, moved]
    went_on = any(s.sender == INITIATOR and s.is_encrypted for s in seen)
    ends = conversation.initiator, conversation.responder
    cookies = conversation.initiator_cookie + rcookie
    return verdict_of_hashes(hashed, ends, cookies, hash_number, moved=moved, went_on=went_on)


Hashed = tuple[int, int, int, tuple[bytes, ...]]
"""Sender, ports, and NAT-D bodies of a message that has some."""


def verdict_of_hashes(
    messages: Iterable[Hashed],
    ends: tuple[bytes, bytes],
    cookies: bytes,
    hash_number: int | None,
    *,
    moved: bool,
    went_on: bool,
) -> NatVerdict:
    """Judge by the messages that have NAT-D; `ends` are the addresses of initiator and responder.

    `moved` says that a message used UDP 4500, `went_on` that the initiator sent one encrypted. A peer's
    own NAT-D tells of a NAT between it and the capture point, the other peer's of one beyond. Either
    shows a NAT; only both together show that there is none.
    """
    # For each peer: what its own hash says, and what the other's says of it. True is a mismatch.
    own: list[bool | None] = [None, None]
    others: list[bool | None] = [None, None]
    made: dict[tuple[str, int, int], bytes] = {}

    def hash_of(name: str, side: int, port: int) -> bytes:
        """Hash each end once: answers mostly come from where the question went to."""
        known = made.get((name, side, port))
        if known is None:
            known = made[name, side, port] = digest(name, cookies, ends[side], port)
        return known

    for sender, source_port, destination_port, nat_d in messages:
        name = HASH_NAMES.get(hash_number or 0) or NAMES_BY_LENGTH.get(len(nat_d[0]))
        if name is None or len(nat_d) < 2:
            continue
        receiver = 1 - sender
        at_receiver = nat_d[0] != hash_of(name, receiver, destination_port)
        at_sender = hash_of(name, sender, source_port) not in nat_d[1:]
        own[sender] = bool(own[sender]) or at_sender
        others[receiver] = bool(others[receiver]) or at_receiver
    # With a NAT found the initiator leaves UDP 500 for its first encrypted message (RFC 3947 §4): if it
    # stays, the peers found none, whatever part of their exchange is readable here.
    stayed = went_on and not moved
    return _VERDICTS[_behind(own[0], others[0], stayed), _behind(own[1], others[1], stayed), moved]


def _behind(own: bool | None, others: bool | None, stayed: bool) -> bool | None:
    if own or others:
        return True
    if own is None and others is None:
        return None
    return False if stayed or (own is not None and others is not None) else None

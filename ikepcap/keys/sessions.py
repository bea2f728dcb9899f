"""The messages of a whole capture, each handed to the decryptor of its conversation."""

from collections.abc import Iterator
from typing import Final

from msgspec import Struct

from ikepcap.keys.check import Check
from ikepcap.keys.decryptor import Decryptor
from ikepcap.keys.facts import INITIATOR, RESPONDER
from ikepcap.keys.opened import Opened, Plaintext
from ikepcap.keys.ring import KeyRing
from ikepcap.wire.message import NO_COOKIE, Message
from ikepcap.wire.numbers import Exchange, Payload

MAX_SESSIONS: Final = 4096
"""Cookies with keys that are held at once; the one silent longest goes first."""
MAX_TWINS: Final = 4
"""Conversations held under one cookie."""


class Ends(Struct, frozen=True):
    """Where a message was sent from, and where to, as captured."""

    source: str
    source_port: int
    destination: str
    destination_port: int


class Unsettled(Struct, frozen=True):
    """A message that what comes later may open, or open better."""

    decryptor: Decryptor
    message: Message
    sender: int

    def again(self) -> "Result":
        """Try it once more, at the end."""
        opened = self.decryptor.again(self.message, self.sender)
        return Result(opened, opened.checks if isinstance(opened, Plaintext) else ())


class Result(Struct, frozen=True):
    """What became of one message."""

    opened: Opened | None = None
    """None for a message in the clear."""
    checks: tuple[Check, ...] = ()
    unsettled: Unsettled | None = None


class Session(Struct):
    """One conversation under way."""

    decryptor: Decryptor
    initiator: str
    """Address of the initiator as first seen."""
    responder: str


class Sessions:
    """Conversations of a capture for which there are keys."""

    def __init__(self, ring: KeyRing) -> None:
        self._ring = ring
        self._open: dict[bytes, list[Session]] = {}
        """By initiator cookie; several where a capture shows both sides of a NAT, or a cookie used again."""

    def feed(self, message: Message, ends: Ends) -> Result | None:
        """Take a message, whole; return what became of it, None where there is no key for it."""
        if message.version >> 4 != 1 or not self._ring.concerns(message.initiator_cookie):
            return None
        session = self._session(message, ends)
        sender = INITIATOR if ends.source == session.initiator else RESPONDER
        if sender == RESPONDER and _is_msg5_after_all(message, session):
            session.initiator, session.responder = session.responder, session.initiator
            session.decryptor.facts.swap_roles()
            sender = INITIATOR
        if message.is_encrypted:
            opened = session.decryptor.decrypt(message, sender)
            checks = opened.checks if isinstance(opened, Plaintext) else ()
            is_settled = isinstance(opened, Plaintext) and not any(opened.shortcomings())
            unsettled = None if is_settled else Unsettled(session.decryptor, message, sender)
            return Result(opened, checks, unsettled)
        source = (ends.source, ends.source_port)
        destination = (ends.destination, ends.destination_port)
        return Result(None, session.decryptor.observe(message, sender, source, destination))

    def __iter__(self) -> Iterator[Session]:
        return (session for listed in self._open.values() for session in listed)

    def _session(self, message: Message, ends: Ends) -> Session:
        """Return a message's conversation; one whose peer moved behind a NAT stays the same."""
        cookie = message.initiator_cookie
        listed = self._open.pop(cookie, None)
        if listed is None:
            if len(self._open) >= MAX_SESSIONS:
                del self._open[next(iter(self._open))]
            listed = []
        self._open[cookie] = listed
        found = _find(listed, ends, may_move=message.responder_cookie != NO_COOKIE)
        if found is None or _begins_anew(message, found):
            decryptor = Decryptor(cookie, self._ring.for_cookie(cookie), self._ring.psks)
            both = (ends.source, ends.destination)
            found = Session(decryptor, *(both if _is_from_initiator(message) else both[::-1]))
            listed.append(found)
            del listed[:-MAX_TWINS]
        return found


def _find(listed: list[Session], ends: Ends, *, may_move: bool) -> Session | None:
    """Return the latest conversation between two addresses, or else between one of them and another."""
    both = {ends.source, ends.destination}
    for session in reversed(listed):
        if both == {session.initiator, session.responder}:
            return session
    for session in reversed(listed) if may_move else ():
        known = {session.initiator, session.responder}
        if len(both & known) == 1 and len(both) == len(known) == 2:
            (stays,), (moved,) = both & known, both - known
            if session.initiator == stays:
                session.responder = moved
            else:
                session.initiator = moved
            return session
    return None


def _begins_anew(message: Message, session: Session) -> bool:
    """Whether a MSG1 with another offer uses a cookie again."""
    offers = message.bodies(Payload.SA)
    if not offers or message.responder_cookie != NO_COOKIE:
        return False
    known = session.decryptor.facts.offer
    return known is not None and known != offers[0]


def _is_msg5_after_all(message: Message, session: Session) -> bool:
    """Whether the peer that was taken for the responder sends MSG5: the one KE before it was MSG4's, then."""
    facts = session.decryptor.facts
    one_ke = facts.public[INITIATOR] is not None and facts.public[RESPONDER] is None
    is_phase_1 = message.exchange == Exchange.MAIN and message.is_encrypted and not message.message_id
    return is_phase_1 and one_ke and facts.offer is None and facts.chosen is None


def _is_from_initiator(message: Message) -> bool:
    """Tell who sent the first message that was captured of a conversation.

    MSG2 is known by its SA under both cookies; of what else may come first, the initiator sends more.
    """
    if message.responder_cookie == NO_COOKIE:
        return True
    opens = message.exchange in (Exchange.MAIN, Exchange.AGGRESSIVE, Exchange.BASE)
    return not (opens and message.bodies(Payload.SA))

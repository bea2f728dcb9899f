"""Next to whom was the capture taken: what TTLs say.

A datagram that still has the TTL its sender gave it has passed no router. Systems start at 64, 128 or 255;
Windows 95 and its kin, which start at 32, never spoke IKE.
"""

from typing import Final

from msgspec import Struct

from ikepcap.track.conversation import INITIATOR, RESPONDER, Conversation

INITIAL_TTLS: Final = frozenset({64, 128, 255})
REMEMBERED: Final = 4096

Ttls = tuple[list[int], list[int]]
"""Those of the messages of initiator and responder."""


class Vantage(Struct, frozen=True):
    """Which peer's own segment the capture shows."""

    near: str
    """initiator, responder, between or unknown."""
    why: str
    address: bytes | None = None
    """Of the peer it is near to."""


class Vote(Struct, frozen=True, array_like=True, gc=False):
    """What one conversation says."""

    near: str | None
    """As `Vantage.near`, or several; None where it does not tell."""
    ttl: int
    """That of the peer it is near to, or of the initiator; `address` is too."""
    address: bytes


class VantageVotes:
    """Collects what each conversation says; a capture has one vantage, or none that can be told."""

    def __init__(self) -> None:
        self._votes: dict[str, int] = {}
        self._example: dict[str, Vote] = {}
        self._known: dict[tuple[bytes, bytes], tuple[str | None, tuple[int, int]]] = {}

    def add_plain(self, senders: bytes, ttls: bytes, ends: tuple[bytes, bytes]) -> None:
        """Count a conversation without copies by the sender and the TTL of each message."""
        key = (senders, ttls)
        known = self._known.get(key)
        if known is None:
            own: Ttls = ([], [])
            for sender, ttl in zip(senders, ttls, strict=True):
                if ttl:
                    own[sender].append(ttl)
            if len(self._known) >= REMEMBERED:
                self._known.clear()
            known = self._known[key] = (_near(own), _last(own))
        near, last = known
        if near in self._votes:
            self._votes[near] += 1
        else:
            self.add(_vote(near, last, ends))

    def add(self, vote: Vote) -> None:
        """Count what one conversation says."""
        near = vote.near
        if near is None:
            return
        self._votes[near] = self._votes.get(near, 0) + 1
        self._example.setdefault(near, vote)

    def verdict(self) -> Vantage:
        """Return what all conversations agree on."""
        if not self._votes:
            return Vantage("unknown", "no TTL tells: no message of both peers was captured")
        if "several" in self._votes:
            return Vantage("unknown", "the same transmissions were captured at points with different TTLs")
        if len(self._votes) > 1:
            return Vantage(
                "unknown", "conversations disagree: several capture points, or peers of either role"
            )
        near = next(iter(self._votes))
        ttl, address = self._example[near].ttl, self._example[near].address
        if near == "unknown":
            return Vantage(
                "unknown", f"frames of both peers have an initial TTL (such as {ttl}): one segment"
            )
        if near == "between":
            return Vantage("between", "no peer's frames have an initial TTL of 64, 128 or 255", address)
        return Vantage(near, f"TTL {ttl}, an initial value, on every frame from the {near} only", address)


def vote_of(conversation: Conversation) -> Vote:
    """Return what one conversation says."""
    seen = conversation.seen
    own: Ttls = ([], [])
    for message in seen:
        if message.is_duplicate:
            if message.ttl != seen[message.copy_of].ttl:
                return Vote("several", message.ttl, conversation.initiator)
        elif message.ttl and not message.rebound:
            own[message.sender].append(message.ttl)
    return _vote(_near(own), _last(own), (conversation.initiator, conversation.responder))


def _vote(near: str | None, ttl: tuple[int, int], ends: tuple[bytes, bytes]) -> Vote:
    side = RESPONDER if near == "responder" else INITIATOR
    return Vote(near, ttl[side], ends[side])


def _last(own: Ttls) -> tuple[int, int]:
    """Return the last TTL of either peer; 0 where there is none."""
    return own[INITIATOR][-1] if own[INITIATOR] else 0, own[RESPONDER][-1] if own[RESPONDER] else 0


def _near(own: Ttls) -> str | None:
    """Judge one conversation by whose TTLs are untouched; None where one peer was not captured."""
    if not all(own):
        return None
    initiator, responder = map(INITIAL_TTLS.issuperset, own)
    if initiator and responder:
        return "unknown"
    if initiator:
        return "initiator"
    return "responder" if responder else "between"

"""Next to whom was the capture taken: what TTLs say.

A datagram that still has the TTL its sender gave it has passed no router. Systems start at 64, 128 or 255;
Windows 95 and its kin, which start at 32, never spoke IKE.
"""

from typing import Final

from msgspec import Struct

from ikepcap.track.conversation import INITIATOR, RESPONDER, Conversation

INITIAL_TTLS: Final = frozenset({64, 128, 255})
REMEMBERED: Final = 4096


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
            pairs = list(zip(senders, ttls, strict=True))
            own = [[ttl for sender, ttl in pairs if sender == side and ttl] for side in (0, 1)]
            initial = [INITIAL_TTLS.issuperset(values) if values else None for values in own]
            last = (own[0][-1] if own[0] else 0, own[1][-1] if own[1] else 0)
            if len(self._known) >= REMEMBERED:
                self._known.clear()
            known = self._known[key] = (_near(initial[INITIATOR], initial[RESPONDER]), last)
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
    initial: list[bool | None] = [None, None]
    ttl = [0, 0]
    for message in conversation.seen:
        if message.is_duplicate and message.ttl != conversation.seen[message.copy_of].ttl:
            return Vote("several", message.ttl, conversation.initiator)
        if message.is_duplicate or message.rebound or not message.ttl:
            continue
        side = message.sender
        here = message.ttl in INITIAL_TTLS
        initial[side] = here if initial[side] is None else initial[side] and here
        ttl[side] = message.ttl
    near = _near(initial[INITIATOR], initial[RESPONDER])
    return _vote(near, (ttl[0], ttl[1]), (conversation.initiator, conversation.responder))


def _vote(near: str | None, ttl: tuple[int, int], ends: tuple[bytes, bytes]) -> Vote:
    side = RESPONDER if near == "responder" else INITIATOR
    return Vote(near, ttl[side], ends[side])


def _near(initiator: bool | None, responder: bool | None) -> str | None:
    """Judge one conversation by whose TTLs are untouched; None where one peer was not captured."""
    if initiator is None or responder is None:
        return None
    if initiator and responder:
        return "unknown"
    if initiator:
        return "initiator"
    return "responder" if responder else "between"

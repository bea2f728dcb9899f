"""A finished conversation with everything known about it: what a rule gets to look at."""

from collections.abc import Iterable
from functools import cached_property
from typing import Final

from ikepcap.diagnose.finding import Certainty, Finding
from ikepcap.diagnose.wording import ROLES, address, frames
from ikepcap.state.course import sender_of
from ikepcap.state.infer import Standing
from ikepcap.state.vantage import INITIAL_TTLS
from ikepcap.track.conversation import RESPONDER, Conversation, Seen
from ikepcap.wire.message import NO_COOKIE
from ikepcap.wire.vendor import implementation, lookup

PSK_PROOF_BYTES: Final = 250
"""An encrypted MSG5 or MSG6 smaller than this holds an identity and a hash: a certificate has no room."""


class Case:
    """One conversation, its standing, and the few questions that rules ask again and again."""

    def __init__(self, conversation: Conversation, standing: Standing, auth: str | None) -> None:
        self.conversation = conversation
        self.standing = standing
        self.auth = auth
        """The report's word for the authentication method, None where the capture does not show it."""
        self.seen = conversation.seen
        self.course = standing.course
        self.names = address(conversation.initiator), address(conversation.responder)
        """Addresses of initiator and responder as text."""
        self.is_opened = bool([s for s in self.seen if s.inside is not None or s.proofs])
        """Given keys opened something of it, or checked a proof in it."""

    def sendings(self, step: int) -> list[Seen]:
        """Every sending of a step of phase 1, the first and all repeated ones."""
        first = self.course.first.get(step)
        return [] if first is None else [self.seen[i] for i in (first, *self.course.copies(step))]

    def last_sendings(self) -> list[Seen]:
        """Every sending of the last step seen."""
        return self.sendings(self.standing.course.last or 0)

    def silence_ns(self) -> int:
        """How long the capture went on after the silent peer's last message, or the first of the other."""
        silent = self.standing.silent
        spoken = [s.time_ns for s in self.seen if s.sender == silent]
        since = max(spoken) if spoken else self.seen[0].time_ns
        return max(0, self.conversation.watched_until_ns - since)

    @cached_property
    def answers_from(self) -> str | None:
        """The one address that the responder speaks from, if that is not the one that was asked."""
        other = self.conversation.answers_from
        own = [s for s in self.seen if s.sender == RESPONDER]
        return address(other) if other is not None and all(s.rebound for s in own) else None

    def display_filter(self) -> str:
        """The conversation as a Wireshark display filter."""
        if self.conversation.initiator_cookie == NO_COOKIE:
            return "isakmp"
        return f"isakmp.ispi == {self.conversation.initiator_cookie.hex(':')}"

    @cached_property
    def near(self) -> str:
        """Next to whom this conversation was captured, as its TTLs show: a role, between, or unknown."""
        ttls: tuple[set[int], set[int]] = (set(), set())
        for message in self.seen:
            if not message.is_duplicate and not message.rebound:
                ttls[message.sender].add(message.ttl)
        here = [bool(side) and side <= INITIAL_TTLS for side in ttls]
        if not all(ttls) or all(here):
            return "unknown"
        return ROLES[here.index(True)] if any(here) else "between"

    def role(self, side: int) -> str:
        """The word for a side."""
        return ROLES[side]

    def owner(self, step: int) -> str:
        """The word for the peer that sends a step."""
        return ROLES[sender_of(step)]

    def has_spoken(self, side: int) -> bool:
        """Any message of this peer was captured."""
        return side in self.course.speakers

    def speaks_last(self, side: int) -> bool:
        """The last word that was captured is this peer's: nothing was sent to it that it left unanswered."""
        own = [s for s in self.seen if not s.is_duplicate]
        return bool(own) and own[-1].sender == side

    def has_finished(self, side: int) -> bool:
        """This peer has done all of phase 1."""
        states = self.standing.initiator, self.standing.responder
        return bool(self.course.final) and states[side].progress == self.course.final

    def finding(
        self,
        code: str,
        certainty: Certainty,
        claim: str,
        at: Iterable[Seen | int],
        *evidence: str,
        alternatives: tuple[str, ...] = (),
        settles_it: str | None = None,
    ) -> Finding:
        """Make a finding about this conversation."""
        numbers = frames([s if isinstance(s, int) else s.frame for s in at])
        return Finding(
            code, certainty, claim, numbers, evidence, alternatives, settles_it, self.display_filter()
        )

    def is_psk(self) -> bool:
        """Authentication rests on a shared key, as far as the capture shows."""
        if self.auth is not None:
            return self.auth in ("psk", "xauth-psk")
        # A capture that starts late does not show what was agreed on; sizes still tell.
        proofs = [s for step in (5, 6) for s in self.sendings(step)] if self.course.mode == "main" else []
        return bool(proofs) and all(s.wire_bytes < PSK_PROOF_BYTES for s in proofs)

    def vendor_ids(self, side: int) -> list[bytes]:
        """All vendor IDs that a peer showed, in the order it sent them."""
        shown = [body for s in self.seen if s.sender == side for body in s.clear.vendor_ids]
        return list(dict.fromkeys(shown))

    def runs(self, side: int) -> str:
        """The implementation that a peer's vendor IDs name; empty when they name nobody."""
        cookies = (self.conversation.initiator_cookie, self.conversation.responder_cookie)
        return implementation(self.vendor_ids(side), cookies[side]) or ""

    def capabilities(self, side: int) -> frozenset[str]:
        """What a peer's vendor IDs say it can do."""
        known = (lookup(body) for body in self.vendor_ids(side))
        return frozenset(one.capability for one in known if one is not None and one.capability)

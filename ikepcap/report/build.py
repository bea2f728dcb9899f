"""From a judged conversation to its place in the report: words for numbers, nothing concluded."""

from collections.abc import Iterable
from typing import Final

from msgspec import UNSET, UnsetType

from ikepcap.diagnose.case import Case
from ikepcap.diagnose.engine import diagnose
from ikepcap.diagnose.finding import Finding as Found
from ikepcap.diagnose.wording import ROLES, address
from ikepcap.report import model
from ikepcap.report.clock import timestamp
from ikepcap.report.messages import message_lines
from ikepcap.report.summary import summary
from ikepcap.state.dialects import states
from ikepcap.state.infer import PeerState, Standing
from ikepcap.state.judge import Judge
from ikepcap.track.conversation import INITIATOR, RESPONDER, Conversation
from ikepcap.wire.numbers import auth_kind
from ikepcap.wire.offer import Offer, Transform, policy_words
from ikepcap.wire.vendor import implementation, lookup

REMEMBERED: Final = 4096

_Vendors = tuple[str | None, str | None, frozenset[str]]
"""What initiator and responder run, and the capabilities that either announces."""


class Builder:
    """Turns conversations into report entries; remembers words for offers and vendor IDs it has met."""

    def __init__(self, *, keep_messages: bool = True, strict: bool = False) -> None:
        self._keep_messages = keep_messages
        self._strict = strict
        self._judge = Judge()
        self._vendors: dict[tuple[tuple[bytes, ...], tuple[bytes, ...]], _Vendors] = {}
        self._policies: dict[tuple[int, frozenset[str]], tuple[Transform, model.Policy, str | None]] = {}

    def build(self, conversation: Conversation, *, port_4500_seen: bool) -> model.Conversation | None:
        """Judge a conversation and put it into the report's words; None when nothing of it was kept."""
        if not conversation.seen:
            return None
        standing = self._judge.judge(conversation, port_4500_seen=port_4500_seen)
        *implementations, capabilities = self._peers_vendors(conversation)
        chosen, auth = self._chosen(standing, capabilities)
        case = Case(conversation, standing, auth)
        findings = tuple(_finding(found) for found in diagnose(case, strict=self._strict))
        seen = conversation.seen
        first, last = seen[0], seen[-1]
        came_up = standing.outcome == "established"
        offered = () if came_up or standing.offer is None else self._offered(standing.offer, capabilities)
        messages: tuple[model.MessageLine, ...] | UnsetType = UNSET
        if self._keep_messages:
            messages = message_lines(conversation, standing)
        cookie = conversation.responder_cookie
        return model.Conversation(
            id=conversation.number,
            initiator_cookie=conversation.initiator_cookie.hex(),
            responder_cookie=cookie.hex() if cookie else None,
            mode=standing.course.mode,
            auth=auth,
            outcome=standing.outcome,  # type: ignore[arg-type]  # the same words, typed in the report only
            summary=summary(case),
            last_message=standing.course.last,
            awaited_message=standing.awaited,
            silent_peer=None if standing.silent is None else ROLES[standing.silent],  # type: ignore[arg-type]
            nat=_NATS[standing.nat.initiator, standing.nat.responder, standing.nat.moved],
            initiator=_peer(conversation, standing, INITIATOR, implementations[INITIATOR]),
            responder=_peer(conversation, standing, RESPONDER, implementations[RESPONDER]),
            chosen=chosen,
            exchanges=_exchanges(standing, conversation),
            findings=findings,
            first_time=timestamp(first.time_ns),
            last_time=timestamp(last.time_ns),
            first_frame=min(first.fragment_frames, default=first.frame),
            last_frame=last.frame,
            elapsed_ns=max(0, last.time_ns - first.time_ns),
            message_count=len(seen) + conversation.omitted,
            offered=offered,
            messages=messages,
        )

    def _peers_vendors(self, conversation: Conversation) -> _Vendors:
        """Return what either peer runs, and all capabilities announced."""
        shown: list[tuple[bytes, ...]] = [(), ()]
        for message in conversation.seen:
            bodies = message.clear.vendor_ids
            if bodies and message.copy_of < 0:
                before = shown[message.sender]
                shown[message.sender] = before + bodies if before else bodies
        key = (shown[0], shown[1])
        known = self._vendors.get(key)
        if known is None:
            cookies = (conversation.initiator_cookie, conversation.responder_cookie)
            names = [implementation(bodies, cookie) for bodies, cookie in zip(shown, cookies, strict=True)]
            found = [lookup(body) for bodies in shown for body in bodies]
            capabilities = frozenset(v.capability for v in found if v is not None and v.capability)
            if len(self._vendors) >= REMEMBERED:
                self._vendors.clear()
            known = self._vendors[key] = (names[0], names[1], capabilities)
        return known

    def _chosen(
        self, standing: Standing, capabilities: frozenset[str]
    ) -> tuple[model.Policy | None, str | None]:
        """Return the negotiated policy and the word for its authentication method.

        Before an answer that is the method offered, if the offer holds only one.
        """
        if standing.chosen is not None:
            return self._policy(standing.chosen, capabilities)
        transforms = standing.offer.transforms if standing.offer is not None else ()
        words = {self._policy(transform, capabilities)[1] for transform in transforms}
        return None, words.pop() if len(words) == 1 else None

    def _offered(self, offer: Offer, capabilities: frozenset[str]) -> tuple[model.Policy, ...]:
        return tuple(self._policy(transform, capabilities)[0] for transform in offer.transforms[:64])

    def _policy(
        self, transform: Transform, capabilities: frozenset[str]
    ) -> tuple[model.Policy, str | None]:
        """Return a transform in words, and the word for its authentication method.

        Transforms are shared objects: identity is as good a key as equality, and far cheaper. Each is kept
        beside its words, so that its identity stays taken.
        """
        relevant = capabilities & _COLLISIONS
        known = self._policies.get((id(transform), relevant))
        if known is None:
            gssapi, cga = "gssapi" in relevant, "cga" in relevant
            words = policy_words(transform, gssapi=gssapi, cga=cga)
            policy = model.Policy(
                words.encryption, words.hash, words.group, words.auth, words.lifetime_s, words.lifetime_kb
            )
            method = transform.auth
            auth = None if method is None else auth_kind(method, gssapi=gssapi, cga=cga)
            if len(self._policies) >= REMEMBERED:
                self._policies.clear()
            known = self._policies[id(transform), relevant] = (transform, policy, auth)
        return known[1], known[2]


_COLLISIONS: Final = frozenset({"gssapi", "cga"})
"""Capabilities that change what a private method number means (65001, 65005)."""


_NATS: Final = {
    (i, r, m): model.Nat(i, r, m)
    for i in (None, False, True)
    for r in (None, False, True)
    for m in (False, True)
}


def _peer(
    conversation: Conversation, standing: Standing, side: int, implementation_name: str | None
) -> model.Peer:
    state: PeerState = standing.initiator if side == INITIATOR else standing.responder
    octets = conversation.initiator if side == INITIATOR else conversation.responder
    port = conversation.initiator_port if side == INITIATOR else conversation.responder_port
    mode = standing.course.mode
    # Where phase 1 is not in the capture, all that is known of the state is that it is past its end.
    done = mode == "unknown" and standing.outcome == "established"
    names = states(mode, ROLES[side], "established" if done else state.progress)
    return model.Peer(
        address(octets), port, implementation_name, state.progress,
        state.certainty, names,  # type: ignore[arg-type]
    )  # fmt: skip


def _exchanges(standing: Standing, conversation: Conversation) -> tuple[model.Exchange, ...]:
    seen = conversation.seen
    return tuple([
        model.Exchange(
            e.kind,
            f"{e.message_id:08x}",
            e.outcome,  # type: ignore[arg-type]  # the same words, typed in the report only
            e.last,
            e.awaited,
            None if e.silent is None else ROLES[e.silent],  # type: ignore[arg-type]
            ROLES[e.starter],  # type: ignore[arg-type]
            tuple([seen[i].frame for i in e.indexes[:64]]),
        )
        for e in standing.later
    ])  # fmt: skip


def _finding(found: Found) -> model.Finding:
    return model.Finding(
        found.code, found.certainty, found.claim, found.frames, found.evidence, found.alternatives,
        found.settles_it, {}, found.display_filter, "fault" if found.is_fault else "note",
    )  # fmt: skip


def report_findings(found: Iterable[Found]) -> tuple[model.Finding, ...]:
    """Put findings about the whole capture into the report's words."""
    return tuple(_finding(one) for one in found)

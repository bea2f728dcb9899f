"""From a judged conversation to its place in the report: words for numbers, nothing concluded."""

from msgspec import UNSET, Struct, UnsetType
from msgspec.structs import replace

from ikepcap.diagnose.case import Case
from ikepcap.diagnose.engine import diagnose
from ikepcap.diagnose.wording import ROLES, address
from ikepcap.report import model
from ikepcap.report.alike import Alike
from ikepcap.report.clock import timestamp
from ikepcap.report.messages import history, message_lines
from ikepcap.report.plain import PlainEntries
from ikepcap.report.summary import summary
from ikepcap.report.words import NATS, Vendors, Words, report_findings
from ikepcap.state.dialects import states, windows_number
from ikepcap.state.exchanges import LaterExchange, esp_towards
from ikepcap.state.infer import Standing
from ikepcap.state.judge import Judge, Shape, shape_of
from ikepcap.state.progress import PeerState
from ikepcap.state.vantage import VantageVotes, Vote, vote_of
from ikepcap.track.clear import Read, Reader
from ikepcap.track.conversation import INITIATOR, RESPONDER, Conversation, Opened
from ikepcap.track.ended import Columns, Ended
from ikepcap.wire.numbers import QUICK
from ikepcap.wire.offer import Offer


class Concluded(Struct, frozen=True, array_like=True, tag=1):
    """What was made of a conversation that had to be looked at as a whole."""

    entry: model.Conversation
    vote: Vote

    @property
    def message_count(self) -> int:
        """All its messages; as `Ended` has it."""
        return self.entry.message_count


class Builder:
    """Turns conversations into report entries; remembers words for offers and vendor IDs it has met."""

    def __init__(self, *, strict: bool = False) -> None:
        self.votes = VantageVotes()
        self._strict = strict
        self._reader = Reader()
        self._judge = Judge()
        self._words = Words()
        self._plain = PlainEntries(self._words, self._reader, strict=strict)

    def build(
        self,
        ended: Ended | Concluded,
        *,
        would_show_4500: bool,
        keep_messages: bool = False,
        opened: Opened | None = None,
    ) -> model.Conversation | Alike | None:
        """Judge a conversation and put it into the report's words; None when nothing of it was kept.

        `opened`: what keys made of the capture, where there are any.
        """
        if not isinstance(ended, Concluded):
            if not ended.records:
                return None
            if opened is None and ended.is_plain():
                return self._build_plain(ended, would_show_4500, keep_messages)
            ended = self._conclude(ended, would_show_4500, keep_messages, opened)
        self.votes.add(ended.vote)
        return ended.entry

    def ahead(self, ended: Ended | Concluded, *, would_show_4500: bool) -> Ended | Concluded:
        """Do what can be done for another builder, in another process perhaps, and takes that one long.

        It depends on nothing but the conversation, and keeps no messages.
        """
        if isinstance(ended, Concluded) or not ended.records or ended.is_plain():
            return ended
        return self._conclude(ended, would_show_4500, keep_messages=False)

    def _conclude(
        self,
        ended: Ended,
        would_show_4500: bool,
        keep_messages: bool,
        opened: Opened | None = None,
    ) -> Concluded:
        conversation = ended.unpack(self._reader)
        if opened is not None:
            conversation = _with(conversation, opened)
        _, entry = self._full(conversation, None, would_show_4500, keep_messages)
        return Concluded(entry, vote_of(conversation))

    def _build_plain(
        self, ended: Ended, would_show_4500: bool, keep_messages: bool
    ) -> model.Conversation | Alike:
        """Tell of a conversation as of its like, or be the first to tell of one like it."""
        columns = ended.columns()
        alike = None if keep_messages else self._plain.alike(ended, columns)
        plain = None
        if alike is None:
            plain = self._plain_parts(ended, columns)
            if plain is not None and not keep_messages:
                alike = self._plain.alike_of(ended, *plain)
        if alike is not None:
            self.votes.add_plain(columns.senders, columns.ttls, (ended.first, ended.second))
            return alike
        conversation = ended.unpack(self._reader)
        self.votes.add(vote_of(conversation))
        shape = plain[0] if plain is not None else None
        standing, entry = self._full(conversation, shape, would_show_4500, keep_messages)
        if plain is not None and standing.is_plain:
            shape, columns, _ = plain
            self._plain.learn(ended, shape, columns, standing, entry)
        return entry

    def _plain_parts(self, ended: Ended, columns: Columns) -> tuple[Shape, Columns, list[Read]] | None:
        """Return the shape of a conversation, and what it was taken of; None where it has none."""
        contents = ended.contents(self._reader, columns)
        shape = shape_of(columns, contents)
        return None if shape is None else (shape, columns, contents)

    def _full(
        self, conversation: Conversation, shape: Shape | None, would_show_4500: bool, keep_messages: bool
    ) -> tuple[Standing, model.Conversation]:
        """Judge a conversation, look for what is to be said of it, and write its entry."""
        standing = self._judge.judge(conversation, shape, would_show_4500=would_show_4500)
        *implementations, collisions = self._peers_vendors(conversation)
        chosen, auth = self._chosen(standing, collisions)
        case = Case(conversation, standing, auth)
        findings = report_findings(diagnose(case, strict=self._strict), *implementations)
        seen = conversation.seen
        first, last = seen[0], seen[-1]
        came_up = standing.outcome == "established"
        offered = () if came_up or standing.offer is None else self._offered(standing.offer, collisions)
        messages: tuple[model.MessageLine, ...] | UnsetType = UNSET
        if keep_messages:
            messages = message_lines(conversation, standing)
        cookie = conversation.responder_cookie
        return standing, model.Conversation(
            id=conversation.number,
            initiator_cookie=conversation.initiator_cookie.hex(),
            responder_cookie=cookie.hex() if cookie else None,
            mode=standing.course.mode,
            auth=auth,
            outcome=standing.outcome,  # type: ignore[arg-type]  # the same words, typed in the report only
            summary=summary(case),
            last_message=standing.course.last,
            awaited_message=standing.awaited,
            silent_peer=None if standing.silent is None else ROLES[standing.silent],
            nat=NATS[standing.nat.initiator, standing.nat.responder, standing.nat.moved],
            initiator=_peer(conversation, standing, INITIATOR, implementations[INITIATOR], keep_messages),
            responder=_peer(conversation, standing, RESPONDER, implementations[RESPONDER], keep_messages),
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

    def _peers_vendors(self, conversation: Conversation) -> Vendors:
        """Return what either peer runs, and what changes the meaning of numbers; see `Words`."""
        shown: list[tuple[bytes, ...]] = [(), ()]
        for message in conversation.seen:
            bodies = message.clear.vendor_ids
            if bodies and message.copy_of < 0:
                before = shown[message.sender]
                shown[message.sender] = before + bodies if before else bodies
        cookies = (conversation.initiator_cookie, conversation.responder_cookie)
        return self._words.vendors(shown[0], shown[1], cookies)

    def _chosen(
        self, standing: Standing, collisions: frozenset[str]
    ) -> tuple[model.Policy | None, str | None]:
        """Return the negotiated policy and the word for its authentication method.

        Before an answer that is the method offered, if the offer holds only one.
        """
        if standing.chosen is not None:
            return self._words.policy(standing.chosen, collisions)
        transforms = standing.offer.transforms if standing.offer is not None else ()
        words = {self._words.policy(transform, collisions)[1] for transform in transforms}
        return None, words.pop() if len(words) == 1 else None

    def _offered(self, offer: Offer, collisions: frozenset[str]) -> tuple[model.Policy, ...]:
        return tuple([self._words.policy(transform, collisions)[0] for transform in offer.transforms[:64]])


def _with(conversation: Conversation, opened: Opened) -> Conversation:
    """Return a conversation with what keys made of its messages."""
    frames = {message.frame for message in conversation.seen}
    if frames.isdisjoint(opened.inside) and frames.isdisjoint(opened.proofs):
        return conversation
    seen = [
        replace(
            s, inside=opened.inside.get(s.frame) if s.is_encrypted else None,
            needs_other_key=s.is_encrypted and s.frame in opened.other_key,
            proofs=opened.proofs.get(s.frame, ()),
        )
        for s in conversation.seen
    ]  # fmt: skip
    quick = [s.inside.offer for s in seen if s.inside is not None and s.exchange == QUICK]
    spis = {proposal.spi for offer in quick if offer is not None for proposal in offer.proposals}
    flows = [flow for spi in sorted(spis) for flow in opened.esp.get(spi, ())]
    return replace(conversation, seen=tuple(seen), esp=tuple(flows))


def _peer(
    conversation: Conversation,
    standing: Standing,
    side: int,
    implementation_name: str | None,
    keep_history: bool,
) -> model.Peer:
    state: PeerState = standing.initiator if side == INITIATOR else standing.responder
    octets = conversation.initiator if side == INITIATOR else conversation.responder
    port = conversation.initiator_port if side == INITIATOR else conversation.responder_port
    mode = standing.course.mode
    # Where phase 1 is not in the capture, all that is known of the state is that it is past its end.
    done = mode == "unknown" and standing.outcome == "established"
    names = states(mode, ROLES[side], "established" if done else state.progress)
    went_through = history(conversation, standing, side) if keep_history else UNSET
    return model.Peer(
        address(octets), port, implementation_name, state.progress,
        state.certainty, names, windows_number(names["windows"]), went_through,  # type: ignore[arg-type]
    )  # fmt: skip


def _exchanges(standing: Standing, conversation: Conversation) -> tuple[model.Exchange, ...]:
    seen = conversation.seen
    return tuple([
        model.Exchange(
            e.kind,
            e.message_id.to_bytes(4).hex(),
            e.outcome,  # type: ignore[arg-type]  # the same words, typed in the report only
            e.last,
            e.awaited,
            None if e.silent is None else ROLES[e.silent],
            ROLES[e.starter],
            tuple([seen[i].frame for i in e.indexes[:64]]),
            _esp(conversation, e) if conversation.esp else UNSET,
        )
        for e in standing.later
    ])  # fmt: skip


def _esp(conversation: Conversation, exchange: LaterExchange) -> tuple[model.Esp, ...] | UnsetType:
    """Return the ESP under a quick mode's SPIs, by who sends it."""
    found = tuple(
        model.Esp(flow.spi.hex(), ROLES[1 - side], flow.packets, flow.first_frame, flow.last_frame)
        for side in (INITIATOR, RESPONDER)
        for flow in esp_towards(conversation, exchange, side)
    )
    return found or UNSET

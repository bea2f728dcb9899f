"""One negotiation as lines of text: in full where something is wrong, in two lines where nothing is."""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from typing import Final

from ikepcap.renderers.evidence import finding_lines, note_line
from ikepcap.renderers.page import OUTCOME_STYLES, Page, Piece, cells
from ikepcap.renderers.ranking import Series
from ikepcap.renderers.selection import is_faulty
from ikepcap.renderers.words import (
    OUTCOME_WORDS,
    between_ns,
    clock,
    count,
    dialect_of,
    endpoint,
    frames,
    policy,
    repeated,
    span,
)
from ikepcap.report.model import Conversation, Exchange, Finding, Keyed, Nat, Peer, Role

INDENT: Final = 4
LABEL: Final = 9
"""Cells of the widest label, `initiator`."""

_WORD: Final = max(len(word) for word in OUTCOME_WORDS.values())
_MAX_OFFERS: Final = 6
_MAX_ATTEMPTS: Final = 8
_MAX_EXCHANGES: Final = 5
_ESTABLISH_NOTHING: Final = {"informational": "seen", "transaction": "completed", "new-group": "completed"}
_UNDECIDED: Final = ("in-progress", "unknown")
_PHASE_1: Final = {"main": "main mode", "aggressive": "aggressive mode", "base": "base mode"}


def head_lines(page: Page, conversation: Conversation, id_width: int) -> Iterator[str]:
    """Yield who, how, and how far: the line an eye runs down."""
    style = OUTCOME_STYLES[conversation.outcome]
    if style == "good" and is_faulty(conversation):
        style = "warn"
    word = OUTCOME_WORDS[conversation.outcome].ljust(_WORD)
    first: tuple[Piece, ...] = (f"#{conversation.id}".rjust(id_width), " ", (word, style), "  ")
    who = f"{conversation.initiator.address} -> {conversation.responder.address}"
    how = method(conversation)
    indent = id_width + 1 + _WORD + 2
    if page.width < 60:
        yield page.line(*first)
        yield from page.flow((who, how, *far(conversation)), INDENT)
    else:
        yield from page.flow((who, how, *far(conversation)), indent, first)


def method(conversation: Conversation) -> str:
    """Return the mode and how the peers prove who they are."""
    mode = _PHASE_1.get(conversation.mode, f"mode {conversation.mode}")
    return mode if conversation.auth is None else f"{mode}, {conversation.auth.upper()}"


def far(conversation: Conversation) -> Iterator[str]:
    """Yield what was still owed when it ended."""
    if conversation.awaited_message is not None:
        how = "at" if conversation.outcome == "refused" else "awaiting"
        yield f"{how} MSG{conversation.awaited_message}"


def brief_lines(page: Page, one: Series, id_width: int) -> Iterator[str]:
    """Yield a negotiation without its evidence: its head, its story, the codes of what was found."""
    conversation = one.first
    yield from head_lines(page, conversation, id_width)
    codes = repeated(finding.code for finding in conversation.findings)
    notes = f" [{codes}]" if codes else ""
    yield from page.prose(conversation.summary + notes, INDENT)
    if conversation.outcome in _UNDECIDED:
        pairs = (("initiator", conversation.initiator), ("responder", conversation.responder))
        chunks = (f"{role}: {', '.join(state_words(page, peer)[1:])}" for role, peer in pairs)
        yield from page.flow(chunks, INDENT)
    if one.more:
        yield from page.entry("again", repetition(one), INDENT, LABEL, "strong")


def full_lines(page: Page, one: Series, id_width: int) -> Iterator[str]:
    """Yield everything worth reading about a negotiation: who, how far, why; then what shows it."""
    conversation = one.first
    faults = [f for f in conversation.findings if f.severity == "fault"]
    yield from head_lines(page, conversation, id_width)
    yield from page.prose(conversation.summary, INDENT)
    if faults:
        yield from page.entry("why", reason(faults), INDENT, LABEL, "strong")
    yield from _peer_lines(page, conversation)
    yield from _entries(page, facts(conversation))
    yield from _entries(page, exchange_facts(conversation))
    if one.more:
        yield from page.entry("again", repetition(one), INDENT, LABEL, "strong")
    for finding in faults:
        yield ""
        yield from finding_lines(page, finding, INDENT, dialects(page, conversation))
    notes = [f for f in conversation.findings if f.severity == "note"]
    if notes:
        yield ""
    for finding in notes:
        yield from note_line(page, finding, INDENT)


def reason(faults: Sequence[Finding]) -> str:
    """Return the codes of what was found, each with its certainty, and what the first could be instead."""
    found = dict.fromkeys(f"{finding.code} ({finding.certainty})" for finding in faults)
    codes = {finding.code for finding in faults}
    other = [code for code in faults[0].alternatives if code not in codes]
    return "; or else ".join(filter(None, (", ".join(found), ", ".join(other))))


def dialects(page: Page, conversation: Conversation) -> tuple[str, ...]:
    """Return the dialects whose words fit the two peers, without repetition."""
    if page.dialect is not None:
        return (page.dialect,)
    peers = (conversation.initiator, conversation.responder)
    return tuple(dict.fromkeys(dialect_of(peer.implementation) for peer in peers))


def state_words(page: Page, peer: Peer) -> tuple[str, str, str]:
    """Return how far a peer got, the state that is in a dialect, and how sure that is."""
    dialect = page.dialect or dialect_of(peer.implementation)
    if peer.progress is None:
        return "no message", "-", peer.certainty
    name = peer.states.get(dialect)
    reached = f"up to MSG{peer.progress}" if peer.progress else "accepted nothing"
    if dialect == "windows" and peer.windows_number is not None:
        name = f"{name} = {peer.windows_number}"
    return reached, f"{name or 'no name'} ({dialect})", peer.certainty


def _peer_lines(page: Page, conversation: Conversation) -> Iterator[str]:
    """Yield a line for each peer, in columns where they fit, else two lines each."""
    roles: tuple[Role, Role] = ("initiator", "responder")
    peers = (conversation.initiator, conversation.responder)
    rows = [
        tuple(page.clean(cell) for cell in (endpoint(peer.address, peer.port), *state_words(page, peer)))
        for peer in peers
    ]
    widths = [max(map(cells, column)) for column in zip(*rows, strict=True)]
    lead = INDENT + LABEL + 2
    in_columns = lead + sum(widths) + 2 * (len(widths) - 1) <= page.width
    for role, row in zip(roles, rows, strict=True):
        if in_columns:
            padded = (cell + " " * (width - cells(cell)) for cell, width in zip(row, widths, strict=True))
            yield page.line(*_label(role), "  ".join(padded))
        else:
            yield from page.flow(row[:1], lead, _label(role))
            yield from page.flow(row[1:], lead)
    known = [f"{role} {p.implementation}" for role, p in zip(roles, peers, strict=True) if p.implementation]
    if known:
        yield from page.entry("software", ", ".join(known), INDENT, LABEL)


def _label(label: str) -> tuple[Piece, ...]:
    """Return a label as the first pieces of a line, as wide as the column of labels and its gap."""
    return (" " * INDENT, label.ljust(LABEL), "  ")


def _entries(page: Page, pairs: Iterable[tuple[str, str]]) -> Iterator[str]:
    """Yield labelled texts."""
    for label, text in pairs:
        yield from page.entry(label, text, INDENT, LABEL)


def facts(conversation: Conversation) -> Iterator[tuple[str, str]]:
    """Yield what identifies the negotiation, and what was offered and chosen."""
    cookies = f"{conversation.initiator_cookie} / {conversation.responder_cookie or 'none'}"
    yield "cookies", cookies
    seen = count(conversation.message_count, "message")
    if conversation.message_count > 1:
        elapsed_ns = conversation.elapsed_ns or between_ns(conversation.first_time, conversation.last_time)
        steps_back = elapsed_ns is not None and elapsed_ns < 0
        seen += " while time steps back" if steps_back else f" in {span(conversation.elapsed_ns)}"
    where = frames((conversation.first_frame,))
    if conversation.last_frame != conversation.first_frame:
        where = f"frames {conversation.first_frame} to {conversation.last_frame}"
    yield "seen", f"{seen}, {where}, from {clock(conversation.first_time)}"
    if nat := ", ".join(_nat(conversation.nat)):
        yield "NAT", nat
    if conversation.chosen is not None and (chosen := policy(conversation.chosen)):
        yield "chosen", chosen
    if conversation.chosen is None or conversation.chosen not in conversation.offered:
        yield from _offer(conversation)
    if isinstance(conversation.keys, Keyed):
        yield from _keys(conversation.keys)


def _keys(keys: Keyed) -> Iterator[tuple[str, str]]:
    """Yield what given keys opened and verified, and why they did not."""
    opened = f"{keys.opened} of {count(keys.encrypted, 'encrypted message')} opened"
    yield "keys", opened if keys.encrypted else "nothing encrypted to open"
    if keys.why is not None:
        yield "", keys.why
    for check in keys.checks:
        yield "", check


def _offer(conversation: Conversation) -> Iterator[tuple[str, str]]:
    """Yield what the initiator offered, while it explains something."""
    label = "offered"
    for offered in conversation.offered[:_MAX_OFFERS]:
        yield label, policy(offered) or "-"
        label = ""
    if len(conversation.offered) > _MAX_OFFERS:
        yield "", f"and {len(conversation.offered) - _MAX_OFFERS} more"


def _nat(nat: Nat) -> Iterator[str]:
    """Yield what is known about address translation, where there is any."""
    if nat.initiator_behind_nat:
        yield "the initiator is behind NAT"
    if nat.responder_behind_nat:
        yield "the responder is behind NAT"
    if nat.initiator_behind_nat is False and nat.responder_behind_nat is False:
        yield "none"
    if nat.moved_to_4500:
        yield "moved to UDP 4500"


def exchange_facts(conversation: Conversation) -> Iterator[tuple[str, str]]:
    """Yield how many exchanges of each kind ended how, and those that failed one by one."""
    tally = Counter((exchange.kind, exchange.outcome) for exchange in conversation.exchanges)
    if not tally:
        return
    yield (
        "exchanges",
        "; ".join(f"{kind}: {number:,} {_ended(kind, outcome)}" for (kind, outcome), number in tally.items()),
    )
    failed = [e for e in conversation.exchanges if e.outcome in ("stalled", "refused")]
    for exchange in failed[:_MAX_EXCHANGES]:
        yield "", _failure(exchange)
    if len(failed) > _MAX_EXCHANGES:
        yield "", f"and {len(failed) - _MAX_EXCHANGES:,} more that failed"


def _ended(kind: str, outcome: str) -> str:
    """Return how an exchange ended, in the word that fits its kind: only quick mode establishes anything."""
    if outcome == "established" and kind in _ESTABLISH_NOTHING:
        return _ESTABLISH_NOTHING[kind]
    return outcome.replace("-", " ")


def _failure(exchange: Exchange) -> str:
    """Return one failed exchange as a clause."""
    owed = "" if exchange.awaited_message is None else f" at message {exchange.awaited_message}"
    who = "" if exchange.silent_peer is None else f" by the {exchange.silent_peer}"
    how = f"refused{who}{owed}" if exchange.outcome == "refused" else f"stalled{owed}{_owner(exchange)}"
    where = f", {frames(exchange.frames)}" if exchange.frames else ""
    return f"{exchange.kind} {exchange.message_id} {how}{where}"


def _owner(exchange: Exchange) -> str:
    """Return who owed the message that never came."""
    return "" if exchange.silent_peer is None else f", the {exchange.silent_peer} owed it"


def repetition(one: Series) -> str:
    """Return what is known of the attempts that are not shown."""
    last = max(one.more, key=lambda conversation: conversation.last_frame)
    attempts = count(len(one.more), "more attempt")
    numbers = ", ".join(f"#{conversation.id}" for conversation in one.more[:_MAX_ATTEMPTS])
    if len(one.more) > _MAX_ATTEMPTS:
        numbers += " ..."
    where = f"{numbers}, last frame {last.last_frame}"
    return f"{attempts} until {clock(last.last_time)} ended at the same point: {where}"

"""The report as Markdown for a ticket: a heading for each negotiation, its story, evidence, checks, messages.

Bounded as the text is: what is wrong comes first and in full, of much that failed alike a few, of what is
healthy a line. Every string goes through `marks`, so nothing captured becomes markup. The same report gives
the same octets.
"""

from collections.abc import Iterable, Iterator
from typing import Final

from msgspec import UNSET

from ikepcap.renderers.block import exchange_facts, facts, far, method, repetition, state_words
from ikepcap.renderers.evidence import GENERAL
from ikepcap.renderers.marks import code, plain
from ikepcap.renderers.page import Page
from ikepcap.renderers.ranking import Series, examples, series
from ikepcap.renderers.selection import is_faulty
from ikepcap.renderers.terminal import FEW, header_facts, tally_text
from ikepcap.renderers.words import OUTCOME_WORDS, count, endpoint, frames, is_failed, repeated
from ikepcap.report.model import Conversation, Finding, MessageLine, Report

MAX_ROWS: Final = 200
"""Messages listed of one negotiation."""
_SECOND_NS: Final = 1_000_000_000
_CELL: Final = 300
_AS_CODE: Final = ("cookies",)


def render_markdown(
    report: Report, *, dialect: str | None = None, limit: int | None = 20, hidden: int = 0
) -> str:
    """Return the report as Markdown that ends with a newline.

    Args:
        report: what to show; messages are listed where it has them.
        dialect: whose state names to use for both peers; None for each peer's own.
        limit: how many negotiations to show in full, and how many in brief; None for all.
        hidden: how many negotiations were left out of `report` before.
    """
    lines = markdown_lines(report, Page(dialect=dialect, limit=limit), hidden=hidden)
    return "".join(f"{line}\n" for line in lines)


def markdown_lines(report: Report, page: Page, *, hidden: int = 0) -> Iterator[str]:
    """Yield the lines of `render_markdown`; of the page only dialect and limit matter."""
    yield f"# IKEv1 in {code(report.source.name)}"
    yield ""
    yield from _labelled(header_facts(report))
    yield from (_note(finding) for finding in report.findings)
    yield ""
    yield f"**{plain(tally_text(report, hidden))}**"
    whole = series(report.conversations)
    faulty = [one for one in whole if is_faulty(one.first)]
    calm = [one for one in whole if not is_faulty(one.first)]
    faulty, alike = (faulty, []) if page.limit is None else examples(faulty)
    full, brief = (faulty + calm, []) if len(whole) <= FEW else (faulty, calm)
    for one in full[: page.limit]:
        yield from _negotiation(page, one)
    yield from _in_brief("More that failed like these", alike, page.limit)
    yield from _in_brief("The others", brief, page.limit)
    rest = [group[page.limit :] for group in (full, alike, brief)] if page.limit is not None else []
    if left_out := sum(one.size for group in rest for one in group):
        yield ""
        yield f"... and {left_out:,} more not shown: `--all` shows every one."


def _negotiation(page: Page, one: Series) -> Iterator[str]:
    """Yield a negotiation in full."""
    conversation = one.first
    yield ""
    word = OUTCOME_WORDS[conversation.outcome]
    who = f"{conversation.initiator.address} to {conversation.responder.address}"
    yield f"## Negotiation {conversation.id}: {word}, {plain(who)}"
    yield ""
    yield plain(conversation.summary)
    yield ""
    yield from _peers(page, conversation)
    yield ""
    how = ", ".join((method(conversation), *far(conversation)))
    pairs = [("mode", how), *facts(conversation), *exchange_facts(conversation)]
    if one.more:
        pairs.append(("again", repetition(one)))
    yield from _labelled(pairs)
    for finding in conversation.findings:
        if finding.severity == "fault":
            yield from _fault(finding)
    notes = [finding for finding in conversation.findings if finding.severity == "note"]
    if notes:
        yield ""
        yield "### Notes"
        yield ""
        yield from (_note(finding) for finding in notes)
    if conversation.messages is not UNSET:
        yield from _messages(conversation.messages)


def _peers(page: Page, conversation: Conversation) -> Iterator[str]:
    """Yield the two peers side by side."""
    peers = (conversation.initiator, conversation.responder)
    reached, names, certainties = zip(*(state_words(page, peer) for peer in peers), strict=True)
    yield from _table(
        ("", "initiator", "responder"),
        [
            ("address", *(code(endpoint(peer.address, peer.port)) for peer in peers)),
            ("software", *(plain(peer.implementation or "not known", _CELL) for peer in peers)),
            ("how far", *map(plain, reached)),
            ("state", *(plain(name, _CELL) for name in names)),
            ("certainty", *certainties),
        ],
    )


def _fault(finding: Finding) -> Iterator[str]:
    """Yield a finding with its evidence and its checks."""
    where = f", {frames(finding.frames)}" if finding.frames else ""
    yield ""
    yield f"### {plain(finding.code)} ({finding.certainty}{where})"
    yield ""
    yield plain(finding.claim)
    yield ""
    yield from (f"- {plain(evidence)}" for evidence in finding.evidence)
    if finding.alternatives:
        yield f"- **or else**: {', '.join(map(plain, finding.alternatives))}"
    if finding.settles_it:
        yield f"- **to settle**: {plain(finding.settles_it)}"
    if finding.display_filter:
        yield f"- **wireshark**: {code(finding.display_filter)}"
    if finding.checks:
        yield ""
        yield "To check:"
        yield ""
        for family, checks in finding.checks.items():
            whose = "" if family == GENERAL else f"{plain(family)}: "
            yield from (f"- [ ] {whose}{plain(check)}" for check in checks)


def _note(finding: Finding) -> str:
    """Return a note, or a fault of the whole capture, as an item of a list."""
    where = f", {frames(finding.frames)}" if finding.frames else ""
    return f"- {plain(finding.code)} ({finding.certainty}{where}): {plain(finding.claim)}"


def _labelled(pairs: Iterable[tuple[str, str]]) -> Iterator[str]:
    """Yield labelled texts as a list; what has no label of its own belongs to the one before."""
    for label, text in pairs:
        shown = " / ".join(map(code, text.split(" / "))) if label in _AS_CODE else plain(text)
        yield f"- **{label}**: {shown}" if label else f"  - {shown}"


def _messages(messages: tuple[MessageLine, ...]) -> Iterator[str]:
    """Yield the messages as a table."""
    yield ""
    yield f"### {count(len(messages), 'message')}"
    yield ""
    rows = (
        (
            str(message.frame),
            f"{message.offset_ns / _SECOND_NS:.3f}",
            message.sender,
            plain(message.step or message.exchange, _CELL),
            "encrypted" if message.encrypted and not message.payloads else _content(message),
            str(message.size_bytes),
            plain("; ".join(_remarks(message)), _CELL),
        )
        for message in messages[:MAX_ROWS]
    )
    yield from _table(("frame", "seconds", "from", "message", "payloads", "octets", "remarks"), rows)
    if len(messages) > MAX_ROWS:
        yield ""
        yield f"... and {len(messages) - MAX_ROWS:,} more."


def _content(message: MessageLine) -> str:
    notifies = f" ({', '.join(message.notifies)})" if message.notifies else ""
    decrypted = " (decrypted)" if message.decrypted else ""
    return plain(repeated(message.payloads) + notifies + decrypted, _CELL)


def _remarks(message: MessageLine) -> Iterator[str]:
    """Yield what is out of the ordinary about a message."""
    if message.kind != "new":
        of = "" if message.retransmission_of is None else f" of frame {message.retransmission_of}"
        yield f"{message.kind}{of}"
    if message.why:
        yield message.why
    yield from (check for check in message.checks if is_failed(check))
    yield from message.defects


def _in_brief(heading: str, whole: list[Series], limit: int | None) -> Iterator[str]:
    """Yield negotiations as rows of a table."""
    if not whole:
        return
    yield ""
    yield f"## {heading}"
    yield ""
    rows = (
        (
            str(one.first.id),
            OUTCOME_WORDS[one.first.outcome].lower(),
            plain(f"{one.first.initiator.address} to {one.first.responder.address}", _CELL),
            plain(one.first.summary, _CELL),
            plain(repeated(finding.code for finding in one.first.findings), _CELL),
        )
        for one in whole[:limit]
    )
    yield from _table(("number", "outcome", "peers", "story", "findings"), rows)


def _table(head: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> Iterator[str]:
    """Yield a table; the cells are Markdown already."""
    yield f"| {' | '.join(head)} |"
    yield f"|{'---|' * len(head)}"
    for row in rows:
        yield f"| {' | '.join(row)} |"

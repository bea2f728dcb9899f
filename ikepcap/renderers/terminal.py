"""The report as text for people: who, how far and why first, then the evidence.

The page is bounded: what is wrong comes first and in full, what is healthy in brief, and a long list ends
with a line that says how much was left out and how to see it. Lines are made one at a time, so that the size
of the report does not matter.
"""

from collections import Counter
from collections.abc import Iterator
from typing import Final

from ikepcap.renderers.block import brief_lines, full_lines
from ikepcap.renderers.evidence import note_line
from ikepcap.renderers.ladder import ladder_lines
from ikepcap.renderers.page import OUTCOME_STYLES, Page
from ikepcap.renderers.ranking import Series, examples, series
from ikepcap.renderers.selection import is_faulty
from ikepcap.renderers.words import OUTCOME_WORDS, between_ns, count, moment, span
from ikepcap.report.model import Conversation, Report, Skipped

_LABEL: Final = 9
FEW: Final = 2
"""Up to so many series are all shown in full: they fit on a screen or two."""
_TABLE_CODES: Final = 4

_SKIPPED: Final = (
    ("ikev2", "IKEv2 message", "IKEv2 messages"),
    ("authip", "AuthIP message", "AuthIP messages"),
    ("gdoi", "GDOI message", "GDOI messages"),
    ("esp", "ESP", "ESP"),
    ("nat_keepalive", "NAT keepalive", "NAT keepalives"),
    ("malformed", "malformed datagram", "malformed datagrams"),
    ("incomplete_fragments", "incomplete set of fragments", "incomplete sets of fragments"),
)


def render_text(
    report: Report,
    *,
    width: int = 80,
    dialect: str | None = None,
    color: bool = False,
    ladder: bool = False,
    ascii_only: bool = False,
    limit: int | None = 20,
    hidden: int = 0,
) -> str:
    """Return the report as text that ends with a newline.

    Args:
        report: what to show.
        width: cells of a line; words that are longer stay whole.
        dialect: whose state names to use for both peers; None for each peer's own.
        color: underline with colour what the words say.
        ladder: draw every negotiation that is shown as a message ladder.
        ascii_only: print no character beyond ASCII.
        limit: how many negotiations to show in full, and how many in brief; None for all.
        hidden: how many negotiations were left out of `report` before.
    """
    page = Page(width, color, ascii_only, dialect, limit)
    return "".join(f"{line}\n" for line in text_lines(report, page, ladder=ladder, hidden=hidden))


def text_lines(report: Report, page: Page, *, ladder: bool = False, hidden: int = 0) -> Iterator[str]:
    """Yield the lines of `render_text`."""
    yield from _header(report, page)
    whole = series(report.conversations)
    yield ""
    yield from _tally(report, page, hidden)
    faulty = [one for one in whole if is_faulty(one.first)]
    calm = [one for one in whole if not is_faulty(one.first)]
    shown, alike = _examples(page, faulty)
    id_width = max((len(str(c.id)) for c in report.conversations), default=1) + 1
    yield from _series_lines(page, shown, id_width, ladder=ladder, full=True)
    yield from _series_lines(page, alike, id_width, ladder=ladder, full=False)
    yield from _series_lines(page, calm, id_width, ladder=ladder, full=len(whole) <= FEW)


def _examples(page: Page, faulty: list[Series]) -> tuple[list[Series], list[Series]]:
    """Return what to show in full, and what is like it."""
    return examples(faulty) if page.limit is not None else (faulty, [])


def _header(report: Report, page: Page) -> Iterator[str]:
    """Yield what was read, what of it is not judged, and where it was captured."""
    yield from page.prose(report.source.name, 0)
    for label, text in header_facts(report):
        yield from page.entry(label, text, 2, _LABEL, "quiet")
    for finding in report.findings:
        yield from note_line(page, finding, 2)


def header_facts(report: Report) -> Iterator[tuple[str, str]]:
    """Yield what there is to say of the whole run but its findings, each with a label."""
    source = report.source
    read = f"{count(source.isakmp_messages, 'ISAKMP message')} in {count(source.frames, 'frame')}"
    elapsed_ns = between_ns(source.first_time, source.last_time)
    if elapsed_ns is not None and source.first_time is not None:
        # Where a clock was set back in between, the note says so.
        read += f", {span(elapsed_ns)} from" if elapsed_ns > 0 else ", from" if elapsed_ns else ", at"
        read += f" {moment(source.first_time)}"
    yield "read", read
    if skipped := ", ".join(_skipped(source.skipped)):
        yield "left out", skipped
    vantage = report.vantage
    if vantage.near != "unknown":
        where = "between the peers" if vantage.near == "between" else f"next to the {vantage.near}"
        yield "captured", f"{where}, {vantage.certainty}: {vantage.why}"


def _skipped(skipped: Skipped) -> Iterator[str]:
    """Yield what was recognised and left alone, with numbers."""
    for name, one, many in _SKIPPED:
        number: int = getattr(skipped, name)
        if number:
            yield f"{number:,} {one if number == 1 else many}"


def _tally(report: Report, page: Page, hidden: int) -> Iterator[str]:
    """Yield how many negotiations there are and how they ended, as a table where they are many."""
    yield from page.prose(tally_text(report, hidden), 0, 2)
    if page.limit is not None and len(report.conversations) > page.limit:
        yield ""
        yield from _table(report, page)


def tally_text(report: Report, hidden: int) -> str:
    """Return how many negotiations there are and how they ended; `hidden` were left out by filters."""
    total = len(report.conversations)
    left_out = f" ({hidden:,} more left out by filters)" if hidden else ""
    if not total:
        is_cut = any(finding.code == "truncated-frames" for finding in report.findings)
        nothing = "IKE is there, and too little of it was captured" if is_cut else "nothing of IKE at all"
        seen = ", ".join(_skipped(report.source.skipped)) or nothing
        return f"no negotiation to show{left_out}" if hidden else f"no IKEv1 negotiation: {seen}"
    outcomes = Counter(conversation.outcome for conversation in report.conversations)
    how = ", ".join(
        f"{outcomes[o]:,} {word.lower()}{'s' if o == 'probe' and outcomes[o] > 1 else ''}"
        for o, word in OUTCOME_WORDS.items()
        if outcomes[o]
    )
    if len(outcomes) == 1:
        how = how.partition(" ")[2] if total == 1 else f"all {how.partition(' ')[2]}"
    return f"{count(total, 'IKEv1 negotiation')}: {how}{left_out}"


def _table(report: Report, page: Page) -> Iterator[str]:
    """Yield a line per outcome, the worst first, with what was found most."""
    groups: dict[str, list[Conversation]] = {}
    for conversation in report.conversations:
        groups.setdefault(conversation.outcome, []).append(conversation)
    digits = max(len(f"{len(group):,}") for group in groups.values())
    indent = 2 + max(map(len, OUTCOME_WORDS.values())) + 2 + digits + 2
    for outcome, word in OUTCOME_WORDS.items():
        if not (group := groups.get(outcome)):
            continue
        pairs = len({frozenset((c.initiator.address, c.responder.address)) for c in group})
        codes = Counter(c.findings[0].code for c in group if c.findings).most_common(_TABLE_CODES)
        chunks = [count(pairs, "pair of peers", "pairs of peers"), *(f"{code} {n:,}" for code, n in codes)]
        padded = word.ljust(indent - digits - 6)
        number = f"{len(group):,}".rjust(digits)
        first = ("  ", (padded, OUTCOME_STYLES[outcome]), "  ", number, "  ")
        yield from page.flow(chunks, indent, first)


def _series_lines(
    page: Page, whole: list[Series], id_width: int, *, ladder: bool, full: bool
) -> Iterator[str]:
    """Yield as many series as the page takes, and a line about the others."""
    shown = whole[: page.limit]
    for index, one in enumerate(shown):
        if full or ladder or index == 0:
            yield ""
        lines = full_lines(page, one, id_width) if full else brief_lines(page, one, id_width)
        yield from lines
        if ladder:
            yield ""
            yield from ladder_lines(page, one.first)
    if rest := whole[len(shown) :]:
        yield ""
        yield from page.prose(_left_out(rest), 0, 2)


def _left_out(rest: list[Series]) -> str:
    """Return how many negotiations are not shown, and how to see them."""
    number = sum(one.size for one in rest)
    return (
        f"... and {number:,} more not shown: --all shows every one, --outcome WORD and --peer ADDRESS "
        "choose, --format ndjson is for scripts."
    )

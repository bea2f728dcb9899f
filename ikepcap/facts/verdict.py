"""One file of facts held against its capture, and the answer in lines for people."""

from collections.abc import Iterable, Iterator
from itertools import groupby
from pathlib import Path
from typing import Final

from msgspec import Struct

from ikepcap.errors import FactsError
from ikepcap.facts.difference import NUMBER, Difference, differences
from ikepcap.facts.file import CAPTURES, Facts, Value, capture_of, digest, read
from ikepcap.facts.table import NONE
from ikepcap.renderers.ladder import ladder_lines
from ikepcap.renderers.page import Page
from ikepcap.renderers.words import endpoint
from ikepcap.report.model import Conversation, Report

_MAX_NAMED: Final = 4
"""Facts that the first line names."""
_MAX_LISTED: Final = 20
"""Conversations that are named where their number is not the stated one."""


class Verdict(Struct, frozen=True):
    """How a capture's facts and its report compare."""

    facts: Facts
    capture: Path
    report: Report
    differences: tuple[Difference, ...]

    @property
    def holds(self) -> bool:
        """The report says all that is stated."""
        return not self.differences


def check(path: Path, *, strict: bool = False) -> Verdict:
    """Analyze the capture beside a file of facts and compare.

    `strict` lets a diagnosis rule that fails raise, as in `ikepcap.analyze`.

    Raises:
        FactsError: the file is not one of facts, or there is no capture beside it.
        CaptureError: the capture cannot be read.
    """
    from ikepcap import api

    facts = read(path)
    capture = capture_of(path)
    if capture is None:
        raise FactsError(
            f"{path}: there is no capture beside it, such as {path.stem}{CAPTURES[0]}; known endings: "
            f"{', '.join(CAPTURES)}"
        )
    report = api.analyze(capture, strict=strict)
    return Verdict(facts, capture, report, differences(facts, report, digest(capture)))


def verdict_lines(verdict: Verdict, page: Page | None = None) -> Iterator[str]:
    """Yield what does not hold: the facts that differ, and below them the ladder of the negotiation."""
    page = page or Page()
    found = verdict.differences
    # The facts come first: a list of failed tests shows no more than the beginning.
    named = [one.fact for one in found]
    more = f" and {len(named) - _MAX_NAMED:,} more" if len(named) > _MAX_NAMED else ""
    yield page.line(f"{', '.join(named[:_MAX_NAMED])}{more}: not as stated in {verdict.facts.path}")
    if not verdict.facts.is_reviewed:
        yield page.line("  (unreviewed: nobody has confirmed these facts)")
    for number, group in groupby(found, key=lambda one: one.conversation):
        yield ""
        conversation = None if number is None else verdict.report.conversations[number - 1]
        if conversation is not None:
            yield page.line(f"conversation {number}, {ends(conversation)}")
        yield from difference_lines(page, group, conversation)
    if any(one.fact == NUMBER for one in found):
        yield from conversation_lines(page, verdict.report)


def difference_lines(
    page: Page, found: Iterable[Difference], conversation: Conversation | None
) -> Iterator[str]:
    """Yield the differences of one conversation, or of the capture, as a table; then who did what."""
    yield from _table(page, [(one.fact, _shown(one.stated), _shown(one.observed)) for one in found])
    if conversation is not None:
        yield ""
        yield from page.prose(conversation.summary, 2)
        yield from ladder_lines(page, conversation)


def conversation_lines(page: Page, report: Report) -> Iterator[str]:
    """Yield a line about each conversation of a report."""
    for place, one in enumerate(report.conversations[:_MAX_LISTED], 1):
        yield from page.prose(f"{place}. {ends(one)}, {one.outcome}: {one.summary}", 2, 3)
    if (rest := len(report.conversations) - _MAX_LISTED) > 0:
        yield page.line(f"  ... and {rest:,} more")


def ends(conversation: Conversation) -> str:
    """Return who talks to whom."""
    peers = (conversation.initiator, conversation.responder)
    return " -> ".join(endpoint(peer.address, peer.port) for peer in peers)


def _table(page: Page, rows: list[tuple[str, str, str]]) -> Iterator[str]:
    """Yield rows in columns: the fact, what was stated, what the report says."""
    rows = [("fact", "is stated as", "the capture shows"), *rows]
    widths = [max(len(page.clean(row[column])) for row in rows) for column in range(3)]
    is_wide = sum(widths) + 6 <= page.width
    for number, (fact, stated, observed) in enumerate(rows):
        if is_wide:
            style = "strong" if number else "quiet"
            shown = page.clean(stated).ljust(widths[1])
            yield page.line("  ", fact.ljust(widths[0]), "  ", (shown, style), "  ", observed)
        elif number:
            yield page.line("  ", fact)
            yield from page.entry("is stated as", stated, 4, 17)
            yield from page.entry("the capture shows", observed, 4, 17)


def _shown(value: Value) -> str:
    """Return a value as it stands in a file of facts."""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, tuple):
        return ", ".join(value) or "nothing"
    return NONE if value is None else str(value)

"""A finding as lines of text: the claim, what shows it, what else it could be, what to do next."""

from collections.abc import Iterator
from typing import Final

from ikepcap.renderers.page import Page, cells
from ikepcap.renderers.words import frames
from ikepcap.report.model import Finding

_LABEL: Final = 9
_STEP: Final = 2
GENERAL: Final = "any"
"""The family of checks that belong to no kind of box in particular."""


def finding_lines(page: Page, finding: Finding, indent: int, dialects: tuple[str, ...]) -> Iterator[str]:
    """Yield a finding in full.

    Args:
        page: how to print.
        finding: what was concluded.
        indent: cells before its first line.
        dialects: whose checks to show first.
    """
    style = "bad" if finding.severity == "fault" else "quiet"
    where = (frames(finding.frames),) if finding.frames else ()
    code = page.clean(finding.code)
    first = (" " * indent, (code, style), "  ")
    yield from page.flow((finding.certainty, *where), indent + cells(code) + 2, first)
    yield from page.prose(finding.claim, indent + _STEP)
    for evidence in finding.evidence:
        yield from page.prose(f"- {evidence}", indent + _STEP, 2)
    labelled = [
        ("or else", ", ".join(finding.alternatives)),
        ("to settle", finding.settles_it or ""),
        *_checks(finding, dialects),
        ("wireshark", finding.display_filter or ""),
    ]
    for label, text in labelled:
        if text:
            yield from page.entry(label, text, indent + _STEP, _LABEL, "quiet")


def note_line(page: Page, finding: Finding, indent: int) -> Iterator[str]:
    """Yield a note: what it is, how sure, where, and the claim, in as few lines as they take."""
    where = f", {frames(finding.frames)}" if finding.frames else ""
    text = f"{finding.code}, {finding.certainty}{where}: {finding.claim}"
    label = "note" if finding.severity == "note" else "fault"
    style = "quiet" if finding.severity == "note" else "bad"
    yield from page.entry(label, text, indent, _LABEL, style)


def _checks(finding: Finding, dialects: tuple[str, ...]) -> Iterator[tuple[str, str]]:
    """Yield what to look at on either peer, that of the dialect asked for first; `any` needs no name."""
    label = "check"
    for family in sorted(finding.checks, key=lambda family: family not in dialects):
        whose = "" if family == GENERAL else f"{family}: "
        for check in finding.checks[family]:
            yield label, f"{whose}{check}"
            label = ""

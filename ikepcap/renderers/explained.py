"""Pages of `ikepcap explain` as text for a terminal, or as Markdown."""

from collections.abc import Iterable, Iterator
from typing import Final

from ikepcap.explain.page import Explained, Section
from ikepcap.renderers.marks import code, plain
from ikepcap.renderers.page import Page, cells

_INDENT: Final = 2
_WIDEST_LABEL: Final = 26


def explained_lines(page: Page, explained: Explained) -> Iterator[str]:
    """Yield a page as lines of text."""
    yield page.line((page.clean(explained.title), "strong"))
    yield from page.prose(explained.subtitle, 0)
    for section in explained.sections:
        yield ""
        yield page.line((page.clean(section.heading), "strong"))
        yield from page.prose(section.text, _INDENT)
        yield from _item_lines(page, section)


def _item_lines(page: Page, section: Section) -> Iterator[str]:
    """Yield labels in a column, each once, beside what belongs to them, or above it if too wide."""
    width = min(max((cells(label) for label, _ in section.items), default=0), _WIDEST_LABEL)
    shown = ""
    for label, text in section.items:
        repeated = label == shown
        if cells(label) > width and not repeated:
            yield page.line(" " * _INDENT, label)
        fits = cells(label) <= width and not repeated
        yield from page.entry(label if fits else "", text, _INDENT, width)
        shown = label


def markdown_lines(pages: Iterable[Explained], *, level: int = 1) -> Iterator[str]:
    """Yield pages as Markdown, each under a heading of this level."""
    between = False
    for explained in pages:
        if between:
            yield ""
        between = True
        yield f"{'#' * level} {plain(explained.title)}"
        yield ""
        yield f"*{plain(explained.subtitle)}*"
        for section in explained.sections:
            yield ""
            yield f"{'#' * (level + 1)} {plain(section.heading)}"
            if section.text:
                yield ""
                yield plain(section.text)
            if section.items:
                yield ""
                yield from (f"- {code(label)}: {plain(text)}" for label, text in section.items)

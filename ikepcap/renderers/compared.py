"""Two negotiations side by side, as text: who, where they part, what differs, then message by message."""

from collections import Counter
from collections.abc import Iterator
from itertools import groupby
from typing import Final

from msgspec import Struct

from ikepcap.renderers.page import OUTCOME_STYLES, Page
from ikepcap.renderers.words import OUTCOME_WORDS, count, repeated
from ikepcap.report.comparison import Cell, Comparison, Detail, Row, Summary

_LEFT, _RIGHT = "A", "B"
_INDENT: Final = 3
_SUBJECT: Final = 16
_TIME_AND_OCTETS: Final = 17
_FOLD_FROM: Final = 7
"""A run of so many messages that are alike is folded: its first and its last stay."""
_LISTS: Final = ("offer", "vendor IDs", "payloads", "findings", "notify")
"""Of these only what one of them has is shown."""


class _Columns(Struct, frozen=True):
    """Cells of the columns of the table."""

    step: int
    frame: int
    gap: int
    """Between what is of one of the two and what is of the other."""

    @property
    def side(self) -> int:
        """All that is of one of the two: frame number, time and octets."""
        return self.frame + _TIME_AND_OCTETS + self.gap


_WIDE: Final = _Columns(20, 8, 2)
_NARROW: Final = _Columns(10, 7, 1)


def comparison_lines(page: Page, comparison: Comparison) -> Iterator[str]:
    """Yield a comparison; A is the left one."""
    yield from _side_lines(page, _LEFT, comparison.left)
    yield from _side_lines(page, _RIGHT, comparison.right)
    yield ""
    yield from page.prose(_parting(comparison), 0)
    if comparison.whole:
        yield ""
        yield page.line(("as a whole", "strong"))
        for detail in comparison.whole:
            yield from _detail_lines(page, detail)
    if comparison.rows:
        yield ""
        yield from _table(page, comparison)


def _side_lines(page: Page, letter: str, side: Summary) -> Iterator[str]:
    """Yield who one of them is, why it is this one, and its story."""
    auth = f", {side.auth}" if side.auth else ""
    chunks = (f"{side.initiator} -> {side.responder}", f"{side.mode} mode{auth}", f"{side.name} #{side.id}")
    word = OUTCOME_WORDS[side.outcome]
    first = ((letter, "strong"), "  ", (word.ljust(13), OUTCOME_STYLES[side.outcome]))
    yield from page.flow(chunks, _INDENT + 13, first)
    yield from page.prose(side.summary, _INDENT)
    yield from page.prose(f"chosen: {side.why}", _INDENT)


def _parting(comparison: Comparison) -> str:
    """Return where they part, in a sentence."""
    if not comparison.rows:
        return "Nothing can be compared: the messages of neither were kept."
    if not comparison.is_parted:
        differing = [row.step for row in comparison.rows if row.details]
        if not differing and not comparison.whole:
            return "They do not differ in anything that can be read."
        first = f"; the first message that differs is {differing[0]}" if differing else ""
        return f"They never part: both go through the same messages{first}."
    ways = f"{_way(_LEFT, comparison, comparison.left_goes_on)}, "
    ways += _way(_RIGHT, comparison, comparison.right_goes_on)
    if comparison.parted_after is None:
        return f"They have no beginning in common: {ways}."
    return f"They part after {comparison.parted_after}: {ways}."


def _way(letter: str, comparison: Comparison, goes_on: str | None) -> str:
    """Return what one of them does where they part."""
    if goes_on is not None:
        return f"{letter} goes on with {goes_on}"
    sent = [(row.step, row.left if letter == _LEFT else row.right) for row in comparison.rows]
    step, last = next(((step, cell) for step, cell in reversed(sent) if cell is not None), ("", None))
    if last is not None and last.copies > 1:
        return f"{letter} ends there, {step} sent {last.copies:,} times"
    return f"{letter} ends there"


def _detail_lines(page: Page, detail: Detail, indent: int = _INDENT) -> Iterator[str]:
    """Yield one difference: in a line where there is room, else a line for each."""
    left, right = _shown(detail)
    room = page.width - indent - _SUBJECT
    one = f"{_LEFT} {left}   {_RIGHT} {right}"
    if len(one) <= room:
        yield page.line(" " * indent, (detail.subject.ljust(_SUBJECT), "quiet"), one)
        return
    yield from page.entry(detail.subject, f"{_LEFT} {left}", indent, _SUBJECT - 2, "quiet")
    yield from page.entry("", f"{_RIGHT} {right}", indent, _SUBJECT - 2)


def _shown(detail: Detail) -> tuple[str, str]:
    """Return what either has; of long lists what only it has."""
    if detail.subject not in _LISTS:
        return ", ".join(detail.left) or "none", ", ".join(detail.right) or "none"
    left, right = Counter(detail.left), Counter(detail.right)
    if left == right:
        return repeated(detail.left), f"the same in another order: {repeated(detail.right)}"
    shared = bool(left & right)
    return _only(left - right, shared=shared), _only(right - left, shared=shared)


def _only(own: Counter[str], *, shared: bool) -> str:
    """Return what only one of them has."""
    listed = "; ".join(name if times == 1 else f"{times}x{name}" for name, times in own.items())
    if not listed:
        return "nothing more" if shared else "none"
    return f"{listed} more" if shared else listed


def _table(page: Page, comparison: Comparison) -> Iterator[str]:
    """Yield the messages of both side by side, and under each what differs."""
    columns = _WIDE if page.width >= _WIDE.step + 2 * _WIDE.side else _NARROW
    heads = (
        f"{letter}:{'frame':>{columns.frame - 2}} {'time':>9} {'octets':>6}" for letter in (_LEFT, _RIGHT)
    )
    yield page.line(("message".ljust(columns.step), "strong"), *(head.ljust(columns.side) for head in heads))
    for run, group in groupby(comparison.rows, key=_run):
        rows = list(group)
        if run and page.limit is not None and len(rows) >= _FOLD_FROM:
            yield from _row_lines(page, rows[0], columns)
            yield page.line(f"  ... {count(len(rows) - 2, 'message')} {run}")
            rows = rows[-1:]
        for row in rows:
            yield from _row_lines(page, row, columns)
            for detail in row.details:
                yield from _detail_lines(page, detail, 4)
    if comparison.left_out:
        yield page.line(f"  ... {count(comparison.left_out, 'later message')} not compared")


def _run(row: Row) -> str:
    """Return what a run of rows has in common; empty for a row that stands for itself."""
    if row.is_alike:
        return "alike"
    if row.left is None:
        return f"of {_RIGHT} only"
    return f"of {_LEFT} only" if row.right is None else ""


def _row_lines(page: Page, row: Row, columns: _Columns) -> Iterator[str]:
    """Yield one message of both, its name on a line of its own where the column has no room for it."""
    arrow = "->" if row.sender == "initiator" else "<-"
    mark = "  " if row.is_alike else "* "
    style = "" if row.is_alike else "warn"
    name = f"{row.step} {arrow}"
    if len(name) >= columns.step - len(mark):
        yield page.line(mark, (name, style))
        mark = name = ""
    cells = (_cell(cell, columns) for cell in (row.left, row.right))
    yield page.line(mark, (name.ljust(columns.step - len(mark)), style), *cells)


def _cell(cell: Cell | None, columns: _Columns) -> str:
    """Return one message as the columns have it."""
    if cell is None:
        return "-".rjust(columns.frame).ljust(columns.side)
    time = f"+{cell.offset_ns / 1_000_000_000:.3f}"
    return f"{cell.frame:>{columns.frame}} {time:>9} {cell.size_bytes:>6}".ljust(columns.side)

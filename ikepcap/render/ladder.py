"""The message ladder: initiator left, responder right, time running down.

    frame     time           192.0.2.1:500                198.51.100.7:500
        1   +0.000  MSG1 |-- MSG1 SA, 2xVID ---------------------------->|
        2   +0.041       |<----------------------------- MSG2 SA, VID ---| MSG2

The columns beside the life lines say how far either peer had got after a message, whenever that changed.
What a row shows is decided in `rungs`; this module draws.
"""

from collections.abc import Iterator
from typing import Final

from msgspec import UNSET, Struct

from ikepcap.render.block import state_words
from ikepcap.render.page import Page, cells
from ikepcap.render.rungs import Arrow, Fold, Heading, Rung, rungs
from ikepcap.report.model import Conversation, MessageLine, Peer

_TIME: Final = 9
"""Cells of a time, at least: +1234.567."""
_SIDE: Final = 4
"""Cells of a peer's progress: MSG6."""
_MIN_LANE: Final = 24
_MAX_LANE: Final = 72
_MAX_ROWS: Final = 60
"""Rows of one ladder unless everything is asked for: what is beyond is in the JSON."""


class _Ink(Struct, frozen=True):
    """The characters a ladder is drawn with."""

    line: str
    stroke: str
    dashed: str
    right: str
    left: str
    fold: str


_UNICODE: Final = _Ink("│", "─", "╌", "▶", "◀", "┊")
_ASCII: Final = _Ink("|", "-", ".", ">", "<", ":")


class _Frame(Struct, frozen=True):
    """Where the columns of one ladder are."""

    page: Page
    ink: _Ink
    number: int
    """Cells of the frame number."""
    time: int
    lane: int
    """Cells between the life lines."""
    sides: bool
    """Whether there is room for the peers' progress."""

    @property
    def left(self) -> int:
        """Cells before the left life line."""
        return self.number + 1 + self.time + 1 + (_SIDE + 1 if self.sides else 0)


def ladder_lines(page: Page, conversation: Conversation) -> Iterator[str]:
    """Yield one conversation as a ladder."""
    messages = conversation.messages
    if messages is UNSET or not isinstance(messages, tuple) or not messages:
        yield page.line("    (no ladder: the messages were not kept)")
        return
    frame = _measure(page, messages)
    yield from _ends(frame, messages[0])
    rows = rungs(conversation, fold=page.limit is not None)
    shown = rows if page.limit is None or len(rows) <= _MAX_ROWS else rows[:_MAX_ROWS]
    before: tuple[int | None, int | None] = (None, None)
    for rung in shown:
        yield from _rung_lines(frame, rung, before)
        if isinstance(rung, Arrow) and not rung.is_missing:
            before = (rung.initiator, rung.responder)
    if len(shown) < len(rows):
        yield from _words(
            frame, f"... {len(rows) - len(shown):,} more rows, up to frame {messages[-1].frame}: --all"
        )
    yield from _final_states(frame, conversation)


def _measure(page: Page, messages: tuple[MessageLine, ...]) -> _Frame:
    """Decide the columns for this width."""
    number = max(5, max(len(str(message.frame)) for message in messages))
    time = max(_TIME, 1 + max(len(_seconds(message.offset_ns)) for message in messages))
    outside = number + 1 + time + 1 + 2
    sides = page.width - outside - 2 * (_SIDE + 1) >= _MIN_LANE
    room = page.width - outside - (2 * (_SIDE + 1) if sides else 0)
    lane = max(min(room, _MAX_LANE), 12)
    return _Frame(page, _ASCII if page.ascii_only else _UNICODE, number, time, lane, sides)


def _ends(frame: _Frame, message: MessageLine) -> Iterator[str]:
    """Yield the heading with both peers' addresses at their ends."""
    ends = (message.source, message.destination)
    left, right = ends if message.sender == "initiator" else ends[::-1]
    label = "frame".rjust(frame.number) + " " + "time".rjust(frame.time)
    if cells(left) + cells(right) + 2 <= frame.lane + 2:
        gap = " " * (frame.lane + 2 - cells(left) - cells(right))
        yield frame.page.line((label.ljust(frame.left), "quiet"), left, gap, right)
    else:
        yield frame.page.line((label.ljust(frame.left), "quiet"), left)
        yield frame.page.line(" " * max(frame.left + frame.lane + 2 - cells(right), 0), right)


def _rung_lines(frame: _Frame, rung: Rung, before: tuple[int | None, int | None]) -> Iterator[str]:
    """Yield the rows of one rung."""
    if isinstance(rung, Heading):
        yield from _words(frame, rung.text)
    elif isinstance(rung, Fold):
        lead = _lead(frame, "", f"+{_seconds(rung.until_ns)}", "")
        inner = frame.page.wrap(rung.text, frame.lane - 2)
        for index, text in enumerate(inner):
            start = lead if index == 0 else " " * frame.left
            fold = frame.ink.fold
            yield frame.page.line(start, fold, (f" {text}".ljust(frame.lane), "quiet"), fold)
    else:
        yield from _arrow_lines(frame, rung, before)


def _arrow_lines(frame: _Frame, arrow: Arrow, before: tuple[int | None, int | None]) -> Iterator[str]:
    """Yield a message as an arrow with its label, and what did not fit on the arrow below it."""
    ink = frame.ink
    stroke = ink.dashed if arrow.is_repeated or arrow.is_missing else ink.stroke
    labels = frame.page.wrap(arrow.label, frame.lane - 8) or [""]
    label = labels[0]
    bar = stroke * max(frame.lane - cells(label) - 5, 1)
    to_right = arrow.sender == "initiator"
    drawn = f"{stroke * 2} {label} {bar}{ink.right}" if to_right else f"{ink.left}{bar} {label} {stroke * 2}"
    left, right = ("" if now in (None, was) else f"MSG{now}" for now, was in _progress(arrow, before))
    number = "" if arrow.is_missing else str(arrow.frame)
    time = "" if arrow.is_missing else f"+{_seconds(arrow.offset_ns)}"
    style = "warn" if arrow.is_missing else "quiet" if arrow.is_repeated else ""
    lead = _lead(frame, number, time, left)
    yield frame.page.line(lead, ink.line, (drawn, style), ink.line, f" {right}" if frame.sides else "")
    for more in (
        *labels[1:],
        *(part for note in arrow.notes for part in frame.page.wrap(note, frame.lane - 8)),
    ):
        text = f"   {more}".ljust(frame.lane) if to_right else f"{more}   ".rjust(frame.lane)
        yield frame.page.line(" " * frame.left, ink.line, text, ink.line)


def _progress(
    arrow: Arrow, before: tuple[int | None, int | None]
) -> tuple[tuple[int | None, int | None], tuple[int | None, int | None]]:
    """Return each peer's progress after the message beside the one before it."""
    return (arrow.initiator, before[0]), (arrow.responder, before[1])


def _lead(frame: _Frame, number: str, time: str, progress: str) -> str:
    """Return what stands before the left life line."""
    side = f"{progress.rjust(_SIDE)} " if frame.sides else ""
    return f"{number.rjust(frame.number)} {time.rjust(frame.time)} {side}"


def _words(frame: _Frame, text: str) -> Iterator[str]:
    """Yield a text between the life lines."""
    line = frame.ink.line
    for part in frame.page.wrap(text, frame.lane - 2):
        middle = f" {part}".ljust(frame.lane)
        yield frame.page.line(" " * frame.left, line, (middle, "strong"), line)


def _final_states(frame: _Frame, conversation: Conversation) -> Iterator[str]:
    """Yield the state in which either peer was left, each below its life line."""
    left, right = (_final(frame.page, peer) for peer in (conversation.initiator, conversation.responder))
    whole = frame.left + frame.lane + 2
    for one, other in zip(left, right, strict=True):
        if cells(one) + cells(other) + 2 <= frame.lane + 2:
            gap = " " * (frame.lane + 2 - cells(one) - cells(other))
            yield frame.page.line(" " * frame.left, (one, "strong"), gap, (other, "strong"))
        else:
            yield frame.page.line(" " * frame.left, (one, "strong"))
            yield frame.page.line(" " * max(whole - cells(other), 0), (other, "strong"))


def _final(page: Page, peer: Peer) -> tuple[str, str]:
    """Return a peer's state and its certainty."""
    far, state, certainty = state_words(page, peer)
    return page.clean(state), page.clean(f"{far}, {certainty}")


def _seconds(offset_ns: int) -> str:
    """Return an offset in seconds to the millisecond."""
    return f"{offset_ns / 1_000_000_000:.3f}"

"""The message ladder: initiator left, responder right, time running down.

    frame      time              192.0.2.1:500               198.51.100.7:500
        1    +0.000 MM_WAIT_MSG2 |-- MSG1 SA, 2xVID ------------------->|
        2    +0.041              |<-------------------- MSG2 SA, VID ---| MM_WAIT_MSG3

The columns beside the life lines name the state a peer was in after a message, whenever that changed. Names
are shortened where the page is narrow; where there are none, it is the last message the peer had handled.
What a row shows is decided in `rungs`; this module draws.
"""

from collections.abc import Iterator
from typing import Final

from msgspec import UNSET, Struct

from ikepcap.renderers.block import state_words
from ikepcap.renderers.page import Page, cells
from ikepcap.renderers.rungs import Arrow, Fold, Heading, Rung, rungs
from ikepcap.renderers.words import dialect_of, short_state
from ikepcap.report.model import Conversation, MessageLine, Peer, Reached

_TIME: Final = 9
"""Cells of a time, at least: +1234.567."""
_MIN_LANES: Final = (34, 28, 18)
"""Cells between the life lines that state names must leave: whole ones, shorter ones, the shortest."""
_MIN_LANE: Final = 24
"""Likewise for numbers of messages alone."""
_MAX_LANE: Final = 72
_SIDE: Final = 4
"""Cells of a peer's progress, at least: MSG6."""
_NARROW: Final = 72
"""Below this width the column of times is no wider than it has to be."""
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


class _Sides(Struct, frozen=True):
    """The columns outside the life lines, where the peers' states stand."""

    dialects: tuple[str, str]
    """Whose names for the initiator's states, and whose for the responder's."""
    cut: int
    """How much names are shortened, as `short_state` takes it."""
    widths: tuple[int, int] | None
    """Cells of either column; None where there is no room for them."""

    @property
    def before(self) -> int:
        """Cells that the left column takes, its gap included."""
        return self.widths[0] + 1 if self.widths else 0

    @property
    def after(self) -> int:
        """Cells that the right column takes, likewise."""
        return self.widths[1] + 1 if self.widths else 0

    def word(self, side: int, reached: Reached) -> str:
        """Return what stands beside the life line of a peer that has reached a state."""
        name = reached.states.get(self.dialects[side])
        return short_state(name, self.cut) if name else f"MSG{reached.progress}"


class _Frame(Struct, frozen=True):
    """Where the columns of one ladder are."""

    page: Page
    ink: _Ink
    number: int
    """Cells of the frame number."""
    time: int
    lane: int
    """Cells between the life lines."""
    sides: "_Sides"

    @property
    def left(self) -> int:
        """Cells before the left life line."""
        return self.number + 1 + self.time + 1 + self.sides.before

    @property
    def inner(self) -> int:
        """Cells from one life line to the other, both included."""
        return self.lane + 2


def ladder_lines(page: Page, conversation: Conversation) -> Iterator[str]:
    """Yield one conversation as a ladder."""
    messages = conversation.messages
    if messages is UNSET or not isinstance(messages, tuple) or not messages:
        yield page.line("    (no ladder: the messages were not kept)")
        return
    rows = rungs(conversation, fold=page.limit is not None)
    frame = _measure(page, conversation, messages, rows)
    yield from _ends(frame, messages[0])
    shown = rows if page.limit is None or len(rows) <= _MAX_ROWS else rows[:_MAX_ROWS]
    before: tuple[Reached | None, Reached | None] = (None, None)
    for rung in shown:
        yield from _rung_lines(frame, rung, before)
        if isinstance(rung, Arrow) and not rung.is_missing:
            before = (rung.initiator, rung.responder)
    if len(shown) < len(rows):
        yield from _words(
            frame, f"... {len(rows) - len(shown):,} more rows, up to frame {messages[-1].frame}: --all"
        )
    yield from _final_states(frame, conversation)


def _measure(
    page: Page, conversation: Conversation, messages: tuple[MessageLine, ...], rows: tuple[Rung, ...]
) -> _Frame:
    """Decide the columns for this width."""
    number = max(5, max(len(str(message.frame)) for message in messages))
    needed = 1 + max(len(_seconds(message.offset_ns)) for message in messages)
    time = needed if page.width < _NARROW else max(_TIME, needed)
    outside = number + 1 + time + 1 + 2
    sides = _sides(page, conversation, rows, page.width - outside)
    lane = max(min(page.width - outside - sides.before - sides.after, _MAX_LANE), 12)
    return _Frame(page, _ASCII if page.ascii_only else _UNICODE, number, time, lane, sides)


def _sides(page: Page, conversation: Conversation, rows: tuple[Rung, ...], room: int) -> _Sides:
    """Return the columns for the longest names that leave enough of the room to the messages."""
    peers = (conversation.initiator, conversation.responder)
    names = tuple(page.dialect or dialect_of(peer.implementation) for peer in peers)
    dialects = (names[0], names[1])
    arrows = [row for row in rows if isinstance(row, Arrow)]
    reached = ([a.initiator for a in arrows if a.initiator], [a.responder for a in arrows if a.responder])
    for cut, least in enumerate(_MIN_LANES):
        sides = _Sides(dialects, cut, None)
        words = [[cells(page.clean(sides.word(side, one))) for one in reached[side]] for side in (0, 1)]
        widths = (max(words[0], default=0), max(words[1], default=0))
        is_named = max(widths) > _SIDE
        widths = (max(widths[0], _SIDE), max(widths[1], _SIDE))
        if room - sum(widths) - 2 >= (least if is_named else _MIN_LANE):
            return _Sides(dialects, cut, widths)
    if room - 2 * (_SIDE + 1) >= _MIN_LANE:
        return _Sides(("", ""), 0, (_SIDE, _SIDE))
    return _Sides(("", ""), 0, None)


def _ends(frame: _Frame, message: MessageLine) -> Iterator[str]:
    """Yield the heading with both peers' addresses at their ends."""
    ends = (message.source, message.destination)
    left, right = ends if message.sender == "initiator" else ends[::-1]
    label = "frame".rjust(frame.number) + " " + "time".rjust(frame.time)
    yield from _both(frame, label, (left, ""), (right, ""))


def _both(frame: _Frame, label: str, left: tuple[str, str], right: tuple[str, str]) -> Iterator[str]:
    """Yield what stands at the initiator's life line and at the responder's, in one line if they fit.

    What is too long for that begins left of the life line, where no label stands in the way.
    """
    used = cells(left[0]) + cells(right[0])
    whole = frame.left + frame.inner + frame.sides.after
    for room in (frame.inner, whole - frame.left):
        if used + 2 <= room:
            lead = (label.ljust(frame.left), "quiet")
            yield frame.page.line(lead, left, " " * (room - used), right)
            return
    if not label and used + 2 <= whole:
        yield frame.page.line(" " * (whole - used - 2), left, "  ", right)
        return
    start = max(min(frame.left, whole - cells(left[0])), len(label) + 1 if label else 0)
    yield frame.page.line((label.ljust(start), "quiet"), left)
    yield frame.page.line(" " * max(whole - cells(right[0]), 0), right)


def _rung_lines(frame: _Frame, rung: Rung, before: tuple[Reached | None, Reached | None]) -> Iterator[str]:
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


def _arrow_lines(frame: _Frame, arrow: Arrow, before: tuple[Reached | None, Reached | None]) -> Iterator[str]:
    """Yield a message as an arrow with its label, and what did not fit on the arrow below it."""
    ink = frame.ink
    stroke = ink.dashed if arrow.is_repeated or arrow.is_missing else ink.stroke
    labels = frame.page.wrap(arrow.label, frame.lane - 6) or [""]
    label = labels[0]
    bar = stroke * max(frame.lane - cells(label) - 5, 1)
    to_right = arrow.sender == "initiator"
    drawn = f"{stroke * 2} {label} {bar}{ink.right}" if to_right else f"{ink.left}{bar} {label} {stroke * 2}"
    left, right = (
        "" if now is None or (was and was.progress == now.progress) else frame.sides.word(side, now)
        for side, (now, was) in enumerate(zip((arrow.initiator, arrow.responder), before, strict=True))
    )
    number = "" if arrow.is_missing else str(arrow.frame)
    time = "" if arrow.is_missing else f"+{_seconds(arrow.offset_ns)}"
    style = "warn" if arrow.is_missing else "quiet" if arrow.is_repeated else ""
    lead = _lead(frame, number, time, left)
    yield frame.page.line(lead, ink.line, (drawn, style), ink.line, f" {right}" if frame.sides.widths else "")
    for more in (
        *labels[1:],
        *(part for note in arrow.notes for part in frame.page.wrap(note, frame.lane - 8)),
    ):
        text = f"   {more}".ljust(frame.lane) if to_right else f"{more}   ".rjust(frame.lane)
        yield frame.page.line(" " * frame.left, ink.line, text, ink.line)


def _lead(frame: _Frame, number: str, time: str, state: str) -> str:
    """Return what stands before the left life line."""
    side = f"{state.rjust(frame.sides.before - 1)} " if frame.sides.widths else ""
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
    for one, other in zip(left, right, strict=True):
        yield from _both(frame, "", (one, "strong"), (other, "strong"))


def _final(page: Page, peer: Peer) -> tuple[str, str]:
    """Return a peer's state and its certainty."""
    far, state, certainty = state_words(page, peer)
    return page.clean(state), page.clean(f"{far}, {certainty}")


def _seconds(offset_ns: int) -> str:
    """Return an offset in seconds to the millisecond."""
    return f"{offset_ns / 1_000_000_000:.3f}"

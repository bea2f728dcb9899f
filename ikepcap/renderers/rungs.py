"""What the rows of a ladder say: one message each, long repetitions folded.

Nothing here knows how a row is drawn.
"""

from collections import Counter
from collections.abc import Iterator
from itertools import groupby
from typing import Final

from msgspec import UNSET, Struct

from ikepcap.renderers.words import count, frames, is_failed, repeated
from ikepcap.report.model import Conversation, MessageLine, Peer, Reached, Role

_FOLD_FROM: Final = 5
"""A run of so many rows that say the same is folded: its first and its last stay."""
_LATER: Final = ("quick", "transaction", "new-group")


class Arrow(Struct, frozen=True):
    """One message, or the one that is missing."""

    frame: int
    offset_ns: int
    sender: Role
    label: str
    notes: tuple[str, ...] = ()
    """What is odd about it."""
    initiator: Reached | None = None
    responder: Reached | None = None
    """The state either peer was in after it; without names where the report keeps none."""
    is_repeated: bool = False
    is_missing: bool = False


class Fold(Struct, frozen=True):
    """Rows that were folded."""

    text: str
    until_ns: int


class Heading(Struct, frozen=True):
    """A new exchange, or new addresses."""

    text: str


Rung = Arrow | Fold | Heading


def rungs(conversation: Conversation, *, fold: bool = True) -> tuple[Rung, ...]:
    """Return the rows of a conversation's ladder in order."""
    messages = conversation.messages
    if messages is UNSET or not isinstance(messages, tuple):
        return ()
    arrows = _arrows(conversation, messages)
    rows: list[Rung] = []
    for key, group in groupby(zip(messages, arrows, strict=True), key=lambda pair: _run_key(pair[0])):
        pairs = list(group)
        if fold and key and len(pairs) >= _FOLD_FROM:
            hidden = [message for message, _ in pairs[1:-1]]
            rows += [pairs[0][1], _fold(hidden, key), pairs[-1][1]]
        else:
            rows += [arrow for _, arrow in pairs]
    rows = list(_with_headings(rows, {message.frame: message for message in messages}))
    return (*rows, *_missing(conversation))


def _run_key(message: MessageLine) -> str:
    """Return what rows of a run have in common; empty for a row that stands for itself."""
    if message.defects or message.notifies or message.why:
        return ""
    if message.kind in ("retransmission", "duplicate"):
        return "copies"
    return "informational messages" if message.exchange == "informational" else ""


def _arrows(conversation: Conversation, messages: tuple[MessageLine, ...]) -> list[Arrow]:
    """Return an arrow for each message; copies know which of how many they are."""
    total = Counter(m.retransmission_of for m in messages if m.kind == "retransmission")
    seen: Counter[int | None] = Counter()
    initiator = _states(conversation.initiator, messages, [m.initiator_state for m in messages])
    responder = _states(conversation.responder, messages, [m.responder_state for m in messages])
    arrows = []
    for message, left, right in zip(messages, initiator, responder, strict=True):
        if message.kind == "retransmission":
            seen[message.retransmission_of] += 1
        nth = seen[message.retransmission_of] + 1
        arrows.append(
            Arrow(
                frame=message.frame,
                offset_ns=message.offset_ns,
                sender=message.sender,
                label=_label(message, nth, total[message.retransmission_of] + 1),
                notes=tuple(_notes(message)),
                initiator=left,
                responder=right,
                is_repeated=message.kind in ("retransmission", "duplicate"),
            )
        )
    return arrows


def _states(
    peer: Peer, messages: tuple[MessageLine, ...], progress: list[int | None]
) -> Iterator[Reached | None]:
    """Yield the state a peer was in after each message; a nameless one where its history was not kept."""
    history = peer.history if isinstance(peer.history, tuple) else ()
    named = {reached.progress: reached for reached in history}
    for message, now in zip(messages, progress, strict=True):
        yield None if now is None else named.get(now) or Reached(message.frame, now, {})


def _label(message: MessageLine, nth: int, total: int) -> str:
    """Return what stands on the arrow: the step, and what the message carries or repeats."""
    step = message.step or message.exchange
    if message.exchange == "informational":
        step = f"{step} {message.message_id}"
    if message.kind == "retransmission":
        return f"{step} again, {nth} of {total}"
    if message.kind == "duplicate":
        return f"{step} captured twice"
    return f"{step} {_content(message)}".rstrip()


def _content(message: MessageLine) -> str:
    """Return the payloads, or that they cannot be seen."""
    content = repeated(message.payloads)
    if message.encrypted:
        content = f"{content} (decrypted)" if content and message.decrypted else "encrypted"
    return content


def _notes(message: MessageLine) -> Iterator[str]:
    """Yield what is odd about a message, a line each."""
    if message.kind == "late":
        yield "out of order"
    if message.kind == "unexpected":
        yield f"unexpected: {message.why}" if message.why else "unexpected"
    elif message.why:
        yield message.why
    if message.notifies:
        yield f"notify {repeated(message.notifies)}"
    if message.fragment_frames:
        yield f"in {count(len(message.fragment_frames), 'fragment')}, {frames(message.fragment_frames)}"
    yield from (check for check in message.checks if is_failed(check))
    for defect in message.defects:
        yield f"defect: {defect}"


def _fold(hidden: list[MessageLine], key: str) -> Fold:
    """Return the row that stands for the middle of a run."""
    if key == "copies":
        steps = Counter(message.step or message.exchange for message in hidden)
        what = ", ".join(f"{step} {number:,} times" for step, number in steps.items())
        what = f"{what} again"
    else:
        what = f"{len(hidden):,} {key}"
    return Fold(f"{what}, frames {hidden[0].frame} to {hidden[-1].frame}", hidden[-1].offset_ns)


def _with_headings(rows: list[Rung], messages: dict[int, MessageLine]) -> Iterator[Rung]:
    """Yield the rows with a heading wherever a later exchange begins or the addresses change."""
    exchange: tuple[str, str] | None = None
    ends: frozenset[str] | None = None
    for row in rows:
        if isinstance(row, Arrow):
            message = messages[row.frame]
            now = frozenset((message.source, message.destination))
            if ends is not None and now != ends:
                yield Heading(f"now {' - '.join(_sides(message))}")
            ends = now
            if message.exchange in _LATER and (message.exchange, message.message_id) != exchange:
                exchange = (message.exchange, message.message_id)
                yield Heading(f"{message.exchange} {message.message_id}")
        yield row


def _sides(message: MessageLine) -> tuple[str, str]:
    """Return the initiator's end and the responder's."""
    if message.sender == "initiator":
        return message.source, message.destination
    return message.destination, message.source


def _missing(conversation: Conversation) -> Iterator[Arrow]:
    """Yield the message that was owed and never seen."""
    if conversation.awaited_message is not None and conversation.silent_peer is not None:
        label = f"MSG{conversation.awaited_message} not seen"
        yield Arrow(
            conversation.last_frame, conversation.elapsed_ns, conversation.silent_peer, label, is_missing=True
        )

"""Two negotiations side by side: what differs, message by message, and where they part.

A pure function over two conversations of reports and what their messages say in the clear. Nothing here knows
which of them is the good one, or how the answer is shown.
"""

from collections import Counter
from collections.abc import Iterator
from difflib import SequenceMatcher
from typing import Final

from msgspec import UNSET
from msgspec.structs import replace

from ikepcap.report.comparison import Cell, Comparison, Content, Detail, Row, Side, Summary
from ikepcap.report.model import Conversation, MessageLine, Role

_SLOWER: Final = 3
_SLOW_NS: Final = 500_000_000
"""An answer took longer when it took three times as long and half a second more."""
_COMPARED: Final = 400
"""Messages of either that are compared, copies not counted: what comes later is keepalives mostly."""
_PORTS: Final = "ports"
_STATED: Final = ("mode", "auth", "outcome")


def compare(left: Side, right: Side) -> Comparison:
    """Compare two conversations whose messages were kept."""
    ours, theirs = _cells(left), _cells(right)
    rows = tuple(_without_repeated_ports(_rows(ours[:_COMPARED], theirs[:_COMPARED])))
    parting = next((place for place, row in enumerate(rows) if row.left is None or row.right is None), None)
    later = () if parting is None else rows[parting:]
    return Comparison(
        left=_summary(left),
        right=_summary(right),
        whole=tuple(_whole(left, right)),
        rows=rows,
        parted_after=rows[parting - 1].step if parting else None,
        left_goes_on=next((row.step for row in later if row.left is not None), None),
        right_goes_on=next((row.step for row in later if row.right is not None), None),
        left_out=max(len(ours) - _COMPARED, 0) + max(len(theirs) - _COMPARED, 0),
    )


Named = tuple[str, Role, Cell]
"""Step, sender and message."""


def _cells(side: Side) -> list[Named]:
    """Return the messages of a side without their copies, each under the name of its step."""
    lines = side.conversation.messages
    if lines is UNSET or not isinstance(lines, tuple):
        return []
    copies: Counter[int] = Counter()
    last_ns: dict[int, int] = {}
    for line in lines:
        if line.kind in ("retransmission", "duplicate") and line.retransmission_of is not None:
            copies[line.retransmission_of] += line.kind == "retransmission"
            last_ns[line.retransmission_of] = line.offset_ns
    found: list[Named] = []
    exchanges: dict[tuple[str, str], int] = {}
    before_ns = 0
    for line in lines:
        if line.kind in ("retransmission", "duplicate"):
            continue
        cell = Cell(
            line.frame,
            line.offset_ns,
            line.offset_ns - before_ns,
            line.size_bytes,
            1 + copies[line.frame],
            last_ns.get(line.frame, line.offset_ns),
            line.payloads,
            line.encrypted,
            (_port(line.source), _port(line.destination)),
            line.notifies,
            side.contents.get(line.frame, Content()),
        )
        found.append((_step(line, exchanges), line.sender, cell))
        before_ns = line.offset_ns
    return found


def _step(line: MessageLine, exchanges: dict[tuple[str, str], int]) -> str:
    """Return a step's name; later exchanges of a kind are told apart by their order."""
    step = line.step or line.exchange
    if line.exchange in ("main", "aggressive", "base", "informational"):
        return step
    key = (line.exchange, line.message_id)
    if key not in exchanges:
        exchanges[key] = 1 + sum(kind == line.exchange for kind, _ in exchanges)
    return step if exchanges[key] == 1 else f"{step} of {line.exchange} {exchanges[key]}"


def _port(end: str) -> int:
    return int(end.rpartition(":")[2])


def _rows(left: list[Named], right: list[Named]) -> Iterator[Row]:
    """Put messages of the same step and sender side by side."""
    steps, other_steps = ([(step, sender) for step, sender, _ in side] for side in (left, right))
    matcher = SequenceMatcher(None, steps, other_steps, autojunk=False)
    for kind, start, end, other_start, other_end in matcher.get_opcodes():
        if kind == "equal":
            for (step, sender, cell), (_, _, other) in zip(
                left[start:end], right[other_start:other_end], strict=True
            ):
                yield Row(step, sender, cell, other, tuple(_details(cell, other)))
            continue
        for step, sender, cell in left[start:end]:
            yield Row(step, sender, cell, None)
        for step, sender, cell in right[other_start:other_end]:
            yield Row(step, sender, None, cell)


def _without_repeated_ports(rows: Iterator[Row]) -> Iterator[Row]:
    """Say that ports differ where they begin to, in either direction, and not of every message after it."""
    known: dict[Role, Detail | None] = {}
    for row in rows:
        ports = next((one for one in row.details if one.subject == _PORTS), None)
        if ports is not None and known.get(row.sender) == ports:
            row = replace(row, details=tuple(one for one in row.details if one is not ports))
        elif row.left is not None and row.right is not None:
            known[row.sender] = ports
        yield row


def _details(left: Cell, right: Cell) -> Iterator[Detail]:
    """Yield what differs between two messages of the same step."""
    yield from _detail("offer", left.content.offer, right.content.offer)
    yield from _detail("vendor IDs", left.content.vendor_ids, right.content.vendor_ids)
    yield from _detail("identity", left.content.identities, right.content.identities)
    # How many vendor IDs there are is said by what they are.
    yield from _detail("payloads", *(_but_vendor_ids(cell.payloads) for cell in (left, right)))
    yield from _detail("notify", left.notifies, right.notifies)
    yield from _detail("encrypted", *((str(cell.is_encrypted).lower(),) for cell in (left, right)))
    yield from _detail(_PORTS, *((f"{cell.ports[0]} > {cell.ports[1]}",) for cell in (left, right)))
    yield from _detail("octets", (f"{left.size_bytes:,}",), (f"{right.size_bytes:,}",))
    yield from _detail("sent", *((_times(cell),) for cell in (left, right)))
    short, long = sorted((left.waited_ns, right.waited_ns))
    if long > _SLOWER * short and long - short > _SLOW_NS:
        yield from _detail("came after", *((f"{cell.waited_ns / 1e9:.1f} s",) for cell in (left, right)))


def _times(cell: Cell) -> str:
    return "once" if cell.copies == 1 else f"{cell.copies:,} times"


def _but_vendor_ids(payloads: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(name for name in payloads if name != "VID")


def _detail(subject: str, left: tuple[str, ...], right: tuple[str, ...]) -> Iterator[Detail]:
    if left != right:
        yield Detail(subject, left, right)


def _whole(left: Side, right: Side) -> Iterator[Detail]:
    """Yield what differs of the negotiations as a whole."""
    ours, theirs = left.conversation, right.conversation
    for name in _STATED:
        yield from _detail(name, *(_words(getattr(one, name)) for one in (ours, theirs)))
    for role in ("initiator", "responder"):
        one, other = getattr(ours, role), getattr(theirs, role)
        yield from _detail(role, (one.address,), (other.address,))
        yield from _detail(f"{role} runs", _words(one.implementation), _words(other.implementation))
    yield from _detail("choice", _choice(ours), _choice(theirs))
    yield from _detail("behind NAT", *(tuple(_nat(one)) for one in (ours, theirs)))
    yield from _detail("moved to 4500", *(_words(one.nat.moved_to_4500) for one in (ours, theirs)))
    yield from _detail("findings", *(tuple(f.code for f in one.findings) for one in (ours, theirs)))


def _words(value: object) -> tuple[str, ...]:
    return (
        ()
        if value is None
        else ({True: "yes", False: "no"}[value] if isinstance(value, bool) else str(value),)
    )


def _choice(conversation: Conversation) -> tuple[str, ...]:
    chosen = conversation.chosen
    if chosen is None:
        return ()
    lifetimes = (
        None if chosen.lifetime_s is None else f"{chosen.lifetime_s} s",
        None if chosen.lifetime_kb is None else f"{chosen.lifetime_kb} kB",
    )
    words = (chosen.encryption, chosen.hash, chosen.group, chosen.auth, *lifetimes)
    return tuple(word for word in words if word is not None)


def _nat(conversation: Conversation) -> Iterator[str]:
    if conversation.nat.initiator_behind_nat:
        yield "initiator"
    if conversation.nat.responder_behind_nat:
        yield "responder"


def _summary(side: Side) -> Summary:
    one = side.conversation
    return Summary(
        side.name,
        one.id,
        side.why,
        one.initiator.address,
        one.responder.address,
        one.mode,
        one.auth,
        one.outcome,
        one.summary,
        (one.initiator_cookie, one.responder_cookie),
    )

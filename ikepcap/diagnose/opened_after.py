"""Findings about an established SA where a key opened what followed: deletes, and dead-peer detection."""

from collections.abc import Iterator
from typing import Final

from ikepcap.diagnose.case import Case
from ikepcap.diagnose.finding import Finding
from ikepcap.diagnose.later import ended_before_tunnel
from ikepcap.diagnose.opened_user import verdict
from ikepcap.diagnose.wording import listing, span
from ikepcap.state.judge import UNANSWERED
from ikepcap.track.conversation import Deleted, Seen
from ikepcap.wire.numbers import NotifyType, Protocol, word

_SEQUENCE_BYTES: Final = 4
_LISTED: Final = 4


def deleted(case: Case) -> Iterator[Finding]:
    """A peer deleted SAs of this negotiation, as one does in the end, unless `later.deleted` says more."""
    found = [
        (s, one) for s in case.seen if s.copy_of < 0 and s.inside is not None for one in s.inside.deleted
    ]
    login = verdict(case)
    if not found or case.standing.outcome != "established" or (login is not None and not login[1]):
        return
    if ended_before_tunnel(case) is not None:
        return
    first, _ = found[0]
    waited_ns = max(0, first.time_ns - _came_up_ns(case))
    names = [_name(case, one) for s, one in found if s.sender == first.sender]
    evidence = [
        f"Frame {s.frame} from {case.names[s.sender]} deletes {_name(case, one)}{_foreign(case, s, one)}"
        for s, one in found[:_LISTED]
    ]
    who = f"the {case.role(first.sender)} {case.names[first.sender]}"
    yield case.finding(
        "sa-deleted", "proven", f"In the end {who} deleted {listing(list(dict.fromkeys(names))[:_LISTED])}.",
        [s for s, _ in found], *evidence,
        f"The first delete came {span(waited_ns)} after the last SA had come up",
    )  # fmt: skip


def _came_up_ns(case: Case) -> int:
    """Return when the last exchange that makes an SA was complete."""
    final = case.sendings(case.course.final)[:1]
    ends = [s.time_ns for s in final]
    for exchange in case.standing.later:
        if exchange.kind == "quick" and exchange.outcome == "established":
            last = exchange.steps.index(exchange.last)
            ends.append(case.seen[exchange.indexes[last]].time_ns)
    return max(ends, default=case.seen[0].time_ns)


def _name(case: Case, one: Deleted) -> str:
    """Say which SA a delete means."""
    if one.protocol == Protocol.ISAKMP:
        cookies = case.conversation.initiator_cookie + (case.conversation.responder_cookie or b"")
        others = [spi for spi in one.spis if spi != cookies]
        return f"another ISAKMP SA, {others[0].hex()[:16]}" if others else "this ISAKMP SA"
    spis = listing([spi.hex() for spi in one.spis[:_LISTED]])
    return f"the {word(Protocol, one.protocol)} SA {spis}"


def _foreign(case: Case, message: Seen, one: Deleted) -> str:
    """Add that an SA is of no quick mode here, as after a renewal of phase 1, or where that began late."""
    chosen = {
        proposal.spi
        for s in case.seen
        if s.inside is not None and s.inside.offer is not None and s.sender == message.sender
        for proposal in s.inside.offer.proposals
    }
    is_ours = one.protocol == Protocol.ISAKMP or bool(chosen.intersection(one.spis))
    return "" if is_ours else ", which no opened quick mode made"


def unanswered_dpd(case: Case) -> Iterator[Finding]:
    """R-U-THERE without R-U-THERE-ACK, told by their sequence numbers (RFC 3706 §5.4)."""
    if case.standing.outcome != "established" or not all(map(case.has_spoken, (0, 1))):
        return
    for sender in (0, 1):
        asked = _dpd(case, NotifyType.R_U_THERE, sender)
        acks = _dpd(case, NotifyType.R_U_THERE_ACK, 1 - sender)
        last_ns = max((s.time_ns for s, _ in acks), default=0)
        waiting = [(s, number) for s, number in asked if s.time_ns > last_ns]
        owes = acks or "dpd" in case.capabilities(1 - sender)
        after = [s for s in case.seen if s.sender != sender and waiting and s.time_ns > waiting[0][0].time_ns]
        if len(waiting) < UNANSWERED or not owes or any(s.copy_of < 0 for s in after):
            continue
        yield _dead(case, sender, waiting, acks)


def _dead(case: Case, sender: int, waiting: list[tuple[Seen, int]], acks: list[tuple[Seen, int]]) -> Finding:
    gone, (first, low), (last, high) = 1 - sender, waiting[0], waiting[-1]
    numbers = f"sequence number {low}" if low == high else f"sequence numbers {low} to {high}"
    evidence = [
        (
            f"{len(waiting)} R-U-THERE with {numbers} in {span(last.time_ns - first.time_ns)} from "
            f"{case.names[sender]}, and no R-U-THERE-ACK to them"
        )
    ]
    if acks:
        evidence.append(f"The last R-U-THERE-ACK, in frame {acks[-1][0].frame}, was to {acks[-1][1]}")
    else:
        evidence.append(f"{case.names[gone]} announced dead-peer detection, and acknowledged none")
    still = [
        flow for flow in case.conversation.esp
        if flow.source == _octets(case, gone) and flow.last_ns > last.time_ns
    ]  # fmt: skip
    evidence += [
        f"ESP from it under SPI {flow.spi.hex()} went on until frame {flow.last_frame}" for flow in still
    ]
    return case.finding(
        "dead-peer", "likely",
        f"The {case.role(gone)} {case.names[gone]} is gone: it does not answer dead-peer detection.",
        [s for s, _ in waiting], *evidence,
        alternatives=("replies-lost", "peer-restarted"),
        settles_it=f"Is {case.names[gone]} up, and does it still hold this SA?",
    )  # fmt: skip


def _octets(case: Case, side: int) -> bytes:
    return (case.conversation.initiator, case.conversation.responder)[side]


def _dpd(case: Case, kind: int, sender: int) -> list[tuple[Seen, int]]:
    """Return the messages of one peer with a notify of dead-peer detection, and its sequence number."""
    return [
        (s, int.from_bytes(notice.data[:_SEQUENCE_BYTES]))
        for s in case.seen
        if s.sender == sender and s.inside is not None and not s.is_duplicate
        for notice in s.inside.notices
        if notice.type == kind
    ]


def reads_dpd(case: Case) -> bool:
    """Whether keys opened informationals: then what is a keepalive need not be told from sizes."""
    return any(s.inside is not None and (s.inside.notices or s.inside.deletes) for s in case.seen)

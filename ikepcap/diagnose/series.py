"""Findings that take the other negotiations of the same peers into account."""

from collections.abc import Iterator
from typing import Final

from msgspec.structs import replace

from ikepcap.diagnose.case import Case
from ikepcap.diagnose.finding import Finding
from ikepcap.diagnose.wording import address, span
from ikepcap.track.conversation import INITIATOR, RESPONDER, Fight, Other, Seen
from ikepcap.track.open import CROSSING_NS
from ikepcap.track.pair import may_be_one

HALF_OPEN_LIMIT: Final = 5
"""strongSwan's block_threshold: so many half-open negotiations of one address, and it ignores MSG1 of it."""
HALF_OPEN_NS: Final = 30 * 10**9
"""How long strongSwan keeps a half-open one."""


def half_open(case: Case) -> Iterator[Finding]:
    """MSG1 is not answered after the same peer was answered several times and never went on."""
    if case.standing.outcome != "stalled" or case.has_spoken(RESPONDER):
        return
    began_ns = case.seen[0].time_ns
    pending = [
        o for o in case.conversation.others
        if o.initiator == case.conversation.initiator and o.is_answered and not o.came_up
        and 0 < began_ns - o.began_ns < HALF_OPEN_NS
    ]  # fmt: skip
    if len(pending) >= HALF_OPEN_LIMIT:
        yield case.finding(
            "overloaded", "likely",
            f"The responder {case.names[1]} answered {case.names[0]} before and does not now: consistent "
            "with a limit on half-open negotiations.",
            [*(o.frame for o in pending), case.seen[0]],
            f"{len(pending)} negotiations of the same initiator were answered and not finished in the "
            f"{span(HALF_OPEN_NS)} before",
            alternatives=("no-reply", "peer-went-silent"),
            settles_it=f"The log of {case.names[1]} names a limit that was reached.",
        )  # fmt: skip


def renewal(case: Case) -> Iterator[Finding]:
    """A negotiation between these peers came up before and still lives, and the next one does not come up."""
    if case.standing.outcome not in ("stalled", "refused") or case.conversation.crossed:
        return
    silent = (case.conversation.initiator, case.conversation.responder)[case.standing.silent or 0]
    began_ns = case.seen[0].time_ns
    before = [
        o for o in case.conversation.others
        if o.came_up and o.began_ns < began_ns < (o.spoke_ns[o.initiator != silent] or 0)
        and may_be_same(case, o)
    ]  # fmt: skip
    if before:
        last = before[-1]
        yield case.finding(
            "rekey-failed", "possible",
            "An earlier negotiation of these peers lives: what fails is its renewal, or one beside it.",
            [last.frame, case.seen[0]],
            f"The one that begins in frame {last.frame}, {span(began_ns - last.began_ns)} before, came up, "
            "and the peer that fails here went on speaking in it",
            settles_it="Does the earlier tunnel still carry traffic, and was either policy changed since?",
        )  # fmt: skip


def fight(case: Case) -> Iterator[Finding]:
    """Two clients end one another's negotiations, again and again: to the responder they are one."""
    found, ousted = case.conversation.fight, case.conversation.ousted
    if found is None:
        return
    responder = case.names[RESPONDER]
    client = f"{case.names[INITIATOR]} port {case.conversation.initiator_port}"
    said = [s for s in case.seen if s.sender == RESPONDER]
    last = [s for s in said if ousted is None or s.time_ns <= ousted.again_ns][-1:]
    if ousted is not None and not ousted.by:
        yield _ended_in_vain(case, found, last[0], ousted.again_ns)
        return
    evidence = [
        (
            f"{found.count} negotiations with {responder} were ended so in "
            f"{span(found.last_ns - found.first_ns)}, each as another client's came up, and begun anew"
        )
    ]
    if ousted is not None and last:
        evidence += [
            (
                f"This one was ended in frame {last[0].frame}, as the one of {address(ousted.client)} port "
                f"{ousted.port} came up that begins in frame {ousted.frame}"
            ),
            f"{client} began anew {span(ousted.again_ns - last[0].time_ns)} after that",
        ]
    told = case.finding(
        "deleted-by-peer", "likely",
        f"The responder {responder} ends what is up whenever another client comes up, and both come back: "
        "consistent with two clients that have the same identity.",
        [*case.seen[:1], *last, *([ousted.frame] if ousted is not None else [])], *evidence,
        settles_it=f"The log of {responder} names the identity and says that it replaces an older SA of it.",
    )  # fmt: skip
    # The evidence is in what becomes of all of them.
    yield replace(
        told, display_filter=f"isakmp && {'ipv6' if ':' in responder else 'ip'}.addr == {responder}"
    )


def _ended_in_vain(case: Case, found: Fight, last: Seen, again_ns: int) -> Finding:
    responder = case.names[RESPONDER]
    return case.finding(
        "deleted-by-peer", "likely",
        f"The responder {responder} ends what came up each time, within seconds: consistent with a limit, or "
        "with another client that has the same identity.",
        [case.seen[0], last],
        f"{found.count} negotiations of {case.names[INITIATOR]} in a row were ended so in "
        f"{span(found.last_ns - found.first_ns)}",
        f"Frame {last.frame} is the last word of {responder} in this one; {case.names[INITIATOR]} began anew "
        f"{span(again_ns - last.time_ns)} after that",
        settles_it=f"The log of {responder} says why: capture there, too, to see who else comes up.",
    )  # fmt: skip


def may_be_same(case: Case, other: Other) -> bool:
    """Whether another negotiation may be of the same two peers, and not of two clients behind one NAT."""
    own = _ports(case, INITIATOR), _ports(case, RESPONDER)
    if other.initiator != case.conversation.initiator:
        own = own[::-1]
    return all(map(may_be_one, own, other.ports))


def _ports(case: Case, side: int) -> frozenset[int]:
    return frozenset(s.source_port if s.sender == side else s.destination_port for s in case.seen)


def is_redundant(case: Case, began_ns: int) -> bool:
    """Whether a tunnel that was begun at this time came up in a negotiation that crossed this one."""
    return case.conversation.crossed and any(
        o.has_tunnel
        and o.initiator == case.conversation.responder
        and abs(began_ns - o.began_ns) < CROSSING_NS
        for o in case.conversation.others
    )


def other_came_up(case: Case) -> bool:
    """Of two negotiations that crossed, the other one came up."""
    return any(o.came_up and o.initiator == case.conversation.responder for o in case.conversation.others)

"""Findings about the path: what routers say in ICMP errors, and fragments that never become whole."""

from collections.abc import Iterator
from typing import Final

from ikepcap.capture.datagram import IcmpError
from ikepcap.diagnose.case import Case
from ikepcap.diagnose.finding import Finding
from ikepcap.diagnose.wording import address, copies
from ikepcap.state.waiting import lost_for_good, parts_lost_for_good
from ikepcap.track.conversation import INITIATOR, RESPONDER

CLOSED: Final = "port-closed"
_UNREACHABLE: Final = "unreachable"
_FILTERED: Final = "filtered"
_FRAGMENTS: Final = "fragments-lost"

# (IP version, type, code): finding and words. RFC 792, RFC 1122 §3.2.2.1, RFC 1812 §5.2.7.1, RFC 4443 §3.
ICMP: Final[dict[tuple[int, int, int], tuple[str, str]]] = {
    (4, 3, 0): (_UNREACHABLE, "net unreachable"),
    (4, 3, 1): (_UNREACHABLE, "host unreachable"),
    (4, 3, 2): (_UNREACHABLE, "protocol unreachable"),
    (4, 3, 3): (CLOSED, "port unreachable"),
    (4, 3, 5): (_UNREACHABLE, "source route failed"),
    (4, 3, 6): (_UNREACHABLE, "destination net unknown"),
    (4, 3, 7): (_UNREACHABLE, "destination host unknown"),
    (4, 3, 9): (_FILTERED, "net administratively prohibited"),
    (4, 3, 10): (_FILTERED, "host administratively prohibited"),
    (4, 3, 11): (_UNREACHABLE, "net unreachable for this type of service"),
    (4, 3, 12): (_UNREACHABLE, "host unreachable for this type of service"),
    (4, 3, 13): (_FILTERED, "communication administratively prohibited"),
    (4, 11, 0): (_UNREACHABLE, "time to live exceeded in transit"),
    (4, 11, 1): (_FRAGMENTS, "fragment reassembly time exceeded"),
    (6, 1, 0): (_UNREACHABLE, "no route to destination"),
    (6, 1, 1): (_FILTERED, "administratively prohibited"),
    (6, 1, 2): (_UNREACHABLE, "beyond scope of source address"),
    (6, 1, 3): (_UNREACHABLE, "address unreachable"),
    (6, 1, 4): (CLOSED, "port unreachable"),
    (6, 1, 5): (_FILTERED, "source address failed policy"),
    (6, 1, 6): (_FILTERED, "route rejected"),
    (6, 3, 0): (_UNREACHABLE, "hop limit exceeded in transit"),
    (6, 3, 1): (_FRAGMENTS, "fragment reassembly time exceeded"),
}
_SETTLES_ICMP: Final = {
    CLOSED: "Ask {who} which program has UDP {port} open.",
    _UNREACHABLE: "Follow the route towards {target} from {who}.",
    _FILTERED: "{who} has a rule that rejects UDP {port}: look for it there.",
    _FRAGMENTS: "Capture at {sender} and at {target}, and compare which fragments leave and arrive.",
}
_REJECTED: Final = "{who} has a rule that rejects UDP {port}, or does not forward it: look there."
"""Of a port that is closed on the way, or where the peer is behind a NAT."""
_ENDED: Final = "The log of {who} says why its IKE program ended."


def named(error: IcmpError) -> str:
    """Return an ICMP error in words."""
    known = ICMP.get((error.version, error.kind, error.code))
    return known[1] if known is not None else f"error of type {error.kind}, code {error.code},"


def finding_of(error: IcmpError) -> str | None:
    """Return the code of the finding that an ICMP error makes."""
    known = ICMP.get((error.version, error.kind, error.code))
    return None if known is None else known[0]


def icmp_errors(case: Case) -> Iterator[Finding]:
    """An ICMP error that quotes a datagram of this conversation says why it was not delivered."""
    if case.standing.outcome not in ("stalled", "in-progress"):
        return
    by_kind: dict[tuple[str, str, bytes], list[IcmpError]] = {}
    for error in case.conversation.icmp:
        known = ICMP.get((error.version, error.kind, error.code))
        if known is not None:
            by_kind.setdefault((*known, error.reporter), []).append(error)
    for (code, words, reporter), errors in sorted(by_kind.items(), key=lambda item: item[1][0].frame):
        target, port = address(errors[0].destination), errors[0].destination_port
        who = address(reporter)
        is_between = reporter != errors[0].destination
        by = f", on the way to {target}," if is_between else ""
        side = INITIATOR if errors[0].destination == case.conversation.initiator else RESPONDER
        spoke = any(s.sender == side and s.source_port == port for s in case.seen)
        is_gone = code == CLOSED and spoke and not is_between
        settles = _SETTLES_ICMP[code]
        claim = f"{who} answered with ICMP {words}"
        if code == CLOSED and is_between:
            claim, settles = f"{who}{by} rejects UDP {port} with ICMP {words}, as firewalls do", _REJECTED
        elif code == CLOSED:
            claim += f": nothing listens on UDP {port} there"
            behind_nat = (case.standing.nat.initiator, case.standing.nat.responder)[side]
            settles = _ENDED if is_gone else _REJECTED if behind_nat else settles
        elif code == _FILTERED:
            claim += f": a filter rejects the datagrams to {target}"
        elif code == _FRAGMENTS:
            claim += ": it got some fragments of a message and not the others"
        yield case.finding(
            code, "proven", claim + (" any more." if is_gone else "."), (e.frame for e in errors),
            f"{copies(len(errors)).capitalize()} an ICMP {words} from {who}{by} quotes a datagram to "
            f"{target} UDP {port}",
            alternatives=_why_gone(case, side) if is_gone else (),
            settles_it=settles.format(who=who, port=port, target=target, sender=case.names[1 - side]),
        )  # fmt: skip


def _why_gone(case: Case, side: int) -> tuple[str, ...]:
    """What may have made a program end that had taken part so far."""
    # An initiator that rejects MSG2 of aggressive mode, where the responder proves the key, may end for that.
    rejects = case.course.mode == "aggressive" and side == INITIATOR and case.is_psk()
    return (*(("psk-mismatch",) if rejects else ()), "peer-restarted")


def lost_fragments(case: Case) -> Iterator[Finding]:
    """A message came in part only: its IP or IKE fragments never completed."""
    if case.standing.outcome == "established" or not (case.conversation.lost or case.conversation.lost_parts):
        return
    for side in (INITIATOR, RESPONDER):
        peer = case.conversation.initiator if side == INITIATOR else case.conversation.responder
        evidence: list[str] = []
        numbers: list[int] = []
        # IKE fragments are whole datagrams: a ping of that size tells nothing about them.
        settles = f"Capture at {case.names[side]}: do all fragments leave there?"
        for lost in (item for item in lost_for_good(case.conversation) if item.source == peer):
            whole = f" of {lost.total_bytes}" if lost.total_bytes is not None else ""
            gaps = ", ".join(f"{a}-{'end' if b is None else b - 1}" for a, b in lost.missing[:4])
            evidence.append(
                f"IP datagram {lost.ip_id:#06x}: {lost.captured_bytes}{whole} octets in {len(lost.frames)} "
                f"fragment{'s' if len(lost.frames) > 1 else ''}, missing octets {gaps or 'unknown'}"
            )
            numbers += lost.frames
            settles = "Capture at both ends and compare; send the same size with ping and DF cleared."
        for parts in (item for item in parts_lost_for_good(case.conversation) if item.sender == side):
            total = f" of {parts.total}" if parts.total else ""
            have = ", ".join(map(str, parts.have[:16]))
            evidence.append(f"IKE fragments {have}{total} of one message, the rest never came")
            numbers += parts.frames
        if evidence:
            claim = f"A message of the {case.role(side)} came in part only: fragments of it are missing."
            yield case.finding(
                _FRAGMENTS, "proven", claim, numbers, *evidence[:6],
                alternatives=("one-sided",),
                settles_it=settles,
            )  # fmt: skip

"""Findings about the path: silence, ICMP errors, replies and fragments that do not arrive.

They need no knowledge of vendors: only who sent what, how often, and what a router said about it.
"""

from collections.abc import Iterator
from typing import Final

from ikepcap.capture.datagram import NATT_PORT, IcmpError
from ikepcap.diagnose.case import Case
from ikepcap.diagnose.finding import Finding
from ikepcap.diagnose.wording import address, copies, span
from ikepcap.track.conversation import INITIATOR, RESPONDER

_CLOSED: Final = "port-closed"
_UNREACHABLE: Final = "unreachable"
_FILTERED: Final = "filtered"
_FRAGMENTS: Final = "fragments-lost"

# (IP version, type, code): finding and words. RFC 792, RFC 1122 §3.2.2.1, RFC 1812 §5.2.7.1, RFC 4443 §3.
ICMP: Final[dict[tuple[int, int, int], tuple[str, str]]] = {
    (4, 3, 0): (_UNREACHABLE, "net unreachable"),
    (4, 3, 1): (_UNREACHABLE, "host unreachable"),
    (4, 3, 2): (_UNREACHABLE, "protocol unreachable"),
    (4, 3, 3): (_CLOSED, "port unreachable"),
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
    (6, 1, 4): (_CLOSED, "port unreachable"),
    (6, 1, 5): (_FILTERED, "source address failed policy"),
    (6, 1, 6): (_FILTERED, "route rejected"),
    (6, 3, 0): (_UNREACHABLE, "hop limit exceeded in transit"),
    (6, 3, 1): (_FRAGMENTS, "fragment reassembly time exceeded"),
}
_SETTLES_ICMP: Final = {
    _CLOSED: "Ask the host that sent the error which program has UDP {port} open.",
    _UNREACHABLE: "Follow the route towards {target} from the host that sent the error.",
    _FILTERED: "Look for the rule on the host that sent the error that rejects UDP {port}.",
    _FRAGMENTS: "Capture at {target} and compare which fragments arrive.",
}


def icmp_errors(case: Case) -> Iterator[Finding]:
    """An ICMP error that quotes a datagram of this conversation says why it was not delivered."""
    if case.standing.outcome not in ("stalled", "in-progress", "probe"):
        return
    by_kind: dict[tuple[str, str, bytes], list[IcmpError]] = {}
    for error in case.conversation.icmp:
        known = ICMP.get((error.version, error.kind, error.code))
        if known is not None:
            by_kind.setdefault((*known, error.reporter), []).append(error)
    for (code, words, reporter), errors in sorted(by_kind.items(), key=lambda item: item[1][0].frame):
        target, port = address(errors[0].destination), errors[0].destination_port
        who = address(reporter)
        by = "itself" if reporter == errors[0].destination else f"({who}, on the way to {target})"
        claim = f"{who} answered with ICMP {words}"
        if code == _CLOSED:
            claim += f": nothing listens on UDP {port} there"
        elif code == _FILTERED:
            claim += f": a filter rejects the datagrams to {target}"
        yield case.finding(
            code, "proven", claim + ".", (e.frame for e in errors),
            f"{copies(len(errors)).capitalize()} an ICMP {words} from {who} {by} quotes a datagram to "
            f"{target} UDP {port}",
            settles_it=_SETTLES_ICMP[code].format(port=port, target=target),
        )  # fmt: skip


def lost_fragments(case: Case) -> Iterator[Finding]:
    """A message came in part only: its IP or IKE fragments never completed."""
    if case.standing.outcome == "established":
        return
    for side in (INITIATOR, RESPONDER):
        peer = case.conversation.initiator if side == INITIATOR else case.conversation.responder
        evidence: list[str] = []
        numbers: list[int] = []
        for lost in (item for item in case.conversation.lost if item.source == peer):
            whole = f" of {lost.total_bytes}" if lost.total_bytes is not None else ""
            gaps = ", ".join(f"{a}-{'end' if b is None else b - 1}" for a, b in lost.missing[:4])
            evidence.append(
                f"IP datagram {lost.ip_id:#06x}: {lost.captured_bytes}{whole} octets in {len(lost.frames)} "
                f"fragment{'s' if len(lost.frames) > 1 else ''}, missing octets {gaps or 'unknown'}"
            )
            numbers += lost.frames
        for parts in (item for item in case.conversation.lost_parts if item.sender == side):
            total = f" of {parts.total}" if parts.total else ""
            have = ", ".join(map(str, parts.have[:16]))
            evidence.append(f"IKE fragments {have}{total} of one message, the rest never came")
            numbers += parts.frames
        if evidence:
            claim = f"A message of the {case.role(side)} came in part only: fragments of it are missing."
            yield case.finding(
                _FRAGMENTS, "proven", claim, numbers, *evidence[:6],
                alternatives=("one-sided",),
                settles_it="Capture at both ends and compare; send the same size with ping and DF cleared.",
            )  # fmt: skip


def silence(case: Case) -> Iterator[Finding]:
    """Whoever owed the next message sent nothing that moves the negotiation on."""
    standing = case.standing
    if standing.outcome != "stalled" or standing.awaited is None or standing.silent is None:
        return
    last = case.course.last or 0
    sent = case.last_sendings()
    took = sent[-1].time_ns - sent[0].time_ns if sent else 0
    said = f"MSG{last} was sent {copies(len(sent))}" + (f" over {span(took)}" if len(sent) > 1 else "")
    silent, awaited = standing.silent, standing.awaited
    who, name = case.role(silent), case.names[silent]
    if standing.waiting.repeated_before or standing.reason == "last-lost":
        yield from _replies_lost(case, said)
        return
    if case.conversation.icmp or not sent:
        return
    quiet = f"No message from {name} in the {span(case.silence_ns())} after frame "
    if not case.has_spoken(silent):
        yield case.finding(
            "no-reply", "proven",
            f"Nothing at all came back from the {who} {name}.", sent,
            said, quiet + f"{sent[0].frame}",
            alternatives=("filtered", "unknown-peer", "replies-lost"),
            settles_it=f"Capture at {name}: does MSG{last} arrive there, and does anything leave?",
        )  # fmt: skip
        return
    own = [s for s in case.seen if s.sender == silent]
    blocked = tuple(_nat_t_blocked(case, said))
    yield from blocked
    if blocked or standing.waiting.fragments:
        return  # what is more exact has been said
    yield case.finding(
        "peer-went-silent", "likely",
        f"The {who} {name} answered before and then fell silent: MSG{awaited} never came.",
        [own[-1], *sent],
        said, quiet + f"{own[-1].frame}, its last",
        alternatives=_silence_readings(case, awaited),
        settles_it=f"Capture at {name}: does MSG{last} arrive there, and what does its log say then?",
    )  # fmt: skip


def _silence_readings(case: Case, awaited: int) -> tuple[str, ...]:
    """What else a silence at this place is consistent with."""
    if case.course.mode == "main" and awaited == 4:
        return ("no-shared-secret", "fragments-lost", "replies-lost")
    if case.course.mode == "main" and awaited == case.course.final:
        first = "psk-mismatch" if case.is_psk() else "authentication-failed"
        return (first, "fragments-lost", "replies-lost")
    return ("replies-lost",)


def _nat_t_blocked(case: Case, said: str) -> Iterator[Finding]:
    """The negotiation stopped when it moved to UDP 4500, and nothing ever came back there."""
    silent, standing = case.standing.silent, case.standing
    sent = case.last_sendings()
    on_4500 = [s for s in sent if s.destination_port == NATT_PORT]
    before = [s for s in case.seen if s.destination_port != NATT_PORT and s.source_port != NATT_PORT]
    answered = [s for s in case.seen if s.sender == silent and s.source_port == NATT_PORT]
    if not (standing.nat.moved and on_4500 and before) or answered:
        return
    yield case.finding(
        "nat-t-blocked", "likely",
        "It stopped with the move to UDP 4500: nothing came back on that port.",
        [before[-1], *on_4500],
        said + " on UDP 4500", f"Frame {before[-1].frame} is the last on UDP 500",
        alternatives=("psk-mismatch",) if case.is_psk() else ("authentication-failed", "fragments-lost"),
        settles_it="Capture on UDP 4500 at the other peer, or let UDP 4500 pass on every filter between.",
    )  # fmt: skip


def _replies_lost(case: Case, said: str) -> Iterator[Finding]:
    """A peer answers, and the other goes on repeating itself: what is sent does not arrive, or is not taken."""
    course, answer = case.course, case.course.last or 0
    asked = answer - 1
    first_answer = case.seen[course.first[answer]]
    again = [case.seen[i] for i in course.copies(asked, after=course.first[answer])]
    asker = case.owner(asked)
    repeated = f"MSG{asked} was sent {len(again)} more times after MSG{answer} in frame {first_answer.frame}"
    # MSG5 is the first message that only the right key can read: not taken looks the same as not arrived.
    first_encrypted = course.mode == "main" and answer == course.final - 1
    blocked = tuple(_nat_t_blocked(case, said)) if first_encrypted else ()
    yield from blocked
    if first_encrypted and case.is_psk():
        yield case.finding(
            "psk-mismatch", "possible" if blocked else "likely",
            f"Both peers repeat themselves at MSG{asked} and MSG{answer}, the first encrypted message: "
            f"consistent with pre-shared keys that differ.",
            [first_answer, *again],
            repeated, said,
            alternatives=("replies-lost", "nat-t-blocked"),
            settles_it=f"The log of the {asker} says whether MSG{answer} arrived and could not be read.",
        )  # fmt: skip
        return
    yield case.finding(
        "replies-lost", "possible" if blocked else "likely",
        f"The {asker} goes on repeating MSG{asked} although the {case.owner(answer)} answered with "
        f"MSG{answer}: it does not arrive there, or is not accepted.",
        [first_answer, *again],
        repeated, said,
        alternatives=("authentication-failed",) if first_encrypted else ("filtered",),
        settles_it=f"Capture at the {asker}: does MSG{answer} arrive there?",
    )  # fmt: skip

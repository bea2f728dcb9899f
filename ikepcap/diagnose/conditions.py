"""Notes: what did no harm, and what the capture does not show."""

from collections.abc import Iterator
from typing import Final

from ikepcap.diagnose.case import Case
from ikepcap.diagnose.finding import Finding
from ikepcap.diagnose.wording import copies, listing, span
from ikepcap.state.course import DUPLICATE, RETRANSMISSION
from ikepcap.state.refusal import is_error
from ikepcap.state.steps import HASH
from ikepcap.track.conversation import INITIATOR, RESPONDER
from ikepcap.wire.numbers import notify_name

_MOVES_AT: Final = {"main": 5, "aggressive": 3}
"""The first message that goes over UDP 4500 where there is a NAT (RFC 3947 §4)."""


def recovered(case: Case) -> Iterator[Finding]:
    """Messages were repeated, and it came up all the same."""
    if case.standing.outcome != "established":
        return
    again = [
        case.seen[i] for i, place in enumerate(case.course.places)
        if place.kind == RETRANSMISSION and place.step is not None
    ]  # fmt: skip
    for exchange in case.standing.later:
        if exchange.kind == "quick" and exchange.outcome == "established":
            again += [
                case.seen[i] for i, place in zip(exchange.indexes, exchange.places, strict=True)
                if place.kind == RETRANSMISSION
            ]  # fmt: skip
    if again:
        yield case.finding(
            "recovered", "proven",
            f"{len(again)} message{'s were' if len(again) > 1 else ' was'} sent again, and it came up all "
            f"the same.",
            again, f"{len(again)} retransmission{'s' if len(again) > 1 else ''} of messages already seen",
        )  # fmt: skip


def duplicates(case: Case) -> Iterator[Finding]:
    """The same transmission was captured more than once."""
    twice = [s for s in case.seen if s.is_duplicate]
    altered = [
        s for s, place in zip(case.seen, case.course.places, strict=True)
        if place.kind == DUPLICATE and not s.is_duplicate
    ]  # fmt: skip
    if altered:
        yield case.finding(
            "duplicate-frames", "proven",
            "Transmissions are altered between two capture points: octets differ, the IP identification does "
            "not.",
            altered, f"{copies(len(altered)).capitalize()} a frame has other octets than the one before it, "
            "which is the same transmission with another TTL",
        )  # fmt: skip
    if twice:
        yield case.finding(
            "duplicate-frames", "proven",
            "The capture holds transmissions twice: two capture points or a mirror port, not "
            "retransmissions.",
            twice, f"{len(twice)} frames repeat another's bytes at the same moment",
        )  # fmt: skip


def simultaneous(case: Case) -> Iterator[Finding]:
    """Both peers began at once: two negotiations with opposite roles, of which one is enough."""
    if case.conversation.crossed and case.seen:
        yield case.finding(
            "simultaneous-initiation", "proven",
            f"Both peers began at the same time: {case.names[1]} opened a negotiation with "
            f"{case.names[0]} too.",
            case.seen[:1],
            f"This negotiation, from frame {case.seen[0].frame} on, crosses the other's phase 1",
            *(
                f"The tunnel came up in the other, which begins in frame {o.frame}"
                for o in case.conversation.others
                if o.has_tunnel and o.initiator == case.conversation.responder
            ),
        )  # fmt: skip


def stray(case: Case) -> Iterator[Finding]:
    """Clear notifies and messages with another cookie that changed nothing: forged, late, or of others."""
    if case.standing.outcome != "established":
        return
    odd = [
        s for s in case.seen
        if s.copy_of < 0
        and (s.cookie_differs or (s.clear.notices and any(map(is_error, s.clear.notices))))
    ]  # fmt: skip
    if odd:
        names = sorted({notify_name(n.type) for s in odd for n in s.clear.notices})
        said = f": {listing(names)}" if names else " with a responder cookie that is not this negotiation's"
        yield case.finding(
            "stray-message", "proven",
            f"{len(odd)} message{'s' if len(odd) > 1 else ''} in the clear changed nothing: forged, late, or "
            "about something else.",
            odd, f"Frame {odd[0].frame} from {case.names[odd[0].sender]}{said}; it came up all the same",
        )  # fmt: skip


def probe(case: Case) -> Iterator[Finding]:
    """A scan or a health check: one MSG1 that nobody meant to follow up."""
    if case.standing.outcome != "probe":
        return
    asked = case.sendings(1)
    hosts = case.conversation.scanned
    waited = span(case.standing.waiting.elapsed_ns)
    said = f"MSG1 in frame {asked[0].frame} was sent {copies(len(asked))} and nothing followed it from "
    said += f"{case.names[INITIATOR]} in {waited}"
    if case.course.last == 2:
        said += ", although MSG2 came"
    claim = "one MSG1 that was never followed up, as scanners and health checks send"
    if case.standing.reason == "scan":
        claim = f"the same MSG1 to {hosts} hosts, and none of them was followed up"
    elif case.standing.reason == "series":
        times = copies(case.conversation.asked)
        claim = (
            f"the same MSG1 came to {case.names[RESPONDER]} {times}, each time with another cookie and port, "
        )
        claim += "and none was followed up"
    elif case.standing.reason == "scanner":
        claim = "one MSG1 without a vendor ID that offers what ike-scan does by default, never followed up"
    yield case.finding("probe", "likely", f"A probe: {claim}.", asked, said)


def shown_in_part(case: Case) -> Iterator[Finding]:
    """The capture does not show all of the conversation."""
    course, standing = case.course, case.standing
    first = case.seen[0] if case.seen else None
    if first is None:
        return
    # Who repeats itself all along got no answer, wherever this was captured.
    if course.one_sided and not any(e.outcome == "stalled" for e in standing.later):
        silent = 1 - first.sender
        yield case.finding(
            "one-sided", "proven" if len(course.first) > 1 else "likely",
            f"Only the {case.role(first.sender)} was captured: what the {case.role(silent)} sent is not "
            "here.",
            case.seen[:4],
            f"All {len(case.seen)} messages come from {case.names[first.sender]}",
            settles_it="Capture where both directions pass.",
        )  # fmt: skip
    elif 1 not in course.first and (course.last is not None or course.mode == "unknown"):
        begins = f"MSG{min(course.first)}" if course.first else "what follows phase 1"
        yield case.finding(
            "starts-late", "proven",
            "The capture starts late: the first message of phase 1 is not in it.",
            [first], f"The conversation begins in frame {first.frame} with {begins}",
        )  # fmt: skip
    if standing.reason == "port-filtered":
        yield case.finding(
            "port-filtered-capture", "possible",
            "A NAT was found, so the rest goes over UDP 4500, and the capture has nothing on that port: it "
            "was not captured, or does not pass there.",
            case.sendings(3) + case.sendings(4),
            "The NAT-D hashes differ from the addresses, MSG4 was not repeated, and no frame is on UDP 4500",
            alternatives=("nat-t-blocked",),
            settles_it="Capture with the filter 'udp port 500 or udp port 4500'.",
        )  # fmt: skip
    moves_at = _MOVES_AT.get(course.mode)
    if (
        moves_at is not None
        and standing.nat.moved
        and min(course.first, default=0) >= moves_at
        and not any(500 in (s.source_port, s.destination_port) for s in case.seen)
    ):
        yield case.finding(
            "port-filtered-capture", "possible",
            f"Only UDP 4500 was captured: messages 1 to {moves_at - 1} go over UDP 500.",
            [first], f"All {len(case.seen)} messages are on UDP 4500, from MSG{min(course.first)} on",
        )  # fmt: skip
    waits = standing.outcome == "in-progress" or any(e.outcome == "in-progress" for e in standing.later)
    if waits and not course.one_sided:
        last = case.seen[-1]
        waited = case.conversation.watched_until_ns - last.time_ns
        yield case.finding(
            "ends-early", "proven",
            "An answer is due, and the capture ends too soon after to tell whether it will come.",
            [last], f"The capture goes on for {span(max(0, waited))} after frame {last.frame}",
            settles_it="Capture until the peers give up or the tunnel is up: two minutes are enough.",
        )  # fmt: skip


def truncated(case: Case) -> Iterator[Finding]:
    """A snaplen cut messages of this conversation."""
    cut = [s for s in case.seen if s.defects and any(d.fault == "truncated" for d in s.defects)]
    if cut:
        yield case.finding(
            "truncated-frames", "proven",
            "Messages were captured in part: the capture's snaplen cut them.",
            cut, f"{copies(len(cut)).capitalize()} a message is shorter than it was on the wire",
            settles_it="Capture with 'tcpdump -s 0'.",
        )  # fmt: skip


HARMLESS: Final = frozenset({"truncated", "padding"})
"""Defects that are not the sender's, or that every implementation tolerates."""


def malformed(case: Case) -> Iterator[Finding]:
    """Messages whose bytes do not hold together."""
    bad = [(s, d) for s in case.seen if s.copy_of < 0 for d in s.defects if d.fault not in HARMLESS]
    if bad:
        details = tuple(f"Frame {s.frame}, octet {d.offset}: {d.detail}" for s, d in bad[:6])
        yield case.finding(
            "malformed-messages",
            "proven",
            "Messages with defects, read as far as they go.",
            (s for s, _ in bad),
            *details,
        )


def readable_key_hash(case: Case) -> Iterator[Finding]:
    """Aggressive mode shows HASH_R to everyone, and with it a test for guesses of the pre-shared key."""
    if case.course.mode != "aggressive" or not case.is_psk():
        return
    shown = [s for s in case.sendings(2) if HASH in s.payloads]
    if shown:
        yield case.finding(
            "aggressive-psk", "proven",
            "Aggressive mode with a pre-shared key: a hash made with the key is readable by anyone on the "
            "path.",
            shown[:1], f"Frame {shown[0].frame} carries HASH_R in the clear (RFC 2409 §5.4)",
            settles_it="Use main mode, or certificates, or a key too long to be guessed.",
        )  # fmt: skip

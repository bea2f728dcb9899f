"""Findings about NAT traversal: what goes wrong when a negotiation moves to UDP 4500, or should."""

from collections.abc import Iterator
from typing import Final

from ikepcap.capture.datagram import NATT_PORT
from ikepcap.diagnose.case import Case
from ikepcap.diagnose.finding import Certainty, Finding
from ikepcap.diagnose.wording import span
from ikepcap.track.conversation import INITIATOR
from ikepcap.wire.numbers import Payload

NAT_D_NUMBERS: Final = frozenset({int(Payload.NAT_D), int(Payload.NAT_D_DRAFT)})
_STAY: Final = frozenset({"nat-t-draft-00", "nat-t-draft-01"})
"""Drafts by which everything stays on UDP 500."""


def blocked(case: Case, said: tuple[str, ...], certainty: Certainty = "likely") -> Iterator[Finding]:
    """It stopped when it moved to UDP 4500, and nothing ever came back there."""
    if case.course.mode == "main" and case.course.last == 4:
        yield from _nothing_on_4500(case, said)
        return
    silent = case.standing.silent
    on_4500 = [s for s in case.last_sendings() if s.destination_port == NATT_PORT]
    before = [s for s in case.seen if s.destination_port != NATT_PORT and s.source_port != NATT_PORT]
    answered = [s for s in case.seen if s.sender == silent and s.source_port == NATT_PORT]
    if not (on_4500 and before) or answered:
        return
    yield case.finding(
        "nat-t-blocked", certainty,
        "It stopped with the move to UDP 4500: nothing came back on that port.",
        [before[-1], *on_4500],
        *said, f"Frame {before[-1].frame} is the last on UDP 500",
        alternatives=("psk-mismatch",) if case.is_psk() else ("authentication-failed", "fragments-lost"),
        settles_it="Capture on UDP 4500 at the other peer, or let UDP 4500 pass on every filter between.",
    )  # fmt: skip


def _nothing_on_4500(case: Case, said: tuple[str, ...]) -> Iterator[Finding]:
    """MSG5 was due on UDP 4500, since a NAT was found, and the capture has nothing on that port."""
    if case.standing.nat.found and not case.standing.nat.moved:
        waited_ns = case.conversation.watched_until_ns - case.sendings(4)[0].time_ns
        yield case.finding(
            "nat-t-blocked", "likely",
            "A NAT was found, so MSG5 is due on UDP 4500, and nothing is seen on that port: it does not pass "
            "there, or was not captured.",
            case.sendings(4), *said,
            f"No message of this negotiation is on UDP 4500 in the {span(waited_ns)} after MSG4",
            alternatives=("port-filtered-capture", *(("psk-mismatch",) if case.is_psk() else ()),
                          "peer-went-silent"),
            settles_it="Capture on UDP 4500 at the initiator: does MSG5 leave there?",
        )  # fmt: skip


def disagreement(case: Case, said: tuple[str, ...]) -> Iterator[Finding]:
    """The peers do not mean the same NAT traversal: other numbers, or one stays on UDP 500."""
    course, nat = case.course, case.standing.nat
    if not {3, 4} <= course.first.keys():
        return
    numbers = [NAT_D_NUMBERS.intersection(case.sendings(step)[0].payloads) for step in (3, 4)]
    if all(numbers) and not numbers[0] & numbers[1]:
        yield case.finding(
            "nat-t-disagreement", "likely",
            "The peers do not use the same NAT traversal: their NAT-D payloads have different numbers.",
            [case.sendings(3)[0], case.sendings(4)[0]],
            f"MSG3 has NAT-D as payload {min(numbers[0])}, MSG4 as payload {min(numbers[1])}", *said,
            alternatives=("nat-t-blocked", "peer-went-silent"),
            settles_it="Let both peers use NAT traversal as in RFC 3947, or neither.",
        )  # fmt: skip
        return
    stays = course.last == 5 and nat.found and not nat.moved
    if stays and not (_STAY & case.capabilities(INITIATOR)):
        yield case.finding(
            "nat-t-disagreement", "likely",
            "A NAT was found, and the initiator stays on UDP 500 where the other peer may wait on UDP 4500.",
            [case.sendings(4)[0], *case.last_sendings()],
            "The NAT-D hashes differ from the addresses, and MSG5 goes to UDP 500", *said,
            alternatives=("psk-mismatch", "peer-went-silent") if case.is_psk() else ("peer-went-silent",),
            settles_it="Is NAT traversal enabled on both peers, and in the same version?",
        )  # fmt: skip

"""Findings about answers that change nothing: a peer answers, and the other goes on repeating itself."""

from collections.abc import Iterator
from typing import Final

from ikepcap.capture.datagram import NATT_PORT
from ikepcap.diagnose.case import Case
from ikepcap.diagnose.finding import Finding
from ikepcap.diagnose.nat_t import blocked
from ikepcap.diagnose.wording import copies
from ikepcap.state.course import DUPLICATE
from ikepcap.state.vantage import INITIAL_TTLS
from ikepcap.track.conversation import RESPONDER, Seen


def replies(case: Case, said: tuple[str, ...]) -> Iterator[Finding]:
    """Say that an answer does not arrive, or is not taken."""
    course, answer = case.course, case.course.last or 0
    asked = answer - 1
    first_answer = case.seen[course.first[answer]]
    again = [case.seen[i] for i in course.copies(asked, after=course.first[answer])]
    asker = case.owner(asked)
    repeated = f"MSG{asked} was sent {len(again)} more times after MSG{answer} in frame {first_answer.frame}"
    # MSG5 is the first message that only the right key can read: not taken looks the same as not arrived.
    first_encrypted = course.mode == "main" and answer == course.final - 1
    if first_encrypted and case.is_psk():
        yield from _key_or_path(case, [first_answer, *again], repeated, said)
        return
    told = tuple(_told_by_the_capture(case, [first_answer, *again], repeated, said))
    if told and not first_encrypted:
        yield from told
        return
    by_port = tuple(blocked(case, said)) if first_encrypted else ()
    yield from by_port
    yield from _in_pieces(case, first_answer, again, repeated)
    alternatives = ["authentication-failed"] if first_encrypted else ["filtered"]
    if first_answer.destination_port == NATT_PORT or first_answer.source_port == NATT_PORT:
        alternatives.append("nat-t-blocked")
    yield case.finding(
        "replies-lost", "possible" if by_port or first_answer.fragment_frames else "likely",
        f"The {asker} goes on repeating MSG{asked} although the {case.owner(answer)} answered with "
        f"MSG{answer}: it does not arrive there, or is not accepted.",
        [first_answer, *again],
        repeated, *said, alternatives=tuple(alternatives),
        settles_it=f"Capture at the {asker}: does MSG{answer} arrive there?",
    )  # fmt: skip


def _told_by_the_capture(
    case: Case, at: list[Seen], repeated: str, said: tuple[str, ...]
) -> Iterator[Finding]:
    """Say why an answer does not arrive, where the capture itself shows it."""
    if case.answers_from is not None and at[0].sender == RESPONDER:
        yield _from_elsewhere(case, at, repeated, said)
    else:
        yield from _lost_between(case, at, repeated, said)


def _from_elsewhere(case: Case, at: list[Seen], repeated: str, said: tuple[str, ...]) -> Finding:
    """The answers come from an address that was not asked, and are taken for a stranger's."""
    asked, other = case.names[RESPONDER], case.answers_from
    return case.finding(
        "replies-lost", "likely",
        f"The answers come from {other}, and {asked} was asked: firewalls, NATs and initiators drop what "
        "comes from an address that was not asked, and the initiator goes on repeating itself.",
        at, f"Every message of the responder comes from {other}", repeated, *said,
        alternatives=("filtered",),
        settles_it=f"Let the gateway answer from {asked}: it has both addresses, or is one of a cluster.",
    )  # fmt: skip


def _lost_between(case: Case, at: list[Seen], repeated: str, said: tuple[str, ...]) -> Iterator[Finding]:
    """All is there twice, from two capture points, but the answer: that got lost between the two."""
    answer, places = case.course.last, case.course.places
    sent = [place.step for place in places if place.kind != DUPLICATE]
    twice = [place.step for place in places if place.kind == DUPLICATE]
    if answer in twice or sent.count(answer) < _OFTEN:
        return
    if any(twice.count(step) != sent.count(step) for step in case.course.first if step != answer):
        return
    yield case.finding(
        "replies-lost", "proven",
        f"MSG{answer} gets lost between the two points of this capture: each other message of phase 1 was "
        "captured at both.",
        at, f"MSG{answer} was sent {copies(sent.count(answer))}, and captured at one point only", repeated,
        *said,
        alternatives=("filtered",),
        settles_it=f"What lies between the two points, and does not let MSG{answer} pass?",
    )  # fmt: skip


_OFTEN: Final = 2
"""One may be lost by the capture."""


def _in_pieces(case: Case, answer: Seen, again: list[Seen], repeated: str) -> Iterator[Finding]:
    """The answer comes in fragments: what loses it may be a path that drops those."""
    if answer.fragment_frames:
        to = case.names[1 - answer.sender]
        yield case.finding(
            "fragments-lost", "likely",
            f"An answer that comes in {len(answer.fragment_frames)} fragments changes nothing: consistent "
            "with a path that drops fragments.",
            [answer, *again], repeated, f"Frame {answer.frame} completes it, {answer.wire_bytes} octets",
            alternatives=("replies-lost", "certificate-rejected"),
            settles_it=f"Capture at {to}: do all of its fragments arrive there?",
        )  # fmt: skip


def _key_or_path(case: Case, at: list[Seen], repeated: str, said: tuple[str, ...]) -> Iterator[Finding]:
    """MSG4 and MSG5 both repeated, with a pre-shared key: the key differs, or MSG5 does not arrive.

    Behind a NAT the two look the same from the initiator's side, because MSG5 is the first on UDP 4500. Once
    it has come as far as the responder's own segment, that port is open.
    """
    asker = case.owner(4)
    arrived = case.near == asker or _came_as_far_as_msg3(case)
    by_port = (
        () if arrived else tuple(blocked(case, said, "possible" if case.near == "between" else "likely"))
    )
    key = case.finding(
        "psk-mismatch", "possible" if by_port and case.near != "between" else "likely",
        "Both peers repeat themselves at MSG4 and MSG5, the first encrypted message: consistent with "
        "pre-shared keys that differ.",
        at, repeated, *said,
        alternatives=("replies-lost", "nat-t-blocked") if by_port else ("replies-lost",),
        settles_it=f"The log of the {asker} says whether MSG5 arrived and could not be read.",
    )  # fmt: skip
    yield from by_port
    # What an ICMP error came back for was not read by anyone.
    if not any(e.source == case.conversation.initiator for e in case.conversation.icmp):
        yield key


def _came_as_far_as_msg3(case: Case) -> bool:
    """MSG5 was seen on the responder's own segment, where MSG3 was seen last and answered.

    A capture on all interfaces of the router before the responder shows each message at several points: the
    last is where its TTL is lowest, and the responder's segment is where its own TTL is an initial value.
    """
    if not any(s.sender == RESPONDER and s.ttl in INITIAL_TTLS for s in case.seen):
        return False
    at = [case.course.first.get(step) for step in (3, 5)]
    third, fifth = ([s.ttl for i, s in enumerate(case.seen) if one in (i, s.copy_of)] for one in at)
    return bool(third and fifth) and min(fifth) <= min(third)

"""Findings about silence: a message was owed, and it never came.

They need no knowledge of vendors, only who sent what, how often, from where to where, and where the capture
was taken.
"""

from collections.abc import Iterator

from ikepcap.capture.datagram import NATT_PORT
from ikepcap.diagnose.case import Case
from ikepcap.diagnose.finding import Certainty, Finding
from ikepcap.diagnose.wording import copies, span
from ikepcap.track.conversation import Seen


def silence(case: Case) -> Iterator[Finding]:
    """Whoever owed the next message sent nothing that moves the negotiation on."""
    standing = case.standing
    sent = case.last_sendings()
    if standing.outcome != "stalled" or standing.awaited is None or standing.silent is None or not sent:
        return
    said = _said(case, sent)
    if standing.waiting.repeated_before or standing.reason == "last-lost":
        yield from _replies_lost(case, said)
    elif case.conversation.icmp or standing.waiting.fragments:
        return  # what is more exact has been said
    elif case.has_finished(standing.silent):
        yield _last_lost(case, sent, said)
    elif not case.has_spoken(standing.silent):
        yield _no_reply(case, sent, said)
    else:
        yield from tuple(_nat_t_blocked(case, said)) or _went_silent(case, sent, said)


def _said(case: Case, sent: list[Seen]) -> tuple[str, ...]:
    """Tell the last message: how often it was sent, and in how many pieces."""
    step = f"MSG{case.course.last}"
    text = f"{step} was sent {copies(len(sent))}"
    if len(sent) > 1:
        text += f" over {span(sent[-1].time_ns - sent[0].time_ns)}"
    if sent[-1].destination_port == NATT_PORT:
        text += " on UDP 4500"
    pieces = len(sent[0].fragment_frames)
    if not pieces:
        return (text,)
    return text, f"{step} has {sent[0].wire_bytes} octets and came in {pieces} fragments"


def _no_reply(case: Case, sent: list[Seen], said: tuple[str, ...]) -> Finding:
    silent = case.standing.silent or 0
    who, name = case.role(silent), case.names[silent]
    return case.finding(
        "no-reply", "proven",
        f"Nothing at all came back from the {who} {name}.", sent,
        *said, f"No message from {name} in the {span(case.silence_ns())} after frame {sent[0].frame}",
        alternatives=("filtered", "unknown-peer", "replies-lost"),
        settles_it=f"Capture at {name}: does MSG{case.course.last} arrive there, and does anything leave?",
    )  # fmt: skip


def _last_lost(case: Case, sent: list[Seen], said: tuple[str, ...]) -> Finding:
    """The last message of phase 1 was not captured, but its sender went on as one does after sending it."""
    silent, awaited = case.standing.silent or 0, case.standing.awaited
    own = [s for s in case.seen if s.sender == silent]
    return case.finding(
        "replies-lost", "likely",
        f"The {case.role(silent)} {case.names[silent]} has gone on to what follows phase 1, so it has sent "
        f"MSG{awaited}: that got lost before the place of this capture.",
        [*sent, own[-1]],
        *said, f"Frame {own[-1].frame} of {case.names[silent]} belongs to an exchange after phase 1",
        alternatives=("filtered",),
        settles_it=f"Capture at {case.names[silent]}: does MSG{awaited} leave, and how far does it get?",
    )  # fmt: skip


def _went_silent(case: Case, sent: list[Seen], said: tuple[str, ...]) -> Iterator[Finding]:
    silent = case.standing.silent or 0
    who, name = case.role(silent), case.names[silent]
    own = [s for s in case.seen if s.sender == silent]
    yield case.finding(
        "peer-went-silent", "likely",
        f"The {who} {name} answered before and then fell silent: MSG{case.standing.awaited} never came.",
        [own[-1], *sent],
        *said,
        f"No message from {name} in the {span(case.silence_ns())} after frame {own[-1].frame}, its last",
        alternatives=_readings(case, sent),
        settles_it=f"Capture at {name}: does MSG{case.course.last} arrive there, and what does its log say "
        "then?",
    )  # fmt: skip


def _readings(case: Case, sent: list[Seen]) -> tuple[str, ...]:
    """What else a silence at this place is consistent with."""
    awaited = case.standing.awaited
    fragments = ("fragments-lost",) if sent[0].fragment_frames or sent[0].wire_bytes > 1200 else ()
    if case.course.mode == "main" and awaited == 4:
        return ("no-shared-secret", *fragments, "replies-lost")
    if case.course.mode == "main" and awaited == case.course.final:
        refused = "psk-mismatch" if case.is_psk() else "authentication-failed"
        return (
            (*fragments, refused, "replies-lost")
            if fragments
            else (refused, "fragments-lost", "replies-lost")
        )
    return ("replies-lost",)


def _nat_t_blocked(case: Case, said: tuple[str, ...], certainty: Certainty = "likely") -> Iterator[Finding]:
    """It stopped when it moved to UDP 4500, and nothing ever came back there."""
    if case.course.mode == "main" and case.course.last == 4:
        yield from _nothing_on_4500(case, said)
        return
    silent, standing = case.standing.silent, case.standing
    on_4500 = [s for s in case.last_sendings() if s.destination_port == NATT_PORT]
    before = [s for s in case.seen if s.destination_port != NATT_PORT and s.source_port != NATT_PORT]
    answered = [s for s in case.seen if s.sender == silent and s.source_port == NATT_PORT]
    if not (standing.nat.moved and on_4500 and before) or answered:
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
        yield case.finding(
            "nat-t-blocked", "likely",
            "A NAT was found, so MSG5 is due on UDP 4500, and nothing is seen on that port: it does not pass "
            "there, or was not captured.",
            case.sendings(4), *said, "No message of this negotiation is on UDP 4500",
            alternatives=("port-filtered-capture", "peer-went-silent"),
            settles_it="Capture on UDP 4500 at the initiator: does MSG5 leave there?",
        )  # fmt: skip


def _replies_lost(case: Case, said: tuple[str, ...]) -> Iterator[Finding]:
    """A peer answers, and the other goes on repeating itself: the answer does not arrive, or is not taken."""
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
    blocked = tuple(_nat_t_blocked(case, said)) if first_encrypted else ()
    yield from blocked
    alternatives = ["psk-mismatch", "authentication-failed"] if first_encrypted else ["filtered"]
    if first_answer.destination_port == NATT_PORT or first_answer.source_port == NATT_PORT:
        alternatives.append("nat-t-blocked")
    if first_answer.fragment_frames:
        alternatives.insert(0, "fragments-lost")
    yield case.finding(
        "replies-lost", "possible" if blocked else "likely",
        f"The {asker} goes on repeating MSG{asked} although the {case.owner(answer)} answered with "
        f"MSG{answer}: it does not arrive there, or is not accepted.",
        [first_answer, *again],
        repeated, *said, alternatives=tuple(alternatives),
        settles_it=f"Capture at the {asker}: does MSG{answer} arrive there?",
    )  # fmt: skip


def _key_or_path(case: Case, at: list[Seen], repeated: str, said: tuple[str, ...]) -> Iterator[Finding]:
    """MSG4 and MSG5 both repeated, with a pre-shared key: the key differs, or MSG5 does not arrive.

    Behind a NAT the two look the same from the initiator's side, because MSG5 is the first on UDP 4500. Once
    it has come as far as the responder's own segment, that port is open.
    """
    asker = case.owner(4)
    arrived = case.near == asker
    blocked = (
        ()
        if arrived
        else tuple(_nat_t_blocked(case, said, "possible" if case.near == "between" else "likely"))
    )
    key = case.finding(
        "psk-mismatch", "possible" if blocked and case.near != "between" else "likely",
        "Both peers repeat themselves at MSG4 and MSG5, the first encrypted message: consistent with "
        "pre-shared keys that differ.",
        at, repeated, *said,
        alternatives=("replies-lost",) if arrived else ("replies-lost", "nat-t-blocked"),
        settles_it=f"The log of the {asker} says whether MSG5 arrived and could not be read.",
    )  # fmt: skip
    yield from blocked
    yield key

"""Findings about silence: a message was owed, and it never came.

They rest on who sent what, how often, from where to where, and where the capture was taken. What is known of
a vendor's habits only orders the readings.
"""

from collections.abc import Iterator
from typing import Final

from ikepcap.capture.datagram import NATT_PORT
from ikepcap.diagnose import unheard
from ikepcap.diagnose.case import Case
from ikepcap.diagnose.finding import Finding
from ikepcap.diagnose.nat_t import blocked, disagreement
from ikepcap.diagnose.series import may_be_same
from ikepcap.diagnose.wording import copies, lasting, reaches, span
from ikepcap.state.waiting import ENOUGH_NS, PATIENCE_NS
from ikepcap.track.conversation import INITIATOR, RESPONDER, Seen
from ikepcap.wire.numbers import NotifyType

LARGE_BYTES: Final = 1200
"""With headers and tunnels around it, such a message may not fit one packet."""
_SPEAKS_UP: Final = {
    "strongSwan": "strongSwan answers a MSG5 that it cannot read with an encrypted informational",
    "Libreswan": "Libreswan goes on repeating MSG4 when it cannot read MSG5",
}
"""How a responder behaves when the keys differ, where that is not silence (seen with 5.9.8 and 4.10)."""
_BY_MODE: Final = {"aggressive": ("mode-refused",)}
"""What a responder may have against the mode, and refuse by silence as Libreswan does."""
_BUSY: Final = {
    int(NotifyType.MS_NOTIFY_DOS_COOKIE): "it asks for MSG1 again with a cookie, as under a flood (MS-IKEE)",
    int(NotifyType.UNITY_LOAD_BALANCE): "it sends the initiator on to another gateway of its cluster",
}


def silence(case: Case) -> Iterator[Finding]:
    """Whoever owed the next message sent nothing that moves the negotiation on."""
    standing, silent = case.standing, case.standing.silent or 0
    if standing.outcome != "stalled":
        return
    sent = case.last_sendings()
    said = _said(case, sent)
    busy = tuple(_overloaded(case))
    yield from busy
    yield from _restarted(case)
    if busy and case.speaks_last(silent):
        return  # it is not silent: it has answered whatever it was sent
    if standing.waiting.repeated_before or standing.reason == "last-lost":
        yield from unheard.replies(case, said)
    elif case.conversation.icmp or standing.waiting.fragments:
        return  # what is more exact has been said
    elif case.has_finished(silent):
        yield _last_lost(case, sent, said)
    elif not case.has_spoken(silent):
        yield _no_reply(case, sent, said)
    elif _is_first_in_fragments(case, sent):
        yield _fragments_lost(case, sent, said)
    else:
        yield from (
            tuple(disagreement(case, said)) or tuple(blocked(case, said)) or (_went_silent(case, sent, said),)
        )


def _said(case: Case, sent: list[Seen]) -> tuple[str, ...]:
    """Tell the last message: how often it was sent, and in how many pieces."""
    step = f"MSG{case.course.last}"
    text = f"{step} was sent {copies(len(sent))}"
    if len(sent) > 1:
        text += lasting("over", [s.time_ns for s in sent])
    if sent[-1].destination_port == NATT_PORT:
        text += " on UDP 4500"
    pieces = len(sent[0].fragment_frames)
    if not pieces:
        return (text,)
    return text, f"{step} has {sent[0].wire_bytes} octets and came in {pieces} fragments"


def _overloaded(case: Case) -> Iterator[Finding]:
    """The peer that owes a message says that it has too much to do."""
    for message in case.seen:
        if message.sender != case.standing.silent or not message.clear.notices:
            continue
        kinds = [n.type for n in message.clear.notices if n.type in _BUSY]
        if kinds:
            who, name = case.role(message.sender), case.names[message.sender]
            yield case.finding(
                "overloaded", "likely",
                f"The {who} {name} is busy: {_BUSY[kinds[0]]}, and the other peer does not follow.",
                [message],
                f"Frame {message.frame} carries notify {kinds[0]} where MSG{case.standing.awaited} was due",
                alternatives=("peer-went-silent",),
                settles_it=f"How many half-open negotiations does {name} hold at that time?",
            )  # fmt: skip
            return


def _restarted(case: Case) -> Iterator[Finding]:
    """A message of phase 1 came from the silent peer under another cookie than its earlier ones."""
    others = [
        s for s in case.seen
        if s.cookie_differs and s.sender == case.standing.silent == 1 and not s.is_encrypted
        and s.exchange == case.seen[0].exchange
    ]  # fmt: skip
    if others:
        yield case.finding(
            "peer-restarted", "likely",
            f"The responder {case.names[1]} answers under another cookie than before: it lost its state, or "
            "several hosts answer for one address.",
            others,
            f"{len(others)} of its messages have a responder cookie that is not this negotiation's",
            alternatives=("replies-lost",),
            settles_it=f"Is {case.names[1]} one host or a cluster, and did its daemon start anew then?",
        )  # fmt: skip


def _no_reply(case: Case, sent: list[Seen], said: tuple[str, ...]) -> Finding:
    silent = case.standing.silent or 0
    who, name = case.role(silent), case.names[silent]
    earlier = [o for o in case.conversation.others if o.began_ns < sent[0].time_ns and may_be_same(case, o)]
    before = [o for o in earlier if o.came_up]
    answered = [o for o in earlier if o.is_answered and o.initiator == case.conversation.initiator]
    # What suited the peer before does so still: then it is gone, or cannot be reached.
    by_policy = ("unknown-peer", "proposal-mismatch", *_BY_MODE.get(case.course.mode, ()), "version-refused")
    if before:
        said = (*said, f"The negotiation that begins in frame {before[-1].frame} came up between these peers")
        by_policy = ("dead-peer",)
    elif any(o.offer == case.standing.offer for o in answered):
        said = (*said, f"It answered the same offer before, in the negotiation of frame {answered[-1].frame}")
        by_policy = ("peer-went-silent",)
    return case.finding(
        "no-reply", "proven",
        f"Nothing at all came back from the {who} {name}.", sent,
        *said, *_nothing_since(case, name, f"frame {sent[0].frame}"),
        alternatives=("filtered", *by_policy, "replies-lost"),
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


def _is_first_in_fragments(case: Case, sent: list[Seen]) -> bool:
    """The message that is not answered is the first that its sender had to send in pieces.

    Peers that can do IKE fragmentation make pieces that are whole datagrams: no path minds those.
    """
    before = case.seen[: case.course.first[case.course.last or 1]]
    if not sent[0].fragment_frames or any(s.fragment_frames for s in before):
        return False
    return not all("fragmentation" in case.capabilities(side) for side in (INITIATOR, RESPONDER))


def _fragments_lost(case: Case, sent: list[Seen], said: tuple[str, ...]) -> Finding:
    """Whole datagrams were answered, and the first that comes in fragments is not."""
    silent = case.standing.silent or 0
    who, name = case.role(silent), case.names[silent]
    own = [s for s in case.seen if s.sender == silent]
    return case.finding(
        "fragments-lost", "likely",
        f"The first message to the {who} {name} that comes in fragments is not answered: consistent with a "
        "path that drops fragments, that way or of the answer.",
        [own[-1], *sent], *said,
        *_nothing_since(case, name, f"frame {own[-1].frame}, its last"),
        alternatives=("peer-went-silent", "psk-mismatch" if case.is_psk() else "certificate-rejected"),
        settles_it=f"Capture at {name}: do all fragments of MSG{case.course.last} arrive there?",
    )  # fmt: skip


def _went_silent(case: Case, sent: list[Seen], said: tuple[str, ...]) -> Finding:
    silent = case.standing.silent or 0
    who, name = case.role(silent), case.names[silent]
    own = [s for s in case.seen if s.sender == silent]
    habit = _SPEAKS_UP.get(case.runs(silent)) if _is_key_in_doubt(case) else None
    spoke = "answered" if silent == RESPONDER else "spoke"
    if case.speaks_last(silent) and case.silence_ns() < PATIENCE_NS:
        # Absence in no time at all is no evidence: what it last said may not have been captured whole.
        return case.finding(
            "peer-went-silent", "possible",
            f"The {who} {name} speaks, and MSG{case.standing.awaited} is not what it says.", [own[-1], *sent],
            *said, f"Frame {own[-1].frame} of {name} is none of the messages awaited",
            alternatives=_readings(case, sent, speaks_up=habit is not None),
            settles_it=f"What does the log of {name} say of MSG{case.course.last}?",
        )  # fmt: skip
    settles = f"Capture at {name}: does MSG{case.course.last} arrive there, and what does its log say then?"
    if case.near == who:
        settles = reaches(f"MSG{case.course.last}", name)
    return case.finding(
        "peer-went-silent", "likely",
        f"The {who} {name} {spoke} before and then fell silent: MSG{case.standing.awaited} never came.",
        [own[-1], *sent],
        *said,
        *_nothing_since(case, name, f"frame {own[-1].frame}, its last"),
        *_heard(case),
        *([f"{habit}: this silence rather means that MSG5 did not arrive"] if habit else []),
        alternatives=_readings(case, sent, speaks_up=habit is not None),
        settles_it=settles,
    )  # fmt: skip


def _nothing_since(case: Case, name: str, what: str) -> tuple[str, ...]:
    """Tell how long a peer was not heard: of no time at all, as where a clock was set back, nothing."""
    elapsed_ns = case.silence_ns()
    return (f"No message from {name} in the {span(elapsed_ns)} after {what}",) if elapsed_ns else ()


def _heard(case: Case) -> tuple[str, ...]:
    """Tell that the initiator did not ask again, so that its silence is not for want of an answer."""
    last = case.course.last or 0
    if (
        case.standing.silent != INITIATOR
        or len(case.sendings(last - 1)) != 1
        or case.silence_ns() < ENOUGH_NS
    ):
        return ()
    return (f"It did not repeat MSG{last - 1}: it got MSG{last} and does not go on, or has stopped",)


def _is_key_in_doubt(case: Case) -> bool:
    """MSG5 of main mode is the first message that only the right pre-shared key can read."""
    return case.course.mode == "main" and case.standing.awaited == case.course.final and case.is_psk()


def _readings(case: Case, sent: list[Seen], *, speaks_up: bool) -> tuple[str, ...]:
    """What else a silence at this place is consistent with."""
    awaited, mode = case.standing.awaited, case.course.mode
    is_last = awaited == case.course.final
    fragments = ("fragments-lost",) if sent[0].fragment_frames or sent[0].wire_bytes > LARGE_BYTES else ()
    if mode == "main" and awaited == 4:
        return ("no-shared-secret", *fragments, "replies-lost", "peer-restarted")
    if mode == "main" and awaited == 5:
        return ("no-shared-secret" if case.is_psk() else "certificate-rejected", "replies-lost")
    if mode == "main" and is_last and case.is_psk():
        key_or_path = ("replies-lost", "psk-mismatch") if speaks_up else ("psk-mismatch", "replies-lost")
        return (*fragments, *key_or_path)
    if mode == "main" and is_last:
        # A proof with a certificate is large: MSG6 may have come in fragments that got lost.
        refused = ("authentication-failed",)
        return (
            *(("fragments-lost", *refused) if fragments else (*refused, "fragments-lost")),
            "replies-lost",
        )
    if mode == "aggressive" and is_last:
        return ("psk-mismatch" if case.is_psk() else "certificate-rejected", "replies-lost", "peer-restarted")
    return ("replies-lost", "peer-restarted")

"""Findings about exchanges after phase 1: what was refused, and what was not answered."""

from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Final

from ikepcap.diagnose.case import Case
from ikepcap.diagnose.finding import Finding
from ikepcap.diagnose.goodbye import goodbye, is_delete
from ikepcap.diagnose.path import CLOSED, finding_of, named
from ikepcap.diagnose.readings import QUICK
from ikepcap.diagnose.series import is_redundant
from ikepcap.diagnose.wording import ROLES, address, copies, lasting, reaches, span
from ikepcap.state.exchanges import PREFIX, LaterExchange
from ikepcap.state.refusal import is_error
from ikepcap.state.waiting import ENOUGH_NS
from ikepcap.track.conversation import INITIATOR, RESPONDER, Seen
from ikepcap.wire.numbers import notify_name

_WORTH_TELLING_NS: Final = 10**9
_FRESH_NS: Final = 10 * 10**9
_ANEW_NS: Final = 120 * 10**9
"""Who is sent away tries again within two minutes; what begins later is about something else."""
_ICMP_TOLD: Final = 3


def quick_modes(case: Case) -> Iterator[Finding]:
    """Quick modes that did not come up: one finding for all of a kind."""
    failed = [
        e for e in case.standing.later
        if e.kind == "quick" and e.outcome in ("refused", "stalled")
        and not is_redundant(case, case.seen[e.indexes[0]].time_ns)
    ]  # fmt: skip
    refused = [e for e in failed if e.outcome == "refused"]
    if refused and case.standing.refusal is None:
        yield _refused(case, refused)
    stalled = [e for e in failed if e.outcome == "stalled"]
    if stalled and not ended_before_tunnel(case):
        first = stalled[0]
        claim, arrives_at = why_stalled(case, first)
        settles = f"Capture at {arrives_at}: does QM{first.last} arrive there?"
        if case.near in ROLES and case.names[ROLES.index(case.near)] == arrives_at:
            settles = reaches(f"QM{first.last}", arrives_at)
        yield case.finding(
            "phase2-no-reply", "likely", f"Quick mode stalled: {claim}.", exchange_messages(case, stalled),
            *told(case, stalled), *_unconfirmed(case), *icmp_told(case), *_answered(case, first),
            alternatives=_instead(case, first),
            settles_it=settles,
        )  # fmt: skip


def _unconfirmed(case: Case) -> tuple[str, ...]:
    """Tell that nothing shows the last message of aggressive mode to have arrived, or to have been taken."""
    course = case.course
    if course.mode != "aggressive" or course.last != course.final:
        return ()
    after = case.seen[course.first[course.final] + 1 :]
    if any(s.sender == RESPONDER for s in after):
        return ()
    return ("Nothing came from the responder after MSG3: that may not have arrived, or not been accepted",)


def _instead(case: Case, stalled: LaterExchange) -> tuple[str, ...]:
    """What else a quick mode that stalls is consistent with."""
    if _unconfirmed(case):
        return ("replies-lost", "authentication-failed", "dead-peer")
    if stalled.last >= 3:
        return ("replies-lost",)
    if _closed_its_port(case, stalled):
        return ("dead-peer", "peer-restarted")
    # Some peers pass over selectors that they do not know in silence; a tunnel shows that they know them.
    is_first = not any(e.kind == "quick" and e.outcome == "established" for e in case.standing.later)
    unknown = ("phase2-selector-mismatch",) if stalled.last == 1 and is_first else ()
    # Right after phase 1 nobody has lost it.
    began_ns, course = case.seen[stalled.indexes[0]].time_ns, case.course
    is_fresh = course.last == course.final and (
        began_ns - case.seen[course.first[course.final]].time_ns < _FRESH_NS
    )  # fmt: skip
    return (*(unknown if is_fresh else ("peer-restarted", *unknown)), "dead-peer", "replies-lost")


def _closed_its_port(case: Case, stalled: LaterExchange) -> bool:
    """Whether the peer's own host says that nobody listens there any more."""
    silent = (case.conversation.initiator, case.conversation.responder)[stalled.silent or 0]
    return any(e.reporter == silent and finding_of(e) == CLOSED for e in case.conversation.icmp)


def deleted(case: Case) -> Iterator[Finding]:
    """A peer ended phase 1 as soon as it was up: of a limit, of an older SA, or of a policy of its own."""
    said = ended_before_tunnel(case)
    if said is None or case.conversation.fight is not None:
        return
    who, name = case.role(said.sender), case.names[said.sender]
    last = case.sendings(case.course.final)[0]
    is_closed = said.is_encrypted and said.inside is None
    what = "an encrypted informational of a delete's size" if is_closed else "a delete"
    meant = "consistent with a delete before there was a tunnel" if is_closed else "before there was a tunnel"
    asked = [e for e in case.standing.later if e.kind == "quick"]
    evidence = [
        (
            f"Frame {said.frame} is {what}, {said.wire_bytes} octets, {span(said.time_ns - last.time_ns)} "
            f"after MSG{case.course.final} in frame {last.frame}"
        ),
        f"Nothing more of {name} in the {span(case.conversation.watched_until_ns - said.time_ns)} after it",
        *told(case, asked),
    ]
    if case.conversation.superseded_ns is not None:
        evidence.append("The initiator began a new negotiation after it")
    if not said.is_encrypted:
        evidence.append("Nothing protects it: anyone on the path could have sent it")
    yield case.finding(
        "deleted-by-peer", "likely",
        f"The {who} {name} ended it right after phase 1 came up: {meant}.",
        [last, said, *exchange_messages(case, asked)], *evidence,
        alternatives=("phase2-no-reply",) if is_closed else (),
        settles_it=f"The log of {name} says why: a limit on tunnels, an older SA of the same peer, or a "
        "policy that it could not install.",
    )  # fmt: skip


def ended_before_tunnel(case: Case) -> Seen | None:
    """Return the delete with which a peer ended a phase 1 that had just come up, before there was a tunnel.

    Encrypted it counts where the other peer took it for one: it asked for a tunnel once and not again, or
    began anew. One of two negotiations that crossed is deleted for good reason.
    """
    conversation = case.conversation
    said = goodbye(case) if case.standing.outcome == "established" and not conversation.crossed else None
    if said is None:
        return None
    begun = [e for e in case.standing.later if e.kind != "informational"]
    if begun:
        is_heeded = all(
            e.kind == "quick" and e.outcome in ("stalled", "unknown") and len(e.indexes) == 1 for e in begun
        )
    elif conversation.superseded_ns is not None:
        is_heeded = conversation.superseded_ns - said.time_ns <= _ANEW_NS
    else:
        is_heeded = not said.is_encrypted and conversation.watched_until_ns - said.time_ns > ENOUGH_NS
    return said if is_heeded else None


def _refused(case: Case, refused: list[LaterExchange]) -> Finding:
    """Quick modes that were refused; what exactly the refusal says only a key tells."""
    who = case.role(refused[0].silent or 0)
    notify = _notify_of(case, refused[0])
    reading = QUICK.get(notify or 0)
    if reading is not None:
        from ikepcap.diagnose.opened_quick import exactly  # it was read: a key opened it

        reading = exactly(case, refused[0], reading)
    said = "an encrypted informational" if notify is None else f"an encrypted {notify_name(notify)}"
    if reading is None:
        return case.finding(
            "phase2-refused", "likely", f"The {who} refused quick mode with {said} in place of QM2.",
            exchange_messages(case, refused), *told(case, refused), *_asked_for(case, refused[0]),
            alternatives=("phase2-proposal-mismatch", "phase2-selector-mismatch", "phase2-pfs-mismatch",
                          *_or_what_came_before(case, refused[0])),
            settles_it="The log of the peer that refused names proposal, selectors or PFS group.",
        )  # fmt: skip
    return case.finding(
        reading.code, reading.certainty,
        f"The {who} refused quick mode with {said} in place of QM2: {reading.means}.",
        exchange_messages(case, refused), *told(case, refused), *_asked_for(case, refused[0]),
        alternatives=(*reading.alternatives, *_or_what_came_before(case, refused[0])),
        settles_it=reading.settles_it,
    )  # fmt: skip


def _notify_of(case: Case, exchange: LaterExchange) -> int | None:
    """Return the error that refused an exchange; None where no key opened it."""
    if exchange.refused_by is None or (inside := case.seen[exchange.refused_by].inside) is None:
        return None
    return next((notice.type for notice in inside.notices if is_error(notice)), None)


def _asked_for(case: Case, exchange: LaterExchange) -> tuple[str, ...]:
    """Tell what QM1 asks for, where a key opened it."""
    if not case.is_opened:
        return ()
    from ikepcap.diagnose.opened_quick import asked  # most runs have no keys

    return tuple(asked(case, exchange))


def _answered(case: Case, exchange: LaterExchange) -> tuple[str, ...]:
    """Tell in what QM2 is no answer to QM1, where a key opened both."""
    if not case.is_opened:
        return ()
    from ikepcap.diagnose.opened_quick import answers_otherwise

    return tuple(answers_otherwise(case, exchange))


def _or_what_came_before(case: Case, refused: LaterExchange) -> tuple[str, ...]:
    """What comes before quick mode may be what is refused, or why.

    Without an address from mode-config, a client asks for selectors that nobody grants.
    """
    asked = any(e.kind == "transaction" and e.starter == INITIATOR for e in case.standing.later)
    # In aggressive mode the responder reads MSG3 and QM1 at about the same time, and may refuse either.
    either = case.course.mode == "aggressive"
    # Two deletes look the same, of which the first crossed QM1.
    last = case.seen[-1]
    answered = refused.refused_by is not None and last.sender == refused.starter
    ended = answered and is_delete(case, last) and is_delete(case, case.seen[refused.refused_by or 0])
    also = {"mode-config-failed": asked, "authentication-failed": either, "deleted-by-peer": ended}
    return tuple(code for code, applies in also.items() if applies)


def why_stalled(case: Case, exchange: LaterExchange) -> tuple[str, str]:
    """Say what happened to an exchange, and at whose end to look for its last message."""
    last = exchange.last
    sender = exchange.starter if last % 2 else 1 - exchange.starter
    receiver = case.names[1 - sender]
    at = exchange.indexes[exchange.steps.index(last)]
    asked_again = any(
        step == last - 1 and index > at for step, index in zip(exchange.steps, exchange.indexes, strict=True)
    )
    if asked_again:
        name = PREFIX[exchange.kind]
        return (
            f"the {case.role(1 - sender)} goes on repeating {name}{last - 1} although {name}{last} was sent",
            receiver,
        )
    return f"the {case.role(exchange.silent or 0)} never sent QM{exchange.awaited}", receiver


def icmp_told(case: Case) -> tuple[str, ...]:
    """Tell of ICMP errors that came after phase 1, most of a kind first."""
    if not case.conversation.icmp:
        return ()
    count = Counter((named(error), error.reporter) for error in case.conversation.icmp)
    return tuple(
        f"{copies(number).capitalize()} an ICMP {words} came from {address(reporter)}"
        for (words, reporter), number in count.most_common(_ICMP_TOLD)
    )


def exchange_messages(case: Case, failed: Sequence[LaterExchange]) -> list[Seen]:
    """Return the messages of exchanges, with those that refused them."""
    found = [case.seen[i] for e in failed for i in e.indexes]
    return found + [case.seen[e.refused_by] for e in failed if e.refused_by is not None]


def told(case: Case, failed: Sequence[LaterExchange]) -> tuple[str, ...]:
    """Tell the first few exchanges in a line each."""
    lines = [_line(case, exchange) for exchange in failed[:4]]
    if len(failed) > len(lines):
        lines.append(f"{len(failed) - len(lines)} more ended the same way")
    return tuple(lines)


def _line(case: Case, exchange: LaterExchange) -> str:
    step = exchange.last
    sent = [case.seen[i] for i, s in zip(exchange.indexes, exchange.steps, strict=True) if s == step]
    name = f"{PREFIX.get(exchange.kind, '')}{step}"
    text = f"{name} of message ID {exchange.message_id:08x} was sent {copies(len(sent))}"
    if len(sent) > 1:
        text += lasting("over", [s.time_ns for s in sent])
    if exchange.refused_by is not None:
        answer = case.seen[exchange.refused_by]
        notify = _notify_of(case, exchange)
        what = f"encrypted {notify_name(notify)}" if notify is not None else "encrypted informational"
        return f"{text}; frame {answer.frame} is an {what} of {answer.wire_bytes} octets"
    waited = case.conversation.watched_until_ns - sent[-1].time_ns
    if waited < _WORTH_TELLING_NS:
        return text
    return f"{text}; nothing more of this exchange in the {span(waited)} after it"

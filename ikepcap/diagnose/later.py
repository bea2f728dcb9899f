"""Findings about exchanges after phase 1: what was refused, what was not answered, a peer that is gone."""

from collections.abc import Iterator, Sequence
from typing import Final

from ikepcap.diagnose.case import Case
from ikepcap.diagnose.finding import Finding
from ikepcap.diagnose.readings import QUICK
from ikepcap.diagnose.wording import copies, span
from ikepcap.state.exchanges import PREFIX, LaterExchange
from ikepcap.state.judge import UNANSWERED
from ikepcap.state.refusal import is_error
from ikepcap.track.conversation import INITIATOR, Seen
from ikepcap.wire.numbers import Exchange, notify_name

_WORTH_TELLING_NS: Final = 10**9


def quick_modes(case: Case) -> Iterator[Finding]:
    """Quick modes that did not come up: one finding for all of a kind."""
    refused = [e for e in case.standing.later if e.kind == "quick" and e.outcome == "refused"]
    if refused:
        yield _refused(case, refused)
    stalled = [e for e in case.standing.later if e.kind == "quick" and e.outcome == "stalled"]
    if stalled:
        first = stalled[0]
        claim, arrives_at = why_stalled(case, first)
        yield case.finding(
            "phase2-no-reply", "likely", f"Quick mode stalled: {claim}.", exchange_messages(case, stalled),
            *told(case, stalled), *_icmp(case), *_answered(case, first),
            alternatives=("dead-peer", "replies-lost") if first.last < 3 else ("replies-lost",),
            settles_it=f"Capture at {arrives_at}: does QM{first.last} arrive there?",
        )  # fmt: skip


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
                          *_or_what_came_before(case)),
            settles_it="The log of the peer that refused names proposal, selectors or PFS group.",
        )  # fmt: skip
    return case.finding(
        reading.code, reading.certainty,
        f"The {who} refused quick mode with {said} in place of QM2: {reading.means}.",
        exchange_messages(case, refused), *told(case, refused), *_asked_for(case, refused[0]),
        alternatives=(*reading.alternatives, *_or_what_came_before(case)), settles_it=reading.settles_it,
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


def _or_what_came_before(case: Case) -> tuple[str, ...]:
    """What comes before quick mode may be what is refused, or why.

    Without an address from mode-config, a client asks for selectors that nobody grants.
    """
    asked = any(e.kind == "transaction" and e.starter == INITIATOR for e in case.standing.later)
    # In aggressive mode the responder reads MSG3 and QM1 at about the same time, and may refuse either.
    either = case.course.mode == "aggressive"
    return (*(("mode-config-failed",) if asked else ()), *(("authentication-failed",) if either else ()))


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


def dead_peer(case: Case) -> Iterator[Finding]:
    """Protected informationals that used to be answered are answered no more (RFC 3706).

    Some peers send heartbeats that nobody answers, so silence counts only after an answer was seen.
    """
    if case.standing.outcome != "established":
        return
    answers = 0
    waiting: list[Seen] = []
    for message in case.seen:
        if message.is_duplicate:
            continue
        is_informational = message.exchange == Exchange.INFORMATIONAL and message.is_encrypted
        if waiting and message.sender != waiting[-1].sender:
            is_answer = is_informational and message.wire_bytes == waiting[-1].wire_bytes
            answers += is_answer
            waiting = [] if is_answer or not is_informational else [message]
        elif is_informational and (
            not waiting or message.time_ns - waiting[-1].time_ns >= _WORTH_TELLING_NS
        ):  # fmt: skip
            waiting.append(message)
    if len(waiting) < UNANSWERED or not answers:
        return
    sender = waiting[-1].sender
    yield case.finding(
        "dead-peer", "likely",
        f"The {case.role(1 - sender)} {case.names[1 - sender]} is gone: keepalives that it used to answer "
        "get no answer.",
        waiting,
        f"{len(waiting)} encrypted informationals of {waiting[-1].wire_bytes} octets in "
        f"{span(waiting[-1].time_ns - waiting[0].time_ns)} from {case.names[sender]} without an answer",
        *_icmp(case),
        alternatives=("replies-lost", "peer-restarted"),
        settles_it=f"Is {case.names[1 - sender]} up, and does it still hold this SA?",
    )  # fmt: skip


def _icmp(case: Case) -> tuple[str, ...]:
    """Tell of ICMP errors that came after phase 1."""
    errors = case.conversation.icmp
    return (
        (f"{len(errors)} ICMP errors quote datagrams of it, the first in frame {errors[0].frame}",)
        if errors
        else ()
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
        text += f" over {span(sent[-1].time_ns - sent[0].time_ns)}"
    if exchange.refused_by is not None:
        answer = case.seen[exchange.refused_by]
        notify = _notify_of(case, exchange)
        what = f"encrypted {notify_name(notify)}" if notify is not None else "encrypted informational"
        return f"{text}; frame {answer.frame} is an {what} of {answer.wire_bytes} octets"
    waited = case.conversation.watched_until_ns - sent[-1].time_ns
    if waited < _WORTH_TELLING_NS:
        return text
    return f"{text}; nothing more of this exchange in the {span(waited)} after it"

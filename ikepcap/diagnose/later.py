"""Findings about exchanges after phase 1: quick mode and transactions that were refused or not answered."""

from collections.abc import Iterator

from ikepcap.diagnose.case import Case
from ikepcap.diagnose.finding import Finding
from ikepcap.diagnose.wording import copies, span
from ikepcap.state.exchanges import PREFIX, LaterExchange


def quick_modes(case: Case) -> Iterator[Finding]:
    """Quick modes that did not come up: one finding for all of a kind."""
    for outcome, code in (("refused", "phase2-refused"), ("stalled", "phase2-no-reply")):
        failed = [e for e in case.standing.later if e.kind == "quick" and e.outcome == outcome]
        if not failed:
            continue
        first = failed[0]
        indexes = [i for e in failed for i in (*e.indexes, *((e.refused_by,) if e.refused_by else ()))]
        if outcome == "refused":
            claim = (
                f"The {case.role(first.silent or 0)} refused quick mode with an encrypted informational in "
                f"place of QM2."
            )
            alternatives = (
                "phase2-proposal-mismatch", "phase2-selector-mismatch", "phase2-pfs-mismatch",
            )  # fmt: skip
            settles = "The log of the peer that refused names proposal, selectors or PFS group."
        else:
            claim = f"Quick mode stalled: the {case.role(first.silent or 0)} never sent QM{first.awaited}."
            alternatives = ("dead-peer", "replies-lost")
            settles = f"Capture at {case.names[first.silent or 0]}: does QM{first.last} arrive there?"
        evidence = [_told(case, e) for e in failed[:4]]
        if len(failed) > 4:
            evidence.append(f"{len(failed) - 4} more quick modes ended the same way")
        yield case.finding(
            code, "likely", claim, (case.seen[i] for i in indexes), *evidence,
            alternatives=alternatives, settles_it=settles,
        )  # fmt: skip


def transactions(case: Case) -> Iterator[Finding]:
    """A transaction that was not answered: XAUTH asks first, mode-config after it."""
    unanswered = [e for e in case.standing.later if e.kind == "transaction" and e.outcome == "stalled"]
    if not unanswered:
        return
    first = unanswered[0]
    asks_user = first.starter == 1
    yield case.finding(
        "xauth-failed" if asks_user else "mode-config-failed", "possible",
        f"The {case.role(first.starter)} asked in a transaction and the {case.role(first.silent or 0)} "
        f"never replied.",
        (case.seen[i] for i in first.indexes), _told(case, first),
        alternatives=("replies-lost", "mode-config-failed" if asks_user else "xauth-failed"),
        settles_it="The log of the peer that did not reply says whether it waits for a user.",
    )  # fmt: skip


def _told(case: Case, exchange: LaterExchange) -> str:
    """Tell one exchange in a line."""
    step = exchange.last
    sent = [case.seen[i] for i, s in zip(exchange.indexes, exchange.steps, strict=True) if s == step]
    name = f"{PREFIX.get(exchange.kind, '')}{step}"
    text = f"{name} of message ID {exchange.message_id:08x} was sent {copies(len(sent))}"
    if len(sent) > 1:
        text += f" over {span(sent[-1].time_ns - sent[0].time_ns)}"
    if exchange.refused_by is not None:
        answer = case.seen[exchange.refused_by]
        return f"{text}; frame {answer.frame} is an encrypted informational of {answer.wire_bytes} octets"
    waited = case.conversation.watched_until_ns - sent[-1].time_ns
    return f"{text}; nothing more of this exchange in the {span(max(0, waited))} after it"

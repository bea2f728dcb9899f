"""Findings about what lies between phase 1 and quick mode: XAUTH for the user, mode-config for an address.

All of it is encrypted; who asked, how often, and what did not follow is all there is to go by.
"""

from collections.abc import Iterator
from typing import Final

from ikepcap.diagnose.case import Case
from ikepcap.diagnose.finding import Certainty, Finding
from ikepcap.diagnose.later import exchange_messages, told, why_stalled
from ikepcap.diagnose.wording import span
from ikepcap.state.exchanges import REFUSAL_NS, LaterExchange
from ikepcap.track.conversation import INITIATOR, RESPONDER, Seen
from ikepcap.wire.numbers import INFORMATIONAL

AFTER_LOGIN_NS: Final = 5 * 10**9
"""A client that was let in asks for its address or its tunnel at once, and again within seconds."""
VERDICT_NS: Final = 20 * 10**9
"""A server may have to ask another one, and that takes its time."""


def transactions(case: Case) -> Iterator[Finding]:
    """A transaction that was not answered: XAUTH asks first, mode-config after it."""
    # What refused phase 1 itself is told of already.
    outcomes = ("stalled", "refused") if case.standing.refusal is None else ("stalled",)
    failed = [e for e in case.standing.later if e.kind == "transaction" and e.outcome in outcomes]
    if failed and case.is_opened:
        from ikepcap.diagnose.opened_user import asks_user as asked  # most runs have no keys
        from ikepcap.diagnose.opened_user import verdict

        found = verdict(case)
        # Whoever was let in has not failed, whether or not the capture has the answer to that.
        failed = [e for e in failed if found is None or not found[1] or e.message_id != found[0].message_id]
    if not failed or _verdict_cut_short(case):
        return
    first = failed[0]
    asks_user, certainty = first.starter == RESPONDER, _GUESSED
    if case.is_opened:
        told_so = asked(case, first)
        if told_so is not None:
            asks_user, certainty = told_so, _READ
    claim = (
        f"The {case.role(first.starter)} asked in a transaction and the {case.role(first.silent or 0)} never "
        f"replied."
    )
    if first.outcome == "refused":
        claim = (
            f"The {case.role(first.starter)} asked in a transaction and the {case.role(first.silent or 0)} "
            "answered with an encrypted informational in place of its reply."
        )
    elif first.last > 1:
        claim = f"In a transaction {why_stalled(case, first)[0]}."
    yield case.finding(
        "xauth-failed" if asks_user else "mode-config-failed", certainty, claim,
        exchange_messages(case, failed[:1]), *told(case, failed[:1]),
        alternatives=(
            "replies-lost",
            *(() if certainty == _READ else ("mode-config-failed" if asks_user else "xauth-failed",)),
        ),
        settles_it="The log of the peer that did not reply says whether it waits for a user.",
    )  # fmt: skip


def refused_login(case: Case) -> Iterator[Finding]:
    """XAUTH was asked and answered, and then nothing followed: no address, no quick mode.

    strongSwan as a server leaves it at that after a wrong password; a client that was let in goes on at once.
    Libreswan as a client deletes the SA in place of acknowledging a verdict that says no.
    """
    login = _login(case)
    goodbye = _verdict_cut_short(case)
    if goodbye is not None:
        told_so = (
            f"Frame {goodbye.frame} is an encrypted informational of the initiator in place of its answer"
        )
        yield _refused(case, login, "likely", [told_so], goodbye)
        return
    if not login or any(e.outcome != "established" for e in case.standing.later):
        return
    last_ns = max(case.seen[i].time_ns for e in login for i in e.indexes)
    anew = case.conversation.superseded_ns is not None
    watched_ns = case.conversation.watched_until_ns - last_ns
    if not anew and watched_ns < (AFTER_LOGIN_NS if len(login) == _REQUEST_AND_VERDICT else VERDICT_NS):
        yield case.finding(
            "ends-early", "proven",
            "The capture ends with XAUTH: whether the user was let in shows in what follows.",
            exchange_messages(case, login), f"The capture goes on for {span(max(0, watched_ns))} after it",
            alternatives=("xauth-failed", "mode-config-failed"),
            settles_it="Capture until the tunnel is up, or read the log of either peer.",
        )  # fmt: skip
        return
    if len(login) == _REQUEST_AND_VERDICT:
        evidence = [f"{len(login)} transactions of the responder were answered, as XAUTH does"]
    else:
        evidence = ["One transaction of the responder was answered, and none with a verdict came after it"]
    if anew:
        evidence.append("The initiator began a new negotiation after it")
    else:
        evidence.append(f"No mode-config and no quick mode in the {span(watched_ns)} after it")
    said = _informationals(case, last_ns)
    if said:
        evidence.append(f"Frame {said[0].frame} is an encrypted informational after it")
    yield _refused(case, login, "likely" if anew or said else "possible", evidence)


def no_address(case: Case) -> Iterator[Finding]:
    """The client asked for its address, was answered, and said goodbye in place of a quick mode.

    vpnc deletes its SAs when the answer has no address in it.
    """
    later = case.standing.later
    asked = [e for e in later if e.kind == "transaction" and e.starter == INITIATOR]
    if not asked or asked[-1].outcome != "established" or any(e.kind == "quick" for e in later):
        return
    answer = case.seen[asked[-1].indexes[-1]]
    said = [s for s in _informationals(case, answer.time_ns) if s.sender == INITIATOR]
    if not said or said[-1] is not case.seen[-1] or said[0].time_ns - answer.time_ns > REFUSAL_NS:
        return
    yield case.finding(
        "mode-config-failed", "likely",
        "The initiator asked for an address, was answered, and gave up in place of a quick mode: consistent "
        "with an answer without an address.",
        [*exchange_messages(case, asked[-1:]), *said],
        f"Frame {said[0].frame} is an encrypted informational of the initiator, "
        f"{span(said[0].time_ns - answer.time_ns)} after the answer in frame {answer.frame}, its last word",
        alternatives=("deleted-by-peer",),
        settles_it=f"Has {case.names[RESPONDER]} an address to give to this user?",
    )  # fmt: skip


def _refused(
    case: Case, login: list[LaterExchange], certainty: Certainty, evidence: list[str], *more: Seen
) -> Finding:
    followed = "nothing came of it" if len(login) == _REQUEST_AND_VERDICT else "no verdict ever came"
    return case.finding(
        "xauth-failed", certainty,
        f"XAUTH was asked and answered, and {followed}: consistent with a user who was not let in.",
        [*exchange_messages(case, login), *more], *evidence,
        alternatives=("mode-config-failed",),
        settles_it=f"The log of {case.names[RESPONDER]} says whether the user was let in.",
    )  # fmt: skip


def _login(case: Case) -> list[LaterExchange]:
    """Return the transactions of XAUTH, the request and mostly a verdict; none where anything followed."""
    if case.standing.outcome != "established" or 1 not in case.course.first:
        return []
    if any(e.kind == "quick" for e in case.standing.later):
        return []
    asked = [e for e in case.standing.later if e.kind == "transaction"]
    uses_xauth = case.auth is not None and (case.auth.startswith("xauth") or case.auth == "hybrid")
    if not uses_xauth or any(e.starter == INITIATOR for e in asked):
        return []
    return asked if len(asked) <= _REQUEST_AND_VERDICT else []


def _verdict_cut_short(case: Case) -> Seen | None:
    """Return the informational that the initiator sent in place of acknowledging the verdict."""
    login = _login(case)
    if len(login) < _REQUEST_AND_VERDICT or login[0].outcome != "established" or login[1].last != 1:
        return None
    verdict = case.seen[login[1].indexes[-1]]
    said = [s for s in _informationals(case, verdict.time_ns) if s.sender == INITIATOR]
    return said[0] if said else None


def _informationals(case: Case, since_ns: int) -> list[Seen]:
    return [
        s for s in case.seen
        if s.is_encrypted and s.exchange == INFORMATIONAL and s.time_ns >= since_ns
    ]  # fmt: skip


_REQUEST_AND_VERDICT: Final = 2
_GUESSED: Final[Certainty] = "possible"
_READ: Final[Certainty] = "likely"

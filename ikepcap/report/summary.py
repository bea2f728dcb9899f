"""The story of a conversation in one sentence."""

from collections.abc import Iterable, Iterator
from typing import Final

from ikepcap.diagnose.case import Case
from ikepcap.diagnose.later import ended_before_tunnel
from ikepcap.diagnose.wording import MODES, copies, lasting, listing, refusing
from ikepcap.state.exchanges import LaterExchange
from ikepcap.state.infer import NOT_ASKED_AGAIN
from ikepcap.track.conversation import RESPONDER


def summary(case: Case) -> str:
    """Tell how far it got and what it is about, phase 2 included where it matters."""
    outcome = case.standing.outcome
    mode = MODES.get(case.course.mode, "Phase 1")
    if outcome == "established":
        return _established(case, mode)
    if outcome == "refused":
        return _refused(case, mode)
    if outcome == "stalled":
        return f"{mode} stalled at MSG{case.standing.awaited}: {_owed(case)}."
    if outcome == "in-progress":
        last, awaited = case.course.last, case.standing.awaited
        who = case.role(case.standing.silent or 0)
        return f"{mode} is at MSG{last} where the capture ends; MSG{awaited} is due from the {who}."
    if outcome == "probe":
        return f"A probe: one MSG1, {_answered(case)}, never followed up."
    return _unknown(case)


def _answered(case: Case) -> str:
    """Say what came back to a probe."""
    if case.course.last == 2:
        return "answered with MSG2"
    if case.has_spoken(RESPONDER):
        return "refused"
    return "answered with an ICMP error" if case.standing.waiting.icmp else "not answered"


def _established(case: Case, mode: str) -> str:
    course = case.course
    if course.first and 1 in course.first and course.last == course.final:
        ends = (course.first[1], course.first[course.final])
        told = f"{mode} came up{lasting('in', [case.seen[i].time_ns for i in ends])}"
    elif course.last is not None:
        missing = "only one direction was captured" if course.one_sided else "not all of it is in the capture"
        told = f"{mode} came up; {missing}"
    else:
        told = "Phase 1 is not in the capture, but what follows proves that it came up"
    said = ended_before_tunnel(case)
    if said is not None:
        return f"{told}; the {case.role(said.sender)} ended it before there was a tunnel."
    parts = [told, *_quick_modes(case)]
    if (ousted := case.conversation.ousted) is not None:
        meanwhile = " as another client's came up" if ousted.by else ""
        parts.append(f"the responder ended it{meanwhile}")
    return "; ".join(parts) + "."


def _quick_modes(case: Case) -> list[str]:
    if not case.standing.later:
        return []
    quick = [e for e in case.standing.later if e.kind == "quick"]
    told = []
    up = len([e for e in quick if e.outcome == "established"])
    if up:
        told.append("quick mode came up" if up == 1 else f"{up} quick modes came up")
    told += _unfinished(case, quick, _QUICK)
    told += [
        f"the {case.role(e.silent or 0)} never answered a transaction"
        for e in case.standing.later if e.kind == "transaction" and e.outcome == "stalled"
    ][:1]  # fmt: skip
    told += [
        f"the {case.role(e.silent or 0)} refused a transaction"
        for e in case.standing.later if e.kind == "transaction" and e.outcome == "refused"
    ][:1]  # fmt: skip
    if not quick and any(e.kind == "transaction" for e in case.standing.later):
        told.append("no quick mode followed in the capture")
    return told


def _unfinished(case: Case, quick: list[LaterExchange], wanted: Iterable[str]) -> Iterator[str]:
    """Tell of quick modes that did not come up, by their outcomes."""
    for outcome in wanted:
        these = [e for e in quick if e.outcome == outcome]
        if these:
            told = _QUICK[outcome].format(who=case.role(these[0].silent or 0), step=these[0].awaited)
            if outcome == "stalled" and these[0].last >= (these[0].awaited or 0):
                told = f"quick mode stalled, QM{these[0].awaited} did not arrive"
            yield told + (f" ({len(these)} times)" if len(these) > 1 else "")


_QUICK: Final = {
    "refused": "the {who} refused quick mode",
    "stalled": "quick mode stalled, the {who} never sent QM{step}",
    "in-progress": "the capture ends while QM{step} is due from the {who}",
}


def _refused(case: Case, mode: str) -> str:
    refusal = case.standing.refusal
    if refusal is None:
        return f"{mode} was refused."
    said = refusing(refusal, is_encrypted=case.seen[refusal.index].is_encrypted)
    who = case.role(refusal.sender)
    if case.course.last == refusal.replaced:
        return f"The {who} rejected MSG{refusal.replaced} of {mode.lower()} with {said}."
    sent = case.last_sendings()
    tail = f" MSG{case.course.last} was sent {copies(len(sent))}." if len(sent) > 1 else ""
    return f"{mode} was refused: {said} came from the {who} in place of MSG{refusal.replaced}.{tail}"


def _owed(case: Case) -> str:
    """Say who did not do what, with the count that shows it."""
    last = case.course.last or 0
    sent = case.last_sendings()
    count = ""
    if len(sent) > 1:
        count = f" ({len(sent)} copies{lasting('in', [s.time_ns for s in sent])})"
    who = case.role(case.standing.silent or 0)
    other = case.role(1 - (case.standing.silent or 0))
    if case.standing.waiting.fragments:
        return f"MSG{case.standing.awaited} of the {who} came in part only, fragments of it are missing"
    if case.standing.reason == "last-lost":
        return f"the {other} goes on repeating MSG{last - 1} although MSG{last} was sent{count}"
    if case.standing.waiting.repeated_before:
        return (
            f"the {who} goes on repeating MSG{last - 1} although the {other} answered with MSG{last}{count}"
        )
    if last == 1 and not case.has_spoken(RESPONDER):
        return f"nothing ever came back from the responder to MSG1{count}"
    return f"the {who} never answered MSG{last}{count}"


def _unknown(case: Case) -> str:
    reason, course = case.standing.reason, case.course
    if reason == "one-sided":
        return f"Cannot be judged: only the {case.role(case.seen[0].sender)} was captured."
    if reason == "port-filtered":
        return "Cannot be judged: it moves to UDP 4500 after MSG4, and the capture has nothing on that port."
    if reason == "cut":
        return "Cannot be judged: the capture's snaplen left too little of the messages of phase 1."
    if reason == NOT_ASKED_AGAIN:
        last = course.last or 0
        if course.mode == "main" and set(course.first) == {5} and not case.conversation.roles_proven:
            return "Cannot be judged: of phase 1 one encrypted message is in the capture, MSG5 or MSG6."
        return (
            f"Cannot be judged: MSG{last + 1} is not in the capture, and the {case.owner(last)} did not ask "
            "for it again."
        )
    kinds = sorted({e.kind for e in case.standing.later})
    if course.mode == "unknown" and kinds:
        quick = [e for e in case.standing.later if e.kind == "quick"]
        failed = "".join(f"; {told}" for told in _unfinished(case, quick, ("refused", "stalled")))
        return f"Cannot be judged: phase 1 is not in the capture, only {listing(kinds)} messages{failed}."
    return "Cannot be judged: no message of phase 1 can be placed."

"""Run the rules over a case, in declared order; what a rule declares implied is dropped.

A rule is a function from a case to findings. One that crashes becomes a finding about itself: a report with
one answer missing is worth more than none.
"""

from collections.abc import Callable, Iterator
from typing import Final

from ikepcap.diagnose import conditions, keepalives, later, path, policy, refused, series, silence, user
from ikepcap.diagnose.case import Case
from ikepcap.diagnose.finding import Finding

Rule = Callable[[Case], Iterator[Finding]]

RULES: Final[tuple[Rule, ...]] = (
    path.icmp_errors,
    path.lost_fragments,
    policy.chosen_not_offered,
    policy.no_common_offer,
    refused.refusal,
    silence.silence,
    series.half_open,
    series.renewal,
    series.fight,
    later.deleted,
    later.quick_modes,
    user.transactions,
    user.refused_login,
    user.no_address,
    keepalives.dead_peer,
    keepalives.never_answered,
    conditions.probe,
    conditions.recovered,
    conditions.simultaneous,
    conditions.shown_in_part,
    conditions.stray,
    conditions.duplicates,
    conditions.truncated,
    conditions.malformed,
)
ALWAYS: Final[tuple[Rule, ...]] = (conditions.readable_key_hash, policy.weak_crypto)
"""What is to be said of a plain conversation too: one that came up whole and at the first try."""
_ORDER: Final = {"proven": 0, "likely": 1, "possible": 2}


def diagnose(case: Case, *, strict: bool = False) -> tuple[Finding, ...]:
    """Return what is to be said about a conversation: faults first, the surest of them foremost.

    Args:
        case: the conversation and its standing.
        strict: let a crashing rule raise; tests want to see it.
    """
    found: list[Finding] = []
    rules = ALWAYS if case.standing.is_plain else (*RULES, *ALWAYS)
    if case.is_opened:
        from ikepcap.diagnose import opened  # most runs have no keys

        rules = opened.rules(case, rules)
    for rule in rules:
        try:
            # Most have nothing to say: extending the list by nothing takes longer.
            for finding in rule(case):
                found.append(finding)  # noqa: PERF402
        except Exception as error:  # the one place: a report must not be lost to one rule
            if strict:
                raise
            found.append(_crashed(rule, case, error))
    if not found:
        return ()
    faults = [f for f in found if f.is_fault]
    if case.standing.outcome == "established":
        # Phase 1 came up: only what concerns later exchanges can still be a fault.
        faults = [f for f in faults if f.code in AFTER_PHASE_1]
    elif case.conversation.crossed and series.other_came_up(case):
        faults = []  # one of two that crossed is enough
    is_told = any(f.certainty != "possible" for f in faults)
    notes = [f for f in found if not f.is_fault and not (is_told and f.code == "ends-early")]
    return (*sorted(faults, key=lambda f: _ORDER[f.certainty]), *notes)


AFTER_PHASE_1: Final = frozenset(
    {
        "xauth-failed", "mode-config-failed", "phase2-proposal-mismatch", "phase2-selector-mismatch",
        "phase2-pfs-mismatch", "phase2-refused", "phase2-no-reply", "dead-peer", "deleted-by-peer",
        "rekey-failed",
    }
)  # fmt: skip


def _crashed(rule: Rule, case: Case, error: Exception) -> Finding:
    return Finding(
        "internal-rule-failure",
        "proven",
        f"The rule {rule.__name__} failed on this conversation; the rest of the report is complete.",
        (case.seen[0].frame,),
        (f"{type(error).__name__}",),
        settles_it="Report it with the capture, or with a scrubbed copy.",
    )

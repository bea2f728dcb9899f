"""Findings about dead-peer detection that no key opened: who asks, and who answers no more, or never did.

R-U-THERE (RFC 3706) is an encrypted informational like others: its size, its repetition and what answers it
tell it apart.
"""

from collections.abc import Iterator
from itertools import pairwise
from typing import Final

from ikepcap.diagnose.case import Case
from ikepcap.diagnose.finding import Finding
from ikepcap.diagnose.goodbye import PROMPT_NS, informational_bytes
from ikepcap.diagnose.later import icmp_told
from ikepcap.diagnose.wording import span
from ikepcap.state.judge import UNANSWERED
from ikepcap.track.conversation import Seen
from ikepcap.wire.numbers import INFORMATIONAL

_APART_NS: Final = 10**9
_INTERVAL_NS: Final = 120 * 10**9
"""Who got no answer asks again sooner; what comes later is about something else."""
_R_U_THERE: Final = 32
"""Octets of a notify with both cookies as SPI and a sequence number (RFC 3706 §5.3)."""
_TWICE: Final = 2


def dead_peer(case: Case) -> Iterator[Finding]:
    """Protected informationals that used to be answered are answered no more (RFC 3706).

    Some peers send heartbeats that nobody answers, so silence counts only after an answer was seen.
    """
    if case.standing.outcome != "established":
        return
    if len([s for s in case.seen if s.exchange == INFORMATIONAL]) < UNANSWERED:
        return
    answered: set[int] = set()
    waiting: list[Seen] = []
    for message in case.seen:
        if message.is_duplicate or _is_after(message, case.conversation.superseded_ns):
            continue  # what is said in an SA that has a successor is mostly its delete
        is_informational = message.exchange == INFORMATIONAL and message.is_encrypted
        if waiting and message.sender != waiting[-1].sender:
            is_answer = is_informational and message.wire_bytes == waiting[-1].wire_bytes
            answered |= {message.wire_bytes} if is_answer else set()
            waiting = [] if is_answer or not is_informational else [message]
        elif is_informational and (
            not waiting or message.time_ns - waiting[-1].time_ns >= _APART_NS
        ):  # fmt: skip
            waiting.append(message)
    # Deletes have no answer, and mostly another size than the keepalives that had one.
    waiting = [message for message in waiting if message.wire_bytes in answered]
    if len(waiting) < UNANSWERED:
        return
    sender = waiting[-1].sender
    yield case.finding(
        "dead-peer", "likely",
        f"The {case.role(1 - sender)} {case.names[1 - sender]} is gone: keepalives that it used to answer "
        "get no answer.",
        waiting,
        f"{len(waiting)} encrypted informationals of {waiting[-1].wire_bytes} octets in "
        f"{span(waiting[-1].time_ns - waiting[0].time_ns)} from {case.names[sender]} without an answer",
        *icmp_told(case),
        alternatives=("replies-lost", "peer-restarted"),
        settles_it=f"Is {case.names[1 - sender]} up, and does it still hold this SA?",
    )  # fmt: skip


def _is_after(message: Seen, moment_ns: int | None) -> bool:
    return moment_ns is not None and message.time_ns > moment_ns


def never_answered(case: Case) -> Iterator[Finding]:
    """Both peers announced dead-peer detection, one asks twice or more and gives up, and the other is silent.

    Heartbeats that nobody answers look alike, but they go on, and who sends them mostly announces that.
    INITIAL-CONTACT and a delete may have the size of R-U-THERE: one comes at once after phase 1, and nothing
    follows the other.
    """
    asked = _asked(case)
    if len(asked) < _TWICE:
        return
    sender, first_ns, last_ns = asked[0].sender, asked[0].time_ns, asked[-1].time_ns
    waited_ns = case.conversation.watched_until_ns - last_ns
    longest_ns = max(after.time_ns - before.time_ns for before, after in pairwise(asked))
    if waited_ns <= _TWICE * longest_ns:
        return
    gone, name = 1 - sender, case.names[1 - sender]
    last_word = next(s for s in reversed(case.seen) if s.sender == gone)
    yield case.finding(
        "dead-peer", "possible",
        f"The {case.role(gone)} {name} may be gone: it never answered what may be dead-peer detection.",
        [last_word, *asked],
        f"{len(asked)} encrypted informationals of R-U-THERE's size, {asked[0].wire_bytes} octets, in "
        f"{span(last_ns - first_ns)} from {case.names[sender]}, and both peers announced dead-peer detection",
        f"Nothing of {name} after frame {last_word.frame}, in "
        f"{span(case.conversation.watched_until_ns - last_word.time_ns)}",
        f"{case.names[sender]} gave up: none in the {span(waited_ns)} after the last",
        *icmp_told(case),
        alternatives=("replies-lost", "peer-restarted"),
        settles_it=f"Is {name} up and reachable, through the NAT if there is one, and does ESP come from it?",
    )  # fmt: skip


def _asked(case: Case) -> list[Seen]:
    """Return what may be R-U-THERE of one peer, where the other never answered and is silent ever since."""
    course = case.course
    if case.standing.outcome != "established" or course.last != course.final:
        return []
    sender = case.seen[-1].sender
    said = [s for s in case.seen if s.exchange == INFORMATIONAL and not s.is_duplicate]
    if len(said) < _TWICE or any(s.sender != sender for s in said):
        return []
    can = [case.capabilities(side) for side in (0, 1)]
    if not all("dpd" in one for one in can) or "heartbeat" in can[sender]:
        return []
    if case.conversation.superseded_ns is not None:
        return []
    size = informational_bytes(case.standing.chosen, _R_U_THERE)
    up_ns = case.seen[course.first[course.final]].time_ns
    heard_ns = max((s.time_ns for s in case.seen if s.sender != sender), default=up_ns)
    asked = [s for s in said if s.time_ns > max(heard_ns, up_ns + PROMPT_NS)]
    apart = all(
        _APART_NS <= after.time_ns - before.time_ns <= _INTERVAL_NS for before, after in pairwise(asked)
    )
    return asked if apart and all(s.wire_bytes == size for s in asked) else []

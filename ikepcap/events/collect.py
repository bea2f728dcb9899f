"""All records that Windows would log of a capture: those of the report's negotiations, then AuthIP's."""

from collections import Counter
from collections.abc import Iterable, Iterator

from ikepcap.events.authip import Negotiation
from ikepcap.events.clear import Watcher
from ikepcap.events.expected import FAILED, ME, PEER, SIDES, phase_1_records, quick_records
from ikepcap.events.model import (
    Certainty,
    Expected,
    ExtendedModeFailure,
    Failure,
    Header,
    MainModeFailure,
    Side,
)
from ikepcap.events.numbers import MM_FLAGS, error_name
from ikepcap.events.outcome_table import NO_RESPONSE, TIMED_OUT
from ikepcap.report.clock import timestamp
from ikepcap.report.model import Conversation
from ikepcap.wire.numbers import Exchange

_AUTHIP = "IKEEXT_KEY_MODULE_AUTHIP"
_BENIGN = MM_FLAGS["FWPM_NET_EVENT_IKEEXT_MM_FAILURE_FLAG_BENIGN"]


def expected_records(conversations: Iterable[Conversation], watcher: Watcher) -> Iterator[Expected]:
    """Yield the records of both ends, in the order of the conversations.

    Args:
        conversations: of one report, in its order.
        watcher: what saw the datagrams of the same capture.
    """
    went_on = {frozenset(one.ends) for one in watcher.authip.negotiations if one.was_answered}
    came_up: set[frozenset[str]] = set()
    failed: Counter[int] = Counter()
    for conversation in conversations:
        ends = frozenset((conversation.initiator.address, conversation.responder.address))
        if conversation.outcome == "established":
            came_up.add(ends)
        series = conversation.attempt_of or conversation.id
        shown = watcher.shown(conversation.initiator_cookie)
        yield from phase_1_records(
            conversation, shown, coexists=ends in went_on, failures_before=failed[series]
        )
        yield from quick_records(conversation)
        failed[series] += conversation.outcome in FAILED
    for negotiation in watcher.authip.negotiations:
        benign = frozenset(negotiation.ends) in came_up
        yield from _authip_records(negotiation, benign=benign)


def _authip_records(negotiation: Negotiation, *, benign: bool) -> Iterator[Expected]:
    """Yield the failures of an AuthIP negotiation: a status that was sent, or a first message unanswered."""
    for side, code, frame in negotiation.statuses[:1]:
        why = f"frame {frame} is AuthIP's notify with the error code {code} of the {SIDES[side]}"
        yield _main_mode(negotiation, side, code, ME, "proven", why, benign=benign)
        why += "; what this end makes of it is not known"
        yield _main_mode(negotiation, 1 - side, None, PEER, "possible", why, benign=benign, others=(code,))
    if negotiation.statuses or not negotiation.copies:
        return
    if not negotiation.was_answered:
        why = "AuthIP's first message was repeated and never answered: consistent with a timeout"
        others = (NO_RESPONSE,)
        yield _main_mode(negotiation, 0, TIMED_OUT, None, "possible", why, benign=benign, others=others)
    elif negotiation.messages(Exchange.AUTHIP_EXTENDED, 0) and not negotiation.messages(
        Exchange.AUTHIP_EXTENDED, 1
    ):
        why = "AuthIP's extended mode was not answered: consistent with a timeout"
        failure = ExtendedModeFailure(
            TIMED_OUT, None, 0, "IKEEXT_EM_SA_STATE_SENT_ATTS", "IKEEXT_SA_ROLE_INITIATOR"
        )
        yield _record(negotiation, 0, failure, "possible", why, (NO_RESPONSE,))


def _main_mode(
    negotiation: Negotiation,
    side: int,
    code: int | None,
    point: str | None,
    certainty: Certainty,
    why: str,
    *,
    benign: bool,
    others: tuple[int, ...] = (),
) -> Expected:
    failure = MainModeFailure(
        failure_error_code=code,
        failure_point=point,
        flags=_BENIGN if benign else 0,
        keying_module_type=_AUTHIP,
        mm_state=_state(negotiation, side),
        sa_role=f"IKEEXT_SA_ROLE_{SIDES[side].upper()}",
    )
    return _record(negotiation, side, failure, certainty, why, others)


def _state(negotiation: Negotiation, side: int) -> str | None:
    """Return how far a side got: its messages are counted as IKE's are; later ones cannot be told apart."""
    sent = negotiation.messages(Exchange.AUTHIP_MAIN, side)
    return ("IKEEXT_MM_SA_STATE_NONE", "IKEEXT_MM_SA_STATE_SA_SENT", "IKEEXT_MM_SA_STATE_SSPI_SENT")[
        min(sent, 2)
    ]


def _record(
    negotiation: Negotiation,
    side: int,
    failure: Failure,
    certainty: Certainty,
    why: str,
    others: tuple[int, ...],
) -> Expected:
    role: Side = SIDES[side]
    (local, local_port), (remote, remote_port) = (
        (negotiation.ends[one], negotiation.ports[one]) for one in (side, 1 - side)
    )
    at = timestamp(negotiation.last_ns) if negotiation.statuses else None
    ends = Header(at, local, local_port, remote, remote_port, negotiation.cookie.hex())
    code = failure.failure_error_code
    name = None if code is None else error_name(code)
    return Expected(None, role, None, ends, failure, certainty, why, name, others)

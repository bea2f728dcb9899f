"""From a negotiation in a report to the records that Windows would log of it, one for each end.

What the wire cannot know stays None. The flags are judged as their definitions say: BENIGN where the failure
was expected, since another keying module between the same peers went on; MULTIPLE from the second failed
attempt of a series on.
"""

from collections.abc import Iterator
from typing import Final

from msgspec import Struct

from ikepcap.events.clear import Notice, Shown
from ikepcap.events.model import Certainty, Expected, Header, MainModeFailure, QuickModeFailure, Side
from ikepcap.events.numbers import MM_FLAGS, error_name
from ikepcap.events.outcome_table import (
    ASSUMED_INVALID,
    AUTH_METHODS,
    DELETED,
    ECDSA_METHODS,
    NO_QUICK_MODE,
    NO_RESPONSE,
    NOT_AUTHENTICATED_CERTIFICATE,
    NOT_AUTHENTICATED_PSK,
    NOTIFIES,
    NOTIFY_STATUS,
    REAPED,
    SUPPRESSED,
    TIMED_OUT,
    UNREADABLE,
)
from ikepcap.report.model import Conversation, Exchange, Peer
from ikepcap.wire.numbers import notify_name

ME: Final = "IPSEC_FAILURE_ME"
PEER: Final = "IPSEC_FAILURE_PEER"
IKE: Final = "IKEEXT_KEY_MODULE_IKE"
NO_CERTIFICATE: Final = "0" * 40
SIDES: Final[tuple[Side, Side]] = ("initiator", "responder")
FAILED: Final = ("stalled", "refused")
_BENIGN, _MULTIPLE = MM_FLAGS.values()


class Verdict(Struct, frozen=True):
    """What an end would log as the reason."""

    code: int | None
    why: str
    certainty: Certainty = "possible"
    point: str | None = None
    others: tuple[int, ...] = ()
    benign: bool = False


def phase_1_records(
    conversation: Conversation, shown: Shown, *, coexists: bool = False, failures_before: int = 0
) -> Iterator[Expected]:
    """Yield the main mode failures of a negotiation, the initiator's first; none where it did not fail.

    Args:
        conversation: of the report.
        shown: what its messages say in the clear.
        coexists: an AuthIP negotiation between the same peers went on.
        failures_before: failed attempts of the same series before this one.
    """
    if conversation.outcome not in FAILED:
        return
    for side in SIDES:
        peer: Peer = getattr(conversation, side)
        if peer.progress is None:
            continue  # it never took part, as far as the capture shows
        verdict = _verdict(conversation, side, shown, coexists=coexists)
        flags = (_BENIGN if verdict.benign else 0) | (_MULTIPLE if failures_before else 0)
        remote = getattr(conversation, _other(side))
        failure = MainModeFailure(
            failure_error_code=verdict.code,
            failure_point=verdict.point,
            flags=flags,
            keying_module_type=IKE,
            mm_state=peer.states.get("windows"),
            sa_role=f"IKEEXT_SA_ROLE_{side.upper()}",
            mm_auth_method=_auth_method(conversation),
            end_cert_hash=_certificate(conversation, remote, shown),
            local_principal_name_for_auth=shown.identities.get(peer.address),
            remote_principal_name_for_auth=shown.identities.get(remote.address),
        )
        at = conversation.last_time if conversation.outcome == "refused" else None
        yield Expected(
            conversation.id, side, None, header(conversation, side, at), failure, verdict.certainty,
            verdict.why, None if verdict.code is None else error_name(verdict.code), verdict.others,
        )  # fmt: skip


def quick_records(conversation: Conversation) -> Iterator[Expected]:
    """Yield the quick mode failures of a negotiation, two for each."""
    for exchange in conversation.exchanges:
        if exchange.kind == "quick" and exchange.outcome in FAILED:
            for side in SIDES:
                yield _quick_record(conversation, exchange, side)


def header(conversation: Conversation, side: Side, at: str | None) -> Header:
    """Return the two ends as one of them sees them."""
    local: Peer = getattr(conversation, side)
    remote: Peer = getattr(conversation, _other(side))
    return Header(
        at, local.address, local.port, remote.address, remote.port,
        conversation.initiator_cookie, conversation.responder_cookie,
    )  # fmt: skip


def _verdict(conversation: Conversation, side: Side, shown: Shown, *, coexists: bool) -> Verdict:
    if conversation.outcome == "refused":
        return _refused(conversation, side, shown)
    awaited = f"MSG{conversation.awaited_message}"
    if side != conversation.silent_peer:
        if coexists and conversation.awaited_message == 2:
            why = "MSG1 was not answered while AuthIP between the same peers was: IKE gave way to it"
            return Verdict(SUPPRESSED, why, "likely", benign=True)
        why = f"{awaited} never came: consistent with a timeout; whom Windows blames for one is not known"
        return Verdict(TIMED_OUT, why, others=(NO_RESPONSE,))
    if side == "responder" and _keys_differ(conversation):
        why = f"it never sent {awaited}: consistent with an MSG5 that it could not read"
        return Verdict(None, why, point=ME, others=NOT_AUTHENTICATED_PSK)
    return Verdict(None, f"it never sent {awaited}; what it logged, if anything, is not on the wire")


def _refused(conversation: Conversation, side: Side, shown: Shown) -> Verdict:
    """Return the verdict where a peer ended it: it logs ME, the other one PEER."""
    refuser = conversation.silent_peer
    if refuser is None:
        return Verdict(None, "who refused it is not known")
    point = ME if side == refuser else PEER
    notice = _notice(shown, getattr(conversation, refuser).address)
    if notice is None:
        if side != refuser and _keys_differ(conversation):
            why = f"the {refuser}'s encrypted refusal cannot be read without its key: as if nothing came"
            return Verdict(TIMED_OUT, why, others=UNREADABLE)
        psk = conversation.auth in ("psk", "xauth-psk")
        others = NOT_AUTHENTICATED_PSK if psk else NOT_AUTHENTICATED_CERTIFICATE
        why = f"the {refuser} refused it with an encrypted message: consistent with each code named here"
        return Verdict(None, why, point=point, others=others if side == refuser else others[:1])
    if notice.kind is None:
        why = f"the {refuser} deleted it in frame {notice.frame}"
        return Verdict(REAPED if side == refuser else DELETED, why, "likely", point)
    name = notify_name(notice.kind)
    if notice.kind == NOTIFY_STATUS:
        code = int.from_bytes(notice.data[:4])
        why = f"frame {notice.frame} is Windows' own notify with the {refuser}'s error code {code}"
        if side == refuser:
            return Verdict(code, why, "proven", point)
        return Verdict(None, f"{why}; what this end makes of it is not known", point=point, others=(code,))
    known = NOTIFIES.get(notice.kind)
    if known is None:
        return Verdict(None, f"frame {notice.frame} is {name}: no error code follows from it", point=point)
    code, others, certainty = known
    why = f"frame {notice.frame} is {name} from the {refuser}: consistent with this code"
    return Verdict(code, why, "likely" if certainty == "likely" else "possible", point, others)


def _keys_differ(conversation: Conversation) -> bool:
    return any(finding.code == "psk-mismatch" for finding in conversation.findings)


def _notice(shown: Shown, sender: str) -> Notice | None:
    """Return the notify that ended it: Windows' own status first, else the first error, else a delete."""
    own = [notice for notice in shown.notices if notice.sender == sender]
    for notice in own:
        if notice.kind == NOTIFY_STATUS and len(notice.data) >= 4:
            return notice
    errors = [notice for notice in own if notice.kind is not None and notice.kind < 16384]
    deletes = [notice for notice in own if notice.kind is None]
    return next(iter((*errors, *deletes)), None)


def _quick_record(conversation: Conversation, exchange: Exchange, side: Side) -> Expected:
    began = side == (exchange.started_by or "initiator")
    verdict = _quick_verdict(exchange, side)
    state = None
    if began and exchange.last_message in (1, 2):
        state = "IKEEXT_QM_SA_STATE_INITIAL"
    elif not began and exchange.last_message == 1:
        state = "IKEEXT_QM_SA_STATE_NONE"
    role = "INITIATOR" if began else "RESPONDER"
    failure = QuickModeFailure(
        verdict.code, verdict.point, IKE, qm_state=state, sa_role=f"IKEEXT_SA_ROLE_{role}"
    )
    return Expected(
        conversation.id, side, exchange.message_id, header(conversation, side, None), failure,
        verdict.certainty, verdict.why, None if verdict.code is None else error_name(verdict.code),
        verdict.others,
    )  # fmt: skip


def _quick_verdict(exchange: Exchange, side: Side) -> Verdict:
    silent = side == exchange.silent_peer
    if exchange.outcome == "refused":
        why = f"the {exchange.silent_peer} refused it with an encrypted message: consistent with these codes"
        return Verdict(None, why, point=ME if silent else PEER, others=NO_QUICK_MODE)
    awaited = f"QM{exchange.awaited_message}"
    if silent:
        return Verdict(None, f"it never sent {awaited}; what it logged, if anything, is not on the wire")
    return Verdict(TIMED_OUT, f"{awaited} never came: consistent with a timeout", others=(ASSUMED_INVALID,))


def _auth_method(conversation: Conversation) -> str | None:
    """Return the method in Windows' words; None where it is not known, or Windows has none such."""
    if conversation.auth == "ecdsa-sig" and conversation.chosen is not None:
        return ECDSA_METHODS.get(conversation.chosen.auth or "")
    return AUTH_METHODS.get(conversation.auth or "")


def _certificate(conversation: Conversation, remote: Peer, shown: Shown) -> str | None:
    """Return the thumbprint of the peer's certificate: it is what fails to be validated."""
    if conversation.auth in ("psk", "xauth-psk"):
        return NO_CERTIFICATE
    return shown.certificates.get(remote.address)


def _other(side: Side) -> Side:
    return "responder" if side == "initiator" else "initiator"

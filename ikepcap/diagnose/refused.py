"""Findings about refusals: what a peer said in so many words, and what that is consistent with.

The words are few and every vendor uses them a little differently, so a refusal is read as the likeliest of
several causes unless the bytes leave only one.
"""

from collections.abc import Iterator
from typing import Final

from ikepcap.diagnose.case import Case
from ikepcap.diagnose.finding import Finding
from ikepcap.diagnose.policy import comparison
from ikepcap.diagnose.readings import (
    AGGRESSIVE,
    AUTH,
    BAD_HASH_R,
    DELETED,
    ENCRYPTED,
    ENCRYPTED_PSK,
    ENCRYPTED_READ,
    GARBLED,
    IDENTITY_OR_CERT,
    NO_PEER,
    OTHER,
    READINGS,
    SAME_KEY,
    SIGNED,
    UNREADABLE,
    WINDOWS,
    Reading,
)
from ikepcap.diagnose.wording import refusing, span
from ikepcap.state.refusal import Refusal
from ikepcap.wire.message import NO_COOKIE
from ikepcap.wire.numbers import INFORMATIONAL, NotifyType

_OF_SECRETS: Final = frozenset({"psk-mismatch", "no-shared-secret"})
_OF_CERTIFICATES: Final = frozenset({"certificate-rejected"})
_HEED_NS: Final = 25 * 10**9
"""Longer than any implementation waits before its second copy (KAME: 20 s)."""
_HEED_BY_NS: Final = {"strongSwan": 4_500_000_000, "Libreswan": 10**9}
"""Those that are known to ask again sooner: after 4 s (5.9.8), after 0.5 s (4.10)."""


def refusal(case: Case) -> Iterator[Finding]:
    """A peer ended phase 1 with a notify, a delete, or an encrypted informational."""
    refused = case.standing.refusal
    if refused is None:
        return
    message = case.seen[refused.index]
    who, name = case.role(refused.sender), case.names[refused.sender]
    reading = read(case, refused)
    shown: tuple[str, ...] = ()
    if case.is_opened:
        from ikepcap.diagnose import opened_auth  # most runs have no keys

        reading = opened_auth.reading(case, refused) or reading
        shown = tuple(opened_auth.told(case, refused))
    said = refusing(refused, is_encrypted=message.is_encrypted)
    times = [s for s in case.seen if s.exchange == message.exchange and s.sender == refused.sender]
    before = [s for s in case.seen[: refused.index] if s.sender != refused.sender]
    # The last message of phase 1 has no answer that a refusal would stand in place of.
    step, where = refused.replaced, f"where MSG{refused.replaced} was due"
    answered = f"with {said} in place of MSG{step}"
    if case.course.last == step:
        answered, where = f"MSG{step} with {said}", f"in answer to MSG{step}"
    evidence = [f"Frame {message.frame} is {said} from {name}, {message.wire_bytes} octets, {where}"]
    if refused.notify == NotifyType.MS_NOTIFY_STATUS:
        code = windows_error(case, refused)
        known = f" ERROR_IPSEC_IKE_{WINDOWS[code][0]}" if code in WINDOWS else ""
        evidence.append(f"The status notify carries the Windows error {code}{known}")
    if before:
        evidence.append(f"It came {span(abs(message.time_ns - before[-1].time_ns))} after frame "
                        f"{before[-1].frame}")  # fmt: skip
    if len(times) > 1:
        evidence.append(f"{len(times)} informationals came from it in all")
    if reading.code == "proposal-mismatch":
        evidence += comparison(case)
    evidence += shown
    yield case.finding(
        reading.code, reading.certainty,
        f"The {who} answered {answered}: {reading.means}.",
        times, *evidence,
        alternatives=_fitting(case, reading), settles_it=reading.settles_it,
    )  # fmt: skip


def _fitting(case: Case, reading: Reading) -> tuple[str, ...]:
    """Return the other readings that fit what the peers authenticate with, where the capture shows that."""
    # In aggressive mode the responder reads MSG3 and QM1 at about the same time, and may refuse either.
    either = ("phase2-refused",) if any(e.kind == "quick" for e in case.standing.later) else ()
    codes = (*reading.alternatives, *either)
    if case.auth is None:
        return codes
    foreign = _OF_CERTIFICATES if case.is_psk() else _OF_SECRETS
    return tuple(code for code in codes if code not in foreign)


def _is_not_understood(case: Case, refused: Refusal) -> bool:
    """Main mode, MSG5: the initiator goes on as if it could not decrypt the answers to it.

    strongSwan answers every copy that it cannot decrypt, and does not repeat MSG4. One answer to many copies,
    or MSG4 repeated besides, is how a Libreswan or strongSwan peer refuses an identity that it could read.
    """
    course, last = case.course, case.course.last or 0
    again = course.copies(last, after=refused.index)
    answers = [
        s for s in case.seen
        if s.exchange == INFORMATIONAL and s.sender == refused.sender and s.is_encrypted
        and s.copy_of < 0
    ]  # fmt: skip
    is_msg5 = refused.replaced == course.final and last == course.final - 1
    return (
        is_msg5 and len(again) > 0 and len(answers) > 1 and not course.copies(last - 1, after=refused.index)
    )


def _is_heeded(case: Case, refused: Refusal) -> bool:
    """The other peer stopped at once, and would have repeated itself by now had it not understood."""
    at = case.seen[refused.index].time_ns
    goes_on = any(s.sender != refused.sender and s.time_ns > at for s in case.seen)
    repeated = len(case.last_sendings()) > 1
    heeds_ns = _HEED_BY_NS.get(case.runs(1 - refused.sender), _HEED_NS)
    return not goes_on and not repeated and case.conversation.watched_until_ns - at > heeds_ns


def _by_key(case: Case) -> Reading:
    """Read an AUTHENTICATION-FAILED that a key opened: the key of phase 1 is made with the pre-shared one."""
    if not case.is_psk():
        return SIGNED
    sent = case.last_sendings()
    return SAME_KEY if case.course.mode == "main" and sent and sent[0].inside is not None else AUTH


def windows_error(case: Case, refused: Refusal) -> int:
    """Return the Windows error code in a status notify; 0 if it has none."""
    message = case.seen[refused.index]
    said = message.inside or message.clear
    data = next((n.data for n in said.notices if n.type == refused.notify), b"")
    return int.from_bytes(data[:4])


def read(case: Case, refused: Refusal) -> Reading:
    """Choose the reading of a refusal by what it says and by where it stands."""
    is_encrypted = case.seen[refused.index].is_encrypted
    if is_encrypted and refused.notify in (None, NotifyType.AUTHENTICATION_FAILED):
        is_msg3 = case.course.mode == "aggressive" and refused.replaced == 3 and refused.sender == 0
        if is_msg3 and case.is_psk():
            return BAD_HASH_R
    if refused.kind == "encrypted":
        return _closed(case, refused)
    if refused.kind == "delete" or refused.notify is None:
        return DELETED if is_encrypted else OTHER
    if is_encrypted and refused.notify == NotifyType.AUTHENTICATION_FAILED:
        return _by_key(case)
    return _said(case, refused, refused.notify, is_encrypted=is_encrypted)


def _closed(case: Case, refused: Refusal) -> Reading:
    """Read a refusal that no key opened by what its receiver makes of it."""
    if not case.is_psk():
        return ENCRYPTED
    if _is_not_understood(case, refused):
        return UNREADABLE
    return ENCRYPTED_READ if _is_heeded(case, refused) else ENCRYPTED_PSK


def _said(case: Case, refused: Refusal, kind: int, *, is_encrypted: bool) -> Reading:
    """Read an error notify."""
    last = case.course.last or 0
    if kind == NotifyType.MS_NOTIFY_STATUS:
        return WINDOWS.get(windows_error(case, refused), ("", OTHER))[1]
    if kind == NotifyType.PAYLOAD_MALFORMED and last >= 5 and case.is_psk():
        return GARBLED
    if kind == NotifyType.AUTHENTICATION_FAILED and case.course.mode == "aggressive" and last == 1:
        return AGGRESSIVE
    if kind == NotifyType.INVALID_ID_INFORMATION and not case.is_psk():
        return IDENTITY_OR_CERT
    if kind == NotifyType.NO_PROPOSAL_CHOSEN and refused.spi_bytes == 0 and not is_encrypted:
        cookie = case.seen[refused.index].clear.notice_cookie
        # strongSwan names its cookies in the SPI when it refuses an offer, and leaves the SPI out when it
        # found no connection; Libreswan never has either, and a zero responder cookie.
        return READINGS[kind] if cookie == NO_COOKIE else NO_PEER
    return READINGS.get(kind, OTHER)

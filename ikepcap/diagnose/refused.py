"""Findings about refusals: what a peer said in so many words, and what that is consistent with.

The words are few and every vendor uses them a little differently, so a refusal is read as the likeliest of
several causes unless the bytes leave only one.
"""

from collections.abc import Iterator
from typing import Final

from msgspec import Struct

from ikepcap.diagnose.case import Case
from ikepcap.diagnose.finding import Certainty, Finding
from ikepcap.diagnose.wording import span
from ikepcap.state.refusal import Refusal
from ikepcap.wire.message import NO_COOKIE
from ikepcap.wire.numbers import Exchange, NotifyType, notify_name


class Reading(Struct, frozen=True):
    """What a refusal is consistent with."""

    code: str
    certainty: Certainty
    means: str
    alternatives: tuple[str, ...] = ()
    settles_it: str = "The log of the peer that refused names the check that failed."


_AUTH: Final = Reading(
    "authentication-failed", "likely", "it did not accept the other peer's proof of identity",
    ("certificate-rejected", "identity-mismatch", "psk-mismatch"),
)  # fmt: skip
_CERT: Final = Reading("certificate-rejected", "likely", "it did not accept the certificate")
_MODE: Final = Reading("mode-refused", "likely", "it does not take part in this exchange")

# Notify types RFC 2408 §3.14.1; what daemons mean by them: strongSwan and Libreswan sources, racoon's.
READINGS: Final[dict[int, Reading]] = {
    NotifyType.NO_PROPOSAL_CHOSEN: Reading(
        "proposal-mismatch", "likely", "none of the offered transforms is acceptable to it",
        ("unknown-peer", "no-shared-secret"),
        "Compare the offer above with the policy that the refusing peer has for this address.",
    ),
    NotifyType.BAD_PROPOSAL_SYNTAX: Reading("proposal-mismatch", "possible", "it could not read the offer"),
    NotifyType.ATTRIBUTES_NOT_SUPPORTED: Reading(
        "proposal-mismatch", "likely", "an attribute of the offer is not supported"
    ),
    NotifyType.INVALID_TRANSFORM_ID: Reading(
        "proposal-mismatch", "likely", "a transform of the offer is not supported"
    ),
    NotifyType.INVALID_MAJOR_VERSION: Reading("version-refused", "likely", "it does not speak IKEv1 here"),
    NotifyType.INVALID_MINOR_VERSION: Reading("version-refused", "likely", "it refuses this version"),
    NotifyType.INVALID_EXCHANGE_TYPE: _MODE,
    NotifyType.UNSUPPORTED_EXCHANGE_TYPE: _MODE,
    NotifyType.INVALID_KEY_INFORMATION: Reading(
        "no-shared-secret", "likely", "it has no shared secret for this peer, or cannot use the key exchange",
        ("proposal-mismatch",),
    ),
    NotifyType.INVALID_COOKIE: Reading(
        "peer-restarted", "likely", "it does not know these cookies: it lost its state"
    ),
    NotifyType.INVALID_ID_INFORMATION: Reading("identity-mismatch", "likely", "it refuses the identity"),
    NotifyType.INVALID_HASH_INFORMATION: Reading(
        "psk-mismatch", "likely", "the hash that proves the other peer's key is not the one it computed",
        ("authentication-failed",), "Enter the pre-shared key anew on both peers.",
    ),
    NotifyType.AUTHENTICATION_FAILED: _AUTH,
    NotifyType.INVALID_SIGNATURE: _CERT,
    NotifyType.INVALID_CERT_ENCODING: _CERT,
    NotifyType.INVALID_CERTIFICATE: _CERT,
    NotifyType.CERT_TYPE_UNSUPPORTED: _CERT,
    NotifyType.INVALID_CERT_AUTHORITY: _CERT,
    NotifyType.CERTIFICATE_UNAVAILABLE: _CERT,
}  # fmt: skip
_OTHER: Final = Reading("authentication-failed", "possible", "it ended the negotiation")
_GARBLED: Final = Reading(
    "psk-mismatch", "likely", "what it decrypted made no sense: consistent with pre-shared keys that differ",
    ("authentication-failed",), "Enter the pre-shared key anew on both peers.",
)  # fmt: skip
_NO_PEER: Final = Reading(
    "unknown-peer", "likely", "it has no configuration for this peer, or none that fits",
    ("proposal-mismatch",),
    "Look on the refusing peer for a connection with this address, and compare the offer with it.",
)  # fmt: skip
_AGGRESSIVE: Final = Reading(
    "mode-refused", "likely", "it does not do aggressive mode with this peer", ("authentication-failed",)
)
_ENCRYPTED: Final = Reading(
    "authentication-failed", "likely",
    "it did not accept the other peer's proof of identity; what exactly it says is encrypted",
    ("psk-mismatch", "identity-mismatch", "certificate-rejected"),
    "The log of either peer, or the phase-1 key, shows what the encrypted message says.",
)  # fmt: skip

_UNREADABLE: Final = Reading(
    "psk-mismatch", "likely",
    "the other peer goes on as if it could not read it: consistent with pre-shared keys that differ",
    ("authentication-failed", "identity-mismatch"), "Enter the pre-shared key anew on both peers.",
)  # fmt: skip

_BAD_HASH_R: Final = Reading(
    "psk-mismatch", "likely",
    "MSG2 proves the responder's key with a hash, which the initiator did not accept: consistent with "
    "pre-shared keys that differ",
    ("identity-mismatch", "authentication-failed"), "Enter the pre-shared key anew on both peers.",
)  # fmt: skip


def refusal(case: Case) -> Iterator[Finding]:
    """A peer ended phase 1 with a notify, a delete, or an encrypted informational."""
    refused = case.standing.refusal
    if refused is None:
        return
    message = case.seen[refused.index]
    who, name = case.role(refused.sender), case.names[refused.sender]
    reading = read(case, refused)
    if refused.kind == "encrypted":
        said = "an encrypted informational"
    elif refused.kind == "delete":
        said = "a delete"
    else:
        said = notify_name(refused.notify or 0)
    times = [s for s in case.seen if s.exchange == message.exchange and s.sender == refused.sender]
    before = [s for s in case.seen[: refused.index] if s.sender != refused.sender]
    evidence = [
        (
            f"Frame {message.frame} is {said} from {name}, {message.wire_bytes} octets, where "
            f"MSG{refused.replaced} was due"
        )
    ]
    if before:
        evidence.append(f"It came {span(abs(message.time_ns - before[-1].time_ns))} after frame "
                        f"{before[-1].frame}")  # fmt: skip
    if len(times) > 1:
        evidence.append(f"{len(times)} informationals came from it in all")
    yield case.finding(
        reading.code, reading.certainty,
        f"The {who} answered with {said} in place of MSG{refused.replaced}: {reading.means}.",
        times, *evidence,
        alternatives=reading.alternatives, settles_it=reading.settles_it,
    )  # fmt: skip


def _is_not_understood(case: Case, refused: Refusal) -> bool:
    """Main mode, MSG5: the initiator goes on as if it could not decrypt the answers to it.

    strongSwan answers every copy that it cannot decrypt, and does not repeat MSG4. One answer to many copies,
    or MSG4 repeated besides, is how a Libreswan or strongSwan peer refuses an identity that it could read.
    """
    course, last = case.course, case.course.last or 0
    again = course.copies(last, after=refused.index)
    answers = [
        s for s in case.seen
        if s.exchange == Exchange.INFORMATIONAL and s.sender == refused.sender and s.is_encrypted
        and s.copy_of < 0
    ]  # fmt: skip
    is_msg5 = refused.replaced == course.final and last == course.final - 1
    return (
        is_msg5 and len(again) > 0 and len(answers) > 1 and not course.copies(last - 1, after=refused.index)
    )


def read(case: Case, refused: Refusal) -> Reading:
    """Choose the reading of a refusal by what it says and by where it stands."""
    last = case.course.last or 0
    if refused.kind == "encrypted":
        is_msg3 = case.course.mode == "aggressive" and refused.replaced == 3 and refused.sender == 0
        if is_msg3 and case.is_psk():
            return _BAD_HASH_R
        return _UNREADABLE if case.is_psk() and _is_not_understood(case, refused) else _ENCRYPTED
    if refused.kind == "delete" or refused.notify is None:
        return _OTHER
    kind = refused.notify
    if kind == NotifyType.PAYLOAD_MALFORMED and last >= 5 and case.is_psk():
        return _GARBLED
    if kind == NotifyType.AUTHENTICATION_FAILED and case.course.mode == "aggressive" and last == 1:
        return _AGGRESSIVE
    if kind == NotifyType.NO_PROPOSAL_CHOSEN and refused.spi_bytes == 0:
        cookie = case.seen[refused.index].clear.notice_cookie
        # strongSwan names its cookies in the SPI when it refuses an offer, and leaves the SPI out when it
        # found no connection; Libreswan never has either, and a zero responder cookie.
        return READINGS[kind] if cookie == NO_COOKIE else _NO_PEER
    return READINGS.get(kind, _OTHER)

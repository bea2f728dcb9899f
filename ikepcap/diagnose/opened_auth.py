"""What keys show of a refused authentication: whose proof agrees, whose messages open, which dates."""

from collections.abc import Iterator
from typing import Final

from ikepcap.diagnose.case import Case
from ikepcap.diagnose.readings import Reading
from ikepcap.diagnose.wording import listing
from ikepcap.state.refusal import Refusal
from ikepcap.track.conversation import Lifespan, Seen
from ikepcap.wire.numbers import word

OTHER_PSK: Final = Reading(
    "psk-mismatch", "proven",
    "the given key makes the proof of one peer and not that of the other: their pre-shared keys differ",
    (), "Enter the pre-shared key anew on both peers.",
)  # fmt: skip
OTHER_KEYS: Final = Reading(
    "psk-mismatch", "likely",
    "the given key is the other peer's and does not open it: consistent with pre-shared keys that differ",
    ("authentication-failed",), "Enter the pre-shared key anew on both peers.",
)  # fmt: skip
NOT_VALID: Final = Reading(
    "certificate-rejected", "likely", "the certificate it was shown was not valid at the time of the capture",
    ("identity-mismatch",), "Renew the certificate, and compare the clocks of both peers.",
)  # fmt: skip
_SHOWN: Final = frozenset({1, 5})
"""Types of identities that are addresses; others may be names, and a report is passed on."""


def reading(case: Case, refused: Refusal) -> Reading | None:
    """Return what keys make of a refusal, where they make more of it than its words say."""
    if case.is_psk():
        return _by_key(case)
    shown = _certificate(case, 1 - refused.sender)
    return NOT_VALID if shown is not None and not _is_valid(*shown) else None


def told(case: Case, refused: Refusal) -> Iterator[str]:
    """Yield what keys show besides: proofs, the identity, the certificate."""
    for message in case.seen:
        for name, agrees in message.proofs if message.copy_of < 0 else ():
            how = "agrees" if agrees else "does not agree"
            yield f"{name} in frame {message.frame} {how} with the given keys"
    closed = [s.frame for s in case.seen if s.needs_other_key and s.copy_of < 0]
    if closed:
        shown = listing([str(frame) for frame in closed[:4]])
        yield f"The given key does not open frame{'s' if len(closed) > 1 else ''} {shown}"
    other = 1 - refused.sender
    for message in case.seen:
        if message.sender != other or message.inside is None or message.message_id:
            continue
        for body in message.inside.identities[:1]:
            yield f"Frame {message.frame} names {case.names[other]} as {_identity(body)}"
        break
    certificate = _certificate(case, other)
    if certificate is not None:
        shown_by, span = certificate
        dates = f"from {span.begins} to {span.ends}"
        when = "and was" if _is_valid(shown_by, span) else "and was not"
        yield (
            f"The certificate in frame {shown_by.frame} is valid {dates}, {when} at the time of the capture"
        )


def _by_key(case: Case) -> Reading | None:
    """Return that the pre-shared keys differ, where the given key is one peer's and not the other's.

    A peer has it if its proof agrees or if it opens what that peer sent; it has another if neither does.
    """
    proofs = [(s.sender, agrees) for s in case.seen for name, agrees in s.proofs if name.startswith("HASH")]
    has = {sender for sender, agrees in proofs if agrees}
    has |= {s.sender for s in case.seen if s.inside is not None}
    fails = {sender for sender, agrees in proofs if not agrees}
    lacks = fails | {s.sender for s in case.seen if s.needs_other_key and not s.defects}
    if not has or not lacks or has & lacks:
        return None
    return OTHER_PSK if fails else OTHER_KEYS


def _certificate(case: Case, side: int) -> tuple[Seen, Lifespan] | None:
    """Return the message in which a peer showed its certificate, and from when until when that is valid."""
    for message in case.seen:
        span = message.inside.lifespan if message.inside is not None else None
        if message.sender == side and span is not None:
            return message, span
    return None


def _is_valid(message: Seen, span: Lifespan) -> bool:
    """Whether the certificate of a message was valid when that was captured."""
    from datetime import UTC, datetime

    now = datetime.fromtimestamp(message.time_ns / 10**9, UTC).isoformat()
    # Both are RFC 3339 in UTC: their text is in the order of time.
    return span.begins[:19] <= now[:19] <= span.ends[:19]


def _identity(body: bytes) -> str:
    """Return an identity as far as it tells nobody's name: its type, and an address itself."""
    from ikepcap.wire.details import IdType
    from ikepcap.wire.identities import identity_text

    if len(body) < 4:
        return "nobody: its ID payload is too short"
    kind = f"an identity of type {word(IdType, body[0])}"
    text = identity_text(body[0], body[4:]) if body[0] in _SHOWN else None
    return kind if text is None else f"{kind}, {text}"

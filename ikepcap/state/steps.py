"""Which message is which: the exchange tables of phase 1 and the one function that reads them.

A message is recognised by what it carries and by who sent it, never by counting datagrams: copies, lost
messages and captures that start late break counting. The tables hold data only.
"""

from collections.abc import Iterable
from typing import Final

from msgspec import Struct

from ikepcap.track.conversation import INITIATOR, RESPONDER, Seen
from ikepcap.wire.numbers import Exchange, Payload, payload_name


class Step(Struct, frozen=True):
    """A place in the script of a phase-1 exchange."""

    mode: str
    number: int
    sender: int
    must: frozenset[int]
    """Payloads without which it is not this message; not asked of encrypted messages."""
    may: frozenset[int]
    encrypted: bool | None
    """None: either way (MSG3 of aggressive mode)."""
    reference: str


SA: Final = int(Payload.SA)
KE: Final = int(Payload.KE)
NONCE: Final = int(Payload.NONCE)
ID: Final = int(Payload.ID)
HASH: Final = int(Payload.HASH)
SIG: Final = int(Payload.SIG)
CERT: Final = int(Payload.CERT)
CR: Final = int(Payload.CR)
N: Final = int(Payload.NOTIFICATION)
VID: Final = int(Payload.VENDOR_ID)

_NAT_D: Final = frozenset({20, 130, 15})
# A GSS-API token (129) rides in clear messages of Windows 2000's Kerberos authentication.
_EXTRA: Final = frozenset({VID, N, 129})
_KE: Final = frozenset({KE, NONCE})
# Public key encryption puts the identity, and the certificate it is encrypted for, in MSG3 and MSG4.
_KE_MAY: Final = _EXTRA | _NAT_D | {CR, CERT, ID, HASH, KE, NONCE}


def _set(*kinds: int) -> frozenset[int]:
    return frozenset(kinds)


STEPS: Final = (
    Step("main", 1, INITIATOR, _set(SA), _EXTRA | {CR}, False, "RFC 2409 §5"),
    Step("main", 2, RESPONDER, _set(SA), _EXTRA | {CR}, False, "RFC 2409 §5"),
    Step("main", 3, INITIATOR, _KE, _KE_MAY, False, "RFC 2409 §5.1-5.4; RFC 3947 §3.2"),
    Step("main", 4, RESPONDER, _KE, _KE_MAY, False, "RFC 2409 §5.1-5.4; RFC 3947 §3.2"),
    Step("main", 5, INITIATOR, _set(), _set(), True, "RFC 2409 §5"),
    Step("main", 6, RESPONDER, _set(), _set(), True, "RFC 2409 §5"),
    Step("aggressive", 1, INITIATOR, _set(SA, KE, NONCE), _EXTRA | {ID, CR, HASH}, False, "RFC 2409 §5"),
    Step("aggressive", 2, RESPONDER, _set(SA, KE, NONCE), _KE_MAY | {SIG}, False, "RFC 2409 §5"),
    Step("aggressive", 3, INITIATOR, _set(), _EXTRA | _NAT_D | {HASH, SIG, CERT, CR}, None, "RFC 2409 §5"),
    Step("base", 1, INITIATOR, _set(SA, NONCE), _EXTRA, False, "RFC 2408 §4.4"),
    Step("base", 2, RESPONDER, _set(SA, NONCE), _EXTRA, False, "RFC 2408 §4.4"),
    Step("base", 3, INITIATOR, _set(KE), _EXTRA | {ID, HASH, SIG, CERT, CR}, False, "RFC 2408 §4.4"),
    Step("base", 4, RESPONDER, _set(KE), _EXTRA | {ID, HASH, SIG, CERT, CR}, False, "RFC 2408 §4.4"),
)

LAST: Final = {"main": 6, "aggressive": 3, "base": 4}
MODES: Final = {
    int(Exchange.BASE): "base",
    int(Exchange.MAIN): "main",
    int(Exchange.AGGRESSIVE): "aggressive",
}
STEPS_BY_MODE: Final = {mode: tuple(s for s in STEPS if s.mode == mode) for mode in LAST}


def recognise(mode: str, sender: int, encrypted: bool, payloads: tuple[int, ...]) -> tuple[int | None, str]:
    """Return the number of the step this message is, or None and what differs from the nearest step."""
    types = frozenset(payloads)
    nearest: tuple[int, str] | None = None
    for step in STEPS_BY_MODE[mode]:
        if step.sender != sender or (step.encrypted is not None and step.encrypted != encrypted):
            continue
        if encrypted:
            return step.number, ""
        missing = step.must - types
        # Payloads of the private range are anyone's to add and say nothing about the step.
        extra = {kind for kind in types - step.must - step.may if kind < 128 and kind != 0}
        if not missing and not extra:
            if step.must or types & (HASH_OR_SIG | _NAT_D | {CERT}):
                return step.number, ""
            missing = HASH_OR_SIG
        weight = 10 * len(missing) + len(extra)
        if nearest is None or weight < nearest[0]:
            nearest = (weight, _difference(step, missing, extra))
    if nearest is None:
        who = "initiator" if sender == INITIATOR else "responder"
        how = "encrypted" if encrypted else "clear"
        return None, f"the {who} sends no {how} message in {mode} mode"
    return None, nearest[1]


def recognise_cut(mode: str, sender: int, payloads: tuple[int, ...]) -> int | None:
    """Return the one step that the beginning of a clear message can be of: what it lacks may be cut off."""
    types = frozenset(payloads)
    fitting = [
        step.number for step in STEPS_BY_MODE[mode]
        if step.sender == sender and not step.encrypted and types & step.must
        and all(kind >= PRIVATE_FROM for kind in types - step.must - step.may)
    ]  # fmt: skip
    return fitting[0] if len(fitting) == 1 else None


PRIVATE_FROM: Final = 128
"""Payloads from here on are anyone's to add."""
HASH_OR_SIG: Final = frozenset({HASH, SIG})


def _difference(step: Step, missing: Iterable[int], extra: Iterable[int]) -> str:
    parts = []
    if names := ", ".join(payload_name(kind) for kind in sorted(missing)):
        parts.append(f"{names} missing")
    if names := ", ".join(payload_name(kind) for kind in sorted(extra)):
        parts.append(f"{names} not expected")
    return f"nearest is MSG{step.number}: {'; '.join(parts) or 'no proof of identity'}"


class Recogniser:
    """Remembers what it recognised: a million messages have a few dozen shapes."""

    def __init__(self) -> None:
        self._known: dict[tuple[str, int, bool, tuple[int, ...]], tuple[int | None, str]] = {}

    def __call__(self, mode: str, message: Seen) -> tuple[int | None, str]:
        """Return `recognise` of a message of phase 1."""
        encrypted = message.flags & 1 != 0
        key = (mode, message.sender, encrypted, () if encrypted else message.payloads)
        answer = self._known.get(key)
        if answer is None:
            if len(self._known) > 4096:
                self._known.clear()
            answer = self._known[key] = recognise(*key)
        if answer[0] is None and not encrypted and message.is_cut:
            step = recognise_cut(mode, message.sender, message.payloads)
            return step, "" if step is not None else "too little of it was captured"
        return answer


def reads_as_opening(message: Seen) -> bool:
    """A MSG1 whose payloads are broken: the header announces an SA and nobody has answered yet."""
    return message.sender == INITIATOR and bool(message.defects) and message.payloads[:1] == (SA,)

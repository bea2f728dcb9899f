"""What a captured negotiation asks of whoever plays one side of it again: policy, order, sizes, timing."""

from collections.abc import Iterable, Sequence
from typing import Final

from msgspec import Struct
from msgspec.structs import replace

from ikepcap.errors import ReplayError
from ikepcap.keys.facts import INITIATOR, RESPONDER
from ikepcap.replay.manners import DEFAULT, MANNERS, Manner
from ikepcap.replay.policy import EXCHANGES, Identity, Mode, Policy
from ikepcap.wire import build
from ikepcap.wire.bodies import Identification
from ikepcap.wire.codec import decode
from ikepcap.wire.message import Message
from ikepcap.wire.numbers import Exchange, NotifyType, Payload
from ikepcap.wire.offer import read_offer

_MODES: Final[dict[int, Mode]] = {number: mode for mode, number in EXCHANGES.items()}
_MOST_GAPS: Final = 12


class Heard(Struct, frozen=True):
    """One message of the negotiation, copies left out."""

    sender: int
    message: Message
    """With its payloads where a key opened it."""
    fragment_bytes: int | None = None
    """Of the IKE fragments that it came in."""


class Script(Struct, frozen=True, kw_only=True):
    """What is known of both sides."""

    mode: Mode
    offer: bytes
    """SAi_b, as sent."""
    chosen: bytes | None
    """Body of the responder's SA payload."""
    vendor_ids: tuple[tuple[bytes, ...], tuple[bytes, ...]]
    nonce_bytes: int = 32
    identity: Identity | None = None
    """The initiator's, where it could be read."""
    fragment_bytes: int | None = None
    initial_contact: bool = False
    quick_offer: bytes | None = None
    """Of QM1, where keys opened it."""
    selectors: tuple[Identity, Identity] | None = None
    gaps_s: tuple[float, ...] = ()
    """Between the copies of the message that the initiator repeated most."""
    clear: tuple[Heard, ...] = ()
    """The messages of phase 1 that were not encrypted."""

    @property
    def auth(self) -> int | None:
        """The authentication method: the one chosen, else the first that was offered."""
        body = self.chosen if self.chosen is not None else self.offer
        transforms = read_offer(body).transforms
        return transforms[0].auth if transforms else None


def script_of(heard: Iterable[Heard], gaps_s: Sequence[float] = ()) -> Script:
    """Return what a negotiation tells of its sides.

    Raises:
        ReplayError: MSG1 is not in it, or it is of neither mode.
    """
    messages = [one for one in heard if one.message.version >> 4 == 1]
    phase_1 = [one for one in messages if one.message.exchange in _MODES and not one.message.message_id]
    first = next((one for one in phase_1 if one.sender == INITIATOR and _body(one, Payload.SA)), None)
    if first is None:
        raise ReplayError("MSG1 of main or aggressive mode is not in the capture: there is no offer to play")
    answer = next((one for one in phase_1 if one.sender == RESPONDER and _body(one, Payload.SA)), None)
    nonces = [body for one in phase_1 if one.sender == INITIATOR if (body := _body(one, Payload.NONCE))]
    quick = next((one for one in messages if one.message.exchange == Exchange.QUICK and _body(one, Payload.SA)
                  and one.sender == INITIATOR), None)  # fmt: skip
    identities = [found for one in phase_1 if one.sender == INITIATOR if (found := _identity(one, 0))]
    vendor_ids = [
        tuple(vid for one in phase_1 if one.sender == side for vid in one.message.bodies(Payload.VENDOR_ID))
        for side in (INITIATOR, RESPONDER)
    ]
    selectors = (_identity(quick, 0), _identity(quick, 1)) if quick is not None else (None, None)
    return Script(
        mode=_MODES[first.message.exchange],
        offer=_body(first, Payload.SA) or b"",
        chosen=None if answer is None else _body(answer, Payload.SA),
        vendor_ids=(vendor_ids[0], vendor_ids[1]),
        nonce_bytes=len(nonces[0]) if nonces and 8 <= len(nonces[0]) <= 256 else 32,
        identity=identities[0] if identities else None,
        fragment_bytes=next((one.fragment_bytes for one in phase_1 if one.fragment_bytes), None),
        initial_contact=any(_has_initial_contact(one) for one in phase_1 if one.sender == INITIATOR),
        quick_offer=None if quick is None else _body(quick, Payload.SA),
        selectors=(selectors[0], selectors[1]) if selectors[0] and selectors[1] else None,
        gaps_s=tuple(gaps_s)[:_MOST_GAPS],
        clear=tuple(one for one in phase_1 if not one.message.is_encrypted),
    )


def initiator_policy(script: Script, base: Policy, implementation: str | None = None) -> Policy:
    """Return a policy that offers what the captured initiator offered, as it did.

    Args:
        script: of the negotiation.
        base: secrets, and what the capture does not tell.
        implementation: whose manners to take where the capture shows no copies.
    """
    manner = MANNERS.get((implementation or "").lower(), base.manner)
    return replace(
        base,
        mode=script.mode,
        offer=script.offer,
        vendor_ids=script.vendor_ids[0],
        nonce_bytes=script.nonce_bytes,
        identity=base.identity or script.identity,
        fragment_bytes=script.fragment_bytes or base.fragment_bytes,
        initial_contact=script.initial_contact,
        quick_offer=script.quick_offer or base.quick_offer,
        selectors=base.selectors or script.selectors,
        manner=_timed(manner, script.gaps_s),
    )


def responder_policy(script: Script, base: Policy, implementation: str | None = None) -> Policy:
    """Return a policy that accepts what the captured responder chose, and shows its vendor IDs.

    Raises:
        ReplayError: it chose nothing.
    """
    if script.chosen is None:
        raise ReplayError("the responder chose nothing in this capture: give its policy by options")
    return replace(
        base,
        mode=script.mode,
        offer=script.chosen,
        accepts_all=False,
        vendor_ids=script.vendor_ids[1],
        fragment_bytes=script.fragment_bytes or base.fragment_bytes,
        manner=MANNERS.get((implementation or "").lower(), base.manner),
    )


def _timed(manner: Manner, gaps_s: tuple[float, ...]) -> Manner:
    if not gaps_s:
        return manner
    patience = max(gaps_s[-1], DEFAULT.gaps_s[0])
    return replace(manner, name="captured", gaps_s=gaps_s, patience_s=patience)


def _body(one: Heard, kind: int) -> bytes | None:
    return next(iter(one.message.bodies(kind)), None)


def _identity(one: Heard, place: int) -> Identity | None:
    bodies = one.message.bodies(Payload.ID)[place : place + 1]
    if not bodies:
        return None
    found, _ = decode(Identification, bodies[0], 0, len(bodies[0]))
    return None if found is None else Identity(found.type, found.data, found.protocol, found.port)


def _has_initial_contact(one: Heard) -> bool:
    kind = NotifyType.INITIAL_CONTACT.to_bytes(2)
    return any(body[6:8] == kind for body in one.message.bodies(Payload.NOTIFICATION))


def one_transform_each(offer: bytes) -> list[bytes]:
    """Return an offer taken apart: one SA payload for each of its transforms."""
    found = []
    for one in read_offer(offer).transforms:
        made = build.transform(one.attributes, number=one.number, transform_id=one.transform_id)
        found.append(build.sa([build.proposal([made])]).body)
    return found

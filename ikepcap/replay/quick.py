"""Quick mode, from either side (RFC 2409 §5.5)."""

from collections.abc import Iterable
from typing import Final

from msgspec.structs import replace

from ikepcap.keys.groups import private_bytes, public_value, shared_secret
from ikepcap.keys.material import QuickSecret
from ikepcap.keys.secret import Secret
from ikepcap.replay.phase1 import MAX_NONCE, MIN_NONCE
from ikepcap.replay.policy import NAT_T, Identity, host
from ikepcap.replay.session import Session
from ikepcap.wire import build
from ikepcap.wire.build import Part
from ikepcap.wire.details import Encapsulation
from ikepcap.wire.message import Message
from ikepcap.wire.numbers import Exchange, NotifyType, Payload, Phase2Attribute, notify_name
from ikepcap.wire.offer import Proposal, Transform, read_offer
from ikepcap.wire.walk import Attribute

_UDP: Final = {
    # RFC 3947 §5.1, and the drafts' private numbers for the same.
    (Encapsulation.TUNNEL, True): Encapsulation.UDP_TUNNEL,
    (Encapsulation.TRANSPORT, True): Encapsulation.UDP_TRANSPORT,
    (Encapsulation.TUNNEL, False): Encapsulation.UDP_TUNNEL_DRAFT,
    (Encapsulation.TRANSPORT, False): Encapsulation.UDP_TRANSPORT_DRAFT,
}
_PLAIN: Final = {made: plain for (plain, _), made in _UDP.items()}
_COMPARED: Final = ("transform_id", "key_bits", "auth_algorithm", "group")


class QuickMode:
    """One quick mode of a session."""

    def __init__(self, session: Session, message_id: int) -> None:
        self._session = session
        self.message_id = message_id
        self.is_complete = False
        self.is_refused = False
        self._own_nonce = session.random_bytes(session.policy.nonce_bytes)
        self._nonce_i = b""
        self._nonces = b""
        self._private: Secret | None = None
        self._group: int | None = None
        self._offer = b""

    # As initiator.

    def begin(self, selectors: tuple[Identity, Identity] | None) -> None:
        """Send QM1."""
        session = self._session
        offered = read_offer(session.policy.quick_offer or b"")
        self._offer = _offer_body(offered.proposals, self._new_spis(offered.proposals), session)
        transforms = offered.transforms
        self._group = transforms[0].group if transforms else None
        ours, theirs = selectors or (host(session.path.local.address), host(session.path.remote.address))
        parts = [
            build.raw(Payload.SA, self._offer), build.nonce(self._own_nonce), *self._key_part(),
            ours.part(), theirs.part(),
        ]  # fmt: skip
        self._send("QM1", parts)

    def take_answer(self, opened: Message) -> bool:
        """Take QM2 and send QM3; False where it is not accepted."""
        session, sa = self._session, self._session.sa
        if sa is None or self.is_complete or not sa.proves(opened, self._own_nonce):
            session.note("QM2 does not prove itself, and is dropped")
            return False
        chosen = read_offer(b"".join(opened.bodies(Payload.SA)[:1])).transforms
        offered = read_offer(self._offer).transforms
        if len(chosen) != 1 or not any(_is_same(chosen[0], one) for one in offered):
            session.answered(self.message_id)
            session.notify(NotifyType.NO_PROPOSAL_CHOSEN, clear=False)
            session.finish("failed", "the responder chose a phase-2 transform that was not offered")
            return False
        if not self._agree(opened, opened.bodies(Payload.NONCE), is_initiator=True):
            return False
        session.answered(self.message_id)
        sealed = sa.seal_third(Exchange.QUICK, self.message_id, self._nonces)
        session.answer("QM3", sealed, self.message_id)
        self.is_complete = True
        return True

    # As responder.

    def take_offer(self, opened: Message) -> bool:
        """Take QM1 and send QM2, or refuse; True where QM2 was sent."""
        session, sa = self._session, self._session.sa
        if sa is None or not sa.proves(opened):
            session.note("QM1 does not prove itself, and is dropped")
            return False
        refused = session.behaviour.refuses_quick
        picked = self._pick(opened)
        if refused is None and isinstance(picked, int):
            refused = picked
        nonces, identities = opened.bodies(Payload.NONCE), opened.bodies(Payload.ID)
        if refused is None and not self._are_wanted(identities):
            refused = NotifyType.INVALID_ID_INFORMATION
        if refused is not None or isinstance(picked, int):
            session.heard()
            session.notify(refused or NotifyType.NO_PROPOSAL_CHOSEN, clear=False)
            session.note(f"quick mode refused: {notify_name(refused or NotifyType.NO_PROPOSAL_CHOSEN)}")
            self.is_refused = True
            return False
        proposal, transform = picked
        self._group = transform.group
        key = self._key_part()
        if not self._agree(opened, nonces, is_initiator=False):
            return False
        only = replace(proposal, transforms=(transform,))
        body = _offer_body((only,), self._new_spis((only,)), session, keeps_encapsulation=True)
        parts = [
            build.raw(Payload.SA, body), build.nonce(self._own_nonce), *key,
            *(build.raw(Payload.ID, one) for one in identities[:2]),
        ]  # fmt: skip
        sealed = sa.seal_hashed(parts, Exchange.QUICK, self.message_id, self._nonce_i)
        session.answer("QM2", sealed, self.message_id)
        return True

    def take_third(self, opened: Message) -> bool:
        """Take QM3; False where it proves nothing."""
        session, sa = self._session, self._session.sa
        if sa is None or self.is_complete or not sa.proves_third(opened, self._nonces):
            return False
        session.answered(self.message_id)
        session.heard()
        self.is_complete = True
        return True

    # Inside.

    def _send(self, step: str, parts: list[Part]) -> None:
        sa = self._session.sa
        parts = self._session.edited(step, parts)
        self._offer = next((one.body for one in parts if one.type == Payload.SA), self._offer)
        if sa is not None:
            sealed = sa.seal_hashed(parts, Exchange.QUICK, self.message_id)
            self._session.request(step, sealed, self.message_id)

    def _new_spis(self, proposals: Iterable[Proposal]) -> dict[int, bytes]:
        """Return a new SPI for each protocol, never one of the reserved ones (RFC 4303 §2.1)."""
        found = {one.protocol: b"\xc0" + self._session.random_bytes(3) for one in proposals}
        return {kind: spi[: 4 if kind != 4 else 2] for kind, spi in found.items()}

    def _key_part(self) -> list[Part]:
        """Return a KE payload where a group asks for one."""
        size = None if self._group is None else private_bytes(self._group)
        if self._group is None or size is None:
            return []
        self._private = Secret(self._session.random_bytes(size))
        public = public_value(self._group, self._private)
        return [] if isinstance(public, str) else [build.ke(public)]

    def _agree(self, opened: Message, nonces: tuple[bytes, ...], *, is_initiator: bool) -> bool:
        """Take the other's nonce and public value; False where they are no good."""
        session, sa = self._session, self._session.sa
        if sa is None or not nonces or not MIN_NONCE <= len(nonces[0]) <= MAX_NONCE:
            session.note("a quick mode message without a nonce is dropped")
            return False
        pair = (self._own_nonce, nonces[0]) if is_initiator else (nonces[0], self._own_nonce)
        self._nonce_i, self._nonces = pair[0], b"".join(pair)
        if self._private is None or self._group is None:
            return True
        public = opened.bodies(Payload.KE)
        shared = shared_secret(self._group, self._private, public[0]) if public else "no KE payload"
        if isinstance(shared, str):
            session.notify(NotifyType.INVALID_KEY_INFORMATION, clear=False)
            session.note(f"quick mode: {shared}")
            return False
        sa.quick.append(QuickSecret(self.message_id, shared))
        del sa.quick[:-64]
        return True

    def _pick(self, opened: Message) -> tuple[Proposal, Transform] | int:
        """Return what is taken of an offer, or the notify that refuses all of it."""
        offers = opened.bodies(Payload.SA)
        wanted = self._session.policy.quick_offer
        accepted = None if wanted is None else read_offer(wanted).transforms
        found = read_offer(offers[0] if offers else b"")
        has_key = bool(opened.bodies(Payload.KE))
        for proposal in found.proposals:
            for transform in proposal.transforms:
                computable = transform.group is None or private_bytes(transform.group) is not None
                fits = accepted is None or any(_is_same(transform, one) for one in accepted)
                if fits and computable and (transform.group is None or has_key):
                    return proposal, transform
        return NotifyType.NO_PROPOSAL_CHOSEN

    def _are_wanted(self, identities: tuple[bytes, ...]) -> bool:
        wanted = self._session.policy.selectors
        if wanted is None:
            return True
        bodies = tuple(one.part().body for one in wanted)
        return identities[:2] == bodies


def _is_same(one: Transform, other: Transform) -> bool:
    return one.protocol == other.protocol and all(
        getattr(one, name) == getattr(other, name) for name in _COMPARED
    )


def _offer_body(
    proposals: Iterable[Proposal], spis: dict[int, bytes], session: Session, *,
    keeps_encapsulation: bool = False,
) -> bytes:  # fmt: skip
    """Return an SA payload's body with new SPIs, and with UDP encapsulation where a NAT was found."""
    parts = []
    for proposal in proposals:
        transforms = [
            build.transform(
                transform.attributes
                if keeps_encapsulation
                else [_encapsulated(one, session) for one in transform.attributes],
                number=transform.number,
                transform_id=transform.transform_id,
            )
            for transform in proposal.transforms
        ]
        spi = spis.get(proposal.protocol, bytes(4))
        parts.append(build.proposal(transforms, number=proposal.number, protocol=proposal.protocol, spi=spi))
    return build.sa(parts).body


def _encapsulated(attribute: Attribute, session: Session) -> Attribute:
    """Return an attribute, the mode of encapsulation as the path needs it."""
    if attribute.type != Phase2Attribute.ENCAPSULATION:
        return attribute
    plain = _PLAIN.get(attribute.number, attribute.number)  # type: ignore[call-overload]  # any number
    if not session.has_moved:
        return build.tv(attribute.type, plain)
    is_rfc = NAT_T in session.peer_vendor_ids and NAT_T in session.policy.vendor_ids
    return build.tv(attribute.type, _UDP.get((plain, is_rfc), plain))

"""What a negotiation says in the clear, as far as keys depend on it."""

from msgspec import Struct

from ikepcap.keys.hashes import HASHES, HashAlgorithm
from ikepcap.wire.message import NO_COOKIE, Message
from ikepcap.wire.numbers import Exchange, Payload
from ikepcap.wire.offer import Transform, read_offer

INITIATOR = 0
RESPONDER = 1


class Facts(Struct):
    """Inputs of the formulas of RFC 2409 §5, filled in as messages are seen; pairs are by role."""

    initiator_cookie: bytes
    responder_cookie: bytes | None = None
    offer: bytes | None = None
    """SAi_b: body of the initiator's SA payload."""
    chosen: Transform | None = None
    public: tuple[bytes | None, bytes | None] = (None, None)
    """g^xi and g^xr, bodies of the KE payloads."""
    nonce: tuple[bytes | None, bytes | None] = (None, None)
    """Ni_b and Nr_b."""
    identity: tuple[bytes | None, bytes | None] = (None, None)
    """IDii_b and IDir_b; encrypted in main mode, and then filled in once opened."""
    certificate: tuple[bytes | None, bytes | None] = (None, None)
    """Body of the first CERT payload of either peer."""

    @property
    def hash(self) -> HashAlgorithm | None:
        """The negotiated hash, where it is known and can be computed."""
        if self.chosen is None or self.chosen.hash is None:
            return None
        return HASHES.get(self.chosen.hash)

    def swap_roles(self) -> None:
        """Take the peers for each other: who began was presumed, and a later message tells it was not so."""
        self.public, self.nonce = self.public[::-1], self.nonce[::-1]
        self.identity, self.certificate = self.identity[::-1], self.certificate[::-1]

    def learn(self, message: Message, sender: int) -> None:
        """Take what a phase-1 message in the clear, or an opened one, says; the first value stays.

        Args:
            message: with spans.
            sender: INITIATOR or RESPONDER.
        """
        if message.exchange not in (Exchange.MAIN, Exchange.AGGRESSIVE, Exchange.BASE) or message.message_id:
            return
        if sender == RESPONDER and self.responder_cookie is None and message.responder_cookie != NO_COOKIE:
            self.responder_cookie = message.responder_cookie
        for body in message.bodies(Payload.SA)[:1]:
            self._take_offer(body, sender)
        self.public = self._with(self.public, message, sender, Payload.KE)
        self.nonce = self._with(self.nonce, message, sender, Payload.NONCE)
        self.identity = self._with(self.identity, message, sender, Payload.ID)
        self.certificate = self._with(self.certificate, message, sender, Payload.CERT)

    def _take_offer(self, body: bytes, sender: int) -> None:
        if sender == INITIATOR:
            self.offer = self.offer or body
        elif self.chosen is None:
            transforms = read_offer(body).transforms
            self.chosen = transforms[0] if transforms else None

    @staticmethod
    def _with(
        pair: tuple[bytes | None, bytes | None], message: Message, sender: int, kind: int
    ) -> tuple[bytes | None, bytes | None]:
        """Return a pair with the sender's part filled in, if that was empty."""
        bodies = message.bodies(kind)
        if not bodies or pair[sender] is not None:
            return pair
        return (bodies[0], pair[1]) if sender == INITIATOR else (pair[0], bodies[0])

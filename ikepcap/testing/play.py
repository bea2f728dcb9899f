"""Conversations for tests, written as dialogue and played to a capture.

    play = Play(initiator="192.0.2.1", responder="198.51.100.7", seed=1)
    play.msg1().msg2().msg3().msg4().msg5().repeat((4.0, 7.2, 13.0)).wait(30)
    data = play.pcap()

A play says what was on the wire at one place, frame by frame. Keys do not exist: what a daemon would have
encrypted is random octets of the size it has with strongSwan. The seed decides every octet and every time.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final, Literal, Self

from ikepcap.testing.policy import (
    CERTIFICATE_AUTHS,
    CERTIFICATE_BYTES,
    DEAD_PEER,
    FRAGMENTATION,
    NAT_T,
    STRONG,
    XAUTH,
    Suite,
)
from ikepcap.testing.stage import IKE_PORT, SIDES, Role, Stage
from ikepcap.wire import build
from ikepcap.wire.message import NO_COOKIE
from ikepcap.wire.numbers import Exchange, NotifyType, Payload

HASH_AND_NONCE: Final = 36 + 36
"""Octets of a HASH of SHA2-256 and a nonce of 32 octets, with their headers."""
OFFER_AND_SELECTORS: Final = 52 + 32


@dataclass(kw_only=True)
class Play(Stage):
    """One conversation between two peers; every method adds to it and returns it."""

    mode: Literal["main", "aggressive"] = "main"
    auth: str = "psk"
    nat_t: bool = False
    """Both speak NAT traversal; implied by `nat`."""
    offer: tuple[Suite, ...] = (STRONG,)
    chosen: int = 0
    """Index of the suite that the responder takes."""
    vendor_ids: tuple[tuple[bytes, ...], tuple[bytes, ...]] = ((XAUTH, DEAD_PEER), (XAUTH, DEAD_PEER))
    """The initiator's and the responder's."""
    identity: bytes = b"branch.example.net"
    """The initiator's in aggressive mode, as an FQDN."""
    ike_fragment_bytes: int | None = None
    """Cut encrypted phase-1 messages into IKE fragments of this size."""
    clear_msg3: bool = False
    """Aggressive mode's last message is not encrypted."""

    def __post_init__(self) -> None:
        super().__post_init__()
        self._cookies = self._rng.randbytes(8), self._rng.randbytes(8)
        self._quick_id = 0
        self.nat_t = self.nat_t or self.nat is not None

    @property
    def suite(self) -> Suite:
        """The suite that the responder takes."""
        return self.offer[self.chosen]

    @property
    def cookies(self) -> bytes:
        """Both cookies, 16 octets."""
        return b"".join(self._cookies)

    # Phase 1. `hidden` messages took place and were not captured.

    def msg1(self, *, hidden: bool = False) -> Self:
        """The initiator offers; in aggressive mode with its key exchange and identity."""
        parts = [build.sa([self._proposal(enumerate(self.offer, 1))])]
        if self.mode == "aggressive":
            parts += [*self._keys(), build.identity(self.identity)]
        data = self._phase_1(parts + self._vendor_ids(0), responder_cookie=NO_COOKIE)
        return self._send("MSG1", 0, data, hidden=hidden)

    def msg2(self, *, hidden: bool = False) -> Self:
        """The responder chooses; in aggressive mode with its key exchange, identity and proof."""
        parts = [build.sa([self._proposal([(self.chosen + 1, self.suite)])])]
        if self.mode == "aggressive":
            parts += [*self._keys(), build.address_identity(self.responder), *self._proof(), *self._nat_d(1)]
        return self._send("MSG2", 1, self._phase_1(parts + self._vendor_ids(1)), hidden=hidden)

    def msg3(self, *, hidden: bool = False) -> Self:
        """The initiator's key exchange; in aggressive mode its proof, which ends phase 1."""
        if self.mode == "main":
            return self._send("MSG3", 0, self._phase_1(self._keys() + self._nat_d(0)), hidden=hidden)
        self._moved = self.nat is not None
        parts = self._proof() + self._nat_d(0)
        size = sum(4 + len(part.body) for part in parts)
        data = self._phase_1(parts) if self.clear_msg3 else self._sealed(self._exchange, size)
        return self._send("MSG3", 0, data, hidden=hidden)

    def msg4(self, *, hidden: bool = False) -> Self:
        """The responder's key exchange (main mode)."""
        return self._send("MSG4", 1, self._phase_1(self._keys() + self._nat_d(1)), hidden=hidden)

    def msg5(self, *, hidden: bool = False) -> Self:
        """The initiator's identity and proof, encrypted; behind NAT the first message on port 4500."""
        self._moved = self.nat is not None
        initial_contact = 28
        size = self._sealed_proof_bytes() + initial_contact
        return self._send("MSG5", 0, self._sealed(self._exchange, size, first=Payload.ID), hidden=hidden)

    def msg6(self, *, hidden: bool = False) -> Self:
        """The responder's identity and proof, encrypted, which end phase 1."""
        data = self._sealed(self._exchange, self._sealed_proof_bytes(), first=Payload.ID)
        return self._send("MSG6", 1, data, hidden=hidden)

    def phase1(self, *, hidden: bool = False) -> Self:
        """All of phase 1, without trouble."""
        self.msg1(hidden=hidden).msg2(hidden=hidden).msg3(hidden=hidden)
        if self.mode == "main":
            self.msg4(hidden=hidden).msg5(hidden=hidden).msg6(hidden=hidden)
        return self

    # What comes after, and beside.

    def quick(self, *numbers: int, by: Role = "initiator") -> Self:
        """Messages of a quick mode, started by either peer; number 1 begins a new one."""
        sizes = {1: HASH_AND_NONCE + OFFER_AND_SELECTORS, 2: HASH_AND_NONCE + OFFER_AND_SELECTORS, 3: 36}
        for number in numbers:
            if number == 1:
                self._quick_id = self._message_id()
            sender = (SIDES[by] + number - 1) % 2
            data = self._sealed(Exchange.QUICK, sizes[number], message_id=self._quick_id)
            self._send(f"QM{number}", sender, data)
        return self

    def transaction(self, by: Role = "responder", *, answered: bool = True) -> Self:
        """One request of XAUTH or mode-config and its answer."""
        message_id = self._message_id()
        for number in range(2 if answered else 1):
            data = self._sealed(Exchange.TRANSACTION, 60, message_id=message_id)
            self._send(f"T{number + 1}", (SIDES[by] + number) % 2, data)
        return self

    def informational(self, by: Role, *, plain_bytes: int = 64, on_4500: bool | None = None) -> Self:
        """An encrypted notify or delete; 64 octets is a bare error, 80 a notify with an SPI."""
        data = self._sealed(Exchange.INFORMATIONAL, plain_bytes, message_id=self._message_id())
        return self._send("INFO", SIDES[by], data, on_4500=on_4500)

    def dead_peer_detection(self, by: Role = "initiator", *, answered: bool = True) -> Self:
        """R-U-THERE, and its acknowledgement."""
        self.informational(by, plain_bytes=80)
        if answered:
            self.informational("responder" if by == "initiator" else "initiator", plain_bytes=80)
        return self

    def notify(
        self,
        by: Role,
        kind: int = NotifyType.NO_PROPOSAL_CHOSEN,
        *,
        with_spi: bool = True,
        responder_cookie: bytes | None = None,
        message_id: int | None = None,
    ) -> Self:
        """A notify in the clear: 56 octets with both cookies as SPI, 40 without."""
        data = build.message(
            [build.notify(kind, spi=self.cookies if with_spi else b"")],
            initiator_cookie=self._cookies[0],
            responder_cookie=self._cookies[1] if responder_cookie is None else responder_cookie,
            exchange=Exchange.INFORMATIONAL,
            message_id=self._message_id() if message_id is None else message_id,
        )
        return self._send("NOTIFY", SIDES[by], (data,))

    # Octets.

    @property
    def _exchange(self) -> int:
        return Exchange.MAIN if self.mode == "main" else Exchange.AGGRESSIVE

    def _message_id(self) -> int:
        return self._rng.getrandbits(32) or 1

    def _phase_1(self, parts: list[build.Part], responder_cookie: bytes | None = None) -> tuple[bytes]:
        data = build.message(
            parts,
            initiator_cookie=self._cookies[0],
            responder_cookie=self._cookies[1] if responder_cookie is None else responder_cookie,
            exchange=self._exchange,
        )
        return (data,)

    def _sealed(
        self, exchange: int, plain_bytes: int, *, message_id: int = 0, first: int = Payload.HASH
    ) -> tuple[bytes, ...]:
        data = build.encrypted(
            self._rng.randbytes(self.suite.sealed_bytes(plain_bytes)),
            initiator_cookie=self._cookies[0],
            responder_cookie=self._cookies[1],
            exchange=exchange,
            message_id=message_id,
            first=first,
        )
        if self.ike_fragment_bytes and exchange == self._exchange:
            return tuple(build.fragments(data, self.ike_fragment_bytes))
        return (data,)

    def _proposal(self, suites: Iterable[tuple[int, Suite]]) -> build.Part:
        return build.proposal([suite.transform(number, self.auth) for number, suite in suites])

    def _vendor_ids(self, side: int) -> list[build.Part]:
        wanted = list(self.vendor_ids[side])
        if self.ike_fragment_bytes:
            wanted.append(FRAGMENTATION)
        if self.nat_t:
            wanted.append(NAT_T)
        return [build.vendor_id(data) for data in wanted]

    def _keys(self) -> list[build.Part]:
        public, nonce = self._rng.randbytes(self.suite.public_bytes), self._rng.randbytes(32)
        return [build.ke(public), build.nonce(nonce)]

    def _nat_d(self, sender: int) -> list[build.Part]:
        """Return NAT-D of the receiver as the sender sees it, then of the sender as it knows itself."""
        if not self.nat_t:
            return []
        own = (self.initiator, self.responder)[sender]
        port = self._ports[0] if sender == 1 and self.nat == "initiator" else IKE_PORT
        ends = (self._seen[1 - sender], port), (own, IKE_PORT)
        return [build.nat_d(self.suite.hash_name, self.cookies, *end) for end in ends]

    def _proof(self) -> list[build.Part]:
        if self.auth not in CERTIFICATE_AUTHS:
            return [build.hash_payload(self._rng.randbytes(self.suite.hash_bytes))]
        certificate, signed = self._rng.randbytes(CERTIFICATE_BYTES), self._rng.randbytes(256)
        return [build.certificate(certificate), build.signature(signed)]

    def _sealed_proof_bytes(self) -> int:
        address = 12
        return address + sum(4 + len(part.body) for part in self._proof())

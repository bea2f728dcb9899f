"""One negotiation from one peer's side: what both roles share; `initiator` and `responder` complete it.

Whatever arrives, nothing raises: what does not fit is dropped, and a note says why. All memory is bounded.
"""

from abc import abstractmethod
from collections.abc import Sequence
from typing import Final

from ikepcap.errors import ReplayError
from ikepcap.keys.facts import Facts
from ikepcap.keys.secret import Secret
from ikepcap.replay.actions import Action, Path
from ikepcap.replay.behaviour import Behaviour
from ikepcap.replay.nat import nat_d_type
from ikepcap.replay.policy import EXCHANGES, Policy
from ikepcap.replay.rewrite import rewritten, rewritten_parts
from ikepcap.replay.sa import IsakmpSa, Suite
from ikepcap.replay.sender import RandomBytes, Sender
from ikepcap.replay.sending import Outgoing
from ikepcap.track.fragments import Fragments
from ikepcap.wire import build
from ikepcap.wire.build import Part
from ikepcap.wire.message import NO_COOKIE, Message, parse
from ikepcap.wire.numbers import Exchange, NotifyType, Payload
from ikepcap.wire.walk import Fault

AS_MADE: Final = Behaviour()
_FIRST_ON_NATT: Final = 5
"""Number of the first message of main mode between the ports of NAT traversal (RFC 3947 §4)."""
_HARMLESS: Final = frozenset((Fault.PADDING,))
"""pluto pads what it sends in the clear to four octets."""


class Session(Sender):
    """One ISAKMP SA to be, or in being."""

    role: int
    """INITIATOR or RESPONDER, as in `keys.facts`."""

    def __init__(
        self, policy: Policy, path: Path, random_bytes: RandomBytes, behaviour: Behaviour = AS_MADE
    ) -> None:
        """Begin nothing yet.

        Args:
            policy: what this peer wants.
            path: between whom, as this peer knows it.
            random_bytes: gives so many octets; `secrets.token_bytes`, or those of a seed in tests.
            behaviour: what it does wrong.
        """
        super().__init__(policy, path, random_bytes, behaviour)
        self.facts = Facts(bytes(8))
        self.suite: Suite | None = None
        self.sa: IsakmpSa | None = None
        self.private = Secret(b"\1")
        self.expects = 0
        """Number of the phase-1 message that is to come; 0 once phase 1 is over."""
        self.is_up = False
        """Phase 1 is complete."""
        self.is_established = False
        """Quick mode is complete too, or was not wanted."""
        self.error: ReplayError | None = None
        """Why what was asked for could not be done."""
        self.has_moved = False
        """Both use the ports of NAT traversal."""
        self._fragments = Fragments()
        self._garbled = 0

    # What the world tells.

    def receive(self, data: bytes, path: Path, now_ns: int) -> list[Action]:
        """Take a datagram, without the marker of NAT traversal.

        Args:
            data: as it arrived.
            path: between whom, this peer's end first.
            now_ns: time, from any epoch.
        """
        self.now_ns = now_ns
        if not self._is_mute and not self._is_deaf(path):
            try:
                self._take(data, path)
            except ReplayError as error:
                self.error = error
                self.finish("failed", str(error))
        return self._collected()

    def _is_deaf(self, path: Path) -> bool:
        """Whether nothing arrives on this path, on purpose."""
        if path.is_natt:
            return self.behaviour.deaf_to_natt
        if not self.behaviour.other_natt or self.expects != _FIRST_ON_NATT:
            return False
        return nat_d_type(self.policy.vendor_ids, self.peer_vendor_ids) is not None

    def close(self, now_ns: int) -> list[Action]:
        """Delete what there is, as a daemon does when it is stopped."""
        self.now_ns = now_ns
        if self.sa is not None and self.is_up and not self._is_mute and not self.is_forgotten:
            self.say_delete()
        self._pending.clear()
        self._alarms.clear()
        return self._collected()

    # What roles and exchanges do.

    @abstractmethod
    def take_phase_1(self, message: Message) -> None:
        """Take a message of phase 1, opened where it was encrypted."""

    @abstractmethod
    def take_later(self, message: Message) -> None:
        """Take an opened message of an exchange after phase 1."""

    @abstractmethod
    def take_notices(self, message: Message) -> None:
        """Take an informational; one that is encrypted was opened and its hash verified."""

    @abstractmethod
    def take_garbled(self) -> None:
        """React to a message of phase 1 that does not decrypt."""

    def notify(
        self, kind: int, *, clear: bool, with_spi: bool = True, cookie: bytes | None = None, data: bytes = b""
    ) -> None:
        """Send a notify in an informational exchange.

        Args:
            kind: of notify.
            clear: not encrypted, though it could be.
            with_spi: both cookies are in it.
            cookie: a responder cookie other than this SA's.
            data: of the notify.
        """
        own = self.facts.responder_cookie or bytes(8)
        answering = own if cookie is None else cookie
        part = build.notify(kind, spi=self.facts.initiator_cookie + answering if with_spi else b"", data=data)
        if self.sa is not None and not clear:
            self.inform([part])
            return
        plain = build.message(
            [part], initiator_cookie=self.facts.initiator_cookie, responder_cookie=answering,
            exchange=Exchange.INFORMATIONAL,
            message_id=0 if answering == NO_COOKIE else self.message_id(),
        )  # fmt: skip
        self.post(Outgoing("INFO", -1, (plain,), self.path))

    def say_delete(self) -> None:
        """Send a delete for phase 1."""
        cookies = self.facts.initiator_cookie + (self.facts.responder_cookie or bytes(8))
        self.inform([build.delete([cookies])])

    def inform(self, parts: Sequence[Part]) -> None:
        """Send an encrypted informational, once."""
        if self.sa is not None:
            message_id = self.message_id()
            sealed = self.sa.seal_hashed(parts, Exchange.INFORMATIONAL, message_id)
            self.post(Outgoing("INFO", message_id, (sealed,), self.path))

    def message_id(self) -> int:
        """Return a new one, never zero."""
        return int.from_bytes(self.random_bytes(4)) or 1

    def clear_message(self, step: str, parts: Sequence[Part]) -> bytes:
        """Return a phase-1 message in the clear, and learn from it what keys depend on."""
        data = build.message(
            parts,
            initiator_cookie=self.facts.initiator_cookie,
            responder_cookie=self.facts.responder_cookie or NO_COOKIE,
            exchange=EXCHANGES[self.policy.mode],
        )
        data = rewritten(step, data, self.policy.edits)
        message = parse(data)
        if message is not None:
            self.facts.learn(message, self.role)
        return data

    def edited(self, step: str, parts: Sequence[Part]) -> list[Part]:
        """Return payloads that are to be encrypted, as the user wants them."""
        return rewritten_parts(step, parts, self.policy.edits)

    def learn_own(self, parts: Sequence[Part]) -> None:
        """Learn from payloads of this peer's own what keys and hashes depend on."""
        message = parse(
            build.message(
                parts,
                initiator_cookie=self.facts.initiator_cookie,
                responder_cookie=self.facts.responder_cookie or NO_COOKIE,
                exchange=EXCHANGES[self.policy.mode],
            )
        )
        if message is not None:
            self.facts.learn(message, self.role)

    def learn(self, message: Message) -> None:
        """Learn from a message of the other peer's."""
        self.facts.learn(message, 1 - self.role)
        found = message.bodies(Payload.VENDOR_ID)
        self.peer_vendor_ids = (*self.peer_vendor_ids, *found)[:64]

    # Inside.

    def _take(self, data: bytes, path: Path) -> None:
        message = parse(data)
        if message is None or message.version >> 4 != 1 or not self._is_ours(message):
            return
        if self.is_forgotten:
            if self.behaviour.says_invalid_cookie:
                self.path = path
                self.notify(NotifyType.INVALID_COOKIE, clear=True)
            return
        if message.next_payload == Payload.FRAGMENT and not message.is_encrypted:
            whole = self._fragments.add(message, 1 - self.role, 0, self.now_ns)
            found = None if whole is None else parse(whole.data)
            if found is None or not self._is_ours(found):
                return
            message = found
        if message.data in self._heard:
            again = self._heard.answer(message.data)
            if again is not None:
                self._put(again)
            return
        self._current = message.data
        self._dispatch(message, path)

    def _is_ours(self, message: Message) -> bool:
        if message.initiator_cookie != self.facts.initiator_cookie:
            return False
        known = self.facts.responder_cookie
        if known is None or message.responder_cookie == known:
            return True
        # An error may carry a cookie of its own, or none (Libreswan, strongSwan).
        is_error = message.exchange == Exchange.INFORMATIONAL and not message.is_encrypted
        return is_error or (message.responder_cookie == NO_COOKIE and message.data in self._heard)

    def _dispatch(self, message: Message, path: Path) -> None:
        is_phase_1 = message.exchange == EXCHANGES[self.policy.mode] and not message.message_id
        if not message.is_encrypted:
            if is_phase_1 and all(one.fault in _HARMLESS for one in message.defects):
                self.take_phase_1(message)
            elif message.exchange == Exchange.INFORMATIONAL:
                self.take_notices(message)
            return
        if self.sa is None:
            return
        if not is_phase_1 and not message.message_id:
            return
        opened = self.sa.open(message)
        if isinstance(opened, str):
            if is_phase_1:
                self.take_garbled()
            else:
                self.note(f"an encrypted {_name(message)} was not understood: {opened}")
            return
        if is_phase_1:
            self.path = path
            self.take_phase_1(opened)
        elif message.exchange == Exchange.INFORMATIONAL:
            if self.sa.proves(opened):
                self.path = path if self.is_up else self.path
                self._heard.remember(message.data, None)
                self.take_notices(opened)
        elif self.is_up:
            self.path = path
            self.take_later(opened)


def _name(message: Message) -> str:
    names = {Exchange.INFORMATIONAL: "informational", Exchange.QUICK: "quick mode message"}
    return names.get(message.exchange, "message")  # type: ignore[call-overload, no-any-return]  # any number

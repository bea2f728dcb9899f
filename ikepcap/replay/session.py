"""One negotiation from one peer's side: what both roles share; `initiator` and `responder` complete it.

Whatever arrives, nothing raises: what does not fit is dropped, and a note says why. All memory is bounded.
"""

from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from typing import Final

from ikepcap.errors import ReplayError
from ikepcap.keys.facts import Facts
from ikepcap.keys.secret import Secret
from ikepcap.replay.actions import Action, Done, Note, Path, Result, Send, WaitUntil
from ikepcap.replay.behaviour import Behaviour
from ikepcap.replay.policy import EXCHANGES, FRAGMENTATION, Policy
from ikepcap.replay.sa import IsakmpSa, Suite
from ikepcap.replay.sending import SECOND_NS, Heard, Outgoing
from ikepcap.track.fragments import Fragments
from ikepcap.wire import build
from ikepcap.wire.build import Part
from ikepcap.wire.message import NO_COOKIE, Message, parse
from ikepcap.wire.numbers import Exchange, NotifyType, Payload, notify_name
from ikepcap.wire.walk import Fault

RandomBytes = Callable[[int], bytes]
AS_MADE: Final = Behaviour()
_HARMLESS: Final = frozenset((Fault.PADDING,))
"""pluto pads what it sends in the clear to four octets."""


class Session(ABC):
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
        self.policy, self.path, self.behaviour = policy, path, behaviour
        self.random_bytes = random_bytes
        self.facts = Facts(bytes(8))
        self.suite: Suite | None = None
        self.sa: IsakmpSa | None = None
        self.private = Secret(b"\1")
        self.peer_vendor_ids: tuple[bytes, ...] = ()
        self.expects = 0
        """Number of the phase-1 message that is to come; 0 once phase 1 is over."""
        self.is_up = False
        """Phase 1 is complete."""
        self.is_established = False
        """Quick mode is complete too, or was not wanted."""
        self.has_moved = False
        """Both use the ports of NAT traversal."""
        self.result: Done | None = None
        self.now_ns = 0
        self._actions: list[Action] = []
        self._pending: dict[int, Outgoing] = {}
        self._heard = Heard()
        self._fragments = Fragments()
        self._fragment_id = 0
        self._current = b""
        """The message that is being answered."""
        self._later: list[tuple[int, Send]] = []
        self._is_mute = False
        self.is_forgotten = False
        """All state is lost: nothing that belongs to it is known any more."""
        self._mute_ns: int | None = None
        self._garbled = 0
        self._alarms: dict[str, int] = {}

    # What the world tells.

    def receive(self, data: bytes, path: Path, now_ns: int) -> list[Action]:
        """Take a datagram, without the marker of NAT traversal.

        Args:
            data: as it arrived.
            path: between whom, this peer's end first.
            now_ns: time, from any epoch.
        """
        self.now_ns = now_ns
        if not self._is_mute:
            try:
                self._take(data, path)
            except ReplayError as error:
                self.finish("failed", str(error))
        return self._collected()

    def timer(self, now_ns: int) -> list[Action]:
        """Do what is due by now."""
        self.now_ns = now_ns
        if self._mute_ns is not None and now_ns >= self._mute_ns:
            self._is_mute, self._mute_ns = True, None
        due = [send for at_ns, send in self._later if at_ns <= now_ns]
        self._later = [one for one in self._later if one[0] > now_ns]
        self._actions += due
        for outgoing in list(self._pending.values()):
            if outgoing.due_ns is not None and outgoing.due_ns <= now_ns:
                self._repeat(outgoing)
        for name in [name for name, at_ns in self._alarms.items() if at_ns <= now_ns]:
            del self._alarms[name]
            self.alarm(name)
        return self._collected()

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
    def alarm(self, name: str) -> None:
        """Take an alarm that `wake` set."""

    @abstractmethod
    def take_garbled(self) -> None:
        """React to a message of phase 1 that does not decrypt."""

    def note(self, text: str) -> None:
        """Tell something."""
        self._actions.append(Note(text))

    def finish(self, result: Result, why: str) -> None:
        """End; only the first end counts."""
        if self.result is None:
            self.result = Done(result, why)
            self._actions.append(self.result)
        if result != "established":
            self._pending.clear()
            self._alarms.clear()

    def wake(self, name: str, after_s: float) -> None:
        """Set an alarm, or move it."""
        self._alarms[name] = self.now_ns + round(after_s * SECOND_NS)

    def calm(self, name: str) -> None:
        """Take an alarm back."""
        self._alarms.pop(name, None)

    def request(self, step: str, data: bytes, message_id: int = 0) -> None:
        """Send what is repeated until it is answered."""
        manner = self.policy.manner
        self.post(Outgoing(step, message_id, (data,), self.path, manner.gaps_s, manner.patience_s, True))

    def answer(self, step: str, data: bytes, message_id: int = 0) -> None:
        """Send what is repeated when the same request comes again, and by a timer if that is its manner."""
        manner = self.policy.manner
        kind = "AGGR2" if step == "MSG2" and self.policy.mode == "aggressive" else step
        gaps = manner.gaps_s if kind in manner.repeats else ()
        outgoing = Outgoing(step, message_id, (data,), self.path, gaps, manner.patience_s)
        self._heard.remember(self._current, outgoing)
        self.post(outgoing)

    def answered(self, message_id: int = 0) -> None:
        """Repeat the last message of an exchange no more."""
        self._pending.pop(message_id, None)

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

    def forget(self) -> None:
        """Lose all state: what comes now is of an SA that nobody knows."""
        self.is_forgotten = True
        self._pending.clear()

    def message_id(self) -> int:
        """Return a new one, never zero."""
        return int.from_bytes(self.random_bytes(4)) or 1

    def clear_message(self, parts: Sequence[Part]) -> bytes:
        """Return a phase-1 message in the clear, and learn from it what keys depend on."""
        data = build.message(
            parts,
            initiator_cookie=self.facts.initiator_cookie,
            responder_cookie=self.facts.responder_cookie or NO_COOKIE,
            exchange=EXCHANGES[self.policy.mode],
        )
        self.learn_own(parts)
        return data

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

    def heard(self) -> None:
        """Remember the message in hand: copies of it need no answer."""
        if self._current not in self._heard:
            self._heard.remember(self._current, None)

    def post(self, outgoing: Outgoing) -> None:
        """Send a new message, unless something goes wrong on purpose."""
        behaviour = self.behaviour
        if outgoing.step == behaviour.silent_from:
            self._is_mute = True
            self._pending.clear()
        if self._is_mute:
            return
        if behaviour.refuses is not None and behaviour.refuses[0] == outgoing.step:
            kind = behaviour.refuses[1]
            in_clear = behaviour.in_clear or outgoing.step in ("MSG2", "MSG4")
            self.notify(kind, clear=in_clear, with_spi=False, data=bytes(8) if kind == 40004 else b"")
            self._heard.remember(self._current, None)
            self.finish("refused", f"{notify_name(kind)} in place of {outgoing.step}, as asked for")
            return
        outgoing.datagrams = self._cut(outgoing.datagrams[0])
        if outgoing.message_id >= 0 and outgoing.step != "INFO":
            self._pending[outgoing.message_id] = outgoing
        self._put(outgoing)
        if outgoing.step == behaviour.restarts_after:
            self.forget()

    def _put(self, outgoing: Outgoing) -> None:
        """Put a copy on the wire."""
        outgoing.count(self.now_ns)
        if outgoing.step == self.behaviour.loses:
            return
        delay_ns = round(self.behaviour.delay_s * SECOND_NS)
        for send in outgoing.sends():
            if delay_ns:
                self._later.append((self.now_ns + delay_ns, send))
            else:
                self._actions.append(send)

    def _repeat(self, outgoing: Outgoing) -> None:
        if not outgoing.is_spent:
            self._put(outgoing)
            return
        del self._pending[outgoing.message_id]
        if outgoing.is_request and self.result is None:
            copies = "once" if outgoing.copies == 1 else f"{outgoing.copies} times"
            self.finish("gave-up", f"{outgoing.step} was sent {copies} and not answered")

    def _cut(self, data: bytes) -> tuple[bytes, ...]:
        """Return a message in IKE fragments, where it is large and the peer can put them together."""
        size = self.policy.fragment_bytes
        known = any(one.startswith(FRAGMENTATION) for one in self.peer_vendor_ids)
        if size is None or len(data) <= size or not known:
            return (data,)
        self._fragment_id = self._fragment_id % 65535 + 1
        pieces = build.fragments(data, size, fragment_id=self._fragment_id)
        lost = self.behaviour.drops_fragment
        return tuple(piece for number, piece in enumerate(pieces, 1) if number != lost)

    def die_after(self, seconds: float) -> None:
        """Fall silent for good after a time."""
        self._mute_ns = self.now_ns + round(seconds * SECOND_NS)

    def _collected(self) -> list[Action]:
        """Return what is to be done, and when to ask again."""
        found, self._actions = self._actions, []
        times = [one.due_ns for one in self._pending.values() if one.due_ns is not None]
        times += [at_ns for at_ns, _ in self._later]
        times += self._alarms.values()
        times += [] if self._mute_ns is None else [self._mute_ns]
        return [*found, WaitUntil(min(times))] if times else found


def _name(message: Message) -> str:
    names = {Exchange.INFORMATIONAL: "informational", Exchange.QUICK: "quick mode message"}
    return names.get(message.exchange, "message")  # type: ignore[call-overload, no-any-return]  # any number

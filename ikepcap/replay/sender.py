"""The sending half of a peer: what is sent, sent again, held back or lost on purpose, and when."""

from abc import ABC, abstractmethod
from collections.abc import Callable

from ikepcap.replay.actions import Action, Close, Done, Note, Path, Result, Send, WaitUntil
from ikepcap.replay.behaviour import Behaviour
from ikepcap.replay.policy import FRAGMENTATION, Policy
from ikepcap.replay.sending import SECOND_NS, Heard, Outgoing
from ikepcap.wire import build
from ikepcap.wire.numbers import NotifyType, notify_name

RandomBytes = Callable[[int], bytes]


class Sender(ABC):
    """Actions, timers and memory of what was sent; `Session` is the other half."""

    def __init__(self, policy: Policy, path: Path, random_bytes: RandomBytes, behaviour: Behaviour) -> None:
        self.policy, self.path, self.behaviour = policy, path, behaviour
        self.random_bytes = random_bytes
        self.peer_vendor_ids: tuple[bytes, ...] = ()
        self.result: Done | None = None
        self.now_ns = 0
        self.is_forgotten = False
        """All state is lost: nothing that belongs to it is known any more."""
        self._actions: list[Action] = []
        self._pending: dict[int, Outgoing] = {}
        self._heard = Heard()
        self._fragment_id = 0
        self._current = b""
        """The message that is being answered."""
        self._later: list[tuple[int, Send]] = []
        self._is_mute = False
        self._mute_ns: int | None = None
        self._alarms: dict[str, int] = {}

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

    @abstractmethod
    def alarm(self, name: str) -> None:
        """Take an alarm that `wake` set."""

    @abstractmethod
    def notify(
        self, kind: int, *, clear: bool, with_spi: bool = True, cookie: bytes | None = None, data: bytes = b""
    ) -> None:
        """Send a notify in an informational exchange."""

    def note(self, text: str) -> None:
        """Tell something."""
        self._actions.append(Note(text))

    def finish(self, result: Result, why: str) -> None:
        """End; only the first end counts, but a peer that leaves is told of whatever came before."""
        if self.result is None:
            self.result = Done(result, why)
            self._actions.append(self.result)
        elif result == "deleted":
            self.note(why)
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

    def forget(self) -> None:
        """Lose all state: what comes now is of an SA that nobody knows."""
        self.is_forgotten = True
        self._pending.clear()

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
        if outgoing.step == behaviour.closes_from:
            self._is_mute = True
            self._pending.clear()
            self._actions.append(Close())
        if self._is_mute:
            return
        if behaviour.refuses is not None and behaviour.refuses[0] == outgoing.step:
            kind = behaviour.refuses[1]
            in_clear = behaviour.in_clear or outgoing.step in ("MSG2", "MSG4")
            cookie = bytes(8) if kind == NotifyType.MS_NOTIFY_DOS_COOKIE else b""
            self.notify(kind, clear=in_clear, with_spi=False, data=cookie)
            self._heard.remember(self._current, None)
            self.finish("refused", f"{notify_name(kind)} in place of {outgoing.step}, as asked for")
            return
        outgoing.datagrams = self._cut(outgoing.step, outgoing.datagrams[0])
        if outgoing.message_id >= 0 and outgoing.step != "INFO":
            self._pending[outgoing.message_id] = outgoing
        self._put(outgoing)
        if outgoing.step == behaviour.restarts_after:
            self.forget()

    def _put(self, outgoing: Outgoing) -> None:
        """Put a copy on the wire."""
        outgoing.count(self.now_ns)
        lost_once = outgoing.copies == 1 and outgoing.step in self.behaviour.loses_once
        if lost_once or outgoing.step in self.behaviour.loses:
            return
        delay_s = dict(self.behaviour.delays_s).get(outgoing.step, self.behaviour.delay_s)
        delay_ns = round(delay_s * SECOND_NS)
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
            was = "dropped on purpose" if outgoing.step in self.behaviour.loses else "sent"
            self.finish("gave-up", f"{outgoing.step} was {was} {copies} and not answered")

    def _cut(self, step: str, data: bytes) -> tuple[bytes, ...]:
        """Return a message in IKE fragments, where it is large and the peer can put them together."""
        asked = dict(self.behaviour.fragments).get(step)
        size = asked or self.policy.fragment_bytes
        known = asked is not None or any(one.startswith(FRAGMENTATION) for one in self.peer_vendor_ids)
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

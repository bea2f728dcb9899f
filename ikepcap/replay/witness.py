"""Two engines that do not negotiate to the end: captured octets as they are, and questions about an offer."""

from collections.abc import Sequence
from typing import Final

from ikepcap.errors import ReplayError
from ikepcap.keys.facts import INITIATOR
from ikepcap.replay.actions import Action, Done, Note, Path, Send, WaitUntil
from ikepcap.replay.manners import Manner
from ikepcap.replay.nat import nat_d_parts
from ikepcap.replay.phase1 import is_same
from ikepcap.replay.policy import EXCHANGES, Policy
from ikepcap.replay.rewrite import Edit, rewritten
from ikepcap.replay.script import Script
from ikepcap.replay.sender import RandomBytes
from ikepcap.replay.sending import SECOND_NS
from ikepcap.wire import build
from ikepcap.wire.build import Part
from ikepcap.wire.message import NO_COOKIE, Message, parse
from ikepcap.wire.natd import NAMES_BY_LENGTH
from ikepcap.wire.numbers import Exchange, Payload, notify_name
from ikepcap.wire.offer import policy_words, read_offer

_NAT_D: Final = frozenset((Payload.NAT_D, Payload.NAT_D_DRAFT))


class _Asker:
    """Sends one message at a time, repeats it, and hands its answer on."""

    def __init__(self, path: Path, manner: Manner, edits: Sequence[Edit]) -> None:
        self.path, self._manner, self._edits = path, manner, edits
        self._data, self._step = b"", ""
        self._copies = 0
        self._due_ns: int | None = None
        self._cookie = b""
        self._is_over = False

    def ask(self, data: bytes, step: str, now_ns: int) -> list[Action]:
        """Send a new message."""
        self._data = rewritten(step, data, self._edits)
        self._step, self._copies, self._cookie = step, 0, self._data[:8]
        return self._again(now_ns)

    def _again(self, now_ns: int) -> list[Action]:
        gaps = self._manner.gaps_s
        wait_s = gaps[self._copies] if self._copies < len(gaps) else self._manner.patience_s
        self._copies += 1
        self._due_ns = now_ns + round(wait_s * SECOND_NS)
        return [Send(self._data, self.path, self._step), WaitUntil(self._due_ns)]

    def timer(self, now_ns: int) -> list[Action]:
        """Repeat the message, or give up."""
        if self._is_over or self._due_ns is None:
            return []
        if now_ns < self._due_ns:
            return [WaitUntil(self._due_ns)]
        if self._copies > len(self._manner.gaps_s):
            return self.unanswered(now_ns)
        return self._again(now_ns)

    def receive(self, data: bytes, path: Path, now_ns: int) -> list[Action]:
        """Take what belongs to the message asked."""
        del path
        message = parse(data)
        if self._is_over or message is None or message.version >> 4 != 1:
            return []
        if message.initiator_cookie != self._cookie or message.is_encrypted:
            return []
        return self.answer(message, now_ns)

    def close(self, now_ns: int) -> list[Action]:
        """Say nothing more: there is nothing to delete."""
        del now_ns
        return []

    def over(self, done: Done) -> list[Action]:
        """End."""
        self._is_over = True
        return [done]

    def answer(self, message: Message, now_ns: int) -> list[Action]:
        """Take an answer."""
        raise NotImplementedError

    def unanswered(self, now_ns: int) -> list[Action]:
        """No answer came, to any copy."""
        del now_ns
        return self.over(Done("gave-up", f"{self._step} was sent {self._copies} times and not answered"))


def _said(message: Message) -> str | None:
    """Return the notify of an informational in the clear."""
    if message.exchange != Exchange.INFORMATIONAL:
        return None
    kinds = [body[6:8] for body in message.bodies(Payload.NOTIFICATION)]
    return notify_name(int.from_bytes(kinds[0])) if kinds else None


class Verbatim(_Asker):
    """The captured octets of phase 1 that are not encrypted, with the live peer's cookie and our addresses.

    What is encrypted depends on a Diffie-Hellman value that nobody has: there it ends, and says so.
    """

    role = INITIATOR

    def __init__(self, script: Script, path: Path, manner: Manner, edits: Sequence[Edit] = ()) -> None:
        """Take a script; `manner` says when to repeat.

        Raises:
            ReplayError: the capture holds nothing in the clear.
        """
        super().__init__(path, manner, edits)
        self._mode = script.mode
        self._messages = [one.message for one in script.clear if one.sender == INITIATOR]
        self._place = 0
        if not self._messages:
            raise ReplayError("no message of the initiator is in the clear")

    def start(self, now_ns: int) -> list[Action]:
        """Send MSG1 as it was captured."""
        return self.ask(self._messages[0].data, "MSG1", now_ns)

    def answer(self, message: Message, now_ns: int) -> list[Action]:
        """Go on with what was captured next."""
        said = _said(message)
        if said is not None:
            return self.over(Done("refused", f"{said} in answer to {self._step}"))
        wanted = {"MSG1": Payload.SA, "MSG3": Payload.KE}
        is_answer = message.exchange == EXCHANGES[self._mode] and not message.message_id
        if not is_answer or wanted[self._step] not in message.payload_types():
            return []
        self._place += 1
        if self._place >= len(self._messages) or self._mode == "aggressive":
            number = int(self._step[3:]) + 2
            why = f"the peer answered {self._step}; from MSG{number} on all depends on a key that nobody has"
            return self.over(Done("answered", why))
        return self.ask(self._adapted(self._messages[self._place], message), "MSG3", now_ns)

    def _adapted(self, captured: Message, answer: Message) -> bytes:
        """Return MSG3 with the live peer's cookie, and NAT-D of the addresses there are."""
        cookies = captured.initiator_cookie + answer.responder_cookie
        parts: list[Part] = []
        own: list[Part] = []
        for kind, body in _payloads(captured):
            if kind in _NAT_D and len(body) in NAMES_BY_LENGTH:
                name = NAMES_BY_LENGTH[len(body)]
                own = own or nat_d_parts(kind, name, cookies, self.path, forced=False)
                parts += own[:1]
                own = own[1:] or own
                continue
            parts.append(build.raw(kind, body))
        return build.message(
            parts, initiator_cookie=captured.initiator_cookie, responder_cookie=answer.responder_cookie,
            exchange=captured.exchange, flags=captured.flags,
        )  # fmt: skip


def _payloads(message: Message) -> list[tuple[int, bytes]]:
    return [(span.type, message.data[span.body : span.end]) for span in message.spans]


class Probe(_Asker):
    """MSG1 alone, of one offer after the other, to learn what a peer accepts."""

    role = INITIATOR

    def __init__(
        self, policy: Policy, offers: Sequence[bytes], path: Path, random_bytes: RandomBytes
    ) -> None:
        """Take offers: bodies of SA payloads, each a question of its own."""
        super().__init__(path, policy.manner, policy.edits)
        self._policy, self._offers, self._random = policy, tuple(offers), random_bytes
        self._place = 0
        self.accepted: list[str] = []
        if policy.mode != "main":
            raise ReplayError("a probe is main mode: an aggressive MSG1 already commits to a key exchange")

    def start(self, now_ns: int) -> list[Action]:
        """Ask the first question."""
        data = build.message(
            [
                build.raw(Payload.SA, self._offers[self._place]),
                *map(build.vendor_id, self._policy.vendor_ids),
            ],
            initiator_cookie=self._random(8),
        )
        return self.ask(data, "MSG1", now_ns)

    def answer(self, message: Message, now_ns: int) -> list[Action]:
        """Take MSG2, or a refusal."""
        said = _said(message)
        body = message.bodies(Payload.SA)
        if said is None and (not body or message.responder_cookie == NO_COOKIE):
            return []
        if said is not None:
            return [Note(f"{self._asked()}: {said}"), *self._next(now_ns)]
        chosen = read_offer(body[0]).transforms
        words = [policy_words(one) for one in chosen[:1]]
        text = ", ".join(
            word for one in words for word in (one.encryption, one.hash, one.group, one.auth) if word
        )
        offered = read_offer(self._offers[self._place]).transforms
        odd = "" if any(is_same(one, each) for one in chosen for each in offered) else " (was not offered)"
        self.accepted.append(text)
        return [Note(f"accepted: {text}{odd}"), *self._next(now_ns)]

    def unanswered(self, now_ns: int) -> list[Action]:
        """Silence, too, is an answer."""
        return [Note(f"{self._asked()}: no answer"), *self._next(now_ns)]

    def _asked(self) -> str:
        found = read_offer(self._offers[self._place]).transforms
        if len(found) != 1:
            return f"offer of {len(found)} transforms"
        words = policy_words(found[0])
        return ", ".join(one for one in (words.encryption, words.hash, words.group, words.auth) if one)

    def _next(self, now_ns: int) -> list[Action]:
        self._place += 1
        if self._place < len(self._offers):
            return self.start(now_ns)
        count = f"{len(self.accepted)} of {len(self._offers)} offers accepted"
        return self.over(Done("answered" if self.accepted else "refused", count))

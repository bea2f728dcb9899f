"""The initiator: main or aggressive mode, XAUTH and mode-config as a client, quick mode (RFC 2409 §5)."""

from typing import Final

from ikepcap.errors import ReplayError
from ikepcap.keys.facts import INITIATOR
from ikepcap.replay.actions import Action, Path
from ikepcap.replay.behaviour import Behaviour
from ikepcap.replay.later import Liveness, read_notices, take_dpd
from ikepcap.replay.login import Login
from ikepcap.replay.phase1 import (
    found_nat,
    is_same,
    key_parts,
    make_keys,
    nat_parts,
    objection,
    own_identity,
    proof_parts,
    requests,
    vendor_parts,
)
from ikepcap.replay.policy import Identity, Policy, host
from ikepcap.replay.quick import QuickMode
from ikepcap.replay.sa import Suite, suite_of
from ikepcap.replay.sender import RandomBytes
from ikepcap.replay.session import AS_MADE, Session
from ikepcap.wire import build
from ikepcap.wire.build import Part
from ikepcap.wire.message import NO_COOKIE, Message
from ikepcap.wire.numbers import Exchange, NotifyType, Payload, notify_name
from ikepcap.wire.offer import policy_words, read_offer

_ERRORS: Final = 16384
"""Notify types below are errors (RFC 2408 §3.14.1)."""


class Initiator(Session):
    """One attempt."""

    role = INITIATOR

    def __init__(
        self, policy: Policy, path: Path, natt_path: Path, random_bytes: RandomBytes,
        behaviour: Behaviour = AS_MADE,
    ) -> None:  # fmt: skip
        """Begin nothing yet; `natt_path` is where NAT traversal moves to, the rest as `Session` has it."""
        super().__init__(policy, path, random_bytes, behaviour)
        self._natt_path = natt_path
        self._quick: QuickMode | None = None
        self._login = Login(self)
        self._liveness = Liveness(random_bytes)

    def start(self, now_ns: int) -> list[Action]:
        """Send MSG1."""
        self.now_ns = now_ns
        self.facts.initiator_cookie = self.random_bytes(8)
        offer = build.raw(Payload.SA, self.policy.offer)
        parts = [offer]
        if self.policy.mode == "aggressive":
            # All of an aggressive offer has one group: the key exchange is already here.
            first = self._offered()[0]
            self.suite = first
            parts += [*key_parts(self, first.group), own_identity(self).part(), *requests(self)]
        self.expects = 2
        self.request("MSG1", self.clear_message("MSG1", [*parts, *vendor_parts(self)]))
        return self._collected()

    def _offered(self) -> list[Suite]:
        found = [suite_of(one) for one in read_offer(self.policy.offer).transforms]
        able = [one for one in found if isinstance(one, Suite)]
        if not able:
            why = next((one for one in found if isinstance(one, str)), "it is empty")
            raise ReplayError(f"nothing of the offer can be computed: {why}")
        return able

    # Phase 1.

    def take_phase_1(self, message: Message) -> None:
        """Take MSG2, MSG4 or MSG6."""
        types = message.payload_types()
        if self.expects == 2 and Payload.SA in types and not message.is_encrypted:
            self._take_choice(message)
        elif self.expects == 4 and Payload.KE in types and not message.is_encrypted:
            self._take_key(message)
        elif self.expects == 6 and Payload.ID in types and message.is_encrypted:
            self._take_proof(message)

    def _take_choice(self, message: Message) -> None:
        """MSG2: what was chosen has to be one of what was offered."""
        if message.responder_cookie == NO_COOKIE:
            return
        chosen = read_offer(b"".join(message.bodies(Payload.SA)[:1])).transforms
        offered = read_offer(self.facts.offer or self.policy.offer).transforms
        suite = suite_of(chosen[0]) if chosen else "nothing was chosen"
        self.facts.responder_cookie = message.responder_cookie
        if isinstance(suite, str) or not any(is_same(chosen[0], one) for one in offered):
            self.notify(NotifyType.NO_PROPOSAL_CHOSEN, clear=True)
            why = suite if isinstance(suite, str) else "a transform that was not offered"
            self.finish("failed", f"MSG2 is not accepted: {why}")
            return
        if self.policy.mode == "aggressive" and self.suite is not None and suite.group != self.suite.group:
            self.finish("failed", "MSG2 is not accepted: another group than that of MSG1's key exchange")
            return
        self.suite = suite
        self.learn(message)
        self.heard()
        words = policy_words(chosen[0])
        self.note(f"MSG2: {words.encryption}, {words.hash}, {words.group}, {words.auth} chosen")
        if self.policy.mode == "aggressive":
            self._end_aggressive(message, suite)
            return
        self.answered()
        parts: list[Part] = [*key_parts(self, suite.group), *requests(self), *nat_parts(self, suite)]
        self.expects = 4
        self.request("MSG3", self.clear_message("MSG3", parts))

    def _end_aggressive(self, message: Message, suite: Suite) -> None:
        """MSG2 of aggressive mode holds all, and MSG3 ends phase 1."""
        if not self._make_keys():
            return
        against = objection(self, message, self.now_ns / 1e9)
        if against is not None:
            self.answered()
            self._refuse_hash_r(against.kind)
            self.finish("refused", f"MSG2: {against.why}")
            return
        self.answered()
        parts = proof_parts(self, with_identity=False)
        parts += nat_parts(self, suite)
        if found_nat(self, message):
            self._move()
        if self.sa is not None:
            self.answer("MSG3", self.sa.seal(self.edited("MSG3", parts), Exchange.AGGRESSIVE))
        self._finish_phase_1()

    def _refuse_hash_r(self, kind: int) -> None:
        manner = self.policy.manner
        if manner.bad_hash_r == "clear":
            self.notify(NotifyType.INVALID_HASH_INFORMATION, clear=True)
        elif manner.bad_hash_r == "encrypted":
            self.notify(kind, clear=False)

    def _take_key(self, message: Message) -> None:
        """MSG4, to which the encrypted MSG5 answers."""
        self.learn(message)
        self.heard()
        if not self._make_keys() or self.sa is None:
            return
        self.answered()
        if found_nat(self, message):
            self._move()
        parts = proof_parts(self)
        if self.policy.initial_contact:
            spi = self.facts.initiator_cookie + (self.facts.responder_cookie or bytes(8))
            parts.append(build.notify(NotifyType.INITIAL_CONTACT, spi=spi))
        self.expects = 6
        self.request("MSG5", self.sa.seal(self.edited("MSG5", parts), Exchange.MAIN))

    def _take_proof(self, message: Message) -> None:
        """MSG6, the responder's proof."""
        self.learn(message)
        self.heard()
        self.answered()
        against = objection(self, message, self.now_ns / 1e9)
        if against is not None:
            # strongSwan deletes, and says nothing else (main_mode.c).
            self.say_delete()
            self.finish("refused", f"MSG6: {against.why}")
            return
        self._finish_phase_1()

    def _make_keys(self) -> bool:
        if self.behaviour.has_no_secret:
            why: str | None = "no pre-shared key for the peer"
        else:
            why = make_keys(self, self.policy.psk)
        if why is not None:
            self.answered()
            self.notify(NotifyType.INVALID_KEY_INFORMATION, clear=True)
            self.finish("failed", f"no keys: {why}")
        return why is None

    def _move(self) -> None:
        """Go on between the ports of NAT traversal (RFC 3947 §4)."""
        self.has_moved = True
        self.path = self._natt_path
        self.note(f"a NAT lies between: it goes on from {self.path.local} to {self.path.remote}")

    def take_garbled(self) -> None:
        """MSG6 that does not decrypt: the keys differ, and nothing is to be said about it."""
        self.note(f"what came in place of MSG{self.expects} does not decrypt: other keys?")

    # What follows phase 1.

    def _finish_phase_1(self) -> None:
        self.expects, self.is_up = 0, True
        self.note("phase 1 is up")
        self._login.begin()
        self._go_on()

    def _go_on(self) -> None:
        """Begin what comes next."""
        if not self._login.is_over():
            return
        if self.policy.quick_offer is not None and self._quick is None:
            self._quick = QuickMode(self, self.message_id())
            self._quick.begin(self._selectors())
        else:
            self._establish()

    def _selectors(self) -> tuple[Identity, Identity] | None:
        given, wanted = self._login.address, self.policy.selectors
        if given is None:
            return wanted
        return host(given), wanted[1] if wanted else host(self.path.remote.address)

    def _establish(self) -> None:
        self.is_established = True
        if self.policy.dpd_s is not None:
            self.wake("dpd", self.policy.dpd_s)
        self.finish("established", "quick mode is up" if self._quick else "phase 1 is up")

    def take_later(self, message: Message) -> None:
        """Take a transaction, or a message of quick mode."""
        if message.exchange == Exchange.TRANSACTION:
            if self._login.take(message):
                self._go_on()
        elif message.exchange == Exchange.QUICK and self._quick is not None:
            mine = message.message_id == self._quick.message_id
            if mine and not self._quick.is_complete and self._quick.take_answer(message):
                self._go_on()

    def take_notices(self, message: Message) -> None:
        """Take what the responder says: errors end it, where they are believed."""
        is_clear = not message.is_encrypted
        found = read_notices(message)
        if found.deletes_phase_1(self.facts) and not is_clear:
            self.finish("deleted", "the responder deleted phase 1")
            self.is_up = False
        for one in found.notices:
            if one.kind == NotifyType.R_U_THERE_ACK and not is_clear:
                self._liveness.unanswered = 0
            elif one.kind < _ERRORS or one.kind == NotifyType.MS_NOTIFY_STATUS:
                self._take_error(one.kind, is_clear=is_clear)
        if not is_clear:
            take_dpd(self, found)

    def _take_error(self, kind: int, *, is_clear: bool) -> None:
        said = notify_name(kind)
        self.note(f"the responder says {said}{'' if is_clear else ', encrypted'}")
        waits = self.expects or (self._quick is not None and not self._quick.is_complete)
        if not waits or self.result is not None or (is_clear and not self.policy.manner.heeds):
            return
        if is_clear and not self.expects:
            return  # anyone could say so once keys exist
        where = f"MSG{self.expects}" if self.expects else "QM2"
        self.finish("refused", f"{said} in place of {where}")

    def alarm(self, name: str) -> None:
        """The server did not go on; or it is time to see whether the peer is alive."""
        if name == "dpd":
            self._liveness.ask(self)
        elif name == "login":
            self.finish("gave-up", "the responder did not go on with XAUTH or mode-config")

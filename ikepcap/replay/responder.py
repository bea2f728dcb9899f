"""The responder: phase 1 in either mode, XAUTH and mode-config as a server, quick mode (RFC 2409 §5)."""

from collections import OrderedDict
from typing import Final

from ikepcap.keys.facts import RESPONDER
from ikepcap.keys.secret import Secret
from ikepcap.replay import transaction
from ikepcap.replay.actions import Path
from ikepcap.replay.behaviour import Behaviour
from ikepcap.replay.choice import not_offered, pick
from ikepcap.replay.later import read_notices, take_dpd
from ikepcap.replay.manners import Refusal
from ikepcap.replay.phase1 import (
    key_parts,
    make_keys,
    nat_parts,
    objection,
    proof_parts,
    requests,
    signs,
    vendor_parts,
)
from ikepcap.replay.policy import XAUTH_METHODS, Policy
from ikepcap.replay.quick import QuickMode
from ikepcap.replay.sa import Suite
from ikepcap.replay.sender import RandomBytes
from ikepcap.replay.session import AS_MADE, Session
from ikepcap.wire import build
from ikepcap.wire.build import Part
from ikepcap.wire.details import CfgType
from ikepcap.wire.message import NO_COOKIE, Message
from ikepcap.wire.numbers import Exchange, NotifyType, Payload, notify_name
from ikepcap.wire.offer import policy_words

_QUICK_MODES: Final = 32
_WRONG: Final = b"not the pre-shared key"


class Responder(Session):
    """One negotiation that somebody else began; `Responders` makes them."""

    role = RESPONDER

    def __init__(
        self, policy: Policy, path: Path, random_bytes: RandomBytes, behaviour: Behaviour = AS_MADE
    ) -> None:
        """Wait for MSG1; the arguments are those of `Session`."""
        super().__init__(policy, path, random_bytes, behaviour)
        self.expects = 1
        self._quick: OrderedDict[int, QuickMode] = OrderedDict()
        self._is_known = False
        """XAUTH: name and password are right."""
        self._login_done = False

    # Phase 1.

    def take_phase_1(self, message: Message) -> None:
        """Take MSG1, MSG3 or MSG5."""
        types = message.payload_types()
        if self.expects == 1 and Payload.SA in types and not message.is_encrypted:
            self._take_offer(message)
        elif self.expects == 3 and self.policy.mode == "main" and Payload.KE in types:
            self._take_key(message)
        elif self.expects == 5 and Payload.ID in types and message.is_encrypted:
            self._take_proof(message)
        elif self.expects == 3 and self.policy.mode == "aggressive":
            self._take_aggressive_proof(message)

    def _take_offer(self, message: Message) -> None:
        """MSG1: choose, or refuse."""
        manner, behaviour = self.policy.manner, self.behaviour
        self.facts.initiator_cookie = message.initiator_cookie
        self.facts.responder_cookie = self.random_bytes(8)
        self._current = message.data
        if behaviour.is_unknown_peer:
            self._refuse(manner.unknown_peer, NotifyType.NO_PROPOSAL_CHOSEN, "this peer is not known")
            return
        if behaviour.refuses_mode:
            self._refuse(manner.mode_refused, NotifyType.AUTHENTICATION_FAILED, "this mode is not done")
            return
        chosen = None if behaviour.refuses_proposal else pick(self, message)
        if chosen is None:
            self._refuse(manner.no_proposal, NotifyType.NO_PROPOSAL_CHOSEN, "no offer is acceptable")
            return
        suite, transform = chosen
        self.suite = suite
        self.learn(message)
        attributes = not_offered(transform) if behaviour.changes_choice else transform.attributes
        made = build.transform(attributes, number=transform.number, transform_id=transform.transform_id)
        parts = [build.sa([build.proposal([made])])]
        words = policy_words(transform)
        self.note(f"MSG1: {words.encryption}, {words.hash}, {words.group}, {words.auth} chosen")
        # From here on a half-open negotiation is forgotten after a while.
        self.wake("half-open", manner.half_open_s)
        self.expects = 3
        if self.policy.mode == "main":
            self.answer("MSG2", self.clear_message("MSG2", [*parts, *vendor_parts(self)]))
            return
        self._answer_aggressive(parts, suite)

    def _answer_aggressive(self, parts: list[Part], suite: Suite) -> None:
        """MSG2 of aggressive mode: all at once."""
        self.learn_own(parts)
        keys = key_parts(self, suite.group)
        self.learn_own(keys)
        if not self._make_keys():
            return
        whole = [*parts, *keys, *proof_parts(self), *requests(self), *vendor_parts(self),
                 *nat_parts(self, suite)]  # fmt: skip
        self.answer("MSG2", self.clear_message("MSG2", whole))

    def _take_key(self, message: Message) -> None:
        """MSG3, and MSG4 in answer."""
        suite = self.suite
        if suite is None:
            return
        self.learn(message)
        self.answered()
        keys = key_parts(self, suite.group)
        self.learn_own(keys)
        if not self._make_keys():
            return
        self.expects = 5
        self.answer("MSG4", self.clear_message("MSG4", [*keys, *requests(self), *nat_parts(self, suite)]))

    def _make_keys(self) -> bool:
        psk = self.policy.psk
        if self.behaviour.has_wrong_secret:
            psk = Secret(_WRONG)
        if self.behaviour.has_no_secret:
            why: str | None = "no pre-shared key for the peer"
        else:
            why = make_keys(self, psk)
        if why is not None:
            manner = self.policy.manner.lacks_psk
            self._refuse(manner, NotifyType.INVALID_KEY_INFORMATION, f"no keys: {why}")
        return why is None

    def _take_proof(self, message: Message) -> None:
        """MSG5, and MSG6 in answer."""
        if not self._accepts(message) or self.sa is None:
            return
        self.has_moved = self.path.is_natt
        self.answer("MSG6", self.sa.seal(self.edited("MSG6", proof_parts(self)), Exchange.MAIN))
        if self.result is None:  # not refused on purpose
            self._finish_phase_1()

    def _take_aggressive_proof(self, message: Message) -> None:
        """MSG3 of aggressive mode; some send it in the clear."""
        wanted = Payload.SIG if signs(self, 1 - self.role) else Payload.HASH
        if wanted not in message.payload_types() or not self._accepts(message):
            return
        self.answered()
        self.heard()
        self.has_moved = self.path.is_natt
        self._finish_phase_1()

    def _accepts(self, message: Message) -> bool:
        self.learn(message)
        against = objection(self, message, self.now_ns / 1e9)
        if against is None:
            return True
        self.answered()
        self.heard()
        self.notify(against.kind, clear=False)
        self.finish("refused", f"MSG{self.expects}: {against.why}")
        self.forget()
        return False

    def take_garbled(self) -> None:
        """MSG5 does not decrypt: the pre-shared keys differ, most likely."""
        manner = self.policy.manner
        self._garbled += 1
        self.note(f"MSG{self.expects} does not decrypt: do the pre-shared keys differ?")
        if manner.garbled == "silent" or (self._garbled > 1 and not manner.garbled_every_copy):
            return
        self.notify(NotifyType.PAYLOAD_MALFORMED, clear=manner.garbled == "clear")

    def _refuse(self, how: Refusal, kind: int, why: str) -> None:
        """Say no in the clear, or nothing, as an implementation does; then forget."""
        self.answered()
        if how != "silent":
            zero = NO_COOKIE if how == "bare-zero" else None
            self.notify(kind, clear=True, with_spi=how == "with-cookies", cookie=zero)
        said = "in silence" if how == "silent" else f"with {notify_name(kind)}"
        self.finish("refused", f"{why}: refused {said}")
        self.forget()

    # What follows phase 1.

    def _finish_phase_1(self) -> None:
        self.calm("half-open")
        self.expects, self.is_up = 0, True
        self.note("phase 1 is up")
        if self.behaviour.deletes_after == "phase1":
            self._delete_all()
        elif self.suite is not None and self.suite.auth in XAUTH_METHODS:
            transaction.ask_user(self, self.message_id())
        else:
            self._let_in()

    def _let_in(self) -> None:
        self._login_done = True
        if self.policy.pushes_address:
            transaction.push_address(self, self.message_id())

    def _delete_all(self) -> None:
        self.say_delete()
        self.finish("deleted", "deleted, as asked for")
        self.forget()

    def take_later(self, message: Message) -> None:
        """Take a transaction, or a message of quick mode."""
        if message.exchange == Exchange.TRANSACTION:
            self._take_transaction(message)
        elif message.exchange == Exchange.QUICK:
            self._take_quick(message)

    def _take_quick(self, message: Message) -> None:
        if not self._login_done:
            self.note("quick mode before XAUTH is done: ignored")
            return
        mode = self._quick.get(message.message_id)
        if mode is not None:
            if not mode.is_refused and mode.take_third(message):
                self._establish()
            return
        mode = QuickMode(self, message.message_id)
        if mode.take_offer(message) or mode.is_refused:
            self._quick[message.message_id] = mode
            while len(self._quick) > _QUICK_MODES:
                self._quick.popitem(last=False)

    def _establish(self) -> None:
        self.is_established = True
        self.note("quick mode is up")
        self.finish("established", "quick mode is up")
        comes_later = self.behaviour.deaf_to_dpd or self.behaviour.dead_after_s is not None
        if self.behaviour.codes and not comes_later:
            self.note(f"it came up all the same: nothing in it gave {self.behaviour.name} an occasion")
        if self.behaviour.says_stray is not None:
            self.notify(self.behaviour.says_stray, clear=True)
        if self.behaviour.deletes_after == "QM3":
            self._delete_all()
        elif self.behaviour.dead_after_s is not None:
            self.die_after(self.behaviour.dead_after_s)

    def _take_transaction(self, message: Message) -> None:
        found = transaction.configuration_of(message)
        if found is None or self.sa is None or not self.sa.proves(message):
            return
        about_user = transaction.is_about_user(found)
        if found.type == CfgType.REPLY and about_user and not self._login_done:
            self.answered(message.message_id)
            self.heard()
            self._is_known = transaction.knows(self, found)
            self.note(f"XAUTH: the user is {'let in' if self._is_known else 'not let in'}")
            transaction.tell_status(self, self.message_id(), is_in=self._is_known)
        elif found.type == CfgType.ACK:
            self.answered(message.message_id)
            self.heard()
            if about_user and not self._is_known:
                self.finish("refused", "XAUTH: the user is not let in")
            elif about_user and not self._login_done:
                self._let_in()
        elif found.type == CfgType.REQUEST and not about_user and self._login_done:
            transaction.give_address(self, message.message_id, found)

    def take_notices(self, message: Message) -> None:
        """Take what the initiator says."""
        if not message.is_encrypted:
            for one in read_notices(message).notices:
                self.note(f"the initiator says {notify_name(one.kind)}")
            return
        found = read_notices(message)
        for one in found.notices:
            if one.kind < NotifyType.CONNECTED:
                self.note(f"the initiator says {notify_name(one.kind)}, encrypted")
        if found.deletes_phase_1(self.facts):
            self.finish("deleted", "the initiator deleted phase 1")
            self.is_up = False
            self._pending.clear()
        take_dpd(self, found)

    def alarm(self, name: str) -> None:
        """Phase 1 took too long: all of it is forgotten."""
        if name == "half-open":
            self.finish("gave-up", f"MSG{self.expects} did not come: forgotten as half-open")
            self.forget()

"""A client between phase 1 and quick mode: XAUTH and mode-config, as the server has it."""

from typing import Final

from ikepcap.replay import transaction
from ikepcap.replay.policy import XAUTH_METHODS
from ikepcap.replay.session import Session
from ikepcap.wire.bodies import Configuration
from ikepcap.wire.details import CfgType
from ikepcap.wire.message import Message

_LOGIN_S: Final = 60.0
"""How long a client waits for the server to begin XAUTH, or to give an address."""


class Login:
    """What an initiator has to do before quick mode."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._is_let_in = self._has_asked = False
        self.address: str | None = None
        """What mode-config gave."""

    def begin(self) -> None:
        """Phase 1 is up: wait for the server, where it asks for a user."""
        suite = self._session.suite
        if suite is not None and suite.auth in XAUTH_METHODS:
            self._session.wake("login", _LOGIN_S)
        else:
            self._is_let_in = True

    def is_over(self) -> bool:
        """Do what is due before quick mode; True where nothing is."""
        session = self._session
        if not self._is_let_in or session.result is not None:
            return False
        if session.policy.asks_for_address and not self._has_asked:
            self._has_asked = True
            transaction.ask_address(session, session.message_id())
            return False
        if session.policy.pushes_address and not self._has_asked:
            session.wake("login", _LOGIN_S)
            return False
        return True

    def take(self, message: Message) -> bool:
        """Take a transaction; True where it may go on."""
        session = self._session
        found = transaction.configuration_of(message)
        if found is None or session.sa is None or not session.sa.proves(message):
            return False
        about_user = transaction.is_about_user(found)
        if found.type == CfgType.REQUEST and about_user:
            session.wake("login", _LOGIN_S)
            if not transaction.reply_user(session, message.message_id, found):
                session.finish("failed", "XAUTH asks for a user, and none is given")
        elif found.type == CfgType.SET and about_user:
            session.calm("login")
            self._take_verdict(message.message_id, found)
            return True
        elif found.type == CfgType.SET:
            return self._take_push(message.message_id, found)
        elif found.type == CfgType.REPLY and not about_user and self._has_asked:
            session.answered(message.message_id)
            session.heard()
            self.address = transaction.given_address(found)
            session.note(f"mode-config gives {self.address or 'no address'}")
            return True
        return False

    def _take_push(self, message_id: int, found: Configuration) -> bool:
        """Take what mode-config gives unasked; only the first goes on with quick mode."""
        session = self._session
        self.address = transaction.given_address(found) or self.address
        transaction.acknowledge(session, "C2", message_id, found)
        session.note(f"mode-config gives {self.address or 'no address'}")
        if self._has_asked:
            return False
        self._has_asked = True
        session.calm("login")
        return True

    def _take_verdict(self, message_id: int, found: Configuration) -> None:
        """The user is let in, or all is over: copies of what says so are not answered then."""
        session = self._session
        self._is_let_in = transaction.was_let_in(found)
        if not self._is_let_in and session.policy.manner.deletes_refused_user:
            session.say_delete()
        else:
            transaction.acknowledge(session, "T4", message_id, found)
        if not self._is_let_in:
            session.finish("refused", "XAUTH: the user is not let in")
            session.forget()

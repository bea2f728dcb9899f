"""Informational exchanges: notifies and deletes read, DPD answered (RFC 2408 §4.8, RFC 3706)."""

from typing import Final

from msgspec import Struct

from ikepcap.keys.facts import Facts
from ikepcap.replay.sender import RandomBytes
from ikepcap.replay.session import Session
from ikepcap.wire import build
from ikepcap.wire.bodies import Delete, Notification
from ikepcap.wire.codec import decode
from ikepcap.wire.message import Message
from ikepcap.wire.numbers import NotifyType, Payload, Protocol

PATIENCE: Final = 5
"""Questions in a row without an answer after which the peer is given up."""
_MANY: Final = 16
"""Notifies and deletes that are looked at in one message."""


class Notices(Struct, frozen=True):
    """What an informational says."""

    notices: tuple[Notification, ...] = ()
    deletes: tuple[Delete, ...] = ()

    def deletes_phase_1(self, facts: Facts) -> bool:
        """Whether it deletes this SA; Libreswan's and Cisco's SPI is not relied on being the right one."""
        return any(one.protocol == Protocol.ISAKMP for one in self.deletes) and bool(facts.responder_cookie)


def read_notices(message: Message) -> Notices:
    """Read the notifies and deletes of a message."""
    notices, deletes = [], []
    for body in message.bodies(Payload.NOTIFICATION)[:_MANY]:
        notice, _ = decode(Notification, body, 0, len(body))
        if notice is not None:
            notices.append(notice)
    for body in message.bodies(Payload.DELETE)[:_MANY]:
        delete, _ = decode(Delete, body, 0, len(body))
        if delete is not None:
            deletes.append(delete)
    return Notices(tuple(notices), tuple(deletes))


def take_dpd(session: Session, found: Notices) -> None:
    """Answer R-U-THERE with the sequence number it came with."""
    for one in found.notices:
        asked = one.kind == NotifyType.R_U_THERE and len(one.data) == 4
        if not asked or not session.is_up or session.behaviour.deaf_to_dpd:
            continue
        part = build.notify(NotifyType.R_U_THERE_ACK, spi=one.spi, data=one.data)
        session.inform([part])
        return


class Liveness:
    """Asks whether the peer is alive (RFC 3706 §5.4): each question has its own number, none is repeated."""

    def __init__(self, random_bytes: RandomBytes) -> None:
        self._number = int.from_bytes(random_bytes(4)) >> 1
        self.unanswered = 0

    def ask(self, session: Session) -> None:
        """Send R-U-THERE, and wake the session for the next."""
        after_s = session.policy.dpd_s
        if session.sa is None or after_s is None:
            return
        if self.unanswered >= PATIENCE:
            session.note(f"the peer did not answer {self.unanswered} times: it is gone")
            return
        self.unanswered += 1
        self._number += 1
        session.wake("dpd", after_s)
        spi = session.facts.initiator_cookie + (session.facts.responder_cookie or bytes(8))
        session.inform([build.notify(NotifyType.R_U_THERE, spi=spi, data=self._number.to_bytes(4))])

"""XAUTH and mode-config, from either side (draft-beaulieu-ike-xauth, draft-ietf-ipsec-isakmp-mode-cfg)."""

import hmac
from collections.abc import Iterable
from ipaddress import ip_address
from typing import Final

from ikepcap.replay.session import Session
from ikepcap.wire import build
from ikepcap.wire.bodies import Configuration
from ikepcap.wire.codec import decode
from ikepcap.wire.details import CfgAttribute, CfgType
from ikepcap.wire.message import Message
from ikepcap.wire.numbers import Exchange, Payload
from ikepcap.wire.walk import Attribute

_OK: Final = 1
_FAIL: Final = 0
_XAUTH: Final = frozenset(range(CfgAttribute.XAUTH_TYPE, CfgAttribute.XAUTH_ANSWER + 1))
_ADDRESSES: Final = frozenset((CfgAttribute.INTERNAL_IP4_ADDRESS, CfgAttribute.INTERNAL_IP6_ADDRESS))
_SECRETS: Final = frozenset((CfgAttribute.XAUTH_USER_PASSWORD, CfgAttribute.XAUTH_PASSCODE))


def configuration_of(opened: Message) -> Configuration | None:
    """Return what a transaction says; None where it says nothing."""
    bodies = opened.bodies(Payload.ATTRIBUTES)
    if not bodies:
        return None
    found, _ = decode(Configuration, bodies[0], 0, len(bodies[0]))
    return found


def is_about_user(found: Configuration) -> bool:
    """Whether a transaction is of XAUTH."""
    return any(one.type in _XAUTH for one in found.attributes)


def value(found: Configuration, kind: int) -> bytes | None:
    """Return the first value of an attribute."""
    return next((one.value for one in found.attributes if one.type == kind), None)


def given_address(found: Configuration) -> str | None:
    """Return the address that mode-config gives; None where it gives none."""
    for one in found.attributes:
        if one.type in _ADDRESSES and len(one.value) in (4, 16):
            return str(ip_address(one.value))
        if one.type == CfgAttribute.INTERNAL_IP6_ADDRESS and len(one.value) == 17:
            return str(ip_address(one.value[:16]))  # with a prefix length after it
    return None


def send(session: Session, step: str, message_id: int, kind: CfgType, attributes: Iterable[Attribute],
         identifier: int = 0) -> None:  # fmt: skip
    """Send one message of a transaction: requests are repeated, answers are not."""
    sa = session.sa
    if sa is None:
        return
    part = build.configuration(kind, attributes, identifier=identifier)
    sealed = sa.seal_hashed([part], Exchange.TRANSACTION, message_id)
    if kind in (CfgType.REQUEST, CfgType.SET):
        session.request(step, sealed, message_id)
    else:
        session.answer(step, sealed, message_id)


# What the initiator says.


def reply_user(session: Session, message_id: int, asked: Configuration) -> bool:
    """Answer XAUTH's request; False where there is no user to name."""
    user = session.policy.user
    if user is None:
        failed = [build.tv(CfgAttribute.XAUTH_STATUS, _FAIL)]
        send(session, "T2", message_id, CfgType.REPLY, failed, asked.identifier)
        return False
    wanted = {one.type for one in asked.attributes}
    found = [build.tlv(CfgAttribute.XAUTH_USER_NAME, user.name.encode())]
    kind = next(iter(sorted(wanted & _SECRETS)), CfgAttribute.XAUTH_USER_PASSWORD)
    found.append(build.tlv(kind, user.password.reveal()))
    send(session, "T2", message_id, CfgType.REPLY, found, asked.identifier)
    return True


def acknowledge(session: Session, step: str, message_id: int, told: Configuration) -> None:
    """Answer a SET: each attribute comes back, without its value but for a status."""
    status = value(told, CfgAttribute.XAUTH_STATUS)
    if status is not None:
        found = [build.tv(CfgAttribute.XAUTH_STATUS, int.from_bytes(status) & 0xFFFF)]
    else:
        found = [build.tlv(one.type, b"") for one in told.attributes[:32]]
    send(session, step, message_id, CfgType.ACK, found, told.identifier)


def was_let_in(told: Configuration) -> bool:
    """Whether a status says so."""
    return int.from_bytes(value(told, CfgAttribute.XAUTH_STATUS) or b"") == _OK


def ask_address(session: Session, message_id: int) -> None:
    """Begin mode-config as the client does that pulls."""
    kinds = (
        CfgAttribute.INTERNAL_IP4_ADDRESS,
        CfgAttribute.INTERNAL_IP4_NETMASK,
        CfgAttribute.INTERNAL_IP4_DNS,
    )
    identifier = int.from_bytes(session.random_bytes(2))
    asked = [build.tlv(kind, b"") for kind in kinds]
    send(session, "C1", message_id, CfgType.REQUEST, asked, identifier)


# What the responder says.


def ask_user(session: Session, message_id: int) -> None:
    """Begin XAUTH."""
    kinds = (CfgAttribute.XAUTH_USER_NAME, CfgAttribute.XAUTH_USER_PASSWORD)
    send(session, "T1", message_id, CfgType.REQUEST, [build.tlv(kind, b"") for kind in kinds])


def knows(session: Session, told: Configuration) -> bool:
    """Whether name and password are those of the policy's user; without one everybody is let in."""
    user = session.policy.user
    if session.behaviour.refuses_user:
        return False
    if user is None:
        return True
    name = value(told, CfgAttribute.XAUTH_USER_NAME) or b""
    given = next((one.value for one in told.attributes if one.type in _SECRETS), b"")
    return name == user.name.encode() and hmac.compare_digest(given, user.password.reveal())


def tell_status(session: Session, message_id: int, *, is_in: bool) -> None:
    """Say whether the user is let in."""
    status = [build.tv(CfgAttribute.XAUTH_STATUS, _OK if is_in else _FAIL)]
    send(session, "T3", message_id, CfgType.SET, status)


def give_address(session: Session, message_id: int, asked: Configuration) -> None:
    """Answer mode-config."""
    send(session, "C2", message_id, CfgType.REPLY, _address(session), asked.identifier)


def push_address(session: Session, message_id: int) -> None:
    """Give an address unasked."""
    send(session, "C1", message_id, CfgType.SET, _address(session))


def _address(session: Session) -> list[Attribute]:
    address = session.policy.address
    found = []
    if address is not None and not session.behaviour.gives_no_address:
        packed = ip_address(address).packed
        is_v4 = len(packed) == 4
        kind = CfgAttribute.INTERNAL_IP4_ADDRESS if is_v4 else CfgAttribute.INTERNAL_IP6_ADDRESS
        found.append(build.tlv(kind, packed))
        if is_v4:
            found.append(build.tlv(CfgAttribute.INTERNAL_IP4_NETMASK, b"\xff" * 4))
    return found

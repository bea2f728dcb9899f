"""Which transform of an offer a responder takes."""

from typing import Final

from ikepcap.replay.phase1 import is_same
from ikepcap.replay.sa import Suite, suite_of
from ikepcap.replay.session import Session
from ikepcap.wire import build
from ikepcap.wire.message import Message
from ikepcap.wire.numbers import AuthMethod, Payload, Phase1Attribute
from ikepcap.wire.offer import Transform, read_offer
from ikepcap.wire.walk import Attribute

_OTHER_BITS: Final = {128: 192, 192: 256, 256: 192}
_NEEDS_PSK: Final = frozenset((AuthMethod.PSK, AuthMethod.XAUTH_PSK_I))


def pick(session: Session, message: Message) -> tuple[Suite, Transform] | None:
    """Return the first transform that policy and ability allow."""
    accepted = read_offer(session.policy.offer).transforms
    for transform in read_offer(b"".join(message.bodies(Payload.SA)[:1])).transforms:
        suite = suite_of(transform)
        if isinstance(suite, str) or not _can_prove(session, suite.auth):
            continue
        if session.policy.accepts_all or any(is_same(transform, one) for one in accepted):
            return suite, transform
    return None


def _can_prove(session: Session, auth: int) -> bool:
    if auth in _NEEDS_PSK:
        return session.policy.psk is not None or session.behaviour.has_no_secret
    return session.policy.credential is not None


def not_offered(transform: Transform) -> list[Attribute]:
    """Return a transform's attributes, one of them changed to what was not offered."""
    found = list(transform.attributes)
    for place, one in enumerate(found):
        if one.type == Phase1Attribute.KEY_LENGTH and one.number in _OTHER_BITS:
            found[place] = build.tv(one.type, _OTHER_BITS[one.number])
            return found
    for place, one in enumerate(found):
        if one.type == Phase1Attribute.HASH:
            found[place] = build.tv(one.type, 6 if one.number != 6 else 1)
    return found

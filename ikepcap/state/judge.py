"""Inference, remembered by shape.

Most conversations are healthy and alike: the same messages in the same order, nothing repeated, nothing
broken. What `infer` concludes of such a conversation depends on the shape of its messages alone, neither on
time nor on any value in them, so it is concluded once for each shape. Anything else is inferred in full.
"""

from copy import copy
from typing import Final

from msgspec import Struct
from msgspec.structs import replace

from ikepcap.state.course import Course
from ikepcap.state.exchanges import HASH_ONLY_BYTES, LaterExchange
from ikepcap.state.infer import PeerState, Standing, Waiting, infer, policies
from ikepcap.state.nat import nat_verdict
from ikepcap.state.steps import Recogniser
from ikepcap.track.conversation import Conversation
from ikepcap.wire.message import FLAG_ENCRYPTION
from ikepcap.wire.numbers import Exchange

REMEMBERED: Final = 4096
_MAX_MESSAGES: Final = 64
_INFORMATIONAL: Final = int(Exchange.INFORMATIONAL)

_Shape = tuple[object, ...]


class _Known(Struct, frozen=True):
    """What a shape amounts to."""

    course: Course
    later: tuple[LaterExchange, ...]
    initiator: PeerState
    responder: PeerState
    reason: str


class Judge:
    """Judges conversations one after the other."""

    def __init__(self) -> None:
        self._recognise = Recogniser()
        self._known: dict[_Shape, _Known] = {}

    def judge(self, conversation: Conversation, *, port_4500_seen: bool) -> Standing:
        """Return `infer` of a conversation; `is_plain` is set where no rule could have anything to say."""
        shape = _shape(conversation)
        if shape is None:
            return infer(conversation, self._recognise, port_4500_seen=port_4500_seen)
        known = self._known.get(shape)
        if known is not None:
            return _recall(known, conversation)
        standing = infer(conversation, self._recognise, port_4500_seen=port_4500_seen)
        course = standing.course
        came_up = standing.outcome == "established" and all(e.outcome == "established" for e in standing.later)
        if not came_up or 1 not in course.first or course.last != course.final or course.one_sided:
            return standing
        if any(place.kind != "new" for place in course.places):
            return standing
        informed = any(e.kind == "informational" for e in standing.later)
        if informed and standing.reason != "proven":
            return standing  # whether an informational refuses MSG6 is a matter of time
        if len(self._known) >= REMEMBERED:
            self._known.clear()
        template = copy(course)
        template.seen = ()
        self._known[shape] = _Known(
            template, standing.later, standing.initiator, standing.responder, standing.reason
        )
        return replace(standing, is_plain=True)


def _recall(known: _Known, conversation: Conversation) -> Standing:
    """Put a remembered conclusion together with this conversation's own values."""
    course = copy(known.course)
    course.seen = seen = conversation.seen
    offer, chosen = policies(conversation, course)
    later = tuple([
        LaterExchange(
            e.kind, seen[e.indexes[0]].message_id, e.starter, e.indexes, e.steps, e.places, e.last, e.outcome
        )
        for e in known.later
    ])  # fmt: skip
    return Standing(
        "established", None, None, known.initiator, known.responder, course, later,
        nat_verdict(conversation, chosen.hash if chosen else None), offer, chosen, Waiting(), None,
        known.reason, True,
    )  # fmt: skip


def _shape(conversation: Conversation) -> _Shape | None:
    """Return all that inference looks at, if none of it is a time or a count of copies; else None."""
    seen = conversation.seen
    if (
        conversation.icmp or conversation.lost or conversation.lost_parts or conversation.omitted
        or not conversation.roles_proven or len(seen) > _MAX_MESSAGES
    ):  # fmt: skip
        return None
    shape: list[object] = []
    message_ids: dict[int, int] = {}
    for s in seen:
        exchange = s.exchange
        flags = s.flags
        if s.copy_of >= 0 or s.defects or s.cookie_differs or s.rebound:
            return None
        if exchange == _INFORMATIONAL and not flags & FLAG_ENCRYPTION:
            return None
        turn = message_ids.setdefault(s.message_id, len(message_ids))
        shape += (s.sender, exchange, flags, s.payloads, turn, s.wire_bytes < HASH_ONLY_BYTES)
    return tuple(shape)

"""Inference, remembered by shape.

Most conversations are healthy and alike: the same messages in the same order, nothing repeated, nothing
broken. What `infer` concludes of such a conversation depends on the shape of its messages alone, neither on
time nor on any value in them, so it is concluded once for each shape. Anything else is inferred in full.
"""

from copy import copy
from typing import Final

from msgspec.structs import replace

from ikepcap.state.infer import Standing, infer, policies
from ikepcap.state.nat import nat_verdict
from ikepcap.state.steps import Recogniser
from ikepcap.state.waiting import Waiting
from ikepcap.track.clear import Read
from ikepcap.track.conversation import Conversation, Seen
from ikepcap.track.ended import Columns
from ikepcap.track.roles import HASH_ONLY_BYTES
from ikepcap.wire.message import FLAG_ENCRYPTION
from ikepcap.wire.numbers import INFORMATIONAL

REMEMBERED: Final = 4096
UNANSWERED: Final = 3
"""R-U-THERE messages without an answer after which a peer counts as gone: one or two may get lost."""

Shape = tuple[object, ...]


class Judge:
    """Judges conversations one after the other."""

    def __init__(self) -> None:
        self._recognise = Recogniser()
        self._known: dict[Shape, Standing] = {}

    def known(self, shape: Shape | None) -> Standing | None:
        """Return what is the same for all conversations of a shape, if one of them was judged before.

        Its course is without messages; what it says of policies and NAT is another conversation's.
        """
        return self._known.get(shape) if shape is not None else None

    def judge(
        self, conversation: Conversation, shape: Shape | None = None, *, would_show_4500: bool
    ) -> Standing:
        """Return `infer` of a conversation; `is_plain` is set where no rule could have anything to say."""
        known = self.known(shape)
        if known is not None:
            return recall(known, conversation)
        standing = infer(conversation, self._recognise, would_show_4500=would_show_4500)
        if shape is None or not _is_plain(conversation, standing):
            return standing
        if len(self._known) >= REMEMBERED:
            self._known.clear()
        standing = replace(standing, is_plain=True)
        self._known[shape] = with_messages(standing, ())
        return standing


def recall(known: Standing, conversation: Conversation) -> Standing:
    """Put a remembered conclusion together with this conversation's own values."""
    standing = with_messages(known, conversation.seen)
    course = standing.course
    offer, chosen = policies(conversation, course)
    nat = nat_verdict(conversation, chosen.hash if chosen else None)
    later = tuple([
        replace(exchange, message_id=course.seen[exchange.indexes[0]].message_id) for exchange in known.later
    ])  # fmt: skip
    return replace(standing, later=later, nat=nat, offer=offer, chosen=chosen, waiting=Waiting())


def shape_of(columns: Columns, contents: list[Read]) -> Shape | None:
    """Return all that inference looks at in a plain conversation; None if it is more than shapes tell."""
    for _, _, defects in contents:
        if defects:
            return None
    ids = columns.message_ids
    return (
        columns.senders, columns.exchanges, columns.flags, columns.firsts, columns.marks,
        tuple(map(ids.index, ids)),  # which messages share one
        bytes(map(HASH_ONLY_BYTES.__gt__, columns.wire_bytes)),
        columns.wire_bytes[-2:-1] == columns.wire_bytes[-1:],
        tuple([types for types, _, _ in contents]),
    )  # fmt: skip


def _is_plain(conversation: Conversation, standing: Standing) -> bool:
    """Whether it came up whole and at the first try, and would have at any other pace."""
    course, later = standing.course, standing.later
    if standing.outcome != "established" or any(e.outcome != "established" for e in later):
        return False
    if 1 not in course.first or course.last != course.final or course.one_sided:
        return False
    if any(place.kind != "new" for place in course.places):
        return False
    kinds = {e.kind for e in later}
    if "transaction" in kinds and "quick" not in kinds:
        return False  # a user who was not let in looks the same, but for the time that goes by after it
    informational = [s for s in conversation.seen if s.exchange == INFORMATIONAL]
    if any(not s.flags & FLAG_ENCRYPTION for s in informational):
        return False  # what it says matters
    tail = conversation.seen[-UNANSWERED:]
    if len(informational) >= UNANSWERED and len({(s.sender, s.exchange) for s in tail}) == 1:
        return False  # it ends with one peer talking to itself: whether the other is dead is a matter of time
    if len({(s.sender, s.exchange, s.wire_bytes) for s in conversation.seen[-2:]}) == 1:
        return False  # two keepalives without an answer, it may be; of two deletes each has its own size
    # Whether an informational refuses MSG6 is a matter of time too.
    return not informational or standing.reason == "proven"


def with_messages(known: Standing, seen: tuple[Seen, ...]) -> Standing:
    """Return a standing with the messages of another conversation of the same shape."""
    course = copy(known.course)
    course.seen = seen
    return replace(known, course=course)

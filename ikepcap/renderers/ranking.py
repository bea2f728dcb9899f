"""In which order negotiations are shown, and which are one story told several times."""

from collections import Counter
from collections.abc import Iterable
from typing import Final

from msgspec import Struct

from ikepcap.renderers.selection import any_fault, is_faulty
from ikepcap.report.model import Conversation, Outcome

_RANK: Final[dict[Outcome, int]] = {
    "refused": 0,
    "stalled": 1,
    "in-progress": 3,
    "unknown": 4,
    "established": 5,
    "probe": 6,
}
_FEW_FAULTS: Final = 5
_OF_A_KIND: Final = 2
_RANK_OF_FAULT: Final = 2
"""Of a negotiation that did not fail itself and carries a fault from afterwards."""


class Series(Struct, frozen=True):
    """A conversation and its repetitions between the same peers that ended at the same point."""

    first: Conversation
    more: tuple[Conversation, ...] = ()

    @property
    def size(self) -> int:
        """How many conversations it holds."""
        return 1 + len(self.more)


def rank(conversation: Conversation) -> int:
    """Return where a conversation stands between the worst, 0, and the least interesting."""
    place = _RANK[conversation.outcome]
    return min(place, _RANK_OF_FAULT) if any_fault(conversation.findings) else place


def series(conversations: Iterable[Conversation]) -> tuple[Series, ...]:
    """Return all conversations, the worst first, failed repetitions gathered, otherwise as they came."""
    gathered: dict[object, list[Conversation]] = {}
    for conversation in conversations:
        gathered.setdefault(_story(conversation), []).append(conversation)
    whole = (Series(first, tuple(more)) for first, *more in gathered.values())
    return tuple(sorted(whole, key=lambda one: (rank(one.first), one.first.id)))


def kind_of(conversation: Conversation) -> tuple[object, ...]:
    """Return what is equal for conversations that ended at the same point for the same reason."""
    return (
        conversation.outcome,
        conversation.mode,
        conversation.last_message,
        conversation.awaited_message,
        conversation.silent_peer,
        tuple(finding.code for finding in conversation.findings[:1]),
    )


def examples(faulty: list[Series]) -> tuple[list[Series], list[Series]]:
    """Return what to show in full, and what is like it: where much failed, a few of each kind tell it all."""
    if len(faulty) <= _FEW_FAULTS:
        return faulty, []
    seen: Counter[object] = Counter()
    shown: list[Series] = []
    alike: list[Series] = []
    for one in faulty:
        kind = kind_of(one.first)
        seen[kind] += 1
        (shown if seen[kind] <= _OF_A_KIND else alike).append(one)
    return shown, alike


def _story(conversation: Conversation) -> object:
    """Return what is equal for attempts that failed in the same way, and unequal otherwise."""
    if not is_faulty(conversation):
        return conversation.id
    return conversation.attempt_of or conversation.id, *kind_of(conversation)

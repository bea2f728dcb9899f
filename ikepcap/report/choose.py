"""Which two conversations to put side by side, where nobody has said."""

from itertools import islice, product
from typing import Final

from msgspec import Struct

from ikepcap.report.model import Conversation

_CONSIDERED: Final = 400
"""Conversations of either capture that are looked at; the first ones."""
_UNFIT: Final = ("probe", "unknown")


class Pair(Struct, frozen=True):
    """Two conversations and why these."""

    left: Conversation
    right: Conversation
    why: str


def best_pair(left: tuple[Conversation, ...], right: tuple[Conversation, ...]) -> Pair:
    """Return the two that tell most: the same peers in the same mode, of which one came up and one did not.

    Neither may be empty. Of equals the first are taken.
    """
    pairs = product(islice(left, _CONSIDERED), islice(right, _CONSIDERED))
    # `max` returns the first of equals.
    best = max(pairs, key=lambda pair: _likeness(*pair))
    why = ", ".join(_reasons(*best)) or "nothing in common"
    return Pair(*best, f"the best match of {len(left):,} and {len(right):,}: {why}")


def _likeness(left: Conversation, right: Conversation) -> tuple[int, ...]:
    fit = sum(one.outcome not in _UNFIT for one in (left, right))
    return fit, _shared(left, right), left.mode == right.mode, _came_up(left) != _came_up(right)


def _shared(left: Conversation, right: Conversation) -> int:
    """Return 2 for the same peers in the same roles, 1 where one of them is."""
    return sum(
        one.address == other.address
        for one, other in ((left.initiator, right.initiator), (left.responder, right.responder))
    )


def _came_up(conversation: Conversation) -> bool:
    return conversation.outcome == "established" and not any(
        finding.severity == "fault" for finding in conversation.findings
    )


def _reasons(left: Conversation, right: Conversation) -> list[str]:
    found = []
    if left.initiator.address == right.initiator.address:
        same = left.responder.address == right.responder.address
        found.append("the same peers" if same else "the same initiator")
    elif left.responder.address == right.responder.address:
        found.append("the same responder")
    if left.mode == right.mode:
        found.append(f"both {left.mode} mode")
    if _came_up(left) != _came_up(right):
        found.append("one came up and one did not")
    return found

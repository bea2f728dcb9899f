"""Whether the peer that waits for a message of an exchange asks for it, or goes on without: then it has it.

Exchanges are given by the indexes of their messages.
"""

from collections.abc import Sequence
from typing import Final

from ikepcap.track.conversation import Seen
from ikepcap.wire.numbers import QUICK, Exchange

_FOLLOWING: Final = frozenset({QUICK, int(Exchange.TRANSACTION)})

ASKS_AGAIN_NS: Final = 10 * 10**9
"""Who waits for an answer repeats itself sooner (Libreswan after 0.5 s, strongSwan after 4 s)."""


def asked_for_ns(seen: tuple[Seen, ...], indexes: Sequence[int]) -> int:
    """Return for how long the first message of an exchange was repeated, of which there is nothing else."""
    sent = [seen[i].time_ns for i in indexes if not seen[i].is_duplicate]
    return sent[-1] - sent[0]


def goes_on(seen: tuple[Seen, ...], indexes: Sequence[int]) -> bool:
    """Whether the peer that waits speaks of something else when it should have asked again."""
    tail = seen[indexes[-1]]
    return any(
        s.sender == tail.sender and s.is_encrypted and s.time_ns - tail.time_ns > ASKS_AGAIN_NS for s in seen
    )


def is_over(seen: tuple[Seen, ...], indexes: Sequence[int], *, repeated: bool) -> bool:
    """Whether the next transaction, or a quick mode, follows a transaction: they come one after the other.

    What is left was an answer, or was answered; if it was repeated, both peers show that in what follows.
    """
    own = seen[indexes[0]].message_id
    after = {
        s.sender for s in seen[indexes[-1] + 1 :]
        if s.message_id != own and s.exchange in _FOLLOWING
    }  # fmt: skip
    return len(after) > repeated

"""Negotiations that end one another: two clients with one identity, of which a gateway keeps one at a time.

One comes up and the other is ended at that moment; whoever was ended begins anew at once, and ends the first.
A client is known by address and port, so that two behind one NAT are two, and neither a renewal nor a retry
is one. Where several came up at the moment at which one ended, it is not told which of them ended it.

Next to one of the clients nothing is seen of the other: only that what comes up is ended, again and again.
"""

from collections import deque
from collections.abc import Iterable
from typing import Any, Final

from ikepcap.track.conversation import Fight, Ousted
from ikepcap.track.open import RECORD, RECORD_BYTES, Open
from ikepcap.track.roles import PHASE_1
from ikepcap.wire.message import FLAG_ENCRYPTION
from ikepcap.wire.numbers import INFORMATIONAL, QUICK

FOUGHT: Final = 3
"""One after another, and it is a fight: once or twice is what administrators do."""
IN_VAIN: Final = 5
"""What is ended so often in a row, by whatever, is ended each time that it comes up."""
SHORT_NS: Final = 30 * 10**9
"""What lived longer was of use."""
TOGETHER_NS: Final = 10**8
"""A gateway ends one and lets the other in as it handles one message."""
BACK_NS: Final = 10 * 10**9
"""Whoever begins so soon after it was ended does so because of that."""
_RECENT: Final = 64
_BEGINNING: Final = 16 * RECORD_BYTES

_Record = tuple[Any, ...]
"""See `RECORD`."""


class Fights:
    """Watches those who begin anew."""

    def __init__(self) -> None:
        self._recent: deque[Open] = deque(maxlen=_RECENT)

    def begins(self, track: Open, before: Open | None, now_ns: int) -> None:
        """Note a negotiation that begins; `before` is the latest between the same addresses."""
        if before is not None:
            self._look_back(track, before, now_ns)
        self._recent.append(track)

    def _look_back(self, track: Open, before: Open, now_ns: int) -> None:
        ended = before if before.first_port == track.first_port else self._of_same_client(track)
        if ended is None or ended.ousted is not None or not ended.records:
            return
        if now_ns - ended.time_of(-1) > BACK_NS:
            return  # most are long over, and nothing of them needs to be unpacked
        at_ns = _ended_ns(ended)
        if at_ns is None or not 0 <= now_ns - at_ns <= BACK_NS:
            return
        came = [other for other in self._recent if _came_up_instead(other, ended, at_ns)]
        if len(came) != 1:
            if at_ns - ended.time_of(0) <= SHORT_NS:
                ended.vain = track.vain = ended.vain or []
                ended.vain.append(at_ns)
                ended.ousted = Ousted(0, b"", 0, 0, now_ns)
            return
        fight = ended.fight if came[0].fight is not None else None
        if fight is None:
            fight = []
        fight.append(at_ns)
        ended.fight = came[0].fight = track.fight = fight
        ended.ousted = Ousted(came[0].number, came[0].first, came[0].first_port, _frame_of(came[0]), now_ns)

    def _of_same_client(self, track: Open) -> Open | None:
        client = _client(track)
        return next((other for other in reversed(self._recent) if _client(other) == client), None)


def fight_of(track: Open) -> tuple[Fight | None, Ousted | None]:
    """Return the fight that a conversation has a part in, if there is one so far, and how it was ended there.

    Of one whose other client is not seen only those have a part that were ended: the last may stay up.
    """
    ends, vain, ousted = track.fight or (), track.vain or (), track.ousted
    if len(ends) >= FOUGHT:
        return Fight(len(ends), ends[0], ends[-1]), ousted if ousted is not None and ousted.by else None
    if len(vain) >= IN_VAIN and ousted is not None and not ousted.by:
        return Fight(len(vain), vain[0], vain[-1]), ousted
    return None, None


def _client(track: Open) -> tuple[bytes, int, bytes]:
    return track.first, track.first_port, track.second


def _frame_of(track: Open) -> int:
    frame: int = RECORD.unpack_from(track.records)[1]
    return frame


def came_up(records: Iterable[_Record]) -> bool:
    """Both peers sent the encrypted part of phase 1, or both a quick mode."""
    sealed = [(r[3], r[4]) for r in records if r[5] & FLAG_ENCRYPTION]
    return any(
        len({side for side, exchange in sealed if exchange in kind}) == 2 for kind in (PHASE_1, {QUICK})
    )


def _ended_ns(track: Open) -> int | None:
    """Return when the responder said its last in one that had come up, if that is an informational."""
    if track.opener != 0:
        return None
    last = next(
        (r for r in reversed(list(RECORD.iter_unpack(track.records[-_BEGINNING:]))) if r[3] == 1), None
    )
    if last is None or last[4] != INFORMATIONAL or not came_up(RECORD.iter_unpack(track.records)):
        return None
    time_ns: int = last[2]
    return time_ns


def _came_up_instead(track: Open, ended: Open, at_ns: int) -> bool:
    """Whether a later negotiation with the same responder came up at this moment, which is another client's.

    Of the same client the latest is the one that is looked at.
    """
    if track.opener != 0 or track.second != ended.second or track.number <= ended.number:
        return False
    sealed = (r for r in RECORD.iter_unpack(track.records[:_BEGINNING]) if r[5] & FLAG_ENCRYPTION)
    answer = next((r for r in sealed if r[3] == 1 and r[4] != INFORMATIONAL), None)
    return answer is not None and abs(answer[2] - at_ns) <= TOGETHER_NS and track.time_of(0) <= at_ns

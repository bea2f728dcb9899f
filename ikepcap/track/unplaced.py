"""What belongs to no conversation, counted: other protocols, broken messages, and a clock that steps back."""

from typing import Final

from ikepcap.capture.datagram import Datagram, LostFragments
from ikepcap.track.roles import PHASE_1
from ikepcap.wire.message import HEADER_BYTES, NO_COOKIE
from ikepcap.wire.numbers import Payload

LISTED: Final = 20
STEPS_LISTED: Final = 100
STEP_BACK_NS: Final = 10**6
"""More than the reordering of a busy interface."""
AUTHIP: Final = 240
"""Exchange types from here on are not IKE's."""


class Unplaced:
    """Counters of one run."""

    def __init__(self) -> None:
        self.ikev2 = 0
        self.authip = 0
        self.gdoi = 0
        self.malformed: list[tuple[int, str]] = []
        """(frame, reason) of messages that fit no conversation; the first few of `malformed_count`."""
        self.malformed_count = 0
        self.time_steps_back: list[int] = []
        """Frames at which it does, the first of them."""
        self.lost: list[LostFragments] = []
        """What there is of first messages that never became whole, where their peers have no conversation."""

    def count(self, datagram: Datagram) -> None:
        """Count a message that is not IKEv1's."""
        major, exchange = datagram.data[17] >> 4, datagram.data[18]
        if major == 2:
            self.ikev2 += 1
        elif major != 1:
            self.reject(datagram, f"ISAKMP version {major} is unknown")
        elif exchange >= AUTHIP:
            self.authip += 1
        else:
            self.gdoi += 1

    def reject(self, datagram: Datagram, why: str) -> None:
        """Count a message that fits no conversation."""
        self.malformed_count += 1
        if len(self.malformed) < LISTED:
            self.malformed.append((datagram.frame, why))

    def lose(self, lost: LostFragments) -> None:
        """Keep what there is of a first message, where its peers have no conversation."""
        head = lost.data[:HEADER_BYTES]
        is_first = len(head) == HEADER_BYTES and head[8:16] == NO_COOKIE and head[16] == Payload.SA
        if is_first and head[17] >> 4 == 1 and head[18] in PHASE_1 and len(self.lost) < LISTED:
            self.lost.append(lost)

    def note_time(self, frame: int, time_ns: int, now_ns: int) -> None:
        """Note that a message comes before the one that came before it."""
        if time_ns < now_ns - STEP_BACK_NS and len(self.time_steps_back) < STEPS_LISTED:
            self.time_steps_back.append(frame)

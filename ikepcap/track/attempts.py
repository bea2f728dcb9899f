"""Whether a MSG1 begins another conversation, under the cookie of an open one or after it."""

from typing import Final

from ikepcap.capture.datagram import Datagram
from ikepcap.track.open import DUPLICATE_NS, NOBODY, Open
from ikepcap.track.pair import may_be_one, ports_of

NEW_ATTEMPT_NS: Final = 300 * 10**9
"""An identical MSG1 after so long is a cookie used again, not a retransmission."""


def is_other_attempt(track: Open, datagram: Datagram, sender: int) -> bool:
    """A MSG1 that is not the one missing so far: there was one, or its sender had spoken before."""
    if track.opener != NOBODY:
        return True
    return len(track) > 0 and track.spoke(sender) and datagram.time_ns > track.time_of(0)


def begins_anew(track: Open, at: int, datagram: Datagram) -> bool:
    """An identical MSG1 is its cookie used again if its sender had gone on, or after a long time."""
    quiet_ns = datagram.time_ns - track.time_of(-1)
    return quiet_ns > NEW_ATTEMPT_NS or (quiet_ns > DUPLICATE_NS and track.went_on(at))


def comes_from_initiator(track: Open, port: int) -> bool:
    """A MSG1 from the address that a conversation came from, and this port, may be of the same client."""
    return port == track.first_port or may_be_one(ports_of(track.records, 0), frozenset((port,)))

"""What was never meant to be a negotiation: scans, monitors, and single MSG1s that nobody goes on with."""

from typing import Final

from ikepcap.capture.datagram import IKE_PORT, NATT_PORT
from ikepcap.state.course import Course
from ikepcap.state.waiting import ENOUGH_NS, PATIENCE_NS, Waiting
from ikepcap.track.conversation import INITIATOR, Conversation
from ikepcap.wire.numbers import AuthMethod, Encryption, Hash
from ikepcap.wire.offer import Offer

LONE_NS: Final = 60 * 10**9
"""One MSG1, not repeated for so long, was never meant to be followed up."""
SCAN_NS: Final = 5 * 10**9


def scan_of(conversation: Conversation, course: Course, waiting: Waiting) -> str | None:
    """Say by what a MSG1 is known as a scanner's or a monitor's, which go on with none; None if it is not.

    Live initiators show vendor IDs and go on asking for half a minute at least.
    """
    if 1 not in course.first or course.last is None or course.last > 2:
        return None
    opening = course.seen[course.first[1]]
    asked_ns = [s.time_ns for s in course.seen if s.sender == INITIATOR and not s.is_duplicate]
    if opening.clear.vendor_ids or opening.is_cut or max(asked_ns) - opening.time_ns >= SCAN_NS:
        return None
    if conversation.scanned:
        return "scan"
    if waiting.repeated_before:
        return None  # it wants the answer
    if conversation.asked:
        return "series"
    is_once = len(asked_ns) == 1 and opening.source_port not in (IKE_PORT, NATT_PORT)
    is_over = is_once and waiting.elapsed_ns >= PATIENCE_NS
    return "scanner" if is_over and opening.clear.offer and _is_scanners(opening.clear.offer) else None


def _is_scanners(offer: Offer) -> bool:
    """Whether it is what ike-scan offers by default: a fixed choice of old ciphers, each with each."""
    if {t.lifetime_s for t in offer.transforms} != {28_800}:
        return False
    return [(t.encryption, t.hash, t.auth, t.group) for t in offer.transforms] in _SCANNERS


_SCANNERS: Final = tuple(
    [
        (cipher, digest, int(AuthMethod.PSK), group)
        for group in groups
        for cipher in (int(Encryption.TRIPLE_DES_CBC), int(Encryption.DES_CBC))
        for digest in (int(Hash.SHA1), int(Hash.MD5))
    ]
    for groups in ((2, 1), (2,))
)
"""Aggressive mode has one group for all (RFC 2409 §5.4), by default the second."""


def is_probe(conversation: Conversation, course: Course, waiting: Waiting) -> bool:
    """Never meant to be completed: one MSG1 with nothing after it from whoever sent it.

    Every IKE implementation repeats a MSG1 that is not answered, and answers or refuses a MSG2. Scanners send
    no vendor IDs by default, and a live initiator sends some; so an initiator that shows any and falls silent
    after MSG2 is taken for one that has a problem.
    """
    last = course.last
    if waiting.icmp or waiting.fragments or waiting.repeated or waiting.repeated_before:
        return False
    if 1 not in course.first or any(
        s.sender == INITIATOR and not s.is_duplicate for s in course.seen[course.first[1] + 1 :]
    ):
        return False
    opening = course.seen[course.first[1]]
    shows_vendor_ids = bool(opening.clear.vendor_ids) or opening.is_cut
    superseded = conversation.superseded_ns
    waited = waiting.elapsed_ns
    if superseded is not None:
        waited = min(waited, superseded - course.seen[-1].time_ns)
    if last == 1:
        # Live initiators show vendor IDs, and repeat themselves after 20 s at the latest.
        return waited >= (LONE_NS if shows_vendor_ids else ENOUGH_NS)
    return last == 2 and not shows_vendor_ids and waited >= SCAN_NS

"""A message whose cookie is known and whose peers are not: rebinding, second vantage, or a twin."""

from ikepcap.capture.datagram import Datagram
from ikepcap.track.open import Open, digest_of
from ikepcap.wire.message import NO_COOKIE


def place(track: Open, datagram: Datagram) -> tuple[Open | None, int, bool]:
    """Return whose message it is of those under one cookie, the side that sent it, and whether that moved.

    It is a new conversation's, a twin of these, if it is nobody's.
    """
    candidate: Open | None = track
    while candidate is not None:
        ends = candidate.ends()
        if (datagram.source, datagram.destination) in (ends, ends[::-1]):
            return candidate, 0 if datagram.source == ends[0] else 1, False
        candidate = candidate.twin
    candidate = track
    while candidate is not None:
        sender = _sender(candidate, datagram)
        if sender is not None:
            return candidate, sender, True
        candidate = candidate.twin
    return None, 0, False


def _sender(track: Open, datagram: Datagram) -> int | None:
    """Return the side that sent a datagram between other addresses than a conversation's, if it is its.

    The same bytes at once between other addresses were captured on the other side of a NAT. A message that
    answers, and shares an end, came through a NAT whose other side, or other mapping, was seen first.
    """
    data, ends = datagram.data, track.ends()
    for sender in (0, 1):
        at = track.index_of(digest_of(data, sender))
        if at >= 0 and track.was_sent_about(at, datagram.time_ns):
            return sender
    rcookie = data[8:16]
    if rcookie == NO_COOKIE or (track.rcookie is not None and rcookie != track.rcookie):
        return None
    if datagram.source == ends[0] or datagram.destination == ends[1]:
        return 0
    return 1 if datagram.source == ends[1] or datagram.destination == ends[0] else None

"""Which conversations are open, found by cookie and by peers, and which have ended.

When too many are open, those that were silent for long are finished early: for longer than any gap between
retransmissions that is known, so a verdict does not depend on how busy the capture is.
"""

from collections import deque
from collections.abc import Iterator
from typing import Final

from ikepcap.track.attempts import comes_from_initiator
from ikepcap.track.ended import Ended, ended
from ikepcap.track.fights import Fights
from ikepcap.track.open import FRAME, NOBODY, RECORD_BYTES, Open
from ikepcap.track.pair import Pair
from ikepcap.track.scans import mark_scans
from ikepcap.wire.message import NO_COOKIE

SILENT_NS: Final = 60 * 10**9
"""strongSwan's longest gap between copies is 42 s, pluto's 32 s."""
OPEN_LIMIT: Final = 8_192
"""Up to this many open conversations none is finished early."""
HARD_LIMIT: Final = 49_152
"""With more the capture is a flood: half of them are finished, however long they were silent."""
LONE_LISTED: Final = 1_000
"""Single unanswered first messages handed on one by one; more are a scan or a flood, and counted."""
_BATCH: Final = 32
"""Ended conversations handed back at a time; of many, one in _SHARE."""
_SHARE: Final = 256
_SELDOM: Final = 4
"""All are looked at whenever one in so many has come anew, which costs no more for many than for few."""


class Registry:
    """Opens, finds and ends conversations; has no part in what is recorded of them."""

    def __init__(self) -> None:
        self.by_cookie: dict[bytes, Open] = {}
        """The first of those with a cookie; for looking up only."""
        self._look_at = 0
        """With so many opened, all are looked at again."""
        self.opened = 0
        """Conversations so far."""
        self._latest: dict[bytes, Open] = {}
        """By addresses, as `Open.forth` has them."""
        self._pairs: dict[int, Pair] = {}
        """By number, of conversations whose peers had others."""
        self._fights = Fights()
        self._ended: deque[Ended] = deque()
        self.lone_frames: list[int] = []
        """Frames of the first few of those beyond LONE_LISTED."""
        self.lone_count = 0

    def quoted(self, cookie: bytes, source: bytes, destination: bytes) -> Open | None:
        """Find the conversation of a datagram known by its cookie or, failing that, by its peers."""
        track = self.by_cookie.get(cookie)
        while track is not None:
            if {track.first, track.second} == {source, destination}:
                return track
            track = track.twin
        there = self._latest.get(source + destination)
        return there if there is not None else self._latest.get(destination + source)

    def open(self, data: bytes, addresses: bytes, ports: tuple[int, int], time_ns: int) -> Open:
        """Begin a conversation with the message that is its first; others may have the same cookie.

        Args:
            data: the message.
            addresses: of its source and its destination, in a row.
            ports: likewise.
            time_ns: when it was captured.
        """
        self.opened += 1
        half, cookie = len(addresses) // 2, data[:8]
        first, second = addresses[:half], addresses[half:]
        back = second + first
        track = Open(self.opened, cookie, first, second, addresses, back, *ports, time_ns)
        head = self.by_cookie.setdefault(cookie, track)
        if head is not track:
            track.twin, head.twin = head.twin, track
        latest = self._latest
        if data[8:16] == NO_COOKIE:
            before, other = latest.get(addresses), latest.get(back)
            self._relate(track, before or other)
            self._fights.begins(track, before, time_ns)
            if before is not None and comes_from_initiator(before, ports[0]):
                before.superseded_ns = before.superseded_ns or time_ns
            if first == second:
                other = None  # two peers on one address: it does not tell who begins
            if other is not None and other.opener == 0 and other.is_in_phase_1_at(time_ns):
                other.crossed = track.crossed = True
        if len(latest) >= HARD_LIMIT:
            latest.clear()
        latest[addresses] = track
        return track

    def _relate(self, track: Open, before: Open | None) -> None:
        """Let a conversation know of those that its peers had before, and those of it."""
        if before is None:
            return
        pair = self._pairs.get(before.number)
        if pair is None:
            pair = self._pairs[before.number] = Pair([])
            pair.join(before.first, before.records, before.kept)
        pair.join(track.first, track.records, track.kept)
        self._pairs[track.number] = pair

    def release(self, track: Open, now_ns: int) -> None:
        """End a conversation now, because its cookie begins another."""
        head = self.by_cookie.get(track.cookie)
        if head is track:
            del self.by_cookie[track.cookie]
            if track.twin is not None:
                self.by_cookie[track.cookie] = track.twin
                track.twin = None
        else:
            while head is not None and head.twin is not track:
                head = head.twin
            if head is not None:
                head.twin = track.twin
                track.twin = None
        track.superseded_ns = track.superseded_ns or now_ns
        self._finish(track, now_ns)

    def ended(self, now_ns: int) -> Iterator[Ended]:
        """Hand back conversations that ended; too many open ones are made fewer.

        They are handed back a few at a time, so that whoever takes them has something to do all the while.
        """
        if self.opened >= self._look_at and len(self.by_cookie) > OPEN_LIMIT:
            self._end_silent(now_ns)
        for _ in range(min(len(self._ended), max(_BATCH, len(self._ended) // _SHARE))):
            yield self._ended.popleft()

    def end_all(self, now_ns: int) -> Iterator[Ended]:
        """Finish all that is open, and hand it back."""
        tracks = list(self.by_cookie.values())
        mark_scans(tracks)
        self.by_cookie.clear()
        tracks.reverse()
        while tracks:
            self._finish(tracks.pop(), now_ns)  # and let go of it
            yield from self._take_ended()
        yield from self._take_ended()

    def _take_ended(self) -> Iterator[Ended]:
        while self._ended:
            yield self._ended.popleft()  # and let go of it

    def _end_silent(self, now_ns: int) -> None:
        """Finish those that were silent for long, and in a flood the half that was longest."""
        tracks, since_ns = self.by_cookie, now_ns - SILENT_NS
        if len(tracks) > HARD_LIMIT:
            # By frames, because clocks may step back.
            median = sorted(map(_last_frame, tracks.values()))[len(tracks) // 2]
            silent = [track for track in tracks.values() if _last_frame(track) <= median]
        else:
            silent = [
                track for track in tracks.values()
                if track.last_ns <= since_ns and _are_silent(track.twin, since_ns)
            ]  # fmt: skip
        self._look_at = self.opened + len(tracks) // _SELDOM
        for track in silent:
            del tracks[track.cookie]
        mark_scans(silent, tracks.values())
        for track in silent:
            self._finish(track, now_ns)

    def _finish(self, track: Open | None, now_ns: int) -> None:
        """End a conversation and its twins."""
        while track is not None:
            if self._latest.get(track.forth) is track:
                del self._latest[track.forth]
            following, track.twin = track.twin, None
            if not self._is_one_of_many(track):
                pair = self._pairs.pop(track.number, None)
                relatives = pair.others_of(track.records, crossed=track.crossed) if pair is not None else ()
                self._ended.append(ended(track, now_ns, relatives))
            track = following

    def _is_one_of_many(self, track: Open) -> bool:
        """Count single MSG1s, and tell those that are too many to be handed on one by one."""
        if len(track) != 1 or track.opener == NOBODY or track.icmp or track.lost or track.fragments:
            return False
        self.lone_count += 1
        if self.lone_count <= LONE_LISTED:
            return False
        if len(self.lone_frames) < LONE_LISTED:
            self.lone_frames.append(FRAME.unpack_from(track.records)[0])
        return True


def _last_frame(track: Open) -> int:
    if not track.records:
        return 0  # nothing but fragments so far
    frame: int = FRAME.unpack_from(track.records, len(track.records) - RECORD_BYTES)[0]
    return frame


def _are_silent(track: Open | None, since_ns: int) -> bool:
    """Whether nothing came of a conversation and its twins since."""
    while track is not None and track.last_ns <= since_ns:
        track = track.twin
    return track is None

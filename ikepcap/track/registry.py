"""Which conversations are open, found by cookie and by peers, and which have ended.

Open conversations stand in two generations. When too many are open, those that were silent for a whole
generation are finished early; a generation lasts longer than any retransmission gap that is known, so a
verdict does not depend on how busy the capture is.
"""

from collections import deque
from collections.abc import Iterator
from typing import Final

from ikepcap.capture.datagram import Datagram
from ikepcap.track.ended import Ended, ended
from ikepcap.track.fights import Fights
from ikepcap.track.open import FRAME, NOBODY, Open
from ikepcap.track.pair import Pair
from ikepcap.track.scans import mark_scans
from ikepcap.wire.message import NO_COOKIE

GENERATION_NS: Final = 60 * 10**9
"""strongSwan's longest gap between copies is 42 s, pluto's 32 s."""
OPEN_LIMIT: Final = 8_192
"""Below this many open conversations none is finished early."""
HARD_LIMIT: Final = 24_576
"""With this many in one generation the capture is a flood, and generations get shorter."""
LONE_LISTED: Final = 1_000
"""Single unanswered first messages handed on one by one; more are a scan or a flood, and counted."""
_BATCH: Final = 32
"""Ended conversations handed back at a time; of many, one in _SHARE."""
_SHARE: Final = 256


class Registry:
    """Opens, finds and ends conversations; has no part in what is recorded of them."""

    def __init__(self) -> None:
        self.young: dict[bytes, Open] = {}
        """Those of the young generation by cookie; for looking up only."""
        self._old: dict[bytes, Open] = {}
        self._rotated_ns = 0
        self.opened = 0
        """Conversations so far."""
        self._latest: dict[tuple[bytes, bytes], Open] = {}
        self._pairs: dict[int, Pair] = {}
        """By number, of conversations whose peers had others."""
        self._fights = Fights()
        self._ended: deque[Ended] = deque()
        self.lone_frames: list[int] = []
        """Frames of the first few of those beyond LONE_LISTED."""
        self.lone_count = 0

    def find(self, cookie: bytes) -> Open | None:
        """Return the first conversation under a cookie, and keep it young."""
        track = self.young.get(cookie)
        if track is None and self._old:
            track = self._old.pop(cookie, None)
            if track is not None:
                self.young[cookie] = track
        return track

    def is_new(self, cookie: bytes) -> bool:
        """Whether no open conversation has this cookie."""
        return cookie not in self.young and cookie not in self._old

    def quoted(self, cookie: bytes, source: bytes, destination: bytes) -> Open | None:
        """Find the conversation of a datagram known by its cookie or, failing that, by its peers."""
        track = self.find(cookie)
        while track is not None:
            if {track.first, track.second} == {source, destination}:
                return track
            track = track.twin
        there = self._latest.get((source, destination))
        return there if there is not None else self._latest.get((destination, source))

    def open(self, datagram: Datagram) -> Open:
        """Begin a conversation with the message that is its first; others may have the same cookie."""
        self.opened += 1
        cookie, ends = datagram.data[:8], (datagram.source, datagram.destination)
        track = Open(self.opened, cookie, *ends, datagram.source_port, datagram.destination_port)
        head = self.find(cookie)
        if head is not None:
            track.twin, head.twin = head.twin, track
        else:
            self.young[cookie] = track
        latest = self._latest
        if datagram.data[8:16] == NO_COOKIE:
            before, other = latest.get(ends), latest.get(ends[::-1])
            self._relate(track, before or other)
            self._fights.begins(track, before, datagram.time_ns)
            if before is not None:
                before.superseded_ns = before.superseded_ns or datagram.time_ns
            if ends[0] == ends[1]:
                other = None  # two peers on one address: it does not tell who begins
            if other is not None and other.opener == 0 and other.is_in_phase_1_at(datagram.time_ns):
                other.crossed = track.crossed = True
        if len(latest) >= HARD_LIMIT:
            latest.clear()
        latest[ends] = track
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
        head = self.young.get(track.cookie)
        if head is track:
            del self.young[track.cookie]
            if track.twin is not None:
                self.young[track.cookie] = track.twin
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

        When a generation ends, thousands do at once: they are handed back a few at a time, so that whoever
        takes them has something to do all the while.
        """
        if len(self.young) + len(self._old) > OPEN_LIMIT:
            idle = now_ns - self._rotated_ns
            if idle >= GENERATION_NS or idle < 0 or len(self.young) > HARD_LIMIT:
                self._rotate(now_ns)
        for _ in range(min(len(self._ended), max(_BATCH, len(self._ended) // _SHARE))):
            yield self._ended.popleft()

    def end_all(self, now_ns: int) -> Iterator[Ended]:
        """Finish all that is open, and hand it back."""
        mark_scans((*self._old.values(), *self.young.values()))
        for generation in (self._old, self.young):
            tracks = list(reversed(generation.values()))
            generation.clear()
            while tracks:
                self._finish(tracks.pop(), now_ns)  # and let go of it
                yield from self._take_ended()
        yield from self._take_ended()

    def _take_ended(self) -> Iterator[Ended]:
        while self._ended:
            yield self._ended.popleft()  # and let go of it

    def _rotate(self, now_ns: int) -> None:
        mark_scans(self._old.values())
        for track in self._old.values():
            self._finish(track, now_ns)
        self._old, self.young = self.young, {}
        self._rotated_ns = now_ns

    def _finish(self, track: Open | None, now_ns: int) -> None:
        """End a conversation and its twins."""
        while track is not None:
            ends = track.ends()
            if self._latest.get(ends) is track:
                del self._latest[ends]
            following, track.twin = track.twin, None
            if not self._is_one_of_many(track):
                pair = self._pairs.pop(track.number, None)
                relatives = pair.others_of(track.records) if pair is not None else ()
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

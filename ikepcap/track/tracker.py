"""Datagrams to conversations, in one pass and bounded memory.

A conversation is known by its initiator cookie and its two peers. The responder cookie is bound at the first
reply and never identifies anything alone: some responders use one cookie for all their negotiations. Ports
and even an address may change under way (RFC 3947 §4, NAT rebinding).

Open conversations stand in two generations. When too many are open, those that were silent for a whole
generation are finished early; a generation lasts longer than any retransmission gap that is known, so a
verdict does not depend on how busy the capture is.
"""

from collections.abc import Iterator
from struct import Struct as Layout
from typing import Final

from msgspec.structs import replace

from ikepcap.capture.datagram import GDOI_PORT, Datagram, IcmpError, LostFragments
from ikepcap.track.clear import ENCRYPTED, Reader
from ikepcap.track.conversation import Conversation
from ikepcap.track.fragments import Fragments
from ikepcap.track.objection import objection
from ikepcap.track.open import (
    COOKIE_DIFFERS,
    DIGEST,
    DIGEST_BYTES,
    DUPLICATE,
    FRAME,
    LONG_BYTES,
    NO_COPY,
    NOBODY,
    REBOUND,
    RECORD,
    RECORD_BYTES,
    Ended,
    Open,
)
from ikepcap.track.roles import PHASE_1
from ikepcap.wire.message import FLAG_ENCRYPTION, HEADER_BYTES, NO_COOKIE, VERSION_1, parse
from ikepcap.wire.numbers import Exchange, Payload

GENERATION_NS: Final = 60 * 10**9
"""strongSwan's longest gap between copies is 42 s, pluto's 32 s."""
OPEN_LIMIT: Final = 8_192
"""Below this many open conversations none is finished early."""
HARD_LIMIT: Final = 24_576
"""With this many in one generation the capture is a flood, and generations get shorter."""
SEEN_LIMIT: Final = 20_000
"""Messages kept of one conversation; more are counted."""
ATTACHED_LIMIT: Final = 1_000
"""ICMP errors and lost fragments kept of one conversation, each."""
LONE_LISTED: Final = 1_000
"""Single unanswered first messages handed on one by one; more are a scan or a flood, and counted."""
NEW_ATTEMPT_NS: Final = 300 * 10**9
"""An identical MSG1 after so long is a cookie used again, not a retransmission."""
STEP_BACK_NS: Final = 10**6
DUPLICATE_NS: Final = 2 * 10**9
DUPLICATE_WITHOUT_ID_NS: Final = 10**7
_LOOK_BACK: Final = 64
_REST: Final = Layout(">8sBxBBII")
"""The header after the initiator cookie, without the version."""
_FRAGMENT: Final = int(Payload.FRAGMENT)
_INFORMATIONAL: Final = int(Exchange.INFORMATIONAL)
_AUTHIP: Final = 240


class Tracker:
    """Feed it datagrams in file order; it hands back conversations as they end."""

    def __init__(self) -> None:
        self._young: dict[bytes, Open] = {}
        self._old: dict[bytes, Open] = {}
        self._rotated_ns = 0
        self._now_ns = 0
        self._count = 0
        self._latest: dict[tuple[bytes, bytes], Open] = {}
        self._ended: list[Ended] = []
        self._reader = Reader()
        self.isakmp_messages = 0
        self.ikev2 = 0
        self.authip = 0
        self.gdoi = 0
        self.malformed: list[tuple[int, str]] = []
        """(frame, reason) of messages that fit no conversation; the first few of `malformed_count`."""
        self.malformed_count = 0
        self.time_steps_back: list[int] = []
        self.lone_frames: list[int] = []
        """Frames of the first few of `lone_count`."""
        self.lone_count = 0

    def add(self, datagram: Datagram) -> None:
        """Take one datagram.

        This function is run for every message of a capture and keeps the common case to itself: a new
        message of a known conversation. Whatever is else goes to `_add_other`.
        """
        data = datagram.data
        track = self._young.get(data[:8])
        if track is None or data[17] != VERSION_1:
            self._add_other(datagram)
            return
        source = datagram.source
        if source == track.first and datagram.destination == track.second:
            sender = 0
        elif source == track.second and datagram.destination == track.first:
            sender = 1
        else:
            self._add_other(datagram)
            return
        rcookie, first, exchange, flags, message_id, length = _REST.unpack_from(data, 8)
        records = track.records
        digest = DIGEST.pack(hash(data) ^ sender)
        is_whole = length == len(data) == datagram.wire_bytes
        if not is_whole or len(records) >= _LONG or track.digests.find(digest) >= 0:
            self._add_other(datagram)
            return
        if flags != FLAG_ENCRYPTION or exchange >= _AUTHIP:
            if flags or exchange >= _AUTHIP or first == _FRAGMENT or rcookie == NO_COOKIE:
                self._add_other(datagram)
                return
            track.reads += (len(records) // RECORD_BYTES, self._reader.read(data, length))
        marks = 0
        if rcookie != track.rcookie:
            if self._bind(track, rcookie, exchange, flags, sender):
                marks = COOKIE_DIFFERS
                track.is_regular = False
        elif not sender:
            track.rcookie_used = True
        self.isakmp_messages += 1
        now = datagram.time_ns
        if now < self._now_ns:
            self._note_time(datagram)
        self._now_ns = now
        if datagram.fragment_frames:
            self._note_fragments(track, datagram)
        track.digests += digest
        records += RECORD.pack(
            datagram.frame & 0xFFFFFFFF, now, sender, exchange, flags, first, message_id, length,
            datagram.source_port, datagram.destination_port, datagram.ttl, datagram.ip_id & 0xFFFF, NO_COPY,
            marks,
        )  # fmt: skip

    def _add_other(self, datagram: Datagram) -> None:
        """Take a datagram that begins a conversation, repeats a message, or is out of the ordinary."""
        data = datagram.data
        if data[17] & 0xF0 != VERSION_1 or data[18] >= _AUTHIP or datagram.destination_port == GDOI_PORT:
            self._count_other(datagram)
            return
        self.isakmp_messages += 1
        if datagram.time_ns < self._now_ns:
            self._note_time(datagram)
        self._now_ns = datagram.time_ns
        cookie = data[:8]
        track = self._young.get(cookie)
        if track is None and self._old:
            track = self._old.pop(cookie, None)
            if track is not None:
                self._young[cookie] = track
        if track is None:
            self._record(None, datagram, 0)
        elif datagram.source == track.first and datagram.destination == track.second:
            self._record(track, datagram, 0)
        elif datagram.source == track.second and datagram.destination == track.first:
            self._record(track, datagram, 1)
        else:
            self._elsewhere(track, datagram)

    def add_icmp(self, error: IcmpError) -> None:
        """Take an ICMP error and give it to the conversation whose datagram it quotes."""
        track = self._quoted(error.data[:8], error.source, error.destination)
        if track is not None:
            track.icmp = track.icmp or []
            if len(track.icmp) < ATTACHED_LIMIT:
                track.icmp.append(error)

    def add_lost(self, lost: LostFragments) -> None:
        """Take an incomplete IP datagram and give it to the conversation it belongs to."""
        track = self._quoted(lost.data[:8], lost.source, lost.destination)
        if track is not None:
            track.lost = track.lost or []
            if len(track.lost) < ATTACHED_LIMIT:
                track.lost.append(lost)

    def finished(self) -> Iterator[Conversation]:
        """Hand back the conversations that ended since the last call."""
        return (ended.unpack() for ended in self.ended())

    def close(self, end_ns: int) -> Iterator[Conversation]:
        """Finish all that is open; the capture went on until `end_ns`."""
        return (ended.unpack() for ended in self.end_all(end_ns))

    def ended(self) -> Iterator[Ended]:
        """Do as `finished` does, and leave conversations packed."""
        if len(self._young) + len(self._old) > OPEN_LIMIT:
            idle = self._now_ns - self._rotated_ns
            if idle >= GENERATION_NS or idle < 0 or len(self._young) > HARD_LIMIT:
                self._rotate()
        if self._ended:
            yield from self._take_ended()

    def end_all(self, end_ns: int) -> Iterator[Ended]:
        """Do as `close` does, and leave conversations packed."""
        self._now_ns = max(self._now_ns, end_ns)
        for generation in (self._old, self._young):
            tracks = list(reversed(generation.values()))
            generation.clear()
            while tracks:
                self._finish(tracks.pop())  # and let go of it
                if len(self._ended) > _LOOK_BACK:
                    yield from self._take_ended()
        yield from self._take_ended()

    def _take_ended(self) -> Iterator[Ended]:
        ended, self._ended = self._ended[::-1], []
        while ended:
            yield ended.pop()  # and let go of it

    def _rotate(self) -> None:
        for track in self._old.values():
            self._finish(track)
        self._old, self._young = self._young, {}
        self._rotated_ns = self._now_ns

    def _count_other(self, datagram: Datagram) -> None:
        major, exchange = datagram.data[17] >> 4, datagram.data[18]
        if major == 2:
            self.ikev2 += 1
        elif major != 1:
            self._reject(datagram, f"ISAKMP version {major} is unknown")
        elif exchange >= _AUTHIP:
            self.authip += 1
        else:
            self.gdoi += 1

    def _reject(self, datagram: Datagram, why: str) -> None:
        self.malformed_count += 1
        if len(self.malformed) < 20:
            self.malformed.append((datagram.frame, why))

    def _note_time(self, datagram: Datagram) -> None:
        """Time steps back: by more than the reordering of a busy interface, it is worth a note."""
        if datagram.time_ns < self._now_ns - STEP_BACK_NS and len(self.time_steps_back) < 100:
            self.time_steps_back.append(datagram.frame)

    def _note_fragments(self, track: Open, datagram: Datagram) -> None:
        track.fragment_frames = track.fragment_frames or {}
        track.fragment_frames[len(track)] = datagram.fragment_frames

    def _elsewhere(self, track: Open, datagram: Datagram) -> None:
        """Place a message whose cookie is known and whose peers are not: rebinding, second vantage, twin."""
        candidate: Open | None = track
        while candidate is not None:
            ends = candidate.ends()
            if (datagram.source, datagram.destination) in (ends, ends[::-1]):
                self._record(candidate, datagram, 0 if datagram.source == ends[0] else 1)
                return
            candidate = candidate.twin
        candidate = track
        while candidate is not None:
            sender = _sender_elsewhere(candidate, datagram)
            if sender is not None:
                self._record(candidate, datagram, sender, rebound=True)
                return
            candidate = candidate.twin
        self._record(None, datagram, 0, twin_of=track)

    def _record(
        self,
        track: Open | None,
        datagram: Datagram,
        sender: int,
        *,
        rebound: bool = False,
        twin_of: Open | None = None,
    ) -> None:
        """Add one message to its conversation, or begin one with it."""
        data = datagram.data
        digest = _digest(data, sender)
        anew = False
        if track is not None:
            at = track.index_of(digest)
            anew = at >= 0 and self._begins_anew(track, at, datagram)
            if at >= 0 and not anew:
                self._record_copy(track, at, datagram, sender, rebound)
                return
        rcookie, first, exchange, flags, message_id, _ = _REST.unpack_from(data, 8)
        if first == _FRAGMENT and not flags & FLAG_ENCRYPTION:
            self._record_fragment(track, datagram, sender)
            return
        read = self._reader.read(data, datagram.wire_bytes)
        is_offer = read[1].offer is not None
        opens = is_offer and rcookie == NO_COOKIE and exchange in PHASE_1 and not message_id
        # A MSG1 with other bytes under a known cookie begins another conversation, unless it is the one that
        # was missing so far: frames may be out of order.
        if track is not None and opens and (anew or self._is_other_attempt(track, datagram, sender)):
            self._release(track)
            track = None
        if track is None:
            why = None if opens and data[:8] != NO_COOKIE else objection(parse(data, datagram.wire_bytes))
            if why is not None:
                self._reject(datagram, why)
                return
            track = self._open(datagram, twin_of)
        if len(track) >= SEEN_LIMIT:
            track.omitted += 1
            return
        if rcookie != track.rcookie:
            differs = self._bind(track, rcookie, exchange, flags, sender)
        else:
            differs = False
            track.rcookie_used = track.rcookie_used or sender == 0
        if opens and track.opener == NOBODY:
            track.opener = sender
        if read is not ENCRYPTED[first]:
            track.reads += (len(track), read)
        marks = (COOKIE_DIFFERS if differs else 0) | (REBOUND if rebound else 0)
        track.is_regular = track.is_regular and not marks
        track.keep_digest(digest)
        self._append(track, datagram, sender, NO_COPY, marks)

    def _append(self, track: Open, datagram: Datagram, sender: int, copy_of: int, marks: int) -> None:
        data = datagram.data
        if datagram.fragment_frames:
            self._note_fragments(track, datagram)
        track.records += RECORD.pack(
            datagram.frame & 0xFFFFFFFF, datagram.time_ns, sender, data[18], data[19], data[16],
            int.from_bytes(data[20:24]), min(datagram.wire_bytes, 0xFFFF), datagram.source_port,
            datagram.destination_port, datagram.ttl, datagram.ip_id & 0xFFFF, copy_of, marks,
        )  # fmt: skip

    def _record_copy(self, track: Open, at: int, datagram: Datagram, sender: int, rebound: bool) -> None:
        """Add a message whose bytes are known: sent again, or captured again."""
        count = len(track)
        if count >= SEEN_LIMIT:
            track.omitted += 1
            return
        ip_id = datagram.ip_id & 0xFFFF
        marks = REBOUND if rebound else 0
        for index in range(count - 1, max(-1, count - 1 - _LOOK_BACK), -1):
            record = RECORD.unpack_from(track.records, index * RECORD_BYTES)
            if index != at and record[12] != at:
                continue
            gap = abs(datagram.time_ns - record[1])
            same_id = ip_id != 0 and ip_id == record[11]
            no_id = ip_id == 0 and record[11] == 0
            if (same_id and gap < DUPLICATE_NS) or (no_id and gap < DUPLICATE_WITHOUT_ID_NS):
                marks |= DUPLICATE
                break
        marks |= track.records[at * RECORD_BYTES + RECORD_BYTES - 1] & COOKIE_DIFFERS
        track.is_regular = False
        self._append(track, datagram, sender, at, marks)
        track.keep_digest(bytes(DIGEST_BYTES))  # its own place: records and digests go side by side

    def _record_fragment(self, track: Open | None, datagram: Datagram, sender: int) -> None:
        """Collect an IKE fragment; the message it completes goes the way of any other."""
        message = parse(datagram.data, datagram.wire_bytes)
        if message is None:
            return
        if track is None:
            track = self._open(datagram, None)
        if track.fragments is None:
            track.fragments = Fragments()
        whole = track.fragments.add(message, sender, datagram.frame, datagram.time_ns)
        # A fragment inside a fragment is nobody's: without this check it would nest without end.
        if whole is None or len(whole.data) < HEADER_BYTES or whole.data[16] == _FRAGMENT:
            return
        joined = replace(datagram, data=whole.data, wire_bytes=len(whole.data), fragment_frames=whole.frames)
        self._record(track, joined, sender)

    def _open(self, datagram: Datagram, twin_of: Open | None) -> Open:
        self._count += 1
        track = Open(
            self._count, datagram.data[:8], datagram.source, datagram.destination, datagram.source_port,
            datagram.destination_port,
        )  # fmt: skip
        if twin_of is not None:
            track.twin, twin_of.twin = twin_of.twin, track
        else:
            self._young[track.cookie] = track
        ends = (datagram.source, datagram.destination)
        if datagram.data[8:16] == NO_COOKIE:
            before = self._latest.get(ends)
            if before is not None:
                before.superseded_ns = before.superseded_ns or datagram.time_ns
            other = self._latest.get(ends[::-1])
            if other is not None and other.opener == 0 and other.is_in_phase_1_at(datagram.time_ns):
                other.crossed = track.crossed = True
        if len(self._latest) >= HARD_LIMIT:
            self._latest.clear()
        self._latest[ends] = track
        return track

    def _bind(self, track: Open, rcookie: bytes, exchange: int, flags: int, sender: int) -> bool:
        """Bind the responder cookie; return whether this message carries another one than is bound."""
        if rcookie == NO_COOKIE:
            return False
        if exchange == _INFORMATIONAL and not flags & FLAG_ENCRYPTION:
            return track.rcookie is not None
        if track.rcookie is None or (sender == 0 and not track.rcookie_used):
            # The first reply binds; the initiator's own choice between two replies overrides it.
            track.rcookie = rcookie
            return False
        return True

    def _is_other_attempt(self, track: Open, datagram: Datagram, sender: int) -> bool:
        """A MSG1 that is not the one missing so far: there was one, or its sender had spoken before."""
        if track.opener != NOBODY:
            return True
        return len(track) > 0 and track.spoke(sender) and datagram.time_ns > track.time_of(0)

    def _begins_anew(self, track: Open, at: int, datagram: Datagram) -> bool:
        """An identical MSG1 is its cookie used again if its sender had gone on, or after a long time."""
        if datagram.data[8:16] != NO_COOKIE or datagram.data[18] not in PHASE_1:
            return False
        if track.read_of(at)[1].offer is None:
            return False
        quiet_ns = datagram.time_ns - track.time_of(-1)
        return quiet_ns > NEW_ATTEMPT_NS or (quiet_ns > DUPLICATE_NS and track.went_on(at))

    def _release(self, track: Open) -> None:
        """End a conversation now, because its cookie begins another."""
        head = self._young.get(track.cookie)
        if head is track:
            del self._young[track.cookie]
            if track.twin is not None:
                self._young[track.cookie] = track.twin
                track.twin = None
        else:
            while head is not None and head.twin is not track:
                head = head.twin
            if head is not None:
                head.twin = track.twin
                track.twin = None
        track.superseded_ns = track.superseded_ns or self._now_ns
        self._finish(track)

    def _quoted(self, cookie: bytes, source: bytes, destination: bytes) -> Open | None:
        """Find the conversation of a datagram known by its cookie or, failing that, by its peers."""
        track = self._young.get(cookie) or self._old.get(cookie)
        while track is not None:
            if {track.first, track.second} == {source, destination}:
                return track
            track = track.twin
        return self._latest.get((source, destination)) or self._latest.get((destination, source))

    def _finish(self, track: Open | None) -> None:
        while track is not None:
            ends = track.ends()
            if self._latest.get(ends) is track:
                del self._latest[ends]
            following, track.twin = track.twin, None
            if not self._is_one_of_many(track):
                self._ended.append(Ended(track, self._now_ns))
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


_LONG: Final = LONG_BYTES // DIGEST_BYTES * RECORD_BYTES
"""From here on digests are looked up in another way."""


def _digest(data: bytes, sender: int) -> bytes:
    """Return what stands for a message's bytes: the same octets from the other peer are another message."""
    return DIGEST.pack(hash(data) ^ sender)


def _sender_elsewhere(track: Open, datagram: Datagram) -> int | None:
    """Return the side that sent a datagram between other addresses than a conversation's, if it is its.

    The same bytes at once between other addresses were captured on the other side of a NAT. A message that
    answers, and shares an end, came through a NAT whose other side, or other mapping, was seen first.
    """
    data, ends = datagram.data, track.ends()
    for sender in (0, 1):
        at = track.index_of(_digest(data, sender))
        if at >= 0 and abs(datagram.time_ns - track.time_of(at)) < DUPLICATE_NS:
            return sender
    rcookie = data[8:16]
    if rcookie == NO_COOKIE or (track.rcookie is not None and rcookie != track.rcookie):
        return None
    if datagram.source == ends[0] or datagram.destination == ends[1]:
        return 0
    return 1 if datagram.source == ends[1] or datagram.destination == ends[0] else None

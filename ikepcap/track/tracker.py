"""Datagrams to conversations, in one pass and bounded memory.

A conversation is known by its initiator cookie and its two peers. The responder cookie is bound at the first
reply and never identifies anything alone: some responders use one cookie for all their negotiations. Ports
and even an address may change under way (RFC 3947 §4, NAT rebinding).
"""

from collections.abc import Iterable, Iterator
from struct import Struct as Layout
from typing import Final

from msgspec.structs import replace

from ikepcap.capture.datagram import (
    GDOI_PORT,
    TWO_PORTS,
    Datagram,
    IcmpError,
    LostFragments,
    Packed,
    unpacked,
)
from ikepcap.capture.decode import Item
from ikepcap.track import elsewhere
from ikepcap.track.attempts import begins_anew, is_other_attempt
from ikepcap.track.clear import ENCRYPTED, Reader
from ikepcap.track.ended import Ended
from ikepcap.track.fragments import Fragments
from ikepcap.track.objection import objection
from ikepcap.track.open import (
    COOKIE_DIFFERS,
    DIGESTS,
    KEPT,
    LONG,
    NO_COPY,
    NOBODY,
    PACKED_RECORD,
    REBOUND,
    Open,
    digest_of,
)
from ikepcap.track.openings import Openings
from ikepcap.track.registry import Registry
from ikepcap.track.roles import PHASE_1
from ikepcap.track.unplaced import AUTHIP, Unplaced
from ikepcap.wire.message import FLAG_ENCRYPTION, HEADER, HEADER_BYTES, NO_COOKIE, VERSION_1, parse
from ikepcap.wire.numbers import Payload
from ikepcap.wire.walk import GENERIC_HEADER_BYTES

SEEN_LIMIT: Final = 20_000
"""Messages kept of one conversation; more are counted."""
ATTACHED_LIMIT: Final = 1_000
"""ICMP errors and lost fragments kept of one conversation, each."""
_FRAGMENT: Final = int(Payload.FRAGMENT)
_SA: Final = int(Payload.SA)
_HEADER: Final = Layout(">8s8sB3s4sI")
"""Cookies, first payload, what is looked up in `_ORDINARY`, message ID, length."""
_ORDINARY: Final = {
    bytes((VERSION_1, exchange, flags)): 0 if flags else KEPT
    for exchange in range(AUTHIP)
    for flags in (0, FLAG_ENCRYPTION)
}
"""Version, exchange and flags of messages that need no second look, and the marks of their records."""
_OPENING: Final = frozenset(bytes((VERSION_1, exchange, 0)) for exchange in PHASE_1)
"""The same of MSG1."""
_PHASE_1: Final = bytes(4)  # the message ID there
_SHORTEST: Final = HEADER_BYTES + GENERIC_HEADER_BYTES
"""Octets of a message with one payload."""


class Tracker:
    """Feed it datagrams in file order; it hands back conversations as they end."""

    def __init__(self) -> None:
        self._registry = Registry()
        self._now_ns = 0
        self._reader = Reader()
        self._openings = Openings()
        self.isakmp_messages = 0
        self.unplaced = Unplaced()

    @property
    def answers(self) -> int:
        """How many messages did not begin a conversation."""
        return self.isakmp_messages - self._registry.opened

    @property
    def lone_frames(self) -> list[int]:
        """Frames of the first few of the single MSG1s that were counted and not handed on."""
        return self._registry.lone_frames

    @property
    def lone_count(self) -> int:
        """How many single MSG1s there were, those that were handed on included."""
        return self._registry.lone_count

    def take(self, items: Iterable[Item | Packed]) -> None:  # noqa: C901 - a call more would be one a message
        """Take what the capture yields, in its order.

        This loop is run for every message of a capture and keeps the common case to itself: a new message of
        a known conversation, packed. What begins one goes to `_begin`, and whatever is else to `_add_other`.
        """
        known, add_other, count = self._registry.by_cookie, self._add_other, 0
        header, pack, (forth, back) = _HEADER.unpack_from, PACKED_RECORD.pack, (d.pack for d in DIGESTS)
        for item in items:
            if not isinstance(item, tuple):
                self._take_other(item)
                continue
            frame, time_ns, addresses, ports, ip_id, ttl, data = item
            icookie, rcookie, first, kind, message_id, length = header(data)
            track = known.get(icookie)
            if track is None:
                if not self._begin(item):
                    add_other(unpacked(item))
                continue
            if addresses == track.forth:
                sender, digest = 0, forth(hash(data))
            elif addresses == track.back:
                sender, digest = 1, back(hash(data))
            else:
                add_other(unpacked(item))
                continue
            records, marks = track.records, _ORDINARY.get(kind)
            if marks is None or length != len(data) or len(records) >= LONG or records.find(digest) >= 0:
                add_other(unpacked(item))
                continue
            if marks:
                if first == _FRAGMENT or rcookie == NO_COOKIE:
                    add_other(unpacked(item))
                    continue
                track.kept.append(data)
            if rcookie != track.rcookie:
                if track.bind(rcookie, data[18], data[19], sender):
                    marks |= COOKIE_DIFFERS
                    track.is_regular = False
            elif not sender:
                track.rcookie_used = True
            count += 1
            if time_ns < self._now_ns:
                self.unplaced.note_time(frame, time_ns, self._now_ns)
            self._now_ns = track.last_ns = time_ns
            records += pack(
                digest, frame, time_ns, sender, kind, first, message_id, length, ports, ttl,
                ip_id, NO_COPY, marks,
            )  # fmt: skip
        self.isakmp_messages += count

    def _begin(self, packed: Packed) -> bool:
        """Begin a conversation with an ordinary MSG1 under a new cookie; return whether it is one.

        What is asked of it is what `_add_other` would find, without a look at its payloads.
        """
        frame, time_ns, addresses, ports, ip_id, ttl, data = packed
        icookie, rcookie, first, kind, message_id, length = _HEADER.unpack_from(data)
        if (
            first != _SA or kind not in _OPENING or rcookie != NO_COOKIE or icookie == NO_COOKIE
            or message_id != _PHASE_1 or not _SHORTEST <= length == len(data)
            or data[30] << 8 | data[31] < GENERIC_HEADER_BYTES
        ):  # fmt: skip
            return False
        self.isakmp_messages += 1
        if time_ns < self._now_ns:
            self.unplaced.note_time(frame, time_ns, self._now_ns)
        self._now_ns = time_ns
        track = self._registry.open(data, addresses, TWO_PORTS.unpack(ports), time_ns)
        track.opener = 0
        track.kept.append(self._openings.shared(data))
        track.records += PACKED_RECORD.pack(
            digest_of(data, 0), frame, time_ns, 0, kind, first, message_id, length, ports, ttl,
            ip_id, NO_COPY, KEPT,
        )  # fmt: skip
        return True

    def _open(self, datagram: Datagram) -> Open:
        """Begin a conversation with whatever message."""
        ports = datagram.source_port, datagram.destination_port
        addresses = datagram.source + datagram.destination
        return self._registry.open(datagram.data, addresses, ports, datagram.time_ns)

    def _take_other(self, item: Item) -> None:
        if isinstance(item, Datagram):
            self._add_other(item)
        elif isinstance(item, IcmpError):
            self.add_icmp(item)
        else:
            self.add_lost(item)

    def _add_other(self, datagram: Datagram) -> None:
        """Take a datagram that begins a conversation, repeats a message, or is out of the ordinary."""
        data = datagram.data
        if data[17] & 0xF0 != VERSION_1 or data[18] >= AUTHIP or datagram.destination_port == GDOI_PORT:
            self.unplaced.count(datagram)
            return
        self.isakmp_messages += 1
        if datagram.time_ns < self._now_ns:
            self.unplaced.note_time(datagram.frame, datagram.time_ns, self._now_ns)
        self._now_ns = datagram.time_ns
        track = self._registry.by_cookie.get(data[:8])
        if track is None:
            self._record(None, datagram, 0)
        elif datagram.source == track.first and datagram.destination == track.second:
            self._record(track, datagram, 0)
        elif datagram.source == track.second and datagram.destination == track.first:
            self._record(track, datagram, 1)
        else:
            owner, sender, rebound = elsewhere.place(track, datagram)
            if rebound and sender == 1 and owner is not None and datagram.source != owner.second:
                owner.answers_from = datagram.source
            self._record(owner, datagram, sender, rebound=rebound)

    def add_icmp(self, error: IcmpError) -> None:
        """Take an ICMP error and give it to the conversation whose datagram it quotes."""
        track = self._registry.quoted(error.data[:8], error.source, error.destination)
        if track is not None:
            track.icmp = track.icmp or []
            if len(track.icmp) < ATTACHED_LIMIT:
                track.icmp.append(error)

    def add_lost(self, lost: LostFragments) -> None:
        """Take an incomplete IP datagram and give it to the conversation it belongs to."""
        track = self._registry.quoted(lost.data[:8], lost.source, lost.destination)
        if track is not None:
            track.lost = track.lost or []
            if len(track.lost) < ATTACHED_LIMIT:
                track.lost.append(lost)
        else:
            self.unplaced.lose(lost)

    def ended(self) -> Iterator[Ended]:
        """Hand back conversations that ended."""
        return self._registry.ended(self._now_ns)

    def end_all(self, end_ns: int) -> Iterator[Ended]:
        """Finish all that is open; the capture went on until `end_ns`."""
        self._now_ns = max(self._now_ns, end_ns)
        return self._registry.end_all(self._now_ns)

    def _opens(self, datagram: Datagram) -> bool:
        """Whether a message begins phase 1: it has an offer, and nobody has answered."""
        data = datagram.data
        if data[8:16] != NO_COOKIE or data[18] not in PHASE_1:
            return False
        return self._reader.read(data, datagram.wire_bytes)[1].offer is not None

    def _record(
        self,
        track: Open | None,
        datagram: Datagram,
        sender: int,
        *,
        rebound: bool = False,
    ) -> None:
        """Add one message to its conversation, or begin one with it."""
        data = datagram.data
        digest = digest_of(data, sender)
        anew = False
        if track is not None:
            track.last_ns = datagram.time_ns
            at = track.index_of(digest)
            anew = at >= 0 and self._opens(datagram) and begins_anew(track, at, datagram)
            if at >= 0 and not anew:
                self._record_copy(track, at, datagram, sender, rebound)
                return
        _, rcookie, first, _, exchange, flags, message_id, _ = HEADER.unpack_from(data)
        if first == _FRAGMENT and not flags & FLAG_ENCRYPTION and len(data) >= datagram.wire_bytes:
            self._record_fragment(track, datagram, sender)
            return
        read = self._reader.read(data, datagram.wire_bytes)
        is_offer = read[1].offer is not None
        opens = is_offer and rcookie == NO_COOKIE and exchange in PHASE_1 and not message_id
        # A MSG1 with other bytes under a known cookie begins another conversation, unless it is the one that
        # was missing so far: frames may be out of order.
        if track is not None and opens and (anew or is_other_attempt(track, datagram, sender)):
            self._registry.release(track, self._now_ns)
            track = None
        if track is None:
            why = None if opens and data[:8] != NO_COOKIE else objection(parse(data, datagram.wire_bytes))
            if why is not None:
                self.unplaced.reject(datagram, why)
                return
            track = self._open(datagram)
        if len(track) >= SEEN_LIMIT:
            track.omitted += 1
            return
        if rcookie != track.rcookie:
            differs = track.bind(rcookie, exchange, flags, sender)
        else:
            differs = False
            track.rcookie_used = track.rcookie_used or sender == 0
        if opens and track.opener == NOBODY:
            track.opener = sender
        marks = (COOKIE_DIFFERS if differs else 0) | (REBOUND if rebound else 0)
        track.is_regular = track.is_regular and not marks
        if read is not ENCRYPTED[first]:
            track.kept.append(self._openings.shared(data) if opens else data)
            marks |= KEPT
        track.append(datagram, sender, NO_COPY, marks, digest)

    def _record_copy(self, track: Open, at: int, datagram: Datagram, sender: int, rebound: bool) -> None:
        """Add a message whose bytes are known: sent again, or captured again."""
        if len(track) >= SEEN_LIMIT:
            track.omitted += 1
            return
        track.append_copy(at, datagram, sender, rebound=rebound)

    def _record_fragment(self, track: Open | None, datagram: Datagram, sender: int) -> None:
        """Collect an IKE fragment; the message it completes goes the way of any other."""
        message = parse(datagram.data, datagram.wire_bytes)
        if message is None:
            return
        if track is None:
            track = self._open(datagram)
        if track.fragments is None:
            track.fragments = Fragments()
        whole = track.fragments.add(message, sender, datagram.frame, datagram.time_ns)
        # A fragment inside a fragment is nobody's: without this check it would nest without end.
        if whole is None or len(whole.data) < HEADER_BYTES or whole.data[16] == _FRAGMENT:
            return
        joined = replace(datagram, data=whole.data, wire_bytes=len(whole.data), fragment_frames=whole.frames)
        self._record(track, joined, sender)

"""IP fragments to whole payloads, and an account of those that never became whole (RFC 791, RFC 8200 §4.5).

A lost fragment is a common reason why a negotiation with certificates stalls, so what does not complete is
evidence and is handed on. Memory is bounded: by capture time, by the number of sets and by their octets.
"""

from typing import Final

from msgspec import Struct

from ikepcap.capture.datagram import LostFragments
from ikepcap.capture.fragment_set import FragmentSet
from ikepcap.capture.ip import UDP, Packet
from ikepcap.capture.udp import (
    IKE_PORTS,
    MARKER_BYTES,
    ON_VXLAN,
    PORTS,
    UDP_HEADER,
    Kind,
    classify,
    could_be_proven,
)

PATIENCE_NS: Final = 60 * 10**9
"""How long a set may wait for the rest: RFC 8200 §4.5 says 60 s, RFC 1122 §3.3.2 between 60 and 120 s."""
ECHO_NS: Final = 2 * 10**9
"""For so long a completed set is remembered: a mirror port shows each fragment twice."""
MAX_SETS: Final = 2048
MAX_BYTES: Final = 4 * 1024 * 1024
MAX_ECHOES: Final = 1024
MAX_PAYLOAD: Final = 65535
_UDP_HEADER_BYTES: Final = 8
LATEST_NS: Final = (1 << 63) - 1
"""No capture time is later."""

Key = tuple[bytes, bytes, int, int]


class Whole(Struct, frozen=True, gc=False):
    """A reassembled IP payload."""

    data: bytes
    """As far as it was captured without a hole."""
    wire_bytes: int
    frames: tuple[int, ...]
    first: Packet
    """The packet that carried the first fragment, whose TTL counts."""


class UdpStart(Struct, frozen=True, gc=False):
    """What the first fragment of a UDP datagram tells of the whole."""

    source_port: int
    destination_port: int
    kind: Kind
    is_ours: bool
    """It may be ISAKMP, or carry something that is."""
    payload: bytes


class Fragments:
    """All sets that wait for something."""

    def __init__(self) -> None:
        self.deadline_ns = LATEST_NS
        """Capture time at which the oldest set is given up."""
        self.lost = 0
        """Sets that never became whole and may have been ISAKMP."""
        self.evicted = 0
        """Of these, sets given up because of the bounds on memory."""
        self.given_up: list[LostFragments] = []
        """Those of them that nobody has taken yet."""
        self._sets: dict[Key, FragmentSet] = {}
        self._echoes: dict[Key, int] = {}
        self._kept_bytes = 0

    def add(
        self, packet: Packet, data: bytes, frames: tuple[int, ...], time_ns: int
    ) -> tuple[Whole | None, UdpStart | None]:
        """Take one fragment; return the whole if it was the last, and what a first fragment of UDP tells.

        Args:
            packet: the fragment's IP header.
            data: the frame it was read from.
            frames: the frame's number, or those of the fragments that made `data`.
            time_ns: capture time.
        """
        start = packet.fragment_offset
        end = start + packet.end - packet.start
        if end <= start or end > MAX_PAYLOAD:
            return None, None
        payload = data[packet.start : packet.end]
        key = _key(packet)
        found = self._sets.get(key)
        if found is None or abs(time_ns - found.first_ns) > PATIENCE_NS or (found.is_dull and not start):
            if found is not None:
                self._give_up(key)
            found = self._begin(key, packet, time_ns)
        self._kept_bytes -= found.kept_bytes
        told = self._take_first(found, packet, payload) if not start else None
        if found.total_bytes is not None:
            end = min(end, found.total_bytes)
        elif not packet.more_fragments and all(stop <= end for stop, _ in found.pieces[-1:]):
            found.total_bytes = end
        found.add(start, end, payload)
        found.frames.extend(frames)
        found.last_ns = time_ns
        self._kept_bytes += found.kept_bytes
        if found.is_whole():
            return self._complete(key, found, time_ns), told
        while len(self._sets) > MAX_SETS or self._kept_bytes > MAX_BYTES:
            self._evict()
        return None, told

    def _take_first(self, found: FragmentSet, packet: Packet, payload: bytes) -> UdpStart | None:
        """Look at a first fragment; a datagram that is none of ours need not be kept."""
        if found.first is not None:
            return None
        found.first = packet
        told = _udp_start(packet, payload)
        if told is not None and not told.is_ours:
            found.is_dull = True
            found.pieces = [(end, b"") for end, _ in found.pieces]
        return told

    def _begin(self, key: Key, packet: Packet, time_ns: int) -> FragmentSet:
        completed_ns = self._echoes.get(key)
        is_echo = completed_ns is not None and abs(time_ns - completed_ns) <= ECHO_NS
        found = self._sets[key] = FragmentSet(packet, time_ns, is_echo=is_echo)
        if len(self._sets) == 1:
            self.deadline_ns = min(time_ns + PATIENCE_NS, LATEST_NS)
        return found

    def _complete(self, key: Key, found: FragmentSet, time_ns: int) -> Whole | None:
        """Forget a whole set, but for its key."""
        self._drop(key)
        self._echoes.pop(key, None)
        self._echoes[key] = time_ns
        if len(self._echoes) > MAX_ECHOES:
            del self._echoes[next(iter(self._echoes))]
        if found.is_dull or found.first is None or found.total_bytes is None:
            return None
        return Whole(found.head(), found.total_bytes, tuple(found.frames), found.first)

    def expire(self, now_ns: int) -> None:
        """Give up sets that are older than PATIENCE_NS."""
        while self._sets and now_ns > self.deadline_ns:
            self._give_up(next(iter(self._sets)))

    def finish(self) -> None:
        """Give up everything: the input is over."""
        while self._sets:
            self._give_up(next(iter(self._sets)))

    def take(self) -> list[LostFragments]:
        """Return what was given up since the last call."""
        taken, self.given_up = self.given_up, []
        return taken

    def _evict(self) -> None:
        before = self.lost
        self._give_up(next(iter(self._sets)))
        self.evicted += self.lost - before

    def _give_up(self, key: Key) -> None:
        lost = _account(self._sets[key])
        self._drop(key)
        if lost is not None:
            self.given_up.append(lost)
            self.lost += 1

    def _drop(self, key: Key) -> None:
        self._kept_bytes -= self._sets.pop(key).kept_bytes
        oldest = next(iter(self._sets.values()), None)
        self.deadline_ns = LATEST_NS if oldest is None else min(oldest.first_ns + PATIENCE_NS, LATEST_NS)


def _key(packet: Packet) -> Key:
    # In IPv6 the protocol is no part of it: only the first fragment's counts (RFC 8200 §4.5).
    protocol = packet.protocol if packet.version == 4 else -1
    return packet.source, packet.destination, protocol, packet.ip_id


def _udp_start(packet: Packet, payload: bytes) -> UdpStart | None:
    """Read the UDP header in a first fragment; None if it is not UDP, or is cut before its end."""
    if packet.protocol != UDP or len(payload) < _UDP_HEADER_BYTES:
        return None
    source_port, destination_port, size = UDP_HEADER.unpack_from(payload)
    ports = PORTS[source_port] | PORTS[destination_port]
    body, wire_bytes = payload[_UDP_HEADER_BYTES:], size - _UDP_HEADER_BYTES
    if ports & IKE_PORTS:
        kind = classify(body, wire_bytes, ports)
        is_ours = kind in (Kind.ISAKMP, Kind.MARKED, Kind.CUT)
    else:
        kind = Kind.FOREIGN
        is_ours = could_be_proven(body, wire_bytes) or bool(PORTS[destination_port] & ON_VXLAN)
    return UdpStart(source_port, destination_port, kind, is_ours, body)


def _account(lost: FragmentSet) -> LostFragments | None:
    """Describe a set that never became whole, if it is UDP and may have been ISAKMP."""
    packet = lost.first or lost.sample
    if lost.is_dull or lost.is_echo or packet.protocol != UDP:
        return None
    told = _udp_start(lost.first, lost.head()) if lost.first is not None else None
    if told is not None and PORTS[told.destination_port] & ON_VXLAN:
        return None
    data = told.payload if told is not None else b""
    if told is not None and (told.kind is Kind.MARKED or data.startswith(bytes(MARKER_BYTES))):
        data = data[MARKER_BYTES:]
    return LostFragments(
        frames=tuple(lost.frames),
        first_ns=lost.first_ns,
        last_ns=lost.last_ns,
        source=packet.source,
        destination=packet.destination,
        ip_id=packet.ip_id,
        source_port=told.source_port if told else None,
        destination_port=told.destination_port if told else None,
        captured_bytes=lost.captured_bytes,
        total_bytes=lost.total_bytes,
        missing=lost.missing(),
        data=data,
    )

"""A capture read twice and written once: `scrub` is what a program calls."""

import secrets
from collections import Counter
from collections.abc import Iterator
from typing import Final

from msgspec.structs import replace

from ikepcap.capture.datagram import Datagram, IcmpError
from ikepcap.capture.ip import UDP, Packet, read_packet
from ikepcap.capture.link import LINKS, to_network
from ikepcap.capture.records import Record, Records
from ikepcap.scrub import write
from ikepcap.scrub.frame import ESP_HEADER_BYTES, UDP_HEADER_BYTES, Frame, checksum
from ikepcap.scrub.message import Messages
from ikepcap.scrub.names import COOKIE_BYTES, Names, OutOfAddressesError
from ikepcap.scrub.survey import Found, Part, Reading, What, survey
from ikepcap.wire.message import HEADER_BYTES

KEY_BYTES: Final = 32
SHIFTED_NS: Final = 978_307_200 * 1_000_000_000
"""2001-01-01, 00:00 UTC: where a capture begins whose times are shifted."""
_ETHERNET: Final = 1
_MARKER: Final = bytes(4)
_SliceKey = tuple[bytes, bytes, int, int, bytes]
"""Source, destination, identification and offset of an IP fragment, and what it carries."""
_RECENT: Final = 64
"""Messages remembered for ICMP errors that quote them."""


class Scrub:
    """One capture made fit to be given away; the counts are complete once the chunks were taken."""

    def __init__(
        self, path: str, *, seed: bytes | None = None, shift_time: bool = False, as_pcapng: bool = False
    ) -> None:
        """Read the capture for the first time.

        Args:
            path: a file, which is read twice.
            seed: makes the same of the same; whoever knows it can test guesses of what was replaced.
            shift_time: let the capture begin on 2001-01-01; distances in time stay.
            as_pcapng: write pcapng also where the classic format would do.

        Raises:
            CaptureError: it cannot be read as a capture at all.
        """
        self._records = Records([path])
        self._survey = survey(self._records)
        self.frames = self._records.frames
        self.is_cut = self._records.is_cut
        self.names = Names(secrets.token_bytes(KEY_BYTES) if seed is None else seed)
        self.messages = Messages(self.names, self._survey.known)
        self.kept: Counter[What] = Counter()
        """Frames that were let through, by what they hold."""
        self.removed: Counter[str] = Counter()
        """Frames that were not, by reason."""
        self._shift_ns = SHIFTED_NS - self._survey.first_ns if shift_time else 0
        self._as_pcapng = as_pcapng or len(self._survey.links) > 1
        self._wholes: dict[int, bytes | None] = {}
        self._slices: dict[_SliceKey, bytes] = {}
        self._recent: dict[bytes, bytes] = {}

    @property
    def is_empty(self) -> bool:
        """There is nothing of IKE in it."""
        return not self._survey.links

    @property
    def unread(self) -> int:
        """Frames of link types that are not known, none of which is let through."""
        return self.frames - sum(self.kept.values()) - sum(self.removed.values())

    def chunks(self) -> Iterator[bytes]:
        """Yield the new capture file, in the format of its name."""
        links = self._survey.links
        if self._as_pcapng:
            yield from write.pcapng(self._scrubbed(), links)
        else:
            yield from write.pcap(
                self._scrubbed(), links[0] if links else _ETHERNET, nanoseconds=self._survey.is_fine
            )
        if self.is_cut:
            yield write.cut()

    def _scrubbed(self) -> Iterator[Record]:
        """Yield the frames that can be given away, and count the others."""
        for found in Reading(self._records):
            record = found.record
            try:
                data = self._frame(found)
            except OutOfAddressesError:
                data, why = None, "more addresses than there are for documentation"
            else:
                why = "not IKE" if found.what is What.OTHER else "not understood"
            if data is None:
                self.removed[why] += 1
                continue
            time_ns = max(record.time_ns + self._shift_ns, 0)
            yield replace(record, data=data, time_ns=time_ns)

    def _frame(self, found: Found) -> bytes | None:
        """Return one frame written anew; None where it is not let through."""
        record, what = found.record, found.what
        part = self._survey.parts.get(record.frame)
        if what is What.OTHER and part is None and not self._is_copy(record):
            return None
        frame = Frame(record.data, record.link, record.wire_bytes, self.names)
        packet = frame.packet
        if packet is None:
            return None
        if packet.is_fragment and what is not What.ESP:
            what, data = What.PART, self._part(frame, packet, part)
        elif isinstance(found.item, Datagram):
            data = self._message(frame, packet, found.item)
        elif isinstance(found.item, IcmpError):
            data = bytes(frame.out) if frame.icmp(self._quote) else None
        elif what is What.ESP:
            data = self._esp(frame, packet)
        elif what is What.KEEPALIVE and packet.protocol == UDP:
            frame.udp(b"\xff")
            data = bytes(frame.out)
        else:
            data = None
        if data is not None:
            self.kept[what] += 1
        return data

    def _is_copy(self, record: Record) -> bool:
        """Tell whether a frame is the second copy of a fragment, as mirror ports deliver them."""
        if not self._slices:
            return False
        kind, at = to_network(record.data, *LINKS[record.link](record.data))
        packet = read_packet(record.data, at, record.wire_bytes) if kind else None
        return packet is not None and _slice_key(packet, record.data) in self._slices

    def _message(self, frame: Frame, packet: Packet, item: Datagram) -> bytes | None:
        """Write a frame with a whole message; what came through a tunnel is not one."""
        if (packet.source, packet.destination, packet.protocol) != (item.source, item.destination, UDP):
            return None
        new = self.messages.scrubbed(item.data, item.wire_bytes)
        if new is None:
            return None
        self._remember(item.data, new)
        frame.udp(_MARKER + new if item.marker else new)
        return bytes(frame.out)

    def _part(self, frame: Frame, packet: Packet, part: Part | None) -> bytes | None:
        """Write an IP fragment; one of nothing that is known is let through only as a copy of another."""
        octets = frame.data[packet.start : packet.end]
        ends = (packet.source, packet.destination)
        key = _slice_key(packet, frame.data)
        new = self._slices.get(key)
        if new is None:
            if part is None or packet.protocol != UDP or ends != (part.source, part.destination):
                return None
            if isinstance(part, Datagram):
                whole = self._whole(part)
                new = None if whole is None else whole[packet.fragment_offset :][: len(octets)]
            else:
                new = self._lost(packet, octets)
            if new is None:
                return None
            self._slices[key] = new
        frame.put(packet.start, new)
        return bytes(frame.out)

    def _whole(self, item: Datagram) -> bytes | None:
        """Return the IP payload that takes the place of a fragmented one."""
        if item.frame not in self._wholes:
            new = self.messages.scrubbed(item.data, item.wire_bytes)
            self._wholes[item.frame] = None if new is None else self._datagram(item, new)
        return self._wholes[item.frame]

    def _datagram(self, item: Datagram, new: bytes) -> bytes:
        self._remember(item.data, new)
        marker = _MARKER if item.marker else b""
        size = UDP_HEADER_BYTES + len(marker) + item.wire_bytes
        head = item.source_port.to_bytes(2) + item.destination_port.to_bytes(2) + (size & 0xFFFF).to_bytes(2)
        ends = self.names.address(item.source) + self.names.address(item.destination)
        total = bytes(2)
        if len(new) == item.wire_bytes:
            pseudo = ends + size.to_bytes(4) + UDP.to_bytes(4)
            total = (checksum(pseudo + head + total + marker + new) or 0xFFFF).to_bytes(2)
        return head + total + marker + new

    def _lost(self, packet: Packet, octets: bytes) -> bytes | None:
        """Return a fragment of what never became whole: a message that breaks off, or random octets."""
        if packet.fragment_offset:
            return self.names.octets("lost fragment", octets)
        head, body = octets[: UDP_HEADER_BYTES - 2] + bytes(2), octets[UDP_HEADER_BYTES:]
        marker = _MARKER if body.startswith(_MARKER) else b""
        size = int.from_bytes(octets[4:6]) - UDP_HEADER_BYTES - len(marker)
        message = body[len(marker) :]
        new = self.messages.scrubbed(message, max(size, len(message)))
        return None if new is None else head + marker + new

    def _esp(self, frame: Frame, packet: Packet) -> bytes:
        """Write ESP down to its sequence number, and cut the frame there."""
        start = packet.start
        if packet.protocol == UDP:
            frame.udp(b"")
            frame.put(start + UDP_HEADER_BYTES - 2, bytes(2))
            start += UDP_HEADER_BYTES
        if packet.fragment_offset:
            return bytes(frame.out[:start])
        if packet.protocol == UDP and frame.data[start : start + 8] == bytes(8):
            # draft-ietf-ipsec-udp-encaps-01 §2: zeros where ISAKMP has its cookie announce ESP, on port 500.
            return bytes(frame.out[: start + HEADER_BYTES])
        # An SPI of zero would be the non-ESP marker (RFC 3948 §2.2).
        spi = self.names.octets("spi", frame.data[start : start + 4])
        frame.put(start, bytes((spi[0] | 1, *spi[1:])) if spi else b"")
        frame.copy(start + 4, start + ESP_HEADER_BYTES)
        return bytes(frame.out[: start + ESP_HEADER_BYTES])

    def _quote(self, quoted: bytes) -> bytes:
        """Return what takes the place of a quoted message: of the message itself, where it was captured."""
        marker = _MARKER if quoted.startswith(_MARKER) else b""
        message = quoted[len(marker) :]
        for old, new in self._recent.items():
            if message and old.startswith(message):
                return marker + new[: len(message)]
        whole = self.messages.scrubbed(message, max(int.from_bytes(message[24:HEADER_BYTES]), len(message)))
        if whole is not None:
            return marker + whole
        # No header that is understood: the cookie alone, which says whose it is.
        cookie = self.names.cookie(message[:COOKIE_BYTES]) if len(message) >= COOKIE_BYTES else b""
        return marker + cookie + bytes(len(message) - len(cookie))

    def _remember(self, old: bytes, new: bytes) -> None:
        self._recent.pop(old, None)
        self._recent[old] = new
        if len(self._recent) > _RECENT:
            del self._recent[next(iter(self._recent))]


def _slice_key(packet: Packet, data: bytes) -> _SliceKey:
    octets = data[packet.start : packet.end]
    return packet.source, packet.destination, packet.ip_id, packet.fragment_offset, octets

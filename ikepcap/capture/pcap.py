"""The classic capture file (https://www.tcpdump.org/manpages/pcap-savefile.5.html), and its variants."""

from collections.abc import Mapping, Sequence
from struct import Struct as Layout
from types import MappingProxyType
from typing import Final

from msgspec.structs import replace

from ikepcap.capture.decode import Decoder, Item
from ikepcap.capture.plan import CAREFUL, NEED_MORE, CutError, Plan, RecordReader, front_for
from ikepcap.capture.window import SPACE, Window

FILE_HEADER_BYTES: Final = 24
_SECOND_NS: Final = 10**9

MAGICS: Final[Mapping[bytes, tuple[str, int, int]]] = MappingProxyType(
    {
        number.to_bytes(4, order): ("<" if order == "little" else ">", fraction_ns, header)
        for order in ("little", "big")
        for number, fraction_ns, header in (
            (0xA1B2C3D4, 1000, 16),
            (0xA1B23C4D, 1, 16),
            (0xA1B2CD34, 1000, 24),  # Kuznetzov's patch adds interface, protocol and packet type
        )
    }
)
"""Per magic number: byte order, nanoseconds per unit of the fraction, octets of a record header."""


class PcapReader(RecordReader):
    """Reads the records of a classic capture file."""

    def __init__(self, window: Window, decoder: Decoder, *, use_short_way: bool = True) -> None:
        """Read the file header, whose magic is known to be one of `MAGICS`.

        Raises:
            CutError: the header is not complete.
        """
        super().__init__(window, decoder, use_short_way=use_short_way)
        if not window.fill(FILE_HEADER_BYTES):
            raise self.cut(0, f"the file ends within its header of {FILE_HEADER_BYTES} octets")
        order, self._fraction_ns, self.least = MAGICS[bytes(window.view[:4])]
        window.pos = FILE_HEADER_BYTES
        self._header = Layout(f"{order}IIII")
        # The upper bits say how long the frame check sequence is, not what the link is.
        self._link: int = Layout(f"{order}20xI").unpack_from(window.buffer)[0] & 0x03FFFFFF
        self._short_way = self._plan(order)
        # The first record goes the careful way, which takes the time of it.
        self.plan = CAREFUL

    def _plan(self, order: str) -> Plan | None:
        """Return the short way; its guard, the highest octet of the seconds, is set as time goes by."""
        record = "3xB4xI" if order == "<" else "B7xI"
        front = front_for(order, self._link, record, "8x" if self.least == 24 else "")
        if front is None or not self._use_short_way:
            return None
        return Plan(
            peek=front.peek,
            guard=None,
            extra=self.least,
            fits=front.octets + 20,
            head=self.least,
            captured=self._header,
            captured_at=0,
            stamp=Layout(f"{order}II"),
            stamp_at=0,
            clock=(_SECOND_NS, self._fraction_ns, 0),
            ip_at=self.least + front.octets,
            ipv4=front.ipv4,
            ipv6=front.ipv6,
            vlan=front.vlan,
        )

    def careful(self, pos: int, frame: int) -> tuple[int, int, Sequence[Item]]:
        """Read the record at `pos`."""
        seconds, fraction, captured, wire_bytes = self._header.unpack_from(self.window.buffer, pos)
        if captured + self.least > SPACE:
            raise self.refuse(pos)
        start = pos + self.least
        end = start + captured
        if end > self.window.end:
            return NEED_MORE, frame, ()
        time_ns = seconds * _SECOND_NS + fraction * self._fraction_ns
        if self.first_ns is None:
            self.first_ns = time_ns
        # Such a guard holds for 194 days, and a record that is out of step with it deserves a second look.
        if self._short_way is not None and seconds >> 24 != self.plan.guard:
            self.plan = replace(self._short_way, guard=seconds >> 24)
        self.last_ns = time_ns
        return end, frame + 1, self._deliver(frame + 1, time_ns, self._link, (start, end), wire_bytes)

    def note_last(self, pos: int) -> None:
        """Take the time of the record at `pos`."""
        seconds, fraction, _, _ = self._header.unpack_from(self.window.buffer, pos)
        self.last_ns = seconds * _SECOND_NS + fraction * self._fraction_ns

    def refuse(self, pos: int) -> CutError:
        """Tell a corrupt length from an early end."""
        there = self.window.end - pos
        if there < self.least:
            return self.cut(pos, f"the file ends after {there} of the {self.least} octets of a record header")
        captured: int = self._header.unpack_from(self.window.buffer, pos)[2]
        if captured + self.least > SPACE:
            return self.cut(pos, f"the record claims {captured} octets, more than any frame has")
        there -= self.least
        return self.cut(pos, f"the file ends after {there} of the {captured} octets of a frame")

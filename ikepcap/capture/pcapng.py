"""pcapng files (draft-ietf-opsawg-pcapng): sections, interfaces, and three kinds of packet block."""

from collections.abc import Sequence
from struct import Struct as Layout
from typing import Final

from msgspec import Struct

from ikepcap.capture.decode import Decoder, Item
from ikepcap.capture.fragments import LATEST_NS
from ikepcap.capture.plan import (
    CAREFUL,
    NEED_MORE,
    Clock,
    CutError,
    Plan,
    RecordReader,
    front_for,
)
from ikepcap.capture.window import SPACE, Window

MAGIC: Final = b"\x0a\x0d\x0d\x0a"
_SECTION: Final = 0x0A0D0D0A
_INTERFACE: Final = 1
_OBSOLETE_PACKET: Final = 2
_SIMPLE_PACKET: Final = 3
_ENHANCED_PACKET: Final = 6
_READ: Final = frozenset({_INTERFACE, _OBSOLETE_PACKET, _SIMPLE_PACKET, _ENHANCED_PACKET})

_BLOCK_BYTES: Final = 12
"""Type, and length before and after the body (§3.1)."""
_SECTION_BYTES: Final = 28
_ENHANCED_HEAD: Final = 28
_SIMPLE_HEAD: Final = 12
_TRAILER_BYTES: Final = 4
_MAX_BLOCK: Final = 16 * 1024 * 1024
"""What libpcap takes for the largest block there is: more is a corrupt length."""
_MAX_READ_BLOCK: Final = SPACE
"""A block that is read has to be in the window."""
_MAX_INTERFACES: Final = 65536

_ORDER_MARK: Final = 0x1A2B3C4D
_OPTION_TSRESOL: Final = 9
_OPTION_TSOFFSET: Final = 14
_SECOND_NS: Final = 10**9
_NANO: Final = 9


class Interface(Struct, frozen=True, gc=False):
    """What an interface description block says (§4.2)."""

    link: int
    snaplen: int
    """0: no limit."""
    resolution: int
    """if_tsresol: ticks per second are 10 to this, or with the high bit 2 to the rest of it."""
    offset_s: int
    """if_tsoffset."""

    def time_ns(self, ticks: int) -> int:
        """Nanoseconds since the epoch at a timestamp, rounded down, within 64 bits."""
        exponent = self.resolution & 0x7F
        if self.resolution & 0x80:
            since_ns = ticks * _SECOND_NS >> exponent
        elif exponent > _NANO:
            since_ns = ticks // 10 ** (exponent - _NANO)
        else:
            since_ns = ticks * 10 ** (_NANO - exponent)
        return min(max(since_ns + self.offset_s * _SECOND_NS, 0), LATEST_NS)

    def clock(self) -> Clock | None:
        """The same as factors; None unless ticks are whole nanoseconds, counted from 1970 or later."""
        exponent = self.resolution & 0x7F
        if exponent > _NANO or self.offset_s < 0:
            return None
        tick_ns = _SECOND_NS >> exponent if self.resolution & 0x80 else 10 ** (_NANO - exponent)
        return tick_ns << 32, tick_ns, self.offset_s * _SECOND_NS


class PcapngReader(RecordReader):
    """Reads the blocks of a pcapng file."""

    least = _BLOCK_BYTES

    def __init__(self, window: Window, decoder: Decoder, *, use_short_way: bool = True) -> None:
        """Begin before the first section header, whose magic is known to be there."""
        super().__init__(window, decoder, use_short_way=use_short_way)
        self._begin_section("<", 0)

    def _begin_section(self, order: str, offset: int) -> None:
        """Forget all interfaces: each section has its own, and its own byte order (§4.1)."""
        self._order = order
        self._words = Layout(f"{order}II")
        self._enhanced = Layout(f"{order}8xIIIII")
        self._obsolete = Layout(f"{order}8xHxxIIII")
        self._alignment = offset % 4
        self._interfaces: list[Interface] = []
        self._kinds: set[tuple[int, Clock | None]] = set()
        self._unsettle()

    def _unsettle(self) -> None:
        """Go the careful way until the next packet."""
        self.plan = CAREFUL
        self._is_settled = False

    def careful(self, pos: int, frame: int) -> tuple[int, int, Sequence[Item]]:
        """Read the block at `pos`."""
        offset = self.window.base + pos
        pos += (self._alignment - offset) % 4  # some writers give an unpadded length for a padded block
        there = self.window.end - pos
        if there < _BLOCK_BYTES:
            return NEED_MORE, frame, ()
        kind, size = self._words.unpack_from(self.window.buffer, pos)
        if kind == _SECTION:
            return self._read_section(pos), frame, ()
        if size < _BLOCK_BYTES or size > (_MAX_READ_BLOCK if kind in _READ else _MAX_BLOCK):
            raise self.refuse(pos)
        after = pos + size
        if kind not in _READ:
            return after, frame, ()
        if size > there:
            return NEED_MORE, frame, ()
        if kind == _INTERFACE:
            self._read_interface(pos, size)
            return after, frame, ()
        return after, frame + 1, self._read_packet(kind, pos, size, frame + 1)

    def _read_section(self, pos: int) -> int:
        """Begin a section, and return the position after its header block."""
        if self.window.end - pos < _SECTION_BYTES:
            return NEED_MORE
        buffer = self.window.buffer
        for order in ("<", ">"):
            _, size, mark = Layout(f"{order}III").unpack_from(buffer, pos)
            if mark == _ORDER_MARK:
                break
        else:
            raise self.cut(pos, "a section header has no byte-order magic")
        if not _SECTION_BYTES <= size <= _MAX_BLOCK:
            raise self.cut(pos, f"a section header claims {size} octets")
        self._begin_section(order, self.window.base + pos)
        return pos + int(size)

    def _read_interface(self, pos: int, size: int) -> None:
        """Take an interface description: link type, snaplen, and of its options the clock's."""
        if len(self._interfaces) >= _MAX_INTERFACES:
            raise self.cut(pos, f"the section has more than {_MAX_INTERFACES} interfaces")
        if size < 20:
            raise self.cut(pos, f"an interface description claims {size} octets")
        body = bytes(self.window.view[pos + 8 : pos + size - _TRAILER_BYTES])
        link, snaplen = Layout(f"{self._order}HxxI").unpack_from(body)
        resolution, offset_s = self._clock_options(body)
        interface = Interface(link, snaplen, resolution, offset_s)
        self._interfaces.append(interface)
        self._kinds.add((link, interface.clock()))
        self._unsettle()

    def _clock_options(self, body: bytes) -> tuple[int, int]:
        """Return if_tsresol and if_tsoffset (§4.2), by default microseconds and 0."""
        resolution, offset_s, at = 6, 0, 8
        option = Layout(f"{self._order}HH")
        while at + 4 <= len(body):
            code, size = option.unpack_from(body, at)
            at += 4
            if code == 0:
                break
            if code == _OPTION_TSRESOL and size >= 1 and at < len(body):
                resolution = body[at]
            elif code == _OPTION_TSOFFSET and size == 8 and at + 8 <= len(body):
                offset_s = Layout(f"{self._order}q").unpack_from(body, at)[0]
            at += (size + 3) & ~3
        return resolution, offset_s

    def _settle(self) -> None:
        """Take the short way, where all interfaces have one link type and one clock."""
        self._is_settled = True
        if len(self._kinds) != 1 or not self._use_short_way:
            return
        ((link, clock),) = self._kinds
        front = front_for(self._order, link, "II16x")
        if front is None or clock is None:
            return
        self.plan = Plan(
            peek=front.peek,
            guard=_ENHANCED_PACKET,
            extra=0,
            fits=_ENHANCED_HEAD + _TRAILER_BYTES,
            head=_ENHANCED_HEAD,
            captured=Layout(f"{self._order}I"),
            captured_at=20,
            stamp=self._words,
            stamp_at=12,
            clock=clock,
            ip_at=_ENHANCED_HEAD + front.octets,
            ipv4=front.ipv4,
            ipv6=front.ipv6,
            vlan=front.vlan,
        )

    def _read_packet(self, kind: int, pos: int, size: int, frame: int) -> Sequence[Item]:
        """Read a packet block: enhanced (§4.3), simple (§4.4) or obsolete (appendix A)."""
        if not self._interfaces:
            raise self.cut(pos, "a packet comes before any interface is described")
        if not self._is_settled:
            self._settle()
        buffer = self.window.buffer
        head = _SIMPLE_HEAD if kind == _SIMPLE_PACKET else _ENHANCED_HEAD
        room = size - head  # a writer that forgets the last length is understood as well
        if room < _TRAILER_BYTES:
            raise self.cut(pos, f"a packet block claims {size} octets")
        if kind == _SIMPLE_PACKET:
            interface = self._interfaces[0]
            wire_bytes: int = self._words.unpack_from(buffer, pos + 4)[1]
            captured = min(wire_bytes, interface.snaplen or wire_bytes)
            # It has no time of its own: it came after the packet before it.
            time_ns = self.last_ns or 0
        else:
            layout = self._enhanced if kind == _ENHANCED_PACKET else self._obsolete
            index, high, low, captured, wire_bytes = layout.unpack_from(buffer, pos)
            interface = self._interfaces[index if index < len(self._interfaces) else 0]
            time_ns = interface.time_ns(high << 32 | low)
            if self.first_ns is None:
                self.first_ns = time_ns
            self.last_ns = time_ns
        start = pos + head
        place = start, start + min(captured, room)
        return self._deliver(frame, time_ns, interface.link, place, wire_bytes)

    def note_last(self, pos: int) -> None:
        """Take the time of the enhanced packet block at `pos`."""
        index, high, low, _, _ = self._enhanced.unpack_from(self.window.buffer, pos)
        interface = self._interfaces[index if index < len(self._interfaces) else 0]
        self.last_ns = interface.time_ns(high << 32 | low)

    def refuse(self, pos: int) -> CutError:
        """Tell a corrupt length from an early end."""
        there = self.window.end - pos
        if there < 0:
            return self.cut(pos, f"the file ends {-there} octets before the end of a block")
        if there < _BLOCK_BYTES:
            return self.cut(pos, f"the file ends after {there} octets of a block")
        kind, size = self._words.unpack_from(self.window.buffer, pos)
        if size < _BLOCK_BYTES or size > (_MAX_READ_BLOCK if kind in _READ else _MAX_BLOCK):
            return self.cut(pos, f"a block of type {kind:#x} claims {size} octets")
        return self.cut(pos, f"the file ends after {there} of the {size} octets of a block")

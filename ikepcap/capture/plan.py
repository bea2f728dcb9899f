"""What the loop over records must know of a file format and a link type, as data; and what formats share."""

from collections.abc import Mapping, Sequence
from struct import Struct as Layout
from types import MappingProxyType
from typing import Final

from msgspec import Struct

from ikepcap.capture.decode import Decoder, Item, Tally
from ikepcap.capture.link import IPV4, IPV6, VLAN_TAG
from ikepcap.capture.window import Window

Clock = tuple[int, int, int]
"""Nanoseconds per unit of the high and of the low half of a timestamp, and what to add."""
NEED_MORE: Final = -1


class CutError(Exception):
    """The input cannot be followed any further, and why; never leaves this package."""

    def __init__(self, why: str, offset: int) -> None:
        super().__init__(why)
        self.offset = offset
        """Octets of the (unpacked) input before what cannot be read."""


class Plan(Struct, frozen=True):
    """Where the records of this file and the headers of this link type have what the loop wants."""

    peek: Layout
    """Guard, size, EtherType, first octet of IP, protocol; from the start of a record."""
    guard: int | None
    """What the guard must be for the record to be an ordinary one; with None there is none."""
    extra: int
    """What a record is longer than its size field says."""
    fits: int
    """Size of a record with no more than an IPv4 header; where `size` counts more than that, any above 0."""
    head: int
    """Octets of a record before the frame."""
    captured: Layout
    """The captured length alone."""
    captured_at: int
    """Octets of a record before it; 0 where `size` is the captured length already."""
    stamp: Layout
    """High and low half of the time."""
    stamp_at: int
    clock: Clock
    ip_at: int
    """Octets from the start of a record to the IP header."""
    ipv4: int
    """EtherTypes as `peek` reads them, which is in the order of the file; -1 where there are none."""
    ipv6: int
    vlan: int


CAREFUL: Final = Plan(
    peek=Layout("<II3B"),
    guard=None,
    extra=0,
    fits=0,
    head=0,
    captured=Layout("<I"),
    captured_at=0,
    stamp=Layout("<II"),
    stamp_at=0,
    clock=(0, 0, 0),
    ip_at=0,
    ipv4=-1,
    ipv6=-1,
    vlan=-1,
)
"""No short way at all."""


class Front(Struct, frozen=True):
    """The start of a record as the loop reads it, for one link type in one byte order."""

    peek: Layout
    octets: int
    """Of link header before IP."""
    ipv4: int
    ipv6: int
    vlan: int


_ETHER_TYPED: Final[Mapping[int, tuple[str, int]]] = MappingProxyType(
    {1: ("12xH", 14), 113: ("14xH", 16), 276: ("H18x", 20)}
)
"""LINKTYPE_: link header with its EtherType, and octets of it."""
_RAW: Final = frozenset({12, 14, 101, 228})
_NULL: Final = 0
_AF_INET: Final = 2
_IP: Final = "B8xB"


def front_for(order: str, link: int, record: str, rest: str = "") -> Front | None:
    """Return how to peek into frames of a link type; None where only the careful way knows it.

    Args:
        order: "<" or ">", that of the file.
        link: LINKTYPE_ number.
        record: the record header up to the original length.
        rest: what follows the original length in the record header.
    """
    if link in _ETHER_TYPED:
        front, octets = _ETHER_TYPED[link]
        kinds = (int(Layout(f"{order}H").unpack(kind.to_bytes(2))[0]) for kind in (IPV4, IPV6, VLAN_TAG))
        return Front(Layout(f"{order}{record}4x{rest}{front}{_IP}"), octets, *kinds)
    if link in _RAW:
        # Without an EtherType the high half of the original length serves: 0 below 65,536 octets.
        high_half = "2xH" if order == "<" else "H2x"
        return Front(Layout(f"{order}{record}{high_half}{rest}{_IP}"), 0, 0, -1, -1)
    if link == _NULL:
        # The family is in the host's order, which nearly always is the file's.
        return Front(Layout(f"{order}{record}4x{rest}I{_IP}"), 4, _AF_INET, -1, -1)
    return None


class RecordReader:
    """What is known of one file while its records are read; the formats add how to read one."""

    plan: Plan
    least = 0
    """Octets of the smallest record."""

    def __init__(self, window: Window, decoder: Decoder, *, use_short_way: bool = True) -> None:
        self.window = window
        self.frames = 0
        """Records read so far, kept by `scan`."""
        self.tally = Tally()
        """What `scan` has counted without the decoder; it joins the decoder's when the file is over."""
        self.first_ns: int | None = None
        self.last_ns: int | None = None
        self.unread_links: dict[int, int] = {}
        self._decoder = decoder
        self._use_short_way = use_short_way

    def careful(self, pos: int, frame: int) -> tuple[int, int, Sequence[Item]]:
        """Read the record at `pos` in the exact way; `frame` is the number of the last one before it.

        Returns:
            The position of the next record, which may lie past the end of the window, or NEED_MORE; the
            number of the last frame; what it yields.
        """
        raise NotImplementedError

    def note_last(self, pos: int) -> None:
        """Take the time of the last record that the short way has passed, which is at `pos`."""
        raise NotImplementedError

    def refuse(self, pos: int) -> CutError:
        """Say what is wrong with the record at `pos`, which the input does not complete."""
        raise NotImplementedError

    def cut(self, pos: int, why: str) -> CutError:
        """An error about what is at `pos`."""
        return CutError(why, self.window.base + min(pos, self.window.end))

    def _deliver(
        self, frame: int, time_ns: int, link: int, place: tuple[int, int], wire_bytes: int
    ) -> Sequence[Item]:
        """Hand the frame at `place`, from and to which position, to the decoder."""
        if link not in self._decoder.links:
            self.unread_links[link] = self.unread_links.get(link, 0) + 1
            return ()
        start, end = place
        return self._decoder.decode(frame, time_ns, link, bytes(self.window.view[start:end]), wire_bytes)

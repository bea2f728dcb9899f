"""What the capture stage hands on: frozen values, each with the frame it came from.

Times are integers in nanoseconds since the epoch, addresses are the 4 or 16 octets of the IP header.
"""

from struct import Struct as Layout
from typing import Final

from msgspec import Struct

IKE_PORT: Final = 500
NATT_PORT: Final = 4500
GDOI_PORT: Final = 848


class Datagram(Struct, frozen=True, array_like=True, tag=0, gc=False):
    """One UDP payload that may be ISAKMP, after IP reassembly and without the non-ESP marker."""

    frame: int
    """Number of the record that completed it, from 1, counted through all files of the run."""
    time_ns: int
    source: bytes
    source_port: int
    destination: bytes
    destination_port: int
    data: bytes
    """The ISAKMP message as far as it was captured."""
    wire_bytes: int
    """Length of the message that was on the wire; larger than `len(data)` when a snaplen cut the frame."""
    marker: bool
    """The four zero octets of RFC 3948 §2.2 preceded it."""
    ttl: int
    """TTL or hop limit of the IP header that carried the UDP header."""
    ip_id: int
    """IPv4 identification; 0 with IPv6, which has none outside fragments."""
    fragment_frames: tuple[int, ...] = ()
    """All frames that carried a fragment of it, in file order; empty when it came whole."""


Packed = tuple[int, int, bytes, bytes, bytes, int, bytes]
"""A whole datagram of UDP 500 or 4500 as the short way of reading leaves it: frame, time, source and
destination, their ports, IP ID, TTL, data. Numbers that nobody needs yet are octets. See `Datagram`."""
TWO_PORTS: Final = Layout(">HH")
"""Those of a `Packed`."""


def unpacked(packed: Packed) -> Datagram:
    """Return the same as a `Datagram`."""
    frame, time_ns, addresses, ports, ip_id, ttl, data = packed
    half = len(addresses) // 2
    source_port, destination_port = TWO_PORTS.unpack(ports)
    return Datagram(
        frame, time_ns, addresses[:half], source_port, addresses[half:], destination_port, data, len(data),
        NATT_PORT in (source_port, destination_port), ttl, int.from_bytes(ip_id),
    )  # fmt: skip


class IcmpError(Struct, frozen=True, array_like=True, tag=1, gc=False):
    """An ICMP or ICMPv6 error that quotes a datagram which may be ISAKMP (RFC 792, RFC 4443)."""

    frame: int
    time_ns: int
    reporter: bytes
    """Who sent the error: the peer itself, or something on the way to it."""
    version: int
    """4 or 6: types and codes are numbered apart."""
    kind: int
    code: int
    source: bytes
    source_port: int
    destination: bytes
    destination_port: int
    data: bytes
    """What the error quotes of the UDP payload, marker removed; often no more than 0 octets."""


class LostFragments(Struct, frozen=True, array_like=True, tag=2, gc=False):
    """IP fragments of one UDP datagram that never became whole (RFC 791 §3.2, RFC 8200 §4.5)."""

    frames: tuple[int, ...]
    first_ns: int
    last_ns: int
    source: bytes
    destination: bytes
    ip_id: int
    source_port: int | None
    """None when the first fragment, which has the UDP header, is among the missing."""
    destination_port: int | None
    captured_bytes: int
    """Octets of IP payload that are there."""
    total_bytes: int | None
    """Octets of IP payload in the whole datagram; None when the last fragment is missing."""
    missing: tuple[tuple[int, int | None], ...]
    """Ranges (start, end) of IP payload that are not there; the end is None where it is unknown."""
    data: bytes
    """The start of the ISAKMP message where the first fragment is there, else empty."""


class CaptureFacts(Struct, frozen=True, array_like=True):
    """What one run over its inputs counted, once it is over."""

    files: tuple["FileFacts", ...]
    esp: int = 0
    nat_keepalive: int = 0
    not_isakmp: int = 0
    """Datagrams on an IKE port that hold no ISAKMP header."""
    incomplete_fragments: int = 0
    evicted_fragments: int = 0
    """Of these, sets given up to keep memory bounded."""
    port_500: int = 0
    """Datagrams of any kind seen on UDP 500."""
    port_4500: int = 0
    """Datagrams of any kind seen on UDP 4500, ESP and keepalives included."""
    others: int = 0
    """Packets of TCP, and of UDP on ports that have nothing to do with IKE."""
    truncated_frames: int = 0
    """IKE datagrams that a snaplen cut."""
    cut_headers: int = 0
    """Those of them of which not even the ISAKMP header was captured: they are not handed on."""

    @property
    def frames(self) -> int:
        """Records read in all files."""
        return sum(file.frames for file in self.files)


class FileFacts(Struct, frozen=True, array_like=True):
    """One input file, as far as it could be read."""

    name: str
    frames: int
    first_frame: int
    """Number of its first record in the run; 1 unless files came before it."""
    first_ns: int | None
    last_ns: int | None
    cut: str | None = None
    """What is wrong where it ends early: one line with the frame and the byte; None when it ends well."""
    unread_links: tuple[tuple[int, int], ...] = ()
    """(LINKTYPE_ number, frames) of records whose link type is not known here."""

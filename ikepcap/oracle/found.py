"""ikepcap's side: each message of a capture, with words on its circumstances that `known` goes by."""

from collections.abc import Iterator
from typing import Final

from msgspec import Struct

from ikepcap.capture.datagram import GDOI_PORT, IKE_PORT, NATT_PORT, Datagram, IcmpError, LostFragments
from ikepcap.capture.reader import Capture
from ikepcap.track.fragments import Fragments
from ikepcap.wire.message import HEADER_BYTES, Message, parse
from ikepcap.wire.numbers import Doi, Payload

MAX_TRACKED: Final = 64
"""Senders whose IKE fragments are put together at a time."""
MAX_FRAGMENT_FRAMES: Final = 65_536
"""Frames with IP fragments that are remembered."""
TSHARK_FOLLOWS: Final = 250
"""Payloads of one chain, counted with 4.0.17."""


class Found(Struct, frozen=True):
    """One message as ikepcap has it."""

    frame: int
    message: Message
    words: frozenset[str]
    fragment_frames: frozenset[int] = frozenset()
    """Of a message put together from IKE fragments."""


class Messages:
    """The messages of a capture in frame order, quoted in ICMP errors and put together included."""

    def __init__(self, capture: Capture) -> None:
        """Take a capture; it is read once, by the iteration."""
        self._capture = capture
        self._assembler = _Assembler()
        self.fragment_frames: set[int] = set()
        """Frames with an IP fragment that did not complete a datagram; whole once the iteration is over."""

    def __iter__(self) -> Iterator[Found]:
        for item in self._capture:
            if isinstance(item, LostFragments):
                self._remember(item.frames)
                continue
            if isinstance(item, Datagram):
                self._remember(item.fragment_frames[:-1])
            message = parse(item.data, item.wire_bytes if isinstance(item, Datagram) else None)
            if message is None:
                continue
            words = _words(item, message)
            if message.length > (item.wire_bytes if isinstance(item, Datagram) else len(item.data)):
                words |= {"length-beyond-datagram"}
            yield Found(item.frame, message, words)
            whole = self._assembler.add(item, message) if isinstance(item, Datagram) else None
            if whole is not None:
                yield whole

    def _remember(self, frames: tuple[int, ...]) -> None:
        if len(self.fragment_frames) < MAX_FRAGMENT_FRAMES:
            self.fragment_frames.update(frames)


class _Assembler:
    """IKE fragments back to messages, per initiator cookie and sender."""

    def __init__(self) -> None:
        self._held: dict[tuple[bytes, bytes], Fragments] = {}

    def add(self, datagram: Datagram, message: Message) -> Found | None:
        """Take a message; return the one that it completes."""
        if message.payload_types()[:1] != (Payload.FRAGMENT,):
            return None
        key = (message.initiator_cookie, datagram.source)
        held = self._held.pop(key, None) or Fragments()
        self._held[key] = held
        if len(self._held) > MAX_TRACKED:
            del self._held[next(iter(self._held))]
        whole = held.add(message, 0, datagram.frame, datagram.time_ns)
        inner = None if whole is None else parse(whole.data)
        if whole is None or inner is None:
            return None
        words = {"put-together"} | ({"length-fits"} if inner.length == len(inner.data) else set())
        return Found(datagram.frame, inner, _words(datagram, inner) | words, frozenset(whole.frames))


def _words(item: Datagram | IcmpError, message: Message) -> frozenset[str]:
    """Say what a message is and how it came."""
    words = {"truncated"} if message.is_truncated else set()
    if message.version >> 4 not in (1, 2):
        words.add("unknown-version")
    if message.length < HEADER_BYTES:
        words.add("length-below-header")
    elif message.length < len(message.data):
        words.add("length-short-of-datagram")
    offers = (message.data[span.body : span.body + 4] for span in message.spans if span.type == Payload.SA)
    words |= {"other-doi" for doi in offers if int.from_bytes(doi) != Doi.IPSEC}
    ends = {item.source_port, item.destination_port}
    ports = ends & {IKE_PORT, NATT_PORT, GDOI_PORT}
    words |= {f"port:{port}" for port in ports} or {"port:other"}
    if ports and ends != ports and message.length == len(message.data) and not message.defects:
        words.add("sound-beside-another-port")
    if isinstance(item, IcmpError):
        words.add("in-icmp")
    else:
        words.add("marker" if item.marker else "no-marker")
    return frozenset(words)

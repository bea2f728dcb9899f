"""Scapy's packets as a capture, and a capture as Scapy's packets: the one place here that knows them.

`ScapyPackets` takes what `sniff`, `rdpcap` or a program hands over; it needs nothing but the packets and
imports no Scapy. `packets` reads files with our own reader, in all its formats, and dresses what is ISAKMP
in the layers of `ikepcap.wire.layers`, on whatever port it is; Scapy's bindings stay as they are.
"""

import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import chain
from typing import TYPE_CHECKING, Any, Final

from ikepcap.capture.datagram import NATT_PORT, CaptureFacts, FileFacts
from ikepcap.capture.decode import Decoder, Item
from ikepcap.capture.reader import Progress, facts_of
from ikepcap.capture.records import Records
from ikepcap.capture.udp import MARKER_BYTES, PORTS, UDP_HEADER, Kind, classify
from ikepcap.wire.message import parse
from ikepcap.wire.natd import Ends

if TYPE_CHECKING:
    from ikepcap.wire.context import Contexts

NAME: Final = "Scapy packets"
_NS: Final = 1_000_000_000
_UDP_HEADER_BYTES: Final = 8
_RAW: Final = 101
_LINKS: Final[dict[str, int]] = {
    # What is on top, by Scapy's name for it, and its LINKTYPE_.
    "Ether": 1,
    "Dot3": 1,
    "CookedLinux": 113,
    "CookedLinuxV2": 276,
    "Loopback": 0,
    "IP": _RAW,
    "IPv6": _RAW,
    "PPP": 9,
    "HDLC": 50,
    "PPPoE": 51,
}


class ScapyPackets:
    """Everything in some Scapy packets that may be ISAKMP, as `Capture` has it of files; lazy."""

    def __init__(self, packets: Any, *, decoder: Callable[[], Decoder] = Decoder) -> None:
        """Take packets, or a sniffer that has some; none is looked at before the iteration, none is kept.

        Raises:
            TypeError: a sniffer that still runs.
        """
        self._packets = sniffed(packets)
        self._new_decoder = decoder
        self._decoder = decoder()
        self._frames = 0
        self._first_ns: int | None = None
        self._last_ns: int | None = None

    def __iter__(self) -> Iterator[Item]:
        """Read all packets, and yield what is found one by one; see `batches`."""
        return chain.from_iterable(self.batches())

    def batches(self) -> Iterator[Sequence[Item]]:
        """Read all packets, and yield what is found in each; frames are numbered from 1.

        Raises:
            TypeError: one of them is no Scapy packet.
        """
        from decimal import Decimal

        self._decoder, self._frames, self._first_ns = self._new_decoder(), 0, None
        decoder = self._decoder
        for number, packet in enumerate(self._packets, 1):
            link, data, wire_bytes = _frame(packet, number)
            time_ns = int(Decimal(str(packet.time)) * _NS)  # Scapy's is a Decimal from files, else a float
            self._frames, self._last_ns = number, time_ns
            if self._first_ns is None:
                self._first_ns = time_ns
            if link is not None:
                yield decoder.decode(number, time_ns, link, data, wire_bytes)
        decoder.fragments.finish()
        yield decoder.fragments.take()

    @property
    def facts(self) -> CaptureFacts:
        """What was counted; complete once the iteration is over."""
        only = FileFacts(NAME, self._frames, 1, self._first_ns, self._last_ns)
        return facts_of((only,), self._decoder)


def sniffed(packets: Any) -> Iterable[Any]:
    """Return the packets of an `AsyncSniffer`, over which one cannot iterate; all else as it is."""
    if isinstance(packets, Iterable) or not hasattr(packets, "results"):
        return packets  # type: ignore[no-any-return]  # what is neither says so when it is iterated over
    if packets.results is None:
        message = "this sniffer has no packets yet: stop() or join() it first"
        raise TypeError(message)
    return packets.results  # type: ignore[no-any-return]


def _frame(packet: Any, number: int) -> tuple[int | None, bytes, int]:
    """Return link type, octets and length on the wire of a packet; no link type where there is no IP."""
    if not hasattr(packet, "getlayer"):
        what = f"item {number} is a {type(packet).__name__}, not a Scapy packet; several paths come as a list"
        raise TypeError(what)
    data = bytes(packet)
    lost = max((packet.wirelen or 0) - len(data), 0)
    for cls in type(packet).__mro__:
        if cls.__name__ in _LINKS:
            return _LINKS[cls.__name__], data, len(data) + lost
    inner = packet.getlayer("IP") or packet.getlayer("IPv6")
    if inner is None:
        return None, b"", 0
    data = bytes(inner)
    return _RAW, data, len(data) + lost


def packets(paths: Sequence[str | os.PathLike[str]], *, progress: Progress | None = None) -> Iterator[Any]:
    """Yield every frame of some files as a Scapy packet, ISAKMP in our layers; needs Scapy."""
    # These register the link types and what may lie between them and UDP; the user's own come on top.
    from scapy.config import conf
    from scapy.layers import inet6, l2, ppp, vxlan  # noqa: F401
    from scapy.utils import EDecimal

    from ikepcap.wire.context import Contexts  # of all who read captures only this loads the payloads

    contexts = Contexts()
    for frame in Records(paths, progress=progress, any_link=True):
        cls = conf.l2types.num2layer.get(frame.link, conf.raw_layer)
        try:
            packet = cls(frame.data)
        except Exception:  # noqa: BLE001 - as Scapy's own readers do: its dissectors raise what they like
            packet = conf.raw_layer(frame.data)
        packet.time = EDecimal(frame.time_ns) / _NS
        packet.wirelen = frame.wire_bytes
        _dress(packet, contexts)
        yield packet


def _dress(packet: Any, contexts: "Contexts") -> None:
    """Put our layers in the place of whatever Scapy made of ISAKMP in this packet."""
    for layer in list(packet.iterpayloads()):
        if type(layer).__name__ == "UDP" and len(layer.original) >= _UDP_HEADER_BYTES:
            _dress_udp(layer, contexts)


def _dress_udp(udp: Any, contexts: "Contexts") -> None:
    """Read the payload of a UDP layer anew, if it is ISAKMP."""
    source_port, destination_port, size = UDP_HEADER.unpack_from(udp.original)
    there = udp.original[_UDP_HEADER_BYTES:]
    length_holds = size >= _UDP_HEADER_BYTES
    wire_bytes = size - _UDP_HEADER_BYTES if length_holds else len(there)
    data = there[:wire_bytes]
    ports = PORTS[source_port] | PORTS[destination_port]
    kind = classify(data, wire_bytes, ports, length_holds=length_holds)
    if kind in _OURS:
        # The first fragment of a datagram is no message: `messages` puts fragments together.
        _replace(udp, None if _is_fragment(udp.underlayer) else kind, data, wire_bytes, contexts)


_OURS: Final = frozenset({Kind.ISAKMP, Kind.MARKED, Kind.KEEPALIVE, Kind.JUNK, Kind.CUT})


def _is_fragment(below: Any) -> bool:
    """Tell whether an IP layer, or an IPv6 fragment header, carries a part of a datagram."""
    fields = below.fields if below is not None else {}
    more = fields.get("m") or int(fields.get("flags", 0)) & 1
    return bool(more or fields.get("frag") or fields.get("offset"))


def _replace(udp: Any, kind: Kind | None, data: bytes, wire_bytes: int, contexts: "Contexts") -> None:
    """Put what `data` is in the place of a UDP layer's payload; the padding after it stays."""
    from scapy.config import conf

    padding = b"".join(one.load for one in udp.iterpayloads() if isinstance(one, conf.padding_layer))
    udp.remove_payload()
    if data:
        udp.add_payload(_layer(udp, kind, data, wire_bytes, contexts))
    if padding:
        udp.add_payload(conf.padding_layer(padding))


def _layer(udp: Any, kind: Kind | None, data: bytes, wire_bytes: int, contexts: "Contexts") -> Any:
    """Return what `data` is as a layer; a message as those of the negotiation before it have it read."""
    from scapy.config import conf

    from ikepcap.wire import layers

    marker = MARKER_BYTES if kind is Kind.MARKED else 0
    found = parse(data[marker:], wire_bytes - marker) if kind in (Kind.ISAKMP, Kind.MARKED) else None
    if found is not None:
        message = layers.read_message(found, contexts.after(found, Ends(b"", udp.sport, b"", udp.dport)))
        if not marker:
            if NATT_PORT in (udp.sport, udp.dport):
                message.marker = 0
            return message
        below = layers.NonEspMarker(data[:marker])
        below.add_payload(message)
        return below
    reader = {
        Kind.MARKED: layers.NonEspMarker,
        Kind.KEEPALIVE: layers.NatKeepalive,
        Kind.JUNK: layers.CutHeader,
        Kind.CUT: layers.CutHeader,
        None: conf.raw_layer,
    }[kind]
    return reader(data, _internal=1, _underlayer=udp)

"""Our layers in a user's Scapy session: what is on UDP 500, 4500 and 848 (RFC 3948, RFC 6407).

`bind` goes before whatever Scapy or others have bound to these ports; `unbind` takes it back.
"""

from typing import Any, Final

from scapy.config import conf
from scapy.packet import Packet, bind_top_down, split_top_down

from ikepcap.wire.header import stands_up
from ikepcap.wire.layers.fields import Octets
from ikepcap.wire.layers.isakmp import ISAKMP, MARKER, NATT_PORT
from ikepcap.wire.layers.node import unlisted

IKE_PORT: Final = 500
GDOI_PORT: Final = 848
KEEPALIVE: Final = b"\xff"
"""RFC 3948 §2.3."""


@unlisted
class NonEspMarker(Packet):
    """The four zero octets before ISAKMP where ESP has its SPI (RFC 3948 §2.2)."""

    name = "NonEspMarker"
    fields_desc = [Octets("marker", MARKER, always_hex=True)]  # noqa: RUF012 - Scapy's way

    def do_dissect(self, s: bytes) -> bytes:
        """Take four octets."""
        self.fields["marker"] = s[: len(MARKER)]
        self.explicit = 1
        return s[len(MARKER) :]

    def guess_payload_class(self, _payload: bytes) -> Any:
        """Say that ISAKMP follows."""
        return ISAKMP

    def answers(self, other: Any) -> int:
        """Compare messages, wherever their markers are."""
        return int(self.payload.answers(other))


@unlisted
class NatKeepalive(Packet):
    """One octet that keeps a NAT's mapping alive (RFC 3948 §2.3)."""

    name = "NatKeepalive"
    fields_desc = [Octets("data", KEEPALIVE, always_hex=True)]  # noqa: RUF012 - Scapy's way

    def do_dissect(self, s: bytes) -> bytes:
        """Take all."""
        self.fields["data"] = s
        self.explicit = 1
        return b""


@unlisted
class OnIkePort(Packet):
    """Chooses what a datagram on UDP 500 or 848 is; no packet is ever of this class."""

    @classmethod
    def dispatch_hook(cls, _pkt: bytes | None = None, *_args: Any, **_kwargs: Any) -> Any:
        """ISAKMP, unless it is a keepalive, or stands up as a message only behind a marker."""
        if _pkt == KEEPALIVE:
            return NatKeepalive
        if _pkt and _pkt.startswith(MARKER) and stands_up(_pkt, len(MARKER), len(_pkt)):
            return NonEspMarker
        return ISAKMP.dispatch_hook(_pkt)


@unlisted
class OnNattPort(Packet):
    """Chooses what a datagram on UDP 4500 is; no packet is ever of this class."""

    @classmethod
    def dispatch_hook(cls, _pkt: bytes | None = None, *_args: Any, **_kwargs: Any) -> Any:
        """Behind a marker ISAKMP, without one ESP; ISAKMP without one only if its header leaves no doubt."""
        if not _pkt or _pkt == KEEPALIVE:
            return NatKeepalive
        if _pkt.startswith(MARKER):
            return NonEspMarker
        if stands_up(_pkt, 0, len(_pkt)):
            return ISAKMP
        from scapy.layers.ipsec import ESP

        return ESP


_CHOICES: Final = ((IKE_PORT, OnIkePort), (GDOI_PORT, OnIkePort), (NATT_PORT, OnNattPort))


_BUILT: Final = ((ISAKMP, IKE_PORT), (NonEspMarker, NATT_PORT), (NatKeepalive, NATT_PORT))
"""Layers that choose the ports of the UDP they are put on."""


def bind() -> None:
    """Make Scapy read and build UDP 500, 4500 and 848 with these layers, in this process.

    On 4500 the marker is put before a message unless a `NonEspMarker` is there, or `marker=0` is set.
    """
    from scapy.layers.inet import UDP

    unbind()
    ours = [({end: port}, choice) for port, choice in _CHOICES for end in ("dport", "sport")]
    UDP.payload_guess = [*ours, *UDP.payload_guess]
    for layer, port in _BUILT:
        bind_top_down(UDP, layer, sport=port, dport=port)
        conf.layers.register(layer)


def unbind() -> None:
    """Take back what `bind` did; without it this does nothing."""
    from scapy.layers.inet import UDP

    choices = {choice for _, choice in _CHOICES}
    UDP.payload_guess = [row for row in UDP.payload_guess if row[1] not in choices]
    for layer, port in _BUILT:
        split_top_down(UDP, layer, sport=port, dport=port)
        if layer in conf.layers:
            unlisted(layer)

"""ESP by SPI and direction (RFC 4303 §2.1), for those who know which SPIs were negotiated.

This takes every frame the careful way, and costs what that costs.
"""

from collections.abc import Container
from typing import Final

from msgspec import Struct

from ikepcap.capture.decode import Decoder
from ikepcap.capture.ip import Packet

FLOWS_KEPT: Final = 65_536
_SPI_BYTES: Final = 4


class EspCount(Struct):
    """Packets from one address to another under one SPI; frames and times of the first and the last."""

    packets: int
    first: tuple[int, int]
    last: tuple[int, int]


class EspDecoder(Decoder):
    """A decoder that keeps account of ESP; memory is bounded, what comes beyond the bound is not kept."""

    def __init__(self, flows: dict[tuple[bytes, bytes, bytes], EspCount], spis: Container[bytes]) -> None:
        """Count into `flows`, by source, destination and SPI, what is under one of `spis`."""
        super().__init__()
        self._flows = flows
        self._spis = spis

    def on_esp(self, number: int, time_ns: int, packet: Packet, data: bytes, at: int) -> None:
        """Count a packet; later fragments of one have no SPI."""
        spi = data[at : at + _SPI_BYTES]
        if packet.fragment_offset or spi not in self._spis:
            return
        key = packet.source, packet.destination, spi
        flow = self._flows.get(key)
        if flow is not None:
            flow.packets += 1
            flow.last = number, time_ns
        elif len(self._flows) < FLOWS_KEPT:
            self._flows[key] = EspCount(1, (number, time_ns), (number, time_ns))

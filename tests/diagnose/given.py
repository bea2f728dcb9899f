"""Captures whose contents are given instead of decrypted."""

import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final

from ikepcap.capture.reader import Capture
from ikepcap.report.build import Builder
from ikepcap.report.model import Conversation, Finding
from ikepcap.track.conversation import EspFlow, Inside, Notice, Opened
from ikepcap.track.tracker import Tracker
from ikepcap.wire.numbers import NotifyType
from ikepcap.wire.offer import Offer, Proposal, Transform
from tests.report.scene import Scene

HERE, THERE = "192.0.2.1", "198.51.100.7"
ESP, AES, SHA1, SHA2, TUNNEL = 3, 12, 2, 5, 1
LEFT, RIGHT, OTHER = "192.0.2.0/24", "198.51.100.0/24", "203.0.113.0/24"
SPIS: Final = (b"\xc1\1\1\1", b"\xc2\2\2\2")
"""What either peer receives under."""


def analyzed_with(scene: Scene, inside: Mapping[int, Inside], **more: Any) -> Conversation:
    """Return the entry of a scene whose messages were opened; all by frame, and ESP by SPI."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "scene.pcap")
        path.write_bytes(scene.pcap())
        tracker = Tracker()
        for found in Capture([path]).batches():
            tracker.take(found)
        (ended,) = tracker.end_all(scene._now_ns)
    built = Builder(strict=True).build(ended, would_show_4500=True, opened=Opened(inside, **more))
    assert isinstance(built, Conversation)
    return built


def the(conversation: Conversation, code: str) -> Finding:
    (found,) = (finding for finding in conversation.findings if finding.code == code)
    return found


def codes(conversation: Conversation) -> list[str]:
    return [finding.code for finding in conversation.findings]


def network(text: str, protocol: int = 0, port: int = 0) -> bytes:
    address = bytes(int(part) for part in text.partition("/")[0].split("."))
    return bytes((4, protocol)) + port.to_bytes(2) + address + b"\xff\xff\xff\0"


def transform(**values: int) -> Transform:
    given = {"key_bits": 128, "auth_algorithm": SHA1, "encapsulation": TUNNEL} | values
    return Transform(1, ESP, AES, (), 0, **given)


def asks(*transforms: Transform, spi: bytes = b"", between: Sequence[str] = (), ke_bytes: int = 0) -> Inside:
    proposal = Proposal(1, ESP, spi, len(transforms), transforms, 0)
    offer = Offer(1, 1, (proposal,), transforms, ())
    return Inside(offer=offer, identities=tuple(map(network, between)), ke_bytes=ke_bytes)


def notice(kind: NotifyType, data: bytes = b"") -> Inside:
    return Inside((Notice(kind, 16, data),))


def flow(sender: int, packets: int = 1, last_ns: int = 0) -> dict[bytes, tuple[EspFlow, ...]]:
    """ESP from a peer, which is under the other's SPI."""
    ends = bytes((192, 0, 2, 1)), bytes((198, 51, 100, 7))
    spi = SPIS[1 - sender]
    return {spi: (EspFlow(ends[sender], ends[1 - sender], spi, packets, 20, 29, 0, last_ns),)}

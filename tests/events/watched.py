"""Plays to records: what the tests of events ask again and again."""

import tempfile
from pathlib import Path

import ikepcap
from ikepcap.events.clear import Watcher
from ikepcap.events.collect import expected_records
from ikepcap.events.model import Expected, MainModeFailure
from ikepcap.report.model import Conversation
from ikepcap.testing import Play, pcap
from ikepcap.wire import build
from tests.report.scene import Scene, in_order

STATUS = 40003
AUTHIP_MAIN, AUTHIP_EXTENDED, AUTHIP_NOTIFY = 243, 245, 246


def watched(*plays: Play) -> tuple[list[Conversation], list[Expected]]:
    """Return the conversations of plays in one capture, and the records of both ends."""
    frames = in_order([frame for play in plays for frame in play.frames])
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "scene.pcap")
        path.write_bytes(pcap(frames))
        watcher = Watcher()
        run = ikepcap.conversations(path, keep_messages=False, watch=watcher, strict=True)
        conversations = sorted(run, key=lambda conversation: conversation.id)
    return conversations, list(expected_records(conversations, watcher))


def records(*plays: Play) -> list[Expected]:
    """Return the records of both ends."""
    return watched(*plays)[1]


def main_mode(record: Expected) -> MainModeFailure:
    """Return the failure of a main mode record."""
    assert isinstance(record.failure, MainModeFailure)
    return record.failure


def status(scene: Scene, by: str, code: int, *, kind: int = STATUS, exchange: int = 5) -> Scene:
    """Send Windows' own notify: IKEv1's, or AuthIP's, whose flags stand where the SPI's size does."""
    data = build.message(
        [build.notify(kind, data=code.to_bytes(4))],
        initiator_cookie=scene.cookies[:8],
        responder_cookie=scene.cookies[8:],
        exchange=exchange,
        message_id=7,
    )
    return scene.send(by, data)  # type: ignore[arg-type]  # a role


def authip(scene: Scene, by: str, octet: int, exchange: int = AUTHIP_MAIN, *, first: bool = False) -> Scene:
    """Send a message of AuthIP: a crypto payload of a sequence number, and what nobody can read."""
    data = build.message(
        [build.raw(133, bytes(4) + bytes([octet]) * 40)],
        initiator_cookie=scene.cookies[:8],
        responder_cookie=bytes(8) if first else scene.cookies[8:],
        exchange=exchange,
        message_id=1 if exchange == AUTHIP_EXTENDED else 0,
    )
    return scene.send(by, data)  # type: ignore[arg-type]  # a role

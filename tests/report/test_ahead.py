"""A conversation is told of in the same words wherever it was concluded, here or ahead of time elsewhere."""

import tempfile
from pathlib import Path

import msgspec

from ikepcap.capture.reader import Capture
from ikepcap.report.alike import Alike
from ikepcap.report.build import Builder, Concluded
from ikepcap.report.model import Conversation
from ikepcap.state.vantage import Vantage
from ikepcap.testing import pcap
from ikepcap.track.ended import Ended
from ikepcap.track.tracker import Tracker
from tests.report.scene import RETRIES, in_order
from tests.state.test_judge import kinds, scene


def ended() -> list[Ended]:
    """Return conversations that are like others, and such as are not, between peers next to the capture."""
    plays = [play for first in (0, 20, 40) for play in kinds(first)]
    plays += [
        scene(60).msg1().repeat(RETRIES),
        scene(61).msg1().msg2().msg3().repeat(RETRIES),
        scene(62).phase1().quick(1).repeat(RETRIES),
        scene(63).phase1().start_late(2).quick(1, 2, 3),
    ]
    frames = in_order([frame for play in plays for frame in play.frames])
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "scene.pcap")
        path.write_bytes(pcap(frames))
        tracker = Tracker()
        for found in Capture([path]).batches():
            tracker.take(found)
        return list(tracker.end_all(frames[-1].time_ns))


def built(conversations: list[Ended | Concluded]) -> tuple[list[Conversation], Vantage]:
    builder = Builder(strict=True)
    told = [builder.build(one, would_show_4500=True) for one in conversations]
    entries = [one.entry() if isinstance(one, Alike) else one for one in told if one is not None]
    return entries, builder.votes.verdict()


def test_what_was_concluded_ahead_is_what_would_be_concluded_here() -> None:
    other, through = Builder(strict=True), msgspec.msgpack.Decoder(Ended | Concluded).decode
    ahead = [other.ahead(one, would_show_4500=True) for one in ended()]
    received = [through(msgspec.msgpack.encode(one)) for one in ahead]
    assert built(received) == built([*ended()])


def test_only_what_takes_long_is_concluded_ahead() -> None:
    other = Builder(strict=True)
    ahead = [other.ahead(one, would_show_4500=True) for one in ended()]
    assert [isinstance(one, Concluded) for one in ahead] == [not one.is_plain() for one in ended()]
    assert sum(isinstance(one, Concluded) for one in ahead) >= 4
    assert [other.ahead(one, would_show_4500=True) for one in ahead] == ahead


def test_a_conversation_concluded_ahead_has_as_many_messages() -> None:
    other = Builder(strict=True)
    counts = [other.ahead(one, would_show_4500=True).message_count for one in ended()]
    assert counts == [one.message_count for one in ended()]

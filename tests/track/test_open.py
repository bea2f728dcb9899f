"""Packed conversations: what is taken of the packed form is what the records say."""

import tempfile
from pathlib import Path

from ikepcap.capture.datagram import Datagram
from ikepcap.capture.reader import Capture
from ikepcap.testing import pcap
from ikepcap.track.clear import Reader
from ikepcap.track.ended import Ended
from ikepcap.track.tracker import Tracker
from tests.report.scene import INITIATOR, Scene


def datagrams(play: Scene) -> list[Datagram]:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "scene.pcap")
        path.write_bytes(pcap(play.frames))
        return [item for item in Capture([path]) if isinstance(item, Datagram)]


def ended(play: Scene) -> Ended:
    """Return the one conversation of a play, packed."""
    tracker = Tracker()
    tracker.take(datagrams(play))
    (found,) = tracker.end_all(play.frames[-1].time_ns)
    return found


def test_columns_of_a_plain_conversation_are_what_its_messages_say() -> None:
    packed = ended(Scene(nat=INITIATOR).phase1().quick(1, 2, 3))
    conversation, columns = packed.unpack(Reader()), packed.columns()
    seen = conversation.seen
    assert packed.is_plain()
    assert list(columns.senders) == [s.sender for s in seen]
    assert list(columns.exchanges) == [s.exchange for s in seen]
    assert list(columns.flags) == [s.flags for s in seen]
    assert [columns.firsts[at] for at, s in enumerate(seen)] == [s.payloads[0] for s in seen]
    assert list(columns.ttls) == [s.ttl for s in seen]
    assert list(columns.frames) == [s.frame for s in seen]
    assert list(columns.message_ids) == [s.message_id for s in seen]
    assert list(columns.wire_bytes) == [s.wire_bytes for s in seen]
    assert list(columns.source_ports) == [s.source_port for s in seen]
    assert list(columns.destination_ports) == [s.destination_port for s in seen]
    assert list(columns.times_ns) == [s.time_ns for s in seen]
    clear = [clear for _, clear, _ in packed.contents(Reader(), columns)]
    assert [seen[place].clear for place in packed.places(columns)] == clear


def test_a_copy_makes_a_conversation_something_else_than_plain() -> None:
    assert not ended(Scene().phase1().mirrored()).is_plain()
    assert not ended(Scene().msg1().repeat((4.0,)).msg2()).is_plain()


def test_a_message_is_read_the_same_however_many_like_it_came_before() -> None:
    reader = Reader()
    for seed in range(4):
        for mode in ("main", "aggressive"):
            for datagram in datagrams(Scene(seed=seed, mode=mode, nat=INITIATOR).phase1().quick(1, 2, 3)):
                for data in (
                    datagram.data,
                    datagram.data[:-1],
                    datagram.data[:40] + b"\0" + datagram.data[41:],
                ):
                    fresh = Reader().read(data, datagram.wire_bytes)
                    assert reader.read(data, datagram.wire_bytes) == fresh
                    assert reader.read(data, datagram.wire_bytes) == fresh

"""More conversations open than are kept: the idle ones end early, and no verdict depends on it."""

from typing import Final

from ikepcap.capture.write import Hop, udp_packets
from ikepcap.testing import Frame
from ikepcap.testing.stage import EPOCH_NS, SECOND_NS
from tests.report.scene import Scene, analyzed, faults, in_order, told

MANY: Final = 9_000
"""More than the 8,192 below which none is finished early."""
RUNNING_S: Final = 240


def crowd() -> list[Frame]:
    """One MSG1 each, sent once more 4 s later, from as many cookies; over some minutes."""
    opening = Scene().msg1().shots[0].payloads[0]
    hop = Hop("192.0.2.66", "198.51.100.99", 60)
    frames = []
    for n in range(1, MANY + 1):
        at_ns = EPOCH_NS + n * RUNNING_S * SECOND_NS // MANY
        packet = udp_packets(hop, 500, 500, n.to_bytes(8) + opening[8:])[0]
        frames += [
            Frame(at_ns, packet),
            Frame(at_ns + 4 * SECOND_NS, packet[:4] + b"\x77\x77" + packet[6:]),
        ]
    return frames


def test_crowd_of_conversations_changes_no_verdict() -> None:
    """One among them repeats itself with gaps of 42 s, the longest that is known, and comes up then."""
    slow = Scene(seed=3).msg1().repeat((4.0, 7.2, 13.0, 23.3, 42.0, 42.0, 42.0)).msg2().msg3().msg4()
    slow.msg5().msg6().quick(1, 2, 3).wait(60).dead_peer_detection()
    found = analyzed(in_order([*crowd(), *slow.frames]), keep_messages=False).conversations
    assert len(found) == MANY + 1
    assert [c.id for c in found] == list(range(1, MANY + 2))
    (among,) = [c for c in found if c.initiator_cookie == slow.cookies[:8].hex()]
    assert (among.outcome, among.message_count, faults(among)) == ("established", len(slow.shots), [])
    others = [c for c in found if c is not among]
    assert {(c.outcome, c.last_message, c.message_count) for c in others} == {("stalled", 1, 2)}


def test_conversation_that_was_idle_for_long_is_taken_up_again() -> None:
    """Below the limit nothing is finished early: a keepalive after a day still belongs to its SA."""
    play = Scene().phase1().quick(1, 2, 3).wait(86_400).dead_peer_detection()
    (found,) = analyzed(play).conversations
    assert [step for _, _, step, _, _ in told(found)][-2:] == ["INFO", "INFO"]
    assert (found.outcome, faults(found)) == ("established", [])

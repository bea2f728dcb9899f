"""More conversations open than are kept: the idle ones end early, and no verdict depends on it."""

from typing import Final

import pytest

from ikepcap.capture.write import Hop, udp_packets
from ikepcap.testing import Frame
from ikepcap.testing.stage import EPOCH_NS, SECOND_NS
from ikepcap.track import registry
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


def test_flood_ends_those_that_were_silent_for_longest(monkeypatch: pytest.MonkeyPatch) -> None:
    """One that began before all others and goes on among them stays whole."""
    monkeypatch.setattr(registry, "OPEN_LIMIT", 100)
    monkeypatch.setattr(registry, "HARD_LIMIT", 400)
    play = Scene(seed=3).msg1().wait(3).msg2().wait(3).msg3().wait(3).msg4().wait(3).msg5().wait(3).msg6()
    play.wait(3).quick(1, 2, 3)
    found = analyzed(in_order([*crowd(), *play.frames]), keep_messages=False).conversations
    (among,) = [c for c in found if c.initiator_cookie == play.cookies[:8].hex()]
    assert (among.outcome, among.message_count) == ("established", len(play.shots))


def test_scan_that_ends_a_few_at_a_time_is_one_scan(monkeypatch: pytest.MonkeyPatch) -> None:
    """Eight hosts are asked in a minute, among many conversations: some of them end while others are open."""
    monkeypatch.setattr(registry, "OPEN_LIMIT", 100)
    asked = [
        Scene(responder=f"198.51.100.{n}", seed=40 + n, start_s=8 * n, vendor_ids=((), ())).msg1()
        for n in range(8)
    ]
    frames = in_order([*crowd(), *(frame for one in asked for frame in one.frames)])
    found = {c.initiator_cookie: c for c in analyzed(frames, keep_messages=False).conversations}
    scanned = [found[one.cookies[:8].hex()] for one in asked]
    assert {(one.outcome, len(faults(one))) for one in scanned} == {("probe", 0)}
    assert all("hosts" in one.findings[0].claim for one in scanned)

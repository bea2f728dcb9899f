"""Two peers on one address, as on the loopback of a lab: their ports tell them apart."""

from ikepcap.capture.write import Hop, udp_packets
from ikepcap.testing import Frame
from ikepcap.testing.stage import MARKER
from tests.report.scene import RETRIES, Scene, analyzed, faults, notes, only

PORTS = (40_500, 500)
MOVED = (44_500, 4500)


def loopback(play: Scene, ports: tuple[int, int] = PORTS) -> list[Frame]:
    """Return what was played on 127.0.0.1, between the initiator's port and the responder's."""
    frames = []
    for number, shot in enumerate(play.shots):
        ends = MOVED if shot.on_4500 else ports
        if shot.sender == 1:
            ends = ends[::-1]
        data = (MARKER if shot.on_4500 else b"") + shot.payloads[0]
        hop = Hop("127.0.0.1", "127.0.0.1", 64, number + 1)
        frames.append(Frame(shot.time_ns, udp_packets(hop, *ends, data)[0]))
    return frames


def test_two_peers_on_one_address_are_two() -> None:
    found = only(loopback(Scene().phase1().quick(1, 2, 3)))
    assert (found.outcome, faults(found), notes(found)) == ("established", [], [])
    assert (found.initiator.port, found.responder.port) == PORTS
    assert [m.sender for m in found.messages or ()][:4] == ["initiator", "responder"] * 2
    assert [e.outcome for e in found.exchanges] == ["established"]


def test_they_are_two_after_they_moved_to_other_ports() -> None:
    found = only(loopback(Scene(nat="initiator").phase1().quick(1, 2, 3)))
    assert (found.outcome, [e.outcome for e in found.exchanges]) == ("established", ["established"])
    assert "one-sided" not in notes(found)


def test_responder_that_repeats_itself_on_the_same_address_is_told_from_the_initiator() -> None:
    found = only(loopback(Scene().upto(5).repeat(RETRIES, "MSG4", "MSG5")))
    assert faults(found)[0] == "psk-mismatch"


def test_negotiations_that_follow_each_other_on_one_address_did_not_cross() -> None:
    one, other = Scene().phase1(), Scene(seed=2, start_s=1).phase1()
    frames = sorted(loopback(one) + loopback(other, (40_501, 500)), key=lambda frame: frame.time_ns)
    for found in analyzed(frames).conversations:
        assert "simultaneous-initiation" not in notes(found)

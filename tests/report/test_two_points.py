"""Captures at two points of one path: what passes from one to the other, and what does not, or not whole."""

from ikepcap.capture.write import checksum
from ikepcap.testing import Frame
from tests.report.scene import (
    INITIATOR,
    RESPONDER,
    RETRIES,
    Scene,
    analyzed,
    faults,
    in_order,
    lines,
    notes,
    only,
)


def further(frame: Frame, *, altered: bool = False) -> Frame:
    """The same transmission behind one router more."""
    packet = frame.packet
    packet = packet[:8] + bytes([packet[8] - 1]) + packet[9:]
    if altered:
        packet = packet[:-8] + bytes(8)
    return Frame(frame.time_ns + 30_000, packet)


def two_points(play: Scene, *, lost: tuple[str, ...] = (), altered: tuple[str, ...] = ()) -> list[Frame]:
    """Everything twice, but what gets lost between the two points."""
    both = list(play.frames)
    for shot in play.shots:
        if shot.step not in lost:
            both += [further(frame, altered=shot.step in altered) for frame in shot.frames]
    return in_order(both)


def lossy(*steps: str) -> Scene:
    return Scene(near=RESPONDER).upto(int(steps[-1][3])).repeat(RETRIES, *steps).bystander(20)


def test_answer_that_only_one_point_shows_was_lost_between_them() -> None:
    for steps in (("MSG1", "MSG2"), ("MSG3", "MSG4"), ("MSG5", "MSG6")):
        found = only(two_points(lossy(*steps), lost=steps[1:]))
        first = found.findings[0]
        assert (found.outcome, first.code, first.certainty) == ("stalled", "replies-lost", "proven")
        assert f"{steps[1]} gets lost between the two points" in first.claim


def test_answer_that_both_points_show_was_lost_elsewhere() -> None:
    found = only(two_points(lossy("MSG5", "MSG6")))
    assert (found.findings[0].code, found.findings[0].certainty) == ("replies-lost", "likely")


def test_capture_that_shows_only_some_twice_proves_no_loss() -> None:
    found = only(two_points(lossy("MSG5", "MSG6"), lost=("MSG3", "MSG6")))
    assert (found.findings[0].code, found.findings[0].certainty) == ("replies-lost", "likely")


def test_message_that_is_altered_on_the_way_was_not_sent_again() -> None:
    play = Scene().upto(5).repeat(RETRIES).bystander(30)
    found = only(two_points(play, altered=("MSG5",)))
    assert (found.outcome, found.awaited_message) == ("stalled", 6)
    assert "(4 copies in " in found.summary
    assert [m.kind for m in lines(found)].count("duplicate") == len(lines(found)) // 2
    assert any("altered between two capture points" in f.claim for f in found.findings)


def test_healthy_negotiation_at_two_points_is_not_altered() -> None:
    found = only(two_points(Scene().phase1().quick(1, 2, 3).dead_peer_detection()))
    assert (found.outcome, faults(found), notes(found)) == ("established", [], ["duplicate-frames"])
    assert "altered" not in found.findings[0].claim


def test_two_points_are_next_to_nobody() -> None:
    for near in (INITIATOR, RESPONDER):
        vantage = analyzed(two_points(Scene(near=near).phase1())).vantage
        assert (vantage.near, "several" in vantage.why or "at points" in vantage.why) == ("unknown", True)


def test_mirror_port_is_next_to_whom_it_is() -> None:
    assert analyzed(Scene(near=RESPONDER).phase1().mirrored()).vantage.near == "responder"


def elsewhere(play: Scene, only_from: int = 0) -> list[Frame]:
    """The same with another source address in what the responder sends, from one frame on."""
    frames = []
    for number, frame in enumerate(play.frames):
        packet = frame.packet
        if number >= only_from and packet[12:16] == bytes((198, 51, 100, 7)):
            header = packet[:10] + bytes(2) + bytes((198, 51, 100, 8)) + packet[16:20]
            packet = header[:10] + checksum(header).to_bytes(2) + header[12:] + packet[20:]
        frames.append(Frame(frame.time_ns, packet))
    return frames


def test_answers_from_an_address_that_was_not_asked_are_named() -> None:
    found = only(elsewhere(Scene(near=RESPONDER).upto(2).repeat(RETRIES, "MSG1", "MSG2").bystander(9)))
    assert (faults(found), found.findings[0].certainty) == (["replies-lost"], "likely")
    assert "come from 198.51.100.8, and 198.51.100.7 was asked" in found.findings[0].claim
    assert "198.51.100.8" in found.findings[0].evidence[0]


def test_answers_that_came_from_the_address_that_was_asked_too_are_not_a_strangers() -> None:
    play = Scene(near=RESPONDER).upto(4).repeat(RETRIES, "MSG3", "MSG4").bystander(9)
    found = only(elsewhere(play, only_from=4))
    assert faults(found) == ["replies-lost"]
    assert "198.51.100.8" not in found.findings[0].claim


def test_other_address_of_a_peer_that_comes_up_is_no_fault() -> None:
    found = only(elsewhere(Scene().phase1().quick(1, 2, 3)))
    assert (found.outcome, faults(found)) == ("established", [])


def test_nat_before_the_responder_is_no_other_address() -> None:
    """On the inner side its answers come from its own address, on the outer from the one that was asked."""
    play = Scene(nat=RESPONDER).upto(2).repeat(RETRIES, "MSG1", "MSG2").inside_too()
    found = only(in_order(play.bystander(9).frames))
    assert "was asked" not in found.findings[0].claim

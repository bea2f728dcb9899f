"""Notes: what did no harm, and what the capture does not show."""

from pathlib import Path

import pytest

import ikepcap
from ikepcap.wire import build
from tests.report.scene import (
    INITIATOR,
    RESPONDER,
    RETRIES,
    Scene,
    analyzed,
    faults,
    notes,
    only,
)

# recovered


@pytest.mark.parametrize("last", [1, 3, 5])
def test_message_sent_again_and_answered_then_is_recovered(last: int) -> None:
    play = Scene().upto(last).repeat((4.0, 7.2))
    for number in range(last + 1, 7):
        getattr(play, f"msg{number}")()
    found = only(play)
    assert (found.outcome, faults(found), notes(found)) == ("established", [], ["recovered"])
    assert found.findings[0].frames == (last + 1, last + 2)


def test_negotiation_at_the_first_try_has_nothing_to_recover_from() -> None:
    assert only(Scene().phase1().quick(1, 2, 3)).findings == ()


def test_stalled_negotiation_has_not_recovered() -> None:
    assert "recovered" not in notes(only(Scene().msg1().repeat((4.0,)).msg2().msg3().repeat(RETRIES)))


# duplicate-frames


def test_frames_captured_twice_are_told_of_once() -> None:
    found = only(Scene().phase1().mirrored())
    assert notes(found) == ["duplicate-frames"]
    assert found.findings[0].frames == (2, 4, 6, 8, 10, 12)


def test_retransmissions_are_no_duplicate_frames() -> None:
    assert "duplicate-frames" not in notes(only(Scene().upto(3).repeat(RETRIES)))


def test_duplicates_do_not_turn_a_capture_that_ends_at_once_into_a_stall() -> None:
    found = only(Scene().upto(3).mirrored())
    assert (found.outcome, faults(found)) == ("in-progress", [])


# probe


def scan() -> Scene:
    """An opening as ike-scan sends it: without a vendor ID."""
    return Scene(vendor_ids=((), ()))


def test_msg1_answered_and_not_followed_up_is_a_probe() -> None:
    """ike-scan has what it wants with MSG2; nobody repeats anything."""
    found = only(scan().upto(2).bystander(120))
    assert (found.outcome, faults(found), notes(found)) == ("probe", [], ["probe"])


def test_one_lone_msg1_is_a_probe() -> None:
    """Every implementation repeats a MSG1 that is not answered."""
    found = only(scan().msg1().bystander(120))
    assert (found.outcome, faults(found), notes(found)) == ("probe", [], ["probe"])


@pytest.mark.parametrize(("play", "outcome"), [(scan(), "probe"), (Scene(), "stalled")])
def test_lone_msg1_without_vendor_ids_is_a_scanner_s_after_half_a_minute(play: Scene, outcome: str) -> None:
    """Live initiators show some, and repeat themselves after 20 s at the latest."""
    assert only(play.msg1().bystander(40)).outcome == outcome


def test_msg1_that_is_repeated_is_no_probe() -> None:
    assert only(scan().msg1().repeat(RETRIES).bystander(120)).outcome == "stalled"


def test_negotiation_that_goes_on_is_no_probe() -> None:
    assert only(scan().upto(3).repeat(RETRIES)).outcome == "stalled"


def test_lone_msg1_at_the_end_of_the_capture_is_no_probe_yet() -> None:
    assert only(scan().msg1()).outcome == "in-progress"


def test_lone_msg1_that_meets_a_closed_port_is_no_probe() -> None:
    """The answer says what the matter is."""
    found = only(Scene().msg1().port_unreachable().wait(1).again("MSG1").port_unreachable().bystander(120))
    assert (found.outcome, faults(found)) == ("stalled", ["port-closed"])


# the capture group


def test_capture_that_starts_late_says_so() -> None:
    found = only(Scene().phase1().quick(1, 2, 3).start_late(2))
    assert (found.outcome, notes(found)) == ("established", ["starts-late"])


def test_capture_from_msg1_on_does_not_start_late() -> None:
    assert "starts-late" not in notes(only(Scene().upto(3).repeat(RETRIES)))


def test_capture_that_ends_while_an_answer_is_due_says_so() -> None:
    assert notes(only(Scene().upto(3))) == ["ends-early"]


def test_capture_of_a_finished_negotiation_does_not_end_early() -> None:
    assert notes(only(Scene().phase1())) == []


def test_capture_of_a_stall_does_not_end_early() -> None:
    assert "ends-early" not in notes(only(Scene().upto(3).repeat(RETRIES)))


@pytest.mark.parametrize("side", [INITIATOR, RESPONDER])
def test_capture_of_one_direction_says_so(side: str) -> None:
    found = only(Scene().phase1().one_side(side))  # type: ignore[arg-type]
    assert "one-sided" in notes(found)
    assert faults(found) == []


def test_peer_that_never_answers_does_not_make_the_capture_one_sided() -> None:
    assert notes(only(Scene().msg1().repeat(RETRIES))) == []


def test_capture_of_port_500_alone_says_so() -> None:
    play = Scene(nat=INITIATOR).phase1().keep(lambda shot: not shot.on_4500).bystander(90)
    assert (only(play).outcome, notes(only(play))) == ("unknown", ["port-filtered-capture"])


def test_capture_of_port_4500_alone_says_so() -> None:
    found = only(Scene(nat=INITIATOR).phase1().quick(1, 2, 3).keep(lambda shot: shot.on_4500))
    assert "port-filtered-capture" in notes(found)
    assert faults(found) == []


def test_capture_of_both_ports_is_not_filtered() -> None:
    assert "port-filtered-capture" not in notes(only(Scene(nat=INITIATOR).phase1()))


def test_frames_cut_by_a_snaplen_are_truncated_and_not_malformed(tmp_path: Path) -> None:
    """The capture is at fault, not the peers."""
    path = tmp_path / "cut.pcap"
    path.write_bytes(Scene().phase1().quick(1, 2, 3).pcap(snaplen=120))
    report = ikepcap.analyze(path, strict=True)
    assert notes(report) == ["truncated-frames"]
    (found,) = report.conversations
    assert (found.outcome, faults(found)) == ("established", [])
    assert "truncated-frames" in notes(found)
    assert "malformed-messages" not in notes(found)


def test_time_that_steps_back_is_told_of_once() -> None:
    late, early = Scene(start_s=100).phase1(), Scene(seed=2).phase1()
    report = analyzed([*late.frames, *early.frames])
    assert notes(report) == ["time-steps-back"]
    assert report.findings[0].frames == (7,)
    assert [(c.outcome, faults(c)) for c in report.conversations] == [("established", [])] * 2


def test_time_that_goes_on_is_not_told_of() -> None:
    assert analyzed(Scene().phase1()).findings == ()


def test_file_that_is_cut_in_a_record_is_analysed_as_far_as_it_goes(tmp_path: Path) -> None:
    path = tmp_path / "cut.pcap"
    path.write_bytes(Scene().phase1().pcap()[:-10])
    report = ikepcap.analyze(path, strict=True)
    assert notes(report) == ["cut-file"]
    assert [(c.outcome, c.last_message) for c in report.conversations] == [("in-progress", 5)]


def test_hash_in_the_clear_of_aggressive_mode_is_told_of() -> None:
    """Security, not a fault: the hash of the key is readable."""
    found = only(Scene(mode="aggressive").phase1().quick(1, 2, 3))
    assert (faults(found), notes(found)) == ([], ["aggressive-psk"])


def test_aggressive_mode_with_signatures_shows_no_hash_of_a_key() -> None:
    assert notes(only(Scene(mode="aggressive", auth="rsa-sig").phase1())) == []


# stray-message


def test_clear_notify_that_changed_nothing_is_stray() -> None:
    """Anyone can send one: strongSwan heeds it, others go on."""
    found = only(
        Scene().msg1().notify(RESPONDER, responder_cookie=b"\x55" * 8).msg2().msg3().msg4().msg5().msg6()
    )
    assert (found.outcome, faults(found), "stray-message" in notes(found)) == ("established", [], True)


def test_whole_negotiation_has_no_stray_message() -> None:
    assert "stray-message" not in notes(only(Scene().phase1().quick(1, 2, 3).dead_peer_detection()))


# authip-coexistence


@pytest.mark.parametrize(("beside", "codes"), [(True, ["authip-coexistence"]), (False, [])])
def test_authip_beside_ikev1_is_told_of(beside: bool, codes: list[str]) -> None:
    """Windows sends both at once, and means to drop one."""
    play = Scene().phase1() if beside else Scene()
    authip = build.message([build.raw(133, bytes(20))], initiator_cookie=b"\x11" * 8, exchange=243)
    assert notes(analyzed(play.send(INITIATOR, authip))) == codes

"""Notes: what did no harm, and what the capture does not show."""

from pathlib import Path
from typing import Any

import pytest

import ikepcap
from ikepcap.wire import build
from ikepcap.wire.numbers import NotifyType
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
    play = Scene(nat=INITIATOR).phase1().keep(lambda shot: not shot.on_4500)
    found, _ = analyzed(play, Scene(initiator="192.0.2.77", seed=2, start_s=90).phase1()).conversations
    assert (found.outcome, notes(found)) == ("unknown", ["port-filtered-capture"])


def test_capture_of_port_4500_alone_says_so() -> None:
    found = only(Scene(nat=INITIATOR).phase1().quick(1, 2, 3).keep(lambda shot: shot.on_4500))
    assert "port-filtered-capture" in notes(found)
    assert faults(found) == []


def test_capture_of_both_ports_is_not_filtered() -> None:
    assert "port-filtered-capture" not in notes(only(Scene(nat=INITIATOR).phase1()))
    assert notes(only(Scene(nat=INITIATOR).phase1().start_late(2))) == ["starts-late"]
    assert notes(only(Scene(nat=INITIATOR).phase1().quick(1, 2, 3).start_late(6))) == ["starts-late"]


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


# what the notes say


def note(found: Any, code: str) -> Any:
    (finding,) = [f for f in found.findings if f.code == code]
    return finding


@pytest.mark.parametrize(
    ("copies", "claim"),
    [
        (1, "1 message was sent again, and it came up all the same."),
        (2, "2 messages were sent again, and it came up all the same."),
    ],
)
def test_messages_sent_again_are_counted(copies: int, claim: str) -> None:
    play = Scene().msg1().repeat((1.0,) * copies).msg2().msg3().msg4().msg5().msg6()
    found = note(only(play), "recovered")
    assert (found.claim, len(found.frames)) == (claim, copies)
    assert found.evidence[0].startswith(f"{copies} retransmission")
    assert found.evidence[0].split()[1] == ("retransmission" if copies == 1 else "retransmissions")


def test_copies_of_a_quick_mode_that_came_up_count_too() -> None:
    play = Scene().phase1().quick(1).repeat((1.0,)).quick(2, 3)
    assert note(only(play), "recovered").frames == (8,)


def test_copies_of_a_quick_mode_that_failed_are_no_recovery() -> None:
    found = only(Scene().phase1().quick(1).repeat(RETRIES))
    assert "recovered" not in notes(found)


def test_copies_of_a_transaction_are_told_elsewhere() -> None:
    play = Scene(auth="xauth-psk").phase1().transaction().repeat((1.0,), "T1", "T2").quick(1, 2, 3)
    assert "recovered" not in notes(only(play))


def test_stray_messages_are_counted_and_named() -> None:
    one = note(only(Scene().upto(5).notify(RESPONDER, NotifyType.INVALID_COOKIE).msg6()), "stray-message")
    assert one.claim.startswith("1 message in the clear changed nothing")
    assert one.evidence == ("Frame 6 from 198.51.100.7: INVALID-COOKIE; it came up all the same",)
    play = Scene().upto(5).notify(RESPONDER, NotifyType.INVALID_COOKIE)
    two = note(only(play.notify(RESPONDER, NotifyType.INVALID_SPI).msg6()), "stray-message")
    assert two.claim.startswith("2 messages in the clear")
    assert (two.frames, "INVALID-COOKIE and INVALID-SPI" in two.evidence[0]) == ((6, 7), True)


def test_copies_of_a_stray_message_are_not_more_of_them() -> None:
    play = Scene().upto(5).notify(RESPONDER, NotifyType.INVALID_COOKIE).again("NOTIFY").msg6()
    assert note(only(play), "stray-message").frames == (6,)


def test_status_notify_is_no_stray_message() -> None:
    play = Scene().upto(5).notify(RESPONDER, NotifyType.INITIAL_CONTACT).msg6()
    assert "stray-message" not in notes(only(play))


def test_notify_of_a_negotiation_that_failed_is_not_called_stray() -> None:
    play = Scene().upto(3).notify(RESPONDER, NotifyType.INVALID_COOKIE).wait(1).msg4().msg5().repeat(RETRIES)
    assert "stray-message" not in notes(only(play))


def test_early_end_is_told_with_what_is_left_of_the_capture() -> None:
    found = note(only(Scene().upto(3).bystander(2)), "ends-early")
    assert (found.frames, found.evidence) == ((3,), ("The capture goes on for 2.0 s after frame 3",))


def test_late_start_is_told_with_what_comes_first() -> None:
    found = note(only(Scene().phase1().quick(1, 2, 3).start_late(4)), "starts-late")
    assert found.evidence == ("The conversation begins in frame 1 with MSG5",)
    after = note(only(Scene().phase1().quick(1, 2, 3).start_late(6)), "starts-late")
    assert after.evidence == ("The conversation begins in frame 1 with what follows phase 1",)


def test_one_direction_is_told_with_who_is_there() -> None:
    found = note(only(Scene().phase1().quick(1, 2, 3).one_side(INITIATOR)), "one-sided")
    assert found.claim == "Only the initiator was captured: what the responder sent is not here."
    assert (found.certainty, found.frames) == ("proven", (1, 2, 3, 4))
    assert found.evidence == ("All 5 messages come from 192.0.2.1",)
    later = note(only(Scene().phase1().quick(1, 2, 3).one_side(INITIATOR).start_late(3)), "one-sided")
    assert later.certainty == "likely"


def test_probe_is_told_with_what_came_back() -> None:
    lone = note(only(Scene().msg1().bystander(70)), "probe")
    assert lone.evidence == (
        "MSG1 in frame 1 was sent once and nothing followed it from 192.0.2.1 in 70.0 s",
    )
    play = Scene(vendor_ids=((), ())).upto(2).bystander(10)
    assert note(only(play), "probe").evidence[0].endswith("in 10.0 s, although MSG2 came")


def test_both_who_began_at_once_are_told() -> None:
    other = Scene(initiator="198.51.100.7", responder="192.0.2.1", seed=2, start_s=0.01).phase1()
    found = note(analyzed(Scene().phase1(), other).conversations[0], "simultaneous-initiation")
    assert found.claim.endswith("198.51.100.7 opened a negotiation with 192.0.2.1 too.")
    assert found.frames == (1,)


def test_capture_of_port_500_alone_is_told_with_the_last_messages_there() -> None:
    play = Scene(nat=INITIATOR).phase1().keep(lambda shot: not shot.on_4500)
    found, _ = analyzed(play, Scene(initiator="192.0.2.77", seed=2, start_s=90).phase1()).conversations
    assert next(f for f in found.findings if f.code == "port-filtered-capture").frames == (3, 4)


@pytest.mark.parametrize(("mode", "last"), [("main", 4), ("aggressive", 2)])
def test_capture_of_port_4500_alone_is_told_with_what_went_over_500(mode: str, last: int) -> None:
    play = Scene(nat=INITIATOR, mode=mode).phase1().quick(1, 2, 3).start_late(last)  # type: ignore[arg-type]
    found = next(f for f in only(play).findings if f.code == "port-filtered-capture")
    assert found.claim == f"Only UDP 4500 was captured: messages 1 to {last} go over UDP 500."


def test_peers_that_use_port_4500_from_the_first_message_on_hide_nothing() -> None:
    for begins_at in (0, 1, 3):
        play = Scene(nat=INITIATOR)
        play._moved = True
        found = only(play.phase1().quick(1, 2, 3).start_late(begins_at))
        assert "port-filtered-capture" not in notes(found)


def test_message_with_a_defect_that_is_sent_again_is_told_once() -> None:
    play = Scene().msg1()
    shot = play.shots.pop()
    data = bytearray(shot.payloads[0])
    data[28 + 1] = 7  # a reserved octet of the first payload
    play.send(INITIATOR, bytes(data), step="MSG1")
    found = only(play.repeat(RETRIES))
    malformed = next(f for f in found.findings if f.code == "malformed-messages")
    assert (malformed.frames, len(malformed.evidence)) == ((1,), 1)

"""Who waits for an answer repeats itself: who does not, and goes on, was answered out of sight."""

import time

import pytest

from ikepcap.testing.stage import Role
from tests.report.scene import INITIATOR, RESPONDER, RETRIES, Scene, analyzed, faults, notes, only
from tests.state.test_exchanges import ends

SENDERS = pytest.mark.parametrize("by", [INITIATOR, RESPONDER])


def upto_msg5() -> Scene:
    """MSG6 is not in the capture."""
    return Scene().upto(5).msg6(hidden=True)


@SENDERS
def test_informational_long_after_a_message_that_nobody_repeated_is_no_refusal(by: Role) -> None:
    """A delete, or a keepalive: MSG5 would have been repeated by then, so MSG6 came."""
    found = only(upto_msg5().wait(8).informational(by))
    assert (found.outcome, faults(found)) == ("unknown", [])
    assert "MSG6 is not in the capture" in found.summary
    assert {found.initiator.certainty, found.responder.certainty} == {"presumed"}


def test_informational_at_once_is_a_refusal() -> None:
    found = only(Scene().upto(5).informational(RESPONDER))
    assert (found.outcome, faults(found)) == ("refused", ["authentication-failed"])


def test_informational_that_comes_late_to_who_still_asks_is_a_refusal() -> None:
    found = only(Scene().upto(5).repeat((4.0, 7.2)).wait(6).informational(RESPONDER))
    assert found.outcome == "refused"
    asked_later = only(Scene().upto(5).wait(6).informational(RESPONDER).wait(1).again("MSG5"))
    assert asked_later.outcome == "refused"


def test_both_peers_speak_long_after_what_nobody_repeated() -> None:
    found = only(upto_msg5().wait(8).dead_peer_detection())
    assert (found.outcome, faults(found)) == ("established", [])


@SENDERS
def test_silence_after_such_an_informational_is_no_stall(by: Role) -> None:
    found = only(upto_msg5().wait(8).informational(by).bystander(90))
    assert (found.outcome, faults(found)) == ("unknown", [])


def test_silence_alone_is_one() -> None:
    assert only(Scene().upto(5).bystander(90)).outcome == "stalled"


@SENDERS
@pytest.mark.parametrize("seconds", [0, 6])
def test_file_that_begins_with_msg6_does_not_tell_whose_it_is(by: Role, seconds: float) -> None:
    """One encrypted message of main mode is MSG5 or MSG6."""
    found = only(Scene().phase1().start_late(5).wait(seconds).informational(by))
    assert (found.outcome, faults(found)) == ("unknown", [])
    assert "MSG5 or MSG6" in found.summary
    assert found.initiator.certainty != "proven"


def test_file_that_begins_with_msg5_tells_whose_it_is_once_that_is_repeated() -> None:
    play = Scene().upto(5).informational(RESPONDER).wait(4).again("MSG5").start_late(4)
    assert only(play).outcome == "refused"


@pytest.mark.parametrize("seconds", [0, 16])
def test_one_direction_alone_refuses_nothing(seconds: float) -> None:
    found = only(Scene().phase1().wait(seconds).informational(INITIATOR).one_side(INITIATOR))
    assert (found.outcome, faults(found)) == ("unknown", [])


def test_half_of_who_refuses_shows_the_refusal() -> None:
    """After MSG4 the responder has no more to say in main mode but MSG6."""
    play = Scene().upto(5).informational(RESPONDER).wait(4).again("MSG5").informational(RESPONDER)
    assert only(play.one_side(RESPONDER)).outcome == "refused"


# Exchanges.


def test_quick_mode_whose_last_message_nobody_asked_for_is_not_stalled_by_a_new_negotiation() -> None:
    """QM3 is not in the capture; the responder would have repeated QM2."""
    found = analyzed(Scene().phase1().quick(1, 2), Scene(seed=2, start_s=20).phase1().quick(1, 2, 3))
    assert ends(found.conversations[0]) == [("quick", "unknown", 2, None, None)]
    assert faults(found.conversations[0]) == []


def test_quick_mode_whose_last_message_is_asked_for_is_stalled_all_the_same() -> None:
    first = Scene().phase1().quick(1, 2).repeat((4.0, 7.2))
    found = analyzed(first, Scene(seed=2, start_s=20).phase1().quick(1, 2, 3))
    assert faults(found.conversations[0]) == ["phase2-no-reply"]


def test_quick_mode_asked_for_once_by_who_goes_on_speaking_was_answered_out_of_sight() -> None:
    play = Scene().phase1().quick(1).wait(20).dead_peer_detection().wait(20).dead_peer_detection()
    found = only(play)
    assert (found.exchanges[0].outcome, faults(found)) == ("unknown", [])


def test_quick_mode_asked_for_again_and_again_by_who_goes_on_speaking_is_stalled() -> None:
    play = Scene().phase1().quick(1).repeat(RETRIES).wait(20).dead_peer_detection()
    assert faults(only(play)) == ["phase2-no-reply"]


def test_quick_mode_repeated_all_along_has_no_answer_wherever_it_was_captured() -> None:
    """Phase 1 is not in the capture, nor anything of the responder."""
    found = only(Scene().phase1().quick(1).repeat(RETRIES).start_late(6))
    assert ends(found) == [("quick", "stalled", 1, 2, RESPONDER)]
    assert (faults(found), notes(found)) == (["phase2-no-reply"], ["starts-late"])
    assert found.summary.endswith("quick mode stalled, the responder never sent QM2.")


@pytest.mark.parametrize("retries", [(), (4.0,), (4.0, 7.2)])
def test_quick_mode_repeated_for_a_while_may_have_been_answered_out_of_sight(
    retries: tuple[float, ...],
) -> None:
    found = only(Scene().phase1().quick(1).repeat(retries).start_late(6))
    assert (ends(found)[0][1], faults(found)) == ("unknown", [])


def test_half_a_transaction_before_a_tunnel_that_came_up_is_no_fault() -> None:
    """The capture begins with an answer, which looks like a question."""
    play = Scene(auth="xauth-psk").phase1().transaction().transaction().quick(1, 2, 3)
    found = only(play.start_late(7).bystander(60))
    assert [e.outcome for e in found.exchanges] == ["unknown", "established", "established"]
    assert (faults(found), notes(found)) == ([], ["starts-late"])


def test_question_that_is_repeated_in_vain_is_stalled_whatever_follows() -> None:
    play = Scene(auth="xauth-psk").phase1().transaction(answered=False).repeat(RETRIES).quick(1)
    assert "xauth-failed" in faults(only(play.bystander(5)))


def attempt(seed: int, start_s: float) -> Scene:
    """The user is refused: the client says goodbye in place of an answer to the verdict."""
    play = Scene(auth="xauth-psk", seed=seed, start_s=start_s).phase1().transaction()
    return play.transaction(answered=False).informational(INITIATOR, plain_bytes=80)


def test_the_same_messages_have_the_same_outcome_whatever_comes_after() -> None:
    found = analyzed(attempt(1, 0), attempt(2, 1), attempt(3, 20)).conversations
    assert {tuple(e.outcome for e in one.exchanges) for one in found} == {
        ("established", "refused", "established")
    }
    assert [faults(one) for one in found] == [["xauth-failed"]] * 3


def test_question_that_is_refused_is_told_so() -> None:
    play = Scene(auth="xauth-psk").phase1().wait(5).transaction(answered=False)
    found = only(play.informational(INITIATOR, plain_bytes=80).bystander(60))
    assert ends(found)[0] == ("transaction", "refused", 1, 2, INITIATOR)
    assert faults(found) == ["xauth-failed"]
    assert "the initiator refused a transaction" in found.summary


def test_what_refuses_msg6_is_not_told_of_a_question_besides() -> None:
    play = Scene(auth="xauth-psk").phase1().transaction(answered=False)
    assert faults(only(play.informational(INITIATOR, plain_bytes=80))) == ["authentication-failed"]


def test_keepalive_before_an_answer_refuses_no_transaction() -> None:
    play = Scene(auth="xauth-psk").phase1().transaction(answered=False).dead_peer_detection()
    assert faults(only(play)) == []


def ending(*, late: int = 0) -> Scene:
    """Deletes of both peers cross a quick mode that nobody wants any more."""
    play = Scene(delay_s=0.004).phase1().quick(1, 2, 3).wait(5).informational(RESPONDER, plain_bytes=80)
    play.quick(1).informational(INITIATOR, plain_bytes=92).informational(RESPONDER, plain_bytes=92)
    return play.informational(INITIATOR, plain_bytes=80).start_late(late)


@pytest.mark.parametrize("after_us", [None, 5, 900])
@pytest.mark.parametrize("late", [0, 9])
def test_end_of_a_tunnel_is_no_refusal_in_a_mirror_or_a_late_capture_either(
    after_us: int | None, late: int
) -> None:
    play = ending(late=late)
    if after_us is not None:
        play.mirrored(after_us)
    assert faults(only(play.bystander(60))) == []


def test_question_that_was_repeated_is_answered_where_both_go_on() -> None:
    """The answer is not in the capture; the verdict and the tunnel are."""
    play = Scene(auth="xauth-psk").phase1().transaction(answered=False).repeat(RETRIES)
    found = only(play.transaction().quick(1, 2, 3).bystander(60))
    assert [e.outcome for e in found.exchanges] == ["unknown", "established", "established"]
    assert faults(found) == []


def test_quick_mode_of_who_begins_anew_without_asking_again_is_not_stalled() -> None:
    first = Scene().phase1().quick(1).wait(5).informational(INITIATOR, plain_bytes=80)
    found = analyzed(first, Scene(seed=2, start_s=6).phase1().quick(1, 2, 3)).conversations[0]
    assert (found.exchanges[0].outcome, faults(found)) == ("unknown", [])


def test_answer_that_is_sent_twice_at_once_answers_a_copy() -> None:
    found = only(Scene().phase1().quick(1, 2).repeat((0.0001,)).bystander(60))
    assert (found.exchanges[0].outcome, faults(found)) == ("unknown", [])


def test_thousands_of_late_messages_are_judged_in_bounded_time() -> None:
    play = Scene().upto(5).wait(8)
    for _ in range(6_000):
        play.wait(1.0).informational(INITIATOR)
    begun = time.process_time()
    found = only(play)
    assert time.process_time() - begun < 5
    assert (found.outcome, found.message_count) == ("unknown", 6_005)

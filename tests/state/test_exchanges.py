"""Exchanges under a conversation's cookies: how far each got and who owed what."""

import pytest

from ikepcap.report.model import Conversation
from ikepcap.testing.stage import Role
from ikepcap.wire import build
from ikepcap.wire.numbers import Exchange
from tests.report.scene import INITIATOR, RESPONDER, RETRIES, Scene, faults, lines, notes, only

COMMIT = 0x02


def ends(conversation: Conversation) -> list[tuple[str, str, int | None, int | None, str | None]]:
    """Return kind, outcome, last and awaited message and silent peer of every exchange."""
    return [
        (e.kind, e.outcome, e.last_message, e.awaited_message, e.silent_peer) for e in conversation.exchanges
    ]


def other(role: Role) -> Role:
    return RESPONDER if role == INITIATOR else INITIATOR


BOTH = pytest.mark.parametrize("by", [INITIATOR, RESPONDER])


@BOTH
def test_quick_mode_of_three_messages_is_established(by: Role) -> None:
    found = only(Scene().phase1().quick(1, 2, 3, by=by))
    assert ends(found) == [("quick", "established", 3, None, None)]
    assert [e.started_by for e in found.exchanges] == [by]
    assert [m.step for m in lines(found)[6:]] == ["QM1", "QM2", "QM3"]
    assert faults(found) == []


@BOTH
def test_qm1_repeated_in_vain_is_stalled_by_the_peer_that_owes_qm2(by: Role) -> None:
    found = only(Scene().phase1().quick(1, by=by).repeat(RETRIES))
    assert ends(found) == [("quick", "stalled", 1, 2, other(by))]
    assert (found.outcome, faults(found)) == ("established", ["phase2-no-reply"])


@BOTH
def test_qm2_repeated_in_vain_is_stalled_by_the_peer_that_owes_qm3(by: Role) -> None:
    found = only(Scene().phase1().quick(1, 2, by=by).repeat(RETRIES))
    assert ends(found) == [("quick", "stalled", 2, 3, by)]
    assert (found.outcome, faults(found)) == ("established", ["phase2-no-reply"])


def test_silence_after_qm1_is_a_stall_after_enough_time_only() -> None:
    assert ends(only(Scene().phase1().quick(1).bystander(40))) == [("quick", "stalled", 1, 2, RESPONDER)]
    soon = only(Scene().phase1().quick(1).bystander(2))
    assert ends(soon) == [("quick", "in-progress", 1, 2, RESPONDER)]
    assert (soon.outcome, faults(soon), notes(soon)) == ("established", [], ["ends-early"])


def test_lost_qm3_is_a_stall_of_the_initiator_when_the_responder_goes_on_repeating_qm2() -> None:
    """Captured near the initiator, whose QM3 is seen and repeated, and does not arrive."""
    found = only(Scene().phase1().quick(1, 2, 3).repeat(RETRIES, "QM2", "QM3"))
    assert ends(found) == [("quick", "stalled", 3, 3, INITIATOR)]


def test_quick_mode_whose_messages_were_repeated_and_answered_is_established() -> None:
    found = only(Scene().phase1().quick(1).repeat((4.0,)).quick(2, 3))
    assert ends(found) == [("quick", "established", 3, None, None)]
    assert (faults(found), notes(found)) == ([], ["recovered"])


@BOTH
def test_encrypted_informational_in_place_of_qm2_refuses_quick_mode(by: Role) -> None:
    found = only(Scene().phase1().quick(1, 2, 3).wait(60).quick(1, by=by).informational(other(by)))
    assert ends(found)[1] == ("quick", "refused", 1, 2, other(by))
    assert (found.outcome, faults(found)) == ("established", ["phase2-refused"])


def test_refusal_of_every_copy_of_qm1_is_one_refused_quick_mode() -> None:
    """Pluto answers each copy anew; racoon and pluto go on repeating QM1."""
    play = Scene().phase1().quick(1).informational(RESPONDER)
    play.wait(0.5).again("QM1").informational(RESPONDER).wait(1).again("QM1").informational(RESPONDER)
    found = only(play)
    assert ends(found)[0] == ("quick", "refused", 1, 2, RESPONDER)
    assert faults(found) == ["phase2-refused"]


def test_answered_keepalive_beside_quick_mode_refuses_nothing() -> None:
    """R-U-THERE and its acknowledgement have one size and come in pairs (RFC 3706)."""
    found = only(Scene().phase1().quick(1).dead_peer_detection(RESPONDER).quick(2, 3))
    assert ends(found)[0] == ("quick", "established", 3, None, None)
    assert faults(found) == []


def test_delete_after_quick_mode_is_no_refusal_of_it() -> None:
    found = only(Scene().phase1().quick(1, 2, 3).wait(1).informational(RESPONDER))
    assert ends(found)[0] == ("quick", "established", 3, None, None)
    assert faults(found) == []


def test_fourth_message_after_the_commit_bit_is_qm4() -> None:
    """RFC 2408 §3.1: with the commit bit the responder says CONNECTED at the end."""
    play = Scene().phase1().quick(1).quick_with_flags(2, COMMIT, RESPONDER).quick(3)
    found = only(play.quick_with_flags(4, COMMIT, RESPONDER, 60))
    assert ends(found) == [("quick", "established", 4, None, None)]
    assert [m.step for m in lines(found)[6:]] == ["QM1", "QM2", "QM3", "QM4"]
    assert faults(found) == []


def test_capture_that_begins_with_qm3_shows_a_quick_mode_that_came_up() -> None:
    found = only(Scene().phase1().quick(1, 2, 3).start_late(8))
    assert ends(found) == [("quick", "established", 3, None, None)]
    assert [m.step for m in lines(found)] == ["QM3"]
    assert faults(found) == []


def test_capture_that_begins_with_qm2_knows_who_started() -> None:
    """QM3 holds a hash only and so is the smallest; it comes from the peer that sent QM1."""
    found = only(Scene().phase1().quick(1, 2, 3).start_late(7))
    assert [m.step for m in lines(found)] == ["QM2", "QM3"]
    assert [(m.sender, e.started_by) for m, e in zip(lines(found)[1:], found.exchanges, strict=True)] == [
        (INITIATOR, INITIATOR)
    ]


def test_qm3_after_qm1_proves_qm2_that_was_not_captured() -> None:
    """Only one direction was captured: QM3 is sent by nobody who did not get QM2."""
    found = only(Scene().phase1().quick(1, 2, 3).one_side(INITIATOR))
    assert ends(found) == [("quick", "established", 3, None, None)]
    assert [m.step for m in lines(found)[3:]] == ["QM1", "QM3"]


def test_one_direction_of_quick_mode_is_no_fault_of_the_peer_that_was_not_captured() -> None:
    found = only(Scene().phase1().quick(1, 2, 3).one_side(INITIATOR).bystander(60))
    assert faults(found) == []


def test_several_quick_modes_are_told_apart_by_message_id() -> None:
    found = only(Scene().phase1().quick(1, 2, 3).quick(1, 2, 3, by=RESPONDER).quick(1, 2))
    assert ends(found) == [
        ("quick", "established", 3, None, None),
        ("quick", "established", 3, None, None),
        ("quick", "in-progress", 2, 3, INITIATOR),
    ]
    assert len({e.message_id for e in found.exchanges}) == 3


def test_quick_mode_alone_proves_a_phase_1_that_is_not_in_the_capture() -> None:
    found = only(Scene().phase1(hidden=True).quick(1, 2, 3))
    assert (found.mode, found.outcome, found.last_message, found.awaited_message, found.silent_peer) == (
        "unknown", "established", None, None, None,
    )  # fmt: skip
    assert (found.initiator.states["ios"], found.initiator.certainty) == ("QM_IDLE", "proven")
    assert (faults(found), notes(found)) == ([], ["starts-late"])


def test_keepalives_of_both_peers_prove_a_phase_1_that_is_not_in_the_capture() -> None:
    """Protected informationals that come in pairs are no refusals."""
    play = Scene().phase1(hidden=True)
    found = only(play.dead_peer_detection().wait(30).dead_peer_detection())
    assert (found.mode, found.outcome, found.last_message) == ("unknown", "established", None)
    assert faults(found) == []
    assert {e[0] for e in ends(found)} == {"informational"}
    assert [m.step for m in lines(found)] == ["INFO"] * 4


def test_informationals_of_one_peer_alone_prove_nothing() -> None:
    """Unreadable and unanswered, they may as well be refusals or a dead peer."""
    play = Scene().phase1(hidden=True)
    for _ in range(3):
        play.dead_peer_detection(answered=False).wait(10)
    assert only(play).outcome == "unknown"


def test_transactions_in_pairs_are_established() -> None:
    """XAUTH asks and sets, mode-config is asked for by the client."""
    found = only(
        Scene(auth="xauth-psk").phase1().transaction().transaction().transaction(INITIATOR).quick(1, 2, 3)
    )
    assert ends(found) == [
        ("transaction", "established", 2, None, None),
        ("transaction", "established", 2, None, None),
        ("transaction", "established", 2, None, None),
        ("quick", "established", 3, None, None),
    ]
    assert [m.step for m in lines(found)[6:12]] == ["T1", "T2"] * 3
    assert faults(found) == []


def test_transaction_repeated_in_vain_is_stalled_by_the_client() -> None:
    found = only(Scene(auth="xauth-psk").phase1().transaction(answered=False).repeat(RETRIES))
    assert ends(found) == [("transaction", "stalled", 1, 2, INITIATOR)]
    assert faults(found)


def test_transaction_of_the_initiator_proves_that_msg6_arrived() -> None:
    found = only(Scene(auth="xauth-psk").phase1().transaction(INITIATOR))
    assert (found.outcome, found.initiator.progress, found.initiator.certainty) == (
        "established", 6, "proven",
    )  # fmt: skip


def test_transaction_request_repeated_by_the_responder_does_not_prove_that_msg6_arrived() -> None:
    """The responder is done with MSG6 and asks at once; the initiator goes on repeating MSG5."""
    play = Scene(auth="xauth-psk", near="responder").phase1().transaction(answered=False)
    found = only(play.repeat(RETRIES, "MSG5", "MSG6", "T1"))
    assert (found.outcome, found.last_message, found.initiator.progress) == ("stalled", 6, 5)


def test_qm2_that_comes_after_qm3_is_late_and_no_fourth_message() -> None:
    """The capture merges two clocks: without the commit bit quick mode has three messages."""
    frames = Scene().phase1().quick(1, 2, 3).frames
    found = only([*frames[:7], frames[8], frames[7]])
    assert ends(found) == [("quick", "established", 3, None, None)]
    assert [(m.step, m.kind) for m in lines(found)[6:]] == [("QM1", "new"), ("QM3", "new"), ("QM2", "late")]


def test_qm2_that_comes_before_qm1_does_not_make_the_responder_the_starter() -> None:
    frames = Scene().phase1().quick(1, 2, 3).frames
    found = only([*frames[:6], frames[7], frames[6], frames[8]])
    assert ends(found) == [("quick", "established", 3, None, None)]
    assert [e.started_by for e in found.exchanges] == [INITIATOR]


@pytest.mark.parametrize("answered", [True, False])
def test_new_group_mode_is_an_exchange_of_two_messages(answered: bool) -> None:
    """RFC 2409 §5.6: after phase 1, by either peer."""
    play = Scene().phase1()
    for by, fill in ((INITIATOR, b"a"), (RESPONDER, b"b"))[: 2 if answered else 1]:
        data = build.encrypted(
            fill * 80,
            initiator_cookie=play.cookies[:8],
            responder_cookie=play.cookies[8:],
            exchange=Exchange.NEW_GROUP,
            message_id=77,
        )
        play.send(by, data)
    found = only(play if answered else play.repeat(RETRIES))
    awaited = ("established", 2, None, None) if answered else ("stalled", 1, 2, RESPONDER)
    assert ends(found) == [("new-group", *awaited)]
    assert found.outcome == "established"


# QM3 that is lost and comes again


def asked_twice(gaps: tuple[float, ...] = (0.5, 1.0)) -> Scene:
    """QM2 is repeated after QM3 was seen, and QM3 answers it each time."""
    return Scene().phase1().quick(1, 2, 3).repeat(gaps, "QM2", "QM3")


def test_responder_that_stops_asking_for_qm3_has_got_it() -> None:
    found = only(asked_twice().bystander(40))
    assert ends(found) == [("quick", "established", 3, None, None)]
    assert (faults(found), notes(found)) == ([], ["recovered"])


def test_responder_that_may_still_ask_for_qm3_has_not_got_it_yet() -> None:
    assert ends(only(asked_twice().bystander(20)))[0][1] == "stalled"


def test_responder_that_asks_for_long_may_have_given_up() -> None:
    assert ends(only(asked_twice((4.0, 7.2, 13.0)).bystander(60)))[0][1] == "stalled"


def test_responder_that_asks_last_did_not_get_qm3() -> None:
    assert ends(only(asked_twice().wait(2).again("QM2").bystander(60)))[0][1] == "stalled"


# deletes that cross a quick mode


def torn_down(by: Role = RESPONDER) -> Scene:
    """A tunnel whose responder deletes both SAs."""
    play = Scene().phase1().quick(1, 2, 3).wait(4)
    return play.informational(by).informational(by)


def test_quick_mode_that_crosses_deletes_is_not_waited_for() -> None:
    found = only(torn_down().quick(1).bystander(60))
    assert [e.outcome for e in found.exchanges if e.kind == "quick"] == ["established", "unknown"]
    assert (faults(found), notes(found)) == ([], [])


def test_deletes_that_come_right_after_a_quick_mode_began_do_not_refuse_it() -> None:
    play = Scene().phase1().quick(1, 2, 3).wait(4).quick(1).informational(RESPONDER)
    found = only(play.informational(RESPONDER).bystander(60))
    assert faults(found) == []


def test_quick_mode_that_is_repeated_after_two_informationals_stalls() -> None:
    """Its sender knows of no delete: they were keepalives, and the peer is gone since."""
    found = only(torn_down().quick(1).repeat(RETRIES))
    assert faults(found) == ["phase2-no-reply"]


def test_quick_mode_long_after_informationals_stalls() -> None:
    assert faults(only(torn_down().wait(30).quick(1).bystander(60))) == ["phase2-no-reply"]


def test_quick_mode_that_a_peer_went_on_after_is_not_what_it_deleted() -> None:
    play = torn_down().quick(1).wait(20).informational(RESPONDER)
    assert faults(only(play.bystander(60))) == ["phase2-no-reply"]


def test_one_informational_in_place_of_qm2_refuses_another_tunnel() -> None:
    play = Scene().phase1().quick(1, 2, 3).wait(60).quick(1).informational(RESPONDER)
    assert faults(only(play.bystander(60))) == ["phase2-refused"]

"""What is told of exchanges after phase 1: which failed, how often, in whose way, and what else it may be."""

import re

import pytest

from ikepcap.report.model import Conversation, Finding
from ikepcap.wire.numbers import NotifyType
from tests.report.scene import INITIATOR, RESPONDER, RETRIES, Scene, analyzed, faults, notes, only

HERE, THERE = "192.0.2.1", "198.51.100.7"
DELETE = 64
"""Octets of HASH and a delete with both cookies, with SHA2-256 and AES."""
HERE_TOO = "where this was captured: does its own filter pass it, and what is in its log?"


def first(conversation: Conversation) -> Finding:
    return conversation.findings[0]


def evidence(conversation: Conversation) -> list[str]:
    """Return what the first finding rests on, message IDs left out."""
    return [re.sub(r"message ID [0-9a-f]{8}", "message ID x", line) for line in first(conversation).evidence]


def up() -> Scene:
    return Scene().phase1()


# quick modes that are not answered


def test_qm1_that_is_not_answered_is_told_with_its_copies() -> None:
    found = only(up().quick(1).repeat(RETRIES))
    assert first(found).claim == "Quick mode stalled: the responder never sent QM2."
    assert evidence(found) == ["QM1 of message ID x was sent 4 times over 24.2 s"]
    assert first(found).alternatives == ("phase2-selector-mismatch", "dead-peer", "replies-lost")
    assert first(found).settles_it == f"Capture at {THERE}: does QM1 arrive there?"
    assert first(found).frames == (7, 8, 9, 10)


def test_silence_after_a_single_qm1_is_told_with_its_length() -> None:
    found = only(up().quick(1).bystander(60))
    assert evidence(found) == [
        "QM1 of message ID x was sent once; nothing more of this exchange in the 60.0 s after it"
    ]


@pytest.mark.parametrize(("seconds", "is_told"), [(1.0, True), (0.9, False)])
def test_silence_is_worth_telling_from_a_second_on(seconds: float, is_told: bool) -> None:
    found = only(up().quick(1).repeat(RETRIES).bystander(seconds))
    assert ("nothing more" in evidence(found)[0]) is is_told


def test_qm2_that_is_not_answered_is_looked_for_at_the_initiator() -> None:
    found = only(up().quick(1, 2).repeat(RETRIES))
    assert first(found).claim == "Quick mode stalled: the initiator never sent QM3."
    assert first(found).settles_it == f"QM2 reaches {HERE}, {HERE_TOO}"


def test_quick_mode_that_the_responder_began_is_looked_for_the_other_way() -> None:
    found = only(up().quick(1, 2, by=RESPONDER).repeat(RETRIES))
    assert first(found).claim == "Quick mode stalled: the responder never sent QM3."
    assert first(found).settles_it == f"Capture at {THERE}: does QM2 arrive there?"


def test_qm3_that_does_not_arrive_can_only_be_lost() -> None:
    found = only(up().quick(1, 2, 3).repeat(RETRIES, "QM2", "QM3"))
    assert first(found).claim == (
        "Quick mode stalled: the responder goes on repeating QM2 although QM3 was sent."
    )
    assert first(found).alternatives == ("replies-lost",)
    assert first(found).settles_it == f"Capture at {THERE}: does QM3 arrive there?"


def test_icmp_errors_after_phase_1_are_told_by_name_and_number() -> None:
    play = up().quick(1)
    for gap in RETRIES:
        play.wait(gap).again("QM1").port_unreachable()
    assert evidence(only(play))[1:] == [f"3 times an ICMP port unreachable came from {THERE}"]


def test_icmp_errors_of_many_kinds_are_told_of_the_most_frequent() -> None:
    play = up().quick(1).repeat(RETRIES)
    for code in (0, 1, 1, 6, 6, 7, 13, 15):
        play.icmp(3, code)
    told = evidence(only(play))[1:]
    assert told[:2] == [
        "Twice an ICMP host unreachable came from 198.51.100.7",
        "Twice an ICMP destination net unknown came from 198.51.100.7",
    ]
    assert len(told) == 3


def test_icmp_error_without_a_name_is_told_by_number() -> None:
    play = up().quick(1).repeat(RETRIES).icmp(3, 15)
    assert evidence(only(play))[1:] == ["Once an ICMP error of type 3, code 15, came from 198.51.100.7"]


def test_aggressive_mode_whose_responder_fell_silent_may_lack_msg3() -> None:
    found = only(Scene(mode="aggressive").phase1().quick(1).repeat(RETRIES))
    assert first(found).alternatives == ("replies-lost", "authentication-failed", "dead-peer")
    assert evidence(found)[1:] == [
        "Nothing came from the responder after MSG3: that may not have arrived, or not been accepted"
    ]


def test_responder_that_spoke_after_msg3_has_it() -> None:
    play = Scene(mode="aggressive").phase1().dead_peer_detection().quick(1).repeat(RETRIES)
    assert first(only(play)).alternatives == ("phase2-selector-mismatch", "dead-peer", "replies-lost")


# quick modes that are refused


def refused(times: int) -> Scene:
    play = up()
    for _ in range(times):
        play.quick(1).informational(RESPONDER)
    return play


@pytest.mark.parametrize(("times", "more"), [(4, None), (5, "1 more ended the same way")])
def test_quick_modes_that_are_refused_are_told_one_by_one_up_to_four(times: int, more: str | None) -> None:
    found = only(refused(times))
    told = evidence(found)
    assert told[0] == (
        "QM1 of message ID x was sent once; frame 8 is an encrypted informational of 92 octets"
    )
    assert told[4:] == ([] if more is None else [more])
    assert first(found).frames == tuple(range(7, 7 + 2 * times))


def test_refusal_without_an_address_asked_for_names_phase_2_only() -> None:
    assert first(only(refused(1))).alternatives == (
        "phase2-proposal-mismatch", "phase2-selector-mismatch", "phase2-pfs-mismatch",
    )  # fmt: skip


@pytest.mark.parametrize("by", [INITIATOR, RESPONDER])
def test_refusal_after_an_address_was_asked_for_may_be_for_want_of_one(by: str) -> None:
    """A server that asks is asking for a user."""
    play = up().transaction(by).quick(1).informational(RESPONDER)  # type: ignore[arg-type]
    asked = "mode-config-failed" in first(only(play)).alternatives
    assert asked is (by == INITIATOR)


# keepalives


def kept(*, seconds: float = 2.0, unanswered: int = 3, answered: int = 1) -> Scene:
    """A tunnel whose initiator asks whether the other is there."""
    play = up().quick(1, 2, 3)
    for _ in range(answered):
        play.wait(10).dead_peer_detection()
    for _ in range(unanswered):
        play.wait(seconds).informational(INITIATOR, plain_bytes=80)
    return play


def test_keepalives_that_are_answered_no_more_are_counted_and_timed() -> None:
    found = only(kept())
    (told,) = evidence(found)
    assert told.startswith("3 encrypted informationals of 108 octets in 4.")
    assert told.endswith(" s from 192.0.2.1 without an answer")
    assert first(found).claim.startswith(f"The responder {THERE} is gone")
    assert first(found).frames == (12, 13, 14)


@pytest.mark.parametrize(
    ("kind", "codes"),
    [
        ({"unanswered": 2}, []),
        ({"answered": 0}, []),
        ({"seconds": 0.5}, []),
        ({"unanswered": 4}, ["dead-peer"]),
    ],
)
def test_peer_is_gone_after_three_keepalives_a_second_apart(kind: dict[str, int], codes: list[str]) -> None:
    """One or two get lost, heartbeats are never answered, and deletes come in bunches."""
    assert faults(only(kept(**kind))) == codes


def test_any_other_word_of_the_peer_shows_that_it_lives() -> None:
    assert (
        faults(only(kept(unanswered=2).quick(1, 2, 3, by=RESPONDER).wait(3).informational(INITIATOR))) == []
    )


def test_answer_of_another_size_is_an_answer_to_something_else() -> None:
    play = kept(answered=0).informational(RESPONDER, plain_bytes=64)
    for _ in range(3):
        play.wait(2).informational(RESPONDER, plain_bytes=64)
    assert faults(only(play)) == []


def test_keepalives_captured_twice_are_not_more_of_them() -> None:
    assert faults(only(kept(unanswered=2).mirrored())) == []


def test_keepalives_of_a_negotiation_that_stalled_say_nothing() -> None:
    play = Scene().upto(4).repeat(RETRIES)
    assert "dead-peer" not in faults(only(play))


# what ends early beside what failed


def test_capture_that_ends_early_is_not_blamed_where_something_failed() -> None:
    play = refused(1).quick(1)
    found = only(play)
    assert (faults(found), notes(found)) == (["phase2-refused"], [])


def test_capture_that_ends_early_stays_a_reading_of_what_is_only_possible() -> None:
    play = (
        Scene(auth="xauth-psk")
        .phase1()
        .transaction(answered=False)
        .repeat(RETRIES)
        .transaction(answered=False)
    )
    found = only(play)
    assert (faults(found), notes(found)) == (["xauth-failed"], ["ends-early"])


def test_initiator_that_begins_anew_after_a_delete_is_told() -> None:
    play = up().informational(RESPONDER, plain_bytes=64)
    found = analyzed(play, Scene(seed=2, start_s=30).msg1()).conversations[0]
    assert evidence(found)[-1] == "The initiator began a new negotiation after it"


def test_clear_delete_and_closed_one_are_told_apart() -> None:
    closed = only(up().informational(RESPONDER, plain_bytes=64).quick(1).bystander(60))
    clear = only(up().delete(RESPONDER).quick(1).bystander(60))
    assert "consistent with a delete" in first(closed).claim
    assert "consistent" not in first(clear).claim
    assert "an encrypted informational of a delete's size, 92 octets" in evidence(closed)[0]
    assert "is a delete, 56 octets" in evidence(clear)[0]
    assert not any("new negotiation" in line for line in evidence(closed))
    assert evidence(closed)[1] == f"Nothing more of {THERE} in the 60.0 s after it"


def test_clear_error_notify_after_phase_1_refuses_no_quick_mode() -> None:
    play = up().quick(1).notify(RESPONDER, NotifyType.NO_PROPOSAL_CHOSEN).repeat(RETRIES, "QM1")
    assert faults(only(play)) == ["phase2-no-reply"]


# who is not gone


def test_deletes_of_an_sa_that_was_replaced_are_no_keepalives() -> None:
    """An answered keepalive, two that got lost, then deletes, once the SA has a successor."""
    old = kept(unanswered=2).wait(20)
    for _ in range(2):
        old.wait(4).informational(INITIATOR, plain_bytes=80)
    new = Scene(seed=2, start_s=20).phase1().quick(1, 2, 3)
    assert [faults(one) for one in analyzed(old, new).conversations] == [[], []]


def test_informationals_of_another_size_than_keepalives_are_something_else() -> None:
    play = kept(unanswered=0)
    for _ in range(4):
        play.wait(4).informational(INITIATOR, plain_bytes=64)
    assert faults(only(play)) == []


def test_quick_mode_in_an_old_sa_may_have_met_a_peer_that_lost_it() -> None:
    old = up().quick(1, 2, 3).wait(300).quick(1).repeat(RETRIES)
    assert first(only(old)).alternatives == ("peer-restarted", "dead-peer", "replies-lost")
    assert first(only(up().wait(9.9).quick(1).repeat(RETRIES))).alternatives[0] == "phase2-selector-mismatch"
    late = only(up().wait(10).quick(1).repeat(RETRIES))
    assert first(late).alternatives[:2] == ("peer-restarted", "phase2-selector-mismatch")


def test_qm2_that_is_not_answered_shows_that_the_selectors_are_known() -> None:
    assert first(only(up().quick(1, 2).repeat(RETRIES))).alternatives == ("dead-peer", "replies-lost")


def test_copies_of_qm1_before_it_was_answered_do_not_ask_again() -> None:
    found = only(up().quick(1).repeat((1.0,)).quick(2).repeat(RETRIES))
    assert first(found).claim == "Quick mode stalled: the initiator never sent QM3."


def test_qm1_that_is_repeated_after_qm2_asks_for_that_again() -> None:
    found = only(up().quick(1, 2).repeat(RETRIES, "QM1", "QM2"))
    assert (
        first(found).claim == "Quick mode stalled: the initiator goes on repeating QM1 although QM2 was sent."
    )
    assert first(found).settles_it == f"QM2 reaches {HERE}, {HERE_TOO}"


def test_transaction_that_asks_for_a_user_is_no_request_for_an_address() -> None:
    play = Scene(auth="xauth-psk").phase1().transaction().quick(1).informational(RESPONDER)
    assert "mode-config-failed" not in first(only(play)).alternatives


def test_deletes_that_answer_a_refusal_need_both_their_size() -> None:
    """The first of the two is the refusal, which is no delete if it is smaller."""
    both = up().quick(1).informational(RESPONDER).informational(INITIATOR)
    assert "deleted-by-peer" in first(only(both.bystander(60))).alternatives
    other = up().quick(1).informational(RESPONDER).informational(INITIATOR, plain_bytes=48)
    assert "deleted-by-peer" not in first(only(other.bystander(60))).alternatives
    alone = up().quick(1).informational(RESPONDER)
    assert "deleted-by-peer" not in first(only(alone.bystander(60))).alternatives


def test_what_reaches_the_place_of_the_capture_is_not_to_be_captured_there() -> None:
    seen = Scene(near="responder").phase1().quick(1).repeat(RETRIES)
    assert first(only(seen)).settles_it == f"QM1 reaches {THERE}, {HERE_TOO}"
    own = Scene(near="responder").phase1().quick(1, 2).repeat(RETRIES)
    assert first(only(own)).settles_it == f"Capture at {HERE}: does QM2 arrive there?"
    between = Scene(near="between").phase1().quick(1).repeat(RETRIES)
    assert first(only(between)).settles_it == f"Capture at {THERE}: does QM1 arrive there?"


def test_every_copy_of_the_last_message_and_no_other_is_counted() -> None:
    twice = only(up().quick(1).repeat((4.0,)).bystander(60))
    assert evidence(twice)[0].startswith("QM1 of message ID x was sent twice over 4.0 s; nothing more")
    assert evidence(only(up().quick(1, 2).repeat(RETRIES))) == [
        "QM2 of message ID x was sent 4 times over 24.2 s"
    ]


def test_delete_in_answer_to_a_question_that_is_no_quick_mode_is_another_matter() -> None:
    """Mode-config that nobody answers is told by itself."""
    asked = up().transaction(INITIATOR, answered=False).informational(RESPONDER, plain_bytes=DELETE)
    assert "deleted-by-peer" not in faults(only(asked.bystander(60)))


def test_delete_before_there_was_a_tunnel_is_told_with_the_quick_mode_alone() -> None:
    found = only(up().informational(RESPONDER, plain_bytes=DELETE).quick(1).bystander(60))
    assert faults(found) == ["deleted-by-peer"]
    told = evidence(found)
    assert [line.partition(" ")[0] for line in told] == ["Frame", "Nothing", "QM1"]


def test_peer_whose_host_closed_the_port_did_not_mind_the_selectors() -> None:
    killed = up().quick(1).port_unreachable().repeat(RETRIES, "QM1", "ICMP")
    assert first(only(killed)).alternatives == ("dead-peer", "peer-restarted")
    assert "ICMP port unreachable came from 198.51.100.7" in evidence(only(killed))[1]
    by_router = up().quick(1).icmp(3, 3, "203.0.113.1").repeat(RETRIES, "QM1", "ICMP")
    by_host = up().quick(1).icmp(3, 1).repeat(RETRIES, "QM1", "ICMP")
    for other in (by_router, by_host):
        assert first(only(other)).alternatives[0] == "phase2-selector-mismatch"

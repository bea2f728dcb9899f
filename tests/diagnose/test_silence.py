"""What a silence is consistent with: fragments, ports, another cookie, a busy peer, and the peer's habits."""

import pytest

from ikepcap.capture.datagram import NATT_PORT
from ikepcap.testing.policy import DEAD_PEER, NAT_T, STRONGSWAN, XAUTH
from ikepcap.testing.stage import Role
from ikepcap.wire.numbers import NotifyType as N
from tests.report.scene import INITIATOR, RESPONDER, RETRIES, Scene, faults, only

PLAIN = (XAUTH, DEAD_PEER)


def evidence(play: Scene) -> str:
    return " ".join(only(play).findings[0].evidence)


# fragments-lost, where every fragment is in the capture


def test_first_message_in_ip_fragments_that_is_not_answered_is_one_whose_fragments_are_lost() -> None:
    found = only(Scene(auth="rsa-sig").upto(5).repeat(RETRIES))
    assert (faults(found), found.findings[0].certainty) == (["fragments-lost"], "likely")
    assert "certificate-rejected" in found.findings[0].alternatives


def test_message_in_one_piece_has_no_fragments_to_lose() -> None:
    assert faults(only(Scene().upto(5).repeat(RETRIES))) == ["peer-went-silent"]


def test_fragments_that_got_through_before_are_not_what_is_lost() -> None:
    """MSG3 came in fragments and was answered: this path takes fragments."""
    found = only(Scene(auth="rsa-sig", mtu=300).upto(5).repeat(RETRIES))
    assert faults(found) == ["peer-went-silent"]


def test_answer_in_ip_fragments_that_changes_nothing_is_one_whose_fragments_are_lost() -> None:
    found = only(Scene(auth="rsa-sig", near=RESPONDER).upto(6).repeat(RETRIES, "MSG5", "MSG6"))
    assert faults(found) == ["fragments-lost", "replies-lost"]


# nat-t-disagreement


def test_initiator_behind_a_nat_that_stays_on_500_disagrees() -> None:
    play = Scene(nat=INITIATOR).upto(4)
    play.msg5()
    moved = play.shots.pop()
    play.send(INITIATOR, moved.payloads[0], step="MSG5", on_4500=False).repeat(RETRIES)
    assert faults(only(play)) == ["nat-t-disagreement"]


def test_initiator_without_a_nat_is_right_to_stay_on_500() -> None:
    assert "nat-t-disagreement" not in faults(only(Scene(nat_t=True).upto(5).repeat(RETRIES)))


@pytest.mark.parametrize(("answer", "codes"), [(130, ["nat-t-disagreement"]), (20, ["peer-went-silent"])])
def test_nat_d_payloads_of_different_numbers_are_of_different_versions(answer: int, codes: list[str]) -> None:
    play = Scene(nat_t=True).upto(3)
    play.nat_d_kind = answer
    assert faults(only(play.msg4().msg5().repeat(RETRIES))) == codes


# peer-restarted


def other_msg2(play: Scene, by: Role = RESPONDER) -> Scene:
    """MSG2 under another responder cookie."""
    data = next(shot for shot in play.shots if shot.step == "MSG2").payloads[0]
    return play.wait(1).send(by, data[:8] + b"\x77" * 8 + data[16:])


def test_answer_under_another_cookie_is_of_a_responder_that_restarted() -> None:
    found = only(other_msg2(Scene().upto(3)).repeat(RETRIES, "MSG3"))
    assert faults(found) == ["peer-restarted", "peer-went-silent"]
    assert 4 in found.findings[0].frames


def test_answer_under_another_cookie_does_no_harm_to_what_comes_up() -> None:
    play = other_msg2(Scene().upto(3)).msg4().msg5().msg6()
    assert faults(only(play)) == []


# overloaded


@pytest.mark.parametrize("kind", [N.MS_NOTIFY_DOS_COOKIE, N.UNITY_LOAD_BALANCE])
def test_responder_that_asks_for_patience_is_overloaded(kind: int) -> None:
    play = Scene().msg1().notify(RESPONDER, kind).repeat(RETRIES, "MSG1")
    assert faults(only(play))[0] == "overloaded"


def test_status_notify_of_another_kind_is_no_overload() -> None:
    play = Scene().msg1().notify(RESPONDER, N.INITIAL_CONTACT).repeat(RETRIES, "MSG1")
    assert "overloaded" not in faults(only(play))


# habits


def test_strongswan_would_have_said_that_it_cannot_read_msg5() -> None:
    play = Scene(vendor_ids=(PLAIN, (*PLAIN, STRONGSWAN))).upto(5).repeat(RETRIES)
    found = only(play).findings[0]
    assert found.alternatives[0] == "replies-lost"
    assert "MSG5 did not arrive" in evidence(play)


def test_of_an_unknown_responder_silence_may_be_about_the_key() -> None:
    play = Scene(vendor_ids=(PLAIN, (*PLAIN, NAT_T))).upto(5).repeat(RETRIES)
    assert only(play).findings[0].alternatives[0] == "psk-mismatch"
    assert "MSG5 did not arrive" not in evidence(play)


# what a capture that starts late still shows of the key


def test_small_msg5_that_both_repeat_about_is_of_a_pre_shared_key() -> None:
    found = only(Scene().upto(5).repeat(RETRIES, "MSG4", "MSG5").start_late(3))
    assert faults(found)[0] == "psk-mismatch"


def test_large_msg5_that_both_repeat_about_is_not() -> None:
    found = only(Scene(auth="rsa-sig").upto(5).repeat(RETRIES, "MSG4", "MSG5").start_late(3))
    assert "psk-mismatch" not in faults(found)


def test_port_in_a_finding_is_the_one_of_nat_traversal() -> None:
    assert str(NATT_PORT) in only(Scene(nat=INITIATOR).upto(5).repeat(RETRIES)).findings[0].claim

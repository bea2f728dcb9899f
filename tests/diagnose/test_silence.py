"""What a silence is consistent with: fragments, ports, another cookie, a busy peer, and the peer's habits."""

import pytest

from ikepcap.capture.datagram import NATT_PORT
from ikepcap.testing.policy import DEAD_PEER, NAT_T, STRONGSWAN, XAUTH
from ikepcap.testing.stage import Role
from ikepcap.wire.numbers import NotifyType as N
from tests.report.scene import INITIATOR, RESPONDER, RETRIES, Scene, analyzed, faults, only

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


# what else a silence is consistent with, by what was due


SILENCES = (
    # method, mode, last message, what it could be besides
    ("psk", "main", 3, ("no-shared-secret", "replies-lost", "peer-restarted")),
    ("psk", "main", 4, ("no-shared-secret", "replies-lost")),
    ("rsa-sig", "main", 4, ("certificate-rejected", "replies-lost")),
    ("psk", "main", 5, ("psk-mismatch", "replies-lost")),
    ("xauth-psk", "main", 5, ("psk-mismatch", "replies-lost")),
    ("psk", "main", 2, ("replies-lost", "peer-restarted")),
    ("psk", "aggressive", 2, ("psk-mismatch", "replies-lost", "peer-restarted")),
)


@pytest.mark.parametrize(("auth", "mode", "last", "alternatives"), SILENCES)
def test_what_a_silence_could_be_depends_on_what_was_due(
    auth: str, mode: str, last: int, alternatives: tuple[str, ...]
) -> None:
    found = only(Scene(auth=auth, mode=mode).upto(last).repeat(RETRIES)).findings[0]  # type: ignore[arg-type]
    assert (found.code, found.certainty, found.alternatives) == ("peer-went-silent", "likely", alternatives)


def test_large_msg5_may_be_fragmented_further_on() -> None:
    large = only(Scene(auth="rsa-sig", mtu=9000).upto(5).repeat(RETRIES)).findings[0]
    assert large.alternatives == ("fragments-lost", "authentication-failed", "replies-lost")


def test_large_proof_that_is_awaited_may_be_fragmented_too() -> None:
    """MSG5 in IKE fragments passes any path; MSG6 is as large, and nobody saw in how many pieces."""
    play = Scene(auth="rsa-sig", ike_fragment_bytes=500).upto(5).repeat(RETRIES)
    assert only(play).findings[0].alternatives == ("fragments-lost", "authentication-failed", "replies-lost")


def test_small_msg3_that_is_not_answered_needs_no_fragments() -> None:
    small = only(Scene().upto(3).repeat(RETRIES)).findings[0]
    assert "fragments-lost" not in small.alternatives
    large = only(Scene(vendor_ids=((bytes(1100),), PLAIN)).msg1().repeat(RETRIES)).findings[0]
    assert large.code == "no-reply"


# who did not ask again


def test_initiator_that_does_not_ask_again_has_its_answer_or_has_stopped() -> None:
    found = only(Scene().upto(2).repeat(RETRIES).bystander(10))
    assert found.findings[0].claim.startswith("The initiator 192.0.2.1 spoke before and then fell silent")
    assert evidence(Scene().upto(2).repeat(RETRIES).bystander(10)).endswith(
        "It did not repeat MSG1: it got MSG2 and does not go on, or has stopped"
    )


def test_initiator_that_asked_twice_before_may_do_so_again() -> None:
    play = Scene().msg1().repeat((1.0,)).msg2().repeat(RETRIES).bystander(20)
    assert "did not repeat" not in evidence(play)


def test_initiator_may_take_half_a_minute_to_ask_again() -> None:
    assert "did not repeat" not in evidence(Scene().upto(2).repeat((4.0, 7.2)))


def test_responder_has_nothing_to_ask_again_for() -> None:
    play = Scene().upto(5).repeat(RETRIES).bystander(60)
    assert "did not repeat" not in evidence(play)
    assert "answered before and then fell silent" in only(play).findings[0].claim


# no-reply


@pytest.mark.parametrize(("mode", "by_mode"), [("main", ()), ("aggressive", ("mode-refused",))])
def test_no_reply_at_all_may_be_refused_by_silence(mode: str, by_mode: tuple[str, ...]) -> None:
    found = only(Scene(mode=mode).msg1().repeat(RETRIES)).findings[0]  # type: ignore[arg-type]
    assert (found.code, found.certainty, found.frames) == ("no-reply", "proven", (1, 2, 3, 4))
    assert found.alternatives == (
        "filtered", "unknown-peer", "proposal-mismatch", *by_mode, "version-refused", "replies-lost",
    )  # fmt: skip
    assert found.evidence == (
        "MSG1 was sent 4 times over 24.2 s",
        "No message from 198.51.100.7 in the 24.2 s after frame 1",
    )


def test_no_reply_of_a_peer_with_which_a_tunnel_came_up_is_no_matter_of_policy() -> None:
    before = Scene().phase1().quick(1, 2, 3)
    found = analyzed(before, Scene(seed=2, start_s=60).msg1().repeat(RETRIES)).conversations[1].findings[0]
    assert (found.code, found.alternatives) == ("no-reply", ("filtered", "dead-peer", "replies-lost"))
    assert "The negotiation that begins in frame 1 came up between these peers" in found.evidence


def test_tunnel_that_comes_up_later_explains_nothing_of_before() -> None:
    after = Scene(seed=2, start_s=60).phase1().quick(1, 2, 3)
    found = analyzed(Scene().msg1().repeat(RETRIES), after).conversations[0].findings[0]
    assert "unknown-peer" in found.alternatives


def test_no_reply_is_told_with_the_port_and_the_pieces_of_what_was_sent() -> None:
    assert "on UDP 4500" in evidence(Scene(nat=INITIATOR).upto(5).repeat(RETRIES))
    pieces = only(Scene(auth="rsa-sig").upto(5).repeat(RETRIES)).findings[0]
    assert any(line.endswith("octets and came in 2 fragments") for line in pieces.evidence)
    assert evidence(Scene().upto(3).bystander(70)).startswith("MSG3 was sent once No message")


# fragments, which of them


def test_fragments_that_both_can_send_as_whole_datagrams_are_not_what_is_lost() -> None:
    play = Scene(auth="rsa-sig", ike_fragment_bytes=500).upto(5).repeat(RETRIES)
    assert faults(only(play)) == ["peer-went-silent"]


def test_fragments_are_looked_for_where_they_go() -> None:
    found = only(Scene(auth="rsa-sig").upto(5).repeat(RETRIES)).findings[0]
    assert found.claim.startswith("The first message to the responder 198.51.100.7 that comes in fragments")
    assert found.alternatives == ("peer-went-silent", "certificate-rejected")
    with_key = only(Scene(mtu=100).upto(5).repeat(RETRIES))
    assert "psk-mismatch" in with_key.findings[0].alternatives


# the last message, which its sender has sent


def test_responder_that_went_on_has_sent_what_was_not_captured() -> None:
    play = Scene(auth="xauth-psk").upto(5).msg6(hidden=True).transaction(answered=False)
    found = only(play.repeat(RETRIES, "MSG5", "T1"))
    assert (found.outcome, faults(found)) == ("stalled", ["replies-lost", "xauth-failed"])
    assert "has gone on to what follows phase 1, so it has sent MSG6" in found.findings[0].claim
    assert found.findings[0].alternatives == ("filtered",)


# peers that are busy say so for themselves


def test_initiator_that_asks_for_patience_is_not_the_one_that_owes() -> None:
    play = Scene().upto(3).notify(INITIATOR, N.MS_NOTIFY_DOS_COOKIE).repeat(RETRIES, "MSG3")
    assert "overloaded" not in faults(only(play))


def test_each_kind_of_busy_is_told_in_words() -> None:
    words = {N.MS_NOTIFY_DOS_COOKIE: "cookie", N.UNITY_LOAD_BALANCE: "another gateway"}
    for kind, word in words.items():
        play = Scene().msg1().notify(RESPONDER, N.INITIAL_CONTACT).notify(RESPONDER, kind)
        found = only(play.repeat(RETRIES, "MSG1")).findings[0]
        assert word in found.claim
        assert found.frames == (3,)

"""deleted-by-peer: who ends what has just come up, and who only says something at that moment."""

import pytest

from ikepcap.testing.policy import STRONG, Suite
from ikepcap.testing.stage import Role
from ikepcap.wire.numbers import Encryption, Hash
from tests.report.scene import INITIATOR, RESPONDER, Scene, analyzed, faults, notes, only

DELETE = 64
"""HASH of SHA2-256 and a delete with two cookies: 36 + 28 octets."""
KEEPALIVE = 80
"""R-U-THERE instead: 36 + 32 octets, in whole blocks."""


def sent_away(by: Role = RESPONDER, plain_bytes: int = DELETE, **kind: object) -> Scene:
    """Phase 1, and at once an informational."""
    return Scene(**kind).phase1().informational(by, plain_bytes=plain_bytes)  # type: ignore[arg-type]


def again(after_s: float) -> Scene:
    """The initiator begins anew."""
    return Scene(seed=2, start_s=after_s).msg1()


# the other peer asks for a tunnel, once


def test_delete_right_after_msg6_ends_what_came_up() -> None:
    found = only(sent_away().quick(1).bystander(60))
    assert (found.outcome, faults(found), notes(found)) == ("established", ["deleted-by-peer"], [])
    assert found.summary.endswith("the responder ended it before there was a tunnel.")
    first = found.findings[0]
    assert (first.certainty, first.frames) == ("likely", (6, 7, 8))
    assert first.alternatives == ("phase2-no-reply",)


def test_quick_mode_that_is_repeated_was_sent_by_a_peer_that_knows_of_no_delete() -> None:
    found = only(sent_away().quick(1).repeat((4.0, 7.2, 13.0)).bystander(60))
    assert faults(found) == ["phase2-no-reply"]


def test_quick_mode_that_comes_up_is_of_a_peer_that_did_not_go() -> None:
    assert faults(only(sent_away().quick(1, 2, 3).bystander(60))) == []


def test_keepalive_is_larger_than_a_delete_with_this_cipher() -> None:
    assert faults(only(sent_away(plain_bytes=KEEPALIVE).quick(1).bystander(60))) == ["phase2-no-reply"]


@pytest.mark.parametrize(
    ("suite", "size", "is_one"),
    [
        (Suite(hash=Hash.SHA1), 64, True),
        (Suite(hash=Hash.SHA1), 48, False),
        (Suite(encryption=Encryption.TRIPLE_DES_CBC, key_bits=0, hash=Hash.SHA1), 56, True),
        (Suite(encryption=Encryption.TRIPLE_DES_CBC, key_bits=0, hash=Hash.SHA1), 64, False),
        (Suite(encryption=Encryption.TRIPLE_DES_CBC, key_bits=0, hash=Hash.MD5), 48, True),
        (Suite(hash=Hash.SHA2_512), 96, True),
    ],
)
def test_size_of_a_delete_follows_from_cipher_and_hash(suite: Suite, size: int, is_one: bool) -> None:
    found = faults(only(sent_away(plain_bytes=size, offer=(suite,)).quick(1).bystander(60)))
    assert found == (["deleted-by-peer"] if is_one else ["phase2-no-reply"])


def test_nothing_has_a_size_where_the_choice_was_not_captured() -> None:
    assert faults(only(sent_away().quick(1).bystander(60).start_late(2))) == ["phase2-no-reply"]


@pytest.mark.parametrize(("seconds", "code"), [(1.5, "deleted-by-peer"), (2.5, "phase2-no-reply")])
def test_what_comes_later_is_about_something_else(seconds: float, code: str) -> None:
    play = Scene().phase1().wait(seconds).informational(RESPONDER, plain_bytes=DELETE)
    assert faults(only(play.quick(1).bystander(60))) == [code]


def test_peer_that_goes_on_speaking_has_not_gone() -> None:
    play = sent_away().quick(1).wait(20).informational(RESPONDER, plain_bytes=DELETE)
    assert faults(only(play.bystander(60))) == ["phase2-no-reply"]


def test_capture_that_ends_too_soon_tells_nothing() -> None:
    found = only(sent_away().quick(1).bystander(3))
    assert (faults(found), notes(found)) == ([], ["ends-early"])


def test_informational_of_the_peer_that_gets_msg6_refuses_it() -> None:
    found = only(sent_away(INITIATOR).bystander(60))
    assert (found.outcome, "deleted-by-peer" in faults(found)) == ("refused", False)


# the initiator begins anew


@pytest.mark.parametrize(("seconds", "codes"), [(30.0, ["deleted-by-peer"]), (600.0, [])])
def test_peer_that_was_sent_away_begins_anew_soon(seconds: float, codes: list[str]) -> None:
    found = analyzed(sent_away(), again(seconds)).conversations[0]
    assert faults(found) == codes


def test_phase_1_that_only_waits_for_traffic_is_healthy() -> None:
    """INITIAL-CONTACT has the size of a delete, and nobody needs a tunnel yet."""
    assert faults(only(sent_away().bystander(600))) == []


def test_one_of_two_that_crossed_is_deleted_for_good_reason() -> None:
    other = Scene(initiator="198.51.100.7", responder="192.0.2.1", seed=2, start_s=0.01).phase1()
    found = analyzed(sent_away().quick(1).bystander(60), other.quick(1, 2, 3))
    assert [faults(one) for one in found.conversations] == [[], []]


# in the clear


def test_delete_in_the_clear_ends_it_too_but_anyone_can_send_one() -> None:
    found = only(Scene().phase1().delete(RESPONDER).bystander(60))
    assert faults(found) == ["deleted-by-peer"]
    assert found.findings[0].alternatives == ()
    assert "anyone on the path" in found.findings[0].evidence[-1]


def test_delete_in_the_clear_after_which_it_goes_on_changed_nothing() -> None:
    assert faults(only(Scene().phase1().delete(RESPONDER).quick(1, 2, 3).bystander(60))) == []


def test_delete_of_a_tunnel_that_was_up_is_how_tunnels_end() -> None:
    play = Scene().phase1().quick(1, 2, 3).informational(RESPONDER).informational(RESPONDER)
    assert faults(only(play.bystander(60))) == []


# a delete that answers a refusal


def refused(**kind: object) -> Scene:
    """QM1, an informational in place of QM2, and one of the same size from the initiator."""
    play = Scene(**kind).phase1().quick(1).informational(RESPONDER, plain_bytes=DELETE)  # type: ignore[arg-type]
    return play.informational(INITIATOR, plain_bytes=DELETE)


def test_delete_that_answers_a_refusal_is_no_keepalive() -> None:
    found = only(refused().bystander(60))
    assert faults(found) == ["phase2-refused"]
    assert found.exchanges[0].outcome == "refused"
    assert "deleted-by-peer" in found.findings[0].alternatives


def test_refusal_that_begins_the_end_of_a_series_is_one() -> None:
    assert faults(analyzed(refused(), again(5)).conversations[0]) == ["phase2-refused"]


def test_keepalive_amid_a_quick_mode_refuses_nothing() -> None:
    found = only(refused().again("QM1").bystander(60))
    assert faults(found) == ["phase2-no-reply"]


def test_keepalive_before_the_capture_ends_refuses_nothing() -> None:
    assert faults(only(refused().bystander(5))) == []


def test_deletes_of_both_that_cross_a_quick_mode_refuse_nothing() -> None:
    """The tunnel was up: Libreswan begins another while the two delete the SA."""
    play = Scene().phase1().quick(1, 2, 3).wait(4).quick(1).informational(RESPONDER)
    found = only(play.informational(INITIATOR).bystander(60))
    assert "phase2-refused" not in faults(found)


def test_refusal_of_another_size_than_a_delete_is_none() -> None:
    play = Scene(offer=(STRONG,)).phase1().quick(1).informational(RESPONDER, plain_bytes=48)
    found = only(play.informational(INITIATOR, plain_bytes=DELETE).bystander(60))
    assert faults(found) == ["phase2-refused"]
    assert "deleted-by-peer" not in found.findings[0].alternatives


# who sends what else of this size at this place


RACOON = bytes.fromhex("7003cbc1097dbe9c2600ba6983bc8b35")


def test_racoon_says_initial_contact_by_itself_at_this_place() -> None:
    play = sent_away(vendor_ids=((), (RACOON,))).quick(1)
    assert faults(only(play.bystander(60))) == ["phase2-no-reply"]


def test_delete_that_is_sent_again_is_the_same_delete() -> None:
    play = sent_away().quick(1).wait(5).again("INFO")
    assert faults(only(play.bystander(60))) == ["deleted-by-peer"]


@pytest.mark.parametrize(("seconds", "codes"), [(119.0, ["deleted-by-peer"]), (121.0, [])])
def test_who_is_sent_away_tries_again_within_two_minutes(seconds: float, codes: list[str]) -> None:
    assert faults(analyzed(sent_away(), again(seconds)).conversations[0]) == codes


@pytest.mark.parametrize(("seconds", "codes"), [(29.0, []), (31.0, ["deleted-by-peer"])])
def test_delete_in_the_clear_counts_once_nothing_follows_for_half_a_minute(
    seconds: float, codes: list[str]
) -> None:
    assert faults(only(Scene().phase1().delete(RESPONDER).bystander(seconds))) == codes


def test_transaction_that_a_goodbye_leaves_open_is_the_users() -> None:
    play = Scene(auth="xauth-psk").phase1().informational(RESPONDER, plain_bytes=DELETE)
    assert faults(only(play.transaction(answered=False).bystander(60))) == ["xauth-failed"]

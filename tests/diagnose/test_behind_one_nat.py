"""Several clients behind one NAT have one address: what one does says nothing of another.

And of two negotiations that cross, what one leaves is no fault if the other has it.
"""

from tests.report.scene import RESPONDER, RETRIES, Scene, analyzed, faults, notes

HERE, THERE = "192.0.2.1", "198.51.100.7"


def client(seed: int, start_s: float = 0, auth: str = "psk") -> Scene:
    """A client behind the one NAT, which gives each of them ports of its own."""
    return Scene(nat="initiator", seed=seed, start_s=start_s, auth=auth)


def lives(play: Scene) -> Scene:
    """It comes up, and its peer goes on speaking in it."""
    return play.phase1().quick(1, 2, 3).wait(60).dead_peer_detection()


def refused(play: Scene) -> Scene:
    return play.upto(5).informational(RESPONDER)


def test_failure_of_one_client_is_no_renewal_of_another() -> None:
    found = analyzed(lives(client(1)), refused(client(2, 20))).conversations
    assert [faults(one) for one in found] == [[], ["authentication-failed"]]


def test_failure_of_the_same_client_may_be_a_renewal() -> None:
    again = client(2, 20)
    again.rebound(client(1).ports[0])
    found = analyzed(lives(client(1)), refused(again)).conversations
    assert faults(found[1]) == ["authentication-failed", "rekey-failed"]


def test_client_without_a_nat_may_renew_from_either_port() -> None:
    found = analyzed(lives(Scene()), refused(Scene(seed=2, start_s=20))).conversations
    assert faults(found[1]) == ["authentication-failed", "rekey-failed"]


def test_tunnel_of_another_client_says_nothing_of_the_policy_for_this_one() -> None:
    found = analyzed(lives(client(1)), client(2, 20).msg1().repeat(RETRIES)).conversations
    assert faults(found[1]) == ["no-reply"]
    assert "unknown-peer" in found[1].findings[0].alternatives


def test_new_negotiation_of_another_client_does_not_end_a_login() -> None:
    login = client(1, auth="xauth-psk").phase1().transaction().transaction()
    found = analyzed(login, client(2, 1, auth="xauth-psk").phase1()).conversations
    assert (faults(found[0]), notes(found[0])) == ([], ["ends-early"])


def test_new_negotiation_of_the_same_client_does() -> None:
    login = client(1, auth="xauth-psk").phase1().transaction().transaction()
    again = client(2, 2, auth="xauth-psk")
    again.rebound(login.ports[1])
    found = analyzed(login, again.phase1()).conversations
    assert faults(found[0]) == ["xauth-failed"]


# Crossing.


def crossing(other: Scene, *, quick_after_s: float = 0) -> list[list[str]]:
    """The responder takes its own negotiation, and repeats QM2 of this one in vain."""
    left = Scene().phase1().wait(quick_after_s).quick(1, 2).repeat((4.0,)).bystander(1)
    return [faults(one) for one in analyzed(left, other).conversations]


def back() -> Scene:
    return Scene(initiator=THERE, responder=HERE, seed=2, start_s=0.01).phase1()


def test_tunnel_that_came_up_in_the_other_of_two_that_crossed_is_one() -> None:
    assert crossing(back().quick(1, 2, 3)) == [[], []]


def test_two_that_crossed_may_both_fail() -> None:
    assert crossing(back())[0] == ["phase2-no-reply"]
    assert crossing(back().quick(1))[0] == ["phase2-no-reply"]


def test_what_fails_long_after_they_crossed_is_a_fault() -> None:
    assert crossing(back().quick(1, 2, 3), quick_after_s=60)[0] == ["phase2-no-reply"]


def test_what_came_up_elsewhere_is_told() -> None:
    left = Scene().phase1().quick(1, 2).repeat((4.0,))
    found = analyzed(left, back().quick(1, 2, 3)).conversations
    assert "The tunnel came up in the other" in " ".join(found[0].findings[0].evidence)

"""XAUTH and mode-config: what did not follow."""

import pytest

from tests.report.scene import INITIATOR, RESPONDER, Scene, analyzed, faults, notes, only


def logged_in(auth: str = "xauth-psk") -> Scene:
    """Phase 1, the request and the verdict."""
    return Scene(auth=auth).phase1().transaction().transaction()


@pytest.mark.parametrize("auth", ["xauth-psk", "xauth-rsa", "hybrid"])
def test_login_that_nothing_follows_is_possibly_refused(auth: str) -> None:
    found = only(logged_in(auth).bystander(30))
    assert (found.outcome, faults(found)) == ("established", ["xauth-failed"])
    assert found.findings[0].certainty == "possible"


def test_login_after_which_the_client_begins_anew_is_likely_refused() -> None:
    again = Scene(auth="xauth-psk", seed=2, start_s=12).phase1().transaction().transaction()
    found = analyzed(logged_in(), again).conversations[0]
    assert faults(found)[:1] == ["xauth-failed"]
    assert found.findings[0].certainty == "likely"


def test_capture_that_ends_with_the_login_cannot_tell() -> None:
    found = only(logged_in())
    assert (faults(found), notes(found)) == ([], ["ends-early"])
    assert found.findings[0].alternatives == ("xauth-failed", "mode-config-failed")


@pytest.mark.parametrize("more", ["quick", "pull", "push"])
def test_login_that_something_follows_was_granted(more: str) -> None:
    play = logged_in()
    if more == "quick":
        play.quick(1, 2, 3)
    else:
        play.transaction(INITIATOR if more == "pull" else RESPONDER)
    assert faults(only(play.bystander(60))) == []


def test_transactions_without_xauth_are_no_login() -> None:
    assert faults(only(logged_in("psk").bystander(60))) == []


def test_login_whose_verdict_is_answered_with_a_goodbye_was_refused() -> None:
    """Libreswan deletes the SA where it should acknowledge a verdict that says no."""
    play = Scene(auth="xauth-psk").phase1().transaction().transaction(answered=False)
    found = only(play.informational(INITIATOR, plain_bytes=80).informational(RESPONDER, plain_bytes=80))
    assert (faults(found), found.findings[0].certainty) == (["xauth-failed"], "likely")


def test_verdict_that_is_only_not_answered_yet_tells_nothing() -> None:
    assert faults(only(Scene(auth="xauth-psk").phase1().transaction().transaction(answered=False))) == []


# no verdict


def asked(seconds: float = 0) -> Scene:
    """Phase 1 and the request of XAUTH, answered."""
    play = Scene(auth="xauth-psk").phase1().transaction()
    return play.bystander(seconds) if seconds else play


def test_login_that_gets_no_verdict_is_possibly_refused() -> None:
    found = only(asked(60))
    assert (faults(found), found.findings[0].certainty) == (["xauth-failed"], "possible")
    assert "no verdict ever came" in found.findings[0].claim


def test_login_without_a_verdict_is_likely_refused_where_the_client_begins_anew() -> None:
    again = Scene(auth="xauth-psk", seed=2, start_s=40).phase1()
    found = analyzed(asked(), again).conversations[0]
    assert (faults(found), found.findings[0].certainty) == (["xauth-failed"], "likely")


def test_capture_that_ends_before_a_verdict_may_come_cannot_tell() -> None:
    found = only(asked(15))
    assert (faults(found), notes(found)) == ([], ["ends-early"])


def test_quick_mode_after_the_answer_needs_no_verdict_in_the_capture() -> None:
    assert faults(only(asked().quick(1, 2, 3).bystander(60))) == []

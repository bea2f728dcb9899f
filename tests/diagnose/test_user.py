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


# an address that was asked for


def asked_for_address(answered: bool = True) -> Scene:
    return logged_in().transaction(INITIATOR, answered=answered)


def test_client_that_leaves_after_the_answer_got_no_address() -> None:
    found = only(asked_for_address().informational(INITIATOR).informational(INITIATOR))
    assert (faults(found), found.findings[0].certainty) == (["mode-config-failed"], "likely")
    assert found.findings[0].frames == (11, 12, 13, 14)


def test_client_that_goes_on_got_its_address() -> None:
    assert faults(only(asked_for_address().quick(1, 2, 3).informational(INITIATOR))) == []


def test_client_that_waits_for_traffic_has_its_address() -> None:
    assert faults(only(asked_for_address().bystander(60))) == []


def test_client_that_leaves_later_had_its_address() -> None:
    assert faults(only(asked_for_address().wait(10).informational(INITIATOR))) == []


def test_client_that_is_told_goodbye_did_not_leave_by_itself() -> None:
    play = asked_for_address().informational(INITIATOR).informational(RESPONDER)
    assert faults(only(play)) == []


def test_address_that_nobody_answers_about_is_told_as_that() -> None:
    play = asked_for_address(answered=False).repeat((4.0, 7.2)).informational(INITIATOR)
    found = only(play)
    assert (faults(found), found.findings[0].certainty) == (["mode-config-failed"], "possible")


@pytest.mark.parametrize(("seconds", "codes"), [(4.5, []), (5.5, ["xauth-failed"])])
def test_client_that_was_let_in_goes_on_within_seconds(seconds: float, codes: list[str]) -> None:
    assert faults(only(logged_in().bystander(seconds))) == codes


@pytest.mark.parametrize(("seconds", "codes"), [(19.5, []), (20.5, ["xauth-failed"])])
def test_server_may_take_a_while_for_its_verdict(seconds: float, codes: list[str]) -> None:
    assert faults(only(asked(seconds))) == codes


def test_what_login_rests_on_is_told() -> None:
    found = only(logged_in().informational(RESPONDER).bystander(30)).findings[0]
    assert found.evidence == (
        "2 transactions of the responder were answered, as XAUTH does",
        "No mode-config and no quick mode in the 30.0 s after it",
        "Frame 11 is an encrypted informational after it",
    )
    assert (found.certainty, found.frames) == ("likely", (7, 8, 9, 10))
    assert only(asked(60)).findings[0].evidence[0] == (
        "One transaction of the responder was answered, and none with a verdict came after it"
    )


def test_transaction_that_is_not_answered_is_told_with_who_asked() -> None:
    by_server = only(Scene(auth="xauth-psk").phase1().transaction(answered=False).repeat((4.0, 7.2)))
    assert faults(by_server) == ["xauth-failed"]
    assert (
        by_server.findings[0].claim == "The responder asked in a transaction and the initiator never replied."
    )
    assert by_server.findings[0].alternatives == ("replies-lost", "mode-config-failed")
    by_client = only(asked_for_address(answered=False).repeat((4.0, 7.2)))
    assert (
        by_client.findings[0].claim == "The initiator asked in a transaction and the responder never replied."
    )
    assert by_client.findings[0].alternatives == ("replies-lost", "xauth-failed")


def test_answer_that_does_not_arrive_is_told_as_that() -> None:
    found = only(Scene(auth="xauth-psk").phase1().transaction().repeat((4.0, 7.2, 13.0), "T1", "T2"))
    assert (
        found.findings[0].claim == "In a transaction the responder goes on repeating T1 although T2 was sent."
    )


def test_login_in_a_capture_that_starts_late_tells_nothing() -> None:
    assert faults(only(logged_in().bystander(60).start_late(1))) == []


@pytest.mark.parametrize("first", ["transaction", "msg6"])
def test_verdict_that_is_cut_short_needs_a_request_that_was_answered(first: str) -> None:
    """A goodbye after a request alone is of a client that wants no XAUTH."""
    play = Scene(auth="xauth-psk").phase1().transaction(answered=first == "transaction")
    play.transaction(answered=False).informational(INITIATOR, plain_bytes=80)
    found = only(play.informational(RESPONDER, plain_bytes=80))
    assert (faults(found) == ["xauth-failed"]) is (first == "transaction")


def test_goodbye_of_the_server_is_no_answer_of_the_client() -> None:
    play = Scene(auth="xauth-psk").phase1().transaction().transaction(answered=False)
    assert faults(only(play.informational(RESPONDER, plain_bytes=80))) == []


def test_client_that_asks_for_a_tunnel_and_leaves_has_its_address() -> None:
    assert faults(only(asked_for_address().quick(1).informational(INITIATOR))) == []


def test_verdict_that_was_acknowledged_is_not_cut_short() -> None:
    found = only(logged_in().informational(INITIATOR).bystander(30)).findings[0]
    assert found.evidence[0] == "2 transactions of the responder were answered, as XAUTH does"


@pytest.mark.parametrize("word", ["clear", "before"])
def test_only_what_is_protected_and_comes_after_the_login_is_about_it(word: str) -> None:
    """Anyone can send a notify in the clear, and INITIAL-CONTACT comes before XAUTH."""
    play = Scene(auth="xauth-psk").phase1()
    if word == "before":
        play.informational(RESPONDER)
    play.transaction().transaction()
    if word == "clear":
        play.notify(RESPONDER)
    found = only(play.bystander(30)).findings[0]
    assert (found.code, found.certainty, len(found.evidence)) == ("xauth-failed", "possible", 2)

"""What tells one closed refusal from another: who goes on, who repeats what, and what it came after."""

import pytest

from ikepcap.report.model import Finding
from ikepcap.wire import build
from ikepcap.wire.numbers import Exchange
from ikepcap.wire.numbers import NotifyType as N
from tests.report.scene import INITIATOR, RESPONDER, RETRIES, Scene, only


def first(play: Scene) -> Finding:
    return only(play).findings[0]


def refused(play: Scene | None = None) -> Scene:
    """MSG5, and an encrypted informational of the responder."""
    return (play or Scene().upto(5)).informational(RESPONDER)


def test_refusal_is_timed_from_what_it_refuses() -> None:
    """A copy of the refusing peer's own message between them is not what it answers."""
    assert first(refused(Scene().upto(5).again("MSG4"))).evidence[1].endswith(" after frame 5")


def unreadable(*, answers: int = 2) -> Scene:
    """Copies of MSG5, of which some are answered again."""
    play = refused()
    for number, gap in enumerate(RETRIES, 2):
        play.wait(gap).again("MSG5")
        if number <= answers:
            play.informational(RESPONDER)
    return play


def test_two_answers_to_copies_of_msg5_are_of_one_who_cannot_read_it() -> None:
    assert first(unreadable()).code == "psk-mismatch"


@pytest.mark.parametrize(
    "play",
    [
        pytest.param(unreadable(answers=1), id="one-answer"),
        pytest.param(unreadable(answers=1).informational(INITIATOR), id="the-other-peers"),
        pytest.param(refused().again("INFO").repeat(RETRIES, "MSG5"), id="the-same-again"),
        pytest.param(unreadable(answers=1).notify(RESPONDER, N.INITIAL_CONTACT), id="in-the-clear"),
        pytest.param(refused().wait(1).informational(RESPONDER).bystander(9), id="no-copy"),
        pytest.param(unreadable().again("MSG4"), id="msg4-again"),
    ],
)
def test_anything_less_may_be_about_the_identity(play: Scene) -> None:
    assert first(play).code == "authentication-failed"


def test_peer_that_goes_on_speaking_does_not_show_that_it_understood() -> None:
    assert "keys agree" in first(refused().bystander(60)).claim
    assert "keys agree" not in first(refused().informational(INITIATOR).bystander(60)).claim


def test_responder_that_refuses_aggressive_msg3_may_mean_identity_or_key() -> None:
    """Only the initiator is shown a hash made with the key before it speaks."""
    both = (
        Scene(mode="aggressive").phase1().informational(RESPONDER),
        Scene(mode="aggressive").upto(2).informational(INITIATOR),
    )
    assert [first(play).code for play in both] == ["authentication-failed", "psk-mismatch"]


def test_authentication_that_failed_at_msg3_of_aggressive_mode_is_not_about_the_mode() -> None:
    play = Scene(mode="aggressive").upto(2).notify(INITIATOR, N.AUTHENTICATION_FAILED)
    assert first(play).code == "authentication-failed"


def test_error_of_windows_is_read_from_its_own_notify() -> None:
    play = Scene().upto(5)
    notes = [
        build.notify(N.INITIAL_CONTACT, data=(13868).to_bytes(4)),
        build.notify(N.MS_NOTIFY_STATUS, data=(13869).to_bytes(4)),
    ]
    data = build.message(
        notes, initiator_cookie=play.cookies[:8], responder_cookie=play.cookies[8:],
        exchange=Exchange.INFORMATIONAL, message_id=9,
    )  # fmt: skip
    found = first(play.send(RESPONDER, data))
    assert found.code == "identity-mismatch"
    assert any("13869" in line for line in found.evidence)


def test_last_message_that_came_is_not_told_to_be_missing() -> None:
    """MSG6 is in the capture: it is what was refused."""
    told = only(Scene(auth="rsa-sig").phase1().informational(INITIATOR)).findings[0]
    assert told.claim.startswith("The initiator answered MSG6 with an encrypted informational")
    assert "after MSG6 in frame 8" in told.evidence[0]
    awaited = only(Scene(auth="rsa-sig").upto(5).informational(RESPONDER)).findings[0]
    assert "in place of MSG6" in awaited.claim
    assert "where MSG6 was due" in awaited.evidence[0]

"""What a silence is told with: whose last word it was, how often the other spoke, and what vendors do."""

import pytest

from ikepcap.report.model import Finding
from ikepcap.testing.policy import STRONGSWAN, XAUTH
from ikepcap.wire.numbers import NotifyType
from tests.report.scene import INITIATOR, RESPONDER, RETRIES, Mode, Scene, faults, only

ITS_HABIT = "this silence rather means that MSG5 did not arrive"


def first(play: Scene) -> Finding:
    return only(play).findings[0]


def test_message_that_was_sent_twice_is_told_with_the_time_between() -> None:
    assert first(Scene().msg1().repeat((4.0,))).evidence[0] == "MSG1 was sent twice over 4.0 s"


@pytest.mark.parametrize(
    ("mode", "last", "who", "frame"),
    [("main", 3, RESPONDER, 2), ("main", 4, INITIATOR, 3), ("aggressive", 2, INITIATOR, 1)],
)
def test_last_word_of_the_silent_peer_is_named(mode: Mode, last: int, who: str, frame: int) -> None:
    found = first(Scene(mode=mode).upto(last).repeat(RETRIES))
    assert found.code == "peer-went-silent"
    assert found.claim.startswith(f"The {who} ")
    assert found.evidence[1].endswith(f" s after frame {frame}, its last")
    assert found.frames == (frame, *range(last, last + 4))


def test_last_word_before_fragments_is_the_silent_peers() -> None:
    found = first(Scene(auth="rsa-sig").upto(5).repeat(RETRIES))
    assert found.code == "fragments-lost"
    assert found.evidence[2].startswith("No message from 198.51.100.7 in the 24.")
    assert found.evidence[2].endswith(" s after frame 4, its last")


def strongswan(mode: Mode = "main", auth: str = "psk", mtu: int = 1500) -> Scene:
    return Scene(mode=mode, auth=auth, mtu=mtu, vendor_ids=((XAUTH, STRONGSWAN), (XAUTH, STRONGSWAN)))


def said(play: Scene) -> str:
    return " ".join(line for finding in only(play).findings for line in finding.evidence)


def test_strongswan_that_cannot_read_msg5_says_so() -> None:
    assert ITS_HABIT in said(strongswan().upto(5).repeat(RETRIES))


def test_strongswan_is_silent_elsewhere_like_everybody() -> None:
    """Before MSG5 no key is used, with certificates it can be read, and aggressive mode has none."""
    assert ITS_HABIT not in said(strongswan().upto(3).repeat(RETRIES))
    assert ITS_HABIT not in said(strongswan(auth="rsa-sig", mtu=9000).upto(5).repeat(RETRIES))
    assert ITS_HABIT not in said(strongswan(mode="aggressive").upto(2).repeat(RETRIES))


# what came under another cookie


def other_cookie(play: Scene, step: str, by: str = RESPONDER, **changes: int) -> Scene:
    """Send a message again under another responder cookie, with octets of its header changed."""
    data = bytearray(next(shot for shot in play.shots if shot.step == step).payloads[0])
    data[8:16] = b"\x77" * 8
    for name, value in changes.items():
        data[{"exchange": 18, "flags": 19}[name]] = value
    return play.wait(1).send(by, bytes(data))  # type: ignore[arg-type]


def restarted(play: Scene) -> bool:
    return "peer-restarted" in faults(only(play.repeat(RETRIES, "MSG3")))


def test_only_an_answer_of_phase_1_shows_that_the_responder_lost_its_state() -> None:
    assert restarted(other_cookie(Scene().upto(3), "MSG2"))
    assert not restarted(other_cookie(Scene().upto(3), "MSG2", exchange=5))
    assert not restarted(other_cookie(Scene().upto(3), "MSG2", flags=1))


def test_initiator_that_writes_another_cookie_is_no_responder_that_lost_its_state() -> None:
    assert not restarted(other_cookie(Scene().upto(3), "MSG3", INITIATOR))


def test_message_that_reaches_the_place_of_the_capture_is_not_to_be_captured_there() -> None:
    """Between them, or at the other end, it may have got lost after the capture."""
    told = {
        near: only(Scene(near=near).upto(3).repeat(RETRIES)).findings[0].settles_it
        for near in ("initiator", "between", "responder")
    }
    there = "Capture at 198.51.100.7: does MSG3 arrive there, and what does its log say then?"
    assert told == {
        "initiator": there,
        "between": there,
        "responder": "MSG3 reaches 198.51.100.7, where this was captured: does its own filter pass it, and "
        "what is in its log?",
    }


def test_peer_that_answers_whatever_it_is_sent_is_not_silent() -> None:
    """Each MSG1 is answered with a cookie, as Windows does under load."""
    play = Scene().msg1().notify(RESPONDER, NotifyType.MS_NOTIFY_DOS_COOKIE)
    play.repeat((4.0, 7.2), "MSG1", "NOTIFY")
    assert faults(only(play)) == ["overloaded"]
    assert faults(only(play.again("MSG1").again("MSG1").bystander(20))) == ["overloaded", "peer-went-silent"]


def test_absence_in_no_time_is_no_evidence() -> None:
    """The responder speaks last, and what it says is no MSG4."""
    play = Scene().upto(3).notify(RESPONDER, NotifyType.INITIAL_CONTACT).repeat((4.0, 7.2), "MSG3", "NOTIFY")
    found = only(play)
    assert faults(found) == ["peer-went-silent"]
    (told,) = found.findings
    assert (told.certainty, "0.0 ms" in " ".join(told.evidence)) == ("possible", False)
    later = only(play.bystander(60)).findings[0]
    assert (later.certainty, "No message from" in " ".join(later.evidence)) == ("likely", True)

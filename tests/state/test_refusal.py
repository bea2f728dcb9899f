"""Refusals: who ended it, in place of which message, and what did not end it."""

import pytest

from ikepcap.testing.stage import Role
from ikepcap.wire.numbers import NotifyType
from tests.report.scene import (
    INITIATOR,
    RESPONDER,
    RETRIES,
    Mode,
    Scene,
    Side,
    Standing,
    faults,
    notes,
    only,
    side,
    standing,
)
from tests.state.test_infer import SENDER

POINTS = [("main", n) for n in (1, 2, 3, 4, 5)] + [("aggressive", n) for n in (1, 2)]


def refused(mode: str, last: int) -> Standing:
    """Return the standing after a refusal by the peer that owed the message after `last`.

    It refused what would have moved it on, so it is surely one message behind; a responder that refuses
    MSG1 has handled none.
    """
    owes = SENDER[last + 1]
    before = side(last - 1, "proven", mode) if last > 1 else Side(0, "proven", None)
    after = side(last, "proven", mode)
    ends = (before, after) if owes == INITIATOR else (after, before)
    return Standing("refused", last, last + 1, owes, *ends)


@pytest.mark.parametrize(("mode", "last"), POINTS)
def test_error_notify_of_the_peer_that_owes_ends_it(mode: Mode, last: int) -> None:
    found = only(Scene(mode=mode).upto(last).notify(SENDER[last + 1]))
    assert standing(found) == refused(mode, last)
    assert faults(found)


@pytest.mark.parametrize(("mode", "last"), POINTS)
def test_delete_of_the_peer_that_owes_ends_it(mode: Mode, last: int) -> None:
    found = only(Scene(mode=mode).upto(last).delete(SENDER[last + 1]))
    assert standing(found) == refused(mode, last)
    assert faults(found)


@pytest.mark.parametrize(("mode", "last"), [("main", 4), ("main", 5), ("aggressive", 2)])
def test_encrypted_informational_in_place_of_the_awaited_message_ends_it(mode: Mode, last: int) -> None:
    """Its content cannot be read; that it stands where a message of phase 1 was due says enough."""
    found = only(Scene(mode=mode).upto(last).informational(SENDER[last + 1]))
    assert standing(found) == refused(mode, last)
    assert faults(found)


@pytest.mark.parametrize(("mode", "last"), POINTS)
def test_refusal_stays_a_refusal_when_the_other_peer_goes_on_repeating(mode: Mode, last: int) -> None:
    """Racoon and pluto log a notify in the clear and repeat themselves to the end."""
    found = only(Scene(mode=mode).upto(last).notify(SENDER[last + 1]).repeat(RETRIES, f"MSG{last}"))
    assert standing(found) == refused(mode, last)


def test_informational_for_every_copy_of_msg5_is_a_refusal_of_msg5() -> None:
    """StrongSwan with another pre-shared key: one for each copy, and MSG5 again because it is unreadable."""
    play = Scene().upto(5).informational(RESPONDER)
    for _ in RETRIES:
        play.wait(6).again("MSG5").informational(RESPONDER)
    found = only(play)
    assert standing(found) == refused("main", 5)


@pytest.mark.parametrize("cookie", [bytes(8), b"\x77" * 8, None])
@pytest.mark.parametrize("message_id", [0, None])
def test_notify_belongs_to_its_conversation_whatever_its_responder_cookie(
    cookie: bytes | None, message_id: int | None
) -> None:
    """Pluto leaves responder cookie and message ID zero, strongSwan makes up new ones each time."""
    play = Scene().msg1().notify(RESPONDER, responder_cookie=cookie, with_spi=False, message_id=message_id)
    assert standing(only(play)) == refused("main", 1)


@pytest.mark.parametrize("cookie", [bytes(8), b"\x77" * 8, None])
def test_notify_with_any_cookie_does_not_bind_it(cookie: bytes | None) -> None:
    """The cookie of a refusal is not that of the negotiation; MSG2 brings the one that counts."""
    play = Scene().msg1().notify(RESPONDER, responder_cookie=cookie).msg2().msg3().msg4().msg5().msg6()
    found = only(play)
    assert found.responder_cookie == play.cookies[8:].hex()
    assert (found.outcome, faults(found)) == ("established", [])


@pytest.mark.parametrize("at", [1, 2, 3, 4, 5])
@pytest.mark.parametrize("by", [INITIATOR, RESPONDER])
def test_notify_that_changed_nothing_is_no_fault(at: int, by: Role) -> None:
    """A notify in the clear can come from anyone: what counts is that the negotiation went on."""
    play = Scene().upto(at).notify(by)
    for number in range(at + 1, 7):
        getattr(play, f"msg{number}")()
    found = only(play.quick(1, 2, 3))
    assert (found.outcome, found.awaited_message, faults(found)) == ("established", None, [])


def test_notify_before_a_later_stall_is_not_what_ended_it() -> None:
    found = only(Scene().msg1().notify(RESPONDER).msg2().msg3().repeat(RETRIES))
    assert (found.outcome, found.last_message, found.awaited_message) == ("stalled", 3, 4)


def test_status_notify_refuses_nothing() -> None:
    """16384 and above are statuses (RFC 2408 §3.14.1): here INITIAL-CONTACT, 24578."""
    found = only(Scene().upto(5).notify(RESPONDER, 24578))
    assert found.outcome == "in-progress"


@pytest.mark.parametrize("kind", [NotifyType.NO_PROPOSAL_CHOSEN, NotifyType.AUTHENTICATION_FAILED])
def test_clear_notify_after_phase_1_is_proven_to_be_up_changes_nothing(kind: int) -> None:
    found = only(Scene().phase1().quick(1, 2, 3).notify(RESPONDER, kind))
    assert (found.outcome, faults(found)) == ("established", [])


def test_initiator_that_refuses_msg6_is_not_advanced_by_it() -> None:
    """The responder believes phase 1 to be up; the initiator rejects its certificate and says no more."""
    found = only(Scene(auth="rsa-sig").upto(6).informational(INITIATOR).bystander(30))
    assert (found.outcome, found.last_message, found.silent_peer) == ("refused", 6, INITIATOR)
    assert (found.initiator.progress, found.responder.progress) == (5, 6)
    assert faults(found)


def test_keepalives_long_after_phase_1_refuse_nothing() -> None:
    found = only(Scene().phase1().wait(60).dead_peer_detection().wait(60).dead_peer_detection())
    assert (found.outcome, faults(found)) == ("established", [])


def test_delete_long_after_phase_1_does_not_refuse_it() -> None:
    found = only(Scene().phase1().quick(1, 2, 3).wait(3600).informational(INITIATOR))
    assert (found.outcome, faults(found)) == ("established", [])


def test_refusal_of_the_peer_that_owes_nothing_ends_it_too() -> None:
    """The initiator sends MSG3 and thinks better of it: the message it will not send is MSG5."""
    found = only(Scene().upto(3).notify(INITIATOR))
    assert (found.outcome, found.last_message, found.silent_peer) == ("refused", 3, INITIATOR)


def test_refused_negotiation_has_no_note_of_an_early_end() -> None:
    """It ended; that the capture ends soon after takes nothing away from that."""
    assert notes(only(Scene().upto(1).notify(RESPONDER))) == []


@pytest.mark.parametrize("last", [2, 3, 4, 5])
def test_delete_of_a_peer_that_waited_in_vain_is_its_giving_up(last: int) -> None:
    """It repeated itself, got nothing, and said goodbye: the other peer owed the message, and still does."""
    waiting = SENDER[last]
    found = only(Scene().upto(last).repeat(RETRIES).wait(20).delete(waiting))
    assert (found.outcome, found.awaited_message, found.silent_peer) == (
        "stalled",
        last + 1,
        SENDER[last + 1],
    )


def test_encrypted_goodbye_of_an_initiator_that_waited_for_msg6_does_not_make_it_owe_msg6() -> None:
    """MSG6 is the responder's to send, whoever has the last word."""
    found = only(Scene().upto(5).repeat(RETRIES).wait(20).informational(INITIATOR))
    assert (found.outcome, found.awaited_message, found.silent_peer) == ("stalled", 6, RESPONDER)


def test_goodbye_of_an_initiator_that_nobody_ever_answered_leaves_a_stall() -> None:
    """The responder was captured as far as it said anything, which is not at all."""
    play = Scene().msg1().repeat(RETRIES)
    found = only(play.wait(20).notify(INITIATOR, with_spi=False, responder_cookie=bytes(8)))
    assert (found.outcome, found.awaited_message, found.silent_peer) == ("stalled", 2, RESPONDER)


def test_peer_that_refuses_every_copy_of_msg6_and_goes_on_asking_for_it_has_got_it() -> None:
    """Libreswan rejects a certificate so, and its timer for MSG5 does not stop."""
    play = Scene().upto(6).informational(INITIATOR)
    for _ in range(3):
        play.repeat((2.0,), "MSG5", "MSG6").informational(INITIATOR)
    found = only(play)
    assert standing(found) == Standing("refused", 6, 6, INITIATOR, side(5, "proven"), side(6, "proven"))
    assert faults(found)[0] == "authentication-failed"


def test_one_informational_does_not_turn_repeated_messages_into_a_refusal() -> None:
    """MSG6 does not arrive, whatever else the initiator had to say."""
    found = only(Scene().upto(6).informational(INITIATOR).repeat(RETRIES, "MSG5", "MSG6"))
    assert found.outcome == "stalled"
    assert "replies-lost" in faults(found) or "psk-mismatch" in faults(found)


# aggressive mode with signatures: MSG3 and QM1 are sent together


def hurried(auth: str = "rsa-sig", pause_s: float = 0.0) -> Scene:
    """An informational is all that comes back to MSG3 and QM1."""
    play = Scene(mode="aggressive", auth=auth).phase1().wait(pause_s)
    return play.quick(1).informational(RESPONDER)


def test_first_word_after_msg3_and_qm1_is_about_the_certificate_in_msg3() -> None:
    found = only(hurried().bystander(30))
    assert (found.outcome, faults(found)) == ("refused", ["authentication-failed"])
    assert found.findings[0].alternatives == ("certificate-rejected", "identity-mismatch", "phase2-refused")


def test_shared_key_was_proven_by_msg2_so_quick_mode_is_what_is_refused() -> None:
    found = only(hurried("psk").bystander(30))
    assert (found.outcome, faults(found)) == ("established", ["phase2-refused"])
    assert "authentication-failed" in found.findings[0].alternatives


def test_qm1_that_waited_for_traffic_is_what_is_refused() -> None:
    found = only(hurried(pause_s=0.5).bystander(30))
    assert (found.outcome, faults(found)) == ("established", ["phase2-refused"])


def test_quick_mode_that_is_asked_for_again_is_what_was_refused() -> None:
    found = only(hurried().wait(4).again("QM1"))
    assert (found.outcome, faults(found)) == ("established", ["phase2-refused"])


def test_responder_that_answered_before_it_refused_took_the_certificate() -> None:
    play = Scene(mode="aggressive", auth="rsa-sig").phase1().quick(1, 2).informational(RESPONDER)
    assert only(play.bystander(30)).outcome == "established"


def test_clear_refusal_after_msg3_is_about_msg3_whatever_is_repeated() -> None:
    """What refuses a quick mode is protected; who gets a notify in the clear may not heed it."""
    play = Scene(mode="aggressive").phase1().quick(1).notify(RESPONDER, NotifyType.INVALID_ID_INFORMATION)
    found = only(play.repeat((4.0, 7.2), "QM1"))
    assert (found.outcome, faults(found)[0]) == ("refused", "identity-mismatch")


def test_clear_notify_after_which_the_responder_goes_on_refused_nothing() -> None:
    play = Scene(mode="aggressive").phase1().quick(1).notify(RESPONDER, NotifyType.INVALID_ID_INFORMATION)
    found = only(play.quick(2, 3))
    assert (found.outcome, faults(found)) == ("established", [])


# refusals of a MSG5 that was not captured


def test_informational_for_every_copy_of_a_msg5_out_of_sight_refuses_that() -> None:
    """The capture has UDP 500 alone: MSG4 is repeated, and each MSG5 on UDP 4500 is refused anew."""
    play = Scene(nat=INITIATOR).upto(4)
    for gap in (0.5, 1.0, 2.0):
        play.informational(RESPONDER, on_4500=False).wait(gap).again("MSG4")
    found = only(play.informational(RESPONDER, on_4500=False))
    assert (found.outcome, faults(found)) == ("refused", ["authentication-failed"])

"""Who began, from single messages: the strongest evidence that is there."""

import pytest

from ikepcap.testing import Play
from ikepcap.wire.message import NO_COOKIE
from tests.report.scene import INITIATOR, RESPONDER, TWO, Scene, only

INITIATING = "192.0.2.1"


@pytest.mark.parametrize("number", [1, 2])
def test_one_message_with_an_offer_of_aggressive_mode_tells_who_sent_it(number: int) -> None:
    """MSG2 proves the key, MSG1 has nothing to prove it with."""
    for auth in ("psk", "rsa-sig"):
        found = only(Scene(mode="aggressive", auth=auth).upto(number).start_late(number - 1))
        assert (found.initiator.address, found.last_message) == (INITIATING, number)


@pytest.mark.parametrize("offer", [TWO, TWO[:1]])
def test_one_msg2_alone_is_msg2(offer: tuple[object, ...]) -> None:
    """A responder cookie and one transform: the choice, also where there was none to make."""
    found = only(Scene(offer=offer).upto(2).start_late(1))  # type: ignore[arg-type]
    assert (found.initiator.address, found.last_message) == (INITIATING, 2)


def test_msg1_of_aggressive_mode_with_an_echoed_cookie_is_the_initiators() -> None:
    play = Scene(mode="aggressive", opening_cookie=b"\x55" * 8)
    play._cookies = (play._cookies[0], b"\x55" * 8)
    assert only(play.upto(3)).initiator.address == INITIATING


def test_first_key_exchange_of_two_is_the_initiators() -> None:
    assert only(Scene().upto(4).start_late(2)).initiator.address == INITIATING


def test_receiver_of_a_key_exchange_that_sends_the_first_encrypted_message_is_the_initiator() -> None:
    """MSG4 and MSG5: the other order would be MSG3 and MSG5, of one sender."""
    assert only(Scene().upto(5).start_late(3)).initiator.address == INITIATING
    play = Scene().upto(5).keep(lambda shot: shot.step in ("MSG3", "MSG5"))
    assert only(play).initiator.address == INITIATING


def test_sender_of_the_first_encrypted_message_of_two_is_the_initiator() -> None:
    assert only(Scene().upto(6).start_late(4)).initiator.address == INITIATING


@pytest.mark.parametrize("by", [INITIATOR, RESPONDER])
def test_roles_are_the_same_whoever_starts_quick_mode(by: str) -> None:
    """What a message of phase 1 says is stronger than who needs a tunnel first."""
    found = only(Scene().phase1().quick(1, 2, 3, by=by).start_late(3))  # type: ignore[arg-type]
    assert found.initiator.address == INITIATING


def test_zero_responder_cookie_makes_the_first_sender_the_initiator() -> None:
    play = Play().msg1()
    assert play.shots[0].payloads[0][8:16] == NO_COOKIE
    assert only(play).initiator.address == INITIATING

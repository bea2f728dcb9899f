"""The table of phase 1: whole, and read as the standards have it."""

import pytest

from ikepcap.state.steps import LAST, MODES, STEPS, recognise
from ikepcap.track.conversation import INITIATOR, RESPONDER
from ikepcap.wire.numbers import Payload

P = Payload
SA, KE, NONCE, ID = int(P.SA), int(P.KE), int(P.NONCE), int(P.ID)
HASH, SIG, CERT, CR, VID = int(P.HASH), int(P.SIG), int(P.CERT), int(P.CR), int(P.VENDOR_ID)


@pytest.mark.parametrize("mode", sorted(LAST))
def test_steps_of_a_mode_are_numbered_without_gaps_and_senders_alternate(mode: str) -> None:
    steps = [step for step in STEPS if step.mode == mode]
    assert [step.number for step in steps] == list(range(1, LAST[mode] + 1))
    assert [step.sender for step in steps] == [(n + 1) % 2 for n in range(1, LAST[mode] + 1)]


def test_every_mode_has_an_exchange_number_and_every_step_a_reference() -> None:
    assert set(MODES.values()) == set(LAST) == {step.mode for step in STEPS}
    assert all(step.reference.startswith("RFC ") for step in STEPS)


@pytest.mark.parametrize(
    ("mode", "sender", "encrypted", "payloads", "number"),
    [
        ("main", INITIATOR, False, (SA,), 1),
        ("main", INITIATOR, False, (SA, VID, VID), 1),
        ("main", RESPONDER, False, (SA, VID), 2),
        ("main", INITIATOR, False, (KE, NONCE), 3),
        ("main", INITIATOR, False, (KE, NONCE, 20, 20), 3),
        ("main", INITIATOR, False, (KE, NONCE, 130, 130, VID), 3),
        ("main", INITIATOR, False, (KE, ID, NONCE), 3),
        ("main", INITIATOR, False, (HASH, NONCE, KE, ID, CERT), 3),
        ("main", RESPONDER, False, (KE, NONCE, CR, 20, 20), 4),
        ("main", INITIATOR, True, (ID,), 5),
        ("main", RESPONDER, True, (ID,), 6),
        ("aggressive", INITIATOR, False, (SA, KE, NONCE, ID, VID), 1),
        ("aggressive", RESPONDER, False, (SA, KE, NONCE, ID, HASH), 2),
        ("aggressive", RESPONDER, False, (SA, KE, NONCE, ID, CERT, SIG, 20, 20), 2),
        ("aggressive", INITIATOR, False, (HASH,), 3),
        ("aggressive", INITIATOR, False, (CERT, SIG, 20, 20), 3),
        ("aggressive", INITIATOR, True, (HASH,), 3),
        ("base", INITIATOR, False, (SA, NONCE), 1),
        ("base", RESPONDER, False, (SA, NONCE), 2),
        ("base", INITIATOR, False, (KE, ID, HASH), 3),
        ("base", RESPONDER, False, (KE, ID, HASH), 4),
    ],
)
def test_message_is_recognised_by_what_it_carries_and_who_sent_it(
    mode: str, sender: int, encrypted: bool, payloads: tuple[int, ...], number: int
) -> None:
    assert recognise(mode, sender, encrypted, payloads) == (number, "")


@pytest.mark.parametrize(
    ("mode", "sender", "encrypted", "payloads", "why"),
    [
        ("main", INITIATOR, False, (NONCE,), "nearest is MSG3: KE missing"),
        ("main", INITIATOR, False, (SA, KE, NONCE), "nearest is MSG3: SA not expected"),
        ("base", INITIATOR, True, (HASH,), "the initiator sends no encrypted message in base mode"),
        (
            "aggressive",
            RESPONDER,
            True,
            (HASH,),
            "the responder sends no encrypted message in aggressive mode",
        ),
        ("aggressive", INITIATOR, False, (VID,), "nearest is MSG3: HASH, SIG missing"),
    ],
)
def test_message_that_is_no_step_says_what_differs_from_the_nearest(
    mode: str, sender: int, encrypted: bool, payloads: tuple[int, ...], why: str
) -> None:
    assert recognise(mode, sender, encrypted, payloads) == (None, why)


def test_payloads_of_the_private_range_are_anyones_to_add() -> None:
    assert recognise("main", INITIATOR, False, (SA, 200, VID)) == (1, "")

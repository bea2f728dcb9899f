"""NAT between the peers, from NAT-D hashes recomputed with the addresses at the capture point."""

import pytest

from ikepcap.report.model import Nat
from ikepcap.testing.stage import Role
from tests.report.scene import INITIATOR, RESPONDER, Mode, Scene, only

BEHIND = {INITIATOR: Nat(True, False, True), RESPONDER: Nat(False, True, True)}
MODES = pytest.mark.parametrize("mode", ["main", "aggressive"])
EITHER = pytest.mark.parametrize("behind", [INITIATOR, RESPONDER])


@EITHER
def test_nat_is_found_by_a_capture_outside_of_it(behind: Role) -> None:
    assert only(Scene(nat=behind).phase1()).nat == BEHIND[behind]


def test_nat_before_the_responder_of_aggressive_mode_is_found_by_a_capture_outside_of_it() -> None:
    """MSG2 holds what the responder knows of itself."""
    nat = only(Scene(mode="aggressive", nat=RESPONDER).phase1()).nat
    assert (nat.responder_behind_nat, nat.initiator_behind_nat is True) == (True, False)


def test_nat_before_the_initiator_of_aggressive_mode_is_not_denied_by_a_capture_outside_of_it() -> None:
    """What the initiator knows of itself is encrypted in MSG3, and what MSG2 says is true outside of the NAT.

    So nothing in the clear denies a NAT.
    """
    nat = only(Scene(mode="aggressive", nat=INITIATOR).phase1()).nat
    assert (nat.initiator_behind_nat is not False, nat.moved_to_4500) == (True, True)


def test_nat_before_the_initiator_is_not_denied_when_only_the_responder_was_captured() -> None:
    """MSG4's first hash is of the initiator's outer address, which is the one captured."""
    found = only(Scene(nat=INITIATOR).phase1().one_side(RESPONDER))
    assert found.nat.initiator_behind_nat is not False


@EITHER
def test_nat_is_found_by_a_capture_inside_of_it(behind: Role) -> None:
    assert only(Scene(nat=behind).phase1().inside_too(only=True)).nat == BEHIND[behind]


@EITHER
def test_nat_is_found_by_a_capture_on_both_sides_of_it(behind: Role) -> None:
    """What is captured a second time behind the NAT does not count against the other peer."""
    assert only(Scene(nat=behind).phase1().inside_too()).nat == BEHIND[behind]


@MODES
def test_peers_without_a_nat_between_them_are_behind_none(mode: Mode) -> None:
    assert only(Scene(mode=mode, nat_t=True).phase1()).nat == Nat(False, False, False)


@MODES
def test_peers_that_send_no_nat_d_say_nothing(mode: Mode) -> None:
    assert only(Scene(mode=mode).phase1()).nat == Nat(None, None, False)


@pytest.mark.parametrize("kind", [15, 20, 130])
@EITHER
def test_nat_d_under_the_numbers_of_the_drafts_says_the_same(kind: int, behind: Role) -> None:
    """15 in drafts 04 to 08, 130 in drafts 00 to 03, 20 in RFC 3947."""
    found = only(Scene(nat=behind, nat_d_kind=kind).phase1())
    assert (found.nat, found.outcome) == (BEHIND[behind], "established")


@EITHER
def test_peer_that_hashes_a_wrong_address_of_its_own_is_taken_for_one_behind_a_nat(behind: Role) -> None:
    """To force UDP encapsulation: to its peer the two look the same, and so they do here."""
    found = only(Scene(nat_t=True, forced=behind).phase1())
    assert (found.nat.initiator_behind_nat, found.nat.responder_behind_nat) == (
        behind == INITIATOR,
        behind == RESPONDER,
    )


@pytest.mark.parametrize("hidden", [1, 2])
def test_nat_d_of_a_capture_that_starts_late_is_judged_by_the_length_of_its_hashes(hidden: int) -> None:
    """The negotiated hash is in MSG2, which is not there."""
    found = only(Scene(nat=INITIATOR).phase1().start_late(hidden))
    assert found.nat == BEHIND[INITIATOR]

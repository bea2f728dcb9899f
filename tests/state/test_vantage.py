"""Next to whom a capture was taken, by whose TTLs are untouched."""

from typing import Literal

import pytest

from tests.report.scene import INITIATOR, RESPONDER, Scene, analyzed


@pytest.mark.parametrize("near", [INITIATOR, RESPONDER, "between"])
def test_capture_next_to_a_peer_shows_its_initial_ttl(
    near: Literal["initiator", "responder", "between"],
) -> None:
    vantage = analyzed(Scene(near=near).phase1()).vantage
    assert (vantage.near, vantage.certainty) == (near, "presumed")


def test_capture_of_one_direction_does_not_tell() -> None:
    vantage = analyzed(Scene().phase1().one_side(INITIATOR)).vantage
    assert (vantage.near, vantage.certainty) == ("unknown", "unknown")


def test_capture_without_a_conversation_does_not_tell() -> None:
    vantage = analyzed(Scene().bystander(1)).vantage
    assert (vantage.near, vantage.certainty) == ("unknown", "unknown")


def test_conversations_that_disagree_do_not_tell() -> None:
    vantage = analyzed(Scene().phase1(), Scene(seed=2, near=RESPONDER, start_s=9).phase1()).vantage
    assert (vantage.near, vantage.certainty) == ("unknown", "unknown")


def test_vantage_that_the_user_gives_is_taken() -> None:
    vantage = analyzed(Scene().phase1(), vantage="responder").vantage
    assert (vantage.near, vantage.certainty) == ("responder", "proven")


def test_frames_captured_on_both_sides_of_a_nat_leave_the_vantage_as_it_is() -> None:
    vantage = analyzed(Scene(nat=INITIATOR, near="between").phase1().inside_too()).vantage
    assert vantage.near in ("between", "unknown")

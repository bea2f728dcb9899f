"""What is told where it stops at the move to UDP 4500: with which frames, and what else it may be."""

import pytest

from ikepcap.report.model import Finding
from ikepcap.testing.stage import Role
from tests.report.scene import INITIATOR, RESPONDER, RETRIES, Scene, faults, only


def the(play: Scene, code: str) -> Finding:
    (finding,) = (f for f in only(play).findings if f.code == code)
    return finding


@pytest.mark.parametrize(
    ("auth", "instead"),
    [("psk", ("psk-mismatch",)), ("rsa-sig", ("authentication-failed", "fragments-lost"))],
)
def test_last_message_on_500_and_all_on_4500_are_told(auth: str, instead: tuple[str, ...]) -> None:
    found = the(Scene(nat=INITIATOR, auth=auth, mtu=9000).upto(5).repeat(RETRIES), "nat-t-blocked")
    assert found.evidence == (
        "MSG5 was sent 4 times over 24.2 s on UDP 4500",
        "Frame 4 is the last on UDP 500",
    )
    assert (found.frames, found.alternatives) == ((4, 5, 6, 7, 8), instead)


@pytest.mark.parametrize(
    ("auth", "instead"),
    [
        ("psk", ("port-filtered-capture", "psk-mismatch", "peer-went-silent")),
        ("rsa-sig", ("port-filtered-capture", "peer-went-silent")),
    ],
)
def test_msg4_that_nothing_on_4500_follows_is_told_with_its_copies(
    auth: str, instead: tuple[str, ...]
) -> None:
    found = the(Scene(nat=INITIATOR, auth=auth).upto(4).repeat(RETRIES), "nat-t-blocked")
    assert (found.frames, found.alternatives) == ((4, 5, 6, 7), instead)
    assert found.evidence[1] == "No message of this negotiation is on UDP 4500 in the 24.2 s after MSG4"


def test_msg4_that_is_not_answered_without_a_nat_has_no_port_to_blame() -> None:
    assert "nat-t-blocked" not in faults(only(Scene(nat_t=True).upto(4).repeat(RETRIES)))


@pytest.mark.parametrize("auth", ["psk", "rsa-sig"])
def test_capture_of_4500_alone_does_not_show_that_it_stopped_with_the_move(auth: str) -> None:
    late = Scene(nat=INITIATOR, auth=auth).upto(5).repeat(RETRIES).start_late(4)
    assert "nat-t-blocked" not in faults(only(late))


def test_answer_on_4500_shows_that_the_port_is_open() -> None:
    play = Scene(nat=INITIATOR, auth="rsa-sig", mtu=9000).upto(5).notify(RESPONDER, 24578)
    assert "nat-t-blocked" not in faults(only(play.repeat(RETRIES, "MSG5")))


def test_nat_d_of_two_versions_is_told_with_both_messages() -> None:
    play = Scene(nat_t=True).upto(3)
    play.nat_d_kind = 130
    found = the(play.msg4().msg5().repeat(RETRIES), "nat-t-disagreement")
    assert found.frames == (3, 4)
    assert found.evidence[0] == "MSG3 has NAT-D as payload 20, MSG4 as payload 130"


def stays(auth: str) -> Scene:
    """An initiator behind a NAT that sends MSG5 to UDP 500."""
    play = Scene(nat=INITIATOR, auth=auth, mtu=9000).upto(5)
    moved = play.shots.pop()
    return play.send(INITIATOR, moved.payloads[0], step="MSG5", on_4500=False).repeat(RETRIES)


@pytest.mark.parametrize(
    ("auth", "instead"), [("psk", ("psk-mismatch", "peer-went-silent")), ("rsa-sig", ("peer-went-silent",))]
)
def test_initiator_that_stays_on_500_is_told_with_msg4_and_its_msg5(
    auth: str, instead: tuple[str, ...]
) -> None:
    found = the(stays(auth), "nat-t-disagreement")
    assert (found.frames, found.alternatives) == ((4, 5, 6, 7, 8), instead)


@pytest.mark.parametrize("near", [INITIATOR, RESPONDER])
def test_tunnel_over_4500_that_comes_up_blames_no_port(near: Role) -> None:
    assert faults(only(Scene(nat=INITIATOR, near=near).phase1().quick(1, 2, 3))) == []

"""A peer answers, and the other goes on repeating itself: what it has not got, or has not taken."""

from collections.abc import Sequence

import pytest

from ikepcap.report.model import Finding
from ikepcap.testing import Frame
from ikepcap.testing.stage import Role
from tests.report.scene import INITIATOR, RESPONDER, RETRIES, Scene, in_order, only


def found(play: Scene | Sequence[Frame]) -> list[Finding]:
    return [f for f in only(play).findings if f.severity == "fault"]


def told(play: Scene | Sequence[Frame]) -> list[tuple[str, str, tuple[str, ...]]]:
    """Return code, certainty and readings of each fault."""
    return [(f.code, f.certainty, f.alternatives) for f in found(play)]


@pytest.mark.parametrize("last", [2, 4])
def test_answer_in_the_clear_that_changes_nothing_got_lost(last: int) -> None:
    play = Scene(near=RESPONDER).upto(last).repeat(RETRIES, f"MSG{last - 1}", f"MSG{last}")
    assert told(play) == [("replies-lost", "likely", ("filtered",))]
    (finding,) = found(play)
    assert finding.claim == (
        f"The initiator goes on repeating MSG{last - 1} although the responder answered with MSG{last}: "
        "it does not arrive there, or is not accepted."
    )
    assert finding.evidence[0] == f"MSG{last - 1} was sent 3 more times after MSG{last} in frame {last}"
    assert finding.settles_it == f"Capture at the initiator: does MSG{last} arrive there?"


def test_answer_on_4500_that_changes_nothing_may_be_stopped_by_its_port() -> None:
    play = Scene(nat=INITIATOR, near=RESPONDER).upto(6).repeat(RETRIES, "MSG5", "MSG6")
    assert told(play) == [("replies-lost", "likely", ("filtered", "nat-t-blocked"))]


def test_answer_with_a_certificate_that_changes_nothing_may_be_refused() -> None:
    play = Scene(auth="rsa-sig", mtu=9000).upto(5).repeat(RETRIES, "MSG4", "MSG5")
    assert told(play) == [("replies-lost", "likely", ("authentication-failed",))]


def test_certificate_that_goes_to_4500_and_is_not_heard_is_stopped_by_its_port() -> None:
    play = Scene(auth="rsa-sig", mtu=9000, nat=INITIATOR).upto(5).repeat(RETRIES, "MSG4", "MSG5")
    assert told(play) == [
        ("nat-t-blocked", "likely", ("authentication-failed", "fragments-lost")),
        ("replies-lost", "possible", ("authentication-failed", "nat-t-blocked")),
    ]


def test_answer_in_fragments_that_changes_nothing_is_lost_with_one_of_them() -> None:
    play = Scene(auth="rsa-sig", near=RESPONDER).upto(6).repeat(RETRIES, "MSG5", "MSG6")
    assert told(play) == [
        ("fragments-lost", "likely", ("replies-lost", "certificate-rejected")),
        ("replies-lost", "possible", ("filtered",)),
    ]
    assert found(play)[0].settles_it == "Capture at 192.0.2.1: do all of its fragments arrive there?"


# the first message that only the right key can read


def keyed(near: Role | str, nat: Role | None = None) -> Scene:
    return Scene(near=near, nat=nat).upto(5).repeat(RETRIES, "MSG4", "MSG5")  # type: ignore[arg-type]


@pytest.mark.parametrize("near", [INITIATOR, "between"])
def test_without_a_nat_both_that_repeat_have_keys_that_differ(near: str) -> None:
    assert told(keyed(near)) == [("psk-mismatch", "likely", ("replies-lost",))]


def test_msg5_on_the_responders_own_segment_has_passed_every_filter() -> None:
    assert told(keyed(RESPONDER)) == [("psk-mismatch", "likely", ("replies-lost",))]
    assert told(keyed(RESPONDER, INITIATOR)) == [("psk-mismatch", "likely", ("replies-lost",))]


def test_port_and_key_look_the_same_from_the_initiators_side() -> None:
    assert told(keyed(INITIATOR, INITIATOR)) == [
        ("nat-t-blocked", "likely", ("psk-mismatch",)),
        ("psk-mismatch", "possible", ("replies-lost", "nat-t-blocked")),
    ]


def on_the_router(*, forwarded: bool) -> list[Frame]:
    """Everything on both interfaces of the responder's NAT, which lets UDP 4500 through or not."""
    frames = []
    for frame in in_order(Scene(nat=RESPONDER).upto(5).repeat(RETRIES, "MSG4", "MSG5").inside_too().frames):
        packet = frame.packet
        to_it, of_it = (packet[at : at + 4] == INNER for at in (16, 12))
        if to_it and int.from_bytes(packet[22:24]) == 4500 and not forwarded:
            continue
        ttl = 62 if to_it else 64 if of_it else 63
        frames.append(Frame(frame.time_ns, packet[:8] + bytes([ttl]) + packet[9:]))
    return frames


INNER = bytes((198, 51, 100, 7))


def test_msg5_that_the_responders_nat_forwards_has_passed_every_filter() -> None:
    assert told(on_the_router(forwarded=True)) == [("psk-mismatch", "likely", ("replies-lost",))]


def test_msg5_that_the_responders_nat_keeps_back_is_blocked() -> None:
    assert told(on_the_router(forwarded=False))[0] == ("nat-t-blocked", "likely", ("psk-mismatch",))


def test_between_the_two_the_key_is_likelier_than_the_port() -> None:
    assert told(keyed("between", INITIATOR)) == [
        ("psk-mismatch", "likely", ("replies-lost", "nat-t-blocked")),
        ("nat-t-blocked", "possible", ("psk-mismatch",)),
    ]

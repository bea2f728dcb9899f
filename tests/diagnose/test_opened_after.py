"""Deletes and dead-peer detection, in captures whose contents are given instead of decrypted."""

from collections.abc import Mapping, Sequence
from typing import Any

from ikepcap.track.conversation import Deleted, EspFlow, Inside, Settings
from ikepcap.wire.details import CfgAttribute, CfgType
from ikepcap.wire.numbers import NotifyType
from tests.diagnose.given import (
    ESP,
    HERE,
    SPIS,
    THERE,
    analyzed_with,
    asks,
    codes,
    flow,
    notice,
    the,
    transform,
)
from tests.report.scene import INITIATOR, RESPONDER, RETRIES, Scene, faults

# deletes


def deletes(protocol: int, *spis: bytes) -> Inside:
    return Inside(deletes=True, deleted=(Deleted(protocol, spis),))


def test_delete_is_told_with_how_long_the_tunnel_lived() -> None:
    scene = Scene().phase1().quick(1, 2, 3).wait(60).informational(RESPONDER).informational(INITIATOR)
    inside = {
        8: asks(transform(), spi=SPIS[1]),
        10: deletes(ESP, SPIS[1]),
        11: deletes(1, scene.cookies),
    }
    found = the(analyzed_with(scene, inside), "sa-deleted")
    assert found.claim == f"In the end the responder {THERE} deleted the ESP SA c2020202."
    assert found.evidence == (
        f"Frame 10 from {THERE} deletes the ESP SA c2020202",
        f"Frame 11 from {HERE} deletes this ISAKMP SA",
        "The first delete came 60.0 s after the last SA had come up",
    )


def test_delete_counts_from_phase_1_where_no_quick_mode_came_up_after_it() -> None:
    scene = Scene().phase1().wait(30).dead_peer_detection().quick(1).wait(30).informational(INITIATOR)
    found = the(analyzed_with(scene, {10: deletes(1, scene.cookies)}), "sa-deleted")
    assert found.evidence[-1] == "The first delete came 60.1 s after the last SA had come up"


def test_delete_of_what_the_other_peer_receives_under_is_of_no_quick_mode_here() -> None:
    scene = Scene().phase1().quick(1, 2, 3).wait(60).informational(RESPONDER)
    inside = {7: asks(transform(), spi=SPIS[0]), 8: asks(transform(), spi=SPIS[1]), 10: deletes(ESP, SPIS[0])}
    told = the(analyzed_with(scene, inside), "sa-deleted").evidence
    assert told[0].endswith("the ESP SA c1010101, which no opened quick mode made")


def test_delete_of_another_isakmp_sa_is_told_with_its_cookie() -> None:
    scene = Scene().phase1().quick(1, 2, 3).wait(60).informational(RESPONDER)
    told = the(analyzed_with(scene, {10: deletes(1, bytes(8) + bytes([9] * 8))}), "sa-deleted").evidence
    assert told[0] == f"Frame 10 from {THERE} deletes another ISAKMP SA, 0000000000000000"


def test_delete_that_is_sent_again_is_one() -> None:
    scene = Scene().phase1().quick(1, 2, 3).wait(60).informational(RESPONDER).repeat((1.0,))
    inside = {10: deletes(1, scene.cookies), 11: deletes(1, scene.cookies)}
    assert the(analyzed_with(scene, inside), "sa-deleted").frames == (10,)


def test_delete_after_a_user_was_not_let_in_goes_without_saying() -> None:
    scene = Scene(auth="xauth-psk").phase1().transaction().informational(RESPONDER)
    status = Inside(settings=Settings(CfgType.SET, (CfgAttribute.XAUTH_STATUS,), status=0))
    inside = {7: status, 9: deletes(1, scene.cookies)}
    assert "sa-deleted" not in codes(analyzed_with(scene, inside))
    let_in = Inside(settings=Settings(CfgType.SET, (CfgAttribute.XAUTH_STATUS,), status=1))
    assert "sa-deleted" in codes(analyzed_with(scene, {**inside, 7: let_in}))


def test_delete_of_what_never_came_up_is_no_end_of_it() -> None:
    scene = Scene().upto(5).repeat(RETRIES).wait(20).informational(INITIATOR)
    assert "sa-deleted" not in codes(analyzed_with(scene, {9: deletes(1, scene.cookies)}))


def test_four_deletes_and_no_more_are_told() -> None:
    scene = Scene().phase1().quick(1, 2, 3).wait(60)
    for _ in range(5):
        scene.informational(RESPONDER)
    inside = {10 + n: deletes(ESP, bytes((n, 0, 0, 0))) for n in range(5)}
    found = the(analyzed_with(scene, inside), "sa-deleted")
    assert len([line for line in found.evidence if " deletes " in line]) == 4
    assert "03000000" in found.claim
    assert "04000000" not in found.claim


def test_delete_that_the_capture_begins_with_is_one_when_it_is_sent_again() -> None:
    scene = Scene().phase1(hidden=True).informational(RESPONDER).repeat((1.0,)).quick(1, 2, 3)
    inside = {1: deletes(ESP, SPIS[0]), 2: deletes(ESP, SPIS[0])}
    assert the(analyzed_with(scene, inside), "sa-deleted").frames == (1,)


# dead-peer detection


def alive(number: int, kind: NotifyType = NotifyType.R_U_THERE) -> Inside:
    return notice(kind, number.to_bytes(4))


def asked_of(
    vendor_ids: object = None, *, numbers: Sequence[int] = (70, 71, 72)
) -> tuple[Scene, dict[int, Inside]]:
    """R-U-THERE three times from the initiator, in frames 10 to 12, and nobody answers."""
    scene = Scene(**({} if vendor_ids is None else {"vendor_ids": vendor_ids}))  # type: ignore[arg-type]
    scene.phase1().quick(1, 2, 3)
    for _ in numbers:
        scene.wait(5).informational(INITIATOR, plain_bytes=80)
    scene.wait(60)
    return scene, {10 + place: alive(number) for place, number in enumerate(numbers)}


def test_peer_that_announced_dead_peer_detection_and_never_answers_is_dead() -> None:
    scene, inside = asked_of()
    found = the(analyzed_with(scene, inside), "dead-peer")
    assert found.evidence[1] == f"{THERE} announced dead-peer detection, and acknowledged none"
    assert found.evidence[0].startswith("3 R-U-THERE with sequence numbers 70 to 72")


def test_peer_that_did_not_announce_it_owes_no_answer() -> None:
    scene, inside = asked_of(((), ()))
    assert faults(analyzed_with(scene, inside)) == []


def test_one_number_asked_again_is_told_as_one() -> None:
    scene, inside = asked_of(numbers=(70, 70, 70))
    told = the(analyzed_with(scene, inside), "dead-peer").evidence
    assert told[0].startswith("3 R-U-THERE with sequence number 70 in")


def test_two_that_are_not_answered_are_not_yet_a_dead_peer() -> None:
    scene, inside = asked_of(numbers=(70, 71))
    assert "does not answer dead-peer detection" not in str(analyzed_with(scene, inside).findings)


def test_peer_that_says_something_new_is_not_dead() -> None:
    scene, inside = asked_of()
    scene.informational(RESPONDER)
    assert faults(analyzed_with(scene, inside)) == []


def test_esp_that_goes_on_is_told_of_the_peer_that_sends_it() -> None:
    scene, inside = asked_of()
    inside |= {7: asks(transform(), spi=SPIS[0]), 8: asks(transform(), spi=SPIS[1])}
    late_ns = scene._now_ns

    def still(flows: Mapping[bytes, tuple[EspFlow, ...]]) -> list[str]:
        found = the(analyzed_with(scene, inside, esp=flows), "dead-peer")
        return [line for line in found.evidence if "went on" in line]

    assert still(flow(1, 5, late_ns)) == ["ESP from it under SPI c1010101 went on until frame 29"]
    assert still(flow(0, 5, late_ns)) == []
    assert still(flow(1, 5, 0)) == []


def test_acknowledgements_of_the_one_that_asks_are_none_of_the_other_s() -> None:
    scene = Scene().phase1().quick(1, 2, 3).dead_peer_detection(RESPONDER)
    for _ in range(3):
        scene.wait(5).informational(INITIATOR, plain_bytes=80)
    inside = {10: alive(1), 11: alive(1, NotifyType.R_U_THERE_ACK)} | {
        12 + n: alive(70 + n) for n in range(3)
    }
    found = the(analyzed_with(scene.wait(60), inside), "dead-peer")
    assert found.evidence[1] == f"{THERE} announced dead-peer detection, and acknowledged none"
    assert found.frames == (12, 13, 14)


def test_question_that_was_captured_twice_is_one() -> None:
    scene, inside = asked_of(numbers=(70, 71))
    twice = {place: said for frame, said in inside.items() for place in (2 * frame - 1, 2 * frame)}
    found = analyzed_with(scene.mirrored(), twice)
    assert "does not answer dead-peer detection" not in str(found.findings)


def test_sequence_number_is_in_four_octets_whatever_follows() -> None:
    scene, _ = asked_of()
    inside = {10 + n: notice(NotifyType.R_U_THERE, (70 + n).to_bytes(4) + b"!") for n in range(3)}
    assert "sequence numbers 70 to 72" in the(analyzed_with(scene, inside), "dead-peer").evidence[0]


def test_initiator_is_dead_where_the_responder_asks_in_vain() -> None:
    scene = Scene().phase1().quick(1, 2, 3)
    for _ in range(3):
        scene.wait(5).informational(RESPONDER, plain_bytes=80)
    found = the(analyzed_with(scene.wait(60), {10 + n: alive(70 + n) for n in range(3)}), "dead-peer")
    assert found.claim == f"The initiator {HERE} is gone: it does not answer dead-peer detection."
    assert found.evidence[1] == f"{HERE} announced dead-peer detection, and acknowledged none"


def answered_before(numbers: Sequence[int], **more: Any) -> tuple[Scene, dict[int, Inside]]:
    """One R-U-THERE, its acknowledgement in frame 11, and others from frame 12 on; announced by nobody."""
    scene = Scene(vendor_ids=((), ()), **more).phase1().quick(1, 2, 3).dead_peer_detection()
    for _ in numbers:
        scene.informational(INITIATOR, plain_bytes=80)
    scene.wait(60)
    after = {12 + place: alive(number) for place, number in enumerate(numbers)}
    return scene, {10: alive(69), 11: alive(69, NotifyType.R_U_THERE_ACK), **after}


def test_peer_that_has_acknowledged_owes_answers_without_announcing_it() -> None:
    found = the(analyzed_with(*answered_before((70, 71, 72))), "dead-peer")
    assert found.evidence[1] == "The last R-U-THERE-ACK, in frame 11, was to 69"
    assert found.frames == (12, 13, 14)


def test_question_at_the_time_of_its_acknowledgement_does_not_wait() -> None:
    """Some devices tell time in ticks of a clock that question and answer both fit in."""
    assert faults(analyzed_with(*answered_before((70, 71, 72), delay_s=0))) == []


def test_peer_that_only_repeats_itself_is_dead() -> None:
    scene, inside = asked_of()
    assert "dead-peer" in codes(analyzed_with(scene.again("QM2"), inside))


def test_esp_that_ended_with_the_last_question_did_not_go_on() -> None:
    scene, inside = asked_of()
    inside |= {7: asks(transform(), spi=SPIS[0]), 8: asks(transform(), spi=SPIS[1])}
    asked_ns = scene.shots[-1].time_ns
    told = {
        late_ns: the(analyzed_with(scene, inside, esp=flow(1, 5, asked_ns + late_ns)), "dead-peer").evidence
        for late_ns in (0, 1)
    }
    assert ["went on" in str(lines) for lines in told.values()] == [False, True]


def test_peer_that_only_repeats_what_the_capture_begins_with_is_dead() -> None:
    scene = Scene().phase1(hidden=True).quick(1, 2, 3, by=RESPONDER).dead_peer_detection()
    for _ in range(3):
        scene.wait(5).informational(INITIATOR, plain_bytes=80)
    inside = {4: alive(69), 5: alive(69, NotifyType.R_U_THERE_ACK)} | {6 + n: alive(70 + n) for n in range(3)}
    assert the(analyzed_with(scene.again("QM1").wait(60), inside), "dead-peer").frames == (6, 7, 8)


def test_what_came_at_the_time_of_the_first_question_did_not_follow_it() -> None:
    scene = Scene(delay_s=0).phase1().quick(1, 2, 3).informational(INITIATOR, plain_bytes=80)
    for _ in range(2):
        scene.wait(5).informational(INITIATOR, plain_bytes=80)
    inside = {10 + n: alive(70 + n) for n in range(3)}
    assert "dead-peer" in codes(analyzed_with(scene.wait(60), inside))

"""Quick modes, in captures whose contents are given instead of decrypted."""

from typing import Final

import pytest
from msgspec.structs import replace

from ikepcap.report.model import Finding
from ikepcap.track.conversation import Inside, Notice, Settings
from ikepcap.wire.details import CfgAttribute, CfgType
from ikepcap.wire.numbers import NotifyType
from ikepcap.wire.offer import Transform
from tests.diagnose.given import (
    HERE,
    LEFT,
    OTHER,
    RIGHT,
    SHA2,
    SPIS,
    THERE,
    analyzed_with,
    asks,
    flow,
    network,
    notice,
    the,
    transform,
)
from tests.report.scene import INITIATOR, RESPONDER, RETRIES, Scene

REFUSED: Final = notice(NotifyType.NO_PROPOSAL_CHOSEN)


# quick modes: what QM1 asks for


def refused(asked: Inside, kind: NotifyType = NotifyType.NO_PROPOSAL_CHOSEN) -> Finding:
    scene = Scene().phase1().quick(1).informational(RESPONDER)
    return analyzed_with(scene, {7: asked, 8: notice(kind)}).findings[0]


def after_one_that_came_up(two: Inside, asked: Inside, kind: NotifyType) -> Finding:
    """A quick mode that came up, then one that is refused; frames 7 to 9, 10 and 11."""
    scene = Scene().phase1().quick(1, 2, 3).quick(1).informational(RESPONDER)
    return analyzed_with(scene, {7: two, 8: two, 10: asked, 11: notice(kind)}).findings[0]


def test_networks_and_transforms_of_qm1_are_told() -> None:
    told = refused(asks(transform(), between=(LEFT, RIGHT))).evidence
    assert told[1:] == (
        f"QM1 in frame 7 asks for {LEFT} behind the initiator, {RIGHT} behind the responder",
        "QM1 in frame 7 offers ESP AES-CBC-128, HMAC-SHA1, tunnel, no PFS",
    )


@pytest.mark.parametrize(("count", "more"), [(3, ""), (4, " and 1 more"), (5, " and 2 more")])
def test_three_transforms_are_told_and_how_many_there_are_besides(count: int, more: str) -> None:
    told = refused(asks(*(transform(key_bits=64 * n) for n in range(2, 2 + count)))).evidence[1]
    assert told.startswith("QM1 in frame 7 offers ESP AES-CBC-128")
    assert told.count(" or ") == 2
    assert told.endswith(f"tunnel, no PFS{more}")


@pytest.mark.parametrize(
    ("asked", "told"),
    [
        (asks(transform(group=14), ke_bytes=256), None),
        (asks(transform()), None),
        (asks(transform(), ke_bytes=128), "QM1 in frame 7 asks for PFS, with a KE of 128 octets"),
        (asks(transform(group=14)), "QM1 in frame 7 asks for no PFS: it has no KE"),
        (Inside(), "QM1 in frame 7 asks for no PFS: it has no KE"),
    ],
)
def test_ke_is_told_where_the_offer_does_not_say_the_same(asked: Inside, told: str | None) -> None:
    assert [line for line in refused(asked).evidence if "KE" in line] == ([told] if told else [])


def test_selectors_of_one_protocol_and_port_are_told_with_it() -> None:
    of = (network(LEFT, 17, 1701), network(RIGHT, 6))
    told = refused(Inside(identities=of)).evidence[1]
    assert told.startswith(f"QM1 in frame 7 asks for {LEFT} protocol 17 port 1701 behind the initiator")
    assert f"{RIGHT} protocol 6 behind the responder" in told


@pytest.mark.parametrize("body", [b"", b"\4\0\0", b"\2\0\0\0name", b"\4\0\0\0\1"])
def test_selectors_that_hold_no_addresses_are_not_told(body: bytes) -> None:
    told = refused(Inside(identities=(body, network(RIGHT)))).evidence
    assert not any("behind" in line for line in told)


def test_any_address_is_one_of_four_octets() -> None:
    told = refused(Inside(identities=(b"\1\0\0\0\xc0\0\2\1", network(RIGHT)))).evidence
    assert "asks for 192.0.2.1 behind the initiator" in told[1]


def test_refusal_is_read_from_its_error_and_not_from_a_status_beside_it() -> None:
    both = Inside(
        (Notice(NotifyType.INITIAL_CONTACT, 16, b""), Notice(NotifyType.NO_PROPOSAL_CHOSEN, 4, b""))
    )
    scene = Scene().phase1().quick(1).informational(RESPONDER)
    found = analyzed_with(scene, {7: asks(transform()), 8: both}).findings[0]
    assert found.code == "phase2-proposal-mismatch"
    assert "an encrypted NO-PROPOSAL-CHOSEN in place of QM2" in found.claim


# quick modes: what the refusing peer took elsewhere

TAKEN: Final = asks(transform(), spi=SPIS[1], between=(LEFT, RIGHT))


@pytest.mark.parametrize(
    ("offered", "code", "differs", "alternatives"),
    [
        (transform(auth_algorithm=SHA2), "phase2-proposal-mismatch", "integrity", ()),
        (transform(group=14), "phase2-pfs-mismatch", "group for PFS", ()),
        (
            transform(key_bits=256, group=14), "phase2-proposal-mismatch", "key length and group for PFS",
            ("phase2-pfs-mismatch",),
        ),
    ],
)  # fmt: skip
def test_offer_is_compared_with_what_the_peer_took(
    offered: Transform, code: str, differs: str, alternatives: tuple[str, ...]
) -> None:
    found = after_one_that_came_up(TAKEN, asks(offered), NotifyType.NO_PROPOSAL_CHOSEN)
    assert (found.code, found.alternatives) == (code, alternatives)
    assert f"the offer differs in {differs} from what it has in frame 8" in found.claim
    assert any(line.endswith(f"no PFS; the offer differs from it in {differs}") for line in found.evidence)


def test_offer_that_is_what_the_peer_took_is_not_called_different() -> None:
    found = after_one_that_came_up(TAKEN, asks(transform()), NotifyType.NO_PROPOSAL_CHOSEN)
    assert "the offer differs" not in found.claim
    assert any(line.endswith("the offer holds the same") for line in found.evidence)


def test_refusal_of_something_else_is_not_read_as_one_of_the_proposal() -> None:
    found = after_one_that_came_up(TAKEN, asks(transform(group=14)), NotifyType.INVALID_ID_INFORMATION)
    assert found.code == "phase2-selector-mismatch"
    assert "differs in" not in found.claim


def test_networks_of_what_the_peer_took_are_told_where_they_are_others() -> None:
    other = asks(transform(), between=(LEFT, OTHER))
    told = after_one_that_came_up(TAKEN, other, NotifyType.INVALID_ID_INFORMATION).evidence
    assert f"In frame 8 it is for {LEFT} and {RIGHT}" in told
    turned = asks(transform(), between=(RIGHT, LEFT))
    for same in (turned, asks(transform())):
        told = after_one_that_came_up(TAKEN, same, NotifyType.INVALID_ID_INFORMATION).evidence
        assert not any("it is for" in line for line in told)
    without = asks(transform(), spi=SPIS[1])
    told = after_one_that_came_up(without, other, NotifyType.INVALID_ID_INFORMATION).evidence
    assert not any("it is for" in line for line in told)


def test_own_offers_and_empty_ones_are_nothing_to_compare_with() -> None:
    scene = Scene().phase1().quick(1, 2, 3).quick(1).informational(RESPONDER)
    for two in (None, Inside(), asks()):
        inside = {7: asks(transform(key_bits=256)), 10: asks(transform()), 11: REFUSED}
        found = analyzed_with(scene, inside if two is None else {**inside, 8: two}).findings[0]
        assert not any("itself has" in line for line in found.evidence)
    for nothing_asked in ({10: asks()}, {}):
        found = analyzed_with(scene, {8: TAKEN, 11: REFUSED, **nothing_asked}).findings[0]
        assert found.code == "phase2-proposal-mismatch"
        assert not any("itself has" in line for line in found.evidence)


def test_address_of_mode_config_that_qm1_does_not_ask_for_is_told() -> None:
    scene = Scene(auth="xauth-psk").phase1().transaction(INITIATOR).quick(1).informational(RESPONDER)
    given = Settings(CfgType.REPLY, (CfgAttribute.INTERNAL_IP4_ADDRESS,), addresses=("10.0.0.9",))

    def told(asked: Inside) -> list[str]:
        inside = {8: Inside(settings=given), 9: asked, 10: notice(NotifyType.INVALID_ID_INFORMATION)}
        return [line for line in analyzed_with(scene, inside).findings[0].evidence if "Mode-config" in line]

    assert told(asks(transform(), between=(LEFT, RIGHT))) == [
        "Mode-config in frame 8 gave the client 10.0.0.9, which QM1 does not ask for"
    ]
    own = Inside(identities=(b"\1\0\0\0\x0a\0\0\t", network(RIGHT)))
    assert told(own) == told(asks(transform())) == []


# quick modes: QM2 that is no answer


def unanswered(one: Inside | None, two: Inside | None) -> list[str]:
    scene = Scene().phase1().quick(1, 2).repeat(RETRIES)
    inside = {7: one, 8: two, 9: two, 10: two, 11: two}
    found = the(
        analyzed_with(scene, {f: said for f, said in inside.items() if said is not None}), "phase2-no-reply"
    )
    return [line for line in found.evidence if line.startswith("QM2 in")]


def test_qm2_for_other_networks_is_told() -> None:
    one, two = asks(transform(), between=(LEFT, RIGHT)), asks(transform(), between=(LEFT, OTHER))
    assert unanswered(one, two) == [
        f"QM2 in frame 8 is for {LEFT} and {OTHER}, QM1 asked for {LEFT} and {RIGHT}"
    ]
    assert unanswered(one, one) == []
    assert unanswered(asks(transform()), two) == []
    assert unanswered(one, asks(transform())) == []


def test_qm2_without_a_qm1_in_the_capture_answers_nothing_otherwise() -> None:
    scene = Scene().phase1().quick(1)
    scene.shots.pop()
    two = asks(transform(), between=(LEFT, RIGHT))
    scene.quick(2, 3).repeat(RETRIES, "QM2")
    found = the(analyzed_with(scene, {7: two, 9: two, 10: two}), "phase2-no-reply")
    assert not any(line.startswith("QM2 in") for line in found.evidence)


def test_qm2_that_chooses_what_was_not_offered_is_told() -> None:
    offered = asks(transform(key_bits=256), transform())
    assert unanswered(offered, asks(transform(encapsulation=2))) == [
        (
            "QM2 in frame 8 chooses ESP AES-CBC-128, HMAC-SHA1, transport, no PFS, which was not offered: it "
            "differs in encapsulation"
        )
    ]
    assert unanswered(offered, asks(transform(lifetime_s=60))) == []


@pytest.mark.parametrize("other", [None, Inside(), asks()])
def test_qm2_is_compared_with_nothing_where_either_is_closed_or_empty(other: Inside | None) -> None:
    whole = asks(transform(encapsulation=2))
    assert unanswered(other, whole) == []
    assert unanswered(whole, other) == []


# quick modes: ESP


def test_esp_is_counted_in_words() -> None:
    chosen = {7: asks(transform(), spi=SPIS[0]), 8: asks(transform(), spi=SPIS[1])}
    scene = Scene().phase1().quick(1, 2, 3)
    one = the(analyzed_with(scene, chosen, esp=flow(0)), "esp-seen")
    assert one.evidence == (
        f"1 ESP packet from {HERE} under SPI c2020202, frames 20 to 29", f"None of it comes from {THERE}",
    )  # fmt: skip
    two = the(analyzed_with(scene, chosen, esp=flow(0, 2) | flow(1, 3)), "esp-seen")
    assert two.evidence == (
        f"3 ESP packets from {THERE} under SPI c1010101, frames 20 to 29",
        f"2 ESP packets from {HERE} under SPI c2020202, frames 20 to 29",
    )


def test_esp_of_both_ways_is_told_with_its_first_and_last_frames() -> None:
    chosen = {7: asks(transform(), spi=SPIS[0]), 8: asks(transform(), spi=SPIS[1])}
    back = {spi: (replace(one, first_frame=30, last_frame=39),) for spi, (one,) in flow(1).items()}
    scene = Scene().phase1().quick(1, 2, 3)
    assert the(analyzed_with(scene, chosen, esp=flow(0) | back), "esp-seen").frames == (20, 29, 30, 39)

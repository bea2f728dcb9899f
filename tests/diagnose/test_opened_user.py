"""XAUTH and mode-config, in captures whose contents are given instead of decrypted."""

from typing import Any

import pytest

from ikepcap.report.model import Conversation
from ikepcap.track.conversation import Inside, Settings
from ikepcap.wire.details import CfgAttribute, CfgType
from tests.diagnose.given import LEFT, RIGHT, analyzed_with, asks, codes, the, transform
from tests.report.scene import INITIATOR, RESPONDER, RETRIES, Scene

NAME, ADDRESS = CfgAttribute.XAUTH_USER_NAME, CfgAttribute.INTERNAL_IP4_ADDRESS


def login(settings: Settings, *, by: int = 1) -> Conversation:
    scene = Scene(auth="xauth-psk").phase1().transaction().transaction(RESPONDER if by else INITIATOR)
    asked = Settings(CfgType.REQUEST, (CfgAttribute.XAUTH_USER_NAME,))
    return analyzed_with(scene, {7: Inside(settings=asked), 9: Inside(settings=settings)})


def test_who_says_that_the_user_is_not_let_in_is_told() -> None:
    fail = Settings(CfgType.SET, (CfgAttribute.XAUTH_STATUS,), status=0)
    assert the(login(fail), "xauth-failed").claim == (
        "The responder did not let the user in: it said XAUTH-STATUS FAIL."
    )
    own = Settings(CfgType.REPLY, (CfgAttribute.XAUTH_STATUS,), status=0)
    assert the(login(own, by=0), "xauth-failed").claim.startswith("The initiator itself answered XAUTH")


def test_address_that_was_read_is_not_inferred_as_well() -> None:
    """The course is that of an answer without an address: the client leaves at once."""
    scene = Scene(auth="xauth-psk").phase1().transaction().transaction().transaction(INITIATOR)
    scene.informational(INITIATOR).bystander(60)
    asked = Inside(settings=Settings(CfgType.REQUEST, (CfgAttribute.INTERNAL_IP4_ADDRESS,)))
    refused = Inside(settings=Settings(CfgType.REPLY, ()))
    given = Inside(
        settings=Settings(CfgType.REPLY, (CfgAttribute.INTERNAL_IP4_ADDRESS,), addresses=("10.0.0.9",))
    )

    def told(*answers: Inside) -> list[str]:
        found = analyzed_with(scene, dict(enumerate((asked, *answers), 11)))
        return [f"{f.code} {f.certainty}" for f in found.findings if f.code == "mode-config-failed"]

    assert told(refused) == ["mode-config-failed proven"]
    assert told(given) == []
    assert analyzed_with(scene, {}).findings[0].certainty == "likely"


@pytest.mark.parametrize(
    ("asked", "told"),
    [
        (Inside(settings=Settings(CfgType.REQUEST, (NAME,))), ("xauth-failed", "likely", ("replies-lost",))),
        (
            Inside(settings=Settings(CfgType.REQUEST, (ADDRESS,))),
            ("mode-config-failed", "likely", ("replies-lost",)),
        ),
        *(
            (closed, ("xauth-failed", "possible", ("replies-lost", "mode-config-failed")))
            for closed in (None, Inside(), Inside(settings=Settings(CfgType.REQUEST, ())))
        ),
    ],
)
def test_transaction_without_an_answer_is_what_it_asks_for(
    asked: Inside | None, told: tuple[str, str, tuple[str, ...]]
) -> None:
    """Who asks tells it only where no key does."""
    scene = Scene(auth="xauth-psk").phase1().transaction(answered=False).repeat(RETRIES)
    inside = {5: Inside(), **({} if asked is None else dict.fromkeys(range(7, 11), asked))}
    found = analyzed_with(scene, inside).findings[0]
    assert (found.code, found.certainty, found.alternatives) == told


def ask(*attributes: int) -> Inside:
    return Inside(settings=Settings(CfgType.REQUEST, attributes))


def reply(*attributes: int, **more: Any) -> Inside:
    return Inside(settings=Settings(CfgType.REPLY, attributes, **more))


def status(value: int, kind: CfgType = CfgType.SET) -> Inside:
    return Inside(settings=Settings(kind, (CfgAttribute.XAUTH_STATUS,), status=value))


FAIL, OK = status(0), status(1)


# how often the user was asked for


def rounds(scene: Scene, *inside: Inside, first: int = 7) -> list[str]:
    found = the(analyzed_with(scene, dict(enumerate(inside, first))), "xauth-failed")
    return [line for line in found.evidence if "asked for the user" in line]


def test_user_who_was_asked_for_once_was_refused_at_once() -> None:
    scene = Scene(auth="xauth-psk").phase1().transaction().transaction()
    assert rounds(scene, ask(NAME), reply(NAME), FAIL) == []


def test_user_who_was_asked_for_again_was_refused_as_often() -> None:
    scene = Scene(auth="xauth-psk").phase1().transaction().transaction().transaction()
    told = rounds(scene, ask(NAME), reply(NAME), ask(NAME), reply(NAME), FAIL)
    assert told == ["It asked for the user 2 times before"]


def test_only_requests_for_the_user_count() -> None:
    scene = Scene(auth="xauth-psk").phase1().transaction(INITIATOR).transaction().transaction()
    assert rounds(scene, ask(ADDRESS), reply(ADDRESS), ask(NAME), reply(NAME), FAIL) == []


def test_request_that_is_sent_again_counts_once() -> None:
    scene = Scene(auth="xauth-psk").phase1().transaction(answered=False).repeat((4.0,)).transaction()
    assert rounds(scene, ask(NAME), ask(NAME), FAIL) == []


def test_request_that_the_capture_begins_with_counts_once() -> None:
    scene = Scene(auth="xauth-psk").phase1(hidden=True).transaction(answered=False).repeat((4.0,))
    assert rounds(scene.transaction(), ask(NAME), ask(NAME), FAIL, first=1) == []


# what is a verdict


@pytest.mark.parametrize(
    "said",
    [
        pytest.param(status(0, CfgType.ACK), id="what an ACK repeats"),
        pytest.param(status(0, CfgType.REQUEST), id="a request"),
        pytest.param(
            Inside(settings=Settings(CfgType.SET, (ADDRESS,), addresses=("10.0.0.9",))), id="a push"
        ),
    ],
)
def test_what_sets_no_status_does_not_refuse(said: Inside) -> None:
    scene = Scene(auth="xauth-psk").phase1().transaction().transaction().quick(1, 2, 3)
    assert codes(analyzed_with(scene, {7: OK, 9: said})) == codes(analyzed_with(scene, {7: OK}))
    assert "xauth-failed" in codes(analyzed_with(scene, {7: OK, 9: FAIL}))


def test_status_outside_of_a_transaction_is_no_verdict() -> None:
    scene = Scene(auth="xauth-psk").phase1().transaction().informational(RESPONDER).quick(1, 2, 3)
    assert "xauth-failed" not in codes(analyzed_with(scene, {9: FAIL}))


def test_attribute_after_the_last_of_xauth_asks_for_no_user() -> None:
    scene = Scene(auth="xauth-psk").phase1().transaction(answered=False).repeat(RETRIES)
    for number, code in ((16529, "xauth-failed"), (16530, "mode-config-failed")):
        assert analyzed_with(scene, dict.fromkeys(range(7, 11), ask(number))).findings[0].code == code


# a user who was let in


def let_in(seconds: float, **more: Any) -> Scene:
    """The verdict is in frame 9 and its acknowledgement in frame 10."""
    return Scene(auth="xauth-psk", **more).phase1().transaction().transaction().wait(seconds)


def test_user_who_was_let_in_and_whom_nothing_follows_waits() -> None:
    found = the(analyzed_with(let_in(60), {9: OK}), "mode-config-failed")
    assert (found.certainty, found.frames) == ("possible", (9,))
    assert found.evidence == ("Frame 9 sets XAUTH-STATUS to OK", "Nothing follows it in the 60.0 s after it")


def test_user_who_was_let_in_has_not_failed_where_the_acknowledgement_is_not_seen() -> None:
    asked = Scene(auth="xauth-psk").phase1().transaction().transaction(answered=False).wait(60)
    assert "xauth-failed" not in codes(analyzed_with(asked, {9: OK}))
    assert "xauth-failed" in codes(analyzed_with(asked, {}))


def test_user_who_was_not_let_in_waits_for_nothing() -> None:
    assert codes(analyzed_with(let_in(60), {9: FAIL})).count("mode-config-failed") == 0


def test_five_seconds_are_enough_to_go_on_in() -> None:
    assert "mode-config-failed" in codes(analyzed_with(let_in(5), {9: OK}))
    found = analyzed_with(let_in(4.9), {9: OK})
    assert "mode-config-failed" not in codes(found)
    assert the(found, "ends-early").evidence == ("The capture goes on for 4.9 s after it",)


def test_what_came_at_the_time_of_the_verdict_did_not_follow_it() -> None:
    """Some devices tell time in ticks of a clock that all of it fits in."""
    assert "mode-config-failed" in codes(analyzed_with(let_in(60, delay_s=0), {9: OK}))


def test_verdict_without_anything_else_of_the_peers_tells_nothing() -> None:
    """A capture that starts late, and of one direction: nobody knows whether phase 1 is up."""
    scene = Scene(auth="xauth-psk").phase1(hidden=True).transaction(answered=False).wait(60)
    found = analyzed_with(scene, {1: OK})
    assert (found.outcome, codes(found)) == ("unknown", ["starts-late"])


# an address that was asked for


def addressed(*, quick: bool = False) -> Scene:
    """XAUTH in frames 7 and 8, mode-config in 9 and 10, a refused quick mode in 11 and 12."""
    scene = Scene(auth="xauth-psk").phase1().transaction().transaction(INITIATOR)
    return scene.quick(1).informational(RESPONDER) if quick else scene


LOGIN = {7: ask(NAME), 8: reply(NAME)}


def test_answer_without_an_address_is_told_with_the_question_and_what_it_led_to() -> None:
    inside = {**LOGIN, 9: ask(ADDRESS), 10: reply()}
    found = the(analyzed_with(addressed(quick=True), inside), "mode-config-failed")
    assert (found.certainty, found.frames) == ("proven", (9, 10, 11, 12))
    assert found.claim == "The responder gave the initiator no inner address."
    assert len(found.evidence) == 2
    assert found.evidence[1].startswith("QM1 ")


def test_quick_mode_that_was_not_refused_is_no_part_of_it() -> None:
    found = the(
        analyzed_with(addressed().quick(1), {**LOGIN, 9: ask(ADDRESS), 10: reply()}), "mode-config-failed"
    )
    assert (found.frames, len(found.evidence)) == ((9, 10), 1)


def test_transaction_that_stalled_is_no_part_of_it() -> None:
    scene = addressed().transaction(answered=False).repeat(RETRIES)
    found = [
        f
        for f in analyzed_with(scene, {**LOGIN, 9: ask(ADDRESS), 10: reply()}).findings
        if f.certainty == "proven" and f.code == "mode-config-failed"
    ]
    assert [(f.frames, len(f.evidence)) for f in found] == [((9, 10), 1)]


def test_question_is_the_request_that_was_read() -> None:
    scene = addressed().transaction(INITIATOR)
    found = the(
        analyzed_with(scene, {10: reply(ADDRESS), 11: ask(ADDRESS), 12: reply()}), "mode-config-failed"
    )
    assert found.frames == (11, 12)


@pytest.mark.parametrize(
    "inside",
    [
        pytest.param({9: ask(ADDRESS)}, id="no answer was read"),
        pytest.param({10: reply(ADDRESS)}, id="no question was read"),
        pytest.param({9: ask(NAME), 10: reply(NAME)}, id="another question"),
        pytest.param({9: ask(ADDRESS), 10: reply(ADDRESS, addresses=("10.0.0.9",))}, id="it has one"),
        pytest.param({7: ask(ADDRESS), 8: reply(ADDRESS, addresses=("10.0.0.9",)), 9: ask(NAME), 10: reply()},
                     id="it has had one"),
        pytest.param({8: reply(NAME), 9: ask(ADDRESS)}, id="an answer to another question"),
    ],
)  # fmt: skip
def test_address_is_not_refused_where_no_answer_without_one_was_read(inside: dict[int, Inside]) -> None:
    assert "mode-config-failed" not in codes(analyzed_with(addressed(quick=True), inside))


def test_tunnel_that_came_up_needed_no_address() -> None:
    inside = {9: ask(ADDRESS), 10: reply()}
    assert "mode-config-failed" not in codes(analyzed_with(addressed().quick(1, 2, 3), inside))


# an address that was given


@pytest.mark.parametrize(
    ("kind", "is_given"),
    [(CfgType.REPLY, True), (CfgType.SET, True), (CfgType.REQUEST, False), (CfgType.ACK, False)],
)
def test_address_is_given_by_an_answer_or_unasked(kind: CfgType, is_given: bool) -> None:
    """A client may ask for the address that it had."""
    said = Inside(settings=Settings(kind, (ADDRESS,), addresses=("10.0.0.9",)))
    inside = {9: said, 11: asks(transform(), between=(LEFT, RIGHT))}
    line = "Mode-config in frame 9 gave the client 10.0.0.9, which QM1 does not ask for"
    found = analyzed_with(addressed(quick=True), inside).findings[0]
    assert (line in found.evidence) == is_given


def test_settings_without_an_address_give_none() -> None:
    inside = {8: reply(NAME), 11: asks(transform(), between=(LEFT, RIGHT))}
    found = analyzed_with(addressed(quick=True), inside).findings[0]
    assert "gave the client" not in str(found.evidence)
    assert found.code.startswith("phase2")

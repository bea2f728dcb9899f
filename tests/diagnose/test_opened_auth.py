"""What keys show of a refused authentication, in captures whose contents are given instead of decrypted."""

from typing import Any, Final

import pytest

from ikepcap.report.model import Conversation
from ikepcap.track.conversation import Inside, Lifespan
from ikepcap.wire.numbers import NotifyType
from tests.diagnose.given import HERE, LEFT, RIGHT, analyzed_with, network, notice
from tests.report.scene import INITIATOR, RESPONDER, Mode, Scene

REFUSED: Final = notice(NotifyType.NO_PROPOSAL_CHOSEN)


def proof_refused(auth: str = "psk", **more: Any) -> Conversation:
    scene = Scene(auth=auth, mtu=9000).upto(5).informational(RESPONDER)
    inside = more.pop("inside", {})
    return analyzed_with(scene, inside, **more)


def test_proofs_of_which_one_agrees_show_that_the_keys_differ() -> None:
    own, other = (("HASH_I", True),), (("HASH_R", False),)
    found = analyzed_with(
        Scene(mode="aggressive").upto(2).informational(INITIATOR), {}, proofs={2: other, 1: own}
    ).findings[0]
    assert (found.code, found.certainty) == ("psk-mismatch", "proven")
    assert found.evidence[-2:] == (
        "HASH_I in frame 1 agrees with the given keys",
        "HASH_R in frame 2 does not agree with the given keys",
    )


@pytest.mark.parametrize(
    "proofs",
    [
        {1: (("HASH_I", False),), 2: (("HASH_R", False),)},
        {1: (("HASH_I", True),), 2: (("HASH_R", True),)},
        {2: (("HASH_R", False),)},
        {1: (("SIG_I", True),), 2: (("HASH_R", False),)},
        {1: (("HASH_I", True),), 2: (("SIG_R", False),)},
        {1: (("HASH_I", True), ("HASH_R", False))},
    ],
)
def test_proofs_that_do_not_tell_the_peers_apart_prove_nothing(proofs: dict[int, Any]) -> None:
    scene = Scene(mode="aggressive").upto(2).informational(INITIATOR)
    assert analyzed_with(scene, {}, proofs=proofs).findings[0].certainty != "proven"


def test_key_that_opens_one_peer_alone_is_the_other_s() -> None:
    found = proof_refused(inside={6: REFUSED}, other_key=frozenset({5})).findings[0]
    assert (found.code, found.certainty) == ("psk-mismatch", "likely")
    assert "The given key does not open frame 5" in found.evidence
    assert proof_refused(inside={5: Inside(), 6: REFUSED}).findings[0].code != "psk-mismatch"
    # A key that opens nothing is nobody's.
    assert "the given key is" not in proof_refused(other_key=frozenset({5, 6})).findings[0].claim


def test_frames_that_stay_closed_are_told_each_once() -> None:
    scene = Scene().upto(5).informational(RESPONDER).wait(4).again("MSG5").informational(RESPONDER)
    found = analyzed_with(scene, {6: REFUSED}, other_key=frozenset({5, 7, 8})).findings[0]
    assert "The given key does not open frames 5 and 8" in found.evidence


@pytest.mark.parametrize(
    ("body", "told"),
    [
        (b"\1\x11\1\xf4\xc0\0\2\1", "an identity of type IPV4_ADDR, 192.0.2.1"),
        (b"\2\0\0\0branch.example.net", "an identity of type FQDN"),
        (b"\1\0\0", "nobody: its ID payload is too short"),
        (b"\1\0\0\0\1", "an identity of type IPV4_ADDR"),
        (b"\2\0\0\0", "an identity of type FQDN"),
    ],
)
def test_identity_is_told_as_far_as_it_names_nobody(body: bytes, told: str) -> None:
    found = proof_refused(
        inside={5: Inside(identities=(body,)), 6: notice(NotifyType.INVALID_ID_INFORMATION)}
    )
    lines = [line for line in found.findings[0].evidence if "names" in line]
    assert [line.replace("-", "_") for line in lines] == [f"Frame 5 names {HERE} as {told}".replace("-", "_")]


def test_identities_of_the_refusing_peer_and_of_quick_modes_are_not_told() -> None:
    scene = Scene(mode="aggressive").upto(3).quick(1).informational(RESPONDER)
    inside = {
        4: Inside(identities=(network(LEFT), network(RIGHT))),
        5: notice(NotifyType.INVALID_ID_INFORMATION),
    }
    assert "names" not in str(analyzed_with(scene, inside).findings)


def shown(begins: str, ends: str) -> Conversation:
    inside = {5: Inside(lifespan=Lifespan(begins, ends)), 6: notice(NotifyType.AUTHENTICATION_FAILED)}
    return proof_refused("rsa-sig", inside=inside)


@pytest.mark.parametrize(
    ("begins", "ends", "is_valid"),
    [
        ("2020-01-01T00:00:00Z", "2030-01-01T00:00:00Z", True),
        ("2020-01-01T00:00:00Z", "2026-03-02T07:59:59Z", False),
        ("2026-03-02T08:00:01Z", "2030-01-01T00:00:00Z", False),
        ("2026-03-02T08:00:00Z", "2026-03-02T08:00:00Z", True),
    ],
)  # fmt: skip
def test_certificate_that_was_not_valid_is_why_it_was_refused(begins: str, ends: str, is_valid: bool) -> None:
    found = shown(begins, ends).findings[0]
    assert (found.code == "certificate-rejected" and "was not valid" in found.claim) != is_valid
    when = "and was" if is_valid else "and was not"
    assert found.evidence[-1] == (
        f"The certificate in frame 5 is valid from {begins} to {ends}, {when} at the time of the capture"
    )


def test_certificate_and_identity_of_the_refusing_peer_are_not_what_it_refused() -> None:
    own = Inside(
        identities=(network(LEFT),), lifespan=Lifespan("2020-01-01T00:00:00Z", "2021-01-01T00:00:00Z")
    )
    scene = Scene(auth="rsa-sig", mtu=9000).phase1().informational(INITIATOR).bystander(60)
    (found, *_) = analyzed_with(scene, {5: own, 7: notice(NotifyType.AUTHENTICATION_FAILED)}).findings
    assert found.code == "authentication-failed"
    assert not any("names" in line or "is valid" in line for line in found.evidence)
    (found, *_) = analyzed_with(scene, {5: own, 6: own, 7: notice(NotifyType.AUTHENTICATION_FAILED)}).findings
    assert found.code == "certificate-rejected"
    assert [line.partition(" ")[0] for line in found.evidence[-2:]] == ["Frame", "The"]
    assert all("rame 6 " in line for line in found.evidence[-2:])


@pytest.mark.parametrize(("mode", "last"), [("aggressive", 3), ("main", 6)])
def test_quick_mode_right_after_the_last_message_names_nobody(mode: Mode, last: int) -> None:
    """It is sent with that message, before the refusal comes."""
    by, other = (INITIATOR, RESPONDER) if last % 2 else (RESPONDER, INITIATOR)
    scene = Scene(mode=mode).upto(last).informational(other).quick(1, by=by)
    inside = {
        last + 1: notice(NotifyType.INVALID_ID_INFORMATION),
        last + 2: Inside(identities=(network(LEFT), network(RIGHT))),
    }
    found = analyzed_with(scene, inside).findings[0]
    assert found.code == "identity-mismatch"
    assert not any("names" in line for line in found.evidence)
    assert any(
        "names" in line
        for line in analyzed_with(scene, {**inside, last: inside[last + 2]}).findings[0].evidence
    )


def test_proof_in_the_first_message_of_a_capture_is_told_once() -> None:
    scene = Scene(mode="aggressive").msg1(hidden=True).msg2().repeat((4.0,)).informational(INITIATOR)
    own = (("HASH_R", True),)
    (found, *_) = analyzed_with(scene, {}, proofs={1: own, 2: own}).findings
    assert [line for line in found.evidence if "HASH_R" in line] == [
        "HASH_R in frame 1 agrees with the given keys"
    ]


def test_first_message_of_a_capture_stays_closed_once() -> None:
    scene = Scene()
    for number in range(1, 5):
        getattr(scene, f"msg{number}")(hidden=True)
    scene.msg5().repeat((4.0,)).informational(RESPONDER).wait(60)
    (found, *_) = analyzed_with(
        scene, {3: notice(NotifyType.AUTHENTICATION_FAILED)}, other_key=frozenset({1, 2})
    ).findings
    assert [line for line in found.evidence if "does not open" in line] == [
        "The given key does not open frame 1"
    ]

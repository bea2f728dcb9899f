"""What keys make of encrypted messages decides what these are: a refusal, which one, or none."""

from pathlib import Path

import pytest

from ikepcap.capture.reader import Capture
from ikepcap.report.build import Builder
from ikepcap.report.model import Conversation
from ikepcap.track.conversation import Inside, Notice, Opened
from ikepcap.track.tracker import Tracker
from ikepcap.wire.numbers import NotifyType
from tests.report.scene import INITIATOR, RESPONDER, Scene

NETWORKS = (bytes.fromhex("04000000c0000200ffffff00"), bytes.fromhex("04000000c6336400ffffff00"))


def told(kind: int) -> Inside:
    return Inside((Notice(kind, 4, b""),))


def concluded(folder: Path, scene: Scene, *last: Inside) -> Conversation:
    """Return the entry of a scene whose last messages were opened."""
    path = folder / "scene.pcap"
    path.write_bytes(scene.pcap())
    tracker = Tracker()
    for found in Capture([path]).batches():
        tracker.take(found)
    (ended,) = tracker.end_all(0)
    frames = range(len(scene.frames) - len(last) + 1, len(scene.frames) + 1)
    opened = Opened(dict(zip(frames, last, strict=True)))
    built = Builder(strict=True).build(ended, would_show_4500=False, opened=opened if last else None)
    assert isinstance(built, Conversation)
    return built


def codes(conversation: Conversation) -> list[str]:
    return [finding.code for finding in conversation.findings]


def refused_quick_mode(folder: Path, kind: int, asked: Inside | None = None) -> Conversation:
    scene = Scene().phase1().quick(1).informational(RESPONDER)
    return concluded(folder, scene, asked or Inside(), told(kind))


@pytest.mark.parametrize(
    ("kind", "code"),
    [
        (NotifyType.NO_PROPOSAL_CHOSEN, "phase2-proposal-mismatch"),
        (NotifyType.INVALID_ID_INFORMATION, "phase2-selector-mismatch"),
        (NotifyType.INVALID_KEY_INFORMATION, "phase2-pfs-mismatch"),
        (NotifyType.UNEQUAL_PAYLOAD_LENGTHS, "phase2-refused"),
    ],
)
def test_a_notify_in_place_of_qm2_names_the_finding(tmp_path: Path, kind: NotifyType, code: str) -> None:
    found = refused_quick_mode(tmp_path, kind)
    assert codes(found) == [code]
    assert kind.name.replace("_", "-") in found.findings[0].claim


def test_what_qm1_asks_for_is_evidence(tmp_path: Path) -> None:
    asked = Inside(ke_bytes=128, identities=NETWORKS)
    evidence = refused_quick_mode(tmp_path, NotifyType.NO_PROPOSAL_CHOSEN, asked).findings[0].evidence
    assert evidence[-2:] == (
        "QM1 in frame 7 asks for 192.0.2.0/24 behind the initiator, 198.51.100.0/24 behind the responder",
        "QM1 in frame 7 asks for PFS, with a KE of 128 octets",
    )


def test_identities_that_are_no_networks_are_not_shown(tmp_path: Path) -> None:
    """Names may hold anything; a report is passed on."""
    asked = Inside(identities=(b"\x02\0\0\0branch.example", b"\x02\0\0\0hub.example"))
    found = refused_quick_mode(tmp_path, NotifyType.INVALID_ID_INFORMATION, asked)
    assert "example" not in "".join(found.findings[0].evidence)


@pytest.mark.parametrize("inside", [told(NotifyType.INITIAL_CONTACT), Inside(deletes=True)])
def test_a_message_without_an_error_refuses_no_quick_mode(tmp_path: Path, inside: Inside) -> None:
    scene = Scene().phase1().quick(1).informational(RESPONDER)
    assert concluded(tmp_path, scene).exchanges[0].outcome == "refused"
    assert concluded(tmp_path, scene, Inside(), inside).exchanges[0].outcome != "refused"


def test_a_message_without_an_error_refuses_no_phase_1(tmp_path: Path) -> None:
    scene = Scene().upto(5).informational(RESPONDER)
    assert concluded(tmp_path, scene).outcome == "refused"
    assert concluded(tmp_path, scene, told(NotifyType.INITIAL_CONTACT)).outcome != "refused"


def test_a_delete_in_place_of_msg6_refuses_and_names_no_reason(tmp_path: Path) -> None:
    found = concluded(tmp_path, Scene().upto(5).informational(RESPONDER), Inside(deletes=True))
    assert (found.outcome, codes(found)) == ("refused", ["authentication-failed"])
    assert "an encrypted delete" in found.summary


def test_one_key_for_both_clears_the_pre_shared_key_and_else_it_stays_in_doubt(tmp_path: Path) -> None:
    scene = Scene().upto(5).informational(RESPONDER)
    refusal = told(NotifyType.AUTHENTICATION_FAILED)
    (of_both,) = concluded(tmp_path, scene, Inside(), refusal).findings
    (of_one,) = concluded(tmp_path, scene, refusal).findings
    assert of_both.alternatives == ("identity-mismatch",)
    assert "psk-mismatch" in of_one.alternatives


def test_a_goodbye_after_waiting_in_vain_is_no_refusal(tmp_path: Path) -> None:
    """The initiator repeated MSG5 for as long as it cares to, and deletes."""
    scene = Scene().upto(5).repeat((4, 7, 13)).wait(20).informational(INITIATOR)
    assert concluded(tmp_path, scene, Inside(deletes=True)).outcome == "stalled"

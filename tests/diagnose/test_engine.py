"""Rules: a crash in one is a finding about it, and the best finding comes first."""

from collections.abc import Iterator

import pytest

from ikepcap.diagnose import engine
from ikepcap.diagnose.case import Case
from ikepcap.diagnose.finding import FAULTS, NOTES, Finding
from tests.report.scene import RETRIES, Scene, analyzed, faults, only


def crashing(case: Case) -> Iterator[Finding]:
    raise ZeroDivisionError("a secret: swordfish")
    yield


@pytest.fixture
def with_a_crash(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(engine, "RULES", (crashing, *engine.RULES))


@pytest.mark.usefixtures("with_a_crash")
def test_rule_that_crashes_becomes_a_finding_and_hides_no_other() -> None:
    found = only(Scene().msg1().repeat(RETRIES), strict=False)
    assert sorted(f.code for f in found.findings) == ["internal-rule-failure", "no-reply"]
    assert (found.outcome, faults(found)) == ("stalled", ["no-reply"])


@pytest.mark.usefixtures("with_a_crash")
def test_finding_about_a_crash_does_not_repeat_what_the_exception_said() -> None:
    """A message may hold what is not to be printed."""
    found = only(Scene().msg1().repeat(RETRIES), strict=False)
    (crash,) = [f for f in found.findings if f.code == "internal-rule-failure"]
    assert "swordfish" not in f"{crash.claim}{crash.evidence}"
    assert "crashing" in crash.claim


@pytest.mark.usefixtures("with_a_crash")
def test_rule_that_crashes_raises_when_strict() -> None:
    with pytest.raises(ZeroDivisionError):
        analyzed(Scene().msg1().repeat(RETRIES))


def test_faults_come_before_notes_and_the_surest_first() -> None:
    order = ["proven", "likely", "possible"]
    for play in (
        Scene(nat="initiator").upto(5).repeat(RETRIES, "MSG4", "MSG5"),
        Scene(mode="aggressive").upto(2).repeat(RETRIES).mirrored(),
        Scene(auth="rsa-sig", ike_fragment_bytes=300)
        .upto(5)
        .lose_frame(1)
        .wait(9)
        .again("MSG5")
        .lose_frame(1),
    ):
        found = only(play).findings
        severities = [f.severity for f in found]
        assert severities == sorted(severities)
        ranks = [order.index(f.certainty) for f in found if f.severity == "fault"]
        assert ranks
        assert ranks == sorted(ranks)


def test_every_code_that_is_printed_is_a_fault_or_a_note() -> None:
    """Path, policy, authentication, user, phase 2 and afterwards are faults, all else are notes."""
    assert not FAULTS & NOTES
    assert {
        "no-reply",
        "proposal-mismatch",
        "psk-mismatch",
        "xauth-failed",
        "phase2-no-reply",
        "dead-peer",
    } <= FAULTS
    assert {"recovered", "probe", "duplicate-frames", "starts-late", "cut-file", "weak-crypto"} <= NOTES

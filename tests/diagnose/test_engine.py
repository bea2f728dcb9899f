"""Rules: a crash in one is a finding about it, and the best finding comes first."""

from collections.abc import Iterator

import pytest

import ikepcap
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


@pytest.mark.usefixtures("with_a_crash")
def test_rule_that_crashes_is_named_with_the_frame_and_what_to_do() -> None:
    found = only(Scene().msg1().repeat(RETRIES), strict=False).findings[-1]
    assert (found.certainty, found.frames, found.evidence) == ("proven", (1,), ("ZeroDivisionError",))
    assert found.settles_it == "Report it with the capture, or with a scrubbed copy."


@pytest.mark.usefixtures("with_a_crash")
def test_report_with_a_crash_in_it_is_printed_whole() -> None:
    text = ikepcap.render(analyzed(Scene().msg1().repeat(RETRIES), strict=False))
    assert "internal-rule-failure" in text
    assert "no-reply" in text


@pytest.mark.parametrize("outcome", ["established", "stalled"])
def test_every_rule_that_crashes_is_told_of_and_the_rest_is_there(
    outcome: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One after the other, on a negotiation that came up and on one that did not."""
    play = Scene(mode="aggressive").phase1().dead_peer_detection()
    if outcome == "stalled":
        play = Scene().msg1().repeat(RETRIES)
    whole = [f.code for f in only(play).findings]
    rules = engine.RULES
    for place in range(len(rules)):
        monkeypatch.setattr(engine, "RULES", (*rules[:place], crashing, *rules[place:]))
        codes = [f.code for f in only(play, strict=False).findings]
        assert "internal-rule-failure" in codes
        assert [code for code in codes if code != "internal-rule-failure"] == whole


def untimely(case: Case) -> Iterator[Finding]:
    """A rule that does not look at the outcome."""
    yield case.finding("no-reply", "proven", "Nothing came back.", case.seen[:1], "nothing")
    yield case.finding("dead-peer", "likely", "It is gone.", case.seen[:1], "nothing")


def test_negotiation_that_came_up_carries_no_fault_of_phase_1(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(engine, "RULES", (untimely,))
    assert faults(only(Scene().phase1().dead_peer_detection())) == ["dead-peer"]
    assert faults(only(Scene().msg1().repeat(RETRIES))) == ["no-reply", "dead-peer"]

"""The pytest plugin as users meet it: pytest run on files of theirs."""

import json
import shutil
import subprocess
import sys
from collections.abc import Callable
from importlib.metadata import entry_points
from pathlib import Path

import pytest

pytest_plugins = ["pytester"]

CAPTURES = Path(__file__).resolve().parents[2] / "captures"
IS_INSTALLED = any(one.name == "ikepcap" for one in entry_points(group="pytest11"))
"""Otherwise this checkout is on the path without being installed, and the plugin is named instead."""

Run = Callable[..., pytest.RunResult]


@pytest.fixture
def run(pytester: pytest.Pytester) -> Run:
    """Run pytest in its folder, with the plugin."""
    plugin = () if IS_INSTALLED else ("-p", "ikepcap.harness.plugin")

    def run(*arguments: str) -> pytest.RunResult:
        return pytester.runpytest_inprocess(*plugin, "-p", "no:randomly", *arguments)

    return run


@pytest.fixture
def field(pytester: pytest.Pytester) -> Path:
    """A folder with one capture and true facts."""
    folder = pytester.mkdir("field")
    for end in (".pcap", ".toml"):
        shutil.copy(CAPTURES / f"main-psk-stalled-at-msg5{end}", folder / f"branch{end}")
    return folder


def change(path: Path, old: str, new: str) -> None:
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new))


def test_facts_are_collected_and_other_toml_is_left_alone(
    run: Run, pytester: pytest.Pytester, field: Path
) -> None:
    pytester.makepyprojecttoml("[tool.other]\nx = 1")
    (field / "poetry.toml").write_text("[[")
    result = run("-v")
    result.assert_outcomes(passed=1)
    result.stdout.fnmatch_lines(["field/branch.toml::facts PASSED*"])


def test_a_fact_that_does_not_hold_is_shown_with_the_ladder(run: Run, field: Path) -> None:
    change(field / "branch.toml", "MM_WAIT_MSG5", "MM_ACTIVE")
    result = run()
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(
        [
            "*facts of branch*",
            "responder_asa: not as stated in *",
            "*responder_asa  MM_ACTIVE     MM_WAIT_MSG5*",
            "*MSG5 again, 6 of 6*",
            "FAILED field/branch.toml::facts - responder_asa: not as stated*",
        ]
    )
    result.stdout.no_fnmatch_line("*Traceback*")
    result.stdout.no_fnmatch_line("*verdict.py*")


def test_unreviewed_facts_are_compared_and_shown_as_such(run: Run, field: Path) -> None:
    change(field / "branch.toml", "[source]", "[source]\nreviewed = false")
    result = run("-v")
    result.assert_outcomes(passed=1)
    result.stdout.fnmatch_lines(
        ["*PASSED (unreviewed)*", "*unreviewed facts*", "field/branch.toml", "Nobody has confirmed these*"]
    )
    change(field / "branch.toml", "MM_WAIT_MSG5", "MM_ACTIVE")
    run().assert_outcomes(failed=1)


def test_unreviewed_facts_fail_where_that_is_asked_for(run: Run, field: Path) -> None:
    change(field / "branch.toml", "[source]", "[source]\nreviewed = false")
    result = run("--ike-strict")
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(["*unreviewed: confirm the facts and delete 'reviewed = false'"])


def test_facts_that_cannot_be_read_fail_in_one_line(run: Run, field: Path) -> None:
    change(field / "branch.toml", "outcome", "outcom")
    result = run()
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(['*conversation 1: no fact is called "outcom" (did you mean "outcome"[?])*'])
    result.stdout.no_fnmatch_line("*Traceback*")


def test_what_is_quoted_from_facts_steers_no_terminal(run: Run, field: Path) -> None:
    change(field / "branch.toml", '"stalled"', '"\\u001b[2Jstalled"')
    result = run()
    result.assert_outcomes(failed=1)
    assert "\x1b" not in result.stdout.str()
    result.stdout.fnmatch_lines(['*outcome is one of *, not "\\x1b[[]2Jstalled"*'])


def test_facts_whose_capture_is_gone_fail(run: Run, field: Path) -> None:
    (field / "branch.pcap").unlink()
    result = run()
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(["*there is no capture beside it*"])


def test_junit_has_facts_as_tests(run: Run, pytester: pytest.Pytester, field: Path) -> None:
    change(field / "branch.toml", "[source]", "[source]\nreviewed = false")
    run("--junitxml=report.xml").assert_outcomes(passed=1)
    text = (pytester.path / "report.xml").read_text()
    assert 'tests="1"' in text
    assert '<property name="ikepcap" value="unreviewed"' in text


def test_the_plugin_can_be_turned_off(pytester: pytest.Pytester, field: Path) -> None:
    result = pytester.runpytest_subprocess("-p", "no:ikepcap", "-p", "no:randomly")
    assert result.ret == pytest.ExitCode.NO_TESTS_COLLECTED


def test_facts_are_compared_side_by_side(run: Run, field: Path) -> None:
    pytest.importorskip("xdist")
    for number in range(3):
        shutil.copy(field / "branch.pcap", field / f"more{number}.pcap")
        shutil.copy(field / "branch.toml", field / f"more{number}.toml")
    change(field / "more0.toml", "[source]", "[source]\nreviewed = false")
    change(field / "more1.toml", "MM_WAIT_MSG5", "MM_ACTIVE")
    result = run("-n", "2")
    result.assert_outcomes(passed=3, failed=1)
    result.stdout.fnmatch_lines(["*unreviewed facts*", "field/more0.toml"])


def test_loading_the_plugin_imports_nothing_of_the_analysis() -> None:
    code = (
        "import sys, pytest; before = set(sys.modules); import ikepcap.harness.plugin;"
        "print(*sorted(name for name in set(sys.modules) - before))"
    )
    printed = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True).stdout
    assert printed.split() == ["ikepcap", "ikepcap.harness", "ikepcap.harness.plugin"]


# The fixture.


def test_assertions_that_are_true_pass_and_return_the_conversation(
    run: Run, pytester: pytest.Pytester, field: Path
) -> None:
    (field / "test_branch.py").write_text("""
def test_branch(ike):
    report = ike.analyze("branch.pcap")
    conversation = ike.only(report)
    assert ike.stalled(report, awaiting=6, silent="responder") is conversation
    assert ike.state(conversation, "responder", "MM_WAIT_MSG5") is conversation
    ike.state(report, "initiator", "STATE_MAIN_I3", dialect="libreswan")
    ike.found(report, "peer-went-silent")
    ike.facts(report, mode="main", auth="psk", initiator="192.0.2.1", exchange=[])
""")
    run().assert_outcomes(passed=2)


@pytest.mark.parametrize(
    ("statement", "lines"),
    [
        (
            "ike.established(report)",
            ["*AssertionError: outcome: not as stated", "*outcome  established   stalled", "*MSG5 again*"],
        ),
        ("ike.refused(report, by='responder')", ["*outcome  refused       stalled"]),
        ("ike.stalled(report, awaiting=4)", ["*awaited_message  4             6"]),
        ("ike.stalled(report, silent='initiator')", ["*silent_peer  initiator     responder"]),
        ("ike.faultless(report)", ["*faults  nothing       peer-went-silent"]),
        ("ike.found(report, 'psk-mismatch')", ["*findings  psk-mismatch  peer-went-silent"]),
        (
            "ike.state(report, 'responder', 'MM_ACTIVE')",
            ["*responder's state (asa)  MM_ACTIVE     MM_WAIT_MSG5"],
        ),
        (
            "ike.state(report, 'responder', 'X', dialect='junos')",
            ["*no dialect 'junos'; known are asa, ios*"],
        ),
        (
            "ike.state(report, 'respnder', 'MM_WAIT_MSG5')",
            ["*no peer 'respnder'; known are initiator, responder"],
        ),
        ("ike.facts(report, outcom='stalled')", ['*facts: no fact is called "outcom" *']),
        (
            "ike.only(ike.analyze('scan.pcap'))",
            ["*scan.pcap holds 7 conversations, not one", "*1. 203.0.113.77*"],
        ),
        (
            "ike.analyze('other.pcap')",
            ["*CaptureError: other.pcap: no such capture in *'ike_captures' adds*"],
        ),
    ],
)
def test_assertions_that_fail_say_what_differs(
    run: Run, field: Path, statement: str, lines: list[str]
) -> None:
    shutil.copy(CAPTURES / "main-scan.pcap", field / "scan.pcap")
    (field / "test_branch.py").write_text(
        f"def test_branch(ike):\n    report = ike.analyze('branch.pcap')\n    {statement}\n"
    )
    result = run("field/test_branch.py")
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(lines)


def test_captures_are_found_in_the_folders_of_the_settings_and_in_the_rootdir(
    run: Run, pytester: pytest.Pytester, field: Path
) -> None:
    pytester.makeini("[pytest]\nike_captures = field")
    pytester.makepyfile("def test_it(ike):\n    ike.stalled(ike.analyze('branch.pcap'))")
    inner = pytester.mkdir("inner")
    (inner / "test_inner.py").write_text(
        "def test_it(ike):\n    ike.stalled(ike.analyze('field/branch.pcap'))"
    )
    run("--import-mode=importlib").assert_outcomes(passed=3)


GOLDEN = "def test_branch(ike):\n    ike.golden(ike.analyze('branch.pcap'))\n"


def test_a_golden_report_is_written_when_asked_for_and_fails_once(run: Run, field: Path) -> None:
    (field / "test_branch.py").write_text(GOLDEN)
    golden = field / "branch.golden.json"
    result = run("field/test_branch.py")
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(["*branch.golden.json: is not there yet; --ike-update writes it"])
    assert not golden.exists()
    result = run("field/test_branch.py", "--ike-update")
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(["*is not there yet; it is written now: look at it, then run again"])
    assert json.loads(golden.read_text())["conversations"][0]["outcome"] == "stalled"
    run("field/test_branch.py", "--ike-update").assert_outcomes(passed=1)
    run("field/test_branch.py").assert_outcomes(passed=1)


def test_a_golden_report_that_differs_is_shown_place_by_place_with_the_ladder(run: Run, field: Path) -> None:
    (field / "test_branch.py").write_text(GOLDEN)
    golden = field / "branch.golden.json"
    run("--ike-update", "field/test_branch.py")
    before = golden.read_text()
    change(golden, '"outcome": "stalled"', '"outcome": "refused"')
    result = run("field/test_branch.py")
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(
        [
            "*branch.golden.json: the report has changed; --ike-update writes it",
            "*conversation 1, outcome",
            "*was  refused",
            "*is   stalled",
            "*MSG5 again, 6 of 6*",
        ]
    )
    run("--ike-update", "field/test_branch.py").assert_outcomes(failed=1)
    assert golden.read_text() == before
    facts = (field / "branch.toml").read_text()
    change(field / "branch.toml", "MM_WAIT_MSG5", "MM_ACTIVE")
    run("--ike-update").assert_outcomes(passed=1, failed=1)
    assert (field / "branch.toml").read_text() == facts.replace("MM_WAIT_MSG5", "MM_ACTIVE")


def test_a_golden_report_may_have_a_name_and_must_be_json(run: Run, field: Path) -> None:
    (field / "test_branch.py").write_text(GOLDEN.replace("'))", "'), 'other')"))
    (field / "other.golden.json").write_text("{")
    result = run("field/test_branch.py")
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(["*other.golden.json: is no JSON: *; --ike-update writes it"])


@pytest.mark.parametrize("name", ["../branch", "/tmp/branch", "", "a/b.golden.json"])
def test_a_golden_report_lies_beside_its_capture_and_nowhere_else(run: Run, field: Path, name: str) -> None:
    (field / "test_it.py").write_text(
        f"def test_branch(ike):\n    ike.golden(ike.analyze('branch.pcap'), {name!r})\n"
    )
    result = run("--ike-update")
    result.stdout.fnmatch_lines([f"*golden({name!r}): give a name without a folder; *"])
    assert not list(field.rglob("*.golden.json"))

"""The verbs `facts` and `check`."""

import shutil
from pathlib import Path
from typing import Any

import pytest

from ikepcap.facts.file import read

CAPTURES = Path(__file__).resolve().parents[2] / "captures"


@pytest.fixture
def field(tmp_path: Path) -> Path:
    """A folder with a capture from the field."""
    shutil.copy(CAPTURES / "main-psk-stalled-at-msg5.pcap", tmp_path / "branch.pcap")
    return tmp_path


def test_facts_are_written_and_hold_but_are_unreviewed(run: Any, field: Path) -> None:
    capture, facts = field / "branch.pcap", field / "branch.toml"
    result = run("facts", str(capture), "-o", str(facts))
    assert (result.exit_code, result.output) == (0, "")
    assert not read(facts).is_reviewed
    result = run("check", str(field))
    assert result.exit_code == 0
    assert f"{facts}: holds (unreviewed: nobody has confirmed these facts)" in result.stdout
    assert result.stdout.endswith("1 file of facts: 1 hold, 1 unreviewed\n")
    assert run("check", "--strict", str(field)).exit_code == 1
    facts.write_text(facts.read_text().replace("reviewed = false\n", ""))
    result = run("check", "--strict", str(capture))
    assert (result.exit_code, result.stdout) == (0, f"{facts}: holds\n1 file of facts: 1 hold\n")


def test_facts_go_to_standard_output(run: Any, field: Path) -> None:
    result = run("facts", str(field / "branch.pcap"))
    assert result.exit_code == 0
    assert 'outcome = "stalled"' in result.stdout
    assert list(field.iterdir()) == [field / "branch.pcap"]


def test_facts_are_never_written_over(run: Any, field: Path) -> None:
    (field / "branch.toml").write_text("mine")
    result = run("facts", str(field / "branch.pcap"), "-o", str(field / "branch.toml"))
    assert result.exit_code == 2
    assert "is there already, and facts are never written over" in result.stderr
    assert (field / "branch.toml").read_text() == "mine"


def test_facts_in_another_place_are_told_where_they_are_looked_for(run: Any, field: Path) -> None:
    result = run("facts", str(field / "branch.pcap"), "-o", str(field / "other.toml"))
    assert result.exit_code == 0
    assert (
        result.stderr == f"ikepcap: facts are looked for beside their capture, as {field / 'branch.toml'}\n"
    )


def test_facts_of_what_is_no_file_are_refused(run: Any, field: Path) -> None:
    assert run("facts", "-").exit_code == 2
    result = run("facts", str(field / "missing.pcap"))
    assert (result.exit_code, result.stdout) == (2, "")
    assert "missing.pcap: No such file" in result.stderr


def test_a_difference_is_exit_status_1(run: Any, field: Path) -> None:
    (field / "branch.toml").write_text("[[conversation]]\noutcome = 'established'\n")
    result = run("check", str(field / "branch.toml"))
    assert result.exit_code == 1
    assert "  outcome  established   stalled" in result.stdout
    assert result.stdout.endswith("1 file of facts: 1 do not hold\n")


def test_one_file_that_cannot_be_read_does_not_hide_the_others(run: Any, field: Path) -> None:
    (field / "branch.toml").write_text("[[conversation]]\noutcome = 'established'\n")
    shutil.copy(CAPTURES / "main-scan.pcap", field / "a.pcap")
    (field / "a.toml").write_text("[[conversation]]\noutcom = 'probe'\n")
    result = run("check", str(field))
    assert result.exit_code == 2
    assert 'no fact is called "outcom"' in result.stdout
    assert result.stdout.endswith("2 files of facts: 1 do not hold, 1 cannot be compared\n")


def test_no_facts_at_all_is_exit_status_2(run: Any, field: Path) -> None:
    result = run("check", str(field))
    assert (result.exit_code, result.stdout) == (2, "")
    assert "no facts are there; 'ikepcap facts' writes first ones" in result.stderr

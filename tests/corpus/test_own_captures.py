"""The project's own captures: the report on each must agree with the facts beside it.

Facts are written by hand after the contract of the report, or computed by the lab from what daemons did.
Where the program disagrees with one, the program or the contract changes, never the fact for the program's
sake. They are compared by `ikepcap.facts`, as those of any user; what more is asked of captures of this
project is asked here.
"""

import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

import ikepcap
from ikepcap.facts.file import digest, read
from ikepcap.facts.verdict import check, verdict_lines

ROOT = Path(__file__).resolve().parents[2]
CAPTURES = sorted((ROOT / "captures").glob("*.pcap"))
MAX_BYTES = 64 * 1024


@pytest.mark.parametrize("path", CAPTURES, ids=lambda path: path.stem)
def test_report_agrees_with_the_facts(path: Path) -> None:
    verdict = check(path.with_suffix(".toml"), strict=True)
    assert verdict.holds, "\n".join(verdict_lines(verdict))
    # Here, unlike elsewhere, silence about the whole capture means that there is nothing to say.
    assert verdict.facts.conversations is not None
    if "findings" not in verdict.facts.capture:
        assert verdict.report.findings == ()


@pytest.mark.parametrize("path", CAPTURES, ids=lambda path: path.stem)
def test_capture_is_small_and_is_the_one_its_facts_speak_of(path: Path) -> None:
    assert path.stat().st_size < MAX_BYTES
    facts = read(path.with_suffix(".toml"))
    assert facts.sha256 == digest(path)
    assert facts.is_reviewed
    assert facts.source["origin"]
    assert facts.source["licence"]


def test_every_capture_can_be_made_again_byte_for_byte(tmp_path: Path) -> None:
    command = [sys.executable, str(ROOT / "tools" / "make-captures"), "--into", str(tmp_path)]
    subprocess.run(command, check=True, capture_output=True)
    made = {path.name: path.read_bytes() for path in tmp_path.iterdir()}
    kept = {path.name: path.read_bytes() for path in CAPTURES if path.with_suffix(".toml").exists()}
    assert {name for name in made if name not in kept} == set()
    assert {name for name, data in made.items() if kept[name] != data} == set()


@pytest.mark.parametrize("path", sorted((ROOT / "captures").glob("*.keys")), ids=lambda path: path.stem)
def test_keys_are_of_negotiations_in_their_capture(path: Path) -> None:
    report = ikepcap.analyze(path.with_suffix(".pcap"))
    cookies = {conversation.initiator_cookie for conversation in report.conversations}
    lines = [line.split(",") for line in path.read_text().splitlines()]
    assert {cookie for cookie, _ in lines} >= cookies
    assert all(len(bytes.fromhex(key)) in (16, 24, 32) for _, key in lines)


def test_every_capture_is_in_the_list_of_captures() -> None:
    listed = (ROOT / "captures" / "README.md").read_text()
    assert [path.name for path in CAPTURES if f"`{path.stem}`" not in listed] == []


def test_list_of_captures_says_of_the_lab_s_what_their_facts_say() -> None:
    listed = (ROOT / "captures" / "README.md").read_text()
    for path in CAPTURES:
        shows = tomllib.loads(path.with_suffix(".toml").read_text())["source"].get("shows")
        if shows is not None:
            assert f"| `{path.stem}` | {shows} |" in listed


def test_no_capture_of_the_lab_is_without_what_made_it() -> None:
    command = [sys.executable, str(ROOT / "tools" / "lab"), "list"]
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    known = {line.split()[0] for line in done.stdout.splitlines()}
    made = [
        path.stem
        for path in CAPTURES
        if "tools/lab" in tomllib.loads(path.with_suffix(".toml").read_text())["source"]["origin"]
    ]
    assert [stem for stem in made if stem.partition("-near-")[0] not in known] == []

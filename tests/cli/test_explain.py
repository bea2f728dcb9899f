"""`ikepcap explain`: pages, suggestions, completion."""

import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from ikepcap.explain.catalogue import codes, entries
from ikepcap.explain.page import all_pages, code_page
from ikepcap.explain.place_table import CAUSES
from ikepcap.explain.places import names
from ikepcap.renderers.marks import plain

ROOT = Path(__file__).resolve().parents[2]


@pytest.mark.parametrize("code", codes())
def test_every_code_prints_its_page_within_80_columns(run: Any, code: str) -> None:
    result = run("explain", code)
    assert (result.exit_code, result.stderr) == (0, "")
    assert result.stdout.startswith(f"{code}: {entries()[code].title}\n")
    assert max(map(len, result.stdout.splitlines())) <= 80
    for other, _ in entries()[code].mistaken:
        assert f"  {other} " in result.stdout


def test_a_code_may_be_written_in_any_case(run: Any) -> None:
    assert run("explain", "PSK_Mismatch").stdout == run("explain", "psk-mismatch").stdout


def test_without_a_code_all_are_listed_in_their_groups(run: Any) -> None:
    result = run("explain")
    assert result.exit_code == 0
    for code in codes():
        assert f"\n  {code} " in result.stdout
    assert result.stdout.index("\nPath\n") < result.stdout.index("\nPolicy\n")
    assert max(map(len, result.stdout.splitlines())) <= 80


def test_a_state_prints_its_page(run: Any) -> None:
    result = run("explain", "--state", "state_main_i3")
    assert result.exit_code == 0
    assert result.stdout.startswith("STATE_MAIN_I3\nLibreswan and Openswan:")
    assert "  asa         MM_WAIT_MSG6" in result.stdout
    assert "psk-mismatch" in result.stdout


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (("psk",), "no finding code 'psk' (did you mean psk-mismatch, aggressive-psk?); 'ikepcap explain'"),
        (("psk-mismatched",), "(did you mean psk-mismatch"),
        (("zzz",), "no finding code 'zzz'; 'ikepcap explain' lists them"),
        (("MM_WAIT_MSG4",), "is a state, not a code; see 'ikepcap explain --state MM_WAIT_MSG4'"),
        (("--state", "MM_WAIT_MSG9"), "MM_WAIT_MSG4"),
        (("--state", "zzz"), "no state 'zzz' in any dialect; "),
        (("psk-mismatch", "--state", "3"), "give a CODE or --state, not both"),
        (("psk\x1b[31m",), "psk\\x1b[31m"),
    ],
)
def test_what_is_not_known_ends_in_one_line_with_what_is_near(
    run: Any, arguments: tuple[str, ...], expected: str
) -> None:
    result = run("explain", *arguments)
    assert (result.exit_code, result.stdout) == (2, "")
    assert result.stderr.startswith("ikepcap: ")
    assert result.stderr.count("\n") == 1
    assert "\x1b" not in result.stderr
    assert expected in result.stderr.replace("\\\\", "\\")


def complete(run: Any, line: str) -> str:
    words = line.split(" ")
    environment = {"COMP_WORDS": line, "COMP_CWORD": str(len(words) - 1)}
    return str(run(env={"_IKEPCAP_COMPLETE": "bash_complete", **environment}).stdout)


def test_codes_and_states_complete(run: Any) -> None:
    assert complete(run, "ikepcap explain nat").split() == ["plain,nat-t-blocked", "plain,nat-t-disagreement"]
    assert "plain,MM_WAIT_MSG4" in complete(run, "ikepcap explain --state mm_wait").split()
    assert "plain,MM_KE" in complete(run, "ikepcap explain --state mm_k").split()


def test_the_reference_is_whole(tmp_path: Path) -> None:
    """Every code, every state, and everything that is told of a code."""
    path = tmp_path / "reference.md"
    script = ROOT / "tools" / "make-reference"
    subprocess.run([sys.executable, str(script), str(path)], check=True, capture_output=True, timeout=60)
    text = path.read_text(encoding="utf-8")
    for code in codes():
        assert f"\n# {code}: " in text
        assert f"- `{code}`: {plain(entries()[code].title)}\n" in text
        for section in code_page(code).sections:
            assert plain(section.text) in text
            assert all(plain(told) in text for _, told in section.items)
    for name in names():
        assert f"- `{name.name}`: " in text


def test_markdown_is_printed_too(run: Any) -> None:
    one = run("explain", "no-reply", "--format", "markdown").stdout
    assert one.startswith("# no-reply: Nothing at all came back\n\n*fault, path*\n\n## What it means\n\n")
    whole = run("explain", "--format", "markdown").stdout
    assert whole.count("\n# ") + 1 == len(list(all_pages()))
    assert one.strip() in whole


def test_causes_of_places_are_codes() -> None:
    assert {code for causes in CAUSES.values() for code, _ in causes} <= set(codes())

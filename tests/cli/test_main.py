"""The command as a whole: help, version, completion."""

from typing import Any

import pytest

import ikepcap


def test_the_version_is_the_packages(run: Any) -> None:
    result = run("--version")
    assert (result.exit_code, result.stdout) == (0, f"ikepcap {ikepcap.__version__}\n")


@pytest.mark.parametrize(
    "arguments",
    [
        ("--help",),
        ("-h",),
        *((verb, "--help") for verb in ("analyze", "show", "explain", "verify", "replay", "respond")),
    ],
)
def test_help_teaches_with_examples_and_exit_statuses(run: Any, arguments: tuple[str, ...]) -> None:
    result = run(*arguments)
    assert result.exit_code == 0
    assert "  ikepcap " in result.stdout
    assert "Exit status" in result.stdout
    assert max(map(len, result.stdout.splitlines())) <= 80


def test_without_arguments_one_line_tells_where_the_help_is(run: Any) -> None:
    result = run()
    assert (result.exit_code, result.stdout) == (2, "")
    assert result.stderr == "ikepcap: no capture named; see 'ikepcap --help'\n"


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_completion_prints_a_script_for_the_shell(run: Any, shell: str) -> None:
    result = run("completion", shell)
    assert result.exit_code == 0
    assert "_IKEPCAP_COMPLETE" in result.stdout


def test_completion_of_the_first_word_offers_verbs_and_files(run: Any) -> None:
    result = run(env={"_IKEPCAP_COMPLETE": "bash_complete", "COMP_WORDS": "ikepcap ", "COMP_CWORD": "1"})
    assert "plain,analyze" in result.stdout
    assert "file," in result.stdout


def test_completion_of_outcomes_completes_the_last_of_the_list(run: Any) -> None:
    words = {"COMP_WORDS": "ikepcap analyze --outcome stalled,re", "COMP_CWORD": "3"}
    result = run(env={"_IKEPCAP_COMPLETE": "bash_complete", **words})
    assert "plain,stalled,refused" in result.stdout

"""`ikepcap analyze`: options, filters, exit statuses, and where the result goes."""

import json
import os
from pathlib import Path
from typing import Any

import pytest

from ikepcap.cli.options import DIALECTS, OUTCOMES
from ikepcap.errors import CaptureError
from ikepcap.renderers import words


def test_nothing_wrong_is_status_0(api: Any, run: Any, samples: Any) -> None:
    api.answer = samples.report(samples.conversation(1))
    assert run("analyze", "x.pcap").exit_code == 0


@pytest.mark.parametrize("outcome", ["stalled", "refused"])
def test_a_negotiation_that_failed_is_status_1(api: Any, run: Any, samples: Any, outcome: str) -> None:
    api.answer = samples.report(samples.conversation(1), samples.conversation(2, outcome))
    assert run("analyze", "x.pcap").exit_code == 1


def test_a_fault_after_phase_1_is_status_1(api: Any, run: Any, samples: Any) -> None:
    api.answer = samples.report(samples.conversation(1, findings=(samples.fault,)))
    assert run("analyze", "x.pcap").exit_code == 1


def test_notes_are_not_faults(api: Any, run: Any, samples: Any) -> None:
    api.answer = samples.report(samples.conversation(1, findings=(samples.note,)), findings=(samples.note,))
    assert run("analyze", "x.pcap").exit_code == 0


@pytest.mark.parametrize("format_", ["text", "json", "ndjson"])
def test_the_status_judges_what_the_filters_show(api: Any, run: Any, samples: Any, format_: str) -> None:
    api.answer = samples.report(samples.conversation(1), samples.conversation(2, "stalled"))
    arguments = ("analyze", "x.pcap", "--format", format_)
    assert run(*arguments).exit_code == 1
    assert run(*arguments, "--outcome", "established").exit_code == 0
    assert run(*arguments, "--peer", "192.0.2.1").exit_code == 0
    assert run(*arguments, "--peer", "192.0.2.2").exit_code == 1


def test_a_file_name_alone_is_analysed(api: Any, run: Any) -> None:
    assert run("branch.pcapng", "other.pcap").exit_code == 0
    assert api.paths == ("branch.pcapng", "other.pcap")


def test_options_may_come_before_the_file_in_the_shorthand(api: Any, run: Any) -> None:
    assert run("--format", "json", "branch.pcapng").exit_code == 0
    assert api.paths == ("branch.pcapng",)


def test_a_file_that_is_called_like_a_verb_can_be_reached(api: Any, run: Any) -> None:
    run("analyze", "show")
    assert api.paths == ("show",)
    run("./show")
    assert api.paths == ("./show",)


def test_a_dash_is_standard_input(api: Any, run: Any) -> None:
    assert run("-", input=b"").exit_code == 0
    assert api.paths == ("-",)


def shown_ids(result: Any) -> list[int]:
    """Return which conversations a JSON document holds."""
    return [conversation["id"] for conversation in json.loads(result.stdout)["conversations"]]


@pytest.mark.parametrize(
    ("option", "value", "expected"),
    [
        ("--peer", "192.0.2.2", [2]),
        ("--peer", "192.0.2.0/24", [1, 2, 3]),
        ("--peer", "2001:0DB8:0::0007", [1, 2, 3]),
        ("--peer", "[2001:db8::7]", [1, 2, 3]),
        ("--peer", "198.51.100.1", []),
        ("--cookie", "02", [2]),
        ("--cookie", "0x0202", [2]),
        ("--cookie", "03:03:03", [3]),
        ("--cookie", "A925", [1, 2, 3]),
        ("--outcome", "stalled,refused", [2, 3]),
        ("--outcome", "REFUSED", [3]),
        ("--outcome", "in progress", []),
    ],
)
def test_filters_choose_conversations(
    api: Any, run: Any, samples: Any, option: str, value: str, expected: list[int]
) -> None:
    make = samples.conversation
    api.answer = samples.report(make(1), make(2, "stalled"), make(3, "refused"))
    assert shown_ids(run("x.pcap", "--format", "json", option, value)) == expected


def test_peers_add_up_and_filters_narrow_each_other(api: Any, run: Any, samples: Any) -> None:
    make = samples.conversation
    api.answer = samples.report(make(1), make(2, "stalled"), make(3, "refused"))
    both = ("x.pcap", "--format", "json", "--peer", "192.0.2.1", "--peer", "192.0.2.2")
    assert shown_ids(run(*both)) == [1, 2]
    assert shown_ids(run(*both, "--outcome", "stalled")) == [2]


@pytest.mark.parametrize(
    "arguments",
    [
        ("--peer", "gateway.example"),
        ("--cookie", "xyz"),
        ("--cookie", "00112233445566778899"),
        ("--outcome", "broken"),
        ("--as", "junos"),
        ("--format", "html"),
        ("--width", "10"),
        ("--no-such-option",),
        ("--vantage", "mars"),
        ("--ladder", "--format", "json"),
    ],
)
def test_wrong_usage_is_one_line_and_status_2(api: Any, run: Any, arguments: tuple[str, ...]) -> None:
    result = run("analyze", "x.pcap", *arguments)
    assert result.exit_code == 2
    assert result.stdout == ""
    assert result.stderr.startswith("ikepcap: ")
    assert result.stderr.count("\n") == 1
    assert "--help" in result.stderr


def test_no_capture_named_is_wrong_usage(api: Any, run: Any) -> None:
    result = run("analyze")
    assert (result.exit_code, result.stdout) == (2, "")
    assert result.stderr == "ikepcap: missing argument 'CAPTURE...'; see 'ikepcap analyze --help'\n"


@pytest.mark.parametrize("format_", ["text", "json", "ndjson"])
def test_an_input_that_is_no_capture_is_one_line_and_status_2(api: Any, run: Any, format_: str) -> None:
    api.answer = CaptureError("x.pcap: not a capture: it begins with 'PK'; give a pcap or pcapng file")
    result = run("x.pcap", "--format", format_)
    assert (result.exit_code, result.stdout) == (2, "")
    assert result.stderr == f"ikepcap: {api.answer}\n"


def test_a_hostile_file_name_is_harmless_in_an_error(api: Any, run: Any) -> None:
    api.answer = CaptureError("\x1b[31mx\n\u202e: not a capture")
    assert run("x").stderr == "ikepcap: \\x1b[31mx\\x0a\\u202e: not a capture\n"


def test_a_verb_that_was_mistyped_is_recognised(api: Any, run: Any) -> None:
    api.answer = CaptureError("anlyze: no such file; give a capture")
    result = run("anlyze", "x.pcap")
    assert "did you mean 'ikepcap analyze'?" in result.stderr


def test_trouble_with_the_system_is_one_line_and_status_2(api: Any, run: Any) -> None:
    api.answer = PermissionError(13, "Permission denied", "x.pcap")
    result = run("x.pcap")
    assert (result.exit_code, result.stdout) == (2, "")
    assert result.stderr == "ikepcap: x.pcap: Permission denied\n"


def test_an_interrupt_is_status_130_without_a_word(api: Any, run: Any) -> None:
    api.answer = KeyboardInterrupt()
    result = run("x.pcap")
    assert (result.exit_code, result.stdout, result.stderr) == (130, "", "")


@pytest.mark.parametrize(("options", "kept"), [((), False), (("--ladder",), True)])
def test_text_asks_for_messages_only_when_it_draws_them(
    api: Any, run: Any, options: tuple[str, ...], kept: bool
) -> None:
    run("x.pcap", *options)
    assert api.options["keep_messages"] is kept


@pytest.mark.parametrize("format_", ["json", "ndjson"])
def test_json_without_messages_never_asks_for_them(api: Any, run: Any, samples: Any, format_: str) -> None:
    api.answer = samples.report(samples.conversation(1))
    result = run("x.pcap", "--format", format_, "--no-messages")
    assert api.options["keep_messages"] is False
    assert '"messages"' not in result.stdout


def test_the_vantage_is_handed_on(api: Any, run: Any) -> None:
    run("x.pcap", "--vantage", "responder")
    assert api.options["vantage"] == "responder"


def test_ndjson_is_a_conversation_a_line_and_then_the_whole(api: Any, run: Any, samples: Any) -> None:
    api.answer = samples.report(samples.conversation(1), samples.conversation(2, "stalled"))
    lines = [json.loads(line) for line in run("x.pcap", "--format", "ndjson").stdout.splitlines()]
    assert [line["type"] for line in lines] == ["conversation", "conversation", "report"]


def test_one_dialect_for_both_peers(api: Any, run: Any, samples: Any) -> None:
    api.answer = samples.report(samples.conversation(1))
    assert "MM_ACTIVE (asa)" in run("x.pcap", "--as", "asa").stdout
    assert "no name (ios)" in run("x.pcap", "--as", "ios").stdout


def test_colour_is_for_terminals_unless_asked_for(api: Any, run: Any, samples: Any) -> None:
    api.answer = samples.report(samples.conversation(1, "stalled"))
    assert "\x1b" not in run("x.pcap", color=True).stdout
    assert "\x1b[1;31mSTALLED" in run("x.pcap", "--color", "always", color=True).stdout
    assert "\x1b" not in run("x.pcap", "--color", "never", color=True).stdout


def test_the_output_file_holds_what_standard_output_would(api: Any, run: Any, tmp_path: Path) -> None:
    target = tmp_path / "report.json"
    result = run("x.pcap", "--format", "json", "-o", str(target))
    assert (result.exit_code, result.stdout) == (0, "")
    assert target.read_text() == run("x.pcap", "--format", "json").stdout
    assert list(tmp_path.iterdir()) == [target]


def test_the_output_file_keeps_its_mode_and_its_link(api: Any, run: Any, tmp_path: Path) -> None:
    target, link = tmp_path / "report.txt", tmp_path / "latest"
    target.write_text("old")
    target.chmod(0o640)
    link.symlink_to(target)
    assert run("x.pcap", "-o", str(link)).exit_code == 0
    assert link.is_symlink()
    assert target.read_text() != "old"
    assert target.stat().st_mode & 0o777 == 0o640


def test_a_failure_leaves_the_old_output_in_place(api: Any, run: Any, tmp_path: Path) -> None:
    target = tmp_path / "report.txt"
    target.write_text("old")
    api.answer = CaptureError("x.pcap: not a capture")
    assert run("x.pcap", "-o", str(target)).exit_code == 2
    assert target.read_text() == "old"


def test_the_output_may_be_a_device(api: Any, run: Any) -> None:
    assert run("x.pcap", "--format", "json", "-o", os.devnull).exit_code == 0


def test_a_capture_is_never_overwritten_by_its_report(api: Any, run: Any, tmp_path: Path) -> None:
    capture = tmp_path / "x.pcap"
    capture.write_bytes(b"precious")
    result = run(str(capture), "-o", str(capture))
    assert result.exit_code == 2
    assert "is the capture itself" in result.stderr
    assert capture.read_bytes() == b"precious"


def test_an_output_in_no_directory_is_status_2(api: Any, run: Any, tmp_path: Path) -> None:
    result = run("x.pcap", "-o", str(tmp_path / "no" / "report.json"))
    assert result.exit_code == 2
    assert "cannot be written: No such file or directory; name another file" in result.stderr


def test_the_words_of_the_options_are_those_of_the_report() -> None:
    """They are written twice so that `--help` need not load the report's types."""
    assert DIALECTS == words.DIALECTS
    assert set(OUTCOMES) == set(words.OUTCOME_WORDS)


def test_markdown_lists_messages_unless_told_not_to(run: Any, api: Any, samples: Any) -> None:
    api.answer = samples.report(samples.conversation(1))
    result = run("branch.pcapng", "--format", "markdown")
    assert result.stdout.startswith("# IKEv1 in `branch.pcapng`\n")
    assert api.options["keep_messages"] is True
    run("branch.pcapng", "--format", "markdown", "--no-messages")
    assert api.options["keep_messages"] is False

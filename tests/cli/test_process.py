"""The command as a process: pipes, signals, standard input, start-up."""

import json
import os
import subprocess
import sys
import time
from array import array
from fcntl import ioctl
from pathlib import Path
from termios import FIONREAD
from typing import IO

import pytest

COMMAND = (sys.executable, "-m", "ikepcap")


def ikepcap(
    *arguments: str, data: bytes | None = None, **environment: str
) -> subprocess.CompletedProcess[bytes]:
    """Run the command to its end, without the colours and widths of whoever runs the tests."""
    plain = {k: v for k, v in os.environ.items() if k not in ("NO_COLOR", "COLUMNS", "PYTHONIOENCODING")}
    return subprocess.run(
        (*COMMAND, *arguments),
        input=data,
        capture_output=True,
        env=plain | environment,
        timeout=60,
        check=False,
    )


def test_a_stalled_negotiation_ends_with_status_1(unanswered: Path) -> None:
    done = ikepcap(str(unanswered))
    assert (done.returncode, done.stderr) == (1, b"")
    assert b"STALLED" in done.stdout
    assert b"192.0.2.1 -> 198.51.100.7" in done.stdout


def test_a_capture_without_ike_says_so_and_ends_with_status_0(without_ike: Path) -> None:
    done = ikepcap(str(without_ike))
    assert (done.returncode, done.stderr) == (0, b"")
    assert b"no IKEv1 negotiation" in done.stdout


def test_standard_input_gives_what_the_file_gives(unanswered: Path) -> None:
    piped = ikepcap("-", "--format", "json", data=unanswered.read_bytes())
    named = ikepcap(str(unanswered), "--format", "json")
    assert piped.returncode == named.returncode == 1
    assert json.loads(piped.stdout)["conversations"] == json.loads(named.stdout)["conversations"]


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04 no capture at all", b"\x00" * 1000])
def test_what_is_no_capture_is_one_line_and_status_2(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "x.pcap"
    path.write_bytes(content)
    done = ikepcap(str(path))
    assert (done.returncode, done.stdout) == (2, b"")
    assert done.stderr.startswith(b"ikepcap: ")
    assert done.stderr.count(b"\n") == 1


@pytest.mark.parametrize("arguments", [("missing.pcap",), ("show", "missing.pcap"), (".",)])
def test_what_cannot_be_opened_is_one_line_and_status_2(arguments: tuple[str, ...]) -> None:
    done = ikepcap(*arguments)
    assert (done.returncode, done.stdout) == (2, b"")
    assert done.stderr.startswith(b"ikepcap: ")
    assert done.stderr.count(b"\n") == 1


@pytest.mark.parametrize("arguments", [(), ("--ladder",), ("--format", "json"), ("--format", "ndjson")])
def test_a_reader_that_goes_away_is_no_reason_for_a_traceback(
    unanswered: Path, arguments: tuple[str, ...]
) -> None:
    """As in `ikepcap big.pcap | head -1`."""
    ours, theirs = os.pipe()
    os.close(ours)
    with os.fdopen(theirs, "wb") as closed:
        done = subprocess.run(
            (*COMMAND, str(unanswered), *arguments),
            stdout=closed,
            stderr=subprocess.PIPE,
            timeout=60,
            check=False,
        )
    assert done.stderr == b""
    assert done.returncode == 141


def test_an_interrupt_ends_quietly_with_status_130(unanswered: Path) -> None:
    with subprocess.Popen(
        (*COMMAND, "-"), stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, bufsize=0
    ) as process:
        assert process.stdin is not None
        process.stdin.write(unanswered.read_bytes()[:24])
        until = time.monotonic() + 30
        while _unread(process.stdin) and time.monotonic() < until:
            time.sleep(0.01)
        process.send_signal(2)
        output, errors = process.communicate(timeout=30)
    assert (process.returncode, output, errors) == (130, b"", b"")


def _unread(pipe: IO[bytes]) -> int:
    """Return how many octets of a pipe wait for their reader."""
    octets = array("i", [0])
    ioctl(pipe, FIONREAD, octets)
    return octets[0]


def test_a_full_disk_is_one_line_and_status_2(unanswered: Path) -> None:
    if not Path("/dev/full").exists():
        pytest.skip("no /dev/full here")
    with Path("/dev/full").open("wb") as full:
        done = subprocess.run(
            (*COMMAND, str(unanswered)), stdout=full, stderr=subprocess.PIPE, timeout=60, check=False
        )
    assert done.returncode == 2
    assert done.stderr.startswith(b"ikepcap: ")
    assert done.stderr.count(b"\n") == 1


def test_a_closed_standard_output_is_one_line_and_status_2(unanswered: Path) -> None:
    script = f"'{sys.executable}' -m ikepcap '{unanswered}' >&-"
    done = subprocess.run(("sh", "-c", script), capture_output=True, timeout=60, check=False)
    assert done.returncode == 2
    assert done.stderr == b"ikepcap: standard output is closed\n"


def test_a_terminal_that_is_not_utf_8_gets_an_ascii_ladder(unanswered: Path) -> None:
    done = ikepcap(str(unanswered), "--ladder", PYTHONIOENCODING="ascii")
    assert done.stdout.isascii()
    assert b"|-- MSG1" in done.stdout
    assert "│── MSG1" in ikepcap(str(unanswered), "--ladder", PYTHONIOENCODING="utf-8").stdout.decode()


def test_no_color_is_honoured_and_an_order_beats_it(unanswered: Path) -> None:
    assert b"\x1b" not in ikepcap(str(unanswered), NO_COLOR="1").stdout
    assert b"\x1b" in ikepcap(str(unanswered), "--color", "always", NO_COLOR="1").stdout


def test_json_holds_every_message_with_its_frame(unanswered: Path) -> None:
    document = json.loads(ikepcap(str(unanswered), "--format", "json").stdout)
    (conversation,) = document["conversations"]
    assert [message["frame"] for message in conversation["messages"]] == [1, 2, 3, 4, 5]
    assert [message["kind"] for message in conversation["messages"]] == ["new", *["retransmission"] * 4]


def test_every_message_is_listed_on_a_line(unanswered: Path) -> None:
    done = ikepcap("show", str(unanswered), "--list")
    lines = done.stdout.decode().splitlines()
    assert done.returncode == 0
    assert len(lines) == 5
    assert lines[0] == ("    1  22:13:20.000  192.0.2.1:500 -> 198.51.100.7:500  374f90db8facb154  main SA")


def test_the_list_can_be_narrowed_to_a_cookie(unanswered: Path) -> None:
    assert ikepcap("show", str(unanswered), "--list", "--cookie", "37:4f").stdout.count(b"\n") == 5
    none = ikepcap("show", str(unanswered), "--cookie", "ff")
    assert (none.returncode, none.stdout) == (0, b"")
    assert b"no such ISAKMP message" in none.stderr


def test_one_message_is_shown_field_by_field(unanswered: Path) -> None:
    done = ikepcap("show", str(unanswered), "--frame", "3", "--frame", "1", "--hex")
    text = done.stdout.decode()
    assert done.returncode == 0
    assert text.index("frame 3") < text.index("frame 1")
    assert "2023-11-14T22:13:36.000Z" in text


def test_a_frame_without_a_message_is_status_2_and_says_what_to_do(unanswered: Path) -> None:
    done = ikepcap("show", str(unanswered), "--frame", "1", "--frame", "99")
    assert (done.returncode, done.stdout) == (2, b"")
    assert b"frame 99 holds no ISAKMP message, the capture has 5 frames, the nearest" in done.stderr


def loaded_by(*arguments: str) -> set[str]:
    """Return the modules that the command has loaded when it ends."""
    code = (
        f"import sys; sys.argv = {['ikepcap', *arguments]!r}\n"
        "from ikepcap.cli.main import main\n"
        "try: main()\n"
        "except SystemExit: pass\n"
        "print(*sys.modules)"
    )
    done = subprocess.run(
        (sys.executable, "-c", code), capture_output=True, text=True, timeout=60, check=True
    )
    return set(done.stdout.splitlines()[-1].split())


def test_the_version_comes_without_loading_the_analysis() -> None:
    loaded = loaded_by("--version")
    assert loaded.isdisjoint({"ikepcap.api", "ikepcap.track", "ikepcap.renderers.terminal"})
    assert loaded.isdisjoint({"msgspec", "ikepcap.cli.analyze", "ikepcap.cli.show"})


def test_an_analysis_comes_without_what_only_other_captures_and_commands_need(unanswered: Path) -> None:
    """Half of the time that a small capture takes is loading."""
    loaded = loaded_by("analyze", str(unanswered))
    assert "ikepcap.api" in loaded
    assert loaded.isdisjoint({"ikepcap.wire.bodies", "ikepcap.wire.codec", "ikepcap.wire.details"})
    assert loaded.isdisjoint({"ikepcap.cli.show", "ikepcap.cli.completion", "ikepcap.renderers.fields"})
    assert loaded.isdisjoint({"tomllib", "importlib.resources", "hashlib"})


def test_every_verb_is_found_and_nothing_else_is() -> None:
    """The verbs are loaded by name."""
    text = ikepcap("--help").stdout.decode()
    assert [word for word in ("analyze", "completion", "show") if f"\n  {word} " not in text] == []
    assert ikepcap("completion", "bash").returncode == 0
    assert b"main" in ikepcap("main").stderr

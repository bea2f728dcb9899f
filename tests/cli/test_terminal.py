"""What a real terminal gets: its width, colour, and a calm standard error."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

pty = pytest.importorskip("pty", reason="pseudo-terminals are a Unix thing")


def on_terminal(columns: int, *arguments: str, **environment: str) -> str:
    """Run the command on a pseudo-terminal of that width; return what it showed."""
    import fcntl
    import struct
    import termios

    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 40, columns, 0, 0))
    plain = {k: v for k, v in os.environ.items() if k not in ("NO_COLOR", "COLUMNS", "LINES")}
    command = (sys.executable, "-m", "ikepcap", *arguments)
    settings = {"TERM": "xterm", "PYTHONIOENCODING": "utf-8"} | environment
    with subprocess.Popen(command, stdout=theirs, stderr=theirs, env=plain | settings):
        os.close(theirs)
        shown = b""
        while chunk := _read(ours):
            shown += chunk
    os.close(ours)
    return shown.decode()


def _read(descriptor: int) -> bytes:
    """Return what is there; nothing once the other end is closed."""
    try:
        return os.read(descriptor, 65536)
    except OSError:
        return b""


@pytest.mark.parametrize("columns", [60, 80, 132])
def test_text_is_as_wide_as_the_terminal(unanswered: Path, columns: int) -> None:
    shown = re.sub(r"\x1b\[[0-9;]*m", "", on_terminal(columns, str(unanswered), "--ladder"))
    longest = max(map(len, shown.splitlines()))
    assert longest <= columns
    assert "STALLED" in shown


def test_a_terminal_gets_colour_unless_its_user_declines(unanswered: Path) -> None:
    assert "\x1b[1;31mSTALLED" in on_terminal(80, str(unanswered))
    assert "\x1b" not in on_terminal(80, str(unanswered), NO_COLOR="1")
    assert "\x1b" not in on_terminal(80, str(unanswered), TERM="dumb")
    assert "\x1b" not in on_terminal(80, str(unanswered), "--color", "never")


def test_waiting_for_a_capture_to_be_typed_is_refused_with_advice() -> None:
    ours, theirs = pty.openpty()
    command = (sys.executable, "-m", "ikepcap", "-")
    done = subprocess.run(command, stdin=theirs, capture_output=True, timeout=30, check=False)
    os.close(ours)
    os.close(theirs)
    assert (done.returncode, done.stdout) == (2, b"")
    assert b"standard input is a terminal" in done.stderr

"""Replay against real daemons, in the namespaces of the lab: some combinations, and two failures replayed."""

import subprocess
import sys
from pathlib import Path

import pytest

TOOLS = Path(__file__).resolve().parents[2] / "tools"
FAILURES = ("main-no-secret-at-responder-strongswan", "main-quick-mode-selectors-refused-libreswan")
EVERY = 12
"""Of eighty-four: seven, of both daemons and of both roles."""
LIMIT_S = 120


@pytest.fixture(scope="module", autouse=True)
def lab() -> None:
    command = (sys.executable, str(TOOLS / "lab"), "missing")
    able = subprocess.run(command, capture_output=True, text=True, check=False)
    if able.returncode:
        pytest.skip(able.stderr.strip() or "the lab cannot run here")


def run(tool: str, *words: str) -> tuple[int, str]:
    """Run a tool to its end, and give it time to tidy up where it takes too long."""
    command = (sys.executable, str(TOOLS / tool), *words)
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True) as process:
        try:
            said, _ = process.communicate(timeout=LIMIT_S)
        except subprocess.TimeoutExpired:
            process.terminate()
            raise
    return process.returncode, said


def test_engines_come_up_with_real_daemons() -> None:
    status, said = run("replay-live", "--every", str(EVERY), "--jobs", "4")
    assert status == 0, said
    for daemon in ("strongswan", "libreswan"):
        for role in ("initiator", "responder"):
            assert f"{daemon}, we are the {role}" in said


def test_failures_are_reproduced_and_come_up_once_corrected() -> None:
    status, said = run("replay-lab", "--jobs", "2", *FAILURES)
    assert status == 0, said
    assert "2 of 2 end as captured" in said

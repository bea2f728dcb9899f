"""What the README shows is what the program prints, and what it tells to run is there."""

import os
import re
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import ikepcap

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text()


def test_example_is_what_the_program_prints() -> None:
    shown = re.search(r"\$ ikepcap (captures/\S+)\n(.*?)```", README, re.DOTALL)
    assert shown
    printed = ikepcap.render(ikepcap.analyze(ROOT / shown[1]), width=80)
    assert shown[2].strip() == printed.strip()


def test_commands_name_files_that_are_there() -> None:
    named = set(re.findall(r"(?:captures/[\w.-]+\.\w+|tools/\w+)", README))
    assert {name for name in named if not (ROOT / name).exists()} == set()
    assert {"tools/test", "captures/main-psk-stalled-at-msg5.pcap"} <= named


def test_code_with_scapy_runs(tmp_path: Path) -> None:
    """In a process of its own: it binds."""
    code = README.partition("## With Scapy")[2].partition("```python\n")[2].partition("```")[0]
    assert "bind()" in code
    shutil.copy(ROOT / "captures" / "main-psk-established.pcap", tmp_path / "branch.pcapng")
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=tmp_path,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.count(" / ISAKMP main ") == 2, "MSG3 and MSG4"
    assert "###[ SecurityAssociation ]###" in done.stdout


def test_python_versions_agree() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    assert project["requires-python"] == ">=3.11"
    assert "Python 3.11 or later" in README

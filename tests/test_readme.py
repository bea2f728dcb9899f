"""What the README shows is what the program prints, and what it tells to run is there."""

import os
import re
import shutil
import subprocess
import sys
import tomllib
from importlib.metadata import entry_points
from pathlib import Path

import pytest
from click.testing import CliRunner

import ikepcap
from ikepcap.cli.main import cli

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text()


def test_example_is_what_the_program_prints() -> None:
    shown = re.search(r"\$ ikepcap (captures/\S+)\n(.*?)```", README, re.DOTALL)
    assert shown
    printed = ikepcap.render(ikepcap.analyze(ROOT / shown[1]), width=80)
    assert shown[2].strip() == printed.strip()


def test_comparison_is_what_the_program_prints(monkeypatch: pytest.MonkeyPatch) -> None:
    shown = re.search(r"\$ ikepcap (compare [^\n]+)\n(.*?)```", README, re.DOTALL)
    assert shown
    monkeypatch.chdir(ROOT)
    printed = CliRunner().invoke(cli, shown[1].split(), prog_name="ikepcap").stdout
    assert shown[2] == printed


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


def test_lines_that_keep_a_capture_as_a_regression_test_do(tmp_path: Path) -> None:
    shown = re.search(r"## Keep a capture.*?```sh\n((?:[^\n]+\n){5})```", README, re.DOTALL)
    assert shown
    commands = tmp_path / "bin"
    commands.mkdir()
    # Whatever python the reader has on the path, here it is this one.
    (commands / "python").write_text(f'#!/bin/sh\nexec {sys.executable} "$@"\n')
    (commands / "ikepcap").write_text('#!/bin/sh\nexec python -m ikepcap "$@"\n')
    for command in commands.iterdir():
        command.chmod(0o755)
    (tmp_path / "captures").symlink_to(ROOT / "captures")
    is_installed = any(one.name == "ikepcap" for one in entry_points(group="pytest11"))
    environment = {
        "PATH": f"{commands}:{os.environ['PATH']}",
        "PYTHONPATH": str(ROOT),
        "PYTEST_PLUGINS": "" if is_installed else "ikepcap.harness.plugin",
    }
    done = subprocess.run(
        ["sh", "-e", "-c", shown[1]],
        cwd=tmp_path,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "field/branch.toml: holds\n" in done.stdout
    assert "1 passed" in done.stdout


def test_python_versions_agree() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    assert project["requires-python"] == ">=3.11"
    assert "Python 3.11 or later" in README

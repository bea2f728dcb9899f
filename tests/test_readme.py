"""What the README shows is what the program prints, and what it tells to run is there."""

import re
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


def test_python_versions_agree() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    assert project["requires-python"] == ">=3.11"
    assert "Python 3.11 or later" in README

"""The lab with real daemons: a handful of scenarios, all at once, and that nothing of them stays behind."""

import os
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

import ikepcap
from ikepcap.facts.verdict import check, verdict_lines

LAB = (sys.executable, str(Path(__file__).parents[2] / "tools" / "lab"))
SCENARIOS = (
    "main-psk-established-strongswan-libreswan",
    "main-rsa-established-libreswan",
    "main-nat-t-established-strongswan",
    "aggressive-xauth-established-strongswan",
    "main-encryption-differs-libreswan-strongswan",
    "main-msg3-lost-once-libreswan",
    "aggressive-psk-differs-strongswan",
    "main-esp-libreswan-strongswan",
)
LIMIT_S = 90


@pytest.fixture(scope="module")
def captures(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    able = subprocess.run((*LAB, "missing"), capture_output=True, text=True, check=False)
    if able.returncode:
        pytest.skip(able.stderr.strip() or "the lab cannot run here")
    folder = tmp_path_factory.mktemp("lab")
    command = (*LAB, "run", "--jobs", "4", "--into", str(folder), *SCENARIOS)
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True) as lab:
        try:
            said, _ = lab.communicate(timeout=LIMIT_S)
        except subprocess.TimeoutExpired:
            lab.terminate()
            raise
    assert lab.returncode == 0, said
    yield folder
    # Another lab may run beside this one; namespaces are named after the process they belong to.
    assert f"ikelab{lab.pid}-" not in namespaces()


def namespaces() -> str:
    return subprocess.run(("ip", "netns", "list"), capture_output=True, text=True, check=True).stdout


@pytest.mark.parametrize("name", SCENARIOS)
def test_report_agrees_with_what_daemons_and_both_ends_say(captures: Path, name: str) -> None:
    verdict = check(captures / f"{name}.toml", strict=True)
    assert verdict.holds, "\n".join(verdict_lines(verdict))


def test_facts_name_the_software_and_the_state_that_each_end_reached(captures: Path) -> None:
    facts = tomllib.loads((captures / f"{SCENARIOS[0]}.toml").read_text())
    assert "strongSwan" in facts["source"]["origin"]
    assert "Libreswan" in facts["source"]["origin"]
    (conversation,) = facts["conversation"]
    assert conversation["initiator_real"] == conversation["responder_real"] == "MM_ACTIVE"


def test_keys_are_told_for_captures_whose_daemons_log_them(captures: Path) -> None:
    cookie, key = (captures / f"{SCENARIOS[0]}.keys").read_text().strip().split(",")
    assert cookie in (captures / f"{SCENARIOS[0]}.pcap").read_bytes().hex()
    assert len(bytes.fromhex(key)) == 32


def test_what_verifies_hashes_and_keys_esp_is_told_too(captures: Path) -> None:
    for name in ("main-rsa-established-libreswan", "main-esp-libreswan-strongswan"):
        (conversation,) = ikepcap.analyze(
            captures / f"{name}.pcap", keys=captures / f"{name}.secrets"
        ).conversations
        assert conversation.keys
        assert not [text for text in conversation.keys.checks if "verified" not in text]
        assert [one.code for one in conversation.findings] == (["esp-seen"] if "esp" in name else [])


def test_facts_are_never_written_over(tmp_path: Path) -> None:
    facts = tmp_path / "main-psk-established-strongswan.toml"
    facts.write_text("# corrected by hand\n")
    command = (*LAB, "run", "-o", str(tmp_path), facts.stem)
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert f"has facts of {facts.stem} already, and they are never written over" in done.stderr
    assert facts.read_text() == "# corrected by hand\n"


def test_the_list_may_be_read_in_part() -> None:
    with subprocess.Popen((*LAB, "list"), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as lab:
        assert lab.stdout is not None
        assert lab.stderr is not None
        lab.stdout.close()
        assert lab.stderr.read() == ""


def test_what_a_bare_machine_lacks_is_asked_of_apt(tmp_path: Path) -> None:
    apt = tmp_path / "apt-get"
    apt.write_text(f'#!/bin/sh\necho "$@" >> {tmp_path}/asked\n')
    apt.chmod(0o755)
    own = {"PATH": f"{tmp_path}:{os.environ['PATH']}", "IKELAB_SOFTWARE": str(tmp_path / "software")}
    command = (*LAB, "install")
    done = subprocess.run(command, capture_output=True, text=True, check=False, env={**os.environ, **own})
    assert done.returncode == 0, done.stderr
    update, install, *downloads = (tmp_path / "asked").read_text().splitlines()
    assert update.startswith("update")
    assert {"tcpdump", "nftables", "libnss3-tools", "gcc", "libldns3"} <= set(install.split())
    assert [line.split()[0] for line in downloads] == ["download"] * 4
    apt.write_text("#!/bin/sh\nexit 100\n")
    done = subprocess.run(command, capture_output=True, text=True, check=False, env={**os.environ, **own})
    assert done.returncode == 2
    assert done.stderr.startswith("tools/lab: ")
    assert "Traceback" not in done.stderr


def test_an_unknown_scenario_is_refused() -> None:
    done = subprocess.run((*LAB, "run", "main-no-such-thing"), capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert "main-no-such-thing" in done.stderr

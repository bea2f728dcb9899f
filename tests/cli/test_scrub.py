"""The verb `scrub`."""

from ipaddress import ip_address
from pathlib import Path
from typing import Any

import pytest

import ikepcap
from ikepcap.testing import Play


@pytest.fixture
def field(tmp_path: Path) -> Path:
    """A capture from the field."""
    path = tmp_path / "branch.pcap"
    play = Play(initiator="10.1.2.3", responder="172.16.9.9", seed=4).msg1().msg2().msg3().repeat((4.0,))
    path.write_bytes(play.pcap())
    return path


def test_a_capture_is_scrubbed_and_the_summary_names_no_value(run: Any, field: Path) -> None:
    out = field.with_name("out.pcap")
    result = run("scrub", str(field), str(out))
    assert result.exit_code == 0, result.output
    lines = result.stdout.splitlines()
    assert lines[:4] == [
        "kept      4 frames of 4",
        "            4 IKE messages",
        "removed   0 frames",
        "replaced",
    ]
    assert "            2 addresses" in lines
    before, after = (ikepcap.analyze(path).conversations[0] for path in (field, out))
    values = [
        before.initiator_cookie,
        before.initiator.address,
        after.initiator.address,
        after.initiator_cookie,
    ]
    assert not [value for value in values if value in result.output]
    assert after.outcome == before.outcome
    assert after.initiator_cookie != before.initiator_cookie
    assert ip_address("10.1.2.3").packed not in out.read_bytes()


def test_the_format_is_that_of_the_name(run: Any, field: Path) -> None:
    out = field.with_name("out.pcapng")
    assert run("scrub", str(field), str(out), "--seed", "a", "--shift-time").exit_code == 0
    assert out.read_bytes()[:4] == b"\x0a\x0d\x0d\x0a"
    assert ikepcap.analyze(out).source.first_time == "2001-01-01T00:00:00.000000Z"


def test_the_capture_itself_is_never_written_over(run: Any, field: Path) -> None:
    before = field.read_bytes()
    link = field.with_name("link.pcap")
    link.symlink_to(field)
    for name in (field, link):
        result = run("scrub", str(field), str(name))
        assert (result.exit_code, result.stdout) == (2, "")
        assert "is the capture itself" in result.stderr
    assert field.read_bytes() == before


def test_without_anything_of_ike_nothing_is_written(run: Any, without_ike: Path, tmp_path: Path) -> None:
    out = tmp_path / "out.pcap"
    result = run("scrub", str(without_ike), str(out))
    assert (result.exit_code, result.stdout) == (2, "")
    assert "holds nothing of IKE" in result.stderr
    assert not out.exists()


def test_pipes_are_refused(run: Any, field: Path) -> None:
    refused = run("scrub", "-", "out.pcap")
    assert refused.exit_code == 2
    assert refused.stderr.startswith("ikepcap: the capture is read twice ")
    assert run("scrub", str(field), "-").exit_code == 2

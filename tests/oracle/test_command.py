"""`ikepcap verify` as people and programs see it."""

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from ikepcap.cli.main import cli
from ikepcap.oracle import known
from ikepcap.oracle.compare import Difference
from ikepcap.oracle.text import as_object, lines
from ikepcap.oracle.verify import Explained, Verdict
from ikepcap.oracle.witness import Tshark
from ikepcap.renderers.page import Page
from tests.oracle import gallery

ROOT = Path(__file__).resolve().parents[2]


def run(*arguments: str | Path) -> Result:
    return CliRunner().invoke(cli, ["verify", *map(str, arguments)], prog_name="ikepcap")


@pytest.fixture
def capture(tmp_path: Path) -> Path:
    path = tmp_path / "healthy.pcap"
    path.write_bytes(gallery.healthy())
    return path


DIFFERENCE = Difference(
    frame=4,
    field="Nonce.data",
    offset=116,
    read_by="both",
    ours="20 octets, 0x" + "ab" * 16 + "...",
    theirs=None,
    words=frozenset(),
)
VERDICT = Verdict(
    capture="/captures/bran\x1bch.pcap",
    tshark="4.0.17",
    messages=1,
    fields=1_234,
    explained=(Explained(known.KNOWN[0], 12, tuple(range(3, 15))),),
    unexplained=(DIFFERENCE,),
    unexplained_count=3,
    cut="after frame 8, at byte 1928: the file ends after 78 of the 118 octets of a frame",
)


def test_two_that_agree_end_with_status_0(capture: Path, tshark: Tshark) -> None:
    result = run(capture)
    assert result.exit_code == 0
    assert result.stdout.splitlines()[-1] == "  result     agrees"


def test_the_readme_shows_what_is_printed(tshark: Tshark) -> None:
    shown = (ROOT / "README.md").read_text().partition("$ ikepcap verify ")[2].partition("```")[0]
    name, _, text = shown.partition("\n")
    printed = run(ROOT / name).stdout.replace(tshark.version, "4.0.17")
    assert printed == text


def test_an_explained_difference_ends_with_status_0(tmp_path: Path, tshark: Tshark) -> None:
    path = tmp_path / "other.pcap"
    path.write_bytes(gallery.isakmp_on_another_port())
    result = run(path)
    assert result.exit_code == 0
    assert "other-port  1 difference, frame 1" in result.stdout


def test_an_unexplained_difference_ends_with_status_1(
    capture: Path, tshark: Tshark, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr("ikepcap.oracle.compare.KNOWN", ())
    path = tmp_path / "other.pcap"
    path.write_bytes(gallery.isakmp_on_another_port())
    result = run(capture, path)
    assert result.exit_code == 1
    assert "1 difference without an explanation" in result.stdout


def test_json_holds_all_captures(capture: Path, tshark: Tshark) -> None:
    result = run(capture, capture, "--format", "json")
    document = json.loads(result.stdout)
    assert (document["schema"], document["tshark"]) == ("ikepcap.verify/1", tshark.version)
    assert [one["unexplained_count"] for one in document["captures"]] == [0, 0]


@pytest.mark.parametrize("arguments", [("--tshark", "/no/such/tshark"), ("--timeout", "0"), ("-",)])
def test_what_cannot_be_done_is_one_line_and_status_2(capture: Path, arguments: tuple[str, ...]) -> None:
    pytest.importorskip("pyshark", reason="needs pyshark, from the extra 'verify'")
    result = run(*([] if arguments == ("-",) else [capture]), *arguments)
    assert (result.exit_code, result.stdout) == (2, "")
    assert result.stderr.startswith("ikepcap: ")
    assert result.stderr.count("\n") == 1


def test_what_cannot_be_read_does_not_keep_the_others_from_being_compared(
    capture: Path, tmp_path: Path, tshark: Tshark
) -> None:
    junk = tmp_path / "ju\x1bnk.pcap"
    junk.write_bytes(b"this is no capture at all")
    result = run(capture, junk, tmp_path / "missing.pcap", capture)
    assert result.exit_code == 2
    assert result.stdout.count("  result     agrees") == 2
    told = result.stderr.splitlines()
    assert len(told) == 2
    assert "ju\\x1bnk.pcap: is not a pcap or pcapng file" in told[0]
    assert "missing.pcap" in told[1]
    document = json.loads(run(junk, capture, "--format", "json").stdout)
    assert [one["capture"] for one in document["captures"]] == ["healthy.pcap"]
    (failed,) = document["failed"]
    assert (failed["capture"], "is not a pcap" in failed["why"]) == (junk.name, True)


def test_what_cannot_be_read_counts_more_than_a_difference(
    tmp_path: Path, tshark: Tshark, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ikepcap.oracle.compare.KNOWN", ())
    path = tmp_path / "other.pcap"
    path.write_bytes(gallery.isakmp_on_another_port())
    assert run(tmp_path / "missing.pcap", path).exit_code == 2


def test_text_is_calm_at_80_columns() -> None:
    text = list(lines(VERDICT, Page(width=80)))
    assert max(map(len, text)) <= 80
    assert "\x1b" not in "".join(text)
    assert "  result     3 differences without an explanation; 12 more with one" in text
    assert "    other-port  12 differences, frames 3, 4, 5, 6, 7, 8, 9, 10, ..." in text
    assert "    frame 4, octet 116  Nonce.data" in text
    assert "      tshark   nothing there" in text
    assert text[-1] == "    and 2 more differences"


def test_json_names_both_values() -> None:
    found = as_object(VERDICT)
    assert found["unexplained"] == [
        {"frame": 4, "offset": 116, "field": "Nonce.data", "ikepcap": DIFFERENCE.ours, "tshark": None}
    ]
    assert found["explained"][0]["frames"] == tuple(range(3, 15))
    assert json.loads(json.dumps(found))


@pytest.mark.parametrize("seconds", ["nan", "inf", "0", "-1", "1e9"])
def test_a_time_to_wait_is_a_number_of_seconds(capture: Path, seconds: str) -> None:
    done = run(capture, "--timeout", seconds)
    assert (done.exit_code, "--timeout" in done.stderr) == (2, True)


def test_a_capture_without_a_name_is_refused() -> None:
    done = run("")
    assert (done.exit_code, "name of a capture is empty" in done.stderr) == (2, True)

"""The verb `compare`."""

import json
from pathlib import Path
from typing import Any

from ikepcap.testing import Play

CAPTURES = Path(__file__).resolve().parents[2] / "captures"
WORKS, FAILS = (
    str(CAPTURES / f"{name}.pcap") for name in ("main-psk-established", "main-psk-stalled-at-msg5")
)
SCAN, REKEY = (str(CAPTURES / f"main-{name}.pcap") for name in ("scan", "rekey"))


def test_one_screen_says_who_where_they_part_and_what_differs(run: Any) -> None:
    result = run("compare", WORKS, FAILS)
    assert result.exit_code == 1
    lines = result.stdout.splitlines()
    assert len(lines) <= 40
    assert max(map(len, lines)) <= 80
    assert "They part after MSG5: A goes on with MSG6, B ends there, MSG5 sent 6 times." in lines
    assert "   outcome         A established   B stalled" in lines
    assert "    sent            A once   B 6 times" in lines
    assert "   chosen: the only one" in lines
    assert "* MSG6 <-                  6    +0.108     76         -" in lines


def test_what_goes_the_same_way_is_exit_status_0(run: Any) -> None:
    result = run("compare", WORKS, WORKS.replace("psk", "ipv6"))
    assert result.exit_code == 0
    assert "They never part" in result.stdout


def test_json_has_the_same(run: Any) -> None:
    result = run("compare", WORKS, FAILS, "--format", "json")
    assert result.exit_code == 1
    found = json.loads(result.stdout)
    assert found["schema"] == "ikepcap.comparison/1"
    assert (found["parted_after"], found["left_goes_on"], found["right_goes_on"]) == ("MSG5", "MSG6", None)
    assert found["rows"][4]["details"] == [{"subject": "sent", "left": ["once"], "right": ["6 times"]}]


def test_of_one_capture_with_two_negotiations_these_are_compared(run: Any) -> None:
    result = run("compare", REKEY, REKEY)
    assert "main-rekey.pcap #1" in result.stdout
    assert "main-rekey.pcap #2" in result.stdout
    turned = run("compare", REKEY, REKEY, "--conversation", "2")
    assert turned.stdout.index("#2") < turned.stdout.index("#1")
    assert "   chosen: you picked it" in turned.stdout


def test_of_one_capture_with_many_two_have_to_be_picked(run: Any) -> None:
    result = run("compare", SCAN, SCAN)
    assert (result.exit_code, result.stdout) == (2, "")
    assert "pick two with --conversation or --cookie given twice; it holds #1 probe " in result.stderr
    assert run("compare", SCAN, SCAN, "--conversation", "2", "--conversation", "7").exit_code == 1


def test_of_one_capture_with_one_negotiation_there_is_nothing_to_compare(run: Any) -> None:
    result = run("compare", WORKS, WORKS)
    assert (result.exit_code, result.stdout) == (2, "")
    assert "holds one negotiation only; name another capture beside it" in result.stderr


def test_a_cookie_picks(run: Any) -> None:
    result = run("compare", SCAN, WORKS, "--cookie", "6b:68")
    assert "main-scan.pcap #7" in result.stdout
    assert "you picked it" in result.stdout
    result = run("compare", SCAN, WORKS, "--cookie", "ff")
    assert (result.exit_code, result.stdout) == (2, "")
    assert "main-scan.pcap: no negotiation with --cookie ff; it holds #1 probe" in result.stderr


def test_picks_that_make_no_sense_are_refused(run: Any) -> None:
    assert run("compare", SCAN, WORKS, "--cookie", "ff", "--conversation", "1").exit_code == 2
    assert run("compare", SCAN, WORKS, *("--conversation", "1") * 3).exit_code == 2
    assert run("compare", "-", WORKS).exit_code == 2


def test_a_capture_without_negotiations_is_told(run: Any, without_ike: Path) -> None:
    result = run("compare", WORKS, str(without_ike))
    assert (result.exit_code, result.stdout) == (2, "")
    assert "dns.pcap: holds no IKEv1 negotiation to compare" in result.stderr


def test_captured_text_does_not_steer_the_terminal(run: Any) -> None:
    names = ("aggressive-psk-established", "aggressive-hostile-identity")
    result = run("compare", *(str(CAPTURES / f"{name}.pcap") for name in names))
    assert "\\x1b]0;owned" in result.stdout
    assert "\x1b" not in result.stdout


def test_it_stays_within_its_columns(run: Any) -> None:
    for width in (60, 73, 74):
        lines = run("compare", WORKS, FAILS, "--width", str(width)).stdout.splitlines()
        assert max(map(len, lines)) <= width
    wide, narrow = (run("compare", WORKS, FAILS, "--width", str(width)).stdout for width in (74, 73))
    assert "message             A: frame      time octets  B: frame      time octets\n" in wide
    assert "* MSG6 <-                  6    +0.108     76         -\n" in wide
    assert "message   A:frame      time octets B:frame      time octets\n" in narrow
    assert "* MSG6 <-       6    +0.108     76       -\n" in narrow


def test_a_name_that_is_longer_than_its_column_has_a_line_of_its_own(run: Any, tmp_path: Path) -> None:
    path = tmp_path / "twice.pcap"
    path.write_bytes(Play(seed=1).phase1().quick(1, 2, 3).quick(1, 2, 3).pcap())
    lines = run("compare", str(path), WORKS, "--width", "60").stdout.splitlines()
    assert max(map(len, lines)) <= 60
    at = lines.index("* QM1 of quick 2 ->")
    assert lines[at + 1].split()[-1] == "-"

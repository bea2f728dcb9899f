"""`ikepcap keys`, `import`, and `--keys` of the other verbs."""

import json
import stat
from pathlib import Path
from typing import Any

import pytest

from ikepcap.capture.write import Hop, udp_packets
from ikepcap.testing import Frame, pcap
from tests.keys.peers import Peers
from tests.logs import logged

CAPTURES = Path(__file__).resolve().parents[2] / "captures"
PEERS = Peers(mode="aggressive").phase1().transaction().quick()


@pytest.fixture
def capture(tmp_path: Path) -> Path:
    """Write a capture of real encryption."""
    return written(tmp_path, PEERS)


def written(folder: Path, peers: Peers) -> Path:
    ends = ("192.0.2.1", "198.51.100.7")
    frames = []
    for number, sent in enumerate(peers.sent):
        hop = Hop(ends[sent.sender], ends[1 - sent.sender], ip_id=number + 1)
        frames += [Frame(number * 10**9, packet) for packet in udp_packets(hop, 500, 500, sent.data)]
    path = folder / "real.pcap"
    path.write_bytes(pcap(frames))
    return path


@pytest.fixture
def keys(tmp_path: Path) -> Path:
    path = tmp_path / "keys.toml"
    path.write_text(
        f'[[sa]]\ninitiator_cookie = "{PEERS.cookies[0].hex()}"\nshared_secret = "{PEERS.shared.hex()}"\n'
        f'psk = "{PEERS.psk.decode()}"\n'
    )
    return path


def test_keys_alone_are_listed_without_their_secrets(run: Any, keys: Path) -> None:
    result = run("keys", "--keys", str(keys))
    assert result.exit_code == 0
    assert "keys.toml:1" in result.stdout
    assert "g^xy, PSK" in result.stdout
    assert PEERS.shared.hex()[:8] not in result.stdout
    assert "wolf" not in result.stdout


def test_what_keys_open_and_verify_is_said(run: Any, capture: Path, keys: Path) -> None:
    result = run("keys", str(capture), "--keys", str(keys))
    assert result.exit_code == 0
    text = " ".join(result.stdout.split())
    assert "6 of 6 encrypted messages opened" in text
    assert "quick mode 9d3f0a11: SPIs c1111111 and c2222222" in text
    assert "HASH_R, HASH_I verified: with SKEYID from" in text
    assert "HASH(1) (3 times), HASH(2), HASH(3) verified" in text
    assert "wolf" not in text


def test_a_candidate_psk_is_checked(run: Any, capture: Path, tmp_path: Path) -> None:
    psks = tmp_path / "psks"
    psks.write_text("not this\nwolf and hound\n")
    text = " ".join(run("keys", str(capture), "--psk-file", str(psks)).stdout.split())
    assert "HASH_I, HASH_R" not in text
    assert "HASH_R verified: with PSK" in text
    assert "psks:2" in text
    assert "a PSK alone opens nothing" in text
    assert "wolf" not in text


def test_wiresharks_tables_are_written_for_their_owner_alone(
    run: Any, capture: Path, keys: Path, tmp_path: Path
) -> None:
    folder = tmp_path / "wireshark"
    result = run("keys", str(capture), "--keys", str(keys), "--export", str(folder))
    assert result.exit_code == 0
    table = folder / "ikev1_decryption_table"
    assert table.read_text() == f"{PEERS.cookies[0].hex()},{PEERS.key.hex()}\n"
    assert len((folder / "esp_sa").read_text().splitlines()) == 2
    assert stat.S_IMODE(table.stat().st_mode) == 0o600
    again = run("keys", str(capture), "--keys", str(keys), "--export", str(folder))
    assert again.exit_code == 2
    assert "exists already" in again.stderr
    read_back = run("show", str(capture), "--list", "--keys", str(folder))
    assert read_back.stdout.count("(decrypted)") == 6


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("keys",), "name keys with --keys or --psk-file"),
        (("keys", "--keys", "nowhere.toml"), "nowhere.toml: cannot be read"),
        (("import", "nowhere.log", "-o", "x.pcapng"), "nowhere.log: cannot be read"),
        (("import", "nowhere.log"), "missing option"),
    ],
)
def test_misuse_is_one_line(run: Any, arguments: tuple[str, ...], words: str) -> None:
    result = run(*arguments)
    assert (result.exit_code, result.stdout) == (2, "")
    assert words in result.stderr
    assert result.stderr.count("\n") == 1


def test_export_needs_a_capture_and_something_opened(
    run: Any, capture: Path, keys: Path, tmp_path: Path
) -> None:
    result = run("keys", "--keys", str(keys), "--export", str(tmp_path / "w"))
    assert (result.exit_code, "name one" in result.stderr) == (2, True)
    wrong = tmp_path / "ikev1_decryption_table"
    wrong.write_text(f"{PEERS.cookies[0].hex()},{'00' * 16}\n")
    result = run("keys", str(capture), "--keys", str(wrong), "--export", str(tmp_path / "w"))
    assert (result.exit_code, "nothing to export" in result.stderr) == (2, True)
    said = " ".join(run("keys", str(capture), "--keys", str(wrong)).stdout.split())
    assert "0 of 6 encrypted messages opened" in said
    assert "wrong key" in said


def test_keys_of_other_conversations_fit_nothing(run: Any, capture: Path, tmp_path: Path) -> None:
    table = tmp_path / "ikev1_decryption_table"
    table.write_text(f"{'00' * 7}01,{'00' * 16}\n")
    assert "no conversation of the capture fits" in run("keys", str(capture), "--keys", str(table)).stdout


def test_show_lists_and_prints_what_was_decrypted(run: Any, capture: Path, keys: Path) -> None:
    listed = run("show", str(capture), "--list", "--keys", str(keys)).stdout.splitlines()
    assert sum("(decrypted)" in line for line in listed) == 6
    assert any("HASH, ATTR (decrypted)" in line for line in listed)
    full = run("show", str(capture), "--keys", str(keys), "--frame", "5", "--hex").stdout
    assert "XAUTH-USER-NAME" in full
    assert "(hidden)" in full
    assert "hunter2" not in full
    assert "68 75 6e 74" not in full
    assert "decrypted with the key" in full
    open_ = run("show", str(capture), "--keys", str(keys), "--frame", "5", "--show-secrets").stdout
    assert "hunter2" in open_


def test_show_has_the_same_in_json(run: Any, capture: Path, keys: Path) -> None:
    shown = json.loads(run("show", str(capture), "--keys", str(keys), "--format", "json").stdout)
    assert [one.get("decrypted") for one in shown] == [None, None] + [True] * 6
    assert shown[4]["how"].startswith("the key from ")
    assert shown[2]["checks"][0].startswith("HASH_I verified")
    assert [field["name"] for field in shown[4]["fields"][:3]] == ["ISAKMP header", "HASH", "ATTR"]
    assert "hunter2" not in json.dumps(shown)
    plain = json.loads(run("show", str(capture), "--format", "json").stdout)
    assert not any(one.keys() & {"decrypted", "how", "checks"} for one in plain)


def test_show_prints_decrypted_payloads_as_scapy_does(run: Any, capture: Path, keys: Path) -> None:
    arguments = ("show", str(capture), "--keys", str(keys), "--frame", "5", "--scapy")
    shown = run(*arguments).stdout
    assert "###[ CfgAttribute ]###" in shown
    assert "decrypted with the key" in shown
    assert "hunter2" not in shown
    assert "hunter2" in run(*arguments, "--show-secrets").stdout


def test_show_opens_one_conversation_of_several(run: Any, tmp_path: Path, keys: Path) -> None:
    """What is asked for is sought among messages that were opened, and says so by its number."""
    path = str(written(tmp_path, PEERS))
    for arguments in (("--conversation", "1"), ("--cookie", PEERS.cookies[1].hex())):
        listed = run("show", path, "--list", "--keys", str(keys), *arguments).stdout
        assert listed.count("(decrypted)") == 6


def test_show_says_why_a_message_stays_closed(run: Any, capture: Path, tmp_path: Path) -> None:
    table = tmp_path / "ikev1_decryption_table"
    table.write_text(f"{PEERS.cookies[0].hex()},{'00' * 16}\n")
    text = " ".join(run("show", str(capture), "--keys", str(table), "--frame", "4").stdout.split())
    assert "not decrypted: wrong key" in text


def test_show_names_an_iv_that_is_not_the_rfcs(run: Any, tmp_path: Path) -> None:
    peers = Peers(mode="aggressive").phase1()
    first = peers.hashed(peers.public[0] + peers.public[1])[:16]
    peers.informational(0, 0x77, iv=peers.hashed(first + (0x77).to_bytes(4))[:16]).informational(1, 0x78)
    table = tmp_path / "ikev1_decryption_table"
    table.write_text(f"{peers.cookies[0].hex()},{peers.key.hex()}\n")
    path = str(written(tmp_path, peers))
    odd = " ".join(run("show", path, "--keys", str(table), "--frame", "4").stdout.split())
    assert "in place of its last block, which is not the one of RFC 2409" in odd
    usual = run("show", path, "--keys", str(table), "--frame", "5").stdout
    assert "not the one of" not in " ".join(usual.split())


def test_analyze_lists_the_payloads_of_decrypted_messages(run: Any, capture: Path, keys: Path) -> None:
    plain = json.loads(run(str(capture), "--format", "json").stdout)
    keyed = json.loads(run(str(capture), "--format", "json", "--keys", str(keys)).stdout)
    lines = keyed["conversations"][0]["messages"]
    assert [line["decrypted"] for line in lines] == [None, None] + [True] * 6
    assert lines[3]["payloads"] == ["HASH", "ATTR"]
    assert lines[5]["payloads"] == ["HASH", "SA", "NONCE", "ID", "ID"]
    assert lines[2]["checks"][0].startswith("HASH_I verified")
    assert all(line["decrypted"] is None for line in plain["conversations"][0]["messages"])
    for line in keyed["conversations"][0]["messages"]:
        line.pop("checks", None)
    assert "wolf" not in json.dumps(keyed)
    ladder = run(str(capture), "--ladder", "--keys", str(keys)).stdout
    assert "T1 HASH, ATTR" in ladder
    ticket = run(str(capture), "--format", "markdown", "--keys", str(keys)).stdout
    assert "| T1 | HASH, ATTR (decrypted) |" in ticket


def test_analyze_says_why_a_message_was_not_decrypted(run: Any, capture: Path, tmp_path: Path) -> None:
    table = tmp_path / "ikev1_decryption_table"
    table.write_text(f"{PEERS.cookies[0].hex()},{'00' * 16}\n")
    report = json.loads(run(str(capture), "--format", "json", "--keys", str(table)).stdout)
    line = report["conversations"][0]["messages"][2]
    assert line["decrypted"] is False
    assert "wrong key" in line["why"]
    assert line["payloads"] == []


def test_analyze_names_a_decrypted_refusal_without_a_ladder_too(run: Any) -> None:
    capture = CAPTURES / "main-quick-mode-selectors-refused-strongswan.pcap"
    plain = run(str(capture))
    keyed = run(str(capture), "--keys", str(capture.with_suffix(".keys")))
    assert (plain.exit_code, keyed.exit_code) == (1, 1)
    assert "phase2-refused" in plain.stdout
    assert "phase2-selector-mismatch" in keyed.stdout
    assert "phase2-refused" not in keyed.stdout


def test_standard_input_cannot_be_read_twice(run: Any, capture: Path, keys: Path) -> None:
    result = run("analyze", "-", "--ladder", "--keys", str(keys), input=capture.read_bytes())
    assert (result.exit_code, "read twice" in result.stderr) == (2, True)
    shown = run("show", "-", "--list", "--keys", str(keys), input=capture.read_bytes())
    assert shown.stdout.count("(decrypted)") == 6


def test_ike_fragments_are_put_together_before_they_are_decrypted(
    run: Any, tmp_path: Path, keys: Path
) -> None:
    from ikepcap.wire import build

    peers = Peers(mode="aggressive").phase1()
    whole = peers.sent.pop()
    for piece in build.fragments(whole.data, 40):
        peers.sent.append(type(whole)("F", 0, piece, None))
    path = written(tmp_path, peers)
    listed = run("show", str(path), "--list", "--keys", str(keys)).stdout
    assert listed.count("(decrypted)") == 1


def test_import_writes_a_capture_and_says_what_it_did(run: Any, tmp_path: Path) -> None:
    log = tmp_path / "forti.log"
    log.write_text(logged.fortigate([(sent.sender, sent.data) for sent in PEERS.sent]))
    output = tmp_path / "forti.pcapng"
    result = run("import", str(log), "-o", str(output))
    assert (result.exit_code, result.stdout) == (0, "")
    assert result.stderr == "ikepcap: 8 messages of a log of FortiGate\n"
    report = json.loads(run(str(output), "--format", "json").stdout)
    assert report["conversations"][0]["outcome"] == "established"
    with log.open("a") as more:
        more.write("2016-05-26 07:50:00 ike 0: in 1234567890ABCDEF\n")
    result = run("import", str(log), "-o", str(tmp_path / "more.pcapng"))
    left_out = "1 left out: not whole in the log, or no IKEv1"
    assert result.stderr == f"ikepcap: 8 messages of a log of FortiGate; {left_out}\n"
    refused = run("import", str(log), "-o", str(log))
    assert refused.exit_code == 2
    assert log.read_text().startswith("2016")


def test_keys_that_fit_nothing_are_named_as_that(run: Any, capture: Path, tmp_path: Path) -> None:
    table = tmp_path / "ikev1_decryption_table"
    table.write_text(f"{'00' * 7}01,{'00' * 16}\n")
    result = run(str(capture), "--keys", str(table))
    assert result.exit_code == 0
    assert result.stderr == "ikepcap: no negotiation of the capture fits these keys\n"


def test_a_key_is_asked_for_on_a_terminal_alone(run: Any, capture: Path) -> None:
    result = run("keys", str(capture), "--ask-psk")
    assert (result.exit_code, "there is none: give --psk-file" in result.stderr) == (2, True)


def test_what_keys_made_of_a_negotiation_is_in_every_report(run: Any, capture: Path, keys: Path) -> None:
    opened = "6 of 6 encrypted messages opened"
    for arguments in ((), ("--format", "markdown")):
        text = " ".join(run(str(capture), "--keys", str(keys), *arguments).stdout.replace("\\", "").split())
        assert opened in text
        assert "HASH_R, HASH_I verified: with SKEYID" in text
    (entry,) = json.loads(run(str(capture), "--format", "json", "--keys", str(keys)).stdout)["conversations"]
    assert (entry["keys"]["encrypted"], entry["keys"]["opened"], entry["keys"]["why"]) == (6, 6, None)
    assert "HASH(1) (3 times), HASH(2), HASH(3) verified" in entry["keys"]["checks"]
    (brief,) = json.loads(run(str(capture), "--format", "json", "--no-messages", "--keys", str(keys)).stdout)[
        "conversations"
    ]
    assert brief["keys"] == entry["keys"]

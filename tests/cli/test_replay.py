"""`ikepcap respond` and `ikepcap replay`, one against the other over loopback on high ports."""

import json
import os
import random
import re
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

import ikepcap
from ikepcap.capture.reader import Capture
from ikepcap.errors import ReplayError
from ikepcap.keys.sources import load_ring
from ikepcap.opening import Opening
from ikepcap.recorded import write_keys
from ikepcap.replay.initiator import Initiator
from ikepcap.replay.loop import Loop
from ikepcap.replay.memory import Memory
from ikepcap.replay.policy import NAT_T
from ikepcap.replay.responders import Responders
from tests.replay.peers import paths, policy

ROOT = Path(__file__).resolve().parents[2]
STALLED = str(ROOT / "captures" / "main-psk-stalled-at-msg5.pcap")
SECRET = "known to both of us"  # noqa: S105 - invented
PATIENCE_S = 20
TIMES = re.compile(r"in [\d.]+ m?s|\+\d+\.\d+")

Command = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture
def port() -> int:
    """A port that is free, with the one 4000 above it."""
    for _ in range(50):
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as one:
            one.bind(("127.0.0.1", 0))
            found: int = one.getsockname()[1]
        if found + 4000 < 65536:
            with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as other:
                try:
                    other.bind(("127.0.0.1", found + 4000))
                except OSError:
                    continue
            return found
    raise AssertionError("no free ports")


@pytest.fixture
def psk(tmp_path: Path) -> str:
    file = tmp_path / "psk.txt"
    file.write_text(SECRET + "\n")
    return str(file)


def _words(*words: str) -> list[str]:
    return [sys.executable, "-m", "ikepcap", *words]


def replay(*words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        _words("replay", *words), capture_output=True, text=True, timeout=60, cwd=ROOT, check=False,
        stdin=subprocess.DEVNULL,
    )  # fmt: skip


@contextmanager
def responding(port: int, psk: str, *words: str) -> Iterator[subprocess.Popen[str]]:
    """A responder that listens, ended afterwards."""
    process = subprocess.Popen(
        _words("respond", "--port", str(port), "--psk-file", psk, *words), stdin=subprocess.DEVNULL,
        stderr=subprocess.PIPE, stdout=subprocess.DEVNULL, text=True, cwd=ROOT,
    )  # fmt: skip
    try:
        assert process.stderr is not None
        assert "answering on" in process.stderr.readline()
        yield process
    finally:
        if process.poll() is None:
            process.send_signal(signal.SIGINT)
        try:
            process.wait(PATIENCE_S)
        finally:
            process.kill()
            if process.stderr is not None:
                process.stderr.close()


def test_a_stalled_negotiation_comes_up_against_a_peer_that_answers(
    port: int, psk: str, tmp_path: Path
) -> None:
    record = tmp_path / "live.pcapng"
    with responding(port, psk):
        done = replay(STALLED, "--target", f"127.0.0.1:{port}", "--psk-file", psk, "--record", str(record),
                      "--keys-to", str(tmp_path), "--expect", "further")  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert "compared   further than the captured one" in done.stdout
    assert SECRET not in done.stdout + done.stderr
    (conversation,) = ikepcap.analyze(record).conversations
    assert conversation.outcome == "established"
    keys = tmp_path / "keys.toml"
    assert keys.stat().st_mode & 0o077 == 0
    opened = [one for one in Opening(Capture([record]), load_ring([keys])) if one.message.is_encrypted]
    assert opened
    assert all(one.plaintext is not None for one in opened)
    table = (tmp_path / "ikev1_decryption_table").read_text()
    assert table.startswith(conversation.initiator_cookie + ",")


def test_the_same_end_is_called_the_same(port: int, psk: str, tmp_path: Path) -> None:
    record = tmp_path / "live.pcapng"
    words = ("--target", f"127.0.0.1:{port}", "--psk-file", psk, "--manner", "quick")
    with responding(port, psk, "--fault", "refuse-proposal"):
        first = replay(STALLED, *words, "--record", str(record), "--expect", "refused")
        assert first.returncode == 0, first.stdout + first.stderr
        again = replay(str(record), *words, "--expect", "same", "--format", "json")
    assert again.returncode == 0, again.stdout
    found = json.loads(again.stdout)
    assert found["verdict"] == "same"
    assert found["live"]["findings"][0]["code"] == "proposal-mismatch"
    rows = found["comparison"]["rows"]
    assert [(one["step"], one["sender"]) for one in rows] == [("MSG1", "initiator"), ("INFO", "responder")]
    assert not {one["subject"] for row in rows for one in row["details"]} & {"ports", "octets", "offer"}


def test_nobody_there_is_said_at_once_and_ends_with_1(port: int, psk: str) -> None:
    done = replay(STALLED, "--target", f"127.0.0.1:{port}", "--psk-file", psk, "--manner", "quick",
                  "--expect", "established")  # fmt: skip
    assert done.returncode == 1
    assert "nothing listens" in done.stderr
    assert f"nothing listens on UDP {port} there" in " ".join(done.stdout.split()) or sys.platform != "linux"
    # Linux tells who answered with ICMP, and others that something did.
    assert ("port-closed" if sys.platform == "linux" else "no-reply") in done.stdout


def test_probe_asks_for_every_transform(port: int, psk: str) -> None:
    several = str(ROOT / "captures" / "main-no-proposal-chosen.pcap")
    with responding(port, psk, "--manner", "quick"):
        done = replay(several, "--target", f"127.0.0.1:{port}", "--probe", "--each", "--manner", "quick")
    assert done.returncode == 0, done.stderr
    assert "accepted" in done.stdout


def test_verbatim_says_where_it_ends(port: int, psk: str) -> None:
    with responding(port, psk):
        done = replay(STALLED, "--target", f"127.0.0.1:{port}", "--verbatim")
    assert done.returncode == 0, done.stderr
    assert "from MSG5 on all depends on a key that nobody has" in " ".join(done.stdout.split())


@pytest.mark.parametrize("way", ["--verbatim", "--probe"])
def test_an_answer_alone_is_not_established(port: int, psk: str, way: str) -> None:
    with responding(port, psk):
        done = replay(STALLED, "--target", f"127.0.0.1:{port}", way, "--expect", "established")
    assert done.returncode == 1, done.stderr
    assert "established: it is not" in done.stdout


def test_a_run_that_breaks_off_is_recorded(
    port: int, psk: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, run: Any
) -> None:
    """As when the limit is reached: then the deletes cannot be sent either."""
    record = tmp_path / "broken.pcapng"

    def fails(*_: object, **__: object) -> None:
        raise ReplayError("no more may be sent")

    monkeypatch.setattr(Loop, "run", fails)
    monkeypatch.setattr(Loop, "close", fails)
    done = run("respond", "--port", str(port), "--psk-file", psk, "--record", str(record))
    assert done.exit_code == 2
    assert record.exists()


def test_dry_run_sends_nothing(port: int, psk: str) -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as listener:
        listener.bind(("127.0.0.1", port))
        listener.setblocking(False)
        done = replay(STALLED, "--target", f"127.0.0.1:{port}", "--psk-file", psk, "--dry-run")
        with pytest.raises(BlockingIOError):
            listener.recv(1)
    assert done.returncode == 0, done.stderr
    assert [line.split()[2] for line in done.stdout.splitlines() if " octets " in line] == [
        "MSG1", "MSG3", "MSG5", "QM1", "QM3",
    ]  # fmt: skip


@pytest.mark.parametrize(("words", "said"), [
    (("--target", "8.8.8.8"), "neither loopback nor private"),
    (("--target", "10.1.2.3"), "private network"),
    (("--target", "224.0.0.1"), "no single host"),
    (("--target", "gate.example.net"), "names are not looked up"),
    (("--target", "127.0.0.1:0"), "no UDP port"),
    (("--target", "127.0.0.1", "--source", "here"), "no IP address"),
    (("--target", "127.0.0.1", "--source", "::"), "no address of one interface"),
    (("--target", "127.0.0.1", "--set", "colour=red"), "is no edit"),
    (("--target", "127.0.0.1", "--conversation", "9"), "no such negotiation"),
    (("--target", "127.0.0.1:9", "--set", "MSG3:NoSuch.x=1"), "no layer is called 'NoSuch'; it is one of"),
    (("--target", "127.0.0.1:9", "--set", "MSG3:Nonce.colour=1"), "no field 'colour'; it has payload_type"),
    (("--target", "127.0.0.1:9", "--set", "MSG3:VendorId[7]=none"), "the message has no VendorId[7]"),
    (("--target", "127.0.0.1:9", "--set", "QM1:Transform.number=red"), "does not take 'red'"),
    (("--target", "127.0.0.1:9", "--set", "MSG2:VendorId=none"), "what is sent is MSG1, MSG3, MSG5, QM1"),
    (("--target", "127.0.0.1:9", "--set", "MSG5:ISAKMP.flags=0"), "made when the message is encrypted"),
    (("--target", "127.0.0.1:9", "--drop", "MSG2"), "MSG2 is not sent by this peer"),
    (("--target", "127.0.0.1:9", "--each"), "--each asks for every transform by itself"),
    (("--target", "127.0.0.1:9", "--verbatim", "--cut", "MSG5:300"), "--cut goes with --fresh"),
    (("--target", "127.0.0.1:9", "--verbatim", "--set", "group=modp1024"), "sends the captured octets"),
    (("--target", "127.0.0.1:9", "--probe", "--renew", "5"), "--renew goes with --fresh"),
    (("--target", "127.0.0.1:9", "--dry-run", "--expect", "same"), "--dry-run sends nothing"),
    (("--target", "[fe80::1%eth0]:9"), "is in a private network"),
    (("--target", "::ffff:8.8.8.8"), "8.8.8.8 is neither loopback nor private"),
    (("--target", "::"), "no address of anybody"),
    (("--target", "[fe80::1]:9", "--allow", "fe80::/10"), "like fe80::1%eth0, and no others have"),
    (("--target", "[::1%lo]:9"), "like fe80::1%eth0, and no others have"),
    (("--target", "127.0.0.1", "--source", "::1"), "one is IPv4, the other IPv6"),
    (("--target", "10.255.255.255", "--allow", "10.0.0.0/8"), "all hosts of a network"),
    (("--target", "1.1.1.1", "--allow", "1.1.1.0/24"), "unless exactly it is allowed"),
    (("--target", "10.0.0.1", "--allow", "gate.example.net"), "is no IP address"),
    (("--target", "127.1"), "names are not looked up"),
])  # fmt: skip
def test_what_cannot_be_done_ends_with_one_line_and_2(psk: str, words: tuple[str, ...], said: str) -> None:
    done = replay(STALLED, *words, "--psk-file", psk)
    assert (done.returncode, done.stdout) == (2, "")
    assert said in done.stderr
    assert done.stderr.count("\n") == 1


@pytest.mark.parametrize(("capture", "said"), [
    ("main-certificates-ike-fragments.pcap", "a certificate and its private key"),
    ("main-xauth-established.pcap", "a name and a password"),
])  # fmt: skip
def test_what_is_lacking_is_said_before_anything_is_sent(psk: str, capture: str, said: str) -> None:
    file = str(ROOT / "captures" / capture)
    done = replay(file, "--conversation", "1", "--target", "127.0.0.1:9", "--psk-file", psk)
    assert (done.returncode, done.stdout) == (2, "")
    assert said in done.stderr


def test_a_secret_is_needed_and_never_taken_from_the_command_line(run: Any) -> None:
    result = run("replay", STALLED, "--target", "127.0.0.1")
    assert result.exit_code == 2
    assert "--psk-file" in result.stderr
    assert "--psk " not in run("replay", "--help").stdout
    assert "--password " not in run("respond", "--help").stdout


def test_interrupted_it_deletes_what_is_up(port: int, psk: str, tmp_path: Path) -> None:
    record = tmp_path / "responder.pcapng"
    with responding(port, psk, "--record", str(record)) as process:
        client = replay(STALLED, "--target", f"127.0.0.1:{port}", "--psk-file", psk)
        assert client.returncode == 0, client.stderr
        os.kill(process.pid, signal.SIGTERM)
        process.wait(PATIENCE_S)
        end = time.monotonic() + PATIENCE_S
        while not record.exists() and time.monotonic() < end:
            time.sleep(0.05)
    (conversation,) = ikepcap.analyze(record).conversations
    assert conversation.outcome == "established"


def test_the_responder_of_a_capture_is_played(port: int, psk: str) -> None:
    """Of the captured offer it takes what was taken then, and nothing else."""
    established = str(ROOT / "captures" / "main-psk-established.pcap")
    words = ("--target", f"127.0.0.1:{port}", "--psk-file", psk, "--manner", "quick")
    with responding(port, psk, "--like", established):
        same = replay(established, *words, "--expect", "same")
        other = replay(established, *words, "--set", "group=modp1024", "--expect", "refused")
    assert same.returncode == 0, same.stdout
    assert other.returncode == 0, other.stdout


def test_interrupted_replay_tells_what_it_has(port: int, psk: str, tmp_path: Path) -> None:
    record = tmp_path / "live.pcapng"
    words = ("--target", f"127.0.0.1:{port}", "--psk-file", psk, "--record", str(record))
    with responding(port, psk, "--fault", "silent=MSG4"):
        process = subprocess.Popen(
            _words("replay", STALLED, *words), stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
            stderr=subprocess.PIPE, text=True, cwd=ROOT,
        )  # fmt: skip
        assert process.stderr is not None
        assert "chosen" in process.stderr.readline()
        process.send_signal(signal.SIGINT)
        said, _ = process.communicate(timeout=PATIENCE_S)
    assert process.returncode == 1
    assert "compared   less far" in said
    assert record.exists()


def test_interrupted_replay_deletes_what_is_up(port: int, psk: str) -> None:
    """Quick mode is refused with what is no error, so phase 1 is up and the replay goes on asking."""
    words = ("--target", f"127.0.0.1:{port}", "--psk-file", psk)
    with responding(port, psk, "--fault", "refuse=QM2:CONNECTED") as responder:
        process = subprocess.Popen(
            _words("replay", STALLED, *words), stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE, text=True, cwd=ROOT,
        )  # fmt: skip
        assert process.stderr is not None
        assert responder.stderr is not None
        while "phase 1 is up" not in (line := process.stderr.readline()):
            assert line
        began_s = time.monotonic()
        process.send_signal(signal.SIGINT)
        process.communicate(timeout=PATIENCE_S)
        assert time.monotonic() - began_s < 5
        patience = threading.Timer(PATIENCE_S, responder.kill)
        patience.start()
        said = ""
        while "the initiator deleted phase 1" not in said:
            said = responder.stderr.readline()
            assert said
        patience.cancel()
    assert process.returncode == 1


def test_faults_are_listed_with_the_findings_that_name_them(run: Any) -> None:
    result = run("respond", "--faults")
    assert result.exit_code == 0
    assert "wrong-psk           the peer has another pre-shared key\n" in result.stdout
    assert f"{'':20}-> psk-mismatch\n" in result.stdout
    assert "filtered            a filter says so" in result.stdout


@pytest.mark.parametrize(("words", "said"), [
    (("--fault", "silent=MSG3"), "MSG3 is not sent by this peer"),
    (("--fault", "explode"), "is none of unknown-peer"),
    (("--conversation", "1"), "it goes with --like"),
])  # fmt: skip
def test_a_responder_that_cannot_be_what_is_asked_for(
    port: int, psk: str, words: tuple[str, ...], said: str, run: Any
) -> None:
    result = run("respond", "--port", str(port), "--psk-file", psk, *words)
    assert (result.exit_code, result.stderr.count("\n")) == (2, 1)
    assert said in result.stderr


def test_a_policy_file_says_the_same_as_options(port: int, psk: str, tmp_path: Path) -> None:
    file = tmp_path / "policy.toml"
    file.write_text('ike = ["3des-sha1-modp1024"]\npsk_file = "psk.txt"\nmanner = "quick"\n')
    with responding(port, psk, "--policy", str(file)):
        done = replay(STALLED, "--target", f"127.0.0.1:{port}", "--psk-file", psk, "--manner", "quick")
        assert done.returncode == 1
        assert "proposal-mismatch" in done.stdout
        edited = replay(STALLED, "--target", f"127.0.0.1:{port}", "--psk-file", psk, "--set",
                        "encryption=3des", "--set", "hash=sha1", "--set", "group=modp1024")  # fmt: skip
    assert edited.returncode == 0, edited.stdout


def test_xauth_and_an_address_that_is_pushed_are_told_in_toml(port: int, psk: str, tmp_path: Path) -> None:
    (tmp_path / "password").write_text("a password of ours\n")
    common = ('auth = "xauth-psk"\npsk_file = "psk.txt"\nuser = "alice"\npassword_file = "password"\n'
              'manner = "quick"\npush_address = true\n')  # fmt: skip
    (tmp_path / "client.toml").write_text(common)
    (tmp_path / "server.toml").write_text(common + 'address = "10.9.8.7"\n')
    xauth = str(ROOT / "captures" / "main-xauth-established.pcap")
    with responding(port, psk, "--policy", str(tmp_path / "server.toml")):
        done = replay(xauth, "--target", f"127.0.0.1:{port}", "--policy", str(tmp_path / "client.toml"))
    assert done.returncode == 0, done.stdout + done.stderr
    assert "mode-config gives 10.9.8.7" in done.stderr
    assert "a password of ours" not in done.stdout + done.stderr


def test_what_the_readme_shows_works(port: int, tmp_path: Path) -> None:
    """Both commands as a newcomer types them, but for the port."""
    section = (ROOT / "README.md").read_text().partition("## Against a live peer")[2]
    setup, command = section.partition("```sh\n")[2].partition("```")[0].strip().splitlines()
    words = section.partition("$ ikepcap ")[2].partition("\n")[0].split()
    assert command == "ikepcap respond --psk-file psk.txt"
    subprocess.run(setup, shell=True, check=True, cwd=tmp_path)  # noqa: S602 - our own README
    secret = str(tmp_path / "psk.txt")
    words = [secret if word == "psk.txt" else word.replace("5500", str(port)) for word in words]
    began_s = time.monotonic()
    with responding(port, secret):
        done = subprocess.run(
            _words(*words), capture_output=True, text=True, cwd=ROOT, timeout=60, check=False
        )
    assert done.returncode == 0, done.stderr
    assert time.monotonic() - began_s < 60
    shown = section.partition("$ ikepcap ")[2].partition("```")[0].splitlines()[1:]
    told = [line.replace(str(port), "5500") for line in done.stdout.splitlines()]
    assert [TIMES.sub("...", line) for line in shown] == [TIMES.sub("...", line) for line in told]


def test_a_run_is_kept_with_facts_that_hold_at_either_end(port: int, psk: str, tmp_path: Path) -> None:
    at_responder, at_initiator = tmp_path / "responder", tmp_path / "initiator"
    words = ("--target", f"127.0.0.1:{port}", "--psk-file", psk)
    with responding(port, psk, "--fault", "phase2-selectors", "--keep", str(at_responder)):
        done = replay(STALLED, *words, "--keep", f"{at_initiator}.toml")
    assert "of which all hold" in done.stderr
    for name in (at_responder, at_initiator):
        facts = name.with_suffix(".toml").read_text()
        assert 'outcome = "established"' in facts
        assert SECRET not in facts
        command = _words("check", f"{name}.pcapng")
        checked = subprocess.run(command, capture_output=True, text=True, check=False)
        assert checked.returncode == 0, checked.stdout
    facts = at_responder.with_suffix(".toml").read_text()
    assert 'fault_among = ["phase2-refused", "phase2-selector-mismatch"]' in facts
    assert "fault" not in at_initiator.with_suffix(".toml").read_text().partition("[[conversation]]")[2]
    again = replay(STALLED, *words, "--keep", str(at_initiator))
    assert again.returncode == 2
    assert "is there already" in again.stderr


def test_a_renewal_that_fails_is_what_counts(port: int, psk: str, tmp_path: Path) -> None:
    kept = tmp_path / "renewed"
    words = ("--target", f"127.0.0.1:{port}", "--psk-file", psk, "--manner", "quick", "--renew", "2.5",
             "--format", "json", "--keep", str(kept))  # fmt: skip
    with responding(port, psk, "--fault", "no-renewal"):
        done = replay(STALLED, *words)
    assert done.returncode == 1
    found = json.loads(done.stdout)
    assert found["result"] == "gave-up"
    assert [one["code"] for one in found["live"]["findings"]] == ["no-reply", "rekey-failed"]
    first, second = ikepcap.analyze(f"{kept}.pcapng").conversations
    assert (first.outcome, second.outcome) == ("established", "stalled")
    checked = subprocess.run(_words("check", f"{kept}.pcapng"), capture_output=True, text=True, check=False)
    assert checked.returncode == 0, checked.stdout


@pytest.mark.skipif(sys.platform != "linux", reason="other systems do not tell who sent an ICMP error")
def test_a_port_that_is_closed_meanwhile_is_found(port: int, psk: str, tmp_path: Path) -> None:
    kept = tmp_path / "closed"
    words = ("--target", f"127.0.0.1:{port}", "--psk-file", psk, "--manner", "quick", "--keep", str(kept))
    with responding(port, psk, "--fault", "close=MSG4"):
        done = replay(STALLED, *words)
    assert done.returncode == 1
    assert "found      port-closed, proven" in done.stdout
    (conversation,) = ikepcap.analyze(f"{kept}.pcapng").conversations
    assert next(one.code for one in conversation.findings) == "port-closed"


@pytest.mark.parametrize(("fault", "code"), [
    ("deaf-4500", "nat-t-blocked"), ("other-natt", "nat-t-disagreement"),
])  # fmt: skip
def test_high_ports_are_judged_as_what_they_stand_for(
    port: int, psk: str, fault: str, code: str, tmp_path: Path
) -> None:
    kept = tmp_path / "kept"
    with responding(port, psk, "--fault", fault, "--keep", str(kept)):
        done = replay(STALLED, "--target", f"127.0.0.1:{port}", "--psk-file", psk, "--manner", "quick",
                      "--set", f"vendor-id=+{NAT_T.hex()}")  # fmt: skip
    assert done.returncode == 1
    assert f"found      {code}" in done.stdout
    # A reader of the file cannot know which port is which, and the facts say no more than that.
    command = _words("check", f"{kept}.pcapng")
    checked = subprocess.run(command, capture_output=True, text=True, check=False)
    assert checked.returncode == 0, checked.stdout


def test_peers_on_one_address_are_told_apart(port: int, psk: str, tmp_path: Path) -> None:
    """`::1` is the only loopback address of IPv6."""
    kept = tmp_path / "kept"
    with responding(port, psk, "--listen", "::1", "--fault", "refuse-identity"):
        done = replay(STALLED, "--target", f"[::1]:{port}", "--psk-file", psk, "--keep", str(kept))
    assert "of which all hold" in done.stderr
    assert "last_message = 5" in kept.with_suffix(".toml").read_text()


def test_the_keys_of_the_run_name_the_failure_exactly(port: int, psk: str, tmp_path: Path) -> None:
    """It is compared as a capture is, without them: else the same end would not look the same."""
    (tmp_path / "password").write_text("a password of ours\n")
    xauth = str(ROOT / "captures" / "main-xauth-established.pcap")
    with responding(port, psk, "--auth", "xauth-psk", "--fault", "refuse-user"):
        done = replay(xauth, "--target", f"127.0.0.1:{port}", "--psk-file", psk, "--user", "alice",
                      "--password-file", str(tmp_path / "password"), "--format", "json")  # fmt: skip
    assert done.returncode == 1
    assert "a password of ours" not in done.stdout + done.stderr
    found = json.loads(done.stdout)
    (fault,) = (one for one in found["opened"]["findings"] if one["severity"] == "fault")
    assert (fault["code"], fault["certainty"]) == ("xauth-failed", "proven")
    assert not [one for one in found["live"]["findings"] if one["severity"] == "fault"]


def test_a_peer_that_is_asked_whether_it_lives_is_waited_for(port: int, psk: str, tmp_path: Path) -> None:
    file = tmp_path / "client.toml"
    file.write_text('psk_file = "psk.txt"\ndpd = 0.6\n')
    with responding(port, psk, "--fault", "no-dpd"):
        done = replay(STALLED, "--target", f"127.0.0.1:{port}", "--policy", str(file))
    assert done.returncode == 0, done.stdout  # it came up
    assert "found      dead-peer" in done.stdout


def test_a_fault_that_had_no_occasion_is_told(port: int, psk: str) -> None:
    with responding(port, psk, "--fault", "refuse-certificate") as responder:
        assert replay(STALLED, "--target", f"127.0.0.1:{port}", "--psk-file", psk).returncode == 0
        responder.send_signal(signal.SIGTERM)
        _, said = responder.communicate(timeout=PATIENCE_S)
    assert "nothing in it gave refuse-certificate an occasion" in said


def test_what_would_be_sent_is_told_to_programs(psk: str) -> None:
    done = replay(STALLED, "--target", "127.0.0.1:9", "--psk-file", psk, "--dry-run", "--format", "json")
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    assert found["schema"] == "ikepcap.rehearsal/1"
    assert [one["step"] for one in found["would_send"]] == ["MSG1", "MSG3", "MSG5", "QM1", "QM3"]
    assert found["would_send"][0]["holds"].startswith("SA, VID")


def test_keys_are_for_their_owner_alone_where_a_file_was_there(tmp_path: Path) -> None:
    existing = tmp_path / "keys.toml"
    existing.touch(mode=0o644)
    initiator = Initiator(policy(), *paths(), random.Random(1).randbytes)
    Memory(initiator, Responders(policy(), random.Random(2).randbytes)).run()
    assert initiator.sa is not None
    assert write_keys(tmp_path, [initiator.sa]) is not None
    assert [file.stat().st_mode & 0o777 for file in tmp_path.iterdir()] == [0o600, 0o600]


@pytest.mark.parametrize("option", ["--record", "--keep"])
def test_nothing_is_sent_that_cannot_be_recorded(port: int, psk: str, tmp_path: Path, option: str) -> None:
    nowhere = str(tmp_path / "nowhere" / "live")
    with responding(port, psk) as responder:
        done = replay(
            STALLED, "--target", f"127.0.0.1:{port}", "--psk-file", psk, option, nowhere, "--seconds", "2"
        )
        responder.send_signal(signal.SIGINT)
        assert responder.stderr is not None
        assert "MSG1" not in responder.stderr.read()
    assert done.returncode == 2
    assert "cannot be written; name another file" in done.stderr


def test_a_pipe_cannot_be_replayed(psk: str) -> None:
    done = replay("-", "--target", "127.0.0.1:5500", "--psk-file", psk)
    assert done.returncode == 2
    assert "read twice: name a file in place of '-'" in done.stderr


def test_keys_of_a_run_verify_what_it_recorded(port: int, psk: str, tmp_path: Path) -> None:
    """The folder that --keys-to makes is what --keys takes."""
    folder, record = tmp_path / "keys", tmp_path / "live.pcapng"
    with responding(port, psk):
        replay(
            STALLED, "--target", f"127.0.0.1:{port}", "--psk-file", psk, "--record", str(record),
            "--keys-to", str(folder),
        )  # fmt: skip
    said = subprocess.run(
        _words("analyze", str(record), "--keys", str(folder)), capture_output=True, text=True, check=False,
        cwd=ROOT, timeout=60,
    )  # fmt: skip
    assert "HASH_I" in said.stdout
    assert "not possible" not in said.stdout

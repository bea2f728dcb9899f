"""Captures of the lab with all their secrets: every hash and signature verifies, and ESP is what it says."""

import os
import shutil
import subprocess
import tomllib
from pathlib import Path

import pytest

import ikepcap
from ikepcap.capture.reader import Capture
from ikepcap.keys.check import Outcome
from ikepcap.keys.esp import EspKeys, esp_keys
from ikepcap.keys.sources import load_ring
from ikepcap.keys.tables import ESP_TABLE
from ikepcap.opening import Opening
from ikepcap.wire.message import Message
from ikepcap.wire.numbers import Exchange, Payload

CAPTURES = Path(__file__).resolve().parents[2] / "captures"
SECRETS = sorted(CAPTURES.glob("*.secrets"))
WITH_ESP = [path for path in SECRETS if "-esp-" in path.name]
KEYED = sorted(path for path in CAPTURES.glob("*psk-established*.keys"))
"""The PSK is in the facts."""
LOG = CAPTURES / "main-pfs-established-strongswan.log"
PROOFS = (Payload.HASH, Payload.SIG)
NAMES: dict[tuple[int, int], str] = {
    (0, Payload.HASH): "HASH_I", (1, Payload.HASH): "HASH_R",
    (0, Payload.SIG): "SIG_I", (1, Payload.SIG): "SIG_R",
}  # fmt: skip
KINDS = (
    "main-psk", "main-rsa", "main-ecdsa", "aggressive-psk", "aggressive-rsa", "xauth", "hybrid",
    "mode-config", "pfs", "3des", "ipv6", "vpnc", "nat-t", "libreswan", "strongswan",
)  # fmt: skip
PINGS = 3


def opening_of(secrets: Path, capture: Path | None = None) -> Opening:
    return Opening(Capture([capture or secrets.with_suffix(".pcap")]), load_ring([secrets]))


def kind_of_proof(message: Message) -> int | None:
    """Return the type of a message's payload that has to verify."""
    return next((kind for kind in message.payload_types() if kind in PROOFS), None)


def test_there_is_one_of_each_kind() -> None:
    names = " ".join(path.stem for path in SECRETS)
    for word in KINDS:
        assert word in names


@pytest.mark.parametrize("secrets", SECRETS, ids=lambda path: path.stem)
def test_every_hash_and_signature_verifies(secrets: Path) -> None:
    proven: set[str] = set()
    initiator: bytes | None = None
    for one in opening_of(secrets):
        message = one.message
        initiator = initiator or one.datagram.source
        assert not message.is_encrypted or (one.plaintext is not None and not one.plaintext.lost)
        kind = kind_of_proof(message)
        found = {check.name: check.outcome for check in one.checks if not check.name.startswith("NAT-D")}
        if kind is None:
            assert not found
            continue
        assert set(found.values()) == {Outcome.VERIFIED}, one.datagram.frame
        (name,) = found
        is_phase_1 = message.exchange in (Exchange.MAIN, Exchange.AGGRESSIVE)
        role = 0 if one.datagram.source == initiator else 1
        assert name == NAMES[role, kind] if is_phase_1 else name in ("HASH(1)", "HASH(2)", "HASH(3)")
        proven.add(name)
    assert {"HASH(1)", "HASH(2)", "HASH(3)"} < proven
    assert {name[-1] for name in proven} >= {"I", "R"}


@pytest.mark.parametrize("keys", KEYED, ids=lambda path: path.stem)
def test_with_wiresharks_table_the_psk_verifies_the_proofs_of_phase_1(keys: Path, tmp_path: Path) -> None:
    """SKEYID is made of the PSK and both nonces; what else needs g^xy stays closed to it."""
    facts = tomllib.loads(keys.with_suffix(".toml").read_text())
    psks = tmp_path / "psks"
    outcomes = []
    for psk in (facts["source"]["psk"], "another"):
        psks.write_text(f"{psk}\n")
        found = Opening(Capture([keys.with_suffix(".pcap")]), load_ring([keys], [psks]))
        checks = [check for one in found for check in one.checks if check.name in ("HASH_I", "HASH_R")]
        outcomes.append({(check.name, check.outcome) for check in checks})
    names = {name for name, _ in outcomes[0]}
    assert names == {"HASH_I", "HASH_R"}
    assert outcomes[0] == {(name, Outcome.VERIFIED) for name in names}
    assert outcomes[1] == {(name, Outcome.FAILED) for name in names}


@pytest.mark.parametrize("secrets", SECRETS, ids=lambda path: path.stem)
def test_addresses_differ_from_those_in_nat_d_behind_a_nat_alone(secrets: Path) -> None:
    checks = [check for one in opening_of(secrets) for check in one.checks if check.name.startswith("NAT-D")]
    failed = {check.name for check in checks if check.outcome is Outcome.FAILED}
    theirs = "NAT-D of the sender" if "near-responder" in secrets.stem else "NAT-D of the receiver"
    assert failed == ({theirs} if "nat-t" in secrets.stem else set())


@pytest.mark.parametrize("secrets", SECRETS, ids=lambda path: path.stem)
def test_each_quick_mode_gives_the_keys_of_its_esp_both_ways(secrets: Path) -> None:
    opening = opening_of(secrets)
    for _ in opening:
        pass
    (session,) = opening.sessions
    found = list(esp_keys(session.decryptor, session.initiator, session.responder))
    (mode,) = session.decryptor.quick_modes
    assert all(isinstance(keys, EspKeys) for keys in found)
    # Each SA is that towards the peer who chose its SPI.
    ends = {(keys.destination, keys.spi) for keys in found if isinstance(keys, EspKeys)}
    forth, back = mode.spis()
    assert ends == {(session.initiator, forth[0]), (session.responder, back[0])}


def test_charons_own_log_tells_as_much_as_the_table_made_of_it() -> None:
    """The log as `ike = 4`, `chd = 4` and `enc = 1` leave it, with a quick mode with PFS."""
    told = []
    for source in (LOG, LOG.with_suffix(".secrets")):
        opening = opening_of(source, LOG.with_suffix(".pcap"))
        opened = [(one.datagram.frame, one.message.payload_types(),
                   [(check.name, check.outcome) for check in one.checks]) for one in opening]  # fmt: skip
        (session,) = opening.sessions
        keys = esp_keys(session.decryptor, session.initiator, session.responder)
        told.append((opened, [one.row() for one in keys if isinstance(one, EspKeys)]))
    assert told[0] == told[1]
    assert len(told[0][1]) == 2


@pytest.mark.parametrize("secrets", WITH_ESP, ids=lambda path: path.stem)
def test_esp_under_the_spis_of_a_quick_mode_proves_it_in_each_direction(secrets: Path) -> None:
    capture = secrets.with_suffix(".pcap")
    for keys in (secrets, secrets.with_suffix(".keys")):
        report = ikepcap.analyze(capture, keys=keys)
        (conversation,) = report.conversations
        assert report.source.skipped.esp == 2 * PINGS
        (note,) = conversation.findings
        assert (note.code, note.severity, note.certainty) == ("esp-seen", "note", "proven")
        assert "ESP goes both ways" in note.claim
        assert len(note.evidence) == 2
        assert all(f"{PINGS} ESP packets from " in text for text in note.evidence)
    (conversation,) = ikepcap.analyze(capture).conversations
    assert conversation.findings == ()


@pytest.mark.parametrize("secrets", WITH_ESP, ids=lambda path: path.stem)
def test_a_quick_mode_whose_answer_was_not_captured_is_proven_by_esp(secrets: Path, tmp_path: Path) -> None:
    """Of QM1 the SPI towards its sender is known: who sends ESP under it has finished the quick mode."""
    data = secrets.with_suffix(".pcap").read_bytes()
    cut, at, number = data[:24], 24, 0
    while at < len(data):
        size, number = 16 + int.from_bytes(data[at + 8 : at + 12], "little"), number + 1
        cut += data[at : at + size] if number not in (8, 9) else b""
        at += size
    capture = tmp_path / "x.pcap"
    capture.write_bytes(cut)
    (conversation,) = ikepcap.analyze(capture, keys=secrets).conversations
    assert [(one.kind, one.outcome) for one in conversation.exchanges] == [("quick", "established")]
    assert [one.code for one in conversation.findings] == ["esp-seen"]


@pytest.mark.skipif(shutil.which("tshark") is None, reason="tshark is not there")
@pytest.mark.parametrize("secrets", WITH_ESP, ids=lambda path: path.stem)
def test_tshark_decrypts_the_esp_of_the_capture_with_the_exported_table(
    secrets: Path, tmp_path: Path
) -> None:
    opening = opening_of(secrets)
    for _ in opening:
        pass
    (session,) = opening.sessions
    found = list(esp_keys(session.decryptor, session.initiator, session.responder))
    rows = [keys.row() for keys in found if isinstance(keys, EspKeys)]
    (tmp_path / ESP_TABLE).write_text("".join(rows))
    told = subprocess.run(
        ["tshark", "-n", "-r", str(secrets.with_suffix(".pcap")), "-Y", "esp", "-o",
         "esp.enable_encryption_decode:TRUE", "-o", "esp.enable_authentication_check:TRUE", "-T", "fields",
         "-E", "occurrence=l", "-e", "esp.icv_good", "-e", "ip.src", "-e", "ip.dst", "-e", "icmp.type"],
        capture_output=True, text=True, check=True, timeout=60,
        env={**os.environ, "WIRESHARK_CONFIG_DIR": str(tmp_path)},
    ).stdout.split("\n")  # fmt: skip
    forth, back = "1\t203.0.113.65\t203.0.113.129\t8", "1\t203.0.113.129\t203.0.113.65\t0"
    assert [line.replace("True", "1") for line in told if line] == [forth, back] * PINGS

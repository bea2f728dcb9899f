"""The captures in captures/: rebuilt to the byte, and read as the facts beside them say.

Facts are written by hand after the report's contract. Where the program disagrees with one, the program or
the contract changes, never the fact for the program's sake. A fact file states what its capture is for;
"none" stands for null, and what it leaves out is not compared.
"""

import hashlib
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

import ikepcap
from ikepcap.report.model import Conversation

ROOT = Path(__file__).resolve().parents[2]
CAPTURES = sorted((ROOT / "captures").glob("*.pcap"))
MAX_BYTES = 64 * 1024

PLAIN = ("mode", "auth", "outcome", "last_message", "awaited_message", "silent_peer")
NAT = ("initiator_behind_nat", "responder_behind_nat", "moved_to_4500")
PEER = ("progress", "certainty", "asa")
EXCHANGE = ("kind", "outcome", "last_message", "awaited_message", "silent_peer")
LISTED = ("quick", "transaction")
"""Kinds of exchange that facts list; informationals come and go."""
BEYOND = ("initiator_real", "responder_real", "fault_among")
"""Facts that the report need not state as they stand: see `check_beyond`."""


def stated(facts: dict[str, object]) -> dict[str, object]:
    """Return the facts that are compared as they stand."""
    found = {key: None if value == "none" else value for key, value in facts.items()}
    if "exchange" in found:
        exchanges = facts["exchange"]
        assert isinstance(exchanges, list)
        found["exchange"] = [stated(one) for one in exchanges]
    for key in ("findings", "faults"):
        if key in found:
            codes = facts[key]
            assert isinstance(codes, list)
            found[key] = sorted(codes)
    return {key: value for key, value in found.items() if key not in BEYOND}


def observed(conversation: Conversation, facts: dict[str, object]) -> dict[str, object]:
    """Return what the report says on everything that the facts state."""
    found: dict[str, object] = {key: getattr(conversation, key) for key in PLAIN}
    found |= {key: getattr(conversation.nat, key) for key in NAT}
    for role in ("initiator", "responder"):
        peer = getattr(conversation, role)
        found[role] = peer.address
        found |= {
            f"{role}_progress": peer.progress,
            f"{role}_certainty": peer.certainty,
            f"{role}_asa": peer.states.get("asa"),
        }
    found["findings"] = sorted(finding.code for finding in conversation.findings)
    found["faults"] = sorted(one.code for one in conversation.findings if one.severity == "fault")
    listed = [exchange for exchange in conversation.exchanges if exchange.kind in LISTED]
    wanted = facts.get("exchange", [])
    assert isinstance(wanted, list)
    keys = [tuple(one) for one in wanted] + [EXCHANGE] * len(listed)
    found["exchange"] = [
        {key: getattr(exchange, key) for key in of} for exchange, of in zip(listed, keys, strict=False)
    ]
    unknown = set(facts) - set(found) - set(BEYOND)
    assert not unknown, f"no such fact: {unknown}"
    return {key: value for key, value in found.items() if key in facts}


def check_beyond(conversation: Conversation, facts: dict[str, object]) -> None:
    """Check what a report may leave open but must not get wrong.

    What a peer really reached is known from both ends and the daemons' logs. A capture of one place may not
    show it, but nothing else may be called proven. Of `fault_among`, one must be found, and no other fault.
    """
    for role in ("initiator", "responder"):
        peer = getattr(conversation, role)
        if f"{role}_real" in facts and peer.certainty == "proven":
            real = facts[f"{role}_real"]
            assert (role, peer.states["asa"]) == (role, None if real == "none" else real)
    if "fault_among" in facts:
        among = facts["fault_among"]
        assert isinstance(among, list)
        faults = {finding.code for finding in conversation.findings if finding.severity == "fault"}
        assert faults
        assert faults <= set(among)


@pytest.mark.parametrize("path", CAPTURES, ids=lambda path: path.stem)
def test_report_agrees_with_the_facts(path: Path) -> None:
    facts = tomllib.loads(path.with_suffix(".toml").read_text())
    report = ikepcap.analyze(path)
    codes = sorted(finding.code for finding in report.findings)
    assert codes == sorted(facts.get("capture", {}).get("findings", []))
    wanted = facts["conversation"]
    assert len(report.conversations) == len(wanted)
    for conversation, expected in zip(report.conversations, wanted, strict=True):
        assert observed(conversation, expected) == stated(expected)
        check_beyond(conversation, expected)


@pytest.mark.parametrize("path", CAPTURES, ids=lambda path: path.stem)
def test_capture_is_small_and_is_the_one_its_facts_speak_of(path: Path) -> None:
    data = path.read_bytes()
    assert len(data) < MAX_BYTES
    facts = tomllib.loads(path.with_suffix(".toml").read_text())
    assert facts["source"]["sha256"] == hashlib.sha256(data).hexdigest()
    assert facts["source"]["origin"]
    assert facts["source"]["licence"]


def test_every_capture_can_be_made_again_byte_for_byte(tmp_path: Path) -> None:
    command = [sys.executable, str(ROOT / "tools" / "make-captures"), "--into", str(tmp_path)]
    subprocess.run(command, check=True, capture_output=True)
    made = {path.name: path.read_bytes() for path in tmp_path.iterdir()}
    kept = {path.name: path.read_bytes() for path in CAPTURES if path.with_suffix(".toml").exists()}
    assert {name for name in made if name not in kept} == set()
    assert {name for name, data in made.items() if kept[name] != data} == set()


def test_every_capture_is_in_the_list_of_captures() -> None:
    listed = (ROOT / "captures" / "README.md").read_text()
    assert [path.name for path in CAPTURES if f"`{path.stem}`" not in listed] == []

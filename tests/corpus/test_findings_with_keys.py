"""Captures of the lab with their keys: what was decrypted makes findings exact, and no others."""

import tomllib
from pathlib import Path
from typing import Any

import pytest
from msgspec import UNSET
from msgspec.structs import replace
from scapy.utils import PcapReader, PcapWriter

import ikepcap
from ikepcap.report.model import Conversation

CAPTURES = Path(__file__).resolve().parents[2] / "captures"
KEYED = sorted(CAPTURES.glob("*.keys"))
WITHOUT_KEY = "phase2-refused"
WITH_KEY = {"phase2-proposal-mismatch", "phase2-selector-mismatch", "phase2-pfs-mismatch"}

EXACT = {
    # What the lab broke, and what the daemon says of it. Proposal and PFS are refused in the same words.
    "main-quick-mode-proposal-refused-strongswan": "phase2-proposal-mismatch",
    "main-quick-mode-proposal-refused-libreswan": "phase2-proposal-mismatch",
    "main-quick-mode-proposal-refused-strongswan-libreswan": "phase2-proposal-mismatch",
    "main-nat-t-quick-mode-proposal-refused-strongswan": "phase2-proposal-mismatch",
    "main-quick-mode-selectors-refused-strongswan": "phase2-selector-mismatch",
    "main-quick-mode-selectors-refused-libreswan": "phase2-selector-mismatch",
    "main-initiator-identity-refused-libreswan": "identity-mismatch",
    "main-initiator-identity-refused-strongswan-libreswan": "identity-mismatch",
    # It refuses an identity; the certificate shows what is wrong with that.
    "main-initiator-certificate-expired-strongswan-libreswan": "certificate-rejected",
    "main-initiator-certificate-expired-strongswan": "certificate-rejected",
    "main-responder-certificate-expired-strongswan": "certificate-rejected",
    "main-xauth-refused-strongswan": "xauth-failed",
    "main-xauth-refused-strongswan-libreswan": "xauth-failed",
    "main-mode-config-without-pool-strongswan": "mode-config-failed",
    "main-dpd-dead-peer-strongswan": "dead-peer",
}
ONLY_WITH_KEYS = {"main-xauth-refused-strongswan": {"xauth-failed"}}
"""Faults of the lab that nothing in the clear shows."""


def faults(conversation: Conversation) -> set[str]:
    return {finding.code for finding in conversation.findings if finding.severity == "fault"}


def facts_of(keys: Path) -> list[dict[str, Any]]:
    facts: list[dict[str, Any]] = tomllib.loads(keys.with_suffix(".toml").read_text())["conversation"]
    return facts


@pytest.mark.parametrize("keys", KEYED, ids=lambda path: path.stem)
def test_with_keys_the_facts_hold_as_they_do_without(keys: Path) -> None:
    capture = keys.with_suffix(".pcap")
    plain = ikepcap.analyze(capture, strict=True).conversations
    keyed = ikepcap.analyze(capture, strict=True, keys=keys).conversations
    for before, after, facts in zip(plain, keyed, facts_of(keys), strict=True):
        # Only keys tell which ESP is of which quick mode.
        told = tuple(replace(exchange, esp=UNSET) for exchange in after.exchanges)
        assert (after.outcome, told) == (before.outcome, before.exchanges)
        hidden = ONLY_WITH_KEYS.get(keys.stem, set())
        allowed = set(facts.get("fault_among") or facts.get("faults") or faults(before)) | hidden
        found = faults(after)
        assert found <= (allowed | WITH_KEY if WITHOUT_KEY in allowed else allowed)
        assert bool(found) == bool(faults(before) or hidden)


@pytest.mark.parametrize("name", EXACT)
def test_a_decrypted_refusal_names_the_finding(name: str) -> None:
    capture = CAPTURES / f"{name}.pcap"
    (conversation,) = ikepcap.analyze(capture, keys=capture.with_suffix(".keys")).conversations
    assert faults(conversation) == {EXACT[name]}


def test_networks_that_were_asked_for_are_evidence() -> None:
    capture = CAPTURES / "main-quick-mode-selectors-refused-strongswan.pcap"
    (conversation,) = ikepcap.analyze(capture, keys=capture.with_suffix(".keys")).conversations
    (finding,) = conversation.findings
    assert "encrypted INVALID-ID-INFORMATION in place of QM2" in finding.claim
    asked = (
        "QM1 in frame 7 asks for 203.0.113.64/26 behind the initiator, 203.0.113.128/26 behind the responder"
    )
    assert asked in finding.evidence


def test_one_key_for_both_peers_clears_the_pre_shared_key() -> None:
    capture = CAPTURES / "main-initiator-identity-refused-strongswan.pcap"
    (conversation,) = ikepcap.analyze(capture, keys=capture.with_suffix(".keys")).conversations
    (finding,) = (one for one in conversation.findings if one.severity == "fault")
    assert "the pre-shared keys agree" in finding.claim
    assert finding.alternatives == ("identity-mismatch",)


def test_a_delete_is_known_as_one_without_its_first_block() -> None:
    """The capture begins after phase 1; a delete of one SPI is as long as a notify without data."""
    capture = CAPTURES / "main-dpd-only-strongswan.pcap"
    (conversation,) = ikepcap.analyze(capture, keys=capture.with_suffix(".keys")).conversations
    assert isinstance(conversation.messages, tuple)
    assert [line.payloads for line in conversation.messages[-2:]] == [("HASH", "D"), ("HASH", "D")]
    assert not any("INVALID-PAYLOAD-TYPE" in line.notifies for line in conversation.messages)


def test_a_refused_offer_in_a_quick_mode_that_was_not_captured_refuses_no_phase_1(tmp_path: Path) -> None:
    """The offer of phase 1 was chosen in MSG2; QM1, to which the encrypted notify answers, is taken out."""
    name = "aggressive-quick-mode-proposal-refused-strongswan"
    capture, cut = CAPTURES / f"{name}.pcap", tmp_path / "x.pcap"
    with PcapReader(str(capture)) as reader, PcapWriter(str(cut)) as writer:
        for number, packet in enumerate(reader, 1):
            if number != 4:
                writer.write(packet)
    (conversation,) = ikepcap.analyze(cut, keys=capture.with_suffix(".keys")).conversations
    assert isinstance(conversation.messages, tuple)
    assert conversation.messages[-1].notifies == ("NO-PROPOSAL-CHOSEN",)
    assert (conversation.outcome, faults(conversation)) == ("established", set())

"""Does the report on a capture agree with the facts beside it?"""

import tomllib
from pathlib import Path

import ikepcap
from ikepcap.report.model import Conversation

PLAIN = ("mode", "auth", "outcome", "last_message", "awaited_message", "silent_peer")
NAT = ("initiator_behind_nat", "responder_behind_nat", "moved_to_4500")
PEER = ("progress", "certainty", "asa")
EXCHANGE = ("kind", "outcome", "last_message", "awaited_message", "silent_peer")
LISTED = ("quick", "transaction")
"""Kinds of exchange that facts list; informationals come and go."""
BEYOND = ("initiator_real", "responder_real", "fault_among")
"""Facts that the report need not state as they stand: see `_check_beyond`."""


def _stated(facts: dict[str, object]) -> dict[str, object]:
    """Return the facts that are compared as they stand."""
    found = {key: None if value == "none" else value for key, value in facts.items()}
    if "exchange" in found:
        exchanges = facts["exchange"]
        assert isinstance(exchanges, list)
        found["exchange"] = [_stated(one) for one in exchanges]
    for key in ("findings", "faults"):
        if key in found:
            codes = facts[key]
            assert isinstance(codes, list)
            found[key] = sorted(codes)
    return {key: value for key, value in found.items() if key not in BEYOND}


def _observed(conversation: Conversation, facts: dict[str, object]) -> dict[str, object]:
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


def _check_beyond(conversation: Conversation, facts: dict[str, object]) -> None:
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


def check(path: Path) -> None:
    """Check the report on a capture against NAME.toml beside it."""
    facts = tomllib.loads(path.with_suffix(".toml").read_text())
    report = ikepcap.analyze(path)
    codes = sorted(finding.code for finding in report.findings)
    assert codes == sorted(facts.get("capture", {}).get("findings", []))
    near = facts.get("capture", {}).get("near")
    assert near is None or report.vantage.near in (near, "unknown")
    wanted = facts["conversation"]
    assert len(report.conversations) == len(wanted)
    for conversation, expected in zip(report.conversations, wanted, strict=True):
        assert _observed(conversation, expected) == _stated(expected)
        _check_beyond(conversation, expected)

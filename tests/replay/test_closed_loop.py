"""Every fault on demand: played in memory, written as a capture, and found again by the analysis.

What is expected is reasoned from what a reader of the wire can know without keys. Where a peer refuses by
silence, no reader can name the cause: then silence is the finding, and the cause among its alternatives.
"""

from pathlib import Path
from typing import Any

import pytest
from msgspec import Struct
from msgspec.structs import replace

from ikepcap import api
from ikepcap.diagnose.finding import FAULTS as KNOWN_FAULTS
from ikepcap.facts.difference import of_conversation
from ikepcap.facts.kept import stated
from ikepcap.keys.material import Origin
from ikepcap.keys.own import own_table
from ikepcap.keys.secret import Secret
from ikepcap.replay.actions import Send
from ikepcap.replay.behaviour import FAULTS, NOT_MADE, Behaviour, behaviour
from ikepcap.replay.known import known
from ikepcap.replay.manners import MANNERS
from ikepcap.replay.policy import DEAD_PEER, FRAGMENTATION, NAT_T, XAUTH, Policy, User
from ikepcap.replay.record import Side
from tests.replay.certificates import authorities, credential
from tests.replay.peers import as_pcap, join, policy

ALL_VENDOR_IDS = (NAT_T, DEAD_PEER, XAUTH, FRAGMENTATION)


class Expected(Struct, frozen=True):
    """One row of the table."""

    fault: str
    outcome: str
    code: str | None = None
    """Of a fault's finding; None where there is none."""
    alternative: str | None = None
    """What the finding has to name besides, where the wire does not tell which."""
    manner: str = "strongswan"
    kind: str = "psk"
    """Key of POLICIES."""


def _signed() -> tuple[Policy, Policy]:
    one = policy(auth="rsa-sig", credential=credential("rsa", "left"), authorities=authorities())
    return one, replace(one, credential=credential("rsa", "right"))


def _client() -> tuple[Policy, Policy]:
    one = policy(auth="xauth-psk", user=User("alice", Secret(b"sesame")))
    return one, one


def _address() -> tuple[Policy, Policy]:
    one, _ = _client()
    return replace(one, asks_for_address=True), replace(one, address="10.9.8.7")


def _fragments() -> tuple[Policy, Policy]:
    one, other = _signed()
    return tuple(  # type: ignore[return-value]  # two
        replace(side, vendor_ids=ALL_VENDOR_IDS, fragment_bytes=500) for side in (one, other)
    )


POLICIES: dict[str, Any] = {
    "psk": lambda: (policy(), policy()),
    "aggressive": lambda: (policy(mode="aggressive"), policy()),
    "rsa": _signed,
    "xauth": _client,
    "address": _address,
    "fragments": _fragments,
    "dpd": lambda: (policy(dpd_s=2.0), policy()),
}

TABLE = (
    # fault                outcome        code                  alternative           manner       policy
    Expected("unknown-peer", "refused", "unknown-peer"),
    Expected("unknown-peer", "stalled", "no-reply", "unknown-peer", "libreswan"),
    Expected("unknown-peer", "stalled", "no-reply", "unknown-peer", "racoon"),
    Expected("refuse-proposal", "refused", "proposal-mismatch"),
    Expected("refuse-proposal", "refused", "proposal-mismatch", None, "libreswan"),
    Expected("refuse-proposal", "stalled", "no-reply", "proposal-mismatch", "racoon"),
    Expected("refuse-mode", "refused", "mode-refused", kind="aggressive"),
    Expected("refuse-version", "refused", "version-refused"),
    Expected("busy", "stalled", "overloaded"),
    Expected("wrong-choice", "refused", "chosen-not-offered"),
    Expected("no-psk", "refused", "no-shared-secret"),
    Expected("no-psk", "stalled", "peer-went-silent", "no-shared-secret", "racoon"),
    Expected("wrong-psk", "refused", "psk-mismatch"),
    Expected("wrong-psk", "stalled", "psk-mismatch", None, "libreswan"),
    Expected("wrong-psk", "stalled", "psk-mismatch", None, "racoon"),
    Expected("wrong-psk", "refused", "psk-mismatch", None, "quick"),
    Expected("wrong-psk", "refused", "psk-mismatch", kind="aggressive"),
    Expected("wrong-psk", "refused", "psk-mismatch", None, "libreswan", "aggressive"),
    Expected("refuse-identity", "refused", "authentication-failed", "identity-mismatch"),
    Expected("refuse-identity", "refused", "authentication-failed", "identity-mismatch", "strongswan", "rsa"),
    Expected("refuse-certificate", "refused", "authentication-failed", "certificate-rejected", kind="rsa"),
    Expected("refuse-user", "established", "xauth-failed", kind="xauth"),
    Expected("no-address", "established", "phase2-refused", "mode-config-failed", kind="address"),
    Expected("phase2-proposal", "established", "phase2-refused", "phase2-proposal-mismatch"),
    Expected("phase2-selectors", "established", "phase2-refused", "phase2-selector-mismatch"),
    Expected("phase2-pfs", "established", "phase2-refused", "phase2-pfs-mismatch"),
    Expected("phase2-silent", "established", "phase2-no-reply"),
    Expected("restart", "stalled", "peer-went-silent", "peer-restarted"),
    Expected("restart-cookie", "refused", "peer-restarted"),
    Expected("drop-fragments", "stalled", "fragments-lost", kind="fragments"),
    Expected("dead", "established", "dead-peer", kind="dpd"),
    # Both announced RFC 3706, so an answer was due; and who asked gave up, which nobody does with heartbeats.
    Expected("no-dpd", "established", "dead-peer", kind="dpd"),
    Expected("delete-after-phase1", "established", "deleted-by-peer"),
    Expected("delete-after-quick", "established"),
    Expected("slow", "established"),
    Expected("silent=MSG2", "stalled", "no-reply"),
    Expected("silent=MSG4", "stalled", "peer-went-silent", "no-shared-secret"),
    Expected("silent=MSG6", "stalled", "peer-went-silent", "psk-mismatch"),
    Expected("silent=MSG6", "stalled", "peer-went-silent", "authentication-failed", "strongswan", "rsa"),
    Expected("silent=MSG2", "stalled", "no-reply", kind="aggressive"),
    Expected("silent=T1", "established", kind="xauth"),
    Expected("silent=T3", "established", "xauth-failed", kind="xauth"),
    Expected("silent=C2", "established", "mode-config-failed", kind="address"),
    Expected("lose=MSG4", "stalled", "peer-went-silent", "replies-lost"),
    Expected("refuse=MSG2:NO-PROPOSAL-CHOSEN", "refused", "unknown-peer"),
    Expected("refuse=MSG4:INVALID-KEY-INFORMATION", "refused", "no-shared-secret"),
    Expected("refuse=MSG6:AUTHENTICATION-FAILED", "refused", "authentication-failed"),
    Expected("refuse=MSG2:UNSUPPORTED-EXCHANGE-TYPE", "refused", "mode-refused"),
    Expected("restart-after=MSG4", "stalled", "peer-went-silent", "psk-mismatch"),
    Expected("delay=6", "established"),
    Expected("port-closed", "stalled", "port-closed"),
    Expected("close=MSG4", "stalled", "port-closed"),
    Expected("other-natt", "stalled", "nat-t-disagreement"),
    # One of two that crossed came up, which is enough; anyone can say so in the clear.
    Expected("both-begin", "established"),
    Expected("stray", "established"),
    Expected("deaf-4500", "stalled", "nat-t-blocked"),
    Expected("lose-once=MSG4", "established"),
)  # fmt: skip


def _name(row: Expected) -> str:
    return f"{row.fault}-{row.manner}-{row.kind}"


@pytest.mark.parametrize("row", TABLE, ids=_name)
def test_every_fault_is_named(row: Expected, tmp_path: Path) -> None:
    one, other = POLICIES[row.kind]()
    manner = MANNERS[row.manner]
    memory = join(
        replace(one, manner=manner), replace(other, manner=manner), behaviour((row.fault,)),
        near="responder" if row.fault == "drop-fragments" else "initiator",
    ).run()  # fmt: skip
    capture = as_pcap(memory.captured, tmp_path / "run.pcap", bounced=memory.bounced)
    _check(capture, row.outcome, row.code, row.alternative)


RENEWED: tuple[tuple[tuple[str, ...], str, set[str]], ...] = (
    # fault         outcome of what is begun anew, faults of it
    (("no-renewal",), "stalled", {"no-reply", "rekey-failed"}),
    ((), "established", set()),
)


@pytest.mark.parametrize(("faults", "outcome", "codes"), RENEWED)
def test_what_is_begun_anew_is_known_for_a_renewal(
    faults: tuple[str, ...], outcome: str, codes: set[str], tmp_path: Path
) -> None:
    memory = join(policy(), policy(), behaviour(faults), renews_s=5.0).run(60)
    first, second = api.analyze(as_pcap(memory.captured, tmp_path / "run.pcap"), strict=True).conversations
    assert first.outcome == "established"
    assert not [one.code for one in first.findings if one.severity == "fault"]
    assert second.outcome == outcome
    assert {one.code for one in second.findings if one.severity == "fault"} == codes


@pytest.mark.parametrize(("fault", "note"), [
    ("both-begin", "simultaneous-initiation"), ("stray", "stray-message"), ("lose-once=MSG2", "recovered"),
])  # fmt: skip
def test_what_does_no_harm_is_a_note(fault: str, note: str, tmp_path: Path) -> None:
    memory = join(policy(), policy(), behaviour((fault,))).run()
    first = api.analyze(as_pcap(memory.captured, tmp_path / "run.pcap"), strict=True).conversations[0]
    assert note in [one.code for one in first.findings]
    assert not [one for one in first.findings if one.severity == "fault"]


@pytest.mark.parametrize("side", ["initiator", "responder"])
@pytest.mark.parametrize("row", TABLE, ids=_name)
def test_what_an_engine_states_of_its_run_is_what_the_analysis_finds(
    row: Expected, side: Side, tmp_path: Path
) -> None:
    one, other = POLICIES[row.kind]()
    manner = MANNERS[row.manner]
    wrong = behaviour((row.fault,))
    near: Side = "responder" if row.fault == "drop-fragments" else "initiator"
    memory = join(replace(one, manner=manner), replace(other, manner=manner), wrong, near=near).run()
    capture = as_pcap(memory.captured, tmp_path / "run.pcap", bounced=memory.bounced)
    initiator: Any = memory.initiator  # type: ignore[attr-defined]
    engines = {initiator.facts.initiator_cookie: initiator}
    if side == "responder":
        engines = memory.responders.sessions  # type: ignore[attr-defined]
    found, *others = known(memory.captured, engines, side)
    conversation, *_ = conversations = api.analyze(capture, strict=True).conversations
    assert len(others) + 1 == len(conversations) == (2 if row.fault == "both-begin" else 1)
    assert tuple(of_conversation(stated(found), conversation)) == (), (stated(found), conversation.summary)


def test_engines_state_more_than_who_they_are() -> None:
    memory = join(policy(), policy(), behaviour(("wrong-psk",))).run()
    sessions = memory.responders.sessions  # type: ignore[attr-defined]
    (found,) = known(memory.captured, sessions, "responder")
    facts = stated(found).facts
    assert (facts["outcome"], facts["last_message"], facts["awaited_message"]) == ("refused", 5, 6)
    assert facts["responder_real"] == "MM_WAIT_MSG5"
    assert facts["fault_among"] == ("psk-mismatch",)


def _check(capture: Path, outcome: str, code: str | None, alternative: str | None = None) -> None:
    found = api.analyze(capture, strict=True).conversations
    first = found[0]
    faults = {one.code: one for one in first.findings if one.severity == "fault"}
    # The first finding is the one that is told first; a second may follow from it.
    assert (first.outcome, list(faults)[:1]) == (outcome, [code] if code else []), first.findings
    if alternative is not None and code is not None:
        assert alternative in faults[code].alternatives, faults[code]


WITH_KEYS = (
    ("refuse-identity", "psk", "identity-mismatch"),
    ("refuse=MSG6:INVALID-CERTIFICATE", "rsa", "certificate-rejected"),
    ("refuse-user", "xauth", "xauth-failed"),
    ("phase2-proposal", "psk", "phase2-proposal-mismatch"),
    ("phase2-selectors", "psk", "phase2-selector-mismatch"),
    ("phase2-pfs", "psk", "phase2-pfs-mismatch"),
)
"""Faults that are refused under encryption: who has the keys is told which it is."""


@pytest.mark.parametrize(("fault", "kind", "code"), WITH_KEYS)
def test_with_the_keys_of_the_run_the_fault_is_named_exactly(
    fault: str, kind: str, code: str, tmp_path: Path
) -> None:
    one, other = POLICIES[kind]()
    manner = MANNERS["libreswan" if fault == "refuse-identity" else "strongswan"]
    memory = join(replace(one, manner=manner), replace(other, manner=manner), behaviour((fault,))).run()
    capture = as_pcap(memory.captured, tmp_path / "run.pcap")
    keys = tmp_path / "keys.toml"
    keys.write_text(own_table(memory.initiator.sa.material(Origin("x", 1))))  # type: ignore[attr-defined]
    (conversation,) = api.analyze(capture, keys=str(keys), strict=True).conversations
    assert [one.code for one in conversation.findings if one.severity == "fault"][:1] == [code]


def test_a_message_that_is_lost_once_is_recovered_from(tmp_path: Path) -> None:
    memory = join(policy(), policy(), behaviour(("lose-once=MSG4", "lose-once=QM2"))).run()
    (conversation,) = api.analyze(as_pcap(memory.captured, tmp_path / "run.pcap"), strict=True).conversations
    assert conversation.outcome == "established"
    assert [one.code for one in conversation.findings] == ["recovered"]


def test_every_fault_is_in_the_table() -> None:
    renewed = {fault for faults, _, _ in RENEWED for fault in faults}
    assert {row.fault for row in TABLE if "=" not in row.fault} | renewed == set(FAULTS)


def test_every_failure_that_the_diagnosis_knows_is_made_or_said_not_to_be() -> None:
    """A failure that no fault brings about is one that no peer can."""
    made = {row.code for row in TABLE} | {code for _, _, code in WITH_KEYS}
    made |= {code for _, _, codes in RENEWED for code in codes}
    assert made - {None} == KNOWN_FAULTS - NOT_MADE.keys()
    assert {code for one in FAULTS.values() for code in one.codes} <= KNOWN_FAULTS


def test_port_4500_that_is_blocked(tmp_path: Path) -> None:
    memory = join(policy(), nat=True, loses=lambda send, _side, _number: send.path.is_natt).run()
    _check(as_pcap(memory.captured, tmp_path / "run.pcap"), "stalled", "nat-t-blocked")


def test_replies_that_are_lost_on_the_way(tmp_path: Path) -> None:
    def lost(_send: Send, side: Side, _number: int) -> bool:
        return side == "responder"

    memory = join(policy(), loses=lost, near="responder").run()
    _check(as_pcap(memory.captured, tmp_path / "run.pcap"), "stalled", "replies-lost")


def test_ip_fragments_that_do_not_pass(tmp_path: Path) -> None:
    one, other = _signed()
    memory = join(one, other, mtu_loses_over=700).run()
    capture = as_pcap(memory.captured, tmp_path / "run.pcap", mtu=700)
    _check(capture, "stalled", "fragments-lost")


def test_initiator_without_a_secret_says_so(tmp_path: Path) -> None:
    lacking = Behaviour(has_no_secret=True)
    memory = join(policy(), initiator_behaviour=lacking).run()
    _check(as_pcap(memory.captured, tmp_path / "run.pcap"), "refused", "no-shared-secret")

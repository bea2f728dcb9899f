"""What of the lab can be checked without daemons: its tables, its reading of captures, what it derives."""

import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest
from ikelab import cut, packets, rules, truth
from ikelab.network import is_running
from ikelab.play import ACTIONS, Played
from ikelab.scenario import Cut, Scenario
from ikelab.scenarios import (
    CUTS,
    SCENARIOS,
    afterwards,
    authentication,
    established,
    losses,
    phase2,
    refused,
    silence,
)
from ikelab.scenarios import cuts as all_cuts

from ikepcap.diagnose.finding import FAULTS

CAPTURES = Path(__file__).parents[2] / "captures"
TABLES = (established, silence, losses, refused, authentication, phase2, afterwards)
KEPT = [one for one in CUTS.values() if (CAPTURES / f"{one.name}.pcap").exists()]


def test_names_are_unique_and_begin_with_the_mode() -> None:
    names = [one.name for table in TABLES for one in table.SCENARIOS] + [one.name for one in all_cuts.CUTS]
    assert len(set(names)) == len(names)
    assert [name for name in names if not re.fullmatch(r"(main|aggressive)-[a-z0-9-]+", name)] == []


@pytest.mark.parametrize("scenario", SCENARIOS.values(), ids=lambda one: one.name)
def test_entries_speak_of_faults_and_actions_that_there_are(scenario: Scenario) -> None:
    assert {*scenario.faults, *sum(scenario.faults_at.values(), ())} <= FAULTS
    assert {step.action for step in scenario.steps} <= set(ACTIONS)
    assert set(scenario.faults_at) <= set(scenario.at)
    for rule in scenario.rules:
        assert rules.ruleset((rule,), "table").count("{") == rules.ruleset((rule,), "table").count("}")


@pytest.mark.parametrize("one", [cut for cut in KEPT if (CAPTURES / f"{cut.of}.pcap").exists()],
                         ids=lambda one: one.name)  # fmt: skip
def test_derived_captures_are_derived_again_byte_for_byte(one: Cut, tmp_path: Path) -> None:
    for stem in filter(None, (one.of, one.also)):
        if not (CAPTURES / f"{stem}.pcap").exists():
            pytest.skip(f"{stem} is not kept")
        for suffix in (".pcap", ".toml"):
            shutil.copy(CAPTURES / f"{stem}{suffix}", tmp_path)
    cut.derive(one, tmp_path)
    assert (tmp_path / f"{one.name}.pcap").read_bytes() == (CAPTURES / f"{one.name}.pcap").read_bytes()
    kept, made = (folder / f"{one.name}.toml" for folder in (CAPTURES, tmp_path))
    assert made.read_text() == kept.read_text()


def test_a_lab_that_is_dead_and_not_collected_is_gone() -> None:
    assert is_running(str(os.getpid()))
    with subprocess.Popen(("cat",), stdin=subprocess.PIPE) as cat:
        assert is_running(str(cat.pid))
        cat.kill()
        # Waits for its end and leaves it uncollected.
        os.waitid(os.P_PID, cat.pid, os.WEXITED | os.WNOWAIT)
        assert not is_running(str(cat.pid))
    assert not is_running(str(cat.pid))


def played(initiator: str, responder: str, logs: str = "") -> Played:
    return Played(
        SCENARIOS["main-psk-established-strongswan"],
        {"initiator": CAPTURES / f"{initiator}.pcap", "responder": CAPTURES / f"{responder}.pcap"},
        {"initiator": {"192.0.2.1", "203.0.113.1"}, "responder": {"198.51.100.7"}},
        {"initiator": logs, "responder": ""},
        {},
        {},
    )


def test_truth_is_read_from_both_ends_across_nat() -> None:
    name = "main-nat-t-established-strongswan"
    (one,) = truth.happened(played(name, f"{name}-near-responder"))
    assert (one.mode, one.starter, one.accepted) == ("main", "initiator", True)
    assert one.reached == {"initiator": 6, "responder": 6}
    assert one.undelivered == frozenset()


def test_a_message_that_never_arrived_is_neither_delivered_nor_accepted() -> None:
    name = "main-msg6-dropped-strongswan"
    (one,) = truth.happened(played(f"{name}-near-initiator", name))
    assert not one.accepted
    assert one.reached == {"initiator": 5, "responder": 6}
    (lost,) = one.undelivered
    sent = [seen for seen in packets.read(CAPTURES / f"{name}.pcap") if seen.payload == lost]
    assert {seen.source for seen in sent} == {"198.51.100.7"}


def test_an_established_sa_in_the_log_is_believed() -> None:
    name = "main-ends-at-msg6-strongswan"
    begun = "01[IKE] <lab|1> initiating Main Mode IKE_SA lab[1] to 198.51.100.7"
    up = "02[IKE] <lab|1> IKE_SA lab[1] established between 192.0.2.1"
    assert [one.accepted for one in truth.happened(played(name, name, begun))] == [False]
    assert [one.accepted for one in truth.happened(played(name, name, f"{begun}\n{up}"))] == [True]


def test_fragments_of_ip_and_of_ike_are_known() -> None:
    whole = packets.read(CAPTURES / "main-certificates-ip-fragments-strongswan.pcap")
    assert max(len(seen.payload) for seen in whole) > 1500
    parts = packets.read(CAPTURES / "main-certificates-ike-fragments-strongswan.pcap")
    found = [packets.ike_fragment(seen) for seen in parts]
    numbers = [(number, last) for _, number, last in filter(None, found)]
    assert numbers[:3] == [(1, False), (2, False), (3, True)]

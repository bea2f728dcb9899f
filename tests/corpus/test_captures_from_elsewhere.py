"""Captures that nobody here made, in the folder that IKEPCAP_CORPUS names, against the truth of each.

The folder holds a `truth.json`: by file name, what a person read in the capture. Its verdict words:
COMPLETE, PHASE1_ONLY, PENDING, STALLED, MALFORMED, NOT_IKEV1. The folder is not part of the project, so
without it these tests are skipped.
"""

import json
import os
import re
from pathlib import Path
from typing import Any

import pytest

import ikepcap
from ikepcap.report.model import Conversation, Report

FOLDER = os.environ.get("IKEPCAP_CORPUS")
pytestmark = pytest.mark.skipif(not FOLDER, reason="IKEPCAP_CORPUS names no folder of captures")

TRUTHS: dict[str, Any] = json.loads((Path(FOLDER) / "truth.json").read_text()) if FOLDER else {"": {}}
NO_CLAIM = {"unknown", "in-progress"}


def analyzed(name: str) -> Report:
    return ikepcap.analyze(Path(FOLDER or "") / name, strict=True)


def by_cookie(report: Report, truth: dict[str, Any]) -> Conversation | None:
    found = [c for c in report.conversations if c.initiator_cookie == truth["icookie"]]
    assert len(found) <= 1
    return found[0] if found else None


def faults(conversation: Conversation) -> list[str]:
    return [finding.code for finding in conversation.findings if finding.severity == "fault"]


def check_peers(conversation: Conversation, truth: dict[str, Any]) -> None:
    responder_cookie = truth["rcookie"] if set(truth["rcookie"]) != {"0"} else None
    assert conversation.responder_cookie == responder_cookie
    ends = [re.sub(r"(?<=\d):\d+$", "", truth[role]) for role in ("initiator", "responder")]
    if "first-resp" in truth["file"] or "second-resp" in truth["file"]:
        assert sorted(ends) == sorted((conversation.initiator.address, conversation.responder.address))
    else:
        assert [conversation.initiator.address, conversation.responder.address] == ends
    assert truth["mode"].startswith(conversation.mode)


def check_phase_2(conversation: Conversation, truth: dict[str, Any]) -> None:
    quick = {e.message_id: e for e in conversation.exchanges if e.kind == "quick"}
    assert sorted(quick) == sorted(one["msgid"] for one in truth["phase2"])
    for one in truth["phase2"]:
        seen = quick[one["msgid"]]
        if "complete" in one["state"]:
            assert (seen.outcome, seen.last_message) == ("established", 3)
        else:
            assert (seen.outcome, seen.last_message) == ("in-progress", int(one["state"][0]))


def check_last(conversation: Conversation, truth: dict[str, Any]) -> None:
    step = re.match(r"(MM|AM)(\d)", truth["last_msg"])
    if step:
        assert conversation.last_message == int(step[2])
        assert conversation.awaited_message == int(step[2]) + 1
        waits = truth["waiting"].split()[0]
        # Truth says who waits for whom at the lone MSG2; the report says who owes.
        owed_by_initiator = conversation.awaited_message % 2 == 1
        assert conversation.silent_peer == ("initiator" if owed_by_initiator else "responder")
        assert conversation.silent_peer != waits


@pytest.mark.parametrize("name", sorted(TRUTHS))
def test_report_agrees_with_what_a_person_read_in_the_capture(name: str) -> None:
    report = analyzed(name)
    assert report.source.frames == TRUTHS[name]["measured"]["frames"]
    listed = TRUTHS[name]["conversations"]
    cookies = {truth["icookie"] for truth in listed}
    # Nothing is invented: no conversation but those that are there.
    assert {c.initiator_cookie for c in report.conversations} <= cookies
    for truth in listed:
        verdict = truth["verdict"].split()[0].split("/")[0]
        conversation = by_cookie(report, truth)
        if verdict == "NOT_IKEV1":
            assert conversation is None
            assert report.source.skipped.ikev2 > 0
            continue
        if verdict == "MALFORMED":
            assert conversation is None or conversation.outcome in NO_CLAIM
            assert conversation is None or not faults(conversation)
            continue
        assert conversation is not None
        check_peers(conversation, truth | {"file": name})
        check_phase_2(conversation, truth)
        check_last(conversation, truth)
        if verdict == "STALLED":
            assert conversation.outcome == "stalled"
            assert faults(conversation)
        else:
            assert not faults(conversation)
            came_up = verdict in ("COMPLETE", "PHASE1_ONLY") or bool(truth["phase2"])
            assert conversation.outcome == ("established" if came_up else "in-progress")


@pytest.mark.parametrize("name", sorted(TRUTHS))
def test_ikev1_and_ikev2_messages_are_counted_as_tshark_counts_them(name: str) -> None:
    report = analyzed(name)
    measured = TRUTHS[name]["measured"]
    known = [t for t in TRUTHS[name]["conversations"] if "MALFORMED" not in t["verdict"]]
    if known:
        assert report.source.isakmp_messages == measured["ikev1"]
    assert report.source.skipped.ikev2 == measured["ikev2"]


@pytest.mark.parametrize("name", sorted(TRUTHS))
def test_a_capture_cut_anywhere_is_analysed_as_far_as_it_goes(name: str, tmp_path: Path) -> None:
    data = (Path(FOLDER or "") / name).read_bytes()
    for size in {len(data) * part // 16 for part in range(4, 16)} | {len(data) - 1}:
        cut = tmp_path / "cut.pcap"
        cut.write_bytes(data[:size])
        try:
            report = ikepcap.analyze(cut, strict=True)
        except ikepcap.CaptureError:
            continue
        for conversation in report.conversations:
            assert not faults(conversation) or conversation.outcome in ("stalled", "established")

"""JSON: the names and the order of the contract, one document or one line each."""

import json
from typing import Any

import msgspec
import pytest

from ikepcap.renderers.jsonout import render_json, render_ndjson
from ikepcap.report.model import Report, Skipped, Source

CONTRACT = [
    "id", "initiator_cookie", "responder_cookie", "mode", "auth", "outcome", "summary", "last_message",
    "awaited_message", "silent_peer", "nat", "initiator", "responder", "chosen", "messages", "exchanges",
    "findings",
]  # fmt: skip
MESSAGE = [
    "frame", "time", "from", "step", "kind", "retransmission_of", "encrypted", "decrypted", "payloads",
    "defects",
]  # fmt: skip


def test_the_document_has_the_keys_of_the_contract_in_its_order(samples: Any) -> None:
    document = json.loads(render_json(samples.report(samples.stalled())))
    assert list(document) == ["schema", "source", "vantage", "conversations", "findings"]
    assert document["schema"] == "ikepcap.report/1"
    conversation = document["conversations"][0]
    assert list(conversation)[: len(CONTRACT)] == CONTRACT
    assert list(conversation["messages"][0])[: len(MESSAGE)] == MESSAGE


def test_a_report_read_back_is_the_report_that_was_written(samples: Any) -> None:
    report = samples.report(samples.stalled(1), samples.healthy(2), findings=(samples.note,))
    assert msgspec.json.decode(render_json(report), type=Report) == report


def test_an_empty_report_is_a_whole_document(samples: Any) -> None:
    assert json.loads(render_json(samples.report()))["conversations"] == []


def test_messages_are_left_out_when_asked_for(samples: Any) -> None:
    document = json.loads(render_json(samples.report(samples.stalled()), messages=False))
    assert "messages" not in document["conversations"][0]


def test_messages_that_were_not_kept_are_absent_and_not_empty(samples: Any) -> None:
    document = json.loads(render_json(samples.report(samples.stalled(messages=msgspec.UNSET))))
    assert "messages" not in document["conversations"][0]


def test_the_document_is_indented_throughout(samples: Any) -> None:
    report = samples.report(samples.stalled(1), samples.healthy(2), findings=(samples.note,))
    text = render_json(report)
    assert text == json.dumps(json.loads(text), indent=2, ensure_ascii=False) + "\n"


def test_ndjson_is_a_conversation_a_line_and_then_the_whole(samples: Any) -> None:
    lines = [json.loads(line) for line in render_ndjson(samples.report(samples.stalled())).splitlines()]
    assert [line["type"] for line in lines] == ["conversation", "report"]
    assert list(lines[0])[1:3] == ["id", "initiator_cookie"]
    assert list(lines[1]) == ["type", "schema", "source", "vantage", "findings"]


@pytest.mark.parametrize("render", [render_json, render_ndjson])
def test_a_file_name_that_is_no_unicode_does_not_stop_json(samples: Any, render: Any) -> None:
    source = Source("caf\udce9.pcap", 1, None, None, 0, Skipped())
    assert json.loads(render(samples.report(source=source)))["source"]["name"] == "caf\\udce9.pcap"


def test_hostile_strings_are_escaped_by_json(samples: Any) -> None:
    text = render_json(samples.report(samples.stalled(summary="\x1b[31m\x00\n")))
    assert "\x1b" not in text
    assert json.loads(text)["conversations"][0]["summary"] == "\x1b[31m\x00\n"

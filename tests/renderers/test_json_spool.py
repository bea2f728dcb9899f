"""The document that is put together from disk is the one that is made from a report in memory."""

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

import ikepcap
from ikepcap.cli import spool
from ikepcap.cli.main import cli
from ikepcap.cli.spool import Spool
from ikepcap.renderers.jsonout import BETWEEN, indented, json_document, render_json

CAPTURES = Path(__file__).parents[2] / "captures"


@pytest.mark.parametrize("held", [1, 100, spool.HELD_BYTES])
@pytest.mark.parametrize("block", [1, 100, spool.BLOCK_BYTES])
@pytest.mark.parametrize("step", [1, 7, 100])
def test_pieces_come_back_in_the_order_of_their_numbers(
    monkeypatch: pytest.MonkeyPatch, held: int, block: int, step: int
) -> None:
    monkeypatch.setattr(spool, "HELD_BYTES", held)
    monkeypatch.setattr(spool, "BLOCK_BYTES", block)
    with Spool(b" | ") as kept:
        for number in [(step * n) % 101 for n in range(101)]:
            kept.add(number, b"%d," % number * number)
        assert b" | ".join(kept) == b" | ".join(b"%d," % number * number for number in range(101))


def test_a_spool_without_pieces_is_empty() -> None:
    with Spool() as kept:
        assert list(kept) == []


@pytest.mark.parametrize("messages", [True, False])
def test_document_of_pieces_is_the_document_of_the_report(samples: Any, messages: bool) -> None:
    report = samples.report(samples.stalled(1), samples.healthy(2), findings=(samples.note,))
    with Spool(BETWEEN) as kept:
        for conversation in reversed(report.conversations):
            kept.add(conversation.id, indented(conversation, messages=messages))
        document = b"".join(json_document(report, kept)).decode()
    assert document == render_json(report, messages=messages)
    assert document == json.dumps(json.loads(document), indent=2, ensure_ascii=False) + "\n"


@pytest.mark.parametrize("path", sorted(CAPTURES.glob("*.pcap")), ids=lambda path: path.stem)
def test_command_line_writes_the_document_of_the_report(path: Path) -> None:
    result = CliRunner().invoke(cli, ["analyze", "--format", "json", str(path)])
    assert result.stdout == render_json(ikepcap.analyze(path))

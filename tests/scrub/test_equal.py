"""The analysis of a scrubbed capture is that of the original but for the values replaced."""

import json
import os
import re
from ipaddress import ip_address
from pathlib import Path
from typing import Any

import pytest

import ikepcap
from ikepcap.renderers.jsonout import render_json
from ikepcap.report.model import Report
from ikepcap.scrub.run import Scrub

CORPUS = os.environ.get("IKEPCAP_CORPUS")
OWN = sorted((Path(__file__).resolve().parents[2] / "captures").glob("*.pcap"))
OTHERS = sorted(Path(CORPUS).glob("*.pcap*")) if CORPUS else []
NO_MESSAGE_ID = "00000000"


def ids(report: Report) -> list[str]:
    """All message IDs, in an order that is the same in both reports."""
    listed = [one.message_id for c in report.conversations for one in c.exchanges]
    return [*listed, *(m.message_id for c in report.conversations for m in messages(c.messages))]


def messages(found: Any) -> tuple[Any, ...]:
    assert isinstance(found, tuple)
    return found


def replaced(run: Scrub, before: Report, after: Report) -> dict[str, str]:
    """What stands for what, as reports write it."""
    table = {str(ip_address(old)): str(ip_address(new)) for old, new in run.names.addresses.items()}
    for old, new in run.names.cookies.items():
        table |= {old.hex(): new.hex(), old.hex(":"): new.hex(":")}
    table |= dict(zip(ids(before), ids(after), strict=True))
    table.pop(NO_MESSAGE_ID, None)
    return table


def document(report: Report, table: dict[str, str]) -> Any:
    """A report without what is about the file, its values replaced."""
    text = render_json(report)
    if table:
        longest = sorted(table, key=len, reverse=True)
        pattern = re.compile(rf"(?<![\w.])(?:{'|'.join(map(re.escape, longest))})(?![\w.]\w)")
        text = pattern.sub(lambda match: table[match[0]], text)
    found = json.loads(text)
    del found["source"]
    for finding in found["findings"]:
        if finding["code"] == "cut-file":  # says at which byte
            del finding["claim"], finding["evidence"]
    return found


@pytest.mark.parametrize("path", [*OWN, *OTHERS], ids=lambda path: path.stem)
def test_analysis_is_the_same_but_for_the_values_replaced(path: Path, tmp_path: Path) -> None:
    before = ikepcap.analyze(path, strict=True)
    run = Scrub(str(path), seed=b"a seed")
    out = tmp_path / "out.pcap"
    out.write_bytes(b"".join(run.chunks()))
    after = ikepcap.analyze(out, strict=True)
    assert len(before.conversations) == len(after.conversations)
    table = replaced(run, before, after)
    assert document(after, {}) == document(before, table)
    old, new = before.source.skipped, after.source.skipped
    assert (new.ikev2, new.esp, new.nat_keepalive, new.authip) == (
        old.ikev2,
        old.esp,
        old.nat_keepalive,
        old.authip,
    )
    assert after.source.isakmp_messages == before.source.isakmp_messages

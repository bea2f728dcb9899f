"""The table of known differences: each entry is shown by a capture, and explains nothing else."""

from pathlib import Path

import pytest

from ikepcap.oracle.compare import explain
from ikepcap.oracle.known import KNOWN
from ikepcap.oracle.verify import verify
from ikepcap.oracle.witness import Tshark
from tests.oracle import gallery

ON_THE_WAY = {"ip_fragments_cut_by_snaplen": {"cut-by-capture"}, "gave_up": {"broken-body"}}
"""What a capture cannot but show besides."""
SHOWN = sorted({known.shown_by for known in KNOWN})


@pytest.mark.parametrize("name", SHOWN)
def test_a_capture_shows_each_known_difference_and_no_other(
    name: str, tmp_path: Path, tshark: Tshark
) -> None:
    path = tmp_path / f"{name}.pcap"
    path.write_bytes(getattr(gallery, name)())
    verdict = verify(path, tshark=tshark)
    assert verdict.unexplained == ()
    shown = {known for known in KNOWN if known.shown_by == name}
    needed = {one.known for one in verdict.explained}
    assert shown <= needed, "an entry that explains nothing"
    assert {known.code for known in needed - shown} <= ON_THE_WAY.get(name, set())


def test_every_entry_says_why_and_when() -> None:
    for known in KNOWN:
        assert known.why.endswith(".")
        assert known.when
        assert known.versions


def test_no_entry_is_hidden_by_one_before_it() -> None:
    for known in KNOWN:
        field = known.fields[0].replace("[!M]*", "Payload.type").replace("*", "Nonce.data")
        assert explain(field, known.when) == known


def test_healthy_messages_have_no_excuse() -> None:
    """What a healthy message is described by must not be enough for any entry."""
    words = frozenset(
        {"port:500", "port:4500", "no-marker", "marker", "payload:1", "payload:10", "behind:10", "values",
         "in-ikepcap", "tshark:ip", "tshark:udp"}
    )  # fmt: skip
    for field in ("Nonce.data", "Payload.type", "Certificate.data", "Header.length", "Attribute.value"):
        assert explain(field, words) is None
        assert explain(field, words | {"only:tshark"}) is None
        assert explain(field, words | {"only:ikepcap"}) is None

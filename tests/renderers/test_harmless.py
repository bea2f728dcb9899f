"""Hostile messages in every view: a little of what `tools/fuzz` does, and whether it would notice."""

import random
from pathlib import Path

import fuzz_cases
import fuzz_hostile
import pytest

from ikepcap.api import analyze
from ikepcap.capture.write import Frame, Hop, pcap, udp_packets
from ikepcap.testing.layers import disagreements
from ikepcap.testing.shown import View, harms, message_views, report_views
from ikepcap.wire.message import parse

CASES = 400
WIDTHS = (40, 57, 80, 132)
HOP = Hop("192.0.2.1", "198.51.100.7")


def shown(data: bytes, width: int, secrets: tuple[bytes, ...] = ()) -> list[str]:
    message = parse(data)
    views = [] if message is None else message_views(message, width=width)
    return [harm for view in views for harm in harms(view, len(data), secrets)]


@pytest.mark.parametrize("seed", range(4))
def test_hostile_messages_harm_nobody(seed: int) -> None:
    seeds = fuzz_cases.datagram_seeds(())
    for number in range(CASES):
        data = fuzz_hostile.message_case(seed, number, seeds)
        assert list(disagreements(data)) == [], number
        assert shown(data, WIDTHS[number % 4]) == [], number


@pytest.mark.parametrize("seed", range(2))
def test_passwords_out_of_their_place_are_not_shown(seed: int) -> None:
    checked = 0
    for number in range(CASES):
        data = fuzz_hostile.secret_case(seed, number)
        secrets = () if fuzz_hostile.is_lost(data) else (fuzz_hostile.TOKEN,)
        checked += bool(secrets) and fuzz_hostile.TOKEN in data
        assert shown(data, 80, secrets) == [], number
    assert checked > CASES // 2


def test_reports_of_hostile_messages_harm_nobody(tmp_path: Path) -> None:
    path = tmp_path / "hostile.pcap"
    for number in range(40):
        data = fuzz_hostile.hostile_message(random.Random(number))
        path.write_bytes(pcap(Frame(0, packet) for packet in udp_packets(HOP, 500, 500, data)))
        views = report_views(analyze(path, strict=True), width=WIDTHS[number % 4])
        assert [harm for view in views for harm in harms(view, len(data))] == [], number


@pytest.mark.parametrize(
    "text",
    ["\x1b[2J", "\x9b31m", "a\x7f", "a\rb", "\u202egpj.exe", "\u2066x", "a\u200bb", "\ufeff", "a\xadb",
     "\u2028", "\u3164", "a\ufe0f", "\U000e0041", "\ud800"],
)  # fmt: skip
def test_what_steers_or_hides_would_be_noticed(text: str) -> None:
    assert list(harms(View("view", f"fine\nnot {text}\n"), 100))


@pytest.mark.parametrize(
    "line",
    ["see <script>", "[x](javascript:a)", "![x](a)", "- plain [a]", "`open", "a **bold** word", "see https://evil.example",
     "www.evil.example", "thanks @everyone", "&lt;", "    code", "a $x$ b", "~~s~~"],
)  # fmt: skip
def test_markup_would_be_noticed(line: str) -> None:
    assert list(harms(View("view", f"# IKEv1\n\n{line}\n", "markdown"), 100))


def test_a_row_with_too_many_cells_would_be_noticed() -> None:
    assert list(harms(View("view", "| a | b |\n|---|---|\n| a | b | c |\n", "markdown"), 100))


@pytest.mark.parametrize(
    "line",
    ["## Negotiation 1: STALLED, 192.0.2.1", "- **mode**: main", "**1 negotiation**",
     "- [ ] asa: `show crypto`", "\\<script\\> \\[x\\](y) `https://evil.example`", "|---|---|"],
)  # fmt: skip
def test_what_the_renderer_writes_itself_is_no_harm(line: str) -> None:
    assert list(harms(View("view", line, "markdown"), 100)) == []


def test_other_harms_would_be_noticed() -> None:
    for view in (
        View("too wide", "x" * 81, width=80),
        View("too wide", "\u6f22" * 41, width=80),
        View("too long", "x" * 3_000_000),
        View("no JSON", '{"a": ', "json"),
        View("no JSON", '{"a": 1}\n{', "ndjson"),
    ):
        assert list(harms(view, 100)), view.name
    for secret in (b"hUnt3r", b"Unt3r"):
        for text in ("a hUnt3r b", "68556e743372", "68 55 6e 74 33 72"):
            assert list(harms(View("view", text), 100, (secret,)))

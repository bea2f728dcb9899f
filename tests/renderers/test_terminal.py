"""The page people read: what it says, in how many lines, and that nothing captured can spoil it."""

import re
from typing import Any

import msgspec
import pytest

from ikepcap.renderers.terminal import render_text
from ikepcap.renderers.words import dialect_of
from ikepcap.report.model import Exchange, Nat, Peer, Policy, Skipped, Source, Vantage

ESCAPE = "\x1b]0;owned\x07\x1b[31m"
BIDI = "\u202ecod.exe\u2066"
HOSTILE = f"[red]{ESCAPE}\r\nSTALLED {BIDI}\x00\x9b31m"


def lines_of(report: Any, **options: Any) -> list[str]:
    """Return the lines of the text."""
    return render_text(report, **options).splitlines()


def test_a_stalled_negotiation_answers_who_how_far_and_why_in_its_first_lines(samples: Any) -> None:
    """The engineer reads these lines and may never read on."""
    lines = lines_of(samples.report(samples.stalled()), dialect="asa")
    start = next(index for index, line in enumerate(lines) if line.startswith("#1"))
    assert lines[start : start + 6] == [
        "#1 STALLED      192.0.2.1 -> 198.51.100.7  main mode, PSK  awaiting MSG6",
        "    Main mode stalled at MSG6: the responder never answered MSG5 (5 copies in",
        "    30.5 s).",
        "    why        peer-went-silent (likely); or else psk-mismatch, nat-t-blocked",
        "    initiator  192.0.2.1:4500     up to MSG5  MM_WAIT_MSG6 (asa)  proven",
        "    responder  198.51.100.7:4500  up to MSG4  MM_WAIT_MSG5 (asa)  presumed",
    ]


def test_a_finding_shows_its_code_frames_evidence_alternatives_and_checks(samples: Any) -> None:
    text = render_text(samples.report(samples.stalled()), dialect="asa")
    assert "peer-went-silent  likely  frames 5, 7-10" in text
    assert "- MSG5 was sent 5 times over 30.5 s and never answered" in text
    assert "or else    psk-mismatch, nat-t-blocked" in text
    assert "check      asa: show run tunnel-group 192.0.2.1" in text
    assert "           strongswan: swanctl --list-conns" in text
    assert "wireshark  isakmp.ispi == 37:4f:90:db:8f:ac:b1:54" in text


def test_general_checks_stand_without_a_name_and_after_the_evidence(samples: Any) -> None:
    finding = msgspec.structs.replace(samples.fault, checks={"any": ("Look at the log.",)})
    text = render_text(samples.report(samples.stalled(findings=(finding,))))
    assert "      check      Look at the log.\n" in text
    assert text.index("to settle") < text.index("check      Look") < text.index("wireshark")


def test_the_header_names_the_capture_and_what_was_not_judged(samples: Any) -> None:
    lines = lines_of(samples.report(samples.healthy()))
    assert lines[:3] == [
        "branch.pcapng",
        "  read       31 ISAKMP messages in 812 frames, 43.2 s from 2026-11-21T00:31:05Z",
        "  left out   4 IKEv2 messages, 700 ESP, 12 NAT keepalives, 1 malformed datagram",
    ]


def test_each_peer_is_described_in_the_words_of_its_own_software(samples: Any) -> None:
    text = render_text(samples.report(samples.stalled()))
    assert "MM_AUTH (strongswan)" in text
    assert "MM_WAIT_MSG5 (asa)" in text


@pytest.mark.parametrize(
    ("implementation", "dialect"),
    [
        ("Cisco ASA, PIX or VPN 3000", "asa"),
        ("Cisco IOS", "ios"),
        ("Windows", "windows"),
        ("Libreswan (or a relative)", "libreswan"),
        ("Openswan (or a relative)", "libreswan"),
        ("strongSwan", "strongswan"),
        ("racoon (or a derivative)", "racoon"),
        ("Solaris", "asa"),
        (None, "asa"),
    ],
)
def test_the_software_decides_the_dialect(implementation: str | None, dialect: str) -> None:
    assert dialect_of(implementation) == dialect


def test_a_dialect_without_a_name_for_the_state_says_so(samples: Any) -> None:
    assert "no name (strongswan)" in render_text(samples.report(samples.stalled()), dialect="strongswan")


def test_a_peer_that_sent_nothing_is_unknown_and_not_given_a_state(samples: Any) -> None:
    silent = Peer("198.51.100.7", 500, None, None, "unknown", {})
    text = render_text(samples.report(samples.stalled(responder=silent)))
    assert "no message  -" in text


def test_a_healthy_busy_capture_gives_a_calm_page(samples: Any) -> None:
    """Two lines for each negotiation, and no findings spelt out."""
    text = render_text(samples.report(*(samples.healthy(n) for n in range(1, 11))))
    assert len(text.splitlines()) == 8 + 2 * 10
    assert "evidence" not in text


def test_what_failed_stands_before_what_came_up(samples: Any) -> None:
    text = render_text(samples.report(samples.healthy(1), samples.healthy(2), samples.stalled(3)))
    assert text.index("#3 STALLED") < text.index("#1 ESTABLISHED") < text.index("#2 ESTABLISHED")


def test_a_fault_after_phase_1_makes_an_established_negotiation_worth_a_full_block(samples: Any) -> None:
    broken = samples.healthy(3, findings=(samples.fault,))
    text = render_text(samples.report(*(samples.healthy(n) for n in (1, 2, 4)), broken))
    assert text.index("#3 ESTABLISHED") < text.index("#1 ESTABLISHED")
    assert "- MSG5 was sent 5 times" in text


def test_repeated_attempts_are_one_block_with_a_count(samples: Any) -> None:
    again = [samples.stalled(n, attempt_of=1, last_frame=n * 10) for n in range(2, 12)]
    text = render_text(samples.report(samples.stalled(1), *again))
    assert text.count("STALLED  ") == 1
    assert "10 more attempts until 00:31:35 ended at the same point" in text


def test_an_attempt_that_ended_elsewhere_is_not_hidden_in_the_series(samples: Any) -> None:
    other = samples.stalled(2, attempt_of=1, awaited_message=2, last_message=1)
    text = render_text(samples.report(samples.stalled(1), other))
    assert "#1 STALLED" in text
    assert "#2 STALLED" in text


def test_a_long_list_is_bounded_and_says_how_to_see_the_rest(samples: Any) -> None:
    many = [samples.stalled(n) for n in range(1, 501)]
    text = render_text(samples.report(*many), limit=20)
    assert "... and 478 more not shown: --all shows every one" in text
    assert text.count("peer-went-silent  likely") == 2
    assert "  STALLED      500  1 pair of peers  peer-went-silent 500\n" in text


def test_where_much_failed_two_of_each_kind_are_shown_in_full(samples: Any) -> None:
    """Twenty blocks of the same failure would bury the one that is different."""
    same = [samples.stalled(n) for n in range(1, 11)]
    other = samples.stalled(11, outcome="refused", awaited_message=2, last_message=1)
    text = render_text(samples.report(*same, other))
    assert text.count("peer-went-silent  likely") == 3
    assert text.index("#11 REFUSED") < text.index(" #1 STALLED") < text.index(" #3 STALLED")


def test_without_a_limit_everything_is_shown(samples: Any) -> None:
    text = render_text(samples.report(*(samples.stalled(n) for n in range(1, 41))), limit=None)
    assert "not shown" not in text
    assert text.count("peer-went-silent  likely") == 40


def test_a_hundred_thousand_negotiations_make_a_page_not_a_book(samples: Any) -> None:
    calm = samples.healthy()
    text = render_text(samples.report(*([calm] * 100_000)))
    assert len(text.splitlines()) < 60
    assert "100,000 IKEv1 negotiations: all established" in text


def test_no_ikev1_at_all_says_what_was_seen_instead(samples: Any) -> None:
    source = Source("x.pcap", 20, None, None, 4, Skipped(ikev2=4, esp=14))
    text = render_text(samples.report(source=source, vantage=Vantage("unknown", "unknown", "")))
    assert "no IKEv1 negotiation: 4 IKEv2 messages, 14 ESP\n" in text


def test_filters_that_leave_nothing_are_not_taken_for_an_empty_capture(samples: Any) -> None:
    text = render_text(samples.report(), hidden=3)
    assert "no negotiation to show (3 more left out by filters)" in text


def test_what_was_offered_is_shown_while_nothing_was_chosen(samples: Any) -> None:
    text = render_text(samples.report(samples.stalled(chosen=None)))
    assert "offered    AES-CBC-256, SHA2-256, MODP-2048, PSK, 28800 s" in text


@pytest.mark.parametrize("width", range(40, 121))
def test_no_line_is_longer_than_the_width(samples: Any, width: int) -> None:
    """Words that cannot be broken may stick out; none of these is that long."""
    address = "2001:db8:1234:5678:9abc:def0:1234:5678"
    wide = Peer(address, 4500, "Cisco ASA", 5, "proven", {"asa": "MM_WAIT_MSG6"})
    report = samples.report(
        samples.stalled(1),
        samples.stalled(2, attempt_of=1),
        samples.stalled(3, initiator=wide, responder=wide, nat=Nat(None, None, False)),
        samples.healthy(4),
        samples.stalled(5, outcome="in-progress", findings=()),
    )
    for dialect in (None, "asa"):
        lines = lines_of(report, width=width, dialect=dialect, ladder=True)
        assert [line for line in lines if len(line) > width and _could_break(line)] == []


def _could_break(line: str) -> bool:
    """Whether a line holds more than its indent, a label and one word."""
    words = re.split(r"\s{1,}", line.strip())
    return len(words) > 2


def test_without_colour_there_is_no_escape_and_with_it_the_words_are_the_same(samples: Any) -> None:
    report = samples.report(samples.stalled(1), samples.healthy(2), samples.healthy(3))
    plain = render_text(report)
    painted = render_text(report, color=True)
    assert "\x1b" not in plain
    assert "\x1b[1;31mSTALLED" in painted
    bare = re.sub(r"\x1b\[[0-9;]*m", "", painted)
    assert [line.rstrip() for line in bare.splitlines()] == plain.splitlines()


def hostile_report(samples: Any) -> Any:
    """Return a report in which every text is hostile."""
    peer = Peer(HOSTILE, 500, HOSTILE, 5, "proven", {"asa": HOSTILE})
    message = samples.message(
        1, "initiator", HOSTILE, 0, payloads=(HOSTILE,), defects=(HOSTILE,), notifies=(HOSTILE,),
        exchange=HOSTILE, message_id=HOSTILE, source=HOSTILE, destination=HOSTILE, why=HOSTILE,
        kind="unexpected",
    )  # fmt: skip
    finding = type(samples.fault)(
        code=HOSTILE, certainty="proven", claim=HOSTILE, frames=(1,), evidence=(HOSTILE,),
        alternatives=(HOSTILE,), settles_it=HOSTILE, checks={"asa": (HOSTILE,), HOSTILE: (HOSTILE,)},
        display_filter=HOSTILE, severity="fault",
    )  # fmt: skip
    conversation = samples.stalled(
        1, initiator_cookie=HOSTILE, responder_cookie=HOSTILE, mode=HOSTILE, auth=HOSTILE, summary=HOSTILE,
        initiator=peer, responder=peer, findings=(finding, samples.note), messages=(message,),
        first_time=HOSTILE, last_time=HOSTILE,
    )  # fmt: skip
    source = Source(HOSTILE, 1, HOSTILE, HOSTILE, 1, Skipped())
    vantage = Vantage("initiator", "proven", HOSTILE)
    return samples.report(conversation, source=source, vantage=vantage, findings=(finding,))


@pytest.mark.parametrize("ascii_only", [False, True])
@pytest.mark.parametrize("color", [False, True])
def test_hostile_strings_reach_the_terminal_as_plain_characters(
    samples: Any, color: bool, ascii_only: bool
) -> None:
    """Identities are the peer's to choose: escapes, overrides and line breaks in them must not act."""
    text = render_text(hostile_report(samples), color=color, ladder=True, ascii_only=ascii_only)
    ours = re.sub(r"\x1b\[(1;31|1|2|33|32|0)m", "", text)
    assert all(line.isprintable() for line in ours.split("\n"))
    assert "[red]" in text
    assert ours.isascii() or not ascii_only


def test_the_same_report_gives_the_same_page(samples: Any) -> None:
    report = samples.report(samples.stalled(1), samples.healthy(2))
    assert render_text(report, ladder=True) == render_text(report, ladder=True)


def test_a_note_says_how_sure_it_is_and_where_before_what_it_claims(samples: Any) -> None:
    """So that a frame number is never torn from its word at the end of a line."""
    text = render_text(samples.report(samples.healthy()))
    assert "    note       recovered, proven, frames 3, 4: MSG3 was lost and sent again; the\n" in text


def test_only_quick_mode_is_said_to_establish_something(samples: Any) -> None:
    exchanges = (
        Exchange("transaction", "00000001", "established", 2, None, None),
        Exchange("informational", "00000002", "established", 1, None, None),
        Exchange("quick", "00000003", "in-progress", 1, None, None),
    )
    text = render_text(samples.report(samples.healthy(exchanges=exchanges)), width=100)
    assert "exchanges  transaction: 1 completed; informational: 1 seen; quick: 1 in progress\n" in text


def test_a_choice_that_the_capture_has_nothing_of_takes_no_line(samples: Any) -> None:
    nothing = Policy(None, None, None, None)
    text = render_text(samples.report(samples.stalled(chosen=nothing, offered=(nothing,))))
    assert "chosen" not in text


def test_several_probes_are_in_the_plural(samples: Any) -> None:
    probes = [samples.stalled(n, outcome="probe", findings=()) for n in (1, 2)]
    assert "2 IKEv1 negotiations: all probes" in render_text(samples.report(*probes))
    assert "1 IKEv1 negotiation: probe" in render_text(samples.report(probes[0]))

"""The report for a ticket: whole, bounded, the same each time, and nothing captured becomes markup."""

import re
from typing import Any

import msgspec
import pytest

import ikepcap
from ikepcap.renderers import render
from ikepcap.renderers.markdown import MAX_ROWS, render_markdown
from ikepcap.report.model import Peer, Source

HOSTILE = "a`b|c<img src=x onerror=alert(1)>[x](javascript:y)\n# h\x1b[31m\u202e@all #1 **b** _i_ &amp; $x$"


def markdown(samples: Any, *conversations: Any, **options: Any) -> str:
    return render_markdown(samples.report(*conversations), **options)


def markup(line: str) -> str:
    """Return what of a line can act: all but what is escaped and what is code."""
    return re.sub(r"`[^`]*`", "", re.sub(r"\\.", "", line))


def test_a_failed_negotiation_has_its_heading_story_evidence_checks_and_messages(samples: Any) -> None:
    text = markdown(samples, samples.stalled())
    parts = [
        "# IKEv1 in `branch.pcapng`",
        "**1 IKEv1 negotiation: stalled**",
        "## Negotiation 1: STALLED, 192.0.2.1 to 198.51.100.7",
        "Main mode stalled at MSG6: the responder never answered MSG5 (5 copies in 30.5 s).",
        "| address | `192.0.2.1:4500` | `198.51.100.7:4500` |",
        "| state | MM\\_AUTH (strongswan) | MM\\_WAIT\\_MSG5 (asa) |",
        "- **cookies**: `374f90db8facb154` / `a925781861a5565a`",
        "### peer-went-silent (likely, frames 5, 7-10)",
        "- MSG5 was sent 5 times over 30.5 s and never answered",
        "- **or else**: psk-mismatch, nat-t-blocked",
        "- **to settle**: a capture taken next to the responder: does MSG5 arrive there?",
        "- **wireshark**: `isakmp.ispi == 37:4f:90:db:8f:ac:b1:54`",
        "- [ ] asa: show run tunnel-group 192.0.2.1",
        "- [ ] strongswan: swanctl --list-conns",
        "### 9 messages",
        "| 1 | 0.000 | initiator | MSG1 | SA, 2xVID | 200 |  |",
        "| 6 | 7.720 | initiator | MSG5 | encrypted | 200 | retransmission of frame 5 |",
    ]
    places = [text.index(f"\n{part}\n" if index else f"{part}\n") for index, part in enumerate(parts)]
    assert places == sorted(places)
    assert text.endswith("|\n")


def test_it_is_what_render_gives_and_the_same_each_time(samples: Any) -> None:
    report = samples.report(samples.stalled(), samples.healthy())
    assert render(report, "markdown") == ikepcap.render(report, "markdown") == render_markdown(report)


def test_what_came_up_takes_a_row_where_there_is_more(samples: Any) -> None:
    text = markdown(samples, samples.stalled(1), samples.healthy(2), samples.healthy(3))
    assert text.count("\n## Negotiation ") == 1
    assert "\n## The others\n" in text
    assert "| 2 | established | 192.0.2.1 to 198.51.100.7 | Phase 1 came up in 0.4 s;" in text


def test_a_lone_healthy_negotiation_is_shown_whole(samples: Any) -> None:
    text = markdown(samples, samples.healthy())
    assert "## Negotiation 2: ESTABLISHED" in text
    assert "- recovered (proven, frames 3, 4): MSG3 was lost and sent again;" in text


@pytest.mark.parametrize("limit", [20, None])
def test_a_long_list_is_bounded_unless_all_is_asked_for(samples: Any, limit: int | None) -> None:
    many = [samples.stalled(n) for n in range(1, 501)]
    text = markdown(samples, *many, limit=limit)
    if limit is None:
        assert text.count("\n## Negotiation ") == 500
        assert "not shown" not in text
    else:
        assert text.count("\n## Negotiation ") == 2
        assert "... and 478 more not shown: `--all` shows every one." in text
        assert len(text.splitlines()) < 150


def test_a_long_negotiation_lists_a_bounded_number_of_messages(samples: Any) -> None:
    messages = tuple(samples.message(n, "initiator", "MSG1", n) for n in range(1, MAX_ROWS + 51))
    text = markdown(samples, samples.stalled(messages=messages))
    assert text.count("| initiator | MSG1 |") == MAX_ROWS
    assert "... and 50 more." in text


def test_without_messages_there_is_no_table_of_them(samples: Any) -> None:
    assert "octets" not in markdown(samples, samples.stalled(messages=msgspec.UNSET))


def test_whatever_was_captured_stays_text(samples: Any) -> None:
    """A name, a version, a defect, even a file name may be anybody's: none of it becomes markup."""
    finding = msgspec.structs.replace(
        samples.fault,
        code=HOSTILE,
        claim=HOSTILE,
        evidence=(HOSTILE,),
        alternatives=(HOSTILE,),
        settles_it=HOSTILE,
        display_filter=HOSTILE,
        checks={HOSTILE: (HOSTILE,)},
    )
    note = msgspec.structs.replace(samples.note, code=HOSTILE, claim=HOSTILE)
    peer = Peer(HOSTILE, 500, HOSTILE, 5, "proven", {"asa": HOSTILE, "strongswan": HOSTILE})
    message = samples.message(
        1, "initiator", HOSTILE, 0, payloads=(HOSTILE,), defects=(HOSTILE,), notifies=(HOSTILE,), why=HOSTILE
    )
    conversation = samples.stalled(
        summary=HOSTILE,
        mode=HOSTILE,
        auth=HOSTILE,
        initiator=peer,
        responder=peer,
        findings=(finding, note),
        messages=(message,),
    )
    source = Source(HOSTILE, 1, None, None, 1, samples.report().source.skipped)
    report = samples.report(conversation, source=source, findings=(note,))
    brief = samples.report(*(msgspec.structs.replace(conversation, id=n) for n in range(30)), source=source)
    for text in (render_markdown(report), render_markdown(brief)):
        for line in text.splitlines():
            assert line.isprintable()
            shown = markup(line)
            assert not set("<>&$@~") & set(shown)
            assert "](" not in shown
            assert "#1" not in shown
            assert "**b**" not in shown
            assert shown.count("|") in (0, 4, 6, 8)


def test_no_negotiation_says_what_was_seen_instead(samples: Any) -> None:
    text = markdown(samples)
    assert "**no IKEv1 negotiation: 4 IKEv2 messages, 700 ESP, 12 NAT keepalives" in text

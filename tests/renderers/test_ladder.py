"""The message ladder: who sent what when, what was repeated, what never came."""

from typing import Any

import pytest
from msgspec.structs import replace

from ikepcap.renderers.ladder import ladder_lines
from ikepcap.renderers.page import Page
from ikepcap.renderers.words import short_state
from ikepcap.report.model import Reached
from ikepcap.state.dialects import DIALECTS, states


def drawn(conversation: Any, **options: Any) -> list[str]:
    """Return the ladder's lines."""
    return list(ladder_lines(Page(**options), conversation))


def test_the_ladder_of_a_stall_at_msg6_reads_like_the_story(samples: Any) -> None:
    lines = drawn(samples.stalled(), ascii_only=True, dialect="asa")
    assert lines == [
        "frame      time      192.0.2.1:500                         198.51.100.7:500",
        "    1    +0.000 MSG1 |-- MSG1 SA, 2xVID --------------------------------->|",
        "    2    +0.041      |<--------------------------------- MSG2 SA, 2xVID --| MSG2",
        "    3    +0.060 MSG3 |-- MSG3 KE, NONCE, 2xNAT-D, 3xVID ----------------->|",
        "    4    +0.099      |<------------------------ MSG4 KE, NONCE, 2xNAT-D --| MSG4",
        "                     | now 192.0.2.1:4500 - 198.51.100.7:4500             |",
        "    5    +0.120 MSG5 |-- MSG5 encrypted --------------------------------->|",
        "    6    +7.720      |.. MSG5 again, 2 of 5 .............................>|",
        "    7   +15.320      |.. MSG5 again, 3 of 5 .............................>|",
        "    8   +22.920      |.. MSG5 again, 4 of 5 .............................>|",
        "    9   +30.520      |.. MSG5 again, 5 of 5 .............................>|",
        "                     |<.................................. MSG6 not seen ..|",
        "                     MM_WAIT_MSG6 (asa)                  MM_WAIT_MSG5 (asa)",
        "                     up to MSG5, proven                up to MSG4, presumed",
    ]


def test_with_unicode_the_lines_are_drawn_with_arrows(samples: Any) -> None:
    text = "\n".join(drawn(samples.stalled()))
    assert "│── MSG1 SA, 2xVID ─" in text
    assert "─▶│" in text
    assert "│◀─" in text


def test_a_long_repetition_is_folded_between_its_first_and_its_last(samples: Any) -> None:
    first = samples.message(1, "initiator", "MSG1", 0)
    copies = [
        samples.message(n, "initiator", "MSG1", n * 1000, kind="retransmission", retransmission_of=1)
        for n in range(2, 42)
    ]
    lines = drawn(samples.stalled(messages=(first, *copies), awaited_message=2), ascii_only=True)
    text = "\n".join(lines)
    assert len(lines) < 10
    assert "MSG1 again, 2 of 41" in text
    assert "MSG1 38 times again, frames 3 to 40" in text
    assert "MSG1 again, 41 of 41" in text


def test_everything_is_drawn_when_everything_is_asked_for(samples: Any) -> None:
    copies = [
        samples.message(n, "initiator", "MSG1", n * 1000, kind="retransmission", retransmission_of=1)
        for n in range(2, 202)
    ]
    lines = drawn(samples.stalled(messages=(samples.message(1, "initiator", "MSG1", 0), *copies)), limit=None)
    assert sum("MSG1 again" in line for line in lines) == 200


def test_a_ladder_of_many_different_messages_is_bounded(samples: Any) -> None:
    messages = [
        samples.message(n, "initiator", "QM1", n, exchange="quick", message_id=f"{n:08x}")
        for n in range(1, 2000)
    ]
    lines = drawn(samples.healthy(messages=tuple(messages)))
    assert len(lines) < 80
    assert any("more rows, up to frame 1999: --all" in line for line in lines)


def test_later_exchanges_get_a_heading_with_their_message_id(samples: Any) -> None:
    quick = {"exchange": "quick", "message_id": "9d3f0a11", "encrypted": True, "payloads": ()}
    messages = (
        samples.message(7, "initiator", "QM1", 10, **quick),
        samples.message(8, "responder", "QM2", 20, **quick),
    )
    text = "\n".join(drawn(samples.healthy(messages=messages)))
    assert text.count("quick 9d3f0a11") == 1
    assert "QM1 encrypted" in text


def test_oddities_stand_below_their_arrow(samples: Any) -> None:
    odd = samples.message(
        2, "responder", None, 41, kind="unexpected", why="no payload SA", exchange="informational",
        notifies=("NO-PROPOSAL-CHOSEN",), payloads=("N",), defects=("trailing-bytes at 60",),
        fragment_frames=(2, 3), message_id="00000000",
    )  # fmt: skip
    text = "\n".join(drawn(samples.stalled(messages=(samples.message(1, "initiator", "MSG1", 0), odd))))
    for words in ("unexpected: no payload SA", "notify NO-PROPOSAL-CHOSEN", "defect: trailing-bytes at 60"):
        assert words in text
    assert "in 2 fragments, frames 2, 3" in text


def test_a_ladder_without_messages_says_why_there_is_none(samples: Any) -> None:
    import msgspec

    lines = drawn(samples.stalled(messages=msgspec.UNSET))
    assert lines == ["    (no ladder: the messages were not kept)"]


@pytest.mark.parametrize("width", range(40, 121))
def test_a_ladder_fits_its_width_and_its_life_lines_are_straight(samples: Any, width: int) -> None:
    lines = drawn(samples.stalled(), width=width, ascii_only=True)
    assert max(map(len, lines)) <= width
    rows = [line for line in lines if "|" in line]
    assert len({(row.index("|"), row.rindex("|")) for row in rows}) == 1


def with_history(conversation: Any, **other: Any) -> Any:
    """Return a main mode that stalled at MSG6 with the states either peer went through."""
    left = tuple(Reached(n, n, states("main", "initiator", n)) for n in (1, 3, 5))
    right = tuple(Reached(n, n, states("main", "responder", n)) for n in (2, 4))
    return replace(
        conversation,
        initiator=replace(conversation.initiator, history=left, implementation=None, states=left[-1].states),
        responder=replace(conversation.responder, history=right, states=right[-1].states),
        **other,
    )


def test_state_names_stand_beside_the_message_after_which_a_peer_is_in_them(samples: Any) -> None:
    lines = drawn(with_history(samples.stalled()), ascii_only=True)
    assert lines == [
        "frame      time              192.0.2.1:500         198.51.100.7:500",
        "    1    +0.000 MM_WAIT_MSG2 |-- MSG1 SA, 2xVID ----------------->|",
        "    2    +0.041              |<----------------- MSG2 SA, 2xVID --| MM_WAIT_MSG3",
        "    3    +0.060 MM_WAIT_MSG4 |-- MSG3 KE, NONCE, 2xNAT-D, 3xVID ->|",
        "    4    +0.099              |<-------- MSG4 KE, NONCE, 2xNAT-D --| MM_WAIT_MSG5",
        "                             | now 192.0.2.1:4500 -               |",
        "                             | 198.51.100.7:4500                  |",
        "    5    +0.120 MM_WAIT_MSG6 |-- MSG5 encrypted ----------------->|",
        "    6    +7.720              |.. MSG5 again, 2 of 5 .............>|",
        "    7   +15.320              |.. MSG5 again, 3 of 5 .............>|",
        "    8   +22.920              |.. MSG5 again, 4 of 5 .............>|",
        "    9   +30.520              |.. MSG5 again, 5 of 5 .............>|",
        "                             |<.................. MSG6 not seen ..|",
        "                             MM_WAIT_MSG6 (asa)  MM_WAIT_MSG5 (asa)",
        "                             up to MSG5, proven             up to MSG4, presumed",
    ]


def test_on_a_narrow_page_names_are_without_what_all_of_them_begin_with(samples: Any) -> None:
    narrow = drawn(with_history(samples.stalled()), ascii_only=True, width=60)
    assert narrow[1:3] == [
        "    1  +0.000 WAIT_MSG2 |-- MSG1 SA, 2xVID ----->|",
        "    2  +0.041           |<----- MSG2 SA, 2xVID --| WAIT_MSG3",
    ]
    windows = drawn(with_history(samples.stalled()), ascii_only=True, dialect="windows")
    assert windows[1:3] == [
        "    1    +0.000   SA_SENT |-- MSG1 SA, 2xVID ----------------------->|",
        "    2    +0.041           |<----------------------- MSG2 SA, 2xVID --| SA_SENT",
    ]


def test_with_unicode_too_the_states_are_named(samples: Any) -> None:
    lines = drawn(with_history(samples.stalled()))
    assert lines[1] == "    1    +0.000 MM_WAIT_MSG2 │── MSG1 SA, 2xVID ─────────────────▶│"


def test_each_peer_is_named_in_the_words_of_its_own_software(samples: Any) -> None:
    found = with_history(samples.stalled())
    found = replace(found, initiator=replace(found.initiator, implementation="Libreswan"))
    text = "\n".join(drawn(found, ascii_only=True, width=120))
    assert "STATE_MAIN_I1 |--" in text
    assert "--| MM_WAIT_MSG3" in text


def test_a_state_without_a_name_is_the_number_of_the_message(samples: Any) -> None:
    """Windows is not known to have a name for a state of aggressive mode."""
    found = samples.stalled(messages=samples.stalled().messages[:2])
    history = (Reached(1, 1, states("aggressive", "initiator", 1)),)
    found = replace(found, initiator=replace(found.initiator, history=history))
    assert drawn(found, ascii_only=True, dialect="windows")[1].startswith("    1    +0.000 MSG1 |--")


def test_a_state_reached_in_a_folded_row_stands_at_the_next_one(samples: Any) -> None:
    copies = [
        samples.message(n, "initiator", "MSG1", n * 1000, kind="retransmission", retransmission_of=1,
                        initiator_state=1, responder_state=2 if n > 3 else None)
        for n in range(2, 12)
    ]  # fmt: skip
    found = with_history(samples.stalled(messages=(samples.message(1, "initiator", "MSG1", 0), *copies)))
    rows = [line for line in drawn(found, ascii_only=True) if "MM_WAIT_MSG3" in line]
    assert len(rows) == 1
    assert "MSG1 again, 11 of 11" in rows[0]


@pytest.mark.parametrize("width", [*range(40, 121, 3), 60, 80])
@pytest.mark.parametrize("dialect", DIALECTS)
def test_named_states_fit_the_page_and_leave_the_life_lines_straight(
    samples: Any, dialect: str, width: int
) -> None:
    lines = drawn(with_history(samples.stalled()), width=width, ascii_only=True, dialect=dialect)
    assert max(map(len, lines)) <= width
    rows = [line for line in lines if "|" in line]
    assert len({(row.index("|"), row.rindex("|")) for row in rows}) == 1
    beside = rows[0].split("|")[0].split()[-1]
    assert width < 60 or beside != "MSG1"


@pytest.mark.parametrize("dialect", DIALECTS)
@pytest.mark.parametrize("mode", ["main", "aggressive"])
def test_shortened_names_still_tell_states_apart(dialect: str, mode: str) -> None:
    for role, steps in (("initiator", (1, 3, 5, 6)), ("responder", (0, 2, 4, 6))):
        names = {name for step in steps if (name := states(mode, role, step)[dialect])}
        for cut in (1, 2):
            assert len({short_state(name, cut) for name in names}) == len(names)
            assert all(short_state(name, cut) for name in names)

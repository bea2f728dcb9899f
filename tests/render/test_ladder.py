"""The message ladder: who sent what when, what was repeated, what never came."""

from typing import Any

import pytest

from ikepcap.render.ladder import ladder_lines
from ikepcap.render.page import Page


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

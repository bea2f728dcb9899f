"""Files of facts: what they may say, and how one is told that is wrong."""

from pathlib import Path

import pytest
from msgspec.structs import fields

from ikepcap.errors import FactsError
from ikepcap.facts import table
from ikepcap.facts.file import CAPTURES, capture_of, facts_path, find, is_facts, read
from ikepcap.report.model import Conversation, Exchange, Report

DIGEST = "0" * 64


def facts(folder: Path, text: str, name: str = "branch.toml") -> Path:
    path = folder / name
    path.write_text(text)
    return path


def test_a_whole_file_is_read(tmp_path: Path) -> None:
    path = facts(
        tmp_path,
        f"""
        [source]
        sha256 = "{DIGEST}"
        reviewed = false
        injected = "wrong key on the responder"
        [capture]
        findings = ["starts-late", "ends-early"]
        [[conversation]]
        initiator = "192.0.2.1"
        silent_peer = "none"
        moved_to_4500 = true
        last_message = 5
        [[conversation.exchange]]
        kind = "quick"
        """,
    )
    found = read(path)
    assert found.sha256 == DIGEST
    assert not found.is_reviewed
    assert found.capture == {"findings": ("ends-early", "starts-late")}
    assert found.conversations is not None
    (one,) = found.conversations
    stated = {"initiator": "192.0.2.1", "silent_peer": None, "moved_to_4500": True, "last_message": 5}
    assert one.facts == stated
    assert one.exchanges == ({"kind": "quick"},)


def test_what_is_not_said_is_not_stated(tmp_path: Path) -> None:
    found = read(facts(tmp_path, "[[conversation]]"))
    assert found.sha256 is None
    assert found.is_reviewed
    assert found.capture == {}
    assert found.conversations is not None
    assert (found.conversations[0].facts, found.conversations[0].exchanges) == ({}, None)
    assert read(facts(tmp_path, "")).conversations is None
    assert read(facts(tmp_path, "conversation = []")).conversations == ()


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[[conversation]]\nmod = 'main'", 'conversation 1: no fact is called "mod" (did you mean "mode"?)'),
        ("[[conversation]]\nmod = 'main'", "known are initiator, responder, mode, auth, outcome"),
        ("[[conversation]]\n[[conversation.exchange]]\nmode = 'x'", "conversation 1 exchange 1: no fact is"),
        ("[capture]\noutcome = 'stalled'", '[capture]: no fact is called "outcome"; known are findings'),
        ("[sauce]", 'no section is called "sauce" (did you mean "source"?); known are source, capture,'),
        (
            "[[conversation]]\noutcome = 'stuck'",
            "outcome is one of established, stalled, refused, in-progress",
        ),
        ("[[conversation]]\nlast_message = '5'", "last_message is a whole number, not '5'"),
        ("[[conversation]]\nlast_message = true", "last_message is a whole number, not True"),
        ("[[conversation]]\nmode = 1", "mode is a text, not 1"),
        ("[[conversation]]\nmoved_to_4500 = 1", "moved_to_4500 is true or false, not 1"),
        ("[[conversation]]\nfindings = 'no-reply'", "findings is a list of finding codes, not 'no-reply'"),
        ("[conversation]", "[[conversation]] is a list of tables"),
        ("source = 1", "[source] is a table, not 1"),
        ("[source]\nsha256 = 'ab'", "sha256 is 64 lower-case hexadecimal digits, not 'ab'"),
        ("[source]\nreviewed = 'no'", "reviewed is true or false, not 'no'"),
        ("[source", "is no TOML: "),
    ],
)
def test_what_is_wrong_is_told_with_its_place(tmp_path: Path, text: str, said: str) -> None:
    path = facts(tmp_path, text)
    with pytest.raises(FactsError) as error:
        read(path)
    assert str(error.value).startswith(f"{path}: ")
    assert said in str(error.value)
    assert "\n" not in str(error.value)


def test_a_file_that_is_no_text_is_told(tmp_path: Path) -> None:
    path = tmp_path / "branch.toml"
    path.write_bytes(b"# \xff")
    with pytest.raises(FactsError, match="is no UTF-8 at byte 2"):
        read(path)


def test_every_fact_is_in_the_report() -> None:
    homes: dict[tuple[table.Fact, ...], type] = {
        table.CONVERSATION: Conversation,
        table.EXCHANGE: Exchange,
        table.CAPTURE: Report,
    }
    for rows, home in homes.items():
        assert {row.where.partition(".")[0] for row in rows} <= {field.name for field in fields(home)}
        assert len({row.name for row in rows}) == len(rows)


@pytest.mark.parametrize("end", [*CAPTURES, ".PCAP"])
def test_facts_and_capture_find_each_other(tmp_path: Path, end: str) -> None:
    path, capture = tmp_path / "branch[2].v2.toml", tmp_path / f"branch[2].v2{end}"
    path.touch()
    assert capture_of(path) is None
    assert not is_facts(path)
    capture.touch()
    assert capture_of(path) == capture
    assert facts_path(capture) == path
    assert is_facts(path)


def test_two_captures_of_one_name_are_refused(tmp_path: Path) -> None:
    for end in (".pcap", ".pcap.gz", ".toml"):
        (tmp_path / f"branch{end}").touch()
    with pytest.raises(FactsError, match=r"beside branch\.pcap, branch\.pcap\.gz: one file"):
        capture_of(tmp_path / "branch.toml")


def test_facts_without_their_capture_are_still_facts_and_other_toml_never_is(tmp_path: Path) -> None:
    lonely = facts(tmp_path, f"[source]\nsha256 = '{DIGEST}'\n[[conversation]]", "lonely.toml")
    assert is_facts(lonely)
    others = (
        "[project]\nname = 'x'",
        f"[package]\nsha256 = '{DIGEST}'",
        f"[source]\nsha256 = '{DIGEST}'",
        "[[",
    )
    for text in others:
        assert not is_facts(facts(tmp_path, text, "pyproject.toml"))
    assert not is_facts(facts(tmp_path, "sha256 conversation", "notes.txt"))


def test_a_folder_is_no_facts_and_a_link_to_nothing_is_told(tmp_path: Path) -> None:
    (tmp_path / "a.pcap").touch()
    (tmp_path / "a.toml").mkdir()
    assert not is_facts(tmp_path / "a.toml")
    (tmp_path / "b.pcap").touch()
    (tmp_path / "b.toml").symlink_to(tmp_path / "nowhere")
    assert list(find([tmp_path])) == [tmp_path / "b.toml"]
    with pytest.raises(FactsError, match=r"b\.toml: cannot be read: No such file or directory"):
        read(tmp_path / "b.toml")


def test_folders_files_and_captures_lead_to_facts(tmp_path: Path) -> None:
    inner = tmp_path / "field"
    inner.mkdir()
    for name in ("b.pcap", "b.toml", "a.pcap", "a.toml", "c.pcap", "pyproject.toml"):
        (inner / name).touch()
    both = [inner / "a.toml", inner / "b.toml"]
    assert list(find([tmp_path])) == both
    assert list(find([inner / "b.pcap", inner / "a.toml"])) == both[::-1]
    with pytest.raises(FactsError, match=r"c\.pcap: has no facts beside it; 'ikepcap facts "):
        list(find([inner / "c.pcap"]))
    with pytest.raises(FactsError, match="no such file or folder"):
        list(find([inner / "d.pcap"]))

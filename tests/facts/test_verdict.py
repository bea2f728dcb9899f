"""Facts against captures: what is compared, what is not, and how a difference is shown."""

import shutil
from pathlib import Path

import pytest

import ikepcap
from ikepcap.errors import FactsError
from ikepcap.facts.difference import Difference, differences
from ikepcap.facts.draft import draft
from ikepcap.facts.file import digest, read
from ikepcap.facts.verdict import check, verdict_lines

CAPTURES = Path(__file__).resolve().parents[2] / "captures"


@pytest.fixture
def stated(tmp_path: Path) -> Path:
    """The facts of a capture that stalls, where a test may change them."""
    for end in (".pcap", ".toml"):
        shutil.copy(CAPTURES / f"main-psk-stalled-at-msg5{end}", tmp_path)
    return tmp_path / "main-psk-stalled-at-msg5.toml"


def change(path: Path, old: str, new: str) -> None:
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new))


def found(path: Path) -> tuple[Difference, ...]:
    return check(path, strict=True).differences


def test_what_is_true_holds(stated: Path) -> None:
    assert check(stated).holds


@pytest.mark.parametrize(
    ("old", "new", "difference"),
    [
        ('outcome = "stalled"', 'outcome = "refused"', Difference("outcome", "refused", "stalled", 1)),
        ("awaited_message = 6", 'awaited_message = "none"', Difference("awaited_message", None, 6, 1)),
        (
            'responder_asa = "MM_WAIT_MSG5"',
            'responder_asa = "MM_ACTIVE"',
            Difference("responder_asa", "MM_ACTIVE", "MM_WAIT_MSG5", 1),
        ),
        (
            'findings = ["peer-went-silent"]',
            "findings = []",
            Difference("findings", (), ("peer-went-silent",), 1),
        ),
        (
            'findings = ["peer-went-silent"]',
            "faults = []",
            Difference("faults", (), ("peer-went-silent",), 1),
        ),
        (
            'mode = "main"',
            'mode = "main"\nexchange = [{kind = "quick"}]',
            Difference("exchanges", ("quick",), (), 1),
        ),
        (
            'responder_asa = "MM_WAIT_MSG5"',
            'initiator_real = "MM_WAIT_MSG4"\nresponder_real = "MM_WAIT_MSG3"',  # presumed: may be anything
            Difference("initiator_real", "MM_WAIT_MSG4", "MM_WAIT_MSG6", 1),
        ),
        (
            'findings = ["peer-went-silent"]',
            'fault_among = ["replies-lost", "psk-mismatch"]',
            Difference("fault_among", ("psk-mismatch", "replies-lost"), ("peer-went-silent",), 1),
        ),
        (
            "[[conversation]]",
            '[capture]\nfindings = ["cut-file"]\n[[conversation]]',
            Difference("findings", ("cut-file",), ()),
        ),
        (
            "[[conversation]]",
            "[[conversation]]\n[[conversation]]",
            Difference("number of conversations", 2, 1),
        ),
    ],
)
def test_what_is_not_true_is_the_one_difference(
    stated: Path, old: str, new: str, difference: Difference
) -> None:
    change(stated, old, new)
    assert found(stated) == (difference,)


def test_another_capture_of_the_same_name_is_told(stated: Path) -> None:
    capture = stated.with_suffix(".pcap")
    before = digest(capture)
    capture.write_bytes(capture.read_bytes() + b"\0")
    first = found(stated)[0]
    assert first == Difference("sha256 of the capture", before, digest(capture))


def test_one_fault_of_several_and_states_known_from_elsewhere_hold(stated: Path) -> None:
    change(stated, "findings = [", 'initiator_real = "MM_WAIT_MSG6"\nfault_among = ["psk-mismatch", ')
    assert check(stated).holds


def test_one_fault_of_several_is_not_none(tmp_path: Path) -> None:
    shutil.copy(CAPTURES / "main-psk-established.pcap", tmp_path)
    path = tmp_path / "main-psk-established.toml"
    path.write_text("[[conversation]]\nfault_among = ['psk-mismatch', 'replies-lost']\n")
    assert found(path) == (Difference("fault_among", ("psk-mismatch", "replies-lost"), (), 1),)


def test_what_is_absent_is_not_compared(stated: Path) -> None:
    stated.write_text("[[conversation]]\nmode = 'main'\n")
    assert check(stated).holds
    stated.write_text("")
    assert check(stated).holds


def test_exchanges_are_compared_in_order(tmp_path: Path) -> None:
    shutil.copy(CAPTURES / "main-psk-established.pcap", tmp_path)
    path = tmp_path / "main-psk-established.toml"
    path.write_text("[[conversation]]\n[[conversation.exchange]]\nkind = 'quick'\nlast_message = 2\n")
    assert found(path) == (Difference("exchange 1 last_message", 2, 3, 1),)


def test_a_difference_is_shown_with_the_ladder_and_not_as_json(stated: Path) -> None:
    change(stated, 'responder_asa = "MM_WAIT_MSG5"', 'responder_asa = "MM_ACTIVE"')
    lines = list(verdict_lines(check(stated)))
    assert lines[0].startswith("responder_asa: not as stated in ")
    assert "conversation 1, 192.0.2.1:500 -> 198.51.100.7:500" in lines
    assert "  responder_asa  MM_ACTIVE     MM_WAIT_MSG5" in lines
    assert any("MSG5 again" in line for line in lines)
    assert not any("{" in line for line in lines)
    assert max(map(len, lines[1:])) <= 80


def test_a_stated_value_that_needs_escapes_keeps_its_column(stated: Path) -> None:
    change(stated, 'initiator = "192.0.2.1"', 'initiator = "\\u001b[2J"')
    lines = list(verdict_lines(check(stated)))
    assert "  initiator  \\x1b[2J       192.0.2.1" in lines


def test_a_missing_conversation_is_shown_with_those_that_are_there(stated: Path) -> None:
    change(stated, "[[conversation]]", "[[conversation]]\n[[conversation]]")
    lines = list(verdict_lines(check(stated)))
    assert "  number of conversations  2             1" in lines
    assert any(line.startswith("  1. 192.0.2.1:500 -> 198.51.100.7:500, stalled: ") for line in lines)


def test_facts_without_a_capture_are_told(stated: Path) -> None:
    stated.with_suffix(".pcap").unlink()
    with pytest.raises(FactsError, match=r"no capture beside it, such as main-psk-stalled-at-msg5\.pcap"):
        check(stated)


@pytest.mark.parametrize("path", sorted(CAPTURES.glob("*.pcap")), ids=lambda path: path.stem)
def test_first_facts_hold_and_are_unreviewed(path: Path, tmp_path: Path) -> None:
    report = ikepcap.analyze(path, keep_messages=False)
    sha256 = digest(path)
    written = tmp_path / f"{path.stem}.toml"
    written.write_text("".join(f"{line}\n" for line in draft(report, path, sha256)))
    facts = read(written)
    assert not facts.is_reviewed
    assert facts.sha256 == sha256
    assert facts.conversations is not None
    assert len(facts.conversations) == len(report.conversations)
    assert differences(facts, report, sha256) == ()


@pytest.mark.parametrize("path", sorted(CAPTURES.glob("*.pcap")), ids=lambda path: path.stem)
def test_first_facts_say_at_least_what_people_wrote(path: Path, tmp_path: Path) -> None:
    by_hand = read(path.with_suffix(".toml"))
    written = tmp_path / "first.toml"
    lines = draft(ikepcap.analyze(path, keep_messages=False), path, "0" * 64)
    written.write_text("".join(f"{line}\n" for line in lines))
    first = read(written)
    for one, other in zip(by_hand.conversations or (), first.conversations or (), strict=True):
        assert set(one.facts) - {"faults", "fault_among", "initiator_real", "responder_real"} <= set(
            other.facts
        )
        assert one.exchanges is None or other.exchanges is not None


def test_a_capture_without_negotiations_makes_facts_that_say_so(tmp_path: Path) -> None:
    report = ikepcap.analyze(CAPTURES / "main-no-reply.pcap", keep_messages=False)
    lines = draft(
        ikepcap.Report(source=report.source, vantage=report.vantage, conversations=()), tmp_path, ""
    )
    assert next(line for line in lines if not line.startswith("#")) == "conversation = []"

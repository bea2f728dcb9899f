"""What a program calls: one or several captures in, a report, conversations or messages out."""

import importlib
import json
import os
from pathlib import Path

import msgspec
import pytest
from msgspec import UNSET

import ikepcap
from ikepcap.testing import pcap
from tests.report.scene import INITIATOR, RETRIES, Scene, analyzed


def written(folder: Path, *scenes: Scene) -> Path:
    """Write scenes, one after the other, to a capture."""
    path = folder / "scene.pcap"
    frames = sorted((f for scene in scenes for f in scene.frames), key=lambda frame: frame.time_ns)
    path.write_bytes(pcap(frames))
    return path


@pytest.fixture
def capture(tmp_path: Path) -> Path:
    """Two conversations: one that came up, one that stalled."""
    return written(
        tmp_path, Scene().phase1().quick(1, 2, 3), Scene(seed=2, start_s=60).msg1().repeat(RETRIES)
    )


def test_analyze_tells_of_the_whole_capture(capture: Path) -> None:
    report = ikepcap.analyze(capture)
    assert report.schema == "ikepcap.report/1"
    assert [(c.id, c.outcome) for c in report.conversations] == [(1, "established"), (2, "stalled")]
    assert (report.source.name, report.source.frames, report.source.isakmp_messages) == ("scene.pcap", 13, 13)
    assert (report.source.first_time or "").startswith("2026-03-02T08:00:00")
    assert (report.source.last_time or "").startswith("2026-03-02T08:01:24")


@pytest.mark.parametrize("kind", [str, Path])
def test_path_may_be_a_string(capture: Path, kind: type) -> None:
    assert ikepcap.analyze(kind(capture)) == ikepcap.analyze(capture)


def test_conversations_are_those_of_analyze_and_the_report_is_the_rest(capture: Path) -> None:
    run = ikepcap.conversations(capture)
    found = sorted(run, key=lambda conversation: conversation.id)
    report = ikepcap.analyze(capture)
    assert msgspec.structs.replace(run.report, conversations=tuple(found)) == report


def test_same_capture_gives_the_same_report(capture: Path) -> None:
    assert msgspec.json.encode(ikepcap.analyze(capture)) == msgspec.json.encode(ikepcap.analyze(capture))


def test_files_of_one_capture_are_read_as_one_sequence(tmp_path: Path) -> None:
    """Rotated by size or by time: frames count through, and the conversation is one."""
    frames = Scene().phase1().quick(1, 2, 3).frames
    paths = []
    for number, part in enumerate((frames[:4], frames[4:])):
        path = tmp_path / f"part{number}.pcap"
        path.write_bytes(pcap(part))
        paths.append(path)
    report = ikepcap.analyze(paths, strict=True)
    (found,) = report.conversations
    assert (found.outcome, found.first_frame, found.last_frame, found.findings) == ("established", 1, 9, ())
    assert [(f.name, f.frames, f.first_frame) for f in report.source.files] == [
        ("part0.pcap", 4, 1),
        ("part1.pcap", 5, 5),
    ]


def test_without_messages_everything_else_is_the_same(capture: Path) -> None:
    """Left out, not empty."""
    full, small = ikepcap.analyze(capture), ikepcap.analyze(capture, keep_messages=False)
    assert [c.messages for c in small.conversations] == [UNSET, UNSET]
    assert "messages" not in json.loads(msgspec.json.encode(small.conversations[0]))
    assert [
        msgspec.structs.replace(c, messages=UNSET, initiator=None, responder=None) for c in full.conversations
    ] == [msgspec.structs.replace(c, initiator=None, responder=None) for c in small.conversations]


def test_messages_are_what_was_captured(capture: Path) -> None:
    found = list(ikepcap.messages(capture))
    assert [m.datagram.frame for m in found] == list(range(1, 14))
    assert [m.message.is_encrypted for m in found] == [False] * 4 + [True] * 5 + [False] * 4
    assert {m.message.initiator_cookie for m in found[:9]} == {Scene().cookies[:8]}


def test_messages_of_other_versions_are_yielded_too(tmp_path: Path) -> None:
    data = bytearray(Scene().msg1().shots[0].payloads[0])
    data[17], data[18] = 0x20, 34
    path = written(tmp_path, Scene().send(INITIATOR, bytes(data)))
    assert [m.message.version for m in ikepcap.messages(path)] == [0x20]


def test_fragments_are_yielded_as_they_are(tmp_path: Path) -> None:
    """Putting them together takes a conversation."""
    play = Scene(auth="rsa-sig", ike_fragment_bytes=300).phase1()
    assert len(list(ikepcap.messages(written(tmp_path, play)))) == len(play.frames)


def test_report_is_rendered_as_its_json_document(capture: Path) -> None:
    report = ikepcap.analyze(capture)
    assert json.loads(ikepcap.render(report, "json")) == json.loads(msgspec.json.encode(report))


def test_render_is_a_function_the_second_time_too(capture: Path) -> None:
    """The package has a module of the same name, which importing must not put in the function's place."""
    report = ikepcap.analyze(capture)
    assert ikepcap.render(report, "json") == ikepcap.render(report, "json")
    importlib.import_module("ikepcap.renderers.text")
    assert ikepcap.render(report, "text") == ikepcap.render(report)


def test_report_is_rendered_as_text(capture: Path) -> None:
    text = ikepcap.render(ikepcap.analyze(capture))
    assert "MM_WAIT_MSG2" in text
    assert "198.51.100.7" in text


def test_progress_is_told_up_to_the_whole(capture: Path) -> None:
    told: list[tuple[int, int | None]] = []
    ikepcap.analyze(capture, progress=lambda done, total: told.append((done, total)))
    assert [done for done, _ in told] == sorted(done for done, _ in told)
    assert all(total in (None, capture.stat().st_size) for _, total in told)


@pytest.mark.parametrize("content", [b"", b"not a capture at all, but some text"])
def test_what_is_no_capture_raises(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "no.pcap"
    path.write_bytes(content)
    with pytest.raises(ikepcap.CaptureError):
        ikepcap.analyze(path)


def test_what_is_not_there_raises(tmp_path: Path) -> None:
    with pytest.raises(ikepcap.CaptureError):
        ikepcap.analyze(tmp_path / "no.pcap")


def test_capture_without_ike_is_an_empty_report() -> None:
    report = analyzed(Scene().bystander(1))
    assert (report.conversations, report.findings, report.source.isakmp_messages) == ((), (), 0)


def test_capture_without_frames_is_an_empty_report() -> None:
    report = analyzed([])
    assert (report.conversations, report.source.frames, report.source.first_time) == ((), 0, None)


def test_keys_are_taken_as_files_and_open_what_they_fit(tmp_path: Path) -> None:
    table = tmp_path / "ikev1_decryption_table"
    play = Scene(seed=3).phase1()
    capture = tmp_path / "sealed.pcap"
    capture.write_bytes(play.pcap())
    table.write_text(f"{play.cookies[:8].hex()},{'00' * 32}\n")
    (conversation,) = ikepcap.analyze(capture, keys=table).conversations
    assert isinstance(conversation.messages, tuple)
    assert [line.decrypted for line in conversation.messages] == [None] * 4 + [False] * 2
    assert "wrong key" in (conversation.messages[4].why or "")
    with pytest.raises(ikepcap.IkepcapError, match="read twice"):
        ikepcap.analyze("-", keys=table)
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    with pytest.raises(ikepcap.IkepcapError, match="read twice"):
        ikepcap.analyze(pipe, keys=table)


def test_keys_open_messages_and_scapys_packets_too(tmp_path: Path) -> None:
    """Packets are read twice even where they come from an iterator."""
    table = tmp_path / "ikev1_decryption_table"
    play = Scene(seed=3).phase1()
    capture = tmp_path / "sealed.pcap"
    capture.write_bytes(play.pcap())
    table.write_text(f"{play.cookies[:8].hex()},{'00' * 32}\n")
    found = list(ikepcap.messages(capture, keys=[table]))
    assert [one.refusal is not None for one in found] == [False] * 4 + [True] * 2
    of_packets, of_files = (
        ikepcap.analyze(given, keys=table).conversations[0].messages
        for given in (iter(list(ikepcap.packets(capture))), capture)
    )
    assert of_packets == of_files


def test_what_comes_one_by_one_is_opened_with_what_is_known_by_then() -> None:
    """Files, and packets that are all there, are read twice: MSG6 of this capture comes after QM1."""
    captures = Path(__file__).resolve().parents[1] / "captures"
    capture = captures / "main-msg6-and-qm1-exchanged-strongswan.pcap"
    keys, packets = capture.with_suffix(".keys"), list(ikepcap.packets(capture))
    for given, lost in ((capture, 0), (packets, 0), (iter(packets), 16)):
        opened = {one.datagram.frame: one.plaintext for one in ikepcap.messages(given, keys=keys)}
        quick_mode = opened[6]
        assert quick_mode is not None
        assert quick_mode.lost == lost

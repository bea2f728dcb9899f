"""`ikepcap show`: what it prints of which messages, and what it says when there are none."""

import json
import os
import struct
import subprocess
import sys
from pathlib import Path

import pytest

from tests.capture.craft import MSG1, A, B, ethernet, frames, ike, ipv4, isakmp, payload, udp
from tests.cli.test_process import COMMAND, ikepcap

HERE = Path(__file__).parents[2] / "captures"
RCOOKIE = 0x1112131415161718


def back(data: bytes) -> bytes:
    return ethernet(ipv4(udp(data), ends=(B, A)))


def fragment(number: int, data: bytes, *, last: bool = False) -> bytes:
    body = payload(0, struct.pack(">HBB", 1, number, int(last)) + data)
    return ike(isakmp(body, following=132, rcookie=RCOOKIE))


INNER = isakmp(payload(0, b"\x02\0\0\0gw.example.net"), following=5, rcookie=RCOOKIE)
ENDS = "from 192.0.2.1 to 198.51.100.2"
NAT_T = bytes.fromhex("4a131c81070358455c5728f20e95452f")


@pytest.fixture
def capture(tmp_path: Path) -> Path:
    """1 MSG1, 2 a keepalive, 3 an answer, 4 and 5 fragments, 6 the MSG1 of another, 7 ICMP."""
    other = isakmp(payload(0, bytes(40)), icookie=0xAABBCCDD00000001)
    answer = isakmp(payload(0, NAT_T), following=13, rcookie=RCOOKIE)
    path = tmp_path / "x.pcap"
    path.write_bytes(
        frames(
            ike(),
            ethernet(ipv4(udp(b"\xff", 4500, 4500))),
            back(answer),
            fragment(1, INNER[:20]),
            fragment(2, INNER[20:], last=True),
            ike(other),
            ethernet(ipv4(bytes(40), 1)),
        )
    )
    return path


def headings(text: bytes) -> list[str]:
    return [line.split("  ")[0] for line in text.decode().splitlines() if line.startswith(("frame", "reass"))]


def test_every_message_is_shown_and_what_fragments_make_after_the_last_of_them(capture: Path) -> None:
    done = ikepcap("show", str(capture))
    assert (done.returncode, done.stderr) == (0, b"")
    assert headings(done.stdout) == [
        "frame 1",
        "frame 3",
        "frame 4",
        "frame 5",
        "reassembled from IKE fragments in frames 4, 5",
        "frame 6",
    ]
    whole = done.stdout.decode().partition("reassembled")[2].partition("frame 6")[0]
    assert "gw.example.net" in whole
    assert max(map(len, done.stdout.decode().splitlines())) <= 80


def test_standard_input_is_shown_like_a_file(capture: Path) -> None:
    assert ikepcap("show", "-", data=capture.read_bytes()).stdout == ikepcap("show", str(capture)).stdout


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (("--cookie", "aabb"), ["frame 6"]),
        (
            ("--cookie", "1112"),
            ["frame 3", "frame 4", "frame 5", "reassembled from IKE fragments in frames 4, 5"],
        ),
        (("--frame", "6", "--frame", "1"), ["frame 6", "frame 1"]),
        (("--frame", "5"), ["frame 5", "reassembled from IKE fragments in frames 4, 5"]),
        (("--conversation", "2"), ["frame 6"]),
    ],
)
def test_what_is_shown_can_be_narrowed(
    capture: Path, arguments: tuple[str, ...], expected: list[str]
) -> None:
    done = ikepcap("show", str(capture), *arguments)
    assert (done.returncode, headings(done.stdout)) == (0, expected)


def test_a_conversation_has_the_number_that_the_analysis_gives_it() -> None:
    path = str(HERE / "main-simultaneous-initiation.pcap")
    analysed = json.loads(ikepcap(path, "--format", "json").stdout)["conversations"]
    assert len(analysed) > 1
    for conversation in analysed:
        shown = json.loads(
            ikepcap("show", path, "--format", "json", "--conversation", str(conversation["id"])).stdout
        )
        assert [one["frame"] for one in shown] == [one["frame"] for one in conversation["messages"]]


def test_a_conversation_that_is_not_there_is_status_2_and_says_how_many_are(capture: Path) -> None:
    done = ikepcap("show", str(capture), "--conversation", "9")
    assert (done.returncode, done.stdout) == (2, b"")
    assert b"no negotiation 9, it has 2; 'ikepcap " in done.stderr


@pytest.mark.parametrize(
    ("number", "said"),
    [
        (2, f"frame 2 holds no ISAKMP message but a NAT keepalive {ENDS}, the nearest that do are 1 and 3"),
        (7, f"frame 7 holds no ISAKMP message but ICMP {ENDS}, the nearest that does is 6"),
        (99, "frame 99 holds no ISAKMP message, the capture has 7 frames, the nearest that does is 6"),
    ],
)  # fmt: skip
def test_a_frame_without_a_message_is_told_for_what_it_is(capture: Path, number: int, said: str) -> None:
    done = ikepcap("show", str(capture), "--frame", str(number))
    assert (done.returncode, done.stdout) == (2, b"")
    assert said in done.stderr.decode()
    assert done.stderr.count(b"\n") == 1


def test_of_many_frames_without_a_message_a_few_are_told(capture: Path) -> None:
    wanted = [word for number in range(10, 20) for word in ("--frame", str(number))]
    error = ikepcap("show", str(capture), *wanted).stderr.decode()
    assert "frame 12 holds" in error
    assert "frame 13 holds" not in error
    assert "and 7 frames more without one" in error


def test_standard_input_cannot_be_looked_into_again(capture: Path) -> None:
    done = ikepcap("show", "-", "--frame", "2", data=capture.read_bytes())
    assert b"frame 2 holds no ISAKMP message, the nearest that do are 1 and 3" in done.stderr


def test_a_frame_with_a_part_of_an_ip_datagram_shows_the_whole(tmp_path: Path) -> None:
    data = udp(MSG1)
    path = tmp_path / "x.pcap"
    path.write_bytes(
        frames(
            ethernet(ipv4(data[:40], offset=0, more=True)),
            ethernet(ipv4(data[40:], offset=40)),
        )
    )
    done = ikepcap("show", str(path), "--frame", "1")
    assert headings(done.stdout) == ["frame 2 (IP fragments in frames 1, 2)"]


def test_json_is_one_document_and_secrets_are_left_out_of_it(tmp_path: Path) -> None:
    secret = struct.pack(">HH", 16522, 6) + b"secret"
    path = tmp_path / "x.pcap"
    body = payload(0, b"\x01\0\0\0" + secret)
    path.write_bytes(frames(ike(isakmp(body, following=14, exchange=6, rcookie=RCOOKIE))))
    done = ikepcap("show", str(path), "--format", "json")
    assert json.loads(done.stdout)[0]["fields"][1]["name"] == "ATTR"
    for arguments in ((), ("--hex",), ("--format", "json"), ("--list",)):
        shown = ikepcap("show", str(path), *arguments).stdout
        assert b"secret" not in shown
        assert b"73 65 63" not in shown
        assert b"736563" not in shown
    assert b"secret" in ikepcap("show", str(path), "--show-secrets").stdout


@pytest.mark.parametrize(
    "arguments",
    [("--list", "--hex"), ("--list", "--format", "json"), ("--format", "json", "--hex")],
)
def test_options_that_contradict_each_other_are_refused(capture: Path, arguments: tuple[str, ...]) -> None:
    done = ikepcap("show", str(capture), *arguments)
    assert (done.returncode, done.stdout) == (2, b"")
    assert b"see 'ikepcap show --help'" in done.stderr


def test_a_conversation_of_a_pipe_is_refused(capture: Path, tmp_path: Path) -> None:
    """It would be empty when it is read for the second time."""
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    done = ikepcap("show", str(capture), str(pipe), "--conversation", "1")
    assert (done.returncode, done.stdout) == (2, b"")
    assert f"{str(pipe)!r} can be read only once; save it to a file first" in done.stderr.decode()


def test_a_conversation_of_standard_input_is_refused(capture: Path) -> None:
    done = ikepcap("show", "-", "--conversation", "1", data=capture.read_bytes())
    assert done.returncode == 2
    assert b"use --cookie" in done.stderr


def test_the_list_has_a_line_for_every_datagram(capture: Path) -> None:
    lines = ikepcap("show", str(capture), "--list").stdout.decode().splitlines()
    assert [line.split()[0] for line in lines] == ["1", "3", "4", "5", "6"]
    assert lines[2].endswith("main FRAG")


def test_where_there_is_no_message_at_all_it_says_so(tmp_path: Path) -> None:
    empty = tmp_path / "empty.pcap"
    empty.write_bytes(frames(ethernet(ipv4(bytes(40), 1))))
    none = ikepcap("show", str(empty))
    assert (none.returncode, none.stdout) == (0, b"")
    assert none.stderr.endswith(b"empty.pcap: no ISAKMP message\n")


def test_a_closed_pipe_ends_it_quietly(tmp_path: Path) -> None:
    path = tmp_path / "x.pcap"
    path.write_bytes(frames(*[ike()] * 3_000))
    with subprocess.Popen(
        (*COMMAND, "show", str(path)), stdout=subprocess.PIPE, stderr=subprocess.PIPE
    ) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.readline()
        process.stdout.close()
        assert process.wait(60) in (141, 1)
        assert process.stderr.read() == b""


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="peaks are read from /proc")
def test_memory_does_not_grow_with_the_capture(tmp_path: Path) -> None:
    """Ten times as many negotiations, each with a fragment of what never comes, take no more memory."""
    piece = payload(0, struct.pack(">HBB", 1, 1, 0) + bytes(600))
    peaks_kb = []
    for count in (1_000, 10_000):
        path = tmp_path / f"{count}.pcap"
        records = [ike(isakmp(piece, following=132, rcookie=1, icookie=number)) for number in range(1, count)]
        head = frames(records[0])[:24]
        path.write_bytes(
            head + b"".join(struct.pack("<IIII", 0, 0, len(one), len(one)) + one for one in records)
        )
        code = (
            f"import sys; sys.argv = ['ikepcap', 'show', {str(path)!r}, '--list']\n"
            "from ikepcap.cli.main import main\n"
            "try: main()\n"
            "except SystemExit: pass\n"
            "status = open('/proc/self/status').read()\n"
            "print(status.partition('VmHWM:')[2].split()[0], file=sys.stderr)"
        )
        done = subprocess.run(
            (sys.executable, "-c", code), capture_output=True, text=True, timeout=60, check=True
        )
        assert len(done.stdout.splitlines()) == count - 1
        peaks_kb.append(int(done.stderr.splitlines()[-1]))
    assert peaks_kb[1] < peaks_kb[0] + 8_000


@pytest.mark.parametrize(
    "arguments", [(), ("--list",), ("--format", "json"), ("--scapy",), ("--frame", "99")]
)
def test_it_says_that_the_file_was_cut(tmp_path: Path, arguments: tuple[str, ...]) -> None:
    path = tmp_path / "cut.pcap"
    path.write_bytes(frames(ike(), ike())[:-5])
    done = ikepcap("show", str(path), *arguments)
    assert done.returncode == (2 if "--frame" in arguments else 0)
    assert done.stderr.startswith(
        b"ikepcap: cut.pcap ends early and was read as far as it goes: after frame 1"
    )
    assert b"ends early" not in done.stdout


def test_a_frame_that_was_found_needs_no_word_on_what_follows(tmp_path: Path) -> None:
    path = tmp_path / "cut.pcap"
    path.write_bytes(frames(ike(), ike(), ike())[:-5])
    assert ikepcap("show", str(path), "--frame", "1").stderr == b""


def test_it_says_that_frames_are_of_a_link_type_that_is_not_known(tmp_path: Path) -> None:
    path = tmp_path / "x.pcap"
    path.write_bytes(frames(ike(), link=250))
    said = ikepcap("show", str(path)).stderr
    assert b"x.pcap has frames of a link type that is not known here: they were not read." in said
    assert b"no ISAKMP message" in said


def test_a_list_is_broken_where_columns_were_asked_for(capture: Path) -> None:
    lines = ikepcap("show", str(capture), "--list", "--width", "40").stdout.decode().splitlines()
    assert max(map(len, lines)) <= 40
    assert [line.split()[0] for line in lines if line[:5].strip()] == ["1", "3", "4", "5", "6"]

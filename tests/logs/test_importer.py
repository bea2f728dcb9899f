"""Logs of devices as captures: every kind gives back the messages that it was made of."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import ikepcap
from ikepcap.capture.write import pcapng
from ikepcap.errors import LogError
from ikepcap.logs.importer import read_log, recognise
from tests.keys.peers import Peers
from tests.logs import logged

PEERS = Peers().phase1().quick()
MESSAGES = [(sent.sender, sent.data) for sent in PEERS.sent]
KINDS: dict[str, tuple[str, Callable[[logged.Exchanged], str]]] = {
    "fortigate": ("FortiGate", logged.fortigate),
    "libreswan": ("pluto", logged.libreswan),
    "openswan": ("pluto", logged.openswan),
    "racoon": ("racoon or MikroTik", logged.racoon),
    "mikrotik": ("racoon or MikroTik", logged.mikrotik),
    "strongswan": ("strongSwan", logged.strongswan),
}


def imported(folder: Path, text: str) -> list[tuple[str, int, str, int, bytes, int]]:
    """Return ends, octets and time of every message, read from the capture that was made."""
    log = folder / "device.log"
    log.write_text(text)
    _, frames = read_log(log)
    capture = folder / "device.pcapng"
    capture.write_bytes(pcapng(frames))
    return [
        (
            ".".join(map(str, one.datagram.source)), one.datagram.source_port,
            ".".join(map(str, one.datagram.destination)), one.datagram.destination_port,
            one.message.data, one.datagram.time_ns,
        )
        for one in ikepcap.messages(capture)
    ]  # fmt: skip


@pytest.mark.parametrize("kind", KINDS)
def test_every_message_comes_back_with_its_direction(tmp_path: Path, kind: str) -> None:
    name, write = KINDS[kind]
    found = imported(tmp_path, write(MESSAGES))
    assert [row[4] for row in found] == [data for _, data in MESSAGES]
    wanted = [
        (logged.US, 500, logged.THEM, 500) if s == 0 else (logged.THEM, 500, logged.US, 500)
        for s, _ in MESSAGES
    ]
    assert [row[:4] for row in found] == wanted
    times = [row[5] for row in found]
    assert times == sorted(times)
    assert recognise(tmp_path / "device.log").name == name


@pytest.mark.parametrize("write", [logged.fortigate, logged.libreswan, logged.racoon, logged.strongswan])
def test_port_4500_and_its_marker_are_kept(tmp_path: Path, write: Callable[..., str]) -> None:
    found = imported(tmp_path, write(MESSAGES, port=4500))
    assert [row[4] for row in found] == [data for _, data in MESSAGES]
    assert {row[1] for row in found} == {4500}


@pytest.mark.parametrize("wrapped", [64, 91, 33])
def test_digits_of_fortigate_may_go_on_in_further_lines(tmp_path: Path, wrapped: int) -> None:
    found = imported(tmp_path, logged.fortigate(MESSAGES, wrapped=wrapped))
    assert [row[4] for row in found] == [data for _, data in MESSAGES]


def test_times_are_the_logs(tmp_path: Path) -> None:
    # 2016-05-26 07:49:06 UTC; the log has whole seconds, so messages of one are a millisecond apart.
    first = 1464248946 * 10**9
    found = imported(tmp_path, logged.fortigate(MESSAGES[:4]))
    assert [row[5] - first for row in found] == [0, 10**6, 2 * 10**6, 10**9]


def test_a_retransmission_of_strongswan_is_taken_from_what_was_sent_before(tmp_path: Path) -> None:
    text = logged.strongswan(MESSAGES[:1])
    again = f"15:03:09.000 08[NET] sending packet: from {logged.US}[500] to {logged.THEM}[500] "
    text += "15:03:09.000 08[IKE] sending retransmit 1 of request message ID 0, seq 1\n"
    text += f"{again}({len(MESSAGES[0][1])} bytes)\n"
    assert [row[4] for row in imported(tmp_path, text)] == [MESSAGES[0][1]] * 2


def test_frames_name_the_line_they_come_from(tmp_path: Path) -> None:
    log = tmp_path / "device.log"
    log.write_text(logged.racoon(MESSAGES))
    _, frames = read_log(log)
    data = pcapng(frames)
    assert b"device.log:4" in data


def test_addresses_that_were_made_unreadable_get_others(tmp_path: Path) -> None:
    log = tmp_path / "device.log"
    log.write_text(
        logged.racoon(MESSAGES).replace(logged.THEM, "ip.of.vpn.gateway").replace(logged.US, "x.x.7.3")
    )
    found, frames = read_log(log)
    assert len(list(frames)) == len(MESSAGES)
    assert set(found.invented) == {"ip.of.vpn.gateway", "x.x.7.3"}


def test_what_is_imported_is_analysed_and_decrypted_like_any_capture(tmp_path: Path) -> None:
    from ikepcap.keys.material import Material, Origin
    from ikepcap.keys.ring import KeyRing
    from ikepcap.keys.secret import Secret

    imported(tmp_path, logged.libreswan(MESSAGES))
    material = Material(Origin("k", 1), PEERS.cookies[0], encryption_key=Secret(PEERS.key))
    report = ikepcap.analyze(tmp_path / "device.pcapng", keys=KeyRing([material]))
    (conversation,) = report.conversations
    assert conversation.outcome == "established"
    assert isinstance(conversation.messages, tuple)
    assert [line.decrypted for line in conversation.messages] == [None] * 4 + [True] * 5


def test_a_log_without_dumps_says_what_to_switch_on(tmp_path: Path) -> None:
    log = tmp_path / "charon.log"
    log.write_text("15:03:36.000 00[DMN] Starting IKE charon daemon\n15:03:36.000 05[IKE] initiating\n")
    with pytest.raises(LogError, match=r"looks like a log of strongSwan, .*net = 3 and enc = 3"):
        recognise(log)
    log.write_text("Jan  1 00:00:00 host pluto[1]: listening for IKE messages\n")
    with pytest.raises(LogError, match="plutodebug=all"):
        recognise(log)
    log.write_text("dear diary\n")
    with pytest.raises(LogError, match="known are logs of FortiGate, pluto"):
        recognise(log)
    with pytest.raises(LogError, match="cannot be read"):
        recognise(tmp_path / "nowhere")
    with pytest.raises(LogError, match="give a regular file"):
        recognise("/dev/zero")


def told(folder: Path, text: str) -> tuple[int, int]:
    """Return how many messages of a log become frames, and how many are left out."""
    log = folder / "device.log"
    log.write_text(text)
    found, frames = read_log(log)
    assert len(list(frames)) == found.messages
    return found.messages, found.left_out


@pytest.mark.parametrize("kind", KINDS)
def test_messages_that_are_cut_or_no_ikev1_are_left_out_and_counted(tmp_path: Path, kind: str) -> None:
    write, number = KINDS[kind][1], len(MESSAGES)
    assert told(tmp_path, write(MESSAGES)) == (number, 0)
    for at, (sender, data) in enumerate(MESSAGES):
        without = [*MESSAGES[:at], *MESSAGES[at + 1 :]]
        if sender or kind != "strongswan":  # which logs what it sends with another length than it has
            cut = write([(sender, data[:40])])
            assert told(tmp_path, write(without) + cut) == (number - 1, 1), at
        version_2 = data[:17] + b"\x20" + data[18:]
        assert told(tmp_path, write([*without, (sender, version_2)])) == (number - 1, 1), at


@pytest.mark.parametrize("kind", ["libreswan", "openswan", "racoon", "strongswan"])
def test_a_message_without_a_row_of_its_dump_is_left_out(tmp_path: Path, kind: str) -> None:
    write = KINDS[kind][1]
    rows = write(MESSAGES[:1]).count("\n")
    for sender in (0, 1):
        lines = write([(sender, MESSAGES[0][1]), *MESSAGES[1:2]]).splitlines()
        # The last row of the first dump comes before what tells its ends, or before the next line of text.
        digits = MESSAGES[0][1][-4:].hex()
        (last,) = [n for n, line in enumerate(lines[:rows]) if digits in "".join(line.lower().split())]
        del lines[last]
        assert told(tmp_path, "\n".join(lines)) == (1, 1), sender


def test_what_a_fortigate_sends_without_its_octets_is_counted(tmp_path: Path) -> None:
    lines = [line for line in logged.fortigate(MESSAGES).splitlines() if ": out " not in line]
    sent = sum(sender == 0 for sender, _ in MESSAGES)
    assert told(tmp_path, "\n".join(lines)) == (len(MESSAGES) - sent, sent)


def test_what_charon_names_without_its_octets_is_counted(tmp_path: Path) -> None:
    """With net = 1, the default, what comes in is named once."""
    whole = logged.strongswan(MESSAGES[1:2])
    lines = [line for line in logged.strongswan(MESSAGES).splitlines() if "(" in line]
    assert told(tmp_path, "\n".join([whole, *lines])) == (1, len(MESSAGES))


def texts() -> Iterator[str]:
    return (write(MESSAGES) for _, write in KINDS.values())


@settings(max_examples=120, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.sampled_from(list(texts())), st.integers(0, 12_000), st.integers(0, 300), st.text(max_size=60),
)  # fmt: skip
def test_no_text_raises_but_our_error(tmp_path: Path, text: str, at: int, gone: int, put: str) -> None:
    log = tmp_path / "device.log"
    log.write_text(
        text[:at] + put + text[at + gone :], errors="surrogateescape" if put.isascii() else "replace"
    )
    try:
        _, frames = read_log(log)
    except LogError:
        return
    pcapng(frames)

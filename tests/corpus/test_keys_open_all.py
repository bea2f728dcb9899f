"""Captures of the lab with their keys: every message opens, but for those that are meant to stay closed."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest

import ikepcap
from ikepcap.capture.datagram import Datagram
from ikepcap.capture.reader import Capture
from ikepcap.keys.opened import Reason
from ikepcap.keys.sources import load_ring
from ikepcap.opening import OpenedMessage, Opening
from ikepcap.wire.message import FLAG_ENCRYPTION
from ikepcap.wire.numbers import Payload

CAPTURES = Path(__file__).resolve().parents[2] / "captures"
KEYED = sorted(CAPTURES.glob("*.keys"))

CLOSED = {
    # The peers have different keys, and the table has that of one.
    "main-ipv6-psk-differs-strongswan": Reason.OTHER_KEY,
    "main-nat-t-psk-differs-strongswan": Reason.OTHER_KEY,
    "main-psk-differs-begins-at-msg5-strongswan": Reason.OTHER_KEY,
    "main-psk-differs-libreswan-strongswan": Reason.OTHER_KEY,
    "main-psk-differs-strongswan": Reason.OTHER_KEY,
    "main-psk-differs-begins-at-msg5-libreswan": Reason.UNDECIDED,
    "main-psk-differs-only-initiator-libreswan": Reason.UNDECIDED,
    # The capture holds a block of each message, and most of them more than that.
    "main-psk-differs-snaplen-96-strongswan": Reason.UNDECIDED,
    "main-snaplen-96-strongswan": Reason.UNDECIDED,
}
NESTED = (Payload.PROPOSAL, Payload.TRANSFORM, Payload.NONE)
"""What tshark lists besides payloads: those inside SA, and padding."""
GAPS = {
    # Messages that others' IVs depend on are not in the capture, or come after them.
    "aggressive-begins-at-msg3-strongswan", "aggressive-msg3-dropped-libreswan-near-responder",
    "aggressive-msg3-dropped-strongswan-near-responder", "main-begins-at-msg5-strongswan",
    "main-begins-at-quick-mode-strongswan", "main-dpd-only-strongswan",
    "main-msg5-and-msg6-exchanged-strongswan", "main-msg6-and-qm1-exchanged-strongswan",
    "main-nat-t-only-port-4500-strongswan", "main-only-initiator-strongswan",
    "main-only-responder-strongswan", "main-psk-differs-begins-at-msg5-strongswan",
}  # fmt: skip


def encrypted(keys: Path) -> list[OpenedMessage]:
    found = list(Opening(Capture([keys.with_suffix(".pcap")]), load_ring([keys])))
    return [one for one in found if one.plaintext is not None or one.refusal is not None]


def test_there_are_many() -> None:
    assert len(KEYED) > 100


@pytest.mark.parametrize("keys", KEYED, ids=lambda path: path.stem)
def test_every_message_opens_to_its_last_octet(keys: Path) -> None:
    found = encrypted(keys)
    closed = {one.refusal.reason for one in found if one.refusal is not None}
    assert closed == ({CLOSED[keys.stem]} if keys.stem in CLOSED else set())
    plain = [one.plaintext for one in found if one.plaintext is not None]
    assert any(one.lost for one in plain) == (keys.stem in GAPS)
    assert not [one for one in plain if one.defects and not one.lost]


@pytest.mark.skipif(shutil.which("tshark") is None, reason="tshark is not there")
@pytest.mark.parametrize("keys", KEYED[::8], ids=lambda path: path.stem)
def test_tshark_finds_the_same_payloads_with_the_same_table(keys: Path, tmp_path: Path) -> None:
    """Up to the first message that it loses its IV with: a repetition, a gap, one out of order."""
    theirs, before = by_tshark(keys, tmp_path), set[bytes]()
    ciphertexts = {
        item.frame: item.data
        for item in Capture([keys.with_suffix(".pcap")])
        if isinstance(item, Datagram) and item.data[19] & FLAG_ENCRYPTION
    }
    for one in encrypted(keys):
        frame = one.datagram.frame
        if one.plaintext is None or one.plaintext.lost or one.frames:
            return
        if ciphertexts[frame] in before:
            return
        before.add(ciphertexts[frame])
        assert theirs[frame] == [span.type for span in one.message.spans], frame


@pytest.mark.parametrize("name", sorted(GAPS | {"main-psk-established-libreswan"}))
def test_messages_are_opened_as_the_report_has_them(name: str) -> None:
    """Some of these depend on what comes after them."""
    capture, keys = CAPTURES / f"{name}.pcap", CAPTURES / f"{name}.keys"
    opened = [one for one in ikepcap.messages(capture, keys=keys) if one.plaintext is not None]
    told = [
        line.frame
        for conversation in ikepcap.analyze(capture, keys=keys).conversations
        for line in conversation.messages or ()
        if line.decrypted
    ]
    assert [one.datagram.frame for one in opened] == sorted(told)
    whole = {one.datagram.frame for one in opened if one.plaintext and not one.plaintext.lost}
    assert whole >= {
        one.datagram.frame for one in encrypted(keys) if one.plaintext and not one.plaintext.lost
    }


def test_neighbours_that_changed_places_are_opened_where_they_stand() -> None:
    capture = CAPTURES / "main-msg6-and-qm1-exchanged-strongswan.pcap"
    keys = capture.with_suffix(".keys")
    assert any(one.plaintext is None or one.plaintext.lost for one in encrypted(keys))
    found = [one for one in ikepcap.messages(capture, keys=keys) if one.message.message_id or one.plaintext]
    assert all(one.plaintext is not None and not one.plaintext.lost for one in found)


def by_tshark(keys: Path, folder: Path) -> dict[int, list[int]]:
    """Return the types of the payloads of every message; `folder` is to be tshark's configuration."""
    (folder / "ikev1_decryption_table").write_text(keys.read_text())
    arguments = ["tshark", "-n", "-r", str(keys.with_suffix(".pcap")), "-T", "fields", "-e", "frame.number"]
    told = subprocess.run(
        [*arguments, "-e", "isakmp.typepayload", "-Y", "isakmp"],
        capture_output=True, text=True, check=True, timeout=60,
        env={**os.environ, "WIRESHARK_CONFIG_DIR": str(folder)},
    ).stdout  # fmt: skip
    found: dict[int, list[int]] = {}
    for line in told.splitlines():
        frame, _, types = line.partition("\t")
        listed = [int(kind) for kind in types.split(",") if kind]
        found[int(frame)] = [kind for kind in listed if kind not in NESTED]
    return found

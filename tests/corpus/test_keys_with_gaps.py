"""Keyed captures of the lab without a message, one doubled, a wrong key: right, or it says why not."""

import random
import struct
from collections.abc import Iterable
from pathlib import Path

import pytest

import ikepcap
from ikepcap.capture.datagram import Datagram
from ikepcap.capture.reader import Capture
from ikepcap.keyed import settled
from ikepcap.keys.check import Outcome
from ikepcap.keys.opened import Plaintext, Reason
from ikepcap.keys.ring import KeyRing
from ikepcap.keys.sources import load_ring
from ikepcap.keys.tables import read_table
from ikepcap.opening import OpenedMessage, Opening
from ikepcap.report.model import Conversation, Keyed
from ikepcap.wire.message import HEADER_BYTES
from ikepcap.wire.walk import Fault

CAPTURES = Path(__file__).resolve().parents[2] / "captures"
KEYED = sorted(CAPTURES.glob("*.keys"))
SECRETS = sorted(CAPTURES.glob("*.secrets"))
BLOCK = 16
MISSING = {Reason.UNDECIDED, Reason.INCOMPLETE}
"""What a message may stay closed for that the whole capture opens."""
SOFTER = MISSING | {Reason.OTHER_KEY, Reason.WRONG_KEY}
SHARPER = {
    # What keys make of a finding: the exact reason, or another that nothing in the clear shows.
    "phase2-refused": {
        "phase2-proposal-mismatch", "phase2-selector-mismatch", "phase2-pfs-mismatch", "mode-config-failed",
    },
    "authentication-failed": {"certificate-rejected", "identity-mismatch", "xauth-failed"},
    "mode-config-failed": {"xauth-failed"},
}  # fmt: skip
HIDDEN = {"xauth-failed", "mode-config-failed", "dead-peer"}
"""Faults that keys find where nothing in the clear shows them."""


def encrypted(items: Iterable[Datagram], ring: KeyRing) -> dict[int, OpenedMessage]:
    """Return what the whole capture makes of each encrypted message, by frame."""
    found = settled(Opening(items, ring))
    return {one.datagram.frame: one for one in found if one.plaintext is not None or one.refusal is not None}


def datagrams(capture: Path) -> list[Datagram]:
    return [item for item in Capture([capture]) if isinstance(item, Datagram)]


def is_told_right(one: OpenedMessage, whole: OpenedMessage) -> bool:
    """Whether a message is what it is in the whole capture, or says what is missing of it."""
    if one.plaintext is None:
        assert one.refusal is not None
        allowed = MISSING if whole.plaintext is not None else SOFTER
        return one.refusal.reason in allowed and bool(one.refusal.why)
    if whole.plaintext is None:
        return False
    lost = max(one.plaintext.lost, whole.plaintext.lost)
    at = HEADER_BYTES + lost
    says = any(d.fault is Fault.UNREADABLE for d in one.plaintext.defects) == bool(one.plaintext.lost)
    same = one.plaintext.data[at:] == whole.plaintext.data[at:]
    types = one.plaintext.payload_types() == whole.plaintext.payload_types()
    return lost <= BLOCK and says and same and types


def is_last_of_its_sender(one: OpenedMessage, found: dict[int, OpenedMessage]) -> bool:
    """Whether nothing else that was opened could tell that its sender has the key."""
    opened = [each for each in found.values() if each.plaintext is not None]
    source = one.datagram.source
    return not any(each.datagram.source == source or each.message.exchange != 5 for each in opened)


@pytest.mark.parametrize("keys", KEYED, ids=lambda path: path.stem)
def test_without_any_one_message_the_others_open_or_say_what_is_missing(keys: Path) -> None:
    ring, items = load_ring([keys]), datagrams(keys.with_suffix(".pcap"))
    whole = encrypted(items, ring)
    for gone in {item.data: item for item in items}.values():
        # With its repetitions: one of them would stand in for it.
        found = encrypted([item for item in items if item.data != gone.data], ring)
        without = {item.frame for item in items if item.data == gone.data}
        assert found.keys() == {frame for frame, one in whole.items() if not without & {*one.frames, frame}}
        closed: list[OpenedMessage] = []
        lossy: set[tuple[bytes, int]] = set()
        for frame, one in found.items():
            assert is_told_right(one, whole[frame]), (gone.frame, frame, one.refusal)
            before = whole[frame].plaintext
            if one.refusal is not None and before is not None:
                closed.append(one)
            elif one.plaintext is not None and before is not None and one.plaintext.lost > before.lost:
                lossy.add((one.message.initiator_cookie, one.message.message_id))
            assert not [check for check in one.checks if check.outcome is Outcome.FAILED and not before]
        assert all(is_last_of_its_sender(one, found) for one in closed), gone.frame
        # The next message of the same exchange; behind the last of phase 1, the first of each other one.
        assert len(lossy) <= 1 or 0 not in {number for _, number in lossy}, gone.frame


@pytest.mark.parametrize("secrets", SECRETS, ids=lambda path: path.stem)
def test_without_several_and_with_neighbours_exchanged_nothing_is_said_that_is_not_so(secrets: Path) -> None:
    ring, items = load_ring([secrets]), datagrams(secrets.with_suffix(".pcap"))
    whole, rng = encrypted(items, ring), random.Random(len(items))
    for _ in range(15):
        left = [item for item in items if rng.random() > 0.3]
        for place in range(len(left) - 1):
            if rng.random() < 0.15:
                left[place], left[place + 1] = left[place + 1], left[place]
        order = [item.frame for item in left]
        for frame, one in encrypted(left, ring).items():
            assert is_told_right(one, whole[frame]), (order, frame, one.refusal)
            failed = [check for check in one.checks if check.outcome is Outcome.FAILED]
            assert not [check for check in failed if not check.name.startswith("NAT-D")], (order, frame)


@pytest.mark.parametrize("keys", KEYED[::2], ids=lambda path: path.stem)
def test_any_message_doubled_changes_nothing(keys: Path) -> None:
    ring, items = load_ring([keys]), datagrams(keys.with_suffix(".pcap"))
    whole = {(one.plaintext, one.refusal) for one in encrypted(items, ring).values()}
    for place, item in enumerate(items):
        for later in {place + 1, len(items)}:
            found = encrypted([*items[:later], item, *items[later:]], ring)
            assert {(one.plaintext, one.refusal) for one in found.values()} == whole, place


def wrong(keys: Path) -> KeyRing:
    """Return wrong keys for the SAs of a capture."""
    rows = []
    for material in load_ring([keys]).materials:
        assert material.initiator_cookie is not None
        assert material.encryption_key is not None
        key, cookie = material.encryption_key.reveal(), material.initiator_cookie.hex()
        rows += [f"{cookie},{other.hex()}" for other in (key[::-1], bytes(len(key)))]
    return KeyRing(read_table(rows, "table"))


@pytest.mark.parametrize("keys", KEYED, ids=lambda path: path.stem)
def test_a_wrong_key_opens_nothing_and_is_never_the_other_peers(keys: Path) -> None:
    found = encrypted(datagrams(keys.with_suffix(".pcap")), wrong(keys))
    assert {one.refusal.reason for one in found.values() if one.refusal} <= {
        Reason.WRONG_KEY,
        Reason.UNDECIDED,
    }
    assert not [one for one in found.values() if one.plaintext is not None]


@pytest.mark.parametrize("keys", KEYED[::4], ids=lambda path: path.stem)
def test_a_gap_makes_no_wrong_key_a_right_one(keys: Path) -> None:
    items, ring = datagrams(keys.with_suffix(".pcap")), wrong(keys)
    for gone in range(len(items)):
        found = encrypted([*items[:gone], *items[gone + 1 :]], ring)
        assert not [one for one in found.values() if one.plaintext is not None], gone


def records(capture: bytes) -> list[bytes]:
    """Return the records of a pcap file of this machine's byte order, as tcpdump wrote it in the lab."""
    found, at = [], 24
    while at < len(capture):
        (size,) = struct.unpack_from("<I", capture, at + 8)
        found.append(capture[at : at + 16 + size])
        at += 16 + size
    return found


def faults(conversation: Conversation) -> set[str]:
    return {finding.code for finding in conversation.findings if finding.severity == "fault"}


@pytest.mark.parametrize("keys", KEYED[::4], ids=lambda path: path.stem)
def test_without_any_one_message_keys_make_findings_exact_and_no_others(keys: Path, tmp_path: Path) -> None:
    data, ring = keys.with_suffix(".pcap").read_bytes(), load_ring([keys])
    frames, capture = records(data), tmp_path / "x.pcap"
    for gone in range(len(frames)):
        capture.write_bytes(data[:24] + b"".join(frames[:gone] + frames[gone + 1 :]))
        plain = ikepcap.analyze(capture, strict=True).conversations
        keyed = ikepcap.analyze(capture, strict=True, keys=ring).conversations
        for before, after in zip(plain, keyed, strict=True):
            sharper = set().union(*(SHARPER.get(code, set()) for code in faults(before)))
            assert faults(after) <= faults(before) | sharper | HIDDEN, gone + 1
            told = after.keys
            if isinstance(told, Keyed):
                assert told.why is None if told.opened == told.encrypted else told.why, gone + 1


def test_the_sample_is_what_it_says() -> None:
    assert len(KEYED) > 100
    key = next(iter(load_ring([KEYED[0]]).materials)).encryption_key
    assert key is not None
    opened = encrypted(datagrams(KEYED[0].with_suffix(".pcap")), load_ring([KEYED[0]]))
    assert any(isinstance(one.plaintext, Plaintext) for one in opened.values())

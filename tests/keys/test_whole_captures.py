"""Captures of every kind that keys open: whole, with any one message gone or doubled, with a wrong key."""

from collections.abc import Callable
from pathlib import Path

import pytest
from msgspec import UNSET

import ikepcap
from ikepcap.capture.reader import Capture
from ikepcap.keyed import settled
from ikepcap.keys.check import Outcome
from ikepcap.keys.opened import Reason
from ikepcap.keys.sources import load_ring
from ikepcap.opening import OpenedMessage, Opening
from ikepcap.wire.message import HEADER_BYTES
from tests.keys import wires
from tests.keys.peers import SUITES, Peers

Write = Callable[[Path, Peers], Path]
KINDS = wires.kinds()
SENT = {
    **{name: wires.datagrams(peers) for name, peers in KINDS.items()},
    "fragments": wires.in_fragments(KINDS["main psk"]),
    "fragments of aggressive mode": wires.in_fragments(KINDS["aggressive psk"]),
}
OF = {**KINDS, "fragments": KINDS["main psk"], "fragments of aggressive mode": KINDS["aggressive psk"]}


def opened(capture: Path, keys: Path) -> list[OpenedMessage]:
    """Return the encrypted messages, whole, with what the whole capture makes of them."""
    found = ikepcap.messages(capture, keys=keys)
    return [one for one in found if one.plaintext is not None or one.refusal is not None]


def plain_of(peers: Peers) -> list[bytes]:
    return [sent.plain for sent in peers.sent if sent.plain is not None]


def octets(one: OpenedMessage) -> bytes:
    assert one.plaintext is not None, one.refusal
    return one.message.data[HEADER_BYTES : one.message.spans[-1].end]


def is_what_was_sent(one: OpenedMessage, plain: bytes) -> bool:
    """Whether a message is a plaintext, from the first octet on that could be decrypted."""
    assert one.plaintext is not None
    rest = plain[one.plaintext.lost :]
    if one.message.spans and one.message.spans[-1].end != HEADER_BYTES + len(plain):
        return False
    return one.message.data[HEADER_BYTES + one.plaintext.lost :].startswith(rest)


@pytest.mark.parametrize("name", SENT)
@pytest.mark.parametrize("nat_t_from", [None, 4, 0])
def test_everything_opens_and_every_hash_agrees(name: str, nat_t_from: int | None, tmp_path: Path) -> None:
    peers = OF[name]
    capture = wires.written(tmp_path / "x.pcap", SENT[name], nat_t_from=nat_t_from)
    found = opened(capture, wires.secrets(tmp_path / "keys.toml", peers))
    assert [octets(one) for one in found] == plain_of(peers)
    checks = [check for one in found for check in one.checks]
    # The last of aggressive mode holds one proof, main mode's two one each; after phase 1 each has a hash.
    assert len(checks) == len(found)
    assert {check.outcome for check in checks} == {Outcome.VERIFIED}


@pytest.mark.parametrize("name", SENT)
def test_the_encryption_key_alone_opens_everything_too(name: str, tmp_path: Path) -> None:
    peers = OF[name]
    capture = wires.written(tmp_path / "x.pcap", SENT[name])
    found = opened(capture, wires.table(tmp_path / "ikev1_decryption_table", peers))
    assert [octets(one) for one in found] == plain_of(peers)


@pytest.mark.parametrize("name", SENT)
@pytest.mark.parametrize("write", [wires.table, wires.secrets])
def test_without_any_one_message_the_others_are_right(name: str, write: Write, tmp_path: Path) -> None:
    """An exchange loses a first block at most, or it is said what is missing; the rest is what was sent."""
    peers, sent = OF[name], SENT[name]
    keys = write(tmp_path / ("keys.toml" if write is wires.secrets else "ikev1_decryption_table"), peers)
    for gone in range(len(sent)):
        capture = wires.written(tmp_path / "x.pcap", sent[:gone] + sent[gone + 1 :])
        lost: list[int] = []
        for one in opened(capture, keys):
            if one.refusal is not None:
                assert one.refusal.reason in (Reason.INCOMPLETE, Reason.UNDECIDED), (gone, one.refusal)
                assert one.refusal.why
                continue
            assert one.plaintext is not None
            if one.plaintext.lost:
                lost.append(one.message.message_id)
            assert any(is_what_was_sent(one, plain) for plain in plain_of(peers)), gone
            assert not [check for check in one.checks if check.outcome is Outcome.FAILED], gone
        assert len(lost) == len(set(lost)), gone
        (conversation,) = ikepcap.analyze(capture, keys=keys, strict=True).conversations
        assert isinstance(conversation.messages, tuple)
        said = [
            line.message_id for line in conversation.messages if "cannot be decrypted" in (line.why or "")
        ]
        assert len(said) == len(lost)
        assert not [one for one in conversation.findings if one.code == "psk-mismatch"]


@pytest.mark.parametrize("name", SENT)
def test_any_message_doubled_changes_nothing(name: str, tmp_path: Path) -> None:
    peers, sent = OF[name], SENT[name]
    keys = wires.secrets(tmp_path / "keys.toml", peers)
    for twice in range(len(sent)):
        for later in {twice + 1, min(twice + 3, len(sent)), len(sent)}:
            doubled = [*sent[:later], sent[twice], *sent[later:]]
            found = opened(wires.written(tmp_path / "x.pcap", doubled), keys)
            assert set(map(octets, found)) == set(plain_of(peers)), (twice, later)
            assert {check.outcome for one in found for check in one.checks} == {Outcome.VERIFIED}


@pytest.mark.parametrize("name", SENT)
def test_a_wrong_key_opens_nothing_and_is_called_wrong(name: str, tmp_path: Path) -> None:
    peers = OF[name]
    capture = wires.written(tmp_path / "x.pcap", SENT[name])
    wrong = wires.table(tmp_path / "ikev1_decryption_table", peers, peers.key[::-1])
    found = opened(capture, wrong)
    assert len(found) == len(plain_of(peers))
    for one in found:
        assert one.refusal is not None
        assert one.refusal.reason is Reason.WRONG_KEY
    (conversation,) = ikepcap.analyze(capture, keys=wrong).conversations
    assert isinstance(conversation.messages, tuple)
    assert conversation.keys is not None
    assert [line.decrypted for line in conversation.messages if line.encrypted] == [False] * len(found)
    report = ikepcap.analyze(capture, keys=wrong)
    for said in (ikepcap.render(report, width=200), ikepcap.render(report, "markdown")):
        assert f"0 of {len(found)} encrypted messages opened" in said
        assert "wrong key: with the one from" in said


@pytest.mark.parametrize("name", ["main psk", "aggressive psk", "main xauth"])
def test_a_wrong_psk_opens_nothing_and_is_called_wrong(name: str, tmp_path: Path) -> None:
    peers = OF[name]
    keys = wires.secrets(tmp_path / "keys.toml", peers)
    keys.write_text(keys.read_text().replace(peers.psk.decode(), "another one"))
    for one in opened(wires.written(tmp_path / "x.pcap", SENT[name]), keys):
        assert one.refusal is not None
        assert one.refusal.reason is Reason.WRONG_KEY


@pytest.mark.parametrize("name", KINDS)
def test_neighbours_that_changed_places_open_in_the_end(name: str, tmp_path: Path) -> None:
    """What a message's IV depends on comes after it then; phase 1 in the clear has to come first."""
    peers, sent = OF[name], SENT[name]
    keys = wires.secrets(tmp_path / "keys.toml", peers)
    clear = sum(each.plain is None for each in peers.sent)
    for at in range(clear, len(sent) - 1):
        swapped = [*sent[:at], sent[at + 1], sent[at], *sent[at + 2 :]]
        capture = wires.written(tmp_path / "x.pcap", swapped)
        report = ikepcap.analyze(capture, keys=keys, strict=True)
        (conversation,) = report.conversations
        assert conversation.keys is not UNSET
        assert (conversation.keys.opened, conversation.keys.why) == (len(plain_of(peers)), None)
        assert isinstance(conversation.messages, tuple)
        assert not [line.why for line in conversation.messages if "cannot be decrypted" in (line.why or "")]


def test_a_key_that_proves_right_later_is_not_called_wrong(tmp_path: Path) -> None:
    """The peers have different pre-shared keys, and the one that is given is that of the peer who answers."""
    peers = Peers(seed=30)
    peers.phase1()
    right = peers.key
    del peers.sent[4:]
    peers.sealed("MSG5", 0, peers.identities[0], *peers.proven(0), key=bytes(16))
    peers.informational(1)
    capture = wires.written(tmp_path / "x.pcap", wires.datagrams(peers))
    keys = wires.table(tmp_path / "ikev1_decryption_table", peers, right)
    found = {one.datagram.frame: one for one in settled(Opening(Capture([capture]), load_ring([keys])))}
    assert found[6].plaintext is not None
    assert found[5].refusal is not None
    assert found[5].refusal.reason is Reason.OTHER_KEY


def test_a_right_key_is_not_called_wrong_where_nothing_could_bear_it_out(tmp_path: Path) -> None:
    """After the block that MSG5 would tell, MSG6 holds nothing but a hash; its repetitions are no MSG5."""
    peers = Peers(SUITES["AES-256-SHA2-256"]).phase1().again("MSG6").again("MSG6")
    peers.without("MSG1", "MSG2", "MSG3", "MSG4", "MSG5")
    capture = wires.written(tmp_path / "x.pcap", wires.datagrams(peers))
    keys = wires.table(tmp_path / "ikev1_decryption_table", peers, peers.key)
    found = {
        one.datagram.frame: one.refusal for one in settled(Opening(Capture([capture]), load_ring([keys])))
    }
    assert len(found) == 3
    for refusal in found.values():
        assert refusal is not None
        assert refusal.reason is Reason.UNDECIDED

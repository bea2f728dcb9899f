"""What is concluded from messages that keys opened, in captures made of real encryption."""

import json
from pathlib import Path

import pytest

import ikepcap
from ikepcap.capture.write import Hop, udp_packets
from ikepcap.report.model import Conversation, Finding
from ikepcap.testing import Frame, pcap
from ikepcap.wire import build
from ikepcap.wire.build import Part
from ikepcap.wire.numbers import Exchange, NotifyType
from ikepcap.wire.walk import Attribute
from tests.keys import wires
from tests.keys.peers import Peers

SPI_TO_INITIATOR, SPI_TO_RESPONDER = b"\xc1\x11\x11\x11", b"\xc2\x22\x22\x22"


def transaction(peers: Peers, message_id: int, *steps: tuple[int, int, list[Attribute]]) -> Peers:
    """Add the messages of one exchange: sender, type, attributes."""
    for number, (sender, kind, attributes) in enumerate(steps, 1):
        parts = peers.hashed_parts(message_id, build.configuration(kind, attributes))
        peers.sealed(f"T{number}", sender, *parts, exchange=Exchange.TRANSACTION, message_id=message_id)
    return peers


def informational(peers: Peers, message_id: int, sender: int, *parts: Part) -> Peers:
    hashed = peers.hashed_parts(message_id, *parts)
    return peers.sealed("INFO", sender, *hashed, exchange=Exchange.INFORMATIONAL, message_id=message_id)


def concluded(folder: Path, peers: Peers, *esp: tuple[int, bytes], gap_ns: int = 10**8) -> Conversation:
    """Analyse a script with its keys; `esp` follows it, from a peer and under an SPI."""
    frames = []
    for number, (sender, data) in enumerate(wires.datagrams(peers)):
        hop = Hop(wires.ENDS[sender], wires.ENDS[1 - sender], ip_id=number + 1)
        frames += [Frame(number * gap_ns, packet) for packet in udp_packets(hop, 500, 500, data)]
    for number, (sender, spi) in enumerate(esp, len(frames)):
        hop = Hop(wires.ENDS[sender], wires.ENDS[1 - sender], ip_id=number + 1)
        packets = udp_packets(hop, 4500, 4500, spi + bytes(40))
        frames += [Frame(number * gap_ns, packet) for packet in packets]
    capture = folder / "x.pcap"
    capture.write_bytes(pcap(frames))
    keys = wires.secrets(folder / "keys.toml", peers)
    (conversation,) = ikepcap.analyze(capture, keys=keys, strict=True).conversations
    return conversation


def the(conversation: Conversation, code: str) -> Finding:
    (finding,) = (one for one in conversation.findings if one.code == code)
    return finding


def codes(conversation: Conversation) -> list[str]:
    return [one.code for one in conversation.findings if one.code != "weak-crypto"]


REQUEST, REPLY, SET, ACK = 1, 2, 3, 4
NAME, STATUS, ADDRESS = 16521, 16527, 1


def login(status: int) -> Peers:
    peers = Peers(auth=65001).phase1()
    transaction(
        peers, 0x0C0FFEE0, (1, REQUEST, [build.tlv(NAME, b"")]), (0, REPLY, [build.tlv(NAME, b"ann")])
    )
    return transaction(
        peers, 0x0C0FFEE1, (1, SET, [build.tv(STATUS, status)]), (0, ACK, [build.tlv(STATUS, b"")])
    )


def test_a_status_of_fail_is_proof_that_the_user_was_not_let_in(tmp_path: Path) -> None:
    finding = the(concluded(tmp_path, login(0)), "xauth-failed")
    assert (finding.certainty, finding.frames) == ("proven", (9,))
    assert finding.evidence == ("Frame 9 from 198.51.100.7 sets XAUTH-STATUS to FAIL",)


def test_a_status_of_ok_with_which_the_capture_ends_is_no_fault(tmp_path: Path) -> None:
    """Without keys this is taken for a user who was not let in, or left open."""
    found = concluded(tmp_path, login(1), gap_ns=10**9)
    assert codes(found) == ["ends-early"]
    assert the(found, "ends-early").alternatives == ("mode-config-failed",)


WAITED = (0, b"\xfe\xed\xfa\xce")
"""ESP of somebody else's, only to show that the capture goes on."""


def test_a_status_of_ok_that_nothing_follows_may_be_for_want_of_mode_config(tmp_path: Path) -> None:
    finding = the(concluded(tmp_path, login(1), WAITED, gap_ns=11 * 10**9), "mode-config-failed")
    assert (finding.certainty, finding.frames, finding.alternatives) == ("possible", (9,), ())
    assert finding.evidence == (
        "Frame 9 sets XAUTH-STATUS to OK", "Nothing follows it in the 11.0 s after it",
    )  # fmt: skip


@pytest.mark.parametrize("what", ["quick mode", "a request for an address", "a delete"])
def test_a_status_of_ok_that_something_follows_is_no_fault(tmp_path: Path, what: str) -> None:
    peers = login(1)
    if what == "quick mode":
        peers.quick()
    elif what == "a delete":
        deleting(peers, 0, 1, b"".join(peers.cookies))
    else:
        given = [build.tlv(ADDRESS, bytes([203, 0, 113, 9]))]
        transaction(peers, 0x0C0FFEE3, (0, REQUEST, [build.tlv(ADDRESS, b"")]), (1, REPLY, given))
    found = codes(concluded(tmp_path, peers, WAITED, gap_ns=11 * 10**9))
    assert "mode-config-failed" not in found
    assert "ends-early" not in found


def test_the_acknowledgement_of_a_verdict_is_none(tmp_path: Path) -> None:
    """StrongSwan as a client acknowledges with an empty status, which reads as 0."""
    assert "xauth-failed" not in codes(concluded(tmp_path, login(1).quick()))


def with_address(reply: list[Attribute]) -> Peers:
    peers = Peers(seed=9).phase1()
    return transaction(peers, 0x0C0FFEE2, (0, REQUEST, [build.tlv(ADDRESS, b"")]), (1, REPLY, reply))


@pytest.mark.parametrize("reply", [[], [build.tlv(ADDRESS, b"")], [build.tlv(ADDRESS, bytes(4))]])
def test_an_answer_without_an_address_is_proof(tmp_path: Path, reply: list[Attribute]) -> None:
    finding = the(concluded(tmp_path, with_address(reply)), "mode-config-failed")
    assert (finding.certainty, finding.frames) == ("proven", (7, 8))


def test_an_address_that_was_given_is_no_fault(tmp_path: Path) -> None:
    given = with_address([build.tlv(ADDRESS, bytes([203, 0, 113, 9]))])
    assert codes(concluded(tmp_path, given)) == []
    without_but_up = with_address([]).quick()
    assert codes(concluded(tmp_path, without_but_up)) == []


def deleting(peers: Peers, sender: int, protocol: int, spi: bytes) -> Peers:
    return informational(peers, 0x0DE1E7E0, sender, build.delete([spi], protocol=protocol))


@pytest.mark.parametrize("gap_ns", [10**8, 3 * 10**9])
def test_a_delete_of_a_tunnel_that_was_up_is_no_fault(tmp_path: Path, gap_ns: int) -> None:
    """However soon: somebody tried whether it comes up."""
    peers = Peers().phase1().quick()
    found = concluded(tmp_path, deleting(peers, 1, 3, SPI_TO_RESPONDER), gap_ns=gap_ns)
    finding = the(found, "sa-deleted")
    assert "responder 198.51.100.7" in finding.claim
    assert finding.evidence[0] == "Frame 10 from 198.51.100.7 deletes the ESP SA c2222222"
    assert "deleted-by-peer" not in codes(found)


def test_which_sa_is_deleted_is_said(tmp_path: Path) -> None:
    peers = Peers().phase1().quick()
    cookies = b"".join(peers.cookies)
    told = the(concluded(tmp_path, deleting(peers, 0, 1, cookies), gap_ns=10**10), "sa-deleted")
    assert "deletes this ISAKMP SA" in told.evidence[0]
    peers = Peers().phase1().quick()
    told = the(concluded(tmp_path, deleting(peers, 0, 1, bytes(15) + b"\1"), gap_ns=10**10), "sa-deleted")
    assert "deletes another ISAKMP SA" in told.evidence[0]
    peers = Peers().phase1().quick()
    told = the(concluded(tmp_path, deleting(peers, 0, 3, b"abcd"), gap_ns=10**10), "sa-deleted")
    assert "ESP SA 61626364, which no opened quick mode made" in told.evidence[0]


def alive(peers: Peers, kind: NotifyType, sender: int, number: int, message_id: int) -> Peers:
    note = build.notify(kind, spi=b"".join(peers.cookies), data=number.to_bytes(4))
    return informational(peers, message_id, sender, note)


def test_dead_peer_detection_is_told_by_its_numbers(tmp_path: Path) -> None:
    peers = Peers().phase1().quick()
    alive(peers, NotifyType.R_U_THERE, 0, 70, 1)
    alive(peers, NotifyType.R_U_THERE_ACK, 1, 70, 2)
    for number in (71, 72, 73):
        alive(peers, NotifyType.R_U_THERE, 0, number, number)
    finding = the(concluded(tmp_path, peers, gap_ns=5 * 10**9), "dead-peer")
    assert finding.frames == (12, 13, 14)
    assert finding.evidence[0].startswith(
        "3 R-U-THERE with sequence numbers 71 to 73 in 10.0 s from 192.0.2.1"
    )
    assert finding.evidence[1] == "The last R-U-THERE-ACK, in frame 11, was to 70"


def test_a_peer_that_still_speaks_is_not_dead(tmp_path: Path) -> None:
    peers = Peers().phase1().quick()
    alive(peers, NotifyType.R_U_THERE, 0, 70, 1)
    alive(peers, NotifyType.R_U_THERE_ACK, 1, 70, 2)
    for number in (71, 72, 73):
        alive(peers, NotifyType.R_U_THERE, 0, number, number)
    peers.quick(0x4711, 1)
    assert "dead-peer" not in codes(concluded(tmp_path, peers, gap_ns=5 * 10**9))


@pytest.mark.parametrize(
    ("senders", "claim"),
    [
        ((0, 1, 0), "ESP goes both ways under the SPIs of quick mode 9d3f0a11"),
        ((0, 0), "ESP under the SPIs of quick mode 9d3f0a11 comes from the initiator alone"),
        ((1,), "ESP under the SPIs of quick mode 9d3f0a11 comes from the responder alone"),
    ],
)
def test_esp_is_proof_by_direction(tmp_path: Path, senders: tuple[int, ...], claim: str) -> None:
    esp = [(sender, (SPI_TO_RESPONDER, SPI_TO_INITIATOR)[sender]) for sender in senders]
    found = concluded(tmp_path, Peers().phase1().quick(), *esp)
    finding = the(found, "esp-seen")
    assert finding.certainty == "proven"
    assert finding.claim.startswith(claim)
    entry = json.loads(
        ikepcap.render(ikepcap.analyze(tmp_path / "x.pcap", keys=tmp_path / "keys.toml"), "json")
    )
    flows = entry["conversations"][0]["exchanges"][0]["esp"]
    assert {(one["from"], one["packets"]) for one in flows} == {
        (("initiator", "responder")[side], senders.count(side)) for side in set(senders)
    }


def test_esp_under_other_spis_or_without_keys_proves_nothing(tmp_path: Path) -> None:
    found = concluded(tmp_path, Peers().phase1().quick(), (0, b"abcd"), (0, SPI_TO_INITIATOR))
    assert codes(found) == []
    report = json.loads(ikepcap.render(ikepcap.analyze(tmp_path / "x.pcap"), "json"))
    assert "esp" not in report["conversations"][0]["exchanges"][0]
    assert "keys" not in report["conversations"][0]


def test_a_quick_mode_whose_end_was_not_captured_came_up_if_esp_comes_back(tmp_path: Path) -> None:
    cut = Peers().phase1().quick().without("QM3")
    assert concluded(tmp_path, cut).exchanges[0].outcome != "established"
    assert concluded(tmp_path, cut, (0, SPI_TO_RESPONDER)).exchanges[0].outcome != "established"
    assert concluded(tmp_path, cut, (1, SPI_TO_INITIATOR)).exchanges[0].outcome == "established"


def test_an_offer_is_held_against_what_the_peer_took_before(tmp_path: Path) -> None:
    """The refusal is the same for a proposal and for PFS; the quick mode before shows which it is."""
    peers = Peers().phase1().quick()
    kept = len(peers.sent)
    peers.quick(0x77, public=wires.GROUP_2)
    del peers.sent[kept + 1 :]
    informational(peers, 0x99, 1, build.notify(NotifyType.NO_PROPOSAL_CHOSEN, protocol=3, spi=bytes(4)))
    finding = the(concluded(tmp_path, peers), "phase2-pfs-mismatch")
    assert "differs in group for PFS from what it has in frame 8" in finding.claim
    assert any("PFS MODP-1024" in line for line in finding.evidence)
    assert any("itself has ESP AES-CBC-128, HMAC-SHA1, tunnel, no PFS" in line for line in finding.evidence)

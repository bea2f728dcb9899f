"""What is changed before it is sent: policies by words, messages by their layers, and how they are sent."""

from pathlib import Path

import pytest

from ikepcap import replaying
from ikepcap.errors import ReplayError
from ikepcap.replay.actions import Send
from ikepcap.replay.behaviour import behaviour
from ikepcap.replay.edits import edited
from ikepcap.replay.manners import MANNERS
from ikepcap.replay.witness import Probe, Verbatim
from ikepcap.replay.words import identity
from ikepcap.wire.message import parse
from ikepcap.wire.numbers import Payload
from ikepcap.wire.offer import read_offer
from tests.replay.peers import as_pcap, join, paths, policy

OFFERS = ("aes128-sha1-modp1024", "3des-md5-modp1536", "aes256-sha512-ecp384")


def test_edits() -> None:
    made = edited(
        policy(*OFFERS),
        ["transform=3", "encryption=aes128", "hash=md5", "group=14", "auth=xauth-psk", "lifetime=100000",
         "id=user:me@example.net", "vendor-id=none", "vendor-id=+0102", "nonce=16", "mode=aggressive"],
    )  # fmt: skip
    (one,) = read_offer(made.offer).transforms
    assert (one.encryption, one.key_bits, one.hash, one.group, one.auth) == (7, 128, 1, 14, 65001)
    assert one.lifetime_s == 100_000
    assert made.vendor_ids == (b"\1\2",)
    assert (made.nonce_bytes, made.mode, made.identity) == (16, "aggressive", identity("me@example.net"))
    assert edited(made, ["vendor-id=-01"]).vendor_ids == ()


@pytest.mark.parametrize(
    "text", ["", "group", "group=none", "encryption=rot13", "lifetime=long", "transform=9", "vendor-id=xyz",
             "vendor-id=+", "mode=base", "nonce=0", "id=", "colour=red"],
)  # fmt: skip
def test_edits_that_mean_nothing(text: str) -> None:
    with pytest.raises(ReplayError):
        edited(policy(), [text])


def test_fields_of_messages_are_edited_on_their_layers() -> None:
    one = edited(
        policy(OFFERS[0]),
        ["MSG1:Proposal.number=7", "MSG1:Phase1Attribute[3].value=SHA2-256", "MSG1:VendorId[2]=none",
         "MSG3:Nonce.data=0x" + "5a" * 20],
    )  # fmt: skip
    memory = join(one, policy(OFFERS[0], "aes128-sha256-modp1024")).run()
    done = memory.result()
    assert done is not None
    assert done.result == "established"  # what was edited is what both negotiate
    first, third = (parse(memory.captured[at].payload) for at in (0, 2))
    assert first is not None
    assert third is not None
    assert not first.defects
    (proposal,) = read_offer(first.bodies(Payload.SA)[0]).proposals
    assert (proposal.number, proposal.transforms[0].hash) == (7, 4)
    assert len(first.bodies(Payload.VENDOR_ID)) == len(one.vendor_ids) - 1
    assert third.bodies(Payload.NONCE) == (b"\x5a" * 20,)


def test_what_is_encrypted_is_edited_before_it_is_sealed() -> None:
    one = edited(policy(), ["MSG5:Identification.data=0x0a000001", "QM1:Identification[2].port=500"])
    memory = join(one, policy()).run()
    (responder,) = memory.responders.sessions.values()  # type: ignore[attr-defined]
    assert (responder.facts.identity[0] or b"")[4:] == bytes((10, 0, 0, 1))
    # HASH_I was made of the other identity: an edit changes a message, and what is proven stays.
    assert responder.result.result == "refused"
    mended = join(edited(policy(), ["QM1:Identification[2].port=500"]), policy()).run().result()
    assert mended is not None
    assert mended.result == "established"  # HASH(1) is made of what is sent


def test_a_length_that_is_set_stays_wrong() -> None:
    memory = join(edited(policy(), ["MSG1:ISAKMP.length=4000", "MSG1:ISAKMP.flags=4"]), policy()).run(2)
    first = memory.captured[0].payload
    assert (int.from_bytes(first[24:28]), first[19]) == (4000, 4)
    assert len(memory.captured) == 1


def test_verbatim_and_probe_are_edited_too(tmp_path: Path) -> None:
    before = join(policy()).run()
    file = as_pcap(before.captured, tmp_path / "captured.pcap")
    made = edited(policy(manner=MANNERS["quick"]), ["MSG1:VendorId=none"])
    verbatim = Verbatim(replaying.take(file).script, paths()[0], made.manner, made.edits)
    probe = Probe(made, [made.offer], paths()[0], bytes)
    for engine in (verbatim, probe):
        (send, _) = engine.start(0)
        assert isinstance(send, Send)
        assert len(send.data) == len(before.captured[0].payload) - 4 - len(made.vendor_ids[0])


@pytest.mark.parametrize("text", [
    "MSG1:VendorId=else", "MSG1:VendorId[9]=none", "MSG1:Transform=none", "MSG1:Nonsense.x=1",
    "MSG1:Transform.colour=1", "MSG1:Transform.number=red", "MSG1:", "MSG1:Transform.number=70000",
])  # fmt: skip
def test_edits_of_messages_that_cannot_be_made_are_said_before_anything_is_sent(text: str) -> None:
    with pytest.raises(ReplayError):
        join(edited(policy(), [text]), policy()).run()


def test_number_too_large_for_its_field_is_told_what_the_field_holds() -> None:
    with pytest.raises(
        ReplayError, match=r"^MSG1: Transform\[1\]\.number does not take '256': it holds 0 to 255$"
    ):
        join(edited(policy(), ["MSG1:Transform.number=256"]), policy()).run()


def test_what_is_dropped_is_not_called_sent() -> None:
    memory = join(policy(), initiator_behaviour=behaviour(("lose=MSG3",))).run(200)
    assert [send.step for _, send in memory.sent] == ["MSG1"]
    done = memory.result()
    assert done is not None
    assert done.why == "MSG3 was dropped on purpose 6 times and not answered"


def test_several_messages_are_lost_late_and_cut() -> None:
    wrong = behaviour(("lose=QM3", "delay=MSG3:2.5", "delay=MSG5:1", "cut=MSG3:100", "cut=QM1:80"))
    memory = join(policy(), policy(), initiator_behaviour=wrong).run(20)
    steps = [send.step for _, send in memory.sent]
    assert steps.count("MSG1") == 1
    assert steps.count("MSG3") > 2
    assert steps.count("QM1") >= 3
    assert "QM3" not in steps
    times = {send.step: at_ns for at_ns, send in reversed(memory.sent)}
    assert times["MSG3"] - times["MSG1"] >= 2_500_000_000
    assert times["MSG5"] - times["MSG3"] >= 1_000_000_000

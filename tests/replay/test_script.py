"""A captured negotiation as the script of a replay, and what playing it comes to."""

from pathlib import Path

import pytest
from msgspec.structs import replace

from ikepcap import replaying
from ikepcap.errors import ReplayError
from ikepcap.keys.material import Origin
from ikepcap.keys.own import own_table
from ikepcap.keys.sources import load_ring
from ikepcap.replay.actions import Endpoint
from ikepcap.replay.behaviour import behaviour
from ikepcap.replay.manners import MANNERS
from ikepcap.replay.memory import Memory
from ikepcap.replay.policy import DEAD_PEER, FRAGMENTATION, NAT_T, Policy, subnet
from ikepcap.replay.responders import Responders
from ikepcap.replay.run import Player
from ikepcap.replay.safety import Gate
from ikepcap.replay.script import initiator_policy, one_transform_each, responder_policy
from ikepcap.replay.witness import Probe, Verbatim
from ikepcap.replay.words import identity, phase1_offer, phase2_offer
from ikepcap.wire.message import parse
from ikepcap.wire.numbers import Payload
from ikepcap.wire.offer import read_offer
from tests.replay.certificates import authorities, credential
from tests.replay.peers import PSK, as_pcap, join, paths, policy

OFFERS = ("aes128-sha1-modp1024", "3des-md5-modp1536", "aes256-sha512-ecp384")
VENDOR_IDS = (DEAD_PEER, b"a box of ours", NAT_T)


def captured(tmp_path: Path, one: Policy, other: Policy | None = None, *faults: str) -> tuple[Path, Memory]:
    memory = join(one, other, behaviour(faults), seed=5).run()
    return as_pcap(memory.captured, tmp_path / "captured.pcap"), memory


@pytest.mark.parametrize("mode", ["main", "aggressive"])
def test_what_is_offered_again_is_the_captured_offer_to_the_octet(mode: str, tmp_path: Path) -> None:
    """Order, lifetimes, vendor IDs and sizes; cookie, nonce and public value are new."""
    offers = OFFERS if mode == "main" else OFFERS[:1]
    one = policy(
        *offers, mode=mode, vendor_ids=VENDOR_IDS, nonce_bytes=20, identity=identity("fqdn:a.example")
    )
    file, before = captured(tmp_path, one)
    taken = replaying.take(file)
    again = join(initiator_policy(taken.script, Policy(offer=b"", psk=PSK)), one, seed=6).run()
    first, second = (parse(one.captured[0].payload) for one in (before, again))
    assert first is not None
    assert second is not None
    assert first.payload_types() == second.payload_types()
    assert len(first.data) == len(second.data)
    for kind in (Payload.SA, Payload.VENDOR_ID, Payload.ID):
        assert first.bodies(kind) == second.bodies(kind)
    assert first.initiator_cookie != second.initiator_cookie
    for kind in (Payload.KE, Payload.NONCE):
        assert not set(first.bodies(kind)) & set(second.bodies(kind))


def test_keys_let_quick_mode_and_identity_be_played_as_captured(tmp_path: Path) -> None:
    one = policy(
        identity=identity("fqdn:branch.example"),
        quick_offer=phase2_offer(("aes128-sha1-modp1024", "3des-md5")),
        selectors=(subnet("10.1.0.0/16"), subnet("10.2.0.0/16")), initial_contact=True,
    )  # fmt: skip
    file, before = captured(tmp_path, one, replace(one, identity=None))
    keys = tmp_path / "keys.toml"
    keys.write_text(own_table(before.initiator.sa.material(Origin("x", 1))))  # type: ignore[attr-defined]
    blind = replaying.take(file).script
    assert (blind.identity, blind.quick_offer, blind.selectors) == (None, None, None)
    seen = replaying.take(file, ring=load_ring([keys])).script
    assert seen.identity == one.identity
    assert seen.selectors == one.selectors
    assert seen.initial_contact
    found = [
        (each.transform_id, each.key_bits, each.group)
        for each in read_offer(seen.quick_offer or b"").transforms
    ]
    assert found == [(12, 128, 2), (3, None, None)]


def test_copies_come_when_they_came(tmp_path: Path) -> None:
    one = policy(manner=MANNERS["asa"])
    file, _ = captured(tmp_path, one, None, "silent=MSG4")
    script = replaying.take(file).script
    assert [round(gap) for gap in script.gaps_s] == [8, 8, 8]
    assert initiator_policy(script, Policy(offer=b"")).manner.gaps_s == script.gaps_s


def test_fragments_have_the_captured_size(tmp_path: Path) -> None:
    one = policy(auth="rsa-sig", credential=credential("rsa", "left"), authorities=authorities(),
                 vendor_ids=(NAT_T, FRAGMENTATION), fragment_bytes=333)  # fmt: skip
    file, _ = captured(tmp_path, one)
    assert replaying.take(file).script.fragment_bytes == 333


def test_the_responder_of_a_capture_takes_what_it_took(tmp_path: Path) -> None:
    file, _ = captured(tmp_path, policy(*OFFERS), policy(OFFERS[1]))
    like = responder_policy(replaying.take(file).script, Policy(offer=b"", psk=PSK))
    memory = join(policy(*OFFERS), like).run()
    assert memory.initiator.suite.group == 5  # type: ignore[attr-defined]  # modp1536
    done = join(policy(OFFERS[0]), like).run().result()
    assert done is not None
    assert done.result == "refused"


@pytest.mark.parametrize(
    ("faults", "again", "expected"),
    [
        (("wrong-psk",), ("wrong-psk",), "same"),
        (("wrong-psk",), (), "further"),
        ((), ("wrong-psk",), "less-far"),
        (("unknown-peer",), ("refuse-proposal",), "other-refusal"),
        (("phase2-proposal",), (), "further"),
        ((), ("phase2-silent",), "less-far"),
        ((), (), "same"),
        (("silent=MSG4",), ("silent=MSG4",), "same"),
    ],
)
def test_verdicts(faults: tuple[str, ...], again: tuple[str, ...], expected: str, tmp_path: Path) -> None:
    file, _ = captured(tmp_path, policy(), None, *faults)
    taken = replaying.take(file)
    peer = Responders(policy(), _counting(), behaviour(again))
    found = replaying.replay(taken, initiator_policy(taken.script, policy()), peer)
    assert found.verdict == expected, found.live


def test_what_is_not_there_cannot_be_taken(tmp_path: Path) -> None:
    file, _ = captured(tmp_path, policy())
    with pytest.raises(ReplayError, match="no such negotiation"):
        replaying.take(file, number=2)
    with pytest.raises(ReplayError, match="no such negotiation"):
        replaying.take(file, cookie="00")


def test_verbatim_sends_the_captured_octets_but_for_what_it_must_adopt(tmp_path: Path) -> None:
    file, before = captured(tmp_path, policy())
    script = replaying.take(file).script
    memory = Memory(Verbatim(script, paths("192.0.2.99")[0], MANNERS["quick"]),
                    Responders(policy(), _counting())).run()  # fmt: skip
    done = memory.result()
    assert done is not None
    assert (done.result, len(memory.sent)) == ("answered", 2)
    assert memory.sent[0][1].data == before.captured[0].payload
    old, new = parse(before.captured[2].payload), parse(memory.sent[1][1].data)
    assert old is not None
    assert new is not None
    assert new.bodies(Payload.KE) == old.bodies(Payload.KE)
    assert new.responder_cookie != old.responder_cookie
    assert len(set(new.bodies(Payload.NAT_D)) & set(old.bodies(Payload.NAT_D))) == 0


def test_probe_learns_which_transforms_are_accepted() -> None:
    asked = policy(*OFFERS, manner=MANNERS["quick"])
    probe = Probe(asked, one_transform_each(asked.offer), paths()[0], _counting())
    memory = Memory(probe, Responders(policy(OFFERS[0], OFFERS[2]), _counting())).run()
    done = memory.result()
    assert done is not None
    assert done.why == "2 of 3 offers accepted"
    notes = [str(getattr(one.said, "text", "")) for one in memory.told if one.side == "initiator"]
    assert [note.split(":")[0] for note in notes if note] == [
        "accepted", "3DES-CBC, MD5, MODP-1536, PSK", "accepted",
    ]  # fmt: skip


def _counting() -> "Counting":
    return Counting()


class Counting:
    """Octets that are not random, and never the same."""

    def __init__(self) -> None:
        self.count = 0

    def __call__(self, size: int) -> bytes:
        self.count += 1
        return self.count.to_bytes(size)


def test_rehearsal_shows_what_would_be_sent(tmp_path: Path) -> None:
    file, _ = captured(tmp_path, policy())
    script = replaying.take(file).script
    gate = Gate()
    ends = ("192.0.2.1", Endpoint("198.51.100.7", 500), Endpoint("198.51.100.7", 4500))
    player = Player(initiator_policy(script, policy()), script, "fresh", ends, gate=gate)
    assert [send.step for _, send in player.rehearsed()] == ["MSG1", "MSG3", "MSG5", "QM1", "QM3"]
    assert gate.count == 0


@pytest.mark.parametrize(
    "word", ["", "aes", "aes256-sha256", "aes256-sha256-modp1", "aes256-sha256-modp2048-x"]
)
def test_proposals_that_mean_nothing(word: str) -> None:
    with pytest.raises(ReplayError, match="no phase-1 proposal"):
        phase1_offer((word,), "psk")


def test_authentication_that_means_nothing() -> None:
    with pytest.raises(ReplayError, match="is none of"):
        phase1_offer(("aes256-sha256-modp2048",), "trust")


@pytest.mark.parametrize("word", ["", "rot13", "aes256-modp1", "aes256-sha256-sha0"])
def test_phase_2_proposals_that_mean_nothing(word: str) -> None:
    with pytest.raises(ReplayError, match="no phase-2 proposal"):
        phase2_offer((word,))


NO_FAULTS = (
    "explode",
    "silent=MSG9",
    "silent=",
    "refuse=MSG2",
    "refuse=MSG2:NO",
    "delay=x",
    "delay=9999",
    "delay=MSG9:1",
    "cut=MSG5",
    "cut=MSG5:9",
    "lose=",
)


@pytest.mark.parametrize("word", NO_FAULTS)
def test_faults_that_mean_nothing(word: str) -> None:
    with pytest.raises(ReplayError):
        behaviour((word,))


def test_own_table_is_read_back(tmp_path: Path) -> None:
    memory = join(policy(esp=("aes128-sha1-modp1024",))).run()
    made = memory.initiator.sa.material(Origin("x", 1))  # type: ignore[attr-defined]
    file = tmp_path / "keys.toml"
    file.write_text(own_table(made))
    (read,) = load_ring([file]).materials
    assert replace(read, origin=made.origin) == made

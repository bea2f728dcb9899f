"""Initiator and responder in memory. What they encrypt is judged by the decryptor, which is other code."""

import random
from pathlib import Path

import pytest
from msgspec.structs import replace

from ikepcap import api
from ikepcap.capture.reader import Capture
from ikepcap.keys.check import Outcome
from ikepcap.keys.material import Origin
from ikepcap.keys.own import own_table
from ikepcap.keys.secret import Secret
from ikepcap.keys.sources import load_ring
from ikepcap.opening import Opening
from ikepcap.replay.initiator import Initiator
from ikepcap.replay.manners import MANNERS
from ikepcap.replay.memory import Memory
from ikepcap.replay.policy import DEAD_PEER, FRAGMENTATION, NAT_T, NAT_T_DRAFTS, XAUTH, Policy, User, subnet
from ikepcap.replay.responders import Responders
from ikepcap.replay.words import ENCRYPTION, GROUPS, HASHES
from tests.replay.certificates import authorities, credential
from tests.replay.peers import PSK, as_pcap, join, paths, policy

USER = User("alice", Secret(b"open sesame"))
ALL_VENDOR_IDS = (NAT_T, DEAD_PEER, XAUTH, FRAGMENTATION)
SLOW_GROUPS = {"modp6144", "modp8192"}


def up(memory: Memory) -> Memory:
    memory.run()
    for side in ("initiator", "responder"):
        done = memory.result(side)
        assert done is not None, memory.told
        assert (side, done.result) == (side, "established"), memory.told
    return memory


def opened(memory: Memory, folder: Path) -> list[str]:
    """Return the steps of all messages, having opened every encrypted one and verified every hash in it."""
    keys = folder / "keys.toml"
    sa = memory.initiator.sa  # type: ignore[attr-defined]
    keys.write_text(own_table(sa.material(Origin("run", 1))))
    capture = as_pcap(memory.captured, folder / "run.pcap")
    found = []
    for one in Opening(Capture([capture]), load_ring([keys])):
        if one.message.is_encrypted:
            assert one.plaintext is not None, one.refusal
            assert one.checks
        for check in one.checks:
            if not check.name.startswith("NAT-D"):
                assert check.outcome is Outcome.VERIFIED, (one.datagram.frame, check)
                found.append(check.name)
    return found


@pytest.mark.parametrize("mode", ["main", "aggressive"])
@pytest.mark.parametrize("nat", [False, True])
def test_psk_comes_up_and_every_hash_is_right(mode: str, nat: bool, tmp_path: Path) -> None:
    memory = up(join(policy(mode=mode), nat=nat))
    names = opened(memory, tmp_path)
    assert names == [*(["HASH_I", "HASH_R"] if mode == "main" else ["HASH_R", "HASH_I"]),
                     "HASH(1)", "HASH(2)", "HASH(3)"]  # fmt: skip
    on_4500 = {4500 in (one.source.port, one.destination.port) for one in memory.captured}
    assert on_4500 == ({False, True} if nat else {False})


@pytest.mark.parametrize("cipher", sorted(ENCRYPTION))
def test_every_cipher(cipher: str, tmp_path: Path) -> None:
    if cipher == "idea":
        pytest.importorskip("cryptography.hazmat.decrepit.ciphers.algorithms")
    memory = up(join(policy(f"{cipher}-md5-modp1024")))
    assert opened(memory, tmp_path)


@pytest.mark.parametrize("name", sorted(HASHES))
def test_every_hash(name: str, tmp_path: Path) -> None:
    assert opened(up(join(policy(f"aes256-{name}-ecp256"))), tmp_path)


@pytest.mark.parametrize("group", sorted(GROUPS.keys() - SLOW_GROUPS))
def test_every_group_in_both_phases(group: str, tmp_path: Path) -> None:
    wanted = policy(f"aes128-sha1-{group}", esp=(f"aes128-sha1-{group}",))
    memory = up(join(wanted))
    assert opened(memory, tmp_path)
    sa = memory.initiator.sa  # type: ignore[attr-defined]
    (other,) = memory.responders.sessions.values()  # type: ignore[attr-defined]
    assert len(sa.quick) == 1
    assert sa.quick[0].shared == other.sa.quick[0].shared


@pytest.mark.parametrize(("auth", "kind"), [
    ("rsa-sig", "rsa"), ("ecdsa-256", "p256"), ("ecdsa-384", "p384"), ("ecdsa-521", "p521"),
])  # fmt: skip
@pytest.mark.parametrize("mode", ["main", "aggressive"])
def test_signatures(auth: str, kind: str, mode: str, tmp_path: Path) -> None:
    one = policy(auth=auth, mode=mode, credential=credential(kind, "left"), authorities=authorities())
    other = replace(one, credential=credential(kind, "right"))
    names = opened(up(join(one, other)), tmp_path)
    assert {"SIG_I", "SIG_R"} <= set(names)


def test_certificate_of_another_authority_is_refused() -> None:
    one = policy(auth="rsa-sig", credential=credential("rsa", "stranger", "Other CA"))
    other = replace(one, credential=credential("rsa", "right"), authorities=authorities())
    memory = join(one, other).run()
    done = memory.result("responder")
    assert done is not None
    assert done.result == "refused"
    assert "authority" in done.why


@pytest.mark.parametrize("mode", ["main", "aggressive"])
@pytest.mark.parametrize("auth", ["xauth-psk", "xauth-rsa", "hybrid"])
def test_xauth_and_mode_config(auth: str, mode: str, tmp_path: Path) -> None:
    trust = authorities()
    client = policy(auth=auth, mode=mode, user=USER, asks_for_address=True, authorities=trust)
    server = replace(client, asks_for_address=False, address="10.9.8.7",
                     credential=credential("rsa", "server"))  # fmt: skip
    if auth == "xauth-rsa":
        client = replace(client, credential=credential("rsa", "client"))
    memory = up(join(client, server))
    assert opened(memory, tmp_path).count("HASH(1)") == 7
    assert any("10.9.8.7" in getattr(one.said, "text", "") for one in memory.told)


def test_an_address_is_pushed(tmp_path: Path) -> None:
    client = policy(auth="xauth-psk", user=USER, pushes_address=True)
    memory = up(join(client, replace(client, address="10.9.8.7")))
    assert opened(memory, tmp_path).count("HASH(1)") == 7
    assert any("gives 10.9.8.7" in getattr(one.said, "text", "") for one in memory.told)


def test_wrong_password_is_not_let_in() -> None:
    client = policy(auth="xauth-psk", user=User("alice", Secret(b"wrong")))
    memory = join(client, replace(client, user=USER)).run()
    results = [memory.result(side) for side in ("initiator", "responder")]
    assert [one and one.result for one in results] == ["refused", "refused"]


@pytest.mark.parametrize("auth", ["psk", "rsa-sig"])
def test_ike_fragments(auth: str, tmp_path: Path) -> None:
    one = policy(auth=auth, credential=credential("rsa", "left") if auth == "rsa-sig" else None,
                 vendor_ids=ALL_VENDOR_IDS, fragment_bytes=200)  # fmt: skip
    memory = up(join(one))
    assert any(found.payload[16] == 132 for found in memory.captured)
    capture = as_pcap(memory.captured, tmp_path / "run.pcap")
    (conversation,) = api.analyze(capture).conversations
    assert conversation.outcome == "established"


@pytest.mark.parametrize("draft", NAT_T_DRAFTS)
def test_drafts_of_nat_traversal_move_too(draft: bytes) -> None:
    memory = up(join(policy(vendor_ids=(draft,)), nat=True))
    assert any(found.source.port == 4500 for found in memory.captured)


def test_dpd_is_asked_and_answered(tmp_path: Path) -> None:
    memory = join(policy(dpd_s=5.0))
    memory.run(12.0)
    assert opened(memory, tmp_path)[5:] == ["HASH(1)"] * 4


def test_analysis_calls_it_established(tmp_path: Path) -> None:
    memory = up(join(policy(initial_contact=True)))
    capture = as_pcap(memory.captured, tmp_path / "run.pcap")
    (conversation,) = api.analyze(capture).conversations
    assert conversation.outcome == "established"
    assert not [one.code for one in conversation.findings if one.severity == "fault"]


@pytest.mark.parametrize("seed", range(12))
def test_comes_up_although_a_third_is_lost(seed: int) -> None:
    dice = random.Random(seed)
    patient = replace(MANNERS["libreswan"], half_open_s=600.0)
    up(join(policy(manner=patient), seed=seed, loses=lambda *_: dice.random() < 0.33))


def test_lost_messages_are_sent_again_when_strongswan_would(tmp_path: Path) -> None:
    memory = join(policy(), loses=lambda _send, side, _number: side == "responder").run()
    times = [round((one.time_ns - memory.captured[0].time_ns) / 1e9, 1) for one in memory.captured]
    assert times == [0.0, 4.0, 11.2, 24.2, 47.5, 89.5]
    done = memory.result()
    assert done is not None
    assert done.result == "gave-up"


def test_selectors_have_to_be_the_same() -> None:
    client = policy(selectors=(subnet("10.1.0.0/16"), subnet("10.2.0.0/16")))
    up(join(client))
    other = replace(client, selectors=(subnet("10.1.0.0/24"), subnet("10.2.0.0/16")))
    done = join(client, other).run().result()
    assert done is not None
    assert done.result == "refused"
    assert "INVALID-ID-INFORMATION" in done.why


def test_responder_takes_the_first_offer_it_accepts() -> None:
    offers = ("3des-md5-modp1024", "aes128-sha1-modp1536", "aes256-sha256-modp2048")
    memory = up(join(policy(*offers), policy(*reversed(offers[1:]))))
    assert memory.initiator.suite.group == GROUPS["modp1536"]  # type: ignore[attr-defined]


def test_close_deletes_what_is_up() -> None:
    memory = up(join(policy()))
    (send,) = memory.initiator.close(memory.now_ns)  # type: ignore[attr-defined]
    (session,) = memory.responders.sessions.values()  # type: ignore[attr-defined]
    assert session.is_up
    memory.responders.receive(send.data, session.path, memory.now_ns)  # type: ignore[attr-defined]
    assert not session.is_up


def test_responder_answers_nothing_but_a_first_message() -> None:
    rng = random.Random(7)
    responders = Responders(policy(), rng.randbytes)
    initiator = Initiator(policy(), *paths(), rng.randbytes)
    first = initiator.start(0)[0].data  # type: ignore[union-attr]
    here = paths()[0]
    for place, value in ((8, 1), (17, 0x20), (18, 5), (18, 32), (19, 1), (20, 9), (16, 4)):
        data = bytearray(first)
        data[place] = value
        assert responders.receive(bytes(data), here, 0) == []
    for size in (0, 1, 27, 28, 29):
        assert responders.receive(first[:size], here, 0) == []
    assert not [one for one in responders.sessions.values() if one.is_up]


def test_noise_raises_nothing_and_keeps_nothing() -> None:
    """Whatever arrives at any moment of a negotiation is dropped, or answered in bounded ways."""
    rng = random.Random(11)
    for round_number in range(12):
        memory = join(policy(mode=("main", "aggressive")[round_number % 2]), seed=round_number)
        memory.run(rng.choice((0.01, 0.05, 0.09, 0.2)))
        seen = [one.payload for one in memory.captured]
        engines = (memory.initiator, memory.responders)  # type: ignore[attr-defined]
        here = paths()[0]
        for _ in range(60):
            data = bytearray(rng.choice(seen))
            for _ in range(rng.randrange(1, 6)):
                data[rng.randrange(len(data))] = rng.randrange(256)
            for engine in engines:
                actions = engine.receive(bytes(data[: rng.randrange(1, len(data) + 1)]), here, memory.now_ns)
                assert len(actions) < 8
        assert len(memory.responders.sessions) <= 64  # type: ignore[attr-defined]


def test_policy_shows_no_secret() -> None:
    made: Policy = policy(user=USER)
    assert "sesame" not in repr(made)
    assert PSK.reveal().decode() not in repr(made)

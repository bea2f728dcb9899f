"""Keepalives that were never answered: what may be dead-peer detection, and what looks like it."""

import pytest

from ikepcap.report.model import Conversation
from ikepcap.testing.policy import DEAD_PEER, Suite
from ikepcap.wire.numbers import Encryption, Hash
from tests.report.scene import INITIATOR, RESPONDER, Scene, analyzed, faults, only

HEARTBEAT = b"HeartBeat_Notify" + bytes.fromhex("386b0100")
R_U_THERE = 80
"""Octets of HASH and notify, padded, with SHA2-256 and AES."""


def asked(
    times: int = 2, *, seconds: float = 10, size: int = R_U_THERE, after: float = 25, **how: object
) -> Scene:
    """A tunnel after which the responder asks in vain, and the capture goes on."""
    play = Scene(**how).phase1().quick(1, 2, 3)  # type: ignore[arg-type]
    for _ in range(times):
        play.wait(seconds).informational(RESPONDER, plain_bytes=size)
    return play.bystander(after)


def test_peer_that_never_answered_may_be_gone() -> None:
    found = only(asked())
    (one,) = found.findings
    assert (one.code, one.certainty, one.frames) == ("dead-peer", "possible", (9, 10, 11))
    assert one.claim.startswith("The initiator 192.0.2.1 may be gone")
    assert one.evidence[0].startswith("2 encrypted informationals of R-U-THERE's size, 108 octets, in 10.")
    assert one.evidence[1].startswith("Nothing of 192.0.2.1 after frame 9, in 45.")
    assert one.evidence[2].startswith("198.51.100.7 gave up: none in the 25.0 s after")


@pytest.mark.parametrize(
    "play",
    [
        pytest.param(asked(1), id="one-gets-lost"),
        pytest.param(asked(8, after=15), id="heartbeats-go-on"),
        pytest.param(asked(after=0.5), id="capture-ends"),
        pytest.param(asked(size=64), id="deletes-of-esp"),
        pytest.param(asked(seconds=0.5), id="at-once"),
        pytest.param(asked(seconds=121, after=300), id="hours-apart"),
        pytest.param(asked(vendor_ids=((), (DEAD_PEER,))), id="not-announced"),
        pytest.param(asked(vendor_ids=((DEAD_PEER,), (DEAD_PEER, HEARTBEAT))), id="heartbeats"),
    ],
)
def test_what_looks_like_dead_peer_detection_blames_nobody(play: Scene) -> None:
    assert faults(only(play)) == []


def test_initial_contact_and_a_delete_are_no_keepalives() -> None:
    """Both have the size of R-U-THERE with SHA1 and AES."""
    play = Scene().phase1().informational(RESPONDER, plain_bytes=R_U_THERE).quick(1, 2, 3)
    assert faults(only(play.wait(20).informational(RESPONDER, plain_bytes=R_U_THERE).bystander(90))) == []
    early = Scene().phase1().wait(1).informational(RESPONDER, plain_bytes=R_U_THERE).wait(20)
    assert faults(only(early.informational(RESPONDER, plain_bytes=R_U_THERE).bystander(90))) == []


def answered_by(what: str) -> Conversation:
    play = Scene().phase1().quick(1, 2, 3)
    if what == "before":
        play.wait(5).informational(INITIATOR, plain_bytes=64)
    for _ in range(2):
        play.wait(10).informational(RESPONDER, plain_bytes=R_U_THERE)
    if what == "quick mode":
        play.wait(1).quick(1, 2, 3)
    if what == "delete":
        play.wait(1).informational(RESPONDER, plain_bytes=64)
    return only(play.bystander(60))


@pytest.mark.parametrize("what", ["before", "quick mode", "delete"])
def test_peer_that_speaks_and_asker_that_says_goodbye_show_nobody_gone(what: str) -> None:
    """Deletes after them end the tunnel as tunnels end, also where heartbeats went before."""
    assert faults(answered_by(what)) == []


def test_old_sa_of_peers_with_a_newer_one_answers_nothing() -> None:
    newer = Scene(seed=2, start_s=8).phase1().quick(1, 2, 3)
    assert faults(analyzed(asked(), newer).conversations[0]) == []


def test_peers_that_are_alike_but_for_the_size_are_judged_apart() -> None:
    """Two deletes are as many messages of the same peer as two keepalives."""
    deleted = Scene(seed=1).phase1().quick(1, 2, 3).wait(10)
    deleted.informational(RESPONDER, plain_bytes=64).wait(1).informational(RESPONDER, plain_bytes=R_U_THERE)
    other = asked(seed=3, start_s=30, initiator="192.0.2.9")
    found = analyzed(deleted, other).conversations
    assert [faults(one) for one in found] == [[], ["dead-peer"]]


def test_who_speaks_next_is_who_is_not_answered() -> None:
    """A delete of the one does not hide the first of the other's keepalives."""
    play = Scene().phase1().quick(1, 2, 3).dead_peer_detection(RESPONDER)
    play.wait(20).informational(INITIATOR, plain_bytes=64)
    for _ in range(3):
        play.wait(10).informational(RESPONDER, plain_bytes=R_U_THERE)
    found = only(play.bystander(60))
    (one,) = (f for f in found.findings if f.code == "dead-peer")
    assert (one.certainty, one.frames) == ("likely", (13, 14, 15))


def test_size_of_r_u_there_is_reckoned_with_the_cipher() -> None:
    """With 3DES and SHA1 an octet more would be a block more: HASH is 24 octets, the notify 32."""
    old = Suite(encryption=Encryption.TRIPLE_DES_CBC, key_bits=0, hash=Hash.SHA1)
    assert faults(only(asked(size=56, offer=(old,)))) == ["dead-peer"]
    assert faults(only(asked(size=64, offer=(old,)))) == []

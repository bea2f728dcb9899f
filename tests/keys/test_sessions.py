"""Conversations of a capture, each with its own keys and its own initiator."""

from ikepcap.keys.material import Material, Origin
from ikepcap.keys.opened import NotOpened, Plaintext
from ikepcap.keys.ring import KeyRing
from ikepcap.keys.secret import Secret
from ikepcap.keys.sessions import MAX_SESSIONS, MAX_TWINS, Ends, Sessions
from ikepcap.wire import build
from ikepcap.wire.message import parse
from tests.keys.peers import Peers

US, THEM, OUTSIDE = "192.0.2.1", "198.51.100.7", "203.0.113.5"


def _material(number: int, peers: Peers) -> Material:
    secrets = {"skeyid": Secret(peers.skeyid), "skeyid_e": Secret(peers.skeyid_e)}
    return Material(Origin("f", number), peers.cookies[0], **secrets)  # type: ignore[arg-type]


def ring(*all_peers: Peers) -> KeyRing:
    return KeyRing(
        Material(
            Origin("f", n), peers.cookies[0], skeyid=Secret(peers.skeyid), skeyid_e=Secret(peers.skeyid_e)
        )
        for n, peers in enumerate(all_peers, 1)
    )


def feed(sessions: Sessions, peers: Peers, ends: tuple[str, str] = (US, THEM), late: int = 0) -> list[object]:
    found: list[object] = []
    for sent in peers.sent[late:]:
        pair = ends if sent.sender == 0 else ends[::-1]
        result = sessions.feed(sent.message, Ends(pair[0], 500, pair[1], 500))
        found.append(None if result is None else result.opened)
    return found


def test_conversations_that_interleave_are_kept_apart() -> None:
    one, other = Peers(seed=1).phase1().quick(), Peers(seed=2, mode="aggressive").phase1().quick()
    sessions = Sessions(ring(one, other))
    for first, second in zip(one.sent, [*other.sent, *other.sent], strict=False):
        for peers, sent in ((one, first), (other, second)):
            pair = (US, THEM) if sent.sender == 0 else (THEM, US)
            result = sessions.feed(sent.message, Ends(pair[0], 500, pair[1], 500))
            assert result is not None
            if sent.plain is not None and peers is one:
                assert isinstance(result.opened, Plaintext)


def test_a_message_without_keys_is_nobodys_business() -> None:
    one, other = Peers(seed=1).phase1(), Peers(seed=2).phase1()
    sessions = Sessions(ring(one))
    assert feed(sessions, other) == [None] * 6
    version_2 = parse(build.message([], initiator_cookie=one.cookies[0], version=0x20))
    assert version_2 is not None
    assert sessions.feed(version_2, Ends(US, 500, THEM, 500)) is None


def test_who_initiated_is_told_from_what_comes_first() -> None:
    for late in range(5):
        peers = Peers().phase1()
        sessions = Sessions(ring(peers))
        feed(sessions, peers, late=late)
        (session,) = sessions
        # MSG4 alone cannot be told from MSG3, but MSG5 after it comes from the other peer.
        assert (session.initiator, session.responder) == (US, THEM), late
        assert session.decryptor.facts.identity[0] in (None, peers.identities[0].body)


def test_an_address_that_changes_under_way_stays_in_its_conversation() -> None:
    peers = Peers().phase1().quick()
    sessions = Sessions(ring(peers))
    feed(sessions, peers, late=0)
    peers.sent = peers.sent[4:]
    fresh = Sessions(ring(peers))
    before = Peers().phase1()
    before.sent = before.sent[:4]
    feed(fresh, before)
    found = feed(fresh, peers, (OUTSIDE, THEM))
    assert all(isinstance(opened, Plaintext) for opened in found)
    assert [session.initiator for session in fresh] == [OUTSIDE]


def test_a_cookie_used_again_begins_a_new_conversation() -> None:
    first = Peers().phase1()
    again = Peers()
    again.sa = build.sa([build.proposal([again._transform(), again._transform()])])
    again.phase1()
    sessions = Sessions(ring(first))
    feed(sessions, first)
    found = feed(sessions, again)
    assert isinstance(found[4], Plaintext)
    assert len(list(sessions)) == 2


def test_both_sides_of_a_nat_in_one_capture_are_two_views() -> None:
    peers = Peers().phase1().quick()
    sessions = Sessions(ring(peers))
    inside = feed(sessions, peers, (US, THEM))
    outside = feed(sessions, peers, (OUTSIDE, THEM))
    assert inside == outside
    assert not any(isinstance(opened, NotOpened) for opened in outside)


def test_sessions_are_bounded() -> None:
    secret = Secret(bytes(16))
    anywhere = KeyRing([Material(Origin("f", 1), private=secret)])
    sessions = Sessions(anywhere)
    for number in range(MAX_SESSIONS + 50):
        message = parse(build.message([build.vendor_id(b"x")], initiator_cookie=number.to_bytes(8)))
        assert message is not None
        sessions.feed(message, Ends(US, 500, THEM, 500))
    assert len(list(sessions)) == MAX_SESSIONS
    twins = Sessions(anywhere)
    for number in range(40):
        message = parse(build.message([build.vendor_id(b"x")], initiator_cookie=bytes(8)))
        assert message is not None
        twins.feed(message, Ends(f"10.0.0.{number}", 500, f"10.1.0.{number}", 500))
    assert len(list(twins)) == MAX_TWINS

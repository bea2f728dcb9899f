"""Which messages belong together: identity, ports and addresses that change, copies, and bounds."""

import time

import pytest

from ikepcap.capture.write import Hop, udp_packets
from ikepcap.testing import Frame
from ikepcap.testing.policy import DEAD_PEER, XAUTH
from ikepcap.testing.stage import EPOCH_NS
from ikepcap.wire import build
from ikepcap.wire.numbers import Exchange
from tests.report.scene import (
    INITIATOR,
    RESPONDER,
    RETRIES,
    TWO,
    Scene,
    analyzed,
    copied,
    faults,
    in_order,
    lines,
    notes,
    only,
    steps,
    told,
)

HEALTHY = ["MSG1", "MSG2", "MSG3", "MSG4", "MSG5", "MSG6", "QM1", "QM2", "QM3"]


def healthy(scene: Scene) -> Scene:
    """All of phase 1 and one quick mode."""
    return scene.phase1().quick(1, 2, 3)


def brief(scene: Scene) -> tuple[str, str, str]:
    """Return cookie and addresses as the report has to tell them."""
    return scene.cookies[:8].hex(), scene.initiator, scene.responder


def briefs(*scenes: Scene) -> list[tuple[str, str, str]]:
    """Return the same of every conversation that is reported."""
    return [
        (c.initiator_cookie, c.initiator.address, c.responder.address)
        for c in analyzed(*scenes).conversations
    ]


# Identity.


def test_conversations_that_share_a_responder_cookie_stay_apart() -> None:
    """Some responders use one cookie for every negotiation: it identifies nothing alone."""
    first, second = Scene(), Scene(seed=2, initiator="192.0.2.9", start_s=0.01)
    second._cookies = (second._cookies[0], first._cookies[1])
    found = analyzed(healthy(first), healthy(second)).conversations
    assert [c.responder_cookie for c in found] == [first.cookies[8:].hex()] * 2
    assert [(c.outcome, steps(c)) for c in found] == [("established", HEALTHY)] * 2


def test_conversations_of_one_pair_that_share_a_responder_cookie_stay_apart() -> None:
    first, second = Scene(), Scene(seed=2, start_s=0.01)
    second._cookies = (second._cookies[0], first._cookies[1])
    found = analyzed(healthy(first), healthy(second)).conversations
    assert [(c.outcome, steps(c)) for c in found] == [("established", HEALTHY)] * 2


def test_cookie_that_begins_with_other_bytes_again_begins_another_conversation() -> None:
    """Initiators with few random bits use a cookie again, after a restart for one."""
    first, second = Scene(), Scene(seed=2, start_s=30, offer=TWO)
    second._cookies = (first._cookies[0], second._cookies[1])
    found = analyzed(healthy(first), healthy(second)).conversations
    assert [c.responder_cookie for c in found] == [first.cookies[8:].hex(), second.cookies[8:].hex()]
    assert [(c.outcome, steps(c)) for c in found] == [("established", HEALTHY)] * 2


def test_identical_msg1_after_a_finished_phase_1_that_gets_another_answer_begins_another_conversation() -> (
    None
):
    """Two ISAKMP SAs are two conversations, although the second began with the octets of the first."""
    first, second = Scene(), Scene(seed=2, start_s=60)
    second._cookies = (first._cookies[0], second._cookies[1])
    found = analyzed(healthy(first), healthy(second)).conversations
    assert [c.responder_cookie for c in found] == [first.cookies[8:].hex(), second.cookies[8:].hex()]
    assert [(c.outcome, steps(c)) for c in found] == [("established", HEALTHY)] * 2


def test_identical_msg1_an_hour_later_begins_another_conversation() -> None:
    """A MSG1 holds nothing random but its cookie: used again, it is the same to the octet."""
    first, second = Scene(), Scene(start_s=3600)
    second._cookies = (first._cookies[0], bytes.fromhex("1122334455667788"))
    found = analyzed(healthy(first), healthy(second)).conversations
    assert [c.responder_cookie for c in found] == [first.cookies[8:].hex(), "1122334455667788"]
    assert [(c.outcome, steps(c)) for c in found] == [("established", HEALTHY)] * 2


def test_two_initiators_with_the_same_cookie_and_different_responders_are_two_conversations() -> None:
    first = Scene()
    second = Scene(seed=2, initiator="192.0.2.9", responder="198.51.100.8", start_s=0.01)
    second._cookies = (first._cookies[0], second._cookies[1])
    healthy(first)
    healthy(second)
    assert briefs(first, second) == [brief(first), brief(second)]


def test_one_initiator_with_the_same_cookie_to_two_responders_is_two_conversations() -> None:
    """The same MSG1 to the octet, sent to both of a pair of gateways at once."""
    first, second = Scene(), Scene(responder="198.51.100.8", start_s=0.005)
    second._cookies = (first._cookies[0], bytes.fromhex("1122334455667788"))
    healthy(first)
    healthy(second)
    assert briefs(first, second) == [brief(first), brief(second)]


def test_many_interleaved_conversations_stay_apart() -> None:
    scenes = [healthy(Scene(seed=n, start_s=n / 1000)) for n in range(1, 41)]
    scenes.sort(key=lambda scene: scene.shots[0].time_ns)
    found = analyzed(*scenes).conversations
    assert [c.initiator_cookie for c in found] == [s.cookies[:8].hex() for s in scenes]
    assert [(c.id, c.outcome, steps(c)) for c in found] == [(n, "established", HEALTHY) for n in range(1, 41)]


def test_peers_that_both_initiate_at_once_have_two_conversations_with_opposite_roles() -> None:
    one = healthy(Scene())
    two = healthy(Scene(seed=2, initiator="198.51.100.7", responder="192.0.2.1", start_s=0.01))
    report = analyzed(one, two)
    assert briefs(one, two) == [brief(one), brief(two)]
    assert [(c.outcome, faults(c)) for c in report.conversations] == [("established", [])] * 2


def test_rekey_with_a_new_cookie_is_another_conversation() -> None:
    first, second = healthy(Scene()), healthy(Scene(seed=2, start_s=3600))
    found = analyzed(first, second).conversations
    assert [(c.outcome, faults(c), c.attempt_of) for c in found] == [("established", [], None)] * 2


def test_conversations_are_numbered_in_order_of_their_first_frame() -> None:
    """The first one ends last."""
    slow = Scene().msg1().wait(20).msg2().msg3().msg4().msg5().msg6()
    quick = healthy(Scene(seed=2, start_s=5))
    found = analyzed(slow, quick).conversations
    assert [(c.id, c.initiator_cookie) for c in found] == [
        (1, slow.cookies[:8].hex()),
        (2, quick.cookies[:8].hex()),
    ]


# Roles.


@pytest.mark.parametrize("missing", [1, 2, 3, 4])
@pytest.mark.parametrize("auth", ["psk", "rsa-sig"])
def test_roles_are_right_when_a_main_mode_starts_late(missing: int, auth: str) -> None:
    """From MSG2, MSG3, MSG4 or MSG5 on: a message in the clear, or the order of encrypted ones, tells."""
    found = only(healthy(Scene(auth=auth)).start_late(missing))
    assert (found.initiator.address, found.responder.address) == ("192.0.2.1", "198.51.100.7")
    assert (found.outcome, found.mode, steps(found)) == ("established", "main", HEALTHY[missing:])
    assert (faults(found), "starts-late" in notes(found)) == ([], True)


def test_roles_are_right_when_the_capture_starts_with_msg6() -> None:
    """Its sender does not begin the quick mode that follows: MSG5's sender does."""
    found = only(healthy(Scene()).start_late(5))
    assert (found.initiator.address, found.responder.address) == ("192.0.2.1", "198.51.100.7")
    assert (found.outcome, steps(found), faults(found)) == ("established", HEALTHY[5:], [])


def test_roles_are_right_when_the_capture_starts_with_quick_mode() -> None:
    found = only(healthy(Scene()).start_late(6))
    assert (found.initiator.address, found.responder.address) == ("192.0.2.1", "198.51.100.7")
    assert (found.mode, found.outcome, steps(found)) == ("unknown", "established", HEALTHY[6:])


@pytest.mark.parametrize("missing", [1, 2])
def test_roles_are_right_when_an_aggressive_mode_starts_late(missing: int) -> None:
    found = only(healthy(Scene(mode="aggressive")).start_late(missing))
    assert (found.initiator.address, found.responder.address) == ("192.0.2.1", "198.51.100.7")
    assert (found.outcome, found.mode, found.last_message) == ("established", "aggressive", 3)
    assert steps(found) == ["MSG1", "MSG2", "MSG3", "QM1", "QM2", "QM3"][missing:]


@pytest.mark.parametrize("missing", [1, 2, 3, 4])
def test_late_start_of_a_stalled_negotiation_keeps_its_roles(missing: int) -> None:
    """Up to MSG5, which is repeated: a capture that someone starts when it hangs already."""
    found = only(Scene().upto(5).repeat(RETRIES).start_late(missing))
    assert (found.initiator.address, found.last_message) == ("192.0.2.1", 5)


def test_frame_of_the_responder_that_comes_first_does_not_make_it_the_initiator() -> None:
    """Two interfaces without a common clock put MSG2 before MSG1."""
    frames = healthy(Scene()).frames
    found = only([frames[1], frames[0], *frames[2:]])
    assert (found.initiator.address, found.responder.address) == ("192.0.2.1", "198.51.100.7")
    assert found.outcome == "established"
    assert [(m.step, m.kind) for m in lines(found)[:2]] == [("MSG2", "new"), ("MSG1", "late")]


@pytest.mark.parametrize("swapped", range(8))
def test_neighbours_in_the_wrong_order_change_neither_roles_nor_outcome(swapped: int) -> None:
    frames = healthy(Scene()).frames
    frames[swapped : swapped + 2] = frames[swapped + 1], frames[swapped]
    found = only(frames)
    assert (found.initiator.address, found.outcome, faults(found)) == ("192.0.2.1", "established", [])


@pytest.mark.parametrize("side", [INITIATOR, RESPONDER])
def test_one_direction_keeps_the_roles(side: str) -> None:
    """MSG1 begins one, a responder cookie in MSG2 the other."""
    found = only(healthy(Scene()).one_side(side))  # type: ignore[arg-type]
    assert (found.initiator.address, found.responder.address) == ("192.0.2.1", "198.51.100.7")
    assert {m.sender for m in lines(found)} == {side}


@pytest.mark.parametrize("offer", [TWO, TWO[:1]])
def test_msg1_with_a_responder_cookie_is_still_msg1(offer: tuple[object, ...]) -> None:
    """Windows in DoS protection has the initiator echo a cookie (MS-IKEE): the answer comes after it."""
    apart = ((XAUTH,), (XAUTH, DEAD_PEER))
    play = Scene(opening_cookie=b"\x55" * 8, offer=offer, vendor_ids=apart)  # type: ignore[arg-type]
    play._cookies = (play._cookies[0], b"\x55" * 8)
    found = only(healthy(play))
    assert (found.initiator.address, found.responder.address) == ("192.0.2.1", "198.51.100.7")
    assert (found.outcome, steps(found), faults(found)) == ("established", HEALTHY, [])


def test_same_octets_from_the_other_peer_are_no_retransmission() -> None:
    """With an echoed cookie and an offer of one, MSG2 of a like-minded peer equals MSG1 to the octet."""
    play = Scene(opening_cookie=b"\x55" * 8)
    play._cookies = (play._cookies[0], b"\x55" * 8)
    found = only(healthy(play))
    assert play.shots[0].payloads == play.shots[1].payloads
    assert (found.initiator.address, steps(found), notes(found)) == ("192.0.2.1", HEALTHY, [])


# Ports and addresses that change.


def test_move_to_4500_with_another_source_port_stays_in_the_conversation() -> None:
    """A NAT maps the new source port to whatever is free (RFC 3947 §4)."""
    found = only(healthy(Scene(nat=INITIATOR)))
    assert len({m.source for m in lines(found) if m.sender == INITIATOR}) == 2
    assert (found.outcome, steps(found), found.nat.moved_to_4500) == ("established", HEALTHY, True)


def test_nat_that_changes_the_port_under_way_does_not_split_the_conversation() -> None:
    found = only(Scene(nat=INITIATOR).phase1().rebound(33_333).quick(1, 2, 3))
    assert (found.outcome, steps(found), faults(found)) == ("established", HEALTHY, [])


def test_nat_that_changes_the_address_under_way_does_not_split_the_conversation() -> None:
    """Both cookies and one of the two addresses are as before."""
    found = only(Scene(nat=INITIATOR).phase1().rebound(33_333, "203.0.113.66").quick(1, 2, 3))
    assert (found.outcome, steps(found), faults(found)) == ("established", HEALTHY, [])
    assert [m.sender for m in lines(found)[6:]] == [INITIATOR, RESPONDER, INITIATOR]


def test_nat_that_changes_the_address_in_phase_1_does_not_split_the_conversation() -> None:
    found = only(Scene(nat=INITIATOR).upto(4).rebound(33_333, "203.0.113.66").msg5().msg6())
    assert (found.outcome, steps(found), faults(found)) == ("established", HEALTHY[:6], [])


@pytest.mark.parametrize("nat", [INITIATOR, RESPONDER])
def test_tunnel_captured_inside_and_outside_of_a_nat_is_one_conversation(nat: str) -> None:
    """Every transmission is there twice, between other addresses: nothing was sent again."""
    found = only(healthy(Scene(nat=nat)).inside_too())  # type: ignore[arg-type]
    assert found.outcome == "established"
    assert sorted(m.kind for m in lines(found)) == ["duplicate"] * 9 + ["new"] * 9
    assert (faults(found), notes(found)) == ([], ["duplicate-frames"])


@pytest.mark.parametrize("nat", [INITIATOR, RESPONDER])
def test_stall_captured_inside_and_outside_of_a_nat_is_one_stall(nat: str) -> None:
    found = only(Scene(nat=nat).upto(5).repeat(RETRIES).inside_too())  # type: ignore[arg-type]
    assert (found.outcome, found.last_message, found.silent_peer) == ("stalled", 5, RESPONDER)
    assert [m.kind for m in lines(found)].count("retransmission") == 3


@pytest.mark.parametrize("nat", [INITIATOR, RESPONDER])
def test_first_message_repeated_through_a_nat_is_of_one_negotiation(nat: str) -> None:
    """What a later copy looks like on the other side is known from that copy, not from the first."""
    play = Scene(nat=nat).msg1().repeat((0.5, 1.5, 4.0, 8.0))  # type: ignore[arg-type]
    found = only(play.msg2().msg3().msg4().msg5().msg6().quick(1, 2, 3).inside_too())
    assert (found.outcome, faults(found), sorted(notes(found))) == (
        "established", [], ["duplicate-frames", "recovered"],
    )  # fmt: skip
    assert len([m for m in lines(found) if m.kind == "duplicate"]) == len(lines(found)) / 2


def test_cookie_between_other_peers_long_after_is_another_negotiation() -> None:
    other = Scene(initiator="192.0.2.99", start_s=9).msg1()
    assert len(analyzed(Scene().msg1().repeat((4.0,)), other).conversations) == 2


# Copies.


def test_message_sent_again_with_the_same_bytes_is_a_retransmission() -> None:
    found = only(Scene().msg1().repeat(RETRIES))
    assert told(found) == [
        (1, INITIATOR, "MSG1", "new", None),
        (2, INITIATOR, "MSG1", "retransmission", 1),
        (3, INITIATOR, "MSG1", "retransmission", 1),
        (4, INITIATOR, "MSG1", "retransmission", 1),
    ]
    assert "duplicate-frames" not in notes(found)


def test_transmission_captured_twice_is_a_duplicate() -> None:
    found = only(Scene().phase1().mirrored())
    assert told(found)[:4] == [
        (1, INITIATOR, "MSG1", "new", None),
        (2, INITIATOR, "MSG1", "duplicate", 1),
        (3, RESPONDER, "MSG2", "new", None),
        (4, RESPONDER, "MSG2", "duplicate", 3),
    ]
    assert (found.outcome, faults(found), notes(found)) == ("established", [], ["duplicate-frames"])


def test_duplicate_of_a_retransmission_is_no_further_retransmission() -> None:
    found = only(Scene().msg1().repeat((4.0,)).mirrored())
    assert [m.kind for m in lines(found)] == ["new", "duplicate", "retransmission", "duplicate"]


def test_duplicates_without_an_identification_are_told_by_time() -> None:
    """Linux leaves the identification 0 where DF is set: 9 us apart is one transmission, 0.5 s is two."""
    found = only(Scene(ip_ids=False).msg1().repeat((0.5,)).mirrored())
    assert [m.kind for m in lines(found)] == ["new", "duplicate", "retransmission", "duplicate"]


def test_copy_a_millisecond_later_with_another_identification_was_sent_again() -> None:
    """Racoon answers a repeated MSG4 and its own timer at once: two MSG5 1 ms apart, two transmissions."""
    found = only(Scene().upto(5).copy_last(1.0, ip_id=54_321))
    assert told(found)[-2:] == [
        (5, INITIATOR, "MSG5", "new", None),
        (6, INITIATOR, "MSG5", "retransmission", 5),
    ]


def test_copy_a_millisecond_later_with_the_same_identification_is_a_duplicate() -> None:
    found = only(Scene().upto(5).copy_last(1.0))
    assert [m.kind for m in lines(found)][-2:] == ["new", "duplicate"]
    assert found.outcome == "in-progress"


def test_identification_that_comes_round_again_after_minutes_is_no_duplicate() -> None:
    """16 bits wrap: the same identification 30 s later is another datagram."""
    found = only(Scene().upto(3).copy_last(30_000.0))
    assert [m.kind for m in lines(found)][-2:] == ["new", "retransmission"]
    assert found.outcome == "stalled"


def test_message_that_arrives_out_of_order_is_late() -> None:
    frames = Scene().phase1().frames
    found = only([frames[0], frames[1], frames[3], frames[2], *frames[4:]])
    assert [(m.frame, m.step, m.kind) for m in lines(found)][2:4] == [(3, "MSG4", "new"), (4, "MSG3", "late")]
    assert (found.outcome, faults(found)) == ("established", [])


def test_new_attempt_with_a_new_cookie_is_no_retransmission() -> None:
    found = analyzed(Scene().msg1(), Scene(seed=2, start_s=4).msg1()).conversations
    assert [told(c) for c in found] == [
        [(1, INITIATOR, "MSG1", "new", None)],
        [(2, INITIATOR, "MSG1", "new", None)],
    ]


def test_other_bytes_for_a_step_that_was_taken_are_unexpected_and_say_why() -> None:
    """A second MSG3 with another key exchange: whoever sent it, it is not the first one again."""
    play = Scene().upto(3).msg3()
    found = only(play)
    assert told(found)[-1] == (4, INITIATOR, "MSG3", "unexpected", None)
    assert lines(found)[-1].why


def test_message_with_another_responder_cookie_is_unexpected_and_says_why() -> None:
    """Another responder, a restarted one, or an attack: it does not move the negotiation on."""
    play = Scene().upto(3)
    twin = Scene(seed=9)
    twin._cookies = (play._cookies[0], twin._cookies[1])
    twin.upto(4)
    play.send(RESPONDER, twin.shots[-1].payloads[0])
    found = only(play)
    assert [(m.kind, bool(m.why)) for m in lines(found)][-1] == ("unexpected", True)
    assert (found.last_message, found.responder_cookie) == (3, play.cookies[8:].hex())


def test_message_of_another_mode_is_unexpected_and_says_why() -> None:
    play = Scene().upto(2)
    twin = Scene(mode="aggressive", seed=9)
    twin._cookies = play._cookies
    twin.upto(2)
    found = only(play.send(RESPONDER, twin.shots[-1].payloads[0]))
    assert (lines(found)[-1].step, lines(found)[-1].kind) == (None, "unexpected")
    assert lines(found)[-1].why


# What is no conversation.


@pytest.mark.parametrize("version", [0x20, 0x21])
def test_ikev2_is_counted_and_is_no_conversation(version: int) -> None:
    data = bytearray(Scene().msg1().shots[0].payloads[0])
    data[17], data[18] = version, 34
    report = analyzed(Scene().send(INITIATOR, bytes(data)))
    assert (report.conversations, report.source.skipped.ikev2) == ((), 1)


@pytest.mark.parametrize("exchange", [243, 244, 245, 246])
def test_authip_is_counted_and_is_no_conversation(exchange: int) -> None:
    data = bytearray(Scene().msg1().shots[0].payloads[0])
    data[18] = exchange
    report = analyzed(Scene().send(INITIATOR, bytes(data)))
    assert (report.conversations, report.source.skipped.authip) == ((), 1)


@pytest.mark.parametrize("size", [0, 5, 27])
def test_what_is_shorter_than_a_header_is_malformed_and_no_conversation(size: int) -> None:
    report = analyzed(Scene().send(INITIATOR, b"\x11" * size))
    assert (report.conversations, faults(report)) == ((), [])


def test_random_octets_on_port_500_are_no_conversation() -> None:
    play = Scene()
    for _ in range(200):
        play.send(INITIATOR, play._rng.randbytes(play._rng.randint(28, 400)))
    report = analyzed(play)
    assert (report.conversations, faults(report)) == ((), [])


def test_encrypted_message_of_phase_1_without_a_responder_cookie_begins_nothing() -> None:
    """There are no keys before the responder has spoken."""
    data = build.encrypted(
        bytes(64), initiator_cookie=b"\x01" * 8, responder_cookie=bytes(8), exchange=Exchange.MAIN
    )
    assert analyzed(Scene().send(INITIATOR, data)).conversations == ()


# Bounds.


def test_conversation_of_25_000_messages_is_followed_in_bounded_time() -> None:
    """Keepalives for days: all are counted, and the verdict stands."""
    play = healthy(Scene())
    frames = play.frames
    ends = [Hop(play.initiator, play.responder, 64), Hop(play.responder, play.initiator, 57)]
    for n in range(25_000):
        data = build.encrypted(
            bytes(80),
            initiator_cookie=play.cookies[:8],
            responder_cookie=play.cookies[8:],
            exchange=Exchange.INFORMATIONAL,
            message_id=1 + n,
        )
        at_ns = frames[8].time_ns + n * 1_000_000_000
        frames.append(Frame(at_ns, udp_packets(ends[n % 2], 500, 500, data)[0]))
    begun = time.process_time()
    found = only(frames)
    assert time.process_time() - begun < 10
    assert (found.outcome, found.message_count, faults(found)) == ("established", 25_009, [])


def test_25_000_copies_of_one_message_are_followed_in_bounded_time() -> None:
    play = Scene().upto(3)
    frame = play.frames[-1]
    frames = [*play.frames, *(copied(frame, n * 100, ip_id=n & 0xFFFF) for n in range(1, 25_001))]
    begun = time.process_time()
    found = only(frames)
    assert time.process_time() - begun < 10
    assert (found.outcome, found.message_count) == ("stalled", 25_003)


def test_3_000_lone_msg1s_are_told_of_in_one_finding() -> None:
    """A flood or a scan: beyond a bound they are counted and not listed one by one."""
    opening = Scene().msg1().shots[0].payloads[0]
    hop = Hop("192.0.2.66", "198.51.100.7")
    frames = [
        Frame(EPOCH_NS + n * 1_000_000, udp_packets(hop, 500, 500, n.to_bytes(8) + opening[8:])[0])
        for n in range(1, 3001)
    ]
    begun = time.process_time()
    report = analyzed([*frames, *Scene().bystander(120).frames])
    assert time.process_time() - begun < 10
    assert len(report.conversations) < 3000
    assert [f.code for f in report.findings] == ["probe"]
    assert report.source.isakmp_messages == 3000


def test_3_000_lone_msg1s_do_not_hide_a_conversation_among_them() -> None:
    opening = Scene().msg1().shots[0].payloads[0]
    hop = Hop("192.0.2.66", "198.51.100.7")
    frames = [
        Frame(EPOCH_NS + n * 1_000_000, udp_packets(hop, 500, 500, n.to_bytes(8) + opening[8:])[0])
        for n in range(1, 3001)
    ]
    play = healthy(Scene(seed=5, start_s=1.5))
    found = analyzed(in_order([*frames, *play.frames, *Scene().bystander(120).frames])).conversations
    assert [c.outcome for c in found if c.initiator_cookie == play.cookies[:8].hex()] == ["established"]


def test_100_000_icmp_errors_are_taken_in_bounded_time() -> None:
    play = Scene().msg1().port_unreachable()
    frame = play.frames[-1]
    frames = [*play.frames, *(copied(frame, n, ip_id=n & 0xFFFF) for n in range(1, 100_000))]
    begun = time.process_time()
    found = only(frames)
    assert time.process_time() - begun < 10
    assert (found.outcome, faults(found)) == ("stalled", ["port-closed"])


@pytest.mark.parametrize("ahead_s", [-10, 10])
def test_capture_merged_of_two_clocks_is_one_conversation(ahead_s: int) -> None:
    """What the responder sent is ten seconds off: cookies and contents tell more than time."""
    responder = bytes((198, 51, 100, 7))
    frames = [
        Frame(f.time_ns + (ahead_s * 10**9 if f.packet[12:16] == responder else 0), f.packet)
        for f in healthy(Scene()).frames
    ]
    found = only(in_order(frames))
    assert (found.initiator.address, found.outcome, faults(found)) == ("192.0.2.1", "established", [])
    assert sorted(step or "" for step in steps(found)) == HEALTHY


def test_cookie_used_again_between_other_peers_loses_no_conversation() -> None:
    """Three conversations under one cookie, of which the second and third are between the same peers."""
    first = Scene()
    second = Scene(initiator="192.0.2.9", responder="198.51.100.8", start_s=10)
    third = Scene(initiator="192.0.2.9", responder="198.51.100.8", start_s=1000)
    for later in (second, third):
        later._cookies = (first._cookies[0], later._cookies[1])
    found = analyzed(first.msg1(), second.msg1(), third.msg1()).conversations
    assert [(c.initiator.address, c.message_count) for c in found] == [
        ("192.0.2.1", 1), ("192.0.2.9", 1), ("192.0.2.9", 1),
    ]  # fmt: skip

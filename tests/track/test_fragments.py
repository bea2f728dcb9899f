"""IKE fragments (payload 132) back to messages, in whatever order and shape they come."""

from typing import Final

import pytest

from ikepcap.testing import Frame
from ikepcap.testing.stage import Shot
from ikepcap.wire import build
from ikepcap.wire.message import FLAG_ENCRYPTION
from tests.report.scene import (
    INITIATOR,
    RESPONDER,
    RETRIES,
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

SIZE: Final = 300
"""MSG5 and MSG6 with certificates are some 1700 octets: six fragments each."""
PHASE_1: Final = ["MSG1", "MSG2", "MSG3", "MSG4", "MSG5", "MSG6"]


def cut(*, seed: int = 1) -> Scene:
    return Scene(auth="rsa-sig", ike_fragment_bytes=SIZE, seed=seed)


def shot(play: Scene, step: str) -> Shot:
    return next(found for found in play.shots if found.step == step)


def test_message_in_fragments_is_one_message_at_the_frame_that_completed_it() -> None:
    found = only(cut().phase1())
    number = len(shot(cut().phase1(), "MSG5").frames)
    assert number > 4
    whole = {m.step: m for m in lines(found)}
    assert steps(found) == PHASE_1
    assert whole["MSG5"].frame == 4 + number
    assert whole["MSG5"].fragment_frames == tuple(range(5, 5 + number))
    assert whole["MSG1"].fragment_frames == ()
    assert (whole["MSG5"].encrypted, whole["MSG5"].kind) == (True, "new")
    assert (found.outcome, faults(found), notes(found)) == ("established", [], [])


def test_message_in_fragments_has_the_size_of_the_whole() -> None:
    whole = Scene(auth="rsa-sig").phase1()
    assert [m.size_bytes for m in lines(only(cut().phase1()))][4:] == [
        len(shot(whole, step).payloads[0]) for step in ("MSG5", "MSG6")
    ]


def test_fragments_in_reverse_order_are_put_together() -> None:
    play = cut().phase1()
    frames = play.frames
    parts = len(shot(play, "MSG5").frames)
    found = only([*frames[:4], *reversed(frames[4 : 4 + parts]), *frames[4 + parts :]])
    assert (steps(found), found.outcome, faults(found)) == (PHASE_1, "established", [])


def test_fragments_of_both_peers_under_one_id_do_not_mix() -> None:
    """Pluto gives every message the fragment ID 1: MSG5 sent again and MSG6 cross each other."""
    play = cut().upto(6)
    five, six = shot(play, "MSG5").frames, shot(play, "MSG6").frames
    again = [copied(frame, ip_id=30_000 + n) for n, frame in enumerate(five)]
    crossed = [frame for pair in zip(again, six, strict=False) for frame in pair]
    crossed += [*again[len(six) :], *six[len(again) :]]
    first = six[0].time_ns
    timed = [Frame(first + n * 50_000, frame.packet) for n, frame in enumerate(crossed)]
    found = only([*play.frames[: 4 + len(five)], *timed])
    assert sorted(step or "" for step in steps(found)) == sorted([*PHASE_1, "MSG5"])
    assert (found.outcome, found.last_message, faults(found)) == ("established", 6, [])


def test_lost_fragment_and_the_whole_message_again_is_a_recovery() -> None:
    """No one sends a single fragment again: the whole message comes, under the same ID or another."""
    found = only(cut().upto(5).lose_frame(2).wait(4).again("MSG5").msg6().quick(1, 2, 3))
    assert (found.outcome, faults(found)) == ("established", [])
    assert steps(found) == [*PHASE_1, "QM1", "QM2", "QM3"]


def test_lost_fragments_of_several_rounds_complete_each_other() -> None:
    """Retransmissions are the same to the octet, so the second round may fill the gap of the first."""
    found = only(cut().upto(5).lose_frame(1).wait(4).again("MSG5").lose_frame(3).msg6())
    assert (found.outcome, found.last_message, faults(found)) == ("established", 6, [])


def test_set_sent_again_is_a_retransmission() -> None:
    play = cut().upto(5).repeat(RETRIES)
    found = only(play)
    first = lines(found)[4].frame
    assert [(m.step, m.kind, m.retransmission_of) for m in lines(found)[4:]] == [
        ("MSG5", "new", None),
        *[("MSG5", "retransmission", first)] * 3,
    ]
    assert (found.outcome, found.awaited_message) == ("stalled", 6)


def test_every_fragment_captured_twice_is_a_duplicate_and_no_retransmission() -> None:
    found = only(cut().phase1().mirrored())
    assert {m.kind for m in lines(found)} == {"new", "duplicate"}
    assert (found.outcome, faults(found)) == ("established", [])
    assert "fragments-lost" not in notes(found)


def test_set_that_is_never_complete_is_lost() -> None:
    play = cut().upto(5).lose_frame(2)
    for _ in RETRIES:
        play.wait(6).again("MSG5").lose_frame(2)
    found = only(play)
    assert found.outcome == "stalled"
    assert "fragments-lost" in faults(found)
    (finding,) = [f for f in found.findings if f.code == "fragments-lost"]
    assert finding.certainty == "proven"
    assert set(finding.frames) >= {5, 6}


@pytest.mark.parametrize("lost", [0, 1, -1])
def test_fragment_lost_at_either_end_of_the_set_is_lost_too(lost: int) -> None:
    """Without the last one, nobody knows how many there are."""
    play = cut().upto(5)
    number = lost % len(play.shots[-1].frames)
    play.lose_frame(number)
    for _ in RETRIES:
        play.wait(6).again("MSG5").lose_frame(number)
    assert "fragments-lost" in faults(only(play))


def test_fragments_lost_behind_the_capture_are_not_seen_as_lost() -> None:
    """All fragments of all rounds are there: the capture proves nothing against them."""
    assert "fragments-lost" not in faults(only(cut().upto(5).repeat(RETRIES)))


def _fragment(play: Scene, data: bytes, number: int, *, is_last: bool) -> bytes:
    return build.message(
        [build.fragment(data, number=number, is_last=is_last)],
        initiator_cookie=play.cookies[:8],
        responder_cookie=play.cookies[8:],
    )


def test_fragment_number_0_is_no_fragment() -> None:
    """Numbers count from 1; pluto drops a 0 too."""
    play = cut().upto(4)
    play.send(INITIATOR, _fragment(play, b"nonsense", 0, is_last=False))
    found = only(play.msg5().msg6())
    assert ([s for s in steps(found) if s], found.outcome, faults(found)) == (PHASE_1, "established", [])


def test_fragment_number_0_alone_is_nothing() -> None:
    play = cut().upto(4)
    found = only(play.send(INITIATOR, _fragment(play, b"nonsense", 0, is_last=True)))
    assert (found.last_message, found.outcome, faults(found)) == (4, "in-progress", [])


def test_fragment_inside_a_fragment_does_not_nest() -> None:
    """Each would hold the next without end; and nobody sends it."""
    play = cut().upto(4)
    data = play.upto(4).shots[-1].payloads[0]
    play = cut().upto(4)
    for _ in range(200):
        data = _fragment(play, data, 1, is_last=True)
    found = only(play.send(INITIATOR, data))
    assert (found.last_message, faults(found)) == (4, [])


def test_fragment_that_holds_nothing_is_nothing() -> None:
    play = cut().upto(4)
    found = only(play.send(INITIATOR, _fragment(play, b"", 1, is_last=True)))
    assert (found.last_message, faults(found)) == (4, [])


def test_fragment_with_other_data_under_the_same_number_begins_a_new_set() -> None:
    """Constant IDs: what was lost of one message must not be filled up with another's."""
    play = cut().upto(5).lose_frame(1)
    other = Scene(auth="rsa-sig", ike_fragment_bytes=SIZE, seed=7)
    other._cookies = play._cookies
    other.upto(5)
    play.wait(4)
    for payload in other.shots[-1].payloads:
        play.send(INITIATOR, payload)
    found = only(play.msg6())
    assert (found.outcome, found.last_message, faults(found)) == ("established", 6, [])


def test_inner_message_without_its_header_gets_that_of_its_fragments() -> None:
    """MS-IKEE §3.3.5.3 words it that way, and the header's flags then are those of an encrypted message."""
    play = Scene(auth="rsa-sig").upto(4)
    whole = Scene(auth="rsa-sig").upto(5).shots[-1].payloads[0]
    body = whole[28:]
    for number, start in enumerate(range(0, len(body), SIZE), 1):
        part = body[start : start + SIZE]
        play.send(INITIATOR, _fragment(play, part, number, is_last=start + SIZE >= len(body)))
    found = only(play)
    assert (found.last_message, lines(found)[-1].encrypted) == (5, True)


def test_capture_that_starts_with_fragments_has_a_conversation() -> None:
    play = cut().phase1().quick(1, 2, 3).start_late(4)
    found = only(play)
    assert (found.outcome, found.initiator.address) == ("established", "192.0.2.1")
    assert steps(found) == ["MSG5", "MSG6", "QM1", "QM2", "QM3"]


def test_fragments_alone_that_never_complete_are_no_fault_of_a_healthy_negotiation() -> None:
    """A fragment of MSG6 was not captured, and quick mode proves that it arrived all the same."""
    found = only(cut().phase1().lose_frame(1).quick(1, 2, 3))
    assert (found.outcome, found.last_message, faults(found)) == ("established", 5, [])


def test_fragments_of_two_conversations_do_not_mix() -> None:
    one, two = cut().phase1(), cut(seed=2).phase1()
    frames = in_order([*one.frames, *two.frames])
    assert [(c.outcome, steps(c)) for c in analyzed(frames).conversations] == [("established", PHASE_1)] * 2


def test_thousands_of_unfinished_sets_stay_bounded() -> None:
    """Each fragment has an ID of its own and none is ever completed."""
    play = cut().upto(4)
    for number in range(3000):
        part = build.fragment(b"x" * 50, number=1, is_last=False, fragment_id=number)
        data = build.message([part], initiator_cookie=play.cookies[:8], responder_cookie=play.cookies[8:])
        play.send(INITIATOR, data)
    found = only(play)
    assert found.last_message == 4
    assert len(found.findings) < 10


def test_encryption_is_that_of_the_message_and_not_of_its_fragments() -> None:
    """A fragment's own header says that nothing is encrypted: the flag belongs to the inner message."""
    play = cut().phase1()
    assert not shot(play, "MSG5").payloads[0][19] & FLAG_ENCRYPTION
    assert [m.encrypted for m in lines(only(play))] == [False] * 4 + [True] * 2


def test_responder_that_loses_fragments_is_the_one_that_is_named() -> None:
    play = cut().upto(6).lose_frame(1)
    for _ in RETRIES:
        play.wait(6).again("MSG5").again("MSG6").lose_frame(1)
    found = only(play)
    assert (found.outcome, found.silent_peer) == ("stalled", RESPONDER)
    assert "fragments-lost" in faults(found)
    assert told(found)[-1][2] == "MSG5"

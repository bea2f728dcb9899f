"""Where each peer is left, for every place at which phase 1 can end and either side of the loss."""

import pytest

from ikepcap.wire import build
from ikepcap.wire.message import parse
from ikepcap.wire.numbers import Exchange
from tests.report.scene import (
    INITIATOR,
    RESPONDER,
    RETRIES,
    Mode,
    Scene,
    Standing,
    analyzed,
    faults,
    lines,
    notes,
    only,
    side,
    standing,
)

SENDER = {1: INITIATOR, 2: RESPONDER, 3: INITIATOR, 4: RESPONDER, 5: INITIATOR, 6: RESPONDER}
ROUNDS = [("main", n) for n in (1, 2, 3, 4, 5)] + [("aggressive", n) for n in (1, 2)]
ANSWERED = [("main", n) for n in (2, 3, 4, 5)] + [("aggressive", 2)]


def ended(mode: str, outcome: str, last: int, certainty: str) -> Standing:
    """Return the standing after `last`: its sender is surely there, the other one message before.

    The other peer has sent the message before the last one, and what it is owed was sent towards it: whether
    it took effect is seen only from what it does then.
    """
    owes = SENDER[last + 1]
    before = side(last - 1, certainty, mode) if last > 1 else side(None, "unknown")
    after = side(last, "proven", mode)
    ends = (before, after) if owes == INITIATOR else (after, before)
    return Standing(outcome, last, last + 1, owes, *ends)


@pytest.mark.parametrize(("mode", "last"), ROUNDS)
def test_peer_that_repeats_the_last_message_in_vain_is_stalled_by_the_other(mode: Mode, last: int) -> None:
    """The other peer has not repeated itself, so whether the message arrived is not known."""
    found = only(Scene(mode=mode).upto(last).repeat(RETRIES))
    assert standing(found) == ended(mode, "stalled", last, "presumed")
    assert faults(found)


@pytest.mark.parametrize(("mode", "last"), ANSWERED)
def test_two_peers_that_both_repeat_are_both_proven_to_be_where_they_are(mode: Mode, last: int) -> None:
    found = only(Scene(mode=mode).upto(last).repeat(RETRIES, f"MSG{last - 1}", f"MSG{last}"))
    assert standing(found) == ended(mode, "stalled", last, "proven")
    assert faults(found)


@pytest.mark.parametrize(("mode", "last"), ANSWERED)
def test_peer_that_repeats_itself_although_it_was_answered_owes_the_next_message(
    mode: Mode, last: int
) -> None:
    """The answer was lost behind the capture, or not taken, and its sender has no timer of its own."""
    found = only(Scene(mode=mode).upto(last).repeat(RETRIES, f"MSG{last - 1}"))
    assert standing(found) == ended(mode, "stalled", last, "proven")
    assert faults(found)


@pytest.mark.parametrize(("mode", "last"), ANSWERED)
def test_silence_of_forty_seconds_after_a_message_is_a_stall(mode: Mode, last: int) -> None:
    found = only(Scene(mode=mode).upto(last).bystander(40))
    assert standing(found) == ended(mode, "stalled", last, "presumed")


@pytest.mark.parametrize(("mode", "last"), ROUNDS)
def test_capture_that_ends_at_once_after_a_message_is_in_progress(mode: Mode, last: int) -> None:
    """Nothing can be concluded, least of all a fault; who owes the next message is known all the same."""
    found = only(Scene(mode=mode).upto(last))
    assert standing(found) == ended(mode, "in-progress", last, "presumed")
    assert faults(found) == []


@pytest.mark.parametrize(("mode", "last"), ROUNDS)
def test_capture_that_ends_five_seconds_later_is_still_in_progress(mode: Mode, last: int) -> None:
    """KAME and its kin wait for 10 or 20 s before they repeat anything."""
    found = only(Scene(mode=mode).upto(last).bystander(4.5))
    assert standing(found) == ended(mode, "in-progress", last, "presumed")
    assert faults(found) == []


@pytest.mark.parametrize(("mode", "last"), [("main", 6), ("aggressive", 3)])
@pytest.mark.parametrize("after", [0.0, 3600.0])
def test_phase_1_whose_last_message_was_seen_is_established_and_presumed_to_have_arrived(
    mode: Mode, last: int, after: float
) -> None:
    play = Scene(mode=mode).upto(last)
    if after:
        play.bystander(after)
    receiver, sender = side(last, "presumed", mode), side(last, "proven", mode)
    ends = (receiver, sender) if mode == "main" else (sender, receiver)
    found = only(play)
    assert standing(found) == Standing("established", last, None, None, *ends)
    assert faults(found) == []


@pytest.mark.parametrize(("mode", "last"), [("main", 6), ("aggressive", 3)])
def test_quick_mode_proves_that_both_peers_are_through_phase_1(mode: Mode, last: int) -> None:
    found = only(Scene(mode=mode).phase1().quick(1, 2, 3))
    ends = side(last, "proven", mode), side(last, "proven", mode)
    assert standing(found) == Standing("established", last, None, None, *ends)
    assert faults(found) == []


def test_msg6_that_is_lost_leaves_the_responder_done_and_the_initiator_waiting() -> None:
    """Captured near the responder: it believes phase 1 to be up and goes on answering MSG5."""
    found = only(Scene(near="responder").upto(6).repeat(RETRIES, "MSG5", "MSG6"))
    assert standing(found) == Standing("stalled", 6, 6, RESPONDER, side(5, "proven"), side(6, "proven"))
    assert faults(found)


def test_msg6_that_is_lost_counts_also_when_the_responder_does_not_repeat_it() -> None:
    found = only(Scene(near="responder").upto(6).repeat(RETRIES, "MSG5"))
    assert standing(found) == Standing("stalled", 6, 6, RESPONDER, side(5, "proven"), side(6, "proven"))


def test_msg6_that_arrives_at_the_second_try_is_established() -> None:
    """One more MSG5, one more MSG6, and quiet: the initiator did not go on repeating MSG5."""
    found = only(Scene().upto(6).repeat((4.0,), "MSG5", "MSG6").bystander(60))
    assert standing(found) == Standing("established", 6, None, None, side(6, "presumed"), side(6, "proven"))
    assert (faults(found), notes(found)) == ([], ["recovered"])


def test_quick_mode_after_repeated_msg5_and_msg6_proves_that_it_came_up() -> None:
    found = only(Scene().upto(6).repeat(RETRIES, "MSG5", "MSG6").quick(1, 2, 3))
    assert standing(found) == Standing("established", 6, None, None, side(6, "proven"), side(6, "proven"))
    assert (faults(found), notes(found)) == ([], ["recovered"])


def test_msg5_repeated_before_msg6_came_contradicts_nothing() -> None:
    found = only(Scene().upto(5).repeat(RETRIES).msg6())
    assert standing(found) == Standing("established", 6, None, None, side(6, "presumed"), side(6, "proven"))
    assert (faults(found), notes(found)) == ([], ["recovered"])


def test_msg5_that_crosses_msg6_contradicts_nothing() -> None:
    """The second copy left while MSG6 was on its way: it passes the capture point 20 ms after it."""
    found = only(Scene().upto(5).wait(4).msg6().again("MSG5").bystander(30))
    assert standing(found) == Standing("established", 6, None, None, side(6, "presumed"), side(6, "proven"))
    assert faults(found) == []


def test_lost_msg3_of_aggressive_mode_leaves_the_initiator_done_and_the_responder_waiting() -> None:
    found = only(Scene(mode="aggressive").upto(3).repeat(RETRIES, "MSG2", "MSG3"))
    assert standing(found) == Standing(
        "stalled", 3, 3, INITIATOR, side(3, "proven", "aggressive"), side(2, "proven", "aggressive")
    )
    assert faults(found)


def test_quick_mode_of_the_initiator_does_not_prove_that_msg3_of_aggressive_mode_arrived() -> None:
    """The initiator goes on at once; the responder repeats MSG2 because it has seen nothing of all that."""
    play = Scene(mode="aggressive").upto(3).quick(1).repeat(RETRIES, "MSG2", "QM1")
    assert standing(only(play)) == Standing(
        "stalled", 3, 3, INITIATOR, side(3, "proven", "aggressive"), side(2, "proven", "aggressive")
    )


def test_quick_mode_of_the_initiator_proves_that_it_sent_the_msg3_that_was_not_captured() -> None:
    """MSG3 of aggressive mode was lost before the capture; the responder repeats MSG2."""
    play = Scene(mode="aggressive").upto(2).msg3(hidden=True).quick(1).repeat(RETRIES, "MSG2", "QM1")
    found = only(play)
    assert standing(found) == Standing(
        "stalled", 2, 3, INITIATOR, side(3, "proven", "aggressive"), side(2, "proven", "aggressive")
    )
    assert set(faults(found)) == {"replies-lost", "phase2-no-reply"}


def test_msg3_in_the_clear_ends_aggressive_mode_too() -> None:
    """RFC 2409 §5.4 lets the initiator leave its last message unencrypted."""
    found = only(Scene(mode="aggressive", clear_msg3=True, nat_t=True).upto(3))
    assert standing(found) == Standing(
        "established", 3, None, None, side(3, "proven", "aggressive"), side(3, "presumed", "aggressive")
    )


def test_new_attempt_with_a_new_cookie_shows_that_the_initiator_gave_up() -> None:
    """Pluto begins anew after 64 s; here it does after 20, without ever repeating MSG3."""
    first, second = Scene().upto(3), Scene(seed=2, start_s=20).phase1()
    found = analyzed(first, second).conversations
    assert standing(found[0]) == ended("main", "stalled", 3, "presumed")
    assert found[1].outcome == "established"


@pytest.mark.parametrize("mode", ["main", "aggressive"])
def test_responder_captured_alone_cannot_be_judged(mode: Mode) -> None:
    """A capture of one direction shows no stall: what the other peer sent is not in it."""
    play = Scene(mode=mode).phase1().quick(1, 2, 3).one_side(RESPONDER)
    found = only(play)
    assert "one-sided" in notes(found)
    assert faults(found) == []


def test_one_direction_of_phase_1_without_the_rest_is_unknown_and_no_fault() -> None:
    found = only(Scene().upto(5).one_side(INITIATOR).bystander(60))
    assert (found.outcome, found.last_message) == ("unknown", 5)
    assert (faults(found), notes(found)) == ([], ["one-sided"])


def test_one_direction_of_a_whole_negotiation_is_no_fault() -> None:
    """MSG5 proves that MSG4 came; quick mode proves that MSG6 came, although neither was captured."""
    found = only(Scene().phase1().quick(1, 2, 3).one_side(INITIATOR).bystander(60))
    assert (found.outcome, found.last_message, found.awaited_message) == ("established", 5, None)
    assert (faults(found), notes(found)) == ([], ["one-sided"])


def test_peer_that_was_not_captured_is_unknown() -> None:
    found = only(Scene().phase1().one_side(INITIATOR))
    assert found.responder.certainty == "unknown"


def test_moved_to_4500_with_only_port_500_captured_is_unknown() -> None:
    """The filter of the capture left out where it went on; nobody repeated MSG4."""
    play = Scene(nat=INITIATOR).phase1().keep(lambda shot: not shot.on_4500)
    later = Scene(initiator="192.0.2.77", seed=2, start_s=60).phase1()
    found, _ = analyzed(play, later).conversations
    assert found.outcome == "unknown"
    assert (faults(found), notes(found)) == ([], ["port-filtered-capture"])


def test_nothing_on_4500_beside_packets_of_others_is_a_stall() -> None:
    """They show that the capture was not filtered by port: MSG5 does not come, once it was due twice."""

    def heard(seconds: float) -> tuple[str, list[str]]:
        found = only(Scene(nat=INITIATOR).upto(4).bystander(seconds))
        return found.outcome, faults(found)

    assert heard(25) == ("stalled", ["nat-t-blocked"])
    assert heard(24.9) == ("in-progress", [])
    # Without a NAT the initiator would go on where it is.
    assert only(Scene(nat_t=True).upto(4).bystander(26)).outcome == "in-progress"


def test_moved_to_4500_into_silence_is_a_stall_at_msg6() -> None:
    """MSG5 on port 4500 is repeated: the capture does hold that port."""
    found = only(Scene(nat=INITIATOR).upto(5).repeat(RETRIES))
    assert standing(found) == ended("main", "stalled", 5, "presumed")


def test_informationals_in_pairs_at_once_after_phase_1_refuse_nothing() -> None:
    """A question and its answer of one size, as with R-U-THERE: who rejects MSG6 gets no answer to that."""
    found = only(Scene().phase1().dead_peer_detection())
    assert (found.outcome, faults(found)) == ("established", [])


@pytest.mark.parametrize("last", [4, 6])
def test_one_message_of_the_middle_and_silence_cannot_be_judged(last: int) -> None:
    """Alone it may be MSG3 or MSG4, MSG5 or MSG6: what came before it is not in the capture."""
    found = only(Scene().upto(last).start_late(last - 1).bystander(60))
    assert (found.outcome, faults(found)) == ("unknown", [])


def test_silence_of_a_minute_after_msg1_that_was_repeated_before_is_a_stall() -> None:
    found = only(Scene().msg1().repeat(RETRIES).bystander(600))
    assert standing(found) == ended("main", "stalled", 1, "presumed")


def test_verdict_of_a_conversation_does_not_depend_on_those_before_it() -> None:
    """Healthy ones are remembered by their shape; each in one capture reads as it does alone."""
    plays = [
        Scene(seed=1).phase1().quick(1, 2, 3),
        Scene(seed=2, start_s=10).phase1().quick(1, 2, 3),
        Scene(seed=3, start_s=20, nat=INITIATOR).phase1().quick(1, 2, 3),
        Scene(seed=4, start_s=30).phase1().quick(1, 2, 3, by=RESPONDER).quick(1, 2, 3),
        Scene(seed=5, start_s=40, auth="rsa-sig").phase1().quick(1, 2, 3),
        Scene(seed=6, start_s=50, mode="aggressive").phase1().quick(1, 2, 3),
        Scene(seed=7, start_s=60, mode="aggressive", clear_msg3=True).phase1().quick(1, 2, 3),
        Scene(seed=8, start_s=70).phase1(),
        Scene(seed=9, start_s=80).phase1().quick(1, 2, 3).dead_peer_detection(),
        Scene(seed=10, start_s=90).phase1().quick(1, 2, 3).dead_peer_detection(),
    ]
    together = analyzed(*plays).conversations
    for play, found in zip(plays, together, strict=True):
        alone = only(play)
        assert standing(found) == standing(alone)
        assert (found.summary, found.nat, found.auth) == (alone.summary, alone.nat, alone.auth)
        assert [(e.kind, e.message_id, e.outcome) for e in found.exchanges] == [
            (e.kind, e.message_id, e.outcome) for e in alone.exchanges
        ]
        assert [f.code for f in found.findings if f.code != "ends-early"] == [
            f.code for f in alone.findings if f.code != "ends-early"
        ]


def test_base_mode_of_four_messages_is_established() -> None:
    """RFC 2408 §4.4; no state machine of today has it, so no dialect has a name for its states."""
    play = Scene().upto(2)
    offer = [*walked(play.shots[0].payloads[0], {1}), build.nonce(b"n" * 20)]
    keys = [
        [build.ke(fill * 256), build.address_identity("192.0.2.1"), build.hash_payload(fill * 32)]
        for fill in (b"i", b"r")
    ]
    play.shots.clear()
    for by, parts in ((INITIATOR, offer), (RESPONDER, offer), (INITIATOR, keys[0]), (RESPONDER, keys[1])):
        data = build.message(
            parts,
            initiator_cookie=play.cookies[:8],
            responder_cookie=bytes(8) if len(play.shots) == 0 else play.cookies[8:],
            exchange=Exchange.BASE,
        )
        play.send(by, data)
    found = only(play)
    assert (found.mode, found.outcome, found.last_message, faults(found)) == ("base", "established", 4, [])
    assert set(found.initiator.states.values()) == {None}
    assert [m.step for m in lines(found)] == ["MSG1", "MSG2", "MSG3", "MSG4"]


def walked(data: bytes, kinds: set[int]) -> list[build.Part]:
    """Return the payloads of these types as parts."""
    message = parse(data, len(data))
    assert message is not None
    return [build.Part(s.type, data[s.start + 4 : s.end]) for s in message.spans if s.type in kinds]


# a slow path: copies come in long after what answers them


def slow(**kind: object) -> Scene:
    """2.8 s there and back, which a peer of short patience fills with copies."""
    play = Scene(near=INITIATOR, **kind).msg1().repeat((0.5, 0.5, 1.0))  # type: ignore[arg-type]
    return play.wait(0.8).msg2().msg3()


def test_copies_of_msg2_that_were_under_way_contradict_no_msg3() -> None:
    play = slow()
    for gap in (0.5, 0.5, 1.0):
        play.wait(gap).again("MSG2")
    found = only(play)
    assert (found.outcome, found.awaited_message) == ("in-progress", 4)


def test_copies_of_msg2_that_come_later_than_the_path_is_long_do() -> None:
    play = slow()
    for gap in (2.0, 2.0):
        play.wait(gap).again("MSG2")
    assert only(play).outcome == "stalled"


def test_copies_of_msg3_within_a_round_trip_are_not_in_vain_yet() -> None:
    assert only(slow().repeat((0.5, 0.5, 1.0))).outcome == "in-progress"


def test_copies_of_msg3_beyond_a_round_trip_are_in_vain() -> None:
    assert only(slow().repeat((0.5, 0.5, 1.0, 2.0))).outcome == "stalled"


def test_message_that_was_lost_makes_no_path_slow() -> None:
    """MSG2 came after 20 s, when MSG1 was sent again: no answer takes so long on its way."""
    play = Scene().msg1().repeat((20.0,)).msg2().msg3().repeat((4.0, 7.2))
    assert only(play).outcome == "stalled"

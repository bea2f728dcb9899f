"""What other negotiations of the same peers say about one."""

from dataclasses import replace

from ikepcap.testing.policy import STRONG, Suite
from ikepcap.wire.numbers import Group, Hash, NotifyType
from tests.report.scene import RESPONDER, RETRIES, Scene, analyzed, faults, notes

HERE, THERE = "192.0.2.1", "198.51.100.7"
OLD = Suite(hash=Hash.SHA1, group=Group.MODP_1024)


def back(*offer: Suite, start_s: float = 40, seed: int = 2) -> Scene:
    """The other peer begins."""
    return Scene(initiator=THERE, responder=HERE, offer=offer, start_s=start_s, seed=seed, near=RESPONDER)


def evidence(found: object) -> str:
    return " ".join(line for finding in found.findings for line in finding.evidence)  # type: ignore[attr-defined]


def test_refused_offer_is_compared_with_what_the_other_peer_offers_later() -> None:
    """The diff names the attributes, from the capture alone."""
    first, _ = analyzed(
        Scene(offer=(OLD,)).msg1().notify(RESPONDER), back(STRONG).msg1().repeat(RETRIES)
    ).conversations
    assert faults(first) == ["proposal-mismatch"]
    assert "differs in hash and group" in evidence(first)
    assert "frame 3" in evidence(first).lower()


def test_refused_offer_is_compared_with_what_the_other_peer_chose_before() -> None:
    first = Scene(offer=(STRONG,)).phase1().quick(1, 2, 3)
    second = Scene(offer=(OLD,), start_s=60, seed=3).msg1().notify(RESPONDER)
    _, refused = analyzed(first, second).conversations
    assert "differs from it in hash and group" in evidence(refused)


def test_offers_that_meet_are_no_mismatch_to_name() -> None:
    first, _ = analyzed(
        Scene().msg1().notify(RESPONDER), back(OLD, STRONG).msg1().repeat(RETRIES)
    ).conversations
    assert "one in common" in evidence(first)


def test_silent_peer_whose_own_offer_has_nothing_in_common_may_refuse_by_silence() -> None:
    """So does racoon with an offer it does not like."""
    first, _ = analyzed(
        Scene(offer=(OLD,)).msg1().repeat(RETRIES), back(STRONG).msg1().repeat(RETRIES)
    ).conversations
    assert faults(first) == ["no-reply", "proposal-mismatch"]


def test_silent_peer_with_the_same_policy_is_just_silent() -> None:
    first, _ = analyzed(Scene().msg1().repeat(RETRIES), back(STRONG).msg1().repeat(RETRIES)).conversations
    assert faults(first) == ["no-reply"]


def test_peer_that_may_still_answer_has_refused_nothing() -> None:
    before = back(STRONG, start_s=0).msg1().repeat(RETRIES)
    late = Scene(offer=(OLD,), start_s=25, seed=3).msg1()
    assert faults(analyzed(before, late).conversations[1]) == []


def test_peer_that_says_it_is_busy_does_not_refuse_by_silence() -> None:
    busy = (
        Scene(offer=(OLD,)).msg1().notify(RESPONDER, NotifyType.MS_NOTIFY_DOS_COOKIE).repeat(RETRIES, "MSG1")
    )
    assert "proposal-mismatch" not in faults(
        analyzed(busy, back(STRONG).msg1().repeat(RETRIES)).conversations[0]
    )


def test_what_the_initiator_offers_elsewhere_is_not_the_responders_policy() -> None:
    again = Scene(offer=(STRONG,), start_s=40, seed=3).msg1().repeat(RETRIES)
    found = analyzed(Scene(offer=(OLD,)).msg1().repeat(RETRIES), again).conversations[0]
    assert faults(found) == ["no-reply"]


def test_peers_of_others_tell_nothing() -> None:
    stranger = replace(back(STRONG), initiator="203.0.113.99")
    plays = Scene(offer=(OLD,)).msg1().repeat(RETRIES), stranger.msg1().repeat(RETRIES)
    assert faults(analyzed(*plays).conversations[0]) == ["no-reply"]


# overloaded


def series(half_open: int) -> list[Scene]:
    begun = [Scene(seed=n, start_s=n * 2).msg1().msg2() for n in range(half_open)]
    return [*begun, Scene(seed=99, start_s=half_open * 2).msg1().repeat(RETRIES)]


def test_msg1_that_is_ignored_after_many_half_open_ones_meets_a_limit() -> None:
    last = analyzed(*series(5)).conversations[-1]
    assert "overloaded" in faults(last)


def test_two_half_open_ones_meet_no_limit() -> None:
    last = analyzed(*series(2)).conversations[-1]
    assert faults(last) == ["no-reply"]


# rekey-failed


def test_negotiation_that_fails_after_one_that_came_up_is_its_renewal() -> None:
    first = Scene().phase1().quick(1, 2, 3).wait(3601).dead_peer_detection()
    _, second = analyzed(first, Scene(seed=4, start_s=3600).msg1().repeat(RETRIES)).conversations
    assert faults(second) == ["no-reply", "rekey-failed"]
    assert second.findings[1].certainty == "possible"


def test_first_negotiation_that_fails_renews_nothing() -> None:
    first = Scene().upto(3).repeat(RETRIES)
    _, second = analyzed(first, Scene(seed=4, start_s=3600).msg1().repeat(RETRIES)).conversations
    assert "rekey-failed" not in faults(second)


def test_peer_that_is_gone_fails_to_answer_and_not_to_renew() -> None:
    first = Scene().phase1().quick(1, 2, 3).wait(3590).dead_peer_detection(answered=False)
    _, second = analyzed(first, Scene(seed=4, start_s=3600).msg1().repeat(RETRIES)).conversations
    assert "rekey-failed" not in faults(second)


# simultaneous-initiation


def test_of_two_that_crossed_one_is_enough() -> None:
    won, lost = Scene().phase1().quick(1, 2, 3), back(STRONG, start_s=0.01).msg1().msg2()
    report = analyzed(won, lost.repeat(RETRIES, "MSG1", "MSG2"))
    assert [faults(c) for c in report.conversations] == [[], []]
    assert "simultaneous-initiation" in notes(report.conversations[1])


def test_two_that_crossed_and_both_failed_are_faults() -> None:
    first, second = Scene().msg1().repeat(RETRIES), back(STRONG, start_s=0.01).msg1().repeat(RETRIES)
    assert all(faults(c) for c in analyzed(first, second).conversations)


def test_who_began_does_not_matter_to_a_stranger() -> None:
    """A third peer's negotiation is no relative of these."""
    won = replace(back(STRONG, start_s=0.01), initiator="203.0.113.50").phase1()
    report = analyzed(Scene().msg1().repeat(RETRIES), won)
    assert faults(report.conversations[0]) == ["no-reply"]


# how many, how long ago, of whom


def test_limit_is_met_from_five_half_open_ones_on() -> None:
    assert "overloaded" not in faults(analyzed(*series(4)).conversations[-1])
    found = next(f for f in analyzed(*series(5)).conversations[-1].findings if f.code == "overloaded")
    assert found.frames == (1, 3, 5, 7, 9, 11)
    assert found.evidence == (
        "5 negotiations of the same initiator were answered and not finished in the 30.0 s before",
    )
    assert (found.certainty, found.alternatives) == ("likely", ("no-reply", "peer-went-silent"))


def test_half_open_ones_of_long_ago_are_forgotten() -> None:
    begun = [Scene(seed=n, start_s=n * 2).msg1().msg2() for n in range(6)]
    late = Scene(seed=99, start_s=60).msg1().repeat(RETRIES)
    assert "overloaded" not in faults(analyzed(*begun, late).conversations[-1])


def test_half_open_ones_that_nobody_answered_are_none() -> None:
    begun = [Scene(seed=n, start_s=n * 2).msg1().repeat((1.5,)) for n in range(6)]
    late = Scene(seed=99, start_s=14).msg1().repeat(RETRIES)
    assert "overloaded" not in faults(analyzed(*begun, late).conversations[-1])


def test_negotiations_that_came_up_are_not_half_open() -> None:
    begun = [Scene(seed=n, start_s=n * 2).phase1() for n in range(6)]
    late = Scene(seed=99, start_s=14).msg1().repeat(RETRIES)
    assert "overloaded" not in faults(analyzed(*begun, late).conversations[-1])


def test_half_open_ones_of_the_other_peer_are_its_own() -> None:
    begun = [back(STRONG, start_s=n * 2, seed=n + 10).msg1().msg2() for n in range(6)]
    late = Scene(seed=99, start_s=20).msg1().repeat(RETRIES)
    assert "overloaded" not in faults(analyzed(*begun, late).conversations[-1])


def test_peer_that_answers_meets_no_limit() -> None:
    begun = [Scene(seed=n, start_s=n * 2).msg1().msg2() for n in range(6)]
    late = Scene(seed=99, start_s=14).upto(3).repeat(RETRIES)
    assert "overloaded" not in faults(analyzed(*begun, late).conversations[-1])


def test_renewal_that_fails_is_told_with_what_it_renews() -> None:
    first = Scene().phase1().quick(1, 2, 3).wait(3601).dead_peer_detection()
    _, second = analyzed(first, Scene(seed=4, start_s=3600).msg1().repeat(RETRIES)).conversations
    found = second.findings[1]
    assert found.frames == (1, 10)
    (told,) = found.evidence
    assert told == (
        "The one that begins in frame 1, 60 min 0 s before, came up, and the peer that fails here went on "
        "speaking in it"
    )


def test_renewal_that_comes_up_is_no_failure() -> None:
    first = Scene().phase1().quick(1, 2, 3).wait(3601).dead_peer_detection()
    _, second = analyzed(first, Scene(seed=4, start_s=3600).phase1()).conversations
    assert faults(second) == []


def test_renewal_that_is_refused_is_one() -> None:
    first = Scene().phase1().quick(1, 2, 3).wait(3601).dead_peer_detection()
    _, second = analyzed(first, Scene(seed=4, start_s=3600).msg1().notify(RESPONDER)).conversations
    assert faults(second) == ["proposal-mismatch", "rekey-failed"]


def test_renewal_by_the_other_peer_is_judged_by_what_that_one_hears() -> None:
    """The silent peer is the first one's initiator here, and it speaks on in the first."""
    first = Scene().phase1().quick(1, 2, 3).wait(3601).dead_peer_detection()
    _, second = analyzed(first, back(STRONG, start_s=3600).msg1().repeat(RETRIES)).conversations
    assert faults(second) == ["no-reply", "rekey-failed"]


def test_tunnel_that_comes_up_after_is_no_tunnel_to_renew() -> None:
    late = Scene(seed=4, start_s=100).phase1().quick(1, 2, 3)
    first, _ = analyzed(Scene().msg1().repeat(RETRIES), late).conversations
    assert faults(first) == ["no-reply"]


def test_msg1_that_may_still_be_answered_meets_no_limit_yet() -> None:
    begun = [Scene(seed=n, start_s=n * 2).msg1().msg2() for n in range(6)]
    late = Scene(seed=99, start_s=14).msg1()
    assert faults(analyzed(*begun, late).conversations[-1]) == []


def test_renewal_under_way_has_not_failed() -> None:
    first = Scene().phase1().quick(1, 2, 3).wait(3601).dead_peer_detection()
    _, second = analyzed(first, Scene(seed=4, start_s=3602).msg1()).conversations
    assert (second.outcome, faults(second)) == ("in-progress", [])


def test_two_that_cross_beside_a_tunnel_are_not_called_its_renewal() -> None:
    first = Scene().phase1().quick(1, 2, 3).wait(3601).dead_peer_detection()
    one = Scene(seed=4, start_s=3600).msg1().repeat(RETRIES)
    other = back(STRONG, start_s=3600.01).msg1().repeat(RETRIES)
    found = analyzed(first, one, other).conversations[1:]
    assert all("rekey-failed" not in faults(c) for c in found)


def test_offer_that_was_answered_before_is_no_reason_for_silence() -> None:
    """Five in vain before are a limit besides; one is no reason for one."""
    begun = Scene().msg1().msg2()
    _, silent = analyzed(begun, Scene(seed=9, start_s=5).msg1().repeat(RETRIES)).conversations
    found = silent.findings[0]
    assert (found.code, found.alternatives) == ("no-reply", ("filtered", "peer-went-silent", "replies-lost"))
    assert "It answered the same offer before, in the negotiation of frame 1" in found.evidence
    _, other = analyzed(begun, Scene(offer=(OLD,), seed=9, start_s=5).msg1().repeat(RETRIES)).conversations
    assert "proposal-mismatch" in other.findings[0].alternatives
    _, own = analyzed(
        back(STRONG, start_s=0).msg1().msg2(), Scene(start_s=5).msg1().repeat(RETRIES)
    ).conversations
    assert "unknown-peer" in own.findings[0].alternatives

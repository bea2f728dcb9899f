"""Findings about the path: each with a scene that has it and scenes, as alike as can be, that do not."""

import pytest

from ikepcap.report.model import Conversation, Finding
from ikepcap.testing.stage import Role
from tests.report.scene import (
    INITIATOR,
    RESPONDER,
    RETRIES,
    Scene,
    analyzed,
    faults,
    only,
)

ROUTER = "203.0.113.1"
V6 = ("2001:db8::1", "2001:db8:7::7")


def the(code: str, conversation: Conversation) -> Finding:
    """Return the one finding of a code."""
    (found,) = [f for f in conversation.findings if f.code == code]
    return found


def core(finding: Finding) -> tuple[str, str, str, tuple[int, ...]]:
    """Return what a finding says but for its words."""
    return finding.code, finding.severity, finding.certainty, finding.frames


# no-reply


def test_msg1_that_nothing_ever_answers_is_no_reply() -> None:
    """Nothing at all came back: absence is evidence when it is stated with its span."""
    found = only(Scene().msg1().repeat(RETRIES))
    assert faults(found) == ["no-reply"]
    finding = the("no-reply", found)
    assert core(finding) == ("no-reply", "fault", "proven", (1, 2, 3, 4))
    assert any("24.2 s" in line for line in finding.evidence)
    assert any("198.51.100.7" in line for line in finding.evidence)
    assert finding.settles_it


def test_peer_that_answered_once_is_not_one_that_never_replied() -> None:
    assert "no-reply" not in faults(only(Scene().upto(3).repeat(RETRIES)))


def test_refusal_is_a_reply() -> None:
    assert "no-reply" not in faults(only(Scene().msg1().notify(RESPONDER).repeat(RETRIES, "MSG1")))


def test_msg1_at_the_end_of_the_capture_is_not_yet_without_reply() -> None:
    assert faults(only(Scene().msg1())) == []


def test_capture_of_the_responder_alone_says_nothing_about_replies() -> None:
    """It repeats MSG2; what the initiator sent is not in the capture, or did not pass there."""
    found = only(Scene().upto(2).repeat(RETRIES).one_side(RESPONDER))
    assert (found.outcome, faults(found)) == ("unknown", [])


# peer-went-silent


@pytest.mark.parametrize("last", [2, 3, 4, 5])
def test_peer_that_answered_before_and_not_again_went_silent(last: int) -> None:
    found = only(Scene(auth="rsa-sig", mtu=9000).upto(last).repeat(RETRIES))
    assert faults(found) == ["peer-went-silent"]
    finding = the("peer-went-silent", found)
    assert (finding.severity, finding.certainty) == ("fault", "likely")
    assert set(finding.frames) >= set(range(last, last + 4))


def test_peer_that_goes_on_repeating_itself_is_not_silent() -> None:
    found = only(Scene(auth="rsa-sig").upto(4).repeat(RETRIES, "MSG3", "MSG4"))
    assert "peer-went-silent" not in faults(found)


def test_peer_that_came_up_did_not_go_silent() -> None:
    assert faults(only(Scene().phase1().bystander(600))) == []


# replies-lost


@pytest.mark.parametrize("last", [2, 3, 4])
def test_answer_that_changes_nothing_is_a_lost_reply(last: int) -> None:
    """One peer answers each time, the other goes on repeating itself."""
    found = only(Scene().upto(last).repeat(RETRIES, f"MSG{last - 1}", f"MSG{last}"))
    assert faults(found) == ["replies-lost"]
    assert the("replies-lost", found).severity == "fault"


def test_lost_msg6_is_a_lost_reply() -> None:
    found = only(Scene(auth="rsa-sig", near=RESPONDER).upto(6).repeat(RETRIES, "MSG5", "MSG6"))
    assert "replies-lost" in faults(found)


def test_silent_peer_has_lost_no_replies() -> None:
    assert "replies-lost" not in faults(only(Scene().upto(3).repeat(RETRIES)))


def test_replies_that_were_lost_on_the_way_to_success_are_no_fault() -> None:
    found = only(Scene().upto(2).repeat(RETRIES, "MSG1", "MSG2").msg3().msg4().msg5().msg6())
    assert faults(found) == []


# port-closed, unreachable, filtered


@pytest.mark.parametrize(
    ("kind", "code", "expected"),
    [
        (3, 3, "port-closed"),
        (3, 0, "unreachable"),
        (3, 1, "unreachable"),
        (3, 9, "filtered"),
        (3, 10, "filtered"),
        (3, 13, "filtered"),
    ],
)
@pytest.mark.parametrize("quote_bytes", [28, 548])
def test_icmp_error_that_quotes_msg1_says_why_nothing_came_back(
    kind: int, code: int, expected: str, quote_bytes: int
) -> None:
    """RFC 792 asks for 8 octets of the datagram only: ports and no cookie. That has to do."""
    play = Scene().msg1().icmp(kind, code, ROUTER, quote_bytes=quote_bytes)
    play.wait(4).again("MSG1").icmp(kind, code, ROUTER, quote_bytes=quote_bytes)
    found = only(play)
    assert (found.outcome, found.last_message, found.awaited_message) == ("stalled", 1, 2)
    assert faults(found) == [expected]
    assert core(the(expected, found)) == (expected, "fault", "proven", (2, 4))


@pytest.mark.parametrize(
    ("kind", "code", "expected"),
    [(1, 4, "port-closed"), (1, 0, "unreachable"), (1, 3, "unreachable"), (1, 1, "filtered")],
)
@pytest.mark.parametrize("quote_bytes", [48, 548])
def test_icmpv6_error_says_the_same(kind: int, code: int, expected: str, quote_bytes: int) -> None:
    play = Scene(initiator=V6[0], responder=V6[1]).msg1().icmp(kind, code, quote_bytes=quote_bytes)
    assert faults(only(play.wait(4).again("MSG1").bystander(1))) == [expected]


@pytest.mark.parametrize("step", [3, 5])
def test_port_that_closes_under_way_is_closed(step: int) -> None:
    """The responder's process was killed: each copy of the next message meets ICMP 3/3."""
    play = Scene().upto(step).port_unreachable()
    for _ in RETRIES:
        play.wait(5).again(f"MSG{step}").port_unreachable()
    found = only(play)
    assert (found.outcome, found.awaited_message) == ("stalled", step + 1)
    assert faults(found)[0] == "port-closed"


def test_icmp_error_about_another_conversation_is_not_this_ones() -> None:
    """It quotes a datagram between other peers."""
    healthy, dead = Scene().phase1(), Scene(seed=2, responder="198.51.100.99", start_s=0.01).msg1()
    found = analyzed(healthy, dead.port_unreachable().wait(4).again("MSG1").port_unreachable()).conversations
    assert [faults(c) for c in found] == [[], ["port-closed"]]


def test_icmp_error_is_given_to_the_conversation_whose_cookie_it_quotes() -> None:
    """Two attempts of one pair, one after the other: the error is about the first."""
    first = Scene().msg1().port_unreachable().wait(4).again("MSG1").port_unreachable()
    second = Scene(seed=2, start_s=30).phase1()
    found = analyzed(first, second).conversations
    assert [(c.outcome, faults(c)) for c in found] == [("stalled", ["port-closed"]), ("established", [])]


def test_icmp_error_that_changed_nothing_is_no_fault() -> None:
    """The daemon started a moment later; it came up all the same."""
    found = only(Scene().msg1().port_unreachable().wait(4).again("MSG1").msg2().msg3().msg4().msg5().msg6())
    assert (found.outcome, faults(found)) == ("established", [])


def test_icmp_error_of_the_initiators_host_blames_the_initiator() -> None:
    """Vpnc exits on a wrong group key; the responder's copies of MSG2 meet a closed port."""
    play = Scene(mode="aggressive").upto(2).port_unreachable()
    for _ in RETRIES:
        play.wait(5).again("MSG2").port_unreachable()
    found = only(play)
    assert (found.outcome, found.silent_peer, faults(found)) == ("stalled", INITIATOR, ["port-closed"])


def test_icmp_error_without_a_negotiation_is_no_conversation() -> None:
    play = Scene().msg1().port_unreachable()
    play.shots = play.shots[1:]
    assert analyzed(play).conversations == ()


# nat-t-blocked


def test_stall_with_the_move_to_4500_is_nat_t_blocked() -> None:
    """StrongSwan as responder repeats MSG4 only when asked: MSG5 goes into silence."""
    found = only(Scene(nat=INITIATOR).upto(5).repeat(RETRIES))
    assert faults(found) == ["nat-t-blocked"]


def test_stall_at_msg5_on_port_500_is_not_nat_t_blocked() -> None:
    assert "nat-t-blocked" not in faults(only(Scene().upto(5).repeat(RETRIES)))


def test_peer_that_answers_on_4500_is_not_blocked_there() -> None:
    play = Scene(nat=INITIATOR, near=RESPONDER).upto(6).repeat(RETRIES, "MSG5", "MSG6")
    assert "nat-t-blocked" not in faults(only(play))


# fragments-lost


@pytest.mark.parametrize("lost", [0, 1, 2])
def test_ip_fragments_that_never_complete_are_lost(lost: int) -> None:
    """MSG5 with certificates does not fit the MTU; one fragment of each copy is dropped on the way."""
    play = Scene(auth="rsa-sig", mtu=700).upto(5).lose_frame(lost)
    for _ in RETRIES:
        play.wait(20).again("MSG5").lose_frame(lost)
    found = only(play.bystander(60))
    assert found.outcome == "stalled"
    assert "fragments-lost" in faults(found)
    assert the("fragments-lost", found).certainty == "proven"


def test_ip_fragments_that_complete_are_not_lost() -> None:
    found = only(Scene(auth="rsa-sig", mtu=700).phase1())
    assert (found.outcome, faults(found)) == ("established", [])


def test_ip_fragments_lost_once_and_sent_again_are_no_fault() -> None:
    play = Scene(auth="rsa-sig", mtu=700).upto(5).lose_frame(1).wait(4).again("MSG5").msg6()
    found = only(play.bystander(90))
    assert (found.outcome, faults(found)) == ("established", [])


def test_reassembly_that_timed_out_at_the_receiver_is_lost_fragments() -> None:
    """ICMP 11/1: the host that sends it got the first fragment, and not all of the others."""
    play = Scene(auth="rsa-sig", mtu=700).upto(5).repeat(RETRIES).wait(30).icmp(11, 1)
    assert "fragments-lost" in faults(only(play))


# none of these


@pytest.mark.parametrize("mode", ["main", "aggressive"])
@pytest.mark.parametrize("auth", ["psk", "rsa-sig", "xauth-psk"])
@pytest.mark.parametrize("nat", [None, INITIATOR, RESPONDER])
@pytest.mark.parametrize("near", [INITIATOR, RESPONDER, "between"])
def test_healthy_negotiation_has_no_fault(mode: str, auth: str, nat: Role | None, near: str) -> None:
    play = Scene(mode=mode, auth=auth, nat=nat, near=near)  # type: ignore[arg-type]
    found = only(play.phase1().quick(1, 2, 3).wait(30).dead_peer_detection().bystander(300))
    assert (found.outcome, faults(found)) == ("established", [])


@pytest.mark.parametrize("fragmented", [None, 250])
def test_healthy_negotiation_over_ipv6_has_no_fault(fragmented: int | None) -> None:
    play = Scene(initiator=V6[0], responder=V6[1], auth="rsa-sig", ike_fragment_bytes=fragmented)
    found = only(play.phase1().quick(1, 2, 3))
    assert (found.outcome, found.initiator.address, faults(found)) == ("established", V6[0], [])


def test_finding_never_stands_without_evidence_and_a_frame() -> None:
    """A finding without evidence does not exist."""
    scenes = [
        Scene().msg1().repeat(RETRIES),
        Scene(seed=2, start_s=100).upto(4).repeat(RETRIES),
        Scene(seed=3, start_s=200).upto(3).notify(RESPONDER),
        Scene(seed=4, start_s=300).msg1().port_unreachable(),
        Scene(seed=5, start_s=400).phase1().mirrored(),
        Scene(seed=6, start_s=500).phase1().start_late(2),
    ]
    found = [f for c in analyzed(*scenes).conversations for f in c.findings]
    assert len(found) >= 6
    assert all(f.evidence and all(f.evidence) and f.frames and f.claim for f in found)


def test_display_filter_is_that_of_the_initiator_cookie() -> None:
    play = Scene().msg1().repeat(RETRIES)
    (finding,) = only(play).findings
    assert finding.display_filter == f"isakmp.ispi == {play.cookies[:8].hex(':')}"


def test_port_that_a_peer_spoke_from_is_closed_since() -> None:
    play = Scene().upto(3)
    for gap in (4.0, 7.2):
        play.port_unreachable().wait(gap).again("MSG3")
    found = only(play).findings[0]
    assert (found.code, found.alternatives) == ("port-closed", ("peer-restarted",))
    assert found.claim.endswith("nothing listens on UDP 500 there any more.")


def test_port_that_nobody_spoke_from_was_never_open() -> None:
    found = only(Scene().msg1().port_unreachable().repeat((4.0,))).findings[0]
    assert (found.code, found.alternatives) == ("port-closed", ())
    assert found.claim.endswith("nothing listens on UDP 500 there.")


def test_client_that_ended_after_msg2_of_aggressive_mode_may_have_rejected_the_key() -> None:
    play = Scene(mode="aggressive").upto(2)
    for gap in (4.0, 7.2):
        play.wait(gap).again("MSG2").port_unreachable()
    assert only(play).findings[0].alternatives == ("psk-mismatch", "peer-restarted")


def test_key_that_no_message_reached_is_not_in_doubt() -> None:
    play = Scene(nat="initiator").upto(5)
    for gap in (4.0, 7.2):
        play.port_unreachable().wait(gap).again("MSG4").again("MSG5")
    assert "psk-mismatch" not in faults(only(play))


@pytest.mark.parametrize(
    "play",
    [
        Scene().upto(4).wait(4).again("MSG4"),
        Scene(mode="aggressive", auth="rsa-sig", mtu=9000).upto(2).wait(4).again("MSG2"),
        Scene(mode="aggressive", near=RESPONDER).upto(2).wait(4).again("MSG2").again("MSG1"),
    ],
)
def test_program_that_ended_elsewhere_rejected_no_key(play: Scene) -> None:
    """Main mode proves the key later, a certificate is none, and a responder has proven its own."""
    found = next(f for f in only(play.port_unreachable().wait(9)).findings if f.code == "port-closed")
    assert found.alternatives == ("peer-restarted",)


# what ICMP errors and fragments are told with


def test_error_of_a_router_is_told_with_where_it_was_on_the_way_to() -> None:
    play = Scene().msg1().icmp(3, 13, ROUTER).wait(4).again("MSG1")
    found = only(play).findings[0]
    assert found.claim == (
        f"{ROUTER} answered with ICMP communication administratively prohibited: a filter rejects the "
        "datagrams to 198.51.100.7."
    )
    (told,) = found.evidence
    assert told == (
        f"Once an ICMP communication administratively prohibited from {ROUTER}, on the way to 198.51.100.7, "
        "quotes a datagram to 198.51.100.7 UDP 500"
    )


def test_port_that_is_closed_on_the_way_is_a_filter_s_doing() -> None:
    """Linux rejects with port unreachable unless told otherwise, in the name of the router itself."""
    found = only(Scene().msg1().icmp(3, 3, ROUTER).wait(4).again("MSG1")).findings[0]
    assert found.claim == (
        f"{ROUTER}, on the way to 198.51.100.7, rejects UDP 500 with ICMP port unreachable, as firewalls do."
    )
    assert (
        found.settles_it == f"{ROUTER} has a rule that rejects UDP 500, or does not forward it: look there."
    )
    own = only(Scene().msg1().port_unreachable().wait(4).again("MSG1")).findings[0]
    assert own.claim == "198.51.100.7 answered with ICMP port unreachable: nothing listens on UDP 500 there."
    assert own.settles_it == "Ask 198.51.100.7 which program has UDP 500 open."


def test_port_that_a_nat_does_not_forward_is_to_be_forwarded_there() -> None:
    play = Scene(nat=RESPONDER).upto(5).port_unreachable().wait(4).again("MSG5")
    found = only(play).findings[0]
    assert found.code == "port-closed"
    assert (
        found.settles_it
        == "203.0.113.5 has a rule that rejects UDP 4500, or does not forward it: look there."
    )


def test_program_that_ended_says_why_in_its_log() -> None:
    play = Scene(mode="aggressive").upto(2).port_unreachable().wait(4).again("MSG2")
    found = only(play).findings[0]
    assert found.claim.endswith("nothing listens on UDP 500 there any more.")
    assert found.settles_it == "The log of 192.0.2.1 says why its IKE program ended."


def test_fragments_that_never_all_arrive_are_to_be_looked_for_at_both_ends() -> None:
    found = only(Scene().msg1().icmp(11, 1).wait(4).again("MSG1")).findings[0]
    assert found.claim == (
        "198.51.100.7 answered with ICMP fragment reassembly time exceeded: it got some fragments of a "
        "message and not the others."
    )
    assert found.settles_it == (
        "Capture at 192.0.2.1 and at 198.51.100.7, and compare which fragments leave and arrive."
    )


def test_ike_fragments_are_whole_datagrams_to_a_path() -> None:
    """A ping of their size tells nothing about them."""
    play = Scene(auth="rsa-sig", ike_fragment_bytes=500).upto(5).lose_frame(1).bystander(60)
    found = next(f for f in only(play).findings if f.code == "fragments-lost")
    assert found.settles_it == "Capture at 192.0.2.1: do all fragments leave there?"


def test_error_of_the_target_itself_is_on_no_way() -> None:
    found = only(Scene().msg1().icmp(3, 1, "198.51.100.7").wait(4).again("MSG1")).findings[0]
    assert found.claim == "198.51.100.7 answered with ICMP host unreachable."
    assert found.evidence == (
        "Once an ICMP host unreachable from 198.51.100.7 quotes a datagram to 198.51.100.7 UDP 500",
    )


@pytest.mark.parametrize(("last", "who"), [(5, "initiator"), (6, "responder")])
def test_ip_fragments_that_are_missing_are_told_of_their_sender(last: int, who: str) -> None:
    found = only(Scene(auth="rsa-sig").upto(last).lose_frame(1).bystander(9)).findings[0]
    assert found.claim == f"A message of the {who} came in part only: fragments of it are missing."
    assert found.evidence[0].endswith(" octets in 1 fragment, missing octets 1480-end")
    whole = only(Scene(auth="rsa-sig").upto(last).lose_frame(0).bystander(9)).findings[0]
    assert " of " in whole.evidence[0]
    assert "missing octets 0-1479" in whole.evidence[0]


@pytest.mark.parametrize(("last", "who"), [(5, "initiator"), (6, "responder")])
def test_ike_fragments_that_are_missing_are_told_of_their_sender(last: int, who: str) -> None:
    def lost(number: int) -> str:
        play = Scene(auth="rsa-sig", ike_fragment_bytes=700).upto(last).lose_frame(number)
        found = only(play.bystander(9)).findings[0]
        assert found.claim == f"A message of the {who} came in part only: fragments of it are missing."
        return found.evidence[0]

    assert lost(1) == "IKE fragments 1, 3 of 3 of one message, the rest never came"
    assert lost(2) == "IKE fragments 1, 2 of one message, the rest never came"

"""A conversation's entry in the report: whom it is between, what was offered and chosen, its series."""

import msgspec
import pytest

from ikepcap.report.model import Policy
from ikepcap.testing import ECP, LEGACY, STRONG
from tests.report.scene import INITIATOR, RESPONDER, RETRIES, TWO, Scene, analyzed, faults, only

AES = Policy("AES-CBC-256", "SHA2-256", "MODP-2048", "PSK", 28_800)
TRIPLE_DES = Policy("3DES-CBC", "SHA1", "MODP-1024", "PSK", 86_400)


def test_chosen_is_what_the_responder_took() -> None:
    found = only(Scene(offer=(STRONG, LEGACY), chosen=1).phase1())
    assert (found.chosen, found.auth) == (TRIPLE_DES, "psk")


def test_without_an_answer_nothing_is_chosen_and_the_offer_is_shown() -> None:
    found = only(Scene(offer=(STRONG, LEGACY)).msg1().repeat(RETRIES))
    assert (found.chosen, found.auth, found.offered) == (None, "psk", (AES, TRIPLE_DES))


@pytest.mark.parametrize("auth", ["psk", "rsa-sig", "dss-sig", "hybrid", "xauth-psk", "xauth-rsa"])
def test_auth_is_named(auth: str) -> None:
    assert only(Scene(auth=auth).phase1()).auth == auth


def test_auth_is_null_where_nothing_tells() -> None:
    assert only(Scene().phase1().start_late(2)).auth is None


def test_group_of_an_elliptic_curve_is_named() -> None:
    chosen = only(Scene(offer=(ECP,)).phase1()).chosen
    assert chosen is not None
    assert (chosen.group or "").startswith("ECP-256")


def test_cookies_and_ends_are_those_on_the_wire() -> None:
    play = Scene(nat=INITIATOR).phase1()
    found = only(play)
    assert (found.initiator_cookie, found.responder_cookie) == (
        play.cookies[:8].hex(),
        play.cookies[8:].hex(),
    )
    assert (found.initiator.address, found.responder.address) == ("203.0.113.5", "198.51.100.7")
    assert (found.responder.port, found.mode) == (500, "main")


def test_responder_cookie_is_null_before_the_responder_has_spoken() -> None:
    assert only(Scene().msg1()).responder_cookie is None


def test_times_and_frames_are_those_of_the_conversation() -> None:
    play = Scene(start_s=60).phase1()
    found = analyzed(Scene(seed=2).msg1(), play).conversations[1]
    assert (found.first_frame, found.last_frame, found.message_count) == (2, 7, 6)
    assert found.first_time.startswith("2026-03-02T08:01:00.0")
    assert found.first_time.endswith("Z")
    assert found.elapsed_ns == play.shots[-1].time_ns - play.shots[0].time_ns


def test_states_are_named_in_every_dialect() -> None:
    found = only(Scene().upto(5).repeat(RETRIES))
    assert found.initiator.states == {
        "asa": "MM_WAIT_MSG6",
        "ios": "MM_KEY_EXCH",
        "windows": "IKEEXT_MM_SA_STATE_FINAL",
        "libreswan": "STATE_MAIN_I3",
        "strongswan": "CONNECTING (MM_AUTH)",
        "racoon": "PHASE1ST_MSG3SENT",
    }
    assert (found.responder.states["asa"], found.responder.states["libreswan"]) == (
        "MM_WAIT_MSG5",
        "STATE_MAIN_R2",
    )


def test_attempts_that_follow_each_other_are_a_series() -> None:
    """A retry with a new cookie is a new conversation that points to the first of them."""
    tries = [Scene(seed=n, start_s=70 * n).msg1().repeat(RETRIES) for n in range(3)]
    found = analyzed(*tries).conversations
    assert [(c.id, c.outcome, c.attempt_of) for c in found] == [
        (1, "stalled", None),
        (2, "stalled", 1),
        (3, "stalled", 1),
    ]


def test_attempt_that_comes_up_ends_its_series() -> None:
    failed, up = Scene().msg1().repeat(RETRIES), Scene(seed=2, start_s=70).phase1().quick(1, 2, 3)
    again = Scene(seed=3, start_s=4000).msg1().repeat(RETRIES)
    found = analyzed(failed, up, again).conversations
    assert [(c.outcome, c.attempt_of) for c in found] == [
        ("stalled", None),
        ("established", 1),
        ("stalled", None),
    ]


def test_attempts_between_other_peers_are_another_series() -> None:
    one = Scene().msg1().repeat(RETRIES)
    two = Scene(seed=2, responder="198.51.100.8", start_s=70).msg1().repeat(RETRIES)
    assert [c.attempt_of for c in analyzed(one, two).conversations] == [None, None]


def test_attempts_of_a_series_point_to_its_first_also_when_a_later_one_ends_before_it() -> None:
    """The order of the report is that of first frames, not that in which conversations end."""
    slow = Scene().msg1().repeat((4, 7, 13, 23, 42))
    quick = Scene(seed=2, start_s=30).msg1().notify(RESPONDER)
    found = analyzed(slow, quick).conversations
    assert [(c.id, c.attempt_of) for c in found] == [(1, None), (2, 1)]


@pytest.mark.parametrize(
    "play",
    [
        Scene().phase1().quick(1, 2, 3),
        Scene().msg1().repeat(RETRIES),
        Scene().upto(3).notify(RESPONDER),
        Scene().upto(3),
        Scene().phase1().one_side(RESPONDER),
        Scene().phase1(hidden=True).dead_peer_detection(),
        Scene(mode="aggressive").upto(2).repeat(RETRIES),
        Scene(vendor_ids=((), ())).upto(2).bystander(90),
    ],
)
def test_summary_is_one_sentence(play: Scene) -> None:
    found = only(play)
    assert found.summary.endswith(".")
    assert "None" not in found.summary
    assert "\n" not in found.summary
    assert ". " not in found.summary.replace("e.g. ", "")


def test_summary_tells_of_phase_2_where_it_matters() -> None:
    refused = only(Scene().phase1().quick(1).informational(RESPONDER)).summary
    assert "refused quick mode" in refused
    assert "quick mode" in only(Scene().phase1().quick(1).repeat(RETRIES)).summary


def test_summary_of_a_stall_names_the_message_and_the_peer() -> None:
    summary = only(Scene().upto(5).repeat(RETRIES)).summary
    assert "MSG6" in summary
    assert "responder" in summary
    assert "4 copies in 24.2 s" in summary


def test_names_of_the_contract_are_all_in_the_document() -> None:
    """Scripts read them: rename or drop none."""
    report = analyzed(Scene().upto(5).repeat(RETRIES), Scene(seed=2, start_s=90).phase1().quick(1, 2, 3))
    document = msgspec.to_builtins(report)
    assert set(document) >= {"schema", "source", "vantage", "conversations", "findings"}
    assert document["schema"] == "ikepcap.report/1"
    assert set(document["source"]) >= {
        "name", "frames", "first_time", "last_time", "isakmp_messages", "skipped",
    }  # fmt: skip
    assert set(document["source"]["skipped"]) >= {
        "ikev2", "esp", "nat_keepalive", "malformed", "authip", "incomplete_fragments",
    }  # fmt: skip
    assert set(document["vantage"]) == {"near", "certainty", "why"}
    for conversation in document["conversations"]:
        assert set(conversation) >= {
            "id", "initiator_cookie", "responder_cookie", "mode", "auth", "outcome", "summary", "nat",
            "last_message", "awaited_message", "silent_peer", "initiator", "responder", "chosen",
            "messages", "exchanges", "findings",
        }  # fmt: skip
        assert set(conversation["nat"]) == {"initiator_behind_nat", "responder_behind_nat", "moved_to_4500"}
        for role in (INITIATOR, RESPONDER):
            assert set(conversation[role]) >= {
                "address", "port", "implementation", "progress", "certainty", "states",
            }  # fmt: skip
        assert set(conversation["chosen"]) >= {"encryption", "hash", "group", "auth", "lifetime_s"}
        for message in conversation["messages"]:
            assert set(message) >= {
                "frame", "time", "from", "step", "kind", "retransmission_of", "encrypted", "decrypted",
                "payloads", "defects", "message_id",
            }  # fmt: skip
    exchange = document["conversations"][1]["exchanges"][0]
    assert set(exchange) >= {
        "kind", "message_id", "outcome", "last_message", "awaited_message", "silent_peer",
    }  # fmt: skip
    finding = document["conversations"][0]["findings"][0]
    assert set(finding) >= {
        "code", "certainty", "claim", "frames", "evidence", "alternatives", "settles_it", "checks",
        "display_filter",
    }  # fmt: skip


def test_offer_of_two_is_auth_of_one() -> None:
    """Both transforms of the offer hold the same method, so the method offered is known."""
    found = only(Scene(offer=TWO).msg1())
    assert (found.auth, len(found.offered), faults(found)) == ("psk", 2, [])

"""What a refusal is consistent with: the words of the notify, and the place where it stands.

The scenes are what strongSwan, Libreswan and racoon were seen to send for each cause.
"""

from typing import Any

import pytest

from ikepcap.testing.policy import STRONGSWAN, XAUTH
from ikepcap.testing.stage import Role
from ikepcap.wire.numbers import NotifyType as N
from tests.report.scene import INITIATOR, RESPONDER, RETRIES, Mode, Scene, faults, notes, only

ZERO = bytes(8)


def test_refused_offer_of_strongswan_is_a_proposal_mismatch() -> None:
    """56 octets: with both cookies as SPI."""
    assert faults(only(Scene().msg1().notify(RESPONDER))) == ["proposal-mismatch"]


def test_refused_offer_of_libreswan_is_a_proposal_mismatch() -> None:
    """No SPI, no responder cookie, no message ID; the same octets for each copy of MSG1."""
    play = Scene().msg1().notify(RESPONDER, with_spi=False, responder_cookie=ZERO, message_id=0)
    play.wait(0.5).again("MSG1").again("NOTIFY").wait(0.5).again("MSG1").again("NOTIFY")
    found = only(play)
    assert (found.outcome, faults(found)) == ("refused", ["proposal-mismatch"])


def test_no_proposal_chosen_of_strongswan_without_an_spi_is_an_unknown_peer() -> None:
    """40 octets: it found no configuration for this address. Half of the readings are alternatives."""
    found = only(Scene().msg1().notify(RESPONDER, with_spi=False, responder_cookie=b"\x99" * 8))
    assert faults(found) == ["unknown-peer"]
    assert "proposal-mismatch" in found.findings[0].alternatives


@pytest.mark.parametrize(
    ("mode", "last", "by", "kind", "code"),
    [
        ("main", 1, RESPONDER, N.INVALID_MAJOR_VERSION, "version-refused"),
        ("main", 1, RESPONDER, N.UNSUPPORTED_EXCHANGE_TYPE, "mode-refused"),
        ("main", 3, RESPONDER, N.INVALID_KEY_INFORMATION, "no-shared-secret"),
        ("main", 4, INITIATOR, N.INVALID_KEY_INFORMATION, "no-shared-secret"),
        ("main", 3, RESPONDER, N.INVALID_COOKIE, "peer-restarted"),
        ("main", 5, RESPONDER, N.PAYLOAD_MALFORMED, "psk-mismatch"),
        ("main", 5, RESPONDER, N.INVALID_ID_INFORMATION, "identity-mismatch"),
        ("main", 5, RESPONDER, N.INVALID_CERTIFICATE, "certificate-rejected"),
        ("main", 5, RESPONDER, N.AUTHENTICATION_FAILED, "authentication-failed"),
        ("aggressive", 1, RESPONDER, N.AUTHENTICATION_FAILED, "mode-refused"),
        ("aggressive", 2, INITIATOR, N.INVALID_HASH_INFORMATION, "psk-mismatch"),
    ],
)
def test_notify_in_the_clear_is_read_by_its_words_and_its_place(
    mode: Mode, last: int, by: Role, kind: int, code: str
) -> None:
    """Likely at best: every vendor uses the few words there are a little differently."""
    found = only(Scene(mode=mode).upto(last).notify(by, kind))
    assert faults(found) == [code]
    assert found.findings[0].certainty == "likely"
    assert last + 1 in found.findings[0].frames


def test_encrypted_refusal_of_msg5_that_the_initiator_heeds_is_a_failed_authentication() -> None:
    """It could read it, so the keys agree: identity, certificate, or method."""
    found = only(Scene().upto(5).informational(RESPONDER))
    assert faults(found) == ["authentication-failed"]
    assert {"psk-mismatch", "identity-mismatch"} <= set(found.findings[0].alternatives)


def test_encrypted_refusal_of_msg5_that_the_initiator_cannot_read_is_a_psk_mismatch() -> None:
    """StrongSwan answers every copy of MSG5; the initiator has other keys and repeats it."""
    play = Scene().upto(5).informational(RESPONDER)
    for gap in RETRIES:
        play.wait(gap).again("MSG5").informational(RESPONDER)
    found = only(play)
    assert (faults(found), found.findings[0].certainty) == (["psk-mismatch"], "likely")


def test_both_peers_that_repeat_at_msg4_and_msg5_have_different_keys() -> None:
    """Libreswan and racoon say nothing: each goes on with its own timer."""
    found = only(Scene().upto(5).repeat(RETRIES, "MSG4", "MSG5"))
    assert faults(found)[0] == "psk-mismatch"


def test_certificates_do_not_have_a_pre_shared_key_to_differ_in() -> None:
    found = only(Scene(auth="rsa-sig").upto(5).repeat(RETRIES, "MSG4", "MSG5"))
    assert "psk-mismatch" not in faults(found)
    assert faults(found)


def test_encrypted_refusal_of_the_initiator_in_aggressive_mode_is_an_authentication_that_failed() -> None:
    found = only(Scene(mode="aggressive").upto(2).informational(INITIATOR))
    assert faults(found)[0] in ("authentication-failed", "psk-mismatch")


def test_delete_before_phase_1_is_done_is_a_fault_of_no_certain_cause() -> None:
    found = only(Scene().upto(3).delete(RESPONDER))
    assert (len(faults(found)), found.findings[0].certainty) == (1, "possible")


def test_refusal_is_one_finding_however_often_it_was_said() -> None:
    play = Scene().upto(1).notify(RESPONDER)
    for gap in RETRIES:
        play.wait(gap).again("MSG1").notify(RESPONDER)
    found = only(play)
    assert (len(found.findings), found.findings[0].frames) == (1, (2, 4, 6, 8))


def test_microsofts_status_notify_with_an_error_refuses() -> None:
    """MS-IKEE §2.2.6: a status by its number, and the Windows error 13801 in its data."""
    from ikepcap.wire import build
    from ikepcap.wire.numbers import Exchange

    play = Scene().upto(5)
    data = build.message(
        [build.notify(N.MS_NOTIFY_STATUS, data=(13801).to_bytes(4))],
        initiator_cookie=play.cookies[:8],
        responder_cookie=play.cookies[8:],
        exchange=Exchange.INFORMATIONAL,
        message_id=9,
    )
    found = only(play.send(RESPONDER, data))
    assert (found.outcome, found.silent_peer, notes(found)) == ("refused", RESPONDER, [])


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (13868, "proposal-mismatch"),
        (13801, "authentication-failed"),
        (13847, "certificate-rejected"),
        (13867, "psk-mismatch"),
        (13869, "identity-mismatch"),
        (99999, "authentication-failed"),
    ],
)
def test_windows_error_in_a_status_notify_is_read_and_named(error: int, code: str) -> None:
    from ikepcap.wire import build
    from ikepcap.wire.numbers import Exchange

    play = Scene().upto(5)
    data = build.message(
        [build.notify(N.MS_NOTIFY_STATUS, data=error.to_bytes(4))],
        initiator_cookie=play.cookies[:8],
        responder_cookie=play.cookies[8:],
        exchange=Exchange.INFORMATIONAL,
        message_id=9,
    )
    found = only(play.send(RESPONDER, data))
    assert faults(found) == [code]
    assert any(str(error) in line for line in found.findings[0].evidence)


def test_refusal_that_was_understood_says_that_the_keys_agree() -> None:
    """The initiator would have sent MSG5 again by now."""
    found = only(Scene().upto(5).informational(RESPONDER).bystander(60)).findings[0]
    assert (found.code, found.alternatives[0]) == ("authentication-failed", "identity-mismatch")
    assert "keys agree" in found.claim


def test_refusal_at_the_end_of_a_capture_says_nothing_of_keys() -> None:
    found = only(Scene().upto(5).informational(RESPONDER).bystander(5)).findings[0]
    assert "keys agree" not in found.claim


def test_refused_certificate_has_no_pre_shared_key_in_first_place() -> None:
    found = only(Scene(auth="rsa-sig").upto(5).informational(RESPONDER).bystander(60)).findings[0]
    assert found.alternatives[0] == "certificate-rejected"


def test_what_comes_after_quick_mode_began_is_about_quick_mode() -> None:
    """Aggressive mode: MSG3 and QM1 leave together, and one informational comes back."""
    found = only(Scene(mode="aggressive").phase1().quick(1).informational(RESPONDER))
    assert (found.outcome, faults(found)) == ("established", ["phase2-refused"])
    assert "authentication-failed" in found.findings[0].alternatives


def test_what_comes_right_after_msg3_is_about_phase_1() -> None:
    found = only(Scene(mode="aggressive").phase1().informational(RESPONDER))
    assert found.outcome == "refused"


# what a refusal is told with


def refused_at(last: int, kind: int, *, auth: str = "psk", mode: str = "main") -> Any:
    """The first finding on a notify in the clear after so many messages."""
    by = RESPONDER if last % 2 else INITIATOR
    play = Scene(auth=auth, mode=mode).upto(last).notify(by, kind)  # type: ignore[arg-type]
    return only(play).findings[0]


def test_refusal_is_told_with_its_size_its_place_and_its_delay() -> None:
    found = refused_at(1, N.NO_PROPOSAL_CHOSEN)
    assert (
        found.evidence[0] == "Frame 2 is NO-PROPOSAL-CHOSEN from 198.51.100.7, 56 octets, where MSG2 was due"
    )
    assert found.evidence[1].startswith("It came 2")
    assert found.evidence[1].endswith(" ms after frame 1")
    assert len(found.evidence) == 2
    assert found.frames == (2,)


def test_refusals_that_are_repeated_are_counted() -> None:
    play = Scene().msg1().notify(RESPONDER).wait(1).again("MSG1").again("NOTIFY")
    assert only(play).findings[0].evidence[-1] == "2 informationals came from it in all"


@pytest.mark.parametrize(
    ("auth", "code", "is_named"),
    [
        ("psk", "psk-mismatch", True), ("psk", "certificate-rejected", False),
        ("rsa-sig", "psk-mismatch", False), ("rsa-sig", "certificate-rejected", True),
    ],
)  # fmt: skip
def test_readings_fit_what_the_peers_authenticate_with(auth: str, code: str, is_named: bool) -> None:
    found = refused_at(5, N.AUTHENTICATION_FAILED, auth=auth)
    assert (found.code, code in found.alternatives) == ("authentication-failed", is_named)


def test_secret_that_nobody_offered_cannot_be_lacking() -> None:
    assert "no-shared-secret" in refused_at(1, N.NO_PROPOSAL_CHOSEN).alternatives
    assert "no-shared-secret" not in refused_at(1, N.NO_PROPOSAL_CHOSEN, auth="rsa-sig").alternatives


def test_all_readings_stay_where_the_capture_does_not_show_the_method() -> None:
    play = Scene(auth="rsa-sig").upto(5).informational(RESPONDER).start_late(2)
    assert {"psk-mismatch", "certificate-rejected"} <= set(only(play).findings[0].alternatives)


@pytest.mark.parametrize(
    ("last", "kind", "auth", "code"),
    [
        (5, N.PAYLOAD_MALFORMED, "psk", "psk-mismatch"),
        (5, N.PAYLOAD_MALFORMED, "rsa-sig", "authentication-failed"),
        (3, N.PAYLOAD_MALFORMED, "psk", "authentication-failed"),
        (5, N.INVALID_ID_INFORMATION, "rsa-sig", "identity-mismatch"),
        (4, N.INVALID_KEY_INFORMATION, "psk", "no-shared-secret"),
    ],
)
def test_same_words_mean_other_things_at_other_places(last: int, kind: int, auth: str, code: str) -> None:
    assert refused_at(last, kind, auth=auth).code == code


def test_identity_and_certificate_are_refused_with_the_same_word() -> None:
    assert refused_at(5, N.INVALID_ID_INFORMATION, auth="rsa-sig").alternatives == ("certificate-rejected",)
    assert refused_at(5, N.INVALID_ID_INFORMATION).alternatives == ()


def test_authentication_that_failed_before_msg2_of_aggressive_mode_is_about_the_mode() -> None:
    assert refused_at(1, N.AUTHENTICATION_FAILED, mode="aggressive").code == "mode-refused"
    assert refused_at(1, N.AUTHENTICATION_FAILED).code == "authentication-failed"


def test_no_proposal_chosen_without_cookies_of_strongswan_is_about_the_peer() -> None:
    def code(cookie: bytes | None) -> str:
        play = Scene().msg1().notify(RESPONDER, with_spi=False, responder_cookie=cookie)
        return only(play).findings[0].code

    assert (code(None), code(bytes(8))) == ("unknown-peer", "proposal-mismatch")


# who goes on after an encrypted refusal of MSG5


def closed(
    *, copies: int, answers: bool = True, msg4: bool = False, watched_s: float = 30, runs: bytes = XAUTH
) -> Any:
    """MSG5 is refused; its sender repeats it so often, and is or is not refused anew."""
    play = Scene(vendor_ids=((runs,), (XAUTH,))).upto(5).informational(RESPONDER)
    for _ in range(copies):
        play.wait(4).again("MSG5")
        if answers:
            play.informational(RESPONDER)
        if msg4:
            play.again("MSG4")
    return only(play.bystander(watched_s)).findings[0]


def test_initiator_that_cannot_read_a_refusal_goes_on_and_is_refused_anew() -> None:
    assert closed(copies=2).code == "psk-mismatch"
    assert closed(copies=1).code == "psk-mismatch"


def test_initiator_that_is_refused_once_may_be_refused_for_anything() -> None:
    found = closed(copies=2, answers=False)
    assert (found.code, found.alternatives) == (
        "authentication-failed",
        ("psk-mismatch", "identity-mismatch"),
    )


def test_responder_that_repeats_msg4_besides_has_read_the_identity() -> None:
    assert closed(copies=2, msg4=True).code == "authentication-failed"


@pytest.mark.parametrize(
    ("runs", "watched_s", "is_heeded"),
    [(XAUTH, 26, True), (XAUTH, 24, False), (STRONGSWAN, 5, True), (STRONGSWAN, 4, False)],
)
def test_initiator_that_stops_has_understood_once_it_would_have_gone_on(
    runs: bytes, watched_s: float, is_heeded: bool
) -> None:
    found = closed(copies=0, watched_s=watched_s, runs=runs)
    assert ("so the keys agree" in found.claim) is is_heeded
    assert (found.alternatives[0] == "identity-mismatch") is is_heeded

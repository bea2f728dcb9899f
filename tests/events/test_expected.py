"""Records that Windows would log: what the wire shows is in them, what it cannot know is None."""

import hashlib

import pytest

from ikepcap.events.error_table import ERRORS
from ikepcap.events.model import QuickModeFailure
from ikepcap.events.numbers import ENUMERATIONS, error_code, error_name, flags, symbol
from ikepcap.events.outcome_table import NOTIFIES, NOTIFY_STATUS
from ikepcap.wire.message import parse
from ikepcap.wire.numbers import Payload
from tests.events.watched import (
    AUTHIP_EXTENDED,
    AUTHIP_NOTIFY,
    authip,
    main_mode,
    records,
    status,
    watched,
)
from tests.report.scene import RESPONDER, RETRIES, Scene


def test_no_answer_to_msg1_is_one_record_of_the_initiator() -> None:
    conversations, (record,) = watched(Scene().msg1().repeat(RETRIES))
    failure = main_mode(record)
    assert (record.conversation, record.side, record.certainty) == (
        conversations[0].id,
        "initiator",
        "possible",
    )
    assert (failure.failure_error_code, record.error_name) == (13805, "ERROR_IPSEC_IKE_TIMED_OUT")
    assert record.other_codes == (13813,)
    assert failure.failure_point is None
    assert failure.flags == 0
    assert failure.keying_module_type == "IKEEXT_KEY_MODULE_IKE"
    assert failure.mm_state == "IKEEXT_MM_SA_STATE_SA_SENT"
    assert failure.sa_role == "IKEEXT_SA_ROLE_INITIATOR"
    assert failure.mm_auth_method == "IKEEXT_PRESHARED_KEY"
    assert failure.end_cert_hash == "0" * 40
    assert (failure.mm_id, failure.mm_filter_id) == (None, None)
    assert (failure.local_principal_group_sids, failure.remote_principal_group_sids) == ((), ())
    assert (record.header.local_address, record.header.remote_address) == ("192.0.2.1", "198.51.100.7")
    assert record.header.time_stamp is None


def test_no_proposal_chosen_is_the_policy_at_both_ends() -> None:
    initiator, responder = records(Scene().msg1().notify(RESPONDER))
    assert [main_mode(one).failure_error_code for one in (initiator, responder)] == [13868, 13868]
    assert [main_mode(one).failure_point for one in (initiator, responder)] == [
        "IPSEC_FAILURE_PEER",
        "IPSEC_FAILURE_ME",
    ]
    assert [main_mode(one).mm_state for one in (initiator, responder)] == [
        "IKEEXT_MM_SA_STATE_SA_SENT",
        "IKEEXT_MM_SA_STATE_NONE",
    ]
    assert {one.certainty for one in (initiator, responder)} == {"likely"}
    assert initiator.header.time_stamp is not None


@pytest.mark.parametrize(("kind", "code"), [(kind, code) for kind, (code, _, _) in NOTIFIES.items()])
def test_a_notify_with_an_error_of_the_same_meaning_names_it(kind: int, code: int) -> None:
    found = records(Scene().msg1().notify(RESPONDER, kind))
    assert {main_mode(one).failure_error_code for one in found} == {code}
    assert all("consistent with" in one.why for one in found)


def test_a_notify_without_an_error_of_its_meaning_leaves_the_code_open() -> None:
    initiator, responder = records(Scene().upto(3).notify(RESPONDER, 17))
    assert main_mode(initiator).failure_error_code is main_mode(responder).failure_error_code is None
    assert "INVALID-KEY-INFORMATION: no error code follows from it" in initiator.why


def test_windows_own_notify_proves_the_code_of_its_sender() -> None:
    initiator, responder = records(status(Scene().msg1(), RESPONDER, 13868))
    assert main_mode(responder).failure_error_code == 13868
    assert responder.certainty == "proven"
    assert main_mode(responder).failure_point == "IPSEC_FAILURE_ME"
    assert main_mode(initiator).failure_error_code is None
    assert initiator.other_codes == (13868,)


def test_a_delete_before_phase_1_was_done_is_that_of_its_receiver_and_its_sender() -> None:
    initiator, responder = records(Scene().upto(4).delete(RESPONDER))
    assert [main_mode(one).failure_error_code for one in (initiator, responder)] == [13807, 13808]


def test_keys_that_differ_leave_several_codes_to_the_responder() -> None:
    initiator, responder = records(Scene().upto(5).repeat(RETRIES, "MSG4", "MSG5"))
    assert main_mode(initiator).failure_error_code == 13805
    assert main_mode(initiator).mm_state == "IKEEXT_MM_SA_STATE_FINAL"
    assert main_mode(responder).failure_error_code is None
    assert main_mode(responder).failure_point == "IPSEC_FAILURE_ME"
    assert main_mode(responder).mm_state == "IKEEXT_MM_SA_STATE_SSPI_SENT"
    assert responder.other_codes == (13801, 13843, 13867, 13870)


def test_a_refusal_that_the_other_key_encrypted_is_as_if_nothing_came() -> None:
    scene = Scene().upto(5)
    for _ in range(3):
        scene.informational(RESPONDER).wait(4).again("MSG5")
    initiator, responder = records(scene)
    assert main_mode(initiator).failure_error_code == 13805
    assert initiator.other_codes == (13843, 13867)
    assert main_mode(initiator).failure_point is None
    assert main_mode(responder).failure_point == "IPSEC_FAILURE_ME"


def test_an_encrypted_refusal_says_who_failed_and_not_why() -> None:
    initiator, responder = records(Scene(auth="rsa-sig").upto(5).informational(RESPONDER).wait(3))
    assert main_mode(responder).failure_point == "IPSEC_FAILURE_ME"
    assert main_mode(initiator).failure_point == "IPSEC_FAILURE_PEER"
    assert main_mode(responder).failure_error_code is None
    assert 13801 in responder.other_codes
    assert main_mode(responder).mm_auth_method == "IKEEXT_CERTIFICATE"
    assert main_mode(responder).end_cert_hash is None


def test_what_came_up_or_cannot_be_judged_is_no_failure() -> None:
    assert records(Scene().phase1().quick(1, 2, 3)) == []
    assert records(Scene().upto(3)) == []
    assert records(Scene().phase1().one_side(RESPONDER)) == []


def test_a_quick_mode_that_was_refused_is_a_record_at_both_ends() -> None:
    found = records(Scene().phase1().quick(1).informational(RESPONDER))
    failures = [one.failure for one in found]
    assert all(isinstance(failure, QuickModeFailure) for failure in failures)
    states = [failure.qm_state for failure in failures if isinstance(failure, QuickModeFailure)]
    assert states == ["IKEEXT_QM_SA_STATE_INITIAL", "IKEEXT_QM_SA_STATE_NONE"]
    assert [failure.failure_point for failure in failures] == ["IPSEC_FAILURE_PEER", "IPSEC_FAILURE_ME"]
    assert {one.other_codes for one in found} == {(13868, 13869)}
    assert all(one.message_id for one in found)


def test_a_quick_mode_without_an_answer_times_out() -> None:
    initiator, _ = records(Scene().phase1().quick(1).repeat(RETRIES).wait(90).bystander(90))
    assert initiator.failure.failure_error_code == 13805
    assert initiator.other_codes == (13886,)


def test_multiple_is_set_from_the_second_failure_of_a_series_on() -> None:
    tries = [Scene(seed=n, start_s=70 * n).msg1().repeat(RETRIES) for n in range(3)]
    assert [main_mode(one).flags for one in records(*tries)] == [0, 2, 2]


def test_identities_and_certificates_in_the_clear_are_told() -> None:
    """Aggressive mode shows both; no source says what state Windows would be in."""
    scene = Scene(mode="aggressive", auth="rsa-sig", identity=b"branch.example.net").upto(2)
    (certificate,) = parse(scene.shots[1].payloads[0]).bodies(Payload.CERT)  # type: ignore[union-attr]
    initiator, responder = (main_mode(one) for one in records(scene.notify("initiator", 24)))
    assert initiator.local_principal_name_for_auth == "branch.example.net"
    assert initiator.remote_principal_name_for_auth == "198.51.100.7"
    assert responder.remote_principal_name_for_auth == "branch.example.net"
    assert initiator.end_cert_hash == hashlib.sha1(certificate[1:], usedforsecurity=False).hexdigest()
    assert responder.end_cert_hash is None
    assert (initiator.failure_error_code, initiator.failure_point) == (13801, "IPSEC_FAILURE_ME")
    assert initiator.mm_state is responder.mm_state is None


def test_authip_that_nobody_answers_is_a_record_of_its_own() -> None:
    scene = authip(Scene(), "initiator", 1, first=True)
    authip(scene.wait(2), "initiator", 1, first=True)
    (record,) = records(scene)
    failure = main_mode(record)
    assert (record.conversation, record.side) == (None, "initiator")
    assert failure.keying_module_type == "IKEEXT_KEY_MODULE_AUTHIP"
    assert failure.mm_state == "IKEEXT_MM_SA_STATE_SA_SENT"
    assert failure.failure_error_code == 13805
    assert failure.flags == 0


def test_authips_status_proves_the_code_of_its_sender() -> None:
    scene = authip(Scene(), "initiator", 1, first=True)
    authip(scene, RESPONDER, 2)
    authip(scene, "initiator", 3)
    status(scene, RESPONDER, 13801, kind=40020, exchange=AUTHIP_NOTIFY)
    responder, initiator = records(scene)
    assert (responder.side, main_mode(responder).failure_error_code) == (RESPONDER, 13801)
    assert responder.certainty == "proven"
    assert main_mode(responder).mm_state == "IKEEXT_MM_SA_STATE_SA_SENT"
    assert main_mode(initiator).mm_state == "IKEEXT_MM_SA_STATE_SSPI_SENT"
    assert main_mode(initiator).failure_point == "IPSEC_FAILURE_PEER"


def test_authips_extended_mode_without_an_answer_is_its_own_kind_of_record() -> None:
    scene = authip(Scene(), "initiator", 1, first=True)
    authip(scene, RESPONDER, 2)
    authip(scene, "initiator", 3, AUTHIP_EXTENDED)
    authip(scene.wait(2), "initiator", 3, AUTHIP_EXTENDED)
    (record,) = records(scene)
    assert type(record.failure).__name__ == "ExtendedModeFailure"
    assert record.failure.failure_error_code == 13805


def test_ike_that_gives_way_to_authip_is_benign() -> None:
    scene = authip(Scene(seed=9), "initiator", 1, first=True)
    authip(scene, RESPONDER, 2)
    authip(scene, "initiator", 3)
    (record,) = records(Scene().msg1().repeat(RETRIES), scene)
    failure = main_mode(record)
    assert (failure.failure_error_code, failure.flags) == (13902, 1)
    assert record.error_name == "ERROR_IPSEC_IKE_COEXISTENCE_SUPPRESS"


def test_authip_that_fails_beside_an_ike_that_comes_up_is_benign() -> None:
    scene = authip(Scene(seed=9), "initiator", 1, first=True)
    authip(scene.wait(2), "initiator", 1, first=True)
    (record,) = records(Scene().phase1(), scene)
    assert main_mode(record).flags == 1


def test_every_error_has_a_name_and_a_meaning_and_is_read_again() -> None:
    assert set(range(13800, 13910)) - set(ERRORS) == {13901}
    for code in (*ERRORS, 13901, 13910):
        name = error_name(code)
        assert name
        assert name.startswith("ERROR_IPSEC_")
    for code, (name, meaning) in ERRORS.items():
        assert error_code(f"error_ipsec_ike_{name.lower()}") == code
        assert meaning
    assert error_name(5) is None
    assert NOTIFY_STATUS == 40003


@pytest.mark.parametrize(
    ("text", "code"),
    [("13868", 13868), ("0x362C", 13868), (" ERROR_IPSEC_IKE_POLICY_MATCH ", 13868), ("0x", None),
     ("ERROR_OTHER", None), ("", None), ("-1", None), ("9" * 400, None), ("１３", None)],
)  # fmt: skip
def test_error_codes_are_read_in_all_forms(text: str, code: int | None) -> None:
    assert error_code(text) == code


@pytest.mark.parametrize("member", ENUMERATIONS)
def test_enumerations_are_read_by_symbol_and_number(member: str) -> None:
    for number, name in enumerate(ENUMERATIONS[member]):
        assert (
            symbol(member, str(number)) == symbol(member, name.lower()) == symbol(member, hex(number)) == name
        )
    assert symbol(member, "99") is None
    assert symbol(member, "nonsense") is None


def test_flags_are_read_by_symbol_and_number() -> None:
    names = {"A_FLAG": 1, "B_FLAG": 2}
    assert flags(names, ("a_flag", "B_FLAG")) == 3
    assert flags(names, ("3",)) == 3
    assert flags(names, ()) == 0
    assert flags(names, ("C_FLAG",)) is None

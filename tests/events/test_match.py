"""Events of a host beside the capture: each with the negotiation it belongs to, agreeing or not."""

from typing import Any

import pytest
from msgspec.structs import replace

from ikepcap.events.match import agreements
from ikepcap.events.model import Agreement, Header, MainModeFailure, NetEvent, QuickModeFailure
from tests.events.watched import authip, watched
from tests.report.scene import RETRIES, Scene

ENDS = Header("2026-03-02T08:01:10Z", "192.0.2.1", 500, "198.51.100.7", 500)
TIMED_OUT = MainModeFailure(
    13805, "IPSEC_FAILURE_ME", 0, "IKEEXT_KEY_MODULE_IKE", "IKEEXT_MM_SA_STATE_SA_SENT",
    "IKEEXT_SA_ROLE_INITIATOR", "IKEEXT_PRESHARED_KEY",
)  # fmt: skip


def compared(event: NetEvent, *plays: Scene) -> Agreement:
    conversations, records = watched(*plays)
    (found,) = agreements([event], conversations, records)
    return found


def event(failure: Any = TIMED_OUT, **header: Any) -> NetEvent:
    return NetEvent(1, replace(ENDS, **header), failure)


def test_an_event_that_fits_agrees_in_all_that_the_capture_knows() -> None:
    found = compared(event(), Scene().msg1().repeat(RETRIES))
    assert (found.conversation, found.side, found.disagrees) == (1, "initiator", ())
    assert found.agrees == ("failureErrorCode", "keyingModuleType", "mmState", "saRole", "mmAuthMethod")


def test_a_code_that_would_fit_as_well_agrees() -> None:
    found = compared(event(replace(TIMED_OUT, failure_error_code=13813)), Scene().msg1().repeat(RETRIES))
    assert "failureErrorCode" in found.agrees
    assert found.disagrees == ()


def test_what_the_capture_contradicts_is_told_member_by_member() -> None:
    wrong = replace(TIMED_OUT, failure_error_code=13801, mm_state="IKEEXT_MM_SA_STATE_FINAL")
    found = compared(event(wrong), Scene().msg1().repeat(RETRIES))
    codes, state = found.disagrees
    assert codes == (
        "failureErrorCode: the host logged 13801 ERROR_IPSEC_IKE_AUTH_FAIL, the capture fits "
        "13805 ERROR_IPSEC_IKE_TIMED_OUT, 13813 ERROR_IPSEC_IKE_DROP_NO_RESPONSE"
    )
    shown = "IKEEXT_MM_SA_STATE_SA_SENT"
    assert state == f"mmState: the host logged IKEEXT_MM_SA_STATE_FINAL, the capture shows {shown}"


def test_a_failure_of_what_came_up_disagrees() -> None:
    found = compared(event(), Scene().phase1())
    assert found.disagrees == ("the host logged a failure, and the capture shows that phase 1 came up",)
    quick = QuickModeFailure(13868, sa_role="IKEEXT_SA_ROLE_INITIATOR")
    assert compared(event(quick), Scene().phase1().quick(1, 2, 3)).disagrees


def test_time_chooses_among_negotiations_between_the_same_peers() -> None:
    tries = [Scene(seed=n, start_s=400 * n).msg1().repeat(RETRIES) for n in range(3)]
    conversations, records = watched(*tries)
    times = ("2026-03-02T08:00:40Z", "2026-03-02T08:07:30Z", "2026-03-02T08:14:10+00:00")
    found = list(agreements([event(time_stamp=at) for at in times], conversations, records))
    assert [one.conversation for one in found] == [1, 2, 3]


def test_an_attempt_that_began_after_the_event_is_not_its() -> None:
    tries = [Scene(seed=n, start_s=70 * n).msg1().repeat(RETRIES) for n in range(2)]
    assert compared(event(time_stamp="2026-03-02T08:01:00Z"), *tries).conversation == 1


def test_a_cookie_decides_before_address_and_time() -> None:
    tries = [Scene(seed=n, start_s=70 * n).msg1().repeat(RETRIES) for n in range(2)]
    cookie = tries[0].cookies[:8].hex()
    found = compared(event(initiator_cookie=cookie, local_address=None, time_stamp=None), *tries)
    assert (found.conversation, found.side) == (1, "initiator")
    assert found.why == "the initiator's cookie is the same"


def test_the_other_end_is_compared_with_its_own_record() -> None:
    failure = MainModeFailure(13868, "IPSEC_FAILURE_ME", sa_role="IKEEXT_SA_ROLE_RESPONDER")
    ends = {"local_address": "198.51.100.7", "remote_address": "192.0.2.1"}
    found = compared(event(failure, **ends), Scene().msg1().notify("responder"))
    assert (found.side, found.agrees) == ("responder", ("failureErrorCode", "failurePoint", "saRole"))


def test_the_role_chooses_between_negotiations_that_cross() -> None:
    one = Scene().msg1().repeat(RETRIES)
    other = Scene(seed=2, initiator="198.51.100.7", responder="192.0.2.1", start_s=0.5).msg1().repeat(RETRIES)
    assert compared(event(), one, other).conversation == 1


@pytest.mark.parametrize(
    ("header", "why"),
    [
        ({"remote_address": "203.0.113.9"}, "the capture holds no negotiation between these addresses"),
        ({"time_stamp": "2027-01-01T00:00:00Z"}, "near in time; do the clocks differ?"),
        ({"time_stamp": "9999-12-31T23:59:59Z"}, "near in time"),
        ({"local_address": None}, "neither cookies nor both addresses"),
    ],
)
def test_an_event_of_something_else_says_why_it_fits_nothing(header: dict[str, Any], why: str) -> None:
    found = compared(event(**header), Scene().msg1().repeat(RETRIES))
    assert (found.conversation, found.side) == (None, None)
    assert why in found.why


@pytest.mark.parametrize("at", [None, "yesterday"])
def test_without_a_time_only_a_lone_negotiation_fits(at: str | None) -> None:
    lone = Scene().msg1().repeat(RETRIES)
    assert compared(event(time_stamp=at), lone).conversation == 1
    second = Scene(seed=2, start_s=70).msg1().repeat(RETRIES)
    found = compared(event(time_stamp=at), lone, second)
    assert (found.conversation, found.why[:15]) == (None, "2 negotiations ")


def test_a_host_behind_a_nat_is_found_by_its_peer_and_the_time() -> None:
    """Its own address in the event is the inner one; NAT-D proves that there is another."""
    failure = replace(TIMED_OUT, mm_state="IKEEXT_MM_SA_STATE_FINAL")
    inside = event(failure, time_stamp="2026-03-02T08:00:40Z")
    found = compared(inside, Scene(nat="initiator").upto(5).repeat(RETRIES))
    assert (found.conversation, found.side, found.disagrees) == (1, "initiator", ())
    assert found.why == "address and time fit; this host is behind the NAT"
    assert "mmState" in found.agrees
    other = replace(inside, header=replace(inside.header, local_address="10.1.1.1"))
    assert compared(other, Scene().upto(5).repeat(RETRIES)).conversation is None


def test_of_several_quick_modes_the_one_that_fits_best_is_compared() -> None:
    scene = Scene().phase1().quick(1).informational("responder").wait(1)
    scene.quick(1).repeat(RETRIES).wait(90).bystander(90)
    quick = QuickModeFailure(13805, qm_state="IKEEXT_QM_SA_STATE_INITIAL")
    assert compared(event(quick), scene).disagrees == ()


def test_authip_is_compared_with_authip() -> None:
    scene = authip(Scene(), "initiator", 1, first=True)
    authip(scene.wait(2), "initiator", 1, first=True)
    failure = replace(TIMED_OUT, keying_module_type="IKEEXT_KEY_MODULE_AUTHIP")
    found = compared(event(failure), scene)
    assert (found.conversation, found.side, found.disagrees) == (None, "initiator", ())
    assert "mmState" in found.agrees
    assert compared(event(failure), Scene().msg1().repeat(RETRIES)).side is None

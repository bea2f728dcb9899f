"""Windows' error codes by name, at the corners of their range."""

import pytest

from ikepcap.wire.windows_errors import FIRST, NAMES, windows_error


@pytest.mark.parametrize(
    ("code", "name"),
    [
        (0, "ERROR_SUCCESS"),
        (5, None),
        (13799, None),
        (13800, "ERROR_IPSEC_IKE_NEG_STATUS_BEGIN"),
        (13801, "ERROR_IPSEC_IKE_AUTH_FAIL"),
        (13805, "ERROR_IPSEC_IKE_TIMED_OUT"),
        (13813, "ERROR_IPSEC_IKE_DROP_NO_RESPONSE"),
        (13824, "ERROR_IPSEC_IKE_INVALID_HEADER"),
        (13843, "ERROR_IPSEC_IKE_INVALID_PAYLOAD"),
        (13850, "ERROR_IPSEC_IKE_NO_MM_POLICY"),
        (13860, "ERROR_IPSEC_IKE_ADD_UPDATE_KEY_FAILED"),
        (13868, "ERROR_IPSEC_IKE_POLICY_MATCH"),
        (13879, "ERROR_IPSEC_IKE_INVALID_RESPONDER_LIFETIME_NOTIFY"),
        (13885, "ERROR_IPSEC_IKE_MM_EXPIRED"),
        (13890, "ERROR_IPSEC_IKE_DOS_COOKIE_SENT"),
        (13897, "ERROR_IPSEC_IKE_NEG_STATUS_END"),
        (13901, "ERROR_IPSEC_KEY_MODULE_IMPERSONATION_NEGOTIATION_PENDING"),
        (13902, "ERROR_IPSEC_IKE_COEXISTENCE_SUPPRESS"),
        (13909, "ERROR_IPSEC_IKE_NEG_STATUS_EXTENDED_END"),
        (13910, "ERROR_IPSEC_BAD_SPI"),
        (13911, None),
    ],
)
def test_a_code_has_the_name_that_microsoft_gives_it(code: int, name: str | None) -> None:
    assert windows_error(code) == name


def test_the_range_has_no_holes_and_no_name_twice() -> None:
    assert FIRST + len(NAMES) == 13910
    assert len(set(NAMES)) == len(NAMES)

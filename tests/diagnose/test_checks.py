"""Checks: what either peer runs decides which are given, and nothing else does."""

import pytest

from ikepcap.diagnose.check_table import CHECKS, FAMILIES
from ikepcap.diagnose.checks import checks, family_of
from ikepcap.wire.vendor import table
from tests.report.scene import RETRIES, Scene, only

ISSUED = {group.implementation for group in table().group if group.implementation}
"""Implementations as vendor IDs name them."""


@pytest.mark.parametrize(
    ("implementation", "family"),
    [
        ("strongSwan", "strongswan"),
        ("Libreswan (or a relative)", "libreswan"),
        ("Openswan (or a relative)", "libreswan"),
        ("racoon (or a derivative)", "racoon"),
        ("Windows 8, Server 2012 or later", "windows"),
        ("Cisco ASA, PIX or VPN 3000", "asa"),
        ("Cisco IOS", "ios"),
        ("FortiGate", "fortigate"),
        ("Fortinet", "fortigate"),
        ("Juniper SRX", "juniper"),
        ("Juniper/NetScreen", "any"),
        ("Cisco VPN client", "any"),
        ("Cisco", "any"),
        ("Solaris", "any"),
        ("", "any"),
        (None, "any"),
    ],
)
def test_family_follows_the_implementation(implementation: str | None, family: str) -> None:
    assert family_of(implementation) == family


def test_families_that_vendor_ids_can_name_are_all_found() -> None:
    """A name that is changed in the table of vendor IDs must not cost its peers their checks."""
    found = {family_of(name) for name in ISSUED} | {family_of("Cisco IOS")}
    assert found == set(FAMILIES) - {"paloalto"}


def test_both_peers_get_theirs_the_initiators_first() -> None:
    given = checks("psk-mismatch", "strongSwan", "Cisco ASA, PIX or VPN 3000")
    assert list(given) == ["strongswan", "asa"]
    assert given["asa"] == CHECKS["psk-mismatch"]["asa"]


def test_a_peer_that_is_not_recognised_gets_the_general_checks_and_they_come_last() -> None:
    assert list(checks("psk-mismatch", None, "strongSwan")) == ["strongswan", "any"]
    assert list(checks("psk-mismatch", None, None)) == ["any"]
    assert list(checks("psk-mismatch", "strongSwan", "strongSwan")) == ["strongswan"]


def test_a_family_without_checks_for_a_code_gets_the_general_ones() -> None:
    assert list(checks("filtered", "Windows 7", "strongSwan")) == ["any"]


def test_notes_without_checks_have_none() -> None:
    assert checks("cut-file", "strongSwan", None) == {}


def test_the_same_question_gives_the_same_object() -> None:
    """Nothing is made for each finding: a capture has the same failure a hundred thousand times."""
    assert checks("no-reply", None, "strongSwan") is checks("no-reply", None, "strongSwan")


@pytest.mark.parametrize("code", CHECKS)
def test_checks_are_few_short_and_of_known_families(code: str) -> None:
    assert set(CHECKS[code]) <= set(FAMILIES)
    assert CHECKS[code]["any"]
    for lines in CHECKS[code].values():
        assert 1 <= len(lines) <= 3
        assert len(set(lines)) == len(lines)
        assert all(len(line) <= 105 for line in lines)


def test_the_report_has_them() -> None:
    (finding,) = only(Scene().upto(5).repeat(RETRIES, "MSG4", "MSG5")).findings
    assert finding.code == "psk-mismatch"
    assert finding.checks == checks("psk-mismatch", None, None)


def test_the_report_has_those_of_what_the_peers_run() -> None:
    windows = bytes.fromhex("1e2b516905991c7d7c96fcbfb587e46100000009")
    scene = Scene(vendor_ids=((windows,), ())).msg1().repeat(RETRIES)
    (finding,) = only(scene).findings
    assert finding.code == "no-reply"
    assert finding.checks == {
        "windows": CHECKS["no-reply"]["windows"],
        "any": CHECKS["no-reply"]["any"],
    }

"""`ikepcap events`: records as text, JSON and XML, and exports beside them."""

import json
from pathlib import Path
from typing import Any
from xml.dom.minidom import parseString

import pytest

from ikepcap.events.model import MainModeFailure, QuickModeFailure
from ikepcap.testing import Play

MEMBERS_1 = [
    "failureErrorCode", "failurePoint", "flags", "keyingModuleType", "mmState", "saRole", "mmAuthMethod",
    "endCertHash", "mmId", "mmFilterId", "localPrincipalNameForAuth", "remotePrincipalNameForAuth",
    "numLocalPrincipalGroupSids", "localPrincipalGroupSids", "numRemotePrincipalGroupSids",
    "remotePrincipalGroupSids",
]  # fmt: skip
"""Members of FWPM_NET_EVENT_IKEEXT_MM_FAILURE1; FAILURE0 ends with mmFilterId."""


@pytest.fixture(scope="module")
def refused(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An offer that was refused."""
    path = tmp_path_factory.mktemp("captures") / "refused.pcap"
    path.write_bytes(Play().msg1().notify("responder").pcap())
    return path


def test_members_are_those_of_windows_in_its_order() -> None:
    assert list(MainModeFailure.__struct_encode_fields__) == MEMBERS_1
    assert list(QuickModeFailure.__struct_encode_fields__) == [
        "failureErrorCode", "failurePoint", "keyingModuleType", "qmState", "saRole", "saTrafficType",
        "localSubNet", "remoteSubNet", "qmFilterId",
    ]  # fmt: skip


def test_text_has_the_records_of_both_ends(run: Any, refused: Path) -> None:
    result = run("events", str(refused))
    assert (result.exit_code, result.stderr) == (0, "")
    assert result.stdout.count("FWPM_NET_EVENT_TYPE_IKEEXT_MM_FAILURE\n") == 2
    assert "13868 ERROR_IPSEC_IKE_POLICY_MATCH (likely)" in result.stdout
    assert "  mmId                not on the wire\n" in result.stdout
    assert max(map(len, result.stdout.splitlines())) <= 80


def test_local_chooses_one_end(run: Any, refused: Path) -> None:
    document = json.loads(run("events", str(refused), "--local", "198.51.100.7", "--format", "json").stdout)
    (event,) = document["events"]
    assert document["schema"] == "ikepcap.events/1"
    assert list(event["ikeMmFailure"]) == MEMBERS_1
    assert event["ikeMmFailure"]["failureErrorCode"] == 13868
    assert event["ikeMmFailure"]["saRole"] == "IKEEXT_SA_ROLE_RESPONDER"
    assert event["ikeMmFailure"]["mmId"] is None
    assert event["failureErrorName"] == "ERROR_IPSEC_IKE_POLICY_MATCH"
    assert (event["conversation"], event["side"]) == (1, "responder")
    assert "netEvents" not in document


def test_xml_is_named_after_the_members(run: Any, refused: Path) -> None:
    text = run("events", str(refused), "--format", "xml").stdout
    root = parseString(text).documentElement  # noqa: S318 - our own output
    assert root is not None
    failure = root.getElementsByTagName("ikeMmFailure")[0]
    names = [node.nodeName for node in failure.childNodes if node.nodeType == node.ELEMENT_NODE]
    assert names == MEMBERS_1
    (mm_id, _) = root.getElementsByTagName("mmId")
    assert mm_id.getAttribute("xsi:nil") == "true"


def test_an_export_that_agrees_is_status_0_and_one_that_does_not_is_status_1(
    run: Any, refused: Path, tmp_path: Path
) -> None:
    export = tmp_path / "host.xml"
    text = run("events", str(refused), "--format", "xml", "--local", "192.0.2.1").stdout
    export.write_text(text)
    result = run("events", str(refused), "--netevents", str(export))
    assert result.exit_code == 0
    assert "agrees in" in result.stdout
    export.write_text(text.replace("13868", "13801"))
    result = run("events", str(refused), "--netevents", str(export), "--format", "json")
    assert result.exit_code == 1
    (compared,) = json.loads(result.stdout)["netEvents"]
    assert compared["conversation"] == 1
    assert compared["disagrees"][0].startswith("failureErrorCode: the host logged 13801")
    export.write_text(text.replace("198.51.100.7", "203.0.113.77"))
    assert run("events", str(refused), "--netevents", str(export)).exit_code == 1


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (("--local", "branch"), "'branch' is no IP address"),
        (("--netevents", "missing.xml"), "missing.xml: cannot be read: No such file"),
        (("--netevents", "x.xml", "--format", "xml"), "compare in text or json"),
    ],
)
def test_misuse_is_one_line(run: Any, refused: Path, arguments: tuple[str, ...], expected: str) -> None:
    result = run("events", str(refused), *arguments)
    assert (result.exit_code, result.stdout) == (2, "")
    assert expected in result.stderr
    assert result.stderr.count("\n") == 1

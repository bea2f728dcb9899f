"""Vendor IDs: the table proves itself, and nobody is called a Cisco for speaking Unity."""

import hashlib
import re
from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ikepcap.wire.vendor import Entry, Group, VendorId, implementation, lookup, table

UNITY = bytes.fromhex("12f5f28c457168a9702d9fe274cc0100")
XAUTH = bytes.fromhex("09002689dfd6b712")
DPD = bytes.fromhex("afcad71368a1f1c96b8696fc77570100")
ALTIGA = bytes.fromhex("1f07f70eaa6514d3b0fa96542a500100")
FRAGMENTATION = bytes.fromhex("4048b7d56ebce88525e7de7f00d6c2d3")
MS_NT5 = bytes.fromhex("1e2b516905991c7d7c96fcbfb587e461")
RACOON = bytes.fromhex("7003cbc1097dbe9c2600ba6983bc8b35")
STRONGSWAN = bytes.fromhex("882fe56d6fd20dbc2251613b2ebe5beb")


def entries() -> Iterator[tuple[Group, Entry]]:
    for group in table().group:
        for entry in group.ids:
            yield group, entry


def test_every_entry_that_names_its_string_is_that_strings_md5() -> None:
    wrong = []
    for _, entry in entries():
        if entry.md5_of is not None:
            string = entry.name if entry.md5_of == "=" else entry.md5_of
            digest = hashlib.md5(string.encode(), usedforsecurity=False).digest()
            if not entry.octets or not digest.startswith(entry.octets):
                wrong.append(entry.name)
    assert wrong == []
    assert sum(entry.md5_of is not None for _, entry in entries()) > 130


def test_every_entry_is_octets_and_says_how_many_more_there_are() -> None:
    form = re.compile(r"([0-9a-f]{2})+((\?\?)+|\*)?")
    assert [entry.name for _, entry in entries() if not form.fullmatch(entry.pattern)] == []


def test_a_pattern_is_exact_or_has_a_size_or_a_beginning_only() -> None:
    exact, sized, open_ended = Entry("4f45", "x"), Entry("4f45????", "x"), Entry("4f45*", "x")
    assert [(one.octets, one.size) for one in (exact, sized, open_ended)] == [
        (b"OE", 2),
        (b"OE", 4),
        (b"OE", None),
    ]


def test_every_entry_has_a_source_and_a_name_and_no_body_occurs_twice() -> None:
    assert [group for group in table().group if not group.source or not group.ids] == []
    assert [entry for _, entry in entries() if not entry.name] == []
    bodies = [entry.octets for _, entry in entries()]
    assert [body for body in bodies if bodies.count(body) > 1] == []


def test_every_suffix_that_an_entry_names_can_be_read() -> None:
    kinds = {entry.suffix for _, entry in entries() if entry.suffix}
    tables = {name for name in table().suffix if not name.startswith("check-point")}
    assert kinds - {"text", "major.minor", "release.build", "check-point"} == tables


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        (UNITY, VendorId("Cisco Unity", None, "unity", "1.0")),
        (XAUTH, VendorId("XAUTH", None, "xauth")),
        (DPD, VendorId("Dead Peer Detection", None, "dpd", "1.0")),
        (FRAGMENTATION, VendorId("IKE fragmentation", None, "fragmentation")),
        (
            FRAGMENTATION + bytes.fromhex("c0000000"),
            VendorId("IKE fragmentation", None, "fragmentation", "main and aggressive mode, base mode"),
        ),
        (
            bytes.fromhex("4a131c81070358455c5728f20e95452f"),
            VendorId("RFC 3947", None, "nat-t-rfc3947"),
        ),
        (
            bytes.fromhex("90cb80913ebb696e086381b5ec427b1f"),
            VendorId("draft-ietf-ipsec-nat-t-ike-02\\n", None, "nat-t-draft-02"),
        ),
        (bytes.fromhex("621b04bb09882ac1e15935fefa24aeee"), VendorId("GSSAPI", None, "gssapi")),
        (bytes.fromhex("e3a5966a76379fe707228231e5ce8652"), VendorId("IKE CGA version 1", None, "cga")),
        (STRONGSWAN, VendorId("strongSwan", "strongSwan", rank=2)),
        (b"OE-Libreswan-4.12", VendorId("Libreswan", "Libreswan", None, "4.12", rank=2)),
        (b"OENVBnbGQgXy", VendorId("Libreswan 3.0 to 3.5, or a relative", "Libreswan (or a relative)")),
        (
            b"OEplutounit0",
            VendorId("FreeS/WAN, Openswan or an heir", "Openswan (or a relative)", rank=0),
        ),
        (
            MS_NT5 + bytes.fromhex("00000009"),
            VendorId(
                "MS NT5 ISAKMPOAKLEY",
                "Windows 8, Server 2012 or later",
                None,
                "8, Server 2012 or later",
                rank=2,
            ),
        ),
        (MS_NT5 + bytes.fromhex("000000ff"), VendorId("MS NT5 ISAKMPOAKLEY", "Windows")),
        (
            bytes.fromhex("7bb93867d76c8d80df0f40fae8fc3b1900000006"),
            VendorId("AuthIP initial Diffie-Hellman group", "Windows", None, "MODP-2048-256"),
        ),
        (
            bytes.fromhex("8299031757a36082c6a621de0005013e"),
            VendorId("FortiGate", "FortiGate", None, "release 5, build 318", rank=2),
        ),
        (b"HUAWEI-IKEv1DSCP", VendorId("HUAWEI-IKEv1DSCP", "Huawei", rank=2)),
        (
            bytes.fromhex("699369228741c6d4ca094c93e242c9de19e7b7c60000000500000500"),
            VendorId("NetScreen 6", "Juniper/NetScreen", rank=2),
        ),
        (
            bytes.fromhex("214ca4faffa7f32d6748e5303395ae83"),
            VendorId("MS-MamieExists (AuthIP supported)", "Windows", "authip"),
        ),
    ],
)
def test_known_ids_are_named(body: bytes, expected: VendorId) -> None:
    assert lookup(body) == expected


@pytest.mark.parametrize(
    "body", [b"", bytes(12), b"OE", b"OE and much more than twelve", UNITY[:-1], b"\xff" * 16]
)
def test_unknown_ids_are_none(body: bytes) -> None:
    assert lookup(body) is None


def test_a_version_that_is_not_text_is_not_repeated() -> None:
    assert lookup(b"OE-Libreswan-\x1b[31m") == VendorId("Libreswan", "Libreswan", rank=2)


def test_capabilities_alone_name_nobody() -> None:
    """Unity, XAUTH, DPD and fragmentation are spoken by strongSwan, racoon, Fortinet and others."""
    assert implementation([UNITY, XAUTH, DPD, FRAGMENTATION]) is None
    assert implementation([]) is None


def test_the_most_specific_implementation_is_named() -> None:
    key_module = bytes.fromhex("01528bbbc00696121849ab9a1c5b2a5100000000")
    windows_7 = MS_NT5 + bytes.fromhex("00000007")
    assert implementation([key_module, windows_7, FRAGMENTATION]) == "Windows 7"
    assert implementation([key_module]) == "Windows"
    assert implementation([XAUTH, DPD, STRONGSWAN]) == "strongSwan"
    assert implementation([RACOON, bytes.fromhex("1d6e178f6c2c0be284985465450fe9d4")]) == "FortiGate"
    assert implementation([DPD, RACOON]) == "racoon (or a derivative)"


@pytest.mark.parametrize(
    ("cookie", "body"),
    [
        # Two senders in two negotiations of a public capture; the last four pairs of octets vary.
        ("e47a591f78c99d7f", "11bdfe0278c89d7fb2add831d38cc76d"),
        ("e47a591fd057587f", "11bdfe02d056587f2c18125972c32401"),
        ("a00b8ef0ea9ff883", "55cc29edea9ef883ec3bfd05ce835cc7"),
        ("a00b8ef0902bb8ec", "55cc29ed902ab8ec53b1df867c610929"),
    ],
)
def test_the_id_that_ios_makes_from_its_cookie_is_known_by_the_cookie(cookie: str, body: str) -> None:
    found = lookup(bytes.fromhex(body), bytes.fromhex(cookie))
    assert found == VendorId("Cisco IOS (derived from the sender's cookie)", "Cisco IOS", rank=2)
    assert lookup(bytes.fromhex(body)) is None
    assert lookup(bytes.fromhex(body), bytes(8)) is None
    assert lookup(bytes.fromhex(body)[:8], bytes.fromhex(cookie)) is None
    assert implementation([UNITY, bytes.fromhex(body)], bytes.fromhex(cookie)) == "Cisco IOS"


def test_an_asa_that_also_shows_the_ios_id_is_an_asa() -> None:
    ios = bytes.fromhex("11bdfe0278c89d7fb2add831d38cc76d")
    cookie = bytes.fromhex("e47a591f78c99d7f")
    assert implementation([UNITY, XAUTH, ios, ALTIGA], cookie) == "Cisco ASA, PIX or VPN 3000"


@given(body=st.binary(max_size=64), cookie=st.none() | st.binary(max_size=10))
def test_no_body_raises(body: bytes, cookie: bytes | None) -> None:
    lookup(body, cookie)
    implementation([body], cookie)
    lookup(b"OE-Libreswan-" + body, cookie)
    lookup(MS_NT5 + body, cookie)

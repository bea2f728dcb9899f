"""Attributes of mode-config and XAUTH, from octets written by hand."""

import pytest

from ikepcap.wire.config import Kind, config_part, kind_of, registry
from ikepcap.wire.details import CfgAttribute, CheckPointAttribute
from ikepcap.wire.part import Part
from ikepcap.wire.walk import Attribute


def tlv(kind: int, value: bytes) -> Attribute:
    return Attribute(kind, True, value, 100)


def part(attribute: Attribute, *, check_point: bool = False) -> Part:
    return config_part(attribute, attribute.start + 4 + len(attribute.value), check_point=check_point)


@pytest.mark.parametrize(
    ("kind", "octets", "name", "value"),
    [
        (1, "c0000209", "INTERNAL-IP4-ADDRESS (1)", "192.0.2.9"),
        (1, "c00002", "INTERNAL-IP4-ADDRESS (1)", b"\xc0\x00\x02"),
        (2, "ffffff00", "INTERNAL-IP4-NETMASK (2)", "255.255.255.0"),
        (5, "00000e10", "INTERNAL-ADDRESS-EXPIRY (5)", "3600 s"),
        (7, b"strongSwan".hex(), "APPLICATION-VERSION (7)", "strongSwan"),
        (8, "20010db8" + "00" * 11 + "01" + "40", "INTERNAL-IP6-ADDRESS (8)", "2001:db8::1/64"),
        (8, "20010db8" + "00" * 11 + "01", "INTERNAL-IP6-ADDRESS (8)", "2001:db8::1"),
        (13, "c0000200ffffff00", "INTERNAL-IP4-SUBNET (13)", "192.0.2.0/24"),
        (14, "00014089", "SUPPORTED-ATTRIBUTES (14)", "INTERNAL-IP4-ADDRESS, XAUTH-USER-NAME"),
        (14, "000140", "SUPPORTED-ATTRIBUTES (14)", b"\x00\x01\x40"),
        (15, "20010db8" + "00" * 12 + "20", "INTERNAL-IP6-SUBNET (15)", "2001:db8::/32"),
        (16387, b"corp.example".hex(), "CHECK-POINT-DEF-DOMAIN (16387)", "corp.example"),
        (16388, "0200c0ffee00", "CHECK-POINT-MAC-ADDRESS (16388)", b"\x02\x00\xc0\xff\xee\x00"),
        (16520, "0001", "XAUTH-TYPE (16520)", "RADIUS-CHAP (1)"),
        (16527, "0000", "XAUTH-STATUS (16527)", "FAIL (0)"),
        (16527, "0007", "XAUTH-STATUS (16527)", "7"),
        (16527, "01" * 9, "XAUTH-STATUS (16527)", b"\x01" * 9),
        (23456, "c0000203", "INTERNAL-IP4-SERVER (23456)", "192.0.2.3"),
        (28672, b"hi\nthere".hex(), "UNITY-BANNER (28672)", "hi\nthere"),
        (28673, "0001", "UNITY-SAVE-PASSWD (28673)", "yes (1)"),
        (28677, "2710", "UNITY-UDP-NAT-PORT (28677)", "10000"),
        (28679, "0000", "UNITY-PFS (28679)", "no (0)"),
        (28683, "0001", "attribute 28683", b"\x00\x01"),
        (1, "", "INTERNAL-IP4-ADDRESS (1)", ""),
    ],
)
def test_a_value_is_read_by_its_kind(kind: int, octets: str, name: str, value: str | bytes) -> None:
    data = bytes.fromhex(octets)
    assert part(tlv(kind, data)) == Part(name, 100, 4 + len(data), value)


def test_a_value_in_place_is_a_number() -> None:
    assert part(Attribute(30000, False, b"\x00\x05", 100)).value == "5"


def test_networks_of_a_split_list_stand_each_in_its_place() -> None:
    data = bytes.fromhex("0a000000ff000000000000000000c0000200ffffff00000600500000beef")
    found = part(tlv(28676, data))
    assert found.value == "2 networks"
    assert found.parts == (
        Part("network", 104, 14, "10.0.0.0/8"),
        Part("network", 118, 14, "192.0.2.0/24, protocol 6, ports 80 and 0"),
        Part("rest", 132, 2, b"\xbe\xef"),
    )


def test_networks_beyond_what_anybody_reads_are_counted() -> None:
    found = part(tlv(28678, bytes(14) * 250))
    assert found.value == "250 networks"
    assert found.parts[-1] == Part("(150 more networks left out)", 104 + 1400, 150 * 14)


SECRETS = (16522, 16523, 16528, 16529)


@pytest.mark.parametrize("kind", SECRETS)
def test_passwords_and_their_like_are_secrets(kind: int) -> None:
    assert part(tlv(kind, b"x")).is_secret


def test_check_point_has_xauth_under_numbers_of_the_drafts() -> None:
    assert part(tlv(14, b"alice"), check_point=True) == Part("XAUTH-USER-NAME (14)", 100, 9, "alice")
    assert part(tlv(15, b"secret"), check_point=True).is_secret
    assert part(tlv(16, b"314159"), check_point=True).is_secret
    assert part(tlv(20, b"\0\x01"), check_point=True).value == "OK (1)"
    assert part(tlv(1, bytes(4)), check_point=True).name == "INTERNAL-IP4-ADDRESS (1)"
    assert registry(13, check_point=True) is CheckPointAttribute
    assert registry(13, check_point=False) is CfgAttribute


def test_what_may_be_check_points_password_is_a_secret_while_nobody_knows_who_speaks() -> None:
    assert part(tlv(15, b"secret")).is_secret
    assert part(tlv(16, b"314159")).is_secret
    assert not part(tlv(15, bytes(17))).is_secret


def test_every_attribute_that_has_a_name_has_a_kind() -> None:
    octets = {
        CfgAttribute.CHECK_POINT_MAC_ADDRESS,
        CfgAttribute.UNITY_FW_TYPE,
        CfgAttribute.XAUTH_CHALLENGE,
    }
    unread = {
        attribute
        for attribute in CfgAttribute
        if kind_of(tlv(attribute, bytes(17)), check_point=False) is Kind.OCTETS
    }
    assert unread == octets
    for attribute in set(CheckPointAttribute) - {CheckPointAttribute.XAUTH_CHALLENGE}:
        assert kind_of(tlv(attribute, b"x"), check_point=True) is not Kind.OCTETS

"""X.500 names and general names, from DER written by hand."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ikepcap.wire import der as reader
from ikepcap.wire.names import MAX_NAMES, MAX_PARTS, distinguished_name, general_names
from tests.wire.asn1 import COMMON_NAME, COUNTRY, der, name

UPN = bytes.fromhex("2b060104018237140203")


def test_a_name_is_written_part_by_part_in_its_order() -> None:
    assert distinguished_name(name((COUNTRY, "DE"), (COMMON_NAME, "gw"))) == "C=DE, CN=gw"


@pytest.mark.parametrize(
    ("tag", "octets", "shown"),
    [
        (0x13, b"gw", "gw"),
        (0x14, "gé".encode("latin-1"), "gé"),
        (0x1E, "gé".encode("utf-16-be"), "gé"),
        (0x1C, "gé".encode("utf-32-be"), "gé"),
        (0x0C, b"a,b\\c", r"a\,b\\c"),
        (0x0C, b"\xff", "\ufffd"),
    ],
)
def test_strings_of_all_types_are_read(tag: int, octets: bytes, shown: str) -> None:
    pair = der(0x30, der(6, bytes.fromhex(COMMON_NAME)), der(tag, octets))
    assert distinguished_name(der(0x30, der(0x31, pair))) == f"CN={shown}"


def test_an_attribute_nobody_knows_shows_its_object_identifier() -> None:
    assert distinguished_name(name(("2a864886f70d01", "x"))) == "1.2.840.113549.1=x"
    assert distinguished_name(name(("883703", "x"))) == "2.999.3=x"


def test_an_empty_name_is_a_name() -> None:
    assert distinguished_name(der(0x30)) == ""


GOOD = name((COMMON_NAME, "gw"))


@pytest.mark.parametrize(
    "octets",
    [
        b"",
        b"\x30",
        GOOD[:-1],
        GOOD + b"\0",
        der(0x31, GOOD),
        der(0x30, der(0x31)),
        der(0x30, b"\x31"),
        der(0x30, der(0x31, der(0x30, der(6, b"\x55")))),
        der(0x30, der(0x31, der(0x31, der(6, b"\x55"), der(0x0C, b"x")))),
        b"\x30\x80\x31\x80",
        b"\x30\x85\0\0\0\0\0",
        name(*[(COMMON_NAME, "x")] * (MAX_PARTS + 1)),
    ],
)
def test_what_is_no_name_gives_none(octets: bytes) -> None:
    assert distinguished_name(octets) is None


@pytest.mark.parametrize(
    ("octets", "shown"),
    [
        (der(0x82, b"gw.example.net"), "DNS:gw.example.net"),
        (der(0x81, b"a@example.net"), "email:a@example.net"),
        (der(0x86, b"http://example.net/"), "URI:http://example.net/"),
        (der(0x87, bytes((192, 0, 2, 1))), "IP:192.0.2.1"),
        (der(0x87, bytes.fromhex("20010db8" + "00" * 11 + "01")), "IP:2001:db8::1"),
        (der(0x87, b"\x01"), "IP:01"),
        (der(0x88, bytes.fromhex("2a03")), "OID:1.2.3"),
        (der(0xA4, name((COMMON_NAME, "gw"))), "DN:CN=gw"),
        (der(0xA4, b"\x01"), "DN:01"),
        (der(0xA0, der(6, UPN), der(0xA0, der(0x0C, b"u@x"))), "other:1.3.6.1.4.1.311.20.2.3=u@x"),
        (der(0xA0, b"\x01"), "other:01"),
        (der(0xA0, der(6, b"\x2a"), der(0xA0, der(2, b"\x01"))), "other:06012aa003020101"),
    ],
)  # fmt: skip
def test_a_general_name_says_what_kind_it_is(octets: bytes, shown: str) -> None:
    assert general_names(octets) == (shown,)
    assert general_names(der(0x30, octets, octets)) == (shown, shown)


@pytest.mark.parametrize("octets", [b"", b"\x82", der(0x82, b"x") + b"\0", der(0x02, b"x"), der(0x30)])
def test_what_is_no_general_name_gives_none(octets: bytes) -> None:
    assert general_names(octets) is None


def test_no_more_general_names_are_read_than_anybody_reads() -> None:
    names = general_names(der(0x30, der(0x82, b"x") * 5_000))
    assert names is not None
    assert len(names) == MAX_NAMES


@pytest.mark.parametrize(
    ("tag", "octets", "moment"),
    [
        (0x17, b"240229120000Z", "2024-02-29T12:00:00Z"),
        (0x17, b"500101000000Z", "1950-01-01T00:00:00Z"),
        (0x17, b"491231235959Z", "2049-12-31T23:59:59Z"),
        (0x18, b"20500101000000Z", "2050-01-01T00:00:00Z"),
        (0x18, b"00010101000000Z", "0001-01-01T00:00:00Z"),
        (0x17, b"240230120000Z", None),
        (0x17, b"\xff", None),
        (0x02, b"240229120000Z", None),
    ],
)
def test_times_are_read_as_rfc_5280_has_them(tag: int, octets: bytes, moment: str | None) -> None:
    data = der(tag, octets)
    item = reader.item_at(data, 0, len(data))
    assert item is not None
    assert reader.moment(data, item) == moment


def test_an_object_identifier_too_long_to_be_one_stays_hex() -> None:
    assert reader.dotted(b"\x81" * 65) == "81" * 64
    assert reader.dotted(b"") == ""


@pytest.mark.parametrize(
    ("octets", "said"),
    [
        (b"", "no DER: 0 octets"),
        (b"\x30\x05a", "no DER: tag 0x30, a length that 3 octets do not hold"),
        (der(0x30, b"ab"), "DER tag 0x30, 4 octets"),
        (der(0x30, b"ab") + b"xyz", "DER tag 0x30, 4 octets and 3 after it"),
    ],
)
def test_octets_say_whether_they_are_der_at_all(octets: bytes, said: str) -> None:
    assert reader.outline(octets) == said


@given(octets=st.binary(max_size=80))
def test_no_octets_raise(octets: bytes) -> None:
    for data in (octets, GOOD[: len(octets)] + octets, der(0x30, octets), der(0xA0, octets)):
        distinguished_name(data)
        general_names(data)
        reader.outline(data)

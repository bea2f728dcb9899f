"""Identities and addresses, from octets written by hand."""

import pytest

from ikepcap.wire.identities import identity_text, subnet, unicode_text


@pytest.mark.parametrize(
    ("kind", "octets", "shown"),
    [
        (1, "c0000201", "192.0.2.1"),
        (2, b"gw.example.net".hex(), "gw.example.net"),
        (3, b"a@example.net".hex(), "a@example.net"),
        (4, "c0000200ffffff00", "192.0.2.0/24"),
        (4, "c000020000000000", "192.0.2.0/0"),
        (4, "c0000200ffffffff", "192.0.2.0/32"),
        (4, "c0000200ff00ff00", "192.0.2.0/255.0.255.0"),
        (5, "20010db8000000000000000000000001", "2001:db8::1"),
        (6, "20010db8" + "00" * 12 + "ffffffff" + "00" * 12, "2001:db8::/32"),
        (7, "c0000201c0000209", "192.0.2.1 - 192.0.2.9"),
        (8, "20010db8" + "00" * 11 + "01" + "20010db8" + "00" * 11 + "09", "2001:db8::1 - 2001:db8::9"),
        (9, "300d310b300906035504030c026777", "CN=gw"),
        (10, "82026777", "DNS:gw"),
        (11, b"group-7".hex(), "group-7"),
        (12, "00ff", None),
        (250, "20010db8000000000000000000000001", "2001:db8::1"),
        (99, b"who".hex(), "who"),
        (99, "", None),
        (2, "67ff", r"g\xff"),
    ],
)
def test_an_identity_is_read_as_its_type_says(kind: int, octets: str, shown: str | None) -> None:
    assert identity_text(kind, bytes.fromhex(octets)) == shown


@pytest.mark.parametrize(
    ("kind", "octets"),
    [(1, "c00002"), (1, "00" * 16), (5, "c0000201"), (4, "c0000200ff"), (7, "c0"), (9, "3001"), (10, "30")],
)
def test_an_identity_that_is_not_what_its_type_says_gives_none(kind: int, octets: str) -> None:
    assert identity_text(kind, bytes.fromhex(octets)) is None


def test_a_subnet_needs_two_addresses_of_a_kind() -> None:
    assert subnet(b"\x01" * 6) is None


@pytest.mark.parametrize(
    ("octets", "shown"),
    [
        ("host/a".encode("utf-16-le"), "host/a"),
        ("host/a".encode("utf-16-be"), "host/a"),
        (b"host/a", "host/a"),
        (b"", None),
        (b"\xff\xfe\xfd", None),
    ],
)
def test_unicode_is_read_in_either_order(octets: bytes, shown: str | None) -> None:
    assert unicode_text(octets) == shown

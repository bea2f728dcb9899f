"""Numbers and the words for them."""

import inspect
from enum import IntEnum

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ikepcap.wire import details, numbers, relatives
from ikepcap.wire.details import EspTransform
from ikepcap.wire.numbers import (
    AuthMethod,
    Encryption,
    Exchange,
    Group,
    Payload,
    auth_kind,
    auth_word,
    encryption_word,
    exchange_name,
    group_word,
    hash_word,
    ke_bytes,
    notify_name,
    payload_name,
    word,
)

REGISTRIES = [
    thing
    for module in (numbers, details, relatives)
    for _, thing in inspect.getmembers(module, inspect.isclass)
    if issubclass(thing, IntEnum) and thing.__module__ == module.__name__
]


@pytest.mark.parametrize(
    ("kind", "name"),
    [
        (1, "SA"),
        (2, "P"),
        (3, "T"),
        (4, "KE"),
        (5, "ID"),
        (6, "CERT"),
        (7, "CR"),
        (8, "HASH"),
        (9, "SIG"),
        (10, "NONCE"),
        (11, "N"),
        (12, "D"),
        (13, "VID"),
        (14, "ATTR"),
        (20, "NAT-D"),
        (21, "NAT-OA"),
        (130, "NAT-D"),
        (131, "NAT-OA"),
        (132, "FRAG"),
        (15, "15"),
        (0, "0"),
        (133, "133"),
        (255, "255"),
    ],
)
def test_payloads_have_the_short_names_of_the_rfc_figures(kind: int, name: str) -> None:
    assert payload_name(kind) == name


def test_exchanges_have_the_report_names_and_unknown_ones_their_number() -> None:
    named = {number: exchange_name(number) for number in (0, 1, 2, 3, 4, 5, 6, 32, 33, 34, 243, 246, 247)}
    assert named == {
        0: "0",
        1: "base",
        2: "main",
        3: "authentication-only",
        4: "aggressive",
        5: "informational",
        6: "transaction",
        32: "quick",
        33: "new-group",
        34: "34",
        243: "authip",
        246: "authip",
        247: "247",
    }


def test_every_exchange_has_a_name() -> None:
    assert [exchange for exchange in Exchange if exchange_name(exchange) == str(int(exchange))] == []


def test_notifies_are_named_as_the_rfcs_write_them() -> None:
    named = [notify_name(number) for number in (14, 16, 24, 24578, 36136, 36137, 40003, 40501, 40503, 0)]
    assert named == [
        "NO-PROPOSAL-CHOSEN",
        "PAYLOAD-MALFORMED",
        "AUTHENTICATION-FAILED",
        "INITIAL-CONTACT",
        "R-U-THERE",
        "R-U-THERE-ACK",
        "MS-NOTIFY-STATUS",
        "UNITY-LOAD-BALANCE",
        "40503",  # libreswan and racoon disagree about this one
        "0",
    ]


def test_policy_words_are_those_of_the_report() -> None:
    assert [encryption_word(7, 256), encryption_word(7), encryption_word(5), encryption_word(1)] == [
        "AES-CBC-256",
        "AES-CBC",
        "3DES-CBC",
        "DES-CBC",
    ]
    assert [encryption_word(8, 192), encryption_word(99), encryption_word(99, 64)] == [
        "CAMELLIA-CBC-192",
        "99",
        "99-64",
    ]
    assert [hash_word(number) for number in range(8)] == [
        "0",
        "MD5",
        "SHA1",
        "TIGER",
        "SHA2-256",
        "SHA2-384",
        "SHA2-512",
        "7",
    ]
    assert [group_word(number) for number in (2, 14, 19, 24, 28, 31, 6, 33)] == [
        "MODP-1024",
        "MODP-2048",
        "ECP-256",
        "MODP-2048-256",
        "BRAINPOOL-256",
        "CURVE25519",
        "EC2N-163-RANDOM",
        "33",
    ]
    assert [auth_word(number) for number in (1, 2, 3, 9, 11, 64221, 65001, 65006, 8)] == [
        "PSK",
        "DSS-SIG",
        "RSA-SIG",
        "ECDSA-SIG-256",
        "ECDSA-SIG-521",
        "HYBRID-RSA-I",
        "XAUTH-PSK-I",
        "XAUTH-RSA-R",
        "8",
    ]


def test_auth_kind_gives_the_word_of_the_report() -> None:
    kinds = {int(method): auth_kind(method) for method in AuthMethod}
    assert kinds == {
        1: "psk",
        2: "dss-sig",
        3: "rsa-sig",
        4: "rsa-enc",
        5: "rsa-rev-enc",
        6: "elgamal-enc",
        7: "elgamal-rev-enc",
        9: "ecdsa-sig",
        10: "ecdsa-sig",
        11: "ecdsa-sig",
        64221: "hybrid",
        64222: "hybrid",
        64223: "hybrid",
        64224: "hybrid",
        65001: "xauth-psk",
        65002: "xauth-psk",
        65003: "xauth-dss",
        65004: "xauth-dss",
        65005: "xauth-rsa",
        65006: "xauth-rsa",
        65007: "xauth-rsa-enc",
        65008: "xauth-rsa-enc",
        65009: "xauth-rsa-rev-enc",
        65010: "xauth-rsa-rev-enc",
    }
    assert auth_kind(12345) == "12345"


def test_private_methods_that_collide_are_decided_by_the_vendor_ids() -> None:
    """65001 is XAUTH or Kerberos, 65005 is XAUTH or CGA; neither flag touches anything else."""
    assert [auth_kind(65001, gssapi=True), auth_word(65001, gssapi=True)] == ["gssapi", "GSSAPI"]
    assert [auth_kind(65005, cga=True), auth_word(65005, cga=True)] == ["cga", "CGA"]
    assert [auth_kind(65001, cga=True), auth_kind(65005, gssapi=True)] == ["xauth-psk", "xauth-rsa"]
    assert auth_kind(1, gssapi=True, cga=True) == "psk"


def test_public_values_have_the_length_of_their_group() -> None:
    assert [ke_bytes(group) for group in (1, 2, 14, 19, 21, 30, 31, 3, 999)] == [
        96,
        128,
        256,
        64,
        132,
        128,
        32,
        None,
        None,
    ]
    without = {group for group in Group if ke_bytes(group) is None}
    assert without == {group for group in Group if group.name.startswith("EC2N")}


def test_names_that_cannot_be_identifiers_are_written_out() -> None:
    assert [word(Encryption, 5), word(EspTransform, 3), word(EspTransform, 8)] == [
        "3DES-CBC",
        "3DES-CBC",
        "3IDEA",
    ]


@pytest.mark.parametrize("registry", REGISTRIES, ids=lambda registry: registry.__name__)
def test_every_registry_says_where_its_numbers_are_from(registry: type[IntEnum]) -> None:
    text = inspect.getdoc(registry) or ""
    assert any(source in text for source in ("RFC", "draft", "MS-", "racoon", "strongSwan")), (
        registry.__name__
    )


@given(number=st.integers(min_value=0, max_value=2**64))
def test_every_number_has_a_word_whatever_it_is(number: int) -> None:
    words = [word(registry, number) for registry in REGISTRIES]
    words += [payload_name(number), exchange_name(number), notify_name(number), auth_kind(number)]
    assert all(words)


def test_payload_numbers_that_two_protocols_use_stay_numbers() -> None:
    assert {15, 16, 17, 18, 19, 22}.isdisjoint(set(Payload))


def test_registries_have_no_holes_where_the_registers_have_none() -> None:
    """Runs of numbers as IANA lists them; what is reserved there is left out here."""
    runs: dict[type[IntEnum], set[int]] = {
        numbers.NotifyType: {*range(1, 31), 16384, 24576, 24577, 24578, 36136, 36137},
        numbers.Phase1Attribute: {*range(1, 17)},
        numbers.Phase2Attribute: {*range(1, 16)},
        numbers.Encryption: {*range(1, 9)},
        numbers.Hash: {*range(1, 7)},
        numbers.AuthMethod: {*range(1, 8), 9, 10, 11, *range(64221, 64225), *range(65001, 65011)},
        numbers.Group: {1, 2, 3, 4, 5, *range(14, 33)},
        numbers.LifeType: {1, 2},
        numbers.Protocol: {1, 2, 3, 4},
        numbers.Exchange: {1, 2, 3, 4, 5, 6, 32, 33, 243, 244, 245, 246},
        numbers.Payload: {*range(15), 20, 21, 130, 131, 132},
        numbers.Doi: {0, 1, 2},
        details.EspTransform: {*range(1, 17), *range(18, 24)},
        details.AhTransform: {*range(2, 14)},
        details.IpcompTransform: {1, 2, 3, 4},
        details.AuthAlgorithm: {*range(1, 14)},
        details.IdType: {*range(1, 13), 250},
        details.CertEncoding: {*range(14)},
        details.CfgType: {1, 2, 3, 4},
        details.CfgAttribute: {*range(1, 16), *range(16520, 16530), *range(28672, 28683), 23456, 23457},
        details.CheckPointAttribute: {*range(13, 21)},
        details.Encapsulation: {1, 2, 3, 4, 61440, 61443, 61444},
        relatives.GdoiPayload: {15, 16, 17, 18, 19, 22},
        relatives.AuthipPayload: {129, *range(133, 138)},
    }
    missing = {
        registry.__name__: sorted(expected - {int(member) for member in registry})
        for registry, expected in runs.items()
    }
    assert not any(missing.values()), missing


def test_every_transform_attribute_with_a_registry_of_values_is_shown_by_it() -> None:
    from ikepcap.wire.attribute_values import PHASE1_VALUES, PHASE2_VALUES

    assert set(PHASE1_VALUES) == {1, 2, 3, 4, 5, 11}
    assert set(PHASE2_VALUES) == {1, 3, 4, 5, 10, 11, 13, 14, 15}

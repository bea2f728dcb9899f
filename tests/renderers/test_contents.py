"""Every kind of payload as a tree of fields, from octets written by hand."""

import hashlib
import struct

import pytest

from ikepcap.renderers.fields import Field, fields, render_message
from ikepcap.wire.bodies import AUTHIP_BODIES, BODIES, GDOI_BODIES
from ikepcap.wire.context import Context
from ikepcap.wire.natd import Ends
from tests.renderers.octets import ICOOKIE, RCOOKIE, attribute, message, notification, payload

Row = tuple[int, str, str | bytes]


def rows(field: Field) -> list[Row]:
    """Return offset, name and value of the fields in a payload, without its generic header."""
    assert field.children[0].name == "header"
    return [(child.offset, child.name, child.value) for child in field.children[1:]]


def first(kind: int, body: bytes, exchange: int = 2, context: Context | None = None) -> Field:
    """Return the field of a message's only payload."""
    return fields(message(kind, payload(body), exchange=exchange), context=context)[1]


NONCE = bytes(range(20))


@pytest.mark.parametrize(
    ("kind", "body", "line", "expected"),
    [
        (4, bytes(256), "256 octets: MODP-2048 or MODP-2048-224 or MODP-2048-256",
         [(32, "public value", bytes(256))]),
        (4, bytes(64), "64 octets: ECP-256 or BRAINPOOL-256", [(32, "public value", bytes(64))]),
        (4, bytes(7), "7 octets: of no group known", [(32, "public value", bytes(7))]),
        (5, bytes.fromhex("01 11 01f4 c0000201"), "192.0.2.1",
         [(32, "type", "IPV4-ADDR (1)"), (33, "protocol", "UDP (17)"), (34, "port", "500"),
          (36, "data", "192.0.2.1")]),
        (5, bytes.fromhex("09 00 0000 3000"), "(an empty name)",
         [(32, "type", "DER-ASN1-DN (9)"), (33, "protocol", "any (0)"), (34, "port", "any (0)"),
          (36, "data", "(an empty name)")]),
        (7, b"\x04\x30\0", "(an empty name)",
         [(32, "encoding", "X509-SIGNATURE (4)"), (33, "authority", "(an empty name)")]),
        (7, b"\x04", "any authority", [(32, "encoding", "X509-SIGNATURE (4)")]),
        (7, b"\x04junk", "", [(32, "encoding", "X509-SIGNATURE (4)"), (33, "authority", b"junk")]),
        (8, NONCE, "20 octets: SHA1", [(32, "data", NONCE)]),
        (8, NONCE[:5], "5 octets", [(32, "data", NONCE[:5])]),
        (9, NONCE, "20 octets", [(32, "data", NONCE)]),
        (10, NONCE, "20 octets", [(32, "data", NONCE)]),
        (11, notification(24578, spi=ICOOKIE + RCOOKIE), "INITIAL-CONTACT",
         [(32, "DOI", "IPSEC (1)"), (36, "protocol", "ISAKMP (1)"), (37, "SPI size", "16"),
          (38, "type", "INITIAL-CONTACT (24578)"), (40, "SPI", ICOOKIE + RCOOKIE)]),
        (12, bytes.fromhex("00000001 03 04 0001 aabbccdd"), "1 SPI of ESP",
         [(32, "DOI", "IPSEC (1)"), (36, "protocol", "ESP (3)"), (37, "SPI size", "4"),
          (38, "SPI count", "1"), (40, "SPI", b"\xaa\xbb\xcc\xdd")]),
        (12, bytes.fromhex("00000001 03 00 0001 aabb"), "1 SPI of ESP",
         [(32, "DOI", "IPSEC (1)"), (36, "protocol", "ESP (3)"), (37, "SPI size", "0"),
          (38, "SPI count", "1")]),
        (13, bytes.fromhex("afcad71368a1f1c96b8696fc77570100"), "Dead Peer Detection, 1.0",
         [(32, "data", bytes.fromhex("afcad71368a1f1c96b8696fc7757")), (46, "version", "1.0")]),
        (13, b"nobody", "not known", [(32, "data", b"nobody")]),
        (13, b"", "not known", []),
        (14, b"\x03\0\x12\x34" + bytes.fromhex("c08f0001"), "SET, 1 attribute",
         [(32, "type", "SET (3)"), (34, "identifier", "4660"), (36, "XAUTH-STATUS (16527)", "OK (1)")]),
        (15, NONCE, "", [(32, "data", NONCE)]),
        (20, NONCE, "", [(32, "hash", NONCE)]),
        (130, NONCE, "", [(32, "hash", NONCE)]),
        (21, bytes.fromhex("01000000c0000201"), "192.0.2.1",
         [(32, "type", "IPV4-ADDR (1)"), (36, "address", "192.0.2.1")]),
        (131, bytes.fromhex("01000100c0"), "",
         [(32, "type", "IPV4-ADDR (1)"), (34, "reserved 2", "256"), (36, "address", b"\xc0")]),
        (132, bytes.fromhex("0001 02 01 aabb"), "2, the last, 2 octets",
         [(32, "fragment ID", "1"), (34, "number", "2"), (35, "flags", "0x01 last"),
          (36, "data", b"\xaa\xbb")]),
        (132, bytes.fromhex("0001 01 00 aa"), "1, 1 octet",
         [(32, "fragment ID", "1"), (34, "number", "1"), (35, "flags", "0x00"), (36, "data", b"\xaa")]),
        (200, NONCE, "", [(32, "data", NONCE)]),
        (200, b"", "", []),
    ],
)  # fmt: skip
def test_a_payload_says_what_it_holds_field_by_field(
    kind: int, body: bytes, line: str, expected: list[Row]
) -> None:
    field = first(kind, body)
    assert (field.value, rows(field)) == (line, expected)


@pytest.mark.parametrize(
    ("kind", "body", "name", "line", "expected"),
    [
        (133, bytes.fromhex("00000007 1122334455667788"), "CRYPTO", "sequence number 7",
         [(32, "sequence number", "7"), (36, "initialization vector", bytes.fromhex("1122334455667788"))]),
        (129, bytes.fromhex("000035e9 11 6082"), "GSS", "token of 2 octets",
         [(32, "status", "ERROR_IPSEC_IKE_AUTH_FAIL (13801)"),
          (36, "flags", "0x11 NEW-GSS-EXCHANGE, RESPONDER-AUTH-COMPLETE"), (37, "token", b"\x60\x82")]),
        (129, bytes.fromhex("80090308 00"), "GSS", "token of 0 octets",
         [(32, "status", "0x80090308"), (36, "flags", "0x00")]),
        (134, "host/a".encode("utf-16-le"), "GSS-ID", "host/a", [(32, "principal name", "host/a")]),
        (135, bytes.fromhex("00020000 00030001 0009"), "AUTH", "3 methods",
         [(32, "method", "KERBEROS (2)"), (36, "method", "ANONYMOUS (3), flags 0001"),
          (40, "rest", b"\0\x09")]),
        (136, NONCE, "KEY-DICTATION", "20 octets", [(32, "data", NONCE)]),
        (137, b"\0\0\0\x05", "KEY-DICTATION-WEIGHT", "", [(32, "weight", "5")]),
        (11, bytes.fromhex("00000001 02 01 9c54 0000362c"), "N", "AUTHIP-NOTIFY-STATUS",
         [(32, "DOI", "IPSEC (1)"), (36, "protocol", "2"), (37, "flags", "0x01 reliable"),
          (38, "type", "AUTHIP-NOTIFY-STATUS (40020)"),
          (40, "data", "Windows error 13868 ERROR_IPSEC_IKE_POLICY_MATCH")]),
    ],
)  # fmt: skip
def test_authip_has_payloads_of_its_own(
    kind: int, body: bytes, name: str, line: str, expected: list[Row]
) -> None:
    field = first(kind, body, exchange=243)
    assert (field.name, field.value, rows(field)) == (name, line, expected)


def test_authip_s_header_before_its_ciphertext_is_read() -> None:
    """MS-AIPS §2.2.3.2.3: the length of the payload ends after the initialization vector."""
    crypto = bytes.fromhex("00 00 0010 00000003") + bytes(8)
    tree = fields(message(133, crypto, b"\xee" * 16, exchange=244, flags=1))
    assert [(field.name, field.offset, field.size) for field in tree[1:]] == [
        ("CRYPTO", 28, 16),
        ("encrypted", 44, 16),
    ]
    assert rows(tree[1]) == [(32, "sequence number", "3"), (36, "initialization vector", bytes(8))]
    assert tree[0].children[4].value == "AuthIP quick (244)"


@pytest.mark.parametrize(
    "octets", [b"", b"\0\0\0", bytes.fromhex("00000007000000"), bytes.fromhex("0000ffff") + bytes(20)]
)
def test_ciphertext_that_does_not_begin_like_authip_s_is_left_whole(octets: bytes) -> None:
    tree = fields(message(133, octets, exchange=243, flags=1))
    assert [field.name for field in tree[1:]] == (["encrypted"] if octets else [])


GDOI = Context(is_gdoi=True)


@pytest.mark.parametrize(
    ("kind", "body", "name", "expected"),
    [
        (1, bytes.fromhex("00000002 00000000 000f 0000"), "SA",
         [(32, "DOI", "GDOI (2)"), (36, "situation", "0"), (40, "attribute next", "SA-KEK (15)")]),
        (15, NONCE, "SA-KEK", [(32, "data", NONCE)]),
        (16, NONCE, "SA-TEK", [(32, "data", NONCE)]),
        (17, bytes.fromhex("0002 0000 aabb"), "KD",
         [(32, "key packet count", "2"), (36, "key packets", b"\xaa\xbb")]),
        (18, b"\0\0\0\x09", "SEQ", [(32, "sequence number", "9")]),
        (19, NONCE, "POP", [(32, "data", NONCE)]),
        (22, NONCE, "GAP", [(32, "data", NONCE)]),
    ],
)  # fmt: skip
def test_gdoi_has_payloads_of_its_own(kind: int, body: bytes, name: str, expected: list[Row]) -> None:
    field = first(kind, body, exchange=33, context=GDOI)
    assert (field.name, rows(field)) == (name, expected)


def test_every_payload_that_is_declared_has_a_test_here() -> None:
    """SA, proposal and transform are in `test_fields`, certificates in `test_certificates`."""
    elsewhere = {1, 2, 3, 6}
    here = {4, 5, 7, 8, 9, 10, 11, 12, 13, 14, 20, 21, 130, 131, 132}
    assert here | elsewhere == set(BODIES)
    assert set(AUTHIP_BODIES) == {11, 129, 133, 134, 135, 136, 137}
    assert set(GDOI_BODIES) == {1, 15, 16, 17, 18, 19, 22}


SOURCE, DESTINATION = bytes((192, 0, 2, 1)), bytes((198, 51, 100, 7))
ENDS = Ends(SOURCE, 500, DESTINATION, 500)


def nat_d(address: bytes) -> bytes:
    octets = ICOOKIE + RCOOKIE + address + b"\x01\xf4"
    return hashlib.sha1(octets, usedforsecurity=False).digest()


@pytest.mark.parametrize("kind", [20, 130, 15])
def test_nat_d_says_whose_address_it_is_the_hash_of(kind: int) -> None:
    bodies = (nat_d(DESTINATION), nat_d(SOURCE), nat_d(bytes(4)))
    parsed = message(kind, payload(bodies[0], kind), payload(bodies[1], kind), payload(bodies[2]), exchange=2)
    tree = fields(parsed, context=Context(nat_t=True), ends=ENDS)
    assert [(field.name, field.value) for field in tree[1:]] == [
        ("NAT-D", "matches the destination"),
        ("NAT-D", "matches the source"),
        ("NAT-D", "no match with the source"),
    ]


def test_a_first_nat_d_without_a_match_is_the_destination_s() -> None:
    parsed = message(20, payload(nat_d(bytes(4)), 20), payload(nat_d(SOURCE)))
    assert fields(parsed, ends=ENDS)[1].value == "no match with the destination"


def test_a_key_exchange_names_the_group_that_was_agreed_on_if_it_fits() -> None:
    body = bytes(256)
    assert first(4, body, context=Context(group=24)).value == "256 octets: MODP-2048-256"
    assert first(4, body, context=Context(group=2)).value.startswith("256 octets: MODP-2048 or ")  # type: ignore[arg-type]


def test_xauth_between_check_point_peers_is_read_as_theirs() -> None:
    body = b"\x02\0\0\x01" + attribute(14, b"alice") + attribute(15, b"secret")
    field = first(14, body, exchange=6, context=Context(check_point=True))
    assert rows(field)[-2:] == [
        (36, "XAUTH-USER-NAME (14)", "alice"),
        (45, "XAUTH-USER-PASSWORD (15)", "(hidden)"),
    ]


def test_split_networks_are_fields_of_their_own() -> None:
    body = b"\x02\0\0\x01" + attribute(28676, bytes.fromhex("c0000200ffffff00") + bytes(6))
    field = first(14, body, exchange=6)
    assert field.children[-1] == Field(
        "UNITY-SPLIT-INCLUDE (28676)", 36, 18, "1 network", (Field("network", 40, 14, "192.0.2.0/24"),)
    )


@pytest.mark.parametrize(
    ("protocol", "transform", "summary", "shown"),
    [
        (2, "05 0000 80050005 80040002", "SHA2-256", ("transform ID", "SHA2-256 (5)")),
        (3, "14 0000 800600a0 800b0001", "AES-GCM-16-160",
         ("EXTENDED-SEQUENCE-NUMBER (11)", "ESN-64-BIT (1)")),
        (3, "0c 0000 8004f003", "AES-CBC", ("ENCAPSULATION (4)", "UDP-TUNNEL-DRAFT (61443)")),
        (4, "03 0000", "LZS", ("transform ID", "LZS (3)")),
        (9, "63 0000", "99", ("transform ID", "99")),
        (3, "0c 0000 80110001", "AES-CBC", ("attribute 17", "1")),
    ],
)  # fmt: skip
def test_transforms_are_named_by_their_protocol(
    protocol: int, transform: str, summary: str, shown: tuple[str, str]
) -> None:
    inner = payload(b"\x01" + bytes.fromhex(transform))
    proposal = payload(bytes((1, protocol, 4, 1)) + b"\xc0\xff\xee\x01" + inner)
    field = first(1, struct.pack(">II", 1, 1) + proposal, exchange=32)
    named = field.children[-1].children[-1]
    assert named.value == summary
    assert shown in [(child.name, child.value) for child in named.children]


def test_authentication_methods_with_two_meanings_follow_the_vendor_ids() -> None:
    def auth(method: int, context: Context) -> tuple[str | bytes, str | bytes]:
        inner = payload(bytes.fromhex("01010000") + struct.pack(">HH", 0x8003, method))
        proposal = payload(bytes((1, 1, 0, 1)) + inner)
        transform = first(1, struct.pack(">II", 1, 1) + proposal, context=context).children[-1].children[-1]
        return transform.value, transform.children[-1].value

    assert auth(65001, Context()) == ("XAUTH-PSK-I", "XAUTH-PSK-I (65001)")
    assert auth(65001, Context(gssapi=True)) == ("GSSAPI", "GSSAPI (65001)")
    assert auth(65005, Context(cga=True)) == ("CGA", "CGA (65005)")
    assert auth(1, Context(gssapi=True, cga=True)) == ("PSK", "PSK (1)")


def test_a_gss_identity_is_text() -> None:
    gss = attribute(16384, "host/a".encode("utf-16-le"))
    inner = payload(bytes.fromhex("01010000") + gss)
    field = first(1, struct.pack(">II", 1, 1) + payload(bytes((1, 1, 0, 1)) + inner))
    last = field.children[-1].children[-1].children[-1]
    assert (last.name, last.value) == ("GSS-IDENTITY (16384)", "host/a")


def test_a_situation_with_labels_has_its_fields_before_the_proposals() -> None:
    domain = bytes.fromhex("00000007 00010000 aa000000 00000000")
    inner = payload(bytes.fromhex("01010000 80010007"))
    body = struct.pack(">II", 1, 3) + domain + payload(bytes((1, 1, 0, 1)) + inner)
    field = first(1, body)
    assert rows(field)[1:-1] == [
        (36, "situation", "IDENTITY-ONLY, SECRECY (3)"),
        (40, "labelled domain identifier", "7"),
        (44, "secrecy level length", "1 octet"),
        (48, "secrecy level", b"\xaa"),
        (49, "padding", bytes(3)),
        (52, "secrecy categories length", "0 bits"),
    ]
    assert field.children[-1].name == "P 1"


def test_a_situation_that_is_not_there_is_not_shown() -> None:
    """Under DOI 0 proposals may follow at once (RFC 2408 §3.4)."""
    inner = payload(bytes.fromhex("01010000 80010007"))
    field = first(1, bytes(4) + payload(bytes((1, 1, 0, 1)) + inner))
    assert rows(field)[:-1] == [(32, "DOI", "ISAKMP (0)")]
    assert (field.children[-1].name, field.children[-1].offset) == ("P 1", 36)


def test_a_challenge_is_shown_as_text_only_if_it_is_text() -> None:
    values = [attribute(16525, octets) for octets in (b"Password 2:", b"\x01\x9b\xff")]
    shown = rows(first(14, b"\x01\0\0\x01" + b"".join(values), exchange=6))
    assert [value for _, _, value in shown[2:]] == ["Password 2:", b"\x01\x9b\xff"]


def test_flags_that_nobody_defined_are_shown_with_their_defect() -> None:
    text = render_message(message(10, payload(NONCE), flags=0x88))
    assert "0x88 reserved 0x88" in text
    assert "DEFECT unknown-flags at 19: flags 0x88" in " ".join(text.split())

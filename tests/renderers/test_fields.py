"""One message as a tree of fields and as text."""

import struct

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ikepcap.renderers.fields import Field, fields, render_message
from ikepcap.wire.message import Message, parse
from ikepcap.wire.walk import Fault

ICOOKIE = bytes.fromhex("0102030405060708")
RCOOKIE = bytes.fromhex("1112131415161718")


def payload(body: bytes, following: int = 0) -> bytes:
    return struct.pack(">BBH", following, 0, 4 + len(body)) + body


def message(
    first: int, *payloads: bytes, exchange: int = 2, flags: int = 0, rcookie: bytes = RCOOKIE
) -> Message:
    body = b"".join(payloads)
    head = ICOOKIE + rcookie + struct.pack(">BBBBII", first, 0x10, exchange, flags, 0, 28 + len(body))
    parsed = parse(head + body)
    assert parsed is not None
    return parsed


def row(text: str, name: str) -> str:
    """Return the value of the line that begins with this name."""
    found = [line for line in text.splitlines() if line[7:].lstrip().startswith(name)]
    assert len(found) == 1, (name, text)
    return found[0][7:].lstrip().removeprefix(name).strip()


def defects(tree: tuple[Field, ...]) -> list[tuple[str, tuple[str, ...]]]:
    """Return names and defects of all fields that have some."""
    found = []
    for field in tree:
        if field.defects:
            found.append((field.name, field.defects))
        found += defects(field.children)
    return found


SA_BODY = bytes.fromhex(
    "00000001"  # IPsec
    "00000001"  # identity only
    "0000002c 01010001"  # proposal 1, ISAKMP, 1 transform
    "00000024 01010000"  # transform 1
    "80010007 800e0100 80020004 8004000e 80030001 000c0004 00007080"
)


def test_a_message_is_laid_out_field_by_field() -> None:
    text = render_message(
        message(1, payload(SA_BODY, 13), payload(b"HUAWEI-IKEv1DSCP"), rcookie=bytes(8)), heading="frame 1"
    )
    assert (
        text
        == """\
frame 1
    0  ISAKMP header                    104 octets captured
    0    initiator cookie               0102030405060708
    8    responder cookie               0000000000000000 (none yet)
   16    next payload                   SA (1)
   17    version                        1.0
   18    exchange type                  main (2)
   19    flags                          0x00
   20    message ID                     00000000
   24    length                         104
   28  SA                               1 transform
   28    header                         length 56, next VID
   32    DOI                            IPSEC (1)
   36    situation                      IDENTITY-ONLY (1)
   40    P 1                            ISAKMP
   40      header                       length 44, next none
   44      number                       1
   45      protocol                     ISAKMP (1)
   46      SPI size                     0
   47      transform count              1
   48      T 1                          AES-CBC-256 SHA2-256 MODP-2048 PSK
   48        header                     length 36, next none
   52        number                     1
   53        transform ID               KEY-IKE (1)
   56        ENCRYPTION (1)             AES-CBC (7)
   60        KEY-LENGTH (14)            256
   64        HASH (2)                   SHA2-256 (4)
   68        GROUP (4)                  MODP-2048 (14)
   72        AUTH-METHOD (3)            PSK (1)
   76        LIFE-DURATION (12)         28800, TLV 00007080
             DEFECT bad-body at 76: a lifetime without its unit
   84  VID                              HUAWEI-IKEv1DSCP
   84    header                         length 20, next none
   88    data                           4855415745492d494b45763144534350
"""
    )


def test_a_field_knows_its_place_and_its_parts() -> None:
    tree = fields(message(10, payload(bytes(range(8)))))
    assert tree[1] == Field(
        "NONCE",
        28,
        12,
        "8 octets",
        (
            Field("header", 28, 4, "length 12, next none"),
            Field("data", 32, 8, bytes(range(8))),
        ),
    )


def test_flags_and_ciphertext_are_named() -> None:
    parsed = message(8, bytes(40), exchange=32, flags=0x03)
    text = render_message(parsed)
    assert row(text, "flags") == "0x03 encryption, commit"
    assert row(text, "exchange type") == "quick (32)"
    assert row(text, "encrypted") == "00" * 12 + "... 40 octets"


def test_a_body_of_another_version_is_not_read() -> None:
    parsed = parse(ICOOKIE + RCOOKIE + struct.pack(">BBBBII", 33, 0x20, 34, 8, 0, 36) + bytes(8))
    assert parsed is not None
    assert fields(parsed)[1] == Field("body of version 2, not read", 28, 8, bytes(8))


@pytest.mark.parametrize(
    ("body", "shown"),
    [
        ("011101f4c0000201", "192.0.2.1"),
        ("04000000c0000200ffffff00", "192.0.2.0/24"),
        ("07000000c0000201c0000209", "192.0.2.1 - 192.0.2.9"),
        ("0500000020010db8000000000000000000000001", "2001:db8::1"),
        ("02000000" + b"gw.example.net".hex(), "gw.example.net"),
        ("03000000" + b"a@example.net".hex(), "a@example.net"),
        ("0b000000" + b"group-7".hex(), "group-7"),
        ("04000000c0000200ff00ff00", "192.0.2.0/255.0.255.0"),
        ("0800000020010db800000000000000000000000120010db8000000000000000000000009",
         "2001:db8::1 - 2001:db8::9"),
        ("0600000020010db8000000000000000000000000ffffffff000000000000000000000000", "2001:db8::/32"),
        ("fa00000020010db8000000000000000000000001", "2001:db8::1"),
        ("0a000000" + "820e" + b"gw.example.net".hex(), "DNS:gw.example.net"),
        ("0a000000" + "8704c0000201", "IP:192.0.2.1"),
    ],
)  # fmt: skip
def test_identities_are_read_by_their_type(body: str, shown: str) -> None:
    assert fields(message(5, payload(bytes.fromhex(body))))[1].value == shown


@pytest.mark.parametrize(
    "body", ["0b00000000ff", "01000000c00002", "05000000c0000201", "0a00000030", "0c00000000"]
)
def test_identities_that_are_not_what_their_type_says_stay_octets(body: str) -> None:
    payload_field = fields(message(5, payload(bytes.fromhex(body))))[1]
    assert payload_field.value == ""
    assert (payload_field.children[-1].name, payload_field.children[-1].value) == (
        "data",
        bytes.fromhex(body)[4:],
    )


def test_protocol_and_port_of_an_identity_are_named() -> None:
    text = render_message(message(5, payload(bytes.fromhex("01 11 01f4 c0000201"))))
    assert row(text, "protocol") == "UDP (17)"
    assert row(text, "port") == "500"


DN = bytes.fromhex(
    "3030"  # a name
    "310b 3009 0603550406 1302 4445"  # C=DE
    "310e 300c 060355040a 0c05 412c20426f"  # O=A, Bo
    "3111 300f 0603550403 1e08 0067007700a70031"  # CN in two-octet characters
)


def test_addresses_and_numbers_of_a_wrong_length_are_shown_as_octets() -> None:
    subnet = payload(bytes.fromhex("04000000 c0000200ff"))
    assert fields(message(5, subnet))[1].children[-1].value == bytes.fromhex("c0000200ff")
    transform = payload(bytes.fromhex("01010000") + struct.pack(">HH", 1, 9) + b"\xff" * 9)
    body = SA_BODY[:8] + payload(bytes((1, 1, 0, 1)) + transform)
    assert row(render_message(message(1, payload(body))), "ENCRYPTION (1)") == "ff" * 9


def test_more_defects_at_one_field_than_anybody_reads_are_counted() -> None:
    chain = payload(b"", 10)[:1] + b"\x01" + payload(b"")[2:]
    parsed = message(10, chain * 150)
    owners = dict(defects(fields(parsed)))
    assert owners["(50 more payloads left out)"][-1] == "and 40 more here"


def test_long_names_in_der_are_read_and_cut() -> None:
    value = b"n" * 300
    der = value
    for tag in (0x0C, 0x30, 0x31, 0x30):
        if tag == 0x30 and der[0] == 0x0C:
            der = bytes.fromhex("0603550403") + der
        der = bytes((tag, 0x82)) + struct.pack(">H", len(der)) + der
    shown = fields(message(5, payload(b"\x09\0\0\0" + der)))[1].value
    assert shown == "CN=" + "n" * 300
    text = render_message(message(5, payload(b"\x09\0\0\0" + der)))
    assert "n" * 300 not in text.replace("\n", "").replace(" ", "")


def test_names_in_der_are_read() -> None:
    shown = r"C=DE, O=A\, Bo, CN=gw§1"
    assert fields(message(5, payload(b"\x09\0\0\0" + DN)))[1].value == shown
    request = fields(message(7, payload(b"\x04" + DN)))[1]
    assert (request.children[-1].name, request.children[-1].value) == ("authority", shown)


def test_names_that_are_none_are_shown_as_octets() -> None:
    for der in (DN[:-1], DN + b"\0", b"\x30\x02\x31\x00", b"\x30\x84\xff\xff\xff\xff", b"\x30", b"ab"):
        assert fields(message(7, payload(b"\x04" + der)))[1].children[-1].value == der


def test_a_name_with_an_attribute_nobody_knows_gives_its_number() -> None:
    der = bytes.fromhex("300d 310b 3009 06032a0304 0c02 6869")
    assert fields(message(5, payload(b"\x09\0\0\0" + der)))[1].value == "1.2.3.4=hi"


@given(der=st.binary(max_size=60))
def test_no_name_raises(der: bytes) -> None:
    for octets in (der, DN[: len(der)] + der, bytes((0x30, len(der))) + der):
        fields(message(7, payload(b"\x04" + octets)))


@pytest.mark.parametrize(
    ("kind", "data", "name", "shown"),
    [
        (36136, "00000007", "R-U-THERE", "sequence number 7"),
        (36137, "000007", "R-U-THERE-ACK", b"\0\0\x07"),
        (40003, "000035e9", "MS-NOTIFY-STATUS", "Windows error 13801 ERROR_IPSEC_IKE_AUTH_FAIL"),
        (40003, "aabbccdd0000362c", "MS-NOTIFY-STATUS",
         "message ID aabbccdd, Windows error 13868 ERROR_IPSEC_IKE_POLICY_MATCH"),
        (40003, "00000005", "MS-NOTIFY-STATUS", "Windows error 5"),
        (40004, "0102030405060708", "MS-NOTIFY-DOS-COOKIE", "cookie to come back with 0102030405060708"),
        (40005, "00000007", "MS-EXCHANGE-INFO", "ND-BOUNDARY, GUARANTEE-ENCRYPTION, 0x4"),
        (40501, "c0000207", "UNITY-LOAD-BALANCE", "use 192.0.2.7 instead"),
        (24577, "00000001", "REPLAY-STATUS", "replay detection enabled"),
        (24577, "00000000", "REPLAY-STATUS", "replay detection disabled"),
        (24577, "00000009", "REPLAY-STATUS", bytes.fromhex("00000009")),
        (24578, "", "INITIAL-CONTACT", None),
        (16384, "", "CONNECTED", None),
        (14, "", "NO-PROPOSAL-CHOSEN", None),
        (18, b"bad identity".hex(), "INVALID-ID-INFORMATION", "bad identity"),
        (9999, "00ff00ff", "9999", bytes.fromhex("00ff00ff")),
    ],
)  # fmt: skip
def test_notifications_are_named_and_their_data_read(
    kind: int, data: str, name: str, shown: str | bytes | None
) -> None:
    body = struct.pack(">IBBH", 1, 1, 0, kind) + bytes.fromhex(data)
    tree = fields(message(11, payload(body), exchange=5))
    assert tree[1].value == name
    assert next((child.value for child in tree[1].children if child.name == "data"), None) == shown


def test_a_responder_lifetime_shows_its_attributes() -> None:
    body = struct.pack(">IBBH", 1, 3, 4, 24576) + bytes.fromhex("c0ffee018001000180020e10")
    data = fields(message(11, payload(body), exchange=5))[1].children[-1]
    assert data.children == (
        Field("LIFE-TYPE (1)", 44, 4, "SECONDS (1)"),
        Field("LIFE-DURATION (2)", 48, 4, "3600"),
    )


def test_a_responder_lifetime_says_what_is_wrong_with_its_attributes() -> None:
    body = struct.pack(">IBBHI", 1, 3, 4, 24576, 7) + bytes.fromhex("80010001 00020009 00000e10")
    found = message(11, payload(body))
    text = render_message(found)
    assert "DEFECT length-too-large at 50: attribute 2 claims 9 octets, 4 are" in text
    (defect,) = found.layer.defects
    assert (defect.fault, defect.offset) == (Fault.LENGTH_TOO_LARGE, 50)


def test_spis_of_a_delete_are_listed_each_in_its_place() -> None:
    body = struct.pack(">IBBH", 1, 3, 4, 2) + bytes.fromhex("aaaaaaaabbbbbbbb")
    field = fields(message(12, payload(body), exchange=5))[1]
    assert field.value == "2 SPIs of ESP"
    assert field.children[-2:] == (
        Field("SPI", 40, 4, bytes.fromhex("aaaaaaaa")),
        Field("SPI", 44, 4, bytes.fromhex("bbbbbbbb")),
    )


def test_spis_beyond_the_bound_are_counted_and_a_lying_count_is_a_defect() -> None:
    body = struct.pack(">IBBH", 1, 3, 4, 0xFFFF) + bytes(4 * 500)
    field = fields(message(12, payload(body), exchange=5))[1]
    assert field.children[-1].name == "(400 more SPIs left out)"
    assert defects((field,)) == [
        (
            "SPI",
            ("bad-body at 40: spis of 262140 octets, 2000 are left",),
        )
    ]


def test_quick_mode_offers_name_their_transforms_and_spis() -> None:
    body = bytes.fromhex(
        "00000001 0000000100000024 01030401 c0ffee0100000018 010c0000 80040003 80060080 80050002 80030018"
    )
    text = render_message(message(1, payload(body), exchange=32))
    assert row(text, "P 1") == "ESP"
    assert row(text, "SPI  ") == "c0ffee01"
    assert row(text, "T 1") == "AES-CBC-128"
    assert row(text, "transform ID") == "AES-CBC (12)"
    assert row(text, "ENCAPSULATION (4)") == "UDP-TUNNEL (3)"
    assert row(text, "AUTH-ALGORITHM (5)") == "HMAC-SHA1 (2)"
    assert row(text, "GROUP (3)") == "MODP-2048-256 (24)"


def xauth(*attributes: bytes) -> Message:
    return message(14, payload(b"\x02\x00\x12\x34" + b"".join(attributes)), exchange=6)


USER = struct.pack(">HH", 16521, 5) + b"alice"
PASSWORD = struct.pack(">HH", 16522, 6) + b"secret"
PASSCODE = struct.pack(">HH", 16523, 6) + b"314159"
CHECK_POINT_PASSWORD = struct.pack(">HH", 15, 6) + b"secret"


def test_passwords_are_hidden_unless_asked_for() -> None:
    parsed = xauth(USER, PASSWORD, PASSCODE, CHECK_POINT_PASSWORD)
    text = render_message(parsed, hex_dump=True)
    assert row(text, "XAUTH-USER-NAME (16521)") == "alice"
    assert row(text, "XAUTH-USER-PASSWORD (16522)") == "(hidden)"
    assert row(text, "XAUTH-PASSCODE (16523)") == "(hidden)"
    assert row(text, "INTERNAL-IP6-SUBNET (15)") == "(hidden)"
    for secret in ("secret", "314159", b"secret".hex(), "73 65 63", "33 31 34"):
        assert secret not in text
    shown = render_message(parsed, show_secrets=True, hex_dump=True)
    assert row(shown, "XAUTH-USER-PASSWORD (16522)") == "secret"
    assert "73 65 63" in shown


def test_passwords_beyond_the_bound_of_a_level_are_hidden_too() -> None:
    many = [struct.pack(">HH", 0x8001, 0)] * 200
    assert "secret" not in render_message(xauth(*many, PASSWORD), hex_dump=True, width=120)
    padding = payload(b"", following=10) * 150
    nonces = padding[:-4] + payload(b"", following=14)
    parsed = message(10, nonces, payload(b"\x02\x00\x12\x34" + PASSWORD), exchange=6)
    assert "secret" not in render_message(parsed, hex_dump=True, width=120)


@pytest.mark.parametrize("claimed", [0, 3, 5, 8, 10])
def test_passwords_that_a_lying_length_leaves_over_are_hidden_too(claimed: int) -> None:
    """What a payload of attributes does not claim follows it, and nobody can say what it is."""
    data = bytearray(xauth(PASSWORD).data)
    data[30:32] = claimed.to_bytes(2)
    parsed = parse(bytes(data))
    assert parsed is not None
    text = render_message(parsed, hex_dump=True, width=120)
    assert row(text, "octets after the payloads") == "(hidden)"
    for secret in ("secret", b"secret".hex(), "73 65 63"):
        assert secret not in text
    assert "73 65 63" in render_message(parsed, show_secrets=True, hex_dump=True)


def test_mode_config_attributes_are_read_by_their_type() -> None:
    attributes = (
        struct.pack(">HH", 1, 4) + bytes((192, 0, 2, 9)),
        struct.pack(">HH", 0x8000 | 16520, 0),
        struct.pack(">HH", 0x8000 | 16527, 1),
        struct.pack(">HH", 28672, 7) + b"welcome",
        struct.pack(">HH", 3, 0),
        struct.pack(">HH", 30000, 3) + b"\x00\x01\x02",
    )
    tree = fields(xauth(*attributes))
    assert [(child.name, child.value) for child in tree[1].children[3:]] == [
        ("INTERNAL-IP4-ADDRESS (1)", "192.0.2.9"),
        ("XAUTH-TYPE (16520)", "GENERIC (0)"),
        ("XAUTH-STATUS (16527)", "OK (1)"),
        ("UNITY-BANNER (28672)", "welcome"),
        ("INTERNAL-IP4-DNS (3)", "(empty)"),
        ("attribute 30000", b"\x00\x01\x02"),
    ]


def test_captured_strings_cannot_steer_a_terminal() -> None:
    """Escape sequences, line breaks and bidirectional overrides come out as their numbers."""
    name = "a\x1b[31m\r\nb\u202ec\u0000".encode()
    text = render_message(message(5, payload(b"\x02\x00\x00\x00" + name)), hex_dump=True)
    assert all(character.isprintable() for line in text.splitlines() for character in line)
    assert r"a\x1b[31m\x0d\x0ab\u202ec\x00" in text
    heading = render_message(message(10, payload(b"")), heading="\x1b]0;owned\x07").splitlines()[0]
    assert heading == r"\x1b]0;owned\x07"


def test_defects_stand_at_the_field_they_are_in() -> None:
    body = struct.pack(">IBBH", 1, 1, 200, 14) + b"ab"
    parsed = message(11, struct.pack(">BBH", 0, 7, 14) + body, b"xyz")
    assert defects(fields(parsed)) == [
        ("header", ("reserved-not-zero at 29: payload 11: 0x07",)),
        ("SPI", ("bad-body at 40: spi of 200 octets, 2 are left",)),
        ("octets after the payloads", ("trailing-bytes at 42: 3 octets after the last payload",)),
    ]


def test_a_chain_that_announces_a_payload_too_many_says_so_at_the_end() -> None:
    parsed = message(10, payload(b"", following=4))
    assert defects(fields(parsed)) == [("(end)", ("chain-cut at 32: payload 4 announced, container ends",))]


def test_a_chain_cut_inside_an_sa_belongs_to_the_sa_and_not_to_what_follows() -> None:
    body = bytearray(SA_BODY)
    body[8] = 2  # another proposal is announced
    parsed = message(1, payload(bytes(body), 10), payload(bytes(8)))
    assert defects(fields(parsed)) == [
        (
            "LIFE-DURATION (12)",
            (
                "bad-body at 76: a lifetime without its unit",
                "chain-cut at 84: payload 2 announced, container ends",
            ),
        )
    ]


def test_a_long_identity_is_cut_and_says_how_long_it_is() -> None:
    parsed = message(5, payload(b"\x02\x00\x00\x00" + b"\x1b[31m" * 12_000))
    text = render_message(parsed)
    assert len(text) < 2_000
    assert "(60000 octets)" in text


def test_16_000_payloads_are_cut_and_counted() -> None:
    parsed = message(13, payload(b"", 13) * 15_999, payload(b""))
    text = render_message(parsed)
    assert len(text.splitlines()) < 300
    assert "(15900 more payloads left out)" in text


def test_transforms_and_attributes_beyond_the_bound_are_counted() -> None:
    transforms = payload(b"\x01\x01\x00\x00", 3) * 499 + payload(b"\x01\x01\x00\x00")
    body = SA_BODY[:8] + struct.pack(">BBHBBBB", 0, 0, 8 + len(transforms), 1, 1, 0, 255) + transforms
    assert "(400 more transforms left out)" in render_message(message(1, payload(body)))
    assert "(50 more attributes left out)" in render_message(xauth(*[USER] * 150))


def test_text_of_very_many_lines_ends_with_their_number() -> None:
    transform = payload(b"\x01\x01\x00\x00" + struct.pack(">HH", 0x8001, 7) * 50, 3)
    transforms = transform * 99 + payload(b"\x01\x01\x00\x00")
    body = SA_BODY[:8] + struct.pack(">BBHBBBB", 0, 0, 8 + len(transforms), 1, 1, 0, 100) + transforms
    text = render_message(message(1, payload(body)))
    assert len(text.splitlines()) == 2_001
    assert text.splitlines()[-1].endswith("more lines left out)")


def test_a_hex_dump_shows_all_octets() -> None:
    text = render_message(message(10, payload(b"ABCDEFGH")), hex_dump=True)
    assert text.splitlines()[-3:] == [
        "    0  01 02 03 04 05 06 07 08 11 12 13 14 15 16 17 18  ................",
        "   16  0a 10 02 00 00 00 00 00 00 00 00 28 00 00 00 0c  ...........(....",
        "   32  41 42 43 44 45 46 47 48                          ABCDEFGH",
    ]


@pytest.mark.parametrize("width", [1, 40, 50, 64, 80, 132])
def test_no_line_is_wider_than_asked(width: int) -> None:
    """Fewer than 40 columns are taken as 40: offsets and names need some room."""
    parsed = message(
        1,
        payload(SA_BODY, 5),
        payload(b"\x02\x00\x00\x00" + b"long.identity " * 60, 200),
        payload(bytes(300), 11),
        payload(struct.pack(">IBBH", 1, 1, 200, 14)),
    )
    text = render_message(parsed, width=width, hex_dump=True, heading="h" * 300)
    assert max(map(len, text.splitlines())) <= max(width, 40)


def test_decrypted_payloads_are_shown_where_spans_are_given() -> None:
    clear = message(5, payload(bytes.fromhex("01000000c0000201")))
    parsed = msgspec.structs.replace(clear, flags=1)
    assert [field.name for field in fields(parsed)] == ["ISAKMP header", "ID"]


@settings(max_examples=200)
@given(data=st.data())
def test_no_octets_raise_and_every_defect_of_the_message_is_shown(data: st.DataObject) -> None:
    first = data.draw(st.sampled_from([1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 20, 21, 130, 132, 99]))
    body = data.draw(st.binary(max_size=120))
    if data.draw(st.booleans()):
        body = payload(SA_BODY[: len(body)] + body)
    head = ICOOKIE + RCOOKIE + struct.pack(">BBBBII", first, 0x10, 2, 0, 0, 28 + len(body))
    parsed = parse(head + body)
    assert parsed is not None
    width = data.draw(st.integers(0, 120))
    text = render_message(parsed, width=width, hex_dump=True)
    assert max(map(len, text.splitlines())) <= max(width, 40)
    assert all(line.isprintable() for line in text.splitlines())
    assert text.count("DEFECT") >= bool(parsed.defects)
    shown = [text for _, texts in defects(fields(parsed)) for text in texts]
    assert all(any(f"{one.fault} at {one.offset}" in line for line in shown) for one in parsed.defects)

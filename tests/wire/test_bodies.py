"""Payload bodies: each declaration against octets written by hand."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ikepcap.wire import bodies
from ikepcap.wire.bodies import AUTHIP_BODIES, BODIES, GDOI_BODIES
from ikepcap.wire.codec import Body, Integer, Take, declared, decode
from ikepcap.wire.numbers import PAYLOAD_NAMES
from ikepcap.wire.walk import Attribute, Defect, Fault

ALL = sorted(
    {*BODIES.values(), *AUTHIP_BODIES.values(), *GDOI_BODIES.values()}, key=lambda kind: kind.__name__
)


def hexed(*parts: str) -> bytes:
    return bytes.fromhex("".join(parts))


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (
            hexed("00000001", "00000001", "0000000c"),
            bodies.SecurityAssociation(1, 1, bytes.fromhex("0000000c")),
        ),
        (
            hexed("01", "03", "04", "02", "c0ffee01", "0300"),
            bodies.Proposal(1, 3, 4, 2, bytes.fromhex("c0ffee01"), b"\x03\0"),
        ),
        (
            hexed("01", "0c", "0000", "80040001"),
            bodies.Transform(1, 12, 0, (Attribute(4, False, b"\0\x01", 4),)),
        ),
        (hexed("00ff"), bodies.KeyExchange(b"\0\xff")),
        (
            hexed("01", "11", "01f4", "c0000201"),
            bodies.Identification(1, 17, 500, bytes.fromhex("c0000201")),
        ),
        (hexed("04", "3082"), bodies.Certificate(4, b"\x30\x82")),
        (hexed("04"), bodies.CertificateRequest(4, b"")),
        (hexed("aabb"), bodies.Hash(b"\xaa\xbb")),
        (hexed("aabb"), bodies.Signature(b"\xaa\xbb")),
        (hexed("aabb"), bodies.Nonce(b"\xaa\xbb")),
        (
            hexed("00000001", "01", "10", "8d28", "11" * 8, "22" * 8, "00000007"),
            bodies.Notification(1, 1, 16, 36136, b"\x11" * 8 + b"\x22" * 8, b"\0\0\0\x07"),
        ),
        (
            hexed("00000001", "03", "04", "0002", "aaaaaaaa", "bbbbbbbb"),
            bodies.Delete(1, 3, 4, 2, bytes.fromhex("aaaaaaaabbbbbbbb")),
        ),
        (hexed("09002689"), bodies.VendorId(bytes.fromhex("09002689"))),
        (
            hexed("01", "00", "1234", "40890000"),
            bodies.Configuration(1, 0, 0x1234, (Attribute(16521, True, b"", 4),)),
        ),
        (hexed("aabb"), bodies.NatDiscovery(b"\xaa\xbb")),
        (
            hexed("01", "00", "0000", "c0000201"),
            bodies.NatOriginalAddress(1, 0, 0, bytes.fromhex("c0000201")),
        ),
        (hexed("0001", "02", "01", "ffff"), bodies.Fragment(1, 2, 1, b"\xff\xff")),
        (hexed("00000007", "1122334455667788"), bodies.AuthipCrypto(7, bytes.fromhex("1122334455667788"))),
        (hexed("00000000", "11", "6082"), bodies.AuthipGssToken(0, 0x11, b"\x60\x82")),
        (hexed("6800"), bodies.AuthipGssName(b"h\0")),
        (hexed("00020000"), bodies.AuthipAuth(b"\0\x02\0\0")),
        (
            hexed("00000001", "02", "01", "9c54", "000035e9"),
            bodies.AuthipNotification(1, 2, 1, 40020, bytes.fromhex("000035e9")),
        ),
        (hexed("aabb"), bodies.AuthipKeyDictation(b"\xaa\xbb")),
        (hexed("00000005"), bodies.AuthipKeyDictationWeight(5)),
        (hexed("00000009"), bodies.GroupSequenceNumber(9)),
        (hexed("0002", "0000", "aabb"), bodies.GroupKeyDownload(2, 0, b"\xaa\xbb")),
        (hexed("aabb"), bodies.GroupPolicy(b"\xaa\xbb")),
    ],
    ids=lambda value: type(value).__name__ if isinstance(value, Body) else "",
)
def test_every_body_is_read_as_its_figure_shows(data: bytes, expected: Body) -> None:
    assert decode(type(expected), data, 0, len(data)) == (expected, ())


def test_spis_of_a_delete_that_are_not_there_are_a_defect() -> None:
    data = hexed("00000001", "01", "10", "ffff", "11" * 16)
    body, defects = decode(bodies.Delete, data, 0, len(data))
    assert body == bodies.Delete(1, 1, 16, 0xFFFF, b"\x11" * 16)
    assert defects == (Defect(Fault.BODY, 8, "spis of 1048560 octets, 16 are left"),)


def test_every_payload_with_a_short_name_is_declared() -> None:
    assert set(BODIES) == set(PAYLOAD_NAMES)


@pytest.mark.parametrize("kind", ALL, ids=lambda kind: kind.__name__)
def test_every_declaration_cites_its_section_and_links_lengths_that_exist(kind: type[Body]) -> None:
    assert any(source in (kind.__doc__ or "") for source in ("RFC ", "draft-", "MS-IKEE", "MS-AIPS"))
    fields = {field.name: field.word for field in declared(kind)}
    for name, word in fields.items():
        if isinstance(word, Integer) and word.length_of:
            taken = fields[word.length_of]
            assert isinstance(taken, Take)
            assert taken.length == name
        if isinstance(word, Take):
            assert word.length in fields
            assert not word.times or word.times in fields


@given(data=st.binary(max_size=80))
def test_no_octets_raise(data: bytes) -> None:
    for kind in ALL:
        body, defects = decode(kind, data, 0, len(data))
        assert (body is not None) or defects

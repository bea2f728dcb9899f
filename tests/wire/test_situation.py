"""The labelled domain of an SA payload, from octets written by hand (RFC 2407 §4.6.1)."""

from hypothesis import given
from hypothesis import strategies as st

from ikepcap.wire.part import Part
from ikepcap.wire.situation import labelled_domain

SECRECY, INTEGRITY = 2, 4
DOMAIN = bytes.fromhex(
    "00000007"  # labelled domain
    "00030000 aabbcc00"  # secrecy level of 3 octets, padded to 4
    "000a0000 ffc00000"  # 10 bits of categories
    "00040000 01020304"  # integrity level
    "00000001"  # no categories, and a reserved field that is not zero
)


def test_all_fields_of_a_labelled_domain_stand_in_their_places() -> None:
    data = bytes(40) + DOMAIN
    assert list(labelled_domain(data, 40, len(data), SECRECY | INTEGRITY)) == [
        Part("labelled domain identifier", 40, 4, "7"),
        Part("secrecy level length", 44, 4, "3 octets"),
        Part("secrecy level", 48, 3, b"\xaa\xbb\xcc"),
        Part("padding", 51, 1, b"\0"),
        Part("secrecy categories length", 52, 4, "10 bits"),
        Part("secrecy categories", 56, 2, b"\xff\xc0"),
        Part("padding", 58, 2, b"\0\0"),
        Part("integrity level length", 60, 4, "4 octets"),
        Part("integrity level", 64, 4, b"\x01\x02\x03\x04"),
        Part("integrity categories length", 68, 2, "0 bits"),
        Part("reserved", 70, 2, b"\0\x01"),
    ]


def test_a_situation_of_identity_only_has_none() -> None:
    assert list(labelled_domain(DOMAIN, 0, len(DOMAIN), 1)) == []


@given(data=st.binary(max_size=60), situation=st.integers(0, 7), start=st.integers(0, 20))
def test_no_octets_raise_and_fields_follow_one_another(data: bytes, situation: int, start: int) -> None:
    pos = start
    for part in labelled_domain(data, start, len(data), situation):
        assert part.start >= pos
        pos = part.start + part.size
        assert pos <= len(data)

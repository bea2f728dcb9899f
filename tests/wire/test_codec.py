"""The codec: what a declaration means, and what a body that does not fit gives."""

from typing import Annotated

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ikepcap.wire.codec import U8, U16, U32, Attributes, Body, Place, Rest, Take, declared, decode, places
from ikepcap.wire.walk import Attribute, Defect, Fault


class Sample(Body, frozen=True):
    wide: Annotated[int, U32()]
    size: Annotated[int, U8(length_of="part")]
    zero: Annotated[int, U16(is_reserved=True)]
    part: Annotated[bytes, Take("size")]
    rest: Annotated[bytes, Rest()]


class Listed(Body, frozen=True):
    size: Annotated[int, U8()]
    count: Annotated[int, U8()]
    items: Annotated[bytes, Take("size", times="count")]


class Tagged(Body, frozen=True):
    kind: Annotated[int, U8()]
    attributes: Annotated[tuple[Attribute, ...], Attributes()]


def test_integers_are_in_network_order_and_octets_are_cut_by_their_lengths() -> None:
    data = bytes.fromhex(
        "ffff"  # something before
        "01020304"  # wide
        "02"  # size of part
        "0000"  # zero
        "aabb"  # part
        "ccddee"  # rest
        "ff"  # something after
    )
    assert decode(Sample, data, 2, 14) == (Sample(0x01020304, 2, 0, b"\xaa\xbb", b"\xcc\xdd\xee"), ())


def test_a_body_shorter_than_its_fixed_fields_is_none_and_a_defect() -> None:
    defect = Defect(Fault.BODY, 1, "6 octets are too few for 7 of fixed fields")
    assert decode(Sample, bytes(7), 1, 7) == (None, (defect,))


def test_a_length_beyond_the_body_is_clipped_and_a_defect() -> None:
    data = bytes.fromhex("00000000090000aabb")
    defect = Defect(Fault.BODY, 7, "part of 9 octets, 2 are left")
    assert decode(Sample, data, 0, 9) == (Sample(0, 9, 0, b"\xaa\xbb", b""), (defect,))


def test_reserved_integers_that_are_not_zero_are_defects_at_their_place() -> None:
    data = bytes.fromhex("00000000000102")
    defect = Defect(Fault.RESERVED_NOT_ZERO, 5, "zero: 0x102")
    assert decode(Sample, data, 0, 7) == (Sample(0, 0, 0x102, b"", b""), (defect,))


def test_octets_after_the_last_field_are_trailing() -> None:
    data = bytes.fromhex("0202aabbccddee")
    defect = Defect(Fault.TRAILING_BYTES, 6, "1 octets after the last field")
    assert decode(Listed, data, 0, 7) == (Listed(2, 2, bytes.fromhex("aabbccdd")), (defect,))


def test_attributes_are_walked_and_keep_their_form() -> None:
    data = bytes.fromhex(
        "07"
        "80010005"  # in place
        "00020004"  # with a length
        "00007080"
        "0003"  # cut
    )
    attributes = (Attribute(1, False, b"\0\x05", 1), Attribute(2, True, b"\0\0\x70\x80", 5))
    defect = Defect(Fault.HEADER_CUT, 13, "2 octets left for an attribute")
    assert decode(Tagged, data, 0, 15) == (Tagged(7, attributes), (defect,))


def test_places_say_where_each_field_lies() -> None:
    data = bytes.fromhex("01020304020000aabbccddee")
    body, _ = decode(Sample, data, 0, 12)
    assert body is not None
    assert [(place.name, place.offset, place.size) for place in places(body, 10, 22)] == [
        ("wide", 10, 4),
        ("size", 14, 1),
        ("zero", 15, 2),
        ("part", 17, 2),
        ("rest", 19, 3),
    ]
    assert next(places(body, 10, 22)) == Place("wide", U32(), 0x01020304, 10, 4)


def test_attributes_take_the_place_up_to_the_end() -> None:
    body, _ = decode(Tagged, bytes.fromhex("0780010005"), 0, 5)
    assert body is not None
    assert [(place.name, place.offset, place.size) for place in places(body, 0, 5)] == [
        ("kind", 0, 1),
        ("attributes", 1, 4),
    ]


def test_a_field_without_a_word_is_a_mistake_in_the_declaration() -> None:
    class Wordless(Body, frozen=True):
        number: int

    with pytest.raises(TypeError, match=r"Wordless\.number: a field is declared with exactly one word"):
        declared(Wordless)


def test_an_integer_after_octets_is_a_mistake_in_the_declaration() -> None:
    class Backwards(Body, frozen=True):
        rest: Annotated[bytes, Rest()]
        number: Annotated[int, U8()]

    with pytest.raises(TypeError, match=r"Backwards\.number: integers come before octets"):
        decode(Backwards, b"", 0, 0)


@given(data=st.binary(max_size=60), start=st.integers(0, 70), end=st.integers(0, 70))
def test_no_octets_and_no_bounds_raise(data: bytes, start: int, end: int) -> None:
    for kind in (Sample, Listed, Tagged):
        body, defects = decode(kind, data, start, end)
        assert (body is not None) or defects

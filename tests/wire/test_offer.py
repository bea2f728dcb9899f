"""SA payloads read as offers."""

import struct

from hypothesis import given
from hypothesis import strategies as st

from ikepcap.wire.offer import (
    Offer,
    PolicyWords,
    Proposal,
    Transform,
    policy_words,
    read_offer,
)
from ikepcap.wire.walk import Attribute, Defect, Fault

FIXED = bytes.fromhex(
    "00000001"  # DOI: IPsec
    "00000001"  # situation: identity only
)


def tv(kind: int, value: int) -> bytes:
    """Return an attribute in the two-octet form."""
    return struct.pack(">HH", 0x8000 | kind, value)


def tlv(kind: int, value: bytes) -> bytes:
    """Return an attribute with a length of its own."""
    return struct.pack(">HH", kind, len(value)) + value


def transform(number: int, transform_id: int, *attributes: bytes, following: int = 0) -> bytes:
    body = struct.pack(">BBH", number, transform_id, 0) + b"".join(attributes)
    return struct.pack(">BBH", following, 0, 4 + len(body)) + body


def proposal(  # one argument per field
    number: int,
    protocol: int,
    *transforms: bytes,
    spi: bytes = b"",
    following: int = 0,
    count: int | None = None,
    spi_size: int | None = None,
) -> bytes:
    claimed = len(transforms) if count is None else count
    size = len(spi) if spi_size is None else spi_size
    body = struct.pack(">BBBB", number, protocol, size, claimed) + spi + b"".join(transforms)
    return struct.pack(">BBH", following, 0, 4 + len(body)) + body


AES_256 = (tv(1, 7), tv(14, 256), tv(2, 4), tv(4, 14), tv(3, 1), tv(11, 1), tv(12, 28800))


def test_a_phase_1_transform_gives_its_policy_in_numbers_and_in_words() -> None:
    offer = read_offer(FIXED + proposal(1, 1, transform(1, 1, *AES_256)))
    only = Transform(
        number=1,
        protocol=1,
        transform_id=1,
        attributes=(
            Attribute(1, False, b"\x00\x07", 24),
            Attribute(14, False, b"\x01\x00", 28),
            Attribute(2, False, b"\x00\x04", 32),
            Attribute(4, False, b"\x00\x0e", 36),
            Attribute(3, False, b"\x00\x01", 40),
            Attribute(11, False, b"\x00\x01", 44),
            Attribute(12, False, b"\x70\x80", 48),
        ),
        start=16,
        encryption=7,
        key_bits=256,
        hash=4,
        group=14,
        auth=1,
        lifetime_s=28800,
    )
    assert offer == Offer(1, 1, (Proposal(1, 1, b"", 1, (only,), 8),), (only,), ())
    assert policy_words(only) == PolicyWords("AES-CBC-256", "SHA2-256", "MODP-2048", "PSK", 28800, None)


def test_absent_attributes_are_absent_words() -> None:
    offer = read_offer(FIXED + proposal(1, 1, transform(1, 1, tv(1, 5))))
    assert policy_words(offer.transforms[0]) == PolicyWords("3DES-CBC", None, None, None, None, None)


def test_the_vendor_ids_decide_a_private_method() -> None:
    offer = read_offer(FIXED + proposal(1, 1, transform(1, 1, tv(3, 65001))))
    assert policy_words(offer.transforms[0], gssapi=True).auth == "GSSAPI"
    assert policy_words(offer.transforms[0]).auth == "XAUTH-PSK-I"


def test_several_proposals_with_spis_are_all_read() -> None:
    """Scapy's stock layer takes the second one for proposal 34 with a garbage SPI."""
    body = FIXED + b"".join(
        (
            proposal(
                1,
                3,
                transform(1, 12, tv(4, 3), tv(6, 128), tv(5, 2), tv(3, 14), following=3),
                transform(2, 3, tv(4, 3), tv(5, 1)),
                spi=bytes.fromhex("c0ffee01"),
                following=2,
            ),
            proposal(1, 2, transform(1, 3, tv(5, 2)), spi=bytes.fromhex("c0ffee02"), following=2),
            proposal(2, 4, transform(1, 2), spi=bytes.fromhex("0002")),
        )
    )
    offer = read_offer(body)
    assert offer.defects == ()
    assert [(p.number, p.protocol, p.spi.hex(), p.claimed_transforms) for p in offer.proposals] == [
        (1, 3, "c0ffee01", 2),
        (1, 2, "c0ffee02", 1),
        (2, 4, "0002", 1),
    ]
    found = [
        (t.protocol, t.transform_id, t.key_bits, t.auth_algorithm, t.encapsulation, t.group)
        for t in offer.transforms
    ]
    assert found == [
        (3, 12, 128, 2, 3, 14),
        (3, 3, None, 1, 3, None),
        (2, 3, None, 2, None, None),
        (4, 2, None, None, None, None),
    ]


def test_phase_2_attributes_are_not_read_as_phase_1_ones() -> None:
    """Attribute 1 is a cipher in phase 1 and a life type in phase 2."""
    offer = read_offer(FIXED + proposal(1, 3, transform(1, 12, tv(1, 1), tv(2, 3600)), spi=bytes(4)))
    read = offer.transforms[0]
    assert (read.encryption, read.hash, read.auth, read.lifetime_s) == (None, None, None, 3600)


def test_lifetimes_follow_their_units_in_either_form() -> None:
    attributes = (tv(11, 1), tlv(12, bytes.fromhex("00015180")), tv(11, 2), tv(12, 1000))
    read = read_offer(FIXED + proposal(1, 1, transform(1, 1, *attributes)))
    assert (read.transforms[0].lifetime_s, read.transforms[0].lifetime_kb) == (86400, 1000)
    assert read.defects == ()


def test_a_lifetime_without_its_unit_is_a_defect_and_not_a_guess() -> None:
    read = read_offer(FIXED + proposal(1, 1, transform(1, 1, tv(12, 28800))))
    assert read.transforms[0].lifetime_s is None
    assert read.defects == (Defect(Fault.BODY, 24, "a lifetime without its unit"),)


def test_a_lifetime_in_a_unit_of_somebodys_own_is_left_alone() -> None:
    read = read_offer(FIXED + proposal(1, 1, transform(1, 1, tv(11, 65001), tv(12, 7))))
    assert (read.transforms[0].lifetime_s, read.transforms[0].lifetime_kb, read.defects) == (None, None, ())


def test_of_a_repeated_attribute_the_first_counts_and_the_second_is_a_defect() -> None:
    attributes = (tv(1, 7), tv(1, 5), tv(11, 1), tv(12, 100), tv(11, 1), tv(12, 200))
    read = read_offer(FIXED + proposal(1, 1, transform(1, 1, *attributes)))
    assert (read.transforms[0].encryption, read.transforms[0].lifetime_s) == (7, 100)
    assert read.defects == (
        Defect(Fault.BODY, 28, "attribute 1 is repeated"),
        Defect(Fault.BODY, 44, "attribute 12 is repeated"),
    )


def test_a_value_too_long_for_a_number_is_none() -> None:
    attributes = (tlv(1, b"\xff" * 9), tlv(4, b""), tlv(2, bytes(20) + b"\x02"))
    read = read_offer(FIXED + proposal(1, 1, transform(1, 1, *attributes))).transforms[0]
    assert (read.encryption, read.group, read.hash) == (None, None, 2)


def test_a_count_that_lies_is_a_defect() -> None:
    read = read_offer(FIXED + proposal(1, 1, transform(1, 1), count=3))
    assert read.defects == (Defect(Fault.BODY, 15, "proposal claims 3 transforms, 1 are there"),)


def test_an_spi_longer_than_its_proposal_is_clipped() -> None:
    read = read_offer(FIXED + proposal(1, 3, spi=b"\x01\x02", spi_size=200, count=0))
    assert read.proposals == (Proposal(1, 3, b"\x01\x02", 0, (), 8),)
    assert read.defects == (Defect(Fault.BODY, 14, "SPI claims 200 octets, 2 are left"),)


def test_a_payload_that_does_not_belong_in_the_chain_is_reported_and_skipped() -> None:
    stray = struct.pack(">BBH", 0, 0, 8) + b"abcd"
    body = FIXED + proposal(1, 1, transform(1, 1), following=13) + stray
    read = read_offer(body)
    assert [p.number for p in read.proposals] == [1]
    assert read.defects == (Defect(Fault.BODY, 24, "payload 13 in the place of a proposal"),)


def test_a_labelled_domain_is_skipped_by_its_lengths() -> None:
    """RFC 2407 §4.6.1: levels in octets, category bitmaps in bits, both padded to 32 bits."""
    domain = bytes.fromhex(
        "00000007"  # labelled domain identifier
        "00030000"  # secrecy level of 3 octets
        "aabbcc00"  # and one of padding
        "00090000"  # secrecy categories: 9 bits
        "ff800000"
        "00040000"  # integrity level of 4 octets
        "00000001"
        "00000000"  # no integrity categories
    )
    head = bytes.fromhex("0000000100000007")
    read = read_offer(head + domain + proposal(1, 1, transform(1, 1, tv(1, 7))))
    assert (read.situation, read.transforms[0].encryption, read.defects) == (7, 7, ())


def test_a_labelled_domain_that_claims_too_much_ends_the_reading() -> None:
    head = bytes.fromhex("000000010000000300000007ffff0000aabbccdd")
    read = read_offer(head)
    assert read.proposals == ()
    assert read.defects[0] == Defect(
        Fault.BODY, 12, "situation SECRECY claims 524280 bits, 4 octets are left"
    )
    assert {defect.fault for defect in read.defects} == {Fault.BODY, Fault.CHAIN_CUT}


def test_a_labelled_domain_that_is_missing_is_reported() -> None:
    read = read_offer(bytes.fromhex("000000010000000500000007"))
    assert read.defects[0] == Defect(Fault.BODY, 12, "situation INTEGRITY without its length field")


def test_another_domain_of_interpretation_is_read_as_ipsecs_and_says_so() -> None:
    read = read_offer(bytes.fromhex("0000002a00000001") + proposal(1, 1, transform(1, 1)))
    assert len(read.transforms) == 1
    assert read.defects == (Defect(Fault.BODY, 0, "DOI 42 is not known: read as IPsec's"),)


def test_phase_1_of_gdoi_is_laid_out_as_in_the_ipsec_doi() -> None:
    read = read_offer(bytes.fromhex("0000000200000000") + proposal(1, 1, transform(1, 1)))
    assert (len(read.transforms), read.defects) == (1, ())


def test_a_body_too_short_for_its_fixed_fields_still_gives_what_it_has() -> None:
    assert read_offer(b"") == Offer(
        None, None, (), (), (Defect(Fault.BODY, 0, "0 octets are too few for DOI and situation"),)
    )
    assert read_offer(bytes.fromhex("0000000100")).doi == 1


def test_proposals_and_transforms_too_short_for_their_fields_are_kept_empty() -> None:
    short_proposal = struct.pack(">BBH", 0, 0, 6) + b"\x01\x01"
    read = read_offer(FIXED + short_proposal)
    assert read.proposals == (Proposal(0, 0, b"", 0, (), 8),)
    assert read.defects == (Defect(Fault.BODY, 12, "2 octets are too few for a proposal"),)
    short_transform = struct.pack(">BBH", 0, 0, 5) + b"\x01"
    read = read_offer(FIXED + proposal(1, 1, short_transform))
    assert read.transforms == (Transform(0, 1, 0, (), 16),)
    assert read.defects == (Defect(Fault.BODY, 20, "1 octets are too few for a transform"),)


def test_reserved_octets_of_a_transform_must_be_zero() -> None:
    body = bytearray(FIXED + proposal(1, 1, transform(1, 1)))
    body[22] = 0xAA
    assert read_offer(bytes(body)).defects == (Defect(Fault.RESERVED_NOT_ZERO, 22, "transform 1"),)


@given(body=st.binary(max_size=200))
def test_no_body_raises(body: bytes) -> None:
    offer = read_offer(body)
    for one in offer.transforms:
        policy_words(one)


@given(data=st.data())
def test_no_mutation_of_a_good_body_raises_and_offsets_stay_inside(data: st.DataObject) -> None:
    good = FIXED + proposal(
        1, 1, transform(1, 1, *AES_256, following=3), transform(2, 1, tlv(12, bytes(4))), spi=bytes(8)
    )
    body = bytearray(good)
    for _ in range(data.draw(st.integers(1, 6))):
        body[data.draw(st.integers(0, len(body) - 1))] = data.draw(st.integers(0, 255))
    offer = read_offer(bytes(body[: data.draw(st.integers(0, len(body)))]))
    assert all(0 <= defect.offset <= len(body) for defect in offer.defects)
    assert offer.transforms == tuple(one for p in offer.proposals for one in p.transforms)

"""Random octets are no payloads, and payloads are."""

import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ikepcap.keys.gap import resumed
from ikepcap.keys.structure import Expected, fit
from ikepcap.wire import build
from ikepcap.wire.numbers import Exchange, Payload

HEADER = bytes(28)
HASH = bytes(range(100, 132))
NO_NAME = b"\4" + bytes.fromhex("308200c8308200a0") + bytes(range(1, 193))
NAMED = b"\4" + bytes.fromhex("308200c8308200a0") + bytes(40) + bytes.fromhex("0603550403") + bytes(147)
"""Where a certificate would be: the beginning of its DER, with and without an attribute of a name."""
WHO, PROOF = build.address_identity("192.0.2.1"), build.hash_payload(HASH)
NAT_D, SIGNED = build.raw(Payload.NAT_D, HASH), build.raw(Payload.SIG, HASH * 8)


def test_random_octets_do_not_fit() -> None:
    rng = random.Random(5)
    passed = 0
    for size in (32, 64, 96, 256, 1024):
        for exchange, first in ((Exchange.MAIN, 5), (Exchange.QUICK, 8), (Exchange.INFORMATIONAL, 8)):
            expected = Expected(first, exchange, 16, 32)
            for _ in range(1500):
                data = HEADER + rng.randbytes(size)
                passed += fit(data, expected) is not None
    assert passed == 0


AFTER_PHASE_1 = (Exchange.QUICK, Exchange.INFORMATIONAL, Exchange.TRANSACTION)
FIRSTS = (
    *((Exchange.MAIN, first) for first in (Payload.ID, Payload.HASH, Payload.CERT, Payload.SIG)),
    *((Exchange.AGGRESSIVE, first) for first in (Payload.HASH, Payload.NAT_D, Payload.CERT)),
    *((exchange, Payload.HASH) for exchange in AFTER_PHASE_1),
)


@pytest.mark.parametrize(("exchange", "first"), FIRSTS)
def test_random_octets_without_their_first_block_bear_nothing_out(exchange: int, first: int) -> None:
    rng = random.Random(6)
    for size in (48, 64, 80, 96, 256, 1024):
        for _ in range(60):
            data = HEADER + bytes(16) + rng.randbytes(size - 16)
            found = resumed(data, Expected(first, exchange, 16, 32))
            assert found is None or not found.is_borne_out


@pytest.mark.parametrize(
    ("parts", "exchange", "is_borne_out"),
    [
        # Nothing after the first block but a hash: it may be anything.
        ((WHO, PROOF), Exchange.MAIN, False),
        ((PROOF,), Exchange.QUICK, True),  # 36 octets, and so twelve zeros of padding
        ((WHO, PROOF, build.notify(24578)), Exchange.MAIN, True),
        ((build.raw(Payload.CERT, NO_NAME), SIGNED), Exchange.AGGRESSIVE, False),
        ((build.raw(Payload.CERT, NAMED), SIGNED), Exchange.AGGRESSIVE, True),
        ((SIGNED,), Exchange.AGGRESSIVE, True),
        ((PROOF, NAT_D, NAT_D), Exchange.AGGRESSIVE, True),
        ((NAT_D, NAT_D, PROOF), Exchange.AGGRESSIVE, True),
    ],
)
def test_payloads_are_known_again_without_their_first_block(
    parts: tuple[build.Part, ...], exchange: int, is_borne_out: bool
) -> None:
    plain = build.chain(parts)
    plain += bytes(-len(plain) % 16)
    found = resumed(HEADER + bytes(16) + plain[16:], Expected(parts[0].type, exchange, 16, 32))
    assert found is not None
    types = (*found.fit.inferred, *(span.type for span in found.fit.spans))
    assert types == tuple(part.type for part in parts)
    assert (found.fit.lost, found.is_borne_out) == (16, is_borne_out)


@pytest.mark.parametrize(
    ("body", "kind"),
    [(NAMED, Payload.CERT), (b"\4" + bytes.fromhex("300b310930070603550403") + b"\f\0", Payload.CR)],
)
def test_a_certificate_is_told_from_a_request_for_one_by_its_der(body: bytes, kind: int) -> None:
    parts = (WHO, PROOF, build.raw(kind, body))
    plain = build.chain(parts)
    plain += bytes(-len(plain) % 16)
    found = resumed(HEADER + bytes(16) + plain[16:], Expected(Payload.ID, Exchange.MAIN, 16, 32))
    assert found is not None
    assert [span.type for span in found.fit.spans] == [kind]


@pytest.mark.parametrize("padding", [b"", bytes(15), b"\7" * 15, bytes(200), b"\1" * 40])
def test_padding_is_what_ciphers_and_racoon_add(padding: bytes) -> None:
    data = HEADER + build.chain([build.hash_payload(bytes(20)), build.notify(24)]) + padding
    found = fit(data, Expected(8, Exchange.INFORMATIONAL, 16, 20))
    assert found is not None
    assert found.defects == ()
    assert [span.type for span in found.spans] == [8, 11]


def test_more_padding_than_anybody_adds_is_no_padding() -> None:
    data = HEADER + build.chain([build.hash_payload(bytes(20))]) + b"\1" * 60
    assert fit(data, Expected(8, Exchange.QUICK, 16, 20)) is None


def test_a_hash_of_another_size_than_the_negotiated_one_does_not_fit() -> None:
    data = HEADER + build.chain([build.hash_payload(bytes(16)), build.notify(24)])
    assert fit(data, Expected(8, Exchange.INFORMATIONAL, 16, 20)) is None
    assert fit(data, Expected(8, Exchange.INFORMATIONAL, 16, 16)) is not None
    assert fit(data, Expected(8, Exchange.INFORMATIONAL, 16, None)) is not None


@settings(max_examples=300, deadline=None)
@given(
    st.binary(max_size=200),
    st.integers(0, 255),
    st.sampled_from(list(Exchange)),
    st.sampled_from([8, 16]),
    st.sampled_from([None, 16, 20, 64]),
    st.booleans(),
)
def test_no_octets_raise(
    data: bytes, first: int, exchange: int, block: int, size: int | None, cut: bool
) -> None:
    expected = Expected(first, exchange, block, size, cut)
    rest = resumed(HEADER + data, expected)
    for found in (
        fit(HEADER + data, expected),
        None if rest is None else rest.fit,
    ):
        assert found is None or all(28 <= span.start < span.end <= 28 + len(data) for span in found.spans)

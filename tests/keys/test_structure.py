"""Random octets are no payloads, and payloads are."""

import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ikepcap.keys.structure import Expected, fit, fit_without_first_block
from ikepcap.wire import build
from ikepcap.wire.numbers import Exchange

HEADER = bytes(28)


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


def test_random_octets_do_not_fit_without_their_first_block_either() -> None:
    rng = random.Random(6)
    for size in (64, 96, 256):
        for exchange, first in ((Exchange.MAIN, 5), (Exchange.QUICK, 8), (Exchange.INFORMATIONAL, 8)):
            for _ in range(60):
                data = HEADER + bytes(16) + rng.randbytes(size - 16)
                expected = Expected(first, exchange, 16, 32)
                assert fit_without_first_block(data, expected, is_proven=False) is None


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
    for found in (
        fit(HEADER + data, expected),
        fit_without_first_block(HEADER + data, expected, is_proven=True),
    ):
        assert found is None or all(28 <= span.start < span.end <= 28 + len(data) for span in found.spans)

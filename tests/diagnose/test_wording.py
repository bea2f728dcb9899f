"""Numbers and names as a reader sees them."""

import pytest

from ikepcap.diagnose.wording import address, copies, frames, lasting, listing, refusing, span
from ikepcap.state.refusal import Refusal

MS, S = 10**6, 10**9


@pytest.mark.parametrize(
    ("elapsed_ns", "text"),
    [
        (0, "0.0 ms"), (99 * MS, "99.0 ms"), (100 * MS, "0.1 s"), (90 * S, "90.0 s"),
        (120 * S - MS, "120.0 s"), (120 * S, "2 min 0 s"), (200 * S, "3 min 20 s"),
        (119 * 60 * S + 59 * S, "119 min 59 s"), (120 * 60 * S, "2 h 0 min"), (50 * 3600 * S, "50 h 0 min"),
        (2 * 3600 * S + 59 * 60 * S, "2 h 59 min"),
    ],
)  # fmt: skip
def test_span_has_the_unit_that_suits_it(elapsed_ns: int, text: str) -> None:
    assert span(elapsed_ns) == text


@pytest.mark.parametrize(
    ("times_ns", "text"),
    [
        ((0, 4 * S, 11 * S), " over 11.0 s"), ((7, 7), " over 0.0 ms"), ((MS, MS - 100), " over 0.0 ms"),
        ((0, 4 * S, S), " while time steps back in between"),
        ((9 * S, 2 * S, 30 * S), " while time steps back in between"),
    ],
)  # fmt: skip
def test_no_span_is_told_over_a_clock_that_was_set_back(times_ns: tuple[int, ...], text: str) -> None:
    assert lasting("over", times_ns) == text


@pytest.mark.parametrize(("count", "text"), [(1, "once"), (2, "twice"), (3, "3 times"), (7, "7 times")])
def test_copies_are_counted_as_people_do(count: int, text: str) -> None:
    assert copies(count) == text


@pytest.mark.parametrize(
    ("words", "text"), [((), ""), (("a",), "a"), (("a", "b"), "a and b"), (("a", "b", "c"), "a, b and c")]
)
def test_listing_is_a_clause(words: tuple[str, ...], text: str) -> None:
    assert listing(words) == text


def test_addresses_of_either_family_are_as_usual() -> None:
    assert address(bytes((192, 0, 2, 1))) == "192.0.2.1"
    assert address(bytes.fromhex("20010db8000000000000000000000001")) == "2001:db8::1"


def test_frames_are_in_order_each_once_and_no_more_than_a_reader_looks_up() -> None:
    assert frames((9, 3, 9)) == (3, 9)
    assert frames(range(100, 0, -1)) == tuple(range(1, 13))


@pytest.mark.parametrize(
    ("refusal", "is_encrypted", "text"),
    [
        (Refusal(0, 1, "encrypted", 6), True, "an encrypted informational"),
        (Refusal(0, 1, "delete", 6), True, "an encrypted delete"),
        (Refusal(0, 1, "delete", 6), False, "a delete"),
        (Refusal(0, 1, "notify", 6, 24), True, "an encrypted AUTHENTICATION-FAILED"),
        (Refusal(0, 1, "notify", 2, 14), False, "NO-PROPOSAL-CHOSEN"),
    ],
)
def test_what_refused_is_named_as_far_as_it_can_be_read(
    refusal: Refusal, is_encrypted: bool, text: str
) -> None:
    assert refusing(refusal, is_encrypted=is_encrypted) == text

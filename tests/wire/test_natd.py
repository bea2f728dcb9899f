"""NAT-D hashes: whose address they are of."""

import hashlib

import pytest

from ikepcap.wire.natd import Ends, matching_end

COOKIES = bytes(range(16))
HERE, THERE = bytes((192, 0, 2, 1)), bytes((198, 51, 100, 7))
ENDS = Ends(HERE, 500, THERE, 4500)


@pytest.mark.parametrize(
    ("name", "number"), [("md5", 1), ("sha1", 2), ("sha256", 4), ("sha384", 5), ("sha512", 6)]
)
def test_a_hash_matches_the_end_it_is_of_with_and_without_the_negotiated_hash(name: str, number: int) -> None:
    of_there = hashlib.new(name, COOKIES + THERE + b"\x11\x94", usedforsecurity=False).digest()
    of_here = hashlib.new(name, COOKIES + HERE + b"\x01\xf4", usedforsecurity=False).digest()
    for agreed in (None, number):
        assert matching_end(of_there, COOKIES, ENDS, agreed) == "destination"
        assert matching_end(of_here, COOKIES, ENDS, agreed) == "source"


def test_a_hash_of_another_address_or_algorithm_matches_nothing() -> None:
    of_there = hashlib.new("sha1", COOKIES + THERE + b"\x11\x94", usedforsecurity=False).digest()
    assert matching_end(of_there, COOKIES, Ends(HERE, 500, THERE, 500), None) is None
    assert matching_end(of_there, COOKIES, ENDS, 4) is None
    assert matching_end(of_there[:-1], COOKIES, ENDS, None) is None

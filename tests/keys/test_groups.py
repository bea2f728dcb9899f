"""Diffie-Hellman groups: what they are, and what is shared in them."""

import pytest

from ikepcap.keys.groups import modp, public_value, shared_secret
from ikepcap.keys.secret import Secret
from ikepcap.wire.numbers import Group, ke_bytes
from tests.keys.peers import OAKLEY_2

MODP = (1, 2, 5, 14, 15, 16, 17, 18, 22, 23, 24)
CURVES = (19, 20, 21, 25, 26, 28, 29, 30, 31, 32)
NAMED_ONLY = (3, 4, 6, 7, 8, 9, 10, 11, 12, 13, 27, 33, 0, 65000)
SIZES = {25: 24, 26: 28, 32: 56}
"""Octets of a private value where 32 do not fit."""
# The last 64 bits before the all-ones end, as RFC 2409 §6 and RFC 3526 print them.
PRINTED_END = {
    1: "F44C42E9A63A3620FFFFFFFFFFFFFFFF",
    2: "49286651ECE65381FFFFFFFFFFFFFFFF",
    5: "670C354E4ABC9804F1746C08CA237327FFFFFFFFFFFFFFFF",
    14: "15728E5A8AACAA68FFFFFFFFFFFFFFFF",
    15: "4B82D120A93AD2CAFFFFFFFFFFFFFFFF",
    16: "4DF435C934063199FFFFFFFFFFFFFFFF",
    17: "6DCC4024FFFFFFFFFFFFFFFF",
    18: "60C980DD98EDD3DFFFFFFFFFFFFFFFFF",
}


@pytest.mark.parametrize("group", sorted(PRINTED_END))
def test_primes_are_those_that_the_rfcs_print(group: int) -> None:
    known = modp(group)
    assert known is not None
    digits = f"{known.prime:X}"
    assert digits.endswith(PRINTED_END[group])
    assert digits.startswith("FFFFFFFFFFFFFFFFC90FDAA22168C234C4C6628B80DC1CD1")
    assert known.prime.bit_length() == 8 * (ke_bytes(group) or 0)
    half = (known.prime - 1) // 2
    assert pow(2, half, known.prime) in (1, known.prime - 1)  # a prime passes, hardly anything else


def test_the_second_oakley_group_is_the_printed_one_as_a_whole() -> None:
    known = modp(Group.MODP_1024)
    assert known is not None
    assert known.prime == OAKLEY_2


@pytest.mark.parametrize("group", [22, 23, 24])
def test_rfc_5114_groups_have_subgroups_of_their_announced_sizes(group: int) -> None:
    orders = {
        22: "F518AA8781A8DF278ABA4E7D64B7CB9D49462353",
        23: "801C0D34C58D93FE997177101F80535A4738CEBCBF389A99B36371EB",
        24: "8CF83642A709A097B447997640129DA299B1A47D1EB3750BA308B0FE64F5FBD3",
    }
    known = modp(group)
    assert known is not None
    order = int(orders[group], 16)
    assert pow(known.generator, order, known.prime) == 1
    assert (known.prime - 1) % order == 0


@pytest.mark.parametrize("group", MODP + CURVES)
def test_both_peers_come_to_the_same_secret(group: int) -> None:
    size = SIZES.get(group, 32)
    ours, theirs = Secret(b"\x11" * size), Secret(b"\x23" * size)
    public = [public_value(group, private) for private in (ours, theirs)]
    assert all(isinstance(value, bytes) and len(value) == ke_bytes(group) for value in public)
    one = shared_secret(group, ours, public[1])  # type: ignore[arg-type]
    other = shared_secret(group, theirs, public[0])  # type: ignore[arg-type]
    assert isinstance(one, Secret)
    assert one == other
    half = group in CURVES and group < 31
    assert len(one) == (ke_bytes(group) or 0) // (2 if half else 1)


def test_a_known_answer_on_a_curve() -> None:
    # RFC 5903 §8.1: the 256-bit random ECP group.
    i = Secret(bytes.fromhex("C88F01F510D9AC3F70A292DAA2316DE544E9AAB8AFE84049C62A9C57862D1433"))
    g_r = bytes.fromhex(
        "D12DFB5289C8D4F81208B70270398C342296970A0BCCB74C736FC7554494BF6356FBF3CA366CC23E8157854C13C58D6A"
        "AC23F046ADA30F8353E74F33039872AB"
    )
    answer = "D6840F6B42F6EDAFD13116E0E12565202FEF8E9ECE7DCE03812464D04B9442DE"
    found = shared_secret(19, i, g_r)
    assert isinstance(found, Secret)
    assert found.reveal().hex().upper() == answer


def test_leading_zeros_of_a_shared_secret_are_kept() -> None:
    assert shared_secret(2, Secret(b"\1"), bytes(127) + b"\5") == Secret(bytes(127) + b"\5")


@pytest.mark.parametrize("group", NAMED_ONLY)
def test_groups_that_cannot_be_computed_are_named(group: int) -> None:
    for found in (
        public_value(group, Secret(b"\1" * 32)),
        shared_secret(group, Secret(b"\1" * 32), bytes(56)),
    ):
        assert isinstance(found, str)
        assert "cannot be computed" in found


@pytest.mark.parametrize("group", MODP + CURVES)
@pytest.mark.parametrize("private", [b"", b"\0", b"\xff" * 3000], ids=["empty", "zero", "huge"])
def test_no_private_value_raises(group: int, private: bytes) -> None:
    assert isinstance(public_value(group, Secret(private)), bytes | str)
    assert isinstance(shared_secret(group, Secret(private), b"\2" * (ke_bytes(group) or 0)), Secret | str)


@pytest.mark.parametrize("group", MODP + CURVES)
def test_no_public_value_raises(group: int) -> None:
    size = ke_bytes(group) or 0
    private = Secret(b"\x11" * SIZES.get(group, 32))
    for public in (bytes(size), b"\xff" * size, b"\1" * size):
        assert isinstance(shared_secret(group, private, public), Secret | str)
    wrong = shared_secret(group, private, bytes(size + 1))
    assert isinstance(wrong, str)
    assert f"has {size} octets, this one has {size + 1}" in wrong

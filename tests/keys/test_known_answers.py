"""Formulas against answers that others computed (RFC 2409 §5, appendix B)."""

from typing import NamedTuple

import pytest

from ikepcap.keys.derive import (
    derived,
    expanded,
    skeyid_encryption,
    skeyid_psk,
    skeyid_signature,
)
from ikepcap.keys.facts import Facts
from ikepcap.keys.hashes import HASHES, HashAlgorithm, hash_algorithm
from ikepcap.keys.secret import Secret
from ikepcap.keys.verify import proof
from ikepcap.wire.numbers import Hash
from ikepcap.wire.offer import Transform

SHA1 = HASHES[Hash.SHA1]
MD5 = HASHES[Hash.MD5]
octets = bytes.fromhex


class Answer(NamedTuple):
    """A known answer as NIST's validation programme has them for IKEv1 key derivation."""

    skeyid: bytes
    shared: bytes
    cookies: bytes
    keys: tuple[str, str, str, str]


# ACVP, ikev1 psk and dsa, SHA-1, tcId 100, as libreswan's tests have them.
PSK = Answer(
    skeyid_psk(SHA1, b"\x75", octets("b9a2d0e922dc66dd2130166863b5ddef")),
    octets("739003ba2c11c982946c65e26acf661fbf8ebb78011a9fead79efa12fe3e71cc"),
    octets("83d374c30b3b50825afc0da06c728029"),
    (
        "62b04d112877e442fc3282fc37c076997718a0b9",
        "369e5aad1bdb5faf6a3d929d500cdc236710a9ab",
        "588e957d8d790d093b3a39f121473473af78e9bb",
        "cd74b0c048219db81384d3fda8f6cda51e398a2b",
    ),
)
SIGNATURE_SHARED = octets("8ba4cbc73c0187301dc19a975823854dbd641c597f637f8d053a83b9514673eb")
SIGNATURE = Answer(
    skeyid_signature(SHA1, octets("69a62284195f168080c94ba25c8abda5"), SIGNATURE_SHARED),
    SIGNATURE_SHARED,
    octets("8c3bcd3a69831d7fd2d9a7ff4fbe95a7"),
    (
        "707197817fb2d90cf54d1842606bdea59b9f4823",
        "384be709a8a5e63c3ed160cfe3921c4b37d5b32d",
        "48b327575abe3adba0f279849e289022a13e2b47",
        "a4a415c8e0c38c0da847c356cc61c24df8025560",
    ),
)


@pytest.mark.parametrize("answer", [PSK, SIGNATURE], ids=["psk", "signature"])
def test_skeyid_and_its_three_keys(answer: Answer) -> None:
    found = [Secret(answer.skeyid), *derived(SHA1, answer.skeyid, answer.shared, answer.cookies)]
    assert [secret.reveal().hex() for secret in found] == list(answer.keys)


def test_a_whole_session_of_strongswan() -> None:
    # Both daemons' logs of this session were published with its capture.
    nonces = octets(
        "f07017c163648da6fe1f3f53888c1d0d13821a27c8a0fa431aef0dbf5dc1b3ec"
        "3b4ff4bb0cc504c7bbdda7f3b2897aed87eca7c4d616bc190927b22c61949015"
    )
    shared = octets(
        "151beecaf97f113ac8a9680230bbda0df278f61063a16907787d2aa0f348201c19cdd1a7b1e5040cd5bed0d82b7b3eba"
        "db4b5a6e5584c4b426f05abaa9b57394cbc581354839b6ff6c2c2960c4f5ec8c7552251634dea1f7a0085431d45e1a15"
        "8ef829ada2362ba8da16a92d56a837939931a980cdf38d16425d7a5346a31079"
    )
    skeyid = skeyid_psk(SHA1, b"Wollowitz", nonces)
    assert skeyid.hex() == "970cf3d91d942cf3847eb021a026517fe3eb5ec7"
    d, a, e = derived(SHA1, skeyid, shared, octets("018ef04f7cf72e4f5f28fdf279308a94"))
    assert d.reveal().hex() == "875f27d8afa5480b24bd3f3a3515b1462f5ba3ff"
    assert a.reveal().hex() == "282b8de1e940af5a12036a0b2baf81da4c2687c5"
    assert e.reveal().hex() == "4f8e6565f454ccc77de9c313fc206fe962b41193"
    assert expanded(SHA1, e, 16).reveal().hex() == "4f8e6565f454ccc77de9c313fc206fe9"


class HashR(NamedTuple):
    """One HASH_R of aggressive mode with the key `hashcat`, a published self-test of that program."""

    algorithm: HashAlgorithm
    publics: tuple[str, str]
    cookies: tuple[str, str]
    offer: str
    identity: str
    nonces: str
    answer: str


HASH_RS = (
    HashR(
        MD5,
        (
            (
                "688a7bfa8d5819630a970ed6d27018021a15fbb3e2fdcc36ce9b563d8ff95f510c4b3236c014d1cde9c2f1a999b121bc"
                "3ab1bc8049c8ac1e8c167a84f53c867492723eb01ab4b38074b38f4297d6fea8f44e01ea828fce33c433430938b1551f"
                "60673ce8088e7d2f41e3b49315344046fefee1e3860064331417562761db3ba4"
            ),
            (
                "50503326cac6e4bd892b8257805b5a59a285f464ad3f63dc01bd0335f8341ef52e00be0b8cb205422a3788f021e4e6e8"
                "ccbe34784bc85abe42f62545bac64888426a2f1264fa28cf384ff00b14cfa5eff562dda4fad2a31fd7a6715218cff959"
                "916deed856feea5bee2e773241c5fbebf202958f0ce0c432955e0f1f6d1259da"
            ),
        ),
        ("8bdc88a2cdb4a1cf", "c66606d691eaade4"),
        "c3b13137fae9f66684d98709939e5c3454ee31a98c80a1c76427d805b5dea866eff045515e8fb42dd259b9448caba9d9"
        "37f4b3b75ec1b092a92232b4c8c1e70a60a52076e907f887b731d0f66e19e09b535238169c74c04a4b393f9b815c54ee"
        "f4558cd8a22c9018bb4f24ee6db0e32979f9a353361cdba948f9027551ee40b1c96ba81c28aa3e1a0fac105dc469efa8"
        "3f6d3ee281b945c6fa8b4677bac26dda",
        "53f757c5b08afad6",
        "aa02d9289e1702e5d7ed1e4ebf35ab31c2688e00aab8580015cf545ac0b7291d15a4f2c79e06defd",
        "944a0df3939f3bd281c9d05fbc0e3d30",
    ),
    HashR(
        SHA1,
        (
            (
                "60f861c6209c9c996ac0dcb49d6f6809faaaf0e8eb8041fe603a918170a801e94ab8ab10c5906d850f4282c0668029fa"
                "69dbc8576f7d86633dc2b21f0d79aa06342b02a4d2732841cd3266b84a7eb49ac489b307ba55562a17741142bac77120"
                "25f0a8cad59b11f19d9b756ce998176fd6b063df556957b257b3645549a138c2"
            ),
            (
                "266b43c54636c062b6696b71f24b30999c98bd4c3ba57e2de56a7ae50bb17ebcbca1abcd33e9ad466d4df6e6f2a40760"
                "0f0c5a983f79d493b0a3694080a81143d4bac7a8b7b008ae5364a04688b3cfae44824885ca96ade1e395936567ecad51"
                "9b502c3a786c72847f79c67b777feb8ba4f747303eb985709e92b3a5634f6513"
            ),
        ),
        ("f1f8da1f38f76923", "f4dd079ed2b60e77"),
        "fd862602549f6949b33870f186d96cb8926a19d78442c02af823460740be719eba41a79388aeefb072e1ec7cb46b2f0b"
        "72e21fb30bd3a6568d2b041af7f9dc0c9cce27ed577e5aabb9ab6c405f1c4b189adbee8c9fb6abf4788b63a3ae05a02c"
        "192187b9d7246efe5e46db9b01bf8f4be05f7599ae52bf137743e41d90dceb85bd6ae07397dcc168bbc904adfebb08e6"
        "bc67e653edeee97a7e4ab9dab5e63fec",
        "56e3f0d49ea70514",
        "e754055008febe970053d795d26bfe609f42eda80c3283efd6396e7a2ecb008e1933fccb694a4ac0",
        "8f79167724f4bdb2d76ee5d5e502b665e3445ea6",
    ),
)


@pytest.mark.parametrize("known", HASH_RS, ids=["MD5", "SHA1"])
def test_hash_r_of_aggressive_mode(known: HashR) -> None:
    facts = Facts(octets(known.cookies[0]), octets(known.cookies[1]), octets(known.offer))
    facts.chosen = Transform(1, 1, 1, (), 0, hash=known.algorithm.number, auth=1)
    facts.public = (octets(known.publics[0]), octets(known.publics[1]))
    facts.identity = (None, octets(known.identity))
    skeyid = Secret(skeyid_psk(known.algorithm, b"hashcat", octets(known.nonces)))
    found = proof(facts, skeyid, 1)
    assert isinstance(found, bytes)
    assert found.hex() == known.answer
    assert proof(facts, skeyid, 0) == "the identity was not seen"


def test_expansion_follows_appendix_b_to_the_octet() -> None:
    import hmac

    e = bytes(range(16))
    k1 = hmac.digest(e, b"\0", "md5")
    k2 = hmac.digest(e, k1, "md5")
    k3 = hmac.digest(e, k2, "md5")
    for size in (8, 16, 17, 24, 32, 40):
        wanted = e[:size] if size <= 16 else (k1 + k2 + k3)[:size]
        assert expanded(MD5, Secret(e), size).reveal() == wanted


def test_skeyid_with_public_key_encryption() -> None:
    import hashlib
    import hmac

    nonces, cookies = b"n" * 36, b"c" * 16
    wanted = hmac.digest(hashlib.sha1(nonces, usedforsecurity=False).digest(), cookies, "sha1")
    assert skeyid_encryption(SHA1, nonces, cookies) == wanted


def test_hashes_that_cannot_be_computed_are_named() -> None:
    assert hash_algorithm(Hash.TIGER) == "the hash TIGER cannot be computed here"
    assert hash_algorithm(99) == "the hash 99 cannot be computed here"
    assert hash_algorithm(Hash.SHA2_384) is HASHES[Hash.SHA2_384]

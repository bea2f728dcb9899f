"""Ciphers: known answers, sizes, and what is lacking."""

import subprocess
import sys
from pathlib import Path

import pytest

from ikepcap.keys import cipher as module
from ikepcap.keys.cipher import CIPHERS, block_cipher, ciphers_for, decrypt_blocks, with_iv
from ikepcap.keys.secret import Secret
from ikepcap.wire.numbers import Encryption

octets = bytes.fromhex


@pytest.mark.parametrize(
    ("number", "key", "block", "plain"),
    [
        # A worked example of FIPS 46; the first block of SP 800-67's appendix B.
        (Encryption.DES_CBC, "133457799BBCDFF1", "85E813540F0AB405", "0123456789ABCDEF"),
        (Encryption.TRIPLE_DES_CBC, "0123456789ABCDEF23456789ABCDEF01456789ABCDEF0123", "A826FD8CE53B855F",
         "5468652071756663"),
        # FIPS 197 appendix C.
        (Encryption.AES_CBC, "000102030405060708090a0b0c0d0e0f", "69c4e0d86a7b0430d8cdb78070b4c55a",
         "00112233445566778899aabbccddeeff"),
        (Encryption.AES_CBC, "000102030405060708090a0b0c0d0e0f1011121314151617",
         "dda97ca4864cdfe06eaf70a0ec0d7191", "00112233445566778899aabbccddeeff"),
        (Encryption.AES_CBC, "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f",
         "8ea2b7ca516745bfeafc49904b496089", "00112233445566778899aabbccddeeff"),
        # RFC 3713 appendix A.
        (Encryption.CAMELLIA_CBC, "0123456789abcdeffedcba9876543210", "67673138549669730857065648eabe43",
         "0123456789abcdeffedcba9876543210"),
        # RFC 2144 appendix B.1.
        (Encryption.CAST_CBC, "0123456712345678234567893456789A", "238B4FE5847E44B2", "0123456789ABCDEF"),
        # Eric Young's Blowfish vectors.
        (Encryption.BLOWFISH_CBC, "FEDCBA9876543210", "0ACEAB0FC6A0A28D", "0123456789ABCDEF"),
    ],
)  # fmt: skip
def test_known_answers(number: int, key: str, block: str, plain: str) -> None:
    assert decrypt_blocks(CIPHERS[number], Secret(octets(key)), octets(block)) == octets(plain)


def test_any_iv_can_be_put_in_afterwards() -> None:
    assert with_iv(bytes(range(24)), b"\xff" * 8) == bytes(b ^ 0xFF for b in range(8)) + bytes(range(8, 24))


def test_a_cipher_that_is_not_known_is_named() -> None:
    assert block_cipher(Encryption.RC5_R16_B64_CBC) == "the cipher RC5-R16-B64-CBC cannot be computed here"
    assert block_cipher(65005) == "the cipher TWOFISH-CBC cannot be computed here"
    assert block_cipher(4711) == "the cipher 4711 cannot be computed here"


def test_a_key_of_another_size_is_refused_in_words() -> None:
    found = decrypt_blocks(CIPHERS[Encryption.AES_CBC], Secret(bytes(20)), bytes(16))
    assert found == "AES-CBC takes a key of 16 or 24 or 32 octets, this one has 20"


def test_what_a_build_lacks_is_named_and_not_raised(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_algorithm", lambda name: f"this cryptography lacks {name}")
    found = decrypt_blocks(CIPHERS[Encryption.CAST_CBC], Secret(bytes(16)), bytes(8))
    assert found == "this cryptography lacks CAST5"


def test_a_cryptography_without_a_class_is_named() -> None:
    assert module._algorithm("Skipjack") == "this cryptography lacks Skipjack"


def test_without_cryptography_all_that_needs_it_says_so() -> None:
    """In a process of its own: here cryptography was loaded long ago."""
    root = Path(__file__).parents[2]
    done = subprocess.run(
        [sys.executable, "-c", WITHOUT], cwd=root, capture_output=True, text=True, timeout=60, check=False
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.splitlines() == [
        "decryption needs the package cryptography (pip install cryptography)",
        "ECP-256 needs the package cryptography (pip install cryptography)",
        "verifying signatures needs the package cryptography (pip install cryptography)",
        "128",
    ]


WITHOUT = """
import sys
sys.modules["cryptography"] = None
from ikepcap.keys.cipher import CIPHERS, decrypt_blocks
from ikepcap.keys.groups import public_value
from ikepcap.keys.secret import Secret
from ikepcap.keys.signature import check_signature
print(decrypt_blocks(CIPHERS[7], Secret(bytes(16)), bytes(16)))
print(public_value(19, Secret(bytes(32))))
print(check_signature("SIG_I", b"", b"", b"\\x04", 3).why)
print(len(public_value(2, Secret(b"7"))))
"""


@pytest.mark.parametrize(
    ("number", "bits", "sizes"),
    [
        (Encryption.DES_CBC, None, (8,)),
        (Encryption.DES_CBC, 128, (8,)),
        (Encryption.TRIPLE_DES_CBC, 192, (24,)),
        (Encryption.AES_CBC, None, (16,)),
        (Encryption.AES_CBC, 192, (24,)),
        (Encryption.BLOWFISH_CBC, None, (16, 56)),
        (Encryption.BLOWFISH_CBC, 448, (56,)),
    ],
)
def test_key_sizes(number: int, bits: int | None, sizes: tuple[int, ...]) -> None:
    assert CIPHERS[number].key_sizes(bits) == sizes


def test_ciphers_for_a_key_come_the_likeliest_first() -> None:
    assert [cipher.name for cipher in ciphers_for(16)][:2] == ["AES", "Camellia"]
    assert next(ciphers_for(8)).number == Encryption.DES_CBC
    assert list(ciphers_for(99)) == []

"""Phase-1 ciphers in CBC mode (RFC 2409 appendix A and B, RFC 2451, RFC 3602, RFC 4312).

The package cryptography has them; the old ones live in its `decrepit` module, and a build may lack some.
What is lacking is named, and nothing is raised.
"""

from collections.abc import Iterator
from typing import Any, Final

from msgspec import Struct

from ikepcap.keys.secret import Secret
from ikepcap.wire.numbers import Encryption, encryption_word

PACKAGE: Final = "the package cryptography (pip install cryptography)"


class BlockCipher(Struct, frozen=True):
    """A cipher: how it is called, how large its blocks and keys are."""

    number: int
    """Value of the phase-1 attribute 1."""
    name: str
    """The class in cryptography."""
    block: int
    """Octets of a block."""
    sizes: tuple[int, ...]
    """Octets of its keys."""
    defaults: tuple[int, ...]
    """Octets of the key where no key length was negotiated: what implementations take, the likelier first."""

    def key_sizes(self, key_bits: int | None) -> tuple[int, ...]:
        """Return the sizes to try, in octets, for a negotiated key length; DES and 3DES have but one."""
        if key_bits is None or len(self.sizes) == 1:
            return self.defaults
        return (key_bits // 8,)


_BLOWFISH_OCTETS: Final = tuple(range(5, 57))
CIPHERS: Final[dict[int, BlockCipher]] = {
    cipher.number: cipher
    for cipher in (
        # DES is 3DES with one key three times: cryptography has no class of its own for it.
        BlockCipher(Encryption.DES_CBC, "TripleDES", 8, (8,), (8,)),
        BlockCipher(Encryption.IDEA_CBC, "IDEA", 8, (16,), (16,)),
        # RFC 2451 §2.3 gives 128 bits as default, racoon takes 448.
        BlockCipher(Encryption.BLOWFISH_CBC, "Blowfish", 8, _BLOWFISH_OCTETS, (16, 56)),
        BlockCipher(Encryption.TRIPLE_DES_CBC, "TripleDES", 8, (24,), (24,)),
        BlockCipher(Encryption.CAST_CBC, "CAST5", 8, tuple(range(5, 17)), (16,)),
        # Without a key length 128 bits are meant in practice (RFC 3602 §2.2, racoon, pluto).
        BlockCipher(Encryption.AES_CBC, "AES", 16, (16, 24, 32), (16,)),
        BlockCipher(Encryption.CAMELLIA_CBC, "Camellia", 16, (16, 24, 32), (16,)),
    )
}
MOST_LIKELY: Final = (
    Encryption.AES_CBC,
    Encryption.TRIPLE_DES_CBC,
    Encryption.DES_CBC,
    Encryption.CAMELLIA_CBC,
)
"""Ciphers to try when the negotiation was not captured, the most common first."""


def block_cipher(number: int) -> BlockCipher | str:
    """Return a cipher, or why it cannot be computed."""
    return CIPHERS.get(number) or f"the cipher {encryption_word(number)} cannot be computed here"


def ciphers_for(size: int) -> Iterator[BlockCipher]:
    """Yield the ciphers that take a key of so many octets, the most likely first."""
    rest = [number for number in CIPHERS if number not in MOST_LIKELY]
    for number in (*MOST_LIKELY, *rest):
        if size in CIPHERS[number].sizes:
            yield CIPHERS[number]


def decrypt_blocks(cipher: BlockCipher, key: Secret, ciphertext: bytes) -> bytes | str:
    """Decrypt whole blocks as if the IV were zero; return why where that cannot be done.

    In CBC mode the IV touches the first block only, so that any IV can be put in afterwards by `with_iv`.

    Args:
        cipher: one of `CIPHERS`.
        key: of a size that the cipher takes.
        ciphertext: a multiple of its block.
    """
    made = _made(cipher, key, bytes(cipher.block))
    if isinstance(made, str):
        return made
    context = made.decryptor()
    plain: bytes = context.update(ciphertext) + context.finalize()
    return plain


def encrypt_blocks(
    cipher: BlockCipher, key: Secret, initialization_vector: bytes, plaintext: bytes
) -> bytes | str:
    """Encrypt whole blocks; return why where that cannot be done.

    Args:
        cipher: one of `CIPHERS`.
        key: of a size that the cipher takes.
        initialization_vector: one block.
        plaintext: a multiple of the cipher's block, padding included.
    """
    made = _made(cipher, key, initialization_vector)
    if isinstance(made, str):
        return made
    context = made.encryptor()
    ciphertext: bytes = context.update(plaintext) + context.finalize()
    return ciphertext


def _made(cipher: BlockCipher, key: Secret, initialization_vector: bytes) -> Any:
    """Return cryptography's cipher in CBC mode, or why there is none."""
    if len(key) not in cipher.sizes:
        sizes = " or ".join(map(str, cipher.sizes)) if len(cipher.sizes) < 4 else "another number of"
        return f"{encryption_word(cipher.number)} takes a key of {sizes} octets, this one has {len(key)}"
    algorithm = _algorithm(cipher.name)
    if isinstance(algorithm, str):
        return algorithm
    from cryptography.exceptions import UnsupportedAlgorithm
    from cryptography.hazmat.primitives.ciphers import Cipher, modes

    octets = key.reveal()
    try:
        made = algorithm(octets * 3 if cipher.number == Encryption.DES_CBC else octets)
        whole = Cipher(made, modes.CBC(initialization_vector))
        whole.decryptor()
    except UnsupportedAlgorithm:
        return f"this build of OpenSSL lacks {encryption_word(cipher.number)}"
    return whole


def with_iv(blocks: bytes, initialization_vector: bytes) -> bytes:
    """Return what `decrypt_blocks` gave with an IV put in."""
    size = len(initialization_vector)
    first = bytes(a ^ b for a, b in zip(blocks[:size], initialization_vector, strict=True))
    return first + blocks[size:]


def _algorithm(name: str) -> Any:
    """Return cryptography's class, or what is missing."""
    try:
        from cryptography.hazmat.decrepit.ciphers import algorithms as decrepit
        from cryptography.hazmat.primitives.ciphers import algorithms
    except ImportError:
        return f"decryption needs {PACKAGE}"
    # The old home of the decrepit ones warns, so theirs comes first.
    return getattr(decrepit, name, None) or getattr(algorithms, name, f"this cryptography lacks {name}")

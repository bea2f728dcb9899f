"""From keys to attempts: each with its cipher, its hash and the key in the cipher's size."""

from collections.abc import Iterable, Iterator

from msgspec import Struct

from ikepcap.keys.cipher import CIPHERS, BlockCipher, block_cipher, ciphers_for
from ikepcap.keys.derive import Keys, expanded
from ikepcap.keys.facts import Facts
from ikepcap.keys.hashes import HASHES, HashAlgorithm, hash_algorithm
from ikepcap.keys.secret import Secret
from ikepcap.wire.numbers import encryption_word


class Trial(Struct, frozen=True):
    """One way in which a message may have been encrypted."""

    keys: Keys
    cipher: BlockCipher
    key: Secret
    algorithm: HashAlgorithm | None
    """None where the negotiated hash is not known."""

    def algorithms(self) -> Iterable[HashAlgorithm]:
        """Return the hashes that IVs may be made with."""
        return HASHES.values() if self.algorithm is None else (self.algorithm,)


def trials(keys: Keys, facts: Facts) -> Iterator[Trial | str]:
    """Yield the attempts that keys give for an SA, and what stands against one.

    Where the responder's choice is known it decides; else every cipher that takes the key is tried.
    """
    chosen = facts.chosen
    if chosen is None or chosen.encryption is None or chosen.hash is None:
        yield from _without_choice(keys)
        return
    cipher, algorithm = block_cipher(chosen.encryption), hash_algorithm(chosen.hash)
    if isinstance(cipher, str):
        yield cipher
        return
    if isinstance(algorithm, str):
        yield algorithm
        # Ka and the IV chain do without the hash, but for the first message of an exchange.
    hashed = None if isinstance(algorithm, str) else algorithm
    sizes = cipher.key_sizes(chosen.key_bits)
    if keys.encryption_key is not None:
        if len(keys.encryption_key) in sizes:
            yield Trial(keys, cipher, keys.encryption_key, hashed)
        else:
            wanted = " or ".join(map(str, sizes))
            what = f"{encryption_word(cipher.number, chosen.key_bits)} takes a key of {wanted} octets"
            yield f"{what}; the one {keys.label} has {len(keys.encryption_key)}"
    if hashed is not None:
        for secret in (keys.skeyid_e, _pasted(keys, hashed)):
            if secret is not None:
                yield from (Trial(keys, cipher, expanded(hashed, secret, size), hashed) for size in sizes)


def _pasted(keys: Keys, algorithm: HashAlgorithm) -> Secret | None:
    """Return what was given as Ka and may be SKEYID_e by its size: people paste either into a table."""
    given = keys.encryption_key
    return given if given is not None and len(given) == algorithm.size else None


def _without_choice(keys: Keys) -> Iterator[Trial | str]:
    """Yield attempts without the responder's choice: it was not captured."""
    if keys.encryption_key is not None:
        for cipher in ciphers_for(len(keys.encryption_key)):
            yield Trial(keys, cipher, keys.encryption_key, None)
    if keys.skeyid_e is not None:
        sized = [algorithm for algorithm in HASHES.values() if algorithm.size == len(keys.skeyid_e)]
        for algorithm in sized:
            for size in (16, 32, 24, 8):
                key = expanded(algorithm, keys.skeyid_e, size)
                yield from (Trial(keys, cipher, key, algorithm) for cipher in ciphers_for(size))
    if keys.encryption_key is None and keys.skeyid_e is None:
        yield f"no encryption key {keys.label}"


def smallest_block() -> int:
    """Return the smallest block there is: what is no multiple of it is no ciphertext of any cipher."""
    return min(cipher.block for cipher in CIPHERS.values())

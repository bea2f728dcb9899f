"""An ISAKMP SA as a peer holds it: its keys and IVs, messages sealed and opened (RFC 2409 §5, appendix B)."""

import hmac
from collections import OrderedDict
from collections.abc import Sequence
from typing import Final

from msgspec import Struct
from msgspec.structs import replace

from ikepcap.errors import ReplayError
from ikepcap.keys.cipher import BlockCipher, block_cipher, decrypt_blocks, encrypt_blocks, with_iv
from ikepcap.keys.derive import (
    PSK_METHODS,
    SIGNATURE_METHODS,
    derived,
    expanded,
    skeyid_psk,
    skeyid_signature,
)
from ikepcap.keys.facts import Facts
from ikepcap.keys.groups import private_bytes
from ikepcap.keys.hashes import HashAlgorithm, hash_algorithm
from ikepcap.keys.material import Material, Origin, QuickSecret
from ikepcap.keys.secret import Secret
from ikepcap.wire import build
from ikepcap.wire.build import Part
from ikepcap.wire.message import HEADER_BYTES, Message
from ikepcap.wire.numbers import Payload
from ikepcap.wire.offer import Transform
from ikepcap.wire.walk import Fault, walk_chain

_EXCHANGES: Final = 64
"""Exchanges after phase 1 whose IVs are kept."""
_PADDING: Final = frozenset((Fault.PADDING, Fault.TRAILING_BYTES))


class Suite(Struct, frozen=True):
    """A phase-1 transform with what computes it."""

    transform: Transform
    cipher: BlockCipher
    key_bytes: int
    algorithm: HashAlgorithm
    group: int
    auth: int


def suite_of(transform: Transform) -> Suite | str:
    """Return what a transform asks for, or why it cannot be done here."""
    if None in (transform.encryption, transform.hash, transform.group, transform.auth):
        return "a transform without cipher, hash, group or authentication method"
    cipher, algorithm = block_cipher(transform.encryption or 0), hash_algorithm(transform.hash or 0)
    if isinstance(cipher, str):
        return cipher
    if isinstance(algorithm, str):
        return algorithm
    if private_bytes(transform.group or 0) is None:
        return f"the group {transform.group} cannot be computed here"
    auth = transform.auth or 0
    if auth not in PSK_METHODS | SIGNATURE_METHODS:
        return f"the authentication method {auth} cannot be done here"
    size = cipher.key_sizes(transform.key_bits)[0]
    if size not in cipher.sizes:
        return f"a key of {size} octets does not fit the cipher"
    return Suite(transform, cipher, size, algorithm, transform.group or 0, auth)


class IsakmpSa:
    """Keys and IVs of one SA; seals what is sent and opens what arrives."""

    def __init__(self, suite: Suite, facts: Facts, shared: Secret, psk: Secret | None) -> None:
        """Make the keys.

        Args:
            suite: as negotiated.
            facts: with cookies, nonces and public values of both.
            shared: g^xy.
            psk: needed by the methods that use one.
        """
        self.suite, self.facts, self.shared = suite, facts, shared
        nonces = (facts.nonce[0] or b"") + (facts.nonce[1] or b"")
        cookies = facts.initiator_cookie + (facts.responder_cookie or bytes(8))
        algorithm = suite.algorithm
        if suite.auth in PSK_METHODS:
            if psk is None:
                raise ReplayError("this negotiation needs a pre-shared key")
            self.skeyid = Secret(skeyid_psk(algorithm, psk.reveal(), nonces))
        else:
            self.skeyid = Secret(skeyid_signature(algorithm, nonces, shared.reveal()))
        keys = derived(algorithm, self.skeyid.reveal(), shared.reveal(), cookies)
        self.skeyid_d, self.skeyid_a, self.skeyid_e = keys
        self.key = expanded(algorithm, self.skeyid_e, suite.key_bytes)
        public = (facts.public[0] or b"") + (facts.public[1] or b"")
        self._phase_1 = algorithm.digest(public)[: suite.cipher.block]
        self._exchanges: OrderedDict[int, bytes] = OrderedDict()
        self.quick: list[QuickSecret] = []

    def seal(self, parts: Sequence[Part], exchange: int, message_id: int = 0) -> bytes:
        """Return an encrypted message, and go on in the chain of IVs."""
        block = self.suite.cipher.block
        plain = build.chain(parts)
        plain += bytes(-len(plain) % block)
        made = encrypt_blocks(self.suite.cipher, self.key, self._vector(message_id), plain)
        if isinstance(made, str):
            raise ReplayError(made)
        self._advance(message_id, made[-block:])
        return build.encrypted(
            made,
            initiator_cookie=self.facts.initiator_cookie,
            responder_cookie=self.facts.responder_cookie or bytes(8),
            exchange=exchange,
            message_id=message_id,
            first=parts[0].type,
        )

    def seal_hashed(
        self, parts: Sequence[Part], exchange: int, message_id: int, nonces: bytes = b""
    ) -> bytes:
        """Return an encrypted message that begins with HASH(1), or HASH(2) where Ni_b is given."""
        rest = build.chain(parts)
        proof = self._prf(message_id.to_bytes(4), nonces, rest)
        return self.seal([build.hash_payload(proof), *parts], exchange, message_id)

    def seal_third(self, exchange: int, message_id: int, nonces: bytes) -> bytes:
        """Return QM3, which is HASH(3) alone; `nonces` are Ni_b | Nr_b."""
        proof = self._prf(b"\0", message_id.to_bytes(4), nonces)
        return self.seal([build.hash_payload(proof)], exchange, message_id)

    def open(self, message: Message) -> Message | str:
        """Return an encrypted message with its payloads, or why there are none.

        The chain of IVs goes on only with a message that makes sense: noise does not break it.
        """
        cipher = self.suite.cipher
        ciphertext = message.data[HEADER_BYTES:]
        if not ciphertext or len(ciphertext) % cipher.block or message.defects:
            return f"{len(ciphertext)} octets are no whole blocks"
        blocks = decrypt_blocks(cipher, self.key, ciphertext)
        if isinstance(blocks, str):
            return blocks
        plain = with_iv(blocks, self._vector(message.message_id))
        whole = message.data[:HEADER_BYTES] + plain
        spans, defects = walk_chain(whole, message.next_payload, HEADER_BYTES, len(whole))
        wrong = [defect for defect in defects if defect.fault not in _PADDING]
        if wrong or not spans:
            return "it does not decrypt to payloads"
        self._advance(message.message_id, ciphertext[-cipher.block :])
        return replace(message, data=whole, spans=spans)

    def proves(self, opened: Message, nonces: bytes = b"") -> bool:
        """Whether HASH(1), or HASH(2) where Ni_b is given, is that of the payloads after it."""
        first = opened.spans[0]
        if first.type != Payload.HASH:
            return False
        rest = opened.data[first.end : opened.spans[-1].end]
        proof = self._prf(opened.message_id.to_bytes(4), nonces, rest)
        return hmac.compare_digest(proof, opened.data[first.body : first.end])

    def proves_third(self, opened: Message, nonces: bytes) -> bool:
        """Whether a message holds HASH(3)."""
        first = opened.spans[0]
        proof = self._prf(b"\0", opened.message_id.to_bytes(4), nonces)
        return first.type == Payload.HASH and hmac.compare_digest(proof, opened.data[first.body : first.end])

    def forget_exchange(self, message_id: int) -> None:
        """Begin an exchange's chain of IVs anew."""
        self._exchanges.pop(message_id, None)

    def material(self, origin: Origin) -> Material:
        """Return the keys for a file of them."""
        return Material(
            origin, self.facts.initiator_cookie, self.facts.responder_cookie, encryption_key=self.key,
            skeyid=self.skeyid, skeyid_d=self.skeyid_d, skeyid_a=self.skeyid_a, skeyid_e=self.skeyid_e,
            shared=self.shared, quick=tuple(self.quick),
        )  # fmt: skip

    def _prf(self, *parts: bytes) -> bytes:
        return self.suite.algorithm.prf(self.skeyid_a.reveal(), *parts)

    def _vector(self, message_id: int) -> bytes:
        """Return the IV of the next message of an exchange."""
        if not message_id:
            return self._phase_1
        kept = self._exchanges.get(message_id)
        if kept is not None:
            return kept
        made = self.suite.algorithm.digest(self._phase_1, message_id.to_bytes(4))
        return made[: self.suite.cipher.block]

    def _advance(self, message_id: int, last: bytes) -> None:
        if not message_id:
            self._phase_1 = last
            return
        self._exchanges[message_id] = last
        self._exchanges.move_to_end(message_id)
        while len(self._exchanges) > _EXCHANGES:
            self._exchanges.popitem(last=False)

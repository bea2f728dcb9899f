"""Two peers that really encrypt, written from RFC 2409 apart from the package's own code.

Only the builder of messages is shared. Everything is decided by a seed. A script names messages by step; each
is kept with its sender, its octets and the plaintext that a decryptor must come to.
"""

import hmac
import random
import warnings
from dataclasses import dataclass, field
from typing import Any

from cryptography.hazmat.primitives.ciphers import Cipher, modes

from ikepcap.wire import build
from ikepcap.wire.build import Part
from ikepcap.wire.message import HEADER_BYTES, Message, parse
from ikepcap.wire.numbers import Exchange, NotifyType

with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    from cryptography.hazmat.decrepit.ciphers.algorithms import CAST5, IDEA, Blowfish, Camellia, TripleDES
    from cryptography.hazmat.primitives.ciphers.algorithms import AES

# Second Oakley group, as RFC 2409 §6.2 prints it.
OAKLEY_2 = int(
    "FFFFFFFFFFFFFFFFC90FDAA22168C234C4C6628B80DC1CD129024E088A67CC74020BBEA63B139B22514A08798E3404DD"
    "EF9519B3CD3A431B302B0A6DF25F14374FE1356D6D51C245E485B576625E7EC6F44C42E9A637ED6B0BFF5CB6F406B7ED"
    "EE386BFB5A899FA5AE9F24117C4B1FE649286651ECE65381FFFFFFFFFFFFFFFF",
    16,
)
HASH_NAMES = {1: "md5", 2: "sha1", 4: "sha256", 5: "sha384", 6: "sha512"}


@dataclass(frozen=True)
class Suite:
    """A phase-1 suite as the peers negotiate it."""

    encryption: int
    kind: Any
    block: int
    key_bytes: int
    hash: int = 2
    key_bits: int | None = None
    """What the transform says; None leaves the attribute out."""


AES_128 = Suite(7, AES, 16, 16, 2, 128)
AES_256_SHA1 = Suite(7, AES, 16, 32, 2, 256)
SUITES = {
    "DES-MD5": Suite(1, TripleDES, 8, 8, 1),
    "IDEA-SHA1": Suite(2, IDEA, 8, 16, 2),
    "Blowfish-128-SHA1": Suite(3, Blowfish, 8, 16, 2, 128),
    "Blowfish-448-SHA1": Suite(3, Blowfish, 8, 56, 2, 448),
    "Blowfish without a length": Suite(3, Blowfish, 8, 56, 2),
    "3DES-MD5": Suite(5, TripleDES, 8, 24, 1),
    "3DES-SHA1": Suite(5, TripleDES, 8, 24, 2),
    "CAST-SHA1": Suite(6, CAST5, 8, 16, 2, 128),
    "AES-128-SHA1": AES_128,
    "AES without a length": Suite(7, AES, 16, 16, 4),
    "AES-192-SHA1": Suite(7, AES, 16, 24, 2, 192),
    "AES-256-MD5": Suite(7, AES, 16, 32, 1, 256),
    "AES-256-SHA2-256": Suite(7, AES, 16, 32, 4, 256),
    "AES-256-SHA2-512": Suite(7, AES, 16, 32, 6, 256),
    "Camellia-192-SHA2-384": Suite(8, Camellia, 16, 24, 5, 192),
}


@dataclass(frozen=True)
class Sent:
    """One message of a script."""

    step: str
    sender: int
    data: bytes
    plain: bytes | None
    """Payloads without padding; None in the clear."""

    @property
    def message(self) -> Message:
        message = parse(self.data)
        assert message is not None
        return message


@dataclass
class Peers:
    """A conversation between an initiator, 0, and a responder, 1."""

    suite: Suite = AES_128
    mode: str = "main"
    auth: int = 1
    psk: bytes = b"wolf and hound"
    seed: int = 7
    padding: str = "zeros"
    identities: tuple[Part, Part] = (
        build.address_identity("192.0.2.1"),
        build.address_identity("198.51.100.7"),
    )
    sent: list[Sent] = field(default_factory=list)

    def __post_init__(self) -> None:
        rng = self.rng = random.Random(self.seed)
        self.cookies = (rng.randbytes(8), rng.randbytes(8))
        self.nonces = (rng.randbytes(20), rng.randbytes(16))
        self.private = (rng.randbytes(32), rng.randbytes(32))
        powers = [pow(2, int.from_bytes(x), OAKLEY_2) for x in self.private]
        self.public = tuple(power.to_bytes(128) for power in powers)
        self.shared = pow(powers[0], int.from_bytes(self.private[1]), OAKLEY_2).to_bytes(128)
        self.name = HASH_NAMES[self.suite.hash]
        self.skeyid = self._skeyid()
        cookies = b"".join(self.cookies)
        self.skeyid_d = self.prf(self.skeyid, self.shared + cookies + b"\0")
        self.skeyid_a = self.prf(self.skeyid, self.skeyid_d + self.shared + cookies + b"\1")
        self.skeyid_e = self.prf(self.skeyid, self.skeyid_a + self.shared + cookies + b"\2")
        self.key = self._expand(self.suite.key_bytes)
        self.iv = self.hashed(self.public[0] + self.public[1])[: self.suite.block]
        self.chains: dict[int, bytes] = {}
        self.quick_nonces: dict[int, list[bytes]] = {}
        self.sa = build.sa([build.proposal([self._transform()])])

    # The formulas.

    def prf(self, key: bytes, data: bytes) -> bytes:
        return hmac.new(key, data, self.name).digest()

    def hashed(self, data: bytes) -> bytes:
        import hashlib

        return hashlib.new(self.name, data).digest()

    def _skeyid(self) -> bytes:
        nonces = self.nonces[0] + self.nonces[1]
        if self.auth in (1, 65001):
            return self.prf(self.psk, nonces)
        if self.auth in (4, 5):
            return self.prf(self.hashed(nonces), self.cookies[0] + self.cookies[1])
        return self.prf(nonces, self.shared)

    def _expand(self, size: int) -> bytes:
        if len(self.skeyid_e) >= size:
            return self.skeyid_e[:size]
        found, last = b"", bytes(1)
        while len(found) < size:
            last = self.prf(self.skeyid_e, last)
            found += last
        return found[:size]

    def proof(self, role: int, skeyid: bytes | None = None, name: str | None = None) -> bytes:
        """HASH_I or HASH_R."""
        other = 1 - role
        data = (
            self.public[role] + self.public[other] + self.cookies[role] + self.cookies[other]
            + self.sa.body + self.identities[role].body
        )  # fmt: skip
        return hmac.new(skeyid or self.skeyid, data, name or self.name).digest()

    # Messages.

    def _transform(self) -> Part:
        pairs = [
            (1, self.suite.encryption),
            (2, self.suite.hash),
            (3, self.auth),
            (4, 2),
            (11, 1),
            (12, 28800),
        ]
        if self.suite.key_bits is not None:
            pairs.insert(1, (14, self.suite.key_bits))
        return build.transform([build.tv(*pair) for pair in pairs])

    @property
    def exchange(self) -> int:
        return Exchange.MAIN if self.mode == "main" else Exchange.AGGRESSIVE

    def clear(self, step: str, sender: int, *parts: Part, exchange: int | None = None) -> "Peers":
        rcookie = bytes(8) if step == "MSG1" else self.cookies[1]
        data = build.message(
            parts,
            initiator_cookie=self.cookies[0],
            responder_cookie=rcookie,
            exchange=self.exchange if exchange is None else exchange,
        )
        self.sent.append(Sent(step, sender, data, None))
        return self

    def sealed(
        self,
        step: str,
        sender: int,
        *parts: Part,
        exchange: int | None = None,
        message_id: int = 0,
        iv: bytes | None = None,
        key: bytes | None = None,
    ) -> "Peers":
        """Encrypt as RFC 2409 appendix B has it, or with another IV or key."""
        plain = build.chain(parts)
        if iv is None:
            iv = self.next_iv(message_id)
        ciphertext = self.encrypt(self._padded(plain), iv, key)
        if message_id:
            self.chains[message_id] = ciphertext[-self.suite.block :]
        else:
            self.iv = ciphertext[-self.suite.block :]
        data = build.encrypted(
            ciphertext,
            initiator_cookie=self.cookies[0],
            responder_cookie=self.cookies[1],
            exchange=self.exchange if exchange is None else exchange,
            message_id=message_id,
            first=parts[0].type,
        )
        self.sent.append(Sent(step, sender, data, plain))
        return self

    def next_iv(self, message_id: int = 0) -> bytes:
        if not message_id:
            return self.iv
        if message_id in self.chains:
            return self.chains[message_id]
        return self.hashed(self.iv + message_id.to_bytes(4))[: self.suite.block]

    def encrypt(self, plain: bytes, iv: bytes, key: bytes | None = None) -> bytes:
        octets = self.key if key is None else key
        made = self.suite.kind(octets * 3 if self.suite.encryption == 1 else octets)
        context = Cipher(made, modes.CBC(iv)).encryptor()
        return context.update(plain) + context.finalize()

    def _padded(self, plain: bytes) -> bytes:
        missing = -len(plain) % self.suite.block
        if self.padding == "racoon":  # always some, random, its length in the last octet
            missing = missing or self.suite.block
            return plain + self.rng.randbytes(missing - 1) + bytes((missing - 1,))
        return plain + bytes(missing)

    # The script.

    def phase1(self) -> "Peers":
        if self.mode == "main":
            self.clear("MSG1", 0, self.sa).clear("MSG2", 1, self.sa)
            self.clear("MSG3", 0, build.ke(self.public[0]), build.nonce(self.nonces[0]))
            self.clear("MSG4", 1, build.ke(self.public[1]), build.nonce(self.nonces[1]))
            contact = build.notify(NotifyType.INITIAL_CONTACT, spi=b"".join(self.cookies))
            return self.sealed("MSG5", 0, self.identities[0], *self.proven(0), contact).sealed(
                "MSG6", 1, self.identities[1], *self.proven(1)
            )
        self.aggressive_opening()
        return self.sealed("MSG3", 0, *self.proven(0))

    def aggressive_opening(self) -> "Peers":
        self.clear(
            "MSG1", 0, self.sa, build.ke(self.public[0]), build.nonce(self.nonces[0]), self.identities[0]
        )
        keys = (build.ke(self.public[1]), build.nonce(self.nonces[1]))
        return self.clear("MSG2", 1, self.sa, *keys, self.identities[1], *self.proven(1))

    def proven(self, role: int) -> tuple[Part, ...]:
        return (build.hash_payload(self.proof(role)),)

    def hashed_parts(self, message_id: int, *parts: Part, before: bytes = b"") -> tuple[Part, ...]:
        """Put HASH(1), or HASH(2) with Ni before, in front."""
        data = message_id.to_bytes(4) + before + build.chain(parts)
        return (build.hash_payload(self.prf(self.skeyid_a, data)), *parts)

    def quick(
        self, message_id: int = 0x9D3F0A11, starter: int = 0, *, public: tuple[bytes, bytes] | None = None
    ) -> "Peers":
        """Quick mode, with PFS if public values are given."""
        nonces = (self.rng.randbytes(24), self.rng.randbytes(24))
        attributes = [build.tv(1, 1), build.tv(2, 3600), build.tv(4, 1), build.tv(5, 2), build.tv(6, 128)]
        if public is not None:
            attributes.append(build.tv(3, 2))
        selectors = [build.identity(bytes.fromhex("0a010000ffffff00"), kind=4) for _ in range(2)]
        spis = (b"\xc1\x11\x11\x11", b"\xc2\x22\x22\x22")
        self.quick_spis = spis
        self.quick_nonces[message_id] = list(nonces)
        for number in (0, 1):
            offer = build.proposal(
                [build.transform(attributes, transform_id=12)], protocol=3, spi=spis[number]
            )
            kes = [] if public is None else [build.ke(public[number])]
            parts = [build.sa([offer]), build.nonce(nonces[number]), *kes, *selectors]
            before = nonces[0] if number else b""
            sealed = self.hashed_parts(message_id, *parts, before=before)
            sender = starter if number == 0 else 1 - starter
            self.sealed(f"QM{number + 1}", sender, *sealed, exchange=Exchange.QUICK, message_id=message_id)
        last = self.prf(self.skeyid_a, b"\0" + message_id.to_bytes(4) + nonces[0] + nonces[1])
        return self.sealed(
            "QM3", starter, build.hash_payload(last), exchange=Exchange.QUICK, message_id=message_id
        )

    def informational(self, sender: int, message_id: int = 0x55AA0001, **other: Any) -> "Peers":
        part = build.notify(NotifyType.R_U_THERE, spi=b"".join(self.cookies), data=bytes(4))
        return self.sealed(
            "INFO", sender, *self.hashed_parts(message_id, part), exchange=Exchange.INFORMATIONAL,
            message_id=message_id, **other,
        )  # fmt: skip

    def transaction(self, message_id: int = 0x0C0FFEE0) -> "Peers":
        request = build.configuration(1, [build.tv(16520, 0), build.tlv(16521, b""), build.tlv(16522, b"")])
        reply = build.configuration(
            2, [build.tv(16520, 0), build.tlv(16521, b"ann"), build.tlv(16522, b"hunter2")]
        )
        for number, part in enumerate((request, reply), 1):
            parts = self.hashed_parts(message_id, part)
            self.sealed(
                f"T{number}", number % 2, *parts, exchange=Exchange.TRANSACTION, message_id=message_id
            )
        return self

    def again(self, step: str) -> "Peers":
        """Send the octets of a step once more."""
        self.sent.append(next(sent for sent in reversed(self.sent) if sent.step == step))
        return self

    def without(self, *steps: str) -> "Peers":
        """Leave steps out of what was captured."""
        self.sent = [sent for sent in self.sent if sent.step not in steps]
        return self


def plain_of(data: bytes, spans: Any) -> bytes:
    """Return the payloads of an opened message, without header and padding."""
    return data[HEADER_BYTES : spans[-1].end]

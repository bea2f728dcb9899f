"""The messages of one conversation, opened with the keys there are for it (RFC 2409 §5, appendix B)."""

import hashlib
from collections.abc import Iterable, Iterator, Sequence
from typing import Final

from msgspec.structs import replace

from ikepcap.keys.attempts import Attempts
from ikepcap.keys.chain import MESSAGE_BEFORE, Chains, Vector, is_phase_1
from ikepcap.keys.check import Check, Outcome
from ikepcap.keys.cipher import decrypt_blocks, with_iv
from ikepcap.keys.facts import Facts
from ikepcap.keys.gap import resumed
from ikepcap.keys.material import Material, NamedPsk
from ikepcap.keys.opened import NotOpened, Opened, Plaintext, Reason
from ikepcap.keys.quick import QuickModes
from ikepcap.keys.refusal import Tried, ciphertext, refusal
from ikepcap.keys.structure import Expected, Fit, fit
from ikepcap.keys.trial import Trial, smallest_block
from ikepcap.keys.verify import (
    Candidate,
    check_exchange_hash,
    check_nat_d,
    check_proofs,
)
from ikepcap.wire.message import HEADER_BYTES, Message
from ikepcap.wire.walk import Defect, Fault

End = tuple[str, int]
_REMEMBERED: Final = 64
"""Messages whose result is kept for their repetitions."""
_MAX_FAILURES: Final = 256
"""Messages of one conversation tried in vain, none having opened, after which no more are tried."""
_MAX_SEARCHES: Final = 32
"""Messages of one conversation on end that are searched in vain for payloads after an unknown first block."""
_NOT_KNOWN: Final = "not known"
_NO_KEY: Final = "no source has a key for this initiator cookie"
_PSK_ALONE: Final = "a PSK alone opens nothing: g^xy or a DH private value is needed besides"


class Decryptor:
    """Opens one conversation. Give it every message in the order of the capture, repetitions too.

    State is bounded: a few blocks for each of the last exchanges, and the last results.
    """

    def __init__(
        self, initiator_cookie: bytes, materials: Sequence[Material], psks: Sequence[NamedPsk] = ()
    ) -> None:
        self.facts = Facts(initiator_cookie)
        self.quick_modes = QuickModes()
        self._keys = Attempts(self.facts, materials, psks)
        self._chains = Chains()
        self._results: dict[bytes, Opened] = {}
        self._proven_of: set[int] = set()
        """Peers whose proof in the clear is made with the keys there are."""
        self._searches = _MAX_SEARCHES
        self._failures = 0
        self._last_refusal: NotOpened | None = None

    @property
    def materials(self) -> tuple[Material, ...]:
        """What the sources say of this conversation."""
        return self._keys.materials

    def observe(
        self, message: Message, sender: int, source: End | None = None, destination: End | None = None
    ) -> tuple[Check, ...]:
        """Learn from a message in the clear; return what could be verified of it.

        Args:
            message: not encrypted.
            sender: its role, INITIATOR or RESPONDER.
            source: address and port as captured, for NAT-D.
            destination: likewise.
        """
        if message.is_encrypted:
            return ()
        self.facts.learn(message, sender)
        checks: list[Check] = []
        algorithm = self.facts.hash
        if source is not None and destination is not None and algorithm is not None:
            checks += check_nat_d(message, algorithm, source, destination)
        if is_phase_1(message):
            proofs = check_proofs(message, sender, self.facts, self._keys.skeyids())
            if any(check.outcome is Outcome.VERIFIED and check.name.startswith("HASH") for check in proofs):
                self._proven_of.add(sender)
            checks += proofs
        return tuple(checks)

    def decrypt(self, message: Message, sender: int) -> Opened:
        """Open an encrypted message, or say why it stays closed.

        Args:
            message: encrypted and whole: IKE fragments put together.
            sender: its role.
        """
        if not message.is_encrypted:
            return NotOpened(Reason.NOT_ENCRYPTED, "the message is not encrypted")
        name = hashlib.blake2b(message.data, digest_size=16).digest()
        known = self._results.get(name)
        if isinstance(known, Plaintext):
            return known  # a repetition: the IV chain stays where it is
        opened = self._open(message, sender, _has_gap(known) or not self._has_vector(message, sender))
        if known is not None and _stays_undecided(known, opened):
            return known
        self._chains.advance(message, sender)
        if len(self._results) >= _REMEMBERED:
            del self._results[next(iter(self._results))]
        self._results[name] = opened
        return opened

    def again(self, message: Message, sender: int) -> Opened:
        """Open a message once more, knowing what came after it; a better result is kept.

        Messages out of order depend on others that come later, and so does what can be said of a key.
        """
        name = hashlib.blake2b(message.data, digest_size=16).digest()
        known = self._results.get(name)
        opened = self._open(message, sender, _has_gap(known))
        if isinstance(known, NotOpened) and _stays_undecided(known, opened):
            return known
        is_better = isinstance(opened, Plaintext) and (
            not isinstance(known, Plaintext) or opened.shortcomings() < known.shortcomings()
        )
        if known is None or is_better or not isinstance(known, Plaintext):
            self._results[name] = opened
            return opened
        return known

    def working_keys(self) -> tuple[Trial, ...]:
        """Return the keys that opened something."""
        return tuple(self._keys.worked)

    def _has_vector(self, message: Message, sender: int) -> bool:
        """Whether what the IV of a message depends on was seen."""
        return self._chains.knows(message, sender, self.facts)

    def _open(self, message: Message, sender: int, has_gap: bool) -> Opened:
        """Try all keys, then all of them again for a message whose first block is lost.

        Args:
            message: encrypted.
            sender: its role.
            has_gap: what its IV depends on was not seen before it.
        """
        if self._last_refusal is not None and self._failures >= _MAX_FAILURES and not self._keys.worked:
            return self._last_refusal
        octets = ciphertext(message)
        made, missing = self._keys.now()
        if not made:
            if not self.materials:
                return NotOpened(Reason.NO_KEY, _PSK_ALONE if self._keys.psks else _NO_KEY)
            return NotOpened(Reason.INCOMPLETE, "; ".join(missing[:3]) or "the sources hold no key")
        if len(octets) < smallest_block():
            return NotOpened(Reason.UNSUPPORTED_SIZE, f"{len(octets)} octets of ciphertext are no block")
        decrypted: list[tuple[Trial, bytes]] = []
        for trial, blocks in self._decrypted(made, message, octets, missing):
            decrypted.append((trial, blocks))
            found = self._with_vectors(message, sender, trial, blocks)
            if found is not None:
                return self._accept(message, sender, trial, *found)
        could_be = False
        for trial, blocks in decrypted if self._searches > 0 else ():
            data = message.data[:HEADER_BYTES] + bytes(trial.cipher.block) + blocks[trial.cipher.block :]
            rest = resumed(data, _expected(message, trial))
            if rest is None:
                continue
            # A HASH alone bears nothing out: then its sender must be known to have the key.
            is_believed = (has_gap or not is_phase_1(message)) and self._keys.is_of(trial, sender)
            if rest.is_borne_out or is_believed:
                return self._accept(
                    message, sender, trial, data, rest.fit, _NOT_KNOWN, is_proven=rest.is_borne_out
                )
            could_be = has_gap
        self._searches -= 1
        self._failures += 1
        has_gap = has_gap or not self._has_vector(message, sender)
        tried = Tried(
            tuple(trial.keys.label for trial, _ in decrypted), tuple(missing),
            self._chains.gap(message, sender, self.facts) if has_gap else None, could_be,
        )  # fmt: skip
        self._last_refusal = refusal(message, sender, tried, self._keys, self._proven_of)
        return self._last_refusal

    def _decrypted(
        self, made: Iterable[Trial], message: Message, ciphertext: bytes, missing: list[str]
    ) -> Iterator[tuple[Trial, bytes]]:
        """Yield the ciphertext as each key decrypts it, the IV left out."""
        for trial in made:
            rest = len(ciphertext) % trial.cipher.block
            whole = len(ciphertext) - rest
            if whole == 0 or (rest and not message.is_truncated):
                continue
            blocks = decrypt_blocks(trial.cipher, trial.key, ciphertext[:whole])
            if isinstance(blocks, str):
                if blocks not in missing:
                    missing.append(blocks)
                continue
            yield trial, blocks

    def _with_vectors(
        self, message: Message, sender: int, trial: Trial, blocks: bytes
    ) -> tuple[bytes, Fit, str] | None:
        """Return the plaintext with the first IV that makes payloads of it."""
        expected = _expected(message, trial)
        header = message.data[:HEADER_BYTES]
        for vector in self._vectors(message, sender, trial):
            data = header + with_iv(blocks, vector.octets)
            fitting = fit(data, expected)
            if fitting is not None:
                return data, fitting, vector.rule
        return None

    def _vectors(self, message: Message, sender: int, trial: Trial) -> Iterator[Vector]:
        """Yield the IVs that a message may have."""
        size = trial.cipher.block
        for vector in self._chains.vectors(message, sender, self.facts, trial.algorithms(), size):
            if len(vector.octets) == size:
                yield vector

    def _accept(
        self,
        message: Message,
        sender: int,
        trial: Trial,
        data: bytes,
        fitting: Fit,
        rule: str,
        *,
        is_proven: bool = True,
    ) -> Plaintext:
        """Take over what an opened message teaches, and verify it."""
        self._keys.accept(trial, message, sender, is_proven=is_proven)
        self._searches = _MAX_SEARCHES
        defects = fitting.defects
        if fitting.lost:
            gap = self._chains.gap(message, sender, self.facts)
            what = f"the first {fitting.lost} octets cannot be decrypted: {gap}"
            defects = (Defect(Fault.UNREADABLE, HEADER_BYTES, what), *defects)
        plaintext = Plaintext(
            data, fitting.spans, defects, trial.keys.label, rule, fitting.lost, fitting.inferred
        )
        opened = plaintext.message(message)
        checks: list[Check] = []
        if is_phase_1(message):
            self.facts.learn(opened, sender)
            skeyid = trial.keys.skeyid
            # The encryption key alone tells no SKEYID, but a PSK does.
            of_trial = () if skeyid is None else (Candidate(skeyid, f"SKEYID {trial.keys.label}"),)
            checks += check_proofs(opened, sender, self.facts, of_trial or self._keys.skeyids())
        else:
            begins = None if rule == _NOT_KNOWN else rule != MESSAGE_BEFORE
            self.quick_modes.learn(opened, sender, begins=begins)
            if trial.algorithm is not None and not fitting.lost:
                nonces = self.quick_modes.before(opened, sender)
                checked = check_exchange_hash(opened, trial.algorithm, trial.keys.skeyid_a, nonces)
                checks += () if checked is None else (checked,)
        return replace(plaintext, checks=tuple(checks))


def _has_gap(known: Opened | None) -> bool:
    """Whether a message stayed closed since what its IV depends on was not seen before it."""
    return isinstance(known, NotOpened) and known.reason is Reason.UNDECIDED


def _stays_undecided(known: NotOpened, opened: Opened) -> bool:
    """Whether a message that was undecided still is: neither it nor what came after it tells its IV."""
    is_wrong = isinstance(opened, NotOpened) and opened.reason is Reason.WRONG_KEY
    return is_wrong and known.reason is Reason.UNDECIDED


def _expected(message: Message, trial: Trial) -> Expected:
    size = trial.algorithm.size if trial.algorithm is not None else None
    return Expected(
        message.next_payload, message.exchange, trial.cipher.block, size, is_cut=message.is_truncated
    )

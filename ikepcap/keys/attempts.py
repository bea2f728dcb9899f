"""The keys of one conversation: which may be tried, which opened something, and whose they are."""

from collections.abc import Iterator, Sequence
from typing import Final

from ikepcap.keys.chain import is_phase_1
from ikepcap.keys.derive import PSK_METHODS, candidates, skeyid_psk
from ikepcap.keys.facts import INITIATOR, RESPONDER, Facts
from ikepcap.keys.material import Material, NamedPsk
from ikepcap.keys.secret import Secret
from ikepcap.keys.trial import Trial, trials
from ikepcap.keys.verify import Candidate
from ikepcap.wire.message import Message
from ikepcap.wire.numbers import Exchange

_MAX_TRIALS: Final = 256
_AFTER_BOTH: Final = frozenset((Exchange.QUICK, Exchange.TRANSACTION, Exchange.NEW_GROUP))
"""Exchanges that nobody begins before the other peer's proof was opened; informationals may refuse it."""


class Attempts:
    """What may be tried on a conversation, made anew whenever more is known of it."""

    def __init__(self, facts: Facts, materials: Sequence[Material], psks: Sequence[NamedPsk]) -> None:
        self.materials = tuple(materials)
        self.psks = tuple(psks)
        self.worked: list[Trial] = []
        """What opened something."""
        self.opened_of: set[int] = set()
        """Peers of whom something was opened."""
        self._facts = facts
        self._owners: list[set[int]] = []
        """The peers that are known to have each key that worked."""
        self._made: tuple[object, list[Trial], list[str]] | None = None

    def now(self) -> tuple[list[Trial], list[str]]:
        """Return what to try, keys that worked before first, and what is missing for others."""
        facts = self._facts
        known = (facts.chosen, facts.public, facts.nonce, facts.responder_cookie)
        if self._made is None or self._made[0] != known:
            found: list[Trial] = []
            missing: list[str] = []
            for material in self.materials:
                for keys in candidates(material, facts, self.psks):
                    for trial in (keys,) if isinstance(keys, str) else trials(keys, facts):
                        if not isinstance(trial, str):
                            found.append(trial)
                        elif trial not in missing:
                            missing.append(trial)
            # Of two ways to the same key that one is taken which tells SKEYID_a and the others, too.
            found.sort(key=lambda trial: trial.keys.known(), reverse=True)
            self._made = (known, found[:_MAX_TRIALS], missing)
        made, missing = self._made[1], self._made[2]
        return [*self.worked, *(trial for trial in made if trial not in self.worked)], list(missing)

    def skeyids(self) -> Iterator[Candidate]:
        """Yield every SKEYID that a proof in the clear may have been made with."""
        for trial in self.now()[0]:
            if trial.keys.skeyid is not None:
                yield Candidate(trial.keys.skeyid, f"SKEYID {trial.keys.label}")
        algorithm, nonce, chosen = self._facts.hash, self._facts.nonce, self._facts.chosen
        if algorithm is None or chosen is None or chosen.auth not in PSK_METHODS:
            return
        if nonce[0] is None or nonce[1] is None:
            return
        own = [NamedPsk(m.origin, m.psk) for m in self.materials if m.psk is not None]
        for psk in (*own, *self.psks):
            skeyid = skeyid_psk(algorithm, psk.psk.reveal(), nonce[0] + nonce[1])
            yield Candidate(Secret(skeyid), f"PSK {psk.origin}")

    def accept(self, trial: Trial, message: Message, sender: int, *, is_proven: bool) -> None:
        """Take note that a key opened a message.

        Args:
            trial: the key.
            message: encrypted.
            sender: its role.
            is_proven: what came out proves the key; else it was believed for what it opened before.
        """
        if trial not in self.worked:
            self.worked.append(trial)
            self._owners.append(set())
        self.opened_of.add(sender)
        if is_proven:
            # MSG6 answers a MSG5 that was opened, and so does whatever is begun after phase 1.
            answers = is_phase_1(message) and message.exchange == Exchange.MAIN and sender == RESPONDER
            both = answers or message.exchange in _AFTER_BOTH
            self._owners[self.worked.index(trial)] |= {INITIATOR, RESPONDER} if both else {sender}

    def is_of(self, trial: Trial, sender: int) -> bool:
        """Whether a peer is known to have a key, from other messages than the one that is asked about."""
        return trial in self.worked and sender in self._owners[self.worked.index(trial)]

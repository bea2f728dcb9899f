"""Initialization vectors: which ones a message may have been encrypted with (RFC 2409 appendix B).

Captures lack messages and repeat others, and daemons disagree about messages that cross the end of phase 1.
So every block that may be the right one is kept, few of them, and whoever decrypts tries them in order.
"""

from collections.abc import Iterable, Iterator
from typing import Final

from msgspec import Struct

from ikepcap.keys.facts import INITIATOR, Facts
from ikepcap.keys.hashes import HashAlgorithm
from ikepcap.wire.message import Message
from ikepcap.wire.numbers import Exchange

PHASE_1: Final = frozenset((Exchange.BASE, Exchange.MAIN, Exchange.AGGRESSIVE))
_KEPT: Final = 16
"""Octets kept of a ciphertext: the largest block."""
_PHASE_1_BLOCKS: Final = 8
_EXCHANGES: Final = 64
_EXCHANGE_BLOCKS: Final = 4


class Vector(Struct, frozen=True):
    """An IV, and the rule it comes from."""

    octets: bytes
    rule: str


class Chains:
    """Last ciphertext blocks of a conversation, by exchange; bounded, and never advanced by a repetition."""

    def __init__(self) -> None:
        self._phase_1: list[bytes] = []
        self._exchanges: dict[int, list[bytes]] = {}
        self._sent: dict[int, bytes] = {}

    def advance(self, message: Message, sender: int) -> None:
        """Take the last block of a message that is no repetition of a recent one."""
        last = message.data[-_KEPT:]
        if is_phase_1(message):
            blocks, limit = self._phase_1, _PHASE_1_BLOCKS
        else:
            if message.message_id not in self._exchanges and len(self._exchanges) >= _EXCHANGES:
                del self._exchanges[next(iter(self._exchanges))]
            blocks, limit = self._exchanges.setdefault(message.message_id, []), _EXCHANGE_BLOCKS
        if last not in blocks:
            blocks.append(last)
            del blocks[:-limit]
        self._sent[sender] = last

    def knows(self, message: Message, sender: int, facts: Facts) -> bool:
        """Whether what the message's IV depends on was seen, as far as that can be told.

        The message itself may have been taken already, and does not count.
        """
        has_initial = None not in facts.public
        own = message.data[-_KEPT:]
        has_phase_1 = any(last != own for last in self._phase_1)
        if is_phase_1(message):
            # In main mode MSG5 depends on both KE payloads, and MSG6 on MSG5.
            if message.exchange == Exchange.MAIN:
                return has_initial if sender == INITIATOR else has_phase_1
            return has_phase_1 or has_initial
        has_exchange = any(last != own for last in self._exchanges.get(message.message_id, ()))
        return has_exchange or has_phase_1 or has_initial

    def gap(self, message: Message, sender: int, facts: Facts) -> str:
        """Say what is missing of what the message's IV depends on."""
        if not is_phase_1(message):
            return "the message before it was not captured whole"
        if message.exchange == Exchange.MAIN and sender != INITIATOR:
            return "MSG5 was not captured whole"
        steps = ("MSG3", "MSG4") if message.exchange == Exchange.MAIN else ("MSG1", "MSG2")
        lost = [step for step, public in zip(steps, facts.public, strict=True) if public is None]
        if not lost:
            return "its IV is not known"
        return f"{' and '.join(lost)} {'were' if len(lost) > 1 else 'was'} not captured whole"

    def vectors(
        self, message: Message, sender: int, facts: Facts, algorithms: Iterable[HashAlgorithm], block: int
    ) -> Iterator[Vector]:
        """Yield the IVs that a message may have, the regular one first.

        Args:
            message: encrypted.
            sender: its role.
            facts: with the public values, where they were seen.
            algorithms: the negotiated hash; all there are where it is not known.
            block: octets of an IV.
        """
        algorithms = tuple(algorithms)
        initial = tuple(_initial(facts, algorithms, block))
        blocks = [last[-block:] for last in reversed(self._phase_1)]
        if is_phase_1(message):
            yield from (Vector(last, MESSAGE_BEFORE) for last in blocks[:1])
            yield from initial
            yield from (Vector(last, _EARLIER) for last in blocks[1:])
            return
        for last in reversed(self._exchanges.get(message.message_id, ())):
            yield Vector(last[-block:], MESSAGE_BEFORE)
        number = message.message_id.to_bytes(4)
        # Regularly of the last block of phase 1; before that was complete, of what came last by then.
        bases = [
            *((last, _PHASE_1) for last in blocks[:1]),
            # Where all of phase 1 is in the clear, as in some aggressive modes, that IV is its last block.
            *((one.octets, _FROM_INITIAL if blocks else _INITIAL) for one in initial),
            *((last, _BEFORE_LAST) for last in blocks[1:]),
        ]
        # Libreswan has no IV of phase 1 yet when it refuses MSG5 or MSG6: it hashes the M-ID alone.
        bases.append((b"", _NO_BASE))
        # Windows up to Vista takes the last block of the last message it sent (MS-IKEE note 12).
        own = self._sent.get(sender)
        if own is not None:
            bases.append((own[-block:], _WINDOWS))
        for base, rule in bases:
            for algorithm in algorithms:
                yield Vector(algorithm.digest(base, number)[:block], rule)
        if own is not None:
            yield Vector(own[-block:], _WINDOWS)


def is_phase_1(message: Message) -> bool:
    """Whether a message belongs to phase 1, by its exchange type and message ID."""
    return message.exchange in PHASE_1 and not message.message_id


def _initial(facts: Facts, algorithms: Iterable[HashAlgorithm], block: int) -> Iterator[Vector]:
    """Yield hash(g^xi | g^xr); the other way round too, for a capture that does not show who began."""
    one, other = facts.public
    if one is None or other is None:
        return
    for algorithm in algorithms:
        yield Vector(algorithm.digest(one, other)[:block], _INITIAL)
    for algorithm in algorithms:
        yield Vector(algorithm.digest(other, one)[:block], _INITIAL)


MESSAGE_BEFORE: Final = "last block of the message before"
_INITIAL: Final = "initial IV of phase 1"
_EARLIER: Final = "last block of an earlier message"
_PHASE_1: Final = "last block of phase 1"
_FROM_INITIAL: Final = "initial IV of phase 1, in place of its last block"
_BEFORE_LAST: Final = "a block before the last one of phase 1"
_NO_BASE: Final = "the message ID alone, as Libreswan does before phase 1 is complete"
_WINDOWS: Final = "last block its sender sent, as Windows does"
REGULAR: Final = frozenset((MESSAGE_BEFORE, _INITIAL, _PHASE_1))
"""Rules of RFC 2409; the others are what some implementation does, or what a gap in the capture leaves."""

"""What became of an encrypted message: its payloads, or why there are none."""

from enum import StrEnum

from msgspec import Struct
from msgspec.structs import replace

from ikepcap.keys.chain import REGULAR
from ikepcap.keys.check import Check, Outcome
from ikepcap.wire.message import Message
from ikepcap.wire.walk import Defect, Span


class Plaintext(Struct, frozen=True):
    """A message that a key opened."""

    data: bytes
    """The ISAKMP header as it was and the plaintext with its padding, so that offsets are the message's.
    Octets of a first block that could not be decrypted are zero."""
    spans: tuple[Span, ...]
    """Payloads that are readable from their first octet on."""
    defects: tuple[Defect, ...]
    key: str
    """Where the key came from."""
    vector: str
    """The rule that gave the IV."""
    lost: int = 0
    """Octets after the header that could not be decrypted, since the message before was not captured."""
    inferred: tuple[int, ...] = ()
    """Types of the payloads that begin in those octets."""
    checks: tuple[Check, ...] = ()

    @property
    def is_regular(self) -> bool:
        """Whether the IV is the one of RFC 2409 appendix B, as far as it is known."""
        return self.lost > 0 or self.vector in REGULAR

    def payload_types(self) -> tuple[int, ...]:
        """Return the types of all payloads, those of the unreadable beginning included."""
        return (*self.inferred, *(span.type for span in self.spans))

    def shortcomings(self) -> tuple[int, int]:
        """Return the lost octets and the number of failed checks: what comes later may mend both."""
        return self.lost, sum(check.outcome is Outcome.FAILED for check in self.checks)

    def message(self, encrypted: Message) -> Message:
        """Return the message with its payloads in place of the ciphertext."""
        defects = (*encrypted.defects, *self.defects)
        return replace(encrypted, data=self.data, spans=self.spans, defects=defects)


class Reason(StrEnum):
    """Why a message was not opened."""

    NOT_ENCRYPTED = "not-encrypted"
    NO_KEY = "no-key"
    """No source has anything for this SA."""
    INCOMPLETE = "incomplete"
    """What the sources have does not make a key with what the capture shows."""
    UNSUPPORTED_SIZE = "not-whole-blocks"
    """The ciphertext is no multiple of the cipher's block."""
    WRONG_KEY = "wrong-key"
    UNDECIDED = "undecided"
    """The key may be wrong, or the IV is not known: the messages that it depends on were not captured."""
    OTHER_KEY = "other-key"
    """The key opens other messages of this SA: this one was encrypted with another, or damaged."""


class NotOpened(Struct, frozen=True):
    """A message that stays closed."""

    reason: Reason
    why: str
    """One sentence for people, without a full stop."""


Opened = Plaintext | NotOpened

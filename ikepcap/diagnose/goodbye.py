"""Who ended a negotiation that had just come up: a delete where the tunnel should follow.

In the clear a delete says what it is. Encrypted it has the size of one, HASH and a delete with both cookies,
which INITIAL-CONTACT has too, and R-U-THERE with some ciphers: so its place must tell, and what follows it.
"""

from typing import Final

from ikepcap.diagnose.case import Case
from ikepcap.state.course import sender_of
from ikepcap.track.conversation import Seen
from ikepcap.wire.numbers import INFORMATIONAL, Encryption, Hash
from ikepcap.wire.offer import Transform

PROMPT_NS: Final = 2 * 10**9
"""What is wrong with a phase 1 that just came up, such as one too many of a user, is acted upon at once."""
_HASH_BYTES: Final = {
    int(Hash.MD5): 16, int(Hash.SHA1): 20, int(Hash.SHA2_256): 32, int(Hash.SHA2_384): 48,
    int(Hash.SHA2_512): 64,
}  # fmt: skip
_LONG_BLOCKS: Final = frozenset({int(Encryption.AES_CBC), int(Encryption.CAMELLIA_CBC)})
_HEADER, _GENERIC, _DELETE = 28, 4, 28
"""Octets of an ISAKMP header, of a payload's, and of a delete with one SPI of 16 octets (RFC 2408 §3.15)."""


def informational_bytes(chosen: Transform | None, payload_bytes: int) -> int | None:
    """Return the size of an encrypted informational of HASH and one payload; None if nothing tells."""
    size = _HASH_BYTES.get(chosen.hash or 0) if chosen is not None else None
    if chosen is None or size is None:
        return None
    block = 16 if chosen.encryption in _LONG_BLOCKS else 8
    return _HEADER + -(-(_GENERIC + size + payload_bytes) // block) * block


def is_delete(case: Case, message: Seen) -> bool:
    """It deletes something, or may by its size."""
    if message.exchange != INFORMATIONAL:
        return False
    if message.is_encrypted and message.inside is None:
        return message.wire_bytes == informational_bytes(case.standing.chosen, _DELETE)
    return (message.inside or message.clear).deletes


def goodbye(case: Case) -> Seen | None:
    """Return the delete that the sender of phase 1's last message sent right after it, as its last word.

    The other peer's would be a refusal of that message. racoon sends INITIAL-CONTACT at this place, which has
    the same size.
    """
    course = case.course
    if course.last is None or course.last != course.final:
        return None
    done = course.first[course.final]
    sender = sender_of(course.final)
    after = [s for s in case.seen[done + 1 :] if s.sender == sender and s.copy_of < 0]
    if not after or not all(is_delete(case, s) for s in after) or case.runs(sender).startswith("racoon"):
        return None
    return after[0] if after[-1].time_ns - case.seen[done].time_ns <= PROMPT_NS else None

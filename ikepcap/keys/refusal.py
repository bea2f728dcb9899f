"""Why a message stays closed that keys were tried on: a wrong key, another's, or a gap in the capture."""

from msgspec import Struct

from ikepcap.keys.attempts import Attempts
from ikepcap.keys.opened import NotOpened, Reason
from ikepcap.keys.verify import ROLE_NAMES
from ikepcap.wire.message import HEADER_BYTES, Message


class Tried(Struct, frozen=True):
    """What was tried on a message in vain."""

    labels: tuple[str, ...]
    """Where each key came from that decrypted it."""
    missing: tuple[str, ...]
    """What kept other keys from being tried."""
    gap: str | None
    """What is missing of what its IV depends on; None where it was all seen before."""
    could_be: bool
    """But for its first block, which that hides, it may be what such a message is with one of the keys."""


def refusal(
    message: Message, sender: int, tried: Tried, attempts: Attempts, proven_of: set[int]
) -> NotOpened:
    """Say why no key opened a message.

    Args:
        message: encrypted.
        sender: its role.
        tried: what was.
        attempts: the keys of the conversation, and what they opened.
        proven_of: peers whose proof in the clear is made with one of them.
    """
    if not tried.labels:
        if tried.missing:
            return NotOpened(Reason.INCOMPLETE, "; ".join(tried.missing[:3]))
        size = len(ciphertext(message))
        return NotOpened(Reason.UNSUPPORTED_SIZE, f"{size} octets are not whole blocks of the cipher")
    names = ", ".join(dict.fromkeys(tried.labels[:3]))
    nothing = f"with the key {names} no payloads come out"
    if not tried.could_be and any(attempts.is_of(trial, sender) for trial in attempts.worked):
        others = f"which opens others of the {ROLE_NAMES[sender]}"
        why = "it was damaged, or too much before it is missing"
        return NotOpened(Reason.UNDECIDED, f"{nothing}, {others}: {why}")
    if not tried.could_be and attempts.opened_of:
        roles = " and ".join(ROLE_NAMES[role] for role in sorted(attempts.opened_of))
        why = "another key, or it was damaged, or too much before it is missing"
        return NotOpened(
            Reason.OTHER_KEY, f"the key {names} opens messages of the {roles}, and not this one: {why}"
        )
    if proven_of and sender not in proven_of:
        (role,) = (ROLE_NAMES[one] for one in proven_of)
        why = f"the {role} proved its key with it, and the {ROLE_NAMES[sender]} encrypts with another"
        return NotOpened(Reason.OTHER_KEY, f"{nothing}: {why}")
    if message.is_truncated:
        cut = f"the capture holds {len(message.data)} of its {message.wire_bytes} octets"
        return NotOpened(Reason.UNDECIDED, f"{nothing}: {cut}")
    if tried.gap is not None:
        return NotOpened(Reason.UNDECIDED, f"{nothing}: {tried.gap}, or the key is wrong")
    return NotOpened(Reason.WRONG_KEY, f"wrong key: with the one {names} no payloads come out")


def ciphertext(message: Message) -> bytes:
    """Return what follows the header, without what follows the message."""
    size = len(message.data)
    end = message.length if HEADER_BYTES < message.length < size else size
    return message.data[HEADER_BYTES:end]

"""Numbers and names as a reader sees them in claims, evidence and summaries."""

from collections.abc import Iterable, Sequence
from functools import lru_cache
from operator import sub
from typing import Final

from ikepcap.state.refusal import Refusal
from ikepcap.track.unplaced import STEP_BACK_NS
from ikepcap.wire.numbers import notify_name

ROLES: Final = ("initiator", "responder")
MODES: Final = {"main": "Main mode", "aggressive": "Aggressive mode", "base": "Base mode"}
_SHOWN_FRAMES: Final = 12


@lru_cache(maxsize=4096)
def address(octets: bytes) -> str:
    """Return an address in its usual text form."""
    if len(octets) == 4:
        return ".".join(map(str, octets))
    from ipaddress import ip_address  # few captures need it

    return str(ip_address(octets))


def span(elapsed_ns: int) -> str:
    """Return a duration with a unit that suits its size."""
    seconds = elapsed_ns / 1e9
    if seconds < 0.1:
        return f"{elapsed_ns / 1e6:.1f} ms"
    if seconds < 120:
        return f"{seconds:.1f} s"
    minutes, rest = divmod(round(seconds), 60)
    if minutes < 120:
        return f"{minutes} min {rest} s"
    hours, minutes = divmod(minutes, 60)
    return f"{hours} h {minutes} min"


def lasting(word: str, times_ns: Sequence[int]) -> str:
    """Return how long it took, after this word; nobody knows if a clock was set back in between."""
    if min(map(sub, times_ns[1:], times_ns), default=0) < -STEP_BACK_NS:
        return " while time steps back in between"
    return f" {word} {span(max(0, times_ns[-1] - times_ns[0]))}"


def frames(numbers: Iterable[int]) -> tuple[int, ...]:
    """Return frame numbers in order, each once, no more than a reader would look up."""
    return tuple(sorted(set(numbers)))[:_SHOWN_FRAMES]


def copies(count: int) -> str:
    """Return how often something was sent, first time included."""
    return "once" if count == 1 else "twice" if count == 2 else f"{count} times"


def listing(words: Sequence[str]) -> str:
    """Join words as in a sentence."""
    return " and ".join((", ".join(words[:-1]), words[-1])) if len(words) > 1 else "".join(words)


def reaches(message: str, name: str) -> str:
    """Return what settles where a message got lost that was seen at its target's side."""
    return (
        f"{message} reaches {name}, where this was captured: does its own filter pass it, and what is in "
        "its log?"
    )


def refusing(refusal: Refusal, *, is_encrypted: bool) -> str:
    """Return what ended phase 1: a notify, a delete, or a message that no key opened."""
    if refusal.kind == "encrypted":
        return "an encrypted informational"
    what = "delete" if refusal.kind == "delete" else notify_name(refusal.notify or 0)
    if is_encrypted:
        return f"an encrypted {what}"
    return f"a {what}" if refusal.kind == "delete" else what

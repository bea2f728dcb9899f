"""Findings about what was offered and chosen in the clear: SA payloads of MSG1 and MSG2."""

from collections.abc import Iterator
from typing import Final

from ikepcap.diagnose.case import Case
from ikepcap.diagnose.finding import Finding
from ikepcap.wire.numbers import Encryption
from ikepcap.wire.offer import Transform, policy_words

_COMPARED: Final = ("encryption", "key_bits", "hash", "group", "auth")
_WORDS: Final = {
    "encryption": "cipher", "key_bits": "key length", "hash": "hash", "group": "group",
    "auth": "authentication method",
}  # fmt: skip
_AES_DEFAULT_BITS: Final = 128
"""What an AES offer without a key length means to those that accept one (RFC 3602 §5.3 asks for it)."""


def chosen_not_offered(case: Case) -> Iterator[Finding]:
    """The responder chose what nobody offered; RFC 2409 §5 lets it choose one offer and change nothing."""
    offer, chosen = case.standing.offer, case.standing.chosen
    if case.standing.outcome not in ("stalled", "refused") or offer is None or chosen is None:
        return
    sent = [case.sendings(step)[0] for step in (1, 2)]
    if offer.defects or not offer.transforms or any(s.defects for s in sent):
        return
    differs = [differing(offered, chosen) for offered in offer.transforms]
    if not all(differs):
        return
    nearest = min(differs, key=len)
    like = offer.transforms[differs.index(nearest)]
    yield case.finding(
        "chosen-not-offered", "proven",
        f"The responder {case.names[1]} chose a transform that was not offered: it differs in "
        f"{' and '.join(_WORDS[name] for name in nearest)} from the nearest that was.",
        sent, f"MSG2 chooses {in_words(chosen)}",
        f"The nearest of {len(differs)} offered is {in_words(like)}",
        settles_it=f"The policy of {case.names[1]}, and its software version: this is an error of its own.",
    )  # fmt: skip


def differing(one: Transform, other: Transform) -> tuple[str, ...]:
    """Name the attributes in which two transforms differ, lifetimes left out: those may be shortened."""
    return tuple(name for name in _COMPARED if _value(one, name) != _value(other, name))


def in_words(transform: Transform) -> str:
    """Return a phase-1 transform in a line."""
    words = policy_words(transform)
    return ", ".join(word for word in (words.encryption, words.hash, words.group, words.auth) if word)


def _value(transform: Transform, name: str) -> int | None:
    value: int | None = getattr(transform, name)
    if name == "key_bits" and value is None and transform.encryption == Encryption.AES_CBC:
        return _AES_DEFAULT_BITS
    return value

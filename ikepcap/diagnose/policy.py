"""Findings about what was offered and chosen in the clear: SA payloads of MSG1 and MSG2."""

from collections.abc import Iterator
from typing import Final

from ikepcap.diagnose.case import Case
from ikepcap.diagnose.finding import Finding
from ikepcap.diagnose.wording import listing
from ikepcap.track.conversation import RESPONDER, Other
from ikepcap.wire.numbers import Encryption, Group, Hash
from ikepcap.wire.offer import Offer, Transform, policy_words

_COMPARED: Final = ("encryption", "key_bits", "hash", "group", "auth")
_WORDS: Final = {
    "encryption": "cipher", "key_bits": "key length", "hash": "hash", "group": "group",
    "auth": "authentication method",
}  # fmt: skip
_WEAK: Final = {
    "encryption": {int(Encryption.DES_CBC): "DES has keys of 56 bits"},
    "hash": {int(Hash.MD5): "MD5 is broken as a hash"},
    "group": {
        int(Group.MODP_768): "a group of 768 bits has been broken",
        int(Group.MODP_1024): "a group of 1024 bits is within reach of states",
        int(Group.MODP_1024_160): "a group of 1024 bits is within reach of states",
    },
}
"""RFC 8247: must not, or should not, be used."""
_PAIRED: Final = 64
"""Transforms of an offer that are compared; each with each of another."""
_AES: Final = int(Encryption.AES_CBC)
_AES_DEFAULT_BITS: Final = 128
"""What an AES offer without a key length means to those that accept one (RFC 3602 §5.3 asks for it)."""


def chosen_not_offered(case: Case) -> Iterator[Finding]:
    """The responder chose what nobody offered; RFC 2409 §5 lets it choose one offer and change nothing."""
    offer, chosen = case.standing.offer, case.standing.chosen
    if case.standing.outcome not in ("stalled", "refused") or offer is None or chosen is None:
        return
    sent = [case.seen[case.course.first[step]] for step in (1, 2)]
    if offer.defects or not offer.transforms or any(s.defects for s in sent):
        return
    if _values(chosen) in map(_values, offer.transforms):
        return
    differs = [differing(offered, chosen) for offered in offer.transforms]
    nearest = min(differs, key=len)
    like = offer.transforms[differs.index(nearest)]
    yield case.finding(
        "chosen-not-offered", "proven",
        f"The responder {case.names[1]} chose a transform that was not offered: it differs in "
        f"{_attributes(nearest)} from the nearest that was.",
        sent, f"MSG2 chooses {in_words(chosen)}",
        f"The nearest of {len(differs)} offered is {in_words(like)}",
        settles_it=f"The policy of {case.names[1]}, and its software version: this is an error of its own.",
    )  # fmt: skip


def weak_crypto(case: Case) -> Iterator[Finding]:
    """What was agreed on is too weak by today's measure (RFC 8247 §2.1, §2.3, §2.4).

    It is asked of every conversation, and of those alike only once: the answer is MSG2's own.
    """
    if 2 not in case.course.first:
        return
    message = case.seen[case.course.first[2]]
    answer = message.clear.offer
    if answer is None or not answer.transforms:
        return
    chosen = answer.transforms[0]
    weak = [words[number] for name, words in _WEAK.items() if (number := getattr(chosen, name)) in words]
    if weak:
        yield case.finding(
            "weak-crypto", "proven",
            f"What protects the negotiation is weak: {listing(weak)}.", [message],
            f"Frame {message.frame} chooses {in_words(chosen)}",
            settles_it="Offer AES, SHA2 and a group of 2048 bits or an elliptic curve on both peers.",
        )  # fmt: skip


def no_common_offer(case: Case) -> Iterator[Finding]:
    """MSG1 is not answered, and the silent peer, when it begins itself, offers nothing of what MSG1 offers.

    racoon refuses an offer by silence, and others may; here both sides of the policy are in the capture.
    """
    if case.standing.outcome != "stalled" or case.has_spoken(RESPONDER):
        return
    own = own_offer(case)
    if own is None:
        return
    other, nearest = own
    if not nearest:
        return
    yield case.finding(
        "proposal-mismatch", "likely",
        f"The responder {case.names[1]} itself offers nothing of what MSG1 offers: consistent with a refusal "
        "by silence.",
        [case.seen[0], other.frame], *comparison(case),
        alternatives=("no-reply", "unknown-peer"),
        settles_it="Let both peers offer one transform that is the same.",
    )  # fmt: skip


def own_offer(case: Case) -> tuple[Other, tuple[str, ...]] | None:
    """Return what the responder offered when it began itself, and in what the nearest of it differs."""
    offer = case.standing.offer
    if offer is None or not offer.transforms:
        return None
    found = [o for o in case.conversation.others if o.initiator == case.conversation.responder]
    for other in found:
        if other.offer.transforms:
            return other, nearest_difference(offer, other.offer)
    return None


def nearest_difference(one: Offer, other: Offer) -> tuple[str, ...]:
    """Name the attributes in which the two most alike transforms of two offers differ; none if they meet."""
    return min(
        (differing(a, b) for a in one.transforms[:_PAIRED] for b in other.transforms[:_PAIRED]), key=len
    )


def comparison(case: Case) -> tuple[str, ...]:
    """Tell what this capture shows of the responder's own policy, beside the offer that it did not take."""
    offer = case.standing.offer
    told: list[str] = []
    own = own_offer(case)
    if own is not None:
        other, nearest = own
        told.append(
            f"In frame {other.frame} {case.names[1]} itself offers {in_words(other.offer.transforms[0])}"
            f"{' and more' if len(other.offer.transforms) > 1 else ''}; "
            + (
                f"the nearest differs in {_attributes(nearest)}"
                if nearest
                else "the two offers have one in common"
            )
        )
    for other in case.conversation.others:
        chosen = other.choice.transforms[0] if other.choice is not None and other.choice.transforms else None
        if other.initiator != case.conversation.initiator or chosen is None or offer is None:
            continue
        nearest = min((differing(a, chosen) for a in offer.transforms[:_PAIRED]), key=len, default=())
        if nearest:
            told.append(
                f"In the negotiation of frame {other.frame} it chose {in_words(chosen)}; this offer differs "
                f"from it in {_attributes(nearest)}"
            )
            break
    return tuple(told)


def _attributes(names: tuple[str, ...]) -> str:
    return listing([_WORDS[name] for name in names])


def differing(one: Transform, other: Transform) -> tuple[str, ...]:
    """Name the attributes in which two transforms differ, lifetimes left out: those may be shortened."""
    values = zip(_COMPARED, _values(one), _values(other), strict=True)
    return tuple(name for name, own, others in values if own != others)


def in_words(transform: Transform) -> str:
    """Return a phase-1 transform in a line."""
    words = policy_words(transform)
    return ", ".join(word for word in (words.encryption, words.hash, words.group, words.auth) if word)


def _values(transform: Transform) -> tuple[int | None, ...]:
    """Return the values of the attributes in `_COMPARED`."""
    bits = transform.key_bits
    if bits is None and transform.encryption == _AES:
        bits = _AES_DEFAULT_BITS
    return transform.encryption, bits, transform.hash, transform.group, transform.auth

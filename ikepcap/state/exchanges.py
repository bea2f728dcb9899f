"""Exchanges under a conversation's cookies: quick mode, transaction, informational, new-group mode.

Their contents are encrypted, so a message is placed by its sender and its turn. One size helps: QM3 holds a
hash and nothing else (RFC 2409 §5.5), while QM1 and QM2 hold at least SA and nonce besides.
"""

from collections.abc import Iterable
from typing import Final

from msgspec import Struct

from ikepcap.state.asking import asked_for_ns, goes_on, is_over
from ikepcap.state.course import DUPLICATE, LATE, NEW, RETRANSMISSION, UNEXPECTED, Place
from ikepcap.state.refusal import is_error
from ikepcap.state.waiting import CROSSING_NS, ENOUGH_NS
from ikepcap.track.conversation import Conversation, EspFlow, Seen
from ikepcap.track.roles import HASH_ONLY_BYTES, PHASE_1
from ikepcap.wire.numbers import INFORMATIONAL, QUICK, Exchange

KINDS: Final = {
    QUICK: "quick",
    int(Exchange.TRANSACTION): "transaction",
    INFORMATIONAL: "informational",
    int(Exchange.NEW_GROUP): "new-group",
}
PREFIX: Final = {"quick": "QM", "transaction": "T", "new-group": "NG"}
MESSAGES: Final = {"quick": 3, "transaction": 2, "informational": 1, "new-group": 2}
REFUSAL_NS: Final = 2 * 10**9
"""A peer refuses at once; what comes later is about something else."""
GIVE_UP_NS: Final = 15 * 10**9
"""Nobody gives up asking sooner (Libreswan after 30 s, strongSwan after 165 s)."""
GOODBYES: Final = 2
COMMIT: Final = 0x02


class LaterExchange(Struct, frozen=True):
    """One exchange: its messages by index into the conversation and how far it got."""

    kind: str
    message_id: int
    starter: int
    indexes: tuple[int, ...]
    steps: tuple[int, ...]
    places: tuple[Place, ...]
    last: int
    outcome: str
    awaited: int | None = None
    silent: int | None = None
    refused_by: int | None = None
    """Index of the encrypted informational that stands in place of the awaited message."""


def exchanges(conversation: Conversation) -> tuple[LaterExchange, ...]:
    """Return all exchanges after phase 1 in order of their first message."""
    groups: dict[tuple[int, int], list[int]] = {}
    for index, message in enumerate(conversation.seen):
        if message.exchange in KINDS:
            groups.setdefault((message.exchange, message.message_id), []).append(index)
    if not groups:
        return ()
    informationals = [
        i for i, s in enumerate(conversation.seen) if s.exchange == INFORMATIONAL and s.is_encrypted
    ]
    return tuple([_follow(conversation, key[0], indexes, informationals) for key, indexes in groups.items()])


def _starter(seen: tuple[Seen, ...], kind: str, indexes: list[int]) -> tuple[int, int]:
    """Return who started the exchange and the number of the first message that was captured."""
    first = seen[indexes[0]]
    if kind == "quick":
        for index in indexes:
            message = seen[index]
            if message.is_encrypted and message.wire_bytes < HASH_ONLY_BYTES:
                if message.sender == first.sender:
                    return first.sender, 3 if index == indexes[0] else 1
                return message.sender, 2
    return first.sender, 1


def _follow(
    conversation: Conversation, exchange: int, indexes: list[int], informationals: list[int]
) -> LaterExchange:
    """Number the messages of one exchange and judge it."""
    seen = conversation.seen
    kind = KINDS[exchange]
    starter, number = _starter(seen, kind, indexes)
    steps: list[int] = []
    places: list[Place] = []
    by_index: dict[int, int] = {}
    last = 0
    for index in indexes:
        message = seen[index]
        if message.copy_of >= 0 and message.copy_of in by_index:
            step = by_index[message.copy_of]
            place = Place(step, DUPLICATE if message.is_duplicate else RETRANSMISSION)
        else:
            hash_only = kind == "quick" and message.is_encrypted and message.wire_bytes < HASH_ONLY_BYTES
            if not steps:
                step = number
            elif hash_only and 3 not in steps and message.sender == starter:
                step = 3  # whoever sends it got QM2, captured or not
            else:
                step = _next_step(steps, message.sender == starter)
            place = Place(step, NEW if step > last else LATE)
            if step in steps and kind != "informational":
                place = Place(step, UNEXPECTED, f"another message {step} of this exchange, with other bytes")
        by_index[index] = step
        last = max(last, step)
        steps.append(step)
        places.append(place)
    found = LaterExchange(
        kind, seen[indexes[0]].message_id, starter, tuple(indexes), tuple(steps), tuple(places), last, ""
    )
    return _judge(conversation, found, informationals)


def _next_step(steps: list[int], from_starter: bool) -> int:
    """The starter sends odd messages and the other peer even ones: the first of them that was not seen."""
    own = (1, 3) if from_starter else (2, 4)
    return next((step for step in own if step not in steps), own[-1])


def _with(found: LaterExchange, outcome: str, **more: int | None) -> LaterExchange:
    return LaterExchange(
        found.kind, found.message_id, found.starter, found.indexes, found.steps, found.places, found.last,
        outcome, **more,
    )  # fmt: skip


def _judge(conversation: Conversation, found: LaterExchange, informationals: list[int]) -> LaterExchange:
    seen = conversation.seen
    total = MESSAGES[found.kind]
    if conversation.esp and esp_towards(conversation, found, found.starter):
        return _with(found, "established")  # who answers sends only after all of it was done
    if found.kind == "quick" and any(
        seen[i].flags & COMMIT for i, step in zip(found.indexes, found.steps, strict=True) if step == 2
    ):
        total = 4  # the commit bit asks for a fourth message, CONNECTED (RFC 2408 §3.1)
    if found.last >= total or (found.kind == "quick" and found.last >= 3):
        return _judge_complete(conversation, found)
    awaited = found.last + 1
    silent = found.starter if awaited % 2 else 1 - found.starter
    if all(s.sender != silent for s in seen):
        if found.kind == "quick" and found.last == 1 and asked_for_ns(seen, found.indexes) >= GIVE_UP_NS:
            return _with(found, "stalled", awaited=awaited, silent=silent)  # it shows that it got no answer
        return _with(found, "unknown")  # one direction: whether it answered is not in the capture
    if found.last == 1 and (found.kind == "quick" or not is_over(seen, found.indexes, repeated=False)):
        refusal = _refusal(conversation, found, silent, informationals)
        if refusal is not None:
            return _with(found, "refused", awaited=awaited, silent=silent, refused_by=refusal)
    tail = seen[found.indexes[-1]]
    waited = conversation.watched_until_ns - tail.time_ns
    if _says_goodbye(conversation, found, silent):
        return _with(found, "unknown")  # the SA was deleted meanwhile, and nobody waits any more
    repeated = _repeats(seen, found, found.last) or (found.last > 1 and _repeats_after(found, found.last - 1))
    if found.kind == "transaction" and is_over(seen, found.indexes, repeated=bool(repeated)):
        return _with(found, "unknown")
    is_last_word = tail is [s for s in seen if s.sender == tail.sender][-1]
    alone = found.last == 1 and waited >= ENOUGH_NS and is_last_word
    if repeated or alone:
        return _with(found, "stalled", awaited=awaited, silent=silent)
    if waited >= ENOUGH_NS or _gave_up(conversation, tail) or goes_on(seen, found.indexes):
        # Both have spoken, and who waits in vain repeats itself: what is missing was rather not captured.
        return _with(found, "unknown")
    return _with(found, "in-progress", awaited=awaited, silent=silent)


def _judge_complete(conversation: Conversation, found: LaterExchange) -> LaterExchange:
    """The last message was seen; it did not arrive if the other peer goes on repeating the one before."""
    repeats = _repeats_after(found, found.last - 1, conversation.seen) if found.last > 1 else 0
    if repeats >= 2 and not _is_content(conversation, found):
        sender = found.starter if found.last % 2 else 1 - found.starter
        return _with(found, "stalled", awaited=found.last, silent=sender)
    return _with(found, "established")


def esp_towards(conversation: Conversation, found: LaterExchange, side: int) -> tuple[EspFlow, ...]:
    """Return ESP to a peer under the SPIs that it chose in an opened quick mode: the other one has its SA."""
    if found.kind != "quick":
        return ()
    said = [conversation.seen[i].inside for i in found.indexes if conversation.seen[i].sender == side]
    offers = [inside.offer for inside in said if inside is not None and inside.offer is not None]
    spis = {proposal.spi for offer in offers for proposal in offer.proposals}
    ends = conversation.initiator, conversation.responder
    return tuple(
        flow for flow in conversation.esp
        if flow.spi in spis and (flow.destination == ends[side] or flow.source == ends[1 - side])
    )  # fmt: skip


def _is_content(conversation: Conversation, found: LaterExchange) -> bool:
    """Whether a copy of the last message arrived: who asked for it stopped, and nobody gives up so soon."""
    seen = conversation.seen
    asked = [
        seen[i].time_ns for i, step in zip(found.indexes, found.steps, strict=True) if step == found.last - 1
    ]
    answered = [
        seen[i].time_ns for i, step in zip(found.indexes, found.steps, strict=True) if step == found.last
    ]
    return (
        answered[-1] > asked[-1]
        and asked[-1] - asked[0] < GIVE_UP_NS
        and conversation.watched_until_ns - asked[-1] > ENOUGH_NS
    )


def _repeats(seen: tuple[Seen, ...], found: LaterExchange, step: int) -> int:
    """Count the repeats of a step; at once it is sent again for a copy of what it answers."""
    first_ns = seen[found.indexes[found.steps.index(step)]].time_ns
    return sum(
        1 for s, place, i in zip(found.steps, found.places, found.indexes, strict=True)
        if s == step and place.kind == RETRANSMISSION and seen[i].time_ns - first_ns > CROSSING_NS
    )  # fmt: skip


def _repeats_after(found: LaterExchange, step: int, seen: tuple[Seen, ...] = ()) -> int:
    """Count repeats of a step after the step that answers it was first seen.

    With `seen`, those are left out that the answer may have crossed on its way: peers that take long to
    answer are asked again meanwhile.
    """
    if len(set(found.steps)) == len(found.steps):
        return 0
    firsts = dict(zip(reversed(found.steps), reversed(found.indexes), strict=True))
    if step + 1 not in firsts:
        return 0
    after = firsts[step + 1]
    since_ns = 0
    if seen:
        slow_ns = seen[firsts[step]].time_ns - seen[found.indexes[0]].time_ns if step in firsts else 0
        since_ns = seen[after].time_ns + max(slow_ns, 0) + CROSSING_NS
    return sum(
        1 for s, place, i in zip(found.steps, found.places, found.indexes, strict=True)
        if s == step and place.kind == RETRANSMISSION and i > after
        and (not seen or seen[i].time_ns > since_ns)
    )  # fmt: skip


def _says_goodbye(conversation: Conversation, found: LaterExchange, silent: int) -> bool:
    """Whether a tunnel ends while the other peer asks for another: deletes cross QM1, and nobody repeats it.

    There are two, of the IPsec SA and of the ISAKMP SA, from one peer or one from each.
    """
    seen = conversation.seen
    began = seen[found.indexes[0]]
    # In a capture that starts late the tunnel may have come up before it.
    had_tunnel = seen[0].exchange not in PHASE_1 or any(
        s.sender == silent and s.exchange == QUICK for s in seen
    )
    near = [
        s for s in seen
        if s.exchange == INFORMATIONAL and s.is_encrypted and s.copy_of < 0
        and abs(s.time_ns - began.time_ns) <= REFUSAL_NS
    ]  # fmt: skip
    own = [s for s in near if s.sender == silent]
    is_last_word = bool(own) and own[-1] is [s for s in seen if s.sender == silent and not s.is_duplicate][-1]
    asked = [i for i in found.indexes if not seen[i].is_duplicate]
    return had_tunnel and len(asked) == 1 and is_last_word and len(near) >= GOODBYES


def _gave_up(conversation: Conversation, tail: Seen) -> bool:
    return conversation.superseded_ns is not None and conversation.superseded_ns > tail.time_ns + 10**9


def _refusal(
    conversation: Conversation, found: LaterExchange, refuser: int, informationals: Iterable[int]
) -> int | None:
    """Find an encrypted informational in place of QM2 or T2: from the right peer, at once, unanswered.

    A keepalive (RFC 3706) is answered with a message of the same size and refuses nothing; nor does a message
    that a key opened and that has no error in it, nor a delete in place of T2.
    """
    seen = conversation.seen
    for index in informationals:
        message = seen[index]
        if message.sender != refuser or index < found.indexes[0] or message.copy_of >= 0:
            continue
        inside = message.inside
        ends = found.kind == "transaction" and inside is not None and inside.deletes
        if inside is not None and not ends and not any(map(is_error, inside.notices)):
            continue
        before = max(i for i in found.indexes if i < index)
        if not 0 <= message.time_ns - seen[before].time_ns <= REFUSAL_NS:
            continue
        answers = [
            i for i in informationals
            if seen[i].sender != refuser and i > index and seen[i].wire_bytes == message.wire_bytes
            and seen[i].time_ns - message.time_ns < REFUSAL_NS
        ]  # fmt: skip
        if _says_goodbye(conversation, found, refuser):
            return None
        if not answers or _ends_it_all(conversation, answers[0], refuser):
            return index
    return None


def _ends_it_all(conversation: Conversation, index: int, refuser: int) -> bool:
    """Whether what looks like the answer to a keepalive is the delete that answers a refusal.

    Who was refused gives up the SA; whose keepalive was answered goes on. In an SA that had a tunnel before,
    both may be deletes.
    """
    seen = conversation.seen
    had_tunnel = any(s.sender == refuser and s.exchange == QUICK for s in seen)
    waited = conversation.watched_until_ns - seen[index].time_ns
    is_over = waited >= ENOUGH_NS or conversation.superseded_ns is not None
    return index == len(seen) - 1 and is_over and not had_tunnel

"""Facts against a report: every difference as a value, and nothing about how it is shown."""

from collections.abc import Iterable
from functools import reduce
from typing import Any, Final

from msgspec import Struct

from ikepcap.facts.file import Facts, Stated, StatedConversation, Value
from ikepcap.facts.table import CAPTURE, CONVERSATION, EXCHANGE, EXCHANGES, FAULTS, LISTED, Fact
from ikepcap.report.model import Conversation, Report

NUMBER: Final = "number of conversations"


class Difference(Struct, frozen=True):
    """One fact that does not hold."""

    fact: str
    stated: Value
    observed: Value
    conversation: int | None = None
    """Its place among the conversations, from 1; None where the fact is about the whole capture."""


def differences(facts: Facts, report: Report, sha256: str | None = None) -> tuple[Difference, ...]:
    """Return what facts state and a report does not show, in the order of the file.

    Args:
        facts: what is stated.
        report: what the analysis of the capture concluded; messages are not looked at.
        sha256: of the capture, where the facts are to be about that very file.
    """
    found: list[Difference] = []
    if sha256 is not None and facts.sha256 not in (None, sha256):
        found.append(Difference("sha256 of the capture", facts.sha256, sha256))
    found += _compared(facts.capture, report, CAPTURE)
    if facts.conversations is None:
        return tuple(found)
    stated, seen = len(facts.conversations), len(report.conversations)
    if stated != seen:
        # Beyond a missing one every other would be compared with its neighbour.
        return (*found, Difference(NUMBER, stated, seen))
    pairs = zip(facts.conversations, report.conversations, strict=True)
    for number, (one, conversation) in enumerate(pairs, 1):
        found += of_conversation(one, conversation, number)
    return tuple(found)


def of_conversation(
    stated: StatedConversation, conversation: Conversation, number: int | None = None
) -> Iterable[Difference]:
    """Yield what is stated of one conversation and does not hold."""
    yield from _compared(stated.facts, conversation, CONVERSATION, conversation=number)
    if stated.exchanges is None:
        return
    listed = [exchange for exchange in conversation.exchanges if exchange.kind in LISTED]
    if len(listed) != len(stated.exchanges):
        kinds = tuple(exchange.kind for exchange in listed)
        wanted = tuple(str(one.get("kind", "any")) for one in stated.exchanges)
        yield Difference(f"{EXCHANGES}s", wanted, kinds, number)
        return
    for place, (one, exchange) in enumerate(zip(stated.exchanges, listed, strict=True), 1):
        yield from _compared(one, exchange, EXCHANGE, f"{EXCHANGES} {place} ", number)


def value_of(subject: object, fact: Fact) -> Value:
    """Return what a conversation, an exchange or a report says on a fact."""
    found: Any = reduce(_follow, fact.where.split("."), subject)
    if fact.type != "codes":
        value: Value = found
        return value
    return tuple(sorted(one.code for one in found if fact.name not in FAULTS or one.severity == "fault"))


def _holds(fact: Fact, stated: Value, observed: Value, subject: object) -> bool:
    """Tell whether a fact holds by its rule."""
    if fact.rule == "among" and isinstance(stated, tuple) and isinstance(observed, tuple):
        return bool(observed) and set(observed) <= set(stated)
    if stated == observed or fact.rule == "is":
        return stated == observed
    if fact.rule == "is-or-unknown":
        return observed == "unknown"
    return bool(_follow(_follow(subject, fact.where.partition(".")[0]), "certainty") != "proven")


def _follow(value: Any, name: str) -> Any:
    return value.get(name) if isinstance(value, dict) else getattr(value, name)


def _compared(
    stated: Stated,
    subject: object,
    table: tuple[Fact, ...],
    before: str = "",
    conversation: int | None = None,
) -> Iterable[Difference]:
    for fact in table:
        if fact.name in stated:
            observed = value_of(subject, fact)
            if not _holds(fact, stated[fact.name], observed, subject):
                yield Difference(before + fact.name, stated[fact.name], observed, conversation)

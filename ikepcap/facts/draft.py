"""First facts of a capture: what the program concluded, for a person to confirm or to correct."""

import json
from collections.abc import Iterator
from pathlib import Path

from ikepcap.facts.difference import value_of
from ikepcap.facts.file import Stated, Value
from ikepcap.facts.table import CAPTURE, CONVERSATION, EXCHANGE, EXCHANGES, LISTED, NONE, Fact
from ikepcap.renderers.text import printable
from ikepcap.report.model import Conversation, Report

_LEFT_OUT = frozenset({"faults", "fault_among", "initiator_real", "responder_real", "near"})
"""`findings` say more than faults; what else is known of a peer, the capture does not say."""
_TEXT_LIMIT = 300


def draft(report: Report, capture: Path, sha256: str) -> Iterator[str]:
    """Yield the lines of a file of facts that holds for this report, marked as not yet reviewed."""
    yield "# What ikepcap concluded from the capture. A fact is what you know, not what it says: correct"
    yield "# what is wrong, delete what you do not care about, then delete the line `reviewed = false`."
    if not report.conversations:
        yield "conversation = []"
    yield "[source]"
    yield f"origin = {text(f'{capture.name}; say where and when it was captured, and of what')}"
    yield 'licence = "say who may have it"'
    yield f"sha256 = {text(sha256)}"
    yield "reviewed = false"
    yield ""
    yield "[capture]"
    yield from _lines(report, CAPTURE)
    for conversation in report.conversations:
        yield ""
        yield from _conversation_lines(conversation)


def _conversation_lines(conversation: Conversation) -> Iterator[str]:
    yield "[[conversation]]"
    yield f"# {printable(conversation.summary, _TEXT_LIMIT)}"
    yield from _lines(conversation, CONVERSATION)
    listed = [exchange for exchange in conversation.exchanges if exchange.kind in LISTED]
    if not listed:
        yield f"{EXCHANGES} = []"
    for exchange in listed:
        yield f"[[conversation.{EXCHANGES}]]"
        yield from _lines(exchange, EXCHANGE)


def fact_lines(facts: Stated) -> Iterator[str]:
    """Yield facts as TOML."""
    for name, value in facts.items():
        yield f"{name} = {_written(value)}"


def _lines(subject: object, table: tuple[Fact, ...]) -> Iterator[str]:
    for fact in table:
        value = value_of(subject, fact)
        if fact.name not in _LEFT_OUT and not (value is None and fact.type == "flag"):
            yield f"{fact.name} = {_written(value)}"


def _written(value: Value) -> str:
    """Return a value as TOML."""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, int):
        return str(value)
    if isinstance(value, tuple):
        return f"[{', '.join(map(text, value))}]"
    return text(NONE if value is None else value)


def text(words: str) -> str:
    """Return a text as TOML writes it: printable, so that JSON's escapes are TOML's."""
    return json.dumps(printable(words, _TEXT_LIMIT), ensure_ascii=False)

"""The report as JSON: names and order of the contract, one document or one conversation a line.

A conversation's keys come in the order of the contract, which is not the order of its type (a type has to
name optional fields last). Fields that the contract does not list come after those it lists.
"""

from collections.abc import Iterable, Iterator
from operator import attrgetter
from typing import Any, Final

import msgspec
from msgspec import UNSET
from msgspec.structs import replace

from ikepcap.report.model import Conversation, Report

_CONTRACT: Final = (
    "id",
    "initiator_cookie",
    "responder_cookie",
    "mode",
    "auth",
    "outcome",
    "summary",
    "last_message",
    "awaited_message",
    "silent_peer",
    "nat",
    "initiator",
    "responder",
    "chosen",
    "messages",
    "exchanges",
    "findings",
)
_ORDER: Final = (
    *_CONTRACT,
    *(name for name in Conversation.__struct_fields__ if name not in _CONTRACT),
)
BETWEEN: Final = b",\n    "
"""What stands between conversations in the document."""
_INDENT: Final = 2
_ordered: Final = attrgetter(*_ORDER)
_Ordered: Final = msgspec.defstruct("_Ordered", [(name, Any) for name in _ORDER], frozen=True, gc=False)
"""A conversation with its fields in the order of the contract."""


def render_json(report: Report, *, messages: bool = True) -> str:
    """Return the report as one indented document that ends with a newline."""
    return b"".join(json_chunks(report, messages=messages)).decode()


def json_chunks(report: Report, *, messages: bool = True) -> Iterator[bytes]:
    """Yield the pieces of `render_json`, one conversation each: a long report needs no second copy."""
    return json_document(report, (indented(one, messages=messages) for one in report.conversations))


def json_document(report: Report, conversations: Iterable[bytes]) -> Iterator[bytes]:
    """Yield the pieces of a report's document.

    Args:
        report: the rest of the report; the conversations in it, if any, are not looked at.
        conversations: in the order of the document, as `indented` returns them; several at a time have
            BETWEEN between them.
    """
    source = _clean_source(report)
    yield b'{\n  "schema": ' + _pretty(report.schema, 1)
    yield b',\n  "source": ' + _pretty(source, 1)
    yield b',\n  "vantage": ' + _pretty(report.vantage, 1)
    yield b',\n  "conversations": ['
    between = b"\n    "
    for conversation in conversations:
        yield between + conversation
        between = BETWEEN
    yield b"]" if between == b"\n    " else b"\n  ]"
    yield b',\n  "findings": ' + _pretty(report.findings, 1)
    yield b"\n}\n"


def conversation_line(conversation: Conversation, *, messages: bool = True) -> bytes:
    """Return one conversation as a line of NDJSON: the document's object with `type` in front."""
    return b'{"type":"conversation",' + encoded(conversation, messages=messages)[1:] + b"\n"


def report_line(report: Report) -> bytes:
    """Return the last line of NDJSON: the document without its conversations, `type` in front."""
    rest = {
        "type": "report",
        "schema": report.schema,
        "source": _clean_source(report),
        "vantage": report.vantage,
        "findings": report.findings,
    }
    return msgspec.json.encode(rest) + b"\n"


def render_ndjson(report: Report, *, messages: bool = True) -> str:
    """Return a finished report as NDJSON: its conversations in order, then the line about the whole."""
    lines: Iterable[bytes] = (conversation_line(c, messages=messages) for c in report.conversations)
    return b"".join((*lines, report_line(report))).decode()


def indented(conversation: Conversation, *, messages: bool = True) -> bytes:
    """Return one conversation as it stands in the document."""
    return _indented(encoded(conversation, messages=messages), 2)


def encoded(conversation: Conversation, *, messages: bool = True) -> bytes:
    """Return one conversation as JSON in a line, its fields in the order of the contract."""
    if not messages and conversation.messages is not UNSET:
        conversation = replace(conversation, messages=UNSET)
    return msgspec.json.encode(_Ordered(*_ordered(conversation)))


def _pretty(value: object, depth: int) -> bytes:
    """Return a value indented as it stands `depth` levels down."""
    return _indented(msgspec.json.encode(value), depth)


def _indented(line: bytes, depth: int) -> bytes:
    """Indent JSON as it stands `depth` levels down: so deep in lists, which are then taken off again."""
    text = msgspec.json.format(b"[" * depth + line + b"]" * depth, indent=_INDENT)
    before = sum(len("[\n") + _INDENT * (level + 1) for level in range(depth))
    after = sum(len("\n]") + _INDENT * level for level in range(depth))
    return text[before : len(text) - after]


def _clean_source(report: Report) -> object:
    """Return the source with file names that are no valid Unicode made so: JSON cannot hold them."""
    source = report.source
    files = tuple(replace(file, name=_unicode(file.name)) for file in source.files)
    return replace(source, name=_unicode(source.name), files=files)


def _unicode(name: str) -> str:
    """Return a file name with the octets that are no UTF-8 (PEP 383) written out."""
    return name.encode("utf-8", "backslashreplace").decode()

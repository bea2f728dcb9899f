"""The report as JSON: names and order of the contract, one document or one conversation a line.

A conversation's keys come in the order of the contract, which is not the order of its type (a type has to
name optional fields last). Fields that the contract does not list come after those it lists.
"""

from collections.abc import Iterable, Iterator
from typing import Final

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
_INDENT: Final = 2


def render_json(report: Report, *, messages: bool = True) -> str:
    """Return the report as one indented document that ends with a newline."""
    return b"".join(json_chunks(report, messages=messages)).decode()


def json_chunks(report: Report, *, messages: bool = True) -> Iterator[bytes]:
    """Yield the pieces of `render_json`, one conversation each: a long report needs no second copy."""
    source = _clean_source(report)
    yield b'{\n  "schema": ' + _pretty(report.schema, 1)
    yield b',\n  "source": ' + _pretty(source, 1)
    yield b',\n  "vantage": ' + _pretty(report.vantage, 1)
    yield b',\n  "conversations": ['
    between = b"\n    "
    for conversation in report.conversations:
        yield between + _pretty(_fields(conversation, messages), 2)
        between = b",\n    "
    yield b"\n  ]" if report.conversations else b"]"
    yield b',\n  "findings": ' + _pretty(report.findings, 1)
    yield b"\n}\n"


def conversation_line(conversation: Conversation, *, messages: bool = True) -> bytes:
    """Return one conversation as a line of NDJSON: the document's object with `type` in front."""
    return msgspec.json.encode({"type": "conversation", **_fields(conversation, messages)}) + b"\n"


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


def _fields(conversation: Conversation, messages: bool) -> dict[str, object]:
    """Return the fields in the order of the contract, without what is left out."""
    values = ((name, getattr(conversation, name)) for name in _ORDER)
    return {n: value for n, value in values if value is not UNSET and (messages or n != "messages")}


def _pretty(value: object, depth: int) -> bytes:
    """Return a value indented as it stands `depth` levels down; strings in JSON hold no line break."""
    text = msgspec.json.format(msgspec.json.encode(value), indent=_INDENT)
    return text.replace(b"\n", b"\n" + b" " * _INDENT * depth)


def _clean_source(report: Report) -> object:
    """Return the source with file names that are no valid Unicode made so: JSON cannot hold them."""
    source = report.source
    files = tuple(replace(file, name=_unicode(file.name)) for file in source.files)
    return replace(source, name=_unicode(source.name), files=files)


def _unicode(name: str) -> str:
    """Return a file name with the octets that are no UTF-8 (PEP 383) written out."""
    return name.encode("utf-8", "backslashreplace").decode()

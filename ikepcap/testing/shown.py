"""What is printed of a message, in every way there is, and whether it is harmless.

A message may hold anything. What is printed of it steers no terminal, becomes no markup, looks like nothing
else, comes to an end, and keeps passwords to itself. This is how tests and the fuzz run see to it.
"""

import json
import re
from collections.abc import Iterable, Iterator
from typing import Final, Literal

from msgspec import Struct

from ikepcap.api import render
from ikepcap.capture.datagram import Datagram
from ikepcap.renderers.fields import fields
from ikepcap.renderers.jsonout import render_ndjson
from ikepcap.renderers.ladder import ladder_lines
from ikepcap.renderers.layer import MAX_LINE, layer_lines
from ikepcap.renderers.listing import listing_lines
from ikepcap.renderers.messages import Keyed, message_document, message_lines
from ikepcap.renderers.page import Page, cells
from ikepcap.renderers.tree import MIN_WIDTH
from ikepcap.report.model import Report
from ikepcap.wire.context import Context
from ikepcap.wire.message import Message

MAX_WORD: Final = 2_000
"""Characters of a word that is not broken."""
MAX_FIXED: Final = 400_000
"""Characters of any view, besides those that each octet of the message adds."""
MAX_PER_OCTET: Final = 16
"""Its digits, its place in a dump, and what surrounds it."""

_STEERS: Final = re.compile(
    "[\0-\x1f\x7f-\x9f\xad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u2028-\u202e"
    "\u2060-\u206f\u3164\ud800-\udfff\ufe00-\ufe0f\ufeff\uffa0\ufff0-\ufffb\U000e0000-\U000e0fff]"
)
"""Controls of both sets, what turns the direction of text or breaks lines, surrogates, what has no ink."""
_CODE: Final = re.compile(r"`[^`]*`")
_ESCAPED: Final = re.compile(r"\\[!-/:-@\[-`{-~]")
_OWN_MARKUP: Final = re.compile(r"^(#{1,3} |(  )?- (\[ \] )?(\*\*[\w ]+\*\*: )?|\*\*(?=.*\*\*$)|\|(---\|)*)")
"""What the renderer itself begins a line with."""
_MARKUP: Final = re.compile(r"[`<>&*_~$]|\]\(|\[[^\]]*\]|!\[|://|www\.|@\w|^\s{4}|^[#=+-]")


class View(Struct, frozen=True):
    """Something printed."""

    name: str
    text: str
    kind: Literal["text", "json", "ndjson", "markdown"] = "text"
    width: int | None = None
    """Cells that no line may exceed."""


def message_views(message: Message, *, width: int = 80, scapy: bool = True) -> Iterator[View]:
    """Yield what `ikepcap show` prints of a message.

    Args:
        message: as parsed.
        width: columns to stay within.
        scapy: with `--scapy`, which takes longer than all the rest.
    """
    ends = (bytes((192, 0, 2, 1)), 500, bytes((198, 51, 100, 7)), 500)
    datagram = Datagram(1, 0, *ends, message.data, len(message.data), False, 64, 0)
    page = Page(width=width)
    width = max(width, MIN_WIDTH)
    tree = fields(message)
    in_full = message_lines(datagram, message, tree, page, hex_dump=True)
    yield View("show --hex", "\n".join(in_full), width=width)
    yield View("show --list", "\n".join(listing_lines([(datagram, message, Context())], page)), width=width)
    document = message_document([(datagram, message, tree, (), Keyed())])
    yield View("show --format json", b"".join(document).decode(), "json")
    if scapy:
        yield View("show --scapy", "\n".join(layer_lines(message)), width=MAX_LINE)


def report_views(report: Report, *, width: int = 80) -> Iterator[View]:
    """Yield what `ikepcap analyze` prints."""
    yield View("text", render(report, "text", width=width), width=MAX_WORD + width)
    yield View("markdown", render(report, "markdown"), "markdown")
    yield View("json", render(report, "json"), "json")
    yield View("ndjson", render_ndjson(report), "ndjson")
    page = Page(width=width)
    for conversation in report.conversations:
        yield View("ladder", "\n".join(ladder_lines(page, conversation)), width=MAX_WORD + width)


def harms(view: View, octets: int, secrets: Iterable[bytes] = ()) -> Iterator[str]:
    """Yield what is wrong with something printed: nothing, whatever was captured.

    Args:
        view: what was printed.
        octets: how many there were to print.
        secrets: what must not be seen, neither as text nor in hex.
    """
    limit = MAX_FIXED + MAX_PER_OCTET * octets
    if len(view.text) > limit:
        yield f"{view.name}: {len(view.text)} characters of {octets} octets"
    lines = view.text.split("\n")
    if not (view.text.isascii() and "".join(lines).isprintable()):
        yield from (f"{view.name}: {ascii(line)[:200]}" for line in lines if _STEERS.search(line))
    if view.width is not None:
        wide = (line for line in lines if cells(line) > view.width)
        yield from (f"{view.name}: wider than {view.width}: {line[:200]!r}" for line in wide)
    if view.kind in ("json", "ndjson"):
        yield from _broken_json(view)
    elif view.kind == "markdown":
        yield from _markup(view.name, lines)
    for secret in secrets:
        for form in (secret.decode(), secret.hex(), secret.hex(" ")):
            if form in view.text:
                yield f"{view.name}: shows {form!r}"


def _broken_json(view: View) -> Iterator[str]:
    try:
        for document in [view.text] if view.kind == "json" else view.text.splitlines():
            json.loads(document)
    except ValueError as error:
        yield f"{view.name}: {error}"


def _markup(name: str, lines: list[str]) -> Iterator[str]:
    """Yield lines of Markdown with markup that the renderer did not put there."""
    bars = 0
    for line in lines:
        text = _ESCAPED.sub("", _CODE.sub("", line))
        found = text.count("|")
        if found and bars and found != bars:
            yield f"{name}: {found} bars in a table with {bars}: {line[:200]!r}"
        bars = found
        text = _OWN_MARKUP.sub("", text).removesuffix("**")
        if _MARKUP.search(text):
            yield f"{name}: markup in {line[:300]!r}"

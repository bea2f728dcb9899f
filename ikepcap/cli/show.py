"""`ikepcap show`: one message field by field, or all messages a line each."""

from collections.abc import Iterator
from typing import TYPE_CHECKING, Final

import click

from ikepcap.cli.options import check_inputs, key_options, key_ring
from ikepcap.cli.options import cookie as cookie_digits
from ikepcap.cli.output import is_ascii_only, terminal_width, text_bytes, wants_color, write
from ikepcap.cli.progress import Progress
from ikepcap.errors import IkepcapError
from ikepcap.renderers.text import printable

if TYPE_CHECKING:
    from ikepcap.api import FramedMessage
    from ikepcap.keys.ring import KeyRing
    from ikepcap.opening import OpenedMessage
    from ikepcap.renderers.page import Page

_HELP: Final = """Print messages of CAPTURE field by field, with offsets and defects.

Without --frame it lists all ISAKMP messages, one a line: frame, time (UTC), ends, initiator cookie,
exchange, payloads, defects. '-' is standard input.

\b
  ikepcap show branch.pcapng
  ikepcap show branch.pcapng --cookie 374f90db
  ikepcap show branch.pcapng --frame 12 --frame 14 --hex
  ikepcap show branch.pcapng --frame 12 --keys charon.log
"""

_EPILOG: Final = """\b
Exit status:
  0  printed
  2  wrong usage, an input that cannot be read, a frame without a message"""


@click.command(help=_HELP, epilog=_EPILOG, short_help="Print one message field by field, or list all.")
@click.argument("captures", nargs=-1, required=True, type=click.Path(), metavar="CAPTURE...")
@click.option(
    "--frame",
    "numbers",
    type=click.IntRange(min=1),
    metavar="N",
    multiple=True,
    help="Print the message of this frame, as Wireshark counts; repeatable.",
)
@click.option("--hex", "hex_", is_flag=True, help="Add the bytes.")
@click.option(
    "--cookie",
    callback=cookie_digits,
    metavar="HEX",
    help="List only those with a cookie that begins so.",
)
@click.option(
    "--width",
    type=click.IntRange(min=40),
    metavar="COLUMNS",
    help="Width of text, 40 or more; otherwise that of the terminal.",
)
@click.option(
    "--color", type=click.Choice(["auto", "always", "never"]), default="auto", help="Colour of the list."
)
@key_options
@click.option("--secrets", is_flag=True, help="Show passwords that decrypted messages hold.")
@click.pass_context
def show(
    ctx: click.Context,
    captures: tuple[str, ...],
    numbers: tuple[int, ...],
    hex_: bool,
    cookie: str,
    width: int | None,
    color: str,
    key_files: tuple[str, ...],
    psk_files: tuple[str, ...],
    secrets: bool,
) -> None:
    """Print messages; the help is in `_HELP`."""
    check_inputs(captures)
    if hex_ and not numbers:
        raise click.UsageError("--hex goes with --frame", ctx)
    from ikepcap.renderers.page import Page

    page = Page(
        width=width or terminal_width(None), color=wants_color(color, None), ascii_only=is_ascii_only(None)
    )
    ring = key_ring(key_files, psk_files)
    lines: Iterator[str]
    if numbers:
        lines = iter(_in_full(captures, numbers, page, ring, hex_=hex_, secrets=secrets))
    else:
        lines = _or_a_word(_listed(captures, cookie, page, ring), captures)
    write(text_bytes(lines, None), None)


def _or_a_word(lines: Iterator[str], captures: tuple[str, ...]) -> Iterator[str]:
    """Yield lines; where there are none, say so on standard error instead of nothing at all."""
    first = next(lines, None)
    if first is None:
        click.echo(f"ikepcap: {printable(captures[0], 200)}: no such ISAKMP message", err=True)
        return
    yield first
    yield from lines


def _in_full(
    captures: tuple[str, ...],
    numbers: tuple[int, ...],
    page: "Page",
    ring: "KeyRing | None",
    *,
    hex_: bool,
    secrets: bool,
) -> list[str]:
    """Return the messages of some frames as text, all of them or none."""
    from ikepcap.renderers.fields import render_message
    from ikepcap.renderers.listing import heading_lines

    found: dict[int, list[FramedMessage | OpenedMessage]] = {number: [] for number in numbers}
    missing = set(found)
    with Progress() as progress:
        for framed in _messages(captures, ring, progress):
            number = framed.datagram.frame
            if number in found:
                found[number].append(framed)
                missing.discard(number)
            elif not missing:
                break
    if missing:
        raise IkepcapError(_nothing_there(captures, sorted(missing)))
    lines: list[str] = []
    for framed in (one for number in found for one in found[number]):
        lines += ("",) if lines else ()
        lines += heading_lines(framed.datagram, page)
        lines += _what_keys_say(framed, page) if ring is not None else ()
        text = render_message(framed.message, width=page.width, hex_dump=hex_, show_secrets=secrets)
        lines += text.splitlines()
    return lines


def _messages(
    captures: tuple[str, ...], ring: "KeyRing | None", progress: Progress | None = None
) -> "Iterator[FramedMessage] | Iterator[OpenedMessage]":
    """Return all messages, opened where there are keys."""
    from ikepcap import api

    if ring is None:
        return api.messages(captures, progress=progress)
    from ikepcap.opening import Opening

    return iter(Opening(captures, ring, progress=progress))


def _what_keys_say(framed: "FramedMessage | OpenedMessage", page: "Page") -> Iterator[str]:
    """Yield how a message was opened, or why not, and what was verified."""
    from ikepcap.keys.decryptor import is_regular
    from ikepcap.opening import OpenedMessage, check_text

    if not isinstance(framed, OpenedMessage):
        return
    if framed.plaintext is not None:
        how = f"decrypted with the key {framed.plaintext.key}; IV: {framed.plaintext.vector}"
        if not is_regular(framed.plaintext):
            how += ", which is not the one of RFC 2409"
        yield from page.prose(how, 0)
    elif framed.refusal is not None:
        yield from page.prose(f"not decrypted: {framed.refusal.why}", 0)
    for check in framed.checks:
        yield from page.prose(check_text(check), 0)


def _nothing_there(captures: tuple[str, ...], missing: list[int]) -> str:
    """Return what to do about frames without a message."""
    which = ", ".join(map(str, missing[:5]))
    plural = "frames" if len(missing) > 1 else "frame"
    holds = "hold" if len(missing) > 1 else "holds"
    name = captures[0]
    return f"{name}: {plural} {which} {holds} no ISAKMP message; 'ikepcap show {name}' lists those that do"


def _listed(captures: tuple[str, ...], cookie: str, page: "Page", ring: "KeyRing | None") -> Iterator[str]:
    """Return all messages a line each, as they are read."""
    from ikepcap.renderers.listing import listing_lines

    wanted = (framed for framed in _messages(captures, ring) if _has_cookie(framed, cookie))
    return listing_lines(((framed.datagram, framed.message) for framed in wanted), page)


def _has_cookie(framed: "FramedMessage | OpenedMessage", prefix: str) -> bool:
    """Whether either cookie of a message begins with these digits."""
    cookies = (framed.message.initiator_cookie, framed.message.responder_cookie)
    return any(cookie.hex().startswith(prefix) for cookie in cookies)

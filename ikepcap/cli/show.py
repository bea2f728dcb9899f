"""`ikepcap show`: one message field by field, or all messages a line each."""

from collections.abc import Iterator
from typing import TYPE_CHECKING, Final

import click

from ikepcap.cli.options import check_inputs
from ikepcap.cli.options import cookie as cookie_digits
from ikepcap.cli.output import is_ascii_only, terminal_width, text_bytes, wants_color, write
from ikepcap.cli.progress import Progress
from ikepcap.errors import IkepcapError
from ikepcap.renderers.text import printable

if TYPE_CHECKING:
    from ikepcap.api import FramedMessage
    from ikepcap.renderers.page import Page

_HELP: Final = """Print messages of CAPTURE field by field, with offsets and defects.

Without --frame it lists all ISAKMP messages, one a line: frame, time (UTC), ends, initiator cookie,
exchange, payloads, defects. '-' is standard input.

\b
  ikepcap show branch.pcapng
  ikepcap show branch.pcapng --cookie 374f90db
  ikepcap show branch.pcapng --frame 12 --frame 14 --hex
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
@click.option("--scapy", "scapy_", is_flag=True, help="Print the message as Scapy shows it.")
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
@click.pass_context
def show(
    ctx: click.Context,
    captures: tuple[str, ...],
    numbers: tuple[int, ...],
    hex_: bool,
    scapy_: bool,
    cookie: str,
    width: int | None,
    color: str,
) -> None:
    """Print messages; the help is in `_HELP`."""
    check_inputs(captures)
    if hex_ and not numbers:
        raise click.UsageError("--hex goes with --frame", ctx)
    if scapy_ and not numbers:
        raise click.UsageError("--scapy goes with --frame", ctx)
    if scapy_ and hex_:
        raise click.UsageError("--scapy has no offsets for --hex to go with", ctx)
    from ikepcap.renderers.page import Page

    page = Page(
        width=width or terminal_width(None), color=wants_color(color, None), ascii_only=is_ascii_only(None)
    )
    lines: Iterator[str]
    if numbers:
        lines = iter(_in_full(captures, numbers, page, hex_=hex_, scapy_=scapy_))
    else:
        lines = _or_a_word(_listed(captures, cookie, page), captures)
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
    captures: tuple[str, ...], numbers: tuple[int, ...], page: "Page", *, hex_: bool, scapy_: bool
) -> list[str]:
    """Return the messages of some frames as text, all of them or none."""
    from ikepcap import api
    from ikepcap.renderers.fields import render_message
    from ikepcap.renderers.layer import layer_lines
    from ikepcap.renderers.listing import heading_lines

    found: dict[int, list[FramedMessage]] = {number: [] for number in numbers}
    missing = set(found)
    with Progress() as progress:
        for framed in api.messages(captures, progress=progress):
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
        if scapy_:
            lines += layer_lines(framed.message)
            continue
        lines += render_message(framed.message, width=page.width, hex_dump=hex_).splitlines()
    return lines


def _nothing_there(captures: tuple[str, ...], missing: list[int]) -> str:
    """Return what to do about frames without a message."""
    which = ", ".join(map(str, missing[:5]))
    plural = "frames" if len(missing) > 1 else "frame"
    holds = "hold" if len(missing) > 1 else "holds"
    name = captures[0]
    return f"{name}: {plural} {which} {holds} no ISAKMP message; 'ikepcap show {name}' lists those that do"


def _listed(captures: tuple[str, ...], cookie: str, page: "Page") -> Iterator[str]:
    """Return all messages a line each, as they are read."""
    from ikepcap import api
    from ikepcap.renderers.listing import listing_lines

    wanted = (framed for framed in api.messages(captures) if _has_cookie(framed, cookie))
    return listing_lines(((framed.datagram, framed.message) for framed in wanted), page)


def _has_cookie(framed: "FramedMessage", prefix: str) -> bool:
    """Whether either cookie of a message begins with these digits."""
    cookies = (framed.message.initiator_cookie, framed.message.responder_cookie)
    return any(cookie.hex().startswith(prefix) for cookie in cookies)

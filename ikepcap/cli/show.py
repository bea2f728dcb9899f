"""`ikepcap show`: messages field by field, or a line each."""

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Final, Unpack

import click

from ikepcap.cli.options import KeyOptions, check_inputs, key_options, key_ring, page_options
from ikepcap.cli.options import cookie as cookie_digits
from ikepcap.cli.output import page_for, text_bytes, write
from ikepcap.cli.progress import Progress
from ikepcap.errors import IkepcapError
from ikepcap.renderers.text import printable

if TYPE_CHECKING:
    from ikepcap.api import FramedMessage
    from ikepcap.cli.following import Shown
    from ikepcap.opening import OpenedMessage
    from ikepcap.renderers.page import Page

_HELP: Final = """Print the ISAKMP messages of CAPTURE field by field, with offsets and defects.

Offsets count from the ISAKMP header; times are UTC. IKE fragments are shown as they are, and what they make
after the last of them. '-' is standard input.

\b
  ikepcap show branch.pcapng                     every message
  ikepcap show branch.pcapng --list              every message on a line
  ikepcap show branch.pcapng --frame 12 --hex    one, with its octets
  ikepcap show branch.pcapng --conversation 3    #3 of 'ikepcap branch.pcapng'
  ikepcap show branch.pcapng --cookie 374f90db   a cookie that begins so
  ikepcap show branch.pcapng --keys charon.log   decrypted
"""

_EPILOG: Final = """\b
Exit status:
  0  printed
  2  wrong usage, an input that cannot be read, a frame without a message,
     no such negotiation"""

_NAMED: Final = 3
"""Frames without a message that are told of one by one."""


class Options(KeyOptions):
    """The options as click names them."""

    numbers: tuple[int, ...]
    conversation: int | None
    cookie: str
    list_: bool
    hex_: bool
    scapy_: bool
    format_: str
    show_secrets: bool
    width: int | None
    color: str


@click.command(help=_HELP, epilog=_EPILOG, short_help="Print messages field by field, or list them.")
@click.argument("captures", nargs=-1, required=True, type=click.Path(), metavar="CAPTURE...")
@click.option(
    "--frame",
    "numbers",
    type=click.IntRange(min=1),
    metavar="N",
    multiple=True,
    help="Only the message of this frame, as Wireshark counts; repeatable.",
)
@click.option(
    "--conversation",
    type=click.IntRange(min=1),
    metavar="ID",
    help="Only this negotiation's, by its number in 'analyze'; reads files twice.",
)
@click.option(
    "--cookie", callback=cookie_digits, metavar="HEX", help="Only those with a cookie that begins so."
)
@click.option("--list", "-l", "list_", is_flag=True, help="A line for each instead of its fields.")
@click.option("--hex", "-x", "hex_", is_flag=True, help="Add the octets.")
@click.option("--scapy", "scapy_", is_flag=True, help="Print messages as Scapy shows them.")
@click.option(
    "--format",
    "format_",
    type=click.Choice(["text", "json"]),
    default="text",
    show_default=True,
    help="JSON has the same tree, uncut.",
)
@click.option("--show-secrets", is_flag=True, help="Show XAUTH passwords and their like.")
@page_options
@key_options
@click.pass_context
def show(ctx: click.Context, captures: tuple[str, ...], **options: Unpack[Options]) -> None:
    """Print messages; the help is in `_HELP`."""
    check_inputs(captures)
    as_json = options["format_"] == "json"
    if options["list_"] and (as_json or options["hex_"]):
        raise click.UsageError("--list prints a line for each message: without --hex, and as text", ctx)
    if as_json and options["hex_"]:
        raise click.UsageError("--hex is for text; JSON has every field's octets or their meaning", ctx)
    if options["scapy_"] and (as_json or options["list_"] or options["hex_"]):
        raise click.UsageError("--scapy is a view of its own: without --hex, --list and --format json", ctx)
    if options["conversation"] is not None:
        _refuse_pipes(captures, ctx)
    with Progress() as progress:
        shown = _followed(captures, options, progress)
        if options["numbers"]:
            shown = iter(_asked_for(captures, shown, options["numbers"]))
    # What is printed as it is read would be mixed with a progress line, so there is none from here on.
    write(_document(shown, options) if as_json else _text(captures, shown, options), None)


def _refuse_pipes(captures: tuple[str, ...], ctx: click.Context) -> None:
    """Refuse what cannot be read a second time, as looking for a negotiation by its number needs."""
    from ikepcap.inputs import readable_once

    once = readable_once(captures)
    if once is not None:
        what = f"--conversation reads its input twice, and {once!r} can be read only once"
        raise click.UsageError(f"{what}; save it to a file first, or use --cookie", ctx)


def _followed(captures: tuple[str, ...], options: Options, progress: Progress) -> "Iterator[Shown]":
    """Return the messages that cookie and conversation let through, as they are read."""
    from ikepcap import api
    from ikepcap.cli.following import Follower

    ring = key_ring(options)
    takes = _taken(captures, options, progress)
    seen = progress if options["numbers"] else None
    if ring is None:
        framed = api.messages(captures, progress=seen, warn=_warn)
        return Follower().follow(one for one in framed if takes(one))
    # Keys see all messages: what opens one may be said in another.
    opened = api.messages(captures, progress=seen, keys=ring, warn=_warn)
    return Follower().follow_opened(one for one in opened if takes(one))


def _warn(sentence: str) -> None:
    """Say what was not read; not among the messages, where `--format json` has its document."""
    click.echo(f"ikepcap: {printable(sentence, 400)}", err=True)


class _Taken:
    """Whether a message is one of those asked for."""

    def __init__(self, cookie: str, frames: frozenset[int]) -> None:
        self._cookie = cookie
        self._frames = frames

    def __call__(self, framed: "FramedMessage | OpenedMessage") -> bool:
        message = framed.message
        cookies = (message.initiator_cookie, message.responder_cookie)
        if self._cookie and not any(cookie.hex().startswith(self._cookie) for cookie in cookies):
            return False
        return not self._frames or framed.datagram.frame in self._frames


def _taken(captures: tuple[str, ...], options: Options, progress: Progress) -> _Taken:
    """Return what to let through; a conversation is looked for first, which takes a reading of its own."""
    wanted = options["conversation"]
    if wanted is None:
        return _Taken(options["cookie"], frozenset())
    from ikepcap import api

    count = 0
    for conversation in api.conversations(captures, progress=progress):
        count += 1
        if conversation.id == wanted:
            listed = conversation.messages or ()
            frames = {line.frame for line in listed}.union(*(line.fragment_frames for line in listed))
            # A capture with very many messages is analysed without their list: the cookie is nearly as good.
            return _Taken("" if frames else conversation.initiator_cookie, frozenset(frames))
    has = f"has {count}" if count else "has none"
    message = f"{captures[0]}: no negotiation {wanted}, it {has}; 'ikepcap {captures[0]}' numbers them"
    raise IkepcapError(message)


def _asked_for(
    captures: tuple[str, ...], shown: "Iterator[Shown]", numbers: tuple[int, ...]
) -> "list[Shown]":
    """Return the messages of some frames in the order they were asked for, all of them or none."""
    found: dict[int, list[Shown]] = {number: [] for number in numbers}
    missing = set(found)
    near = dict.fromkeys(found, (0, 0))
    for one in shown:
        frame = one.datagram.frame
        if not missing and frame > max(found):
            break
        for number in missing:
            before, after = near[number]
            near[number] = (frame, after) if frame < number else (before, after or frame)
        for number in found.keys() & {frame, *one.datagram.fragment_frames}:
            found[number].append(one)
            missing.discard(number)
    if missing:
        raise IkepcapError(_nothing_there(captures, {number: near[number] for number in sorted(missing)}))
    return [one for number in found for one in found[number]]


def _nothing_there(captures: tuple[str, ...], missing: dict[int, tuple[int, int]]) -> str:
    """Return what is in frames that hold no message, and where the nearest one is."""
    held: dict[int, str] = {}
    if "-" not in captures:
        from ikepcap.capture.look import look
        from ikepcap.renderers.words import count

        said, frames = look(captures, missing)
        held = {number: f" but {what}" for number, what in said.items()}
        beyond = f", the capture has {count(frames, 'frame')}"
        held |= {number: beyond for number in missing if number > frames}
    told = [_told(number, held.get(number, ""), near) for number, near in list(missing.items())[:_NAMED]]
    if len(missing) > _NAMED:
        told.append(f"and {len(missing) - _NAMED} frames more without one")
    return f"{captures[0]}: {'; '.join(told)}; 'ikepcap show {captures[0]} --list' lists all messages"


def _told(number: int, held: str, near: tuple[int, int]) -> str:
    around = [str(frame) for frame in near if frame]
    verbs = "do are" if len(around) > 1 else "does is"
    nearest = f", the nearest that {verbs} {' and '.join(around)}" if around else ""
    return f"frame {number} holds no ISAKMP message{held}{nearest}"


def _document(shown: "Iterable[Shown]", options: Options) -> Iterator[bytes]:
    """Yield the JSON document."""
    from ikepcap.renderers.fields import fields
    from ikepcap.renderers.messages import message_document

    secrets = options["show_secrets"]
    return message_document(
        (
            one.datagram,
            one.message,
            fields(one.message, context=one.context, ends=one.ends, show_secrets=secrets),
            one.frames,
            one.keyed,
        )
        for one in shown
    )


def _text(captures: tuple[str, ...], shown: "Iterator[Shown]", options: Options) -> Iterator[bytes]:
    """Yield the messages as text, in full or a line each; where there are none, say so elsewhere."""
    page = page_for(None, options["color"], options["width"], whole_lines=options["list_"])
    lines = _listed(shown, page) if options["list_"] else _in_full(shown, page, options)
    first = next(lines, None)
    if first is None:
        what = "no such ISAKMP message" if options["cookie"] else "no ISAKMP message"
        click.echo(f"ikepcap: {printable(captures[0], 200)}: {what}", err=True)
        return
    yield from text_bytes([first], None)
    yield from text_bytes(lines, None)


def _listed(shown: "Iterable[Shown]", page: "Page") -> Iterator[str]:
    """Return messages a line each; what fragments make is none of its own here, unless a key opened it."""
    from ikepcap.renderers.listing import listing_lines

    lines = (one for one in shown if not one.frames or one.keyed.decrypted)
    return listing_lines(((one.datagram, one.message, one.context) for one in lines), page)


def _in_full(shown: "Iterable[Shown]", page: "Page", options: Options) -> Iterator[str]:
    """Yield messages field by field, an empty line between them."""
    from ikepcap.renderers.fields import fields
    from ikepcap.renderers.layer import layer_lines
    from ikepcap.renderers.listing import heading_lines
    from ikepcap.renderers.messages import keyed_lines, message_lines

    is_first = True
    for one in shown:
        if not is_first:
            yield ""
        is_first = False
        secrets = options["show_secrets"]
        if options["scapy_"]:
            yield from heading_lines(one.datagram, page, one.frames)
            yield from keyed_lines(one.keyed, page)
            yield from layer_lines(one.message, show_secrets=secrets, context=one.context)
            continue
        tree = fields(one.message, context=one.context, ends=one.ends, show_secrets=secrets)
        yield from message_lines(
            one.datagram,
            one.message,
            tree,
            page,
            frames=one.frames,
            keyed=one.keyed,
            hex_dump=options["hex_"],
        )

"""`ikepcap analyze`: read captures, say where each negotiation stands, exit with what that means."""

import gc
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import islice
from typing import TYPE_CHECKING, Final, Literal, Unpack

import click
from msgspec import UNSET
from msgspec.structs import astuple

from ikepcap.cli.options import (
    DIALECTS,
    KeyOptions,
    check_inputs,
    complete_outcomes,
    cookie,
    key_options,
    key_ring,
    networks,
    outcomes,
    page_options,
)
from ikepcap.cli.output import page_for, text_bytes, write
from ikepcap.cli.progress import Progress

if TYPE_CHECKING:
    from ipaddress import IPv4Network, IPv6Network

    from ikepcap import Report
    from ikepcap.renderers.selection import Choice
    from ikepcap.report.alike import Alike
    from ikepcap.report.model import Conversation
    from ikepcap.run import Conversations

_FAULT: Final = 1
_LINES: Final = 32
"""Written at a time: where conversations end before the capture does, there are many."""

_HELP: Final = """Say where each IKEv1 negotiation in CAPTURE stands.

pcap and pcapng, gzip, zstd or xz around either; '-' is standard input. Several files are read as one capture,
in the order given.

\b
  ikepcap analyze branch.pcapng
  ikepcap analyze branch.pcapng --peer 198.51.100.7 --as asa --ladder
  ikepcap analyze ring.pcap0 ring.pcap1 --outcome stalled,refused
  ikepcap analyze big.pcap --format json --no-messages -o report.json
  ikepcap analyze branch.pcapng --keys charon.log
  ikepcap analyze branch.pcapng --format markdown -o ticket.md
  ssh gate tcpdump -U -w - host 198.51.100.7 | ikepcap analyze -
"""

_EPILOG: Final = """\b
Exit status, judged on what the filters show:
  0  nothing wrong
  1  a negotiation stalled, was refused, or carries a fault
  2  wrong usage, or an input that cannot be read: one line on standard error"""


class Options(KeyOptions):
    """The options as the command line gives them."""

    format_: Literal["text", "markdown", "json", "ndjson"]
    output: str | None
    peers: "tuple[IPv4Network | IPv6Network, ...]"
    cookie: str
    outcomes: tuple[str, ...]
    dialect: str | None
    ladder: bool
    all_: bool
    no_messages: bool
    vantage: Literal["initiator", "responder", "between"] | None
    width: int | None
    color: Literal["auto", "always", "never"]


@click.command(help=_HELP, epilog=_EPILOG)
@click.argument("captures", nargs=-1, required=True, type=click.Path(), metavar="CAPTURE...")
@click.option(
    "--format",
    "format_",
    type=click.Choice(["text", "markdown", "json", "ndjson"]),
    default="text",
    show_default=True,
    help="text for people, markdown for a ticket, json as one document, ndjson as one negotiation a line "
    'while the reading goes on; its last line, "type": "report", is about the whole.',
)
@click.option(
    "-o", "--output", type=click.Path(), help="Write to this file, which appears when it is complete."
)
@click.option(
    "--peer",
    "peers",
    multiple=True,
    callback=networks,
    metavar="ADDRESS",
    help="Only negotiations with this address or network; repeatable.",
)
@click.option(
    "--cookie",
    callback=cookie,
    metavar="HEX",
    help="Only those with a cookie that begins so; colons may stay.",
)
@click.option(
    "--outcome",
    "outcomes",
    callback=outcomes,
    shell_complete=complete_outcomes,
    metavar="WORD[,WORD]",
    help="Only these outcomes: stalled, refused, in-progress, unknown, established, probe.",
)
@click.option(
    "--as",
    "dialect",
    type=click.Choice(DIALECTS),
    metavar="DIALECT",
    help=f"Name states as one of these does: {', '.join(DIALECTS)}. Otherwise each peer's own words, "
    "asa's where its software is not known.",
)
@click.option("--ladder", is_flag=True, help="Draw the messages of what is shown, and how far each peer was.")
@click.option("--all", "all_", is_flag=True, help="Show all that was found, however much.")
@click.option("--no-messages", is_flag=True, help="Leave the list of messages out of JSON and Markdown.")
@click.option(
    "--vantage",
    type=click.Choice(["initiator", "responder", "between"]),
    help="Next to whom the capture was taken, where you know it.",
)
@page_options
@key_options
@click.pass_context
def analyze(ctx: click.Context, captures: tuple[str, ...], **options: Unpack[Options]) -> None:
    """Analyse captures; the help is in `_HELP`."""
    from ikepcap.renderers.selection import Choice

    ctx.meta["ikepcap.word"] = captures[0]
    check_inputs(captures)
    if options["ladder"] and options["format_"] != "text":
        raise click.UsageError("--ladder is drawn in text; JSON has the same in 'messages'", ctx)
    choice = Choice(options["peers"], options["cookie"], options["outcomes"])
    run = {"text": _report, "markdown": _report, "json": _document, "ndjson": _stream}[options["format_"]]
    with _no_cycle_collection():
        at_fault = run(captures, choice, options)
    ctx.exit(_FAULT if at_fault else 0)


@contextmanager
def _no_cycle_collection() -> Iterator[None]:
    """Leave out the search for reference cycles: the analysis makes none, and looking costs a tenth of it."""
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_enabled:
            gc.enable()


def _report(captures: tuple[str, ...], choice: "Choice", options: Options) -> bool:
    """Write the whole report as text or Markdown; return whether what it shows is at fault."""
    from ikepcap import api
    from ikepcap.renderers.selection import has_fault, select

    messages = options["ladder"] or (options["format_"] == "markdown" and not options["no_messages"])
    with Progress() as progress:
        report = api.analyze(
            captures, keep_messages=messages, vantage=options["vantage"], progress=progress,
            second_process=True, keys=key_ring(options),
        )  # fmt: skip
    _say_if_none_fits(report, options)
    shown = select(report, choice)
    hidden = len(report.conversations) - len(shown.conversations)
    write(_text(shown, hidden, options), options["output"], inputs=captures)
    return has_fault(shown)


def _say_if_none_fits(report: "Report", options: Options) -> None:
    """Tell on standard error that given keys had nothing to do with anything in the capture."""
    given = options["key_files"] or options["psk_files"] or options["ask_psk"]
    if given and all(conversation.keys is UNSET for conversation in report.conversations):
        click.echo("ikepcap: no negotiation of the capture fits these keys", err=True)


def _conversations(captures: tuple[str, ...], options: Options, progress: Progress) -> "Conversations":
    """Return the conversations of captures as they end."""
    from ikepcap import api

    return api.conversations(
        captures, keep_messages=not options["no_messages"], vantage=options["vantage"], progress=progress,
        second_process=True, keys=key_ring(options),
    )  # fmt: skip


def _document(captures: tuple[str, ...], choice: "Choice", options: Options) -> bool:
    """Write the report as JSON, its conversations kept on disk; return whether what it shows is at fault."""
    from ikepcap.cli.spool import Spool
    from ikepcap.renderers.jsonout import BETWEEN, indented, json_document
    from ikepcap.renderers.selection import any_fault
    from ikepcap.renderers.stencil import Stencils

    messages = not options["no_messages"]
    at_fault = False
    stencils = Stencils(lambda conversation: indented(conversation, messages=messages))
    with Spool(BETWEEN) as spool:
        with Progress() as progress:
            run = _conversations(captures, options, progress)
            for conversation in _chosen(run, choice):
                piece, is_faulty = stencils.written(conversation)
                at_fault = at_fault or is_faulty
                spool.add(conversation.id, piece)
        report = run.report
        write(json_document(report, spool), options["output"], inputs=captures)
    return at_fault or any_fault(report.findings)


def _chosen(run: "Conversations", choice: "Choice") -> "Iterator[Conversation | Alike]":
    """Yield the conversations that are to be shown."""
    if any(astuple(choice)):
        return (conversation for conversation in run if choice.takes(conversation))
    return run.told()


def _text(report: "Report", hidden: int, options: Options) -> Iterator[bytes]:
    """Yield the report as text, painted and as wide as the terminal has it, or as Markdown."""
    from msgspec.structs import replace

    output = options["output"]
    page = replace(
        page_for(output, options["color"], options["width"], show_all=options["all_"]),
        dialect=options["dialect"],
    )
    if options["format_"] == "markdown":
        from ikepcap.renderers.markdown import markdown_lines

        return text_bytes(markdown_lines(report, page, hidden=hidden), output)
    from ikepcap.renderers.terminal import text_lines

    return text_bytes(text_lines(report, page, ladder=options["ladder"], hidden=hidden), output)


def _stream(captures: tuple[str, ...], choice: "Choice", options: Options) -> bool:
    """Write conversations as they end, then the line about the whole; return whether a fault was shown."""
    from ikepcap.renderers.jsonout import conversation_line, report_line
    from ikepcap.renderers.selection import any_fault
    from ikepcap.renderers.stencil import Stencils

    messages = not options["no_messages"]
    at_fault = False
    stencils = Stencils(lambda conversation: conversation_line(conversation, messages=messages))

    def lines() -> Iterator[bytes]:
        nonlocal at_fault
        with Progress() as progress:
            run = _conversations(captures, options, progress)
            for conversation in _chosen(run, choice):
                line, is_faulty = stencils.written(conversation)
                at_fault = at_fault or is_faulty
                progress.erase()
                yield line
        at_fault = at_fault or any_fault(run.report.findings)
        yield report_line(run.report)

    some = lines()
    blocks = iter(lambda: b"".join(islice(some, _LINES)), b"")
    write(blocks, options["output"], inputs=captures, whole=False)
    return at_fault

"""`ikepcap events`: what Windows would log of the failures in a capture, or did log beside it."""

from collections.abc import Iterator
from typing import TYPE_CHECKING, Final

import click

from ikepcap.cli.options import check_inputs, page_options
from ikepcap.cli.output import page_for, text_bytes, write
from ikepcap.cli.progress import Progress
from ikepcap.errors import IkepcapError

if TYPE_CHECKING:
    from ikepcap.events.model import Agreement, Expected

_DISAGREES: Final = 1

_HELP: Final = """Say what Windows would log of each failed negotiation in CAPTURE.

Records are those of the Windows Filtering Platform (FWPM_NET_EVENT_IKEEXT_MM_FAILURE1, QM_FAILURE0,
EM_FAILURE0), member by member; what the wire cannot know is null. With --netevents the events that a Windows
host exported are put beside the negotiations they belong to. '-' is standard input.

\b
  ikepcap events branch.pcapng --local 192.0.2.1
  ikepcap events branch.pcapng --format xml -o expected.xml
  netsh wfp show netevents file=host.xml        (on the host)
  ikepcap events branch.pcapng --netevents host.xml
"""

_EPILOG: Final = """\b
Exit status:
  0  printed; with --netevents all events agree with the capture
  1  an event disagrees with the capture, or belongs to nothing in it
  2  wrong usage, or an input that cannot be read"""


def _address(_ctx: click.Context, _param: click.Parameter, value: str | None) -> str | None:
    """Return an address in its usual form."""
    if value is None:
        return None
    from ipaddress import ip_address

    try:
        return str(ip_address(value.strip("[]")))
    except ValueError:
        raise click.BadParameter(f"{value!r} is no IP address; give one like 192.0.2.1") from None


@click.command(help=_HELP, epilog=_EPILOG, short_help="Say what Windows would log, or compare what it did.")
@click.argument("captures", nargs=-1, required=True, type=click.Path(), metavar="CAPTURE...")
@click.option(
    "--local",
    callback=_address,
    metavar="ADDRESS",
    help="Address of the Windows host, as captured; otherwise the records of both ends are given.",
)
@click.option(
    "--netevents",
    type=click.Path(),
    metavar="FILE",
    help="Events exported on a Windows host with 'netsh wfp show netevents'.",
)
@click.option(
    "--format",
    "format_",
    type=click.Choice(["text", "json", "xml"]),
    default="text",
    show_default=True,
    help="xml has the records that Windows would log, in the shape of its own export.",
)
@click.option("-o", "--output", type=click.Path(), help="Write to this file.")
@page_options
@click.pass_context
def events(
    ctx: click.Context,
    captures: tuple[str, ...],
    local: str | None,
    netevents: str | None,
    format_: str,
    output: str | None,
    width: int | None,
    color: str,
) -> None:
    """Print records; the help is in `_HELP`."""
    check_inputs(captures)
    if netevents is not None and format_ == "xml":
        raise click.UsageError("--format xml has what Windows would log; compare in text or json", ctx)
    records, compared = _records(captures, local, netevents)
    write(_rendered(captures, records, compared, (format_, output, width, color)), output, inputs=captures)
    if any(one.disagrees or one.side is None for one in compared or ()):
        ctx.exit(_DISAGREES)


def _records(
    captures: tuple[str, ...], local: str | None, netevents: str | None
) -> "tuple[list[Expected], list[Agreement] | None]":
    """Return what Windows would log, and what it did log compared with it."""
    from ikepcap import api
    from ikepcap.events.clear import Watcher
    from ikepcap.events.collect import expected_records
    from ikepcap.events.match import agreements
    from ikepcap.events.netevents import MAX_BYTES, read_netevents

    logged = None
    if netevents is not None:
        logged = read_netevents(_content(netevents, MAX_BYTES), netevents)
    watcher = Watcher()
    with Progress() as progress:
        run = api.conversations(captures, keep_messages=False, watch=watcher, progress=progress)
        conversations = sorted(run, key=lambda conversation: conversation.id)
    both = list(expected_records(conversations, watcher))
    compared = None if logged is None else list(agreements(logged, conversations, both))
    return [one for one in both if local in (None, one.header.local_address)], compared


def _content(name: str, limit: int) -> bytes:
    """Return a file's octets, one more than the limit at most."""
    from pathlib import Path

    try:
        with Path(name).open("rb") as file:
            return file.read(limit + 1)
    except OSError as error:
        raise IkepcapError(f"{name}: cannot be read: {error.strerror}") from None


def _rendered(
    captures: tuple[str, ...],
    records: "list[Expected]",
    compared: "list[Agreement] | None",
    how: tuple[str, str | None, int | None, str],
) -> Iterator[bytes]:
    """Yield the result in its format."""
    from ikepcap.renderers.winevent import json_document, text_lines, xml_lines

    format_, output, width, color = how
    source = ", ".join(captures)
    if format_ == "json":
        yield json_document(records, compared, source)
    elif format_ == "xml":
        yield from (f"{line}\n".encode() for line in xml_lines(records))
    else:
        page = page_for(output, color, width)
        yield from text_bytes(text_lines(records, compared, source, page), output)

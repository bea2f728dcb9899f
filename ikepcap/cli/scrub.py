"""`ikepcap scrub`: make a capture fit to be sent to others."""

from collections.abc import Iterator
from typing import TYPE_CHECKING, Final

import click

from ikepcap.cli.output import write
from ikepcap.errors import IkepcapError
from ikepcap.renderers.words import count

if TYPE_CHECKING:
    from ikepcap.scrub.run import Scrub

_HELP: Final = """Write the negotiations of IN to OUT as if others had had them.

Addresses, hardware addresses, cookies, message IDs, identities, certificates, keys, nonces and hashes are
replaced, the same by the same and each by one of its length; ciphertext by random octets. Sizes, times,
TTLs, ports, offers and known vendor IDs stay, and NAT-D hashes say what they said, so the analysis of OUT is
that of IN but for the values replaced. ESP is cut to its headers. All other traffic, names, comments, and
whatever is not understood is left out.

\b
  ikepcap scrub branch.pcapng for-the-vendor.pcap
  ikepcap scrub branch.pcapng out.pcapng --shift-time
"""

_EPILOG: Final = """\b
Look at OUT before you send it: 'ikepcap show OUT --frame N' prints a message
field by field.

Exit status:
  0  written
  2  wrong usage, an input that cannot be read, nothing of IKE in it"""


@click.command(help=_HELP, epilog=_EPILOG, short_help="Make a capture fit to be sent to others.")
@click.argument("capture", type=click.Path(), metavar="IN")
@click.argument("output", type=click.Path(), metavar="OUT")
@click.option(
    "--seed",
    metavar="TEXT",
    help="Replace the same by the same in every run with this seed. Keep it secret: with it guesses can be "
    "tested. Otherwise each run is random.",
)
@click.option(
    "--shift-time", is_flag=True, help="Begin on 2001-01-01; distances in time stay. Otherwise times stay."
)
def scrub(capture: str, output: str, seed: str | None, shift_time: bool) -> None:
    """Write a scrubbed capture; the help is in `_HELP`."""
    if "-" in (capture, output):
        raise click.UsageError(
            "the capture is read twice and the result is a capture file: name files, not '-'"
        )
    from ikepcap.scrub.run import Scrub

    run = Scrub(
        capture,
        seed=None if seed is None else seed.encode(),
        shift_time=shift_time,
        as_pcapng=output.lower().endswith(".pcapng"),
    )
    if run.is_empty:
        raise IkepcapError(f"{capture}: holds nothing of IKE that could be kept; nothing was written")
    write(run.chunks(), output, inputs=(capture,))
    for line in _summary(run):
        click.echo(line)


def _summary(run: "Scrub") -> Iterator[str]:
    """Yield what was kept, replaced and removed: numbers only, no value of either capture."""
    kept, removed = sum(run.kept.values()), sum(run.removed.values()) + run.unread
    yield f"kept      {count(kept, 'frame')} of {run.frames:,}"
    for what, number in run.kept.most_common():
        yield f"            {number:,} {what.value}"
    yield f"removed   {count(removed, 'frame')}"
    for reason, number in run.removed.most_common():
        yield f"            {number:,} {reason}"
    if run.unread:
        yield f"            {run.unread:,} of a link type that is not known"
    yield "replaced"
    names = run.names
    for number, noun, plural in (
        (len(names.addresses), "address", "addresses"),
        (len(names.hardware), "hardware address", "hardware addresses"),
        (len(names.cookies), "cookie", "cookies"),
    ):
        if number:
            yield f"            {count(number, noun, plural)}"
    for kind, number in run.messages.counts.most_common():
        yield f"            {number:,} {kind}"

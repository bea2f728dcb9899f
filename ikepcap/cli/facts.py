"""`ikepcap facts`: write first facts of a capture, for a person to confirm."""

from pathlib import Path
from typing import Final

import click

from ikepcap.cli.output import text_bytes, write
from ikepcap.cli.progress import Progress
from ikepcap.errors import FactsError

_HELP: Final = """Write what is concluded from CAPTURE as a file of facts, the start of a regression test.

Facts stand beside their capture under the same name. They are marked 'reviewed = false' until a person has
read them and deletes that line; 'ikepcap check' and the pytest plugin compare them all the same, and say so.
A file of facts that is there already is never written over.

\b
  ikepcap facts branch.pcap                  print them
  ikepcap facts branch.pcap -o branch.toml   keep them beside the capture
  ikepcap check branch.toml                  compare, after each change
"""

_EPILOG: Final = """\b
Exit status:
  0  written
  2  wrong usage, or an input that cannot be read"""


@click.command(help=_HELP, epilog=_EPILOG, short_help="Write first facts of a capture, to be confirmed.")
@click.argument("capture", type=click.Path(path_type=Path), metavar="CAPTURE")
@click.option("-o", "--output", type=click.Path(path_type=Path), help="Write to this new file.")
def facts(capture: Path, output: Path | None) -> None:
    """Write facts; the help is in `_HELP`."""
    from ikepcap import api
    from ikepcap.facts.draft import draft
    from ikepcap.facts.file import digest, facts_path

    if str(capture) == "-":
        raise click.UsageError("facts are about a file; standard input has no name to find it by")
    if output is not None and output.exists():
        raise FactsError(f"{output}: is there already, and facts are never written over; name another file")
    sha256 = digest(capture)
    with Progress() as progress:
        report = api.analyze(capture, keep_messages=False, progress=progress)
    name = None if output is None else str(output)
    write(text_bytes(draft(report, capture, sha256), name), name, inputs=(str(capture),))
    beside = facts_path(capture)
    if output is not None and output.resolve() != beside.resolve():
        click.echo(f"ikepcap: facts are looked for beside their capture, as {beside}", err=True)

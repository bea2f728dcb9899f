"""`ikepcap verify`: a second opinion from tshark, field by field."""

import math
from collections.abc import Iterator
from typing import TYPE_CHECKING, Final, Literal

import click

from ikepcap.cli.options import check_inputs, page_options
from ikepcap.cli.output import page_for, text_bytes, write
from ikepcap.cli.progress import Progress
from ikepcap.errors import IkepcapError
from ikepcap.renderers.text import printable

if TYPE_CHECKING:
    from ikepcap.oracle.verify import Verdict
    from ikepcap.oracle.witness import Tshark

_UNEXPLAINED: Final = 1
_FAILED: Final = 2
_LONGEST_S: Final = 86_400
_LONGEST: Final = 400
"""Of a sentence on standard error."""

_HELP: Final = """Read CAPTURE with ikepcap and with tshark, and print where they differ.

Compared are, message by message: header, chain of payloads, proposals, transforms and their attributes, and
the fields of every payload, by place and octets. Encrypted messages, and those of IKEv2, are compared by
their header. Where tshark is known to be wrong, or neither can be right, the difference is printed with the
reason and does not count.

\b
  ikepcap verify branch.pcapng
  ikepcap verify captures/*.pcap --format json -o verdict.json
  ikepcap verify branch.pcapng --tshark /opt/wireshark/bin/tshark

Each file is read for itself; of several, one that cannot be read does not keep the others from being
compared. Needs tshark, and pyshark: pip install 'ikepcap[verify]'. Your Wireshark
profile is in force: protocols that it turns off, and ports that it decodes otherwise, tshark does not see.
"""

_EPILOG: Final = """\b
Exit status:
  0  the two agree, or every difference is explained
  1  at least one difference has no explanation
  2  wrong usage, an input that could not be compared (the others were),
     no fit tshark or no pyshark"""


@click.command(help=_HELP, epilog=_EPILOG, short_help="Compare what is read with what tshark reads.")
@click.argument("captures", nargs=-1, required=True, type=click.Path(), metavar="CAPTURE...")
@click.option(
    "--format",
    "format_",
    type=click.Choice(["text", "json"]),
    default="text",
    show_default=True,
    help="text for people, json as one document.",
)
@click.option(
    "-o", "--output", type=click.Path(), help="Write to this file, which appears when it is complete."
)
@click.option("--tshark", metavar="PROGRAM", help="The tshark to ask, where it is not the one in PATH.")
@click.option(
    "--timeout",
    type=click.FloatRange(min=0, min_open=True, max=_LONGEST_S),
    metavar="SECONDS",
    help="Give tshark up when it prints nothing for so long; otherwise a minute, and a second for each MB.",
)
@page_options
@click.pass_context
def verify(
    ctx: click.Context,
    captures: tuple[str, ...],
    format_: Literal["text", "json"],
    output: str | None,
    tshark: str | None,
    timeout: float | None,
    width: int | None,
    color: str,
) -> None:
    """Compare captures; the help is in `_HELP`."""
    check_inputs(captures)
    if timeout is not None and math.isnan(timeout):
        raise click.UsageError("--timeout takes seconds", ctx)
    from ikepcap.oracle.text import lines
    from ikepcap.oracle.verify import find

    witness = find(tshark)
    verdicts = _Verdicts(captures, witness, timeout)
    if format_ == "json":
        write(_document(verdicts, witness.version), output, inputs=captures)
    else:
        page = page_for(output, color, width)
        text = (line for number, v in enumerate(verdicts) for line in (*_blank(number), *lines(v, page)))
        write(text_bytes(text, output), output, inputs=captures, whole=output is not None)
    if verdicts.failed:
        ctx.exit(_FAILED)
    if verdicts.unexplained:
        ctx.exit(_UNEXPLAINED)


class _Verdicts:
    """The verdict on each capture that can be compared, as it is reached; which cannot is said at once."""

    def __init__(self, captures: tuple[str, ...], witness: "Tshark", silence_s: float | None) -> None:
        self._captures = captures
        self._witness = witness
        self._silence_s = silence_s
        self.unexplained = 0
        self.failed: dict[str, str] = {}
        """Captures without a verdict, and why."""

    def __iter__(self) -> "Iterator[Verdict]":
        from ikepcap.oracle.verify import verify as compare

        for name in self._captures:
            try:
                with Progress() as progress:
                    verdict = compare(
                        name, tshark=self._witness, silence_s=self._silence_s, progress=progress
                    )
            except (IkepcapError, OSError) as error:
                self.failed[name] = str(error)
                click.echo(f"ikepcap: {printable(str(error), _LONGEST)}", err=True)
                continue
            self.unexplained += verdict.unexplained_count
            yield verdict


def _blank(number: int) -> tuple[str, ...]:
    return ("",) if number else ()


def _document(verdicts: _Verdicts, version: str) -> Iterator[bytes]:
    """Yield the JSON document."""
    import msgspec

    from ikepcap.oracle.text import SCHEMA, as_object, capture_name

    captures = [as_object(one) for one in verdicts]
    failed = [{"capture": capture_name(name), "why": why} for name, why in verdicts.failed.items()]
    found = {"schema": SCHEMA, "tshark": version, "captures": captures, "failed": failed}
    yield msgspec.json.format(msgspec.json.encode(found), indent=2) + b"\n"

"""`ikepcap check`: hold captures against the facts beside them."""

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Final

import click

from ikepcap.cli.options import color_option
from ikepcap.cli.output import page_for, text_bytes, write
from ikepcap.errors import FactsError, IkepcapError

if TYPE_CHECKING:
    from ikepcap.facts.verdict import Verdict
    from ikepcap.renderers.page import Page

_DIFFERS: Final = 1
_UNREADABLE: Final = 2

_HELP: Final = """Analyze captures and compare with the facts beside them.

PATH is a file of facts (.toml), its capture, or a folder that is searched for facts. What does not hold is
shown with the ladder of the negotiation. Facts that nobody has confirmed are compared all the same and
counted as unreviewed.

\b
  ikepcap check captures/
  ikepcap check branch.toml plant.toml
  ikepcap check --strict captures/   unreviewed facts do not hold
"""

_EPILOG: Final = """\b
Exit status:
  0  all facts hold
  1  some do not, or with --strict some are unreviewed
  2  wrong usage, no facts at all, facts or a capture that cannot be read"""


@click.command(help=_HELP, epilog=_EPILOG, short_help="Compare captures with the facts beside them.")
@click.argument("paths", nargs=-1, required=True, type=click.Path(path_type=Path), metavar="PATH...")
@click.option("--strict", is_flag=True, help="Facts that are marked 'reviewed = false' do not hold.")
@color_option
@click.pass_context
def check(ctx: click.Context, paths: tuple[Path, ...], strict: bool, color: str) -> None:
    """Compare with facts; the help is in `_HELP`."""
    from ikepcap.facts.file import find

    found = list(dict.fromkeys(find(paths)))
    if not found:
        raise FactsError(
            f"{', '.join(map(str, paths))}: no facts are there; 'ikepcap facts' writes first ones"
        )
    page = page_for(None, color)
    run = _Run(page, strict=strict)
    write(text_bytes(run.lines(found), None), None, whole=False)
    ctx.exit(run.status)


class _Run:
    """Files of facts compared one after the other, and how many held."""

    def __init__(self, page: "Page", *, strict: bool) -> None:
        self._page = page
        self._strict = strict
        self._held = 0
        self._differing = 0
        self._unreviewed = 0
        self._unreadable = 0

    @property
    def status(self) -> int:
        """The exit status; one file that cannot be read does not keep the others from being compared."""
        if self._unreadable:
            return _UNREADABLE
        return _DIFFERS if self._differing or (self._strict and self._unreviewed) else 0

    def lines(self, found: list[Path]) -> Iterator[str]:
        """Yield what is to be said of each, and the sum."""
        from ikepcap.facts.verdict import check as compared

        for path in found:
            try:
                verdict = compared(path)
            except IkepcapError as error:
                self._unreadable += 1
                yield from self._page.prose(str(error), 0, 2)
            else:
                yield from self._verdict_lines(verdict)
        sums = (
            (self._held, "hold"),
            (self._differing, "do not hold"),
            (self._unreviewed, "unreviewed"),
            (self._unreadable, "cannot be compared"),
        )
        files = "1 file" if len(found) == 1 else f"{len(found):,} files"
        yield f"{files} of facts: {', '.join(f'{number:,} {word}' for number, word in sums if number)}"

    def _verdict_lines(self, verdict: "Verdict") -> Iterator[str]:
        from ikepcap.facts.verdict import verdict_lines

        path = verdict.facts.path
        if not verdict.facts.is_reviewed:
            self._unreviewed += 1
        if not verdict.holds:
            self._differing += 1
            yield from verdict_lines(verdict, self._page)
            yield ""
            return
        self._held += 1
        mark = "" if verdict.facts.is_reviewed else " (unreviewed: nobody has confirmed these facts)"
        yield self._page.line(f"{path}: holds{mark}")

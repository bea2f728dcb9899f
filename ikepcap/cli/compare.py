"""`ikepcap compare`: a negotiation that worked beside one that did not."""

from collections.abc import Iterator
from typing import TYPE_CHECKING, Final, Literal

import click

from ikepcap.cli.options import color_option
from ikepcap.cli.options import cookie as cookie_digits
from ikepcap.cli.output import page_for, text_bytes, write
from ikepcap.cli.progress import Progress
from ikepcap.errors import IkepcapError

if TYPE_CHECKING:
    from ikepcap import Report
    from ikepcap.report.comparison import Comparison
    from ikepcap.report.model import Conversation

_PARTED: Final = 1
_PICKED: Final = "you picked it"
_SHOWN: Final = 10
"""Conversations that are listed where one has to be picked."""

_HELP: Final = """Put a negotiation of A beside one of B, message by message, and say where they part.

Where a capture holds several, the two that are most alike are taken: the same peers, the same mode, one that
came up and one that did not. --conversation or --cookie pick others; given twice, the first is for A and the
second for B. Of one capture, named twice, two negotiations are picked so.

\b
  ikepcap compare works.pcap fails.pcap
  ikepcap compare works.pcap day.pcap --conversation 1 --conversation 17
  ikepcap compare day.pcap day.pcap --cookie 374f --cookie 8d31
"""

_EPILOG: Final = """\b
Exit status:
  0  both go through the same messages
  1  they part
  2  wrong usage, an input that cannot be read, no such negotiation"""


def _cookies(ctx: click.Context, param: click.Parameter, values: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(cookie_digits(ctx, param, value) for value in values)


@click.command(help=_HELP, epilog=_EPILOG, short_help="Put two negotiations side by side.")
@click.argument("left", type=click.Path(), metavar="A")
@click.argument("right", type=click.Path(), metavar="B")
@click.option(
    "--conversation",
    "numbers",
    type=click.IntRange(min=1),
    multiple=True,
    metavar="N",
    help="The number that 'analyze' gives it; for A, then for B.",
)
@click.option(
    "--cookie", "cookies", callback=_cookies, multiple=True, metavar="HEX",
    help="The beginning of one of its cookies; for A, then for B.",
)  # fmt: skip
@click.option(
    "--format", "format_", type=click.Choice(["text", "json"]), default="text", help="For people or programs."
)
@click.option("--all", "all_", is_flag=True, help="Show all messages that are alike, too.")
@click.option("--width", type=click.IntRange(min=60), metavar="COLUMNS", help="Width of text, 60 or more.")
@color_option
@click.pass_context
def compare(
    ctx: click.Context,
    left: str,
    right: str,
    numbers: tuple[int, ...],
    cookies: tuple[str, ...],
    format_: Literal["text", "json"],
    all_: bool,
    width: int | None,
    color: str,
) -> None:
    """Compare two negotiations; the help is in `_HELP`."""
    if "-" in (left, right):
        raise click.UsageError("both captures are read twice: name files, not '-'", ctx)
    picks = [*(("conversation", str(one)) for one in numbers), *(("cookie", one) for one in cookies)]
    if len(picks) > 2 or (numbers and cookies):
        raise click.UsageError("pick with --conversation or with --cookie, once for A and once for B", ctx)
    found = _compared((left, right), picks)
    if format_ == "json":
        import msgspec

        chunks = iter((msgspec.json.format(msgspec.json.encode(found), indent=2), b"\n"))
    else:
        chunks = _text(found, width, color, all_=all_)
    write(chunks, None)
    ctx.exit(_PARTED if found.is_parted else 0)


def _text(found: "Comparison", width: int | None, color: str, *, all_: bool) -> Iterator[bytes]:
    from ikepcap.renderers.compared import comparison_lines

    page = page_for(None, color, width, show_all=all_)
    return text_bytes(comparison_lines(page, found), None)


def _compared(paths: tuple[str, str], picks: list[tuple[str, str]]) -> "Comparison":
    """Read both captures and compare the two negotiations that were picked, or that are most alike."""
    from pathlib import Path

    from ikepcap import api
    from ikepcap.report.choose import best_pair
    from ikepcap.report.compare import compare

    is_same = Path(paths[0]).exists() and Path(paths[1]).exists() and Path(paths[0]).samefile(paths[1])
    with Progress() as progress:
        first = api.analyze(paths[0], progress=progress)
        second = first if is_same else api.analyze(paths[1], progress=progress)
    reports = (first, second)
    if is_same and len(picks) < 2:
        chosen, whys = _two_of_one(first, picks)
    else:
        candidates = [_picked(report, *picks[place : place + 1]) for place, report in enumerate(reports)]
        pair = best_pair(candidates[0], candidates[1])
        chosen = (pair.left, pair.right)
        whys = [
            "the only one" if len(report.conversations) == 1 else picked or pair.why
            for report, picked in zip(reports, (*(_PICKED for _ in picks), "", ""), strict=False)
        ]
    sides = [
        api.side(path, one, report.source.name, why)
        for path, report, one, why in zip(paths, reports, chosen, whys, strict=True)
    ]
    return compare(sides[0], sides[1])


def _picked(report: "Report", pick: tuple[str, str] | None = None) -> tuple["Conversation", ...]:
    """Return the conversation that was picked, or all."""
    if not report.conversations:
        raise IkepcapError(f"{report.source.name}: holds no IKEv1 negotiation to compare")
    if pick is None:
        return report.conversations
    kind, value = pick
    found = tuple(
        one
        for one in report.conversations
        if (
            one.id == int(value)
            if kind == "conversation"
            else one.initiator_cookie.startswith(value) or (one.responder_cookie or "").startswith(value)
        )
    )
    if len(found) != 1:
        many = "several negotiations" if found else "no negotiation"
        raise IkepcapError(f"{report.source.name}: {many} with --{kind} {value}; {_listed(report)}")
    return found


def _two_of_one(
    report: "Report", picks: list[tuple[str, str]]
) -> tuple[tuple["Conversation", "Conversation"], list[str]]:
    """Return two conversations of one capture, where it is plain which, and why these."""
    if len(report.conversations) == 1:
        raise IkepcapError(
            f"{report.source.name}: holds one negotiation only; name another capture beside it"
        )
    if len(report.conversations) != 2:
        raise IkepcapError(
            f"{report.source.name}: pick two with --conversation or --cookie given twice; {_listed(report)}"
        )
    one = _picked(report, *picks)[0]
    other = next(another for another in report.conversations if another is not one)
    return (one, other), [_PICKED if picks else "the first of two", "the other one"]


def _listed(report: "Report") -> str:
    """Return which negotiations there are, in a line."""
    shown = [f"#{one.id} {one.outcome} {one.initiator_cookie[:8]}" for one in report.conversations[:_SHOWN]]
    rest = len(report.conversations) - len(shown)
    return f"it holds {', '.join(shown)}" + (f" and {rest:,} more" if rest else "")

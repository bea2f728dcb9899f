"""`ikepcap explain`: what a finding code or a state means, and what to do about it."""

from typing import TYPE_CHECKING, Final

import click

from ikepcap.cli.options import page_options
from ikepcap.cli.output import page_for, text_bytes, write
from ikepcap.errors import IkepcapError

if TYPE_CHECKING:
    from click.shell_completion import CompletionItem

    from ikepcap.explain.page import Explained

_HELP: Final = """Say what a finding code or a state means, and what to check.

Without CODE it lists all codes. A state is looked for in the words of every box; its number in Windows' main
mode, or in the security log (%%8203), does as well. 'racoon:5' asks one dialect.

\b
  ikepcap explain psk-mismatch
  ikepcap explain --state MM_WAIT_MSG4
  ikepcap explain --state 3
  ikepcap explain --format markdown > codes.md
"""

_EPILOG: Final = """\b
Exit status:
  0  explained
  2  wrong usage, or no such code or state"""


def _complete_code(_ctx: click.Context, _param: click.Parameter, incomplete: str) -> "list[CompletionItem]":
    """Complete a code; its title is the help of shells that show one."""
    from click.shell_completion import CompletionItem

    from ikepcap.explain.catalogue import entries

    found = entries().items()
    return [CompletionItem(c, help=e.title) for c, e in found if c.startswith(incomplete.lower())]


def _complete_state(_ctx: click.Context, _param: click.Parameter, incomplete: str) -> "list[CompletionItem]":
    """Complete the name of a state in any dialect."""
    from click.shell_completion import CompletionItem

    from ikepcap.explain.places import names, short

    # No shell likes "CONNECTING (MM_SA)": without its prefix it is found as well.
    known = {short(one.name) if " " in one.name else one.name: one.dialect for one in names()}
    begun = incomplete.lower()
    return [CompletionItem(name, help=box) for name, box in known.items() if name.lower().startswith(begun)]


@click.command(help=_HELP, epilog=_EPILOG, short_help="Say what a finding code or a state means.")
@click.argument("code", required=False, shell_complete=_complete_code, metavar="[CODE]")
@click.option(
    "--state",
    shell_complete=_complete_state,
    metavar="NAME",
    help="Explain a state as a box calls it: MM_WAIT_MSG4, STATE_MAIN_I2, IKE_R_MM4, 3.",
)
@click.option(
    "--format",
    "format_",
    type=click.Choice(["text", "markdown"]),
    default="text",
    show_default=True,
    help="markdown without CODE is the whole reference.",
)
@page_options
@click.pass_context
def explain(
    ctx: click.Context, code: str | None, state: str | None, format_: str, width: int | None, color: str
) -> None:
    """Explain; the help is in `_HELP`."""
    if code is not None and state is not None:
        raise click.UsageError("give a CODE or --state, not both", ctx)
    from ikepcap.explain.page import all_pages, index_page

    if code is not None:
        pages = [_of_code(code)]
    elif state is not None:
        pages = _of_state(state)
    elif format_ == "markdown":
        pages = list(all_pages())
    else:
        pages = [index_page()]
    write(text_bytes(_lines(pages, format_, width, color), None), None)


def _lines(pages: "list[Explained]", format_: str, width: int | None, color: str) -> list[str]:
    """Return the pages in their format."""
    from ikepcap.renderers.explained import explained_lines, markdown_lines

    if format_ == "markdown":
        return list(markdown_lines(pages))
    page = page_for(None, color, width)
    lines: list[str] = []
    for explained in pages:
        lines += ("",) if lines else ()
        lines += explained_lines(page, explained)
    return lines


def _of_code(code: str) -> "Explained":
    """Return the page of a code; raise with the nearest ones where there is none."""
    from ikepcap.explain.catalogue import codes
    from ikepcap.explain.page import code_page

    wanted = code.strip().lower().replace("_", "-")
    if wanted in codes():
        return code_page(wanted)
    from difflib import get_close_matches

    from ikepcap.explain.places import find

    close = [known for known in codes() if wanted and wanted in known] or get_close_matches(
        wanted, codes(), 3
    )
    if find(code):
        raise IkepcapError(f"{code!r} is a state, not a code; see 'ikepcap explain --state {code}'")
    raise IkepcapError(f"no finding code {code!r}{_perhaps(close)}; 'ikepcap explain' lists them")


def _of_state(text: str) -> "list[Explained]":
    """Return the pages of a state; raise with the nearest ones where there is none."""
    from ikepcap.explain.page import state_page
    from ikepcap.explain.places import find, like

    found = find(text)
    if not found:
        raise IkepcapError(
            f"no state {text!r} in any dialect{_perhaps(like(text))}; "
            "'ikepcap explain --format markdown' lists all"
        )
    return [state_page(name) for name in found]


def _perhaps(close: "list[str] | tuple[str, ...]") -> str:
    """Return the nearest names as a question."""
    return f" (did you mean {', '.join(close)}?)" if close else ""

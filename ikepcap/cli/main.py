"""The `ikepcap` command: its verbs, the shorthand for the first of them, and how trouble is presented.

Whatever goes wrong ends in one line on standard error and an exit status; nothing ends in a traceback but a
bug. Each verb lives in a module of its own, which is loaded when the verb is given and imports what it needs
when it runs, so that `--version` and completion answer at once.
"""

import gc
import sys
from typing import TYPE_CHECKING, Any, Final

import click

from ikepcap import __version__
from ikepcap.cli.output import silence_stdout
from ikepcap.errors import IkepcapError
from ikepcap.renderers.text import printable

if TYPE_CHECKING:
    from click.shell_completion import CompletionItem

VERBS: Final = (
    "analyze", "check", "compare", "completion", "events", "explain", "facts", "import", "keys", "replay",
    "respond", "scrub", "show", "verify",
)  # fmt: skip
"""Each is the name of a module beside this one and of the command in it."""
_MODULES: Final = {"import": "import_log"}
"""But where that is a word of Python's."""

USAGE: Final = 2
INTERRUPTED: Final = 130
BROKEN_PIPE: Final = 141
"""What a shell reports for a program that SIGPIPE ended, as `cat` would be."""

_OWN_OPTIONS: Final = ("--help", "-h", "--version")
_YOUNG: Final = 50_000
"""Objects made between two searches for garbage: what is loaded and reported stays, so few are worth it."""
_ERROR_LIMIT: Final = 600


class Failure(click.ClickException):
    """One line on standard error, and exit status 2."""

    exit_code = USAGE

    def show(self, file: Any = None) -> None:
        """Print the line; the message may hold file names, so it is made printable."""
        text = printable(self.format_message(), _ERROR_LIMIT)
        click.echo(f"ikepcap: {text}", file=file or sys.stderr)


class Verbs(click.Group):
    """A group whose first verb may be left out, and whose verbs are loaded when asked for."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002
        """Return the verbs in the order in which help lists them."""
        return list(VERBS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002
        """Return a verb; None where there is none of that name."""
        if cmd_name not in VERBS:
            return None
        from importlib import import_module

        name = _MODULES.get(cmd_name, cmd_name)
        command: click.Command = getattr(import_module(f"ikepcap.cli.{name}"), name)
        return command

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Read the command line; what begins with neither a verb nor an own option is for `analyze`."""
        if not args and not ctx.resilient_parsing:
            raise Failure("no capture named; see 'ikepcap --help'")
        if args and args[0] not in VERBS and args[0] not in _OWN_OPTIONS:
            args = ["analyze", *args]
            ctx.meta["ikepcap.shorthand"] = True
        try:
            return super().parse_args(ctx, args)
        except click.UsageError as error:
            raise _misuse(error) from None
        except OSError as error:  # --help and --version print from here
            silence_stdout()
            raise Failure(error.strerror or str(error)) from None

    def invoke(self, ctx: click.Context) -> Any:
        """Run the verb and turn what goes wrong into its line and its status."""
        try:
            try:
                return super().invoke(ctx)
            finally:
                if sys.stdout is not None:
                    sys.stdout.flush()
        except BrokenPipeError:
            silence_stdout()
            ctx.exit(BROKEN_PIPE)
        except KeyboardInterrupt:
            silence_stdout()
            ctx.exit(INTERRUPTED)
        except click.UsageError as error:
            raise _misuse(error) from None
        except IkepcapError as error:
            raise Failure(str(error) + _perhaps_a_verb(ctx)) from None
        except OSError as error:
            silence_stdout()
            name = f"{error.filename}: " if error.filename else ""
            raise Failure(f"{name}{error.strerror or error}") from None

    def shell_complete(self, ctx: click.Context, incomplete: str) -> "list[CompletionItem]":
        """Complete verbs, and captures: the verb may be left out."""
        from click.shell_completion import CompletionItem

        return [*super().shell_complete(ctx, incomplete), CompletionItem(incomplete, type="file")]


def _misuse(error: click.UsageError) -> Failure:
    """Return a mistake on the command line as one line with the place to read on."""
    message = " ".join(error.format_message().split()).rstrip(".")
    path = error.ctx.command_path if error.ctx is not None else "ikepcap"
    return Failure(f"{message[:1].lower()}{message[1:]}; see '{path} --help'")


def _perhaps_a_verb(ctx: click.Context) -> str:
    """Return a hint where what was taken for a file looks like a verb that was mistyped."""
    word = ctx.meta.get("ikepcap.word", "")
    if not ctx.meta.get("ikepcap.shorthand") or not word:
        return ""
    from difflib import get_close_matches
    from pathlib import Path

    if Path(word).exists():
        return ""
    close = get_close_matches(word, VERBS, 1)
    return f" (or did you mean 'ikepcap {close[0]}'?)" if close else ""


_HELP: Final = """Say where each IKEv1 negotiation in a packet capture stands.

\b
  ikepcap branch.pcapng                   who, how far, and why it stopped
  ikepcap branch.pcapng --ladder          the same with every message drawn
  ikepcap show branch.pcapng --frame 12   one message, field by field
  ikepcap explain psk-mismatch            what a finding means, what to check
  ikepcap verify branch.pcapng            does tshark read the same in it?
  ikepcap facts branch.pcapng             facts, the start of a test
  ikepcap check captures/                 captures against their facts
  ikepcap compare works.pcap fails.pcap   where one parts from the other
  ikepcap scrub branch.pcapng out.pcap    make it fit to be sent to others
  ikepcap keys branch.pcapng --keys log   what do these keys open?
  ikepcap import forti.log -o out.pcapng  messages that a log dumps
  ikepcap replay branch.pcapng --target 192.0.2.7   against a lab peer
  ikepcap respond --psk-file psk.txt      be that peer, with faults on demand
  tcpdump -U -w - host 198.51.100.7 | ikepcap -

A command that begins with a file name is 'ikepcap analyze'.
"""

_EPILOG: Final = """\b
Exit status of 'analyze':
  0  nothing wrong in what is shown
  1  at least one negotiation failed or carries a fault
  2  wrong usage, or an input that cannot be read

'ikepcap COMMAND --help' says more about each."""


@click.group(
    cls=Verbs,
    help=_HELP,
    epilog=_EPILOG,
    no_args_is_help=False,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
)
@click.version_option(__version__, message="%(prog)s %(version)s", prog_name="ikepcap")
def cli() -> None:
    """The verbs; the help is in `_HELP`."""


def main() -> None:
    """Run the command line and end the process with its exit status."""
    gc.set_threshold(_YOUNG)
    try:
        cli.main(prog_name="ikepcap")
    finally:
        gc.freeze()  # the process ends: nothing is left to be searched for garbage

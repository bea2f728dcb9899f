"""`ikepcap completion`: print what a shell needs to complete commands, options and files."""

from typing import Final

import click

_HELP: Final = """Print the completion script of a shell.

\b
  bash   ikepcap completion bash > ~/.local/share/bash-completion/completions/ikepcap
  zsh    ikepcap completion zsh > a directory in your $fpath, as _ikepcap
  fish   ikepcap completion fish > ~/.config/fish/completions/ikepcap.fish
"""


@click.command(help=_HELP)
@click.argument("shell", type=click.Choice(["bash", "zsh", "fish"]))
@click.pass_context
def completion(ctx: click.Context, shell: str) -> None:
    """Print a completion script; the help is in `_HELP`."""
    from click.shell_completion import ShellComplete, get_completion_class

    kind = get_completion_class(shell)
    if kind is None:
        raise click.UsageError(f"no completion for {shell}", ctx)
    completer = kind(ctx.find_root().command, {}, "ikepcap", "_IKEPCAP_COMPLETE")
    # Not the class's own `source`: for bash that first runs the bash on this machine to ask its version.
    click.echo(ShellComplete.source(completer))

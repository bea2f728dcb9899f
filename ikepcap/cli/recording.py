"""What a run of `respond` or `replay` says while it goes on, and what it leaves behind."""

import os
import signal
import sys
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import click

from ikepcap.cli.output import write
from ikepcap.errors import FactsError
from ikepcap.renderers.text import printable

if TYPE_CHECKING:
    from ikepcap.replay.actions import Done, Note
    from ikepcap.replay.known import Known
    from ikepcap.replay.record import Recorded
    from ikepcap.replay.sa import IsakmpSa

_WIDE: Final = 200
CAPTURE: Final = ".pcapng"
FACTS: Final = ".toml"


@contextmanager
def ended_by_signals() -> Iterator[None]:
    """Let SIGTERM end a run as Ctrl-C does: with its deletes sent and its recording written."""

    def stop(_number: int, _frame: object) -> None:
        raise KeyboardInterrupt

    before = signal.signal(signal.SIGTERM, stop)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


class Speaker:
    """Prints notes on standard error, each with the seconds since it began."""

    def __init__(self, *, quiet: bool = False) -> None:
        self._began_s = time.monotonic()
        self._quiet = quiet

    def __call__(self, said: "Note | Done") -> None:
        """Print a note, or the end."""
        text = getattr(said, "text", None)
        if text is None:
            text = f"{said.result}: {said.why}"  # type: ignore[union-attr]  # what has no text is an end
        self.say(text)

    def say(self, text: str) -> None:
        """Print a line."""
        if not self._quiet:
            click.echo(f"{time.monotonic() - self._began_s:7.2f}  {printable(text, _WIDE)}", file=sys.stderr)


def keep(
    captured: "list[Recorded]",
    sas: "Iterable[IsakmpSa]",
    record: str | None,
    keys_to: str | None,
    speaker: Speaker,
) -> None:
    """Write the recording and the keys, where they are wanted."""
    from ikepcap import recorded

    if record is not None:
        write(iter((recorded.pcapng_of(captured),)), record)
        speaker.say(f"{record} holds the run; datagrams: {len(captured)}")
    if keys_to is not None:
        found = recorded.write_keys(Path(keys_to), sas)
        if found is not None:
            speaker.say(f"keys are in {found[0]} and {found[1]}")


def keep_option(command: Callable[..., Any]) -> Callable[..., Any]:
    """Add the option that keeps a run as a regression capture."""
    return click.option(
        "--keep",
        callback=_free,
        metavar="NAME",
        help="Write NAME.pcapng, and what is known of it as facts: 'ikepcap check NAME.pcapng' compares.",
    )(command)


def writable(_ctx: click.Context, _param: click.Parameter, value: str | None) -> str | None:
    """Return the name of a file that can be written: nothing is sent that cannot be recorded."""
    if value is not None:
        path = Path(value)
        if path.is_dir() or not os.access(path if path.exists() else path.parent, os.W_OK):
            raise click.BadParameter(f"{value} cannot be written; name another file")
    return value


def _free(ctx: click.Context, param: click.Parameter, value: str | None) -> str | None:
    """Return a name under which neither capture nor facts are there yet; facts are never written over."""
    if value is None:
        return None
    name = value.removesuffix(CAPTURE).removesuffix(FACTS)
    for suffix in (CAPTURE, FACTS):
        if Path(name + suffix).exists():
            raise FactsError(f"{name}{suffix}: is there already, and is not written over; give another name")
    writable(ctx, param, name + CAPTURE)
    return name


def keep_facts(
    name: str,
    captured: "list[Recorded]",
    found: "Iterable[Known]",
    near: str,
    source: dict[str, str],
    speaker: Speaker,
) -> None:
    """Write a run as a capture with its facts, and say whether the analysis agrees with them.

    Args:
        name: of both files, without their endings.
        captured: all that was sent and came in.
        found: what is known of each negotiation.
        near: the role of the engine.
        source: where it comes from, for people.
        speaker: that says what was written.
    """
    from ikepcap import recorded
    from ikepcap.cli.output import text_bytes
    from ikepcap.facts.file import digest
    from ikepcap.facts.kept import kept
    from ikepcap.facts.verdict import check, verdict_lines

    if not captured:
        speaker.say("nothing was sent or came in: nothing is kept")
        return
    capture, facts = Path(name + CAPTURE), Path(name + FACTS)
    write(iter((recorded.pcapng_of(captured),)), str(capture))
    lines = kept({**source, "made": date.today().isoformat(), "sha256": digest(capture)}, near, found)  # noqa: DTZ011
    write(text_bytes(lines, str(facts)), str(facts))
    verdict = check(facts)
    speaker.say(f"facts beside it, of which {'all' if verdict.holds else 'not all'} hold: kept as {name}.*")
    if not verdict.holds:
        for line in verdict_lines(verdict):
            speaker.say(line)

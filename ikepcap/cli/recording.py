"""What a run of `respond` or `replay` says while it goes on, and what it leaves behind."""

import signal
import sys
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import click

from ikepcap.cli.output import write
from ikepcap.renderers.text import printable

if TYPE_CHECKING:
    from ikepcap.replay.actions import Done, Note
    from ikepcap.replay.memory import Captured
    from ikepcap.replay.sa import IsakmpSa

_WIDE = 200


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
    captured: "list[Captured]",
    sas: "Iterable[IsakmpSa]",
    record: str | None,
    keys_to: str | None,
    speaker: Speaker,
) -> None:
    """Write the recording and the keys, where they are wanted."""
    from ikepcap import replaying

    if record is not None:
        write(iter((replaying.pcapng_of(captured),)), record)
        speaker.say(f"{len(captured)} datagrams are in {record}")
    if keys_to is not None:
        found = replaying.write_keys(Path(keys_to), sas)
        if found is not None:
            speaker.say(f"keys are in {found[0]} and {found[1]}")

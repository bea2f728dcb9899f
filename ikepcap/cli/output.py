"""Where results go: standard output or a file, and what is known about the terminal."""

import codecs
import contextlib
import os
import stat
import sys
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from ikepcap.errors import IkepcapError

if TYPE_CHECKING:
    from pathlib import Path

    from ikepcap.renderers.page import Page

_DEFAULT_WIDTH = 80
_WIDEST = 120
"""Lines longer than this are hard to follow; `--width` can still ask for them."""


def terminal_width(output: str | None) -> int:
    """Return the width to print for: the terminal's, or 80 columns where there is none."""
    if output is not None or not _is_terminal():
        return _DEFAULT_WIDTH
    from shutil import get_terminal_size

    return max(40, min(get_terminal_size((_DEFAULT_WIDTH, 24)).columns, _WIDEST))


def wants_color(choice: str, output: str | None) -> bool:
    """Return whether to paint: as was asked, else on a terminal whose user has not declined (NO_COLOR)."""
    if choice != "auto":
        return choice == "always"
    declined = os.environ.get("NO_COLOR") or os.environ.get("TERM") == "dumb"
    return output is None and not declined and _is_terminal()


def is_ascii_only(output: str | None) -> bool:
    """Return whether what is printed has to do without the characters beyond ASCII."""
    return output is None and _encoding() != "utf-8"


def page_for(
    output: str | None,
    color: str,
    width: int | None = None,
    *,
    show_all: bool = False,
    whole_lines: bool = False,
) -> "Page":
    """Return how to print on this terminal, or into this file.

    Args:
        output: the file; None for standard output.
        color: as for `wants_color`.
        width: columns that were asked for.
        show_all: leave nothing out for length.
        whole_lines: break no line unless a terminal, or who asked for columns, wants it broken.
    """
    from ikepcap.renderers.page import Page

    return Page(
        width=width or (sys.maxsize if whole_lines and not _is_terminal() else terminal_width(output)),
        color=wants_color(color, output),
        ascii_only=is_ascii_only(output),
        limit=None if show_all else Page().limit,
    )


def silence_stdout() -> None:
    """Let nothing more be written to a pipe that nobody reads, also not when the interpreter ends."""
    with contextlib.suppress(OSError, ValueError, AttributeError):
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, sys.stdout.fileno())
        os.close(nowhere)


def text_bytes(lines: Iterable[str], output: str | None) -> Iterator[bytes]:
    """Yield lines as bytes in the encoding of where they go; what it lacks is written as an escape."""
    encoding = "utf-8" if output is not None else _encoding()
    for line in lines:
        yield f"{line}\n".encode(encoding, "backslashreplace")


def write(
    chunks: Iterable[bytes], output: str | None, *, inputs: Iterable[str] = (), whole: bool = True
) -> None:
    """Write a result.

    Args:
        chunks: its parts.
        output: a file's name; None or `-` is standard output.
        inputs: the captures, none of which may be the output.
        whole: put a regular file in place only once it is complete; else as the parts come.
    """
    if output is None or output == "-":
        _print(chunks, at_once=not whole)
        return
    from pathlib import Path

    path = Path(output)
    _refuse_to_overwrite(path, inputs)
    if whole and (not path.exists() or path.is_file()):
        _write_at_once(path.resolve(), chunks)
    else:
        with path.open("wb", buffering=0 if not whole else -1) as file:
            for chunk in chunks:
                file.write(chunk)


def _print(chunks: Iterable[bytes], *, at_once: bool) -> None:
    """Write to standard output; part by part where somebody may wait for each."""
    if sys.stdout is None:
        raise IkepcapError("standard output is closed")
    stream = sys.stdout.buffer
    for chunk in chunks:
        stream.write(chunk)
        if at_once:
            stream.flush()
    stream.flush()


def _write_at_once(path: "Path", chunks: Iterable[bytes]) -> None:
    """Write beside the file and move it there: whoever reads it sees all of the old or all of the new."""
    beside = path.with_name(f".{path.name[:100]}.{os.getpid()}.part")
    try:
        with beside.open("xb") as file:
            file.writelines(chunks)
        if path.exists():
            beside.chmod(stat.S_IMODE(path.stat().st_mode))
        beside.replace(path)
    except OSError as error:
        raise IkepcapError(f"{path}: cannot be written: {error.strerror}; name another file") from None
    finally:
        with contextlib.suppress(OSError):
            beside.unlink(missing_ok=True)


def _refuse_to_overwrite(path: "Path", inputs: Iterable[str]) -> None:
    """Raise where the output would replace a capture that is read."""
    for name in inputs:
        with contextlib.suppress(OSError):
            if name != "-" and path.is_file() and path.samefile(name):
                raise IkepcapError(f"{path}: is the capture itself; name another file to write to")


def _is_terminal() -> bool:
    """Whether a person watches standard output."""
    return sys.stdout is not None and sys.stdout.isatty()


def _encoding() -> str:
    """Return the encoding of standard output by its one proper name."""
    try:
        return codecs.lookup(sys.stdout.encoding).name
    except (LookupError, TypeError, AttributeError):
        return "ascii"

"""What the functions of the API take: captures by name, or the packets of a Scapy session."""

import os
import stat
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any, TypeGuard

from ikepcap.capture.decode import Decoder
from ikepcap.capture.reader import Capture, Progress
from ikepcap.capture.scapy_packets import NAME, ScapyPackets, sniffed
from ikepcap.capture.source import STANDARD_INPUT
from ikepcap.errors import IkepcapError

Path = str | os.PathLike[str]
Paths = Path | Sequence[Path]
Input = Paths | Iterable[Any]
"""Captures by name, or the packets of a Scapy session, as `sniff` or `rdpcap` return them or one by one."""


def is_paths(given: Input) -> TypeGuard[Paths]:
    """Whether these are names of captures."""
    if isinstance(given, str | os.PathLike):
        return True
    return isinstance(given, Sequence) and all(isinstance(one, str | os.PathLike) for one in given)


def listed(paths: Paths) -> list[Path]:
    """Return one name or several as a list."""
    return [paths] if isinstance(paths, str | os.PathLike) else list(paths)


def opened(
    given: Input,
    progress: Progress | None,
    decoder: Callable[[], Decoder] | None = None,
    *,
    second_process: bool = False,
) -> Capture | ScapyPackets:
    """Return what reads it; for `decoder` and `second_process` see `Capture`."""
    if is_paths(given):
        return Capture(listed(given), progress=progress, decoder=decoder, second_process=second_process)
    return ScapyPackets(given, decoder=decoder or Decoder)


def names(given: Input) -> list[str]:
    """Return what a report calls it."""
    return [os.fspath(path) for path in listed(given)] if is_paths(given) else [NAME]


def readable_twice(given: Input) -> Input:
    """Return what can be read once more: an iterator of packets as a list.

    Raises:
        IkepcapError: standard input or a pipe is among the captures.
    """
    if not is_paths(given):
        return list(sniffed(given))
    once = readable_once(names(given))
    if once is not None:
        message = f"with keys a capture is read twice: name a file in place of '{once}'"
        raise IkepcapError(message)
    return given


def readable_once(names: Iterable[str]) -> str | None:
    """Return the first that can be read only once, standard input or a pipe; None if all are files."""
    for name in names:
        is_pipe = os.path.exists(name) and stat.S_ISFIFO(os.stat(name).st_mode)  # noqa: PTH110, PTH116
        if name == STANDARD_INPUT or is_pipe:
            return name
    return None


def is_repeatable(given: Input) -> bool:
    """Whether it can be read once more as it is: names of files, or packets that do not come one by one."""
    return readable_once(names(given)) is None if is_paths(given) else not isinstance(given, Iterator)

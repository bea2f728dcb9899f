"""One capture, read twice and compared: what `ikepcap verify` runs."""

import os
from collections.abc import Iterable
from contextlib import closing
from pathlib import Path
from typing import Final

from msgspec import Struct
from msgspec.structs import replace

from ikepcap.capture.reader import Capture, Progress
from ikepcap.errors import CaptureError, OracleUnavailableError
from ikepcap.oracle import witness
from ikepcap.oracle.compare import WHOLE, Compared, Difference, compare
from ikepcap.oracle.fields import NAMES
from ikepcap.oracle.found import Messages
from ikepcap.oracle.known import Known
from ikepcap.oracle.tshark import Frames, pyshark_module
from ikepcap.oracle.witness import Tshark

FRAMES_LISTED: Final = 20
"""Frames named for one explanation."""
DIFFERENCES_LISTED: Final = 200
"""Differences without an explanation that are kept."""
WAITING: Final = 10_000
"""Differences that only the end of the capture can explain."""

_SILENCE_S: Final = 60.0
_BYTES_PER_S: Final = 1_000_000
"""tshark prints nothing while it reads what is not ISAKMP; it is much faster than this."""


class Explained(Struct, frozen=True):
    """A reason, and how often it was needed."""

    known: Known
    count: int
    frames: tuple[int, ...]
    """The first of them."""


class Verdict(Struct, frozen=True):
    """What comparing one capture came to."""

    capture: str
    tshark: str
    """Its version."""
    messages: int
    """ISAKMP messages that either side sees, those quoted or put together included."""
    fields: int
    """Fields compared."""
    explained: tuple[Explained, ...]
    unexplained: tuple[Difference, ...]
    """The first of them."""
    unexplained_count: int
    cut: str | None
    """Where and how the capture ends early, as `CaptureFacts` has it."""


def find(path: str | None = None) -> Tshark:
    """Return the tshark to compare with.

    Args:
        path: the program; None for the one that the system finds.

    Raises:
        OracleUnavailableError: tshark or pyshark is missing, or unfit.
    """
    pyshark_module()
    return witness.find(path, NAMES)


def verify(
    path: str | os.PathLike[str],
    *,
    tshark: Tshark | None = None,
    silence_s: float | None = None,
    progress: Progress | None = None,
) -> Verdict:
    """Read a capture with ikepcap and with tshark, and say where they differ.

    Works in any thread, inside a running event loop too, and in bounded memory.

    Args:
        path: a regular file: two programs read it.
        tshark: as `find` returned it; None finds one.
        silence_s: how long tshark may be silent before it is given up; None gives it time by the file's size.
        progress: called with octets read and the total, as ikepcap's side goes on.

    Raises:
        CaptureError: the input is none that ikepcap reads.
        OracleUnavailableError: tshark is missing or unfit, died, hung, or cannot read the input.
    """
    name = os.fspath(path)
    file = Path(name)
    if name == "-" or (file.exists() and not file.is_file()):
        raise CaptureError(f"{name}: verify reads a capture twice; give a regular file")
    program = tshark or find()
    capture = Capture([name], progress=progress)
    messages = Messages(capture)
    size = file.stat().st_size if file.exists() else 0
    frames = Frames(program, name, NAMES, silence_s or _SILENCE_S + size / _BYTES_PER_S)
    tally = _Tally()
    with closing(frames.__iter__()) as seen:
        for compared in compare(messages, seen):
            tally.add(compared)
    tally.settle(messages.fragment_frames)
    cut = next((facts.cut for facts in capture.facts.files), None)
    if frames.complaint is not None and cut is None:
        raise OracleUnavailableError(f"{name}: tshark {program.version} cannot read it: {frames.complaint}")
    return tally.verdict(name, program.version, cut)


class _Tally:
    """Differences as they come, counted."""

    def __init__(self) -> None:
        self._messages = self._fields = self._unexplained_count = 0
        self._explained: dict[Known, tuple[int, list[int]]] = {}
        self._unexplained: list[Difference] = []
        self._waiting: list[Difference] = []

    def add(self, compared: Compared) -> None:
        self._messages += 1
        self._fields += compared.fields
        for difference in compared.differences:
            is_early = difference.field == WHOLE and difference.read_by == "tshark"
            if is_early and difference.known is None and len(self._waiting) < WAITING:
                self._waiting.append(difference)
            else:
                self._count(difference)

    def settle(self, fragment_frames: Iterable[int]) -> None:
        """Decide on what only the end could explain: which frames were fragments of something larger."""
        fragments = frozenset(fragment_frames)
        for difference in self._waiting:
            words = difference.words | ({"ip-fragment"} if difference.frame in fragments else set())
            self._count(replace(difference, words=words))
        self._waiting.clear()

    def _count(self, difference: Difference) -> None:
        known = difference.known
        if known is None:
            self._unexplained_count += 1
            if len(self._unexplained) < DIFFERENCES_LISTED:
                self._unexplained.append(difference)
            return
        count, frames = self._explained.get(known, (0, []))
        if difference.frame not in frames[-1:] and len(frames) < FRAMES_LISTED:
            frames.append(difference.frame)
        self._explained[known] = (count + 1, frames)

    def verdict(self, name: str, version: str, cut: str | None) -> Verdict:
        explained = tuple(Explained(k, count, tuple(f)) for k, (count, f) in self._explained.items())
        unexplained = tuple(sorted(self._unexplained, key=lambda one: one.frame))
        return Verdict(
            name, version, self._messages, self._fields, explained, unexplained, self._unexplained_count, cut
        )

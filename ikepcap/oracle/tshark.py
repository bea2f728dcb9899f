"""tshark as pyshark drives it: frames with ISAKMP as plain frozen values. Only here is pyshark imported.

pyshark reads PDML, the one output of tshark that keeps repeated fields apart and gives each its position,
size and octets. It runs in a thread with an event loop of its own: pyshark refuses to work inside a running
loop (a notebook, an asynchronous test), and a hanging tshark must not hang this program. A queue of bounded
length joins the two, so that a capture of any size is read in bounded memory.
"""

import asyncio
import contextlib
import queue
import threading
from collections.abc import Generator, Iterator
from typing import Any, Final

from msgspec import Struct

from ikepcap.errors import OracleUnavailableError
from ikepcap.oracle.witness import Tshark

QUEUED: Final = 64
"""Frames read ahead."""
ENDING_S: Final = 10
"""How long tshark may take to end once it has closed its output."""

INSTALL_TSHARK: Final = (
    "install it (Debian, Ubuntu: apt install tshark; others: wireshark.org), or give --tshark"
)
INSTALL_PYSHARK: Final = "install it with: pip install 'ikepcap[verify]'"

_LAYER: Final = "isakmp"
_PREFERENCES: Final = {"ip.defragment": "TRUE", "ipv6.defragment": "TRUE"}
"""Whatever the user's profile says: ikepcap puts fragments together too."""
_ONLY_ISAKMP: Final = ("-J", _LAYER, "-Y", _LAYER)
"""Frames with ISAKMP, and no other layer's fields."""


class Field(Struct, frozen=True, gc=False):
    """One field as tshark shows it."""

    name: str
    position: int
    """Octets from the start of what it lies in: the frame, or a datagram put together."""
    size: int
    raw: bytes | None
    """None where tshark gives none."""
    shown: str

    @property
    def number(self) -> int:
        """The octets as an unsigned integer in network order."""
        return int.from_bytes(self.raw or b"")


class Seen(Struct, frozen=True):
    """One frame as tshark sees it."""

    frame: int
    layers: tuple[tuple[Field, ...], ...]
    """The fields of each ISAKMP message in it, in document order within a name."""
    marks: frozenset[str]
    """Other layers: `_ws.malformed` and `_ws.short` among them, and what carried the message."""


class _End(Struct, frozen=True):
    """tshark ended; `status` is below zero where a signal ended it, None where nobody could tell."""

    status: int | None
    last_line: str


class Frames:
    """The frames in which tshark sees ISAKMP, in order; iterate once."""

    def __init__(self, tshark: Tshark, capture: str, names: frozenset[str], silence_s: float) -> None:
        """Take what to read; nothing runs before the iteration.

        Args:
            tshark: as `find` returned it.
            capture: a regular file.
            names: the fields to keep.
            silence_s: how long tshark may be silent before it is given up.
        """
        self._tshark = tshark
        self._worker = _Worker(tshark.path, capture, names)
        self._silence_s = silence_s
        self.complaint: str | None = None
        """What tshark said where it could not read the capture to its end; known after the iteration."""

    def __iter__(self) -> Generator[Seen, None, None]:
        """Run tshark.

        Raises:
            OracleUnavailableError: it died, or was silent for too long.
        """
        self._worker.start()
        try:
            while not isinstance(item := self._next(), _End):
                yield item
            self._check(item)
        finally:
            self._worker.stop()

    def _next(self) -> "Seen | _End":
        try:
            item = self._worker.items.get(timeout=self._silence_s)
        except queue.Empty:
            silence = f"was silent for {self._silence_s:.4g} s"
            raise OracleUnavailableError(f"{self._who} {silence}; give --timeout more, or it hangs") from None
        if isinstance(item, Exception):
            raise OracleUnavailableError(f"{self._who} could not be run through pyshark: {item!r}") from item
        return item

    def _check(self, end: _End) -> None:
        if end.status == _CANNOT_READ:
            self.complaint = end.last_line or "no reason given"
        elif end.status:
            how = (
                f"was ended by signal {-end.status}" if end.status < 0 else f"ended with status {end.status}"
            )
            word = f": {end.last_line}" if end.last_line else ""
            raise OracleUnavailableError(f"{self._who} {how}{word}; try another version")

    @property
    def _who(self) -> str:
        return f"{self._tshark.path}: tshark {self._tshark.version}"


_CANNOT_READ: Final = 2
"""The status of a tshark that could not read its input, or not to the end."""


class _Worker:
    """pyshark in a thread of its own, with a loop of its own."""

    def __init__(self, path: str, capture: str, names: frozenset[str]) -> None:
        self.items: queue.Queue[Seen | _End | Exception] = queue.Queue(QUEUED)
        self._arguments = (path, capture)
        self._names = names
        self._task: asyncio.Task[None] | None = None
        self._stopped = threading.Event()
        self._is_ending = False
        self._thread = threading.Thread(target=self._work, name="ikepcap-tshark", daemon=True)

    def start(self) -> None:
        self._loop = asyncio.new_event_loop()
        self._thread.start()

    def stop(self) -> None:
        """End tshark, however far it is, and the thread with it."""
        self._stopped.set()
        with contextlib.suppress(RuntimeError):  # the loop is closed: all is over
            self._loop.call_soon_threadsafe(self._cancel)
        self._thread.join(ENDING_S)

    def _cancel(self) -> None:
        if self._task is not None and not self._is_ending:
            self._task.cancel()

    def _work(self) -> None:
        try:
            self._task = self._loop.create_task(self._read())
            self._loop.run_until_complete(self._task)
        except asyncio.CancelledError:
            pass
        except Exception as error:  # noqa: BLE001 - handed to the other thread, which raises it
            self._put(error)
        finally:
            self._loop.close()

    async def _read(self) -> None:
        capture = _file_capture(*self._arguments, self._loop)
        try:
            await capture.packets_from_tshark(self._take, close_tshark=False)
            if not self._stopped.is_set():
                self._put(await capture.ending())
        finally:
            self._is_ending = True  # what ends tshark is not to be cancelled itself
            await capture.kill()

    def _take(self, packet: Any) -> None:
        """Hand on a packet, and wait while too many are waiting."""
        self._put(_seen(packet, self._names))
        if self._stopped.is_set():
            raise asyncio.CancelledError

    def _put(self, item: "Seen | _End | Exception") -> None:
        while not self._stopped.is_set():
            with contextlib.suppress(queue.Full):
                self.items.put(item, timeout=0.2)
                return


def _file_capture(path: str, capture: str, loop: asyncio.AbstractEventLoop) -> Any:
    """Return pyshark's reader of a file, with an end that can be waited for."""

    class Run(pyshark_module().FileCapture):  # type: ignore[misc]  # pyshark has no types
        def _get_tshark_path(self) -> str:
            return path  # pyshark would look for a config.ini where the user happens to be, and obey it

        def _created_new_process(self, _parameters: Any, process: Any, process_name: str = "") -> None:  # noqa: ARG002
            self._running_processes.add(process)  # pyshark would raise where it has already ended

        async def ending(self) -> _End:
            """Wait for tshark to end and say how."""
            (process,) = self._running_processes
            status = await asyncio.wait_for(process.wait(), ENDING_S)
            await asyncio.wait(self._stderr_handling_tasks, timeout=ENDING_S)
            return _End(status, self._last_error_line or "")

        async def kill(self) -> None:
            """End tshark if it runs, without pyshark's opinion on its status."""
            for process in self._running_processes:
                if process.returncode is None:
                    with contextlib.suppress(ProcessLookupError):
                        process.kill()
                    await asyncio.wait_for(process.wait(), ENDING_S)
                with contextlib.suppress(asyncio.TimeoutError):
                    # What is left in the pipe, or it stays open.
                    await asyncio.wait_for(process.stdout.read(), ENDING_S)
            self._running_processes.clear()
            if self._stderr_handling_tasks:
                await asyncio.wait(self._stderr_handling_tasks, timeout=ENDING_S)

    return Run(
        capture,
        keep_packets=False,
        eventloop=loop,
        override_prefs=dict(_PREFERENCES),
        custom_parameters=list(_ONLY_ISAKMP),
    )


def _seen(packet: Any, names: frozenset[str]) -> Seen:
    """Return a packet of pyshark's as plain values."""
    layers = []
    marks = set()
    for layer in packet.layers:
        if layer.layer_name != _LAYER:
            marks.add(layer.layer_name)
            continue
        layers.append(tuple(_fields(layer, names)))
    return Seen(int(packet.number), tuple(layers), frozenset(marks))


def _fields(layer: Any, names: frozenset[str]) -> Iterator[Field]:
    """Yield the wanted fields of a layer. pyshark sorts them by name, and keeps their order within a name."""
    shown = set(layer.field_names)
    for name in names:
        # Asked for by its full name only where it is there: else pyshark searches through all of them.
        if name.removeprefix(f"{_LAYER}.").replace(".", "_") in shown:
            for field in layer.get_field(name).all_fields:
                yield Field(name, int(field.pos), int(field.size), _raw(field.raw_value), field.show or "")


def _raw(digits: str | None) -> bytes | None:
    """Return octets; None where there are none, or a part of one."""
    try:
        return bytes.fromhex(digits) if digits else None
    except ValueError:
        return None


def pyshark_module() -> Any:
    """Return pyshark, which few need and which takes time to load."""
    try:
        import pyshark
    except ImportError as error:
        missing = error.name or "pyshark"
        raise OracleUnavailableError(f"the Python package {missing} is missing; {INSTALL_PYSHARK}") from None
    return pyshark

"""Work done by a child process, while this one goes on with what it sends.

The child begins as a copy of this process (fork), so the work may be anything that was under way; what it
sends are octets, one piece at a time, through a pipe. It ends with its parent: nobody reads the pipe then.
"""

import os
import sys
from collections.abc import Callable, Generator, Iterator
from struct import Struct as Layout
from typing import BinaryIO, Final, NoReturn

from ikepcap.errors import IkepcapError

PIPE_BYTES: Final = 1024 * 1024
"""The most that Linux gives to anyone (fs.pipe-max-size)."""
_HEAD: Final = Layout("<?I")
"""Whether it is an exception, and octets that follow."""
_COUNT: Final = Layout("=i")
_END: Final = _HEAD.pack(False, 0)


class Send:
    """Sends one piece of octets to the parent each time it is called."""

    def __init__(self, writing: int) -> None:
        self._writing = writing

    def __call__(self, data: bytes) -> None:
        """Send a piece; wait where the pipe is full."""
        _write(self._writing, _HEAD.pack(False, len(data)) + data)

    def close(self) -> None:
        """Let go of the pipe; for a child of the child, which has one of its own.

        Else the parent would wait for it, where the child in between was killed.
        """
        os.close(self._writing)

    def is_far_ahead(self) -> bool:
        """Whether the parent has left so much lying in the pipe that sending will soon mean waiting."""
        try:
            from fcntl import ioctl
            from termios import FIONREAD

            left = ioctl(self._writing, FIONREAD, bytes(_COUNT.size))
        except (ImportError, OSError):
            return False
        return bool(_COUNT.unpack(left)[0] > PIPE_BYTES // 2)


def is_possible() -> bool:
    """Whether a child process is safe here, and has a processor to run on.

    A fork copies the thread that calls it and the locks of all others, so there must be no others; macOS has
    some of its own in its libraries.
    """
    if not hasattr(os, "fork") or sys.platform == "darwin":
        return False
    threading = sys.modules.get("threading")
    if threading is not None and threading.active_count() > 1:
        return False
    processors = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return processors > 1


def apart(work: Callable[[Send], None]) -> Generator[bytes]:
    """Begin `work` in a child process, and yield what it sends; what it raises is raised here.

    Whatever the work needs may be let go of here as soon as this returns.

    Raises:
        IkepcapError: the child was killed.
    """
    reading, writing = os.pipe()
    child = os.fork()
    if not child:
        os.close(reading)
        _do(work, writing)
    os.close(writing)
    _widen(reading)
    taken = _taken(child, reading)
    next(taken)  # from here on it sees to the child's end, whether or not anything is asked of it
    return taken


def _taken(child: int, reading: int) -> Generator[bytes]:
    """Yield nothing at first; then what a child sends, and see to its end."""
    import signal  # takes its time to load, and most captures need no child

    parent = os.getpid()
    try:
        with open(reading, "rb", buffering=PIPE_BYTES) as pipe:
            yield b""
            yield from _received(pipe)
    finally:
        # It has ended already, unless its work is not wanted any more. It is not for another child to end.
        if os.getpid() == parent:
            os.kill(child, signal.SIGKILL)
            os.waitpid(child, 0)


def _received(pipe: BinaryIO) -> Iterator[bytes]:
    """Yield what comes, up to the end that the child announces."""
    while len(head := pipe.read(_HEAD.size)) == _HEAD.size:
        is_error, size = _HEAD.unpack(head)
        if not size:
            return
        data = pipe.read(size)
        if len(data) < size:
            break
        if is_error:
            import pickle

            raise pickle.loads(data)  # noqa: S301 - our own child's
        yield data
    message = "the process that reads the capture was killed; is there enough memory?"
    raise IkepcapError(message)


def _do(work: Callable[[Send], None], writing: int) -> NoReturn:
    """Be the child: work, and end without anything of what the parent would do at its end."""
    import signal

    status = 1
    try:
        # An interrupt from the terminal goes to both; the parent answers it, and ends this one.
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        # Whoever reads the output waits for the parent alone.
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, 1)

        try:
            work(Send(writing))
            _write(writing, _END)
            status = 0
        except BrokenPipeError:
            pass  # the parent has gone
        except BaseException as error:  # noqa: BLE001 - the parent raises it
            data = _pickled(error)
            _write(writing, _HEAD.pack(True, len(data)) + data)
    finally:
        os._exit(status)


def _write(writing: int, data: bytes) -> None:
    rest = memoryview(data)
    while rest:
        rest = rest[os.write(writing, rest) :]


def _pickled(error: BaseException) -> bytes:
    import pickle
    from traceback import format_exception

    where = "in the child process:\n" + "".join(format_exception(error))
    try:
        if not isinstance(error, IkepcapError):
            error.add_note(where)
        return pickle.dumps(error)
    except Exception:  # noqa: BLE001 - whatever an exception may hold
        return pickle.dumps(RuntimeError(where))


def _widen(pipe: int) -> None:
    """Make a pipe hold more than its 64 KiB: each time it runs dry, the processes change places."""
    try:
        import fcntl

        fcntl.fcntl(pipe, fcntl.F_SETPIPE_SZ, PIPE_BYTES)
    except (ImportError, AttributeError, OSError):
        return  # Linux has it

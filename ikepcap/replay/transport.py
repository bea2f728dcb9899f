"""Engines on UDP: two sockets, one loop, and everything that was sent or came in recorded.

The only module of the project that opens UDP sockets and, with the command line, the only one here that reads
the clock.
"""

import select
import socket
import time
from collections.abc import Callable, Iterable
from ipaddress import ip_address
from typing import Any, Final, Self

from ikepcap.errors import ReplayError, UnsafeTargetError
from ikepcap.replay.actions import Action, Done, Endpoint, Note, Path, Send, WaitUntil
from ikepcap.replay.memory import MARKER, SECOND_NS, Captured, Engine
from ikepcap.replay.safety import Gate

_LARGEST: Final = 65_535
_RECORDED: Final = 100_000
"""Datagrams kept of one run: what others send is bounded too."""
_DRAINED: Final = 64
"""Datagrams read before timers are looked at again."""

Tell = Callable[[Note | Done], None]


def natt_port(port: int) -> int:
    """Return the port that NAT traversal moves to: 4500 for 500, and as far from any other."""
    return port + 4000 if port + 4000 < 65536 else port - 4000


def own_address(target: str, port: int) -> str:
    """Return the address that this host would send from; nothing is sent.

    On loopback it is another one than the target's, where the system has more than one: a capture tells two
    peers apart by their addresses.

    Raises:
        ReplayError: there is no way to the target.
    """
    with socket.socket(_family(target), socket.SOCK_DGRAM) as probe:
        try:
            probe.connect((target, port))
        except OSError as error:
            raise ReplayError(f"{target}: {error.strerror or error}") from None
        found = str(probe.getsockname()[0])
    return _other_loopback(target) if found == target else found


def _other_loopback(target: str) -> str:
    if ip_address(target).version == 6 or not ip_address(target).is_loopback:
        return target
    other = "127.0.0.2" if target == "127.0.0.1" else "127.0.0.1"
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.bind((other, 0))
        except OSError:
            return target  # all of 127.0.0.0/8 is there on Linux, and 127.0.0.1 alone on others
    return other


def _family(address: str) -> socket.AddressFamily:
    return socket.AF_INET6 if ip_address(address).version == 6 else socket.AF_INET


class Udp:
    """The two sockets of a peer; a context manager."""

    def __init__(
        self, local: Endpoint, natt: Endpoint, gate: Gate, *, remote: tuple[Endpoint, Endpoint] | None = None
    ) -> None:
        """Open and bind them.

        Args:
            local: where IKE is spoken; port 0 is any.
            natt: the same behind NAT traversal.
            gate: that every datagram has to pass.
            remote: both ends of the only peer; what anybody else sends does not arrive then.

        Raises:
            ReplayError: an address or a port is not to be had.
        """
        self._gate = gate
        self.record: list[Captured] = []
        self._sockets: list[socket.socket] = []
        self.ends: list[Endpoint] = []
        for place, end in enumerate((local, natt)):
            self._open(end, None if remote is None else remote[place])

    def _open(self, end: Endpoint, remote: Endpoint | None) -> None:
        made = socket.socket(_family(end.address), socket.SOCK_DGRAM)
        self._sockets.append(made)
        try:
            made.bind((end.address, end.port))
            if remote is not None:
                made.connect((remote.address, remote.port))
        except OSError as error:
            self.close()
            hint = "; ports below 1024 need root" if isinstance(error, PermissionError) else ""
            raise ReplayError(f"UDP {end}: {error.strerror or error}{hint}") from None
        made.setblocking(False)
        name = made.getsockname()
        self.ends.append(Endpoint(str(name[0]), int(name[1])))

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Close both."""
        for one in self._sockets:
            one.close()

    def send(self, send: Send) -> None:
        """Send one datagram, once the gate lets it pass.

        Raises:
            UnsafeTargetError: it may not be sent to that address.
            ReplayError: the run has sent all it may.
        """
        remote = send.path.remote
        wait_ns = self._gate.wait_ns(time.time_ns())
        if wait_ns:
            time.sleep(wait_ns / SECOND_NS)
        now_ns = time.time_ns()
        self._gate.admit(remote.address, now_ns)
        chosen = self._sockets[send.path.is_natt]
        payload = MARKER + send.data if send.path.is_natt else send.data
        self._keep(Captured(now_ns, self.ends[send.path.is_natt], remote, payload))
        try:
            if self._is_connected(chosen):
                chosen.send(payload)
            else:
                chosen.sendto(payload, (remote.address, remote.port))
        except (BlockingIOError, ConnectionRefusedError):
            return  # what a peer refuses, or a full queue drops, is lost as on any network
        except OSError as error:
            raise ReplayError(f"{remote}: {error.strerror or error}") from None

    @staticmethod
    def _is_connected(one: socket.socket) -> bool:
        try:
            one.getpeername()
        except OSError:
            return False
        return True

    def wait(self, seconds: float) -> list[tuple[bytes, Path]] | Note:
        """Return what arrives first within a time; a note where the peer's host refuses datagrams."""
        ready, _, _ = select.select(self._sockets, [], [], max(0.0, seconds))
        found = []
        for one in ready:
            is_natt = one is self._sockets[1]
            for _ in range(_DRAINED):
                try:
                    data, source = one.recvfrom(_LARGEST)
                except BlockingIOError:
                    break
                except ConnectionRefusedError:
                    return Note("ICMP port unreachable: nothing listens on that port of the peer")
                except OSError as error:
                    return Note(f"receiving failed: {error.strerror or error}")
                got = self._taken(data, source, is_natt=is_natt)
                if got is not None:
                    found.append(got)
        return found

    def _taken(self, data: bytes, source: Any, *, is_natt: bool) -> tuple[bytes, Path] | None:
        local, remote = self.ends[is_natt], Endpoint(str(source[0]), int(source[1]))
        self._keep(Captured(time.time_ns(), remote, local, data))
        if not remote.port:
            return None  # UDP allows it, and nothing can be sent back (RFC 768)
        if not is_natt:
            return data, Path(local, remote)
        if not data.startswith(MARKER):
            return None  # a keepalive, or ESP
        return data[len(MARKER) :], Path(local, remote, is_natt=True)

    def _keep(self, one: Captured) -> None:
        if len(self.record) < _RECORDED:
            self.record.append(one)


class Loop:
    """An engine on its sockets until it is done, or time is up."""

    def __init__(self, engine: Engine, udp: Udp, tell: Tell) -> None:
        """Take an engine; `tell` hears its notes and its end."""
        self._engine, self._udp, self._tell = engine, udp, tell
        self._wait_until_ns: int | None = None
        self.done: Done | None = None

    def run(
        self, first: Iterable[Action], *, seconds: float, linger_s: tuple[float, float], ends: bool = True
    ) -> None:
        """Go on until the end.

        Args:
            first: actions that `start` gave, if there are any.
            seconds: the most it may take.
            linger_s: how long to stay after the end, for whatever the peer repeats: where it is up, and else.
            ends: stop when the engine is done; a responder goes on.

        Raises:
            ReplayError: the run has sent all it may, or the network failed.
        """
        self._do(first)
        end_ns = time.time_ns() + round(seconds * SECOND_NS)
        lingers = False
        last: str | None = None
        while (now_ns := time.time_ns()) < end_ns:
            if ends and self.done is not None and not lingers:
                stays_s = linger_s[self.done.result not in ("established", "answered")]
                lingers, end_ns = True, min(end_ns, now_ns + round(stays_s * SECOND_NS))
            until_ns = end_ns if self._wait_until_ns is None else min(end_ns, self._wait_until_ns)
            got = self._udp.wait((until_ns - now_ns) / SECOND_NS)
            if isinstance(got, Note):
                if got.text != last:
                    self._tell(got)
                last = got.text
                continue
            for data, path in got:
                self._do(self._engine.receive(data, path, time.time_ns()))
            now_ns = time.time_ns()
            if self._wait_until_ns is not None and now_ns >= self._wait_until_ns:
                self._wait_until_ns = None
                self._do(self._engine.timer(now_ns))

    def close(self, actions: Iterable[Action]) -> None:
        """Send what is left to say, and no more."""
        self._do(actions)

    def _do(self, actions: Iterable[Action]) -> None:
        waits = [action.time_ns for action in actions if isinstance(action, WaitUntil)]
        if waits:
            known = [] if self._wait_until_ns is None else [self._wait_until_ns]
            self._wait_until_ns = min((*waits, *known))
        for action in actions:
            if isinstance(action, Send):
                try:
                    self._udp.send(action)
                except UnsafeTargetError as error:
                    self._tell(Note(f"not answered: {error}"))
            elif isinstance(action, Done):
                self.done = self.done or action
                self._tell(action)
            elif isinstance(action, Note):
                self._tell(action)

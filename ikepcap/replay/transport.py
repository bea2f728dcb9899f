"""A peer's two sockets, and everything that was sent or came in recorded.

The only module of the project that opens UDP sockets; with `loop` and the command line the only one here that
reads the clock.
"""

import errno
import select
import socket
import time
from collections import deque
from collections.abc import Iterator
from ipaddress import ip_address
from typing import Any, Final, Self

from ikepcap.errors import ReplayError
from ikepcap.replay import icmp
from ikepcap.replay.actions import Endpoint, Note, Path, Send
from ikepcap.replay.record import MARKER, Bounced, Captured, Recorded, Side
from ikepcap.replay.safety import Gate
from ikepcap.replay.sending import SECOND_NS

_LARGEST: Final = 65_535
_HEARD: Final = 100_000
_HEARD_BYTES: Final = 1 << 26
"""The most that is taken in one run, in datagrams and in octets: a run that hears more ends, since nothing
may be sent or come in that is not recorded."""
_ABOUT_EARLIER: Final = frozenset(
    (errno.ECONNREFUSED, errno.EHOSTUNREACH, errno.ENETUNREACH, errno.EHOSTDOWN, errno.EACCES, errno.EPROTO,
     errno.ENOPROTOOPT, errno.EMSGSIZE, errno.EOPNOTSUPP)
)  # fmt: skip
"""What an ICMP error about an earlier datagram becomes: sending tells of it once, and sends nothing."""
_LATEST: Final = 64
"""Datagrams that an ICMP error may be about."""
_DRAINED: Final = 64
"""Datagrams read before timers are looked at again."""


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
        self, local: Endpoint, natt: Endpoint, gate: Gate, role: Side, *,
        remote: tuple[Endpoint, Endpoint] | None = None,
    ) -> None:  # fmt: skip
        """Open and bind them.

        Args:
            local: where IKE is spoken; port 0 is any.
            natt: the same behind NAT traversal.
            gate: that every datagram has to pass.
            role: whose datagrams these are, for the record.
            remote: both ends of the only peer; what anybody else sends does not arrive then.

        Raises:
            ReplayError: an address or a port is not to be had.
        """
        self._gate = gate
        self._role: Side = role
        self.record: list[Recorded] = []
        self._latest: deque[Captured] = deque(maxlen=_LATEST)
        """What was sent last, and may come back in an ICMP error."""
        self._heard = self._heard_bytes = 0
        self._untold: str | None = None
        """That something sent came back, which is told after what came in with it."""
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
        icmp.ask(made, is_v6=made.family == socket.AF_INET6)
        name = made.getsockname()
        self.ends.append(Endpoint(str(name[0]), int(name[1])))

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Close both: what still comes is answered by this host, with ICMP errors."""
        for one in self._sockets:
            one.close()
        self._sockets = []

    def send(self, send: Send) -> None:
        """Send one datagram, once the gate lets it pass.

        Raises:
            UnsafeTargetError: it may not be sent to that address.
            ReplayError: the run has sent all it may.
        """
        if not self._sockets:
            return
        remote = send.path.remote
        wait_ns = self._gate.wait_ns(time.time_ns())
        if wait_ns:
            time.sleep(wait_ns / SECOND_NS)
        now_ns = time.time_ns()
        self._gate.admit(remote.address, now_ns)
        chosen = self._sockets[send.path.is_natt]
        payload = MARKER + send.data if send.path.is_natt else send.data
        self._bounces(chosen)
        made = Captured(now_ns, self.ends[send.path.is_natt], remote, payload, self._role)
        self.record.append(made)  # the gate bounds how many there are
        self._latest.append(made)
        is_connected = self._is_connected(chosen)
        for is_last in (False, False, True):
            try:
                if is_connected:
                    chosen.send(payload)
                else:
                    chosen.sendto(payload, (remote.address, remote.port))
                return
            except BlockingIOError:
                return  # what a full queue drops is lost as on any network
            except OSError as error:
                # It tells of an earlier datagram, and this one is not sent yet.
                if error.errno not in _ABOUT_EARLIER or (is_last and error.errno != errno.ECONNREFUSED):
                    raise ReplayError(f"{remote}: {error.strerror or error}") from None
                self._bounces(chosen)

    @staticmethod
    def _is_connected(one: socket.socket) -> bool:
        try:
            one.getpeername()
        except OSError:
            return False
        return True

    def wait(self, seconds: float) -> list[tuple[bytes, Path]] | Note:
        """Return what arrives first within a time; a note where something sent came back.

        Raises:
            ReplayError: more came in than is recorded of one run.
        """
        if self._untold is None:
            ready, _, _ = select.select(self._sockets, [], [], max(0.0, seconds))
            found = [got for one in ready for got in self._drained(one)]
            if found or self._untold is None:
                return found
        told, self._untold = self._untold, None
        return Note(told)

    def _drained(self, one: socket.socket) -> Iterator[tuple[bytes, Path]]:
        """Yield what has arrived, and note what came back of what was sent."""
        is_natt = one is self._sockets[1]
        for _ in range(_DRAINED):
            try:
                data, source = one.recvfrom(_LARGEST)
            except BlockingIOError:
                break
            except OSError as error:
                told = self._bounces(one)
                if told is None and isinstance(error, ConnectionRefusedError):
                    told = "ICMP port unreachable: nothing listens on that port of the peer"
                self._untold = told or f"receiving failed: {error.strerror or error}"
                return
            got = self._taken(data, source, is_natt=is_natt)
            if got is not None:
                yield got
        self._untold = self._bounces(one) or self._untold

    def _bounces(self, one: socket.socket) -> str | None:
        """Record the ICMP errors there are about what was sent; return the last in words."""
        words = None
        for told in icmp.told(one):
            words = str(told)
            about = next((one for one in reversed(self._latest) if one.destination == told.remote
                          and one.payload.startswith(told.quoted)), None)  # fmt: skip
            if about is not None:
                self._count(len(told.quoted))
                quoted = len(told.quoted)
                self.record.append(
                    Bounced(time.time_ns(), told.reporter, told.kind, told.code, about, quoted)
                )
        return words

    def _taken(self, data: bytes, source: Any, *, is_natt: bool) -> tuple[bytes, Path] | None:
        local, remote = self.ends[is_natt], Endpoint(str(source[0]), int(source[1]))
        self._count(len(data))
        other: Side = "responder" if self._role == "initiator" else "initiator"
        self.record.append(Captured(time.time_ns(), remote, local, data, other))
        if not remote.port:
            return None  # UDP allows it, and nothing can be sent back (RFC 768)
        if not is_natt:
            return data, Path(local, remote)
        if not data.startswith(MARKER):
            return None  # a keepalive, or ESP
        return data[len(MARKER) :], Path(local, remote, is_natt=True)

    def _count(self, size: int) -> None:
        """Take note of what came in, as long as there is room for it."""
        self._heard, self._heard_bytes = self._heard + 1, self._heard_bytes + size
        if self._heard > _HEARD or self._heard_bytes > _HEARD_BYTES:
            raise ReplayError(
                f"{self._heard - 1} datagrams came in, as many as are recorded of one run: it ends, since "
                "nothing is answered that is not recorded"
            )

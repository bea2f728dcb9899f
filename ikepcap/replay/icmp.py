"""ICMP errors about what a socket sent, as Linux tells whoever asks (ip(7), IP_RECVERR); root is not needed.

Other systems tell no more than that a send was refused. Sockets are opened in `transport`, and read here.
"""

import struct
import sys
from collections.abc import Iterator
from ipaddress import ip_address
from typing import Any, Final, Protocol

from msgspec import Struct

from ikepcap.replay.actions import Endpoint

_FOR_V4: Final = (0, 11)
_FOR_V6: Final = (41, 25)
"""Level and option of IP_RECVERR and IPV6_RECVERR in <linux/in.h> and <linux/in6.h>."""
_ERRQUEUE: Final = 0x2000
_AF_INET, _AF_INET6 = 2, 10
_ORIGINS: Final = frozenset((2, 3))
"""SO_EE_ORIGIN_ICMP and SO_EE_ORIGIN_ICMP6: what routers and peers say, not what this host itself does."""
_ERROR: Final = struct.Struct("=IBBBBII")
"""struct sock_extended_err; the address of whoever sent the error follows."""
_MOST: Final = 64
"""Errors read at a time."""
_ROOM: Final = 65_535
_WORDS: Final = {
    (4, 3, 0): "network unreachable", (4, 3, 1): "host unreachable", (4, 3, 3): "port unreachable",
    (4, 3, 9): "administratively prohibited", (4, 3, 10): "administratively prohibited",
    (4, 3, 13): "administratively prohibited",
    (6, 1, 0): "no route", (6, 1, 1): "administratively prohibited", (6, 1, 3): "address unreachable",
    (6, 1, 4): "port unreachable",
}  # fmt: skip


class Socket(Protocol):
    """What is needed of one."""

    def setsockopt(self, level: int, optname: int, value: int, /) -> None:
        """Set an option."""

    def recvmsg(
        self, bufsize: int, ancbufsize: int, flags: int, /
    ) -> tuple[bytes, list[tuple[int, int, bytes]], int, Any]:
        """Take a datagram with what comes beside it."""


class Told(Struct, frozen=True):
    """One error."""

    reporter: str
    """Address of whoever sent it: the peer itself, or something on the way."""
    kind: int
    code: int
    remote: Endpoint
    """To where the datagram went that it is about."""
    quoted: bytes
    """What it quotes of that datagram's payload."""

    def __str__(self) -> str:
        version = ip_address(self.remote.address.partition("%")[0]).version
        words = _WORDS.get((version, self.kind, self.code), f"error of type {self.kind}, code {self.code}")
        closed = ": nothing listens on that port of the peer" if words == "port unreachable" else ""
        return f"ICMP {words} from {self.reporter}{closed}"


def ask(one: Socket, *, is_v6: bool) -> None:
    """Have the system keep the errors about what a socket sends."""
    if sys.platform == "linux":
        one.setsockopt(*(_FOR_V6 if is_v6 else _FOR_V4), 1)


def told(one: Socket) -> Iterator[Told]:
    """Yield the errors that came since the last call."""
    if sys.platform != "linux":
        return
    for _ in range(_MOST):
        try:
            data, ancillary, _, remote = one.recvmsg(_ROOM, 512, _ERRQUEUE)
        except OSError:
            return
        for _, _, block in ancillary:
            if len(block) < _ERROR.size:
                continue
            _, origin, kind, code, *_ = _ERROR.unpack_from(block)
            reporter = _address(block[_ERROR.size :])
            if origin in _ORIGINS and reporter is not None:
                yield Told(reporter, kind, code, Endpoint(str(remote[0]), int(remote[1])), data)


def _address(block: bytes) -> str | None:
    """Return the address in a struct sockaddr_in or sockaddr_in6."""
    family = int.from_bytes(block[:2], sys.byteorder)
    if family == _AF_INET:
        return str(ip_address(block[4:8]))
    return str(ip_address(block[8:24])) if family == _AF_INET6 else None

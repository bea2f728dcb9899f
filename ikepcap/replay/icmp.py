"""ICMP errors about what a socket sent, as Linux tells whoever asks (ip(7), IP_RECVERR); root is not needed.

Other systems tell no more than that a send was refused.
"""

import socket
import struct
import sys
from collections.abc import Iterator
from ipaddress import ip_address
from typing import Final

from msgspec import Struct

from ikepcap.replay.actions import Endpoint

_IP_RECVERR: Final = 11
_IPV6_RECVERR: Final = 25
"""Of <linux/in.h> and <linux/in6.h>; Python names neither."""
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


def ask(one: socket.socket) -> None:
    """Have the system keep the errors about what a socket sends."""
    if sys.platform == "linux":
        is_v6 = one.family == socket.AF_INET6
        level, option = (socket.IPPROTO_IPV6, _IPV6_RECVERR) if is_v6 else (socket.IPPROTO_IP, _IP_RECVERR)
        one.setsockopt(level, option, 1)


def told(one: socket.socket) -> Iterator[Told]:
    """Yield the errors that came since the last call."""
    if sys.platform != "linux":
        return
    for _ in range(_MOST):
        try:
            data, ancillary, _, remote = one.recvmsg(_ROOM, 512, socket.MSG_ERRQUEUE)
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
    if family == socket.AF_INET:
        return socket.inet_ntop(socket.AF_INET, block[4:8])
    return socket.inet_ntop(socket.AF_INET6, block[8:24]) if family == socket.AF_INET6 else None

"""ESP through SAs that a daemon installed, sent by the lab itself where the kernel knows none (RFC 4303).

The stand-in of `noesp.c` keeps what the daemon asks the kernel to install: addresses, SPI, algorithms, keys.
An echo request and its reply are sealed with that, so the keys on the wire are the daemons' own.
"""

import hashlib
import hmac
import os
import socket
import struct
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from ikelab.network import LabError

ESP, UDP, ICMP = 50, 17, 1
_ATTRIBUTES: Final = 240
"""Where attributes begin: after the netlink header and struct xfrm_usersa_info."""
_ALG_AUTH, _ALG_CRYPT, _ENCAP, _ALG_AUTH_TRUNC = 1, 2, 4, 20
_BLOCK, _IPV4_IN_ESP = 16, 4
SEND: Final = """
import socket, sys
kind, destination, octets = sys.argv[1:]
with socket.socket(socket.AF_INET, socket.SOCK_RAW, int(kind)) as out:
    out.sendto(bytes.fromhex(octets), (destination, 0))
"""
"""What runs inside a namespace: the kernel makes the IP header."""


@dataclass
class Outbound:
    """An SA from one end to the other, as its daemon installed it."""

    destination: str
    spi: bytes
    key: bytes
    integrity_key: bytes
    icv_octets: int
    ports: tuple[int, int] | None
    """Source and destination of UDP encapsulation; None for plain protocol 50."""
    sent: int = 0

    def sealed(self, packet: bytes) -> tuple[int, bytes]:
        """Return an IPv4 packet in ESP, tunnel mode, with the protocol that carries it."""
        self.sent += 1
        padding = -(len(packet) + 2) % _BLOCK
        plain = packet + bytes(range(1, padding + 1)) + bytes((padding, _IPV4_IN_ESP))
        vector = os.urandom(_BLOCK)
        words = ("openssl", "enc", f"-aes-{8 * len(self.key)}-cbc", "-nopad", "-K", self.key.hex(),
                 "-iv", vector.hex())  # fmt: skip
        sealed = subprocess.run(words, input=plain, capture_output=True, check=True).stdout
        body = self.spi + struct.pack(">I", self.sent) + vector + sealed
        body += hmac.new(self.integrity_key, body, hashlib.sha256).digest()[: self.icv_octets]
        if self.ports is None:
            return ESP, body
        # Without a checksum, as RFC 3948 §2.1 has it.
        return UDP, struct.pack(">4H", *self.ports, 8 + len(body), 0) + body


def outbound(installed: Path, own: str) -> Outbound:
    """Return the last SA that a daemon installed for what it sends.

    Args:
        installed: what the stand-in wrote: netlink messages in hexadecimal, a line each.
        own: the daemon's address.

    Raises:
        LabError: it installed none.
    """
    lines = installed.read_text().split() if installed.exists() else []
    for line in reversed(lines):
        message = bytes.fromhex(line)
        if socket.inet_ntop(socket.AF_INET, message[96:100]) == own and message[92] == ESP:
            return _read(message)
    raise LabError(f"no SA of {own} was installed: there is nothing to send through")


def _read(message: bytes) -> Outbound:
    found, at = {}, _ATTRIBUTES
    while at + 4 <= len(message):
        size, kind = struct.unpack_from("=HH", message, at)
        found[kind] = message[at + 4 : at + size]
        at += max(4, size + 3 & ~3)
    bits, truncated = struct.unpack_from("=2I", found[_ALG_AUTH_TRUNC], 64)
    crypt = found[_ALG_CRYPT]
    ports = struct.unpack_from(">2H", found[_ENCAP], 2) if _ENCAP in found else None
    destination = socket.inet_ntop(socket.AF_INET, message[72:76])
    key = crypt[68 : 68 + struct.unpack_from("=I", crypt, 64)[0] // 8]
    return Outbound(
        destination, message[88:92], key, found[_ALG_AUTH_TRUNC][72 : 72 + bits // 8], truncated // 8, ports
    )


def echo(source: str, destination: str, number: int, *, is_reply: bool) -> bytes:
    """Return an IPv4 packet with an ICMP echo request, or the reply to it."""
    body = struct.pack(">2H", 0x1ABE, number) + bytes(range(0x61, 0x71))
    icmp = struct.pack(">BBH", 0 if is_reply else 8, 0, 0) + body
    icmp = icmp[:2] + struct.pack(">H", _checksum(icmp)) + icmp[4:]
    ends = socket.inet_aton(source) + socket.inet_aton(destination)
    header = struct.pack(">BBHHHBBH", 0x45, 0, 20 + len(icmp), number, 0, 64, ICMP, 0) + ends
    return header[:10] + struct.pack(">H", _checksum(header)) + header[12:] + icmp


def _checksum(octets: bytes) -> int:
    total: int = sum(struct.unpack(f">{len(octets) // 2}H", octets))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return ~total & 0xFFFF

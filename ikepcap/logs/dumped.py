"""A message as a log shows it, and the ends that it went between."""

import re
from collections.abc import Iterator
from ipaddress import ip_address
from typing import Final, Protocol

from msgspec import Struct

from ikepcap.logs.lines import Line
from ikepcap.wire.message import HEADER, HEADER_BYTES, VERSION_1

UNKNOWN: Final = "unknown"
"""In place of an address that the log leaves out."""
_MARKER: Final = bytes(4)
IKE_PORT: Final = 500
MAX_MESSAGE: Final = 65_503
"""Octets that a UDP datagram over IPv4 has room for besides the marker."""


class End(Struct, frozen=True):
    """An address and a port as the log has them; a log that was made anonymous has other words there."""

    address: str
    port: int

    @classmethod
    def of(cls, address: str, port: str) -> "End":
        """Return an end read from a log: brackets and zones of IPv6 addresses go."""
        bare = address.strip("[]").partition("%")[0]
        try:
            bare = str(ip_address(bare))
        except ValueError:
            bare = bare[:64]
        number = int(port[:6])
        return cls(bare, number if 0 < number < 1 << 16 else IKE_PORT)


class Dumped(Struct, frozen=True):
    """One message that a log holds."""

    line: int
    time_ns: int | None
    source: End
    destination: End
    data: bytes
    """From the initiator cookie on."""


class Parser(Protocol):
    """What reads the log of one kind of daemon, line by line; it holds one message at most."""

    name: str
    advice: str
    """What has to be switched on for the log to hold messages."""
    left_out: int
    """Messages that the log speaks of so far and that are not whole in it, or no IKEv1."""

    def is_dump(self, text: str) -> bool:
        """Whether a line announces a message, as no other kind of log would have it."""

    def is_mine(self, text: str) -> bool:
        """Whether a line is from this daemon at all."""

    def take(self, line: Line) -> Iterator[Dumped]:
        """Take a line; yield the message that is complete with it."""

    def end(self) -> Iterator[Dumped]:
        """Yield what is complete when the log ends."""


def whole_message(octets: bytes) -> bytes | None:
    """Return the ISAKMP message that a dump is, without its marker; None where it is none, or cut."""
    data = octets.removeprefix(_MARKER) if octets[:4] == _MARKER else octets
    if len(data) < HEADER_BYTES or data[17] != VERSION_1:
        return None
    length = int.from_bytes(data[24:28])
    return data[:length] if HEADER_BYTES <= length <= min(len(data), MAX_MESSAGE) else None


def with_length(data: bytes) -> bytes:
    """Return a message with its length in the header: strongSwan 5.9.8 logs that of the header alone."""
    if len(data) < HEADER_BYTES or int.from_bytes(data[24:28]) not in (0, HEADER_BYTES):
        return data
    fixed = HEADER.unpack_from(data)
    return HEADER.pack(*fixed[:-1], len(data)) + data[HEADER_BYTES:]


def endpoints(pattern: str, text: str) -> tuple[End, End] | None:
    """Return two ends from a pattern with the groups a, p, b and q."""
    found = re.search(pattern, text)
    return None if found is None else (End.of(found["a"], found["p"]), End.of(found["b"], found["q"]))

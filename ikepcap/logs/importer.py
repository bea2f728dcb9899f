"""A log as a capture: its messages in made-up Ethernet, IP and UDP headers, at the log's times."""

import os
from collections.abc import Iterator
from ipaddress import ip_address

from msgspec import Struct

from ikepcap.capture.write import Frame, Hop, udp_packets
from ikepcap.errors import LogError
from ikepcap.logs.dumped import IKE_PORT, Dumped, Parser
from ikepcap.logs.fortigate import FortiGate
from ikepcap.logs.lines import read_lines
from ikepcap.logs.pluto import Pluto
from ikepcap.logs.racoon import Racoon
from ikepcap.logs.strongswan import StrongSwan

STEP_NS = 1_000_000
"""Between messages where the log has no clock, or one of whole seconds."""
_MARKER = bytes(4)
_WHOLE_DATAGRAM = 65_535


class Imported(Struct):
    """What became of a log; whole once its frames were taken."""

    kind: str
    messages: int = 0
    invented: tuple[str, ...] = ()
    """What stands in the log in place of addresses, each given one of 192.0.2.0/24 or of 2001:db8::/32."""
    is_timed: bool = True
    """The log says when messages went."""
    left_out: int = 0
    """Messages that the log speaks of and that are not whole in it, or no IKEv1."""


def parsers() -> tuple[Parser, ...]:
    """Return a parser of each kind of log."""
    return FortiGate(), Pluto(), Racoon(), StrongSwan()


def recognise(path: str | os.PathLike[str]) -> Parser:
    """Return the parser for a log: that of the first message announced in it.

    Raises:
        LogError: none is; the message says what a log of its kind needs.
    """
    if not os.path.isfile(path) and not os.path.isdir(path) and os.path.exists(path):  # noqa: PTH110, PTH112, PTH113
        raise LogError(f"{os.fspath(path)}: a log is read twice; give a regular file")
    known = parsers()
    mine: dict[str, int] = {}
    for line in read_lines(path):
        for parser in known:
            if parser.is_dump(line.text):
                return parser
            if parser.is_mine(line.text):
                mine[parser.name] = mine.get(parser.name, 0) + 1
    likely = max(known, key=lambda parser: mine.get(parser.name, 0))
    if mine.get(likely.name):
        why = f"this looks like a log of {likely.name}, but no message is dumped in it"
        raise LogError(f"{os.fspath(path)}: {why}; it takes {likely.advice}")
    names = ", ".join(parser.name for parser in known)
    raise LogError(f"{os.fspath(path)}: no IKE message is dumped in it; known are logs of {names}")


def read_log(path: str | os.PathLike[str]) -> tuple[Imported, Iterator[Frame]]:
    """Return what a log is, and its messages as frames.

    Raises:
        LogError: it cannot be read, or no message is dumped in it.
    """
    parser = recognise(path)
    imported = Imported(parser.name)
    return imported, _frames(_messages(parser, path, imported), imported, os.path.basename(os.fspath(path)))  # noqa: PTH119


def _messages(parser: Parser, path: str | os.PathLike[str], imported: Imported) -> Iterator[Dumped]:
    for line in read_lines(path):
        yield from parser.take(line)
    yield from parser.end()
    imported.left_out = parser.left_out


def _frames(messages: Iterator[Dumped], imported: Imported, name: str) -> Iterator[Frame]:
    """Yield frames in the order of the log; those of one second keep it."""
    names = _Names()
    last_ns: int | None = None
    for number, message in enumerate(messages, 1):
        if message.time_ns is None:
            imported.is_timed = False
        time_ns = message.time_ns if message.time_ns is not None else (last_ns or 0)
        if last_ns is not None and time_ns <= last_ns < time_ns + 10**9:
            time_ns = last_ns + STEP_NS
        last_ns = time_ns
        source, destination = names.pair(message.source.address, message.destination.address)
        ports = (message.source.port, message.destination.port)
        payload = message.data if IKE_PORT in ports else _MARKER + message.data
        hop = Hop(source, destination, ip_id=number & 0xFFFF)
        (packet,) = udp_packets(hop, *ports, payload, _WHOLE_DATAGRAM)
        imported.messages += 1
        imported.invented = names.invented
        yield Frame(time_ns, packet, f"{name}:{message.line}")


class _Names:
    """Addresses for what a log has in their place: left out, or made anonymous."""

    def __init__(self) -> None:
        self._given: dict[str, int] = {}

    @property
    def invented(self) -> tuple[str, ...]:
        """All words that got an address."""
        return tuple(self._given)

    def pair(self, source: str, destination: str) -> tuple[str, str]:
        """Return two addresses of one family."""
        is_v6 = any(_family(word) == 6 for word in (source, destination))
        return self._address(source, is_v6=is_v6), self._address(destination, is_v6=is_v6)

    def _address(self, word: str, *, is_v6: bool) -> str:
        if _family(word) == (6 if is_v6 else 4):
            return word
        number = self._given.setdefault(word, len(self._given) % 250 + 1)
        return f"2001:db8::{number:x}" if is_v6 else f"192.0.2.{number}"


def _family(word: str) -> int | None:
    try:
        return ip_address(word).version
    except ValueError:
        return None

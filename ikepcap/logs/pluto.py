"""pluto of Openswan and Libreswan with `plutodebug=all`, or raw.

    | *received 332 bytes from 192.0.2.7:500 on eth0 (port=500)
    | *received 172 bytes from 192.0.2.10:500 on eth0 192.0.2.1:500 using UDP
    | sending 144 bytes for STATE_MAIN_R0 through eth0:500 to 192.0.2.7:500 (using #4)
    | sending 144 bytes for reply through eth0 from 192.0.2.1:500 to 192.0.2.7:500 using UDP (for #4)
    |   8c d3 b0 eb  f8 be 49 98  97 00 89 a1  d5 c9 07 56

The second and fourth are Libreswan 4's. Where a line leaves the own address out, it is taken from
`adding interface eth0 192.0.2.1:500`. (demux.c and send.c in the releases of both.)
"""

import re
from collections.abc import Iterator
from typing import Final

from ikepcap.logs.dumped import UNKNOWN, Dumped, End, whole_message
from ikepcap.logs.hexdump import HexDump
from ikepcap.logs.lines import Line

_RECEIVED: Final = re.compile(
    r"\*received (?P<n>\d+) bytes from (?P<a>\S+):(?P<p>\d+) on (?P<i>[^\s(]+)"
    r"(?: (?P<b>\S+):(?P<q>\d+) using| \(port=(?P<r>\d+)\))?"
)
_SENDING: Final = re.compile(
    r"\bsending (?P<n>\d+) bytes for .*? through (?P<i>[^\s:]+)(?::(?P<r>\d+))?"
    r"(?: from (?P<b>\S+):(?P<q>\d+))? to (?P<a>\S+):(?P<p>\d+)"
)
_INTERFACE: Final = re.compile(r"\badding (?:UDP )?interface (?P<i>[^\s/]+)(?:/\S+)? (?P<b>\S+):(?P<q>\d+)")


class Pluto:
    """Reads the log of pluto."""

    name = "pluto"
    advice = "plutodebug=all in ipsec.conf (or 'ipsec whack --debug all')"

    def __init__(self) -> None:
        self.left_out = 0
        self._interfaces: dict[str, str] = {}
        self._dump: HexDump | None = None
        self._ends: tuple[End, End] | None = None
        self._line: Line | None = None

    def is_dump(self, text: str) -> bool:
        """Whether a line announces a message."""
        return _RECEIVED.search(text) is not None or _SENDING.search(text) is not None

    def is_mine(self, text: str) -> bool:
        """Whether a line is pluto's."""
        return "pluto" in text or re.search(r"\bSTATE_(?:MAIN|AGGR|QUICK)_[IR]\d", text) is not None

    def take(self, line: Line) -> Iterator[Dumped]:
        """Take a line; yield the message that is complete with it."""
        if self._dump is not None and self._dump.add_pluto(line.text):
            if self._dump.is_whole:
                yield from self.end()
            return
        self.left_out += self._dump is not None
        self._dump = None
        interface = _INTERFACE.search(line.text)
        if interface is not None and len(self._interfaces) < 1000:
            self._interfaces[interface["i"]] = End.of(interface["b"], interface["q"]).address
        received = _RECEIVED.search(line.text)
        found = received or _SENDING.search(line.text)
        if found is None:
            return
        far = End.of(found["a"], found["p"])
        if found["b"] is not None:
            near = End.of(found["b"], found["q"])
        else:
            known = self._interfaces.get(found["i"].partition("/")[0], UNKNOWN)
            near = End.of(known, found["r"] or found["p"])
        self._ends = (far, near) if received is not None else (near, far)
        self._line, self._dump = line, HexDump(int(found["n"][:6]))

    def end(self) -> Iterator[Dumped]:
        """Yield a message that is whole."""
        dump, self._dump = self._dump, None
        if dump is None or self._ends is None or self._line is None:
            return
        data = whole_message(bytes(dump.octets))
        if data is None:
            self.left_out += 1
        else:
            yield Dumped(self._line.number, self._line.time_ns, *self._ends, data)

"""charon of strongSwan with `net = 3` for what it receives and `enc = 3` for what it sends.

    03[NET] received packet => 80 bytes @ 0x7f0bbd148410
    03[NET]    0: 3A 45 0C B0 04 26 D3 D7 0B 4C 06 B3 87 F3 4B F5  :E...&...L....K.
    03[NET] received packet: from 198.51.100.7[500] to 192.0.2.1[500]
    07[ENC] generated data of this generator => 108 bytes @ 0x7f...
    07[NET] sending packet: from 192.0.2.1[500] to 198.51.100.7[500] (108 bytes)

In the header of what is generated the length is that of the header alone, or 0: it is filled in later. A
retransmission is logged without its octets, so those of the same size that were sent before are taken.
(socket_default, sender.c and generator.c of strongSwan; tried with 5.9.8.)
"""

import re
from collections.abc import Iterator
from typing import Final

from ikepcap.logs.dumped import Dumped, End, endpoints, whole_message, with_length
from ikepcap.logs.hexdump import HexDump
from ikepcap.logs.lines import Line

_DUMP: Final = re.compile(r"\b(received packet|generated data of this generator) => (\d+) bytes @")
_ENDS: Final = r"packet: from (?P<a>\S+)\[(?P<p>\d+)\] to (?P<b>\S+)\[(?P<q>\d+)\]"
_SENDING: Final = re.compile(r"\bsending packet: .*\((\d+) bytes\)")
_RECEIVED: Final = re.compile(r"\breceived packet: .*\(\d+ bytes\)")
_KEPT: Final = 32
"""Messages kept that may be sent, or sent again."""


class StrongSwan:
    """Reads the log of charon."""

    name = "strongSwan"
    advice = "net = 3 and enc = 3 in the filelog or syslog section of strongswan.conf"

    def __init__(self) -> None:
        self.left_out = 0
        self._dump: HexDump | None = None
        self._is_received = False
        self._received: tuple[Line, bytes] | None = None
        self._line: Line | None = None
        self._generated: list[bytes] = []
        self._sent: list[bytes] = []
        self._told = 0
        """Messages that came in and are named once more, with their size, when their SA takes them."""

    def is_dump(self, text: str) -> bool:
        """Whether a line announces a message."""
        return _DUMP.search(text) is not None

    def is_mine(self, text: str) -> bool:
        """Whether a line is charon's."""
        return re.search(r"\b\d\d\[(?:IKE|NET|ENC|CFG|KNL|MGR|DMN)\d?\]", text) is not None

    def take(self, line: Line) -> Iterator[Dumped]:
        """Take a line; yield the message that is complete with it."""
        text = line.text
        if self._dump is not None and self._dump.add_strongswan(text):
            if self._dump.is_whole:
                self._keep()
            return
        found = _DUMP.search(text)
        if found is not None:
            self._dump, self._line = HexDump(int(found[2][:6])), line
            self._is_received = found[1] == "received packet"
            return
        ends = endpoints(_ENDS, text)
        if ends is None:
            return
        sending = _SENDING.search(text)
        if sending is not None:
            data = self._next(int(sending[1][:6]))
            if data is None:
                self.left_out += 1
            else:
                yield Dumped(line.number, line.time_ns, *ends, data)
        elif "received packet" in text:
            yield from self._came(text, ends)

    def _came(self, text: str, ends: tuple[End, End]) -> Iterator[Dumped]:
        """Yield what came in, once its ends are named; then they are named again, with its size."""
        if self._received is not None:
            first, octets = self._received
            self._received = None
            self._told += 1
            yield Dumped(first.number, first.time_ns, *ends, octets)
        elif _RECEIVED.search(text) is None:
            self._told += 1
            self.left_out += 1
        elif self._told:
            self._told -= 1
        else:
            self.left_out += 1  # net is below 2: of what comes in there is this line alone

    def end(self) -> Iterator[Dumped]:
        """Yield nothing: what is without its ends when the log ends has none."""
        yield from ()

    def _next(self, size: int) -> bytes | None:
        """Return what is sent now: the oldest message of its size that was not yet, or else one once more."""
        for data in self._generated:
            if len(data) == size:
                self._generated.remove(data)
                self._sent.append(data)
                del self._sent[:-_KEPT]
                return data
        return next((data for data in reversed(self._sent) if len(data) == size), None)

    def _keep(self) -> None:
        """Keep a dump that is whole until the line with its ends."""
        dump, self._dump = self._dump, None
        if dump is None or self._line is None:
            return
        octets = bytes(dump.octets)
        if self._is_received:
            data = whole_message(octets)
            self._received = None if data is None else (self._line, data)
            return
        data = whole_message(with_length(octets))
        if data is not None:
            self._generated.append(data)
            del self._generated[:-_KEPT]

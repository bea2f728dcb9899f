"""racoon with `log debug`, and MikroTik's RouterOS with the topics `ipsec,debug,packet`.

    2007-08-07 00:03:58: DEBUG: 180 bytes from 192.0.2.60[500] to 198.51.100.7[500]
    2007-08-07 00:03:58: DEBUG: 1 times of 180 bytes message will be sent to 198.51.100.7[500]
    2007-08-07 00:03:58: DEBUG:
    800d8ae8 3243773b 00000000 00000000 01100200 ...
    2007-08-07 00:03:59: DEBUG: 120 bytes message received from 198.51.100.7[500] to 192.0.2.60[500]

RouterOS writes its topics in place of `DEBUG:`, before each row of the dump too. Syslog writes #012 for the
line feeds. (isakmp.c and sockmisc.c of ipsec-tools.)
"""

import re
from collections.abc import Iterator
from typing import Final

from ikepcap.logs.dumped import UNKNOWN, Dumped, End, endpoints, whole_message
from ikepcap.logs.hexdump import HexDump
from ikepcap.logs.lines import Line

_ENDS: Final = r"\d+ bytes from (?P<a>\S+)\[(?P<p>\d+)\] to (?P<b>\S+)\[(?P<q>\d+)\]"
_WILL: Final = re.compile(r"times of (?P<n>\d+) bytes message will be sent(?: to (?P<b>\S+)\[(?P<q>\d+)\])?")
_RECEIVED: Final = re.compile(
    r"(?P<n>\d+) bytes message received from (?P<a>\S+)\[(?P<p>\d+)\](?: to (?P<b>\S+)\[(?P<q>\d+)\])?"
)
_OWN: Final = re.compile(r"(?P<a>\S+)\[(?P<p>\d+)\] used as isakmp port")
_HEADING: Final = re.compile(r"(?:DEBUG2?:|ipsec[\w,]*:?)\s*$")
_LOOPBACK: Final = ("127.0.0.1", "::1")


class Racoon:
    """Reads the log of racoon or RouterOS."""

    name = "racoon or MikroTik"
    advice = "'log debug;' in racoon.conf, or '/system logging add topics=ipsec,debug,packet'"

    def __init__(self) -> None:
        self.left_out = 0
        self._own: End | None = None
        self._sent: tuple[End, End] | None = None
        self._dump: HexDump | None = None
        self._ends: tuple[End, End] | None = None
        self._line: Line | None = None

    def is_dump(self, text: str) -> bool:
        """Whether a line announces a message."""
        return _WILL.search(text) is not None or _RECEIVED.search(text) is not None

    def is_mine(self, text: str) -> bool:
        """Whether a line is racoon's or RouterOS'."""
        return "racoon" in text or re.search(r"\bipsec,|: (?:DEBUG2?|INFO|ERROR): ", text) is not None

    def take(self, line: Line) -> Iterator[Dumped]:
        """Take a line; yield the message that is complete with it."""
        text = line.text
        if self._dump is not None:
            if self._dump.add_groups(text):
                if self._dump.is_whole:
                    yield from self.end()
                return
            if not self._dump.octets and (not text.strip() or _HEADING.search(text)):
                return  # a dump begins on a line of its own
        self.left_out += self._dump is not None
        self._dump = None
        own = _OWN.search(text)
        if own is not None and own["a"] not in _LOOPBACK:
            self._own = self._own or End.of(own["a"], own["p"])
        received, will = _RECEIVED.search(text), _WILL.search(text)
        if received is not None:
            far = End.of(received["a"], received["p"])
            near = End.of(received["b"], received["q"]) if received["b"] else self._near(far)
            self._begin(line, received["n"], (far, near))
        elif will is not None:
            if self._sent is None and will["b"] is not None:
                far = End.of(will["b"], will["q"])
                self._sent = (self._near(far), far)
            if self._sent is not None:
                self._begin(line, will["n"], self._sent)
            else:
                self.left_out += 1
            self._sent = None
        else:
            self._sent = endpoints(_ENDS, text) or self._sent

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

    def _begin(self, line: Line, size: str, ends: tuple[End, End]) -> None:
        self._line, self._ends, self._dump = line, ends, HexDump(int(size[:6]))
        near = ends[0] if self._sent is not None else ends[1]
        self._own = self._own or (near if near.address != UNKNOWN else None)

    def _near(self, far: End) -> End:
        """Return the own end where a line leaves it out."""
        return End(self._own.address if self._own is not None else UNKNOWN, far.port)

"""FortiGate's `diagnose debug application ike -1`.

    2016-05-26 07:49:06 ike 0: comes 10.5.17.111:500->10.5.18.8:500,ifindex=6....
    2016-05-26 07:49:06 ike 0: in 12F2CBED073D6DBA21C9...
    2016-05-26 07:49:06 ike 0:p1:14: out 12F2CBED073D6DBA...
    2016-05-26 07:49:06 ike 0:p1:14: sent IKE msg (ident_i1send): 10.5.18.8:500->10.5.17.111:500, len=296, ...

Digits may go on in lines of their own. `enc` and `dec` are plaintexts and are left out. (Fortinet technical
note 198232 and the IKEv1 debug chapter of its handbook.)
"""

import re
from collections.abc import Iterator
from typing import Final

from ikepcap.logs.dumped import Dumped, End, endpoints, whole_message
from ikepcap.logs.hexdump import HexDump
from ikepcap.logs.lines import Line

_DUMP: Final = re.compile(r"\bike .*?: ?(in|out|enc|dec) ([0-9A-Fa-f]{8,})\s*$")
_COMES: Final = r"\bike .*\bcomes (?P<a>\S+):(?P<p>\d+)->(?P<b>\S+):(?P<q>\d+)"
_SENT: Final = r"\bsent IKE msg \([^)]*\): (?P<a>\S+):(?P<p>\d+)->(?P<b>\S+):(?P<q>\d+)"


class FortiGate:
    """Reads the log of a FortiGate."""

    name = "FortiGate"
    advice = "diagnose debug application ike -1"

    def __init__(self) -> None:
        self.left_out = 0
        self._comes: tuple[End, End] | None = None
        self._dump: HexDump | None = None
        self._word = ""
        self._line: Line | None = None

    def is_dump(self, text: str) -> bool:
        """Whether a line holds a message."""
        return _DUMP.search(text) is not None

    def is_mine(self, text: str) -> bool:
        """Whether a line is a FortiGate's."""
        return re.search(r"\bike \d+:|\bike V=", text) is not None

    def take(self, line: Line) -> Iterator[Dumped]:
        """Take a line; yield the message that is complete with it."""
        sent = endpoints(_SENT, line.text)
        if sent is not None:
            self.left_out += self._word != "out" or self._dump is None
            if self._word == "out":
                yield from self._done(sent)
            self._drop()
            return
        found = _DUMP.search(line.text)
        if found is None and self._dump is not None and self._dump.add_solid(line.text):
            return
        yield from self._received()
        comes = endpoints(_COMES, line.text)
        if comes is not None:
            self._comes = comes
        if found is not None:
            self._drop()
            self._word, self._line, self._dump = found[1], line, HexDump()
            self._dump.add_solid(found[2])

    def end(self) -> Iterator[Dumped]:
        """Yield what is complete when the log ends."""
        yield from self._received()
        self._drop()

    def _received(self) -> Iterator[Dumped]:
        """Yield a received message, which is complete before the next line; a sent one waits for its ends."""
        if self._word == "in" and self._comes is not None:
            yield from self._done(self._comes)

    def _done(self, ends: tuple[End, End]) -> Iterator[Dumped]:
        if self._dump is None or self._line is None:
            return
        data = whole_message(bytes(self._dump.octets))
        if data is None:
            self._drop()
            return
        self._dump = None
        yield Dumped(self._line.number, self._line.time_ns, *ends, data)

    def _drop(self) -> None:
        """Give up a dump that is cut, no IKEv1, or of nobody; a plaintext is no message."""
        self.left_out += self._dump is not None and self._word in ("in", "out")
        self._dump = None

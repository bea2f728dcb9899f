"""Hexadecimal dumps as daemons log them, put together line by line."""

import re
from typing import Final

MAX_BYTES: Final = 1 << 16
"""Octets of a dump: a UDP datagram holds fewer."""

_ROW: Final = 16
# "   0: C5 3E 06 8B  .>.." (strongSwan): offset, pairs, and two spaces before the characters.
_STRONGSWAN: Final = re.compile(r"\s(\d{1,5}): ((?:[0-9A-Fa-f]{2} ?){1,16})")
# "|   8c d3 b0 eb  f8 be 49 98" (pluto): groups of four pairs. Openswan has the time between bar and octets.
_PLUTO: Final = re.compile(r"(?:\||\d:)\s{2,4}((?:[0-9a-f]{2}(?: {1,2}|$)){1,16})")
# "800d8ae8 3243773b" (racoon, MikroTik): groups of four octets, nothing else after the prefix.
_GROUPS: Final = re.compile(r"^(?:.*(?:DEBUG2?:|ipsec[\w,]*:?))?\s*((?:[0-9a-f]{8} ){0,7}[0-9a-f]{2,8})\s*$")
_SOLID: Final = re.compile(r"^[0-9A-Fa-f]+$")


class HexDump:
    """A dump of a known or unknown number of octets that is under way."""

    def __init__(self, size: int | None = None) -> None:
        self.octets = bytearray()
        self._half = ""
        """A digit whose octet goes on in the next line."""
        self._size = None if size is None else min(size, MAX_BYTES)

    @property
    def is_whole(self) -> bool:
        """All octets that were announced are there."""
        return self._size is not None and len(self.octets) >= self._size

    def add_strongswan(self, text: str) -> bool:
        """Take a row if it is the next one; return whether it was."""
        found = _STRONGSWAN.search(text)
        return found is not None and int(found[1]) == len(self.octets) and self._add(found[2])

    def add_pluto(self, text: str) -> bool:
        """Take a row of pluto's; return whether it was one."""
        found = _PLUTO.search(text)
        return found is not None and self._add(found[1])

    def add_groups(self, text: str) -> bool:
        """Take a row of racoon's or MikroTik's; return whether it was one."""
        found = _GROUPS.search(text)
        return found is not None and self._add(found[1], 2 * _ROW)

    def add_solid(self, text: str) -> bool:
        """Take digits without spaces, nothing else on the line; return whether it was that."""
        digits = text.strip()
        if _SOLID.match(digits) is None or len(self.octets) + len(digits) > 2 * MAX_BYTES:
            return False
        digits = self._half + digits
        even = len(digits) & ~1
        self._half = digits[even:]
        self.octets += bytes.fromhex(digits[:even])
        return True

    def _add(self, digits: str, row: int = _ROW) -> bool:
        packed = "".join(digits.split())
        if len(packed) % 2 or len(self.octets) >= MAX_BYTES:
            return False
        octets = bytes.fromhex(packed)[:row]
        if self._size is not None:
            # The characters beside a dump may look like digits: the announced size tells where it ends.
            octets = octets[: self._size - len(self.octets)]
        self.octets += octets
        return bool(octets)

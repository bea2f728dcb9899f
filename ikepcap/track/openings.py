"""First messages that are the same but for their cookies, kept once: offers repeat endlessly."""

from typing import Final

from ikepcap.wire.numbers import Exchange

REMEMBERED: Final = 4096
_AGGRESSIVE: Final = int(Exchange.AGGRESSIVE)
_COOKIE_BYTES: Final = 8


class Openings:
    """MSG1s that were met before."""

    def __init__(self) -> None:
        self._known: dict[bytes, bytes] = {}

    def shared(self, data: bytes) -> bytes:
        """Return a MSG1 as it was kept before, perhaps under another cookie."""
        if data[18] == _AGGRESSIVE:
            return data  # its key exchange is like no other
        rest = data[_COOKIE_BYTES:]
        known = self._known.get(rest)
        if known is None:
            if len(self._known) >= REMEMBERED:
                self._known.clear()
            known = self._known[rest] = data
        return known

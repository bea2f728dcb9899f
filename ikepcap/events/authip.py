"""AuthIP followed as far as it can be: who began, who answered, and which status a peer sent (MS-AIPS).

AuthIP has ISAKMP's header with exchange types of its own: 243 main mode, 244 quick mode, 245 extended mode,
246 notify. Nothing in it but the first payload's sequence number and, now and then, a notify is in the clear.
"""

from typing import Final

from ikepcap.capture.datagram import Datagram
from ikepcap.diagnose.wording import address
from ikepcap.wire.message import FLAG_ENCRYPTION, parse
from ikepcap.wire.numbers import Exchange, Payload

REMEMBERED: Final = 5_000
"""Negotiations followed."""
_COUNTED: Final = 64
NOTIFY_STATUS: Final = 40020
"""Its data is a Windows error code of four octets."""
_STATUS_BYTES: Final = 12


class Negotiation:
    """One AuthIP negotiation, under one initiator cookie."""

    def __init__(self, datagram: Datagram) -> None:
        self.cookie = datagram.data[:8]
        self.ends = (address(datagram.source), address(datagram.destination))
        """Initiator and responder; the initiator is who was seen first."""
        self.ports = (datagram.source_port, datagram.destination_port)
        self.first_ns = self.last_ns = datagram.time_ns
        self.first_frame = datagram.frame
        self.sent: dict[int, tuple[set[bytes], set[bytes]]] = {}
        """By exchange type: different messages of either side."""
        self.copies = 0
        """Messages that repeat one of before."""
        self.statuses: list[tuple[int, int, int]] = []
        """Side, Windows error code, frame."""

    def add(self, datagram: Datagram) -> None:
        """Take one more message."""
        side = 0 if address(datagram.source) == self.ends[0] else 1
        self.last_ns = max(self.last_ns, datagram.time_ns)
        sent = self.sent.setdefault(datagram.data[18], (set(), set()))[side]
        if datagram.data in sent:
            self.copies += 1
        elif len(sent) < _COUNTED:
            sent.add(datagram.data)
        code = _status(datagram.data)
        if code is not None and len(self.statuses) < _COUNTED:
            self.statuses.append((side, code, datagram.frame))

    def messages(self, exchange: int, side: int) -> int:
        """Return how many different messages of an exchange type a side sent."""
        return len(self.sent.get(exchange, ((), ()))[side])

    @property
    def was_answered(self) -> bool:
        """The responder took part."""
        return any(responder for _, responder in self.sent.values())


class Authip:
    """All AuthIP negotiations of a capture."""

    def __init__(self) -> None:
        self._known: dict[bytes, Negotiation] = {}

    def add(self, datagram: Datagram) -> None:
        """Take one AuthIP message."""
        cookie = datagram.data[:8]
        negotiation = self._known.get(cookie)
        if negotiation is None:
            if len(self._known) >= REMEMBERED:
                return
            negotiation = self._known[cookie] = Negotiation(datagram)
        negotiation.add(datagram)

    @property
    def negotiations(self) -> tuple[Negotiation, ...]:
        """All of them, in the order in which they began."""
        return tuple(self._known.values())


def _status(data: bytes) -> int | None:
    """Return the Windows error code of a NOTIFY_STATUS in the clear (MS-AIPS §2.2).

    The body of AuthIP's notify payload: DOI, protocol, flags in place of the SPI's size, type, data.
    """
    if data[19] & FLAG_ENCRYPTION or data[18] not in (Exchange.AUTHIP_MAIN, Exchange.AUTHIP_NOTIFY):
        return None
    message = parse(data)
    for body in message.bodies(Payload.NOTIFICATION) if message is not None else ():
        if len(body) >= _STATUS_BYTES and int.from_bytes(body[6:8]) == NOTIFY_STATUS:
            return int.from_bytes(body[8:12])
    return None

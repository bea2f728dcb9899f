"""Every message of captures with what given keys open of it: reading, IKE fragments and keys put together.

for found in Opening(Capture(["branch.pcapng"]), load_ring(["keys.toml"])): ...
"""

from collections.abc import Iterable, Iterator
from ipaddress import ip_address
from typing import Final

from msgspec import Struct

from ikepcap.capture.datagram import Datagram
from ikepcap.capture.decode import Item
from ikepcap.keys.check import Check
from ikepcap.keys.opened import NotOpened, Plaintext
from ikepcap.keys.ring import KeyRing
from ikepcap.keys.sessions import Ends, Result, Sessions, Unsettled
from ikepcap.track.joining import Joiner
from ikepcap.wire.message import Message, parse
from ikepcap.wire.numbers import Payload

_UNSETTLED: Final = 1024
"""Messages that are tried once more at the end."""


class OpenedMessage(Struct, frozen=True):
    """A message, the datagram that it came in or that completed it, and what its keys gave."""

    datagram: Datagram
    message: Message
    """With its payloads where it was opened."""
    plaintext: Plaintext | None = None
    refusal: NotOpened | None = None
    """Why it stays closed; None where there was no key to try, too."""
    checks: tuple[Check, ...] = ()
    frames: tuple[int, ...] = ()
    """All frames of the IKE fragments it was put together from; empty when it is as captured."""


class Opening:
    """The messages of captures in order; `sessions` knows the conversations once they were read."""

    def __init__(self, captured: Iterable[Item], ring: KeyRing) -> None:
        self._captured = captured
        self.sessions = Sessions(ring)
        self._joiner = Joiner()
        self._unsettled: list[tuple[int, Datagram, tuple[int, ...], Unsettled]] = []
        self._yielded = 0

    def again(self) -> Iterator[OpenedMessage]:
        """Yield what stayed closed, or lost its beginning, with what the rest of the capture makes of it.

        Messages out of order are opened then, and a key that proved right later is not called wrong.
        """
        for _, datagram, frames, unsettled in self._unsettled:
            yield _found(datagram, unsettled.message, unsettled.again(), frames)

    def in_the_end(self) -> dict[int, OpenedMessage]:
        """Read all, and return what `again` yields by its place in the iteration, from 0."""
        for _ in self:
            pass
        return dict(zip((place for place, *_ in self._unsettled), self.again(), strict=True))

    def __iter__(self) -> Iterator[OpenedMessage]:
        for item in self._captured:
            if not isinstance(item, Datagram):
                continue
            message = parse(item.data, item.wire_bytes)
            if message is None:
                continue
            if message.next_payload != Payload.FRAGMENT or message.is_encrypted:
                yield self._opened(item, message)
                self._yielded += 1
                continue
            yield OpenedMessage(item, message)
            self._yielded += 1
            joined = self._joiner.add(item, message)
            if joined is not None:
                yield self._opened(item, joined.message, joined.frames)
                self._yielded += 1

    def _opened(self, datagram: Datagram, message: Message, frames: tuple[int, ...] = ()) -> OpenedMessage:
        """Return a whole message with what its conversation's keys make of it."""
        result = self.sessions.feed(message, _ends(datagram))
        if result is None:
            return OpenedMessage(datagram, message, frames=frames)
        if result.unsettled is not None and len(self._unsettled) < _UNSETTLED:
            self._unsettled.append((self._yielded, datagram, frames, result.unsettled))
        return _found(datagram, message, result, frames)


def _found(datagram: Datagram, message: Message, result: Result, frames: tuple[int, ...]) -> OpenedMessage:
    if isinstance(result.opened, Plaintext):
        opened = result.opened.message(message)
        return OpenedMessage(datagram, opened, result.opened, None, result.checks, frames)
    return OpenedMessage(datagram, message, None, result.opened, result.checks, frames)


def check_text(check: Check) -> str:
    """Return a check as one line of text."""
    return f"{check.name} {check.outcome}: {check.why}" if check.why else f"{check.name} {check.outcome}"


def _ends(datagram: Datagram) -> Ends:
    return Ends(
        str(ip_address(datagram.source)), datagram.source_port,
        str(ip_address(datagram.destination)), datagram.destination_port,
    )  # fmt: skip

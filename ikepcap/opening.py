"""Every message of captures with what given keys open of it: reading, IKE fragments and keys put together.

from ikepcap.keys.sources import load_ring
for found in opening.opened_messages("branch.pcapng", load_ring(["keys.toml"])): ...
"""

import os
from collections.abc import Callable, Iterator, Sequence
from ipaddress import ip_address
from typing import Final

from msgspec import Struct
from msgspec.structs import replace

from ikepcap.capture.datagram import Datagram
from ikepcap.capture.reader import Capture
from ikepcap.keys.check import Check
from ikepcap.keys.opened import NotOpened, Plaintext
from ikepcap.keys.ring import KeyRing
from ikepcap.keys.sessions import Ends, Sessions
from ikepcap.track.fragments import Fragments
from ikepcap.wire.message import HEADER_BYTES, Message, parse
from ikepcap.wire.numbers import Payload

Progress = Callable[[int, int | None], None]
_FRAGMENTED: Final = 256
"""Conversations whose IKE fragments are held at once."""


class OpenedMessage(Struct, frozen=True):
    """A message, the datagram that it came in or that completed it, and what its keys gave."""

    datagram: Datagram
    message: Message
    """With its payloads where it was opened."""
    plaintext: Plaintext | None = None
    refusal: NotOpened | None = None
    """Why it stays closed; None where there was no key to try, too."""
    checks: tuple[Check, ...] = ()


class Opening:
    """The messages of captures in order; `sessions` knows the conversations once they were read."""

    def __init__(
        self, paths: Sequence[str | os.PathLike[str]], ring: KeyRing, *, progress: Progress | None = None
    ) -> None:
        self._capture = Capture(list(paths), progress=progress)
        self.sessions = Sessions(ring)
        self._fragments: dict[tuple[bytes, bytes], Fragments] = {}

    def __iter__(self) -> Iterator[OpenedMessage]:
        for item in self._capture:
            if not isinstance(item, Datagram):
                continue
            message = parse(item.data, item.wire_bytes)
            if message is None:
                continue
            if message.next_payload != Payload.FRAGMENT or message.is_encrypted:
                yield self._opened(item, message)
                continue
            yield OpenedMessage(item, message)
            whole = self._joined(item, message)
            if whole is not None:
                yield whole

    def _opened(self, datagram: Datagram, message: Message) -> OpenedMessage:
        """Return a whole message with what its conversation's keys make of it."""
        result = self.sessions.feed(message, _ends(datagram))
        if result is None:
            return OpenedMessage(datagram, message)
        if isinstance(result.opened, Plaintext):
            opened = result.opened.message(message)
            return OpenedMessage(datagram, opened, result.opened, None, result.checks)
        return OpenedMessage(datagram, message, None, result.opened, result.checks)

    def _joined(self, datagram: Datagram, message: Message) -> OpenedMessage | None:
        """Return the message that an IKE fragment completes, if it does."""
        key = (message.initiator_cookie, datagram.source)
        held = self._fragments.pop(key, None)
        if held is None:
            if len(self._fragments) >= _FRAGMENTED:
                del self._fragments[next(iter(self._fragments))]
            held = Fragments()
        self._fragments[key] = held
        whole = held.add(message, 0, datagram.frame, datagram.time_ns)
        if whole is None or len(whole.data) < HEADER_BYTES or whole.data[16] == Payload.FRAGMENT:
            return None
        joined = parse(whole.data)
        if joined is None:
            return None
        size = len(whole.data)
        carrier = replace(datagram, data=whole.data, wire_bytes=size, fragment_frames=whole.frames)
        return self._opened(carrier, joined)


def _ends(datagram: Datagram) -> Ends:
    return Ends(
        str(ip_address(datagram.source)), datagram.source_port,
        str(ip_address(datagram.destination)), datagram.destination_port,
    )  # fmt: skip

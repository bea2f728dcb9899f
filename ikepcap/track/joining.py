"""IKE fragments put together outside of tracking: for whoever reads messages one after the other."""

from collections import OrderedDict
from typing import Final

from msgspec import Struct

from ikepcap.capture.datagram import Datagram
from ikepcap.track.fragments import Fragments
from ikepcap.wire.message import HEADER_BYTES, Message, parse
from ikepcap.wire.numbers import Payload

SENDERS_HELD: Final = 256
"""Senders whose fragments are held at once; the one silent longest goes first."""
_NEXT_PAYLOAD: Final = 16


class Joined(Struct, frozen=True):
    """A message that fragments made, and the frames of all of them."""

    message: Message
    frames: tuple[int, ...]


class Joiner:
    """The unfinished messages of all negotiations, by initiator cookie and sender."""

    def __init__(self) -> None:
        self._held: OrderedDict[tuple[bytes, bytes, int], Fragments] = OrderedDict()

    def add(self, datagram: Datagram, message: Message) -> Joined | None:
        """Return the message that an IKE fragment completes; None where it completes none, or is none."""
        if message.next_payload != Payload.FRAGMENT or message.is_encrypted or not message.spans:
            return None
        key = (message.initiator_cookie, datagram.source, datagram.source_port)
        held = self._held.setdefault(key, Fragments())
        self._held.move_to_end(key)
        if len(self._held) > SENDERS_HELD:
            self._held.popitem(last=False)
        whole = held.add(message, 0, datagram.frame, datagram.time_ns)
        # A fragment inside a fragment is nobody's.
        if whole is None or len(whole.data) < HEADER_BYTES or whole.data[_NEXT_PAYLOAD] == Payload.FRAGMENT:
            return None
        inner = parse(whole.data)
        return None if inner is None else Joined(inner, whole.frames)

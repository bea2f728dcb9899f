"""Messages one after the other, each with what the ones before it told: peers, hash, fragments."""

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from msgspec import Struct
from msgspec.structs import replace

from ikepcap.renderers.messages import Keyed
from ikepcap.track.joining import Joiner
from ikepcap.wire.context import Context, Contexts
from ikepcap.wire.message import Message
from ikepcap.wire.natd import Ends

if TYPE_CHECKING:
    from ikepcap.api import FramedMessage
    from ikepcap.capture.datagram import Datagram
    from ikepcap.opening import OpenedMessage


class Shown(Struct, frozen=True):
    """A message to show, and what is known besides."""

    datagram: "Datagram"
    message: Message
    context: Context
    frames: tuple[int, ...] = ()
    """All frames of the IKE fragments it was put together from; empty when it is as captured."""
    keyed: Keyed = Keyed()

    @property
    def ends(self) -> Ends:
        """Between whom its datagram went."""
        datagram = self.datagram
        return Ends(datagram.source, datagram.source_port, datagram.destination, datagram.destination_port)


class Follower:
    """Follows a sequence of messages."""

    def __init__(self) -> None:
        self._contexts = Contexts()
        self._joiner = Joiner()

    def follow(self, framed: Iterable["FramedMessage"]) -> Iterator[Shown]:
        """Yield every message, and after the last fragment of one the whole it makes."""
        for one in framed:
            shown = self._read(Shown(one.datagram, one.message, Context()))
            yield shown
            joined = self._joiner.add(one.datagram, one.message)
            if joined is not None:
                yield self._read(Shown(one.datagram, joined.message, shown.context, joined.frames))

    def follow_opened(self, opened: Iterable["OpenedMessage"]) -> Iterator[Shown]:
        """Yield every message with what keys made of it; fragments were put together where it was opened."""
        for one in opened:
            yield self._read(Shown(one.datagram, one.message, Context(), one.frames, _keyed(one)))

    def _read(self, shown: Shown) -> Shown:
        """Return a message with what is known by now, and remember it."""
        known = self._contexts.after(shown.message, shown.ends, shown.context)
        return replace(shown, context=known)


def _keyed(one: "OpenedMessage") -> Keyed:
    """Return what keys made of a message, in words."""
    from ikepcap.opening import check_text

    checks = tuple(check_text(check) for check in one.checks)
    if one.plaintext is not None:
        how = f"the key {one.plaintext.key}; IV: {one.plaintext.vector}"
        odd = "" if one.plaintext.is_regular else ", which is not the one of RFC 2409"
        return Keyed(True, how + odd, checks)
    if one.refusal is not None:
        return Keyed(False, one.refusal.why, checks)
    return Keyed(checks=checks)

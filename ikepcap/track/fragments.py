"""IKE fragments (payload 132, Cisco and Microsoft) back to whole messages, per conversation and sender.

The fragment payload holds: fragment ID (2), number from 1 (1), flags (1, 0x01 marks the last), data. What the
IDs mean differs: pluto sends 1 for every message, strongSwan counts, and no one resends a single fragment.
So a set is keyed by sender and ID, a number that comes back with other data begins a new set, and a set that
repeats one already complete is a retransmission of that message.
"""

from typing import Final

from msgspec import Struct

from ikepcap.track.conversation import LostParts
from ikepcap.wire.message import FLAG_ENCRYPTION, HEADER, HEADER_BYTES, Message

LAST: Final = 0x01
MAX_SETS: Final = 16
"""Sets under way in one conversation; each holds at most 255 fragments."""
MAX_BYTES: Final = 1 << 18
"""Octets held for one set: no UDP datagram, and so no message, is a quarter of that."""


class _Set(Struct):
    """Fragments of one message so far."""

    first_ns: int
    parts: dict[int, bytes]
    frames: dict[int, int]
    last: int | None = None
    is_repeat: bool = False
    """All it holds equals a message that is already whole."""


class Whole(Struct, frozen=True):
    """A message put together."""

    data: bytes
    frames: tuple[int, ...]


class Fragments:
    """The unfinished messages of one conversation."""

    def __init__(self) -> None:
        self._sets: dict[tuple[int, int], _Set] = {}
        self._done: dict[tuple[int, int], dict[int, bytes]] = {}
        self._given_up: list[LostParts] = []

    def add(self, message: Message, sender: int, frame: int, time_ns: int) -> Whole | None:
        """Take one fragment; return the message it completes, if it does."""
        if not message.spans:
            return None
        from ikepcap.wire.bodies import Fragment  # few captures need it, and it takes time to load
        from ikepcap.wire.codec import decode

        span = message.spans[0]
        part, _ = decode(Fragment, message.data, span.body, span.end)
        # Numbers count from 1 (pluto rejects 0 too), and a fragment of nothing completes nothing.
        if part is None or part.number == 0 or not part.data:
            return None
        key = (sender, part.fragment_id)
        held = self._sets.get(key)
        if held is not None and held.parts.get(part.number, part.data) != part.data:
            self._give_up(key)
            held = None
        if held is None:
            if len(self._sets) >= MAX_SETS:
                self._give_up(next(iter(self._sets)))
            held = self._sets[key] = _Set(time_ns, {}, {}, None, is_repeat=True)
        done = self._done.get(key, {})
        held.is_repeat = held.is_repeat and done.get(part.number) == part.data
        held.parts.setdefault(part.number, part.data)
        held.frames.setdefault(part.number, frame)
        if part.flags & LAST:
            held.last = part.number
        if sum(map(len, held.parts.values())) > MAX_BYTES:
            self._give_up(key)
            return None
        if held.last is None or any(n not in held.parts for n in range(1, held.last + 1)):
            return None
        del self._sets[key]
        self._done[key] = held.parts
        while len(self._done) > MAX_SETS:
            del self._done[next(iter(self._done))]
        data = b"".join(held.parts[n] for n in range(1, held.last + 1))
        return Whole(_with_header(data, message), tuple(sorted(held.frames.values())))

    def lost(self) -> tuple[LostParts, ...]:
        """Return the sets that are not whole and repeat nothing that is."""
        for key in list(self._sets):
            self._give_up(key)
        return tuple(self._given_up)

    def _give_up(self, key: tuple[int, int]) -> None:
        held = self._sets.pop(key)
        if held.is_repeat or len(self._given_up) >= MAX_SETS:
            return
        frames = tuple(sorted(held.frames.values()))
        parts = LostParts(frames, held.first_ns, key[0], tuple(sorted(held.parts)), held.last)
        self._given_up.append(parts)


def _with_header(data: bytes, fragment: Message) -> bytes:
    """Return the inner message; prepend the fragment's own header where the inner one was left out.

    Every implementation seen fragments the complete message, header included; MS-IKEE §3.3.5.3 words it as
    the first fragment's header followed by the data.
    """
    if len(data) >= HEADER_BYTES and data[:8] == fragment.initiator_cookie:
        return data
    return (
        HEADER.pack(
            fragment.initiator_cookie,
            fragment.responder_cookie,
            0,
            fragment.version,
            fragment.exchange,
            fragment.flags | FLAG_ENCRYPTION,
            fragment.message_id,
            HEADER_BYTES + len(data),
        )
        + data
    )

"""A conversation that is over, still packed, and what becomes of it.

Of one that is like many others columns of values are enough; of the rest each message becomes a `Seen`.
"""

from collections.abc import Iterator
from functools import cache
from struct import Struct as Layout
from typing import Final

from msgspec import Struct
from msgspec.structs import replace

from ikepcap.track.clear import ENCRYPTED, Read
from ikepcap.track.conversation import INITIATOR, RESPONDER, Conversation, Seen
from ikepcap.track.open import (
    COOKIE_DIFFERS,
    DUPLICATE,
    FRAME,
    NO_COPY,
    NOBODY,
    REBOUND,
    RECORD,
    RECORD_BYTES,
    SENDER_AT,
    Open,
)
from ikepcap.track.roles import PHASE_1, initiating_side

_SHORT: Final = 64


class Ended(Struct, frozen=True, gc=False):
    """A conversation that is over: nothing is added to it any more."""

    track: Open
    watched_until_ns: int

    def __len__(self) -> int:
        return len(self.track)

    @property
    def message_count(self) -> int:
        """All its messages, those left out included."""
        return len(self.track) + self.track.omitted

    def is_plain(self) -> bool:
        """It is short, seen from its first message on, and with nothing out of the ordinary but its course.

        All there is to such a conversation is in `columns` and `contents`; its first sender is the initiator.
        """
        track = self.track
        return (
            track.is_regular and track.opener == 0 and not track.crossed
            and len(track) <= _SHORT and track.records[SENDER_AT + 1] in PHASE_1
            and not (track.icmp or track.lost or track.fragments or track.omitted)
        )  # fmt: skip

    def columns(self) -> "Columns":
        """Return the records as columns; for short conversations."""
        values = _columns(len(self.track)).unpack(self.track.records)
        return Columns(values[::6], values[1::6], values[2::6], values[3::6] + values[4::6], values[5::6])

    def contents(self) -> list[Read]:
        """Return what the messages in the clear say, in their order."""
        return self.track.reads[1::2]  # type: ignore[return-value]  # they stand in turn

    def places(self) -> list[int]:
        """Return the index of each of the messages in `contents`."""
        return self.track.reads[::2]  # type: ignore[return-value]

    def frame_of(self, index: int) -> int:
        """Return the frame of a message, the one that completed it."""
        frame: int = FRAME.unpack_from(self.track.records, index * RECORD_BYTES)[0]
        return frame

    def first_frame(self) -> int:
        """Return the first frame that has a part of the first message."""
        parts = self.track.fragment_frames
        return min(parts[0]) if parts and 0 in parts else self.frame_of(0)

    def unpack_hashed(self) -> Conversation:
        """Unpack a plain conversation, but only its messages with NAT-D payloads."""
        track = self.track
        records = bytearray()
        reads: list[int | Read] = []
        for place, content in zip(self.places(), self.contents(), strict=True):
            if content[1].nat_d:
                reads += (len(reads) // 2, content)
                records += track.records[place * RECORD_BYTES : (place + 1) * RECORD_BYTES]
        return Conversation(
            track.number, track.cookie, track.rcookie, track.first, track.first_port, track.second,
            track.second_port, True, tuple(_unpack(records, reads, {})), 0, (), (), (), track.superseded_ns,
            self.watched_until_ns,
        )  # fmt: skip

    def unpack(self) -> Conversation:
        """Settle who is the initiator and unpack everything into a record."""
        track = self.track
        seen = tuple(_unpack(track.records, track.reads, track.fragment_frames or {}))
        side, proven = initiating_side(seen, opener=None if track.opener == NOBODY else track.opener)
        lost_parts = track.fragments.lost() if track.fragments else ()
        first, second = track.first, track.second
        first_port, second_port = track.first_port, track.second_port
        if side == 1:
            seen = tuple([replace(s, sender=RESPONDER if s.sender == INITIATOR else INITIATOR) for s in seen])
            lost_parts = tuple([replace(p, sender=1 - p.sender) for p in lost_parts])
            first, first_port, second, second_port = second, second_port, first, first_port
        return Conversation(
            track.number, track.cookie, track.rcookie, first, first_port, second, second_port, proven, seen,
            track.omitted, tuple(track.icmp or ()), tuple(track.lost or ()), lost_parts, track.superseded_ns,
            self.watched_until_ns, track.crossed,
        )  # fmt: skip


class Columns(Struct, frozen=True, gc=False):
    """Values of each message of a conversation."""

    heads: tuple[bytes, ...]
    """Sender, exchange, flags and first payload."""
    message_ids: tuple[int, ...]
    wire_bytes: tuple[int, ...]
    ports: tuple[int, ...]
    """Those of all sources, then those of all destinations."""
    ttls: tuple[int, ...]


@cache
def _columns(count: int) -> Layout:
    """Return the layout of so many records for `Ended.columns`."""
    return Layout("<" + "12x4sIHHHB5x" * count)


def _unpack(
    records: bytes | bytearray, reads: list[int | Read], frames: dict[int, tuple[int, ...]]
) -> Iterator[Seen]:
    turn = 0
    where = dict(zip(reads[::2], reads[1::2], strict=True))
    for index, (
        frame, time_ns, sender, exchange, flags, first, message_id, wire_bytes, source_port,
        destination_port, ttl, ip_id, copy_of, marks,
    ) in enumerate(RECORD.iter_unpack(records)):  # fmt: skip
        read = ENCRYPTED[first]
        if turn < len(reads) and reads[turn] == index:
            read = reads[turn + 1]  # type: ignore[assignment]  # they stand in turn
            turn += 2
        elif copy_of != NO_COPY:
            read = where.get(copy_of) or read  # type: ignore[assignment]
        payloads, clear, defects = read
        yield Seen(
            frame, time_ns, sender, exchange, message_id, flags, payloads, wire_bytes, source_port,
            destination_port, ttl, ip_id, clear, -1 if copy_of == NO_COPY else copy_of,
            marks & DUPLICATE != 0, marks & COOKIE_DIFFERS != 0, marks & REBOUND != 0, defects,
            frames.get(index, ()),
        )  # fmt: skip

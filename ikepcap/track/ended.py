"""A conversation that is over, still packed, and what becomes of it.

Of one that is like many others columns of values are enough; of the rest each message becomes a `Seen`.
"""

from collections.abc import Iterable, Iterator
from functools import cache
from operator import itemgetter
from struct import Struct as Layout
from typing import Final

from msgspec import Struct
from msgspec.structs import replace

from ikepcap.capture.datagram import IcmpError, LostFragments
from ikepcap.track.clear import ENCRYPTED, Read, Reader
from ikepcap.track.conversation import (
    INITIATOR,
    RESPONDER,
    Conversation,
    Fight,
    LostParts,
    Other,
    Ousted,
    Seen,
)
from ikepcap.track.fights import fight_of
from ikepcap.track.open import (
    COOKIE_DIFFERS,
    DUPLICATE,
    EXCHANGE_AT,
    FIRST_AT,
    FLAGS_AT,
    KEPT,
    MARKS_AT,
    NO_COPY,
    NOBODY,
    REBOUND,
    RECORD,
    RECORD_BYTES,
    SENDER_AT,
    TTL_AT,
    Open,
)
from ikepcap.track.pair import Relative, read
from ikepcap.track.roles import PHASE_1, initiating_side

_SHORT: Final = 64 * RECORD_BYTES
"""Octets of the records of a short conversation."""


class Ended(Struct, frozen=True, array_like=True, tag=0, gc=False):
    """A conversation that is over: nothing is added to it any more. See `Open` for what is not told here."""

    number: int
    cookie: bytes
    rcookie: bytes | None
    first: bytes
    second: bytes
    first_port: int
    second_port: int
    opener: int
    is_regular: bool
    records: bytes
    kept: list[bytes]
    watched_until_ns: int
    omitted: int = 0
    crossed: bool = False
    superseded_ns: int | None = None
    fragment_frames: dict[int, tuple[int, ...]] | None = None
    icmp: list[IcmpError] | None = None
    lost: list[LostFragments] | None = None
    lost_parts: tuple[LostParts, ...] = ()
    relatives: tuple[Relative, ...] = ()
    scanned: int = 0
    asked: int = 0
    answers_from: bytes | None = None
    fight: Fight | None = None
    ousted: Ousted | None = None

    def __len__(self) -> int:
        return len(self.records) // RECORD_BYTES

    @property
    def message_count(self) -> int:
        """All its messages, those left out included."""
        return len(self) + self.omitted

    def is_plain(self) -> bool:
        """It is short, seen from its first message on, and with nothing out of the ordinary but its course.

        All there is to such a conversation is in `columns` and `contents`; its first sender is the initiator.
        """
        return (
            self.is_regular and self.opener == 0 and not self.crossed and self.first != self.second
            and len(self.records) <= _SHORT and self.records[EXCHANGE_AT] in PHASE_1
            and not (self.icmp or self.lost or self.lost_parts or self.omitted or self.fight)
        )  # fmt: skip

    def columns(self) -> "Columns":
        """Return the records as columns; for short conversations."""
        records = self.records
        values = _columns(len(records) // RECORD_BYTES).unpack(records)
        return Columns(*_octets(records), *_numbers(values))

    def contents(self, reader: Reader, columns: "Columns") -> list[Read]:
        """Return what the messages in the clear say, in their order."""
        sizes = columns.wire_bytes
        return [
            reader.read(data, sizes[place])
            for place, data in zip(self.places(columns), self.kept, strict=True)
        ]

    def places(self, columns: "Columns") -> list[int]:
        """Return the index of each of the messages in `contents`."""
        return [index for index, marks in enumerate(columns.marks) if marks & KEPT]

    def unpack(self, reader: Reader) -> Conversation:
        """Settle who is the initiator and unpack everything into a record."""
        seen = _unpack(self, reader)
        if self.first == self.second:
            seen = list(_by_port(seen, self.first_port, self.second_port))
        side, proven = initiating_side(seen, opener=None if self.opener == NOBODY else self.opener)
        lost_parts = self.lost_parts
        first, second = self.first, self.second
        first_port, second_port = self.first_port, self.second_port
        if side == 1:
            seen = [replace(s, sender=RESPONDER if s.sender == INITIATOR else INITIATOR) for s in seen]
            lost_parts = tuple([replace(p, sender=1 - p.sender) for p in lost_parts])
            first, first_port, second, second_port = second, second_port, first, first_port
        return Conversation(
            self.number, self.cookie, self.rcookie, first, first_port, second, second_port, proven,
            tuple(seen), self.omitted, tuple(self.icmp or ()), tuple(self.lost or ()), lost_parts,
            self.superseded_ns, self.watched_until_ns, self.crossed,
            tuple(self._others(reader)) if self.relatives else (), scanned=self.scanned,
            asked=self.asked, answers_from=self.answers_from if side == 0 else None,
            fight=self.fight, ousted=self.ousted,
        )  # fmt: skip

    def _others(self, reader: Reader) -> Iterator[Other]:
        for relative in self.relatives:
            other = read(relative, reader)
            if other is not None:
                yield other


def ended(track: Open, now_ns: int, relatives: tuple[Relative, ...] = ()) -> Ended:
    """Return a conversation that is over, of which the capture was followed until `now_ns`."""
    fight, ousted = fight_of(track)
    return Ended(
        track.number, track.cookie, track.rcookie, track.first, track.second, track.first_port,
        track.second_port, track.opener, track.is_regular, bytes(track.records), track.kept, now_ns,
        track.omitted, track.crossed, track.superseded_ns, track.fragment_frames, track.icmp, track.lost,
        track.fragments.lost() if track.fragments is not None else (),
        relatives, track.scanned, track.asked, track.answers_from, fight, ousted,
    )  # fmt: skip


class Columns(Struct, frozen=True, gc=False):
    """Values of each message of a conversation."""

    senders: bytes
    exchanges: bytes
    flags: bytes
    firsts: bytes
    """First payloads."""
    ttls: bytes
    marks: bytes
    """See `Open`."""
    frames: tuple[int, ...]
    times_ns: tuple[int, ...]
    message_ids: tuple[int, ...]
    wire_bytes: tuple[int, ...]
    source_ports: tuple[int, ...]
    destination_ports: tuple[int, ...]


_octets: Final = itemgetter(*[
    slice(at, None, RECORD_BYTES)
    for at in (SENDER_AT, EXCHANGE_AT, FLAGS_AT, FIRST_AT, TTL_AT, MARKS_AT)
])  # fmt: skip
"""Takes the columns of one octet from records, in the order of `Columns`."""


@cache
def _columns(count: int) -> Layout:
    """Return the layout of so many records for the other columns, `_numbers` of which takes those."""
    return Layout(">" + "8xQq5xIHHH6x" * count)


_numbers: Final = itemgetter(*[slice(at, None, 6) for at in range(6)])


def _unpack(ended: Ended, reader: Reader) -> list[Seen]:
    seen: list[Seen] = []
    where: dict[int, Read] = {}
    kept, frames = iter(ended.kept), ended.fragment_frames or {}
    for index, (
        _, frame, time_ns, sender, exchange, flags, first, message_id, wire_bytes, source_port,
        destination_port, ttl, ip_id, copy_of, marks,
    ) in enumerate(RECORD.iter_unpack(ended.records)):  # fmt: skip
        read = ENCRYPTED[first]
        if marks & KEPT:
            data = next(kept)
            # A record has 16 bits for it; a message put together of IKE fragments may have more.
            read = where[index] = reader.read(data, max(wire_bytes, len(data)))
        elif copy_of != NO_COPY:
            read = where.get(copy_of, read)
        payloads, clear, defects = read
        seen.append(Seen(
            frame, time_ns, sender, exchange, message_id, flags, payloads, wire_bytes, source_port,
            destination_port, ttl, ip_id, clear, -1 if copy_of == NO_COPY else copy_of,
            marks & DUPLICATE != 0, marks & COOKIE_DIFFERS != 0, marks & REBOUND != 0, defects,
            frames.get(index, ()) if frames else (),
        ))  # fmt: skip
    return seen


def _by_port(seen: Iterable[Seen], first_port: int, second_port: int) -> Iterator[Seen]:
    """Tell two peers on one address apart by their ports; on new ones the initiator is the first to speak."""
    sides = {second_port: RESPONDER, first_port: INITIATOR}
    for message in seen:
        known = sides.get(message.source_port)
        if known is None:
            known = 1 - sides.get(message.destination_port, RESPONDER)
            sides |= {message.source_port: known, message.destination_port: 1 - known}
        yield replace(message, sender=known) if known != message.sender else message

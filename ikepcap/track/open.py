"""A conversation under way, packed: a busy capture has tens of thousands open at once.

What one message leaves behind is 40 octets here, a tenth of what the same would take as objects. It becomes a
`Seen` when the conversation ends.
"""

from collections.abc import Iterator
from struct import Struct as Layout
from typing import Final

from msgspec.structs import replace

from ikepcap.capture.datagram import Datagram, IcmpError, LostFragments
from ikepcap.track.clear import ENCRYPTED, Read
from ikepcap.track.conversation import INITIATOR, RESPONDER, Conversation, Seen
from ikepcap.track.fragments import Fragments
from ikepcap.track.roles import initiating_side

RECORD: Final = Layout("<IqBBBBIHHHBHHB")
"""frame, time, sender, exchange, flags, first payload, message ID, octets on the wire, ports, TTL, IP ID,
index of the first copy, marks."""
RECORD_BYTES: Final = RECORD.size
TIME: Final = Layout("<4xq")
SENDER_AT: Final = 12
NO_COPY: Final = 0xFFFF
DUPLICATE: Final = 1
COOKIE_DIFFERS: Final = 2
REBOUND: Final = 4
DIGEST_BYTES: Final = 8


class Open:
    """One open conversation. Side 0 is the sender of its first message."""

    __slots__ = (
        "begins_without_cookie", "cookie", "digests", "first", "first_port", "fragment_frames", "fragments",
        "icmp", "lost", "number", "omitted", "rcookie", "rcookie_used", "reads", "records", "second",
        "second_port", "superseded_ns", "twin",
    )  # fmt: skip

    def __init__(self, number: int, datagram: Datagram) -> None:
        self.number = number
        self.cookie = datagram.data[:8]
        self.first = datagram.source
        self.second = datagram.destination
        self.first_port = datagram.source_port
        self.second_port = datagram.destination_port
        self.rcookie: bytes | None = None
        self.rcookie_used = False
        self.begins_without_cookie = False
        self.records = bytearray()
        self.digests = bytearray()
        self.reads: list[int | Read] = []
        """Index and content, in turn, of messages that say more than their record holds."""
        self.omitted = 0
        self.superseded_ns: int | None = None
        self.twin: Open | None = None
        """Another conversation under the same cookie, between other peers."""
        self.fragments: Fragments | None = None
        self.fragment_frames: dict[int, tuple[int, ...]] | None = None
        self.icmp: list[IcmpError] | None = None
        self.lost: list[LostFragments] | None = None

    def __len__(self) -> int:
        return len(self.records) // RECORD_BYTES

    def ends(self) -> tuple[bytes, bytes]:
        """The addresses, side 0 first."""
        return self.first, self.second

    def index_of(self, digest: bytes) -> int:
        """Return the index of the first message with these bytes, or -1."""
        at = self.digests.find(digest)
        while at > 0 and at % DIGEST_BYTES:
            at = self.digests.find(digest, at + 1)
        return -1 if at < 0 else at // DIGEST_BYTES

    def time_of(self, index: int) -> int:
        """Return when a message was captured; -1 is the last."""
        at = index if index >= 0 else len(self) + index
        time_ns: int = TIME.unpack_from(self.records, at * RECORD_BYTES)[0]
        return time_ns

    def sender_of(self, index: int) -> int:
        """Return the side that sent a message."""
        return self.records[index * RECORD_BYTES + SENDER_AT]

    def read_of(self, index: int) -> Read:
        """Return what a message says in the clear."""
        for at in range(0, len(self.reads), 2):
            if self.reads[at] == index:
                return self.reads[at + 1]  # type: ignore[return-value]  # they stand in turn
        return ENCRYPTED[self.records[index * RECORD_BYTES + SENDER_AT + 3]]

    def spoke(self, side: int) -> bool:
        """Whether any message of this side was recorded."""
        return side in self.records[SENDER_AT::RECORD_BYTES]

    def offers(self) -> bool:
        """Whether any message had an SA payload."""
        return any(read[1].offer is not None for read in self.reads[1::2])  # type: ignore[index]

    def freeze(self, now_ns: int) -> Conversation:
        """Settle who is the initiator and unpack everything into a record."""
        seen = tuple(self._seen())
        side, proven = initiating_side(seen, first_has_no_responder_cookie=self.begins_without_cookie)
        lost_parts = self.fragments.lost() if self.fragments else ()
        first, first_port, second, second_port = self.first, self.first_port, self.second, self.second_port
        if side == 1:
            seen = tuple(
                replace(s, sender=RESPONDER if s.sender == INITIATOR else INITIATOR) for s in seen
            )
            lost_parts = tuple(replace(p, sender=1 - p.sender) for p in lost_parts)
            first, first_port, second, second_port = second, second_port, first, first_port
        return Conversation(
            self.number, self.cookie, self.rcookie, first, first_port, second, second_port, proven, seen,
            self.omitted, tuple(self.icmp or ()), tuple(self.lost or ()), lost_parts, self.superseded_ns,
            now_ns,
        )  # fmt: skip

    def _seen(self) -> Iterator[Seen]:
        reads = self.reads
        turn = 0
        index = 0
        frames = self.fragment_frames or {}
        for (
            frame, time_ns, sender, exchange, flags, first, message_id, wire_bytes, source_port,
            destination_port, ttl, ip_id, copy_of, marks,
        ) in RECORD.iter_unpack(self.records):  # fmt: skip
            read = ENCRYPTED[first]
            if turn < len(reads) and reads[turn] == index:
                read = reads[turn + 1]  # type: ignore[assignment]  # they stand in turn
                turn += 2
            elif copy_of != NO_COPY:
                read = self.read_of(copy_of)
            payloads, clear, defects = read
            yield Seen(
                frame, time_ns, sender, exchange, message_id, flags, payloads, wire_bytes, source_port,
                destination_port, ttl, ip_id, clear, -1 if copy_of == NO_COPY else copy_of,
                marks & DUPLICATE != 0, marks & COOKIE_DIFFERS != 0, marks & REBOUND != 0, defects,
                frames.get(index, ()),
            )  # fmt: skip
            index += 1

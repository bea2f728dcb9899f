"""A conversation under way, packed: a busy capture has tens of thousands open at once.

What one message leaves behind is 45 octets here, a tenth of what the same would take as objects; of one that
says something in the clear its octets are kept besides. They are read when the conversation has ended.
"""

from struct import Struct as Layout
from typing import Final

from msgspec import Struct, field

from ikepcap.capture.datagram import Datagram, IcmpError, LostFragments
from ikepcap.track.conversation import Ousted
from ikepcap.track.fragments import Fragments
from ikepcap.track.roles import PHASE_1
from ikepcap.wire.message import FLAG_ENCRYPTION, NO_COOKIE
from ikepcap.wire.numbers import INFORMATIONAL

RECORD: Final = Layout(">8sQqBxBBBIHHHBHHB")
"""Digest, frame, time, sender, exchange, flags, first payload, message ID, octets on the wire, ports, TTL,
IP ID, index of the first copy, marks."""
PACKED_RECORD: Final = Layout(">8sQqB3sB4sH4sB2sHB")
"""The same, of octets as they were captured: the version before exchange and flags is ignored."""
RECORD_BYTES: Final = RECORD.size
_WHAT: Final = Layout(">BBBBI")
"""What the ISAKMP header says after the cookies, but for the length."""
TIME: Final = Layout(">16xq")
FRAME: Final = Layout(">8xQ")
SENDER_AT: Final = 24
EXCHANGE_AT: Final = 26
FLAGS_AT: Final = 27
FIRST_AT: Final = 28
TTL_AT: Final = RECORD_BYTES - 6
MARKS_AT: Final = RECORD_BYTES - 1
NO_COPY: Final = 0xFFFF
DUPLICATE: Final = 1
COOKIE_DIFFERS: Final = 2
REBOUND: Final = 4
KEPT: Final = 8
"""Its octets are kept."""
DIGESTS: Final = (Layout(">q"), Layout("<q"))
"""By sender: the same octets from the other peer are another message."""
DIGEST_BYTES: Final = DIGESTS[0].size
NO_DIGEST: Final = bytes(DIGEST_BYTES)
LONG: Final = 256 * RECORD_BYTES
"""With so many octets of records and more, digests are looked up in another way."""
NOBODY: Final = -1
CROSSING_NS: Final = 10**10
DUPLICATE_NS: Final = 2 * 10**9
DUPLICATE_WITHOUT_ID_NS: Final = 10**7
_LOOK_BACK: Final = 64


class Open(Struct, gc=False, eq=False):
    """One open conversation. Side 0 is the sender of its first message."""

    number: int
    cookie: bytes
    first: bytes
    second: bytes
    forth: bytes
    """The addresses of a datagram from side 0; `back` are those of one from side 1. See `Packed`."""
    back: bytes
    first_port: int
    second_port: int
    last_ns: int
    """When something of it was captured last."""
    records: bytearray = field(default_factory=bytearray)
    kept: list[bytes] = field(default_factory=list)
    """Messages that say more than their record holds, in order; `KEPT` marks their records."""
    rcookie: bytes | None = None
    rcookie_used: bool = False
    opener: int = NOBODY
    """The side that sent a MSG1, known by the responder cookie it has not got yet."""
    crossed: bool = False
    """The other peer began a conversation of its own at the same time."""
    is_regular: bool = True
    """No message was repeated, marked, or left out."""
    omitted: int = 0
    superseded_ns: int | None = None
    twin: "Open | None" = None
    """Another conversation under the same cookie, between other peers."""
    fragments: Fragments | None = None
    fragment_frames: dict[int, tuple[int, ...]] | None = None
    icmp: list[IcmpError] | None = None
    lost: list[LostFragments] | None = None
    fight: list[int] | None = None
    """When conversations were ended by one another's clients, this one among them; they share the list."""
    vain: list[int] | None = None
    """When those of one client in a row were ended soon, this one among them or after them; likewise."""
    ousted: Ousted | None = None
    """See `Conversation`."""
    scanned: int = 0
    """See `Conversation`; likewise `asked`."""
    asked: int = 0
    answers_from: bytes | None = None
    indexes: dict[bytes, int] | None = None
    """Index by digest, once searching `records` takes longer."""

    def __len__(self) -> int:
        return len(self.records) // RECORD_BYTES

    def ends(self) -> tuple[bytes, bytes]:
        """The addresses, side 0 first."""
        return self.first, self.second

    def index_of(self, digest: bytes) -> int:
        """Return the index of the first message with these bytes, or -1."""
        if self.indexes is not None:
            return self.indexes.get(digest, -1)
        if len(self.records) >= LONG:
            self.indexes = {}
            for index in range(len(self)):
                self.indexes.setdefault(self._digest_at(index), index)
            return self.indexes.get(digest, -1)
        at = self.records.find(digest)
        while at > 0 and at % RECORD_BYTES:
            at = self.records.find(digest, at + 1)
        return -1 if at < 0 else at // RECORD_BYTES

    def _digest_at(self, index: int) -> bytes:
        at = index * RECORD_BYTES
        return bytes(self.records[at : at + DIGEST_BYTES])

    def time_of(self, index: int) -> int:
        """Return when a message was captured; -1 is the last."""
        at = index if index >= 0 else len(self) + index
        time_ns: int = TIME.unpack_from(self.records, at * RECORD_BYTES)[0]
        return time_ns

    def was_sent_about(self, index: int, time_ns: int) -> bool:
        """Whether a message, or a copy of it, was captured about then."""
        if abs(time_ns - self.time_of(index)) < DUPLICATE_NS:
            return True
        copies = RECORD.iter_unpack(self.records[-_LOOK_BACK * RECORD_BYTES :])
        return any(copy[13] == index and abs(time_ns - copy[2]) < DUPLICATE_NS for copy in copies)

    def sender_of(self, index: int) -> int:
        """Return the side that sent a message."""
        return self.records[index * RECORD_BYTES + SENDER_AT]

    def spoke(self, side: int) -> bool:
        """Whether any message of this side was recorded."""
        return side in self.records[SENDER_AT::RECORD_BYTES]

    def went_on(self, index: int) -> bool:
        """Whether the sender of a message has sent another since, not a copy of it."""
        side = self.sender_of(index)
        return any(
            record[3] == side and at != index and record[13] != index
            for at, record in enumerate(RECORD.iter_unpack(self.records))
        )

    def is_in_phase_1_at(self, time_ns: int) -> bool:
        """Whether it began shortly before, and nothing of a later exchange was seen."""
        exchanges = self.records[EXCHANGE_AT::RECORD_BYTES]
        return bool(exchanges) and abs(time_ns - self.time_of(0)) < CROSSING_NS and set(exchanges) <= PHASE_1

    def bind(self, rcookie: bytes, exchange: int, flags: int, sender: int) -> bool:
        """Bind the responder cookie; return whether this message carries another one than is bound."""
        if rcookie == NO_COOKIE:
            return False
        if exchange == INFORMATIONAL and not flags & FLAG_ENCRYPTION:
            return self.rcookie is not None
        if self.rcookie is None or (sender == 0 and not self.rcookie_used):
            # The first reply binds; the initiator's own choice between two replies overrides it.
            self.rcookie = rcookie
            return False
        return True

    def append(self, datagram: Datagram, sender: int, copy_of: int, marks: int, digest: bytes) -> None:
        """Add the record of a message."""
        data = datagram.data
        if datagram.fragment_frames:
            self.note_fragments(datagram.fragment_frames)
        if self.indexes is not None:
            self.indexes.setdefault(digest, len(self))
        first, _, exchange, flags, message_id = _WHAT.unpack_from(data, 16)
        self.records += RECORD.pack(
            digest, datagram.frame, datagram.time_ns, sender, exchange, flags, first, message_id,
            min(datagram.wire_bytes, 0xFFFF), datagram.source_port, datagram.destination_port, datagram.ttl,
            datagram.ip_id & 0xFFFF, copy_of, marks,
        )  # fmt: skip

    def append_copy(self, at: int, datagram: Datagram, sender: int, *, rebound: bool) -> None:
        """Add a message whose bytes are known from the one at an index: sent again, or captured again."""
        marks = REBOUND if rebound else 0
        if self._is_duplicate(at, datagram):
            marks |= DUPLICATE
        marks |= self.records[at * RECORD_BYTES + MARKS_AT] & COOKIE_DIFFERS
        self.is_regular = False
        # No digest: it is found under that of the first.
        self.append(datagram, sender, at, marks, NO_DIGEST)

    def note_fragments(self, frames: tuple[int, ...]) -> None:
        """Remember the frames of the fragments of the message that is added next."""
        self.fragment_frames = self.fragment_frames or {}
        self.fragment_frames[len(self)] = frames

    def _is_duplicate(self, at: int, datagram: Datagram) -> bool:
        """Whether a copy is a transmission that was captured before: the same IP ID shortly after."""
        ip_id, time_ns = datagram.ip_id & 0xFFFF, datagram.time_ns
        within_ns = DUPLICATE_NS if ip_id else DUPLICATE_WITHOUT_ID_NS
        begin = max(0, len(self) - _LOOK_BACK)
        recent = RECORD.iter_unpack(self.records[begin * RECORD_BYTES :])
        for index, record in enumerate(recent, begin):
            is_same = record[12] == ip_id and (record[13] == at or index == at)
            if is_same and abs(time_ns - record[2]) < within_ns:
                return True
        return False


def digest_of(data: bytes, sender: int) -> bytes:
    """Return what stands for a message's bytes."""
    return DIGESTS[sender].pack(hash(data))

"""Other negotiations between the same two peers, as far as one explains another.

What a peer offers when it begins itself, what it chose before, and whether they came up: kept packed, and
read only for a negotiation that did not get to quick mode.
"""

from collections import Counter
from typing import Final

from msgspec import Struct

from ikepcap.capture.datagram import IKE_PORT, NATT_PORT
from ikepcap.track.clear import Reader
from ikepcap.track.conversation import Other
from ikepcap.track.fights import came_up
from ikepcap.track.open import EXCHANGE_AT, KEPT, NO_COPY, RECORD, RECORD_BYTES
from ikepcap.track.roles import PHASE_1
from ikepcap.wire.message import HEADER_BYTES, NO_COOKIE
from ikepcap.wire.numbers import QUICK

PAIR_LIMIT: Final = 10
"""Negotiations remembered of one pair of peers: the first few and the last few."""
_FIRST_KEPT: Final = 6
_QUICK_MESSAGES: Final = 3
_FIXED_PORTS: Final = frozenset({IKE_PORT, NATT_PORT})
_RECORDS: Final = 12 * RECORD_BYTES
"""So much of a relative's records is looked at, at the beginning and at the end."""


class Relative(Struct, frozen=True, array_like=True, gc=False):
    """One of them, packed."""

    initiator: bytes
    """The sender of its first message."""
    records: bytes
    kept: list[bytes]


class Pair(Struct, gc=False, eq=False):
    """The negotiations of one pair: their contents and not they themselves, so that there is no cycle."""

    members: list[tuple[bytes, bytearray, list[bytes]]]

    def join(self, initiator: bytes, records: bytearray, kept: list[bytes]) -> None:
        """Add one; in the middle of a long series they are forgotten."""
        if len(self.members) >= PAIR_LIMIT:
            del self.members[_FIRST_KEPT]
        self.members.append((initiator, records, kept))

    def others_of(self, records: bytearray, *, crossed: bool = False) -> tuple[Relative, ...]:
        """Return all but one, which is known by its records, if that one needs explaining.

        Of two that crossed, the quick mode of one explains why that of the other was left.
        """
        if QUICK in records[EXCHANGE_AT::RECORD_BYTES] and not crossed:
            return ()
        return tuple([
            Relative(initiator, bytes(theirs[:_RECORDS] + theirs[_RECORDS:][-_RECORDS:]), kept[:2])
            for initiator, theirs, kept in self.members
            if theirs is not records and theirs
        ])  # fmt: skip


def ports_of(records: bytes | bytearray, side: int) -> frozenset[int]:
    """Return the ports that one side was seen to have."""
    return frozenset(r[9] if r[3] == side else r[10] for r in RECORD.iter_unpack(records))


def may_be_one(some: frozenset[int], others: frozenset[int]) -> bool:
    """Whether one peer may have had all these ports, at one address.

    Several clients behind one NAT have one address: there a peer is its address and port. A host that is not
    behind one has the ports of IKE, and may begin on either (RFC 3947 §4).
    """
    return bool(some & others) or some | others <= _FIXED_PORTS


def read(relative: Relative, reader: Reader) -> Other | None:
    """Unpack one of them; None if it does not begin with a first message of phase 1."""
    records = list(RECORD.iter_unpack(relative.records))
    opening = relative.kept[0] if relative.kept and records[0][-1] & KEPT else None
    if opening is None or opening[8:16] != NO_COOKIE or opening[18] not in PHASE_1:
        return None
    offer = reader.read(opening, len(opening))[1].offer
    if offer is None or _is_cut(opening):
        return None
    answer = relative.kept[1] if len(relative.kept) > 1 else b""
    is_answer = len(answer) > HEADER_BYTES and answer[18] in PHASE_1 and not _is_cut(answer)
    choice = reader.read(answer, len(answer))[1].offer if is_answer else None
    spoke = [max((r[2] for r in records if r[3] == side), default=None) for side in (0, 1)]
    asked = Counter(r[7] for r in records if r[4] == QUICK and r[13] == NO_COPY)
    return Other(
        relative.initiator, records[0][2], records[0][1], offer, choice, (spoke[0], spoke[1]),
        came_up(records),
        has_tunnel=max(asked.values(), default=0) >= _QUICK_MESSAGES,
        ports=(ports_of(relative.records, 0), ports_of(relative.records, 1)),
    )  # fmt: skip


def _is_cut(data: bytes) -> bool:
    """Whether a message has fewer octets than its header says, as with a snaplen."""
    return len(data) < int.from_bytes(data[24:HEADER_BYTES])

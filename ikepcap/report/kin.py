"""Conversations that say the same in the clear, found without being read.

Peers with one configuration send the same messages again and again, but for cookies, key exchanges, nonces,
hashes and identities. Two conversations of the same course whose messages agree in all other octets are kin:
what was made out of one holds for the other.
"""

from collections.abc import Callable
from struct import Struct as Layout
from typing import Final, Generic, TypeVar

from msgspec import Struct

from ikepcap.track.clear import MAX_LISTED
from ikepcap.track.ended import Columns, Ended
from ikepcap.wire.message import parse
from ikepcap.wire.numbers import Payload
from ikepcap.wire.walk import GENERIC_HEADER_BYTES

REMEMBERED: Final = 4096
NAT_D: Final = frozenset({20, 130, 15})
_VARIES: Final = NAT_D | {
    int(kind)
    for kind in (
        Payload.KE, Payload.ID, Payload.CERT, Payload.CR, Payload.HASH, Payload.SIG, Payload.NONCE,
    )
}  # fmt: skip
"""Payloads whose bodies say nothing that matters, but for NAT-D."""
_COOKIES_BYTES: Final = 16

T = TypeVar("T")
_Course = tuple[object, ...]


class _Alike(Struct, Generic[T]):
    """Conversations with the same course and the same layout of messages."""

    spans: tuple[tuple[tuple[int, int, int], ...], ...]
    """Type, start and end of each payload of each message."""
    fixed_in: Callable[[bytes], tuple[bytes, ...]]
    """What must be the same, of all messages in a row."""
    known: dict[tuple[bytes, ...], T]


class Kin(Generic[T]):
    """Remembers something about conversations, and finds it again for their kin."""

    def __init__(self) -> None:
        self._groups: dict[_Course, _Alike[T]] = {}

    def recall(self, ended: Ended, columns: Columns) -> T | None:
        """Return what was remembered of a conversation's kin."""
        group = self._groups.get(_course(ended, columns))
        return None if group is None else group.known.get(group.fixed_in(b"".join(ended.kept)))

    def remember(self, ended: Ended, columns: Columns, what: T) -> None:
        """Remember something about a conversation whose messages in the clear have no defects."""
        spans = tuple([_spans(data) for data in ended.kept])
        course = _course(ended, columns)
        group = self._groups.get(course)
        if group is None or group.spans != spans:
            # What is compared are the octets at these places, so one course has one layout at a time.
            if len(self._groups) >= REMEMBERED:
                self._groups.clear()
            sizes = [len(data) for data in ended.kept]
            group = self._groups[course] = _Alike(spans, _fixed_in(spans, sizes), {})
        if len(group.known) >= REMEMBERED:
            group.known.clear()
        group.known[group.fixed_in(b"".join(ended.kept))] = what


def _course(ended: Ended, columns: Columns) -> _Course:
    """Return what decides how messages are taken: who sent what in which size, and which share an ID."""
    ids = columns.message_ids
    return (
        columns.senders, columns.exchanges, columns.flags, columns.firsts, columns.marks, columns.wire_bytes,
        tuple(map(ids.index, ids)),
        tuple(map(len, ended.kept)),  # a snaplen may have cut them
    )  # fmt: skip


def _spans(data: bytes) -> tuple[tuple[int, int, int], ...]:
    message = parse(data)
    return tuple([(span.type, span.start, span.end) for span in message.spans]) if message else ()


def nat_d_in(data: bytes) -> Callable[[bytes], tuple[bytes, ...]]:
    """Return what takes the bodies of the NAT-D payloads from messages with the layout of this one."""
    layout, at = "<", 0
    for start, end in [(start, end) for kind, start, end in _spans(data) if kind in NAT_D][:MAX_LISTED]:
        layout += f"{start + GENERIC_HEADER_BYTES - at}x{end - start - GENERIC_HEADER_BYTES}s"
        at = end
    return Layout(layout).unpack_from


def _fixed_in(
    spans: tuple[tuple[tuple[int, int, int], ...], ...], sizes: list[int]
) -> Callable[[bytes], tuple[bytes, ...]]:
    """Return what takes from messages in a row all but cookies and bodies that vary, a stretch at a time."""
    layout, at, began = "<", 0, 0
    for message, size in zip(spans, sizes, strict=True):
        bodies = [(start + GENERIC_HEADER_BYTES, end) for kind, start, end in message if kind in _VARIES]
        for start, end in ((0, _COOKIES_BYTES), *bodies):
            layout += f"{began + start - at}s{end - start}x"
            at = began + end
        began += size
    return Layout(f"{layout}{began - at}s").unpack

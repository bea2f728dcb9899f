"""Captures followed to the end of every conversation in them: reading and tracking, here or in children.

What comes after tracking needs nothing but the conversations that ended, which are packed, and some counts in
the end. So where many conversations end, a child process goes on and hands them over, and this one has a
processor to itself for what it concludes of them. The child in turn lets one of its own read, and tracks.
Three take turns on two processors, and none stands idle while another is behind: tracking and concluding take
about as long as each other, and nothing can be concluded before the first conversations end. Where concluding
takes longer than that, and once all is read, the child lends a hand.
"""

from collections.abc import Callable, Iterator, Sequence
from itertools import islice
from typing import Final, Protocol, Self

import msgspec
from msgspec import Struct

from ikepcap import apart
from ikepcap.capture.datagram import CaptureFacts, Datagram, LostFragments, Packed, unpacked
from ikepcap.capture.decode import Item
from ikepcap.capture.reader import Progress
from ikepcap.report.build import Builder, Concluded
from ikepcap.track.ended import Ended
from ikepcap.track.tracker import Tracker

BATCH: Final = 256
"""Datagrams tracked before conversations are ended: the same, however a capture came to be read."""
MANY: Final = 8_000
"""Answers after which a child process is worth its start: a small capture is read before, a flood of MSG1s
needs none. Few conversations are open by then: this process never holds the many that the child will."""


Found = Sequence[Item | Packed]


class Ends(Struct, frozen=True, array_like=True, tag=0):
    """Conversations that ended."""

    ended: Sequence[Ended | Concluded]
    would_show_4500: bool
    """What was read was not filtered by port: it has something on UDP 4500, or of others."""


class Reached(Struct, frozen=True, array_like=True, tag=1):
    """How far the reading is: octets read, and the total where it is known."""

    done: int
    total: int | None


class Batch(Struct, frozen=True, array_like=True, tag=2):
    """What was read in one go."""

    packed: list[Packed]
    others: list[tuple[int, Item]]
    """Where each belongs, among them all."""
    facts: CaptureFacts
    """What was counted up to here."""

    @classmethod
    def of(cls, items: Found, facts: CaptureFacts) -> Self:
        """Sort what was read."""
        others = [(at, item) for at, item in enumerate(items) if not isinstance(item, tuple)]
        return cls([item for item in items if isinstance(item, tuple)], others, facts)

    def items(self) -> list[Item | Packed]:
        """Return what was read, in its order."""
        items: list[Item | Packed] = list(self.packed)
        for at, item in self.others:
            items.insert(at, item)
        return items


class Totals(Struct, frozen=True, array_like=True, tag=3):
    """What was counted, once all is read."""

    facts: CaptureFacts
    isakmp_messages: int
    ikev2: int
    authip: int
    gdoi: int
    malformed: list[tuple[int, str]]
    malformed_count: int
    time_steps_back: list[int]
    lone_frames: list[int]
    lone_count: int
    lost: list[LostFragments]


Watch = Callable[[Datagram], None]


class Source(Protocol):
    """A capture, or what is like one."""

    @property
    def facts(self) -> CaptureFacts:
        """What was counted."""

    def __iter__(self) -> Iterator[Item]: ...

    def batches(self) -> Iterator[Found]:
        """Read it, and yield what is found as it comes."""


def _watched(items: Found, watch: Watch) -> Found:
    """Return what was read, after showing the datagrams to somebody else."""
    whole = [unpacked(item) if isinstance(item, tuple) else item for item in items]
    for item in whole:
        if isinstance(item, Datagram):
            watch(item)
    return whole


def _is_unfiltered(facts: CaptureFacts) -> bool:
    """Whether a capture would show UDP 4500, as what else is in it proves."""
    return facts.port_4500 > 0 or facts.others > 0


_encode: Final = msgspec.msgpack.Encoder().encode


class Follower:
    """Reads captures once; iterate it for the conversations as they end, and take `totals` then."""

    def __init__(
        self,
        opened: Callable[[Progress | None], Source],
        *,
        progress: Progress | None = None,
        watch: Watch | None = None,
        second_process: bool = False,
        builder: Builder | None = None,
    ) -> None:
        """Take what opens the inputs, told whom to tell of progress; see `ikepcap.api` for the rest.

        `builder` is one that a child process may work for in the end.
        """
        self._progress = progress
        self._watch = watch
        self._capture = opened(self._on_progress if progress is not None else None)
        self._tracker = Tracker()
        self._totals: Totals | None = None
        self._may_part = second_process
        self._builder = builder
        self._is_read = False
        self._batches: Iterator[Found] = iter(())
        self._facts: CaptureFacts | None = None
        self._under_way: Iterator[Ends] = iter(())

    def __iter__(self) -> Iterator[Ends]:
        """Read and track, here or, when there is much of it, in child processes."""
        self._batches = self._read()
        self._under_way = self._ends()
        while (some := next(self._under_way, None)) is not None:
            yield some
            if self._is_worth_parting() and not self._is_read:
                self._may_part = False
                if apart.is_possible():
                    yield from self._from_child()
                    return

    def _read(self) -> Iterator[Found]:
        """Read, a batch at a time."""
        waiting: list[Item | Packed] = []
        for found in self._capture.batches():
            waiting += found if self._watch is None else _watched(found, self._watch)
            while len(waiting) >= BATCH:
                yield waiting[:BATCH]
                del waiting[:BATCH]
        yield waiting

    def _ends(self) -> Iterator[Ends]:
        """Track what is read."""
        tracker = self._tracker
        while (batch := next(self._batches, None)) is not None:
            tracker.take(batch)
            ended = list(tracker.ended())
            if ended or self._is_worth_parting():
                yield Ends(ended, _is_unfiltered(self.facts))
        self._is_read = True
        facts = self.facts
        last = max((f.last_ns for f in facts.files if f.last_ns is not None), default=0)
        remaining = tracker.end_all(last)
        while ended := list(islice(remaining, BATCH)):
            yield Ends(ended, _is_unfiltered(facts))

    def _is_worth_parting(self) -> bool:
        return self._may_part and self._tracker.answers >= MANY

    def _from_child(self) -> Iterator[Ends]:
        """Let a child process do the rest."""

        def work(send: apart.Send) -> None:
            self._progress = lambda done, total: send(_encode(Reached(done, total)))
            self._batches = self._read_by_child(self._batches, send)
            for some in self._under_way:
                send(_encode(self._helped(some) if self._is_read or send.is_far_ahead() else some))
            send(_encode(self.totals))

        decode = msgspec.msgpack.Decoder(Ends | Reached | Totals).decode
        pieces = apart.apart(work)
        # They are the child's now, and take room here.
        self._tracker, self._batches, self._under_way = Tracker(), iter(()), iter(())
        for data in pieces:
            part = decode(data)
            if isinstance(part, Ends):
                yield part
            elif isinstance(part, Totals):
                self._totals = part
            else:
                self._on_progress(part.done, part.total)

    def _read_by_child(self, batches: Iterator[Found], sent: apart.Send) -> Iterator[Found]:
        """Let a child process read on, and yield what it reads; `sent` is this one's way to its parent."""

        def work(send: apart.Send) -> None:
            sent.close()
            self._progress = lambda done, total: send(_encode(Reached(done, total)))
            for batch in batches:
                send(_encode(Batch.of(batch, self._capture.facts)))
            send(_encode(Batch.of((), self._capture.facts)))

        decode = msgspec.msgpack.Decoder(Batch | Reached).decode
        for data in apart.apart(work):
            part = decode(data)
            if isinstance(part, Reached):
                self._on_progress(part.done, part.total)
            else:
                self._facts = part.facts
                yield part.items()

    def _helped(self, ends: Ends) -> Ends:
        """Conclude what the parent would be long about: it has more to do, or this process nothing else."""
        builder, on_4500 = self._builder, ends.would_show_4500
        if builder is None:
            return ends
        return Ends([builder.ahead(one, would_show_4500=on_4500) for one in ends.ended], on_4500)

    def _on_progress(self, done: int, total: int | None) -> None:
        if self._progress is not None:
            self._progress(done, total)

    @property
    def facts(self) -> CaptureFacts:
        """What the reading has counted so far."""
        return self._facts or self._capture.facts

    @property
    def totals(self) -> Totals:
        """What was counted so far; complete once the iteration is over."""
        tracker, unplaced = self._tracker, self._tracker.unplaced
        return self._totals or Totals(
            self.facts, tracker.isakmp_messages, unplaced.ikev2, unplaced.authip, unplaced.gdoi,
            unplaced.malformed, unplaced.malformed_count, unplaced.time_steps_back, tracker.lone_frames,
            tracker.lone_count, unplaced.lost,
        )  # fmt: skip

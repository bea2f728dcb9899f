"""The stages wired together: what a program calls.

    report = ikepcap.analyze("branch.pcapng")
    for conversation in report.conversations: ...

`conversations` yields them as they end, so that a capture of any size is followed in bounded memory;
`messages` yields what was captured, before anything is concluded.
"""

import os
from collections.abc import Callable, Iterator, Sequence
from itertools import islice
from typing import TYPE_CHECKING, Final, Literal

from msgspec import Struct
from msgspec.structs import replace

from ikepcap.capture.datagram import CaptureFacts, Datagram, IcmpError
from ikepcap.capture.reader import Capture
from ikepcap.diagnose.whole import whole_findings
from ikepcap.report import model
from ikepcap.report.build import Builder
from ikepcap.report.clock import timestamp
from ikepcap.report.model import Report
from ikepcap.report.series import Series
from ikepcap.report.words import report_findings
from ikepcap.track.ended import Ended
from ikepcap.track.registry import LONE_LISTED
from ikepcap.track.tracker import Tracker
from ikepcap.wire.message import Message, parse

if TYPE_CHECKING:
    from ikepcap.keys.ring import KeyRing
    from ikepcap.opening import Content

Paths = str | os.PathLike[str] | Sequence[str | os.PathLike[str]]
Progress = Callable[[int, int | None], None]
"""Called now and then with octets read and the total, None where that is unknown."""
Near = Literal["initiator", "responder", "between"]

MESSAGES_KEPT: Final = 250_000
"""Messages listed in one report; beyond it conversations come without their list, and say so."""
BATCH: Final = 256
"""Datagrams read before any is looked at."""


class FramedMessage(Struct, frozen=True):
    """A message with the datagram it came in."""

    datagram: Datagram
    message: Message


class Conversations:
    """Conversations of a run as they end; `report` is about the whole, once the iteration is over."""

    def __init__(
        self,
        paths: Paths,
        *,
        keep_messages: bool = True,
        vantage: Near | None = None,
        progress: Progress | None = None,
        strict: bool = False,
        keys: "KeyRing | Paths | None" = None,
    ) -> None:
        self._keys = _ring(keys)
        self._contents: dict[int, Content] = {}
        self._capture = Capture(_listed(paths), progress=progress)
        self._names = [os.fspath(path) for path in _listed(paths)]
        self._keep = keep_messages
        self._given = vantage
        self._builder = Builder(strict=strict)
        self._tracker = Tracker()
        self._series = Series()
        self._kept = 0
        self._on_4500 = False

    def __iter__(self) -> Iterator[model.Conversation]:
        if self._keys and self._keep:
            from ikepcap.opening import contents

            self._contents = contents(self._names, self._keys)
        tracker = self._tracker
        items = iter(self._capture)
        # In batches: going to and fro between stages for each datagram costs a sixth of the time.
        while batch := list(islice(items, BATCH)):
            for item in batch:
                if type(item) is Datagram:
                    tracker.add(item)
                elif type(item) is IcmpError:
                    tracker.add_icmp(item)
                else:
                    tracker.add_lost(item)  # type: ignore[arg-type]  # what is left of the union
            yield from self._built(tracker.ended())
        last = max((f.last_ns for f in self._capture.facts.files if f.last_ns is not None), default=0)
        yield from self._built(tracker.end_all(last))

    def _built(self, finished: Iterator[Ended]) -> Iterator[model.Conversation]:
        # The count of a file is whole only at its end; a conversation that moved says the same sooner.
        self._on_4500 = self._on_4500 or self._capture.facts.port_4500 > 0
        for ended in finished:
            keep = self._keep
            if keep:
                self._kept += ended.message_count
                keep = self._kept <= MESSAGES_KEPT
            built = self._builder.build(ended, port_4500_seen=self._on_4500, keep_messages=keep)
            if built is None:
                continue
            self._on_4500 = self._on_4500 or built.nat.moved_to_4500
            if self._contents:
                from ikepcap.opening import with_contents

                built = with_contents(built, self._contents)
            first = self._series.first_of(built)
            yield built if first is None else replace(built, attempt_of=first)

    @property
    def report(self) -> Report:
        """The report without its conversations."""
        facts = self._capture.facts
        near = self._builder.votes.verdict()
        found = whole_findings(
            facts, self._tracker.malformed, self._tracker.malformed_count, self._tracker.time_steps_back,
            self._tracker.lone_frames, max(0, self._tracker.lone_count - LONE_LISTED),
            max(0, self._kept - MESSAGES_KEPT),
        )  # fmt: skip
        known = near.near in ("initiator", "responder", "between")
        vantage = model.Vantage(
            near.near, "presumed" if known else "unknown", near.why  # type: ignore[arg-type]
        )  # fmt: skip
        if self._given is not None:
            vantage = model.Vantage(self._given, "proven", "given by the user")
        return Report(
            source=self._source(facts), vantage=vantage, conversations=(), findings=report_findings(found)
        )

    def _source(self, facts: CaptureFacts) -> model.Source:
        tracker = self._tracker
        first = min((f.first_ns for f in facts.files if f.first_ns is not None), default=None)
        last = max((f.last_ns for f in facts.files if f.last_ns is not None), default=None)
        skipped = model.Skipped(
            ikev2=tracker.ikev2,
            esp=facts.esp,
            nat_keepalive=facts.nat_keepalive,
            malformed=tracker.malformed_count + facts.not_isakmp,
            authip=tracker.authip,
            incomplete_fragments=facts.incomplete_fragments,
            gdoi=tracker.gdoi,
        )
        return model.Source(
            name=", ".join(os.path.basename(name) for name in self._names),  # noqa: PTH119 - "-" is no path
            frames=facts.frames,
            first_time=None if first is None else timestamp(first),
            last_time=None if last is None else timestamp(last),
            isakmp_messages=tracker.isakmp_messages,
            skipped=skipped,
            files=tuple(
                model.SourceFile(os.path.basename(f.name), f.frames, f.first_frame)  # noqa: PTH119
                for f in facts.files
            ),
        )


def analyze(
    paths: Paths,
    *,
    keep_messages: bool = True,
    vantage: Near | None = None,
    progress: Progress | None = None,
    strict: bool = False,
    keys: "KeyRing | Paths | None" = None,
) -> Report:
    """Read captures to their end and say where each negotiation stands.

    Args:
        paths: one capture or several, `-` for standard input; several are read as one sequence.
        keep_messages: list every message in the report; without it a report stays small.
        vantage: next to whom the capture was taken, where that is known better than TTLs tell.
        progress: called with octets read and the total.
        strict: let a diagnosis rule that fails raise, instead of telling of it in a finding.
        keys: files of keys of any kind that `ikepcap.keys.sources` knows, or the ring it makes of them; then
            captures are read twice, and standard input cannot be.

    Raises:
        CaptureError: an input cannot be read as a capture at all.
        KeySourceError: a file of keys cannot be taken.
    """
    run = Conversations(
        paths, keep_messages=keep_messages, vantage=vantage, progress=progress, strict=strict, keys=keys
    )
    ordered = tuple(sorted(run, key=lambda conversation: conversation.id))
    return replace(run.report, conversations=ordered)


def conversations(
    paths: Paths,
    *,
    keep_messages: bool = True,
    vantage: Near | None = None,
    progress: Progress | None = None,
    strict: bool = False,
    keys: "KeyRing | Paths | None" = None,
) -> Conversations:
    """Return conversations as they end, in bounded memory; the arguments are those of `analyze`."""
    return Conversations(
        paths, keep_messages=keep_messages, vantage=vantage, progress=progress, strict=strict, keys=keys
    )


def messages(paths: Paths, *, progress: Progress | None = None) -> Iterator[FramedMessage]:
    """Yield every ISAKMP message of the captures, of any version, one datagram at a time.

    IKE fragments come as the fragments they are: putting them together takes a conversation.
    """
    for item in Capture(_listed(paths), progress=progress):
        if isinstance(item, Datagram):
            message = parse(item.data, item.wire_bytes)
            if message is not None:
                yield FramedMessage(item, message)


def render(report: Report, format: Literal["text", "json"] = "text", *, width: int = 80) -> str:  # noqa: A002
    """Return the report as text for people or as its JSON document."""
    from ikepcap.renderers import render as rendered

    return rendered(report, format, width=width)


def _ring(keys: "KeyRing | Paths | None") -> "KeyRing | None":
    """Return keys as a ring; nothing is loaded where there are none."""
    if keys is None:
        return None
    from ikepcap.keys.ring import KeyRing
    from ikepcap.keys.sources import load_ring

    return keys if isinstance(keys, KeyRing) else load_ring(_listed(keys))


def _listed(paths: Paths) -> list[str | os.PathLike[str]]:
    return [paths] if isinstance(paths, str | os.PathLike) else list(paths)

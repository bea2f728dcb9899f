"""The stages wired together: what a program calls.

    report = ikepcap.analyze("branch.pcapng")
    for conversation in report.conversations: ...

`conversations` yields them as they end, so that a capture of any size is followed in bounded memory;
`messages` yields what was captured, before anything is concluded. All of them take the packets of a Scapy
session in place of files; `packets` yields the frames of files as Scapy packets.
"""

import os
from collections.abc import Callable, Iterable, Iterator
from typing import TYPE_CHECKING, Any, Final, Literal, overload

from msgspec import Struct
from msgspec.structs import replace

from ikepcap.capture.datagram import Datagram
from ikepcap.capture.decode import Item
from ikepcap.capture.scapy_packets import packets as scapy_packets
from ikepcap.diagnose.whole import whole_findings
from ikepcap.follow import Follower, Source, Totals, Watch
from ikepcap.inputs import Input, Paths, is_paths, listed, names, opened, readable_twice
from ikepcap.report import model
from ikepcap.report.alike import Alike
from ikepcap.report.build import Builder, Concluded
from ikepcap.report.clock import timestamp
from ikepcap.report.comparison import Side
from ikepcap.report.model import Conversation, Report
from ikepcap.report.series import Series
from ikepcap.report.words import report_findings
from ikepcap.track.ended import Ended
from ikepcap.track.registry import LONE_LISTED
from ikepcap.wire.message import Message, parse

if TYPE_CHECKING:
    from ikepcap.keyed import Contents
    from ikepcap.keys.ring import KeyRing
    from ikepcap.opening import OpenedMessage

Progress = Callable[[int, int | None], None]
"""Called now and then with octets read and the total, None where that is unknown."""
Warn = Callable[[str], None]
"""Called with a sentence."""
Near = Literal["initiator", "responder", "between"]

MESSAGES_KEPT: Final = 250_000
"""Messages listed in one report; beyond it conversations come without their list, and say so."""


class FramedMessage(Struct, frozen=True):
    """A message with the datagram it came in."""

    datagram: Datagram
    message: Message


class Conversations:
    """Conversations of a run as they end; `report` is about the whole, once the iteration is over."""

    def __init__(
        self,
        paths: Input,
        *,
        keep_messages: bool = True,
        vantage: Near | None = None,
        progress: Progress | None = None,
        strict: bool = False,
        watch: Watch | None = None,
        second_process: bool = False,
        keys: "KeyRing | Paths | None" = None,
    ) -> None:
        self._ring = _ring(keys)
        self._contents: Contents | None = None
        self._input = paths = paths if self._ring is None else readable_twice(paths)
        self._progress = progress
        # A second process reads on by itself: nobody here sees datagrams, and Scapy's packets may be alive.
        alone = watch is not None or self._ring is not None or not is_paths(paths)
        helped = second_process and not alone
        self._builder = Builder(strict=strict)
        self._follower = Follower(
            lambda progress: opened(paths, progress, second_process=helped), progress=progress, watch=watch,
            second_process=helped, builder=None if keep_messages else self._builder,
        )  # fmt: skip
        self._names = names(paths)
        self._keep = keep_messages
        self._given = vantage
        self._series = Series()
        self._kept = 0
        self._on_4500 = False

    def __iter__(self) -> Iterator[model.Conversation]:
        for told in self.told():
            yield told.entry() if isinstance(told, Alike) else told

    def told(self) -> Iterator[model.Conversation | Alike]:
        """Do as the iteration does, and leave conversations alike as they are: see `report.alike`."""
        if self._ring is not None:
            from ikepcap.keyed import contents

            self._contents = contents(
                lambda decoder: opened(self._input, self._progress, decoder), self._ring
            )
        for ends in self._follower:
            # The count of a file is whole only at its end; a conversation that moved says the same sooner.
            self._on_4500 = self._on_4500 or ends.port_4500_seen
            yield from self._built(ends.ended)

    def _built(self, finished: Iterable[Ended | Concluded]) -> Iterator[model.Conversation | Alike]:
        for ended in finished:
            keep = self._keep
            if keep:
                self._kept += ended.message_count
                keep = self._kept <= MESSAGES_KEPT
            built = self._builder.build(
                ended, port_4500_seen=self._on_4500, keep_messages=keep,
                opened=self._contents.concluded_from() if self._contents is not None else None,
            )  # fmt: skip
            if built is None:
                continue
            if self._contents is not None:
                from ikepcap.keyed import with_contents

                built = with_contents(built.entry() if isinstance(built, Alike) else built, self._contents)
            if isinstance(built, Alike):
                like, ends = built.kind.specimen, built.ends
            else:
                like, ends = built, (built.initiator.address, built.responder.address)
            self._on_4500 = self._on_4500 or like.nat.moved_to_4500
            first = self._series.first_of(built.id, ends, like.outcome)
            if first is None:
                yield built
            else:
                yield replace(built.entry() if isinstance(built, Alike) else built, attempt_of=first)

    @property
    def report(self) -> Report:
        """The report without its conversations."""
        totals = self._follower.totals
        near = self._builder.votes.verdict()
        found = whole_findings(
            totals.facts, totals.malformed, totals.malformed_count, totals.time_steps_back,
            totals.lone_frames, max(0, totals.lone_count - LONE_LISTED), max(0, self._kept - MESSAGES_KEPT),
            totals.authip if totals.isakmp_messages else 0, totals.lost,
        )  # fmt: skip
        known = near.near in ("initiator", "responder", "between")
        vantage = model.Vantage(
            near.near, "presumed" if known else "unknown", near.why  # type: ignore[arg-type]
        )  # fmt: skip
        if self._given is not None:
            vantage = model.Vantage(self._given, "proven", "given by the user")
        return Report(
            source=self._source(totals), vantage=vantage, conversations=(), findings=report_findings(found)
        )

    def _source(self, totals: Totals) -> model.Source:
        facts = totals.facts
        first = min((f.first_ns for f in facts.files if f.first_ns is not None), default=None)
        last = max((f.last_ns for f in facts.files if f.last_ns is not None), default=None)
        skipped = model.Skipped(
            ikev2=totals.ikev2,
            esp=facts.esp,
            nat_keepalive=facts.nat_keepalive,
            malformed=totals.malformed_count + facts.not_isakmp,
            authip=totals.authip,
            incomplete_fragments=facts.incomplete_fragments,
            gdoi=totals.gdoi,
        )
        return model.Source(
            name=", ".join(os.path.basename(name) for name in self._names),  # noqa: PTH119 - "-" is no path
            frames=facts.frames,
            first_time=None if first is None else timestamp(first),
            last_time=None if last is None else timestamp(last),
            isakmp_messages=totals.isakmp_messages,
            skipped=skipped,
            files=tuple(
                model.SourceFile(os.path.basename(f.name), f.frames, f.first_frame)  # noqa: PTH119
                for f in facts.files
            ),
        )


def analyze(
    paths: Input,
    *,
    keep_messages: bool = True,
    vantage: Near | None = None,
    progress: Progress | None = None,
    strict: bool = False,
    second_process: bool = False,
    keys: "KeyRing | Paths | None" = None,
) -> Report:
    """Read captures to their end and say where each negotiation stands.

    Args:
        paths: one capture or several, `-` for standard input; several are read as one sequence. Or Scapy
            packets, in any iterable or an `AsyncSniffer` that has stopped; each is looked at once, and frames
            are numbered as they come.
        keep_messages: list every message in the report; without it a report stays small.
        vantage: next to whom the capture was taken, where that is known better than TTLs tell.
        progress: called with octets read and the total.
        strict: let a diagnosis rule that fails raise, instead of telling of it in a finding.
        second_process: let a child process read, once there is much to conclude, or half of a large file,
            where that is possible. It is a copy of this one: ask for it only where nothing else goes on in
            this process.
        keys: files of keys of any kind that `ikepcap.keys.sources` knows, or the ring it makes of them. Then
            all is read twice, in this process: standard input cannot be, and packets are kept.

    Raises:
        CaptureError: an input cannot be read as a capture at all.
        KeySourceError: a file of keys cannot be taken.
        TypeError: it is neither a path nor Scapy packets.
    """
    run = Conversations(
        paths, keep_messages=keep_messages, vantage=vantage, progress=progress, strict=strict,
        second_process=second_process, keys=keys,
    )  # fmt: skip
    ordered = tuple(sorted(run, key=lambda conversation: conversation.id))
    return replace(run.report, conversations=ordered)


def conversations(
    paths: Input,
    *,
    keep_messages: bool = True,
    vantage: Near | None = None,
    progress: Progress | None = None,
    strict: bool = False,
    watch: Watch | None = None,
    second_process: bool = False,
    keys: "KeyRing | Paths | None" = None,
) -> Conversations:
    """Return conversations as they end, in bounded memory.

    `watch` is called with each datagram before it is analysed; the other arguments are those of `analyze`.
    """
    return Conversations(
        paths, keep_messages=keep_messages, vantage=vantage, progress=progress, strict=strict, watch=watch,
        second_process=second_process, keys=keys,
    )  # fmt: skip


@overload
def messages(
    paths: Input, *, progress: Progress | None = None, keys: None = None, warn: Warn | None = None
) -> Iterator[FramedMessage]: ...
@overload
def messages(
    paths: Input, *, progress: Progress | None = None, keys: "KeyRing | Paths", warn: Warn | None = None
) -> "Iterator[OpenedMessage]": ...
def messages(
    paths: Input,
    *,
    progress: Progress | None = None,
    keys: "KeyRing | Paths | None" = None,
    warn: Warn | None = None,
) -> "Iterator[FramedMessage] | Iterator[OpenedMessage]":
    """Yield every ISAKMP message of captures or Scapy packets, of any version, one datagram at a time.

    IKE fragments come as the fragments they are: putting them together takes a conversation. With keys
    each message comes with what they make of it, and after the last of some fragments the whole they make.
    `warn` is called at the end, once for everything that was not read: a file that ends early, frames of a
    link type that is not known, datagrams cut by a snaplen.
    """
    ring = _ring(keys)
    captured = opened(paths, progress)
    items = captured if warn is None else _warning(captured, warn)
    if ring is None:
        return _framed(items)
    from ikepcap.opening import Opening

    return iter(Opening(items, ring))


def _warning(captured: Source, warn: Warn) -> Iterator[Item]:
    """Yield what was captured, and tell at the end what of it was not read."""
    yield from captured
    for finding in whole_findings(captured.facts, (), 0, (), (), 0, 0, 0):
        warn(finding.claim)


def _framed(captured: Iterable[Item]) -> Iterator[FramedMessage]:
    for item in captured:
        if isinstance(item, Datagram):
            message = parse(item.data, item.wire_bytes)
            if message is not None:
                yield FramedMessage(item, message)


def render(
    report: Report,
    format: Literal["text", "markdown", "json"] = "text",  # noqa: A002
    *,
    width: int = 80,
) -> str:
    """Return the report as text for people, as Markdown for a ticket, or as its JSON document."""
    from ikepcap.renderers import render as rendered

    return rendered(report, format, width=width)


def side(path: str | os.PathLike[str], conversation: Conversation, name: str, why: str) -> Side:
    """Return a conversation of a capture, its messages kept, with what they say in the clear: to be compared.

    Args:
        path: of the capture, which is read once more.
        conversation: of its report.
        name: of the capture, for people.
        why: this conversation of all that are there.
    """
    from ikepcap.renderers.said import content_of

    lines = conversation.messages if isinstance(conversation.messages, tuple) else ()
    wanted = {line.frame: line.sender == "initiator" for line in lines if not line.encrypted}
    cookie = bytes.fromhex(conversation.initiator_cookie)
    contents = {
        found.datagram.frame: content_of(found.message, from_initiator=wanted[found.datagram.frame])
        for found in messages(path)
        if found.datagram.frame in wanted and found.message.initiator_cookie == cookie
    }
    return Side(name, conversation, contents, why)


def packets(paths: Paths, *, progress: Progress | None = None) -> Iterator[Any]:
    """Yield every frame of the captures as a Scapy packet, with ISAKMP in `ikepcap.wire.layers`; lazy.

    Fragments of IP come as the fragments they are. Scapy's bindings are neither needed nor changed.
    """
    return scapy_packets(listed(paths), progress=progress)


def _ring(keys: "KeyRing | Paths | None") -> "KeyRing | None":
    """Return keys as a ring; nothing is loaded where there are none."""
    if keys is None:
        return None
    from ikepcap.keys.ring import KeyRing
    from ikepcap.keys.sources import load_ring

    return keys if isinstance(keys, KeyRing) else load_ring(listed(keys))

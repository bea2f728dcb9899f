"""One run over captures: what is read, the conversations as they end, and the report about the whole."""

import os
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Final, Literal

from msgspec.structs import replace

from ikepcap.capture.reader import Progress
from ikepcap.diagnose.whole import whole_findings
from ikepcap.follow import Follower, Totals, Watch
from ikepcap.inputs import Input, Paths, is_paths, listed, names, opened, readable_twice
from ikepcap.report import model
from ikepcap.report.alike import Alike
from ikepcap.report.build import Builder, Concluded
from ikepcap.report.clock import timestamp
from ikepcap.report.model import Report
from ikepcap.report.series import Series
from ikepcap.report.words import report_findings
from ikepcap.track.ended import Ended
from ikepcap.track.registry import LONE_LISTED

if TYPE_CHECKING:
    from ikepcap.keyed import Contents
    from ikepcap.keys.ring import KeyRing

Near = Literal["initiator", "responder", "between"]

MESSAGES_KEPT: Final = 250_000
"""Messages listed in one report; beyond it conversations come without their list, and say so."""


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
        self._ring = ring_of(keys)
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
            self._on_4500 = self._on_4500 or ends.would_show_4500
            yield from self._built(ends.ended)

    def _built(self, finished: Iterable[Ended | Concluded]) -> Iterator[model.Conversation | Alike]:
        for ended in finished:
            keep = self._keep
            if keep:
                self._kept += ended.message_count
                keep = self._kept <= MESSAGES_KEPT
            built = self._builder.build(
                ended, would_show_4500=self._on_4500, keep_messages=keep,
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
            ended_by_peer = "deleted-by-peer" in [finding.code for finding in like.findings]
            first = self._series.first_of(built.id, ends, like.outcome, ended=ended_by_peer)
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


def ring_of(keys: "KeyRing | Paths | None") -> "KeyRing | None":
    """Return keys as a ring; nothing is loaded where there are none."""
    if keys is None:
        return None
    from ikepcap.keys.ring import KeyRing
    from ikepcap.keys.sources import load_ring

    return keys if isinstance(keys, KeyRing) else load_ring(listed(keys))

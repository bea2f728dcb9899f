"""What a replay came to, for people and for programs."""

from collections.abc import Iterator
from typing import TYPE_CHECKING, Final

from msgspec import Struct

from ikepcap import replaying
from ikepcap.renderers.compared import comparison_lines
from ikepcap.renderers.page import Page

if TYPE_CHECKING:
    from ikepcap.replay.run import Player
    from ikepcap.report.comparison import Comparison, Side
    from ikepcap.report.model import Conversation

SCHEMA: Final = "ikepcap.replay/1"
_WORDS: Final = {
    "same": "the same: as far as the captured one, with the same end",
    "further": "further than the captured one",
    "less-far": "less far than the captured one",
    "other-refusal": "as far as the captured one, and refused otherwise",
    "other": "as far as the captured one, with another end",
}
_NAME: Final = 9


class Outcome(Struct):
    """The run and what it is compared with."""

    taken: replaying.Taken
    side: "Side | None"
    """The live negotiation; None where there is nothing to analyse."""
    opened: "Side | None"
    """The same, with the keys of the run."""
    stands_for: dict[int, int]
    """Which ports were read as which others."""
    player: "Player"
    way: str
    target: str
    expected: str | None

    @property
    def live(self) -> "Conversation | None":
        """What was concluded of the live negotiation."""
        return None if self.side is None else self.side.conversation

    @property
    def comparison(self) -> "Comparison | None":
        """Both message by message; a probe negotiates nothing that could be compared."""
        if self.side is None or self.way == "probe":
            return None
        return replaying.compared(self.taken, self.side)

    @property
    def verdict(self) -> replaying.Verdict:
        """How it ended beside the captured one."""
        return replaying.verdict(self.taken.conversation, self.live)

    @property
    def is_met(self) -> bool:
        """Whether it ended as expected; without an expectation, whether it came up."""
        if self.expected in ("same", "further"):
            return self.verdict == self.expected
        if self.expected in ("refused", "stalled"):
            return self.live is not None and self.live.outcome == self.expected
        result = None if self.player.done is None else self.player.done.result
        if self.way != "fresh" and self.expected is None:
            return result == "answered"
        return result == "established" and replaying.is_up(self.live)


def lines(page: Page, outcome: Outcome) -> Iterator[str]:
    """Yield the outcome for people."""
    taken, player = outcome.taken, outcome.player
    done = player.done
    ended = "interrupted" if player.was_interrupted else "time is up"
    if done is not None:
        ended = f"{done.result}: {done.why}"
    number, name = taken.conversation.id, taken.name
    yield from page.entry(
        "replayed", f"#{number} of {name} against {outcome.target}, {outcome.way}", 0, _NAME
    )
    yield from page.entry("result", ended, 0, _NAME)
    yield from page.entry(
        "", f"datagrams: {player.sent} sent, {len(player.record) - player.sent} came in", 0, _NAME
    )
    if outcome.stands_for:
        words = ", ".join(f"{port} as {known}" for port, known in outcome.stands_for.items())
        yield from page.entry("judged", f"with the peer's UDP port {words}", 0, _NAME)
    for one in outcome.opened.conversation.findings if outcome.opened is not None else ():
        if one.severity == "fault":
            yield from page.entry("found", f"{one.code}, {one.certainty}: {one.claim}", 0, _NAME)
    if outcome.way == "fresh":
        yield from page.entry("compared", _WORDS[outcome.verdict], 0, _NAME)
    if outcome.expected is not None:
        met = "so it is" if outcome.is_met else "it is not"
        yield from page.entry("expected", f"{outcome.expected}: {met}", 0, _NAME)
    if (found := outcome.comparison) is not None:
        yield ""
        yield from comparison_lines(page, found)


def document(outcome: Outcome) -> Iterator[bytes]:
    """Yield the outcome as one JSON document."""
    import msgspec

    player, done = outcome.player, outcome.player.done
    found = {
        "schema": SCHEMA,
        "capture": outcome.taken.name,
        "target": outcome.target,
        "way": outcome.way,
        "result": done.result if done is not None else "interrupted" if player.was_interrupted else None,
        "why": None if done is None else done.why,
        "sent": player.sent,
        "received": len(player.record) - player.sent,
        "notes": player.said,
        "verdict": outcome.verdict if outcome.way == "fresh" else None,
        "expected": outcome.expected,
        "met": outcome.is_met,
        "comparison": outcome.comparison,
        "captured": outcome.taken.conversation,
        "stands_for": {str(port): known for port, known in outcome.stands_for.items()},
        "live": outcome.live,
        "opened": None if outcome.opened is None else outcome.opened.conversation,
    }
    yield msgspec.json.format(msgspec.json.encode(found), indent=2)
    yield b"\n"

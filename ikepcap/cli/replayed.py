"""What a replay came to, for people and for programs."""

from collections.abc import Iterator
from typing import TYPE_CHECKING, Final

from msgspec import Struct

from ikepcap import replaying
from ikepcap.renderers.text import printable

if TYPE_CHECKING:
    from ikepcap.replay.run import Player
    from ikepcap.report.model import Conversation

SCHEMA: Final = "ikepcap.replay/1"
_WORDS: Final = {
    "same": "the same: as far as the captured one, with the same end",
    "further": "further than the captured one",
    "less-far": "less far than the captured one",
    "other-refusal": "as far as the captured one, and refused otherwise",
    "other": "as far as the captured one, with another end",
}


class Outcome(Struct):
    """The run and what it is compared with."""

    taken: replaying.Taken
    live: "Conversation | None"
    player: "Player"
    way: str
    target: str
    expected: str | None

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
        if self.way != "fresh":
            return result == "answered"
        return result == "established" and replaying.is_up(self.live)


def lines(outcome: Outcome) -> Iterator[str]:
    """Yield the outcome for people."""
    taken, player, live = outcome.taken, outcome.player, outcome.live
    done = player.done
    ended = f"{done.result}: {done.why}" if done is not None else "time is up"
    number, name = taken.conversation.id, printable(taken.name, 60)
    yield f"replayed   #{number} of {name} against {outcome.target}, {outcome.way}"
    yield f"result     {printable(ended, 120)}"
    yield f"           {player.sent} datagrams sent, {len(player.record) - player.sent} came in"
    yield f"captured   {printable(taken.conversation.summary, 160)}"
    yield f"live       {printable(live.summary, 160) if live is not None else 'nothing to analyse'}"
    for one in live.findings if live is not None else ():
        if one.severity == "fault":
            yield f"           {one.code}, {one.certainty}: {printable(one.claim, 200)}"
    if outcome.way == "fresh":
        yield f"compared   {_WORDS[outcome.verdict]}"
    if outcome.way != "probe":
        yield from _table(outcome)
    if outcome.expected is not None:
        yield f"expected   {outcome.expected}: {'so it is' if outcome.is_met else 'it is not'}"


def _table(outcome: Outcome) -> Iterator[str]:
    yield "           message  from       captured  live"
    for one in replaying.steps(outcome.taken.conversation, outcome.live):
        copies = (f"{count} x" if count else "-" for count in (one.original, one.live))
        yield "           {:8} {:10} {:>8} {:>5}".format(one.step, one.sender, *copies)


def document(outcome: Outcome) -> Iterator[str]:
    """Yield the outcome as one JSON document."""
    import msgspec

    player, done = outcome.player, outcome.player.done
    found = {
        "schema": SCHEMA,
        "capture": outcome.taken.name,
        "target": outcome.target,
        "way": outcome.way,
        "result": None if done is None else done.result,
        "why": None if done is None else done.why,
        "sent": player.sent,
        "received": len(player.record) - player.sent,
        "notes": player.said,
        "verdict": outcome.verdict if outcome.way == "fresh" else None,
        "expected": outcome.expected,
        "met": outcome.is_met,
        "messages": [] if outcome.way == "probe" else _rows(outcome),
        "captured": outcome.taken.conversation,
        "live": outcome.live,
    }
    yield msgspec.json.format(msgspec.json.encode(found), indent=2).decode()


def _rows(outcome: Outcome) -> list[dict[str, object]]:
    return [
        {"step": one.step, "from": one.sender, "captured": one.original, "live": one.live}
        for one in replaying.steps(outcome.taken.conversation, outcome.live)
    ]

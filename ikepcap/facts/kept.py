"""Facts of negotiations that one took part in: from what was wanted and what was done, nothing concluded."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Final

from ikepcap.facts.draft import fact_lines, text
from ikepcap.facts.file import Stated, StatedConversation
from ikepcap.facts.table import EXCHANGES
from ikepcap.replay.known import LAST, Known
from ikepcap.state.dialects import states

_OTHERS_TURN: Final = ("initiator", "responder")


def kept(source: Mapping[str, str], near: str, found: Iterable[Known]) -> Iterator[str]:
    """Yield the lines of a file of facts.

    Args:
        source: what is known of the capture, its sha256 with it.
        near: whose datagrams were captured where they were sent.
        found: negotiations, in order.
    """
    yield "# What ikepcap was told to do, and what it sent, got and accepted. Add whatever else you know."
    conversations = [stated(one) for one in found]
    if not conversations:
        yield "conversation = []"
    yield "[source]"
    yield from (f"{name} = {text(value)}" for name, value in source.items())
    yield ""
    yield "[capture]"
    yield from fact_lines({"near": near})
    for one in conversations:
        yield ""
        yield "[[conversation]]"
        yield from fact_lines(one.facts)
        if one.exchanges == ():
            yield f"{EXCHANGES} = []"
        for exchange in one.exchanges or ():
            yield f"[[conversation.{EXCHANGES}]]"
            yield from fact_lines(exchange)


def stated(known: Known) -> StatedConversation:
    """Return what one who took part can state of a negotiation."""
    facts: Stated = {"initiator": known.initiator, "responder": known.responder, "mode": known.mode}
    if known.auth is not None:
        facts["auth"] = known.auth
    if known.outcome is not None and known.last_message is not None:
        facts |= {"outcome": known.outcome, "last_message": known.last_message}
        is_up = known.outcome == "established"
        awaited = None if is_up or known.last_message >= LAST[known.mode] else known.last_message + 1
        if awaited is not None or is_up:
            facts["awaited_message"] = awaited
            facts["silent_peer"] = None if awaited is None else _OTHERS_TURN[(awaited + 1) % 2]
    if known.own_step:
        facts[f"{known.own_side}_real"] = states(known.mode, known.own_side, known.own_step)["asa"]
    if known.is_up:
        facts["faults"] = ()
    elif known.codes is not None and known.outcome is not None:
        facts["fault_among"] = known.codes
    if known.exchanges is None:
        return StatedConversation(facts)
    exchanges: list[Stated] = []
    for one in known.exchanges:
        exchange: Stated = {"kind": one.kind, "last_message": one.last_message}
        exchanges.append(exchange | ({"outcome": "established"} if one.is_complete else {}))
    return StatedConversation(facts, tuple(exchanges))

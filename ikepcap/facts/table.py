"""Which facts there are, what their values may be, and where the report has them."""

from typing import Final, Literal

from msgspec import Struct

Type = Literal["text", "number", "flag", "codes"]
TYPE_WORDS: Final[dict[Type, str]] = {
    "text": "a text",
    "number": "a whole number",
    "flag": "true or false",
    "codes": "a list of finding codes",
}
Rule = Literal["is", "is-if-proven", "is-or-unknown", "among"]
"""When a fact holds: the report says the same; it says so or does not call it proven; it says so or that it
is unknown; all of what it says is among what is stated, and there is something.
"""
NONE: Final = "none"
"""Stands for null, which TOML does not have."""


class Fact(Struct, frozen=True):
    """One fact."""

    name: str
    type: Type
    where: str
    """Attributes to follow from the conversation, or from the exchange; the last may be a key."""
    words: tuple[str, ...] = ()
    """The values it may have, where these are few; null besides."""
    rule: Rule = "is"


_OUTCOMES: Final = ("established", "stalled", "refused", "in-progress", "unknown", "probe")
_CERTAINTIES: Final = ("proven", "presumed", "unknown")
_ROLES: Final = ("initiator", "responder")

_COURSE: Final = (
    Fact("outcome", "text", "outcome", _OUTCOMES),
    Fact("last_message", "number", "last_message"),
    Fact("awaited_message", "number", "awaited_message"),
    Fact("silent_peer", "text", "silent_peer", _ROLES),
)
CONVERSATION: Final = (
    Fact("initiator", "text", "initiator.address"),
    Fact("responder", "text", "responder.address"),
    Fact("mode", "text", "mode"),
    Fact("auth", "text", "auth"),
    *_COURSE,
    Fact("initiator_behind_nat", "flag", "nat.initiator_behind_nat"),
    Fact("responder_behind_nat", "flag", "nat.responder_behind_nat"),
    Fact("moved_to_4500", "flag", "nat.moved_to_4500"),
    Fact("initiator_progress", "number", "initiator.progress"),
    Fact("initiator_certainty", "text", "initiator.certainty", _CERTAINTIES),
    Fact("initiator_asa", "text", "initiator.states.asa"),
    Fact("responder_progress", "number", "responder.progress"),
    Fact("responder_certainty", "text", "responder.certainty", _CERTAINTIES),
    Fact("responder_asa", "text", "responder.states.asa"),
    Fact("initiator_real", "text", "initiator.states.asa", rule="is-if-proven"),
    Fact("responder_real", "text", "responder.states.asa", rule="is-if-proven"),
    Fact("findings", "codes", "findings"),
    Fact("faults", "codes", "findings"),
    Fact("fault_among", "codes", "findings", rule="among"),
)
"""`findings` are all codes of a conversation, `faults` those of severity fault, `fault_among` those of which
one must be found and no other. What a peer `_real`ly reached is known from elsewhere, such as its log: the
capture need not show it, but the report may call nothing else proven.
"""
FAULTS: Final = ("faults", "fault_among")
EXCHANGE: Final = (Fact("kind", "text", "kind"), *_COURSE)
CAPTURE: Final = (
    Fact("findings", "codes", "findings"),
    Fact("near", "text", "vantage.near", (*_ROLES, "between"), rule="is-or-unknown"),
)
"""`near` is where it was taken, known from elsewhere."""

LISTED: Final = ("quick", "transaction")
"""Kinds of exchange that facts list; informationals come and go."""
EXCHANGES: Final = "exchange"
"""The key of a conversation under which its exchanges stand."""

"""Conversations that differ from one another in a few values only, before they are written out.

A busy capture is full of them. Whoever writes them (`renderers.stencil`) needs to work out the rest of the
text but once for each kind. Whoever wants the entry itself asks for it.
"""

from collections.abc import Callable

from msgspec import Struct

from ikepcap.report.model import Conversation

Value = str | int


class Kind(Struct, frozen=True, eq=False):
    """What is the same for all conversations of a kind."""

    specimen: Conversation
    """An entry of this kind that has a mark wherever another one has a value of its own."""
    marks: tuple[Value, ...]
    """The marks in the order of `Alike.values`; each is like nothing else in an entry."""


class Alike(Struct, frozen=True, gc=False):
    """One conversation."""

    kind: Kind
    id: int
    """Its number."""
    ends: tuple[str, str]
    """Addresses of initiator and responder."""
    values: tuple[Value, ...]
    """What stands in place of each mark."""
    entry: Callable[[], Conversation]
    """Makes its entry."""

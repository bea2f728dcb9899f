"""The comparison of two negotiations as types: what is compared, and the answer."""

from collections.abc import Mapping
from typing import Final

from msgspec import Struct

from ikepcap.report.model import Conversation, Outcome, Role

SCHEMA: Final = "ikepcap.comparison/1"


class Content(Struct, frozen=True):
    """What one message says in the clear, in words."""

    offer: tuple[str, ...] = ()
    """The transforms of its SA, in order."""
    vendor_ids: tuple[str, ...] = ()
    identities: tuple[str, ...] = ()


Contents = Mapping[int, Content]
"""By frame."""


class Side(Struct, frozen=True):
    """One of the two."""

    name: str
    """Of the capture."""
    conversation: Conversation
    contents: Contents
    why: str
    """Why this conversation of all that the capture holds."""


class Cell(Struct, frozen=True):
    """One message of one side, its copies counted."""

    frame: int
    offset_ns: int
    """Since the first message."""
    waited_ns: int
    """Since the message before it that was no copy."""
    size_bytes: int
    copies: int
    """How often it was sent, 1 where it was not repeated."""
    last_ns: int
    """When the last copy was sent."""
    payloads: tuple[str, ...]
    is_encrypted: bool
    ports: tuple[int, int]
    """Source and destination."""
    notifies: tuple[str, ...]
    content: Content


class Detail(Struct, frozen=True):
    """One thing that differs."""

    subject: str
    left: tuple[str, ...]
    right: tuple[str, ...]


class Row(Struct, frozen=True):
    """The same step of both, or a message that one of them has."""

    step: str
    sender: Role
    left: Cell | None
    right: Cell | None
    details: tuple[Detail, ...] = ()

    @property
    def is_alike(self) -> bool:
        """Nothing differs."""
        return not self.details and self.left is not None and self.right is not None


class Summary(Struct, frozen=True):
    """One side as the answer names it."""

    name: str
    id: int
    why: str
    initiator: str
    responder: str
    mode: str
    auth: str | None
    outcome: Outcome
    summary: str
    cookies: tuple[str, str | None]


class Comparison(Struct, frozen=True, kw_only=True):
    """The answer."""

    schema: str = SCHEMA
    left: Summary
    right: Summary
    whole: tuple[Detail, ...]
    """What differs of the negotiations as a whole."""
    rows: tuple[Row, ...]
    parted_after: str | None
    """The step before they part; None where they never part, or have no beginning in common."""
    left_goes_on: str | None
    right_goes_on: str | None
    """What either does then, None where it ends; both None where they never part."""
    left_out: int = 0
    """Messages of both that were not compared: the first few hundred tell."""

    @property
    def is_parted(self) -> bool:
        """One of them has a message that the other has not."""
        return self.left_goes_on is not None or self.right_goes_on is not None

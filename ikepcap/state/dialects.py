"""The names that each dialect gives to a peer's state. Names only: no verdict depends on one.

The table is `dialect_table`, taken in when first asked. A state is a mode, a role and a progress, the
last phase 1 message the peer has handled. What the table does not have, base mode for one, has no name in
any dialect.
"""

import functools
from typing import Literal

from msgspec import Struct, convert

from ikepcap.state.dialect_table import DIALECTS as DIALECTS
from ikepcap.state.dialect_table import STATES, WINDOWS_NUMBER

Progress = int | Literal["established"] | None
"""`established` is the end of the mode, whichever number that has; None is unknown."""


class State(Struct, frozen=True, array_like=True, forbid_unknown_fields=True):
    """One entry of the table: a place in phase 1 and what each dialect calls it."""

    mode: str
    role: Literal["initiator", "responder"]
    progress: int
    final: bool
    meaning: str
    asa: str
    """Empty where the dialect has no name for it; likewise for the others."""
    ios: str
    windows: str
    libreswan: str
    strongswan: str
    racoon: str


class Table(Struct, frozen=True):
    """The whole of `dialect_table`."""

    dialects: tuple[str, ...]
    windows_number: dict[str, int]
    state: tuple[State, ...]


@functools.cache
def table() -> Table:
    """Return the table, checked once: every entry names all dialects."""
    return Table(DIALECTS, WINDOWS_NUMBER, convert(STATES, tuple[State, ...]))


_Key = tuple[str, str, int | str | None]


@functools.cache
def _rows() -> dict[_Key, State]:
    """Return the rows by key; a mode's last row also stands under "established"."""
    rows: dict[_Key, State] = {}
    for state in table().state:
        if state.mode != "unknown":  # there the number means nothing
            rows[state.mode, state.role, state.progress] = state
        if state.final:
            rows[state.mode, state.role, "established"] = state
    return rows


@functools.cache
def states(mode: str, role: str, progress: Progress) -> dict[str, str | None]:
    """Return what each dialect calls this state; None where it has no name for it.

    The same object is returned for the same state: it is not to be changed.

    Args:
        mode: as the report writes it.
        role: "initiator" or "responder".
        progress: the last phase 1 message this peer has handled, or "established" where that is all that
            is known.
    """
    row = _rows().get((mode, role, progress))
    return {dialect: (getattr(row, dialect) or None) if row else None for dialect in DIALECTS}


def meaning(mode: str, role: str, progress: Progress) -> str | None:
    """Return the state in words that belong to no vendor; None where the table has no such state."""
    row = _rows().get((mode, role, progress))
    return row.meaning if row else None


def windows_number(name: str | None) -> int | None:
    """Return the number of an IKEEXT_MM_SA_STATE, as Windows events give it."""
    return WINDOWS_NUMBER.get(name) if name else None

"""From a state's name, as any box writes it, to what it means and where in phase 1 that is.

Knowledge: `state.dialect_table` for the names of the report, `place_table` for the rest.
"""

import functools
from typing import Final

from msgspec import Struct

from ikepcap.explain.place_table import NAMES, RACOON_NUMBER, SECURITY_LOG, Place
from ikepcap.state.dialects import DIALECTS, table, windows_number

_PREFIXES: Final = (
    "IKEEXT_MM_SA_STATE_", "IKEEXT_QM_SA_STATE_", "IKEEXT_EM_SA_STATE_", "PHASE1ST_", "PHASE2ST_", "STATE_",
    "CONNECTING (",
)  # fmt: skip


class Meaning(Struct, frozen=True):
    """One thing that a name can mean."""

    words: str
    place: Place | None = None
    """Mode, role and progress; None for a state that nobody stays in, or outside of phase 1."""


class Name(Struct, frozen=True):
    """A state of one dialect."""

    dialect: str
    name: str
    meanings: tuple[Meaning, ...]
    number: int | None = None
    """In the enumeration that the name belongs to, where it has one."""


@functools.cache
def names() -> tuple[Name, ...]:
    """Return all names of all dialects, those of the report first."""
    meant: dict[tuple[str, str], list[Meaning]] = {}
    for state in table().state:
        for dialect in DIALECTS:
            name = getattr(state, dialect)
            if name and state.mode != "unknown":
                place = (state.mode, state.role, state.progress)
                meant.setdefault((dialect, name), []).append(Meaning(state.meaning, place))
    known = [
        Name(dialect, name, tuple(meanings), _number(dialect, name))
        for (dialect, name), meanings in meant.items()
    ]
    more = [
        Name(dialect, name, (Meaning(words, place),), number) for dialect, name, number, place, words in NAMES
    ]
    return (*known, *more)


def _number(dialect: str, name: str) -> int | None:
    return RACOON_NUMBER.get(name) if dialect == "racoon" else windows_number(name)


def find(text: str) -> tuple[Name, ...]:
    """Return the states that somebody may mean; empty where there is none.

    Upper and lower case are the same, and what all names of a tool begin with may be left out. `racoon:5`
    asks one dialect. A bare number is that of Windows' main mode, which is where numbers are shown; `%%8203`,
    or the number alone, is that of Windows' security log.
    """
    before, colon, rest = text.strip().rpartition(":")
    dialect = before.strip().lower() if colon else None
    wanted = _folded(rest)
    if wanted.lstrip("%").isdecimal():
        return _numbered(int(wanted.lstrip("%")), dialect)
    among = [one for one in names() if dialect in (None, one.dialect)]
    exact = tuple(one for one in among if _folded(one.name) == wanted)
    return exact or tuple(one for one in among if _folded(short(one.name)) == wanted)


def short(name: str) -> str:
    """Return a name without what all names of its tool begin with."""
    for prefix in _PREFIXES:
        if name.startswith(prefix):
            return name.removeprefix(prefix).rstrip(")")
    return name


def like(text: str) -> tuple[str, ...]:
    """Return the names that look most like a text."""
    from difflib import get_close_matches

    known = {_folded(word): one.name for one in names() for word in (short(one.name), one.name)}
    close = get_close_matches(_folded(text), known, 5)
    return tuple(sorted({known[word] for word in close}))


def _numbered(number: int, dialect: str | None) -> tuple[Name, ...]:
    """Return the states with a number, in one dialect."""
    if number in SECURITY_LOG:
        return tuple(one for one in names() if one.name == SECURITY_LOG[number])
    enumeration = "PHASE1ST_" if dialect == "racoon" else "IKEEXT_MM_"
    if dialect not in (None, "racoon", "windows"):
        return ()
    return tuple(one for one in names() if one.number == number and one.name.startswith(enumeration))


def others(number: int) -> tuple[Name, ...]:
    """Return what else has this number in an enumeration of its own."""
    main = _numbered(number, None)
    return tuple(one for one in names() if one.number == number and one not in main)


def _folded(text: str) -> str:
    return "_".join(text.upper().replace("-", "_").split())

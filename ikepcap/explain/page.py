"""Pages of `ikepcap explain`: what is on them, in order. How they look is the renderers' business."""

from collections.abc import Iterable, Iterator
from typing import Final

from msgspec import Struct

from ikepcap.diagnose.check_table import CHECKS
from ikepcap.diagnose.checks import UNRECOGNISED
from ikepcap.explain.catalogue import GROUPS, UNCLAIMED, codes, entries, group_of, severity_of
from ikepcap.explain.place_table import CAUSES, DIALECTS, Place
from ikepcap.explain.places import Meaning, Name, names, others
from ikepcap.state.dialects import states

_MODES: Final = {
    "quick": "quick mode",
    "xauth": "XAUTH",
    "main": "main mode",
    "aggressive": "aggressive mode",
}
_LAST: Final = {"main": 6, "aggressive": 3, "quick": 3}
_SHOWN_CAUSES: Final = 2
"""Of so many causes the checks are listed; the others have their own page."""


class Section(Struct, frozen=True):
    """A heading with what stands below it."""

    heading: str
    text: str = ""
    items: tuple[tuple[str, str], ...] = ()
    """A label and what belongs to it."""


class Explained(Struct, frozen=True):
    """One page."""

    title: str
    subtitle: str
    sections: tuple[Section, ...]


def code_page(code: str) -> Explained:
    """Return the page of a finding code.

    Raises:
        KeyError: there is no such code.
    """
    entry = entries()[code]
    decides = entry.decides
    if code in UNCLAIMED:
        decides += " No rule of this version concludes it."
    sections = (
        Section("What it means", entry.means),
        Section("On the wire", entry.wire),
        Section("How it is told", decides),
        Section("Easily mistaken for", items=entry.mistaken),
        Section("What to check", items=tuple(_checks(CHECKS.get(code, {})))),
        Section("References", "; ".join(entry.references)),
    )
    return Explained(
        f"{code}: {entry.title}",
        f"{severity_of(code)}, {group_of(code)}",
        tuple(section for section in sections if section.text or section.items),
    )


def state_page(name: Name) -> Explained:
    """Return the page of one state of one dialect."""
    box, shown_in = DIALECTS[name.dialect]
    number = "" if name.number is None else f" = {name.number}"
    sections: list[Section] = []
    for meaning in name.meanings:
        sections += _meaning_sections(name, meaning, several=len(name.meanings) > 1)
    if name.number is not None and name.name.startswith("IKEEXT_MM_"):
        also = ", ".join(one.name for one in others(name.number))
        if also:
            sections.append(Section("The same number elsewhere", f"{name.number} is also {also}."))
    return Explained(f"{name.name}{number}", f"{box}: {shown_in}", tuple(sections))


def index_page() -> Explained:
    """Return the list of all codes by group."""
    sections = [
        Section(group[:1].upper() + group[1:], items=tuple((code, entries()[code].title) for code in members))
        for group, members in GROUPS
    ]
    last = "ikepcap explain CODE tells of one, ikepcap explain --state NAME of a state in any dialect."
    return Explained(
        "Finding codes", "benign, capture and security codes are notes, all others are faults",
        (*sections, Section("More", last)),
    )  # fmt: skip


def state_index() -> Explained:
    """Return the list of all states by dialect."""
    sections = []
    for dialect, (box, shown_in) in DIALECTS.items():
        items = tuple(
            (one.name, "; ".join(meaning.words for meaning in one.meanings))
            for one in names()
            if one.dialect == dialect
        )
        sections.append(Section(f"{box} ({dialect})", f"Shown by: {shown_in}", items))
    return Explained("States", "what each kind of box calls where a peer is", tuple(sections))


def all_pages() -> Iterator[Explained]:
    """Yield the whole reference: the list of codes, every code, the states."""
    yield index_page()
    for code in codes():
        yield code_page(code)
    yield state_index()


def _meaning_sections(name: Name, meaning: Meaning, *, several: bool) -> Iterator[Section]:
    """Yield what there is to say about one meaning of a state."""
    place = meaning.place
    if place is None:
        yield Section("What it means", f"The peer {meaning.words}." if several else _sentence(meaning.words))
        return
    mode, role, progress = place
    waits = 0 < progress < _LAST.get(mode, 0)
    words = f"The {role} of {_MODES[mode]} {meaning.words}."
    if waits:
        prefix = "QM" if mode == "quick" else "MSG"
        words += f" It can do nothing until {prefix}{progress + 1} comes from the other peer."
    yield Section(f"As {role} of {_MODES[mode]}" if several else "What it means", words)
    same = [
        (dialect, other)
        for dialect, other in states(mode, role, progress).items()
        if other and dialect != name.dialect
    ]
    if same:
        yield Section("In other words", items=tuple(same))
    causes = CAUSES.get(place, ())
    if causes:
        heading = "If it stays there" if waits or not progress else "If the tunnel does not work all the same"
        yield Section(f"{heading}, the likeliest first", items=causes)
        yield Section("What to check on both peers", items=tuple(_state_checks(name.dialect, place)))


def _state_checks(dialect: str, place: Place) -> Iterator[tuple[str, str]]:
    """Yield the checks of a dialect's boxes for the likeliest causes, each once."""
    seen: set[str] = set()
    for code, _ in CAUSES[place][:_SHOWN_CAUSES]:
        families = CHECKS[code]
        for check in families.get(dialect, families[UNRECOGNISED]):
            if check not in seen:
                seen.add(check)
                yield code, check


def _checks(families: dict[str, tuple[str, ...]]) -> Iterator[tuple[str, str]]:
    """Yield all checks of a code, the general ones first."""
    ordered: Iterable[str] = sorted(families, key=lambda family: family != UNRECOGNISED)
    for family in ordered:
        for check in families[family]:
            yield "all" if family == UNRECOGNISED else family, check


def _sentence(words: str) -> str:
    return f"{words[:1].upper()}{words[1:]}."

"""Golden reports: what the program said of a capture when somebody last looked, kept to be compared.

A golden report proves that nothing changed, not that anything is right: that is what facts are for.
"""

import json
import os
from collections.abc import Iterable, Iterator
from itertools import islice, zip_longest
from pathlib import Path
from typing import Any, Final

from ikepcap.facts.file import facts_path
from ikepcap.renderers.jsonout import render_json
from ikepcap.renderers.ladder import ladder_lines
from ikepcap.renderers.page import Page
from ikepcap.report.model import Report

SUFFIX: Final = ".golden.json"
_MAX_SHOWN: Final = 12
"""Values that differ and are shown: who sees so many looks at the report itself."""
_VALUE_LIMIT: Final = 60
_ABSENT: Final = "(absent)"

Place = tuple[str | int, ...]
"""Keys and indices from the top of a document."""


class Golden:
    """The golden reports of one test."""

    def __init__(self, folder: Path, *, update: bool) -> None:
        """Keep the reports of captures that are not known in this folder."""
        self._folder = folder
        self._update = update
        self._captures: list[tuple[Report, Path]] = []

    def remember(self, report: Report, capture: Path) -> None:
        """Keep in mind which capture a report is about."""
        self._captures.append((report, capture))

    def compare(self, report: Report, name: str | None) -> None:
        """Raise AssertionError unless the report is the golden one; write it where that is asked for."""
        __tracebackhide__ = True
        path = self._path(report, name)
        text = render_json(report)
        now = json.loads(text)
        before: Any = None
        first = f"{path.name}: is not there yet"
        lines: Iterable[str] = ()
        if path.exists():
            try:
                before = json.loads(path.read_bytes())
            except ValueError as error:
                first = f"{path.name}: is no JSON: {error}"
            else:
                if before == now:
                    return
                first = f"{path.name}: the report has changed"
                lines = tuple(_changes(before, now, report))
        if self._update:
            _write(path, text)
            first += "; it is written now: look at it, then run again"
        else:
            first += "; --ike-update writes it"
        raise AssertionError("\n".join((first, *lines)))

    def _path(self, report: Report, name: str | None) -> Path:
        capture = next((path for one, path in self._captures if one is report), None)
        capture = capture or self._folder / report.source.name
        stem = facts_path(capture).stem if name is None else name.removesuffix(SUFFIX)
        if not stem or stem != Path(stem).name:
            message = f"golden({name!r}): give a name without a folder; the report lies beside its capture"
            raise AssertionError(message)
        return capture.with_name(stem + SUFFIX)


def _changes(before: Any, now: Any, report: Report) -> Iterator[str]:
    """Yield what differs, place by place, and the ladder of each conversation that changed."""
    page = Page()
    found = list(islice(_differing(before, now, ()), _MAX_SHOWN + 1))
    for place, old, new in found[:_MAX_SHOWN]:
        yield page.line(f"  {_spoken(place)}")
        yield from page.entry("was", _short(old), 4, 3)
        yield from page.entry("is", _short(new), 4, 3)
    if len(found) > _MAX_SHOWN:
        yield "  ... and more"
    numbers = {place[1] for place, _, _ in found if place[:1] == ("conversations",) and len(place) > 1}
    for number, conversation in enumerate(report.conversations):
        if number in numbers:
            yield ""
            yield from page.prose(f"{number + 1}. {conversation.summary}", 2)
            yield from ladder_lines(page, conversation)


def _differing(before: Any, now: Any, place: Place) -> Iterator[tuple[Place, Any, Any]]:
    """Yield the deepest places at which two documents differ."""
    if isinstance(before, dict) and isinstance(now, dict):
        for key in dict.fromkeys((*before, *now)):
            yield from _differing(before.get(key, _ABSENT), now.get(key, _ABSENT), (*place, key))
    elif isinstance(before, list) and isinstance(now, list):
        for index, (old, new) in enumerate(zip_longest(before, now, fillvalue=_ABSENT)):
            yield from _differing(old, new, (*place, index))
    elif before != now:
        yield place, before, now


def _spoken(place: Place) -> str:
    """Return a place as `conversation 1, message 3, size_bytes`: lists are counted from 1."""
    words: list[str] = []
    for step in place:
        if isinstance(step, int) and words:
            words[-1] = f"{words[-1].removesuffix('s')} {step + 1}"
        else:
            words.append(str(step))
    return ", ".join(words)


def _short(value: Any) -> str:
    """Return a value in one line."""
    text = value if isinstance(value, str) else json.dumps(value)
    return text if len(text) <= _VALUE_LIMIT else f"{text[:_VALUE_LIMIT]}..."


def _write(path: Path, text: str) -> None:
    """Put a report in place at once: tests that run side by side may compare it."""
    beside = path.with_name(f".{path.name}.{os.getpid()}.part")
    beside.write_text(text, encoding="utf-8")
    beside.replace(path)

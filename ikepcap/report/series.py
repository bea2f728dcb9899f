"""Attempts of one tunnel that follow each other with new cookies belong together."""

from typing import Final

MAX_PAIRS: Final = 65_536


class Series:
    """Remembers, for each pair of peers, where a run of attempts that did not come up began."""

    def __init__(self) -> None:
        self._first: dict[tuple[str, str], int] = {}

    def first_of(self, number: int, pair: tuple[str, str], outcome: str) -> int | None:
        """Return the number of the first attempt of the series this one goes on; None if it begins one."""
        first = self._first.get(pair)
        if outcome in ("established", "unknown", "probe"):
            self._first.pop(pair, None)
        elif first is None:
            if len(self._first) >= MAX_PAIRS:
                self._first.clear()
            self._first[pair] = number
        return first if first is not None and first < number else None

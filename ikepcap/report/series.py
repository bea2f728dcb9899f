"""Attempts of one tunnel that follow each other with new cookies belong together."""

from typing import Final

MAX_PAIRS: Final = 65_536


class Series:
    """Remembers, for each pair of peers, where a run of attempts began that were all in vain."""

    def __init__(self) -> None:
        self._first: dict[tuple[str, str], int] = {}

    def first_of(self, number: int, pair: tuple[str, str], outcome: str, *, ended: bool) -> int | None:
        """Return the number of the first attempt of the series this one goes on; None if it begins one.

        `ended`: it came up in vain, because a peer ended it.
        """
        first = self._first.get(pair)
        if outcome in ("established", "unknown", "probe") and not ended:
            self._first.pop(pair, None)
        elif first is None:
            if len(self._first) >= MAX_PAIRS:
                self._first.clear()
            self._first[pair] = number
        return first if first is not None and first < number else None

"""All keys of a run, by the SA they are of."""

from collections.abc import Iterable
from typing import Final

from ikepcap.errors import KeySourceError
from ikepcap.keys.material import Material, NamedPsk

MAX_PSKS: Final = 16
"""Candidates in one run. Whoever has more does not know the key but guesses it, and that is not done here."""
MAX_WITHOUT_COOKIE: Final = 64
"""Secrets that are tried on every SA."""


class KeyRing:
    """What all sources say. Knows no conversation."""

    def __init__(self, materials: Iterable[Material] = (), psks: Iterable[NamedPsk] = ()) -> None:
        self.materials: tuple[Material, ...] = ()
        self.psks: tuple[NamedPsk, ...] = ()
        self._by_cookie: dict[bytes, list[Material]] = {}
        self._anywhere: list[Material] = []
        self.add(materials, psks)

    def add(self, materials: Iterable[Material] = (), psks: Iterable[NamedPsk] = ()) -> None:
        """Add what a source says.

        Raises:
            KeySourceError: more PSKs than someone who knows the key can have.
        """
        for material in materials:
            self.materials += (material,)
            if material.initiator_cookie is None:
                self._anywhere.append(material)
            else:
                for cookie in (material.initiator_cookie, *material.nearby):
                    self._by_cookie.setdefault(cookie, []).append(material)
        for psk in psks:
            if any(known.psk == psk.psk for known in self.psks):
                continue
            if len(self.psks) >= MAX_PSKS:
                why = f"more than {MAX_PSKS} different PSKs: candidates are checked, keys are not guessed"
                raise KeySourceError(f"{psk.origin}: {why}")
            self.psks += (psk,)
        if len(self._anywhere) > MAX_WITHOUT_COOKIE:
            where = self._anywhere[MAX_WITHOUT_COOKIE].origin
            raise KeySourceError(
                f"{where}: more than {MAX_WITHOUT_COOKIE} secrets without an initiator cookie"
            )

    def __bool__(self) -> bool:
        return bool(self.materials or self.psks)

    def for_cookie(self, initiator_cookie: bytes) -> tuple[Material, ...]:
        """Return what may open the SA of an initiator cookie; that which says most comes first.

        Wireshark's table has one key for a cookie; a cookie used again, or two sources, give several.
        """
        known = self._by_cookie.get(initiator_cookie, [])

        def likely(material: Material) -> tuple[bool, int]:
            return material.initiator_cookie != initiator_cookie, -len(material.holds())

        return tuple(sorted((*known, *self._anywhere), key=likely))

    def concerns(self, initiator_cookie: bytes) -> bool:
        """Whether there is anything to try on an SA."""
        return bool(self.psks or self._anywhere or initiator_cookie in self._by_cookie)

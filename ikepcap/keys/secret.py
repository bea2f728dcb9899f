"""Octets that nothing prints."""

import hmac
from typing import Never


class Secret:
    """A key, kept out of messages, reports and tracebacks.

    Whoever needs the octets asks for them by `reveal`. Two are compared in constant time; there is no hash,
    and nothing serialises one.
    """

    __slots__ = ("_octets",)
    _octets: bytes
    __hash__ = None  # type: ignore[assignment]  # a hash in a dump would tell one secret from another

    def __init__(self, octets: bytes) -> None:
        object.__setattr__(self, "_octets", bytes(octets))

    def reveal(self) -> bytes:
        """Return the octets."""
        return self._octets

    def __len__(self) -> int:
        return len(self._octets)

    def __bool__(self) -> bool:
        return True

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Secret):
            return NotImplemented
        return hmac.compare_digest(self._octets, other._octets)

    def __setattr__(self, name: str, value: object) -> Never:
        raise AttributeError("a secret does not change")

    def __repr__(self) -> str:
        return f"<secret of {len(self)} octets>"

    def __format__(self, spec: str) -> str:
        return format(repr(self), spec)

    def __reduce_ex__(self, protocol: object) -> Never:
        raise TypeError("a secret is neither pickled nor copied")

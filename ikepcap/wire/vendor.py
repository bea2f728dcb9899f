"""Vendor IDs (RFC 2408 §3.16): what they are called, what their sender can do, and who it is.

The knowledge is in `vendor_ids`; this file only looks things up. Two kinds of entry differ: an ID that
many implement is a *capability*, one that a single implementation sends *identifies* it. XAUTH, DPD and
Cisco Unity are of the first kind, so they never make a peer a Cisco.
"""

import functools
from collections.abc import Iterable
from typing import Final

from msgspec import Struct, convert

MAX_TEXT: Final = 40
"""Characters of a version that we repeat; the rest is not a version."""

IOS_XOR: Final = bytes.fromhex("f5c7a71d")
IOS_SIZE: Final = 16
IOS_NAME: Final = "Cisco IOS (derived from the sender's cookie)"
IOS_IMPLEMENTATION: Final = "Cisco IOS"
IOS_RANK: Final = 2


class VendorId(Struct, frozen=True):
    """A vendor ID that we know."""

    name: str
    implementation: str | None = None
    """Who sends it; None where several do."""
    capability: str | None = None
    """What the sender says it can do, in one word."""
    version: str | None = None
    """What the octets after the known ones say, where that means something."""
    rank: int = 1
    """Of several implementations a peer's IDs name, the highest is the most specific."""


class Entry(Struct, frozen=True, array_like=True, forbid_unknown_fields=True):
    """One row of the table, as `vendor_ids` explains it."""

    pattern: str
    name: str
    md5_of: str | None = None
    capability: str | None = None
    suffix: str | None = None

    @property
    def octets(self) -> bytes:
        """The known octets: all of the body, or its beginning."""
        return bytes.fromhex(self.pattern.rstrip("?*"))

    @property
    def size(self) -> int | None:
        """Octets of the body; None where any number may follow the known ones."""
        return None if self.pattern.endswith("*") else len(self.pattern) // 2


class Group(Struct, frozen=True, array_like=True, forbid_unknown_fields=True):
    """Rows that share their source and sender."""

    source: str
    implementation: str | None
    rank: int
    ids: tuple[Entry, ...]


class Table(Struct, frozen=True):
    """The whole of `vendor_ids`."""

    group: tuple[Group, ...]
    suffix: dict[str, dict[str, str]]


@functools.cache
def table() -> Table:
    """Return the table as written, taken in once, when first asked."""
    from ikepcap.wire.vendor_ids import GROUPS, SUFFIXES

    return Table(convert(GROUPS, tuple[Group, ...]), SUFFIXES)


class _Index(Struct, frozen=True):
    """The table arranged for lookup."""

    exact: dict[bytes, tuple[Group, Entry]]
    prefixes: tuple[tuple[bytes, Group, Entry], ...]
    """IDs with octets that are not fixed, those with the most known octets first."""


@functools.cache
def _index() -> _Index:
    exact: dict[bytes, tuple[Group, Entry]] = {}
    prefixes: list[tuple[bytes, Group, Entry]] = []
    for group in table().group:
        for entry in group.ids:
            octets = entry.octets
            if entry.size == len(octets):
                exact[octets] = (group, entry)
            else:
                prefixes.append((octets, group, entry))
    prefixes.sort(key=lambda row: len(row[0]), reverse=True)
    return _Index(exact, tuple(prefixes))


def row_of(body: bytes) -> tuple[Group, Entry] | None:
    """Return the row of the table that tells most of a vendor ID payload's body."""
    index = _index()
    found = index.exact.get(body)
    if found is not None:
        return found
    for prefix, group, entry in index.prefixes:
        if body.startswith(prefix) and (entry.size is None or entry.size == len(body)):
            return group, entry
    return None


def _listed(body: bytes) -> VendorId | None:
    """Return what the table has of a vendor ID."""
    found = row_of(body)
    return None if found is None else _vendor_id(*found, body)


_LONGEST_REMEMBERED: Final = 64
_remembered: Final = functools.lru_cache(maxsize=4096)(_listed)
"""For short ones, which nearly all are: a few dozen come again and again."""


def lookup(body: bytes, cookie: bytes | None = None) -> VendorId | None:
    """Return what is known of a vendor ID payload's body; None when nothing is.

    Args:
        body: the payload without its generic header.
        cookie: the sender's own cookie, with which the ID of Cisco IOS can be told.
    """
    found = _remembered(body) if len(body) <= _LONGEST_REMEMBERED else _listed(body)
    if found is not None:
        return found
    if cookie is not None and _is_ios(body, cookie):
        return VendorId(IOS_NAME, IOS_IMPLEMENTATION, rank=IOS_RANK)
    return None


def known_octets(body: bytes) -> int:
    """Return how many octets of a vendor ID the table has; what follows them is up to its sender."""
    index = _index()
    if body in index.exact:
        return len(body)
    return next((len(prefix) for prefix, _, _ in index.prefixes if body.startswith(prefix)), 0)


def implementation(bodies: Iterable[bytes], cookie: bytes | None = None) -> str | None:
    """Return the most specific implementation that a peer's vendor IDs name; None when they name nobody.

    Args:
        bodies: all vendor IDs of one peer, in the order it sent them, which decides between equals.
        cookie: as for `lookup`.
    """
    best: VendorId | None = None
    for body in bodies:
        found = lookup(body, cookie)
        if found and found.implementation and (best is None or found.rank > best.rank):
            best = found
    return best.implementation if best else None


def _vendor_id(group: Group, entry: Entry, body: bytes) -> VendorId:
    version = suffix_text(entry, body)
    name, rank = group.implementation, group.rank
    if entry.suffix == "windows-release" and version:
        name, rank = f"Windows {version}", rank + 1
    return VendorId(entry.name, name, entry.capability, version, rank)


def suffix_text(entry: Entry, body: bytes) -> str | None:
    """Return what the octets after the known ones say; None where there are none or it means nothing."""
    rest = body[len(entry.octets) :]
    return _read_suffix(entry.suffix, rest) if entry.suffix and rest else None


def _read_suffix(kind: str, rest: bytes) -> str | None:
    """Return what the octets after a prefix say."""
    if kind == "text":
        text = rest[:MAX_TEXT].decode("ascii", "replace")
        return text if text.isprintable() and text.isascii() else None
    if kind == "major.minor":
        return f"{rest[0]}.{rest[1]}" if len(rest) == 2 else None
    if kind == "release.build":
        release, build = int.from_bytes(rest[:2]), int.from_bytes(rest[2:])
        return f"release {release}, build {build}" if len(rest) == 4 and any(rest) else None
    if kind == "check-point":
        return table().suffix["check-point-version"].get(rest[4:8].hex())
    if kind == "fragmentation":
        return _fragmentation(rest)
    return table().suffix[kind].get(rest.hex())


def _fragmentation(rest: bytes) -> str | None:
    """Return in which exchanges a peer takes fragments: bits in the first octet (strongSwan, racoon)."""
    if len(rest) != 4:
        return None
    bits = int.from_bytes(rest)
    names = table().suffix["fragmentation"]
    known = [name for digits, name in names.items() if bits & int(digits, 16)]
    unknown = bits & ~sum(int(digits, 16) for digits in names)
    return ", ".join([*known, *([f"bits {unknown:#x}"] if unknown else [])]) or None


def _is_ios(body: bytes, cookie: bytes) -> bool:
    """Tell whether a vendor ID is the one that Cisco IOS makes from its cookie.

    Observed in a public capture, for two senders and two negotiations: the first four octets are the
    cookie's, each with a fixed octet exclusive-ored; the next four are the cookie's own, but for the last
    bit of the second.
    """
    if len(body) != IOS_SIZE or len(cookie) != 8:
        return False
    mixed = bytes(a ^ b for a, b in zip(body[:8], cookie, strict=True))
    return mixed[:4] == IOS_XOR and mixed[4:] in (b"\0\0\0\0", b"\0\1\0\0")

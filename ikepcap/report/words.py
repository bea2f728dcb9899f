"""Words for offers, vendor IDs and findings; the first two are remembered: captures repeat a handful."""

from collections.abc import Iterable
from typing import Final

from ikepcap.diagnose.checks import checks
from ikepcap.diagnose.finding import Finding as Found
from ikepcap.report import model
from ikepcap.wire.numbers import auth_kind
from ikepcap.wire.offer import Transform, policy_words
from ikepcap.wire.vendor import implementation, lookup

REMEMBERED: Final = 4096

Vendors = tuple[str | None, str | None, frozenset[str]]
"""What initiator and responder run, and those of `_COLLISIONS` that either announces."""

NATS: Final = {
    (i, r, m): model.Nat(i, r, m)
    for i in (None, False, True)
    for r in (None, False, True)
    for m in (False, True)
}

_COLLISIONS: Final = frozenset({"gssapi", "cga"})
"""Capabilities that change what a private method number means (65001, 65005)."""


class Words:
    """The words of one run."""

    def __init__(self) -> None:
        self._vendors: dict[tuple[tuple[bytes, ...], tuple[bytes, ...]], Vendors] = {}
        self._policies: dict[tuple[int, frozenset[str]], tuple[Transform, model.Policy, str | None]] = {}

    def vendors(
        self,
        initiator: tuple[bytes, ...],
        responder: tuple[bytes, ...],
        cookies: tuple[bytes, bytes | None],
    ) -> Vendors:
        """Return what two peers run that showed these vendor IDs, and what changes the meaning of numbers."""
        key = (initiator, responder)
        known = self._vendors.get(key)
        if known is None:
            names = [implementation(bodies, cookie) for bodies, cookie in zip(key, cookies, strict=True)]
            found = [lookup(body) for bodies in key for body in bodies]
            announced = {v.capability for v in found if v is not None}
            if len(self._vendors) >= REMEMBERED:
                self._vendors.clear()
            known = self._vendors[key] = (names[0], names[1], _COLLISIONS & announced)
        return known

    def policy(self, transform: Transform, collisions: frozenset[str]) -> tuple[model.Policy, str | None]:
        """Return a transform in words, and the word for its authentication method.

        Transforms are shared objects: identity is as good a key as equality, and far cheaper. Each is kept
        beside its words, so that its identity stays taken.
        """
        known = self._policies.get((id(transform), collisions))
        if known is None:
            gssapi, cga = "gssapi" in collisions, "cga" in collisions
            words = policy_words(transform, gssapi=gssapi, cga=cga)
            policy = model.Policy(
                words.encryption, words.hash, words.group, words.auth, words.lifetime_s, words.lifetime_kb
            )
            method = transform.auth
            auth = None if method is None else auth_kind(method, gssapi=gssapi, cga=cga)
            if len(self._policies) >= REMEMBERED:
                self._policies.clear()
            known = self._policies[id(transform), collisions] = (transform, policy, auth)
        return known[1], known[2]


def _finding(found: Found, initiator: str | None, responder: str | None) -> model.Finding:
    return model.Finding(
        found.code, found.certainty, found.claim, found.frames, found.evidence, found.alternatives,
        found.settles_it, checks(found.code, initiator, responder), found.display_filter,
        "fault" if found.is_fault else "note",
    )  # fmt: skip


def report_findings(
    found: Iterable[Found], initiator: str | None = None, responder: str | None = None
) -> tuple[model.Finding, ...]:
    """Put findings into the report's words, with what to look at on what the two peers run."""
    return tuple(_finding(one, initiator, responder) for one in found)

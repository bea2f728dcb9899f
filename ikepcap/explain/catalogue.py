"""The catalogue of finding codes: what each means, how it is told, what it could be mistaken for.

The knowledge is in the modules named `*_pages`, data only; what to check on either peer is in
`diagnose.check_table`. Nothing here is needed to analyse a capture.
"""

import functools
from typing import Any, Final, Literal

from msgspec import Struct, convert

from ikepcap.diagnose.finding import FAULTS

Severity = Literal["fault", "note"]


class Entry(Struct, frozen=True, forbid_unknown_fields=True):
    """What there is to say about one code."""

    title: str
    means: str
    """What happened, to somebody who knows IKE a little."""
    wire: str
    """What it looks like in a capture."""
    decides: str
    """What the tool must have seen to conclude it, and how sure that makes it."""
    mistaken: tuple[tuple[str, str], ...]
    """Codes that look alike, each with what settles it."""
    references: tuple[str, ...]
    """RFC sections, and documents by their public names."""


GROUPS: Final[tuple[tuple[str, tuple[str, ...]], ...]] = (
    ("path", (
        "no-reply", "port-closed", "unreachable", "filtered", "replies-lost", "peer-went-silent",
        "nat-t-blocked", "fragments-lost", "peer-restarted", "overloaded",
    )),
    ("policy", (
        "proposal-mismatch", "chosen-not-offered", "mode-refused", "version-refused", "unknown-peer",
        "no-shared-secret", "nat-t-disagreement",
    )),
    ("authentication", (
        "psk-mismatch", "certificate-rejected", "identity-mismatch", "authentication-failed",
    )),
    ("user", ("xauth-failed", "mode-config-failed")),
    ("phase 2", (
        "phase2-proposal-mismatch", "phase2-selector-mismatch", "phase2-pfs-mismatch", "phase2-refused",
        "phase2-no-reply",
    )),
    ("afterwards", ("dead-peer", "deleted-by-peer", "rekey-failed")),
    ("benign", (
        "recovered", "simultaneous-initiation", "duplicate-frames", "probe", "stray-message",
        "authip-coexistence",
    )),
    ("capture", (
        "starts-late", "ends-early", "one-sided", "port-filtered-capture", "truncated-frames",
        "time-steps-back", "cut-file", "malformed-messages", "unknown-link-type", "fragments-given-up",
        "messages-not-listed", "internal-rule-failure",
    )),
    ("security", ("weak-crypto", "aggressive-psk")),
)  # fmt: skip

UNCLAIMED: Final[frozenset[str]] = frozenset()
"""Codes that no rule concludes yet: they stand among the readings of others, and their page says so."""


@functools.cache
def entries() -> dict[str, Entry]:
    """Return the whole catalogue by code, in the order of GROUPS; checked once, when first asked."""
    from ikepcap.explain import authentication_pages, note_pages, path_pages, phase2_pages, policy_pages

    pages: dict[str, dict[str, Any]] = {
        **path_pages.PAGES,
        **policy_pages.PAGES,
        **authentication_pages.PAGES,
        **phase2_pages.PAGES,
        **note_pages.BENIGN,
        **note_pages.CAPTURE,
        **note_pages.SECURITY,
    }
    known = convert(pages, dict[str, Entry])
    return {code: known[code] for _, group in GROUPS for code in group}


def codes() -> tuple[str, ...]:
    """Return all codes in the order of their groups."""
    return tuple(code for _, group in GROUPS for code in group)


def group_of(code: str) -> str:
    """Return the group of a code.

    Raises:
        KeyError: there is no such code.
    """
    return {member: group for group, members in GROUPS for member in members}[code]


def severity_of(code: str) -> Severity:
    """Return whether a finding of this code is a fault of the negotiation, or a note."""
    return "fault" if code in FAULTS else "note"

"""What a finding is, and which codes are faults.

No finding without evidence; absence is evidence when it is stated with its span.
"""

from typing import Final, Literal

from msgspec import Struct

Certainty = Literal["proven", "likely", "possible"]

FAULTS: Final = frozenset(
    {
        "no-reply", "port-closed", "unreachable", "filtered", "replies-lost", "peer-went-silent",
        "nat-t-blocked", "fragments-lost", "peer-restarted", "overloaded", "proposal-mismatch",
        "chosen-not-offered", "mode-refused", "version-refused", "unknown-peer", "no-shared-secret",
        "nat-t-disagreement", "psk-mismatch", "certificate-rejected", "identity-mismatch",
        "authentication-failed", "xauth-failed", "mode-config-failed", "phase2-proposal-mismatch",
        "phase2-selector-mismatch", "phase2-pfs-mismatch", "phase2-refused", "phase2-no-reply",
        "dead-peer", "deleted-by-peer", "rekey-failed",
    }
)  # fmt: skip
NOTES: Final = frozenset(
    {
        "recovered", "simultaneous-initiation", "duplicate-frames", "probe", "stray-message",
        "authip-coexistence", "starts-late", "ends-early", "one-sided", "port-filtered-capture",
        "truncated-frames", "time-steps-back", "cut-file", "weak-crypto", "aggressive-psk",
        "malformed-messages", "unknown-link-type", "fragments-given-up", "messages-not-listed",
        "internal-rule-failure", "sa-deleted", "esp-seen",
    }
)  # fmt: skip


class Finding(Struct, frozen=True):
    """One conclusion; see the report contract for the meaning of each code."""

    code: str
    certainty: Certainty
    claim: str
    frames: tuple[int, ...]
    evidence: tuple[str, ...]
    alternatives: tuple[str, ...] = ()
    settles_it: str | None = None
    display_filter: str | None = None

    @property
    def is_fault(self) -> bool:
        """The negotiation has a problem; notes tell of the capture or of what did no harm."""
        return self.code in FAULTS

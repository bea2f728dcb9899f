"""What verifying came to."""

from enum import StrEnum

from msgspec import Struct


class Outcome(StrEnum):
    """How a check ended, in the words a reader sees."""

    VERIFIED = "verified"
    FAILED = "failed"
    NOT_POSSIBLE = "not possible"


class Check(Struct, frozen=True):
    """One thing that was to be verified."""

    name: str
    """HASH_I, HASH_R, HASH(1) to HASH(3), SIG_I, SIG_R, NAT-D."""
    outcome: Outcome
    why: str = ""
    """With which key it was verified, or what did not agree, or what is missing."""


def verified(name: str, why: str = "") -> Check:
    """Return a check that agreed."""
    return Check(name, Outcome.VERIFIED, why)


def failed(name: str, why: str) -> Check:
    """Return a check that did not agree."""
    return Check(name, Outcome.FAILED, why)


def not_possible(name: str, why: str) -> Check:
    """Return a check that could not be made."""
    return Check(name, Outcome.NOT_POSSIBLE, why)

"""What a source of keys says about one ISAKMP SA, before any of it was tried."""

from typing import Final

from msgspec import Struct

from ikepcap.keys.secret import Secret


class Origin(Struct, frozen=True):
    """Where a secret was read."""

    file: str
    line: int
    """From 1."""

    def __str__(self) -> str:
        return f"{self.file}:{self.line}"


class QuickSecret(Struct, frozen=True):
    """What is known of the second Diffie-Hellman exchange of a quick mode with PFS."""

    message_id: int
    shared: Secret | None = None
    """g^xy of the quick mode."""
    private: Secret | None = None
    """Either peer's private value."""


class Material(Struct, frozen=True):
    """The secrets that one source gives for one SA; None for what it does not say."""

    origin: Origin
    initiator_cookie: bytes | None = None
    """8 octets; None where the secret itself tells the SA, as a private value does by its public one."""
    responder_cookie: bytes | None = None
    encryption_key: Secret | None = None
    """Ka: SKEYID_e after expansion (RFC 2409 appendix B), as Wireshark's table has it."""
    skeyid: Secret | None = None
    skeyid_d: Secret | None = None
    skeyid_a: Secret | None = None
    skeyid_e: Secret | None = None
    shared: Secret | None = None
    """g^xy of phase 1."""
    private: Secret | None = None
    """Either peer's Diffie-Hellman private value of phase 1."""
    psk: Secret | None = None
    nonce_i: Secret | None = None
    """Ni_b and Nr_b as they were before public-key encryption hid them."""
    nonce_r: Secret | None = None
    quick: tuple[QuickSecret, ...] = ()
    nearby: tuple[bytes, ...] = ()
    """Other initiator cookies that a log speaks of close by: where negotiations cross, it may be theirs."""

    def holds(self) -> tuple[str, ...]:
        """Return the names of the secrets that are there, as people call them."""
        found = [word for field, word in _WORDS.items() if getattr(self, field) is not None]
        return (*found, *((QUICK_SECRETS,) if self.quick else ()))


QUICK_SECRETS: Final = "quick mode secrets"
_WORDS: Final[dict[str, str]] = {
    "encryption_key": "encryption key",
    "skeyid": "SKEYID",
    "skeyid_d": "SKEYID_d",
    "skeyid_a": "SKEYID_a",
    "skeyid_e": "SKEYID_e",
    "shared": "g^xy",
    "private": "DH private value",
    "psk": "PSK",
    "nonce_i": "Ni",
    "nonce_r": "Nr",
}


class NamedPsk(Struct, frozen=True):
    """A pre-shared key that is a candidate for every SA."""

    origin: Origin
    psk: Secret

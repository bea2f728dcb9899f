"""Phase 1 is refused before it comes to keys."""

from typing import Final

from ikelab.scenario import Peer, Scenario
from ikelab.scenarios.peers import LIBRESWAN, STRONGSWAN

_PAIRS: Final = (
    ("strongswan", STRONGSWAN, STRONGSWAN),
    ("libreswan", LIBRESWAN, LIBRESWAN),
    ("strongswan-libreswan", STRONGSWAN, LIBRESWAN),
    ("libreswan-strongswan", LIBRESWAN, STRONGSWAN),
)
_OTHER_PROPOSALS: Final = (
    ("encryption", "3des-sha256-modp2048"),
    ("hash", "aes256-sha1-modp2048"),
    ("group", "aes256-sha256-modp3072"),
    ("key-length", "aes128-sha256-modp2048"),
)
_MISMATCH: Final = ("proposal-mismatch",)
_NO_PROPOSAL: Final = "no proposal found|no acceptable Oakley Transform"
_KEYLESS: Final = "no shared key found|no preshared key found"
_NO_CONNECTION: Final = (
    "none allows .* using|no connection has been authorized|no .*connection has been configured"
)
_UNKNOWN: Final = "no IKE config found"
_AGGRESSIVE: Final = {"aggressive": True}


def _without_secret(
    role: str, pair: str, initiator: Peer, responder: Peer, codes: tuple[str, ...]
) -> Scenario:
    return Scenario(
        name=f"main-no-secret-at-{role}-{pair}", shows=f"the {role} has no pre-shared key for its peer",
        initiator=initiator.but(secret=None) if role == "initiator" else initiator,
        responder=responder.but(secret=None) if role == "responder" else responder,
        seconds=20, faults=codes, logged=_KEYLESS,
    )  # fmt: skip


SCENARIOS: Final = (
    *(
        Scenario(name=f"main-{what}-differs-{pair}", shows=f"phase-1 proposals differ in the {what}",
                 initiator=i, responder=r.but(proposal=proposal), seconds=12, faults=_MISMATCH,
                 logged=_NO_PROPOSAL)
        for pair, i, r in _PAIRS
        for what, proposal in _OTHER_PROPOSALS
    ),
    *(
        Scenario(name=f"aggressive-proposal-refused-{pair}", shows="phase-1 proposals differ",
                 initiator=i.but(aggressive=True), seconds=12, faults=_MISMATCH, logged=_NO_PROPOSAL,
                 responder=r.but(aggressive=True, proposal="aes128-sha1-modp2048"))
        for pair, i, r in _PAIRS
    ),
    Scenario(name="main-authentication-method-differs-strongswan-libreswan", seconds=20,
             shows="certificates offered where a secret is wanted; Libreswan refuses MSG1",
             initiator=STRONGSWAN.but(auth="rsa"), responder=LIBRESWAN, logged=_NO_CONNECTION,
             faults=("no-reply", "proposal-mismatch", "no-shared-secret", "unknown-peer")),
    Scenario(name="main-authentication-method-differs-strongswan", seconds=12,
             shows="a secret offered where certificates are wanted; strongSwan refuses after MSG5",
             initiator=STRONGSWAN, responder=STRONGSWAN.but(auth="rsa", identity="198.51.100.7", expects="%any"),
             logged=_NO_CONNECTION,
             faults=("authentication-failed", "identity-mismatch", "psk-mismatch", "no-shared-secret")),
    Scenario(name="main-xauth-not-configured-strongswan", seconds=12,
             shows="XAUTH offered where plain pre-shared keys are wanted", initiator=STRONGSWAN.but(auth="xauth-psk"),
             responder=STRONGSWAN, logged=_NO_CONNECTION,
             faults=("authentication-failed", "identity-mismatch", "proposal-mismatch", "psk-mismatch")),
    *(
        Scenario(name=f"aggressive-to-main-{pair}", shows="aggressive mode where only main mode is configured",
                 initiator=i.but(aggressive=True), responder=r, seconds=20, faults=codes, logged=_NO_CONNECTION)
        for (pair, i, r), codes in zip(
            _PAIRS,
            (("mode-refused", "authentication-failed"), ("no-reply", "mode-refused"), ("no-reply", "mode-refused"),
             ("mode-refused", "authentication-failed")),
            strict=True,
        )
    ),
    Scenario(name="main-to-aggressive-strongswan", shows="main mode where only aggressive mode is configured",
             initiator=STRONGSWAN, responder=STRONGSWAN.but(aggressive=True), seconds=12,
             faults=("authentication-failed", "identity-mismatch", "mode-refused"), logged=_NO_CONNECTION),
    Scenario(name="main-to-aggressive-libreswan", shows="main mode where only aggressive mode is configured",
             initiator=LIBRESWAN, responder=LIBRESWAN.but(aggressive=True), seconds=20,
             faults=("no-reply", "mode-refused"), logged=_NO_CONNECTION),
    Scenario(name="aggressive-psk-forbidden-strongswan", shows="strongSwan's policy against aggressive mode with PSK",
             initiator=STRONGSWAN.but(aggressive=True), seconds=12, faults=("mode-refused", "authentication-failed"),
             logged="Aggressive Mode PSK disabled", responder=STRONGSWAN.but(aggressive=True,
                                      daemon="i_dont_care_about_security_and_use_aggressive_mode_psk = no")),
    Scenario(name="main-ikev2-only-strongswan", shows="the responder speaks IKEv2 only", initiator=STRONGSWAN,
             responder=STRONGSWAN.but(version=2), seconds=12, faults=("unknown-peer", "version-refused"),
             logged=_UNKNOWN),
    Scenario(name="main-version-refused-libreswan", shows="Libreswan with ikev1-policy=reject", initiator=STRONGSWAN,
             responder=LIBRESWAN.but(policy="reject"), seconds=20, faults=("version-refused",),
             logged="rejecting IKEv1 packet"),
    Scenario(name="main-version-dropped-libreswan", shows="Libreswan with ikev1-policy=drop", initiator=LIBRESWAN,
             responder=LIBRESWAN.but(policy="drop"), seconds=20, faults=("no-reply",),
             logged="ignoring IKEv1 packet"),
    *(
        Scenario(name=f"main-unknown-peer-{pair}", shows="strongSwan does not know the initiator's address",
                 initiator=i, responder=r.but(peer_address="192.0.2.99", expects="192.0.2.99"), seconds=12,
                 faults=("unknown-peer",), logged=_UNKNOWN)
        for pair, i, r in _PAIRS if r is STRONGSWAN
    ),
    _without_secret("responder", "strongswan", STRONGSWAN, STRONGSWAN, ("no-shared-secret",)),
    _without_secret("responder", "libreswan-strongswan", LIBRESWAN, STRONGSWAN, ("no-shared-secret",)),
    _without_secret("responder", "strongswan-libreswan", STRONGSWAN, LIBRESWAN,
                    ("proposal-mismatch", "no-shared-secret")),
    _without_secret("responder", "libreswan", LIBRESWAN, LIBRESWAN, ("proposal-mismatch", "no-shared-secret")),
    _without_secret("initiator", "strongswan", STRONGSWAN, STRONGSWAN, ("no-shared-secret",)),
    _without_secret("initiator", "strongswan-libreswan", STRONGSWAN, LIBRESWAN, ("no-shared-secret",)),
    *(
        Scenario(name=f"aggressive-no-secret-at-responder-{pair}", shows="the responder has no secret for its peer",
                 initiator=i.but(aggressive=True), responder=r.but(aggressive=True, secret=None), seconds=12,
                 faults=("no-shared-secret",) if r is STRONGSWAN else ("proposal-mismatch", "no-shared-secret"),
                 logged=_KEYLESS)
        for pair, i, r in _PAIRS
    ),
)  # fmt: skip

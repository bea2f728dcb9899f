"""Keys, identities and certificates do not agree."""

from typing import Final

from ikelab.scenario import Scenario
from ikelab.scenarios.peers import LIBRESWAN, STRONGSWAN

_PAIRS: Final = (
    ("strongswan", STRONGSWAN, STRONGSWAN),
    ("libreswan", LIBRESWAN, LIBRESWAN),
    ("strongswan-libreswan", STRONGSWAN, LIBRESWAN),
    ("libreswan-strongswan", LIBRESWAN, STRONGSWAN),
)
_WRONG: Final = "ikelab-other-secret"
_PSK: Final = ("psk-mismatch",)
_KEYS_DIFFER: Final = (
    "decryption failed\\?|mismatch of preshared|[Hh](?:ash|ASH) .*does not match|HASH does not match"
)
_NO_MATCH: Final = "no peer config found|does not match to|mismatched on first found connection"
_REJECTED: Final = "no trusted .* public key found|no peer config found|certificate rejected|does not match ID_FQDN|invalid: SEC_"
_ID: Final = ("identity-mismatch", "authentication-failed")
_CERT: Final = ("certificate-rejected", "authentication-failed", "identity-mismatch")

SCENARIOS: Final = (
    *(
        Scenario(name=f"main-psk-differs-{pair}", shows="the pre-shared keys differ, main mode", initiator=i,
                 responder=r.but(secret=_WRONG), seconds=40, faults=_PSK, logged=_KEYS_DIFFER)
        for pair, i, r in _PAIRS
    ),
    *(
        Scenario(name=f"aggressive-psk-differs-{pair}", shows="the pre-shared keys differ, aggressive mode",
                 initiator=i.but(aggressive=True), responder=r.but(aggressive=True, secret=_WRONG), seconds=20,
                 faults=_PSK, logged=_KEYS_DIFFER)
        for pair, i, r in _PAIRS
    ),
    *(
        Scenario(name=f"main-nat-t-psk-differs-{pair}", shows="the pre-shared keys differ, through NAT", initiator=i,
                 responder=r.but(secret=_WRONG), net="nat-initiator", seconds=40, at=("initiator", "responder"),
                 # Libreswan repeats MSG4 on port 500: at the initiator it looks as if 4500 were blocked.
                 faults=_PSK if r is STRONGSWAN else ("psk-mismatch", "nat-t-blocked"),
                 faults_at={"responder": _PSK}, logged=_KEYS_DIFFER)
        for pair, i, r in _PAIRS if i is STRONGSWAN
    ),
    Scenario(name="main-ipv6-psk-differs-strongswan", shows="the pre-shared keys differ, IPv6", initiator=STRONGSWAN,
             responder=STRONGSWAN.but(secret=_WRONG), net="ipv6", seconds=28, faults=_PSK,
             logged=_KEYS_DIFFER),
    *(
        Scenario(name=f"main-initiator-identity-refused-{pair}",
                 shows="the responder expects another identity of the initiator", initiator=i,
                 responder=r.but(expects="@other.example" if r is LIBRESWAN else "other.example"), seconds=20,
                 faults=_ID, logged=_NO_MATCH)
        for pair, i, r in _PAIRS
    ),
    Scenario(name="main-responder-identity-refused-strongswan",
             shows="the initiator expects another identity of the responder",
             initiator=STRONGSWAN.but(expects="other.example"), responder=STRONGSWAN, seconds=12, faults=_ID,
             logged=_NO_MATCH),
    Scenario(name="aggressive-initiator-identity-refused-strongswan",
             shows="the responder expects another identity of the initiator",
             initiator=STRONGSWAN.but(aggressive=True),
             responder=STRONGSWAN.but(aggressive=True, expects="other.example"), seconds=12,
             faults=(*_ID, "mode-refused"), logged=_NO_MATCH),
    *(
        Scenario(name=f"main-initiator-certificate-{kind}-{pair}",
                 shows=f"the initiator's certificate is {word}", seconds=20, initiator=i.but(auth="rsa", certificate=kind,
                 **({"identity": "stranger.example"} if kind == "stranger" else {})),
                 responder=r.but(auth="rsa"), faults=_CERT, logged=_REJECTED)
        for pair, i, r in _PAIRS if i is STRONGSWAN
        for kind, word in (("expired", "expired"), ("untrusted", "signed by an unknown authority"),
                           ("stranger", "another's: the identity is not the expected one"))
    ),
    *(
        Scenario(name=f"main-responder-certificate-{kind}-{pair}", shows=f"the responder's certificate is {word}",
                 seconds=20, initiator=i.but(auth="rsa"), responder=r.but(auth="rsa", certificate=kind), faults=_CERT, logged=_REJECTED)
        for pair, i, r in _PAIRS if r is STRONGSWAN
        for kind, word in (("expired", "expired"), ("untrusted", "signed by an unknown authority"))
    ),
    Scenario(name="main-responder-without-certificate-strongswan", shows="one end has no certificate: it offers PSK",
             seconds=12, initiator=STRONGSWAN.but(auth="rsa"), responder=STRONGSWAN,
             faults=("authentication-failed", "identity-mismatch", "certificate-rejected", "psk-mismatch",
                     "no-shared-secret"), logged=_REJECTED),
)  # fmt: skip

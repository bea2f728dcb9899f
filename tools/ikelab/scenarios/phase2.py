"""Phase 1 comes up; XAUTH, mode-config or quick mode does not."""

from collections.abc import Mapping
from typing import Final

from ikelab import rules
from ikelab.scenario import Scenario
from ikelab.scenarios.peers import LIBRESWAN, STRONGSWAN

_PAIRS: Final = (
    ("strongswan", STRONGSWAN, STRONGSWAN),
    ("libreswan", LIBRESWAN, LIBRESWAN),
    ("strongswan-libreswan", STRONGSWAN, LIBRESWAN),
    ("libreswan-strongswan", LIBRESWAN, STRONGSWAN),
)
_WRONG: Final = "another"
_REFUSED: Final = ("phase2-refused",)
_EACH: Final[Mapping[str, object]] = {"faults": ["xauth-failed"]}
_XAUTH_FAULTS: Final[tuple[Mapping[str, object], ...]] = ({"faults": ...}, _EACH, _EACH, _EACH)
"""By pair. strongSwan just falls silent, and quick mode might have come after the capture; Libreswan begins
anew, and each attempt fails."""
_BAD_LOGIN: Final = "XAuth authentication of 'user' failed|XAUTH: failure user"
_BAD_PROPOSAL: Final = "no matching proposal found|no acceptable Proposal in IPsec SA"
_BAD_NETWORKS: Final = "no matching CHILD_SA config found|no connection is known for"
_BAD_GROUP: Final = "no matching proposal found|we require PFS"
_XAUTH: Final = STRONGSWAN.but(auth="xauth-psk")

SCENARIOS: Final = (
    *(
        Scenario(name=f"main-xauth-refused-{pair}", shows="the XAUTH password is wrong",
                 initiator=i.but(auth="xauth-psk"), responder=r.but(auth="xauth-psk", password=_WRONG), seconds=12,
                 faults=("xauth-failed",), facts=facts, logged=_BAD_LOGIN)
        for (pair, i, r), facts in zip(_PAIRS, _XAUTH_FAULTS, strict=True)
    ),
    Scenario(name="main-xauth-reply-dropped-strongswan", shows="XAUTH replies never arrive", initiator=_XAUTH,
             responder=_XAUTH, seconds=28, rules=(rules.lose("initiator", "transaction"),),
             at=("responder", "initiator"), faults=("xauth-failed",)),
    Scenario(name="main-xauth-request-dropped-strongswan", shows="XAUTH requests never arrive", initiator=_XAUTH,
             responder=_XAUTH, seconds=28, rules=(rules.lose("responder", "transaction"),), at=("responder",),
             # strongSwan calls nothing established before XAUTH; its log shows MSG6 accepted and no task left.
             facts={"outcome": "established", "awaited_message": "none", "silent_peer": "none",
                    "initiator_progress": 6, "initiator_asa": "MM_ACTIVE", "initiator_real": "MM_ACTIVE",
                    "faults": ["xauth-failed"]}),
    Scenario(name="main-mode-config-without-pool-strongswan",
             shows="the responder has no address to give; quick mode is refused for it",
             initiator=_XAUTH.but(pool=True), responder=_XAUTH.but(identity="responder.example",
             expects="initiator.example"), seconds=12,
             faults=("mode-config-failed", "phase2-refused", "phase2-selector-mismatch"), logged=_BAD_NETWORKS),
    *(
        Scenario(name=f"main-quick-mode-proposal-refused-{pair}", shows="phase-2 proposals differ", initiator=i,
                 responder=r.but(child="aes128-sha1"), seconds=20, faults=_REFUSED, logged=_BAD_PROPOSAL)
        for pair, i, r in _PAIRS
    ),
    *(
        Scenario(name=f"main-quick-mode-selectors-refused-{pair}", shows="the networks behind the peers differ",
                 initiator=i, responder=r.but(net="198.51.100.128/26"), seconds=20, faults=_REFUSED,
                 logged=_BAD_NETWORKS)
        for pair, i, r in _PAIRS
    ),
    *(
        Scenario(name=f"main-quick-mode-pfs-refused-{pair}", shows="only the responder demands PFS", initiator=i,
                 responder=r.but(child="aes256-sha256-modp2048"), seconds=20, faults=_REFUSED,
                 logged=_BAD_GROUP)
        for pair, i, r in _PAIRS
    ),
    Scenario(name="main-nat-t-quick-mode-proposal-refused-strongswan", shows="phase-2 proposals differ, through NAT",
             initiator=STRONGSWAN, responder=STRONGSWAN.but(child="aes128-sha1"), net="nat-initiator", seconds=12,
             faults=_REFUSED, logged=_BAD_PROPOSAL),
    Scenario(name="aggressive-quick-mode-proposal-refused-strongswan", shows="phase-2 proposals differ",
             initiator=STRONGSWAN.but(aggressive=True), responder=STRONGSWAN.but(aggressive=True, child="aes128-sha1"),
             seconds=12, faults=_REFUSED, logged=_BAD_PROPOSAL),
    *(
        Scenario(name=f"main-qm1-dropped-{name}", shows="QM1 never arrives", initiator=peer, responder=peer,
                 seconds=28, rules=(rules.lose("initiator", "quick"),), at=("initiator", "responder"),
                 faults=("phase2-no-reply",), faults_at={"responder": ()})
        for name, peer in (("strongswan", STRONGSWAN), ("libreswan", LIBRESWAN))
    ),
    Scenario(name="main-qm2-dropped-strongswan", shows="QM2 never arrives", initiator=STRONGSWAN,
             responder=STRONGSWAN, seconds=28, rules=(rules.lose("responder", "quick"),),
             at=("initiator", "responder"), faults=("phase2-no-reply",)),
    Scenario(name="main-qm3-dropped-strongswan", shows="QM3 never arrives; the initiator counts the tunnel as up",
             initiator=STRONGSWAN, responder=STRONGSWAN, seconds=28, at=("initiator", "responder"),
             rules=(rules.lose("initiator", "quick", more="meta length < 120"),), faults=("phase2-no-reply",)),
)  # fmt: skip

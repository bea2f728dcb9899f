"""Nothing, or nothing more, comes back: the path, a dead peer, a peer that does not answer."""

from typing import Final

from ikelab import rules
from ikelab.scenario import Scenario, Step
from ikelab.scenarios.peers import LIBRESWAN, NOBODY, STRONGSWAN

_SAME: Final = (("strongswan", STRONGSWAN), ("libreswan", LIBRESWAN))
_LARGE: Final = STRONGSWAN.but(auth="rsa", certificate="large")
_IKE_FRAGMENTS: Final = _LARGE.but(fragmentation=True)
_NOT_SHOWN: Final = {
    "outcome": ..., "awaited_message": ..., "silent_peer": ..., "responder_progress": ..., "responder_asa": ...,
}  # fmt: skip
_LEFT_OPEN: Final = {
    "outcome": ...,
    "awaited_message": ...,
    "silent_peer": ...,
    "faults": [],
    "fault_among": ...,
}
_LOST_ONCE: Final = rules.lose("initiator", "main-ke", once=True)

SCENARIOS: Final = (
    *(
        Scenario(name=f"main-host-gone-{name}", shows="the responder's host is off: a router says unreachable",
                 initiator=peer, responder=NOBODY, seconds=40, faults=("unreachable",),
                 steps=(Step("vanish", "responder"), Step("begin")))
        for name, peer in _SAME
    ),
    *(
        Scenario(name=f"main-nobody-listens-{name}", shows="port 500 is closed", initiator=peer, responder=NOBODY,
                 seconds=28, at=("initiator", "responder"), faults=("port-closed",))
        for name, peer in _SAME
    ),
    *(
        Scenario(name=f"main-requests-dropped-{name}", shows="everything towards the responder is dropped",
                 initiator=peer, responder=peer, seconds=40, rules=(rules.drop("initiator"),), faults=("no-reply",))
        for name, peer in _SAME
    ),
    *(
        Scenario(name=f"main-replies-dropped-{name}", shows="everything towards the initiator is dropped",
                 initiator=peer, responder=peer, seconds=40, rules=(rules.drop("responder"),),
                 at=("initiator", "responder"), faults=("no-reply",), faults_at={"responder": ("replies-lost",)})
        for name, peer in _SAME
    ),
    *(
        Scenario(name=f"main-{icmp}-strongswan", shows=f"a firewall answers each MSG1 with ICMP {icmp}",
                 initiator=STRONGSWAN, responder=STRONGSWAN, seconds=28,
                 rules=(rules.reject("initiator", icmp),), faults=codes)
        for icmp, codes in (
            ("admin-prohibited", ("filtered",)), ("host-prohibited", ("filtered",)),
            ("net-unreachable", ("unreachable",)), ("host-unreachable", ("unreachable",)),
        )
    ),
    Scenario(name="main-replies-rejected-strongswan", shows="a firewall rejects what the responder sends",
             initiator=STRONGSWAN, responder=STRONGSWAN, seconds=28, at=("responder",),
             rules=(rules.reject("responder", "admin-prohibited"),), faults=("filtered", "replies-lost")),
    Scenario(name="main-unknown-peer-libreswan", shows="Libreswan does not know the address and keeps silent",
             initiator=STRONGSWAN, responder=LIBRESWAN.but(peer_address="192.0.2.99"), seconds=28,
             at=("initiator", "responder"), faults=("no-reply",), logged="no connection has been authorized"),
    *(
        Scenario(name=f"main-msg3-dropped-{name}", shows="MSG3 never arrives", initiator=peer, responder=peer,
                 seconds=28, rules=(rules.lose("initiator", "main-ke"),), faults=("peer-went-silent",))
        for name, peer in _SAME
    ),
    *(
        Scenario(name=f"main-msg2-dropped-{name}", shows="MSG2 never arrives", initiator=peer, responder=peer,
                 seconds=28, rules=(rules.lose("responder", "main-sa"),), at=("responder", "initiator"),
                 faults=("replies-lost",), faults_at={"initiator": ("no-reply",)})
        for name, peer in _SAME
    ),
    *(
        Scenario(name=f"main-msg4-dropped-{name}", shows="MSG4 never arrives", initiator=peer, responder=peer,
                 seconds=28, rules=(rules.lose("responder", "main-ke"),), at=("responder", "initiator"),
                 faults=("replies-lost",), faults_at={"initiator": ("peer-went-silent",)})
        for name, peer in _SAME
    ),
    *(
        Scenario(name=f"main-msg5-dropped-{name}", shows="MSG5 never arrives; nothing tells it from a wrong key",
                 initiator=peer, responder=peer, seconds=28, rules=(rules.lose("initiator", "main-auth"),),
                 faults=codes)
        for name, peer, codes in (
            ("strongswan", STRONGSWAN, ("peer-went-silent", "psk-mismatch")),
            ("libreswan", LIBRESWAN, ("peer-went-silent", "psk-mismatch", "replies-lost")),
        )
    ),
    *(
        Scenario(name=f"main-msg6-dropped-{name}", shows="MSG6 never arrives; only the responder believes it is up",
                 initiator=peer, responder=peer, seconds=28, rules=(rules.lose("responder", "main-auth"),),
                 at=("responder", "initiator"), faults=("replies-lost",),
                 faults_at={"initiator": ("peer-went-silent", "psk-mismatch", "replies-lost")})
        for name, peer in _SAME
    ),
    *(
        Scenario(name=f"aggressive-msg2-dropped-{name}", shows="MSG2 never arrives",
                 initiator=peer.but(aggressive=True), responder=peer.but(aggressive=True), seconds=28,
                 rules=(rules.lose("responder", "aggressive"),), at=("responder", "initiator"),
                 faults=("replies-lost",), faults_at={"initiator": ("no-reply",)})
        for name, peer in _SAME
    ),
    *(
        Scenario(name=f"aggressive-msg3-dropped-{name}", shows="MSG3 never arrives",
                 initiator=peer.but(aggressive=True), responder=peer.but(aggressive=True), seconds=28,
                 rules=(rules.lose("initiator", "aggressive-auth"),), at=("initiator", "responder"),
                 faults=("replies-lost", "peer-went-silent", "phase2-no-reply"), facts=hidden)
        # Libreswan does not repeat MSG2: of its initiator's quick mode one sees only that it is not answered.
        for (name, peer), hidden in zip(_SAME, ({}, _NOT_SHOWN), strict=True)
    ),
    Scenario(name="aggressive-requests-dropped-libreswan", shows="everything towards the responder is dropped",
             initiator=LIBRESWAN.but(aggressive=True), responder=LIBRESWAN.but(aggressive=True), seconds=28,
             rules=(rules.drop("initiator"),), faults=("no-reply",)),
    # Nothing follows MSG4 at the responder: more than one reading is right.
    Scenario(name="main-nat-t-4500-dropped-strongswan", shows="UDP 4500 is dropped in both directions",
             initiator=STRONGSWAN, responder=STRONGSWAN, net="nat-initiator", seconds=40,
             at=("initiator", "responder"), rules=("udp dport 4500 drop",), faults=("nat-t-blocked",),
             faults_at={"responder": ()},
             facts_at={("responder", 0): {"outcome": ..., "awaited_message": ..., "silent_peer": ...}}),
    # MSG4 repeated to an initiator that repeats MSG5: keys that differ look alike.
    Scenario(name="main-nat-t-4500-dropped-libreswan", shows="UDP 4500 is dropped in both directions",
             initiator=LIBRESWAN, responder=LIBRESWAN, net="nat-initiator", seconds=40,
             at=("initiator", "responder"), rules=("udp dport 4500 drop",), faults=("nat-t-blocked", "psk-mismatch"),
             faults_at={"responder": ("nat-t-blocked", "peer-went-silent", "replies-lost")}),
    Scenario(name="main-nat-t-4500-replies-dropped-strongswan", shows="UDP 4500 is dropped towards the initiator",
             initiator=STRONGSWAN, responder=STRONGSWAN, net="nat-initiator", seconds=40,
             at=("initiator", "responder"), rules=("udp sport 4500 iifname \"tor\" drop",),
             faults=("nat-t-blocked",), faults_at={"responder": ("replies-lost", "nat-t-blocked")}),
    Scenario(name="main-nat-t-4500-rejected-strongswan", shows="UDP 4500 is rejected with ICMP port unreachable",
             initiator=STRONGSWAN, responder=STRONGSWAN, net="nat-initiator", seconds=40,
             rules=(rules.reject("initiator", "port-unreachable", "4500"),), faults=("nat-t-blocked", "port-closed")),
    Scenario(name="main-certificates-all-fragments-dropped-strongswan", shows="IP fragments are dropped on the way",
             initiator=_LARGE, responder=_LARGE, seconds=40, rules=(rules.fragments("both"),),
             faults=("fragments-lost", "peer-went-silent")),
    Scenario(name="main-certificates-trailing-fragments-dropped-strongswan", initiator=_LARGE, responder=_LARGE,
             shows="all but the first IP fragments are dropped", seconds=40, at=("initiator", "responder"),
             rules=(rules.fragments("both", trailing_only=True),), faults=("fragments-lost", "peer-went-silent"),
             faults_at={"responder": ("fragments-lost", "replies-lost")},
             facts_at={("responder", 0): {"initiator_progress": ..., "initiator_asa": ...}}),
    Scenario(name="main-certificates-reply-fragments-dropped-strongswan", initiator=_LARGE, responder=_LARGE,
             shows="IP fragments are dropped towards the initiator", seconds=40, at=("responder", "initiator"),
             rules=(rules.fragments("responder"),), faults=("fragments-lost", "peer-went-silent"),
             faults_at={"responder": ("replies-lost", "fragments-lost")}),
    Scenario(name="main-certificates-one-ike-fragment-dropped-strongswan", shows="one IKE fragment never arrives",
             initiator=_IKE_FRAGMENTS, responder=_IKE_FRAGMENTS, seconds=40, at=("initiator", "responder"),
             rules=(rules.ike_fragment("initiator", 2),), faults=("peer-went-silent", "fragments-lost"),
             faults_at={"responder": ("fragments-lost",)}),
    Scenario(name="main-nat-t-certificates-fragments-dropped-strongswan",
             shows="large certificates through NAT, IP fragments dropped", initiator=_LARGE, responder=_LARGE,
             net="nat-initiator", seconds=40, rules=(rules.fragments("both"),),
             faults=("fragments-lost", "nat-t-blocked", "peer-went-silent")),
    *(
        Scenario(name=f"main-responder-killed-at-msg3-{name}", shows="the responder's daemon dies after MSG2",
                 initiator=peer, responder=peer, seconds=28, rules=(_LOST_ONCE,),
                 steps=(Step("begin"), Step("log", "responder", text=sent, seconds=10), Step("sleep", seconds=0.3),
                        Step("kill", "responder")),
                 faults=("port-closed", "peer-restarted", "peer-went-silent"))
        for name, peer, sent in (
            ("strongswan", STRONGSWAN, r"generating ID_PROT response 0 \[ SA"),
            ("libreswan", LIBRESWAN, r"sent Main Mode R1"),
        )
    ),
    Scenario(name="main-initiator-killed-at-msg5-strongswan-libreswan", shows="the initiator's daemon dies after MSG3",
             initiator=STRONGSWAN, responder=LIBRESWAN, seconds=28,
             rules=(rules.lose("responder", "main-ke", once=True),),
             steps=(Step("begin"), Step("log", text=r"generating ID_PROT request 0 \[ KE", seconds=10),
                    Step("sleep", seconds=0.2), Step("kill")),
             faults=("port-closed", "peer-restarted", "peer-went-silent")),
    *(
        Scenario(name=f"main-responder-restarted-at-msg3-{name}", shows="the responder forgets all after MSG2",
                 initiator=peer, responder=peer, seconds=28, rules=(_LOST_ONCE,),
                 steps=(Step("begin"), Step("log", "responder", text=sent, seconds=10), Step("sleep", seconds=0.3),
                        Step("restart", "responder")),
                 faults=("peer-went-silent", "peer-restarted", "port-closed"))
        for name, peer, sent in (
            ("strongswan", STRONGSWAN, r"generating ID_PROT response 0 \[ SA"),
            ("libreswan", LIBRESWAN, r"sent Main Mode R1"),
        )
    ),
    Scenario(name="main-responder-vanished-at-msg3-strongswan", shows="the responder's host goes off after MSG2",
             initiator=STRONGSWAN, responder=STRONGSWAN, seconds=28, rules=(_LOST_ONCE,),
             steps=(Step("begin"), Step("log", "responder", text=r"generating ID_PROT response 0 \[ SA", seconds=10),
                    Step("sleep", seconds=0.3), Step("vanish", "responder")),
             faults=("unreachable", "peer-went-silent")),
    Scenario(name="main-half-open-limit-strongswan", seconds=24,
             shows="five half-open attempts of ike-scan; from then on strongSwan ignores the address",
             initiator=STRONGSWAN.but(proposal="aes256-sha1-modp2048"),
             responder=STRONGSWAN.but(proposal="aes256-sha1-modp2048"),
             steps=(*(Step("scan") for _ in range(5)), Step("begin")),
             faults=("no-reply", "overloaded"), logged="per-IP half-open IKE_SA limit of 5 reached",
             facts_at={("initiator", number): _LEFT_OPEN for number in range(5)}),
    Scenario(name="main-gives-up-strongswan", shows="strongSwan's whole series of retransmissions, and its end",
             initiator=STRONGSWAN, responder=STRONGSWAN, seconds=175, rules=(rules.drop("initiator"),),
             faults=("no-reply",)),
    Scenario(name="main-gives-up-libreswan", shows="Libreswan gives up after 64 s and begins anew",
             initiator=LIBRESWAN, responder=LIBRESWAN, seconds=80, rules=(rules.drop("initiator"),),
             faults=("no-reply",)),
)  # fmt: skip

"""It came up; this is what follows."""

from typing import Final

from ikelab import rules
from ikelab.scenario import PHASE_2, Scenario, Step
from ikelab.scenarios.peers import LIBRESWAN, STRONGSWAN

_DPD: Final = STRONGSWAN.but(dpd_s=3)
_PINGS: Final = (Step("begin"), Step("sleep", seconds=3), Step("traffic"))

SCENARIOS: Final = (
    Scenario(name="main-rekey-both-phases-strongswan", shows="reauthentication by a second main mode, then a quick mode",
             initiator=STRONGSWAN, responder=STRONGSWAN, seconds=12,
             steps=(Step("begin"), Step("sleep", seconds=4), Step("swanctl", text="--rekey --ike lab --reauth"),
                    Step("sleep", seconds=3), Step("swanctl", text="--rekey --child lab"))),
    Scenario(name="main-rekey-by-responder-strongswan", shows="the responder reauthenticates",
             initiator=STRONGSWAN, responder=STRONGSWAN, seconds=10,
             steps=(Step("begin"), Step("sleep", seconds=4),
                    Step("swanctl", "responder", text="--rekey --ike lab --reauth"))),
    Scenario(name="main-rekey-libreswan", shows="short lifetimes: both phases anew by timer", seconds=60,
             initiator=LIBRESWAN.but(lifetime_s=40, extra="salifetime=30s\n    rekeymargin=10s\n    rekeyfuzz=0%"),
             responder=LIBRESWAN.but(lifetime_s=60, extra="salifetime=60s\n    rekey=no")),
    Scenario(name="main-dpd-answered-strongswan", shows="dead peer detection, answered, then a delete",
             initiator=_DPD, responder=STRONGSWAN.but(dpd_s=5), seconds=15,
             steps=(Step("begin"), Step("sleep", seconds=12), Step("swanctl", text="--terminate --ike lab"))),
    Scenario(name="main-dpd-answered-libreswan", shows="dead peer detection, answered",
             initiator=LIBRESWAN.but(dpd_s=3), responder=LIBRESWAN.but(dpd_s=3), seconds=15),
    Scenario(name="main-dpd-dead-peer-strongswan", shows="the path breaks and DPD goes unanswered", initiator=_DPD,
             responder=STRONGSWAN, seconds=40, at=("initiator",), faults=("dead-peer",),
             steps=(Step("begin"), Step("sleep", seconds=7), Step("rule", text="udp dport 500 drop"))),
    Scenario(name="main-dpd-dead-peer-libreswan", shows="the path breaks and DPD goes unanswered",
             initiator=LIBRESWAN.but(dpd_s=3), responder=LIBRESWAN, seconds=40, faults=("dead-peer",),
             facts_at={("initiator", 1): {"faults": ["no-reply"]}},  # it begins anew, in vain
             steps=(Step("begin"), Step("sleep", seconds=7), Step("rule", text="udp dport 500 drop"))),
    Scenario(name="main-dpd-killed-peer-strongswan", shows="the responder's daemon dies after phase 2",
             initiator=_DPD, responder=STRONGSWAN, seconds=40, faults=("dead-peer",),
             steps=(Step("begin"), Step("sleep", seconds=6), Step("kill", "responder"))),
    Scenario(name="main-dpd-restarted-peer-strongswan", shows="the responder restarts and knows no SA",
             initiator=_DPD, responder=STRONGSWAN, seconds=40, faults=("dead-peer",),
             steps=(Step("begin"), Step("sleep", seconds=6), Step("restart", "responder"))),
    Scenario(name="main-killed-before-quick-mode-strongswan", shows="the responder dies between phase 1 and quick mode",
             initiator=STRONGSWAN, responder=STRONGSWAN, seconds=28, faults=("phase2-no-reply", "dead-peer"),
             rules=(rules.lose("initiator", "quick", once=True),),
             steps=(Step("begin"), Step("log", "responder", text=r"established between", seconds=10),
                    Step("sleep", seconds=0.3), Step("kill", "responder"))),
    *(
        Scenario(name=f"main-esp-{pair}", shows="three pings through the tunnel and their answers: ESP both ways",
                 initiator=initiator, responder=STRONGSWAN, steps=_PINGS)
        # The answer of a quick mode between two kinds of daemon has its proposal numbered anew.
        for pair, initiator in (("strongswan", STRONGSWAN), ("libreswan-strongswan", LIBRESWAN))
    ),
    Scenario(name="main-pfs-esp-libreswan", shows="a quick mode with PFS, and three pings and their answers in its ESP",
             initiator=LIBRESWAN.but(child=f"{PHASE_2}-modp2048"),
             responder=LIBRESWAN.but(child=f"{PHASE_2}-modp2048"), steps=_PINGS),
    *(
        Scenario(name=f"main-nat-t-esp-{name}", shows="ESP in UDP both ways, the initiator behind NAT", initiator=peer,
                 responder=peer, net="nat-initiator", at=("initiator", "responder"), steps=_PINGS)
        for name, peer in (("strongswan", STRONGSWAN), ("libreswan", LIBRESWAN))
    ),
    *(
        Scenario(name=f"main-deleted-by-{role}-{name}", shows=f"the {role} deletes both SAs", initiator=peer,
                 responder=peer, seconds=8,
                 steps=(Step("begin"), Step("sleep", seconds=4), Step(action, role, text=text)))
        for role in ("initiator", "responder")
        for name, peer, action, text in (
            ("strongswan", STRONGSWAN, "swanctl", "--terminate --ike lab"),
            ("libreswan", LIBRESWAN, "whack", "--terminate --name lab"),
        )
    ),
)  # fmt: skip

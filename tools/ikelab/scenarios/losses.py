"""Messages are lost, doubled or late, and it comes up all the same."""

from typing import Final

from ikelab import rules
from ikelab.scenario import Scenario
from ikelab.scenarios.peers import LIBRESWAN, STRONGSWAN

_MESSAGES: Final = (
    (1, "initiator", "main-sa"), (2, "responder", "main-sa"), (3, "initiator", "main-ke"),
    (4, "responder", "main-ke"), (5, "initiator", "main-auth"), (6, "responder", "main-auth"),
)  # fmt: skip
_LARGE: Final = STRONGSWAN.but(auth="rsa", certificate="large")

SCENARIOS: Final = (
    *(
        Scenario(name=f"main-msg{number}-lost-once-{name}", shows=f"the first copy of MSG{number} is lost",
                 initiator=peer, responder=peer, seconds=10, rules=(rules.lose(sender, message, once=True),),
                 at=("initiator", "responder") if number in (3, 6) else ("initiator",))
        for name, peer in (("strongswan", STRONGSWAN), ("libreswan", LIBRESWAN))
        for number, sender, message in _MESSAGES
    ),
    *(
        Scenario(name=f"aggressive-msg{number}-lost-once-{name}", shows=f"the first copy of MSG{number} is lost",
                 initiator=peer.but(aggressive=True), responder=peer.but(aggressive=True), seconds=10,
                 rules=(rules.lose(sender, message, once=True),))
        for name, peer in (("strongswan", STRONGSWAN), ("libreswan", LIBRESWAN))
        for number, sender, message in ((1, "initiator", "aggressive"), (2, "responder", "aggressive"))
    ),
    Scenario(name="main-qm1-lost-once-strongswan", shows="the first copy of QM1 is lost", initiator=STRONGSWAN,
             responder=STRONGSWAN, seconds=10, rules=(rules.lose("initiator", "quick", once=True),)),
    Scenario(name="main-two-way-loss-strongswan", shows="the first copies of MSG1, MSG4 and MSG5 are lost",
             initiator=STRONGSWAN, responder=STRONGSWAN, seconds=18,
             rules=(rules.lose("initiator", "main-sa", once=True), rules.lose("responder", "main-ke", once=True),
                    rules.lose("initiator", "main-auth", once=True))),
    Scenario(name="main-nat-t-msg5-lost-once-strongswan", shows="the first copy of MSG5 on port 4500 is lost",
             initiator=STRONGSWAN, responder=STRONGSWAN, net="nat-initiator", seconds=10,
             rules=(rules.lose("initiator", "main-auth", once=True, port=4500),)),
    Scenario(name="main-certificates-fragment-lost-once-strongswan", shows="one IP fragment of MSG5 is lost once",
             initiator=_LARGE, responder=_LARGE, seconds=10, at=("initiator", "responder"),
             rules=(f"{rules.FROM['initiator']} ip frag-off & 0x1fff != 0 {rules.ONCE} drop",)),
    Scenario(name="main-duplicated-on-the-way-strongswan", shows="the network delivers every datagram twice",
             initiator=STRONGSWAN, responder=STRONGSWAN, seconds=6, at=("responder", "initiator"),
             rules=(rules.DOUBLE,)),
    Scenario(name="main-duplicated-on-the-way-libreswan", shows="the network delivers every datagram twice",
             initiator=LIBRESWAN, responder=LIBRESWAN, seconds=6, at=("responder", "initiator"),
             rules=(rules.DOUBLE,)),
)  # fmt: skip

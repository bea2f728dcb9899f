"""It comes up."""

from typing import Final

from ikelab import rules
from ikelab.scenario import Scenario, Step
from ikelab.scenarios.peers import LIBRESWAN, NOBODY, STRONGSWAN

_PAIRS: Final = (
    ("strongswan", STRONGSWAN, STRONGSWAN),
    ("libreswan", LIBRESWAN, LIBRESWAN),
    ("strongswan-libreswan", STRONGSWAN, LIBRESWAN),
    ("libreswan-strongswan", LIBRESWAN, STRONGSWAN),
)
_HEALTHY: Final = {"findings": [], "faults": ...}
"""Not even a note."""
_PROBE: Final = {
    "outcome": "probe", "auth": "psk", "findings": ["probe"], "faults": ..., "awaited_message": ..., "silent_peer": ...,
}  # fmt: skip
_TRANSFORM: Final = ("--retry=1", "--trans=7/256,4,1,14")

SCENARIOS: Final = (
    *(
        Scenario(name=f"main-psk-established-{pair}", shows="main mode and quick mode with a pre-shared key",
                 initiator=i, responder=r, facts=_HEALTHY)
        for pair, i, r in _PAIRS
    ),
    *(
        Scenario(name=f"main-rsa-established-{pair}", shows="main mode with RSA signatures and certificates",
                 initiator=i.but(auth="rsa"), responder=r.but(auth="rsa"), facts=_HEALTHY)
        for pair, i, r in _PAIRS
    ),
    *(
        Scenario(name=f"aggressive-psk-established-{pair}", shows="aggressive mode and quick mode",
                 initiator=i.but(aggressive=True), responder=r.but(aggressive=True))
        for pair, i, r in _PAIRS
    ),
    Scenario(name="aggressive-rsa-established-strongswan", shows="aggressive mode with RSA signatures",
             initiator=STRONGSWAN.but(aggressive=True, auth="rsa"),
             responder=STRONGSWAN.but(aggressive=True, auth="rsa")),
    Scenario(name="main-ecdsa-established-strongswan", shows="main mode with ECDSA signatures, group 19",
             initiator=STRONGSWAN.but(auth="ecdsa", certificate="ecdsa", proposal="aes256-sha256-ecp256"),
             responder=STRONGSWAN.but(auth="ecdsa", certificate="ecdsa", proposal="aes256-sha256-ecp256"),
             facts=_HEALTHY),
    *(
        Scenario(name=f"main-xauth-established-{pair}", shows="XAUTH between phase 1 and quick mode",
                 initiator=i.but(auth="xauth-psk"), responder=r.but(auth="xauth-psk"), seconds=8)
        for pair, i, r in _PAIRS
    ),
    Scenario(name="main-xauth-rsa-established-strongswan", shows="certificates, then XAUTH",
             initiator=STRONGSWAN.but(auth="xauth-rsa"), responder=STRONGSWAN.but(auth="xauth-rsa")),
    Scenario(name="aggressive-xauth-established-strongswan", shows="aggressive mode, XAUTH, quick mode",
             initiator=STRONGSWAN.but(auth="xauth-psk", aggressive=True),
             responder=STRONGSWAN.but(auth="xauth-psk", aggressive=True)),
    Scenario(name="main-mode-config-established-strongswan", shows="XAUTH and mode-config (pull), then quick mode",
             initiator=STRONGSWAN.but(auth="xauth-psk", pool=True),
             responder=STRONGSWAN.but(auth="xauth-psk", pool=True)),
    Scenario(name="main-mode-config-push-strongswan", shows="mode-config pushed by the responder",
             initiator=STRONGSWAN.but(auth="xauth-psk", pool=True, extra="pull = no"),
             responder=STRONGSWAN.but(auth="xauth-psk", pool=True, extra="pull = no")),
    Scenario(name="main-mode-config-established-libreswan", shows="XAUTH and mode-config, then quick mode",
             initiator=LIBRESWAN.but(auth="xauth-psk", pool=True),
             responder=LIBRESWAN.but(auth="xauth-psk", pool=True), seconds=8),
    Scenario(name="main-hybrid-established-strongswan", shows="hybrid authentication: a certificate and XAUTH",
             initiator=STRONGSWAN.but(auth="hybrid"), responder=STRONGSWAN.but(auth="hybrid")),
    Scenario(name="aggressive-xauth-established-vpnc", shows="vpnc: group secret, XAUTH, mode-config",
             initiator=STRONGSWAN.but(software="vpnc", auth="xauth-psk", aggressive=True),
             responder=STRONGSWAN.but(auth="xauth-psk", aggressive=True, pool=True, expects="%any",
                                      proposal="aes128-sha1-modp1024,aes256-sha1-modp1024",
                                      child="aes256-sha1,aes128-sha1", net="0.0.0.0/0"),
             facts={"initiator_behind_nat": ..., "responder_behind_nat": ...}),
    *(
        Scenario(name=f"main-nat-t-established-{pair}", shows="initiator behind NAT, port 4500 from MSG5 on",
                 initiator=i, responder=r, net="nat-initiator", at=("initiator", "responder"),
                 facts=_HEALTHY, seconds=5)
        for pair, i, r in _PAIRS
    ),
    Scenario(name="main-nat-t-keepalives-strongswan", shows="NAT keepalives go on afterwards",
             initiator=STRONGSWAN, responder=STRONGSWAN, net="nat-initiator", seconds=45, facts=_HEALTHY),
    *(
        Scenario(name=f"main-nat-t-responder-established-{pair}", shows="responder behind NAT",
                 initiator=i, responder=r, net="nat-responder", at=("initiator", "responder"), seconds=5,
                 facts=_HEALTHY)
        for pair, i, r in _PAIRS if i == r
    ),
    *(
        Scenario(name=f"aggressive-nat-t-established-{pair}", shows="aggressive mode through NAT",
                 initiator=i.but(aggressive=True), responder=r.but(aggressive=True), net="nat-initiator")
        for pair, i, r in _PAIRS if i == r
    ),
    *(
        Scenario(name=f"main-ipv6-established-{pair}", shows="the same over IPv6",
                 initiator=i, responder=r, net="ipv6", facts=_HEALTHY)
        for pair, i, r in _PAIRS
    ),
    *(
        Scenario(name=f"main-certificates-ip-fragments-{pair}", shows="MSG5 and MSG6 in IP fragments",
                 initiator=i.but(auth="rsa", certificate="large"), responder=r.but(auth="rsa", certificate="large"),
                 at=("initiator", "responder"), facts=_HEALTHY)
        for pair, i, r in _PAIRS if i == r
    ),
    *(
        Scenario(name=f"main-certificates-ike-fragments-{pair}", shows="MSG5 and MSG6 in IKE fragments",
                 initiator=i.but(auth="rsa", certificate="large", fragmentation=True),
                 responder=r.but(auth="rsa", certificate="large", fragmentation=True), facts=_HEALTHY)
        for pair, i, r in _PAIRS
    ),
    Scenario(name="main-nat-t-certificates-strongswan", shows="large certificates through NAT",
             initiator=STRONGSWAN.but(auth="rsa", certificate="large"),
             responder=STRONGSWAN.but(auth="rsa", certificate="large"), net="nat-initiator", facts=_HEALTHY),
    *(
        Scenario(name=f"main-pfs-established-{pair}", shows="quick mode with perfect forward secrecy",
                 initiator=i.but(child="aes256-sha256-modp2048"), responder=r.but(child="aes256-sha256-modp2048"),
                 facts=_HEALTHY)
        for pair, i, r in _PAIRS if i == r
    ),
    Scenario(name="main-watched-between-strongswan-libreswan", shows="captured on a router between the peers",
             initiator=STRONGSWAN, responder=LIBRESWAN, at=("between",), facts=_HEALTHY),
    Scenario(name="main-several-quick-modes-strongswan", shows="three quick modes under one phase 1",
             initiator=STRONGSWAN, responder=STRONGSWAN, facts=_HEALTHY, seconds=9,
             steps=(Step("begin"), Step("sleep", seconds=2), Step("swanctl", text="--rekey --child lab"),
                    Step("sleep", seconds=2), Step("swanctl", text="--rekey --child lab"))),
    Scenario(name="main-3des-sha1-modp1024-strongswan", shows="weak algorithms of old",
             initiator=STRONGSWAN.but(proposal="3des-sha1-modp1024", child="3des-sha1"),
             responder=STRONGSWAN.but(proposal="3des-sha1-modp1024", child="3des-sha1"), facts={"findings": ...}),
    Scenario(name="main-second-proposal-strongswan", shows="five transforms offered, the fourth is taken",
             initiator=STRONGSWAN.but(proposal="aes256-sha512-modp4096,aes256-sha384-modp3072,aes192-sha256-modp2048,"
                                      "aes128-sha1-modp2048,3des-md5-modp1024"),
             responder=STRONGSWAN.but(proposal="aes128-sha1-modp2048"), facts=_HEALTHY),
    Scenario(name="main-lifetimes-differ-strongswan-libreswan", shows="phase-1 lifetimes differ, which nobody minds",
             initiator=STRONGSWAN.but(lifetime_s=3600), responder=LIBRESWAN.but(lifetime_s=28800), facts=_HEALTHY),
    Scenario(name="main-checksums-offloaded-strongswan", shows="wrong UDP checksums, as offloading leaves them",
             initiator=STRONGSWAN, responder=STRONGSWAN, offload=True, facts=_HEALTHY),
    Scenario(name="main-simultaneous-initiation-strongswan", shows="both ends begin at once",
             initiator=STRONGSWAN, responder=STRONGSWAN, seconds=8,
             steps=(Step("begin"), Step("begin", "responder"))),
    Scenario(name="main-simultaneous-initiation-libreswan", shows="both ends begin at once",
             initiator=LIBRESWAN, responder=LIBRESWAN, seconds=8,
             steps=(Step("begin"), Step("begin", "responder"))),
    *(
        Scenario(name=f"main-scan-{pair}", shows="ike-scan asks four hosts; one is there, answers, and is left alone",
                 initiator=STRONGSWAN.but(software="ike-scan", arguments=(*_TRANSFORM, "198.51.100.4/30")),
                 responder=r, seconds=6, facts=_PROBE, rules=("ip daddr 198.51.100.4/30 ip daddr != 198.51.100.7 drop",))
        for pair, _, r in _PAIRS if "-" not in pair
    ),
    Scenario(name="main-scan-then-established-strongswan", shows="ike-scan asks four hosts, later a tunnel comes up",
             initiator=STRONGSWAN.but(proposal="aes256-sha1-modp2048"),
             responder=STRONGSWAN.but(proposal="aes256-sha1-modp2048"), seconds=36,
             rules=("ip daddr 198.51.100.4/30 ip daddr != 198.51.100.7 drop",),
             steps=(Step("scan", text="198.51.100.4/30"), Step("sleep", seconds=30), Step("begin")),
             facts_at={("initiator", number): _PROBE for number in range(4)}),
    Scenario(name="main-scan-refused-strongswan", shows="ike-scan asks four hosts; one refuses, three are unreachable",
             initiator=STRONGSWAN.but(software="ike-scan", arguments=("--retry=1", "198.51.100.4/30")),
             responder=STRONGSWAN, seconds=6, facts=_PROBE),
    Scenario(name="main-scan-one-host-strongswan", shows="ike-scan asks one host, which answers; nothing else is seen",
             initiator=STRONGSWAN.but(software="ike-scan", arguments=(*_TRANSFORM, "198.51.100.7")),
             responder=STRONGSWAN, seconds=6, facts=_PROBE | {"outcome": ..., "findings": ..., "faults": []}),
    Scenario(name="main-scan-unanswered", shows="ike-scan asks three times where a filter drops it",
             initiator=STRONGSWAN.but(software="ike-scan", arguments=("--retry=3", "198.51.100.7")),
             responder=NOBODY, seconds=14, rules=(rules.drop("initiator"),),
             facts=_PROBE | {"outcome": ..., "findings": ...}),
)  # fmt: skip

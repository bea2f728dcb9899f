"""Scans of many hosts: a probe of each, and no negotiation that failed."""

from typing import Any

import pytest

from ikepcap.report.model import Conversation
from ikepcap.testing import STRONG, Suite
from tests.report.scene import RESPONDER, RETRIES, Scene, analyzed, faults, notes

NOBODYS = ((), ())
"""Scanners show no vendor IDs."""
LIVE = Scene().vendor_ids


def ask(host: int, vendor_ids: tuple[tuple[bytes, ...], tuple[bytes, ...]] = NOBODYS) -> Scene:
    """One MSG1 to one of several hosts."""
    play = Scene(responder=f"198.51.100.{host}", seed=host, start_s=host / 20, vendor_ids=vendor_ids)
    return play.msg1()


def monitor(port: int, address: str = "192.0.2.1", *, start_s: float = 0.0, answered: bool = True) -> Scene:
    """The same MSG1 to one host, each time from another port or address."""
    play = Scene(initiator=address, seed=port, start_s=start_s, vendor_ids=NOBODYS, nat="initiator",
                 outside=address).rebound(port, address)  # fmt: skip
    play.nat_t = False
    play.msg1()
    return play.msg2() if answered else play


def scan(*hosts: Scene) -> list[Conversation]:
    return list(analyzed(*hosts).conversations)


def outcomes(*hosts: Scene) -> list[str]:
    return [one.outcome for one in scan(*hosts)]


def test_same_msg1_to_three_hosts_is_a_scan() -> None:
    found = scan(ask(4), ask(5), ask(6))
    assert [(one.outcome, faults(one), notes(one)) for one in found] == [("probe", [], ["probe"])] * 3
    assert "to 3 hosts" in found[0].findings[0].claim


def test_two_hosts_may_be_two_tunnels() -> None:
    assert outcomes(ask(4), ask(5)) == ["in-progress"] * 2


def test_one_host_that_is_asked_thrice_is_one_host() -> None:
    again = [Scene(seed=n, start_s=n / 9, vendor_ids=NOBODYS).msg1() for n in range(3)]
    assert "probe" not in outcomes(*again)


def test_live_initiator_shows_vendor_ids() -> None:
    assert outcomes(ask(4, LIVE), ask(5, LIVE), ask(6, LIVE)) == ["in-progress"] * 3


def test_one_that_is_followed_up_shows_that_none_is_a_probe() -> None:
    up = Scene(seed=9, vendor_ids=NOBODYS).phase1().quick(1, 2, 3)
    assert outcomes(up, ask(4), ask(5), ask(6)) == ["established", *["in-progress"] * 3]


def test_other_offers_are_other_errands() -> None:
    other = Scene(responder="198.51.100.9", seed=9, vendor_ids=NOBODYS, auth="rsa-sig").msg1()
    assert outcomes(ask(4), ask(5), other) == ["in-progress"] * 3


@pytest.mark.parametrize(("answer", "words"), [("msg2", "MSG2"), ("notify", "refused"), ("icmp", "ICMP")])
def test_what_comes_back_to_a_probe_is_no_fault(answer: str, words: str) -> None:
    asked = ask(4)
    if answer == "msg2":
        asked.msg2()
    elif answer == "notify":
        asked.notify(RESPONDER)
    else:
        asked.port_unreachable()
    first = scan(asked, ask(5), ask(6))[0]
    assert (first.outcome, faults(first)) == ("probe", [])
    assert words in first.summary


@pytest.mark.parametrize(("gaps", "outcome"), [((0.5, 0.75), "probe"), (RETRIES, "stalled")])
def test_scanner_gives_up_within_seconds(gaps: tuple[float, ...], outcome: str) -> None:
    hosts = [ask(host).repeat(gaps).bystander(90) for host in (4, 5, 6)]
    assert outcomes(*hosts) == [outcome] * 3


def test_hosts_that_share_a_cookie_are_asked_too() -> None:
    plays = [Scene(responder=f"198.51.100.{n}", start_s=5 * n, vendor_ids=NOBODYS).msg1() for n in (4, 5, 6)]
    assert outcomes(*plays) == ["probe"] * 3


@pytest.mark.parametrize("gap_s", [0.2, 2.6, 4.4, 8.0, 45.0])
@pytest.mark.parametrize("answered", [True, False])
def test_monitor_is_a_probe_whatever_its_pace(gap_s: float, answered: bool) -> None:
    asked = [monitor(40_000 + 7 * n, start_s=n * gap_s, answered=answered) for n in range(4)]
    found = scan(*asked)
    assert [(one.outcome, faults(one)) for one in found] == [("probe", [])] * 4
    assert "4 times, each time with another cookie and port" in found[0].findings[0].claim


def test_two_from_one_address_and_two_ports_are_a_monitor() -> None:
    assert outcomes(monitor(40_001), monitor(50_001, start_s=2)) == ["probe"] * 2


def test_two_from_two_addresses_may_be_two_clients() -> None:
    assert "probe" not in outcomes(monitor(40_001), monitor(50_001, "192.0.2.9", start_s=2))


def test_flood_from_many_addresses_is_of_probes() -> None:
    asked = [monitor(3_000 + 17 * n, f"192.0.2.{n}", start_s=n / 20) for n in range(1, 9)]
    assert outcomes(*asked) == ["probe"] * 8


@pytest.mark.parametrize("port", [500, 4500, 40_001])
def test_initiator_that_tries_again_does_so_from_the_port_it_has(port: int) -> None:
    tried = [monitor(port, start_s=2.0 * n) for n in range(4)]
    assert "probe" not in outcomes(*tried)


def test_who_asks_again_after_the_answer_wants_it() -> None:
    tried = [monitor(40_000 + n, start_s=60.0 * n).repeat((1.0, 1.5), "MSG1", "MSG2") for n in range(4)]
    assert "probe" not in outcomes(*tried)


def test_one_of_a_series_that_is_followed_up_shows_that_none_is_a_probe() -> None:
    up = monitor(39_000).msg3().msg4().msg5().msg6()
    again = [monitor(40_000 + n, start_s=1.0 + n) for n in range(3)]
    assert "probe" not in outcomes(up, *again)


@pytest.mark.parametrize(("other", "outcome"), [("psk", "probe"), ("rsa-sig", "in-progress")])
def test_series_in_aggressive_mode_is_known_by_its_offer(other: str, outcome: str) -> None:
    """Key exchange and nonce are others each time."""
    plays = []
    for port, auth in ((40_001, "psk"), (50_001, other)):
        play = Scene(mode="aggressive", auth=auth, seed=port, start_s=port / 20_000, vendor_ids=NOBODYS,
                     nat="initiator", outside="192.0.2.1")  # fmt: skip
        play.rebound(port, "192.0.2.1").nat_t = False
        plays.append(play.msg1())
    assert outcomes(*plays) == [outcome] * 2


def test_refused_series_is_a_series() -> None:
    asked = [
        monitor(3_000 + n, f"192.0.2.{n}", start_s=n / 20, answered=False).notify(RESPONDER)
        for n in (1, 2, 3)
    ]
    assert outcomes(*asked) == ["probe"] * 3


DEFAULTS = tuple(
    Suite(encryption=cipher, key_bits=0, hash=digest, group=group, lifetime_s=28_800)
    for group in (2, 1)
    for cipher in (5, 1)
    for digest in (2, 1)
)
"""What ike-scan offers unless told otherwise, by its manual."""


def refused(port: int, offer: tuple[Suite, ...], **options: Any) -> Conversation:
    """One MSG1 from a port, and a refusal."""
    play = Scene(
        **{"vendor_ids": NOBODYS, "nat": "initiator", "outside": "192.0.2.1", "offer": offer} | options
    )
    play.rebound(port, "192.0.2.1").nat_t = False
    return scan(play.msg1().notify(RESPONDER).bystander(4))[0]


@pytest.mark.parametrize("mode", ["main", "aggressive"])
def test_scanner_that_is_refused_is_a_scanner(mode: str) -> None:
    one = refused(37_576, DEFAULTS if mode == "main" else DEFAULTS[:4], mode=mode)
    assert (one.outcome, faults(one), notes(one)) == ("probe", [], ["probe"])
    assert "ike-scan" in one.findings[0].claim


@pytest.mark.parametrize(
    ("port", "offer", "vendor_ids"),
    [
        (500, DEFAULTS, NOBODYS),
        (37_576, DEFAULTS[:3], NOBODYS),
        (37_576, (STRONG,), NOBODYS),
        (37_576, DEFAULTS, LIVE),
    ],
)
def test_initiator_without_vendor_ids_may_be_refused(
    port: int, offer: tuple[Suite, ...], vendor_ids: tuple[tuple[bytes, ...], tuple[bytes, ...]]
) -> None:
    one = refused(port, offer, vendor_ids=vendor_ids)
    assert (one.outcome, faults(one)) == ("refused", ["proposal-mismatch"])


def test_who_asks_again_after_a_refusal_is_no_scanner() -> None:
    play = Scene(vendor_ids=NOBODYS, nat="initiator", outside="192.0.2.1", offer=DEFAULTS)
    play.rebound(37_576, "192.0.2.1").nat_t = False
    play.msg1().notify(RESPONDER).repeat(RETRIES, "MSG1", "NOTIFY").bystander(4)
    assert outcomes(play) == ["refused"]

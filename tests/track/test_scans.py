"""Scans of many hosts: a probe of each, and no negotiation that failed."""

import pytest

from ikepcap.report.model import Conversation
from tests.report.scene import RESPONDER, RETRIES, Scene, analyzed, faults, notes

NOBODYS = ((), ())
"""Scanners show no vendor IDs."""
LIVE = Scene().vendor_ids


def ask(host: int, vendor_ids: tuple[tuple[bytes, ...], tuple[bytes, ...]] = NOBODYS) -> Scene:
    """One MSG1 to one of several hosts."""
    play = Scene(responder=f"198.51.100.{host}", seed=host, start_s=host / 20, vendor_ids=vendor_ids)
    return play.msg1()


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

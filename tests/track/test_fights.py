"""Two clients with one identity end each other's negotiations; whatever only looks like that is none."""

from collections.abc import Iterable
from itertools import pairwise
from typing import Any, Final

import pytest

from ikepcap.report.model import Conversation
from ikepcap.testing.stage import EPOCH_NS, SECOND_NS, Role
from tests.report.scene import INITIATOR, RESPONDER, Scene, analyzed, faults

PORTS: Final = ((500, 4500), (1041, 38814))
DELETE: Final = 64
STRANGER: Final = "198.51.100.200"


class Client(Scene):
    """One of two behind one NAT, or at addresses of their own; each is known by its port."""

    def at_port(self, ports: tuple[int, int]) -> "Client":
        """The NAT's, for UDP 500 and 4500."""
        self._ports = ports
        return self

    def until(self, time_ns: int) -> "Client":
        """Let time pass up to a moment; what is sent next is sent then."""
        self._now_ns = time_ns - round(self.delay_s * SECOND_NS)
        return self

    def came_up_ns(self) -> int:
        """When the responder's last message of phase 1 was seen."""
        return next(shot.time_ns for shot in self.shots if shot.step == "MSG6")


def ns(seconds: float) -> int:
    return EPOCH_NS + round(seconds * SECOND_NS)


def turns(
    count: int,
    *,
    every_s: float = 2.0,
    late_s: float = 0.0,
    ports: tuple[tuple[int, int], ...] = PORTS,
    addresses: tuple[str, ...] = (),
    by: Role = RESPONDER,
    responder: str = "198.51.100.7",
) -> list[Client]:
    """So many negotiations, each ended as the next comes up, or so much later; two of them at a time."""
    made: list[Client] = []
    for n in range(count):
        who: dict[str, Any] = (
            {"initiator": addresses[n % len(addresses)]} if addresses else {"nat": "initiator"}
        )
        one = Client(seed=n + 1, start_s=n * every_s, near="responder", responder=responder, **who)
        one.at_port(ports[n % len(ports)]).phase1().quick(1, 2, 3)
        made.append(one)
    for one, following in pairwise(made):
        one.until(following.came_up_ns() + round(late_s * SECOND_NS)).informational(by, plain_bytes=DELETE)
    return made


def fought(plays: Iterable[Scene]) -> list[bool]:
    return [faults(one) == ["deleted-by-peer"] for one in analyzed(*plays).conversations]


def conversations(plays: Iterable[Scene]) -> tuple[Conversation, ...]:
    return analyzed(*plays).conversations


def test_two_behind_one_nat_that_end_each_other_are_told_from_the_third_time_on() -> None:
    # Of five the fourth is ended too, but nobody shows to have begun anew because of that.
    assert fought(turns(5)) == [True] * 5
    assert fought(turns(4)) == [False] * 4


def test_two_at_addresses_of_their_own_are_two_clients_as_well() -> None:
    assert fought(turns(6, addresses=("192.0.2.1", "192.0.2.99"))) == [True] * 6


def test_who_is_ended_and_who_ended_it_are_named() -> None:
    first, *_ = conversations(turns(6))
    (found,) = (f for f in first.findings if f.severity == "fault")
    assert (found.certainty, found.display_filter) == ("likely", "isakmp && ip.addr == 198.51.100.7")
    assert found.claim == (
        "The responder 198.51.100.7 ends what is up whenever another client comes up, and both come back: "
        "consistent with two clients that have the same identity."
    )
    times, ended, again = found.evidence
    assert times.startswith("4 negotiations with 198.51.100.7 were ended so in 6.0 s")
    assert ended == (
        f"This one was ended in frame {found.frames[-1]}, as the one of 203.0.113.5 port 1041 came up that "
        "begins in frame 10"
    )
    assert again.startswith("203.0.113.5 port 500 began anew 1.9 s after")
    assert found.frames[:2] == (1, 10)
    assert first.summary.endswith("the responder ended it as another client's came up.")


def test_all_of_a_fight_are_one_story() -> None:
    first, *more = conversations(turns(6))
    assert first.attempt_of is None
    assert {one.attempt_of for one in more} == {first.id}


def test_the_last_of_a_fight_is_told_what_it_is_part_of_and_nothing_more() -> None:
    last = conversations(turns(6))[-1]
    (found,) = (f for f in last.findings if f.severity == "fault")
    assert len(found.evidence) == 1
    assert "another client's" not in last.summary


def test_aggressive_mode_comes_up_with_quick_mode() -> None:
    """Its last message is the initiator's: the responder's next is QM2."""
    short = [
        Client(mode="aggressive", seed=n + 40, start_s=n * 4.0, nat="initiator", delay_s=0.2)
        for n in range(6)
    ]
    for n, one in enumerate(short):
        one.at_port(PORTS[n % 2]).phase1().quick(1, 2, 3)
    for one, following in pairwise(short):
        came = next(shot.time_ns for shot in following.shots if shot.step == "QM2")
        one.until(came).informational(RESPONDER, plain_bytes=DELETE)
    assert fought(short) == [True] * 6


HEALTHY: Final = {
    "one client that renews what it has": turns(6, ports=PORTS[:1]),
    "the clients end what they have": turns(6, by=INITIATOR),
    "the one that ends is not the one that comes up": turns(6, late_s=0.3),
    "nobody is back within ten seconds": turns(6, every_s=11.0),
    "each time another client": turns(6, ports=tuple((1000 + n, 5000 + n) for n in range(6))),
}


@pytest.mark.parametrize("why", HEALTHY)
def test_what_is_no_fight(why: str) -> None:
    assert fought(HEALTHY[why]) == [False] * 6


def test_one_of_many_that_came_up_at_that_moment_is_not_blamed() -> None:
    """A gateway on which many tunnels come up at once, and one client that it sends away for its own sake."""
    plays: list[Scene] = list(turns(6))
    beside = [
        Client(seed=n + 60, start_s=n * 2.0, near="responder", initiator=f"192.0.2.{n + 50}").phase1()
        for n in range(6)
    ]
    assert True not in fought([*plays, *beside])


def test_fights_at_two_gateways_at_the_same_time_are_two() -> None:
    there = turns(6, addresses=("192.0.2.50", "192.0.2.51"), responder=STRANGER)
    assert fought([*turns(6), *there]) == [True] * 12


def test_one_that_goes_on_speaking_was_not_ended() -> None:
    made = turns(6)
    for one in made:
        one.wait(0.5).quick(1, 2, 3)
    assert fought(made) == [False] * 6


def test_one_that_never_came_up_was_not_ended_by_another() -> None:
    made = turns(6)
    for one in made:
        one.keep(lambda shot: shot.step in ("MSG1", "MSG2", "INFO"))
    assert "deleted-by-peer" not in [code for one in conversations(made) for code in faults(one)]


def test_filter_of_ipv6_names_its_field() -> None:
    made = turns(5, addresses=("2001:db8::1", "2001:db8::99"), responder="2001:db8::7")
    (found,) = (f for f in conversations(made)[0].findings if f.severity == "fault")
    assert found.display_filter == "isakmp && ipv6.addr == 2001:db8::7"


def alone(count: int, *, lives_s: float = 0.5, back_s: float = 1.0) -> list[Client]:
    """One client, which is sent a delete soon after it came up, and begins anew."""
    made, start_s = [], 0.0
    for n in range(count):
        one = Client(seed=n + 1, start_s=start_s).phase1().quick(1, 2, 3)
        one.wait(lives_s).informational(RESPONDER, plain_bytes=DELETE)
        start_s = (one.shots[-1].time_ns - EPOCH_NS) / SECOND_NS + back_s
        made.append(one)
    return made


def test_one_client_that_is_sent_away_each_time_is_told_of_from_the_fifth_time_on() -> None:
    """The last has nothing after it that shows why it ended."""
    assert fought(alone(5)) == [False] * 5
    assert fought(alone(6)) == [True] * 5 + [False]


def test_one_client_that_is_sent_away_is_told_with_how_often() -> None:
    first, *_ = conversations(alone(6))
    (found,) = (f for f in first.findings if f.severity == "fault")
    assert (found.certainty, found.frames) == ("likely", (1, 10))
    assert found.evidence[0].startswith("5 negotiations of 192.0.2.1 in a row were ended so in 7.0 s")
    assert found.evidence[1].startswith(
        "Frame 10 is the last word of 198.51.100.7 in this one; 192.0.2.1 began"
    )
    assert first.summary.endswith("quick mode came up; the responder ended it.")


def test_tunnels_that_lived_or_that_nobody_missed_are_no_complaint() -> None:
    assert True not in fought(alone(7, lives_s=30))
    assert True not in fought(alone(7, back_s=10))
    assert fought(alone(7, lives_s=28, back_s=9)) == [True] * 6 + [False]


def test_one_that_stays_in_between_begins_the_count_anew() -> None:
    made = alone(9)
    made[4].keep(lambda shot: shot.step != "INFO")
    assert True not in fought(made)


def test_one_that_ended_before_it_came_up_has_no_part_in_it() -> None:
    """Its responder's last word is a refusal."""
    made = alone(7)
    for one in made:
        one.keep(lambda shot: shot.step in ("MSG1", "MSG2", "MSG3", "MSG4", "MSG5", "INFO"))
    assert "deleted-by-peer" not in [code for found in conversations(made) for code in faults(found)]


def test_one_that_nobody_answered_ends_nothing_and_is_not_ended() -> None:
    silent = [
        Client(seed=n + 80, start_s=n * 2.0, near="responder", nat="initiator").at_port((1041, 38814)).msg1()
        for n in range(6)
    ]
    assert True not in fought(silent)


def test_one_that_another_client_ended_is_not_counted_as_one_of_a_row() -> None:
    made = alone(7)
    ended_ns = made[5].shots[-1].time_ns
    other = Client(seed=77, initiator="192.0.2.99").phase1()
    took_s = (other.came_up_ns() - EPOCH_NS) / SECOND_NS
    start_s = (ended_ns - EPOCH_NS) / SECOND_NS - took_s
    beside = Client(seed=77, initiator="192.0.2.99", start_s=start_s).phase1()
    assert fought([*made, beside]) == [True] * 5 + [False] * 3

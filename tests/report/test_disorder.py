"""A healthy negotiation, whose capture is not: frames missing, twice, or in another order."""

import re
from typing import Final, NamedTuple

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import ikepcap
from ikepcap.diagnose.finding import FAULTS, NOTES
from ikepcap.report.model import Report
from ikepcap.testing import Frame
from tests.report.scene import (
    INITIATOR,
    RESPONDER,
    Scene,
    analyzed,
    copied,
    faults,
    in_order,
    only,
    standing,
)

PATH: Final = {
    "no-reply", "port-closed", "unreachable", "filtered", "replies-lost", "peer-went-silent", "nat-t-blocked",
    "fragments-lost", "peer-restarted", "overloaded",
}  # fmt: skip
HEALTHY: Final[tuple[list[Frame], ...]] = tuple(
    play.phase1().quick(1, 2, 3).wait(20).dead_peer_detection().quick(1, 2, 3, by=RESPONDER).frames
    for play in (
        Scene(),
        Scene(seed=2, auth="rsa-sig", mtu=700),
        Scene(seed=3, auth="rsa-sig", ike_fragment_bytes=400),
        Scene(seed=4, nat=INITIATOR),
        Scene(seed=5, nat=RESPONDER, near="between"),
        Scene(seed=6, mode="aggressive"),
        Scene(seed=7, mode="aggressive", nat=INITIATOR),
        Scene(seed=8, ip_ids=False),
    )
)
SECOND: Final = 1_000_000_000


class Disorder(NamedTuple):
    """Frames of a healthy play in any order, any number of times; small to print."""

    play: int
    order: list[int]
    jitter_ns: list[int]

    @property
    def frames(self) -> list[Frame]:
        healthy = HEALTHY[self.play]
        return [
            Frame(healthy[index].time_ns + self.jitter_ns[n % 4], healthy[index].packet)
            for n, index in enumerate(self.order)
        ]


@st.composite
def disorder(draw: st.DrawFn, *, whole: bool) -> Disorder:
    """Draw an order; with `whole` every frame is there at least once, and a few places from its own.

    That is how far a capture of several queues or interfaces puts frames out of order.
    """
    play = draw(st.integers(0, len(HEALTHY) - 1))
    size = len(HEALTHY[play])
    order = draw(st.lists(st.integers(0, size - 1), max_size=size))
    jitter_ns = st.integers(-SECOND, 2 * SECOND)
    if whole:
        order = sorted([*range(size), *order])
        shifts = draw(st.lists(st.integers(0, 3), min_size=len(order), max_size=len(order)))
        pairs = zip(order, shifts, strict=True)
        order = [index for _, index in sorted(zip(map(sum, pairs), order, strict=True))]
        jitter_ns = st.integers(0, SECOND // 100)
    return Disorder(play, order, draw(st.lists(jitter_ns, min_size=4, max_size=4)))


def all_faults(report: Report) -> set[str]:
    """Return the codes of all that is wrong."""
    return set(faults(report)).union(*map(faults, report.conversations))


@settings(max_examples=150, deadline=None)
@given(disorder(whole=False))
def test_no_frames_in_whatever_order_make_the_analysis_raise(made: Disorder) -> None:
    """`strict` lets a rule that fails raise."""
    report = analyzed(made.frames)
    codes = {
        f.code for found in (report.findings, *(c.findings for c in report.conversations)) for f in found
    }
    assert codes <= FAULTS | NOTES
    assert sum(c.message_count for c in report.conversations) <= len(made.order)


@settings(max_examples=150, deadline=None)
@given(disorder(whole=True))
def test_order_and_duplicates_alone_yield_no_fault_but_of_the_path(made: Disorder) -> None:
    assert all_faults(analyzed(made.frames)) <= PATH


@settings(max_examples=150, deadline=None)
@given(st.integers(0, len(HEALTHY) - 1), st.data())
def test_duplicates_change_nothing_but_that_they_are_told_of(number: int, data: st.DataObject) -> None:
    """The same transmission some microseconds later: a mirror port, or two interfaces."""
    frames = HEALTHY[number]
    wanted = data.draw(st.lists(st.sampled_from(range(len(frames))), unique=True, min_size=1))
    after_ms = data.draw(st.sampled_from([0.0, 0.004, 0.2]))
    more = in_order([*frames, *(copied(frames[n], after_ms) for n in wanted)])
    plain, doubled = only(frames), only(more)
    assert standing(doubled) == standing(plain)
    assert faults(doubled) == []
    assert [(e.kind, e.outcome) for e in doubled.exchanges] == [(e.kind, e.outcome) for e in plain.exchanges]
    assert "recovered" not in {f.code for f in doubled.findings}


@pytest.mark.parametrize("number", range(len(HEALTHY)))
def test_neighbours_that_changed_places_change_no_verdict(number: int) -> None:
    """Two queues of one interface, or two clocks a little apart."""
    for at in range(len(HEALTHY[number]) - 1):
        swapped = [*HEALTHY[number]]
        swapped[at : at + 2] = swapped[at : at + 2][::-1]
        report = analyzed(swapped)
        assert [(at, c.outcome, faults(c)) for c in report.conversations] == [(at, "established", [])]


@settings(max_examples=100, deadline=None)
@given(st.lists(st.integers(0, 3), min_size=6, max_size=6), st.data())
def test_removing_only_copies_never_changes_that_it_came_up(repeats: list[int], data: st.DataObject) -> None:
    """Every message of phase 1 was sent again some times before the answer came."""
    play = Scene()
    copies: list[int] = []
    for number, again in enumerate(repeats[:5], 1):
        getattr(play, f"msg{number}")()
        for _ in range(again):
            copies.append(len(play.shots))
            play.wait(3).again(f"MSG{number}")
    play.msg6().quick(1, 2, 3)
    frames = play.frames
    assert only(frames).outcome == "established"
    gone = set(data.draw(st.lists(st.sampled_from(copies), unique=True))) if copies else set()
    found = only([frame for n, frame in enumerate(frames) if n not in gone])
    assert (found.outcome, faults(found)) == ("established", [])


@pytest.mark.parametrize("number", range(len(HEALTHY)))
def test_capture_that_starts_anywhere_in_a_healthy_negotiation_has_no_fault(number: int) -> None:
    """Whatever is missing at the beginning, what comes later proves that it came up."""
    frames = HEALTHY[number]
    for start in range(len(frames) - 1):
        assert all_faults(analyzed(frames[start:])) == set(), start


@pytest.mark.parametrize("number", range(len(HEALTHY)))
def test_capture_that_ends_anywhere_in_a_healthy_negotiation_has_no_fault(number: int) -> None:
    """It ends at once after a frame: nothing can be concluded yet."""
    frames = HEALTHY[number]
    for end in range(1, len(frames)):
        assert all_faults(analyzed(frames[:end])) == set(), end


@pytest.mark.parametrize("number", range(len(HEALTHY)))
@pytest.mark.parametrize("side", [0, 1])
def test_one_direction_of_a_healthy_negotiation_has_no_fault(number: int, side: int) -> None:
    """Asymmetric routing: what the other peer sent passes elsewhere."""
    ends = HEALTHY[number][0].packet[12:16]
    frames = [f for f in HEALTHY[number] if (f.packet[12:16] == ends) == (side == 0)]
    assert all_faults(analyzed(frames)) == set()


def set_back(frames: list[Frame], at: int, seconds: float) -> list[Frame]:
    """Return frames of which those from one on have times of a clock that was set back."""
    late = [Frame(f.time_ns - round(seconds * 1e9), f.packet) for f in frames[at:]]
    return [*frames[:at], *late]


@pytest.mark.parametrize("seconds", [3.0, 20.0, 3600.0])
def test_clock_that_was_set_back_leaves_no_senseless_times(seconds: float) -> None:
    stalled = Scene().msg1().repeat((4.0, 7.2, 13.0)).frames
    for frames in (stalled, *HEALTHY):
        for at in range(1, len(frames)):
            text = ikepcap.render(analyzed(set_back(frames, at, seconds)))
            assert not re.search(r"-[0-9.]+ m?s|(in|over|in the) 0.0 ms", text), text


def test_clock_that_was_set_back_in_phase_1_is_said_where_its_time_would_be() -> None:
    """Of kin that came up before, too."""
    plays = [Scene(seed=n, start_s=30.0 * n).phase1().quick(1, 2, 3).frames for n in range(4)]
    frames = [frame for play in plays[:3] for frame in play] + set_back(plays[3], 2, 20)
    *before, last = [one.summary for one in analyzed(frames).conversations]
    assert all("came up in 0." in summary for summary in before)
    assert last == "Main mode came up while time steps back in between; quick mode came up."

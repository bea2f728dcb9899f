"""What is remembered of conversations alike changes nothing: with and without it the report is the same."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ikepcap.capture.datagram import Packed, unpacked
from ikepcap.capture.decode import Item
from ikepcap.diagnose.case import Case
from ikepcap.diagnose.engine import RULES, diagnose
from ikepcap.diagnose.finding import Finding
from ikepcap.report import build
from ikepcap.report.model import Report
from ikepcap.state.infer import Standing
from ikepcap.testing import Frame
from ikepcap.track.clear import Reader
from ikepcap.track.conversation import Conversation
from ikepcap.track.tracker import Tracker
from tests.report.scene import INITIATOR, RESPONDER, Scene, analyzed, copied, in_order

UDP_DATA = 28
"""Octets of IPv4 and UDP headers: what comes after them is the message."""


def take_as_other(tracker: Tracker, items: Iterable[Item | Packed]) -> None:
    """Take everything the way of what is out of the ordinary."""
    for item in items:
        tracker._take_other(unpacked(item) if isinstance(item, tuple) else item)


@contextmanager
def nothing_remembered() -> Iterator[None]:
    """Take the long way everywhere: each message is read anew, each conversation inferred in full."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(build, "shape_of", lambda *_: None)
        patch.setattr(Tracker, "take", take_as_other)
        patch.setattr(Reader, "read", Reader._read_new)
        yield


def both_ways(*what: Scene | list[Frame], keep_messages: bool = False) -> tuple[Report, Report]:
    """Return the report as it is, and as it is when nothing is remembered."""
    with nothing_remembered():
        long_way = analyzed(*what, keep_messages=keep_messages)
    return analyzed(*what, keep_messages=keep_messages), long_way


def scene(seed: int, **options: object) -> Scene:
    return Scene(seed=seed, initiator=f"192.0.2.{seed + 1}", start_s=seed * 0.01, **options)  # type: ignore[arg-type]


def kinds(first: int) -> list[Scene]:
    """One healthy conversation of each kind that is remembered, and some that are not."""
    return [
        scene(first).phase1().quick(1, 2, 3),
        scene(first + 1, nat=INITIATOR).phase1().quick(1, 2, 3),
        scene(first + 2, nat=RESPONDER).phase1().quick(1, 2, 3).quick(1, 2, 3),
        scene(first + 3, mode="aggressive").phase1().quick(1, 2, 3),
        scene(first + 4).phase1().quick(1, 2, 3).wait(20).dead_peer_detection(),
        scene(first + 5).phase1(),
        scene(first + 6).msg1().msg2().msg3().msg4(),
        scene(first + 7).phase1().quick(1, 2),
    ]


@pytest.mark.parametrize("keep_messages", [False, True])
def test_second_conversation_of_a_kind_is_told_as_if_it_were_the_first(keep_messages: bool) -> None:
    plays = [play for first in (0, 20, 40) for play in kinds(first)]
    remembered, anew = both_ways(*plays, keep_messages=keep_messages)
    assert remembered == anew
    assert len(remembered.conversations) == len(plays)


@settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.data())
def test_whatever_happens_to_frames_both_ways_agree(data: st.DataObject) -> None:
    """Lost, repeated, reordered and broken: what is not plain must not be taken for it."""
    frames = in_order([frame for first in (0, 20) for play in kinds(first) for frame in play.frames])
    for _ in range(data.draw(st.integers(0, 12))):
        at = data.draw(st.integers(0, len(frames) - 1))
        what = data.draw(st.sampled_from(["lose", "repeat", "swap", "break"]))
        if what == "lose" and len(frames) > 1:
            del frames[at]
        elif what == "repeat":
            frames.insert(at + 1, copied(frames[at], data.draw(st.sampled_from([0.01, 900.0, 31_000.0]))))
        elif what == "swap":
            frames[at - 1], frames[at] = frames[at], frames[at - 1]
        else:
            packet = bytearray(frames[at].packet)
            where = data.draw(st.integers(UDP_DATA, len(packet) - 1))
            packet[where] = data.draw(st.sampled_from([0, 1, 4, 11, 13, 255]))
            frames[at] = Frame(frames[at].time_ns, bytes(packet))
    remembered, anew = both_ways(frames)
    assert remembered == anew


def test_rules_have_nothing_to_say_of_a_plain_conversation(monkeypatch: pytest.MonkeyPatch) -> None:
    """They are not asked: this is why that is no loss."""
    told: list[Finding] = []
    plain = 0

    def asked(case: Case, *, strict: bool = False) -> tuple[Finding, ...]:
        nonlocal plain
        plain += case.standing.is_plain
        if case.standing.is_plain:
            told.extend(found for rule in RULES for found in rule(case))
        return diagnose(case, strict=strict)

    monkeypatch.setattr(build, "diagnose", asked)
    analyzed(*kinds(0), *kinds(20), keep_messages=True)
    assert told == []
    assert plain >= 10


def test_conversation_without_its_first_message_is_not_plain(monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[Standing] = []

    class Spy(Case):
        def __init__(self, conversation: Conversation, standing: Standing, auth: str | None) -> None:
            seen.append(standing)
            super().__init__(conversation, standing, auth)

    monkeypatch.setattr(build, "Case", Spy)
    analyzed(scene(0).phase1().quick(1, 2, 3).start_late(1))
    assert [(s.outcome, s.is_plain) for s in seen] == [("established", False)]


@pytest.mark.parametrize("nat", [None, INITIATOR, RESPONDER])
@pytest.mark.parametrize("mode", ["main", "aggressive"])
def test_nat_of_a_known_shape_is_that_of_the_whole_conversation(mode: str, nat: str | None) -> None:
    """Of the second conversation of a shape only the messages with NAT-D are unpacked."""
    scenes = [
        Scene(mode=mode, nat=nat, seed=n, start_s=n).phase1().quick(1, 2, 3)  # type: ignore[arg-type]
        for n in (1, 2)
    ]
    as_it_is, long_way = both_ways(*scenes)
    assert [c.nat for c in as_it_is.conversations] == [c.nat for c in long_way.conversations]

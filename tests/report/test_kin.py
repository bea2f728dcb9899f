"""Kin say the same in the clear; one octet that matters makes strangers of them."""

import tempfile
from pathlib import Path

import pytest

from ikepcap.capture.reader import Capture
from ikepcap.report.kin import Kin
from ikepcap.testing import LEGACY, STRONG, pcap
from ikepcap.track.ended import Ended
from ikepcap.track.tracker import Tracker
from tests.report.scene import INITIATOR, Scene


def packed(
    play: Scene, *, broken: tuple[int, int] | None = None, cut: tuple[int, int] | None = None
) -> Ended:
    """Return the one conversation of a play.

    `broken` is a frame and the octet of its message to change, `cut` one and how many octets a snaplen took.
    """
    frames = list(play.frames)
    if cut is not None:
        at, lost = cut
        frames[at] = type(frames[at])(frames[at].time_ns, frames[at].packet[:-lost])
    if broken is not None:
        at, octet = broken
        packet = bytearray(frames[at].packet)
        packet[28 + octet] ^= 1
        frames[at] = type(frames[at])(frames[at].time_ns, bytes(packet))
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "scene.pcap")
        path.write_bytes(pcap(frames))
        tracker = Tracker()
        for found in Capture([path]).batches():
            tracker.take(found)
        (ended,) = tracker.end_all(frames[-1].time_ns)
    return ended


def healthy(seed: int, **options: object) -> Scene:
    return Scene(seed=seed, nat=INITIATOR, **options).phase1().quick(1, 2, 3)  # type: ignore[arg-type]


def recalled(first: Ended, second: Ended) -> str | None:
    kin: Kin[str] = Kin()
    kin.remember(first, first.columns(), "met before")
    return kin.recall(second, second.columns())


def test_other_cookies_keys_nonces_and_hashes_do_not_matter() -> None:
    assert recalled(packed(healthy(1)), packed(healthy(2))) == "met before"


@pytest.mark.parametrize("octet", [60, 80, 100, 120])
def test_another_octet_in_the_offer_or_a_vendor_id_does(octet: int) -> None:
    assert recalled(packed(healthy(1)), packed(healthy(2), broken=(0, octet))) is None


def test_another_offer_does() -> None:
    assert recalled(packed(healthy(1, offer=(STRONG,))), packed(healthy(2, offer=(LEGACY,)))) is None


def test_another_course_does() -> None:
    assert recalled(packed(healthy(1)), packed(healthy(2).quick(1, 2, 3))) is None


def test_a_message_that_was_cut_does() -> None:
    assert recalled(packed(healthy(1)), packed(healthy(2), cut=(0, 9))) is None


def test_layouts_of_one_course_are_not_confused() -> None:
    """Only the last one's octets are compared, so what was remembered of the others is forgotten."""
    kin: Kin[str] = Kin()
    first, second = packed(healthy(1)), packed(healthy(2))
    kin.remember(first, first.columns(), "first")
    (group,) = kin._groups.values()
    group.spans = ()
    kin.remember(second, second.columns(), "second")
    assert kin.recall(first, first.columns()) == "second"
    assert len(next(iter(kin._groups.values())).known) == 1

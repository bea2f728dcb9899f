"""How long it takes until a MSG1 that nobody goes on with is a probe."""

import pytest

from ikepcap.state.waiting import ENOUGH_NS
from tests.report.scene import Scene, only

LIVE = Scene().vendor_ids
NOBODYS = ((), ())
ENOUGH_S = ENOUGH_NS / 10**9


@pytest.mark.parametrize(
    ("last", "vendor_ids", "seconds", "is_probe"),
    [
        (1, LIVE, 60, True),
        (1, LIVE, 59.99, False),
        (1, NOBODYS, ENOUGH_S, True),
        (1, NOBODYS, ENOUGH_S - 0.01, False),
        (2, NOBODYS, 5, True),
        (2, NOBODYS, 4.99, False),
        (2, LIVE, 90, False),
        (3, NOBODYS, 90, False),
    ],
)
def test_probe_is_what_its_sender_never_goes_on_with(
    last: int, vendor_ids: tuple[tuple[bytes, ...], tuple[bytes, ...]], seconds: float, is_probe: bool
) -> None:
    found = only(Scene(vendor_ids=vendor_ids).upto(last).bystander(seconds))
    assert (found.outcome == "probe") == is_probe

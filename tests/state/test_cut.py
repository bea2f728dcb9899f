"""Captures with a small snaplen: what headers show counts, what was cut off proves nothing."""

import tempfile
from pathlib import Path

import pytest

import ikepcap
from ikepcap.report.model import Conversation, Report
from ikepcap.testing.policy import NAT_T
from tests.report.scene import (
    INITIATOR,
    RESPONDER,
    RETRIES,
    TWO,
    Scene,
    faults,
    notes,
    only,
    standing,
    steps,
)

V6 = {"initiator": "2001:db8::1", "responder": "2001:db8::7"}
NOBODYS = ((), ())


def cut(snaplen: int, play: Scene) -> Report:
    """The report on a play of which so many octets of each frame were captured."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "cut.pcap")
        path.write_bytes(play.pcap(snaplen=snaplen))
        return ikepcap.analyze(path, strict=True)


def one(snaplen: int, play: Scene) -> Conversation:
    (found,) = cut(snaplen, play).conversations
    return found


STALLS = {
    "silent-at-2": lambda: Scene().msg1().repeat(RETRIES).bystander(30),
    "silent-at-4": lambda: Scene(nat_t=True).upto(3).repeat(RETRIES).bystander(30),
    "silent-at-5": lambda: Scene().upto(4).repeat(RETRIES, "MSG4").bystander(30),
    "key-differs": lambda: Scene().upto(5).repeat(RETRIES, "MSG4", "MSG5").bystander(30),
    "refused": lambda: Scene().msg1().notify(RESPONDER).bystander(30),
    "aggressive": lambda: Scene(mode="aggressive").upto(2).repeat(RETRIES, "MSG2").bystander(30),
}


@pytest.mark.parametrize("snaplen", [96, 128, 200])
@pytest.mark.parametrize("name", STALLS)
def test_cut_capture_has_the_verdict_of_the_whole_one(name: str, snaplen: int) -> None:
    whole, found = only(STALLS[name]()), one(snaplen, STALLS[name]())
    assert standing(found) == standing(whole)
    assert (steps(found), faults(found)) == (steps(whole), faults(whole))


@pytest.mark.parametrize("snaplen", [96, 110, 150, 200, 300])
@pytest.mark.parametrize("options", [{}, V6, {"nat": INITIATOR}, {"mode": "aggressive"}, {"auth": "rsa-sig"}])
def test_cut_capture_of_a_healthy_negotiation_has_no_fault(snaplen: int, options: dict[str, str]) -> None:
    play = Scene(offer=TWO, **options).phase1().quick(1, 2, 3).wait(20).dead_peer_detection()  # type: ignore[arg-type]
    found = one(snaplen, play)
    assert (found.outcome, faults(found)) == ("established", [])
    assert "truncated-frames" in notes(found)


def test_nat_d_of_which_one_is_cut_off_shows_no_nat() -> None:
    """MSG3 and MSG4 are cut behind the first of two hashes."""
    sizes = {len(frame.packet) for frame in Scene(nat_t=True).upto(4).shots[2].frames}
    found = one(14 + max(sizes) - 20, Scene(nat_t=True).phase1())
    assert (found.nat.initiator_behind_nat, found.nat.responder_behind_nat) == (None, None)


def test_offer_that_is_cut_is_not_compared() -> None:
    play = Scene(offer=TWO, chosen=1).upto(2).repeat(RETRIES, "MSG2").bystander(30)
    found = one(14 + 28 + 28 + 60, play)
    assert "chosen-not-offered" not in faults(found)
    assert not found.offered


def test_vendor_ids_that_are_cut_off_may_be_there() -> None:
    """Whole, nobody's MSG1 without them is a probe."""
    whole = only(Scene(vendor_ids=NOBODYS).upto(2).bystander(8))
    shown = Scene(vendor_ids=((NAT_T,), (NAT_T,))).upto(2).bystander(8)
    assert whole.outcome == "probe"
    assert one(14 + 28 + 90, shown).outcome == "in-progress"


def test_fragments_that_are_cut_leave_it_open() -> None:
    play = Scene(auth="rsa-sig", ike_fragment_bytes=400).upto(5).repeat(RETRIES, "MSG5").bystander(30)
    found = one(200, play)
    assert (found.outcome, found.last_message, faults(found)) == ("unknown", 4, [])
    assert "snaplen" in found.summary


def test_where_headers_are_barely_there_silence_after_the_keys_tells_nothing() -> None:
    """In IPv6 fragments MSG5 has no whole header here: it was not handed on."""
    play = Scene(**V6, auth="rsa-sig", mtu=1280).upto(5).repeat(RETRIES, "MSG5").bystander(30)  # type: ignore[arg-type]
    found = one(14 + 48 + 34, play)
    assert (found.outcome, found.last_message, faults(found)) == ("unknown", 4, [])
    assert one(14 + 48 + 60, play).outcome == "stalled"


@pytest.mark.parametrize("snaplen", [64, 68])
def test_old_default_of_tcpdump_says_that_ike_is_there(snaplen: int) -> None:
    report = cut(snaplen, Scene().phase1().quick(1, 2, 3))
    assert (report.conversations, faults(report), notes(report)) == ((), [], ["truncated-frames"])
    assert "9 end within the header" in report.findings[0].evidence[1]
    text = ikepcap.render(report)
    assert "IKE is there" in text
    assert "nothing of IKE" not in text

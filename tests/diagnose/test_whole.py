"""What is said of the capture as a whole: each thing once, with its number, and nothing where nothing is."""

from typing import Any

import pytest
from msgspec.structs import replace

from ikepcap.capture.datagram import CaptureFacts, FileFacts, LostFragments
from ikepcap.diagnose.finding import Finding
from ikepcap.diagnose.whole import whole_findings
from ikepcap.testing import STRONG, Frame
from tests.report.scene import RETRIES, Scene, analyzed

WHOLE = FileFacts("folder/one.pcap", frames=40, first_frame=1, first_ns=0, last_ns=1)
NOTHING: dict[str, Any] = {
    "malformed": (), "malformed_count": 0, "time_steps_back": (), "lone": (), "lone_count": 0,
    "messages_left_out": 0, "authip": 0,
}  # fmt: skip


def said(*files: FileFacts, truncated: int = 0, evicted: int = 0, **what: Any) -> tuple[Finding, ...]:
    facts = CaptureFacts(files or (WHOLE,), truncated_frames=truncated, evicted_fragments=evicted)
    return whole_findings(facts, **{**NOTHING, **what})


def only(*files: FileFacts, **what: Any) -> Finding:
    (finding,) = said(*files, **what)
    return finding


def test_whole_capture_has_nothing_said_of_it() -> None:
    assert said() == ()


def test_cut_file_is_named_with_its_last_frame_among_all() -> None:
    second = FileFacts("two.pcap", 7, 41, 0, 1, cut="frame 8 has 12 octets of 60")
    found = only(WHOLE, second)
    assert (found.code, found.certainty, found.frames) == ("cut-file", "proven", (47,))
    assert found.claim.startswith("two.pcap ends early")
    assert found.evidence == ("frame 8 has 12 octets of 60",)


def test_file_that_is_cut_before_its_first_frame_has_none_to_name() -> None:
    assert only(FileFacts("none.pcap", 0, 1, None, None, cut="empty")).frames == ()


def test_frames_of_unknown_links_are_counted_by_link() -> None:
    found = only(replace(WHOLE, unread_links=((147, 3), (148, 1))))
    assert (found.code, found.evidence) == (
        "unknown-link-type", ("3 frames of link type 147", "1 frames of link type 148"),
    )  # fmt: skip


def test_lone_first_messages_beyond_those_listed_are_a_scan() -> None:
    found = only(lone=(9, 3), lone_count=2)
    assert (found.code, found.certainty, found.frames) == ("probe", "likely", (3, 9))
    assert found.claim.startswith("2 more single MSG1")


def test_authip_is_counted() -> None:
    found = only(authip=5)
    assert (found.code, found.evidence) == (
        "authip-coexistence", ("5 messages of exchange types 243 to 246, counted and left out",),
    )  # fmt: skip


def test_datagrams_that_a_snaplen_cut_are_counted() -> None:
    found = only(truncated=4)
    assert (found.code, found.settles_it) == ("truncated-frames", "Capture with 'tcpdump -s 0'.")
    assert found.evidence == ("4 datagrams are shorter than they were on the wire",)


def test_fragments_that_were_given_up_are_counted() -> None:
    found = only(evicted=6)
    assert (found.code, found.evidence[0][:6]) == ("fragments-given-up", "6 sets")


def test_steps_back_in_time_are_counted_and_the_first_is_named() -> None:
    assert only(time_steps_back=(8,)).evidence == ("1 step, the first at frame 8",)
    found = only(time_steps_back=(8, 12))
    assert (found.evidence, found.frames) == (("2 steps, the first at frame 8",), (8, 12))


def test_messages_that_fit_nothing_are_counted_and_the_first_few_told() -> None:
    one = only(malformed=((5, "no payload"),), malformed_count=1)
    assert (one.claim, one.evidence) == (
        "1 message on IKE ports fit no negotiation.", ("Frame 5: no payload",),
    )  # fmt: skip
    two = only(malformed=((5, "no payload"), (6, "no payload")), malformed_count=2)
    assert two.claim == "2 messages on IKE ports fit no negotiation."
    many = only(malformed=tuple((n, "odd") for n in range(1, 12)), malformed_count=30)
    assert many.claim == "30 messages on IKE ports fit no negotiation."
    assert (len(many.evidence), many.frames) == (8, tuple(range(1, 12)))


def test_messages_that_are_not_listed_are_counted() -> None:
    assert only(messages_left_out=7).claim.startswith("7 messages are counted")


# first messages that came in part


def parted(**what: Any) -> LostFragments:
    """The first 1,480 octets of a MSG1, at 2 s."""
    opening = bytes(range(1, 9)) + bytes(8) + bytes((1, 0x10, 2, 0)) + bytes(8)
    one = LostFragments(
        (3,), 2 * 10**9, 2 * 10**9, bytes((192, 0, 2, 1)), bytes((198, 51, 100, 7)), 9, 500, 500, 1480, None,
        ((1480, None),), opening,
    )  # fmt: skip
    return replace(one, **what)


LONGER = replace(WHOLE, last_ns=60 * 10**9)


def test_first_message_that_comes_in_part_each_time_is_told_with_its_sender() -> None:
    again = parted(frames=(5,), first_ns=6 * 10**9, last_ns=6 * 10**9)
    found = only(LONGER, lost=(parted(), again))
    assert (found.code, found.certainty, found.frames) == ("fragments-lost", "likely", (3, 5))
    assert found.claim.startswith("MSG1 of 192.0.2.1 to 198.51.100.7 came in part only, each time")
    assert found.evidence[:2] == (
        "Sent twice in 4.0 s, cookie 0102030405060708",
        "Of the first sending 1480 octets are there, in 1 fragment",
    )


def test_message_that_came_in_part_once_may_be_the_capture_s_loss() -> None:
    assert said(LONGER, lost=(parted(),)) == ()
    assert said(LONGER, lost=(parted(), parted(data=bytes(8) + parted().data[8:]))) == ()


def test_fragments_with_which_the_capture_ends_are_not_lost() -> None:
    late = parted(last_ns=60 * 10**9 - 10**8)
    assert said(LONGER, lost=(parted(), late)) == ()


def sent_in_part(play: Scene, *kept: int) -> list[Frame]:
    """Each fragment of MSG1 and of its copies that is in `kept`."""
    return [frame for shot in play.shots for number, frame in enumerate(shot.frames) if number in kept]


MANY = tuple(replace(STRONG, group=group) for group in (14, 15, 16)) * 30


def test_msg1_without_its_last_fragments_is_no_negotiation_and_a_finding() -> None:
    play = Scene(offer=MANY).msg1().repeat(RETRIES)
    assert len(play.shots[0].frames) > 1
    report = analyzed(sent_in_part(play, 0), Scene(seed=2, initiator="192.0.2.9", start_s=50).phase1().frames)
    assert [one.initiator.address for one in report.conversations] == ["192.0.2.9"]
    (found,) = report.findings
    assert (found.code, found.severity) == ("fragments-lost", "fault")
    assert "Sent 4 times in 24." in found.evidence[0]


def test_msg1_whose_last_fragments_come_is_not_lost() -> None:
    play = Scene(offer=MANY).phase1()
    assert analyzed(play).findings == ()


@pytest.mark.parametrize("octet", [8, 16, 17, 18])
def test_fragments_of_other_things_on_the_port_are_only_counted(octet: int) -> None:
    """Where a responder's cookie, another first payload, version 2 or another exchange is."""
    play = Scene(offer=MANY).msg1().repeat(RETRIES)
    frames = []
    for frame in sent_in_part(play, 0):
        at = 28 + octet
        frames.append(Frame(frame.time_ns, frame.packet[:at] + b"\x25" + frame.packet[at + 1 :]))
    report = analyzed(frames, Scene(seed=2, initiator="192.0.2.9", start_s=50).phase1().frames)
    assert report.findings == ()
    assert report.source.skipped.incomplete_fragments == 4

"""What is said of the capture as a whole: each thing once, with its number, and nothing where nothing is."""

from typing import Any

from msgspec.structs import replace

from ikepcap.capture.datagram import CaptureFacts, FileFacts
from ikepcap.diagnose.finding import Finding
from ikepcap.diagnose.whole import whole_findings

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

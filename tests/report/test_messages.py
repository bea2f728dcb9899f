"""The list of messages: where each belongs, and what each peer had reached with it."""

import tempfile
from pathlib import Path

from ikepcap.capture.datagram import Datagram
from ikepcap.capture.reader import Capture
from ikepcap.report.messages import history
from ikepcap.report.model import Reached
from ikepcap.state.dialects import states
from ikepcap.state.judge import Judge
from ikepcap.testing import pcap
from ikepcap.track.clear import Reader
from ikepcap.track.conversation import INITIATOR as LEFT
from ikepcap.track.conversation import RESPONDER as RIGHT
from ikepcap.track.tracker import Tracker
from ikepcap.wire import build
from tests.report.scene import INITIATOR, RESPONDER, Scene, lines, only, told


def test_every_message_is_listed_in_frame_order_with_its_step() -> None:
    found = only(Scene(auth="xauth-psk").phase1().transaction().quick(1, 2, 3).dead_peer_detection(RESPONDER))
    assert told(found) == [
        (1, INITIATOR, "MSG1", "new", None),
        (2, RESPONDER, "MSG2", "new", None),
        (3, INITIATOR, "MSG3", "new", None),
        (4, RESPONDER, "MSG4", "new", None),
        (5, INITIATOR, "MSG5", "new", None),
        (6, RESPONDER, "MSG6", "new", None),
        (7, RESPONDER, "T1", "new", None),
        (8, INITIATOR, "T2", "new", None),
        (9, INITIATOR, "QM1", "new", None),
        (10, RESPONDER, "QM2", "new", None),
        (11, INITIATOR, "QM3", "new", None),
        (12, RESPONDER, "INFO", "new", None),
        (13, INITIATOR, "INFO", "new", None),
    ]
    assert found.message_count == 13


def test_message_says_what_is_in_it_where_it_can_be_read() -> None:
    found = lines(only(Scene(nat_t=True).phase1()))
    assert [(m.encrypted, m.decrypted, m.payloads, m.defects) for m in found] == [
        (False, None, ("SA", "VID", "VID", "VID"), ()),
        (False, None, ("SA", "VID", "VID", "VID"), ()),
        (False, None, ("KE", "NONCE", "NAT-D", "NAT-D"), ()),
        (False, None, ("KE", "NONCE", "NAT-D", "NAT-D"), ()),
        (True, None, (), ()),
        (True, None, (), ()),
    ]


def test_message_says_between_which_ports_it_went() -> None:
    found = lines(only(Scene(nat=RESPONDER).phase1()))
    assert [(m.source, m.destination) for m in found][3:] == [
        ("203.0.113.5:500", "192.0.2.1:500"),
        ("192.0.2.1:4500", "203.0.113.5:4500"),
        ("203.0.113.5:4500", "192.0.2.1:4500"),
    ]


def test_messages_of_an_exchange_share_their_message_id_and_those_of_phase_1_have_none() -> None:
    found = lines(only(Scene().phase1().quick(1, 2, 3).quick(1, 2, 3)))
    ids = [m.message_id for m in found]
    assert set(ids[:6]) == {"00000000"}
    assert len(set(ids[6:9])) == len(set(ids[9:])) == 1
    assert len(set(ids)) == 3


def test_message_says_how_far_either_peer_is_after_it() -> None:
    """A message that calls for an answer counts as accepted once the answer was seen."""
    found = lines(only(Scene().phase1()))
    assert [(m.initiator_state, m.responder_state) for m in found] == [
        (1, None),
        (1, 2),
        (3, 2),
        (3, 4),
        (5, 4),
        (6, 6),
    ]


def test_offset_is_the_time_since_the_first_message() -> None:
    found = lines(only(Scene().msg1().wait(10).msg2()))
    assert found[0].offset_ns == 0
    assert 10_000_000_000 < found[1].offset_ns < 10_100_000_000


def test_notify_in_the_clear_is_named() -> None:
    found = lines(only(Scene().msg1().notify(RESPONDER)))
    assert [(m.step, m.notifies) for m in found] == [("MSG1", ()), ("INFO", ("NO-PROPOSAL-CHOSEN",))]


def test_message_with_broken_payloads_is_listed_with_its_defects() -> None:
    """A payload that claims more than there is: the header still says which message it is."""
    play = Scene().msg1()
    data = bytearray(play.shots.pop().payloads[0])
    data[30:32] = (4000).to_bytes(2)
    found = lines(only(play.send(INITIATOR, bytes(data))))
    assert (found[0].step, found[0].kind) == ("MSG1", "new")
    assert found[0].defects


def test_phase_1_message_that_fits_no_step_says_what_differs() -> None:
    """A clear nonce without a key exchange after MSG2 is neither MSG3 nor anything else."""
    play = Scene().upto(2)
    data = build.message(
        [build.nonce(b"n" * 20)], initiator_cookie=play.cookies[:8], responder_cookie=play.cookies[8:]
    )
    last = lines(only(play.send(INITIATOR, data)))[-1]
    assert (last.step, last.kind) == (None, "unexpected")
    assert "MSG3" in (last.why or "")
    assert "KE" in (last.why or "")


def test_clear_message_in_place_of_msg5_is_not_msg5() -> None:
    """Phase 1 is encrypted from MSG5 on."""
    play = Scene().upto(4)
    data = build.message(
        [build.address_identity("192.0.2.1"), build.hash_payload(b"h" * 32)],
        initiator_cookie=play.cookies[:8],
        responder_cookie=play.cookies[8:],
    )
    found = only(play.send(INITIATOR, data))
    assert (found.last_message, lines(found)[-1].kind) == (4, "unexpected")
    assert lines(found)[-1].why


def histories(play: Scene) -> list[list[Reached]]:
    """Return what initiator and responder went through in a play."""
    tracker = Tracker()
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "scene.pcap")
        path.write_bytes(pcap(play.frames))
        for item in Capture([path]):
            assert isinstance(item, Datagram)
            tracker.take((item,))
    (ended,) = tracker.end_all(play.frames[-1].time_ns)
    found = ended.unpack(Reader())
    standing = Judge().judge(found, would_show_4500=True)
    return [list(history(found, standing, side)) for side in (LEFT, RIGHT)]


def went(mode: str, role: str, *pairs: tuple[int, int]) -> list[Reached]:
    """Return a history of frames and progress, with the names there are for it."""
    return [Reached(frame, progress, states(mode, role, progress)) for frame, progress in pairs]


def test_history_is_the_states_of_either_peer_in_order() -> None:
    assert histories(Scene().phase1().quick(1, 2, 3)) == [
        went("main", INITIATOR, (1, 1), (3, 3), (5, 5), (6, 6)),
        went("main", RESPONDER, (2, 2), (4, 4), (6, 6)),
    ]


def test_history_of_aggressive_mode_has_its_own_names() -> None:
    left, right = histories(Scene(mode="aggressive").phase1())
    assert [(one.frame, one.states["asa"]) for one in left] == [(1, "AM_WAIT_MSG2"), (3, "AM_ACTIVE")]
    assert [(one.frame, one.states["asa"]) for one in right] == [(2, "AM_WAIT_MSG3"), (3, "AM_ACTIVE")]


def test_history_has_no_entry_for_what_is_sent_again() -> None:
    assert histories(Scene().upto(2).msg3().wait(4).msg3().wait(7).msg3()) == [
        went("main", INITIATOR, (1, 1), (3, 3)),
        went("main", RESPONDER, (2, 2)),
    ]


def test_history_of_a_peer_that_never_spoke_is_empty() -> None:
    assert histories(Scene().msg1()) == [went("main", INITIATOR, (1, 1)), []]


def test_history_agrees_with_the_list_of_messages() -> None:
    play = Scene().phase1().quick(1, 2, 3)
    listed = lines(only(play))
    for side, reached in zip(("initiator_state", "responder_state"), histories(play), strict=True):
        by_frame = {one.frame: one.progress for one in reached}
        before: int | None = None
        for line in listed:
            now = getattr(line, side)
            assert by_frame.get(line.frame) == (now if now != before else None)
            before = now

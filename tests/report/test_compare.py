"""Two negotiations side by side."""

from collections.abc import Callable
from pathlib import Path

import pytest

import ikepcap
from ikepcap.renderers.said import content_of
from ikepcap.report.choose import best_pair
from ikepcap.report.compare import compare
from ikepcap.report.comparison import Comparison, Detail, Side
from ikepcap.report.model import Conversation
from ikepcap.testing import LEGACY, STRONG, Play, merge, pcap
from ikepcap.testing.policy import DEAD_PEER, STRONGSWAN, XAUTH


@pytest.fixture
def side(tmp_path: Path) -> Callable[[Play], Side]:
    """A play as one side of a comparison."""

    def made(play: Play) -> Side:
        path = tmp_path / "capture.pcap"
        path.write_bytes(play.pcap())
        (conversation,) = ikepcap.analyze(path).conversations
        contents = {
            found.datagram.frame: content_of(
                found.message, from_initiator=str(play.initiator) == _address(found.datagram.source)
            )
            for found in ikepcap.messages(path)
        }
        return Side("capture.pcap", conversation, contents, "a test")

    return made


def _address(packed: bytes) -> str:
    return ".".join(map(str, packed))


def details(found: Comparison, step: str) -> tuple[Detail, ...]:
    (row,) = [row for row in found.rows if row.step == step]
    return row.details


Made = Callable[[Play], Side]


def test_the_same_does_not_differ(side: Made) -> None:
    one, other = (side(Play(seed=1).phase1().quick(1, 2, 3)) for _ in range(2))
    found = compare(one, other)
    assert found.whole == ()
    assert all(row.is_alike for row in found.rows)
    assert not found.is_parted
    assert [row.step for row in found.rows] == [*(f"MSG{n}" for n in range(1, 7)), "QM1", "QM2", "QM3"]


def test_they_part_where_one_has_a_message_that_the_other_has_not(side: Made) -> None:
    works = side(Play(seed=1).phase1().quick(1, 2, 3))
    fails = side(Play(seed=1).msg1().msg2().msg3().msg4().msg5().repeat((4.0, 7.2)))
    found = compare(works, fails)
    assert (found.parted_after, found.left_goes_on, found.right_goes_on) == ("MSG5", "MSG6", None)
    assert details(found, "MSG5") == (Detail("sent", ("once",), ("3 times",)),)
    assert {one.subject for one in found.whole} == {"outcome", "findings"}
    row = found.rows[4]
    assert row.right is not None
    assert (row.right.copies, row.right.frame) == (3, 5)
    turned = compare(fails, works)
    assert (turned.parted_after, turned.left_goes_on, turned.right_goes_on) == ("MSG5", None, "MSG6")


def test_a_refusal_is_where_they_part(side: Made) -> None:
    works = side(Play(seed=1).phase1())
    fails = side(Play(seed=1).msg1().notify("responder", 14))
    found = compare(works, fails)
    assert (found.parted_after, found.left_goes_on, found.right_goes_on) == ("MSG1", "MSG2", "INFO")


def test_offer_choice_and_vendor_ids_are_compared(side: Made) -> None:
    one = side(Play(seed=1, offer=(STRONG, LEGACY), vendor_ids=((XAUTH,), (DEAD_PEER,))).phase1())
    other = side(Play(seed=1, offer=(LEGACY,), vendor_ids=((XAUTH, STRONGSWAN), (DEAD_PEER,))).phase1())
    found = compare(one, other)
    by_subject = {detail.subject: detail for detail in details(found, "MSG1")}
    assert set(by_subject) == {"offer", "vendor IDs", "octets"}
    assert by_subject["offer"].left[1:] == by_subject["offer"].right
    assert by_subject["offer"].right == ("3DES-CBC, SHA1, MODP-1024, PSK, 86400 s",)
    assert by_subject["vendor IDs"].right[:1] == by_subject["vendor IDs"].left == ("XAUTH",)
    assert [detail.subject for detail in details(found, "MSG2")] == ["offer"]
    assert [detail.subject for detail in details(found, "MSG3")] == ["octets"]
    choice = next(detail for detail in found.whole if detail.subject == "choice")
    assert choice.left[:3] == ("AES-CBC-256", "SHA2-256", "MODP-2048")
    assert choice.right[:3] == ("3DES-CBC", "SHA1", "MODP-1024")
    assert "initiator runs" in {detail.subject for detail in found.whole}


def test_identities_in_the_clear_ports_and_times_are_compared(side: Made) -> None:
    one = side(Play(seed=1, mode="aggressive", identity=b"a.example").phase1())
    other = side(Play(seed=1, mode="aggressive", identity=b"b.example", delay_s=5.0).phase1())
    found = compare(one, other)
    assert details(found, "MSG1") == (Detail("identity", ("FQDN (2) a.example",), ("FQDN (2) b.example",)),)
    assert [detail.subject for detail in details(found, "MSG2")] == ["came after"]
    moved = side(Play(seed=1, nat="initiator").phase1())
    stayed = side(Play(seed=1, nat_t=True).phase1())
    ports = {
        row.step: [d for d in row.details if d.subject == "ports"] for row in compare(moved, stayed).rows
    }
    # Said where it begins in either direction, and again where it changes.
    assert [step for step, found_ports in ports.items() if found_ports] == ["MSG1", "MSG2", "MSG5", "MSG6"]


def test_later_exchanges_of_a_kind_are_told_apart(side: Made) -> None:
    one = side(Play(seed=1).phase1().quick(1, 2, 3).quick(1, 2, 3))
    other = side(Play(seed=1).phase1().quick(1, 2, 3).quick(1))
    found = compare(one, other)
    assert found.parted_after == "QM1 of quick 2"
    assert found.left_goes_on == "QM2 of quick 2"


def test_many_messages_are_compared_up_to_a_bound(side: Made) -> None:
    play = Play(seed=1).phase1()
    for _ in range(500):
        play.informational("initiator")
    found = compare(side(play), side(Play(seed=1).phase1()))
    assert found.left_out == 106
    assert len(found.rows) == 400


# Which two.


def conversations(tmp_path: Path, *plays: Play) -> tuple[Conversation, ...]:
    path = tmp_path / "many.pcap"
    path.write_bytes(pcap(merge(*plays)))
    return ikepcap.analyze(path).conversations


def test_the_same_peers_in_the_same_mode_of_which_one_failed_are_the_best_pair(tmp_path: Path) -> None:
    failed = conversations(
        tmp_path,
        Play(seed=1, responder="198.51.100.9").msg1().repeat((4.0, 7.2)),
        Play(seed=2, start_s=100).msg1().msg2().msg3().repeat((4.0, 7.2)),
    )
    works = conversations(
        tmp_path,
        Play(seed=3, responder="198.51.100.9", initiator="192.0.2.99").phase1(),
        Play(seed=4, start_s=50, mode="aggressive").phase1(),
        Play(seed=5, start_s=100).phase1(),
    )
    pair = best_pair(works, failed)
    assert (pair.left.id, pair.right.id) == (3, 2)
    assert pair.why == (
        "the best match of 3 and 2: the same peers, both main mode, one came up and one did not"
    )


def test_two_that_share_nothing_are_said_to(tmp_path: Path) -> None:
    one = conversations(tmp_path, Play(seed=1).phase1())
    other = conversations(
        tmp_path, Play(seed=2, initiator="203.0.113.1", responder="203.0.113.2", mode="aggressive").phase1()
    )
    assert best_pair(one, other).why.endswith(": nothing in common")

"""Fragments of IP: whole datagrams in any order, and an account of what was lost."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ikepcap.capture import fragments
from ikepcap.capture.datagram import Datagram, LostFragments
from tests.capture.craft import (
    A6,
    B6,
    MSG1,
    SECOND,
    A,
    B,
    enhanced,
    ethernet,
    fragment6,
    frames,
    ike,
    interface,
    ipv4,
    isakmp,
    payload,
    pcap,
    read,
    section,
    udp,
)

BIG = isakmp(payload(0, bytes(range(256)) * 12))
WHOLE = udp(BIG)


def piece(data: bytes, start: int, end: int, ip_id: int = 7, protocol: int = 17) -> bytes:
    """A frame with one fragment of `data`."""
    return ethernet(
        ipv4(
            data[start:end], protocol, ip_id=ip_id, offset=start, more=end < len(data), ttl=60 + start // 800
        )
    )


def pieces(data: bytes, *cuts: int, ip_id: int = 7) -> list[bytes]:
    return [piece(data, start, end, ip_id) for start, end in pairwise((0, *cuts, len(data)))]


def pieces6(data: bytes, *cuts: int) -> list[bytes]:
    return [
        ethernet(fragment6(data[start:end], start, end < len(data)), 0x86DD)
        for start, end in pairwise((0, *cuts, len(data)))
    ]


def whole(frame: int, numbers: tuple[int, ...], data: bytes = BIG) -> Datagram:
    return Datagram(
        frame, frame * SECOND, A, 500, B, 500, data, len(data), False, 60, 7, fragment_frames=numbers
    )  # fmt: skip


@given(
    cuts=st.sets(st.integers(1, len(WHOLE) // 8), max_size=12),
    again=st.lists(st.integers(0, 11), max_size=6),
    seed=st.randoms(use_true_random=False),
)
def test_fragments_in_any_order_and_repeated_make_the_same_datagram(
    cuts: set[int], again: list[int], seed: object
) -> None:
    parts = pieces(WHOLE, *sorted(cut * 8 for cut in cuts if cut * 8 < len(WHOLE)))
    shuffled = [*parts, *(parts[number % len(parts)] for number in again)]
    seed.shuffle(shuffled)  # type: ignore[attr-defined]  # hypothesis gives a random.Random
    items, facts = read(frames(*shuffled, step_ns=1000))
    found = [item for item in items if isinstance(item, Datagram)]
    assert found
    assert {(item.data, item.wire_bytes, item.source_port, item.ttl) for item in found} == {
        (BIG, len(BIG), 500, 60 if len(parts) > 1 else found[0].ttl)
    }
    # Repetitions may complete a second time; what is left of them is no loss.
    assert len(found) == len(items)
    assert facts.incomplete_fragments == 0


@given(cuts=st.sets(st.integers(1, len(WHOLE) // 8 - 1), min_size=1), seed=st.randoms(use_true_random=False))
def test_ipv6_fragments_in_any_order_make_the_same_datagram(cuts: set[int], seed: object) -> None:
    parts = pieces6(WHOLE, *sorted(cut * 8 for cut in cuts))
    seed.shuffle(parts)  # type: ignore[attr-defined]  # hypothesis gives a random.Random
    ((found,), _) = read(frames(*parts))
    assert isinstance(found, Datagram)
    assert (found.data, found.source, found.destination, found.ip_id) == (BIG, A6, B6, 9)
    assert found.fragment_frames == tuple(range(1, len(parts) + 1))


def test_the_datagram_has_the_frame_that_completed_it_and_all_that_carried_it() -> None:
    one, two, three = pieces(WHOLE, 800, 1600)
    items, facts = read(frames(ike(), three, one, ike(), two))
    assert [item.frame for item in items if isinstance(item, Datagram)] == [1, 4, 5]
    assert items[2] == whole(5, (2, 3, 5))
    assert (facts.port_500, facts.incomplete_fragments) == (3, 0)


def test_of_overlapping_fragments_the_first_holds_its_octets() -> None:
    other = bytes(len(WHOLE))
    parts = [piece(WHOLE, 0, 800), piece(other, 400, 1600), piece(WHOLE, 1600, len(WHOLE))]
    expected = WHOLE[8:800] + bytes(800) + WHOLE[1600:]
    items, _ = read(frames(*parts))
    assert items == [whole(3, (1, 2, 3), expected)]


def test_a_fragment_inside_a_larger_one_changes_nothing() -> None:
    other = bytes(len(WHOLE))
    parts = [piece(WHOLE, 800, len(WHOLE)), piece(other, 1600, 2400), piece(WHOLE, 0, 800)]
    items, _ = read(frames(*parts))
    assert items == [whole(3, (1, 2, 3))]


def test_a_hole_filled_by_a_larger_fragment_is_filled() -> None:
    other = bytes(len(WHOLE))
    parts = [piece(WHOLE, 0, 800), piece(WHOLE, 1600, len(WHOLE)), piece(other, 400, 2400)]
    items, _ = read(frames(*parts))
    assert items == [whole(3, (1, 2, 3), WHOLE[8:800] + bytes(800) + WHOLE[1600:])]


def test_a_set_without_its_end_is_reported_when_the_input_ends() -> None:
    items, facts = read(frames(*pieces(WHOLE, 800, 1600)[:2]))
    assert items == [
        LostFragments((1, 2), SECOND, 2 * SECOND, A, B, 7, 500, 500, 1600, None, ((1600, None),), BIG[:1592])
    ]
    assert (facts.incomplete_fragments, facts.evicted_fragments) == (1, 0)


def test_a_set_without_its_first_fragment_has_no_ports() -> None:
    items, _ = read(frames(*pieces(WHOLE, 800, 1600)[1:]))
    assert items == [
        LostFragments(
            (1, 2), SECOND, 2 * SECOND, A, B, 7, None, None, len(WHOLE) - 800, len(WHOLE), ((0, 800),), b""
        )
    ]


@pytest.mark.parametrize(
    ("frame", "order"),
    [
        (ike(), [Datagram, Datagram, LostFragments, Datagram, LostFragments]),
        (ethernet(b"", 0x88CC), [Datagram, LostFragments, LostFragments]),
    ],
    ids=["short way", "careful way"],
)
def test_a_set_is_given_up_after_a_minute_of_capture_time(frame: bytes, order: list[type]) -> None:
    """Not before, and before anything that was captured later: what comes then is another set."""
    one, two = pieces(WHOLE, 800)
    late = 61 * SECOND
    items, facts = read(
        pcap([(0, ike()), (SECOND, one), (late, frame), (late + 1000, frame), (late * 2, two)])
    )
    assert [type(item) for item in items] == order
    assert [item.frames for item in items if isinstance(item, LostFragments)] == [(2,), (5,)]
    assert facts.incomplete_fragments == 2


def test_an_identification_used_again_does_not_mix_two_datagrams() -> None:
    one, _ = pieces(WHOLE, 800)
    _, two = pieces(udp(bytes(len(BIG))), 800)
    items, _ = read(pcap([(0, one), (90 * SECOND, two)]))
    assert [type(item) for item in items] == [LostFragments, LostFragments]


def test_fragments_shown_twice_by_a_mirror_port_are_no_loss() -> None:
    one, two = pieces(WHOLE, 800)
    items, facts = read(frames(one, one, two, two, step_ns=10_000))
    assert [type(item) for item in items] == [Datagram]
    assert facts.incomplete_fragments == 0
    items, facts = read(frames(one, two, one, two, step_ns=10_000))
    assert [type(item) for item in items] == [Datagram, Datagram]


@pytest.mark.parametrize(
    "data",
    [
        udp(bytes(2000), 53, 53),
        udp(b"\x11" * 2000, 4500, 4500),
        udp(b"\x11" * 2000, 61000, 4500),
    ],
    ids=["dns", "esp", "esp through nat"],
)
@pytest.mark.parametrize("order", [(0, 1), (1, 0)])
def test_what_is_not_ike_is_no_loss_once_that_is_known(data: bytes, order: tuple[int, int]) -> None:
    parts = pieces(data, 800, 1600)
    items, facts = read(frames(*(parts[number] for number in order)))
    assert items == []
    assert (facts.incomplete_fragments, facts.esp) == (0, int(b"\x11" in data))
    assert facts.port_4500 == facts.esp


def test_other_protocols_are_not_kept() -> None:
    items, facts = read(
        frames(piece(bytes(2000), 0, 800, protocol=6), piece(bytes(2000), 0, 800, protocol=50))
    )
    assert items == []
    assert (facts.incomplete_fragments, facts.esp) == (0, 1)


@pytest.mark.parametrize("ports", [(500, 500), (500, 61000), (848, 848)])
def test_a_lost_set_on_an_ike_port_is_reported(ports: tuple[int, int]) -> None:
    ((item,), _) = read(frames(*pieces(udp(BIG, *ports), 800)[:1]))
    assert isinstance(item, LostFragments)
    assert (item.source_port, item.destination_port) == ports


def test_a_lost_set_with_a_marker_shows_the_message_without_it() -> None:
    ((item,), _) = read(frames(*pieces(udp(bytes(4) + BIG, 61000, 4500), 800)[:1]))
    assert isinstance(item, LostFragments)
    assert item.data == BIG[: 800 - 12]


def test_a_lost_set_on_other_ports_is_reported_if_it_begins_with_an_isakmp_header() -> None:
    ((item,), _) = read(frames(*pieces(udp(BIG, 1500, 1500), 800)[:1]))
    assert isinstance(item, LostFragments)
    items, _ = read(frames(*pieces(udp(BIG, 1500, 1500), 800)))
    assert [item.data for item in items if isinstance(item, Datagram)] == [BIG]


def test_fragments_cut_by_a_snaplen_make_a_datagram_with_a_known_length() -> None:
    one, two = pieces(WHOLE, 800)
    items, facts = read(pcap([(0, one), (0, two[:200], len(two))]))
    (found,) = items
    assert isinstance(found, Datagram)
    assert found.wire_bytes == len(BIG)
    assert found.data == BIG[: 792 + 200 - 34]
    assert facts.truncated_frames == 1


def test_memory_is_bounded_and_what_it_costs_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fragments, "MAX_SETS", 10)
    first = [piece(WHOLE, 0, 800, ip_id) for ip_id in range(30)]
    items, facts = read(frames(*first, step_ns=1000))
    assert [item.ip_id for item in items if isinstance(item, LostFragments)] == list(range(30))
    assert (facts.incomplete_fragments, facts.evicted_fragments) == (30, 20)


def test_memory_is_bounded_in_octets_too(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fragments, "MAX_BYTES", 10_000)
    first = [piece(WHOLE, 0, 800, ip_id) for ip_id in range(30)]
    _, facts = read(frames(*first, step_ns=1000))
    assert facts.incomplete_fragments == 30
    assert 10 < facts.evicted_fragments < 30


def test_fragments_of_a_tunnel_packet_are_put_together_first() -> None:
    """IKE with certificates in GRE: the outer packets are fragments, the inner one is whole."""
    outer = bytes((203, 0, 113, 1)), bytes((203, 0, 113, 2))
    gre = b"\0\0\x08\0" + ipv4(WHOLE, ttl=60)
    parts = [
        ethernet(ipv4(gre[start:end], 47, ends=outer, offset=start, more=end < len(gre), ip_id=3))
        for start, end in ((0, 1400), (1400, len(gre)))
    ]
    items, _ = read(frames(*parts))
    assert items == [whole(2, (1, 2))]


def test_fragments_inside_a_tunnel_are_put_together_as_well() -> None:
    outer = bytes((203, 0, 113, 1)), bytes((203, 0, 113, 2))
    inner = [frame[14:] for frame in pieces(WHOLE, 800)]
    items, _ = read(frames(*(ethernet(ipv4(packet, 4, ends=outer)) for packet in inner)))
    assert items == [whole(2, (1, 2))]


def test_nonsense_among_fragments_is_left_out() -> None:
    empty = ethernet(ipv4(b"", offset=800, more=True))
    beyond = ethernet(ipv4(bytes(800), offset=65528))
    items, facts = read(frames(empty, beyond))
    assert items == []
    assert facts.incomplete_fragments == 0


def test_an_atomic_fragment_is_whole() -> None:
    """RFC 6946: a fragment header with nothing before or after it."""
    items, _ = read(frames(ethernet(fragment6(udp(MSG1), 0, False), 0x86DD)))
    assert [item.data for item in items if isinstance(item, Datagram)] == [MSG1]


def test_pcapng_fragments_are_put_together_alike() -> None:
    content = section() + interface() + b"".join(enhanced(part, 0) for part in pieces(WHOLE, 800, 1600))
    assert [item.data for item in read(content)[0] if isinstance(item, Datagram)] == [BIG]

"""The comparison, with a tshark that is made up: it agrees in all things but one, and that one is found."""

from collections.abc import Callable, Iterator

import pytest
from msgspec.structs import replace

from ikepcap.oracle.compare import Compared, compare
from ikepcap.oracle.fields import LIFE_DURATIONS, LIFE_TYPES, POLICY
from ikepcap.oracle.found import Found
from ikepcap.oracle.tshark import Field
from ikepcap.wire import build
from ikepcap.wire.message import Message, parse
from tests.oracle import fakes, gallery

HEALTHY = frozenset({"port:500", "no-marker"})


def parsed(data: bytes) -> Message:
    message = parse(data)
    assert message is not None
    return message


def found(data: bytes, frame: int = 1, words: frozenset[str] = HEALTHY) -> Found:
    return Found(frame, parsed(data), words)


def result(data: bytes, fields: list[Field]) -> Compared:
    (compared,) = compare([found(data)], [fakes.seen(1, fields)])
    return compared


MESSAGES = gallery.every_payload()


@pytest.mark.parametrize("number", range(len(MESSAGES)))
def test_what_agrees_has_no_difference(number: int) -> None:
    compared = result(MESSAGES[number], fakes.fields(parsed(MESSAGES[number])))
    assert compared.differences == ()
    assert compared.fields >= 8


def every_field() -> Iterator[tuple[int, str]]:
    for number, data in enumerate(MESSAGES):
        for name in sorted({field.name for field in fakes.fields(parsed(data)) if field.size}):
            yield number, name


@pytest.mark.parametrize(("number", "name"), tuple(every_field()))
def test_a_field_of_another_value_size_or_place_or_none_at_all_is_found(number: int, name: str) -> None:
    data = MESSAGES[number]
    agreed = fakes.fields(parsed(data))
    changes: dict[str, Callable[[Field], Field | None]] = {
        "gone": lambda _: None,
        "longer": lambda field: replace(field, size=field.size + 1, raw=(field.raw or b"") + b"x"),
        "moved": lambda field: replace(field, position=field.position + 1),
    }
    if name == "isakmp.typepayload":
        changes = {"type": lambda field: replace(field, shown=str(int(field.shown) ^ 1))}
    elif name == "isakmp.ispi":  # it says where the message begins
        changes = {"value": fakes.flipped}
    else:
        changes["value"] = fakes.flipped
    for change, make in changes.items():
        is_policy = name in (*POLICY, *LIFE_TYPES, *LIFE_DURATIONS)
        if is_policy and change in ("longer", "moved"):
            continue  # a policy has no place of its own
        compared = result(data, fakes.changed(agreed, name, make))
        assert compared.differences, change
        assert all(difference.known is None for difference in compared.differences), change


def test_a_difference_says_where_and_what_both_read() -> None:
    data = gallery.message([build.nonce(b"\x01" * 8)])
    compared = result(data, fakes.changed(fakes.fields(parsed(data)), "isakmp.nonce", fakes.flipped))
    (one,) = compared.differences
    assert (one.frame, one.field, one.offset, one.read_by) == (1, "Nonce.data", 32, "both")
    assert (one.ours, one.theirs) == ("0x0101010101010101", "0x0101010101010100")


def test_a_payload_that_tshark_does_not_see_is_one_difference() -> None:
    data = gallery.message([build.nonce(bytes(8)), build.notify(14)])
    agreed = [field for field in fakes.fields(parsed(data)) if field.position < fakes.AT + 40]
    (one,) = result(data, agreed).differences
    assert (one.field, one.offset, one.read_by) == ("Payload.type", 40, "ikepcap")


def test_a_payload_that_tshark_sees_alone_is_one_difference() -> None:
    data = gallery.message([build.nonce(bytes(8)), build.notify(14)])
    more = fakes.fields(parsed(data))
    shorter = parsed(gallery.message([build.nonce(bytes(8))]))
    (compared,) = compare([Found(1, shorter, HEALTHY)], [fakes.seen(1, more)])
    fields = {(one.field, one.read_by) for one in compared.differences}
    assert ("Payload.type", "tshark") in fields
    assert not any(one.startswith("Notification") for one, _ in fields)


def test_frames_of_one_side_alone_are_differences_in_their_order() -> None:
    first, agreed = found(gallery.FIRST, 1), fakes.fields(parsed(gallery.FIRST))
    second = replace(first, frame=3)
    sides = compare([first, second], [fakes.seen(2, agreed), fakes.seen(4, agreed)])
    alone = [(c.frame, c.differences[0].field, c.differences[0].read_by) for c in sides]
    assert alone == [
        (1, "Message", "ikepcap"),
        (2, "Message", "tshark"),
        (3, "Message", "ikepcap"),
        (4, "Message", "tshark"),
    ]


def test_several_messages_in_a_frame_are_compared_in_their_order() -> None:
    one, other = gallery.message([build.nonce(bytes(8))]), gallery.message([])
    mine = [found(one), found(other)]
    both = [fakes.fields(parsed(data)) for data in (one, other)]
    assert not any(c.differences for c in compare(mine, [fakes.seen(1, *both)]))
    assert all(c.differences for c in compare(mine, [fakes.seen(1, *reversed(both))]))


def test_passwords_are_masked() -> None:
    config = build.configuration(2, [build.tlv(16_522, b"letmein")])
    data = gallery.message([config], exchange=6, message_id=1)
    agreed = fakes.fields(parsed(data))
    name = next(f.name for f in agreed if f.raw == b"letmein")
    (one,) = result(data, fakes.changed(agreed, name, fakes.flipped)).differences
    assert (one.ours, one.theirs) == ("7 octets, masked", "7 octets, masked")


def test_passwords_out_of_their_place_are_masked() -> None:
    """The hash is said to be longer than the message, so that it holds the password."""
    config = build.configuration(2, [build.tlv(16_522, b"letmein")])
    octets = bytearray(gallery.message([build.hash_payload(bytes(4)), config], exchange=6, message_id=1))
    octets[30:32] = (500).to_bytes(2)
    data = bytes(octets)
    agreed = fakes.fields(parsed(data))
    name = next(f.name for f in agreed if f.size == 23)
    (one,) = result(data, fakes.changed(agreed, name, fakes.flipped)).differences
    assert one.field == "Hash.data"
    assert (one.ours, one.theirs) == ("23 octets, masked", "23 octets, masked")


def test_other_ike_fragments_than_ours_are_a_difference() -> None:
    data = gallery.message([build.nonce(bytes(8))])
    inner = replace(found(data), fragment_frames=frozenset({1, 2}))
    whole = build.fragments(data, 30)[1]
    parts = [Field("isakmp.fragment", 0, 4, None, frame) for frame in ("1", "3")]
    put_together = [replace(f, position=f.position - fakes.AT) for f in fakes.fields(parsed(data))]
    layer = [*fakes.fields(parsed(whole)), *parts, *put_together]
    outer, joined = compare([found(whole), inner], [fakes.seen(1, layer)])
    assert outer.differences == ()
    assert [(d.field, d.ours, d.theirs) for d in joined.differences] == [
        ("Message.fragments", "frames 1, 2", "frames 1, 3")
    ]

"""The table of tshark's names: complete, and read as recorded from tshark 4.0.17."""

from ikepcap.oracle.fields import BODY, COMPARED, NAMES, NOT_SHOWN, split, theirs
from ikepcap.oracle.nest import Nest, Part
from ikepcap.oracle.reading import Reading, ours
from ikepcap.oracle.tshark import Field
from ikepcap.wire.bodies import BODIES
from ikepcap.wire.codec import declared
from ikepcap.wire.message import parse
from ikepcap.wire.numbers import Payload
from tests.oracle import gallery


def field(name: str, position: int, raw: str, shown: str = "") -> Field:
    data = bytes.fromhex(raw)
    return Field(f"isakmp.{name}", position, len(data), data, shown)


PAYLOAD = "0000001c00000001010000170102030405060708090a0b0c0d0e0f10"
NOTIFY = (
    field("ispi", 42, "17ad84f61d52543e", "17:ad:84:f6:1d:52:54:3e"),
    field("rspi", 50, "eb6854a075d5cf9f", "eb:68:54:a0:75:d5:cf:9f"),
    field("nextpayload", 58, "0b", "11"),
    field("nextpayload", 70, "00", "0"),
    field("version", 59, "10", "0x10"),
    field("exchangetype", 60, "05", "5"),
    field("flags", 61, "00", "0x00"),
    field("messageid", 62, "00000007", "0x00000007"),
    field("length", 66, "00000038", "56"),
    field("typepayload", 70, PAYLOAD, "11"),
    field("payloadlength", 72, "001c", "28"),
    field("notify.doi", 74, "00000001", "1"),
    field("notify.protoid", 78, "01", "1"),
    field("spisize", 79, "00", "0"),
    field("notify.msgtype", 80, "0017", "23"),
    Field("isakmp.notify.data", 82, 16, None, ""),
)
"""As tshark shows a notify in Ethernet; it gives notify data no octets of their own."""


def test_a_recorded_message_is_read_by_offset_and_octets() -> None:
    side = theirs(NOTIFY)
    assert side.parts == (Part(11, 28, 56),)
    assert set(side.readings) == {
        Reading("Header.initiator_cookie", 0, 8, bytes.fromhex("17ad84f61d52543e")),
        Reading("Header.responder_cookie", 8, 8, bytes.fromhex("eb6854a075d5cf9f")),
        Reading("Header.next_payload", 16, 1, b"\x0b"),
        Reading("Header.version", 17, 1, b"\x10"),
        Reading("Header.exchange", 18, 1, b"\x05"),
        Reading("Header.flags", 19, 1, b"\0"),
        Reading("Header.message_id", 20, 4, b"\0\0\0\x07"),
        Reading("Header.length", 24, 4, b"\0\0\0\x38"),
        Reading("Payload.type", 28, 1, b"\x0b"),
        Reading("Payload.next", 28, 1, b"\0"),
        Reading("Payload.length", 30, 2, b"\0\x1c"),
        Reading("Notification.doi", 32, 4, b"\0\0\0\x01"),
        Reading("Notification.protocol", 36, 1, b"\x01"),
        Reading("Notification.spi_size", 37, 1, b"\0"),
        Reading("Notification.kind", 38, 2, b"\0\x17"),
        Reading("Notification.data", 40, 16, bytes(range(1, 17))),
    }


def test_names_of_several_meanings_mean_what_their_payload_says() -> None:
    as_delete = [
        Field(f.name, f.position, f.size, f.raw, "12") if f.name == "isakmp.typepayload" else f
        for f in NOTIFY
    ]
    assert "Delete.spi_size" in {one.field for one in theirs(tuple(as_delete)).readings}


def test_of_an_encrypted_message_the_header_and_the_size_of_the_rest_are_read() -> None:
    """Also where the user's own tshark has the keys, and shows what is inside at places of its own."""
    encrypted = [
        field("flags", 61, "01", "0x01") if f.name == "isakmp.flags" else f
        for f in NOTIFY
        if f.name != "isakmp.enc.data"
    ]
    side = theirs((*encrypted, Field("isakmp.enc.data", 70, 28, None, "")))
    assert side.parts == ()
    read = {one.field for one in side.readings if not one.field.startswith("Header.")}
    assert read == {"Message.ciphertext"}


def test_a_message_put_together_is_told_from_its_last_fragment() -> None:
    inner = tuple(Field(f.name, f.position - 42, f.size, f.raw, f.shown) for f in NOTIFY)
    fragment = tuple(
        field("typepayload", 70, "00" * 28, "132") if f.name == "isakmp.typepayload" else f
        for f in NOTIFY
        if "notify" not in f.name and "spisize" not in f.name
    )
    seq = field("frag.seq", 76, "01", "1")
    outer, joined = split((*fragment, seq, *inner))
    assert set(outer) == {*fragment, seq}
    assert joined == inner


def test_a_header_that_is_cut_is_no_message() -> None:
    assert split(NOTIFY[:3]) == ()


def test_every_declared_field_is_compared_or_it_is_said_why_not() -> None:
    """A payload newly declared in `wire.bodies` fails here until tshark's names for it are in the table."""
    names = {f"{kind.__name__}.{one.name}" for kind in BODIES.values() for one in declared(kind)}
    assert names - COMPARED == set(NOT_SHOWN) & names
    assert set(NOT_SHOWN) <= names


def test_the_gallery_has_every_field_of_the_table() -> None:
    """Else a wrong name in the table would go unnoticed: what nobody shows, nobody compares."""
    messages = [parse(data) for data in gallery.every_payload()]
    read = {one.field for message in messages if message for one in ours(message).readings}
    assert {field for fields in BODY.values() for field in fields} <= read
    assert COMPARED - read == {"Message.ciphertext"}


def test_all_names_are_tsharks_own() -> None:
    assert all(name.startswith("isakmp.") for name in NAMES)


def test_the_innermost_payload_around_a_place_is_found_first() -> None:
    sa, proposal = Part(Payload.SA, 28, 80), Part(Payload.PROPOSAL, 40, 80)
    transforms = Part(Payload.TRANSFORM, 48, 60), Part(Payload.TRANSFORM, 60, 80)
    nonce = Part(Payload.NONCE, 80, 120)
    nest = Nest((nonce, *transforms, proposal, sa))
    assert list(nest.around(50, 52)) == [transforms[0], proposal, sa]
    assert list(nest.around(58, 62)) == [proposal, sa]
    assert list(nest.around(60, 61)) == [transforms[1], proposal, sa]
    assert list(nest.around(100, 104)) == [nonce]
    assert list(nest.around(10, 12)) == []
    assert list(nest.around(118, 122)) == []

"""Messages one after the other: as lines, and as one JSON document."""

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ikepcap.capture.datagram import Datagram
from ikepcap.renderers.fields import fields
from ikepcap.renderers.listing import listing_lines
from ikepcap.renderers.messages import Keyed, message_document, message_lines
from ikepcap.renderers.page import Page, cells
from ikepcap.wire.context import Context
from ikepcap.wire.message import Message
from tests.renderers.octets import attribute, message, notification, payload
from tests.wire.asn1 import COMMON_NAME, der, name

HOSTILE = "\x1b]0;owned\x07\x1b[31m\r\n\t\x00\u202e\u200b\u2066\x9b[bold]<b>&amp;\U000e0001"


def datagram(parsed: Message, **other: Any) -> Datagram:
    values: dict[str, Any] = {
        "frame": 7,
        "time_ns": 1_700_000_000_123_456_789,
        "source": bytes((192, 0, 2, 1)),
        "source_port": 500,
        "destination": bytes.fromhex("20010db8" + "00" * 11 + "07"),
        "destination_port": 4500,
        "data": parsed.data,
        "wire_bytes": len(parsed.data) + 10,
        "marker": True,
        "ttl": 64,
        "ip_id": 1,
    }
    return Datagram(**values | other)


def text(parsed: Message, *, hex_dump: bool = False, frames: tuple[int, ...] = (), **other: Any) -> str:
    tree = fields(parsed)
    lines = message_lines(datagram(parsed, **other), parsed, tree, Page(), frames=frames, hex_dump=hex_dump)
    return "\n".join(lines)


def document(*messages: Message, frames: tuple[int, ...] = (), **other: Any) -> Any:
    shown = ((datagram(one, **other), one, fields(one), frames, Keyed()) for one in messages)
    return json.loads(b"".join(message_document(shown)))


NONCE = message(10, payload(bytes(8)))


def test_a_message_begins_with_where_it_comes_from() -> None:
    assert text(NONCE).splitlines()[0] == (
        "frame 7  2023-11-14T22:13:20.123Z  192.0.2.1:500 -> [2001:db8::7]:4500"
    )
    fragmented = text(NONCE, fragment_frames=(5, 6, 7)).splitlines()[0]
    assert fragmented.startswith("frame 7 (IP fragments in frames 5-7)")
    assert (
        text(NONCE, frames=(3, 7)).splitlines()[0].startswith("reassembled from IKE fragments in frames 3, 7")
    )


def test_octets_follow_when_asked_for() -> None:
    assert text(NONCE, hex_dump=True).startswith(text(NONCE))
    assert text(NONCE, hex_dump=True).splitlines()[-1].startswith("   32  00 00")


def test_the_document_has_an_object_per_message_with_its_tree() -> None:
    (one,) = document(NONCE)
    tree = one.pop("fields")
    assert one == {
        "frame": 7,
        "time": "2023-11-14T22:13:20.123Z",
        "source": "192.0.2.1:500",
        "destination": "[2001:db8::7]:4500",
        "captured_bytes": 40,
        "wire_bytes": 50,
    }
    assert tree[1] == {
        "name": "NONCE",
        "offset": 28,
        "size": 12,
        "value": "8 octets",
        "fields": [
            {"name": "header", "offset": 28, "size": 4, "value": "length 12, next none"},
            {"name": "data", "offset": 32, "size": 8, "value": "00" * 8},
        ],
    }


def test_the_document_says_from_which_frames_a_message_was_put_together() -> None:
    (one,) = document(NONCE, frames=(3, 7), fragment_frames=(6, 7))
    assert (one["reassembled_from"], one["fragment_frames"], one["wire_bytes"]) == ([3, 7], [6, 7], 40)


def test_the_document_is_one_document_for_any_number_of_messages() -> None:
    assert document() == []
    assert len(document(NONCE, NONCE, NONCE)) == 3


def test_defects_and_hidden_fields_are_told_in_the_document() -> None:
    secret = attribute(16522, b"secret")
    (one,) = document(message(14, b"\0\x07" + payload(b"\x01\0\0\0" + secret)[2:], exchange=6))
    held = one["fields"][1]["fields"]
    assert held[0]["defects"] == ["reserved-not-zero at 29: payload 14: 0x07"]
    assert held[-1] == {"name": "XAUTH-USER-PASSWORD (16522)", "offset": 36, "size": 10, "hidden": True}
    assert "secret" not in json.dumps(one)


def test_long_values_are_whole_in_the_document() -> None:
    (one,) = document(message(5, payload(b"\x02\0\0\0" + b"x" * 60_000)))
    assert one["fields"][1]["value"] == "x" * 60_000
    (one,) = document(message(10, payload(bytes(300))))
    assert one["fields"][1]["fields"][-1]["value"] == "00" * 300


STRING = HOSTILE.encode()
NAME = name((COMMON_NAME, HOSTILE))
CERTIFICATE = der(
    0x30,
    der(
        0x30,
        der(2, b"\1"),
        der(0x30),
        NAME,
        der(0x30, der(0x17, b"\x1b[31m"), der(0x17, b"\x07")),
        NAME,
        der(0x30),
    ),
)
CARRIERS = {
    "identity": (5, b"\x02\0\0\0" + STRING),
    "key ID": (5, b"\x0b\0\0\0a" + STRING),
    "name": (5, b"\x09\0\0\0" + NAME),
    "general name": (5, b"\x0a\0\0\0" + der(0x82, STRING)),
    "authority": (7, b"\x04" + NAME),
    "certificate": (6, b"\x04" + CERTIFICATE),
    "revocation list": (6, b"\x07" + der(0x30, der(0x30, der(0x30), NAME, der(0x17, STRING)))),
    "URL": (6, b"\x0c" + bytes(20) + STRING),
    "notification": (11, notification(18, b"a" + STRING)),
    "vendor ID": (13, b"OE-Libreswan-" + STRING),
    "vendor ID of nobody": (13, STRING),
    "user": (14, b"\x02\0\0\0" + attribute(16521, STRING)),
    "banner": (14, b"\x02\0\0\0" + attribute(28672, STRING)),
    "attribute of nobody": (14, b"\x02\0\0\0" + attribute(30000, b"a" + STRING)),
    "principal": (134, HOSTILE.encode("utf-16-le")),
}


@pytest.mark.parametrize("carrier", CARRIERS)
@pytest.mark.parametrize("length", [1, 700])
def test_hostile_strings_come_out_harmless_whatever_carries_them(carrier: str, length: int) -> None:
    kind, body = CARRIERS[carrier]
    body = body if length == 1 else body + STRING * length
    parsed = message(kind, payload(body), exchange=243 if kind == 134 else 2)
    shown = text(parsed, hex_dump=True)
    assert all(line.isprintable() for line in shown.splitlines())
    assert max(map(len, shown.splitlines())) <= 80
    listed = list(listing_lines([(datagram(parsed), parsed, Context())], Page()))
    assert all(line.isprintable() and len(line) <= 80 for line in listed)


def test_hostile_strings_are_data_in_the_document() -> None:
    parsed = message(5, payload(b"\x02\0\0\0" + STRING))
    encoded = b"".join(message_document([(datagram(parsed), parsed, fields(parsed), (), Keyed())]))
    assert encoded.decode("ascii").replace("\n", "").isprintable()
    assert json.loads(encoded)[0]["fields"][1]["value"] == HOSTILE


@settings(max_examples=200)
@given(data=st.data())
def test_no_octets_raise_and_all_of_them_make_a_document(data: st.DataObject) -> None:
    kind = data.draw(st.sampled_from([1, 5, 6, 7, 11, 12, 13, 14, 15, 20, 21, 129, 132, 133, 134, 135]))
    exchange = data.draw(st.sampled_from([2, 5, 6, 32, 33, 243, 246]))
    body = data.draw(st.binary(max_size=100))
    flags = data.draw(st.sampled_from([0, 1]))
    parsed = message(kind, payload(body), exchange=exchange, flags=flags)
    text(parsed)
    (one,) = document(parsed)
    assert one["captured_bytes"] == len(parsed.data)


@pytest.mark.parametrize("width", [40, 57, 80, 99, 100, 101, 200])
def test_a_list_stays_within_its_columns(width: int) -> None:
    parsed = message(13, payload(b"x", 13), payload(b"y", 13), payload(b"z", 99), payload(b"", 98))
    lines = list(listing_lines([(datagram(parsed), parsed, Context())] * 2, Page(width=width)))
    assert max(map(len, lines)) <= width
    whole = list(listing_lines([(datagram(parsed), parsed, Context())] * 2, Page(width=10_000)))
    assert len(whole) == 2
    assert "".join(lines).split() == "".join(whole).split()
    assert (len(lines) == 2) == (len(whole[0]) <= width)


def test_wide_characters_take_two_columns() -> None:
    parsed = message(5, payload(b"\x0b\0\0\0" + "\u6f22\u5b57".encode() * 60))
    lines = text(parsed).splitlines()
    assert max(map(cells, lines)) <= 80
    assert sum(line.count("\u6f22") for line in lines) == 2 * 60


def test_a_list_names_payloads_as_the_peers_use_them() -> None:
    parsed = message(18, payload(b"\0\0\0\7"), exchange=33)
    (line,) = listing_lines([(datagram(parsed), parsed, Context(is_gdoi=True))], Page(width=200))
    assert "GROUPKEY-PUSH" in line
    assert line.endswith("SEQ")

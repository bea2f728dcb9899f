"""Passwords where lengths lie: nobody knows where they are, and nothing shows them."""

import json

import pytest

from ikepcap.renderers.fields import fields, render_message
from ikepcap.renderers.layer import layer_lines
from ikepcap.renderers.messages import Keyed, message_document
from ikepcap.testing.shown import message_views
from ikepcap.wire import build
from ikepcap.wire.message import Message, parse
from tests.renderers.test_messages import datagram

PASSWORD = b"correct horse"
ATTRIBUTES = [build.tlv(16521, b"user"), build.tlv(16522, PASSWORD), build.tlv(16524, b"abc")]
DATA = build.message(
    [
        build.hash_payload(bytes(range(100, 120))),
        build.configuration(2, ATTRIBUTES, identifier=7),
        build.identity(b"gw.example.net"),
    ],
    initiator_cookie=b"initiate",
    exchange=6,
    message_id=1,
)
HASH_AT, CONFIG_AT, USER_AT = 28, 52, 60


def changed(*changes: tuple[int, int], data: bytes = DATA) -> Message:
    """Return the message with other lengths at some offsets."""
    octets = bytearray(data)
    for at, length in changes:
        octets[at : at + 2] = length.to_bytes(2)
    found = parse(bytes(octets))
    assert found is not None
    return found


def everything(message: Message) -> str:
    return "\n".join(view.text for view in message_views(message))


LIES = {
    "an attribute takes too much": [(USER_AT + 2, 200)],
    "an attribute takes a part of the password's": [(USER_AT + 2, 10)],
    "an attribute takes too little": [(USER_AT + 2, 2)],
    "the hash takes too much": [(HASH_AT + 2, 500)],
    "the hash takes all": [(HASH_AT + 2, len(DATA) - HASH_AT)],
    "the hash takes the attributes, and what follows is read as attributes": [(HASH_AT + 2, 24 + 40)],
    "the hash takes too little": [(HASH_AT + 2, 10)],
    "the hash is shorter than its header": [(HASH_AT + 2, 2)],
    "the attributes take too little": [(CONFIG_AT + 2, 14)],
    "the attributes have no room for any": [(CONFIG_AT + 2, 6)],
    "the attributes take too much": [(CONFIG_AT + 2, 300)],
}


@pytest.mark.parametrize("lie", LIES)
def test_a_length_that_lies_shows_no_password(lie: str) -> None:
    message = changed(*LIES[lie])
    assert message.defects or "DEFECT" in render_message(message)
    text = everything(message)
    for secret in (b"orrect", b"horse"):
        for form in (secret.decode(), secret.hex(), secret.hex(" ")):
            assert form not in text
    assert "(hidden)" in text


@pytest.mark.parametrize("lie", LIES)
def test_what_was_hidden_is_shown_on_request(lie: str) -> None:
    message = changed(*LIES[lie])
    text = render_message(message, hex_dump=True, show_secrets=True)
    assert "(hidden)" not in text
    assert "**" not in text


def test_a_sound_message_hides_its_password_alone() -> None:
    text = everything(changed())
    assert "correct" not in text
    assert all(shown in text for shown in ("user", "abc", "gw.example.net", "67" + "68"))


def test_names_of_attributes_stay_where_values_are_hidden() -> None:
    text = render_message(changed((USER_AT + 2, 200)))
    assert "XAUTH-USER-NAME (16521)        (hidden)" in text
    assert "length-too-large at 62" in text


def test_a_message_cut_by_the_capture_hides_the_rest_of_its_password_alone() -> None:
    cut = DATA[: USER_AT + 8 + 4 + 7]
    message = parse(cut, len(DATA))
    assert message is not None
    text = render_message(message, hex_dump=True)
    assert "XAUTH-USER-PASSWORD (16522)    (hidden)" in text
    assert "correct" not in text


def test_ciphertext_is_no_secret() -> None:
    data = build.message([], initiator_cookie=b"initiate", exchange=6, message_id=1, flags=1) + b"sealed" * 4
    message = changed((26, len(data)), data=data)
    assert "octets captured" in render_message(message)
    assert b"sealed".hex() in render_message(message, hex_dump=True).replace(" ", "")


def test_a_broken_message_of_no_transaction_is_shown() -> None:
    message = parse(
        build.message([build.nonce(b"n" * 16)], initiator_cookie=b"initiate") + b"trailing octets"
    )
    assert message is not None
    assert b"trailing octets".hex() in render_message(message).replace(" ", "")
    assert "trailing" in "\n".join(layer_lines(message))


def test_the_document_says_what_is_hidden() -> None:
    message = changed((HASH_AT + 2, 10))
    document = message_document([(datagram(message), message, fields(message), (), Keyed())])
    (one,) = json.loads(b"".join(document))
    assert all(field.get("hidden") for field in one["fields"][1:])

"""What numbers mean between two peers, learnt from messages in octets written by hand."""

import struct

import pytest

from ikepcap.wire import bodies
from ikepcap.wire.context import (
    MAX_LOOKED_UP,
    Context,
    declaration,
    exchange_word,
    is_authip,
    learn,
    payload_word,
)
from ikepcap.wire.message import Message, parse
from ikepcap.wire.natd import Ends

RFC_3947 = bytes.fromhex("4a131c81070358455c5728f20e95452f")
GSSAPI = bytes.fromhex("621b04bb09882ac1e15935fefa24aeee")
CGA = bytes.fromhex("e3a5966a76379fe707228231e5ce8652")
CHECK_POINT = bytes.fromhex("f4ed19e0c114eb516faaac0ee37daf2807b4381f")
TRANSFORM = bytes.fromhex("01010000 80010007 80020002 8004000e 80030001")


def message(*payloads: tuple[int, bytes], rcookie: bytes = bytes(8)) -> Message:
    following = [kind for kind, _ in payloads[1:]] + [0]
    body = b"".join(
        struct.pack(">BBH", then, 0, 4 + len(data)) + data
        for then, (_, data) in zip(following, payloads, strict=True)
    )
    head = bytes(range(1, 9)) + rcookie
    parsed = parse(head + struct.pack(">BBBBII", payloads[0][0], 0x10, 2, 0, 0, 28 + len(body)) + body)
    assert parsed is not None
    return parsed


def offer(*transforms: bytes, doi: int = 1, protocol: int = 1) -> bytes:
    inner = b"".join(
        struct.pack(">BBH", 3 if at + 1 < len(transforms) else 0, 0, 4 + len(one)) + one
        for at, one in enumerate(transforms)
    )
    proposal = struct.pack(">BBHBBBB", 0, 0, 8 + len(inner), 1, protocol, 0, len(transforms)) + inner
    return struct.pack(">II", doi, 1) + proposal


@pytest.mark.parametrize(
    ("body", "known"),
    [
        (RFC_3947, Context(nat_t=True)),
        (GSSAPI, Context(gssapi=True)),
        (CGA, Context(cga=True)),
        (CHECK_POINT + bytes(20), Context(check_point=True)),
        (b"nobody knows this", Context()),
    ],
)
def test_vendor_ids_tell_what_numbers_mean(body: bytes, known: Context) -> None:
    assert learn(Context(), message((13, body))) == known


def test_what_was_known_before_stays_known() -> None:
    before = Context(gssapi=True, hash=2, group=14)
    assert learn(before, message((13, RFC_3947))) == Context(gssapi=True, nat_t=True, hash=2, group=14)


def test_the_responder_s_one_transform_tells_hash_and_group() -> None:
    chosen = Context(hash=2, group=14)
    assert learn(Context(), message((1, offer(TRANSFORM)), rcookie=b"\x01" * 8)) == chosen


@pytest.mark.parametrize(
    ("body", "rcookie"),
    [
        (offer(TRANSFORM), bytes(8)),  # an offer, which the responder has yet to answer
        (offer(TRANSFORM, TRANSFORM), b"\x01" * 8),
        (offer(TRANSFORM, protocol=3), b"\x01" * 8),
        (offer(TRANSFORM) + bytes(2_000), b"\x01" * 8),
        (b"\0", b"\x01" * 8),
    ],
)
def test_what_is_no_answer_chooses_nothing(body: bytes, rcookie: bytes) -> None:
    assert learn(Context(), message((1, body), rcookie=rcookie)) == Context()


def test_gdoi_is_known_by_its_port_and_by_its_doi() -> None:
    to_848 = Ends(bytes(4), 500, bytes(4), 848)
    assert learn(Context(), message((10, bytes(8))), to_848).is_gdoi
    assert learn(Context(), message((1, offer(TRANSFORM, doi=2)))).is_gdoi
    assert not learn(Context(), message((10, bytes(8))), Ends(bytes(4), 500, bytes(4), 500)).is_gdoi


def test_a_flood_of_vendor_ids_is_not_looked_up_to_its_end() -> None:
    flood = [(13, b"x")] * MAX_LOOKED_UP
    assert learn(Context(), message(*flood, (13, RFC_3947))) == Context()


QUICK, MAIN, PUSH, AUTHIP = 32, 2, 33, 243
GDOI, NAT_T, NOBODY = Context(is_gdoi=True), Context(nat_t=True), Context()


@pytest.mark.parametrize(
    ("kind", "exchange", "context", "name", "layout"),
    [
        (15, MAIN, NOBODY, "15", None),
        (16, MAIN, NOBODY, "16", None),
        (15, MAIN, NAT_T, "NAT-D", bodies.NatDiscovery),
        (16, QUICK, NAT_T, "NAT-OA", bodies.NatOriginalAddress),
        (15, QUICK, GDOI, "SA-KEK", bodies.GroupPolicy),
        (16, PUSH, GDOI, "SA-TEK", bodies.GroupPolicy),
        (17, PUSH, GDOI, "KD", bodies.GroupKeyDownload),
        (18, PUSH, GDOI, "SEQ", bodies.GroupSequenceNumber),
        (19, QUICK, GDOI, "POP", bodies.GroupPolicy),
        (22, QUICK, GDOI, "GAP", bodies.GroupPolicy),
        (17, QUICK, NOBODY, "17", None),
        (15, MAIN, GDOI, "15", None),
        (20, MAIN, NOBODY, "NAT-D", bodies.NatDiscovery),
        (21, QUICK, NOBODY, "NAT-OA", bodies.NatOriginalAddress),
        (130, MAIN, NOBODY, "NAT-D", bodies.NatDiscovery),
        (131, QUICK, NOBODY, "NAT-OA", bodies.NatOriginalAddress),
        (129, AUTHIP, NOBODY, "GSS", bodies.AuthipGssToken),
        (133, AUTHIP, NOBODY, "CRYPTO", bodies.AuthipCrypto),
        (134, AUTHIP, NOBODY, "GSS-ID", bodies.AuthipGssName),
        (135, AUTHIP, NOBODY, "AUTH", bodies.AuthipAuth),
        (136, 244, NOBODY, "KEY-DICTATION", bodies.AuthipKeyDictation),
        (137, 244, NOBODY, "KEY-DICTATION-WEIGHT", bodies.AuthipKeyDictationWeight),
        (11, 246, NOBODY, "N", bodies.AuthipNotification),
        (11, 5, NOBODY, "N", bodies.Notification),
        (133, MAIN, NOBODY, "133", None),
        (1, AUTHIP, NOBODY, "SA", bodies.SecurityAssociation),
    ],
)
def test_a_payload_type_is_read_as_these_peers_mean_it(
    kind: int, exchange: int, context: Context, name: str, layout: type | None
) -> None:
    assert payload_word(kind, exchange, context) == name
    assert declaration(kind, exchange, context) is layout


@pytest.mark.parametrize(
    ("exchange", "context", "name"),
    [
        (32, NOBODY, "quick"),
        (32, GDOI, "GROUPKEY-PULL"),
        (33, NOBODY, "new-group"),
        (33, GDOI, "GROUPKEY-PUSH"),
        (35, GDOI, "35"),
        (2, GDOI, "main"),
        (243, NOBODY, "AuthIP main"),
        (244, NOBODY, "AuthIP quick"),
        (245, NOBODY, "AuthIP extended"),
        (246, NOBODY, "AuthIP notify"),
        (99, NOBODY, "99"),
    ],
)
def test_an_exchange_is_named_as_these_peers_mean_it(exchange: int, context: Context, name: str) -> None:
    assert exchange_word(exchange, context) == name
    assert is_authip(exchange) == name.startswith("AuthIP")

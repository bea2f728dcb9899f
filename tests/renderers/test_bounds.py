"""What the worst datagrams cost: a tree and its text in a time that their size bounds."""

import struct
import time

import pytest

from ikepcap.renderers.fields import Field, fields, render_message
from ikepcap.wire.bodies import AUTHIP_BODIES, BODIES
from ikepcap.wire.message import Message
from tests.renderers.octets import attribute, message, payload
from tests.wire.asn1 import der

ROOM = 65_507 - 28
SECONDS_PER_OCTET = 8e-6
"""Half a second for the largest datagram. The slowest takes a quarter of that, most take a hundredth."""


def proposals(*transforms: bytes, claimed: int = 255) -> bytes:
    return struct.pack(">II", 1, 1) + payload(bytes((1, 1, 0, claimed)) + b"".join(transforms))


TV = struct.pack(">HH", 0x8001, 7)
TRANSFORM = b"\x01\x01\0\0"
SIGNED = der(6, bytes.fromhex("2a864886f70d010702"))

WORST = {
    "transforms": (1, proposals(*[payload(TRANSFORM, 3)] * 8_000, payload(TRANSFORM))),
    "transforms with attributes": (
        1,
        proposals(*[payload(TRANSFORM + TV * 200, 3)] * 78, payload(TRANSFORM)),
    ),
    "attributes of a transform": (1, proposals(payload(TRANSFORM + TV * 16_000))),
    "a labelled domain of 65,535 octets": (
        1,
        struct.pack(">III", 1, 7, 1) + b"\xff\xff\0\0" + bytes(65_000),
    ),
    "attributes": (14, b"\x01\0\0\0" + TV * 16_000),
    "empty attributes": (14, b"\x01\0\0\0" + attribute(1, b"") * 16_000),
    "secrets": (14, b"\x01\0\0\0" + attribute(16522, b"") * 16_000),
    "networks": (14, b"\x01\0\0\0" + attribute(28676, bytes(65_000))),
    "supported attributes": (14, b"\x01\0\0\0" + attribute(14, bytes(65_000))),
    "SPIs": (12, struct.pack(">IBBH", 1, 3, 1, 0xFFFF) + bytes(65_000)),
    "SPIs of no size": (12, struct.pack(">IBBH", 1, 3, 0, 0xFFFF) + bytes(65_000)),
    "an identity": (5, b"\x02\0\0\0" + b"\x1b[31m" * 13_000),
    "a name of empty sets": (5, b"\x09\0\0\0" + der(0x30, b"\x31\0" * 30_000)),
    "a name in a name": (5, b"\x09\0\0\0" + b"\x30\x84" * 30_000),
    "general names": (5, b"\x0a\0\0\0" + der(0x30, b"\x82\0" * 30_000)),
    "a certificate of sequences": (6, b"\x04" + der(0x30, b"\x30\0" * 30_000)),
    "a chain of nothing": (
        6,
        b"\x01"
        + der(
            0x30,
            SIGNED,
            der(0xA0, der(0x30, der(2, b"\1"), der(0x31), der(0x30), der(0xA0, b"\x30\0" * 30_000))),
        ),
    ),
    "revocations": (
        6,
        b"\x07"
        + der(
            0x30,
            der(0x30, der(0x30), der(0x30), der(0x17, b"240101000000Z"), der(0x30, b"\x30\0" * 30_000)),
        ),
    ),
    "a vendor ID of text": (13, b"OE-Libreswan-" + b"a" * 65_000),
    "lifetimes": (11, struct.pack(">IBBH", 1, 3, 0, 24576) + TV * 16_000),
}


def cost(parsed: Message) -> float:
    """Return the seconds that a tree and its text take, of the best of three tries."""
    times = []
    for _ in range(3):
        begun = time.process_time()
        render_message(parsed)
        times.append(time.process_time() - begun)
    return min(times)


def count(tree: tuple[Field, ...]) -> int:
    return sum(1 + count(field.children) for field in tree)


@pytest.mark.parametrize("name", WORST)
def test_a_payload_made_to_cost_much_costs_little(name: str) -> None:
    kind, body = WORST[name]
    parsed = message(kind, payload(body), exchange=5 if kind in (11, 12) else 2)
    assert len(parsed.data) > 60_000
    assert cost(parsed) < len(parsed.data) * SECONDS_PER_OCTET
    assert count(fields(parsed)) < 12_000
    assert len(render_message(parsed)) < 200_000


def test_a_hex_dump_of_ten_thousand_secrets_costs_little() -> None:
    body = b"\x01\0\0\0" + attribute(16522, b"p") * 100
    parsed = message(14, *[payload(body, 14)] * 100, payload(body), exchange=6)
    begun = time.process_time()
    text = render_message(parsed, hex_dump=True)
    assert time.process_time() - begun < 4 * len(parsed.data) * SECONDS_PER_OCTET
    assert text.count("**  ") > 1_000


CHAINS = [*((kind, 2) for kind in BODIES), *((kind, 243) for kind in AUTHIP_BODIES), (15, 33), (99, 2)]


@pytest.mark.parametrize(("kind", "exchange"), CHAINS)
def test_a_datagram_of_the_smallest_payloads_costs_little(kind: int, exchange: int) -> None:
    count_ = ROOM // 4
    parsed = message(kind, payload(b"", kind) * (count_ - 1), payload(b""), exchange=exchange)
    assert len(parsed.spans) == count_
    assert cost(parsed) < len(parsed.data) * SECONDS_PER_OCTET
    text = render_message(parsed)
    assert f"({count_ - 100} more payloads left out)" in text
    assert len(text.splitlines()) < 1_000

"""ISAKMP messages in octets written by hand, apart from everything that builds them in the package."""

import struct

from ikepcap.wire.message import Message, parse

ICOOKIE = bytes.fromhex("0102030405060708")
RCOOKIE = bytes.fromhex("1112131415161718")


def payload(body: bytes, following: int = 0) -> bytes:
    """Return a payload: generic header and body."""
    return struct.pack(">BBH", following, 0, 4 + len(body)) + body


def message(
    first: int,
    *payloads: bytes,
    exchange: int = 2,
    flags: int = 0,
    rcookie: bytes = RCOOKIE,
) -> Message:
    """Return a message of payloads that follow one another."""
    body = b"".join(payloads)
    head = ICOOKIE + rcookie + struct.pack(">BBBBII", first, 0x10, exchange, flags, 0, 28 + len(body))
    parsed = parse(head + body)
    assert parsed is not None
    return parsed


def attribute(kind: int, value: bytes) -> bytes:
    """Return an attribute whose length is in front of it."""
    return struct.pack(">HH", kind, len(value)) + value


def notification(kind: int, data: bytes = b"", spi: bytes = b"", protocol: int = 1) -> bytes:
    """Return the body of a notification of the IPsec DOI."""
    return struct.pack(">IBBH", 1, protocol, len(spi), kind) + spi + data

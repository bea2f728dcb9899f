"""What a UDP datagram is: ISAKMP, ESP, a NAT keepalive, or none of these (RFC 3947, RFC 3948, RFC 6407).

On an IKE port the benefit of the doubt goes to ISAKMP: what is wrong with a message is for others to say.
On any other port it has to prove itself by every bit of its header, since ordinary traffic must never turn
into a negotiation that nobody made.
"""

from enum import IntEnum
from struct import Struct as Layout
from typing import Final

from ikepcap.capture.datagram import GDOI_PORT, IKE_PORT, NATT_PORT
from ikepcap.wire.header import stands_up
from ikepcap.wire.message import FLAG_ENCRYPTION, HEADER, HEADER_BYTES, KNOWN_FLAGS, VERSION_1, parse

UDP_HEADER: Final = Layout(">HHH2x")
MARKER: Final = bytes(4)
"""The non-ESP marker (RFC 3948 §2.2): where ESP has its SPI, which is never zero."""
MARKER_BYTES: Final = 4
VXLAN_PORT: Final = 4789

ON_500: Final = 1
ON_4500: Final = 2
ON_848: Final = 4
ON_VXLAN: Final = 8
IKE_PORTS: Final = ON_500 | ON_4500 | ON_848


def _port_table() -> bytes:
    table = bytearray(65536)
    for port, bit in ((IKE_PORT, ON_500), (NATT_PORT, ON_4500), (GDOI_PORT, ON_848), (VXLAN_PORT, ON_VXLAN)):
        table[port] = bit
    return bytes(table)


PORTS: Final = _port_table()
"""What each port means, as bits: `PORTS[source] | PORTS[destination]`."""


class Kind(IntEnum):
    """What a datagram turned out to be."""

    FOREIGN = 0
    """Nothing of ours."""
    ISAKMP = 1
    MARKED = 2
    """ISAKMP after a non-ESP marker."""
    ESP = 3
    KEEPALIVE = 4
    JUNK = 5
    """On an IKE port, and too short for an ISAKMP header."""
    CUT = 6
    """ISAKMP by its port, and the capture holds less than its header."""


def classify(data: bytes, wire_bytes: int, ports: int, *, length_holds: bool = True) -> Kind:
    """Say what a UDP payload is.

    Args:
        data: the payload as far as it was captured.
        wire_bytes: its length on the wire.
        ports: bits from `PORTS`.
        length_holds: the UDP header's length is the one used; else it is unfit and nothing is proved by it.
    """
    if not ports & IKE_PORTS:
        return _classify_foreign(data, wire_bytes) if length_holds else Kind.FOREIGN
    if wire_bytes == 1 and data in (b"", b"\xff"):
        return Kind.KEEPALIVE  # RFC 3948 §2.3; some send it from or to 500 as well
    if ports & ON_500 or not ports & ON_4500:
        return _classify_500(data, wire_bytes)
    return _classify_4500(data, wire_bytes, length_holds=length_holds)


def _classify_500(data: bytes, wire_bytes: int) -> Kind:
    """On 500 and 848 all is ISAKMP that has room for its header; old NAT-T puts ESP there too."""
    if wire_bytes < HEADER_BYTES:
        return Kind.JUNK
    if len(data) < HEADER_BYTES:
        return Kind.CUT
    if data.startswith(MARKER):
        if stands_up(data, MARKER_BYTES, wire_bytes):
            return Kind.MARKED
        # draft-ietf-ipsec-udp-encaps-01 §2: eight zero octets where ISAKMP has its cookie announce ESP.
        if not any(data[:8]) and not stands_up(b"\x01" + data[1:HEADER_BYTES], 0, wire_bytes):
            return Kind.ESP
    return Kind.ISAKMP


def _classify_4500(data: bytes, wire_bytes: int, *, length_holds: bool) -> Kind:
    """On 4500 the marker decides; where it is missing, only a header that fits says ISAKMP."""
    if data.startswith(MARKER):
        if wire_bytes < MARKER_BYTES + HEADER_BYTES:
            return Kind.JUNK
        return Kind.MARKED if len(data) >= MARKER_BYTES + HEADER_BYTES else Kind.CUT
    if length_holds and stands_up(data, 0, wire_bytes):
        return Kind.ISAKMP
    return Kind.ESP if wire_bytes >= 8 else Kind.JUNK


def _classify_foreign(data: bytes, wire_bytes: int) -> Kind:
    """On other ports: a header without a flaw, and behind it, where it can be read, a chain without one."""
    if len(data) < HEADER_BYTES:
        return Kind.FOREIGN
    if data.startswith(MARKER):
        proven = _is_proven(data[MARKER_BYTES:], wire_bytes - MARKER_BYTES)
        return Kind.MARKED if proven else Kind.FOREIGN
    return Kind.ISAKMP if _is_proven(data, wire_bytes) else Kind.FOREIGN


def could_be_proven(data: bytes, wire_bytes: int) -> bool:
    """Tell from the start of a datagram on another port whether the whole may be ISAKMP."""
    at = MARKER_BYTES if data.startswith(MARKER) else 0
    return stands_up(data, at, wire_bytes)


def _is_proven(data: bytes, wire_bytes: int) -> bool:
    """Tell whether a whole datagram on a port that means nothing is ISAKMP beyond doubt."""
    if len(data) != wire_bytes or not stands_up(data, 0, wire_bytes):
        return False
    _, rcookie, following, version, exchange, flags, message_id, _ = HEADER.unpack_from(data)
    if version == VERSION_1:
        if not _is_v1_header(any(rcookie), following, exchange, flags, message_id):
            return False
        if flags & FLAG_ENCRYPTION:
            # Ciphertext comes in blocks of at least 8 octets (RFC 2409 appendix B), and there is some.
            return wire_bytes > HEADER_BYTES and not (wire_bytes - HEADER_BYTES) % 8
        message = parse(data)
        return message is not None and bool(message.spans) and not message.defects
    return version == _VERSION_2 and _is_v2_header(any(rcookie), following, exchange, flags, message_id)


_VERSION_2: Final = 0x20
_HASH: Final = 8
_PHASE_1: Final = frozenset({1, 2, 4})
_PHASE_2: Final = frozenset({6, 32, 33})
_CLEAR_INFORMATIONAL: Final = frozenset({8, 11, 12, 13, 132})


def _is_v1_header(answered: bool, following: int, exchange: int, flags: int, message_id: int) -> bool:
    """Check an IKEv1 header field by field (RFC 2408 §3.1, §4; RFC 2409 §5). 3 is used by no IKE.

    `answered`: the responder cookie is not zero.
    """
    if flags & ~KNOWN_FLAGS or following == 0:
        return False
    encrypted = bool(flags & FLAG_ENCRYPTION)
    if exchange in _PHASE_1:
        return message_id == 0 and (answered or not encrypted)
    if not answered:
        return False
    if exchange in _PHASE_2:  # these exist only under a phase 1 SA, and HASH is first
        return message_id != 0 and encrypted and following == _HASH
    return exchange == _INFORMATIONAL and (
        following == _HASH if encrypted else following in _CLEAR_INFORMATIONAL
    )


_INFORMATIONAL: Final = 5
_SA_INIT: Final = 34
_V2_FLAGS: Final = 0x38
"""Initiator, version, response (RFC 7296 §3.1)."""
_V2_FIRST: Final = frozenset({33, 41, 43})
"""SA; notify (COOKIE, or a refusal); vendor ID."""
_V2_SEALED: Final = frozenset({46, 53})


def _is_v2_header(answered: bool, following: int, exchange: int, flags: int, message_id: int) -> bool:
    """Check an IKEv2 header field by field (RFC 7296 §3.1): all but IKE_SA_INIT is encrypted."""
    if flags & ~_V2_FLAGS:
        return False
    if exchange == _SA_INIT:
        return message_id == 0 and following in _V2_FIRST and (answered or bool(flags & 0x28))
    return answered and exchange <= _SA_INIT + 3 and following in _V2_SEALED

"""The message skeleton: ISAKMP header and where its payloads lie (RFC 2408 §3.1).

This is the fast view, made for every message of a capture. It knows no payload's fields: those are declared
in `bodies` and decoded when someone asks.
"""

from struct import Struct as Layout
from typing import TYPE_CHECKING, Final

from msgspec import Struct

from ikepcap.wire.walk import Defect, Fault, Span, walk_chain

if TYPE_CHECKING:
    from ikepcap.wire.layers import ISAKMP

HEADER_BYTES: Final = 28
HEADER: Final = Layout(">8s8sBBBBII")
NO_COOKIE: Final = bytes(8)

VERSION_1: Final = 0x10
FLAG_ENCRYPTION: Final = 0x01
FLAG_COMMIT: Final = 0x02
FLAG_AUTHENTICATION_ONLY: Final = 0x04
KNOWN_FLAGS: Final = FLAG_ENCRYPTION | FLAG_COMMIT | FLAG_AUTHENTICATION_ONLY


class Message(Struct, frozen=True, gc=False):
    """One ISAKMP message (RFC 2408 §3.1). What is wrong with it is in `defects`, never an exception."""

    initiator_cookie: bytes
    """8 octets, chosen by whoever began phase 1, first in messages of both directions."""
    responder_cookie: bytes
    """8 octets, zero in the first message of phase 1."""
    next_payload: int
    version: int
    """0x10 is IKEv1; other major versions are not walked."""
    exchange: int
    flags: int
    message_id: int
    """0 in phase 1."""
    length: int
    """Octets as the header claims; compare `len(data)`."""
    data: bytes
    """The whole message as captured, header included."""
    spans: tuple[Span, ...]
    """Payloads in the clear; empty when encrypted or not IKEv1."""
    defects: tuple[Defect, ...]
    wire_bytes: int | None = None
    """Its length on the wire where that differs from `len(data)`."""

    @property
    def layer(self) -> "ISAKMP":
        """The message as a Scapy packet of `ikepcap.wire.layers`, made anew each time; loads Scapy."""
        from ikepcap.wire.layers import read_message

        return read_message(self)

    @property
    def is_encrypted(self) -> bool:
        """The encryption flag is set: everything after the header is ciphertext."""
        return self.flags & FLAG_ENCRYPTION != 0

    @property
    def is_truncated(self) -> bool:
        """The capture holds less of it than was on the wire."""
        return any(defect.fault is Fault.TRUNCATED for defect in self.defects)

    def payload_types(self) -> tuple[int, ...]:
        """Types of the payloads in the clear, in wire order."""
        return tuple([span.type for span in self.spans])

    def bodies(self, kind: int) -> tuple[bytes, ...]:
        """Bodies of all payloads of this type, without their generic headers, in wire order."""
        return tuple(self.data[span.start + 4 : span.end] for span in self.spans if span.type == kind)


def parse(data: bytes, wire_bytes: int | None = None) -> Message | None:
    """Read one ISAKMP message; None when `data` is shorter than the header.

    Args:
        data: the message as captured, from the initiator cookie on.
        wire_bytes: its length on the wire where that is known to be more than was captured.
    """
    size = len(data)
    if size < HEADER_BYTES:
        return None
    icookie, rcookie, following, version, exchange, flags, message_id, length = HEADER.unpack_from(data)
    if version >> 4 != 1:
        return Message(
            icookie, rcookie, following, version, exchange, flags, message_id, length, data, (), ()
        )
    if length == size and not flags & ~KNOWN_FLAGS:
        if flags & FLAG_ENCRYPTION:
            return Message(
                icookie, rcookie, following, version, exchange, flags, message_id, length, data, (), ()
            )
        spans, defects = walk_chain(data, following, HEADER_BYTES, size)
        return Message(
            icookie, rcookie, following, version, exchange, flags, message_id, length, data, spans, defects
        )
    spans, defects = _walk_oddity(data, following, flags, length, wire_bytes or size)
    return Message(
        icookie, rcookie, following, version, exchange, flags, message_id, length, data, spans, defects,
        wire_bytes if wire_bytes != size else None,
    )  # fmt: skip


def _walk_oddity(
    data: bytes, following: int, flags: int, length: int, wire_bytes: int
) -> tuple[tuple[Span, ...], tuple[Defect, ...]]:
    """Walk a message whose header does not fit its datagram, and say what differs."""
    size = len(data)
    found: list[Defect] = []
    if flags & ~KNOWN_FLAGS:
        found.append(Defect(Fault.FLAGS, 19, f"flags {flags:#04x}"))
    if size < wire_bytes:
        found.append(Defect(Fault.TRUNCATED, size, f"{size} of {wire_bytes} octets were captured"))
    if length != wire_bytes:
        what = f"header claims {length} octets, the datagram has {wire_bytes}"
        found.append(Defect(Fault.MESSAGE_LENGTH, 24, what))
    if flags & FLAG_ENCRYPTION:
        return (), tuple(found)
    # A header that claims less than a header, or more than there is, tells nothing: the datagram does.
    end = length if HEADER_BYTES < length < size else size
    spans, defects = walk_chain(data, following, HEADER_BYTES, end)
    if size < wire_bytes:
        # Where the capture ends, the chain is cut by the capture: that is no defect of the sender's.
        defects = tuple(d for d in defects if d.fault not in _CUT_BY_CAPTURE)
    return spans, (*found, *defects)


_CUT_BY_CAPTURE: Final = (Fault.LENGTH_TOO_LARGE, Fault.HEADER_CUT, Fault.CHAIN_CUT)

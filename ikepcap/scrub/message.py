"""ISAKMP messages of the same length between other peers.

The header's meaning stays, its cookies and message ID do not; payloads go through `payload`; ciphertext, and
whatever is not understood, becomes random octets. The same message always becomes the same other message, so
that a retransmission stays one.
"""

import hashlib
from collections import Counter
from ipaddress import ip_address
from typing import Final

from msgspec import Struct

from ikepcap.scrub.names import Names
from ikepcap.scrub.payload import broken_headers, masked
from ikepcap.wire.build import nat_d
from ikepcap.wire.message import FLAG_ENCRYPTION, HEADER, HEADER_BYTES, Message, parse
from ikepcap.wire.numbers import Exchange, Payload
from ikepcap.wire.walk import GENERIC_HEADER_BYTES

End = tuple[bytes, int]
"""Address and port as captured."""

_HASHES: Final = {16: "md5", 20: "sha1", 32: "sha256", 48: "sha384", 64: "sha512"}
_AUTHIP: Final = 240
_V1_EXCHANGES: Final = frozenset(map(int, Exchange)) | {0, 7}
"""With two that nobody sends: a broken exchange type is a finding, and tells of nobody."""
_V2_EXCHANGES: Final = frozenset(range(34, 45))
_MESSAGE_ID_BYTES: Final = 4
_COUNTED: Final[dict[int, str]] = {
    Payload.ID: "identities",
    Payload.CERT: "certificates",
    Payload.CR: "certificate requests",
    Payload.ATTRIBUTES: "configurations",
    Payload.NAT_D: "NAT-D hashes",
    Payload.NAT_D_DRAFT: "NAT-D hashes",
    Payload.KE: "public keys",
}


class Piece(Struct, frozen=True):
    """Where the data of an IKE fragment lies in the message it belongs to."""

    whole: bytes
    start: int


class Known(Struct, frozen=True):
    """What the survey found out about the messages of a capture."""

    ends: dict[bytes, set[End]]
    """By initiator cookie, all ends between which such messages were captured."""
    pieces: dict[tuple[bytes, int, bytes], Piece]
    """By initiator cookie, number and data of an IKE fragment."""


class Messages:
    """Rewrites the messages of one run."""

    def __init__(self, names: Names, known: Known) -> None:
        self.names = names
        self.counts: Counter[str] = Counter()
        """What was replaced in how many payloads or octets."""
        self._known = known
        self._wholes: dict[bytes, bytes] = {}

    def scrubbed(self, data: bytes, wire_bytes: int) -> bytes | None:
        """Return a message of the same length; None where the header is not one that is understood.

        Args:
            data: the message as far as it was captured, from the initiator cookie on.
            wire_bytes: its length on the wire.
        """
        message = parse(data, wire_bytes)
        if message is None or not is_plausible(message):
            return None
        found = bytearray(self.names.filler(data))
        found[:HEADER_BYTES] = self._header(message)
        if message.is_encrypted or message.version >> 4 != 1 or message.exchange >= _AUTHIP:
            found[HEADER_BYTES:] = self.names.octets("sealed", data[:8] + data[HEADER_BYTES:])[8:]
            self.counts["octets of ciphertext"] += len(data) - HEADER_BYTES
            return bytes(found)
        around = _Surroundings(self, message)
        for span in message.spans:
            found[span.start : span.body] = data[span.start : span.body]
            found[span.body : span.end] = masked(span.type, data[span.body : span.end], self.names, around)
            if span.type in _COUNTED:
                self.counts[_COUNTED[span.type]] += 1
        for at in broken_headers(message.defects):
            found[at : at + GENERIC_HEADER_BYTES] = data[at : at + GENERIC_HEADER_BYTES]
        return bytes(found)

    def _header(self, message: Message) -> bytes:
        message_id = message.message_id
        if message_id and message.version >> 4 == 1:
            seed = message.initiator_cookie + message_id.to_bytes(_MESSAGE_ID_BYTES)
            # The last octet is never zero: a message ID of zero would be phase 1.
            message_id = int.from_bytes(self.names.octets("message ID", seed)[-_MESSAGE_ID_BYTES:]) | 1
        return HEADER.pack(
            self.names.cookie(message.initiator_cookie),
            self.names.cookie(message.responder_cookie),
            message.next_payload,
            message.version,
            message.exchange,
            message.flags,
            message_id,
            message.length,
        )

    def nat_d(self, message: Message, digest: bytes) -> bytes:
        """Return the hash of the new cookies and end, where it was that of an end that was captured.

        Another one tells of an address behind a NAT: whatever takes its place fits no end either.
        """
        name = _HASHES.get(len(digest))
        cookies = (message.initiator_cookie, message.responder_cookie)
        if name is not None:
            for address, port in sorted(self._known.ends.get(cookies[0], ())):
                data = b"".join(cookies) + address + port.to_bytes(2)
                if hashlib.new(name, data, usedforsecurity=False).digest() == digest:
                    new = b"".join(map(self.names.cookie, cookies))
                    there = str(ip_address(self.names.address(address)))
                    return nat_d(name, new, there, port).body
        return self.names.octets("NAT-D", b"".join(cookies) + digest)[-len(digest) :] if digest else b""

    def fragment(self, message: Message, number: int, data: bytes) -> bytes:
        """Return the same part of the message that an IKE fragment is a part of."""
        piece = self._known.pieces.get((message.initiator_cookie, number, data))
        if piece is None:
            # Never complete: the first begins with a header, the others with what can be anything.
            claimed = int.from_bytes(data[24:HEADER_BYTES]) if number == 1 else 0
            begun = self.scrubbed(data, max(claimed, len(data))) if is_header(message, data) else None
            return self.names.octets("fragment", data) if begun is None or number != 1 else begun
        whole = self._wholes.get(piece.whole)
        if whole is None:
            new = self.scrubbed(piece.whole, len(piece.whole)) if is_header(message, piece.whole) else None
            whole = self._wholes[piece.whole] = new or self.names.octets("fragments", piece.whole)
        return whole[piece.start : piece.start + len(data)]


class _Surroundings:
    """What a payload may ask about the message it is in."""

    def __init__(self, messages: Messages, message: Message) -> None:
        self._messages = messages
        self._message = message

    @property
    def cookies(self) -> tuple[bytes, bytes]:
        return self._message.initiator_cookie, self._message.responder_cookie

    def nat_d(self, digest: bytes) -> bytes:
        return self._messages.nat_d(self._message, digest)

    def fragment(self, number: int, data: bytes) -> bytes:
        return self._messages.fragment(self._message, number, data)


def is_header(fragment: Message, data: bytes) -> bool:
    """Tell whether fragmented data begins with the header of its message, and no fragment is inside."""
    has_cookie = len(data) >= HEADER_BYTES and data[:8] == fragment.initiator_cookie
    return has_cookie and not (data[16] == Payload.FRAGMENT and not data[19] & FLAG_ENCRYPTION)


def is_plausible(message: Message) -> bool:
    """Tell whether a header is one, as far as its numbers go; else it may be anything."""
    if not any(message.initiator_cookie):
        return False
    if message.version >> 4 == 1:
        return message.exchange in _V1_EXCHANGES
    return message.version >> 4 == 2 and message.exchange in _V2_EXCHANGES

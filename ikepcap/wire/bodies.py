"""Every payload body, declared once (RFC 2408 §3, RFC 2407 §4.6, and where each docstring says).

A body is what follows the generic payload header. `codec` makes decoders from these declarations; they
decide nothing else.
"""

from typing import Annotated, Final

from ikepcap.wire.codec import U8, U16, U32, Attributes, Body, Chain, Rest, Take
from ikepcap.wire.details import CertEncoding, CfgAttribute, CfgType, IdType
from ikepcap.wire.numbers import Doi, NotifyType, Payload, Protocol
from ikepcap.wire.relatives import AuthipPayload, GdoiPayload, NatDraftPayload
from ikepcap.wire.walk import Attribute


class SecurityAssociation(Body, frozen=True):
    """Security Association payload (RFC 2408 §3.4; situation in RFC 2407 §4.6.1)."""

    doi: Annotated[int, U32(names=Doi)]
    situation: Annotated[int, U32()]
    """Bits of `Situation`; with secrecy or integrity a labelled domain precedes the proposals."""
    proposals: Annotated[bytes, Chain(Payload.PROPOSAL)]


class Proposal(Body, frozen=True):
    """Proposal payload (RFC 2408 §3.5), inside a Security Association."""

    number: Annotated[int, U8()]
    protocol: Annotated[int, U8(names=Protocol)]
    spi_size: Annotated[int, U8(length_of="spi")]
    transform_count: Annotated[int, U8(count_of="transforms")]
    spi: Annotated[bytes, Take("spi_size")]
    transforms: Annotated[bytes, Chain(Payload.TRANSFORM)]


class Transform(Body, frozen=True):
    """Transform payload (RFC 2408 §3.6), inside a Proposal, whose protocol says what the numbers mean."""

    number: Annotated[int, U8()]
    transform_id: Annotated[int, U8()]
    reserved: Annotated[int, U16(is_reserved=True)]
    attributes: Annotated[tuple[Attribute, ...], Attributes()]


class KeyExchange(Body, frozen=True):
    """Key Exchange payload (RFC 2408 §3.7)."""

    public_value: Annotated[bytes, Rest()]


class Identification(Body, frozen=True):
    """Identification payload (RFC 2408 §3.8, RFC 2407 §4.6.2)."""

    type: Annotated[int, U8(names=IdType)]
    protocol: Annotated[int, U8()]
    """An IP protocol number; with `port` it should be 0/0 or 17/500 in phase 1."""
    port: Annotated[int, U16()]
    data: Annotated[bytes, Rest()]


class Certificate(Body, frozen=True):
    """Certificate payload (RFC 2408 §3.9)."""

    encoding: Annotated[int, U8(names=CertEncoding)]
    data: Annotated[bytes, Rest()]


class CertificateRequest(Body, frozen=True):
    """Certificate Request payload (RFC 2408 §3.10)."""

    encoding: Annotated[int, U8(names=CertEncoding)]
    authority: Annotated[bytes, Rest()]
    """DER of the issuer's name; empty for any."""


class Hash(Body, frozen=True):
    """Hash payload (RFC 2408 §3.11)."""

    data: Annotated[bytes, Rest()]


class Signature(Body, frozen=True):
    """Signature payload (RFC 2408 §3.12)."""

    data: Annotated[bytes, Rest()]


class Nonce(Body, frozen=True):
    """Nonce payload (RFC 2408 §3.13; 8 to 256 octets, RFC 2409 §5)."""

    data: Annotated[bytes, Rest()]


class Notification(Body, frozen=True):
    """Notification payload (RFC 2408 §3.14; the IPsec DOI's types in RFC 2407 §4.6.3)."""

    doi: Annotated[int, U32(names=Doi)]
    protocol: Annotated[int, U8(names=Protocol)]
    spi_size: Annotated[int, U8(length_of="spi")]
    kind: Annotated[int, U16(names=NotifyType)]
    spi: Annotated[bytes, Take("spi_size")]
    """For ISAKMP the cookie pair, often absent."""
    data: Annotated[bytes, Rest()]


class Delete(Body, frozen=True):
    """Delete payload (RFC 2408 §3.15)."""

    doi: Annotated[int, U32(names=Doi)]
    protocol: Annotated[int, U8(names=Protocol)]
    spi_size: Annotated[int, U8()]
    """Octets of each SPI: 16 for ISAKMP, 4 for AH and ESP."""
    spi_count: Annotated[int, U16()]
    spis: Annotated[bytes, Take("spi_size", times="spi_count")]


class VendorId(Body, frozen=True):
    """Vendor ID payload (RFC 2408 §3.16)."""

    data: Annotated[bytes, Rest()]


class Configuration(Body, frozen=True):
    """Attribute payload of mode-config and XAUTH (draft-ietf-ipsec-isakmp-mode-cfg §3.2)."""

    type: Annotated[int, U8(names=CfgType)]
    reserved: Annotated[int, U8(is_reserved=True)]
    identifier: Annotated[int, U16()]
    attributes: Annotated[tuple[Attribute, ...], Attributes(names=CfgAttribute)]


class NatDiscovery(Body, frozen=True):
    """NAT-D payload (RFC 3947 §3.2; the drafts' is the same under number 130)."""

    hash: Annotated[bytes, Rest()]


class NatOriginalAddress(Body, frozen=True):
    """NAT-OA payload (RFC 3947 §5.2; the drafts' is the same under number 131)."""

    type: Annotated[int, U8(names=IdType)]
    reserved_1: Annotated[int, U8(is_reserved=True)]
    reserved_2: Annotated[int, U16(is_reserved=True)]
    address: Annotated[bytes, Rest()]


class Fragment(Body, frozen=True):
    """IKE fragment (MS-IKEE §2.2; Cisco's, which strongSwan and racoon share)."""

    fragment_id: Annotated[int, U16()]
    number: Annotated[int, U8()]
    """From 1."""
    flags: Annotated[int, U8()]
    """1: the last one."""
    data: Annotated[bytes, Rest()]


class AuthipCrypto(Body, frozen=True):
    """AuthIP crypto payload in front of payloads in the clear (MS-AIPS §2.2.3.2.2)."""

    sequence_number: Annotated[int, U32()]
    initialization_vector: Annotated[bytes, Rest()]
    """Absent, or 8 octets."""


class AuthipGssToken(Body, frozen=True):
    """AuthIP GSS-API payload (MS-AIPS §2.2.3.1)."""

    status: Annotated[int, U32()]
    """A Windows error code; 0 when all is well."""
    flags: Annotated[int, U8()]
    """Bits of `AuthipGssFlag`."""
    token: Annotated[bytes, Rest()]


class AuthipGssName(Body, frozen=True):
    """AuthIP GSS_ID payload (MS-AIPS §2.2.3.3): a security principal's name in Unicode."""

    principal_name: Annotated[bytes, Rest()]


class AuthipAuth(Body, frozen=True):
    """AuthIP auth payload (MS-AIPS §2.2.3.4): methods of two octets, each with two octets of flags."""

    methods: Annotated[bytes, Rest()]


class AuthipNotification(Body, frozen=True):
    """Notify payload in AuthIP's exchanges (MS-AIPS §2.2.3.5): no SPI, and flags where its size was."""

    doi: Annotated[int, U32(names=Doi)]
    protocol: Annotated[int, U8()]
    """1: main or extended mode, 2: quick mode."""
    flags: Annotated[int, U8()]
    """1: wants to be acknowledged."""
    kind: Annotated[int, U16(names=NotifyType)]
    data: Annotated[bytes, Rest()]


class AuthipKeyDictation(Body, frozen=True):
    """AuthIP key dictation payload (MS-AIPS §2.2.3.7): encrypted by itself."""

    data: Annotated[bytes, Rest()]


class AuthipKeyDictationWeight(Body, frozen=True):
    """AuthIP key dictation weight payload (MS-AIPS §2.2.3.8)."""

    weight: Annotated[int, U32()]


class GroupSecurityAssociation(Body, frozen=True):
    """Security Association payload in GDOI's own exchanges (RFC 6407 §5.2): it announces what follows it."""

    doi: Annotated[int, U32(names=Doi)]
    situation: Annotated[int, U32()]
    """Zero."""
    attribute_next: Annotated[int, U16(names=GdoiPayload)]
    """The type of the payload with the attributes, which is the next one of the chain."""
    reserved: Annotated[int, U16(is_reserved=True)]


class GroupSequenceNumber(Body, frozen=True):
    """GDOI sequence number payload (RFC 6407 §5.7)."""

    sequence_number: Annotated[int, U32()]


class GroupKeyDownload(Body, frozen=True):
    """GDOI key download payload (RFC 6407 §5.6)."""

    key_packet_count: Annotated[int, U16()]
    reserved: Annotated[int, U16(is_reserved=True)]
    key_packets: Annotated[bytes, Rest()]


class GroupPolicy(Body, frozen=True):
    """Any other GDOI payload (RFC 6407 §5.3 to §5.5, RFC 3547 §5.7); it is encrypted in practice."""

    data: Annotated[bytes, Rest()]


BODIES: Final[dict[int, type[Body]]] = {
    Payload.SA: SecurityAssociation,
    Payload.PROPOSAL: Proposal,
    Payload.TRANSFORM: Transform,
    Payload.KE: KeyExchange,
    Payload.ID: Identification,
    Payload.CERT: Certificate,
    Payload.CR: CertificateRequest,
    Payload.HASH: Hash,
    Payload.SIG: Signature,
    Payload.NONCE: Nonce,
    Payload.NOTIFICATION: Notification,
    Payload.DELETE: Delete,
    Payload.VENDOR_ID: VendorId,
    Payload.ATTRIBUTES: Configuration,
    Payload.NAT_D: NatDiscovery,
    Payload.NAT_OA: NatOriginalAddress,
    Payload.NAT_D_DRAFT: NatDiscovery,
    Payload.NAT_OA_DRAFT: NatOriginalAddress,
    Payload.FRAGMENT: Fragment,
}
"""By payload type, in all exchanges but those of the next two."""

AUTHIP_BODIES: Final[dict[int, type[Body]]] = {
    Payload.NOTIFICATION: AuthipNotification,
    AuthipPayload.GSS: AuthipGssToken,
    AuthipPayload.CRYPTO: AuthipCrypto,
    AuthipPayload.GSS_ID: AuthipGssName,
    AuthipPayload.AUTH: AuthipAuth,
    AuthipPayload.KEY_DICTATION: AuthipKeyDictation,
    AuthipPayload.KEY_DICTATION_WEIGHT: AuthipKeyDictationWeight,
}
"""What differs in the exchanges of AuthIP."""

GDOI_BODIES: Final[dict[int, type[Body]]] = {
    Payload.SA: GroupSecurityAssociation,
    GdoiPayload.SA_KEK: GroupPolicy,
    GdoiPayload.SA_TEK: GroupPolicy,
    GdoiPayload.KD: GroupKeyDownload,
    GdoiPayload.SEQ: GroupSequenceNumber,
    GdoiPayload.POP: GroupPolicy,
    GdoiPayload.GAP: GroupPolicy,
}
"""What differs in the exchanges of GDOI."""

NAT_DRAFT_BODIES: Final[dict[int, type[Body]]] = {
    NatDraftPayload.NAT_D: NatDiscovery,
    NatDraftPayload.NAT_OA: NatOriginalAddress,
}
"""What differs between peers of late drafts of NAT traversal."""

"""Payload bodies of the same length that identify nobody.

Which fields may stay is a table; whatever is not in it is replaced, fields that are declared later included.
"""

from collections.abc import Callable, Iterable, Iterator
from typing import Final, Protocol

from ikepcap.scrub import der
from ikepcap.scrub.names import COOKIE_BYTES, Names
from ikepcap.wire import bodies
from ikepcap.wire.codec import Body, Integer, Place, decode, places
from ikepcap.wire.details import CfgAttribute, IdType
from ikepcap.wire.numbers import Doi, NotifyType, Payload, Phase1Attribute, Situation
from ikepcap.wire.numbers import Protocol as ProtocolId
from ikepcap.wire.vendor import IOS_NAME, MAX_TEXT, known_octets, lookup
from ikepcap.wire.walk import GENERIC_HEADER_BYTES, Defect, Fault, walk_attributes, walk_chain

_SA_FIXED: Final = 8
_DOIS: Final = frozenset(map(int, Doi))
_MAX_NUMBER: Final = 8
"""Octets of an attribute's value that is a number; longer ones are a group's, and may be somebody's own."""
_ADDRESS_BYTES: Final[dict[int, tuple[int, ...]]] = {
    IdType.IPV4_ADDR: (4,),
    IdType.IPV4_ADDR_RANGE: (4, 4),
    IdType.IPV6_ADDR: (16,),
    IdType.IPV6_ADDR_RANGE: (16, 16),
}
_SUBNET_BYTES: Final[dict[int, int]] = {IdType.IPV4_ADDR_SUBNET: 4, IdType.IPV6_ADDR_SUBNET: 16}
_PLAIN_NUMBERS: Final = frozenset({CfgAttribute.XAUTH_TYPE, CfgAttribute.XAUTH_STATUS})
"""Attributes of mode config and XAUTH whose values are not the user's."""


class Around(Protocol):
    """What has to be known of a payload's surroundings."""

    @property
    def cookies(self) -> tuple[bytes, bytes]:
        """The initiator's and the responder's cookie, as captured."""

    def nat_d(self, digest: bytes) -> bytes:
        """Return the NAT-D hash that is as true of the new addresses as this one was of the old."""

    def fragment(self, number: int, data: bytes) -> bytes:
        """Return what the IKE fragment of this number holds now."""


def masked(kind: int, body: bytes, names: Names, around: Around) -> bytes:
    """Return a payload's body of the same length, everything replaced that is not known to be harmless."""
    if kind == Payload.SA:
        return _association(body, names)
    if kind == Payload.VENDOR_ID:
        return _vendor_id(body, names, around.cookies)
    if kind in (Payload.NAT_D, Payload.NAT_D_DRAFT):
        return around.nat_d(body)
    declared = bodies.BODIES.get(kind)
    treatment = _TREATMENTS.get(declared) if declared is not None else None
    if declared is None or treatment is None:
        return names.octets(f"payload {kind}", body)
    return _fields(declared, treatment, body, names, around)


Treatment = Callable[[Body, bytes, Names, Around], bytes]
"""From the body, the octets of one of its fields, and the rest: octets of the same length."""


def _fields(
    declared: type[Body], treatment: dict[str, Treatment], body: bytes, names: Names, around: Around
) -> bytes:
    """Replace a declared body field by field."""
    decoded, _ = decode(declared, body, 0, len(body))
    fields = [] if decoded is None else list(places(decoded, 0, len(body)))
    if decoded is None or not all(map(_is_known, fields)):
        return names.octets(declared.__name__, body)
    found = bytearray(names.filler(body))
    for place in fields:
        octets = body[place.offset : place.offset + place.size]
        if isinstance(place.word, Integer):
            new = octets
        else:
            treat = treatment.get(place.name)
            kind = f"{declared.__name__}.{place.name}"
            new = names.octets(kind, octets) if treat is None else treat(decoded, octets, names, around)
        found[place.offset : place.offset + place.size] = new
    return bytes(found)


_TELLING: Final = ("doi", "type")
"""Fields that say how to read the others: where one is unknown, so is what the others mean."""


def _is_known(place: Place) -> bool:
    """Tell whether a field does not show that the body is something else than its payload type says."""
    if place.name not in _TELLING or not isinstance(place.word, Integer) or place.word.names is None:
        return True
    return place.value in frozenset(map(int, place.word.names))


def _identity(body: Body, octets: bytes, names: Names, _: Around) -> bytes:
    """Replace an identity or an original address by one of its type (RFC 2407 §4.6.2.1)."""
    kind = body.type if isinstance(body, bodies.Identification | bodies.NatOriginalAddress) else 0
    sizes = _ADDRESS_BYTES.get(kind)
    if sizes is not None and len(octets) == sum(sizes):
        size = sizes[0]
        return b"".join(names.address(octets[at : at + size]) for at in range(0, len(octets), size))
    size = _SUBNET_BYTES.get(kind, 0)
    if size and len(octets) == 2 * size:
        return names.address(octets[:size]) + _mask(octets[size:])
    if kind in (IdType.DER_ASN1_DN, IdType.DER_ASN1_GN):
        return der.masked(octets, names)
    is_name = kind in (IdType.FQDN, IdType.USER_FQDN) or (kind == IdType.KEY_ID and octets.isascii())
    return names.text(octets) if is_name else names.octets("identity", octets)


def _mask(octets: bytes) -> bytes:
    """Return a netmask as it is; all ones in the place of what is none."""
    bits = "".join(f"{octet:08b}" for octet in octets)
    return octets if "01" not in bits else b"\xff" * len(octets)


def _der(_: Body, octets: bytes, names: Names, __: Around) -> bytes:
    return der.masked(octets, names)


def _spis(body: Body, octets: bytes, names: Names, _: Around) -> bytes:
    protocol, size = getattr(body, "protocol", 0), getattr(body, "spi_size", 0)
    return _replaced_spis(protocol, size, octets, names)


def _replaced_spis(protocol: int, size: int, octets: bytes, names: Names) -> bytes:
    """Replace SPIs one by one; those of ISAKMP are cookies (RFC 2408 §2.5)."""
    are_cookies = protocol == ProtocolId.ISAKMP and size in (COOKIE_BYTES, 2 * COOKIE_BYTES)
    step = COOKIE_BYTES if are_cookies else size or max(len(octets), 1)
    parts = [octets[at : at + step] for at in range(0, len(octets), step)]
    return b"".join(
        names.cookie(part) if are_cookies and len(part) == step else names.octets("spi", part)
        for part in parts
    )


def _notice(body: Body, octets: bytes, names: Names, _: Around) -> bytes:
    """Replace a notification's data; a Windows status is a number from a published list (MS-IKEE §2.2.7)."""
    kept = 4 if getattr(body, "kind", None) == NotifyType.MS_NOTIFY_STATUS else 0
    return octets[:kept] + names.octets("notification", octets[kept:])


def _settings(_: Body, octets: bytes, names: Names, __: Around) -> bytes:
    """Replace what is asked of a user and given to him (mode config, XAUTH)."""
    return _attributes(octets, names, _PLAIN_NUMBERS)


def _piece(body: Body, octets: bytes, _: Names, around: Around) -> bytes:
    number = body.number if isinstance(body, bodies.Fragment) else 0
    return around.fragment(number, octets)


_TREATMENTS: Final[dict[type[Body], dict[str, Treatment]]] = {
    bodies.Identification: {"data": _identity},
    bodies.NatOriginalAddress: {"address": _identity},
    bodies.Certificate: {"data": _der},
    bodies.CertificateRequest: {"authority": _der},
    bodies.Notification: {"spi": _spis, "data": _notice},
    bodies.Delete: {"spis": _spis},
    bodies.Configuration: {"attributes": _settings},
    bodies.Fragment: {"data": _piece},
}
"""Bodies whose integers stay, and how their octets are replaced; octets that are not named become random."""


def _association(body: bytes, names: Names) -> bytes:
    """Return a security association: what is offered stays, in all its forms."""
    decoded, _ = decode(bodies.SecurityAssociation, body, 0, len(body))
    if decoded is None or decoded.doi not in _DOIS or decoded.situation != Situation.IDENTITY_ONLY:
        return names.octets("sa", body)
    found = bytearray(names.filler(body))
    found[:_SA_FIXED] = body[:_SA_FIXED]
    for start, end in _copied_headers(found, body, Payload.PROPOSAL, _SA_FIXED, len(body)):
        proposal, _ = decode(bodies.Proposal, body, start, end)
        if proposal is None:
            continue
        is_ours = proposal.protocol == ProtocolId.ISAKMP
        at = start + 4
        found[start:at] = body[start:at]
        found[at : at + len(proposal.spi)] = _replaced_spis(
            proposal.protocol, proposal.spi_size, proposal.spi, names
        )
        at += len(proposal.spi)
        for first, last in _copied_headers(found, body, Payload.TRANSFORM, at, end):
            found[first : first + 4] = body[first : min(first + 4, last)]
            known = _OFFERED if is_ours else frozenset[int]()
            found[first + 4 : last] = _attributes(body[first + 4 : last], names, known)
    return bytes(found)


_OFFERED: Final = frozenset(Phase1Attribute) - {Phase1Attribute.GSS_IDENTITY}


def _copied_headers(
    found: bytearray, body: bytes, kind: int, start: int, end: int
) -> Iterator[tuple[int, int]]:
    """Copy the generic headers of a chain, broken ones too; yield where the bodies are."""
    spans, defects = walk_chain(body, kind, start, end)
    for span in spans:
        found[span.start : span.body] = body[span.start : span.body]
        yield span.body, span.end
    for at in broken_headers(defects):
        found[at : at + GENERIC_HEADER_BYTES] = body[at : at + GENERIC_HEADER_BYTES]


def _attributes(octets: bytes, names: Names, kept: frozenset[int]) -> bytes:
    """Return attributes whose types and lengths stay, and of these kinds the numbers too."""
    listed, _ = walk_attributes(octets, 0, len(octets))
    found = bytearray(names.filler(octets))
    for one in listed:
        at = one.start + (4 if one.is_tlv else 2)
        if one.is_tlv and at + int.from_bytes(octets[at - 2 : at]) > len(octets):
            break  # longer than what it is in: not an attribute
        found[one.start : at] = octets[one.start : at]
        stays = one.type in kept and len(one.value) <= _MAX_NUMBER
        found[at : at + len(one.value)] = one.value if stays else names.octets("attribute", one.value)
    return bytes(found)


def _vendor_id(body: bytes, names: Names, cookies: tuple[bytes, bytes]) -> bytes:
    """Return a vendor ID that says the same; one that is not known may say anything, and is replaced."""
    for cookie in cookies:
        known = lookup(body, cookie)
        if known is not None and known.name == IOS_NAME:
            mixed = zip(body[:COOKIE_BYTES], cookie, names.cookie(cookie), strict=True)
            return bytes(a ^ b ^ c for a, b, c in mixed) + names.octets("vendor", body[COOKIE_BYTES:])
    known = lookup(body)
    if known is None:
        return names.octets("vendor", body)
    size = known_octets(body)
    if known.version is not None and len(body) - size <= MAX_TEXT:
        size = len(body)
    return body[:size] + names.high(body[size:])


def broken_headers(defects: Iterable[Defect]) -> Iterator[int]:
    """Yield where generic headers lie that end a walk, so that they go on doing so."""
    return (one.offset - 2 for one in defects if one.fault is Fault.LENGTH_TOO_SMALL)

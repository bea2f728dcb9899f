"""X.509 certificates, revocation lists and PKCS#7 chains: what is in them (RFC 5280, RFC 2315 §9.1).

Names, serial numbers and validity are read here, from wherever they lie. Keys and extensions are read with
the package `cryptography`, which is loaded only when a certificate is looked at; without it they are
missing, and `problem` says what to install. Nothing raises: what cannot be read is None.
"""

import warnings
from typing import TYPE_CHECKING, Final

from msgspec import Struct
from msgspec.structs import replace

from ikepcap.wire.der import (
    CONTEXT,
    GENERALIZED_TIME,
    INTEGER,
    OID,
    SEQUENCE,
    SET,
    UTC_TIME,
    Item,
    item_at,
    items,
    moment,
    outline,
)
from ikepcap.wire.names import distinguished_name, general_names

if TYPE_CHECKING:
    from cryptography.x509 import Certificate as Loaded
    from cryptography.x509 import Extensions

INSTALL: Final = "key and extensions need the package cryptography: pip install cryptography"
MAX_CERTIFICATES: Final = 32
"""Of one PKCS#7 chain; no chain in use is a third as long."""

_SIGNED_DATA: Final = bytes.fromhex("2a864886f70d010702")
_TIMES: Final = (UTC_TIME, GENERALIZED_TIME)
_KEY_USAGES: Final = (
    # RFC 5280 §4.2.1.3, in its order
    ("digital_signature", "digitalSignature"),
    ("content_commitment", "contentCommitment"),
    ("key_encipherment", "keyEncipherment"),
    ("data_encipherment", "dataEncipherment"),
    ("key_agreement", "keyAgreement"),
    ("key_cert_sign", "keyCertSign"),
    ("crl_sign", "cRLSign"),
)
_PURPOSES: Final[dict[str, str]] = {
    # RFC 5280 §4.2.1.12, RFC 4945 §5.1.3.12; iKEIntermediate is what macOS asks for.
    "1.3.6.1.5.5.7.3.1": "serverAuth",
    "1.3.6.1.5.5.7.3.2": "clientAuth",
    "1.3.6.1.5.5.7.3.3": "codeSigning",
    "1.3.6.1.5.5.7.3.4": "emailProtection",
    "1.3.6.1.5.5.7.3.5": "ipsecEndSystem",
    "1.3.6.1.5.5.7.3.6": "ipsecTunnel",
    "1.3.6.1.5.5.7.3.7": "ipsecUser",
    "1.3.6.1.5.5.7.3.8": "timeStamping",
    "1.3.6.1.5.5.7.3.9": "OCSPSigning",
    "1.3.6.1.5.5.7.3.17": "ipsecIKE",
    "1.3.6.1.5.5.8.2.2": "iKEIntermediate",
    "2.5.29.37.0": "anyExtendedKeyUsage",
}


class Place(Struct, frozen=True):
    """Where one field lies in its DER."""

    start: int
    size: int


class Certificate(Struct, frozen=True):
    """An X.509 certificate as far as it could be read (RFC 5280 §4.1); None is what could not."""

    subject: str | None
    """As people write it; as captured, so not harmless to a terminal."""
    issuer: str | None
    serial: str | None
    """In hex, without leading zeros."""
    not_before: str | None
    """RFC 3339, UTC; likewise `not_after`."""
    not_after: str | None
    sha1: str
    """Of the DER, in hex: the thumbprint that Windows and most devices show."""
    sha256: str
    outline: str
    """Whether the octets are one DER value at all."""
    places: dict[str, Place]
    """Where the fields above were found."""
    key: str | None = None
    """Kind and size: "RSA 2048", "EC secp256r1"."""
    names: tuple[str, ...] = ()
    """Subject alternative names: "DNS:gw.example.net"."""
    key_usage: tuple[str, ...] = ()
    purposes: tuple[str, ...] = ()
    """Extended key usage."""
    is_ca: bool | None = None
    """None where the certificate does not say."""
    problem: str | None = None
    """Why something above is missing."""


class Crl(Struct, frozen=True):
    """A certificate revocation list as far as it could be read (RFC 5280 §5.1)."""

    issuer: str | None
    this_update: str | None
    next_update: str | None
    entries: int | None
    """Certificates it revokes; 0 where the list is absent, None where it cannot be read."""
    outline: str
    places: dict[str, Place]


def read_certificate(der: bytes) -> Certificate:
    """Read one certificate."""
    import hashlib

    found = _fields(der)
    not_before, not_after = read_validity(der)
    serial = found.get("serial")
    bare = Certificate(
        subject=_name(der, found.get("subject")),
        issuer=_name(der, found.get("issuer")),
        serial=der[serial.start : serial.end].hex().lstrip("0") or "0" if serial else None,
        not_before=not_before,
        not_after=not_after,
        sha1=hashlib.sha1(der, usedforsecurity=False).hexdigest(),
        sha256=hashlib.sha256(der).hexdigest(),
        outline=outline(der),
        places=_places(found),
    )
    return _with_key(bare, der) if "key" in found else replace(bare, problem="not an X.509 certificate")


def read_validity(der: bytes) -> tuple[str | None, str | None]:
    """Return from when until when a certificate is valid, RFC 3339 in UTC; None for what cannot be read."""
    validity = _fields(der).get("validity")
    dates = [moment(der, item) for item in items(der, validity.start, validity.end)] if validity else []
    return dates[0] if dates else None, dates[1] if len(dates) > 1 else None


def read_crl(der: bytes) -> Crl:
    """Read a revocation list."""
    listed = _tbs(der)
    if listed and listed[0].tag == INTEGER:
        listed = listed[1:]
    if len(listed) < 3 or [item.tag for item in listed[:2]] != [SEQUENCE] * 2 or listed[2].tag not in _TIMES:
        return Crl(None, None, None, None, outline(der), {})
    found = {"issuer": listed[1], "this update": listed[2]}
    rest = listed[3:]
    if rest and rest[0].tag in _TIMES:
        found["next update"] = rest[0]
        rest = rest[1:]
    if rest and rest[0].tag == SEQUENCE:
        found["entries"] = rest[0]
    following, revoked = found.get("next update"), found.get("entries")
    return Crl(
        issuer=_name(der, listed[1]),
        this_update=moment(der, listed[2]),
        next_update=moment(der, following) if following else None,
        entries=sum(1 for _ in items(der, revoked.start, revoked.end)) if revoked else 0,
        outline=outline(der),
        places=_places(found),
    )


def chain(der: bytes) -> tuple[Place, ...] | None:
    """Return where the certificates of a PKCS#7 signed-data lie; None when it is none (RFC 2315 §9.1)."""
    content = item_at(der, 0, len(der))
    if content is None or content.tag != SEQUENCE:
        return None
    fields = _listed(der, content)
    if [item.tag for item in fields[:2]] != [OID, CONTEXT]:
        return None
    signed = item_at(der, fields[1].start, fields[1].end)
    if der[fields[0].start : fields[0].end] != _SIGNED_DATA or signed is None or signed.tag != SEQUENCE:
        return None
    inner = _listed(der, signed)
    if [item.tag for item in inner[:3]] != [INTEGER, SET, SEQUENCE]:
        return None
    bag = next((item for item in inner[3:] if item.tag == CONTEXT), None)
    found = _listed(der, bag, MAX_CERTIFICATES) if bag else []
    return tuple(Place(item.at, item.end - item.at) for item in found)


def _tbs(der: bytes) -> list[Item]:
    """Return the fields of what is signed in a certificate or list: the first value in the first value."""
    outer = item_at(der, 0, len(der))
    inner = item_at(der, outer.start, outer.end) if outer and outer.tag == SEQUENCE else None
    return _listed(der, inner) if inner and inner.tag == SEQUENCE else []


def _listed(der: bytes, within: Item, most: int = 16) -> list[Item]:
    return [item for item, _ in zip(items(der, within.start, within.end), range(most), strict=False)]


def _fields(der: bytes) -> dict[str, Item]:
    """Return where the fields of a certificate lie; none of them when it is no certificate."""
    listed = _tbs(der)
    if listed and listed[0].tag == CONTEXT:  # the version; absent in version 1
        listed = listed[1:]
    names = ("serial", "signature", "issuer", "validity", "subject", "key")
    tags = [INTEGER, *[SEQUENCE] * 5]
    if [item.tag for item in listed[: len(tags)]] != tags:
        return {}
    return dict(zip(names, listed, strict=False))


def _places(found: dict[str, Item]) -> dict[str, Place]:
    return {name: Place(item.at, item.end - item.at) for name, item in found.items()}


def _name(der: bytes, item: Item | None) -> str | None:
    return distinguished_name(der[item.at : item.end]) if item else None


def _with_key(bare: Certificate, der: bytes) -> Certificate:
    """Add what only `cryptography` can read, or say why it did not."""
    try:
        from cryptography import x509
    except ImportError:
        return replace(bare, problem=INSTALL)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of serial numbers that RFC 5280 forbids, and their like
        try:
            loaded = x509.load_der_x509_certificate(der)
        except Exception as error:  # noqa: BLE001 - hostile octets in a parser that is not ours
            return replace(bare, problem=f"cryptography cannot read it: {_in_a_line(error)}")
        try:
            bare = replace(bare, key=_key(loaded))
        except Exception as error:  # noqa: BLE001 - as above
            bare = replace(bare, problem=f"key: {_in_a_line(error)}")
        try:
            return _with_extensions(bare, loaded.extensions)
        except Exception as error:  # noqa: BLE001 - as above
            return replace(bare, problem=f"extensions: {_in_a_line(error)}")


def _in_a_line(error: Exception) -> str:
    """Return an error's own words, cut: some quote the octets."""
    return " ".join(str(error).split())[:120] or type(error).__name__


def _key(loaded: "Loaded") -> str:
    """Return kind and size of the public key."""
    from cryptography.hazmat.primitives.asymmetric import dsa, ec, rsa

    key = loaded.public_key()
    match key:
        case rsa.RSAPublicKey():
            return f"RSA {key.key_size}"
        case ec.EllipticCurvePublicKey():
            return f"EC {key.curve.name}"
        case dsa.DSAPublicKey():
            return f"DSA {key.key_size}"
        case _:
            return type(key).__name__.lstrip("_").removesuffix("PublicKey")


def _with_extensions(bare: Certificate, extensions: "Extensions") -> Certificate:
    from cryptography import x509

    names: tuple[str, ...] = ()
    usage: tuple[str, ...] = ()
    purposes: tuple[str, ...] = ()
    is_ca: bool | None = None
    for extension in extensions:
        match extension.value:
            case x509.SubjectAlternativeName() as value:
                names = general_names(value.public_bytes()) or ()
            case x509.KeyUsage() as value:
                usage = tuple(word for attribute, word in _KEY_USAGES if getattr(value, attribute))
            case x509.ExtendedKeyUsage() as value:
                oids = [purpose.dotted_string for purpose in value]
                purposes = tuple(_PURPOSES.get(oid, oid) for oid in oids[:16])
            case x509.BasicConstraints() as value:
                is_ca = value.ca
    return replace(bare, names=names, key_usage=usage, purposes=purposes, is_ca=is_ca)

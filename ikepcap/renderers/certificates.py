"""The field tree of what certificate payloads hold: certificates, chains, revocation lists, references."""

from collections.abc import Iterator
from typing import Final

from ikepcap.renderers.tree import Field
from ikepcap.renderers.words import count
from ikepcap.wire.certificates import Certificate, Place, chain, read_certificate, read_crl
from ikepcap.wire.details import CertEncoding

_X509: Final = frozenset({CertEncoding.X509_SIGNATURE, CertEncoding.X509_KEY_EXCHANGE})
_LISTS: Final = frozenset({CertEncoding.CRL, CertEncoding.ARL})
_REFERENCES: Final = frozenset({CertEncoding.HASH_AND_URL_X509, CertEncoding.HASH_AND_URL_BUNDLE})
_SHA1_BYTES: Final = 20
_UNREAD: Final = "(not read)"


def certificate_field(encoding: int, data: bytes, at: int) -> tuple[str, Field]:
    """Return what a certificate payload says in a line, and its data as a field.

    Args:
        encoding: as the payload has it, one of `CertEncoding`.
        data: the payload's octets after the encoding.
        at: their offset in the message.
    """
    if encoding in _X509:
        return _certificate(data, at, "certificate")
    if encoding == CertEncoding.PKCS7:
        return _chain(data, at)
    if encoding in _LISTS:
        return _revocations(data, at)
    if encoding in _REFERENCES and len(data) >= _SHA1_BYTES:
        url = data[_SHA1_BYTES:].decode("utf-8", "backslashreplace")
        children = (
            Field("SHA-1", at, _SHA1_BYTES, data[:_SHA1_BYTES]),
            Field("URL", at + _SHA1_BYTES, len(data) - _SHA1_BYTES, url),
        )
        return url, Field("hash and URL", at, len(data), children=children)
    return "", Field("data", at, len(data), data)


def _certificate(der: bytes, at: int, name: str) -> tuple[str, Field]:
    read = read_certificate(der)
    subject = (read.subject or "(no subject)") if "subject" in read.places else ""
    return subject, Field(name, at, len(der), read.outline, tuple(_certificate_lines(read, at, len(der))))


def _certificate_lines(read: Certificate, at: int, size: int) -> Iterator[Field]:
    """Yield what is in a certificate, in the order it lies there."""
    yield Field("SHA-1 thumbprint", at, 0, read.sha1)
    yield Field("SHA-256 thumbprint", at, 0, read.sha256)
    validity = f"{read.not_before or '?'} to {read.not_after or '?'}"
    lines = (
        ("serial", "serial number", read.serial),
        ("issuer", "issuer", read.issuer),
        ("validity", "valid", validity),
        ("subject", "subject", read.subject),
        ("key", "key", read.key),
    )
    end = at
    for place_of, name, value in lines:
        if place := read.places.get(place_of):
            empty = "(empty)" if value is not None else _UNREAD
            yield Field(name, at + place.start, place.size, value or empty)
            end = at + place.start + place.size
    extensions = (
        ("alternative names", ", ".join(read.names)),
        ("key usage", ", ".join(read.key_usage)),
        ("extended key usage", ", ".join(read.purposes)),
        ("certificate authority", {True: "yes", False: "no", None: ""}[read.is_ca]),
        ("not read", read.problem or ""),
    )
    yield from (Field(name, min(end, at + size), 0, value) for name, value in extensions if value)


def _chain(der: bytes, at: int) -> tuple[str, Field]:
    """Return a PKCS#7 chain with every certificate in it."""
    places = chain(der)
    if places is None:
        return "", Field("PKCS#7", at, len(der), "no signed data", (Field("data", at, len(der), der),))
    found = [_in_chain(der, at, place, number) for number, place in enumerate(places, 1)]
    what = count(len(found), "certificate")
    first = f", the first of {found[0][0]}" if found and found[0][0] else ""
    return what + first, Field("PKCS#7", at, len(der), what, tuple(field for _, field in found))


def _in_chain(der: bytes, at: int, place: Place, number: int) -> tuple[str, Field]:
    inner = der[place.start : place.start + place.size]
    return _certificate(inner, at + place.start, f"certificate {number}")


def _revocations(der: bytes, at: int) -> tuple[str, Field]:
    read = read_crl(der)
    revoked = None if read.entries is None else count(read.entries, "certificate")
    lines = (
        ("issuer", "issuer", read.issuer),
        ("this update", "this update", read.this_update),
        ("next update", "next update", read.next_update),
        ("entries", "revokes", revoked),
    )
    children = tuple(
        Field(name, at + place.start, place.size, value or _UNREAD)
        for place_of, name, value in lines
        if (place := read.places.get(place_of))
    )
    said = f"{revoked or '?'} revoked by {read.issuer}" if read.issuer else ""
    return said, Field("revocation list", at, len(der), read.outline, children)

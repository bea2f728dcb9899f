"""Certificates, chains and revocation lists, made with `cryptography` when the test runs."""

import datetime as dt
import hashlib
import ipaddress
import sys

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import dsa, ec, ed25519, rsa
from cryptography.hazmat.primitives.serialization import pkcs7
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID
from hypothesis import given, settings
from hypothesis import strategies as st

from ikepcap.wire.certificates import INSTALL, MAX_CERTIFICATES, Crl, chain, read_certificate, read_crl
from tests.wire.asn1 import COMMON_NAME, der, name

BEGIN = dt.datetime(2024, 1, 2, 3, 4, 5, tzinfo=dt.UTC)
END = dt.datetime(2051, 6, 7, 8, 9, 10, tzinfo=dt.UTC)
SUBJECT = x509.Name(
    [
        x509.NameAttribute(NameOID.COUNTRY_NAME, "DE"),
        x509.NameAttribute(NameOID.COMMON_NAME, "gw.example.net"),
    ]
)
ISSUER = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Example CA")])
Key = rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey | dsa.DSAPrivateKey | ed25519.Ed25519PrivateKey


@pytest.fixture(scope="module")
def key() -> ec.EllipticCurvePrivateKey:
    return ec.generate_private_key(ec.SECP256R1())


def made(
    key: Key, signer: ec.EllipticCurvePrivateKey | ed25519.Ed25519PrivateKey, *extensions: x509.ExtensionType
) -> x509.Certificate:
    builder = x509.CertificateBuilder(
        ISSUER, SUBJECT, key.public_key(), 0x00C0FFEE, BEGIN, END, list[x509.Extension[x509.ExtensionType]]()
    )
    for extension in extensions:
        builder = builder.add_extension(extension, critical=False)
    return builder.sign(signer, None if isinstance(signer, ed25519.Ed25519PrivateKey) else hashes.SHA256())


def octets(certificate: x509.Certificate) -> bytes:
    return certificate.public_bytes(serialization.Encoding.DER)


def test_a_certificate_tells_all_that_an_operator_asks_of_it(key: ec.EllipticCurvePrivateKey) -> None:
    data = octets(
        made(
            key,
            key,
            x509.SubjectAlternativeName(
                [
                    x509.DNSName("gw.example.net"),
                    x509.IPAddress(ipaddress.ip_address("192.0.2.1")),
                    x509.RFC822Name("a@example.net"),
                ]
            ),
            x509.KeyUsage(
                digital_signature=True,
                content_commitment=False,
                key_encipherment=True,
                data_encipherment=False,
                key_agreement=False,
                key_cert_sign=False,
                crl_sign=False,
                encipher_only=False,
                decipher_only=False,
            ),
            x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH, x509.ObjectIdentifier("1.2.3")]),
            x509.BasicConstraints(ca=False, path_length=None),
        )
    )
    read = read_certificate(data)
    assert read.subject == "C=DE, CN=gw.example.net"
    assert read.issuer == "CN=Example CA"
    assert read.serial == "c0ffee"
    assert (read.not_before, read.not_after) == ("2024-01-02T03:04:05Z", "2051-06-07T08:09:10Z")
    assert read.key == "EC secp256r1"
    assert read.names == ("DNS:gw.example.net", "IP:192.0.2.1", "email:a@example.net")
    assert read.key_usage == ("digitalSignature", "keyEncipherment")
    assert read.purposes == ("serverAuth", "1.2.3")
    assert read.is_ca is False
    assert read.sha1 == hashlib.sha1(data, usedforsecurity=False).hexdigest()
    assert read.sha256 == hashlib.sha256(data).hexdigest()
    assert read.outline == f"DER tag 0x30, {len(data)} octets"
    assert read.problem is None


def test_every_field_is_found_where_it_lies(key: ec.EllipticCurvePrivateKey) -> None:
    certificate = made(key, key)
    data = octets(certificate)
    places = read_certificate(data).places
    spans = {field: data[place.start : place.start + place.size] for field, place in places.items()}
    assert spans["subject"] == SUBJECT.public_bytes()
    assert spans["issuer"] == ISSUER.public_bytes()
    assert spans["serial"] == bytes.fromhex("02 04 00c0ffee")
    assert spans["key"] == key.public_key().public_bytes(
        serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
    )


@pytest.mark.parametrize(
    ("make", "said"),
    [
        (lambda: rsa.generate_private_key(65537, 1024), "RSA 1024"),  # noqa: S505 - quick to make
        (lambda: ec.generate_private_key(ec.SECP384R1()), "EC secp384r1"),
        (lambda: dsa.generate_private_key(1024), "DSA 1024"),  # noqa: S505 - quick to make
        (ed25519.Ed25519PrivateKey.generate, "Ed25519"),
    ],
)
def test_keys_of_all_kinds_are_named_with_their_size(
    make: object, said: str, key: ec.EllipticCurvePrivateKey
) -> None:
    assert callable(make)
    assert read_certificate(octets(made(make(), key))).key == said


def test_without_the_package_the_rest_is_read_and_it_says_what_to_install(
    key: ec.EllipticCurvePrivateKey, monkeypatch: pytest.MonkeyPatch
) -> None:
    data = octets(made(key, key))
    monkeypatch.setitem(sys.modules, "cryptography", None)
    read = read_certificate(data)
    assert (read.subject, read.issuer, read.serial) == ("C=DE, CN=gw.example.net", "CN=Example CA", "c0ffee")
    assert (read.key, read.names, read.problem) == (None, (), INSTALL)
    assert "pip install" in INSTALL


def test_what_is_no_certificate_has_its_thumbprint_all_the_same() -> None:
    read = read_certificate(b"not DER")
    assert read.sha1 == hashlib.sha1(b"not DER", usedforsecurity=False).hexdigest()
    assert (read.subject, read.places, read.problem) == (None, {}, "not an X.509 certificate")
    assert read.outline.startswith("no DER")


def test_what_the_package_cannot_read_is_said_and_the_rest_kept(key: ec.EllipticCurvePrivateKey) -> None:
    fields = (
        der(2, b"\x01"),
        der(0x30, der(6, b"\x2a")),
        name((COMMON_NAME, "i")),
        der(0x30, der(0x17, b"240102030405Z"), der(0x17, b"bad")),
        name((COMMON_NAME, "s")),
        der(0x30, der(0x30, der(6, b"\x2a")), der(3, b"\0")),
    )
    read = read_certificate(der(0x30, der(0x30, *fields), der(0x30, der(6, b"\x2a")), der(3, b"\0")))
    assert (read.subject, read.issuer, read.serial) == ("CN=s", "CN=i", "1")
    assert (read.not_before, read.not_after) == ("2024-01-02T03:04:05Z", None)
    assert read.problem is not None
    assert read.problem.startswith("cryptography cannot read it: ")


def test_a_chain_gives_every_certificate_in_it(key: ec.EllipticCurvePrivateKey) -> None:
    certificates = [made(key, key), made(key, key, x509.BasicConstraints(ca=True, path_length=0))]
    data = pkcs7.serialize_certificates(certificates, serialization.Encoding.DER)
    places = chain(data)
    assert places is not None
    found = [data[place.start : place.start + place.size] for place in places]
    assert sorted(found) == sorted(octets(certificate) for certificate in certificates)
    assert {read_certificate(one).is_ca for one in found} == {True, None}


SIGNED_DATA = bytes.fromhex("2a864886f70d010702")
INNER = (der(2, b"\x01"), der(0x31), der(0x30, der(6, b"\x2a")))


@pytest.mark.parametrize(
    "octets_",
    [
        b"",
        der(0x31, b""),
        der(0x30, der(6, SIGNED_DATA)),
        der(0x30, der(6, b"\x2a"), der(0xA0, der(0x30, *INNER))),
        der(0x30, der(6, SIGNED_DATA), der(0xA0, der(0x31, *INNER))),
        der(0x30, der(6, SIGNED_DATA), der(0xA0, der(0x30, der(2, b"\x01")))),
    ],
)
def test_what_is_no_chain_gives_none(octets_: bytes) -> None:
    assert chain(octets_) is None


def test_a_chain_without_certificates_is_empty_and_a_long_one_is_cut() -> None:
    assert chain(der(0x30, der(6, SIGNED_DATA), der(0xA0, der(0x30, *INNER)))) == ()
    many = der(0xA0, der(0x30) * 5_000)
    places = chain(der(0x30, der(6, SIGNED_DATA), der(0xA0, der(0x30, *INNER, many))))
    assert places is not None
    assert len(places) == MAX_CERTIFICATES


def revocations(key: ec.EllipticCurvePrivateKey, count: int) -> bytes:
    builder = x509.CertificateRevocationListBuilder().issuer_name(ISSUER).last_update(BEGIN).next_update(END)
    for number in range(1, count + 1):
        revoked = x509.RevokedCertificateBuilder().serial_number(number).revocation_date(BEGIN).build()
        builder = builder.add_revoked_certificate(revoked)
    return builder.sign(key, hashes.SHA256()).public_bytes(serialization.Encoding.DER)


@pytest.mark.parametrize("count", [0, 1, 300])
def test_a_revocation_list_tells_its_issuer_its_dates_and_how_much_it_revokes(
    key: ec.EllipticCurvePrivateKey, count: int
) -> None:
    read = read_crl(revocations(key, count))
    assert (read.issuer, read.entries) == ("CN=Example CA", count)
    assert (read.this_update, read.next_update) == ("2024-01-02T03:04:05Z", "2051-06-07T08:09:10Z")


def test_what_is_no_revocation_list_says_nothing() -> None:
    assert read_crl(b"") == Crl(None, None, None, None, "no DER: 0 octets", {})
    assert read_crl(der(0x30, der(0x30, der(2, b"\x01")))).entries is None


ALWAYS_THE_SAME = ed25519.Ed25519PrivateKey.from_private_bytes(bytes(32))
GOOD = octets(made(ALWAYS_THE_SAME, ALWAYS_THE_SAME, x509.BasicConstraints(ca=True, path_length=0)))


@settings(max_examples=300, deadline=None)
@given(data=st.data())
def test_no_octets_raise(data: st.DataObject) -> None:
    """Hostile certificates are octets of a good one with some of them changed, cut off or put in."""
    hostile = bytearray(GOOD)
    for _ in range(data.draw(st.integers(0, 4))):
        hostile[data.draw(st.integers(0, len(GOOD) - 1))] = data.draw(st.integers(0, 255))
    del hostile[data.draw(st.integers(len(GOOD) // 2, len(GOOD))) :]
    hostile += data.draw(st.binary(max_size=8))
    read_certificate(bytes(hostile))
    read_crl(bytes(hostile))
    chain(bytes(hostile))

"""Certificate payloads as fields, their contents made with `cryptography` when the test runs."""

import datetime as dt

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ed25519
from cryptography.hazmat.primitives.serialization import pkcs7
from cryptography.x509.oid import NameOID

from ikepcap.renderers.fields import Field, fields, render_message
from tests.renderers.octets import message, payload

BEGIN, END = dt.datetime(2024, 1, 1, tzinfo=dt.UTC), dt.datetime(2025, 1, 1, tzinfo=dt.UTC)
KEY = ed25519.Ed25519PrivateKey.from_private_bytes(bytes(32))


def certificate(subject: str) -> x509.Certificate:
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, subject)])
    builder = x509.CertificateBuilder(name, name, KEY.public_key(), 1, BEGIN, END)
    builder = builder.add_extension(
        x509.SubjectAlternativeName([x509.DNSName("gw.example.net")]), critical=False
    )
    return builder.add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True).sign(
        KEY, None
    )


def octets(subject: str) -> bytes:
    return certificate(subject).public_bytes(serialization.Encoding.DER)


def shown(encoding: int, data: bytes) -> Field:
    return fields(message(6, payload(bytes((encoding,)) + data)))[1]


def values(field: Field) -> dict[str, str | bytes]:
    return {child.name: child.value for child in field.children}


@pytest.mark.parametrize("encoding", [4, 5])
def test_a_certificate_is_shown_down_to_its_extensions(encoding: int) -> None:
    data = octets("gw")
    field = shown(encoding, data)
    assert field.value == "CN=gw"
    held = field.children[-1]
    assert (held.name, held.offset, held.size) == ("certificate", 33, len(data))
    said = values(held)
    assert said["serial number"] == "1"
    assert said["issuer"] == said["subject"] == "CN=gw"
    assert said["valid"] == "2024-01-01T00:00:00Z to 2025-01-01T00:00:00Z"
    assert said["key"] == "Ed25519"
    assert said["alternative names"] == "DNS:gw.example.net"
    assert said["certificate authority"] == "yes"
    assert "not read" not in said
    offsets = [child.offset for child in held.children]
    assert offsets == sorted(offsets)
    subject = next(child for child in held.children if child.name == "subject")
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "gw")]).public_bytes()
    at = subject.offset - 33
    assert data[at : at + subject.size] == name


def test_octets_that_are_no_certificate_say_so_and_have_a_thumbprint() -> None:
    field = shown(4, b"not DER")
    assert field.value == ""
    held = field.children[-1]
    assert str(held.value).startswith("no DER")
    assert values(held)["not read"] == "not an X.509 certificate"
    assert len(values(held)["SHA-1 thumbprint"]) == 40


def test_a_chain_shows_each_of_its_certificates_in_its_place() -> None:
    data = pkcs7.serialize_certificates([certificate("a"), certificate("b")], serialization.Encoding.DER)
    field = shown(1, data)
    assert str(field.value).startswith("2 certificates, the first of CN=")
    inner = field.children[-1].children
    assert [child.name for child in inner] == ["certificate 1", "certificate 2"]
    for child in inner:
        at = child.offset - 33
        assert data[at : at + child.size] in (octets("a"), octets("b"))


def test_octets_that_are_no_chain_stay_octets() -> None:
    held = shown(1, b"junk").children[-1]
    assert (held.value, held.children) == ("no signed data", (Field("data", 33, 4, b"junk"),))


@pytest.mark.parametrize("encoding", [7, 8])
def test_a_revocation_list_is_shown_in_a_line_and_in_its_fields(encoding: int) -> None:
    issuer = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "ca")])
    builder = x509.CertificateRevocationListBuilder(issuer, BEGIN, END)
    revoked = x509.RevokedCertificateBuilder(7, BEGIN).build()
    data = builder.add_revoked_certificate(revoked).sign(KEY, None).public_bytes(serialization.Encoding.DER)
    field = shown(encoding, data)
    assert field.value == "1 certificate revoked by CN=ca"
    assert values(field.children[-1]) == {
        "issuer": "CN=ca",
        "this update": "2024-01-01T00:00:00Z",
        "next update": "2025-01-01T00:00:00Z",
        "revokes": "1 certificate",
    }


@pytest.mark.parametrize("encoding", [12, 13])
def test_a_reference_shows_its_hash_and_where_it_points(encoding: int) -> None:
    field = shown(encoding, bytes(20) + b"http://example.net/c")
    assert field.value == "http://example.net/c"
    assert values(field.children[-1]) == {"SHA-1": bytes(20), "URL": "http://example.net/c"}


@pytest.mark.parametrize("encoding", [0, 2, 3, 6, 9, 10, 11, 12, 99])
def test_encodings_that_nobody_reads_stay_octets(encoding: int) -> None:
    assert shown(encoding, b"abc").children[-1] == Field("data", 33, 3, b"abc")


def test_a_certificate_without_a_subject_says_so() -> None:
    empty = x509.Name([])
    builder = x509.CertificateBuilder(empty, empty, KEY.public_key(), 1, BEGIN, END)
    data = builder.sign(KEY, None).public_bytes(serialization.Encoding.DER)
    assert shown(4, data).value == "(no subject)"
    assert values(shown(4, data).children[-1])["subject"] == "(empty)"


def test_an_empty_certificate_payload_is_no_trouble() -> None:
    assert "X509-SIGNATURE (4)" in render_message(message(6, payload(b"\x04")))
    assert "DEFECT bad-body" in render_message(message(6, payload(b"")))

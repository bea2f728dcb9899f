"""A laboratory's authority and what it issues, made anew for each run."""

import datetime as dt
import functools
from collections.abc import Callable
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID

from ikepcap.keys.credential import Authorities, Credential

KEYS: dict[str, Callable[[], Any]] = {
    "rsa": lambda: rsa.generate_private_key(65537, 2048),
    "p256": lambda: ec.generate_private_key(ec.SECP256R1()),
    "p384": lambda: ec.generate_private_key(ec.SECP384R1()),
    "p521": lambda: ec.generate_private_key(ec.SECP521R1()),
}


def _name(text: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, text)])


def _issue(
    subject: str, key: Any, issuer: str, issuer_key: Any, days: int, *, is_ca: bool
) -> x509.Certificate:
    begin = dt.datetime(2026, 1, 1, tzinfo=dt.UTC)
    return (
        x509.CertificateBuilder()
        .subject_name(_name(subject))
        .issuer_name(_name(issuer))
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(begin)
        .not_valid_after(begin + dt.timedelta(days=days))
        .add_extension(x509.BasicConstraints(ca=is_ca, path_length=None), critical=True)
        .sign(issuer_key, hashes.SHA256())
    )


@functools.cache
def _authority(name: str) -> tuple[Any, x509.Certificate]:
    key = KEYS["p256"]()
    return key, _issue(name, key, name, key, 3650, is_ca=True)


@functools.cache
def credential(kind: str, name: str, authority: str = "Lab CA", days: int = 365) -> Credential:
    key = KEYS[kind]()
    certificate = _issue(name, key, authority, _authority(authority)[0], days, is_ca=False)
    pem = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    return Credential(certificate.public_bytes(Encoding.PEM), pem, name)


def authorities(name: str = "Lab CA") -> Authorities:
    return Authorities(_authority(name)[1].public_bytes(Encoding.PEM), name)

"""A certificate and its private key, to sign phase 1 with (RFC 2409 §5.1, RFC 4754), and trust in others.

This is for a laboratory's peer: the arithmetic is not hardened against whoever can time it.
"""

from typing import Any, Final

from ikepcap.errors import KeySourceError
from ikepcap.wire.details import CertEncoding

_CURVE_HASHES: Final = {32: "SHA256", 48: "SHA384", 64: "SHA512"}


class Credential:
    """A certificate with the key that belongs to it; shows neither."""

    def __init__(self, certificate_pem: bytes, key_pem: bytes, file: str) -> None:
        """Take both as PEM.

        Args:
            certificate_pem: the peer's own certificate first; any others are not sent.
            key_pem: its private key, unencrypted.
            file: name for messages.

        Raises:
            KeySourceError: either cannot be read, they do not belong together, or the key signs nothing here.
        """
        from cryptography import x509
        from cryptography.exceptions import UnsupportedAlgorithm
        from cryptography.hazmat.primitives.serialization import load_pem_private_key

        try:
            self._certificate = x509.load_pem_x509_certificate(certificate_pem)
            self._key: Any = load_pem_private_key(key_pem, None)
        except (ValueError, TypeError, UnsupportedAlgorithm):
            raise KeySourceError(f"{file}: no certificate and unencrypted private key in PEM") from None
        if self._certificate.public_key() != self._key.public_key():
            raise KeySourceError(f"{file}: the private key does not belong to the certificate")
        self.file = file

    @property
    def der(self) -> bytes:
        """The certificate."""
        from cryptography.hazmat.primitives.serialization import Encoding

        return self._certificate.public_bytes(Encoding.DER)

    @property
    def subject(self) -> bytes:
        """Its subject as DER, which identifies its owner (RFC 2407 §4.6.2.10)."""
        return self._certificate.subject.public_bytes()

    def sign(self, digest: bytes) -> bytes | str:
        """Return the body of a SIG payload for HASH_I or HASH_R, or why it cannot be made."""
        from cryptography.hazmat.primitives.asymmetric import ec, rsa

        if isinstance(self._key, rsa.RSAPrivateKey):
            return _rsa(self._key.private_numbers(), digest)
        if isinstance(self._key, ec.EllipticCurvePrivateKey):
            return _ecdsa(self._key, digest)
        return f"{self.file}: a private key of this kind signs nothing here"

    def __repr__(self) -> str:
        return f"<credential of {self.file}>"


def _rsa(numbers: Any, digest: bytes) -> bytes | str:
    """PKCS #1 v1.5 of the bare hash: RFC 2409 §5.1 leaves out the DigestInfo that libraries put in."""
    modulus = numbers.public_numbers.n
    size = (modulus.bit_length() + 7) // 8
    padding = size - len(digest) - 3
    if padding < 8:
        return f"an RSA key of {size} octets is too short for a hash of {len(digest)}"
    encoded = b"\0\1" + b"\xff" * padding + b"\0" + digest
    signature: int = pow(int.from_bytes(encoded), numbers.d, modulus)
    return signature.to_bytes(size)


def _ecdsa(key: Any, digest: bytes) -> bytes | str:
    """R and s, each as long as the curve's field (RFC 4754 §7)."""
    from cryptography.hazmat.primitives import hashes
    from cryptography.hazmat.primitives.asymmetric import ec
    from cryptography.hazmat.primitives.asymmetric.utils import Prehashed, decode_dss_signature

    if len(digest) not in _CURVE_HASHES:
        return f"a hash of {len(digest)} octets is none that ECDSA is defined with"
    kind = getattr(hashes, _CURVE_HASHES[len(digest)])()
    half = (key.curve.key_size + 7) // 8
    r, s = decode_dss_signature(key.sign(digest, ec.ECDSA(Prehashed(kind))))
    return r.to_bytes(half) + s.to_bytes(half)


class Authorities:
    """Certificates that are trusted to have issued others."""

    def __init__(self, pem: bytes, file: str) -> None:
        """Take them as PEM.

        Raises:
            KeySourceError: there is none.
        """
        from cryptography import x509

        try:
            self._certificates = x509.load_pem_x509_certificates(pem)
        except ValueError:
            raise KeySourceError(f"{file}: no certificate in PEM") from None

    def subjects(self) -> tuple[bytes, ...]:
        """Return their names as DER, for certificate requests."""
        return tuple(one.subject.public_bytes() for one in self._certificates)

    def objection(self, body: bytes, now_s: float) -> str | None:
        """Return why a CERT payload's certificate is not trusted; None where it is.

        Args:
            body: of the CERT payload.
            now_s: time since the epoch.
        """
        from cryptography import x509
        from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm

        if body[:1] != bytes((CertEncoding.X509_SIGNATURE,)):
            return "it is no X.509 certificate for signatures"
        try:
            found = x509.load_der_x509_certificate(body[1:])
            issuers = [one for one in self._certificates if one.subject == found.issuer]
            if not found.not_valid_before_utc.timestamp() <= now_s <= found.not_valid_after_utc.timestamp():
                return "it is not valid at this time"
        except (ValueError, UnsupportedAlgorithm):
            return "it cannot be read"
        for issuer in issuers:
            try:
                found.verify_directly_issued_by(issuer)
            except (ValueError, TypeError, InvalidSignature, UnsupportedAlgorithm):
                continue
            return None
        return "no trusted authority has issued it"

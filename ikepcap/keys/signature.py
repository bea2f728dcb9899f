"""Signatures of phase 1 (RFC 2409 §5.1, RFC 4754 §7) against the certificate that came with them."""

from typing import Any, Final

from ikepcap.keys.check import Check, failed, not_possible, verified
from ikepcap.keys.cipher import PACKAGE
from ikepcap.keys.hashes import HASHES, HashAlgorithm
from ikepcap.wire.details import CertEncoding
from ikepcap.wire.numbers import AuthMethod, Hash

_TIED: Final[dict[int, int]] = {
    # RFC 2409 §5.1: DSS is defined with SHA-1 alone; RFC 4754 §3: each curve has its hash.
    AuthMethod.DSS_SIG: Hash.SHA1,
    AuthMethod.XAUTH_DSS_I: Hash.SHA1,
    AuthMethod.XAUTH_DSS_R: Hash.SHA1,
    AuthMethod.HYBRID_DSS_I: Hash.SHA1,
    AuthMethod.HYBRID_DSS_R: Hash.SHA1,
    AuthMethod.ECDSA_SIG_256: Hash.SHA2_256,
    AuthMethod.ECDSA_SIG_384: Hash.SHA2_384,
    AuthMethod.ECDSA_SIG_521: Hash.SHA2_512,
}
_DSS_NUMBER_BYTES: Final = 20
_DIGEST_INFO_MAX: Final = 24
"""Octets of the largest DigestInfo prefix (RFC 8017 §9.2)."""


def proof_hash(method: int | None, negotiated: HashAlgorithm) -> HashAlgorithm:
    """Return the hash that HASH_I and HASH_R are made with: some signatures are tied to one of their own."""
    return HASHES[_TIED[method]] if method in _TIED else negotiated


def check_signature(
    name: str, signature: bytes, digest: bytes, certificate: bytes | None, method: int | None
) -> Check:
    """Verify a SIG payload.

    Args:
        name: of the check.
        signature: body of the SIG payload.
        digest: HASH_I or HASH_R as computed.
        certificate: body of the CERT payload; None where none came.
        method: the negotiated authentication method.
    """
    if certificate is None:
        return not_possible(name, "no certificate came with it")
    key = _public_key(certificate)
    if isinstance(key, str):
        return not_possible(name, key)
    from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
    from cryptography.hazmat.primitives.asymmetric import dsa, ec, rsa

    try:
        if isinstance(key, rsa.RSAPublicKey):
            return _rsa(name, key, signature, digest)
        if isinstance(key, dsa.DSAPublicKey):
            return _dss(name, key, signature, digest)
        if isinstance(key, ec.EllipticCurvePublicKey):
            return _ecdsa(name, key, signature, digest, method)
    except (InvalidSignature, ValueError):
        return failed(name, "the signature does not fit the certificate and the hash")
    except UnsupportedAlgorithm:
        return not_possible(name, "this build of OpenSSL lacks the algorithm")
    return not_possible(name, "the certificate holds a key of another kind")


def _public_key(body: bytes) -> Any:
    """Return the public key of a CERT payload's body, or why there is none."""
    encoding, der = body[:1], body[1:]
    try:
        from cryptography import x509
        from cryptography.exceptions import UnsupportedAlgorithm
        from cryptography.hazmat.primitives.serialization import pkcs7
    except ImportError:
        return f"verifying signatures needs {PACKAGE}"
    try:
        if encoding == bytes((CertEncoding.X509_SIGNATURE,)):
            return x509.load_der_x509_certificate(der).public_key()
        if encoding == bytes((CertEncoding.PKCS7,)):
            return pkcs7.load_der_pkcs7_certificates(der)[0].public_key()
    except (ValueError, UnsupportedAlgorithm, IndexError):
        return "the certificate cannot be read"
    return f"a certificate of encoding {encoding.hex() or 'none'} is not read"


def _rsa(name: str, key: Any, signature: bytes, digest: bytes) -> Check:
    """PKCS #1 v1.5 of the bare hash (RFC 2409 §5.1); some put a DigestInfo before it all the same."""
    from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15

    signed = key.recover_data_from_signature(signature, PKCS1v15(), None)
    if signed == digest:
        return verified(name, "RSA")
    if signed.endswith(digest) and len(signed) <= len(digest) + _DIGEST_INFO_MAX:
        return verified(name, "RSA, with a DigestInfo, which RFC 2409 §5.1 leaves out")
    return failed(name, "the certificate's key signed another hash")


def _dss(name: str, key: Any, signature: bytes, digest: bytes) -> Check:
    """R and s, 20 octets each (RFC 2409 §5.1)."""
    from cryptography.hazmat.primitives import hashes
    from cryptography.hazmat.primitives.asymmetric.utils import Prehashed, encode_dss_signature

    if len(signature) != 2 * _DSS_NUMBER_BYTES:
        return failed(name, f"a DSS signature has 40 octets, this one {len(signature)}")
    r, s = signature[:_DSS_NUMBER_BYTES], signature[_DSS_NUMBER_BYTES:]
    encoded = encode_dss_signature(int.from_bytes(r), int.from_bytes(s))
    key.verify(encoded, digest, Prehashed(hashes.SHA1()))  # noqa: S303 - the signature is SHA-1's
    return verified(name, "DSS")


def _ecdsa(name: str, key: Any, signature: bytes, digest: bytes, method: int | None) -> Check:
    """R and s, each as long as the curve's field (RFC 4754 §7)."""
    from cryptography.hazmat.primitives import hashes
    from cryptography.hazmat.primitives.asymmetric import ec
    from cryptography.hazmat.primitives.asymmetric.utils import Prehashed, encode_dss_signature

    half = (key.curve.key_size + 7) // 8
    if len(signature) != 2 * half:
        return failed(name, f"a signature on {key.curve.name} has {2 * half} octets, not {len(signature)}")
    kinds: dict[int, hashes.HashAlgorithm] = {
        32: hashes.SHA256(),
        48: hashes.SHA384(),
        64: hashes.SHA512(),
    }
    if method not in _TIED or len(digest) not in kinds:
        return not_possible(name, "a certificate for ECDSA, and another method was negotiated")
    encoded = encode_dss_signature(int.from_bytes(signature[:half]), int.from_bytes(signature[half:]))
    key.verify(encoded, digest, ec.ECDSA(Prehashed(kinds[len(digest)])))
    return verified(name, "ECDSA")

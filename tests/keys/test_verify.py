"""Proofs, signatures and NAT-D: verified, failed, or not possible and why."""

import datetime as dt

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import dsa, ec, rsa
from cryptography.hazmat.primitives.asymmetric.utils import Prehashed, decode_dss_signature
from cryptography.hazmat.primitives.serialization import pkcs7
from cryptography.x509.oid import NameOID

from ikepcap.keys.check import Check, Outcome
from ikepcap.keys.decryptor import Decryptor
from ikepcap.keys.material import Material, NamedPsk, Origin
from ikepcap.keys.opened import Plaintext
from ikepcap.keys.secret import Secret
from ikepcap.wire import build
from ikepcap.wire.build import Part
from ikepcap.wire.numbers import Exchange
from tests.keys.peers import Peers, Suite

HERE = Origin("psks.txt", 2)
DAY = dt.datetime(2026, 3, 2, tzinfo=dt.UTC)
SHA256_INFO = bytes.fromhex("3031300d060960864801650304020105000420")


def feed(peers: Peers, *materials: Material, psks: tuple[NamedPsk, ...] = ()) -> dict[str, dict[str, Check]]:
    """Return the checks of each step by name."""
    decryptor = Decryptor(peers.cookies[0], materials, psks)
    found: dict[str, dict[str, Check]] = {}
    for sent in peers.sent:
        message = sent.message
        if message.is_encrypted:
            opened = decryptor.decrypt(message, sent.sender)
            checks = opened.checks if isinstance(opened, Plaintext) else ()
        else:
            checks = decryptor.observe(message, sent.sender)
        found[sent.step] = {check.name: check for check in checks}
    return found


def candidates(*psks: bytes) -> tuple[NamedPsk, ...]:
    return tuple(NamedPsk(Origin("psks.txt", n), Secret(psk)) for n, psk in enumerate(psks, 1))


# Pre-shared keys against aggressive mode, from the capture alone.


def test_a_psk_is_checked_for_the_responder_before_anything_is_decrypted() -> None:
    peers = Peers(mode="aggressive")
    peers.aggressive_opening()
    found = feed(peers, psks=candidates(b"wrong", peers.psk))["MSG2"]["HASH_R"]
    assert (found.outcome, found.why) == (Outcome.VERIFIED, "with PSK psks.txt:2")
    refused = feed(peers, psks=candidates(b"wrong", b"worse"))["MSG2"]["HASH_R"]
    assert (refused.outcome, refused.why) == (Outcome.FAILED, "not made with any of 2 keys")


def test_a_psk_is_checked_for_the_initiator_where_its_proof_is_in_the_clear() -> None:
    peers = Peers(mode="aggressive")
    peers.aggressive_opening()
    other = Peers(mode="aggressive", psk=b"another")
    peers.clear("MSG3", 0, build.hash_payload(peers.proof(0, skeyid=other.skeyid)))
    found = feed(peers, psks=candidates(peers.psk, b"another"))
    assert found["MSG2"]["HASH_R"].why == "with PSK psks.txt:1"
    assert found["MSG3"]["HASH_I"].why == "with PSK psks.txt:2"
    # The keys differ: so says the capture, for someone who has either.
    ours = feed(peers, psks=candidates(peers.psk))
    assert ours["MSG2"]["HASH_R"].outcome is Outcome.VERIFIED
    assert ours["MSG3"]["HASH_I"].outcome is Outcome.FAILED


def test_a_psk_is_checked_for_the_initiator_once_its_proof_is_decrypted() -> None:
    peers = Peers(mode="aggressive").phase1()
    material = Material(HERE, peers.cookies[0], shared=Secret(peers.shared), psk=Secret(peers.psk))
    found = feed(peers, material)
    assert found["MSG3"]["HASH_I"].outcome is Outcome.VERIFIED
    assert found["MSG2"]["HASH_R"].outcome is Outcome.VERIFIED


@pytest.mark.parametrize(
    ("lost", "outcome", "why"),
    [
        ("", Outcome.VERIFIED, "with SKEYID from psks.txt:2"),
        ("MSG1", Outcome.NOT_POSSIBLE, "MSG1 is not in the capture"),
        ("MSG2", Outcome.NOT_POSSIBLE, "the responder's choice is not in the capture"),
    ],
)
def test_what_was_not_captured_makes_a_check_impossible(lost: str, outcome: Outcome, why: str) -> None:
    peers = Peers().phase1().without(lost)
    material = Material(HERE, peers.cookies[0], skeyid=Secret(peers.skeyid), skeyid_e=Secret(peers.skeyid_e))
    found = feed(peers, material)["MSG6"]["HASH_R"]
    assert (found.outcome, found.why) == (outcome, why)


def test_a_proof_over_another_offer_fails() -> None:
    """As where somebody on the way took the strong proposals out of MSG1."""
    peers = Peers()
    original = peers.sa
    peers.phase1()
    weaker = build.sa([build.proposal([peers._transform(), peers._transform()])])
    peers.sent.clear()
    peers.__post_init__()
    peers.sa = weaker
    proofs = [peers.proof(role) for role in (0, 1)]
    peers.sa = original
    peers.clear("MSG1", 0, peers.sa).clear("MSG2", 1, peers.sa)
    peers.clear("MSG3", 0, build.ke(peers.public[0]), build.nonce(peers.nonces[0]))
    peers.clear("MSG4", 1, build.ke(peers.public[1]), build.nonce(peers.nonces[1]))
    peers.sealed("MSG5", 0, peers.identities[0], build.hash_payload(proofs[0]))
    found = feed(peers, Material(HERE, peers.cookies[0], shared=Secret(peers.shared), psk=Secret(peers.psk)))
    assert found["MSG5"]["HASH_I"].outcome is Outcome.FAILED


# Signatures.


def certificate(key: rsa.RSAPrivateKey | dsa.DSAPrivateKey | ec.EllipticCurvePrivateKey) -> bytes:
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "gate.example.net")])
    made = (
        x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key())
        .serial_number(7).not_valid_before(DAY).not_valid_after(DAY + dt.timedelta(days=1))
        .sign(key, hashes.SHA256())
    )  # fmt: skip
    return made.public_bytes(serialization.Encoding.DER)


def rsa_signed(key: rsa.RSAPrivateKey, digest: bytes, info: bytes = b"") -> bytes:
    """PKCS #1 v1.5 of the bare hash, by hand: cryptography signs no hash without its name."""
    numbers = key.private_numbers()
    size = key.key_size // 8
    block = b"\0\1" + b"\xff" * (size - 3 - len(info) - len(digest)) + b"\0" + info + digest
    return pow(int.from_bytes(block), numbers.d, numbers.public_numbers.n).to_bytes(size)


def raw(der: bytes, half: int) -> bytes:
    r, s = decode_dss_signature(der)
    return r.to_bytes(half) + s.to_bytes(half)


def signed_peers(auth: int, *parts: Part, suite: Suite | None = None) -> Peers:
    peers = Peers(auth=auth) if suite is None else Peers(suite, auth=auth)
    peers.clear("MSG1", 0, peers.sa).clear("MSG2", 1, peers.sa)
    peers.clear("MSG3", 0, build.ke(peers.public[0]), build.nonce(peers.nonces[0]))
    peers.clear("MSG4", 1, build.ke(peers.public[1]), build.nonce(peers.nonces[1]))
    return peers.sealed("MSG5", 0, peers.identities[0], *parts)


def check_of(peers: Peers) -> Check:
    found = feed(peers, Material(HERE, peers.cookies[0], shared=Secret(peers.shared)))
    return found["MSG5"]["SIG_I"]


RSA_KEY = rsa.generate_private_key(65537, 2048)


@pytest.mark.parametrize("info", [b"", SHA256_INFO[:15]])
def test_rsa_signs_the_bare_hash(info: bytes) -> None:
    digest = Peers(auth=3).proof(0)
    cert = build.certificate(certificate(RSA_KEY))
    found = check_of(signed_peers(3, cert, build.signature(rsa_signed(RSA_KEY, digest, info))))
    assert found.outcome is Outcome.VERIFIED
    assert ("DigestInfo" in found.why) == bool(info)
    wrong = check_of(signed_peers(3, cert, build.signature(rsa_signed(RSA_KEY, bytes(20)))))
    assert (wrong.outcome, wrong.why) == (Outcome.FAILED, "the certificate's key signed another hash")
    garbage = check_of(signed_peers(3, cert, build.signature(bytes(256))))
    assert garbage.outcome is Outcome.FAILED


def test_a_certificate_in_pkcs_7_is_read() -> None:
    digest = Peers(auth=3).proof(0)
    loaded = x509.load_der_x509_certificate(certificate(RSA_KEY))
    bundle = pkcs7.serialize_certificates([loaded], serialization.Encoding.DER)
    cert = build.certificate(bundle, encoding=1)
    found = check_of(signed_peers(3, cert, build.signature(rsa_signed(RSA_KEY, digest))))
    assert found.outcome is Outcome.VERIFIED


def test_dss_signs_the_sha_1_proof_whatever_was_negotiated() -> None:
    from tests.keys.peers import SUITES

    suite = SUITES["AES-256-SHA2-256"]
    key = dsa.generate_private_key(1024)  # noqa: S505 - the size that goes with SHA-1
    digest = Peers(suite, auth=2).proof(0, name="sha1")
    signature = raw(key.sign(digest, Prehashed(hashes.SHA1())), 20)  # noqa: S303 - DSS of IKEv1
    cert = build.certificate(certificate(key))
    found = check_of(signed_peers(2, cert, build.signature(signature), suite=suite))
    assert (found.outcome, found.why) == (Outcome.VERIFIED, "DSS")
    bent = check_of(signed_peers(2, cert, build.signature(signature[::-1]), suite=suite))
    assert bent.outcome is Outcome.FAILED
    short = check_of(signed_peers(2, cert, build.signature(signature[:30]), suite=suite))
    assert short.why == "a DSS signature has 40 octets, this one 30"


@pytest.mark.parametrize(
    ("auth", "curve", "name", "kind"),
    [
        (9, ec.SECP256R1(), "sha256", hashes.SHA256()),
        (10, ec.SECP384R1(), "sha384", hashes.SHA384()),
        (11, ec.SECP521R1(), "sha512", hashes.SHA512()),
    ],
)
def test_ecdsa_signs_the_proof_of_its_own_hash(
    auth: int, curve: ec.EllipticCurve, name: str, kind: hashes.HashAlgorithm
) -> None:
    key = ec.generate_private_key(curve)
    digest = Peers(auth=auth).proof(0, name=name)
    half = (curve.key_size + 7) // 8
    signature = raw(key.sign(digest, ec.ECDSA(Prehashed(kind))), half)
    cert = build.certificate(certificate(key))
    found = check_of(signed_peers(auth, cert, build.signature(signature)))
    assert (found.outcome, found.why) == (Outcome.VERIFIED, "ECDSA")
    assert check_of(signed_peers(auth, cert, build.signature(bytes(2 * half)))).outcome is Outcome.FAILED
    assert check_of(signed_peers(auth, cert, build.signature(b"\1" * 9))).outcome is Outcome.FAILED
    # The same certificate where RSA was negotiated.
    other = check_of(signed_peers(3, cert, build.signature(signature)))
    assert other.outcome is Outcome.NOT_POSSIBLE


@pytest.mark.parametrize(
    ("parts", "why"),
    [
        ((), "no certificate came with it"),
        ((build.certificate(b"junk"),), "the certificate cannot be read"),
        ((build.certificate(b"junk", encoding=1),), "the certificate cannot be read"),
        ((build.certificate(b"junk", encoding=2),), "a certificate of encoding 02 is not read"),
    ],
)
def test_a_signature_without_a_usable_certificate_cannot_be_verified(
    parts: tuple[Part, ...], why: str
) -> None:
    found = check_of(signed_peers(3, *parts, build.signature(bytes(256))))
    assert (found.outcome, found.why) == (Outcome.NOT_POSSIBLE, why)


def test_a_signature_needs_skeyid() -> None:
    peers = signed_peers(3, build.certificate(certificate(RSA_KEY)), build.signature(bytes(256)))
    found = feed(peers, Material(HERE, peers.cookies[0], encryption_key=Secret(peers.key)))["MSG5"]["SIG_I"]
    assert (found.outcome, found.why) == (Outcome.NOT_POSSIBLE, "SKEYID is not known: g^xy would give it")


# Phase 2 and NAT-D.


def test_hashes_after_phase_1_need_skeyid_a_and_what_came_before() -> None:
    peers = Peers().phase1().quick().informational(1)
    bare = feed(peers, Material(HERE, peers.cookies[0], encryption_key=Secret(peers.key)))
    assert bare["QM2"]["HASH(2)"].why == "SKEYID_a is not known"
    material = Material(
        HERE, peers.cookies[0], skeyid_a=Secret(peers.skeyid_a), skeyid_e=Secret(peers.skeyid_e)
    )
    whole = feed(peers, material)
    assert [next(iter(whole[step])) for step in ("QM1", "QM2", "QM3", "INFO")] == [
        "HASH(1)", "HASH(2)", "HASH(3)", "HASH(1)",
    ]  # fmt: skip
    assert {check.outcome for step in whole.values() for check in step.values()} == {
        Outcome.VERIFIED, Outcome.NOT_POSSIBLE,
    }  # fmt: skip
    late = feed(peers.without("QM1", "QM2"), material)
    assert not late["QM3"]  # its first block is not readable


def test_a_hash_over_other_payloads_fails() -> None:
    peers = Peers().phase1()
    parts = (build.hash_payload(bytes(20)), build.notify(24))
    peers.sealed("INFO", 0, *parts, exchange=Exchange.INFORMATIONAL, message_id=5)
    material = Material(
        HERE, peers.cookies[0], skeyid_a=Secret(peers.skeyid_a), skeyid_e=Secret(peers.skeyid_e)
    )
    assert feed(peers, material)["INFO"]["HASH(1)"].outcome is Outcome.FAILED


def test_nat_d_is_compared_with_the_addresses_as_captured() -> None:
    peers = Peers().phase1()
    cookies = b"".join(peers.cookies)
    ends = (("192.0.2.1", 500), ("2001:db8::7", 500))
    hashed = [build.nat_d("sha1", cookies, *end) for end in ends]
    decryptor = Decryptor(peers.cookies[0], [])
    for sent in peers.sent[:2]:
        decryptor.observe(sent.message, sent.sender)
    peers.sent.clear()
    peers.clear("MSG3", 0, build.ke(peers.public[0]), build.nonce(peers.nonces[0]), hashed[1], hashed[0])
    message = peers.sent[0].message
    agree = decryptor.observe(message, 0, *ends)
    assert [(check.name, str(check.outcome)) for check in agree] == [
        ("NAT-D of the receiver", "verified"), ("NAT-D of the sender", "verified"),
    ]  # fmt: skip
    moved = decryptor.observe(message, 0, ("203.0.113.9", 500), ends[1])
    assert [str(check.outcome) for check in moved] == ["verified", "failed"]
    assert moved[1].why == "not of 203.0.113.9 port 500"

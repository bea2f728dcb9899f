"""What both peers do alike in phase 1: key exchange, proof of identity, and the check of the other's."""

from msgspec import Struct

from ikepcap.errors import ReplayError
from ikepcap.keys.check import Outcome
from ikepcap.keys.facts import INITIATOR, RESPONDER
from ikepcap.keys.groups import private_bytes, public_value, shared_secret
from ikepcap.keys.secret import Secret
from ikepcap.keys.verify import Candidate, check_proofs, proof
from ikepcap.replay.nat import is_translated, nat_d_parts, nat_d_type
from ikepcap.replay.policy import HYBRID_METHODS, SIGNED_METHODS, Identity, host
from ikepcap.replay.sa import IsakmpSa, Suite
from ikepcap.replay.session import Session
from ikepcap.wire import build
from ikepcap.wire.bodies import Identification
from ikepcap.wire.build import Part
from ikepcap.wire.codec import decode
from ikepcap.wire.details import IdType
from ikepcap.wire.message import Message
from ikepcap.wire.numbers import Encryption, NotifyType, Payload
from ikepcap.wire.offer import Transform

MIN_NONCE: int = 8
MAX_NONCE: int = 256
_AES_DEFAULT_BITS: int = 128


class Objection(Struct, frozen=True):
    """Why a proof of identity is not accepted."""

    kind: int
    why: str


def is_same(one: Transform, other: Transform) -> bool:
    """Whether two phase-1 transforms ask for the same, whatever their lifetimes."""
    return _asked(one) == _asked(other)


def _asked(transform: Transform) -> tuple[int | None, ...]:
    bits = transform.key_bits
    if bits is None and transform.encryption == Encryption.AES_CBC:
        bits = _AES_DEFAULT_BITS
    return transform.encryption, bits, transform.hash, transform.group, transform.auth


def vendor_parts(session: Session) -> list[Part]:
    """Return the vendor IDs of a peer."""
    return [build.vendor_id(data) for data in session.policy.vendor_ids]


def key_parts(session: Session, group: int) -> list[Part]:
    """Return KE and nonce, with a private value of the session's own.

    Raises:
        ReplayError: the group cannot be computed.
    """
    size = private_bytes(group)
    public: bytes | str = f"the group {group} cannot be computed here"
    if size is not None:
        session.private = Secret(session.random_bytes(size))
        public = public_value(group, session.private)
    if isinstance(public, str):
        raise ReplayError(public)
    return [build.ke(public), build.nonce(session.random_bytes(session.policy.nonce_bytes))]


def nat_parts(session: Session, suite: Suite) -> list[Part]:
    """Return NAT-D payloads, where both speak the same NAT traversal."""
    kind = nat_d_type(session.policy.vendor_ids, session.peer_vendor_ids)
    if kind is None:
        return []
    cookies = session.facts.initiator_cookie + (session.facts.responder_cookie or bytes(8))
    behaviour = session.behaviour
    forced = session.policy.forces_natt or behaviour.deaf_to_natt or behaviour.other_natt
    if behaviour.other_natt:
        kind = Payload.NAT_D if kind == Payload.NAT_D_DRAFT else Payload.NAT_D_DRAFT
    return nat_d_parts(kind, suite.algorithm.name, cookies, session.path, forced=forced)


def found_nat(session: Session, message: Message) -> bool:
    """Whether the other peer's NAT-D payloads, or the own pretence, call for the other ports."""
    kind = nat_d_type(session.policy.vendor_ids, session.peer_vendor_ids)
    translated = None if kind is None else is_translated(message, kind, session.path)
    return translated is not None and (translated or session.policy.forces_natt)


def signs(session: Session, role: int) -> bool:
    """Whether a peer proves itself with a signature."""
    auth = session.suite.auth if session.suite is not None else 0
    return auth in SIGNED_METHODS or (auth in HYBRID_METHODS and role == RESPONDER)


def make_keys(session: Session, psk: Secret | None) -> str | None:
    """Make the SA of what both sent; return why it cannot be."""
    suite, public = session.suite, session.facts.public[1 - session.role]
    if suite is None or public is None:
        return "no key exchange"
    nonce = session.facts.nonce[1 - session.role] or b""
    if not MIN_NONCE <= len(nonce) <= MAX_NONCE:
        return f"a nonce of {len(nonce)} octets"
    shared = shared_secret(suite.group, session.private, public)
    if isinstance(shared, str):
        return shared
    session.sa = IsakmpSa(suite, session.facts, shared, psk)
    return None


def requests(session: Session) -> list[Part]:
    """Return certificate requests, where the other peer is to sign."""
    if not signs(session, 1 - session.role):
        return []
    trusted = session.policy.authorities
    return [build.certificate_request(name) for name in (trusted.subjects() if trusted else (b"",))]


def own_identity(session: Session) -> Identity:
    """Return whom a peer says it is."""
    policy = session.policy
    if policy.identity is not None:
        return policy.identity
    if signs(session, session.role) and policy.credential is not None:
        return Identity(IdType.DER_ASN1_DN, policy.credential.subject)
    return host(session.path.local.address)


def proof_parts(session: Session, *, with_identity: bool = True) -> list[Part]:
    """Return ID, and CERT with SIG or else HASH (RFC 2409 §5.1, §5.4).

    Raises:
        ReplayError: the proof cannot be made: no certificate, or a key that does not fit.
    """
    parts = [own_identity(session).part()] if with_identity else []
    session.learn_own(parts)
    if session.sa is None:
        raise ReplayError("no keys to prove an identity with")
    digest = proof(session.facts, session.sa.skeyid, session.role)
    if isinstance(digest, str):
        raise ReplayError(digest)
    if not signs(session, session.role):
        return [*parts, build.hash_payload(digest)]
    credential = session.policy.credential
    if credential is None:
        raise ReplayError("this method signs: give a certificate and its private key")
    signature = credential.sign(digest)
    if isinstance(signature, str):
        raise ReplayError(signature)
    return [*parts, build.certificate(credential.der), build.signature(signature)]


def objection(session: Session, opened: Message, now_s: float) -> Objection | None:
    """Return why the other peer's proof is not accepted; None where it is.

    Args:
        session: with the SA made.
        opened: the message with the proof, learned already.
        now_s: time since the epoch, for certificates.
    """
    manner, behaviour, other = session.policy.manner, session.behaviour, 1 - session.role
    if session.sa is None:
        return Objection(NotifyType.AUTHENTICATION_FAILED, "no keys")
    if behaviour.refuses_identity or not _is_expected(session):
        return Objection(manner.bad_identity, "the identity is not the one that is expected")
    if signs(session, other):
        certificate = session.facts.certificate[other]
        trusted = session.policy.authorities
        why = "no certificate came" if certificate is None else None
        if certificate is not None and trusted is not None:
            why = trusted.objection(certificate, now_s)
        if behaviour.refuses_certificate:
            why = "certificates are refused, as asked for"
        if why is not None:
            return Objection(manner.bad_proof, f"the certificate is not accepted: {why}")
    letter = "I" if other == INITIATOR else "R"
    wanted = f"SIG_{letter}" if signs(session, other) else f"HASH_{letter}"
    checks = check_proofs(opened, other, session.facts, [Candidate(session.sa.skeyid, "the keys")])
    for check in checks:
        if check.name == wanted and check.outcome is Outcome.VERIFIED:
            return None
    why = next((f"{one.name}: {one.why}" for one in checks), f"no {wanted}")
    return Objection(manner.bad_proof, why)


def _is_expected(session: Session) -> bool:
    expected, body = session.policy.peer_identity, session.facts.identity[1 - session.role]
    if body is None:
        return False
    if expected is None:
        return True
    found, _ = decode(Identification, body, 0, len(body))
    return found is not None and (found.type, found.data) == (expected.kind, expected.data)

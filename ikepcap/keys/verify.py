"""HASH and SIG payloads and NAT-D, recomputed (RFC 2409 §5, RFC 3947 §3.2)."""

import hmac
from collections.abc import Iterable
from ipaddress import ip_address

from msgspec import Struct

from ikepcap.keys.check import Check, failed, not_possible, verified
from ikepcap.keys.derive import PSK_METHODS, SIGNATURE_METHODS
from ikepcap.keys.facts import INITIATOR, Facts
from ikepcap.keys.hashes import HashAlgorithm
from ikepcap.keys.secret import Secret
from ikepcap.keys.signature import check_signature, proof_hash
from ikepcap.wire.message import Message
from ikepcap.wire.numbers import Payload

ROLE_NAMES = ("initiator", "responder")


class Candidate(Struct, frozen=True):
    """A SKEYID to verify with, and where it comes from."""

    skeyid: Secret
    label: str


class QuickNonces(Struct):
    """Ni_b and Nr_b of a quick mode, as far as they were opened."""

    initiator: bytes | None = None
    responder: bytes | None = None


def proof(facts: Facts, skeyid: Secret, role: int) -> bytes | str:
    """Return HASH_I or HASH_R of phase 1, or what it needs and was not seen."""
    own, other = facts.public[role], facts.public[1 - role]
    identity, negotiated = facts.identity[role], facts.hash
    if negotiated is None or facts.chosen is None:
        return "the responder's choice is not in the capture"
    if own is None or other is None:
        return "a KE payload is not in the capture"
    if facts.offer is None or facts.responder_cookie is None:
        return "MSG1 is not in the capture"
    if identity is None:
        return "the identity was not seen"
    cookies = (facts.initiator_cookie, facts.responder_cookie)
    algorithm = proof_hash(facts.chosen.auth, negotiated)
    return algorithm.prf(skeyid.reveal(), own, other, cookies[role], cookies[1 - role], facts.offer, identity)


def check_proofs(message: Message, role: int, facts: Facts, candidates: Iterable[Candidate]) -> list[Check]:
    """Verify the HASH or SIG of a phase-1 message against every SKEYID that may be the one.

    Args:
        message: in the clear, or opened, and learned by `facts`.
        role: its sender.
        facts: of the conversation.
        candidates: one where keys opened it; several where PSKs are to be tried.
    """
    letter = "I" if role == INITIATOR else "R"
    listed: list[Candidate] = []
    for candidate in candidates:
        if all(candidate.skeyid != one.skeyid for one in listed):
            listed.append(candidate)
    hashes, signatures = message.bodies(Payload.HASH)[:1], message.bodies(Payload.SIG)[:1]
    return [
        *(_proof_check(f"HASH_{letter}", body, role, facts, listed) for body in hashes),
        *(_signature_check(f"SIG_{letter}", body, role, facts, listed) for body in signatures),
    ]


def _proof_check(name: str, body: bytes, role: int, facts: Facts, candidates: list[Candidate]) -> Check:
    if not candidates:
        return not_possible(name, _no_skeyid(facts))
    for candidate in candidates:
        computed = proof(facts, candidate.skeyid, role)
        if isinstance(computed, str):
            return not_possible(name, computed)
        if hmac.compare_digest(computed, body):
            return verified(name, f"with {candidate.label}")
    with_what = candidates[0].label if len(candidates) == 1 else f"any of {len(candidates)} keys"
    return failed(name, f"not made with {with_what}")


def _no_skeyid(facts: Facts) -> str:
    """Say what SKEYID would be made of (RFC 2409 §5)."""
    method = facts.chosen.auth if facts.chosen is not None else None
    if method in PSK_METHODS:
        return "SKEYID is not known: the PSK would give it"
    return "SKEYID is not known: g^xy would give it" if method in SIGNATURE_METHODS else "SKEYID is not known"


def _signature_check(name: str, body: bytes, role: int, facts: Facts, candidates: list[Candidate]) -> Check:
    if not candidates:
        return not_possible(name, _no_skeyid(facts))
    computed = proof(facts, candidates[0].skeyid, role)
    if isinstance(computed, str):
        return not_possible(name, computed)
    method = facts.chosen.auth if facts.chosen is not None else None
    return check_signature(name, body, computed, facts.certificate[role], method)


def check_exchange_hash(
    message: Message, algorithm: HashAlgorithm, skeyid_a: Secret | None, nonces: QuickNonces
) -> Check | None:
    """Verify the HASH of a message after phase 1; None where it holds none.

    Args:
        message: opened, its first payload readable.
        algorithm: the negotiated hash.
        skeyid_a: None where it is not known.
        nonces: of this message's exchange before this message; none outside quick mode.
    """
    if not message.spans or message.spans[0].type != Payload.HASH:
        return None
    first = message.spans[0]
    name = _hash_name(message, nonces)
    if skeyid_a is None:
        return not_possible(name, "SKEYID_a is not known")
    number = message.message_id.to_bytes(4)
    rest = message.data[first.end : message.spans[-1].end]
    body = message.data[first.body : first.end]
    formulas: dict[str, tuple[bytes, ...]] = {"HASH(1)": (number, rest)}
    if nonces.initiator is not None:
        formulas["HASH(2)"] = (number, nonces.initiator, rest)
        if nonces.responder is not None:
            formulas["HASH(3)"] = (b"\0", number, nonces.initiator, nonces.responder)
    for made, parts in formulas.items():
        if hmac.compare_digest(algorithm.prf(skeyid_a.reveal(), *parts), body):
            return verified(made)
    if name not in formulas:
        return not_possible(name, "the message before it was not opened")
    return failed(name, "the payloads after it, or the key, are not those it was made with")


def _hash_name(message: Message, nonces: QuickNonces) -> str:
    """Return which of the three it should be, by what the message holds and what came before."""
    types = message.payload_types()
    if Payload.NONCE in types and nonces.initiator is not None:
        return "HASH(2)"
    return "HASH(3)" if len(types) == 1 else "HASH(1)"


def check_nat_d(
    message: Message,
    algorithm: HashAlgorithm,
    source: tuple[str, int],
    destination: tuple[str, int],
) -> list[Check]:
    """Compare NAT-D payloads with the addresses as captured (RFC 3947 §3.2).

    The first is of the receiver's end, the others of the sender's. What differs was translated between the
    sender and the capture, or was made to differ: some force NAT traversal that way.
    """
    bodies = [*message.bodies(Payload.NAT_D), *message.bodies(Payload.NAT_D_DRAFT)]
    if len(bodies) < 2:
        return []
    cookies = message.initiator_cookie + message.responder_cookie

    def hashed(end: tuple[str, int]) -> bytes:
        return algorithm.digest(cookies, ip_address(end[0]).packed, end[1].to_bytes(2))

    found = []
    for name, end, candidates in (
        ("NAT-D of the receiver", destination, bodies[:1]),
        ("NAT-D of the sender", source, bodies[1:]),
    ):
        where = f"{end[0]} port {end[1]}"
        agrees = any(hmac.compare_digest(hashed(end), body) for body in candidates)
        found.append(verified(name, where) if agrees else failed(name, f"not of {where}"))
    return found

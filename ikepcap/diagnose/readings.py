"""What the words of a refusal are consistent with: data, read by `refused`.

Sources: RFC 2408 §3.14.1 for the notify types; what daemons mean by them from the sources of strongSwan,
Libreswan and racoon, and from what the first two were seen to send; [MS-IKEE] for Windows.
"""

from typing import Final

from msgspec import Struct

from ikepcap.diagnose.finding import Certainty
from ikepcap.wire.numbers import NotifyType


class Reading(Struct, frozen=True):
    """What a refusal is consistent with."""

    code: str
    certainty: Certainty
    means: str
    alternatives: tuple[str, ...] = ()
    settles_it: str = "The log of the peer that refused names the check that failed."


AUTH: Final = Reading(
    "authentication-failed", "likely", "it did not accept the other peer's proof of identity",
    ("certificate-rejected", "identity-mismatch", "psk-mismatch"),
)  # fmt: skip
CERT: Final = Reading("certificate-rejected", "likely", "it did not accept the certificate")
MODE: Final = Reading("mode-refused", "likely", "it does not take part in this exchange")

READINGS: Final[dict[int, Reading]] = {
    NotifyType.NO_PROPOSAL_CHOSEN: Reading(
        "proposal-mismatch", "likely", "none of the offered transforms is acceptable to it",
        ("unknown-peer", "no-shared-secret"),
        "Compare the offer with the policy that the refusing peer has for this address.",
    ),
    NotifyType.BAD_PROPOSAL_SYNTAX: Reading("proposal-mismatch", "possible", "it could not read the offer"),
    NotifyType.ATTRIBUTES_NOT_SUPPORTED: Reading(
        "proposal-mismatch", "likely", "an attribute of the offer is not supported"
    ),
    NotifyType.INVALID_TRANSFORM_ID: Reading(
        "proposal-mismatch", "likely", "a transform of the offer is not supported"
    ),
    NotifyType.INVALID_MAJOR_VERSION: Reading("version-refused", "likely", "it does not speak IKEv1 here"),
    NotifyType.INVALID_MINOR_VERSION: Reading("version-refused", "likely", "it refuses this version"),
    NotifyType.INVALID_EXCHANGE_TYPE: MODE,
    NotifyType.UNSUPPORTED_EXCHANGE_TYPE: MODE,
    NotifyType.INVALID_KEY_INFORMATION: Reading(
        "no-shared-secret", "likely", "it has no shared secret for this peer, or cannot use the key exchange",
        ("proposal-mismatch",),
    ),
    NotifyType.INVALID_COOKIE: Reading(
        "peer-restarted", "likely", "it does not know these cookies: it lost its state"
    ),
    NotifyType.INVALID_ID_INFORMATION: Reading("identity-mismatch", "likely", "it refuses the identity"),
    NotifyType.INVALID_HASH_INFORMATION: Reading(
        "psk-mismatch", "likely", "the hash that proves the other peer's key is not the one it computed",
        ("authentication-failed",), "Enter the pre-shared key anew on both peers.",
    ),
    NotifyType.AUTHENTICATION_FAILED: AUTH,
    NotifyType.INVALID_SIGNATURE: CERT,
    NotifyType.INVALID_CERT_ENCODING: CERT,
    NotifyType.INVALID_CERTIFICATE: CERT,
    NotifyType.CERT_TYPE_UNSUPPORTED: CERT,
    NotifyType.INVALID_CERT_AUTHORITY: CERT,
    NotifyType.CERTIFICATE_UNAVAILABLE: CERT,
}  # fmt: skip
OTHER: Final = Reading("authentication-failed", "possible", "it ended the negotiation")
GARBLED: Final = Reading(
    "psk-mismatch", "likely", "what it decrypted made no sense: consistent with pre-shared keys that differ",
    ("authentication-failed",), "Enter the pre-shared key anew on both peers.",
)  # fmt: skip
NO_PEER: Final = Reading(
    "unknown-peer", "likely", "it has no configuration for this peer, or none that fits",
    ("proposal-mismatch", "version-refused"),
    "Look on the refusing peer for a connection with this address and IKEv1, and compare the offer with it.",
)  # fmt: skip
AGGRESSIVE: Final = Reading(
    "mode-refused", "likely", "it does not do aggressive mode with this peer", ("authentication-failed",)
)
ENCRYPTED_PSK: Final = Reading(
    "authentication-failed", "likely",
    "it did not accept the other peer's proof of identity; what exactly it says is encrypted",
    ("psk-mismatch", "identity-mismatch"),
    "The log of either peer, or the phase-1 key, shows what the encrypted message says.",
)  # fmt: skip
ENCRYPTED_READ: Final = Reading(
    "authentication-failed", "likely",
    "it did not accept the other peer's identity or method; that one understood it, so the keys agree",
    ("identity-mismatch", "psk-mismatch"),
    "The log of either peer says which identity or method was refused.",
)  # fmt: skip
ENCRYPTED: Final = Reading(
    "authentication-failed", "likely",
    "it did not accept the other peer's proof of identity; what exactly it says is encrypted",
    ("certificate-rejected", "identity-mismatch", "psk-mismatch"),
    "The log of either peer, or the phase-1 key, shows what the encrypted message says.",
)  # fmt: skip

DELETED: Final = Reading(
    "authentication-failed", "likely",
    "it did not accept the other peer's proof of identity, and names no reason",
    ("certificate-rejected", "identity-mismatch", "psk-mismatch"),
)  # fmt: skip
SIGNED: Final = Reading(
    "authentication-failed", "likely", "it did not accept the other peer's certificate or identity",
    ("certificate-rejected", "identity-mismatch"),
)  # fmt: skip
SAME_KEY: Final = Reading(
    "authentication-failed", "likely",
    "it did not accept the other peer's identity or method; one key opens what both sent, so the pre-shared "
    "keys agree",
    ("identity-mismatch",), "The log of the peer that refused says which identity or method it was.",
)  # fmt: skip
IDENTITY_OR_CERT: Final = Reading(
    "identity-mismatch", "likely", "it refuses the identity, or the certificate that should prove it",
    ("certificate-rejected",),
)  # fmt: skip

UNREADABLE: Final = Reading(
    "psk-mismatch", "likely",
    "the other peer goes on as if it could not read it: consistent with pre-shared keys that differ",
    ("authentication-failed", "identity-mismatch"), "Enter the pre-shared key anew on both peers.",
)  # fmt: skip

BAD_HASH_R: Final = Reading(
    "psk-mismatch", "likely",
    "MSG2 proves the responder's key with a hash, which the initiator did not accept: consistent with "
    "pre-shared keys that differ",
    ("identity-mismatch", "authentication-failed"), "Enter the pre-shared key anew on both peers.",
)  # fmt: skip


# Windows puts the error it failed with into its status notify (MS-IKEE §2.2.6); names from winerror.h, each
# after ERROR_IPSEC_IKE_.
WINDOWS: Final[dict[int, tuple[str, Reading]]] = {
    13801: ("AUTH_FAIL", AUTH),
    13802: ("ATTRIB_FAIL", READINGS[NotifyType.ATTRIBUTES_NOT_SUPPORTED]),
    13806: ("NO_CERT", CERT),
    13817: ("CRL_FAILED", CERT),
    13818: ("INVALID_KEY_USAGE", CERT),
    13819: ("INVALID_CERT_TYPE", CERT),
    13825: ("NO_POLICY", NO_PEER),
    13826: ("INVALID_SIGNATURE", CERT),
    13843: ("INVALID_PAYLOAD", GARBLED),
    13846: ("INVALID_COOKIE", READINGS[NotifyType.INVALID_COOKIE]),
    13847: ("NO_PEER_CERT", CERT),
    13848: ("PEER_CRL_FAILED", CERT),
    13865: ("INVALID_GROUP", READINGS[NotifyType.ATTRIBUTES_NOT_SUPPORTED]),
    13867: ("DECRYPT", GARBLED),
    13868: ("POLICY_MATCH", READINGS[NotifyType.NO_PROPOSAL_CHOSEN]),
    13869: ("UNSUPPORTED_ID", READINGS[NotifyType.INVALID_ID_INFORMATION]),
    13870: ("INVALID_HASH", READINGS[NotifyType.INVALID_HASH_INFORMATION]),
    13873: ("INVALID_ENCRYPT_ALG", READINGS[NotifyType.ATTRIBUTES_NOT_SUPPORTED]),
    13875: ("INVALID_SIG", CERT),
    13880: ("INVALID_MAJOR_VERSION", READINGS[NotifyType.INVALID_MAJOR_VERSION]),
    13881: ("INVALID_CERT_KEYLEN", CERT),
    13887: ("CERT_CHAIN_POLICY_MISMATCH", CERT),
}

UNSUPPORTED: Final = Reading(
    "phase2-proposal-mismatch", "likely", "something in the proposals for ESP or AH is not supported by it",
    ("phase2-pfs-mismatch",), "Compare the proposals below with those of the refusing peer.",
)  # fmt: skip

QUICK: Final[dict[int, Reading]] = {
    # Libreswan and strongSwan say the same of a proposal and of the group for PFS.
    NotifyType.NO_PROPOSAL_CHOSEN: Reading(
        "phase2-proposal-mismatch", "likely",
        "no proposal for ESP or AH is acceptable to it, its group for PFS or the lack of one included",
        ("phase2-pfs-mismatch",), "The log of the peer that refused names proposal or PFS group.",
    ),
    NotifyType.BAD_PROPOSAL_SYNTAX: UNSUPPORTED,
    NotifyType.INVALID_PROTOCOL_ID: UNSUPPORTED,
    NotifyType.INVALID_TRANSFORM_ID: UNSUPPORTED,
    NotifyType.ATTRIBUTES_NOT_SUPPORTED: UNSUPPORTED,
    NotifyType.INVALID_KEY_INFORMATION: Reading(
        "phase2-pfs-mismatch", "likely", "it cannot use the group for PFS", ("phase2-proposal-mismatch",),
        "Compare the groups for PFS on both peers.",
    ),
    NotifyType.INVALID_ID_INFORMATION: Reading(
        "phase2-selector-mismatch", "likely", "the networks are not those that it has", (),
        "Compare the networks with those that the refusing peer has for this tunnel.",
    ),
}  # fmt: skip
"""What the notify in place of QM2 is consistent with, where a key shows it."""

"""Pages of the findings about authentication and users: data only, read by `catalogue`."""

from typing import Any, Final

PAGES: Final[dict[str, dict[str, Any]]] = {
    "psk-mismatch": {
        "title": "The pre-shared keys differ",
        "means": (
            "In main mode the pre-shared key goes into the key that encrypts MSG5 and MSG6, so with "
            "different keys neither peer can read what the other says, not even its complaint. In "
            "aggressive mode the hashes are in the clear and one of them does not fit."
        ),
        "wire": (
            "Main mode: MSG5 repeated, and either an encrypted informational for each copy (strongSwan), "
            "or MSG4 repeated too (Libreswan, racoon), or a clear PAYLOAD-MALFORMED. Aggressive mode: "
            "after MSG2 a clear INVALID-HASH-INFORMATION or one encrypted informational from the "
            "initiator."
        ),
        "decides": (
            "Likely at best without the key: PSK was negotiated, and MSG5 or HASH_R was answered in one "
            'of the ways above. Possible where UDP 4500 may be blocked instead. The claim is "consistent '
            'with", never that a key is wrong.'
        ),
        "mistaken": (
            (
                "nat-t-blocked",
                ("MSG5 is on UDP 4500 and nothing ever came back there: capture at the responder"),
            ),
            (
                "identity-mismatch",
                (
                    "a single answer, after which the initiator stops, or MSG4 repeated besides an "
                    "encrypted answer per copy: the key fits, the identity does not"
                ),
            ),
            ("replies-lost", "MSG5 does not arrive: capture at the responder"),
            ("authentication-failed", "the log of the responder names the check that failed"),
        ),
        "references": ("RFC 2409 §5 (SKEYID), §5.4, appendix B", "Cisco technote 5409"),
    },
    "certificate-rejected": {
        "title": "A certificate was not accepted",
        "means": (
            "The peer read the certificate and refuses it: issuer, dates, key usage, revocation or encoding."
        ),
        "wire": (
            "A notify about a certificate or a signature (types 19 to 22, 25 and 28), mostly encrypted. "
            "The delay before it can be seconds if a revocation list is fetched first."
        ),
        "decides": "Likely: such a notify was readable. Encrypted ones stay authentication-failed.",
        "mistaken": (
            (
                "identity-mismatch",
                ("the certificate is good and its subject is not the expected identity: the log"),
            ),
            ("fragments-lost", "the certificate never arrived whole"),
        ),
        "references": ("RFC 2408 §3.9, §3.14.1", "RFC 2409 §5.1"),
    },
    "identity-mismatch": {
        "title": "The identity is not the expected one",
        "means": (
            "The keys agree and the message could be read; the identity in it is not configured, or not "
            "allowed with this method."
        ),
        "wire": (
            "strongSwan: one encrypted AUTHENTICATION-FAILED right after MSG5. Libreswan: an encrypted "
            "INVALID-ID-INFORMATION for each copy of MSG5, and its own MSG4 again. A peer of another make "
            "often cannot read either and goes on repeating MSG5."
        ),
        "decides": (
            "Likely: a readable INVALID-ID-INFORMATION came. Encrypted ones stay authentication-failed."
        ),
        "mistaken": (
            (
                "psk-mismatch",
                ("with a wrong key the answer repeats with each copy and MSG4 does not (strongSwan)"),
            ),
            ("certificate-rejected", "the log of the refusing peer"),
        ),
        "references": ("RFC 2407 §4.6.2", "RFC 2409 §5"),
    },
    "authentication-failed": {
        "title": "Authentication failed, and the capture cannot tell why",
        "means": (
            "A peer refused the other's proof of identity. Key, certificate, identity or method may be "
            "the reason; the message that says so is encrypted."
        ),
        "wire": (
            "An encrypted informational, or a delete, in place of MSG6 (or of MSG3 in aggressive mode), "
            "at once and without a timeout; or MSG6 and then an encrypted informational from the "
            "initiator. With AES and SHA-1 a notify without SPI takes 76 octets, a delete or a notify "
            "with cookies 92."
        ),
        "decides": (
            "Likely: something encrypted came where proof was due, or a clear AUTHENTICATION-FAILED. "
            "Possible: a delete, or a notify that says little."
        ),
        "mistaken": (
            ("psk-mismatch", "the other peer goes on as if it had not understood"),
            ("identity-mismatch", "the log of the refusing peer, or the phase-1 key"),
            ("certificate-rejected", "the log of the refusing peer, or the phase-1 key"),
        ),
        "references": ("RFC 2409 §5, §5.7", "RFC 2408 §3.14.1"),
    },
    "xauth-failed": {
        "title": "The user was not authenticated",
        "means": (
            "Phase 1 came up, then the gateway asked for name and password, and it did not end well: no "
            "answer, a wrong password, or a server behind the gateway that does not answer."
        ),
        "wire": (
            "Transaction exchanges started by the responder after the last message of phase 1. A success "
            "is two of two messages each. With a wrong password strongSwan sends nothing after them; "
            "Libreswan leaves a lone SET, then deletes."
        ),
        "decides": (
            "Possible: the responder asked in a transaction and no reply came; or a reply came and no "
            "verdict within 20 s, or a verdict and nothing within 10 s, where a client that was let in goes "
            "on at once. Likely if the client then begins anew, or one of the two says something encrypted "
            "and no more."
        ),
        "mistaken": (
            (
                "mode-config-failed",
                "what is asked is encrypted: the gateway's log says which of the two it was",
            ),
            ("replies-lost", "a capture at the gateway: the reply arrives there"),
        ),
        "references": ("draft-ietf-ipsec-isakmp-xauth-06", "draft-dukes-ike-mode-cfg"),
    },
    "mode-config-failed": {
        "title": "The client got no address",
        "means": (
            "The transaction that assigns address, mask and name servers was not completed: the pool is "
            "empty, or client and gateway disagree on who begins."
        ),
        "wire": (
            "A transaction started by the initiator (pull) or the responder (push) without its answer. "
            "With an empty pool the answer carries no address, and the quick mode that follows is "
            "refused."
        ),
        "decides": (
            "Possible: the initiator asked in a transaction and no reply came. Likely: a reply came, and the "
            "initiator said goodbye at once in place of a quick mode."
        ),
        "mistaken": (
            ("xauth-failed", "the gateway's log"),
            ("replies-lost", "a capture at the peer that does not reply"),
        ),
        "references": ("draft-dukes-ike-mode-cfg",),
    },
}

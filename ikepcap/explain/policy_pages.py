"""Pages of the findings about policy: data only, read by `catalogue`, which says what the fields are."""

from typing import Any, Final

PAGES: Final[dict[str, dict[str, Any]]] = {
    "proposal-mismatch": {
        "title": "None of the offered transforms is acceptable",
        "means": (
            "The responder compared the offer with its policy and found no transform that it takes: "
            "encryption, key length, hash, group or authentication method differ. Lifetimes alone rarely "
            "matter."
        ),
        "wire": (
            "MSG1, then in place of MSG2 a clear NO-PROPOSAL-CHOSEN. strongSwan names the cookies in the "
            "SPI of the notify and sends a new one per copy; Libreswan sends no SPI, a zero responder "
            "cookie and message ID 0, the same octets each time. racoon says nothing at all."
        ),
        "decides": (
            "Likely: a clear NO-PROPOSAL-CHOSEN, ATTRIBUTES-NOT-SUPPORTED or INVALID-TRANSFORM-ID came "
            "where the answer was due. Possible: BAD-PROPOSAL-SYNTAX."
        ),
        "mistaken": (
            (
                "unknown-peer",
                (
                    "a NO-PROPOSAL-CHOSEN of 40 octets without SPI and with a responder cookie is how "
                    "strongSwan says that it has no connection for the address"
                ),
            ),
            ("no-shared-secret", "Libreswan without a key for the peer refuses the offer of that method"),
            ("authentication-failed", "the method may be what differs: PSK against XAUTH or certificates"),
        ),
        "references": ("RFC 2409 §5, appendix A", "RFC 2408 §3.14.1", "RFC 2407 §4.5"),
    },
    "chosen-not-offered": {
        "title": "The answer is not one of the offered transforms",
        "means": (
            "MSG2 must repeat one offered transform unchanged. This one differs, so an initiator that "
            "compares strictly drops it."
        ),
        "wire": (
            "MSG2 with a transform, attribute or number that MSG1 does not have; then MSG1 again and "
            "again, or a clear notify from the initiator."
        ),
        "decides": "Proven: what MSG2 chooses differs from every offer of MSG1 in more than a lifetime.",
        "mistaken": (("replies-lost", "the answer equals an offered transform: then it does not arrive"),),
        "references": ("RFC 2408 §4.2", "RFC 2409 §5"),
    },
    "mode-refused": {
        "title": "The peer does not do this exchange",
        "means": "Main against aggressive mode, or an exchange that the peer does not know at all.",
        "wire": (
            "A clear notify 7 or 29 (INVALID or UNSUPPORTED EXCHANGE-TYPE); from strongSwan a clear "
            "AUTHENTICATION-FAILED right after the MSG1 of aggressive mode. Libreswan and racoon answer "
            "nothing."
        ),
        "decides": "Likely: such a notify came in place of the answer.",
        "mistaken": (
            (
                "authip-coexistence",
                "the refused message is exchange type 243, which Windows sends beside IKEv1",
            ),
            ("authentication-failed", "the log of the refusing peer"),
        ),
        "references": ("RFC 2409 §5", "RFC 2408 §3.14.1"),
    },
    "version-refused": {
        "title": "IKEv1 is not spoken here",
        "means": ("The peer refuses the version, mostly because IKEv1 is switched off in favour of IKEv2."),
        "wire": (
            "A clear INVALID-MAJOR-VERSION; from Libreswan with a zero responder cookie and message ID 0. "
            "An IKEv2-only strongSwan says NO-PROPOSAL-CHOSEN instead, others are silent."
        ),
        "decides": "Likely: a notify 5 or 6 came in place of the answer.",
        "mistaken": (
            ("unknown-peer", "the version is allowed in general and not for this peer: its configuration"),
        ),
        "references": ("RFC 2408 §3.1, §3.14.1",),
    },
    "unknown-peer": {
        "title": "The peer has no connection for this address",
        "means": (
            "The responder found no configuration that fits: the address is not the one it expects "
            "(NAT?), or version, mode or authentication method of that connection differ."
        ),
        "wire": (
            "strongSwan: one clear NO-PROPOSAL-CHOSEN of 40 octets without SPI, with a random responder "
            "cookie. Libreswan, racoon and others: silence."
        ),
        "decides": (
            "Likely: a NO-PROPOSAL-CHOSEN without SPI that has a responder cookie came in place of MSG2."
        ),
        "mistaken": (
            ("proposal-mismatch", "a refused offer has the cookies in its SPI if strongSwan refuses it"),
            ("version-refused", "an IKEv2-only strongSwan answers the same way"),
        ),
        "references": ("RFC 2408 §3.14.1",),
    },
    "no-shared-secret": {
        "title": "There is no pre-shared key for this peer",
        "means": (
            "In main mode the key is needed to derive the keys for MSG5, before the identity is known, so "
            "it is looked up by address. One peer found none for the address it sees."
        ),
        "wire": (
            "From strongSwan a clear INVALID-KEY-INFORMATION: from the responder in place of MSG4, or "
            "from the initiator in place of MSG5. Libreswan refuses MSG1 instead; racoon and others fall "
            "silent after MSG3 or MSG4."
        ),
        "decides": "Likely: a clear notify 17 came in place of the message.",
        "mistaken": (
            ("proposal-mismatch", "a key exchange of the wrong size for the group gets the same notify"),
            ("psk-mismatch", "there is a key and it is the wrong one: then MSG5 is sent"),
        ),
        "references": ("RFC 2409 §5.4", "RFC 2408 §3.14.1"),
    },
    "nat-t-disagreement": {
        "title": "The peers disagree on NAT traversal",
        "means": (
            "The peers announce different versions of NAT traversal, or one none at all, so that the move "
            "to UDP 4500 is not made, or not followed."
        ),
        "wire": (
            "Vendor IDs of different drafts, NAT-D payloads from one side only, or payload type 130 "
            "against 20; MSG5 on a port on which the other does not expect it."
        ),
        "decides": (
            "Likely: it stops at MSG5, and the NAT-D payloads of the peers have different numbers, or a NAT "
            "was found and MSG5 stays on UDP 500."
        ),
        "mistaken": (("nat-t-blocked", "both announce the same version: then the port is closed"),),
        "references": ("RFC 3947 §3, §4",),
    },
}

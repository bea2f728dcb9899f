"""Pages of the findings about phase 2 and after: data only, read by `catalogue`."""

from typing import Any, Final

PAGES: Final[dict[str, dict[str, Any]]] = {
    "phase2-proposal-mismatch": {
        "title": "No common phase-2 proposal",
        "means": "Phase 1 is up; encryption, integrity or encapsulation mode for ESP or AH differ.",
        "wire": (
            "QM1, then one encrypted informational from the responder in place of QM2. Proposal, PFS "
            "group and selectors are refused in messages of the same size: without the key they look "
            "alike. With the key: NO-PROPOSAL-CHOSEN."
        ),
        "decides": (
            "Likely, with the key: NO-PROPOSAL-CHOSEN came where QM2 was due. Without it: phase2-refused."
        ),
        "mistaken": (
            ("phase2-pfs-mismatch", "the same notify in most implementations: the responder's log"),
            ("phase2-selector-mismatch", "INVALID-ID-INFORMATION instead"),
        ),
        "references": ("RFC 2409 §5.5", "RFC 2407 §4.4, §4.5"),
    },
    "phase2-selector-mismatch": {
        "title": "The networks do not match",
        "means": (
            "Phase 1 is up; the networks (selectors, proxy identities) in quick mode are not those the "
            "responder has. The most frequent failure between sites."
        ),
        "wire": (
            "QM1, then one encrypted informational from the responder in place of QM2. Proposal, PFS "
            "group and selectors are refused in messages of the same size: without the key they look "
            "alike. With the key: INVALID-ID-INFORMATION."
        ),
        "decides": (
            "Likely, with the key: INVALID-ID-INFORMATION came where QM2 was due. Without it: phase2-refused."
        ),
        "mistaken": (
            ("phase2-proposal-mismatch", "NO-PROPOSAL-CHOSEN instead"),
            ("mode-config-failed", "a client without an assigned address asks for the wrong selectors"),
        ),
        "references": ("RFC 2409 §5.5", "RFC 2407 §4.6.2"),
    },
    "phase2-pfs-mismatch": {
        "title": "The groups for PFS differ",
        "means": (
            "One peer asks for a new Diffie-Hellman exchange in quick mode and the other for none, or for "
            "another group. Some accept it: racoon with proposal_check obey, Libreswan another group."
        ),
        "wire": (
            "QM1, then one encrypted informational from the responder in place of QM2. Proposal, PFS "
            "group and selectors are refused in messages of the same size: without the key they look "
            "alike. With the key: NO-PROPOSAL-CHOSEN, or INVALID-KEY-INFORMATION for a group that is not "
            "supported."
        ),
        "decides": (
            "Likely, with the key: INVALID-KEY-INFORMATION came where QM2 was due. NO-PROPOSAL-CHOSEN is "
            "read as phase2-proposal-mismatch, with this as the other reading."
        ),
        "mistaken": (("phase2-proposal-mismatch", "the responder's log"),),
        "references": ("RFC 2409 §5.5",),
    },
    "phase2-refused": {
        "title": "Quick mode was refused",
        "means": (
            "Phase 1 is up, phase 2 is not. The reason is encrypted: selectors, proposal or PFS group."
        ),
        "wire": (
            "QM1, then one encrypted informational from the responder in place of QM2. Proposal, PFS "
            "group and selectors are refused in messages of the same size: without the key they look "
            "alike."
        ),
        "decides": (
            "Likely: an encrypted informational of the responder came where QM2 was due, and quick mode "
            "did not go on."
        ),
        "mistaken": (
            ("phase2-selector-mismatch", "the responder's log, or the phase-1 key"),
            ("phase2-proposal-mismatch", "the responder's log, or the phase-1 key"),
            ("phase2-pfs-mismatch", "the responder's log, or the phase-1 key"),
        ),
        "references": ("RFC 2409 §5.5, §5.7",),
    },
    "phase2-no-reply": {
        "title": "Quick mode got no answer",
        "means": (
            "A message of quick mode was repeated and the next one never came: the peer has lost or "
            "deleted its phase 1, drops what it does not want, or does not get the messages."
        ),
        "wire": (
            "QM1 (or QM2) repeated into silence under cookies that were good before. strongSwan then "
            "starts a new phase 1. A peer that waits for XAUTH ignores QM1."
        ),
        "decides": (
            "Likely: a peer repeats its message of a quick mode, or gave up, and the answer never came."
        ),
        "mistaken": (
            ("dead-peer", "keepalives under the same cookies are not answered either"),
            ("peer-restarted", "a fresh MSG1 is answered at once"),
            ("replies-lost", "a capture at the peer that does not answer"),
        ),
        "references": ("RFC 2409 §5.5",),
    },
    "dead-peer": {
        "title": "The peer is gone",
        "means": (
            "Keepalives that used to be answered get no answer: the peer, its state or the path to it is "
            "gone."
        ),
        "wire": (
            "Encrypted informationals of one size from one side, each with a new message ID, that were "
            "answered by one of the same size before and are not any more; then deletes and a new MSG1. Where"
            " a key opens them: R-U-THERE whose sequence numbers no R-U-THERE-ACK repeats."
        ),
        "decides": (
            "Likely: several such informationals without an answer, after at least one of the same size was "
            "answered. Some peers send heartbeats that nobody answers, so silence from the start counts for "
            "nothing; nor does what is sent once the negotiation has a successor, which is mostly deletes."
        ),
        "mistaken": (
            ("peer-restarted", "a fresh MSG1 is answered at once"),
            ("replies-lost", "a capture at the peer: keepalives arrive and answers leave"),
        ),
        "references": ("RFC 3706",),
    },
    "deleted-by-peer": {
        "title": "A peer ended it, at once or whenever another client came up",
        "means": (
            "Phase 1 came up, and the peer that ended it deleted it before there was a tunnel: a limit on "
            "negotiations per user or address, an older SA of the same peer that it keeps, or a policy that "
            "it could not install. Or two clients have the same identity: a gateway that keeps one SA of "
            "each ends the one as the other comes up, and both come back for ever. A tunnel that was up and "
            "is deleted later ended as tunnels do."
        ),
        "wire": (
            "Right after the last message of phase 1 its sender sends an informational of the size of a "
            "delete, or a delete in the clear, and nothing more. The other peer's quick mode is not "
            "answered, and not repeated; or it begins anew. Of two clients that have one identity each is "
            "sent a delete at the moment when the other comes up, and begins anew within seconds, from "
            "another port or address than the other."
        ),
        "decides": (
            "Likely: the size, the moment, and that the other peer acts upon it. Keepalives and "
            "INITIAL-CONTACT have the same size, so without that nothing is concluded. A fight of two "
            "clients is told from the third time on, and where no more than one came up at that moment; of "
            "one client alone, where the other is not in the capture, from the fifth time in a row on."
        ),
        "mistaken": (
            ("phase2-no-reply", "the quick mode is repeated, so the informational was no delete"),
            ("phase2-refused", "the informational comes after the quick mode, and in place of QM2"),
            (
                "rekey-failed",
                "an earlier negotiation of these peers lives: what is deleted may be the newer of two",
            ),
        ),
        "references": ("RFC 2408 §3.15", "RFC 2409 §5.7"),
    },
    "rekey-failed": {
        "title": "The tunnel was up, and renewing it failed",
        "means": (
            "Before its lifetime ended a peer began a new negotiation, which did not come up, so the "
            "tunnel goes down with the old one."
        ),
        "wire": "A negotiation that was established, then between the same peers one that fails.",
        "decides": "Possible: an earlier one of these peers still lives. Another finding says why.",
        "mistaken": (("deleted-by-peer", "no new negotiation was begun"),),
        "references": ("RFC 2409 §5.5",),
    },
}

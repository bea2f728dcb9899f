"""Where a peer can be, why it may stay there, and names beyond those of the report: data only, for `places`.

CAUSES: for a place (mode, role, progress as in `state.dialect_table`; "quick" and "xauth" besides) the codes
that keep a peer there, the likeliest first, each with a hint. DIALECTS: how a kind of box is called, and
where it shows its states. NAMES: states that the report does not use, as they stand in logs and debugs:

    dialect, name, number or None, place or None, meaning

Sources are those of `state.dialect_table`; besides: Cisco document 113594 and a public debug trace of IOS-XE
(IKE_*), syslog 715065 of ASA (AM_SND_MSG1), iketypes.h and the security log's parameters %%8201 to %%8219
(Windows), Fortinet community article 198232 (FortiGate), libcharon's sa/ike_sa.h and sa/ikev1/tasks,
programs/pluto/ikev1_states.c, src/racoon/handler.h.
"""

from typing import Final

Place = tuple[str, str, int]
Cause = tuple[str, str]

DIALECTS: Final[dict[str, tuple[str, str]]] = {
    "asa": ("Cisco ASA and PIX", "show crypto isakmp sa"),
    "ios": ("Cisco IOS", "show crypto isakmp sa, debug crypto isakmp"),
    "windows": ("Windows", "mmState of a net event, state in the security log"),
    "libreswan": ("Libreswan and Openswan", "ipsec showstates, the log"),
    "strongswan": ("strongSwan", "swanctl --list-sas; the task is in the log"),
    "racoon": ("racoon and its relatives", "the debug log"),
    "fortigate": ("FortiGate", "diagnose debug application ike -1"),
}

_WAIT_2: Final[tuple[Cause, ...]] = (
    ("no-reply", "UDP 500 is dropped on the way, or the peer is down or has another address"),
    ("unknown-peer", "the peer has no configuration for this source address: most say nothing"),
    ("port-closed", "ICMP port unreachable: no daemon there"),
    ("filtered", "ICMP administratively prohibited"),
    ("unreachable", "ICMP host or net unreachable"),
    ("proposal-mismatch", "NO-PROPOSAL-CHOSEN comes back; from racoon nothing does"),
    ("replies-lost", "the peer answers, and MSG2 does not arrive"),
    ("version-refused", "IKEv1 is off at the peer"),
    ("overloaded", "the peer answers others"),
)
_UP: Final[tuple[Cause, ...]] = (
    ("phase2-selector-mismatch", "quick mode is refused at once: networks"),
    ("phase2-proposal-mismatch", "quick mode is refused at once: transforms"),
    ("phase2-no-reply", "quick mode gets no answer"),
    ("xauth-failed", "the gateway asks for a user first"),
    ("dead-peer", "the other peer no longer has this SA"),
)
_REFUSED: Final[tuple[Cause, ...]] = (
    ("proposal-mismatch", "no offered transform is acceptable"),
    ("unknown-peer", "no configuration for this address"),
    ("no-shared-secret", "no key for this address"),
)

CAUSES: Final[dict[Place, tuple[Cause, ...]]] = {
    ("main", "initiator", 1): _WAIT_2,
    ("main", "initiator", 3): (
        (
            "no-shared-secret",
            "the responder has no key for this address; strongSwan says so, others are silent",
        ),
        ("fragments-lost", "MSG3 and MSG4 are the first large messages"),
        ("replies-lost", "MSG4 is sent and does not arrive"),
        ("peer-restarted", "the responder lost its state after MSG2"),
        ("proposal-mismatch", "the key exchange does not fit the group"),
    ),
    ("main", "initiator", 5): (
        ("psk-mismatch", "the responder cannot read MSG5"),
        ("nat-t-blocked", "MSG5 is the first message on UDP 4500"),
        ("fragments-lost", "certificates make MSG5 and MSG6 large"),
        ("identity-mismatch", "the responder does not know the identity in MSG5"),
        ("certificate-rejected", "the responder does not accept the certificate"),
        ("replies-lost", "MSG6 is sent and does not arrive"),
    ),
    ("main", "initiator", 6): _UP,
    ("main", "responder", 0): _REFUSED,
    ("main", "responder", 2): (
        ("replies-lost", "MSG2 does not arrive, or is not accepted"),
        ("chosen-not-offered", "the initiator does not accept what was chosen"),
        ("probe", "the initiator never meant to go on"),
    ),
    ("main", "responder", 4): (
        ("psk-mismatch", "MSG5 came and could not be read"),
        ("nat-t-blocked", "MSG5 went to UDP 4500 and did not arrive"),
        ("no-shared-secret", "the initiator has no key for this address"),
        ("fragments-lost", "MSG5 with certificates came in part"),
        ("replies-lost", "MSG4 does not arrive"),
        ("nat-t-disagreement", "the peers expect MSG5 on different ports"),
    ),
    ("main", "responder", 6): _UP,
    ("aggressive", "initiator", 1): (
        *_WAIT_2[:2],
        ("mode-refused", "the responder does not do aggressive mode"),
        *_WAIT_2[2:7],
    ),
    ("aggressive", "initiator", 3): _UP,
    ("aggressive", "responder", 0): (("mode-refused", "aggressive mode is not allowed here"), *_REFUSED),
    ("aggressive", "responder", 2): (
        ("psk-mismatch", "the initiator did not accept HASH_R"),
        ("identity-mismatch", "the initiator expected another identity"),
        ("replies-lost", "MSG2 does not arrive"),
        ("probe", "the initiator never meant to go on"),
    ),
    ("aggressive", "responder", 3): _UP,
    ("unknown", "initiator", 6): _UP,
    ("unknown", "responder", 6): _UP,
    ("quick", "initiator", 1): (
        ("phase2-selector-mismatch", "refused at once: the networks differ"),
        ("phase2-proposal-mismatch", "refused at once: the transforms differ"),
        ("phase2-pfs-mismatch", "refused at once: PFS groups differ"),
        ("phase2-no-reply", "no answer: the peer lost its phase 1, or waits for XAUTH"),
    ),
    ("quick", "responder", 2): (
        ("phase2-no-reply", "QM3 never came"),
        ("replies-lost", "QM2 does not arrive"),
    ),
    ("xauth", "responder", 1): (
        ("xauth-failed", "no answer, or a wrong one"),
        ("replies-lost", "the answer does not arrive"),
    ),
    ("xauth", "initiator", 1): (
        ("xauth-failed", "the gateway refused the user"),
        ("replies-lost", "the result does not arrive"),
    ),
}

_QM_I1: Final = ("quick", "initiator", 1)
_QM_R2: Final = ("quick", "responder", 2)

NAMES: Final[tuple[tuple[str, str, int | None, Place | None, str], ...]] = (
    ("asa", "AM_SND_MSG1", None, None, "is about to send MSG1 of aggressive mode; passes at once"),
    ("ios", "MM_KEY_AUTH", None, None, "authenticated; passes at once to QM_IDLE"),
    ("ios", "AG_NO_STATE", None, ("aggressive", "initiator", 1), "began, and nothing more happened"),
    ("ios", "AG_AUTH", None, None, "aggressive mode is authenticated; passes at once to QM_IDLE"),
    ("ios", "CONF_XAUTH", None, ("xauth", "responder", 1), "XAUTH is under way"),
    ("ios", "IKE_READY", None, None, "nothing was sent or received yet"),
    ("ios", "IKE_I_MM1", None, ("main", "initiator", 1), "sent MSG1, waits for MSG2"),
    ("ios", "IKE_I_MM2", None, None, "received MSG2, prepares MSG3"),
    ("ios", "IKE_I_MM3", None, ("main", "initiator", 3), "sent MSG3, waits for MSG4"),
    ("ios", "IKE_I_MM4", None, None, "received MSG4, prepares MSG5"),
    ("ios", "IKE_I_MM5", None, ("main", "initiator", 5), "sent MSG5, waits for MSG6"),
    ("ios", "IKE_I_MM6", None, None, "received MSG6; passes to IKE_P1_COMPLETE"),
    ("ios", "IKE_R_MM1", None, None, "received MSG1, prepares MSG2"),
    ("ios", "IKE_R_MM2", None, ("main", "responder", 2), "sent MSG2, waits for MSG3"),
    ("ios", "IKE_R_MM3", None, None, "received MSG3, prepares MSG4"),
    ("ios", "IKE_R_MM4", None, ("main", "responder", 4), "sent MSG4, waits for MSG5"),
    ("ios", "IKE_P1_COMPLETE", None, None, "phase 1 is complete"),
    ("ios", "IKE_QM_READY", None, None, "quick mode has not begun"),
    ("ios", "IKE_QM_I_QM1", None, _QM_I1, "sent QM1, waits for QM2"),
    ("ios", "IKE_QM_SPI_STARVE", None, None, "received QM1, waits for an SPI of its own"),
    ("ios", "IKE_QM_R_QM2", None, _QM_R2, "sent QM2, waits for QM3"),
    ("ios", "IKE_QM_IPSEC_INSTALL_AWAIT", None, None, "waits until the IPsec SAs are installed"),
    ("ios", "IKE_QM_PHASE2_COMPLETE", None, None, "phase 2 is complete"),
    ("windows", "IKEEXT_MM_SA_STATE_FINAL_SENT", 4, None, "has sent the final message of main mode"),
    ("windows", "IKEEXT_QM_SA_STATE_NONE", 0, None, "nothing of quick mode was sent"),
    ("windows", "IKEEXT_QM_SA_STATE_INITIAL", 1, _QM_I1, "has sent its first message of quick mode"),
    ("windows", "IKEEXT_QM_SA_STATE_FINAL", 2, None, "has sent its last message of quick mode"),
    ("windows", "IKEEXT_QM_SA_STATE_COMPLETE", 3, None, "quick mode is complete"),
    ("windows", "IKEEXT_EM_SA_STATE_NONE", 0, None, "AuthIP only: nothing was sent"),
    ("windows", "IKEEXT_EM_SA_STATE_SENT_ATTS", 1, None, "AuthIP only: has sent its attributes"),
    ("windows", "IKEEXT_EM_SA_STATE_SSPI_SENT", 2, None, "AuthIP only: has sent an SSPI token"),
    ("windows", "IKEEXT_EM_SA_STATE_AUTH_COMPLETE", 3, None, "AuthIP only: authentication is complete"),
    ("windows", "IKEEXT_EM_SA_STATE_FINAL", 4, None, "AuthIP only: sent its last message"),
    ("windows", "IKEEXT_EM_SA_STATE_COMPLETE", 5, None, "AuthIP only: extended mode is complete"),
    ("libreswan", "STATE_QUICK_R0", None, None, "waits for QM1"),
    ("libreswan", "STATE_QUICK_I1", None, _QM_I1, "sent QM1, waits for QM2"),
    ("libreswan", "STATE_QUICK_R1", None, _QM_R2, "sent QM2, waits for QM3"),
    ("libreswan", "STATE_QUICK_I2", None, None, "sent QM3: phase 2 is complete"),
    ("libreswan", "STATE_QUICK_R2", None, None, "received QM3: phase 2 is complete"),
    ("libreswan", "STATE_XAUTH_R0", None, ("xauth", "responder", 1), "server: asked for name and password"),
    ("libreswan", "STATE_XAUTH_R1", None, ("xauth", "responder", 1), "server: sent the result"),
    ("libreswan", "STATE_XAUTH_I0", None, ("xauth", "initiator", 1), "client: waits to be asked"),
    ("libreswan", "STATE_XAUTH_I1", None, ("xauth", "initiator", 1), "client: answered, awaits the result"),
    ("strongswan", "CREATED", None, None, "the IKE_SA exists, nothing was sent"),
    ("strongswan", "CONNECTING", None, None, "phase 1 is under way: its task says how far"),
    ("strongswan", "PASSIVE", None, None, "managed from outside; processes no messages"),
    ("strongswan", "REKEYING", None, None, "a new SA is being negotiated to replace this one"),
    ("strongswan", "REKEYED", None, None, "was replaced"),
    ("strongswan", "DELETING", None, None, "is being deleted"),
    ("strongswan", "DESTROYING", None, None, "is being removed"),
    ("strongswan", "QM_INIT", None, None, "task of quick mode, before its first answer"),
    ("strongswan", "QM_NEGOTIATED", None, None, "task of quick mode, after QM2"),
    ("racoon", "PHASE1ST_SPAWN", 0, None, "phase 1 exists"),
    ("racoon", "PHASE1ST_START", 1, None, "phase 1 begins"),
    ("racoon", "PHASE1ST_MSG2RECEIVED", 4, None, "initiator: received MSG2; responder: received MSG3"),
    ("racoon", "PHASE1ST_MSG3RECEIVED", 6, None, "initiator: received MSG4; responder: received MSG5"),
    ("racoon", "PHASE1ST_MSG4RECEIVED", 8, None, "initiator: received MSG6"),
    ("racoon", "PHASE1ST_DYING", None, None, "phase 1 is about to expire"),
    ("racoon", "PHASE1ST_EXPIRED", None, None, "phase 1 has expired"),
    ("racoon", "PHASE2ST_STATUS2", 2, None, "received QM1"),
    ("racoon", "PHASE2ST_GETSPISENT", 3, None, "asked the kernel for an SPI"),
    ("racoon", "PHASE2ST_GETSPIDONE", 4, None, "got an SPI from the kernel"),
    ("racoon", "PHASE2ST_MSG1SENT", 5, _QM_I1, "sent its first message of quick mode"),
    ("racoon", "PHASE2ST_STATUS6", 6, None, "received QM2"),
    ("racoon", "PHASE2ST_COMMIT", 7, None, "completes quick mode"),
    ("racoon", "PHASE2ST_ADDSA", 8, None, "gives the IPsec SAs to the kernel"),
    ("racoon", "PHASE2ST_ESTABLISHED", 9, None, "phase 2 is complete"),
    ("racoon", "PHASE2ST_EXPIRED", 10, None, "phase 2 has expired"),
    ("fortigate", "ident_i1send", None, ("main", "initiator", 1), "sent MSG1, waits for MSG2"),
)  # fmt: skip

RACOON_NUMBER: Final[dict[str, int]] = {
    "PHASE1ST_MSG1RECEIVED": 2,
    "PHASE1ST_MSG1SENT": 3,
    "PHASE1ST_MSG2SENT": 5,
    "PHASE1ST_MSG3SENT": 7,
    "PHASE1ST_ESTABLISHED": 9,
}

SECURITY_LOG: Final[dict[int, str]] = {
    8201: "IKEEXT_MM_SA_STATE_NONE",
    8202: "IKEEXT_MM_SA_STATE_SA_SENT",
    8203: "IKEEXT_MM_SA_STATE_SSPI_SENT",
    8204: "IKEEXT_MM_SA_STATE_FINAL",
    8207: "IKEEXT_QM_SA_STATE_NONE",
    8208: "IKEEXT_QM_SA_STATE_INITIAL",
    8209: "IKEEXT_QM_SA_STATE_FINAL",
    8210: "IKEEXT_QM_SA_STATE_COMPLETE",
    8218: "IKEEXT_EM_SA_STATE_NONE",
    8219: "IKEEXT_EM_SA_STATE_SENT_ATTS",
}
"""Parameter numbers that stand for a state in the XML of the security log, with %% in front."""

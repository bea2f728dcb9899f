"""What to look at on either peer, by finding code and kind of box: data only, read by `checks`.

A family is a kind of box; "any" holds what to do where the box is not known. ADDRESS, NAME and FILE stand for
the reader's own. Every code has "any"; a family stands under a code only where a source confirms the command
or the line of the log:

    asa         Cisco technotes 113574 and 113595 (IKEv1 debugs on ASA), 5409 (IPsec debugs); ASA command
                reference for `capture ... type isakmp` and `crypto ikev1 am-disable`
    ios         Cisco technotes 5409 and 113594; system messages CRYPTO-4-IKMP_*
    fortigate   Fortinet community articles 195955 (troubleshooting IPsec), 278503 (proposals), 194213
                (main mode with several pre-shared keys)
    juniper     Junos CLI reference: show security, security ike traceoptions
    paloalto    PAN-OS: common VPN messages and commands
    windows     netsh wfp, auditpol, and the security log's events 4652 to 4654; [MS-IKEE]
    strongswan  swanctl(8); lines of libcharon's sa/ikev1/tasks and sa/ikev1/task_manager_v1.c,
                sa/ike_sa_manager.c
    libreswan   ipsec(8); lines of programs/pluto/ikev1*.c
    racoon      lines of src/racoon, which MikroTik's and old Apple's daemons share
"""

from typing import Final

Families = dict[str, tuple[str, ...]]

FAMILIES: Final = (
    "asa", "ios", "fortigate", "juniper", "paloalto", "windows", "strongswan", "libreswan", "racoon", "any",
)  # fmt: skip

_ASA_CAPTURE: Final = "capture NAME type isakmp interface outside: shows what arrives at the ASA"
_ASA_DEBUG: Final = "debug crypto condition peer ADDRESS, then debug crypto ikev1 127"
_IOS_DEBUG: Final = "debug crypto condition peer ipv4 ADDRESS, then debug crypto isakmp"
_FORTIGATE_DEBUG: Final = "diagnose debug application ike -1, then diagnose debug enable"
_JUNIPER_TRACE: Final = "set security ike traceoptions file NAME and flag all, commit, then show log NAME"
_PALOALTO_LOG: Final = "less mp-log ikemgr.log"
_WINDOWS_EVENTS: Final = (
    "netsh wfp show netevents file=FILE, then ikepcap events CAPTURE --netevents FILE",
    'Security log: event 4653 or 4652, once audited: auditpol /set /subcategory:"IPsec Main Mode"',
)
_WINDOWS_QUICK: Final = (
    "netsh wfp show netevents file=FILE, then ikepcap events CAPTURE --netevents FILE",
    "Security log: event 4654 (quick mode failed)",
)
_LISTENS: Final = (
    "At the host that is silent, capture UDP 500 and 4500: does the message arrive, does an answer leave?",
    "Is the answering interface the one the other peer addresses, and is IKEv1 enabled on it?",
)

_PATH: Final[Families] = {
    "asa": (_ASA_CAPTURE, "show crypto isakmp sa: MM_WAIT_MSGn says which message it waits for"),
    "ios": ("show crypto isakmp sa: the state it is in", _IOS_DEBUG),
    "fortigate": ("diagnose vpn ike gateway list name NAME: connecting, or established?", _FORTIGATE_DEBUG),
    "juniper": ("show security ike security-associations", _JUNIPER_TRACE),
    "paloalto": ("show vpn ike-sa gateway NAME", _PALOALTO_LOG),
    "windows": _WINDOWS_EVENTS,
    "strongswan": ("swanctl --list-sas, and swanctl --log while it tries",),
    "libreswan": ("ipsec showstates, and the log of pluto",),
    "any": ("Capture at both ends at once and compare which messages leave and which arrive.",),
}
_PROPOSAL: Final[Families] = {
    "asa": (
        "show running-config crypto: compare the IKEv1 policies with the offer",
        'debug crypto ikev1 127: "All SA proposals found unacceptable"',
    ),
    "ios": ("show crypto isakmp policy: compare with the offer", _IOS_DEBUG),
    "fortigate": (f"{_FORTIGATE_DEBUG}: both proposals",),
    "juniper": ("show configuration security ike: compare the proposals with the offer", _JUNIPER_TRACE),
    "paloalto": ("Compare the IKE crypto profile of the gateway with the offer", _PALOALTO_LOG),
    "windows": ("Error 13868 (ERROR_IPSEC_IKE_POLICY_MATCH) says that it is the policy", *_WINDOWS_EVENTS),
    "strongswan": ('Log: "no proposal found", below "received proposals:" and "configured proposals:"',),
    "libreswan": ('Log of pluto: "Oakley Transform [...] refused", then "no acceptable Oakley Transform"',),
    "racoon": ('Log: "no suitable proposal found"; nothing goes back on the wire',),
    "any": ("Compare encryption, key length, hash, group and authentication method one by one.",),
}
_KEY: Final[Families] = {
    "asa": (
        "Enter the key anew under tunnel-group ADDRESS ipsec-attributes, on this ASA and on the peer",
        "show crypto isakmp sa: MM_WAIT_MSG5 on one peer, MM_WAIT_MSG6 on the other",
    ),
    "ios": (
        'Log: "%CRYPTO-4-IKMP_BAD_MESSAGE ... failed its sanity check or is malformed"',
        'debug crypto isakmp: "reserved not zero on payload 5"',
    ),
    "fortigate": (
        f'{_FORTIGATE_DEBUG}: "probable pre-shared secret mismatch"',
        "Several dial-up phase 1 with different keys in main mode: the first is always taken",
    ),
    "juniper": (_JUNIPER_TRACE,),
    "paloalto": (_PALOALTO_LOG,),
    "windows": ("Errors 13801, 13843 or 13867 fit a key that differs", *_WINDOWS_EVENTS),
    "strongswan": (
        'Log as responder: "invalid ID_V1 payload length, decryption failed?"',
        'Log as initiator: "could not decrypt payloads"',
    ),
    "libreswan": ('Log as responder: "probable authentication failure (mismatch of preshared secrets?)"',),
    "racoon": ("It answers nothing and repeats its own MSG4: only its log tells",),
    "any": (
        "Compare the keys to the last character: a blank or a line end at the end counts.",
        "Is it the key for the address under which the peer is seen, after NAT?",
    ),
}
_NAT_T: Final[Families] = {
    "asa": ("capture NAME type isakmp interface outside: is there anything on UDP 4500?",),
    "ios": ("show crypto isakmp sa: MM_KEY_EXCH on both routers fits", _IOS_DEBUG),
    "strongswan": ('Log: "sending packet ... [4500]" on one side, none "received" on the other',),
    "libreswan": ("The responder goes on repeating MSG4 to UDP 500: it never got MSG5",),
    "windows": _WINDOWS_EVENTS,
    "any": (
        "Let UDP 4500 pass both ways on every filter between; forward it where the responder is behind NAT.",
        "Capture UDP 4500 at the far end: does MSG5 arrive there?",
    ),
}
_FRAGMENTS: Final[Families] = {
    "strongswan": ("fragmentation = yes on both ends sends IKE fragments instead of IP fragments",),
    "libreswan": ("fragmentation=yes (the default) on both ends, if the peer announces FRAGMENTATION",),
    "windows": ("It fragments only the repeated copy of MSG5 or MSG6, about 3 s after the first",),
    "any": (
        "IP fragments: does a filter between drop them? Try a ping of 1600 octets without the DF bit.",
        "Smaller certificates, a shorter chain or fewer certificate requests make the message fit.",
    ),
}
_UNKNOWN: Final[Families] = {
    "asa": (
        "show running-config tunnel-group: is there one for the peer's address?",
        "show running-config crypto: does a crypto map name the peer, and is IKEv1 enabled on the interface?",
    ),
    "ios": ("show running-config | section crypto: does a crypto map or profile name the peer?",),
    "fortigate": (f"{_FORTIGATE_DEBUG}: which phase 1 does it match, if any?",),
    "paloalto": ('System log: "Couldn\'t find configuration for IKE phase-1 request for peer IP ..."',),
    "windows": ("Error 13825 (ERROR_IPSEC_IKE_NO_POLICY) fits", *_WINDOWS_EVENTS),
    "strongswan": ('Log: "no IKE config found for ..."; compare swanctl --list-conns',),
    "libreswan": (
        'Log of pluto: "no connection has been authorized"; also when only authby or XAUTH differs',
    ),
    "any": (
        "Under which source address does the peer see the initiator? NAT changes it.",
        "Is there a connection for that address, in IKEv1, with this mode and authentication method?",
    ),
}
_CERTIFICATE: Final[Families] = {
    "asa": ("show crypto ca certificates: issuer and dates", _ASA_DEBUG),
    "ios": ("show crypto pki certificates: issuer and dates", _IOS_DEBUG),
    "windows": (
        "13806 no certificate, 13817 revocation check, 13819 type, 13847 none from the peer",
        *_WINDOWS_EVENTS,
    ),
    "strongswan": ("swanctl --list-certs: validity and trust; the log says which check failed",),
    "libreswan": ("ipsec listcerts and ipsec listcacerts; the log says which check failed",),
    "any": (
        "Dates, issuer, key usage and subject of the certificate; the clock of either peer.",
        "Can the peer reach the revocation list? A pause before the refusal points to it.",
    ),
}
_IDENTITY: Final[Families] = {
    "strongswan": ('Log: "no peer config found"; compare the ids in swanctl --list-conns',),
    "libreswan": ("Log of pluto names the identity it got; compare with leftid and rightid",),
    "asa": ("show running-config crypto: crypto isakmp identity; and the tunnel-group the peer lands in",),
    "windows": ("Error 13834 or 13869 points to the identity", *_WINDOWS_EVENTS),
    "any": (
        "Compare the identity sent with the identity expected: address, name or key ID.",
        "Behind NAT the address inside the identity is not the one on the wire.",
    ),
}
_AUTHENTICATION: Final[Families] = {
    "asa": (_ASA_DEBUG,),
    "ios": (_IOS_DEBUG,),
    "fortigate": (_FORTIGATE_DEBUG,),
    "juniper": (_JUNIPER_TRACE,),
    "paloalto": (_PALOALTO_LOG,),
    "windows": ("Error 13801 (ERROR_IPSEC_IKE_AUTH_FAIL) is the general one", *_WINDOWS_EVENTS),
    "strongswan": ("The responder's log says why: no matching peer config, no key, or a certificate check",),
    "libreswan": ("The responder's log says why; it answers INVALID-ID-INFORMATION for most causes",),
    "any": (
        "The log of the peer that refused names the check that failed.",
        "Do both peers mean the same method: pre-shared key, certificates, XAUTH or not?",
    ),
}
_PHASE_2: Final[Families] = {
    "asa": (
        "show running-config crypto: transform sets, pfs, and the access list of the crypto map",
        'debug crypto ikev1 127: "QM FSM error", "All IPSec SA proposals found unacceptable"',
    ),
    "ios": ("show crypto ipsec transform-set, show crypto map", "debug crypto ipsec"),
    "fortigate": ("diagnose vpn tunnel list name NAME", _FORTIGATE_DEBUG),
    "juniper": ("show security ipsec security-associations", _JUNIPER_TRACE),
    "paloalto": (
        'System log: "cannot find matching phase-2 tunnel for received proxy ID"',
        "show vpn ipsec-sa tunnel NAME",
    ),
    "windows": _WINDOWS_QUICK,
    "strongswan": (
        'Log: "no matching CHILD_SA config found" (selectors), "no matching proposal found"',
        "swanctl --list-conns: local and remote traffic selectors of the child",
    ),
    "libreswan": (
        'Log: "cannot respond to IPsec SA request because no connection is known for ..." (selectors)',
    ),
    "racoon": ('Log: "failed to get sainfo" (selectors)',),
    "any": (
        "Local and remote networks must mirror each other exactly on the two peers.",
        "Compare ESP encryption, integrity, encapsulation mode and PFS group.",
    ),
}
_XAUTH: Final[Families] = {
    "asa": (
        "show running-config tunnel-group: authentication-server-group, isakmp ikev1-user-authentication",
    ),
    "strongswan": ("Log of the server: is there \"XAuth authentication of '...' successful\"?",),
    "any": (
        "The log of the authentication server (RADIUS, LDAP): did it refuse the user?",
        "Does the client wait for a person to type? Try it with a stored password.",
    ),
}
_DEAD: Final[Families] = {
    "asa": ("show crypto isakmp sa detail, show crypto ipsec sa peer ADDRESS: are the SAs still there?",),
    "ios": ("show crypto isakmp sa, show crypto ipsec sa: are the SAs still there?",),
    "juniper": ("show security ike security-associations, show security ipsec security-associations",),
    "strongswan": ("swanctl --list-sas on both ends: is it there on one only?",),
    "libreswan": ("ipsec trafficstatus and ipsec showstates on both ends",),
    "any": (
        "Was the peer restarted, or did its address or the NAT mapping change?",
        "Compare the age of the SA on both ends: the one without it has lost it.",
    ),
}

CHECKS: Final[dict[str, Families]] = {
    "no-reply": _UNKNOWN
    | {
        "asa": (_ASA_CAPTURE, *_UNKNOWN["asa"]),
        "windows": ("Error 13805 or 13813 at IKEEXT_MM_SA_STATE_SA_SENT fits", *_WINDOWS_EVENTS),
        "any": _LISTENS,
    },
    "port-closed": {
        "strongswan": ("Is charon running, and are its sockets bound to UDP 500 and 4500?",),
        "libreswan": ("Is pluto running? ipsec status",),
        "windows": ("Is the service IKEEXT running? sc query ikeext",),
        "any": ("On the host that sent the error: does IKE run on this port, or does a rule reject it?",),
    },
    "unreachable": {
        "any": (
            "Follow the route towards the target from the host that sent the error.",
            "Is the target's address the right one, and is the host up?",
        )
    },
    "filtered": {"any": ("The host that sent the error has a rule that rejects the datagram: look there.",)},
    "replies-lost": _PATH
    | {
        "any": (
            "The way back: does the answer leave from the address that was asked, and do filters let it in?",
        )
    },
    "peer-went-silent": _PATH
    | {"any": ("Has it a key or certificate for the address it sees? Is UDP 4500 open, do fragments pass?",)},
    "nat-t-blocked": _NAT_T,
    "fragments-lost": _FRAGMENTS,
    "peer-restarted": _DEAD,
    "overloaded": {
        "strongswan": (
            'Log: "ignoring IKE_SA setup from ..." (half-open limit per address); swanctl --stats',
        ),
        "windows": ("Error 13890 or 13903 fits; over 35 half-open negotiations of one address are dropped",),
        "any": ("How many negotiations of this address are half-open on the peer? Wait, then try one.",),
    },
    "proposal-mismatch": _PROPOSAL,
    "chosen-not-offered": {
        "any": ("Which attribute did the responder change? Update or set it on the responder.",)
    },
    "mode-refused": {
        "asa": ("show running-config crypto: crypto ikev1 am-disable refuses aggressive mode",),
        "strongswan": (
            "charon.i_dont_care_about_security_and_use_aggressive_mode_psk must be yes for a PSK",
            "swanctl --list-conns: aggressive = yes on this connection?",
        ),
        "any": ("Do both peers have the same mode configured: main or aggressive?",),
    },
    "version-refused": {
        "libreswan": ("ikev1-policy=accept in config setup; drop is silent, reject sends this",),
        "strongswan": ("swanctl --list-conns: version = 1, or 0 for both",),
        "any": ("Is IKEv1 allowed on the peer, and for this connection?",),
    },
    "unknown-peer": _UNKNOWN,
    "no-shared-secret": {
        "asa": ("tunnel-group ADDRESS ipsec-attributes: is there a pre-shared key?",),
        "ios": ('Log: "%CRYPTO-4-IKMP_NO_PRESHARED_KEY"',),
        "strongswan": (
            'Log: "no shared key found for ..."; does the secret\'s id name the address as seen there?',
        ),
        "libreswan": (
            'Log of pluto: "Can\'t authenticate: no preshared key found for ..."; see ipsec.secrets',
        ),
        "any": ("Main mode finds the key by the address the peer is seen under: is there one for it?",),
    },
    "nat-t-disagreement": {"any": ("Is NAT traversal switched on at both peers, in a version both know?",)},
    "psk-mismatch": _KEY,
    "certificate-rejected": _CERTIFICATE,
    "identity-mismatch": _IDENTITY,
    "authentication-failed": _AUTHENTICATION,
    "xauth-failed": _XAUTH,
    "mode-config-failed": {
        "strongswan": ("swanctl --list-pools: are addresses left? mode push or pull must match the client",),
        "any": ("Are there addresses left in the pool, and do both mean the same: push or pull?",),
    },
    "phase2-proposal-mismatch": _PHASE_2,
    "phase2-selector-mismatch": _PHASE_2,
    "phase2-pfs-mismatch": _PHASE_2,
    "phase2-refused": _PHASE_2,
    "phase2-no-reply": _DEAD
    | {"any": ("Its log on this quick mode: networks that it does not know, or a phase 1 that it lost?",)},
    "dead-peer": _DEAD,
    "deleted-by-peer": {
        "strongswan": ("charon log: 'deleting duplicate IKE_SA for peer ... due to uniqueness policy'",),
        "any": ("The log of the peer that sent the delete says why: idle, expired, a newer SA, a person.",),
    },
    "rekey-failed": {"any": ("Compare lifetimes and who begins; then see why the new negotiation failed.",)},
    "aggressive-psk": {
        "asa": ("crypto ikev1 am-disable stops answering aggressive mode",),
        "any": ("Use main mode or certificates; else a long random key.",),
    },
    "weak-crypto": {"any": ("Offer AES, SHA-2 and group 14 or higher on both peers, then remove the rest.",)},
}

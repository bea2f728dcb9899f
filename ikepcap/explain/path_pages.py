"""Pages of the findings about the path: data only, read by `catalogue`, which says what the fields are."""

from typing import Any, Final

PAGES: Final[dict[str, dict[str, Any]]] = {
    "no-reply": {
        "title": "Nothing at all came back",
        "means": (
            "One peer began and the other never sent a single message of this negotiation. Silence is a "
            "usual way to refuse: many implementations answer nothing to a peer that they do not know."
        ),
        "wire": (
            "MSG1 alone, byte for byte the same each time, at the intervals of the sender's "
            "retransmission timer. No answer, and no ICMP error."
        ),
        "decides": (
            "Proven: a message was owed, the waiting peer repeated itself or enough time went by, nothing "
            "of the other was captured, and no ICMP error and no lost fragment says more."
        ),
        "mistaken": (
            ("filtered", "a capture on the far side of the filter: MSG1 does not arrive there"),
            ("unknown-peer", "the log of the silent peer: Libreswan and racoon log it and answer nothing"),
            ("proposal-mismatch", "the log of the silent peer: racoon refuses an offer without a word"),
            ("replies-lost", "a capture next to the silent peer: MSG2 leaves there"),
            ("overloaded", "other addresses get an answer at the same time"),
            ("probe", "MSG1 comes once only, or with ever new cookies"),
        ),
        "references": ("RFC 2408 §5.1 (retransmission)", "RFC 2409 §5"),
    },
    "port-closed": {
        "title": "Nothing listens on the port",
        "means": ("The host is up and says so: it has no program on the UDP port that IKE was sent to."),
        "wire": (
            "ICMP type 3 code 3 (ICMPv6 type 1 code 4) that quotes the datagram, at once, for every copy. "
            "Neither strongSwan nor Libreswan stops early for it."
        ),
        "decides": "Proven: an ICMP error quotes a datagram of this negotiation.",
        "mistaken": (
            (
                "filtered",
                (
                    "some filters reject with port unreachable: compare TTL and address of the error with "
                    "those of other packets of that host"
                ),
            ),
            (
                "nat-t-blocked",
                ("the error is for UDP 4500 and comes from a NAT router that does not forward it"),
            ),
            ("peer-restarted", "it answered before: the daemon died or was stopped in between"),
        ),
        "references": ("RFC 792", "RFC 1122 §3.2.2.1", "RFC 4443 §3.1"),
    },
    "unreachable": {
        "title": "No route to the host, or the host is down",
        "means": ("A router on the way, or the last one before the host, cannot deliver the datagrams."),
        "wire": (
            "ICMP type 3 with code 0 or 1 (or type 11 code 0) from a router. For a host that is off, the "
            "first error comes some 3 s after the first packet, when address resolution has given up."
        ),
        "decides": "Proven: an ICMP error quotes a datagram of this negotiation.",
        "mistaken": (
            (
                "filtered",
                ("a router configured to hide its filter answers host unreachable too: ask its owner"),
            ),
        ),
        "references": ("RFC 792", "RFC 1812 §5.2.7.1", "RFC 4443 §3.1, §3.3"),
    },
    "filtered": {
        "title": "A filter rejects the datagrams",
        "means": ("A firewall or an access list on the way forbids the port, and is configured to say so."),
        "wire": (
            "ICMP type 3 with code 9, 10 or 13 (ICMPv6 type 1 with code 1, 5 or 6), one per copy; the "
            "sender goes on repeating itself."
        ),
        "decides": (
            "Proven: an ICMP error quotes a datagram of this negotiation. A filter that drops without a "
            "word looks like no-reply."
        ),
        "mistaken": (("unreachable", "the code of the ICMP error tells the two apart"),),
        "references": ("RFC 1812 §5.2.7.1", "RFC 4443 §3.1"),
    },
    "replies-lost": {
        "title": "A peer answers, and the other goes on repeating itself",
        "means": (
            "The answers were sent and do not have their effect: they do not arrive, or arrive and are "
            "not accepted."
        ),
        "wire": (
            "A message, its answer, then the same message again and the same answer again. MSG1 and MSG2 "
            "both repeated, and never MSG3, is the usual form."
        ),
        "decides": (
            "Likely: the asking peer repeats itself after the answer was captured. Only possible where "
            "UDP 4500 is the better explanation."
        ),
        "mistaken": (
            (
                "psk-mismatch",
                ("MSG4 and MSG5 both repeated with a pre-shared key: look into the responder's log"),
            ),
            ("filtered", "a capture at the peer that repeats itself: the answer does not arrive"),
            ("fragments-lost", "the answer is large, and leaves in fragments"),
            ("chosen-not-offered", "the answer differs from every transform that was offered"),
        ),
        "references": ("RFC 2408 §5.1",),
    },
    "peer-went-silent": {
        "title": "It answered before, then stopped",
        "means": (
            "The peer took part, so addresses and ports are right; at this message it fell silent. What "
            "the message was says most: after MSG5 think of the key, after MSG3 of a missing secret."
        ),
        "wire": ("Messages in both directions, then one peer repeating its last message into silence."),
        "decides": (
            "Likely: the silent peer has sent something before, a message was owed, it never came, and "
            "neither ICMP, nor fragments, nor the move to UDP 4500 explain it."
        ),
        "mistaken": (
            (
                "psk-mismatch",
                ("MSG5 is the first message that only the right key can read: the responder's log"),
            ),
            ("no-shared-secret", "MSG3 gets no answer from a responder without a key for that address"),
            ("nat-t-blocked", "the last message is on UDP 4500 and those before were on UDP 500"),
            ("fragments-lost", "the last message is larger than the path takes in one piece"),
            ("peer-restarted", "a later negotiation with the same peer comes up"),
            ("replies-lost", "a capture next to the silent peer: it did answer"),
        ),
        "references": ("RFC 2409 §5",),
    },
    "nat-t-blocked": {
        "title": "UDP 500 passes, UDP 4500 does not",
        "means": (
            "With a NAT between the peers everything from MSG5 on goes over UDP 4500. Where that port is "
            "closed, phase 1 stops after MSG4, and looks like a wrong key."
        ),
        "wire": (
            "MSG1 to MSG4 on UDP 500, MSG5 repeated on UDP 4500, nothing from the other peer there. A "
            "Libreswan responder meanwhile repeats MSG4 to UDP 500. A NAT router that does not forward "
            "the port may answer with ICMP port unreachable."
        ),
        "decides": (
            "Likely: the negotiation moved to UDP 4500 (or had to, by its NAT-D payloads), and nothing of "
            "the silent peer came from that port. Possible where both peers repeat themselves and the key "
            "may as well be wrong."
        ),
        "mistaken": (
            ("psk-mismatch", "a capture on UDP 4500 next to the responder: MSG5 arrives there"),
            ("port-filtered-capture", "the capture was taken with a filter for UDP 500 only"),
            ("fragments-lost", "certificates make MSG5 large: do its later fragments arrive?"),
        ),
        "references": ("RFC 3947 §4", "RFC 3948"),
    },
    "fragments-lost": {
        "title": "Fragments of a message are missing",
        "means": (
            "A message, mostly MSG5 or MSG6 with certificates, is larger than the path takes. It travels "
            "in IP or IKE fragments, and some of them are dropped on the way."
        ),
        "wire": (
            "First fragments without the rest, the same set again with each retransmission; 30 s or more "
            "later perhaps ICMP fragment reassembly time exceeded from the receiver. At the far end none "
            "of it may be visible."
        ),
        "decides": (
            "Proven: fragments of a message of this peer never became whole, or an ICMP error says so."
        ),
        "mistaken": (
            ("one-sided", "the capture itself dropped packets: look at its drop counters"),
            (
                "psk-mismatch",
                ("not where the message never became whole; with a small MSG5 it is the likelier one"),
            ),
        ),
        "references": ("RFC 791", "RFC 1122 §3.3.2", "[MS-IKEE] (IKE fragments)"),
    },
    "peer-restarted": {
        "title": "The peer lost its state",
        "means": (
            "The peer does not know these cookies any more: its daemon was restarted, or a cluster has "
            "failed over to a node that does not share the state."
        ),
        "wire": (
            "A clear INVALID-COOKIE notify, or silence to everything under the old cookies while a new "
            "negotiation with the same peer works. strongSwan and Libreswan stay silent."
        ),
        "decides": "Likely: the peer answered with INVALID-COOKIE.",
        "mistaken": (
            ("dead-peer", "a new negotiation gets no answer either"),
            ("replies-lost", "a capture at the peer shows whether the messages arrive"),
        ),
        "references": ("RFC 2408 §3.14.1, §2.5.3",),
    },
    "overloaded": {
        "title": "The peer limits negotiations",
        "means": (
            "The peer drops new negotiations, or asks for proof of the address first, because it has too "
            "many half-open ones, or too many from this address. A failing peer that starts over again "
            "and again can cause this by itself."
        ),
        "wire": (
            "Silence to new cookies while others are answered; or, from Windows, a notify 40004 "
            "(DOS-COOKIE), upon which MSG1 comes again with that responder cookie. strongSwan blocks an "
            "address above 5 half-open negotiations, Windows above 35."
        ),
        "decides": (
            "Likely: the notify came, or MSG1 is ignored after five negotiations of the same address were "
            "answered and not finished in the 30 s before."
        ),
        "mistaken": (
            (
                "no-reply",
                ("wait until the half-open negotiations have expired (30 s in strongSwan), then try once"),
            ),
        ),
        "references": ("[MS-IKEE] (DoS protection)", "RFC 2408 §2.5.3 (anti-clogging)"),
    },
}

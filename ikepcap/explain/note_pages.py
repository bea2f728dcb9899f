"""Pages of the notes: what did no harm, what a capture lacks, what is weak. Data only, for `catalogue`."""

from typing import Any, Final

BENIGN: Final[dict[str, dict[str, Any]]] = {
    "recovered": {
        "title": "Messages were lost and repeated, and it came up all the same",
        "means": "Retransmission did its work. Worth a look only if it takes long, or happens often.",
        "wire": "The same octets again after the sender's timer, then the answer.",
        "decides": "Proven: retransmissions were seen, and phase 1 or the quick mode was completed.",
        "mistaken": (("duplicate-frames", "the copies are microseconds apart, not seconds"),),
        "references": ("RFC 2408 §5.1",),
    },
    "simultaneous-initiation": {
        "title": "Both peers began at the same time",
        "means": "Two complete negotiations with opposite roles. Both may survive; one is enough.",
        "wire": "Two MSG1 with different cookies that cross, one from each peer.",
        "decides": (
            "Proven: another negotiation between the same peers, begun by the other one, crosses this."
        ),
        "mistaken": (("rekey-failed", "one of the two replaces an older tunnel"),),
        "references": ("RFC 2409 §5",),
    },
    "duplicate-frames": {
        "title": "The capture holds transmissions twice",
        "means": (
            "Two capture points, a mirror port for both directions or an interface beneath another one "
            "gave each packet twice. It says nothing about the network."
        ),
        "wire": ("The same IP packet again within moments; TTL or VLAN may differ by what lies between."),
        "decides": "Proven: frames repeat another's octets at the same moment.",
        "mistaken": (("recovered", "retransmissions are new IP packets, seconds later"),),
        "references": (),
    },
    "probe": {
        "title": "A scan or a health check",
        "means": (
            "Somebody sent one MSG1 to see whether anything answers, and never meant to go on. Monitoring "
            "systems, cloud gateways and scanners do that."
        ),
        "wire": (
            "A single MSG1, often with an odd or very long offer, many cookies, many targets, no "
            "retransmission."
        ),
        "decides": (
            "Likely: one MSG1 was never repeated nor followed up, whether or not it was answered. Or the "
            "same MSG1, without vendor IDs, went to three hosts or more, was given up within seconds, and "
            "nothing came after it anywhere: then neither a refusal nor an ICMP error makes it a failure."
        ),
        "mistaken": (
            ("ends-early", "the capture ends too soon after: then it is in progress"),
            ("no-reply", "a peer that wants a tunnel repeats itself"),
        ),
        "references": (),
    },
    "stray-message": {
        "title": "A message that changed nothing",
        "means": (
            "A notify or another datagram came under these cookies and the negotiation went on as if it "
            "had not: a late answer, a notify for something else, or a forged one."
        ),
        "wire": "A clear notify after which both peers go on, or one with a cookie that nobody has.",
        "decides": "Proven: the negotiation came up all the same.",
        "mistaken": (("mode-refused", "it was heeded: the negotiation ends there"),),
        "references": ("RFC 2408 §3.14",),
    },
    "authip-coexistence": {
        "title": "Windows tried AuthIP beside IKEv1",
        "means": (
            "Windows sends its own AuthIP and, in parallel, an IKEv1 MSG1. One of the two is meant to be "
            "dropped, so an unanswered or refused half of the pair is no failure."
        ),
        "wire": (
            "Exchange types 243 to 246 from the same host in the same second; a peer of another make may "
            "answer them with PAYLOAD-MALFORMED or INVALID-EXCHANGE-TYPE."
        ),
        "decides": "Proven: the capture has AuthIP messages and IKEv1 messages.",
        "mistaken": (("no-reply", "no AuthIP exchange comes up either"),),
        "references": ("[MS-AIPS]", "[MS-IKEE]"),
    },
    "sa-deleted": {
        "title": "A peer deleted SAs in the ordinary way",
        "means": (
            "The tunnel was up for a while, and one peer ended it: an administrator, idle time, a lifetime, "
            "or a renewal that replaced it."
        ),
        "wire": "An informational with a delete, for the ISAKMP SA or for SAs of ESP or AH by their SPIs.",
        "decides": "Proven: a key opened the delete. Without one it looks like any other informational.",
        "mistaken": (("deleted-by-peer", "it comes right after phase 1, before there was a tunnel"),),
        "references": ("RFC 2408 §3.15", "RFC 2409 §5.7"),
    },
    "esp-seen": {
        "title": "ESP uses the SAs of a quick mode",
        "means": (
            "Who sends ESP under an SPI that was chosen in a quick mode has its keys: for that peer phase 2 "
            "came up. From one side alone, look at routes, filters and policy of the other, not at IKE."
        ),
        "wire": (
            "ESP, in IP or in UDP 4500, under the SPIs of QM1, for packets to who began, and of QM2, for "
            "those to the other peer."
        ),
        "decides": "Proven: a key opened the quick mode, and packets under its SPIs are in the capture.",
        "mistaken": (("one-sided", "the capture shows one direction of everything"),),
        "references": ("RFC 2409 §5.5", "RFC 4303 §2.1"),
    },
}

CAPTURE: Final[dict[str, dict[str, Any]]] = {
    "starts-late": {
        "title": "The beginning is not in the capture",
        "means": "The first message of phase 1 is missing, so what led here cannot be told.",
        "wire": "The first message has a responder cookie, or is encrypted.",
        "decides": "Proven: the conversation begins with a later message than MSG1.",
        "mistaken": (("port-filtered-capture", "all messages are on UDP 4500 and none on 500"),),
        "references": (),
    },
    "ends-early": {
        "title": "The capture ends before the answer could come",
        "means": "An answer is due, and the time for it is not over. Nobody is to blame yet.",
        "wire": "A message near the end of the capture, without an answer.",
        "decides": (
            "Proven: the capture goes on for less time than peers take to answer or to repeat themselves."
        ),
        "mistaken": (("peer-went-silent", "a longer capture: two minutes are enough"),),
        "references": (),
    },
    "one-sided": {
        "title": "Only one direction was captured",
        "means": "All messages come from one peer, yet they show that the other one answers.",
        "wire": "Messages of one peer only; those after the first carry the other's cookie.",
        "decides": "Proven with several steps of one peer, likely with one.",
        "mistaken": (("no-reply", "the responder cookie stays zero: then nothing was received either"),),
        "references": ("RFC 2408 §3.1",),
    },
    "port-filtered-capture": {
        "title": "One of UDP 500 and 4500 is not in the capture",
        "means": (
            "The capture was taken with a filter for one of the two ports, or at a place where only one "
            "passes."
        ),
        "wire": (
            "A NAT was found, so UDP 4500 must follow, and not one frame of the whole capture is on it; "
            "or all messages are on UDP 4500 and begin with MSG5."
        ),
        "decides": "Possible: the ports seen say so, and the waiting peer does not complain.",
        "mistaken": (("nat-t-blocked", "a capture with the filter 'udp port 500 or udp port 4500'"),),
        "references": ("RFC 3947 §4",),
    },
    "truncated-frames": {
        "title": "Frames were captured in part",
        "means": (
            "The capture was taken with a snap length that cuts large frames. What was cut off is not "
            "known; it is no fault of the sender."
        ),
        "wire": "The captured length of a frame is shorter than its length on the wire.",
        "decides": "Proven: the record's own header says so.",
        "mistaken": (("malformed-messages", "the record is whole and the message is not"),),
        "references": (),
    },
    "time-steps-back": {
        "title": "Time steps back between frames",
        "means": (
            "Captures were merged without sorting, or a clock was set meanwhile. Durations across the "
            "step are not to be trusted."
        ),
        "wire": (
            "A frame that is older than the one before it, by more than captures on several queues differ."
        ),
        "decides": "Proven: the time stamps say so.",
        "mistaken": (),
        "references": (),
    },
    "cut-file": {
        "title": "The file ends in the middle",
        "means": (
            "The capture was copied while it was written, or the disk was full. Everything before is good."
        ),
        "wire": "The last record is shorter than its header says.",
        "decides": "Proven: read as far as it goes.",
        "mistaken": (),
        "references": (),
    },
    "malformed-messages": {
        "title": "Messages whose octets do not hold together",
        "means": "Lengths or payload chains contradict each other. What could be read was used.",
        "wire": "See `ikepcap show CAPTURE --frame N` for each defect with its offset.",
        "decides": "Proven: the octets say so. Padding and captures cut by a snap length do not count.",
        "mistaken": (("truncated-frames", "the frame was captured in part"),),
        "references": ("RFC 2408 §3, §5.1",),
    },
    "unknown-link-type": {
        "title": "Frames of a link type that is not known here",
        "means": "These frames were not read, whatever they hold.",
        "wire": "The link type in the header of the file or of the interface.",
        "decides": "Proven: the number is in the file.",
        "mistaken": (),
        "references": (),
    },
    "fragments-given-up": {
        "title": "Incomplete fragment sets were given up early",
        "means": (
            "So many IP fragments were waiting for the rest that the oldest were given up to keep memory "
            "bounded. What completes later is not put together."
        ),
        "wire": "Thousands of unfinished fragment sets at one time: mostly not IKE.",
        "decides": "Proven: counted while reading.",
        "mistaken": (),
        "references": (),
    },
    "messages-not-listed": {
        "title": "Messages are counted and not listed one by one",
        "means": (
            "The report lists a bounded number of messages; later negotiations come without their list. "
            "Nothing was left out of the verdicts."
        ),
        "wire": "Nothing: it is about the report.",
        "decides": "Proven: counted while writing the report.",
        "mistaken": (),
        "references": (),
    },
    "internal-rule-failure": {
        "title": "A rule of this program failed",
        "means": (
            "A defect of ikepcap, not of the tunnel: one rule could not judge this negotiation. The "
            "others did."
        ),
        "wire": ("Nothing: it is about the program. Report it with the capture, or with a scrubbed copy."),
        "decides": "Proven: the rule raised an error.",
        "mistaken": (),
        "references": (),
    },
}

SECURITY: Final[dict[str, dict[str, Any]]] = {
    "weak-crypto": {
        "title": "Weak cryptography was negotiated",
        "means": (
            "DES, MD5, or a group of at most 1024 bits. It works; it no longer protects against everybody."
        ),
        "wire": "The attributes of the transform that MSG2 chooses.",
        "decides": "Proven: MSG2 chooses it.",
        "mistaken": (),
        "references": ("RFC 8247 §2", "RFC 9395"),
    },
    "aggressive-psk": {
        "title": "A hash made with the pre-shared key is readable",
        "means": (
            "Aggressive mode sends HASH_R in the clear. Whoever reads it can try guesses of the key at "
            "home, as fast as the computer goes. Identities are readable too."
        ),
        "wire": "MSG2 of aggressive mode with a HASH payload, with a pre-shared key as the method.",
        "decides": "Proven: MSG2 carries the hash.",
        "mistaken": (),
        "references": ("RFC 2409 §5.4, §8",),
    },
}

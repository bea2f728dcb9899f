"""Differences that are known, and why: data only, each checked by hand against octets and RFC.

An entry explains a difference when all its words hold of it (`found`, `compare`) and its field matches.
`tests/oracle/gallery.py` has a capture for each, as `shown_by` names it.
"""

from typing import Final

from msgspec import Struct


class Known(Struct, frozen=True):
    """One thing that tshark and ikepcap read differently, and why that is no error of ikepcap's."""

    code: str
    why: str
    versions: str
    """Of tshark, as far as it was tried."""
    shown_by: str
    """The function in tests/oracle/gallery.py that builds a capture of it."""
    when: frozenset[str]
    """Words that all have to hold."""
    fields: tuple[str, ...] = ("*",)
    """Patterns for the field's name, as `fnmatch` reads them; one has to match."""


_TRIED: Final = "4.0.17"

KNOWN: Final = (
    Known(
        code="other-port",
        why="tshark takes a datagram for ISAKMP by its port alone. ikepcap reads it on any port where "
        "every field of the header and the whole chain of payloads hold together.",
        versions=_TRIED,
        shown_by="isakmp_on_another_port",
        when=frozenset({"only:ikepcap", "port:other"}),
        fields=("Message",),
    ),
    Known(
        code="port-848",
        why="tshark reads no ISAKMP on UDP 848, which RFC 6407 §1.4 gives to GDOI, unless told to.",
        versions=_TRIED,
        shown_by="isakmp_on_848",
        when=frozenset({"only:ikepcap", "port:848"}),
        fields=("Message",),
    ),
    Known(
        code="no-marker-on-4500",
        why="On UDP 4500 without the non-ESP marker tshark sees ESP. The octets are an ISAKMP header "
        "whose length is the datagram's: the sender forgot the marker (RFC 3948 §2.2).",
        versions=_TRIED,
        shown_by="no_marker_on_4500",
        when=frozenset({"only:ikepcap", "port:4500", "no-marker"}),
        fields=("Message",),
    ),
    Known(
        code="marker-on-500",
        why="On UDP 500 tshark does not look behind a non-ESP marker. ISAKMP follows it, with a length "
        "that fits: the sender set a marker where none belongs (RFC 3948 §2.2).",
        versions=_TRIED,
        shown_by="marker_on_500",
        when=frozenset({"only:ikepcap", "port:500", "marker"}),
        fields=("Message",),
    ),
    Known(
        code="port-of-another-protocol",
        why="One end has an IKE port, the other that of another protocol (a NAT may choose any), which "
        "tshark prefers. The octets are ISAKMP without a defect, with a length that fits.",
        versions=_TRIED,
        shown_by="nat_to_the_port_of_another_protocol",
        when=frozenset({"only:ikepcap", "sound-beside-another-port"}),
        fields=("Message",),
    ),
    Known(
        code="ike-fragments",
        why="tshark keeps IKE fragments by the pair of addresses and a constant, not by cookie and "
        "fragment ID: where one is lost or out of order, or two negotiations send theirs at once, it "
        "puts together nothing, or what does not belong together. What ikepcap put together has the "
        "length that its own header claims.",
        versions=_TRIED,
        shown_by="ike_fragments_of_two_negotiations",
        when=frozenset({"only:ikepcap", "put-together", "length-fits"}),
        fields=("Message",),
    ),
    Known(
        code="ike-fragments",
        why="tshark put a message together from other IKE fragments than ikepcap, whose message has the "
        "length that its own header claims: tshark keeps fragments by the pair of addresses and a "
        "constant, not by cookie and fragment ID.",
        versions=_TRIED,
        shown_by="ike_fragments_of_two_negotiations",
        when=frozenset({"other-fragments", "put-together", "length-fits"}),
    ),
    Known(
        code="draft-nat-d",
        why="Late drafts of NAT traversal number NAT-D 15; tshark takes such a payload for GDOI's SA KEK, "
        "reads past its end, and calls the message malformed.",
        versions=_TRIED,
        shown_by="draft_nat_d",
        when=frozenset({"only:ikepcap", "behind:15", "tshark:_ws.malformed"}),
        fields=("[!M]*",),
    ),
    Known(
        code="draft-nat-oa",
        why="Late drafts of NAT traversal number NAT-OA 16; tshark takes such a payload for GDOI's SA TEK, "
        "and its contents for another one inside it.",
        versions=_TRIED,
        shown_by="draft_nat_oa",
        when=frozenset({"only:tshark", "payload:16"}),
        fields=("Payload.type",),
    ),
    Known(
        code="cut-by-capture",
        why="The capture holds less of the frame than was on the wire (snaplen). tshark stops before the "
        "length in the header; ikepcap reads on as far as there are octets.",
        versions=_TRIED,
        shown_by="cut_by_snaplen",
        when=frozenset({"only:ikepcap", "truncated"}),
    ),
    Known(
        code="first-ip-fragment",
        why="This frame is one IP fragment of a larger datagram, of which the capture lacks a part. "
        "tshark reads it as if it were the whole; ikepcap does not, or reads it with the frame that "
        "completes it.",
        versions=_TRIED,
        shown_by="ip_fragments_cut_by_snaplen",
        when=frozenset({"only:tshark", "ip-fragment"}),
        fields=("Message",),
    ),
    Known(
        code="quoted-in-icmp",
        why="An ICMP error quotes the beginning of a message. tshark stops where the quotation is shorter "
        "than the header claims; ikepcap reads on as far as there are octets.",
        versions=_TRIED,
        shown_by="quoted_in_icmp",
        when=frozenset({"only:ikepcap", "in-icmp", "length-beyond-datagram"}),
    ),
    Known(
        code="length-below-header",
        why="The header claims fewer octets than a header has. tshark then sees no ISAKMP at all; on an "
        "IKE port ikepcap reads what is there and lists the defect.",
        versions=_TRIED,
        shown_by="length_below_header",
        when=frozenset({"only:ikepcap", "length-below-header"}),
        fields=("Message",),
    ),
    Known(
        code="length-beyond-datagram",
        why="The header claims more octets than the datagram has. tshark stops there; ikepcap reads the "
        "payloads that are there and lists the defect.",
        versions=_TRIED,
        shown_by="length_beyond_datagram",
        when=frozenset({"only:ikepcap", "length-beyond-datagram"}),
        fields=("[!M]*", "Message.ciphertext"),
    ),
    Known(
        code="length-short-of-datagram",
        why="The header claims fewer octets than the datagram has. RFC 2408 §3.1 makes that the message's "
        "end: ikepcap reads no further and lists the defect, tshark reads on.",
        versions=_TRIED,
        shown_by="length_short_of_datagram",
        when=frozenset({"length-short-of-datagram", "broken-chain"}),
    ),
    Known(
        code="broken-chain",
        why="A payload's length is less than its own header, or more than is left of what holds it: nothing "
        "says what follows. ikepcap cuts a payload where what holds it ends, tshark reads on or gives up.",
        versions=_TRIED,
        shown_by="broken_chain",
        when=frozenset({"broken-chain"}),
    ),
    Known(
        code="broken-body",
        why="A length or a count inside this payload does not fit it. ikepcap reads what is there, within "
        "the payload; tshark what the number says.",
        versions=_TRIED,
        shown_by="broken_body",
        when=frozenset({"broken-body"}),
    ),
    Known(
        code="broken-body",
        why="A length or a count inside the payload before this place does not fit it, and tshark reads on "
        "past that payload's end.",
        versions=_TRIED,
        shown_by="broken_body",
        when=frozenset({"past-broken-body", "only:tshark"}),
    ),
    Known(
        code="gave-up",
        why="tshark calls the message malformed at a length that does not fit, and reads nothing after it. "
        "ikepcap reads the payloads that follow: their own lengths say where they are.",
        versions=_TRIED,
        shown_by="gave_up",
        when=frozenset({"only:ikepcap", "tshark:_ws.malformed", "behind-defect"}),
    ),
    Known(
        code="payload-limit",
        why="tshark follows a chain for 250 payloads, ikepcap to its end.",
        versions=_TRIED,
        shown_by="many_payloads",
        when=frozenset({"only:ikepcap", "behind-limit"}),
        fields=("Payload.type",),
    ),
    Known(
        code="unknown-version",
        why="tshark names the exchange of IKE 1 and 2 only; ikepcap shows the octet of any version.",
        versions=_TRIED,
        shown_by="unknown_version",
        when=frozenset({"only:ikepcap", "unknown-version"}),
        fields=("Header.exchange",),
    ),
    Known(
        code="other-doi",
        why="RFC 2408 §3.4 leaves the situation to the DOI: under most but that of IPsec tshark takes all "
        "that follows for it. ikepcap reads four octets and then proposals, as in the IPsec DOI.",
        versions=_TRIED,
        shown_by="other_doi",
        when=frozenset({"other-doi", "payload:1"}),
        fields=("SecurityAssociation.situation",),
    ),
    Known(
        code="other-doi",
        why="Under any DOI but that of IPsec tshark reads no proposals, not even in phase 1 of GDOI, which "
        "has them (RFC 6407 §2.1). ikepcap reads them as in the IPsec DOI.",
        versions=_TRIED,
        shown_by="other_doi",
        when=frozenset({"other-doi", "payload:1", "only:ikepcap"}),
        fields=("Payload.type",),
    ),
    Known(
        code="other-transform-id",
        why="In a proposal for ISAKMP tshark takes the attributes of any transform but KEY_IKE for those of "
        "IPsec. RFC 2409 appendix A has them by protocol: what a number means does not depend on that ID.",
        versions=_TRIED,
        shown_by="other_transform_id",
        when=frozenset({"other-transform-id"}),
        fields=("Policy.*",),
    ),
    Known(
        code="labelled-situation",
        why="With secrecy or integrity in the situation, labels come before the first proposal (RFC 2407 "
        "§4.6.1). tshark takes them for proposals.",
        versions=_TRIED,
        shown_by="labelled_situation",
        when=frozenset({"labelled"}),
    ),
    Known(
        code="ip6-link",
        why="tshark reads attribute 17 of mode-config as IKEv2's INTERNAL_IP6_LINK, of eight octets or more "
        "whatever its length says, and calls the message malformed where it is shorter.",
        versions=_TRIED,
        shown_by="ip6_link",
        when=frozenset({"only:ikepcap", "behind-ip6-link", "tshark:_ws.malformed"}),
    ),
    Known(
        code="ikev2-payload",
        why="tshark takes payloads of IKEv2 apart in messages of IKEv1 too, which has none of these numbers.",
        versions=_TRIED,
        shown_by="ikev2_payload",
        when=frozenset({"only:tshark", "ikev2-payload"}),
    ),
    Known(
        code="nat-oa-type",
        why="tshark shows the address in a NAT-OA only as the IPv4 or IPv6 address that the type says, in "
        "the octets that one has. ikepcap shows all octets of the payload.",
        versions=_TRIED,
        shown_by="nat_oa_of_another_type",
        when=frozenset({"not-an-address", "in-ikepcap"}),
        fields=("NatOriginalAddress.address",),
    ),
    Known(
        code="not-der",
        why="tshark ends a certificate, or the name of an authority, where its ASN.1 ends. RFC 2408 §3.9, "
        "§3.10 give them all octets of the payload, on whose length both agree.",
        versions=_TRIED,
        shown_by="certificate_that_is_not_der",
        when=frozenset({"not-der"}),
        fields=("Certificate.data", "CertificateRequest.authority"),
    ),
)
"""In the order in which they are tried."""

"""The plays behind the captures of the project: one function for each, named as its file.

What is on the wire follows real daemons: schedules, sizes and habits of strongSwan 5.9 unless a docstring
says otherwise.
"""

from collections.abc import Callable
from itertools import pairwise
from typing import Final

from ikepcap.testing import ECP, STRONG, Play, merge, pcap

STRONGSWAN: Final = (4.0, 7.2, 13.0, 23.3, 42.0)
"""Gaps between its copies: 4 s, growing by 1.8."""
LIBRESWAN: Final = (0.5, 0.5, 1.0, 2.0, 4.0, 8.0, 16.0)
"""Gaps between its copies, which come after 0.5, 1, 2, 4 ... s."""
FIREWALL: Final = "192.0.2.254"
CERTIFICATES: Final = "rsa-sig"


def main_psk_established() -> bytes:
    """Main mode and quick mode, nine messages."""
    return Play(seed=101).phase1().quick(1, 2, 3).pcap()


def main_psk_stalled_at_msg5() -> bytes:
    """MSG5 repeated to the end, nothing comes back."""
    return Play(seed=102).msg1().msg2().msg3().msg4().msg5().repeat(STRONGSWAN).pcap()


def main_psk_mismatch_libreswan() -> bytes:
    """Both repeat themselves: MSG4 on the responder's timer, MSG5 on the initiator's."""
    play = Play(seed=103).msg1().msg2().msg3().msg4().msg5()
    return play.repeat(LIBRESWAN[:6], "MSG4", "MSG5").pcap()


def main_psk_mismatch_encrypted_notify() -> bytes:
    """Each copy of MSG5 is answered by another encrypted informational, until the responder forgets."""
    play = Play(seed=104).msg1().msg2().msg3().msg4().msg5().informational("responder")
    for gap in STRONGSWAN[:3]:
        play.repeat((gap,), "MSG5").informational("responder")
    return play.repeat(STRONGSWAN[3:], "MSG5").pcap()


def main_authentication_failed() -> bytes:
    """One encrypted informational of the size of an AUTHENTICATION-FAILED; the initiator stops."""
    play = Play(seed=105, auth=CERTIFICATES).msg1().msg2().msg3().msg4().msg5()
    return play.informational("responder", plain_bytes=80).pcap()


def main_no_reply() -> bytes:
    """MSG1 repeated to the end, nothing comes back."""
    return Play(seed=106).msg1().repeat(STRONGSWAN).pcap()


def main_port_closed() -> bytes:
    """Each copy of MSG1 is answered by the host: port unreachable."""
    return Play(seed=107).msg1().port_unreachable().repeat(STRONGSWAN[:3], "MSG1", "ICMP").pcap()


def main_filtered() -> bytes:
    """Each copy of MSG1 is answered by a firewall: administratively prohibited."""
    return Play(seed=108).msg1().icmp(3, 13, FIREWALL).repeat(STRONGSWAN[:3], "MSG1", "ICMP").pcap()


def main_host_unreachable() -> bytes:
    """A router answers once it gave up asking for the host's hardware address."""
    play = Play(seed=109).msg1().wait(3).icmp(3, 1, FIREWALL)
    for gap in STRONGSWAN[:3]:
        play.repeat((gap,), "MSG1").wait(3).again("ICMP")
    return play.pcap()


def main_replies_lost_at_msg2() -> bytes:
    """At the responder: MSG1 is repeated although each copy is answered."""
    play = Play(seed=110, near="responder").msg1().msg2()
    return play.repeat(STRONGSWAN, "MSG1", "MSG2").pcap()


def main_stalled_at_msg3() -> bytes:
    """MSG3 repeated to the end, nothing comes back."""
    return Play(seed=111).msg1().msg2().msg3().repeat(STRONGSWAN).pcap()


def main_replies_lost_at_msg4() -> bytes:
    """At the responder: MSG3 is repeated although each copy is answered."""
    play = Play(seed=112, near="responder").msg1().msg2().msg3().msg4()
    return play.repeat(STRONGSWAN, "MSG3", "MSG4").pcap()


def main_no_proposal_chosen_libreswan() -> bytes:
    """NO-PROPOSAL-CHOSEN of 40 octets without a responder cookie; Libreswan goes on asking."""
    play = Play(seed=113, offer=(ECP,)).msg1()
    play.notify("responder", with_spi=False, responder_cookie=bytes(8), message_id=0)
    return play.repeat(LIBRESWAN[:6], "MSG1", "NOTIFY").pcap()


def main_no_proposal_chosen() -> bytes:
    """NO-PROPOSAL-CHOSEN with both cookies as SPI; the initiator stops."""
    return Play(seed=114, offer=(ECP, STRONG)).msg1().notify("responder").pcap()


def main_unknown_peer() -> bytes:
    """NO-PROPOSAL-CHOSEN of 40 octets with a responder cookie: no configuration for this address."""
    return Play(seed=115).msg1().notify("responder", with_spi=False).pcap()


def main_no_shared_secret() -> bytes:
    """INVALID-KEY-INFORMATION in place of MSG4: the responder has no key for this peer."""
    return Play(seed=116).msg1().msg2().msg3().notify("responder", 17).pcap()


def main_nat_t_established() -> bytes:
    """The initiator is behind NAT: port 4500 from MSG5 on."""
    return Play(seed=117, nat="initiator", near="responder").phase1().quick(1, 2, 3).pcap()


def main_nat_t_blocked() -> bytes:
    """MSG5 leaves for port 4500 and nothing comes back from there."""
    play = Play(seed=118, nat="responder").msg1().msg2().msg3().msg4().msg5()
    return play.repeat(STRONGSWAN).pcap()


def main_nat_t_only_port_500() -> bytes:
    """Two tunnels that came up behind NAT, captured with a filter for port 500."""
    first = Play(seed=119, nat="initiator", near="responder").phase1().quick(1, 2, 3)
    second = Play(seed=120, nat="initiator", near="responder", start_s=90, outside="203.0.113.9")
    second.phase1().quick(1, 2, 3)
    for play in (first, second):
        play.keep(lambda shot: not shot.on_4500)
    return pcap(merge(first, second))


def main_starts_late() -> bytes:
    """The capture begins with MSG5."""
    return Play(seed=121).phase1().quick(1, 2, 3).start_late(4).pcap()


def main_one_sided() -> bytes:
    """Only what the initiator sent of a tunnel that came up."""
    return Play(seed=122).phase1().quick(1, 2, 3).one_side("initiator").pcap()


def main_recovered() -> bytes:
    """Three messages are lost on the way and repeated; it comes up all the same."""
    play = Play(seed=123).msg1().repeat((4.0,)).msg2().msg3().repeat((4.0, 7.2)).msg4()
    return play.msg5().repeat((4.0,)).msg6().quick(1, 2, 3).pcap()


def main_duplicate_frames() -> bytes:
    """A mirror port delivers every frame twice."""
    return Play(seed=124).phase1().quick(1, 2, 3).mirrored().pcap()


def main_certificates_ip_fragments_lost() -> bytes:
    """At the responder: of each copy of MSG5 only the first IP fragment arrives."""
    play = Play(seed=125, auth=CERTIFICATES, near="responder").msg1().msg2().msg3().msg4().msg5()
    play.lose_frame(1)
    for gap in STRONGSWAN:
        play.repeat((gap,), "MSG5").lose_frame(1)
    return play.pcap()


def main_certificates_ike_fragments() -> bytes:
    """MSG5 and MSG6 in IKE fragments, all there."""
    return Play(seed=126, auth=CERTIFICATES, ike_fragment_bytes=540).phase1().quick(1, 2, 3).pcap()


def main_ipv6_established() -> bytes:
    """Main mode and quick mode over IPv6."""
    return Play(seed=127, initiator="2001:db8:1::1", responder="2001:db8:2::7").phase1().quick(1, 2, 3).pcap()


def main_scan() -> bytes:
    """One MSG1 each to six hosts, each with its own cookie; three answer and nobody goes on.

    Later somebody else's tunnel comes up with one of the hosts.
    """
    plays = []
    for number in range(6):
        target = f"198.51.100.{10 + number}"
        play = Play(
            seed=130 + number,
            initiator="203.0.113.77",
            responder=target,
            near="responder",
            start_s=0.05 * number,
            offer=(STRONG, ECP),
            vendor_ids=((), ()),
        ).msg1()
        plays.append(play.msg2() if number % 2 else play)
    tunnel = Play(seed=136, responder="198.51.100.13", near="responder", start_s=95).phase1().quick(1, 2, 3)
    return pcap(merge(*plays, tunnel))


def main_quick_mode_refused() -> bytes:
    """An encrypted informational in place of QM2."""
    return Play(seed=140).phase1().quick(1).informational("responder").pcap()


def main_quick_mode_no_reply() -> bytes:
    """QM1 repeated to the end, nothing comes back."""
    return Play(seed=141).phase1().quick(1).repeat(STRONGSWAN).pcap()


def main_rekey() -> bytes:
    """A second main mode under new cookies takes over; then the first is deleted."""
    old = Play(seed=142).phase1().quick(1, 2, 3)
    new = Play(seed=143, start_s=55).phase1().quick(1, 2, 3)
    old.wait(57).informational("initiator", plain_bytes=80)
    return pcap(merge(old, new))


def main_one_identity_twice() -> bytes:
    """Two clients in turn: each is sent a delete as the other comes up, and begins anew two seconds later."""
    clients = ("192.0.2.1", "192.0.2.99")
    plays = [
        Play(seed=150 + turn, start_s=2 * turn, initiator=clients[turn % 2], near="responder")
        for turn in range(5)
    ]
    for play in plays:
        play.phase1().quick(1, 2, 3)
    for ended, following in pairwise(plays):
        came_up = next(shot for shot in following.shots if shot.step == "MSG6")
        ended.wait((came_up.time_ns - ended.shots[-1].time_ns) / 1e9).informational(
            "responder", plain_bytes=80
        )
    return pcap(merge(*plays))


def main_simultaneous_initiation() -> bytes:
    """Both ends begin within a few milliseconds; both tunnels come up."""
    left = Play(seed=144).phase1().quick(1, 2, 3)
    right = Play(seed=145, start_s=0.009, initiator="198.51.100.7", responder="192.0.2.1", near="responder")
    right.phase1().quick(1, 2, 3)
    return pcap(merge(left, right))


def main_truncated_by_snaplen() -> bytes:
    """Frames cut to 96 octets: headers are there, payloads are not."""
    return Play(seed=146).phase1().quick(1, 2, 3).pcap(snaplen=96)


def main_cut_file() -> bytes:
    """The file ends in the middle of its last record, QM3."""
    return Play(seed=147).phase1().quick(1, 2, 3).pcap()[:-40]


def main_ends_early() -> bytes:
    """The capture ends right after MSG3."""
    return Play(seed=148).msg1().msg2().msg3().pcap()


def main_xauth_established() -> bytes:
    """XAUTH and mode-config between phase 1 and quick mode."""
    play = Play(seed=149, auth="xauth-psk").phase1().transaction().transaction()
    return play.transaction("initiator").quick(1, 2, 3).pcap(link=113)


def aggressive_psk_established() -> bytes:
    """Aggressive mode and quick mode."""
    return Play(seed=150, mode="aggressive").phase1().quick(1, 2, 3).pcap()


def aggressive_stalled_at_msg2() -> bytes:
    """MSG2 repeated to the end; the initiator says nothing more."""
    return Play(seed=151, mode="aggressive").msg1().msg2().repeat(STRONGSWAN).pcap()


def aggressive_psk_mismatch_libreswan() -> bytes:
    """The initiator answers each copy of MSG2 with INVALID-HASH-INFORMATION in the clear."""
    play = Play(seed=152, mode="aggressive").msg1().msg2()
    play.notify("initiator", 23, with_spi=False, message_id=0)
    return play.repeat(STRONGSWAN, "MSG2", "NOTIFY").pcap()


def aggressive_hostile_identity() -> bytes:
    """An identity made of terminal escapes, markup, a line break and broken UTF-8."""
    identity = b"\x1b[2J\x1b]0;owned\x07<script>alert(1)</script>\r\n| `x` |\xff\xfe\xe2\x80\xae"
    return Play(seed=153, mode="aggressive", identity=identity).phase1().quick(1, 2, 3).pcap(link=101)


CAPTURES: Final[tuple[Callable[[], bytes], ...]] = (
    main_psk_established,
    main_psk_stalled_at_msg5,
    main_psk_mismatch_libreswan,
    main_psk_mismatch_encrypted_notify,
    main_authentication_failed,
    main_no_reply,
    main_port_closed,
    main_filtered,
    main_host_unreachable,
    main_replies_lost_at_msg2,
    main_stalled_at_msg3,
    main_replies_lost_at_msg4,
    main_no_proposal_chosen_libreswan,
    main_no_proposal_chosen,
    main_unknown_peer,
    main_no_shared_secret,
    main_nat_t_established,
    main_nat_t_blocked,
    main_nat_t_only_port_500,
    main_starts_late,
    main_one_sided,
    main_recovered,
    main_duplicate_frames,
    main_certificates_ip_fragments_lost,
    main_certificates_ike_fragments,
    main_ipv6_established,
    main_scan,
    main_quick_mode_refused,
    main_quick_mode_no_reply,
    main_rekey,
    main_one_identity_twice,
    main_simultaneous_initiation,
    main_truncated_by_snaplen,
    main_cut_file,
    main_ends_early,
    main_xauth_established,
    aggressive_psk_established,
    aggressive_stalled_at_msg2,
    aggressive_psk_mismatch_libreswan,
    aggressive_hostile_identity,
)

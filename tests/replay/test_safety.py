"""To whom nothing is sent, and how much to the others."""

import random
import socket
import sys
import time
from ipaddress import ip_network

import pytest

from ikepcap.errors import ReplayError, UnsafeTargetError
from ikepcap.replay import transport
from ikepcap.replay.actions import Endpoint, Note, Path, Send
from ikepcap.replay.initiator import Initiator
from ikepcap.replay.memory import Memory
from ikepcap.replay.record import Bounced, Captured
from ikepcap.replay.responders import Responders
from ikepcap.replay.safety import PER_RESPONDER, PER_RUN, PER_SECOND, Gate, check_target
from ikepcap.replay.transport import Udp
from ikepcap.wire import build
from tests.replay.peers import paths, policy

SECOND_NS = 1_000_000_000


@pytest.mark.parametrize(
    "address", ["127.0.0.1", "127.8.9.1", "::1", "192.0.2.7", "198.51.100.7", "203.0.113.5", "2001:db8::1",
                "::ffff:127.0.0.1"],
)  # fmt: skip
def test_loopback_and_documentation_addresses_are_free(address: str) -> None:
    check_target(address, ())


@pytest.mark.parametrize(("address", "allowed"), [
    ("10.0.0.1", "10.0.0.0/8"), ("192.168.7.1", "192.168.0.0/16"), ("fd00::1", "fd00::/8"),
    ("169.254.1.1", "169.254.0.0/16"), ("172.16.0.1", "0.0.0.0/0"), ("::ffff:10.0.0.1", "10.0.0.0/8"),
])  # fmt: skip
def test_private_addresses_have_to_be_allowed(address: str, allowed: str) -> None:
    with pytest.raises(UnsafeTargetError, match="--allow"):
        check_target(address, ())
    check_target(address, (ip_network(allowed),))


@pytest.mark.parametrize(
    "address", ["8.8.8.8", "1.1.1.1", "224.0.0.1", "255.255.255.255", "240.0.0.2", "2606:4700::1", "ff02::1",
                "240.0.0.1", "100.64.0.1", "::", "::ffff:8.8.8.8"],
)  # fmt: skip
def test_any_other_address_has_to_be_allowed_by_itself(address: str) -> None:
    wide = (ip_network("0.0.0.0/0"), ip_network("::/0"), ip_network("8.8.8.0/24"))
    for allowed in ((), wide):
        with pytest.raises(UnsafeTargetError, match="exactly"):
            check_target(address, allowed)
    plain = address.removeprefix("::ffff:")
    check_target(address, (ip_network(plain),))


@pytest.mark.parametrize(("address", "allowed"), [
    ("127.255.255.255", "127.0.0.0/8"), ("192.0.2.255", "192.0.2.0/24"), ("198.51.100.0", "192.0.2.0/24"),
    ("10.1.255.255", "10.1.0.0/16"), ("10.255.255.255", "0.0.0.0/0"), ("192.168.7.63", "192.168.7.0/26"),
    ("::ffff:192.0.2.255", "192.0.2.0/24"),
])  # fmt: skip
def test_broadcast_addresses_have_to_be_allowed_by_themselves(address: str, allowed: str) -> None:
    with pytest.raises(UnsafeTargetError, match="all hosts of a network"):
        check_target(address, (ip_network(allowed),))
    check_target(address, (ip_network(address.removeprefix("::ffff:")),))


@pytest.mark.parametrize("address", [
    "64:ff9b::808:808", "2002:808:808::1", "::8.8.8.8", "fe80::1%eth0", "ff02::1%eth0", "2001:db9::1",
])  # fmt: skip
def test_ways_around_through_ipv6_are_none(address: str) -> None:
    with pytest.raises(UnsafeTargetError):
        check_target(address, (ip_network("8.8.8.8"), ip_network("0.0.0.0/0")))


@pytest.mark.parametrize("address", ["localhost", "127.1", "0177.0.0.1", "2130706433", "0x7f.1", " 127.0.0.1",
                                     "127.0.0.1/8", "127.0.0.1%lo", "127.0.0.1%evil.example",
                                     ""])  # fmt: skip
def test_what_others_take_for_an_address_is_none(address: str) -> None:
    with pytest.raises(UnsafeTargetError, match="no IP address"):
        check_target(address, ())


def test_nothing_that_a_peer_says_sends_the_initiator_elsewhere() -> None:
    """Neither a message from another address and port, nor a redirect (40501, as Cisco balances load)."""
    path, natt_path = paths()
    other = Path(path.local, Endpoint("203.0.113.9", 999))
    for moment_s in (0.01, 0.05, 0.09, 0.5):
        initiator = Initiator(policy(), path, natt_path, random.Random(1).randbytes)
        memory = Memory(initiator, Responders(policy(), random.Random(2).randbytes)).run(moment_s)
        redirect = build.message(
            [build.notify(40501, data=bytes((203, 0, 113, 9)))],
            initiator_cookie=initiator.facts.initiator_cookie,
            responder_cookie=initiator.facts.responder_cookie or bytes(8), exchange=5, message_id=7,
        )  # fmt: skip
        heard = [one.payload for one in memory.captured if one.source.address != path.local.address]
        for data in (redirect, *heard):
            actions = [
                *initiator.receive(data, other, memory.now_ns),
                *initiator.timer(memory.now_ns + 60 * SECOND_NS),
            ]  # fmt: skip
            sends = [action for action in actions if isinstance(action, Send)]
            assert {send.path.remote.address for send in sends} <= {path.remote.address}


def test_no_more_than_twenty_datagrams_in_a_second_and_two_hundred_in_a_run() -> None:
    gate, now_ns = Gate(), 0
    for number in range(PER_RUN):
        if number and number % PER_SECOND == 0:
            with pytest.raises(ReplayError, match="in a second"):
                gate.admit("127.0.0.1", now_ns)
            now_ns += gate.wait_ns(now_ns)
        assert gate.wait_ns(now_ns) == 0
        gate.admit("127.0.0.1", now_ns)
    assert now_ns == (PER_RUN // PER_SECOND - 1) * SECOND_NS
    with pytest.raises(ReplayError, match="most a run may send"):
        gate.admit("127.0.0.1", now_ns + SECOND_NS)
    assert gate.count == PER_RUN


def test_what_is_refused_does_not_count() -> None:
    gate = Gate()
    with pytest.raises(UnsafeTargetError):
        gate.admit("8.8.8.8", 0)
    assert gate.count == 0


def test_no_limit_is_above_the_highest() -> None:
    gate = Gate(limit=10**9)
    for number in range(PER_RESPONDER):
        gate.admit("::1", number * SECOND_NS)
    with pytest.raises(ReplayError):
        gate.admit("::1", PER_RESPONDER * SECOND_NS)


def test_a_run_that_hears_more_than_is_recorded_ends(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing may be answered that is not recorded; and what was sent always is."""
    monkeypatch.setattr(transport, "_HEARD_BYTES", 100)
    there = Endpoint("127.0.0.1", 40_000)
    with Udp(Endpoint("127.0.0.1", 0), Endpoint("127.0.0.1", 0), Gate(), "responder") as udp:
        assert udp._taken(bytes(100), ("127.0.0.1", 40_000), is_natt=False) is not None
        with pytest.raises(ReplayError, match="as many as are recorded"):
            udp._taken(b"x", ("127.0.0.1", 40_000), is_natt=False)
        udp.send(Send(b"a delete", Path(udp.ends[0], there), "INFO"))
        sent = [one.payload for one in udp.record if isinstance(one, Captured) and one.sender == "responder"]
        assert sent == [b"a delete"]


@pytest.mark.skipif(sys.platform != "linux", reason="other systems do not tell who sent an ICMP error")
@pytest.mark.parametrize("address", ["127.0.0.1", "::1"])
def test_an_icmp_error_is_recorded_and_keeps_nothing_from_being_sent(address: str) -> None:
    """The system tells of it in place of the next send, which then sends nothing."""
    here = Endpoint(address, 0)
    with socket.socket(transport._family(address), socket.SOCK_DGRAM) as held:
        held.bind((address, 0))
        there = Endpoint(address, held.getsockname()[1])
    with Udp(here, here, Gate(), "initiator", remote=(there, there)) as udp:
        for number in range(3):
            udp.send(Send(b"copy %d" % number, Path(udp.ends[0], there), "MSG1"))
            time.sleep(0.02)
        while isinstance(told := udp.wait(0.2), Note):
            assert "port unreachable" in told.text
        bounced = [one for one in udp.record if isinstance(one, Bounced)]
        assert [one.reporter for one in bounced] == [address] * 3
        assert {one.about.payload for one in bounced} <= {b"copy 0", b"copy 1", b"copy 2"}


@pytest.mark.skipif(sys.platform != "linux", reason="other systems do not tell who sent an ICMP error")
def test_an_answer_is_taken_before_the_icmp_error_that_came_with_it() -> None:
    """One port of the peer is closed, and on the other it answers: both are told, one after the other."""
    here = Endpoint("127.0.0.1", 0)
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as peer:
        peer.bind(("127.0.0.1", 0))
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as held:
            held.bind(("127.0.0.1", 0))
            closed = Endpoint("127.0.0.1", held.getsockname()[1])
        there = Endpoint("127.0.0.1", peer.getsockname()[1])
        with Udp(here, here, Gate(), "initiator", remote=(there, closed)) as udp:
            udp.send(Send(b"sent in vain", Path(udp.ends[1], closed, is_natt=True), "MSG5"))
            peer.sendto(b"an answer", ("127.0.0.1", udp.ends[0].port))
            time.sleep(0.2)
            got = udp.wait(1)
            assert isinstance(got, list)
            assert [data for data, _ in got] == [b"an answer"]
            told = udp.wait(1)
            assert isinstance(told, Note)
            assert "port unreachable" in told.text


def test_what_comes_from_port_0_is_recorded_and_not_answered() -> None:
    """Nothing can be sent there: trying would end the responder."""
    ends = Endpoint("127.0.0.1", 0), Endpoint("127.0.0.1", 0)
    with Udp(*ends, Gate(), "responder") as udp:
        assert udp._taken(b"anything", ("127.0.0.1", 0), is_natt=False) is None
        assert udp._taken(b"anything", ("127.0.0.1", 500), is_natt=False) is not None
        assert len(udp.record) == 2

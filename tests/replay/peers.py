"""Two engines of ours in memory, and what they say to each other as a capture."""

import random
from collections.abc import Iterable
from pathlib import Path as FilePath

from msgspec.structs import replace

from ikepcap.capture.write import Frame, Hop, icmp_error, pcap, udp_packets
from ikepcap.keys.secret import Secret
from ikepcap.replay.actions import Endpoint, Path
from ikepcap.replay.behaviour import Behaviour
from ikepcap.replay.initiator import Initiator
from ikepcap.replay.memory import Memory, Translation
from ikepcap.replay.policy import Policy
from ikepcap.replay.record import Bounced, Captured
from ikepcap.replay.renewal import Renewal
from ikepcap.replay.responders import Responders
from ikepcap.replay.words import DEFAULT_ESP, DEFAULT_IKE, phase1_offer, phase2_offer

ENDS = ("192.0.2.1", "198.51.100.7")
PSK = Secret(b"between the two of us")


def policy(
    *ike: str, auth: str = "psk", esp: tuple[str, ...] | None = (DEFAULT_ESP,), **more: object
) -> Policy:
    made = Policy(
        offer=phase1_offer(ike or (DEFAULT_IKE,), auth),
        psk=PSK if "psk" in auth else None,
        quick_offer=None if esp is None else phase2_offer(esp),
    )
    return replace(made, **more)


def paths(address: str = ENDS[0], other: str = ENDS[1]) -> tuple[Path, Path]:
    return (
        Path(Endpoint(address, 500), Endpoint(other, 500)),
        Path(Endpoint(address, 4500), Endpoint(other, 4500), True),
    )


def join(
    one: Policy,
    other: Policy | None = None,
    behaviour: Behaviour = Behaviour(),  # noqa: B008 - frozen
    *,
    seed: int = 1,
    nat: bool = False,
    initiator_behaviour: Behaviour = Behaviour(),  # noqa: B008
    renews_s: float | None = None,
    **more: object,
) -> Memory:
    rng = random.Random(seed)
    initiator: Initiator | Renewal = Initiator(one, *paths(), rng.randbytes, initiator_behaviour)
    if renews_s is not None:
        initiator = Renewal(one, *paths(), rng.randbytes, renews_s, initiator_behaviour)
    responders = Responders(other or one, rng.randbytes, behaviour)
    memory = Memory(initiator, responders, nat=Translation() if nat else None, **more)  # type: ignore[arg-type]
    memory.initiator = initiator  # type: ignore[attr-defined]
    memory.responders = responders  # type: ignore[attr-defined]
    return memory


def as_pcap(
    captured: list[Captured], file: FilePath, mtu: int = 1500, watched_s: float = 60.0,
    bounced: Iterable[Bounced] = (),
) -> FilePath:  # fmt: skip
    """Write what was captured, and a datagram of somebody else's after it: the capture went on so long."""
    frames = []
    for one in bounced:
        about = one.about
        ends, ports = (about.source, about.destination), (about.source.port, about.destination.port)
        (quoted,) = udp_packets(Hop(ends[0].address, ends[1].address), *ports, about.payload, 65_535)
        error = icmp_error(Hop(one.reporter, about.source.address), one.kind, one.code, quoted)
        frames.append(Frame(one.time_ns, error))
    for number, each in enumerate(sorted(captured, key=lambda one: one.time_ns), 1):
        ttl = 64 if each.source.address == captured[0].source.address else 57
        hop = Hop(each.source.address, each.destination.address, ttl, number)
        packets = udp_packets(hop, each.source.port, each.destination.port, each.payload, mtu)
        frames += [Frame(each.time_ns + n, packet) for n, packet in enumerate(packets)]
    frames.sort(key=lambda frame: frame.time_ns)
    last_ns = max(frame.time_ns for frame in frames) + round(watched_s * 1e9)
    frames.append(Frame(last_ns, udp_packets(Hop("203.0.113.77", "203.0.113.78"), 5353, 5353, b"other")[0]))
    file.write_bytes(pcap(frames))
    return file

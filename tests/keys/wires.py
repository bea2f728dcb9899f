"""Captures of two peers that really encrypt (`peers`), of every kind that keys have to open."""

from pathlib import Path

from ikepcap.capture.write import Hop, udp_packets
from ikepcap.testing import Frame, pcap
from ikepcap.wire import build
from tests.keys.peers import AES_128, SUITES, Peers

ENDS = ("192.0.2.1", "198.51.100.7")
GROUP_2 = (b"\1" * 128, b"\2" * 128)

Datagrams = list[tuple[int, bytes]]
"""Sender and octets."""


def kinds() -> dict[str, Peers]:
    """Return conversations of all kinds, each complete."""
    return {
        "main psk": Peers().phase1().quick(),
        "main psk 3des": Peers(SUITES["3DES-MD5"], seed=3).phase1().quick(),
        "main psk pfs": Peers(seed=4).phase1().quick(public=GROUP_2),
        "main signatures": Peers(auth=3, seed=5).phase1().quick(),
        "main xauth": Peers(auth=65001, seed=6).phase1().transaction().quick(),
        "main hybrid": Peers(auth=64221, seed=8).phase1().transaction().quick(),
        "aggressive psk": Peers(mode="aggressive", seed=9).phase1().quick(),
        "aggressive xauth": Peers(mode="aggressive", auth=65001, seed=10).phase1().transaction().quick(),
        "informational": Peers(seed=11).phase1().informational(0).informational(1, 0x55AA0002),
        "several quick modes": Peers(seed=12).phase1().quick().quick(0x1234, 1).informational(0),
        "sha2 aes 256": Peers(SUITES["AES-256-SHA2-512"], seed=13).phase1().quick(),
        "camellia": Peers(SUITES["Camellia-192-SHA2-384"], seed=14).phase1().quick(),
        "racoon's padding": Peers(AES_128, seed=15, padding="racoon").phase1().quick(),
    }


def datagrams(peers: Peers) -> Datagrams:
    """Return the messages of a script as they are sent."""
    return [(sent.sender, sent.data) for sent in peers.sent]


def in_fragments(peers: Peers, size: int = 40) -> Datagrams:
    """Return them with every message of phase 1 that is encrypted in IKE fragments."""
    return [
        (sent.sender, piece)
        for sent in peers.sent
        for piece in (
            build.fragments(sent.data, size)
            if sent.plain is not None and sent.step[:3] == "MSG"
            else (sent.data,)
        )
    ]


def written(path: Path, sent: Datagrams, *, nat_t_from: int | None = None) -> Path:
    """Write messages a tenth of a second apart, on 500 and from an index on over 4500."""
    frames = []
    for number, (sender, data) in enumerate(sent):
        port, octets = 500, data
        if nat_t_from is not None and number >= nat_t_from:
            port, octets = 4500, bytes(4) + data
        hop = Hop(ENDS[sender], ENDS[1 - sender], ip_id=number + 1)
        frames += [Frame(number * 10**8, packet) for packet in udp_packets(hop, port, port, octets)]
    path.write_bytes(pcap(frames))
    return path


def table(path: Path, peers: Peers, key: bytes | None = None) -> Path:
    """Write Wireshark's table with the encryption key."""
    path.write_text(f"{peers.cookies[0].hex()},{(peers.key if key is None else key).hex()}\n")
    return path


def secrets(path: Path, peers: Peers) -> Path:
    """Write our own file with g^xy and the PSK: hashes can be verified with them."""
    psk = f'psk = "{peers.psk.decode()}"\n' if peers.auth in (1, 65001) else ""
    cookie = f'initiator_cookie = "{peers.cookies[0].hex()}"\n'
    path.write_text(f'[[sa]]\n{cookie}shared_secret = "{peers.shared.hex()}"\n{psk}')
    return path

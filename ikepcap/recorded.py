"""A run of replay as files: what was sent and came in as a capture, and the keys that open it."""

import os
from collections.abc import Iterable
from pathlib import Path
from typing import Final

from ikepcap.capture.write import Frame, Hop, icmp_error, pcapng, udp_packets
from ikepcap.keys.material import Origin
from ikepcap.keys.own import OWN_FILE, own_table
from ikepcap.keys.tables import IKEV1_TABLE, table_row
from ikepcap.replay.record import Captured, Recorded
from ikepcap.replay.sa import IsakmpSa

_NEVER_FRAGMENTED: Final = 65_535


def pcapng_of(record: Iterable[Recorded]) -> bytes:
    """Return what was sent and came in as a capture file; ICMP errors are put together of what they say."""
    frames = []
    numbers: dict[Captured, int] = {}
    for number, one in enumerate(sorted(record, key=lambda one: one.time_ns), 1):
        if isinstance(one, Captured):
            numbers[one] = number
            frames += [Frame(one.time_ns, packet) for packet in _packets(one, number)]
        else:
            quoted = _packets(one.about, numbers.get(one.about, 0))[0]
            hop = Hop(_bare(one.reporter), _bare(one.about.source.address), 64, number)
            size = len(quoted) - len(one.about.payload) + one.quoted_bytes
            frames.append(Frame(one.time_ns, icmp_error(hop, one.kind, one.code, quoted, size)))
    return pcapng(frames, link=101)


def _packets(one: Captured, number: int) -> list[bytes]:
    hop = Hop(_bare(one.source.address), _bare(one.destination.address), 64, number)
    return udp_packets(hop, one.source.port, one.destination.port, one.payload, _NEVER_FRAGMENTED)


def _bare(address: str) -> str:
    """Return an address without its zone, for which packets have no room."""
    return address.partition("%")[0]


def keys_of(sas: Iterable[IsakmpSa], name: str) -> tuple[str, str]:
    """Return the keys of SAs as Wireshark's table, and as a file of our own for --keys."""
    materials = [sa.material(Origin(name, 1)) for sa in sas]
    rows = (
        table_row(one.initiator_cookie, one.encryption_key)
        for one in materials
        if one.initiator_cookie is not None and one.encryption_key is not None
    )
    return "".join(rows), "".join(own_table(one) for one in materials)


def write_keys(folder: Path, sas: Iterable[IsakmpSa]) -> tuple[Path, Path] | None:
    """Write the keys of SAs beside a recording, readable by their owner alone; None where there are none."""
    table, own = keys_of(sas, folder.name)
    if not own:
        return None
    folder.mkdir(mode=0o700, exist_ok=True)
    found = folder / IKEV1_TABLE, folder / OWN_FILE
    for file, text in zip(found, (table, own), strict=True):
        handle = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(handle, "w") as out:
            os.fchmod(handle, 0o600)  # one that was there keeps its mode otherwise
            out.write(text)
    return found

"""Scans: one MSG1 that an address sends to many hosts and follows up with none.

Monitors, and floods, send one MSG1 to one host again and again, each time from another port or address.
"""

from collections.abc import Iterable, Iterator
from typing import Final

from ikepcap.capture.datagram import IKE_PORT, NATT_PORT
from ikepcap.track.open import RECORD, RECORD_BYTES, Open
from ikepcap.wire.message import HEADER_BYTES
from ikepcap.wire.numbers import Exchange

HOSTS: Final = 3
"""So many, and it is a scan: who begins tunnels to several peers goes on with one that answers."""
TIMES: Final = 3
"""From so many ports and addresses, and one host is asked without a tunnel in mind: sockets of IKE stay."""
_SHORT: Final = 8 * RECORD_BYTES
"""What was not followed up is short: MSG1, some copies, an answer or two."""

_Scan = tuple[bytes, bytes]
"""The address that asks, and its MSG1 without the cookie."""


def mark_scans(ending: Iterable[Open], others: Iterable[Open] = ()) -> None:
    """Note in each conversation that is part of a scan how many hosts that asked.

    Args:
        ending: those that must be marked now; of what is not followed up they may be the last.
        others: open ones, which are marked with them.
    """
    tracks = list(_with_twins(ending))
    asked: dict[_Scan, list[Open]] = {}
    for track in tracks:
        if _has_only_asked(track):
            asked.setdefault(_scan(track), []).append(track)
        else:
            track.scanned = 0  # it went on since it was marked
    _mark_series(asked, tracks)
    who = {address for address, _ in asked}
    likely = [track for track in others if track.first in who or track.twin is not None]
    theirs = [track for track in _with_twins(likely) if track.first in who]
    for track in theirs:
        if _has_only_asked(track) and (members := asked.get(_scan(track))) is not None:
            members.append(track)
    tracks += theirs
    hosts = {scan: len({track.second for track in members}) for scan, members in asked.items()}
    hosts = {scan: count for scan, count in hosts.items() if count >= HOSTS}
    if not hosts:
        return
    followed = {_scan(t) for t in tracks if t.opener == 0 and t.kept and not _has_only_asked(t)}
    for scan in hosts.keys() - followed:
        for track in asked[scan]:
            track.scanned = hosts[scan]


def _mark_series(asked: dict[_Scan, list[Open]], tracks: list[Open]) -> None:
    """Note in each conversation that is part of a series how often its MSG1 came to the one host.

    An initiator that tries again does so from the port that it has, and a NAT keeps that for a while.
    """
    series: dict[_Scan, list[Open]] = {}
    for (_, opening), members in asked.items():
        for track in members:
            if track.first_port not in _FIXED_PORTS:
                series.setdefault((track.second, opening), []).append(track)
    series = {key: members for key, members in series.items() if _are_many(members)}
    if not series:
        return
    went_on = (t for t in tracks if t.opener == 0 and t.kept and not _has_only_asked(t))
    for key in series.keys() - {(t.second, _opening(t)) for t in went_on}:
        for track in series[key]:
            track.asked = len(series[key])


_FIXED_PORTS: Final = frozenset({IKE_PORT, NATT_PORT})


def _are_many(members: list[Open]) -> bool:
    """Whether they come from many ports and addresses, or from one address with another port each time."""
    if len(members) == 1:
        return False
    addresses = {track.first for track in members}
    ports = {(track.first, track.first_port) for track in members}
    return len(ports) >= TIMES or len(addresses) < len(ports) == len(members)


def _with_twins(tracks: Iterable[Open]) -> Iterator[Open]:
    for track in tracks:
        yield track
        following = track.twin
        while following is not None:
            yield following
            following = following.twin


def _scan(track: Open) -> _Scan:
    return track.first, _opening(track)


def _opening(track: Open) -> bytes:
    """Return what is the same in each MSG1 of a scan: all but the cookie, in aggressive mode the offer."""
    data = track.kept[0]
    if data[18] != _AGGRESSIVE:
        return data[8:]
    return data[8:24] + data[HEADER_BYTES : HEADER_BYTES + int.from_bytes(data[30:32])]


_AGGRESSIVE: Final = int(Exchange.AGGRESSIVE)


def _has_only_asked(track: Open) -> bool:
    """Its initiator sent MSG1, and nothing else but copies of it."""
    if track.opener != 0 or not track.kept or len(track.records) > _SHORT:
        return False
    return len(track.records) == RECORD_BYTES or all(
        not at or record[3] or not record[13] for at, record in enumerate(RECORD.iter_unpack(track.records))
    )

"""Derive a capture from others: cut, filtered, merged, reordered, with facts that say so."""

import hashlib
import tomllib
from pathlib import Path
from typing import Any

from ikelab import facts, packets
from ikelab.packets import Record
from ikelab.scenario import Cut, Role
from ikelab.scenarios import SCENARIOS


def source_of(one: Cut) -> str:
    """Return the scenario whose capture a cut is made of."""
    return next(name for name, scenario in SCENARIOS.items() if one.of in scenario.files().values())


def derive(one: Cut, folder: Path) -> None:
    """Write NAME.pcap and NAME.toml from the files of the captures it is made of."""
    origin = folder / f"{one.of}.pcap"
    path = folder / f"{one.name}.pcap"
    packets.write(path, origin, _frames(one, folder))
    known: dict[str, Any] = tomllib.loads(origin.with_suffix(".toml").read_text())
    source = known["source"]
    source["origin"] = f"derived from {one.of}: {_what(one)}; {source['origin']}"
    source["shows"] = one.shows
    source["sha256"] = hashlib.sha256(path.read_bytes()).hexdigest()
    if one.also:
        del known["capture"]["near"]
    if one.capture_findings:
        known["capture"]["findings"] = list(one.capture_findings)
    conversations = []
    for number, conversation in enumerate(known["conversation"]):
        changed = conversation | one.facts.get(number, {})
        conversations.append({key: value for key, value in changed.items() if value is not ...})
    known["conversation"] = [c for c in conversations if c.get("outcome") != "gone"]
    facts.write(path.with_suffix(".toml"), known)
    for suffix in (".keys", ".secrets"):
        if origin.with_suffix(suffix).exists():
            path.with_suffix(suffix).write_text(origin.with_suffix(suffix).read_text())


def _frames(one: Cut, folder: Path) -> list[Record]:
    frames = packets.records(folder / f"{one.of}.pcap")
    first, last = one.frames
    frames = frames[first - 1 : last]
    if one.also:
        frames = sorted(frames + packets.records(folder / f"{one.also}.pcap"), key=_when)
    if one.sent_by:
        frames = [frame for frame in frames if _sender(frame, folder / f"{one.of}.toml") == one.sent_by]
    if one.port:
        frames = [frame for frame in frames if one.port in packets.ports(frame)]
    if one.snaplen:
        frames = [Record(f.seconds, f.fraction, f.original, f.data[: one.snaplen]) for f in frames]
    if one.duplicate_s is not None:
        later = [_later(frame, one.duplicate_s) for frame in frames]
        frames = sorted(frames + later, key=_when)
    if one.swap:
        a, b = (number - 1 for number in one.swap)
        x, y = frames[a], frames[b]
        frames[a] = Record(x.seconds, x.fraction, y.original, y.data)
        frames[b] = Record(y.seconds, y.fraction, x.original, x.data)
    return frames


def _when(frame: Record) -> tuple[int, int]:
    return frame.seconds, frame.fraction


def _later(frame: Record, seconds: float) -> Record:
    fraction = frame.fraction + round(seconds * 1_000_000)
    return Record(frame.seconds + fraction // 1_000_000, fraction % 1_000_000, frame.original, frame.data)


def _sender(frame: Record, toml: Path) -> Role | None:
    conversation = tomllib.loads(toml.read_text())["conversation"][0]
    source = packets.source(frame)
    if source == conversation["initiator"]:
        return "initiator"
    return "responder" if source == conversation["responder"] else None


def _what(one: Cut) -> str:
    first, last = one.frames
    words = []
    if (first, last) != (1, None):
        words.append(f"frames {first} to {last or 'the last'}")
    if one.also:
        words.append(f"merged with {one.also} by time")
    if one.sent_by:
        words.append(f"only what the {one.sent_by} sent")
    if one.port:
        words.append(f"only port {one.port}")
    if one.snaplen:
        words.append(f"{one.snaplen} octets of each frame")
    if one.duplicate_s is not None:
        words.append(f"each frame again {one.duplicate_s * 1000:g} ms later")
    if one.swap:
        words.append(f"frames {one.swap[0]} and {one.swap[1]} exchanged")
    return ", ".join(words)

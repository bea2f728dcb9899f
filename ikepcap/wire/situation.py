"""The labelled domain between the situation and the first proposal of an SA payload (RFC 2407 §4.6.1)."""

from collections.abc import Iterator

from ikepcap.wire.numbers import Situation
from ikepcap.wire.part import Part

_LABELS = (Situation.SECRECY, Situation.INTEGRITY)


def labelled_domain(data: bytes, start: int, end: int, situation: int) -> Iterator[Part]:
    """Yield the fields of a labelled domain, as far as they are there.

    Args:
        data: what holds them.
        start: the first octet after the situation.
        end: of the SA payload.
        situation: its bits, of which secrecy and integrity bring such fields.
    """
    labels = [label for label in _LABELS if situation & label]
    if not labels or start + 4 > end:
        return
    yield Part("labelled domain identifier", start, 4, str(int.from_bytes(data[start : start + 4])))
    pos = start + 4
    for label in labels:
        name = label.name.lower()
        for what, unit_bits in (("level", 8), ("categories", 1)):
            if pos + 4 > end:
                return
            size = int.from_bytes(data[pos : pos + 2])
            unit = ("octet" if unit_bits == 8 else "bit") + ("" if size == 1 else "s")
            reserved = data[pos + 2 : pos + 4]
            # Two octets, and two reserved ones that get a line of their own only where they are not zero.
            yield Part(f"{name} {what} length", pos, 2 if any(reserved) else 4, f"{size} {unit}")
            if any(reserved):
                yield Part("reserved", pos + 2, 2, reserved)
            pos += 4
            octets = -(-size * unit_bits // 8)
            if octets:
                yield Part(f"{name} {what}", pos, min(octets, end - pos), data[pos : min(pos + octets, end)])
            padded = min(pos + -(-octets // 4) * 4, end)
            if pos + octets < padded:
                yield Part("padding", pos + octets, padded - pos - octets, data[pos + octets : padded])
            pos = padded

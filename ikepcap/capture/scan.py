"""The loop over the records of one file: the short way for plain frames, the careful one for all others.

This is where the time goes, so it is written for speed: fields straight from the buffer, the fewest first,
nothing made for a frame that is not IKE. It may only reject or decode what `Decoder.decode` would reject or
decode alike; tests hold the two against each other.

Two rules keep it honest. A frame may be rejected on octets past its end (they belong to the next record),
because one so short holds no datagram at all; but nothing is counted or yielded before its captured length
has been looked at. And a record is dropped from the buffer only when it was in there to its end.
"""

from collections.abc import Iterator
from struct import Struct as Layout
from typing import Final

from ikepcap.capture.datagram import Datagram
from ikepcap.capture.decode import Decoder, Item
from ikepcap.capture.fragments import LATEST_NS
from ikepcap.capture.ip import ESP, TCP, UDP
from ikepcap.capture.link import IPV4
from ikepcap.capture.plan import NEED_MORE, RecordReader
from ikepcap.capture.udp import ON_500, ON_848, ON_4500, PORTS
from ikepcap.capture.window import SPACE

MARGIN_BYTES: Final = 128
"""With less than this in the buffer, fields that the loop looks at might not have been read yet."""
_TAGGED: Final = Layout(">HB8xB")
"""EtherType after a VLAN tag, first octet of IPv4, protocol."""
_PROBE: Final = Layout(">2xH2xH12xHHH2xI20xI")
"""IPv4 and UDP: total length, fragment bits, ports, UDP length, first word; the length if it is ISAKMP."""
_PROBE_6: Final = Layout(">HHH2xI20xI")
"""UDP alone: ports, length, first word; the length if it is ISAKMP."""
_REST: Final = Layout(">4xH2xB3x4s4s")
"""IPv4: identification, TTL, addresses."""
_UNMARKED: Final = frozenset({ON_500, ON_848})
OTHER: Final = -1
"""No protocol: the careful way finds out."""


def scan(reader: RecordReader, decoder: Decoder, first_frame: int) -> Iterator[Item]:  # noqa: C901
    """Yield what the records of one file yield; its first one has the number `first_frame`.

    One function, and longer than others here: a call per frame would cost half of what a frame costs now.

    Raises:
        CutError: the input breaks off, or cannot be followed.
    """
    window, fragments = reader.window, decoder.fragments
    buffer, view = window.buffer, window.view
    ports, unmarked, probe, probe_6 = PORTS, _UNMARKED, _PROBE.unpack_from, _PROBE_6.unpack_from
    rest, tagged, new = _REST.unpack_from, _TAGGED.unpack_from, Datagram
    esp = esp_in_udp = on_500 = on_4500 = 0
    pos, end, here, before, frame = reader.start, window.end, -1, -1, first_frame - 1
    try:
        while True:
            plan = reader.plan
            peek, guard, extra, captured_at = plan.peek.unpack_from, plan.guard, plan.extra, plan.captured_at
            stamp, stamp_at, head = plan.stamp.unpack_from, plan.stamp_at, plan.head
            captured_of, (high_ns, low_ns, add_ns) = plan.captured.unpack_from, plan.clock
            ip_at, ipv4, ipv6, vlan = plan.ip_at, plan.ipv4, plan.ipv6, plan.vlan
            limit = end - (reader.least if window.eof else MARGIN_BYTES)
            while pos <= limit:
                mark, size, kind, octet, protocol = peek(buffer, pos)
                before = here
                here = pos
                pos += size + extra
                frame += 1
                if kind == ipv4 and octet == 0x45 and size > 33 and mark == guard:
                    if protocol == TCP:
                        continue
                    ip = here + ip_at
                elif kind == vlan and size > 37 and mark == guard:
                    kind, octet, protocol = tagged(buffer, here + ip_at + 2)
                    if kind != IPV4 or octet != 0x45:
                        protocol = OTHER
                    elif protocol == TCP:
                        continue
                    ip = here + ip_at + 4
                else:
                    if kind == ipv6 and octet >> 4 == 6 and size > 37 and mark == guard:
                        protocol = buffer[here + ip_at + 6]
                        if protocol == TCP:
                            continue
                        if protocol == UDP:
                            port, to_port, size, first, length = probe_6(buffer, here + ip_at + 40)
                            if length != size - 8 and first and not ports[port] | ports[to_port]:
                                continue
                    protocol = OTHER
                # Whatever is counted or yielded has to be in the buffer to its end: `pos <= end`.
                if protocol == UDP:
                    total, bits, port, to_port, size, first, length = probe(buffer, ip)
                    where = ports[port] | ports[to_port]
                    if bits & 0x3FFF:
                        pass
                    elif not where:
                        if length != size - 8 and first:
                            continue
                    elif total == size + 20 and total > 59 and pos <= end:
                        edge = (
                            here + head + captured_of(buffer, here + captured_at)[0] if captured_at else pos
                        )
                        stop = ip + total
                        if where == ON_4500 and first:
                            if length != size - 8 and ip + 56 <= edge <= pos:
                                esp_in_udp += 1
                                continue
                        elif stop <= edge <= pos and (where in unmarked if first else where == ON_4500):
                            high, low = stamp(buffer, here + stamp_at)
                            time_ns = high * high_ns + low * low_ns + add_ns
                            if time_ns > fragments.deadline_ns:
                                time_ns = min(time_ns, LATEST_NS)
                                fragments.expire(time_ns)
                                yield from fragments.take()
                            ip_id, ttl, source, target = rest(buffer, ip)
                            if first:
                                if where == ON_500:
                                    on_500 += 1
                                data, size, marked = view[ip + 28 : stop].tobytes(), size - 8, False
                            else:
                                on_4500 += 1
                                data, size, marked = view[ip + 32 : stop].tobytes(), size - 12, True
                            yield new(
                                frame, time_ns, source, port, target, to_port, data, size, marked, ttl, ip_id
                            )
                            continue
                elif protocol == ESP and pos <= end:
                    edge = here + head + captured_of(buffer, here + captured_at)[0] if captured_at else pos
                    if ip + 20 <= edge <= pos:
                        esp += 1
                        continue
                # A record counts, and is the last one seen, only once it has been taken.
                record, here, frame = here, before, frame - 1
                pos, taken, items = reader.careful(record, frame)
                if pos == NEED_MORE:
                    pos = record
                    break
                if taken > frame:
                    frame, here = taken, -1
                if items:
                    yield from items
                if pos > end or reader.plan is not plan:
                    break
            else:
                if pos > end:  # passed on its first fields, before all of it was read
                    pos, here, frame = here, before, frame - 1
            if reader.plan is not plan:
                continue
            if here >= 0:
                reader.note_last(here)
                here = before = -1
            reader.frames = frame - first_frame + 1
            if pos > end:
                pos = window.skip(pos)
            if window.eof:
                if pos == window.end:
                    return
                raise reader.refuse(pos)
            if not window.refill(pos) and window.end >= SPACE:
                raise reader.refuse(0)
            pos, end = 0, window.end
    finally:
        if here >= 0:
            reader.note_last(here)
        reader.frames = frame - first_frame + 1
        decoder.tally.esp += esp + esp_in_udp
        decoder.tally.port_500 += on_500
        decoder.tally.port_4500 += on_4500 + esp_in_udp

"""The loop over the records of one file: the short way for plain frames, the careful one for all others.

This is where the time goes, so it is written for speed: fields straight from the buffer, the fewest first,
nothing made for a frame that is not IKE. It may only reject or decode what `Decoder.decode` would reject or
decode alike; tests hold the two against each other.

Two rules keep it honest. A frame may be rejected on octets past its end (they belong to the next record),
because one so short holds no datagram at all; but nothing is counted or yielded before its captured length
has been looked at. And what was passed before the buffer held all of its record is taken back, and comes
again.
"""

from collections.abc import Iterator
from struct import Struct as Layout
from typing import Final

from ikepcap.capture.datagram import Datagram
from ikepcap.capture.decode import Decoder, Item
from ikepcap.capture.fragments import LATEST_NS
from ikepcap.capture.ip import ESP, TCP, UDP
from ikepcap.capture.link import IPV4
from ikepcap.capture.plan import NEED_MORE, CutError, RecordReader
from ikepcap.capture.udp import ON_500, ON_848, ON_4500, PORTS
from ikepcap.capture.window import SPACE

MARGIN_BYTES: Final = 128
"""With less than this in the buffer, fields that the loop looks at might not have been read yet."""
_TAGGED: Final = Layout(">HB8xB")
"""EtherType after a VLAN tag, first octet of IPv4, protocol."""
_PROBE: Final = Layout(">2xH2xH12xHHH2xI22xH")
"""IPv4 and UDP: total length, fragment bits, ports, UDP length, first word; lower half of ISAKMP's length."""
_PROBE_6: Final = Layout(">4xH34xHHH2xI22xH")
"""IPv6 and UDP: payload length, ports, UDP length, first word; lower half of ISAKMP's length."""
_REST: Final = Layout(">4xH2xB3x4s4s")
"""IPv4: identification, TTL, addresses."""
_REST_6: Final = Layout(">7xB16s16s")
"""IPv6: hop limit, addresses."""
_UNMARKED: Final = frozenset({ON_500, ON_848})
_OTHER: Final = -1
"""No protocol: the careful way finds out."""


def scan(reader: RecordReader, decoder: Decoder, first_frame: int) -> Iterator[list[Item]]:  # noqa: C901
    """Yield what the records of one file yield, in lists; its first one has the number `first_frame`.

    One function, and longer than others here: a call per frame would cost half of what a frame costs now.
    A list has what was found in one filling of the buffer, so that nothing waits for input still to come.

    Raises:
        CutError: the input breaks off, or cannot be followed.
    """
    window, fragments = reader.window, decoder.fragments
    buffer, view = window.buffer, window.view
    ports, unmarked, probe, probe_6 = PORTS, _UNMARKED, _PROBE.unpack_from, _PROBE_6.unpack_from
    rest, tagged, new = _REST.unpack_from, _TAGGED.unpack_from, Datagram
    esp = esp_in_udp = on_500 = on_4500 = 0
    pos, end, here, before, frame = reader.start, window.end, -1, -1, first_frame - 1
    found: list[Item] = []
    found_one = found.append
    try:
        while True:
            plan = reader.plan
            peek, guard, extra, captured_at = plan.peek.unpack_from, plan.guard, plan.extra, plan.captured_at
            stamp, stamp_at, head = plan.stamp.unpack_from, plan.stamp_at, plan.head
            captured_of, (high_ns, low_ns, add_ns) = plan.captured.unpack_from, plan.clock
            ip_at, ipv4, ipv6, vlan = plan.ip_at, plan.ipv4, plan.ipv6, plan.vlan
            fits, fits_tagged = plan.fits, plan.fits + 4
            # Above this a record has all that `probe` reads; never where `size` is not the captured length.
            ample = 1 << 32 if captured_at else ip_at - head + 4 + 56
            limit = end - (reader.least if window.eof else MARGIN_BYTES)
            while pos <= limit:
                mark, size, kind, octet, protocol = peek(buffer, pos)
                before = here
                here = pos
                pos += size + extra
                frame += 1
                if kind == ipv4 and octet == 0x45 and size >= fits and mark == guard:
                    at = ip_at
                elif kind == vlan and size >= fits_tagged and mark == guard:
                    kind, octet, protocol = tagged(buffer, here + ip_at + 2)
                    if kind != IPV4 or octet != 0x45:
                        protocol = _OTHER
                    at = ip_at + 4
                elif kind == ipv6 and octet >> 4 == 6 and size >= fits and mark == guard:
                    protocol = buffer[here + ip_at + 6]
                    if protocol == UDP:
                        ip = here + ip_at
                        total, port, to_port, udp_size, first, length = probe_6(buffer, ip)
                        where = ports[port] | ports[to_port]
                        if not where:
                            if length != udp_size - 8 and first:
                                continue
                        elif total == udp_size and total > 39 and pos <= end:
                            edge = (
                                here + head + captured_of(buffer, here + captured_at)[0]
                                if captured_at
                                else pos
                            )
                            if ip + 40 + total <= edge <= pos and (
                                where in unmarked if first else where == ON_4500
                            ):
                                high, low = stamp(buffer, here + stamp_at)
                                time_ns = high * high_ns + low * low_ns + add_ns
                                if time_ns > fragments.deadline_ns:
                                    time_ns = min(time_ns, LATEST_NS)
                                    fragments.expire(time_ns)
                                    found += fragments.take()
                                if not first:
                                    on_4500 += 1
                                elif where == ON_500:
                                    on_500 += 1
                                found_one(_over_ipv6(view, ip, frame, time_ns, port, to_port, first == 0))
                                continue
                    if protocol != TCP:
                        protocol = _OTHER
                else:
                    protocol = _OTHER
                if protocol == TCP:
                    continue
                if protocol == UDP:
                    ip = here + at
                    total, bits, port, to_port, udp_size, first, length = probe(buffer, ip)
                    where = ports[port] | ports[to_port]
                    if not where:
                        if length != udp_size - 8 and first and not bits & 0x3FFF:
                            continue
                    elif (
                        first
                        and where == ON_4500
                        and length != udp_size - 8
                        and size > ample
                        and total == udp_size + 20
                        and udp_size > 15
                        and not bits & 0x3FFF
                    ):
                        esp_in_udp += 1
                        continue
                    elif total == udp_size + 20 and total > 59 and pos <= end and not bits & 0x3FFF:
                        edge = (
                            here + head + captured_of(buffer, here + captured_at)[0] if captured_at else pos
                        )
                        if where == ON_4500 and first:
                            if length != udp_size - 8 and ip + 56 <= edge <= pos:
                                esp_in_udp += 1
                                continue
                        elif ip + total <= edge <= pos and (where in unmarked if first else where == ON_4500):
                            high, low = stamp(buffer, here + stamp_at)
                            time_ns = high * high_ns + low * low_ns + add_ns
                            if time_ns > fragments.deadline_ns:
                                time_ns = min(time_ns, LATEST_NS)
                                fragments.expire(time_ns)
                                found += fragments.take()
                            ip_id, ttl, source, target = rest(buffer, ip)
                            if first:
                                if where == ON_500:
                                    on_500 += 1
                                data, size, marked = view[ip + 28 : ip + total].tobytes(), udp_size - 8, False
                            else:
                                on_4500 += 1
                                data, size, marked = view[ip + 32 : ip + total].tobytes(), udp_size - 12, True
                            found_one(
                                new(
                                    frame,
                                    time_ns,
                                    source,
                                    port,
                                    target,
                                    to_port,
                                    data,
                                    size,
                                    marked,
                                    ttl,
                                    ip_id,
                                )
                            )
                            continue
                elif protocol == ESP and (
                    not captured_at
                    or here + at + 20 <= here + head + captured_of(buffer, here + captured_at)[0] <= pos
                ):
                    esp += 1
                    continue
                # The reader counts frames and notes times itself, and has to know of those passed before.
                if before >= 0:
                    reader.note_last(before)
                record, here, frame = here, -1, frame - 1
                pos, frame, items = reader.careful(record, frame)
                if pos == NEED_MORE:
                    pos = record
                    break
                found += items
                if pos > end or reader.plan is not plan:
                    break
            else:
                if pos > end:  # passed or counted on its first fields, before all of it was read
                    pos, here, frame = here, before, frame - 1
                    if protocol == ESP:
                        esp -= 1
                    elif protocol == UDP and where:
                        esp_in_udp -= 1
            if reader.plan is not plan and pos <= end:
                continue
            if here >= 0:
                reader.note_last(here)
                here = before = -1
            reader.frames = frame - first_frame + 1
            if found:
                yield found
                found = []
                found_one = found.append
            if pos > end:
                pos = window.skip(pos)
            if window.eof:
                if pos == window.end:
                    return
                raise reader.refuse(pos)
            if not window.refill(pos) and window.end >= SPACE:
                raise reader.refuse(0)
            pos, end = 0, window.end
    except CutError:
        if found:
            yield found
        raise
    finally:
        if here >= 0:
            reader.note_last(here)
        reader.frames = frame - first_frame + 1
        decoder.tally.esp += esp + esp_in_udp
        decoder.tally.port_500 += on_500
        decoder.tally.port_4500 += on_4500 + esp_in_udp


def _over_ipv6(
    view: memoryview, ip: int, frame: int, time_ns: int, port: int, to_port: int, marked: bool
) -> Datagram:
    """Return the datagram of a plain IPv6 packet, the header of which is at `ip`."""
    start, end = ip + (52 if marked else 48), ip + 40 + int.from_bytes(view[ip + 4 : ip + 6])
    hops, source, target = _REST_6.unpack_from(view, ip)
    data = view[start:end].tobytes()
    return Datagram(frame, time_ns, source, port, target, to_port, data, len(data), marked, hops, 0)

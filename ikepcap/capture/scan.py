"""The loop over the records of one file: the short way for plain frames, the careful one for all others.

This is where the time goes, so it is written for speed: fields straight from the buffer, the fewest first,
nothing made for a frame that is not IKE. It may only reject or decode what `Decoder.decode` would reject or
decode alike; tests hold the two against each other.

Two rules keep it honest. A frame may be rejected on octets past its end (they belong to the next record),
because one so short holds no datagram at all; but nothing is counted or yielded before its captured length
has been looked at, and all of it is there. And what was passed before the buffer held all of its record is
taken back, and comes again.
"""

from collections.abc import Callable, Iterator, Sequence
from struct import Struct as Layout
from typing import Final

from ikepcap.capture.datagram import Packed
from ikepcap.capture.decode import Decoder, Item
from ikepcap.capture.fragments import LATEST_NS
from ikepcap.capture.ip import ESP, TCP, UDP
from ikepcap.capture.link import IPV4
from ikepcap.capture.plan import NEED_MORE, CutError, RecordReader
from ikepcap.capture.udp import ON_500, ON_4500, PORTS
from ikepcap.capture.window import SPACE

Careful = Callable[[int, int], tuple[int, int, Sequence[Item]]]
"""See `RecordReader.careful`."""
MARGIN_BYTES: Final = 128
"""With less than this in the buffer, fields that the loop looks at might not have been read yet."""
MANY: Final = 128
"""With more than this found in one filling, the next one is smaller."""
_TAGGED: Final = Layout(">HB8xB")
"""EtherType after a VLAN tag, first octet of IPv4, protocol."""
_PROBE: Final = Layout(">2xH2xH12xHHH2xI22xH")
"""IPv4 and UDP: total length, fragment bits, ports, UDP length, first word; lower half of ISAKMP's length."""
_PROBE_6: Final = Layout(">4xH34xHHH2xI22xH")
"""IPv6 and UDP: payload length, ports, UDP length, first word; lower half of ISAKMP's length."""
_REST: Final = Layout(">4x2s2xB3x8s4s")
"""IPv4: identification, TTL, addresses; ports."""
_REST_6: Final = Layout(">7xB32s4s")
"""IPv6: hop limit, addresses; ports."""
_NO_ID: Final = bytes(2)
_NOWHERE: Final = 0
"""No ports: the careful way makes all datagrams."""
_OTHER: Final = -1
"""No protocol: the careful way finds out."""


def scan(
    reader: RecordReader, decoder: Decoder, first_frame: int, careful: Careful | None = None
) -> Iterator[list[Item | Packed]]:
    """Yield what the records of one file yield, from where its reader stands: a list for each filling.

    Nothing waits for input still to come. Between two lists whatever has been reached is known to the reader
    and its window, and whoever moves them moves the scan.

    Args:
        reader: of the file.
        decoder: what its frames go to.
        first_frame: number of the first frame of the file.
        careful: is called in place of `reader.careful`, and for every record that yields something.

    Raises:
        CutError: the input breaks off, or cannot be followed.
    """
    window = reader.window
    while True:
        plan = reader.plan
        found: list[Item | Packed] = []
        try:
            pass_filling(reader, decoder, first_frame, careful, found)
        except CutError:
            yield found
            raise
        yield found
        if reader.plan is not plan and window.pos <= window.end:
            continue
        if window.pos > window.end:
            window.skip()
        if window.eof:
            if window.pos == window.end:
                return
            raise reader.refuse(window.pos)
        if not window.refill(is_dense=len(found) > MANY) and window.end >= SPACE:
            raise reader.refuse(0)


def pass_filling(  # noqa: C901
    reader: RecordReader,
    decoder: Decoder,
    first_frame: int,
    careful: Careful | None,
    found: list[Item | Packed],
) -> None:
    """Pass the records in the window, as far as they are whole, and add what they yield to `found`.

    Ends early where the plan changes. One function, and longer than others here: a call per frame would cost
    half of what a frame costs now. The arguments are those of `scan`.
    """
    window, fragments, tally = reader.window, decoder.fragments, reader.tally
    buffer, view = window.buffer, window.view
    unmarked, marked = (ON_500, ON_4500) if careful is None else (_NOWHERE, _NOWHERE)
    careful = careful or reader.careful
    ports, probe, probe_6 = PORTS, _PROBE.unpack_from, _PROBE_6.unpack_from
    rest, rest_6, tagged = _REST.unpack_from, _REST_6.unpack_from, _TAGGED.unpack_from
    found_one = found.append
    esp = esp_in_udp = on_500 = on_4500 = slow = 0
    since, since_ns = -1, 0
    frames_before = reader.frames
    pos, end, here, before = window.pos, window.end, -1, -1
    frame = first_frame + reader.frames - 1
    plan = reader.plan
    peek, guard, extra, captured_at = plan.peek.unpack_from, plan.guard, plan.extra, plan.captured_at
    stamp, stamp_at, head = plan.stamp.unpack_from, plan.stamp_at, plan.head
    captured_of, (high_ns, low_ns, add_ns) = plan.captured.unpack_from, plan.clock
    ip_at, ipv4, ipv6, vlan = plan.ip_at, plan.ipv4, plan.ipv6, plan.vlan
    fits, fits_tagged = plan.fits, plan.fits + 4
    limit = end - (reader.least if window.eof else MARGIN_BYTES)
    try:
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
                at, protocol = ip_at, buffer[here + ip_at + 6]
                if protocol == ESP:
                    protocol = _OTHER
            else:
                protocol = _OTHER
            if protocol == TCP:
                continue
            if protocol == UDP:
                ip = here + at
                if kind != ipv6:
                    total, bits, port, to_port, udp_size, first, length = probe(buffer, ip)
                else:  # as if there were an IPv4 header right before UDP
                    total, port, to_port, udp_size, first, length = probe_6(buffer, ip)
                    ip, total, bits = ip + 20, total + 20, 0
                where = ports[port] | ports[to_port]
                if not where:
                    if length != udp_size - 8 and first and not bits & 0x3FFF:
                        continue
                elif total == udp_size + 20 > 59 and not bits & 0x3FFF and pos <= end:
                    edge = here + head + captured_of(buffer, here + captured_at)[0] if captured_at else pos
                    if first and where == ON_4500:
                        if length != udp_size - 8 and ip + 56 <= edge <= pos:
                            esp_in_udp += 1
                            continue
                    elif ip + total <= edge <= pos and where == (unmarked if first else marked):
                        high, low = stamp(buffer, here + stamp_at)
                        if high != since:  # with most clocks but once a second
                            since, since_ns = high, high * high_ns + add_ns
                        time_ns = since_ns + low * low_ns
                        if time_ns > fragments.deadline_ns:
                            time_ns = min(time_ns, LATEST_NS)
                            fragments.expire(time_ns)
                            found += fragments.take()
                        if kind != ipv6:
                            ip_id, ttl, addresses, both_ports = rest(buffer, ip)
                        else:
                            ttl, addresses, both_ports = rest_6(buffer, ip - 20)
                            ip_id = _NO_ID
                        if first:
                            on_500 += 1
                            data = view[ip + 28 : ip + total].tobytes()
                        else:
                            on_4500 += 1
                            data = view[ip + 32 : ip + total].tobytes()
                        found_one((frame, time_ns, addresses, both_ports, ip_id, ttl, data))
                        continue
            elif (
                protocol == ESP
                and pos <= end
                and (
                    not captured_at
                    or here + at + 20 <= here + head + captured_of(buffer, here + captured_at)[0] <= pos
                )
            ):
                esp += 1
                continue
            # The reader counts frames and notes times itself, and has to know of those passed before.
            if before >= 0:
                reader.note_last(before)
            record, here, frame = here, -1, frame - 1
            window.pos = record
            number = frame
            pos, frame, items = careful(record, frame)
            slow += frame - number
            if pos == NEED_MORE:
                pos = record
                break
            found += items
            if pos > end or reader.plan is not plan:
                break
        else:
            if pos > end:  # passed on its first fields, before all of it was read
                pos, here, frame = here, before, frame - 1
        window.pos = pos
    finally:
        if here >= 0:
            reader.note_last(here)
        reader.frames = frame - first_frame + 1
        tally.esp += esp + esp_in_udp
        made = on_500 + on_4500
        # All that was passed and not counted is of others.
        tally.others += reader.frames - frames_before - slow - made - esp - esp_in_udp
        tally.port_500 += on_500
        tally.port_4500 += on_4500 + esp_in_udp

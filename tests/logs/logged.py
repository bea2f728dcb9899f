"""The same messages as four kinds of boxes log them; addresses and lines as their documentation has them."""

from collections.abc import Iterable

US, THEM = "192.0.2.1", "198.51.100.7"
Exchanged = list[tuple[int, bytes]]
"""Sender, 0 for us, and octets."""


def _rows(data: bytes, size: int) -> Iterable[tuple[int, bytes]]:
    return ((at, data[at : at + size]) for at in range(0, len(data), size))


def fortigate(messages: Exchanged, *, port: int = 500, wrapped: int = 0) -> str:
    lines = ["2016-05-26 07:49:06 ike 0:p1: auto-negotiate connection"]
    for number, (sender, data) in enumerate(messages):
        at = f"2016-05-26 07:49:{6 + number // 3:02}"
        digits = data.hex().upper()
        parts = [digits[n : n + wrapped] for n in range(0, len(digits), wrapped)] if wrapped else [digits]
        cookies = f"{data[:8].hex()}/{data[8:16].hex()}"
        if sender == 0:
            lines.append(f"{at} ike 0:p1:14: enc {'AB' * 40}")
            lines += [f"{at} ike 0:p1:14: out {parts[0]}", *parts[1:]]
            ends = f"{US}:{port}->{THEM}:{port}"
            lines.append(
                f"{at} ike 0:p1:14: sent IKE msg (ident_i1send): {ends}, len={len(data)}, id={cookies}"
            )
        else:
            lines.append(f"{at} ike 0: comes {THEM}:{port}->{US}:{port},ifindex=6....")
            lines.append(f"{at} ike 0: IKEv1 exchange=Identity Protection id={cookies} len={len(data)}")
            lines += [f"{at} ike 0: in {parts[0]}", *parts[1:]]
            lines.append(f"{at} ike 0:p1:14: dec {'CD' * 40}")
    return "\n".join(lines) + "\n"


def _pluto_rows(data: bytes, prefix: str) -> list[str]:
    found = []
    for _, row in _rows(data, 16):
        groups = [row[n : n + 4].hex(" ") for n in range(0, len(row), 4)]
        text = "".join(chr(octet) if 32 <= octet < 127 else "." for octet in row)
        found.append(f"{prefix}|   {'  '.join(groups):<50}   {text}")
    return found


def libreswan(messages: Exchanged, *, port: int = 500) -> str:
    lines = ["Mar 24 17:57:05.000001: adding UDP interface ens37 192.0.2.1:500"]
    for number, (sender, data) in enumerate(messages):
        at = f"Mar 24 17:57:{5 + number:02}.815219: "
        shown = data
        if sender == 0:
            shown = bytes(4) + data if port != 500 else data
            lines.append(
                f"{at}| sending {len(shown)} bytes for STATE_MAIN_I1 through ens37 from {US}:{port}"
                f" to {THEM}:{port} using UDP (for #1)"
            )
        else:
            lines.append(
                f"{at}| *received {len(data)} bytes from {THEM}:{port} on ens37 {US}:{port} using UDP"
            )
        lines += _pluto_rows(shown, at)
        lines.append(f"{at}| **parse ISAKMP Message:")
        lines.append(f"{at}|    initiator SPI: {data[:4].hex(' ')}  {data[4:8].hex(' ')}")
    return "\n".join(lines) + "\n"


def openswan(messages: Exchanged) -> str:
    lines = ["| Jan 27 14:05:00: adding interface eth0/eth0 192.0.2.1:500"]
    for number, (sender, data) in enumerate(messages):
        at = f"| Jan 27 14:05:{number:02}: "
        if sender == 0:
            lines.append(
                f"{at}sending {len(data)} bytes for STATE_MAIN_I1 through eth0:500 to {THEM}:500 (using #4)"
            )
        else:
            lines.append(
                f"{at}*received {len(data)} bytes from {THEM}:500 on eth0 (port=500) at 2021-01-27 14:05:49"
            )
        for _, row in _rows(data, 16):
            groups = [row[n : n + 4].hex(" ") for n in range(0, len(row), 4)]
            lines.append(f"{at[:-1]}   {'  '.join(groups)}")
        lines.append(f"{at}**parse ISAKMP Message:")
    return "\n".join(lines) + "\n"


def _groups(data: bytes) -> list[str]:
    return [row.hex(" ", -4) for _, row in _rows(data, 32)]


def racoon(messages: Exchanged, *, port: int = 500) -> str:
    lines = ["2007-08-06 23:59:24: INFO: 192.0.2.1[500] used as isakmp port (fd=8)"]
    for number, (sender, data) in enumerate(messages):
        at = f"2007-08-07 00:03:{number:02}: DEBUG: "
        if sender == 0:
            shown = bytes(4) + data if port != 500 else data
            size = len(shown)
            lines.append(f"{at}{size} bytes from {US}[{port}] to {THEM}[{port}]")
            lines.append(f"{at}sockname {US}[{port}]")
            lines.append(f"{at}1 times of {size} bytes message will be sent to {THEM}[{port}]")
        else:
            shown = data
            lines.append(f"{at}===")
            lines.append(f"{at}{len(data)} bytes message received from {THEM}[{port}] to {US}[{port}]")
        lines += [at.rstrip(), *_groups(shown)]
        lines.append(f"{at}resend phase1 packet {data[:8].hex()}:{data[8:16].hex()}")
    return "\n".join(lines) + "\n"


def mikrotik(messages: Exchanged) -> str:
    lines = []
    for number, (sender, data) in enumerate(messages):
        at = f"15:03:{number:02} ipsec,debug,packet "
        if sender == 0:
            lines.append(f"{at}{len(data)} bytes from {US}[500] to {THEM}[500]")
            lines.append(f"{at}1 times of {len(data)} bytes message will be sent to {THEM}[500]")
        else:
            lines.append(f"{at}{len(data)} bytes message received from {THEM}[500] to {US}[500]")
        lines += [f"{at}{row}" for row in _groups(data)]
        lines.append(f"15:03:{number:02} ipsec,debug ===")
    return "\n".join(lines) + "\n"


def strongswan(messages: Exchanged, *, port: int = 500) -> str:
    lines = ["15:03:36.000 00[DMN] Starting IKE charon daemon"]
    for number, (sender, data) in enumerate(messages):
        at = f"15:03:{number:02}.125 "
        if sender == 0:
            before = data[:24] + (28).to_bytes(4) + data[28:]
            lines.append(f"{at}06[ENC] generated data of this generator => {len(data)} bytes @ 0x7f1")
            lines += _strongswan_rows(before, f"{at}06[ENC] ")
            lines.append(
                f"{at}06[NET] sending packet: from {US}[{port}] to {THEM}[{port}] ({len(data)} bytes)"
            )
            lines.append(f"{at}04[NET] sending packet: from {US}[{port}] to {THEM}[{port}]")
        else:
            shown = bytes(4) + data if port != 500 else data
            lines.append(f"{at}03[NET] received packet => {len(shown)} bytes @ 0x7f0bbd148410")
            lines += _strongswan_rows(shown, f"{at}03[NET] ")
            lines.append(f"{at}03[NET] received packet: from {THEM}[{port}] to {US}[{port}]")
            lines.append(
                f"{at}07[NET] <1> received packet: from {THEM}[{port}] to {US}[{port}] ({len(data)} bytes)"
            )
    return "\n".join(lines) + "\n"


def _strongswan_rows(data: bytes, prefix: str) -> list[str]:
    found = []
    for at, row in _rows(data, 16):
        text = "".join(chr(octet) if 32 <= octet < 127 else "." for octet in row)
        found.append(f"{prefix}{at:4}: {row.hex(' ').upper():<47}  {text}")
    return found

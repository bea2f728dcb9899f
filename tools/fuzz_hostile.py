"""Messages made to harm whoever looks at them: strings that steer, hide, pretend, and passwords out of place.

They are planted wherever a message has text. As in `fuzz_cases`, a case is named by its seed and number.
"""

import random
from collections.abc import Callable, Sequence
from typing import Final

import fuzz_cases

from ikepcap.testing import STRONG
from ikepcap.wire import build
from ikepcap.wire.message import parse
from ikepcap.wire.numbers import Payload
from ikepcap.wire.walk import Fault, Span, walk_attributes

TOKEN: Final = b"hUnt3r"
"""Passwords are made of it, so that a piece of one is known when it is seen."""
PASSWORD: Final = TOKEN * 4

_TEXTS: Final = (
    "\x1b]0;owned\x07", "\x1b[2J\x1b[31mred\x1b[0m", "\x9b31mred", "\x1bPq#0\x1b\\", "\x08\x08\x7f", "\0",
    "\t\v\f",
    "first\r\nframe 99  forged", "a\u2028b\u2029c\x85d",
    "\u202egpj.exe\u202c", "\u2066left\u2069\u061c\u200f", "pay\u200bpal\u200d\ufeff\u2060", "\xad",
    "gw\u115f\u3164\uffa0\ufe0f\u034f\U000e0100", "\U000e0041\U000e007f", "\ufff9a\ufffab\ufffb",
    "\ue000\U0010ffff",
    "<script>alert(1)</script>", "<img src=x onerror=alert(1)>", "<!-- ", "]]>", "&lt;b&gt; &#27;",
    "[x](javascript:alert(1))", "![x](https://evil.example/a.png)", "[a]: https://evil.example/",
    "| a | b |", "`id`",
    "``` `` `", "**b** _i_ ~~s~~ $x$", "# heading", "- [ ] item", "1. one", "---", "> quote", "    code",
    "\\", "\\`",
    "https://evil.example/?a=b&c", "www.evil.example", "@everyone", "#1 GH-12 !3 %4", "mailto:a@evil.example",
    "%s%n%x", "{0}{x!r}", "{{7*7}}", "${HOME}", "$(id)", "'; drop table", '"}]}', "\\u001b[31m",
    "=cmd|'/c calc'!A0",
    "\u6f22\u5b57" * 20, "e" + "\u0301" * 50, "\U0001f469\u200d\U0001f4bb", "\u0627\u0644", "\U0001d5ba",
)  # fmt: skip
_OCTETS: Final = (
    *(text.encode() for text in _TEXTS),
    b"\xed\xa0\x80\xed\xb0\x80", b"\xff\xfe\x1b\0[\0", b"\xc0\xaf", b"\x9b31m", b"\xf4\x90\x80\x80",
    b"a\x80b", b"\xe2\x80",
)  # fmt: skip
_LARGE: Final = 60_000
_ROOM: Final = 0xFFFF - 4
_TYPES: Final = (0, 1, 2, 3, 4, 5, 7, 9, 10, 11, 11, 2, 2, 3, 12, 202, 250)
_NOTIFIES: Final = (1, 14, 18, 24, 24576, 24578, 36136, 12345, 40501, 31000)
_ATTRIBUTES: Final = (
    7, 16520, 16521, 16524, 16525, 16526, 16384, 28672, 28674, 28675, 28676, 28681, 28682, 14, 13, 17, 15000,
)  # fmt: skip
_SECRETS: Final = (16522, 16523, 16528, 16529)
_EXCHANGES: Final = (2, 2, 2, 4, 4, 5, 5, 6, 6, 32, 33, 243, 244)
_ENCODINGS: Final = (1, 4, 4, 4, 5, 6, 7, 8, 9, 10, 12, 13)


def text(rng: random.Random) -> bytes:
    """Return hostile text, now and then more than anybody wants to read."""
    found = b"".join(rng.choice(_OCTETS) for _ in range(rng.choice((1, 1, 1, 2, 3))))
    found = b"gw" + found + b".example.net" if rng.random() < 0.5 else found
    return found * (_LARGE // len(found)) if rng.random() < 0.0015 else found


def der(tag: int, *content: bytes) -> bytes:
    """Return one value in DER."""
    data = b"".join(content)
    size = len(data).to_bytes((len(data).bit_length() + 7) // 8)
    length = bytes((len(data),)) if len(data) < 0x80 else bytes((0x80 | len(size),)) + size
    return bytes((tag,)) + length + data


def name(rng: random.Random) -> bytes:
    """Return a distinguished name."""
    kinds = rng.choices(
        (b"\x55\4\3", b"\x55\4\x0a", b"\x2a\x86\x48\x86\xf7\x0d\1\x09\1", b"\x2a\3"), k=rng.randint(1, 3)
    )
    return der(0x30, *(der(0x31, der(0x30, der(6, kind), der(_string(rng), text(rng)))) for kind in kinds))


def _string(rng: random.Random) -> int:
    return rng.choice((0x0C, 0x0C, 0x13, 0x16, 0x14, 0x1E, 0x1C, 0x04))


def certificate(rng: random.Random) -> bytes:
    """Return a certificate that nobody signed."""
    algorithm = der(0x30, der(6, b"\x2a\x86\x48\x86\xf7\x0d\1\1\x0b"), b"\5\0")
    validity = der(
        0x30, der(0x17, rng.choice((b"240101000000Z", text(rng)[:60]))), der(0x17, b"340101000000Z")
    )
    key = der(0x30, der(0x30, der(6, b"\x2a\x86\x48\x86\xf7\x0d\1\1\1"), b"\5\0"), der(3, b"\0" + bytes(40)))
    names = der(0x30, *(der(tag, text(rng)) for tag in (0x82, 0x81, 0x86)))
    extension = der(0x30, der(6, b"\x55\x1d\x11"), der(4, names))
    fixed = der(0xA0, b"\2\1\2"), der(2, b"\1\2\3"), algorithm, name(rng), validity, name(rng), key
    return der(0x30, der(0x30, *fixed, der(0xA3, der(0x30, extension))), algorithm, der(3, b"\0" + bytes(32)))


def _certificate_data(rng: random.Random) -> bytes:
    kind = rng.random()
    if kind < 0.6:
        return certificate(rng)
    return bytes(20) + b"http://" + text(rng) if kind < 0.8 else name(rng)


def _offer(rng: random.Random) -> build.Part:
    attributes = [
        build.tv(1, 7),
        build.tv(2, 2),
        build.tlv(16384, text(rng)),
        build.tlv(rng.randrange(30), text(rng)[:99]),
    ]
    rng.shuffle(attributes)
    return build.sa(
        [
            fuzz_cases.STRONG_PROPOSAL,
            build.proposal([STRONG.transform(1, "psk"), build.transform(attributes)]),
        ]
    )


def _attributes(rng: random.Random) -> build.Part:
    found = [build.tlv(rng.choice(_ATTRIBUTES), text(rng)[:_LARGE]) for _ in range(rng.randint(1, 5))]
    return build.configuration(rng.randint(1, 4), [*found, build.tv(16520, rng.randrange(9))], identifier=7)


_PARTS: Final[tuple[Callable[[random.Random], build.Part], ...]] = (
    lambda rng: build.raw(5, bytes((rng.choice(_TYPES), 17, 1, 0xF4)) + rng.choice((text, text, name))(rng)),
    lambda rng: build.notify(rng.choice(_NOTIFIES), spi=rng.choice((b"", bytes(16))), data=text(rng)),
    lambda rng: build.vendor_id(
        rng.choice((b"", b"OE-Libreswan-", b"strongSwan ", b"KAME/racoon")) + text(rng)
    ),
    lambda rng: build.raw(6, bytes((rng.choice(_ENCODINGS),)) + _certificate_data(rng)),
    lambda rng: build.certificate_request(rng.choice((name, text))(rng)),
    _attributes,
    _attributes,
    _offer,
    lambda rng: build.nonce(text(rng)[:64]),
    lambda rng: build.hash_payload(text(rng)[:20]),
    lambda rng: build.raw(
        rng.choice((15, 16, 20, 21, 99, 128, 130, 131, 133, 134, 135, 136, 200)), text(rng)
    ),
    lambda rng: build.raw(rng.choice((21, 131)), bytes((rng.choice(_TYPES), 0, 0, 0)) + text(rng)),
    lambda rng: build.raw(
        rng.randrange(133, 140),
        bytes(rng.choice((0, 4, 8))) + text(rng).decode("utf-8", "replace").encode("utf-16-le"),
    ),
    lambda rng: build.fragment(text(rng), number=1, is_last=True),
)


def hostile_message(rng: random.Random) -> bytes:
    """Return a message with hostile text in all its payloads."""
    parts = [rng.choice(_PARTS)(rng) for _ in range(rng.choice((1, 1, 2, 3, 5)))]
    parts = [part for part in parts if len(part.body) < _ROOM]
    found = build.message(
        parts, initiator_cookie=rng.randbytes(8), responder_cookie=rng.choice((bytes(8), rng.randbytes(8))),
        exchange=rng.choice(_EXCHANGES), message_id=rng.choice((0, 1)),
    )  # fmt: skip
    return found[: fuzz_cases.MAX_BYTES]


def message_case(seed: int, number: int, seeds: Sequence[bytes]) -> bytes:
    """Return a message, broken as those of `fuzz_cases` or hostile, or both."""
    rng = random.Random(f"message {seed} {number}")
    if rng.random() < 0.4:
        return bytes(fuzz_cases.mutated(rng, seeds)[: fuzz_cases.MAX_BYTES])
    data = bytearray(hostile_message(rng))
    for _ in range(rng.choice((0, 0, 1, 1, 2))):
        if data:
            rng.choice(fuzz_cases.MUTATIONS)(data, rng, seeds)
    return bytes(data[: fuzz_cases.MAX_BYTES])


def secret_message(rng: random.Random) -> bytes:
    """Return a message of a transaction exchange with passwords in it."""
    secrets = [build.tlv(rng.choice(_SECRETS), PASSWORD) for _ in range(rng.randint(1, 2))]
    others = [
        build.tlv(rng.choice((16521, 16524, 7, 28672)), rng.choice((b"", b"user", text(rng)[:40])))
        for _ in range(3)
    ]
    attributes = [*secrets, *others[: rng.randint(0, 3)], build.tv(16520, 0)]
    rng.shuffle(attributes)
    before = [build.hash_payload(rng.randbytes(20)), build.vendor_id(rng.randbytes(16))]
    after = [build.nonce(rng.randbytes(20)), build.identity(b"gw.example.net")]
    parts = [
        *before[: rng.randint(0, 2)],
        build.configuration(2, attributes, identifier=7),
        *after[: rng.choice((0, 0, 1, 2))],
    ]
    return build.message(
        parts, initiator_cookie=rng.randbytes(8), responder_cookie=rng.randbytes(8), exchange=6, message_id=1
    )


def secret_case(seed: int, number: int, _seeds: Sequence[bytes] = ()) -> bytes:
    """Return a message with passwords whose lengths lie, or that was cut, or goes on."""
    rng = random.Random(f"secret {seed} {number}")
    data = bytearray(secret_message(rng))
    places = _lengths(bytes(data))
    for _ in range(rng.choice((0, 1, 1, 2, 3))):
        at = rng.choice(places)
        near = int.from_bytes(data[at : at + 2]) + rng.randint(-12, 40)
        data[at : at + 2] = (
            min(max(near, 0), 0xFFFF) if rng.random() < 0.6 else rng.choice(fuzz_cases.LIES)
        ).to_bytes(2)
    if rng.random() < 0.2:
        del data[rng.randrange(29, len(data)) :]
    if rng.random() < 0.2:
        data += rng.choice((bytes(rng.randint(1, 8)), rng.randbytes(rng.randint(1, 30))))
    return bytes(data)


def _lengths(data: bytes) -> list[int]:
    """Return where a sound message has lengths: of itself, of payloads, of attributes."""
    found = [26]
    for span in _spans(data):
        found.append(span.start + 2)
        if span.type == Payload.ATTRIBUTES:
            attributes, _ = walk_attributes(data, span.body + 4, span.end)
            found += [one.start + 2 for one in attributes if one.is_tlv]
    return found


def _spans(data: bytes) -> tuple[Span, ...]:
    message = parse(data)
    return message.spans if message is not None else ()


def is_lost(data: bytes) -> bool:
    """Tell whether a message with passwords hides where they are: what lies about lengths fits everywhere."""
    message = parse(data)
    if message is None or any(defect.fault in _SHOWING for defect in message.defects):
        return False
    found = [span for span in message.spans if span.type == Payload.ATTRIBUTES]
    if not found:
        return True
    attributes, defects = walk_attributes(data, found[0].body + 4, found[0].end)
    named = [
        data[one.start + 4 : one.start + 4 + len(one.value)] for one in attributes if one.type in _SECRETS
    ]
    seen = sum(value.count(TOKEN) for value in named)
    return not defects and seen < data.count(TOKEN)


_SHOWING: Final = frozenset(Fault) - {
    Fault.MESSAGE_LENGTH,
    Fault.PADDING,
    Fault.TRUNCATED,
    Fault.RESERVED_NOT_ZERO,
}

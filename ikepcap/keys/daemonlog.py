"""Keys in the logs of daemons: strongSwan at `ike = 4`, racoon and MikroTik with debugging on.

strongSwan at `chd = 4` tells g^xy of a quick mode with PFS as well, beside the message ID in `enc = 1`.

Neither says beside a key which SA it is of. The cookies stand in other lines around it, so those seen last
before it are taken, of the same thread where strongSwan names it, or else the first after it. Where
negotiations cross, those may be another SA's: other cookies seen close by are kept too, and a key that is
tried on the wrong SA opens nothing.
"""

import re
from collections.abc import Iterable, Iterator
from typing import Final

from msgspec.structs import replace

from ikepcap.keys.material import Material, Origin, QuickSecret
from ikepcap.keys.secret import Secret
from ikepcap.logs.hexdump import HexDump
from ikepcap.logs.lines import Line

MAX_SECRET_BYTES: Final = 2048

_QUICK_FIELD: Final = "quick"
# strongSwan keymat_v1.c: "SKEYID_d => 20 bytes @ 0x7f...", and rows below.
_STRONGSWAN: Final = re.compile(
    r"\[(?:IKE|CHD)\d?\].*?(shared Diffie Hellman secret|SKEYID_[dae]|SKEYID|encryption key Ka|DH secret)"
    r" => (\d{1,4}) bytes @"
)
_STRONGSWAN_FIELDS: Final = {
    "shared Diffie Hellman secret": "shared",
    "SKEYID": "skeyid",
    "SKEYID_d": "skeyid_d",
    "SKEYID_a": "skeyid_a",
    "SKEYID_e": "skeyid_e",
    "encryption key Ka": "encryption_key",
    "DH secret": _QUICK_FIELD,
}
# "generating QUICK_MODE request 4095522139 [ HASH SA No KE ID ID ]", "next IV for MID 4095522139".
_MESSAGE_ID: Final = re.compile(r"QUICK_MODE (?:request|response) (\d{1,10}) \[|next IV for MID (\d{1,10})\b")
# racoon oakley.c: "SKEYID_d computed:", and groups on the line below.
_RACOON: Final = re.compile(
    r"(compute DH's shared\.|compute DH's private\.|SKEYID_[dae] computed:|SKEYID computed:"
    r"|final encryption key computed:)\s*$"
)
_RACOON_FIELDS: Final = {
    "compute DH's private.": "private",
    "compute DH's shared.": "shared",
    "SKEYID computed:": "skeyid",
    "SKEYID_d computed:": "skeyid_d",
    "SKEYID_a computed:": "skeyid_a",
    "SKEYID_e computed:": "skeyid_e",
    "final encryption key computed:": "encryption_key",
}
# "04[IKE] <lab|1> SKEYID => 32 bytes": strongSwan numbers its threads.
_THREAD: Final = re.compile(r"\b(\d{2,3})\[[A-Z]{3}\d?\]")
# "checkout IKEv1 SA with SPIs 58..._i 24..._r" (strongSwan), "resend phase1 packet 80...:00..." (racoon).
_COOKIES: Final = re.compile(r"\b([0-9a-f]{16})(?:_i\*? |:)([0-9a-f]{16})(?:_r\b|_r\*|\b)")
# What begins with both cookies: NAT-D inputs of strongSwan at ike 3, packets of racoon.
_NATD: Final = re.compile(r"natd_chunk => (\d{1,3}) bytes @")
_PACKET: Final = re.compile(r"bytes message (?:received|will be sent)")
_LAST_FIELD: Final = "encryption_key"
_NEARBY: Final = 4


def is_key_log(text: str) -> bool:
    """Whether a line is one that a key follows."""
    return _STRONGSWAN.search(text) is not None or _RACOON.search(text) is not None


def read_log(lines: Iterable[Line], file: str) -> Iterator[Material]:
    """Yield the keys that a log holds, with the cookies that stand next to them.

    Args:
        lines: of the log.
        file: its name, for messages.
    """
    reader = _Reader(file)
    for line in lines:
        yield from reader.take(line)
    yield from reader.end()


class _Thread:
    """What one thread of a daemon logged so far of the SA that it works on."""

    def __init__(self) -> None:
        self.fields: dict[str, Secret] = {}
        self.line = 0
        self.cookies: tuple[bytes, bytes | None] | None = None
        """Those that it named last."""
        self.message_id: int | None = None
        """Of the quick mode that it named last."""


class _Reader:
    """Puts together the keys of one SA, which the daemons log one after the other."""

    def __init__(self, file: str) -> None:
        self._file = file
        self._cookies: tuple[bytes, bytes | None] | None = None
        self._recent: list[bytes] = []
        """Initiator cookies, the latest last."""
        self._waiting: list[Material] = []
        """Complete, and without cookies so far."""
        self._threads: dict[str, _Thread] = {}
        self._thread = _Thread()
        """That of the line at hand."""
        self._dump: HexDump | None = None
        self._field: str | None = None
        self._is_racoon = False

    def take(self, line: Line) -> Iterator[Material]:
        """Take a line; yield what is complete with it."""
        if self._dump is not None:
            add = self._dump.add_groups if self._is_racoon else self._dump.add_strongswan
            if len(self._dump.octets) < MAX_SECRET_BYTES and add(line.text):
                if self._dump.is_whole:
                    yield from self._end_of_dump()
                return
            # racoon's dumps begin on the next line, in syslog after an empty one of theirs.
            if self._is_racoon and not self._dump.octets and _is_empty(line.text):
                return
            yield from self._end_of_dump()
        named = _THREAD.search(line.text)
        number = named[1] if named else ""
        if number not in self._threads:
            self._threads[number] = _Thread()
        self._thread = self._threads[number]
        pair = _COOKIES.search(line.text)
        if pair is not None:
            yield from self._see(bytes.fromhex(pair[1]), bytes.fromhex(pair[2]))
        quick = _MESSAGE_ID.search(line.text)
        if quick is not None and 0 < (message_id := int(quick[1] or quick[2])) < 1 << 32:
            self._thread.message_id = message_id
        self._begin(line)

    def end(self) -> Iterator[Material]:
        """Yield what is left when the log ends."""
        yield from self._end_of_dump()
        for thread in self._threads.values():
            self._thread = thread
            yield from self._complete()
        yield from self._waiting

    def _begin(self, line: Line) -> None:
        """Begin a dump where a line announces one."""
        text = line.text
        found = _STRONGSWAN.search(text)
        self._field = None
        if found is not None:
            self._start(_STRONGSWAN_FIELDS[found[1]], int(found[2]), line, is_racoon=False)
        elif (found := _RACOON.search(text)) is not None:
            self._start(_RACOON_FIELDS[found[1]], None, line, is_racoon=True)
        elif (found := _NATD.search(text)) is not None:
            self._dump, self._is_racoon = HexDump(int(found[1])), False
        elif _PACKET.search(text) is not None:
            self._dump, self._is_racoon = HexDump(), True

    def _start(self, field: str, size: int | None, line: Line, *, is_racoon: bool) -> None:
        self._field, self._dump, self._is_racoon = field, HexDump(size), is_racoon
        self._thread.line = self._thread.line or line.number

    def _end_of_dump(self) -> Iterator[Material]:
        """Keep what was dumped: a secret, or octets that begin with cookies."""
        dump, self._dump = self._dump, None
        if dump is None or not dump.octets:
            return
        octets = bytes(dump.octets)
        if self._field is None:
            # A message on port 4500 is logged with its marker of four zero octets.
            at = 4 if octets[:4] == bytes(4) else 0
            if len(octets) >= at + 16:
                yield from self._see(octets[at : at + 8], octets[at + 8 : at + 16])
            return
        if self._field == _QUICK_FIELD:
            yield from self._complete()
            yield from self._quick(Secret(octets))
            return
        if self._field in self._thread.fields:
            yield from self._complete()
        self._thread.fields[self._field] = Secret(octets)
        if self._field == _LAST_FIELD:
            yield from self._complete()

    def _see(self, initiator: bytes, responder: bytes) -> Iterator[Material]:
        """Take cookies: the keys that wait for some get them."""
        other = responder if any(responder) else None
        self._cookies = self._thread.cookies = (initiator, other)
        if initiator in self._recent:
            self._recent.remove(initiator)
        self._recent.append(initiator)
        del self._recent[:-_NEARBY]
        waiting, self._waiting = self._waiting, []
        for material in waiting:
            yield replace(material, initiator_cookie=initiator, responder_cookie=other)

    def _quick(self, shared: Secret) -> Iterator[Material]:
        """Hand on g^xy of a quick mode; without its message ID nothing would find it."""
        thread = self._thread
        where, thread.line = Origin(self._file, thread.line), 0
        if thread.message_id is not None:
            yield from self._placed(Material(where, quick=(QuickSecret(thread.message_id, shared),)))

    def _complete(self) -> Iterator[Material]:
        """Hand on the keys of an SA."""
        thread = self._thread
        if not thread.fields:
            return
        material = Material(Origin(self._file, thread.line), **thread.fields)  # type: ignore[arg-type]
        thread.fields, thread.line = {}, 0
        yield from self._placed(material)

    def _placed(self, material: Material) -> Iterator[Material]:
        """Yield a material with the cookies that it is of, or let it wait for them."""
        cookies = self._thread.cookies or self._cookies
        if cookies is None:
            self._waiting.append(material)
            return
        initiator, responder = cookies
        nearby = tuple(cookie for cookie in self._recent if cookie != initiator)
        yield replace(material, initiator_cookie=initiator, responder_cookie=responder, nearby=nearby)


def _is_empty(text: str) -> bool:
    return not text.strip() or re.search(r"(?:DEBUG2?:|ipsec[\w,]*:?)\s*$", text) is not None

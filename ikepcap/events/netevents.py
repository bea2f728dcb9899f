"""Read the events that a Windows host exported with `netsh wfp show netevents`.

Values may be symbols or numbers, members may come in any order, what is not known is passed over. The file is
hostile input: no document type and no entity is accepted, and depth, length and number are bounded.
"""

import codecs
from collections.abc import Mapping
from typing import Final
from xml.parsers import expat

from msgspec import convert

from ikepcap.errors import IkepcapError
from ikepcap.events.model import (
    ExtendedModeFailure,
    Failure,
    Header,
    MainModeFailure,
    NetEvent,
    QuickModeFailure,
)
from ikepcap.events.numbers import EM_FLAGS, ENUMERATIONS, EVENT_TYPES, MM_FLAGS, error_code, flags, symbol

MAX_BYTES: Final = 64 << 20
_MAX_EVENTS: Final = 100_000
_MAX_DEPTH: Final = 32
_MAX_TEXT: Final = 4096
_MAX_VALUES: Final = 512
_MAX_NUMBER: Final = 2**64

_KINDS: Final[dict[str, type[Failure]]] = {
    "ikemmfailure": MainModeFailure,
    "ikeqmfailure": QuickModeFailure,
    "ikeemfailure": ExtendedModeFailure,
}
_TYPES: Final = dict(zip(EVENT_TYPES, _KINDS.values(), strict=True))
_MEMBERS: Final = {
    member.lower(): member for kind in _KINDS.values() for member in kind.__struct_encode_fields__
}
_NUMBERS: Final = (
    "mmId", "mmFilterId", "qmFilterId", "numLocalPrincipalGroupSids", "numRemotePrincipalGroupSids",
)  # fmt: skip
_LISTS: Final = ("localPrincipalGroupSids", "remotePrincipalGroupSids")


def read_netevents(data: bytes, name: str) -> tuple[NetEvent, ...]:
    """Return the failures of IKE and AuthIP in an exported file, in its order; other events are passed over.

    Args:
        data: the file, UTF-8 or UTF-16.
        name: what to call it in errors.

    Raises:
        IkepcapError: it is no such file, or it is not to be trusted.
    """
    if len(data) > MAX_BYTES:
        raise IkepcapError(f"{name}: is larger than {MAX_BYTES >> 20} MiB; export fewer events")
    reader = _Reader(name)
    try:
        reader.parser.Parse(_utf8(data, name), True)
    except expat.ExpatError as error:
        what = expat.ErrorString(error.code)
        raise IkepcapError(f"{name}: line {error.lineno}: no well-formed XML: {what}") from None
    if not reader.has_events:
        raise IkepcapError(f"{name}: holds no net events; export them with 'netsh wfp show netevents'")
    return tuple(reader.events)


_MARKS: Final = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
    (b"<\0", "utf-16-le"),
    (b"\0<", "utf-16-be"),
)
"""How a document in each encoding begins, with a byte order mark or without."""


def _utf8(data: bytes, name: str) -> bytes:
    """Return the document as UTF-8, whatever it calls itself: tools save it anew and leave the old label."""
    encoding = next((encoding for mark, encoding in _MARKS if data.startswith(mark)), "utf-8")
    try:
        return data.decode(encoding).removeprefix("\ufeff").encode("utf-8")
    except UnicodeError:
        raise IkepcapError(f"{name}: is not text in UTF-8 or UTF-16") from None


class _Reader:
    """Follows the parser and makes an event of each item."""

    def __init__(self, name: str) -> None:
        self.events: list[NetEvent] = []
        self.has_events = False
        self._name = name
        self._path: list[str] = []
        self._text: list[str] = []
        self._length = 0
        self._began = 0
        """Depth of the item that is being read, 0 outside."""
        self._line = 0
        self._values: list[tuple[tuple[str, ...], str]] = []
        self.parser = expat.ParserCreate("utf-8")
        self.parser.StartElementHandler = self._start
        self.parser.EndElementHandler = self._end
        self.parser.CharacterDataHandler = self._characters
        self.parser.StartDoctypeDeclHandler = self._refuse
        self.parser.EntityDeclHandler = self._refuse

    def _refuse(self, *_: object) -> None:
        raise IkepcapError(
            f"{self._name}: line {self.parser.CurrentLineNumber}: declares a document type or an entity, "
            "which no export of Windows does; it is not read"
        )

    def _start(self, element: str, _: dict[str, str]) -> None:
        if len(self._path) >= _MAX_DEPTH:
            raise IkepcapError(f"{self._name}: line {self.parser.CurrentLineNumber}: nested too deep")
        tag = element.rpartition(":")[2].lower()
        parent = self._path[-1] if self._path else ""
        self._path.append(tag)
        self._text.clear()
        self._length = 0
        if tag == "netevents":
            self.has_events = True
        if not self._began and (tag == "netevent" or (tag == "item" and parent == "netevents")):
            self.has_events = True
            self._began = len(self._path)
            self._line = self.parser.CurrentLineNumber
            self._values.clear()

    def _characters(self, text: str) -> None:
        if self._began and self._length < _MAX_TEXT:
            self._text.append(text)
            self._length += len(text)

    def _end(self, _: str) -> None:
        if self._began:
            text = "".join(self._text)[:_MAX_TEXT].strip()
            if text and len(self._values) < _MAX_VALUES:
                self._values.append((tuple(self._path[self._began :]), text))
            if len(self._path) == self._began:
                self._finish()
        self._text.clear()
        self._path.pop()

    def _finish(self) -> None:
        self._began = 0
        failure = _failure(self._values)
        if failure is not None:
            if len(self.events) >= _MAX_EVENTS:
                raise IkepcapError(f"{self._name}: more than {_MAX_EVENTS:,} failures; export fewer events")
            self.events.append(NetEvent(self._line, _header(self._values), failure))


_Values = list[tuple[tuple[str, ...], str]]


def _failure(values: _Values) -> Failure | None:
    """Return the failure that an item describes; None where it is an event of another kind."""
    kind = next((_KINDS[step] for path, _ in values for step in path if step in _KINDS), None)
    if kind is None:
        kind = next((_kind_of(text) for path, text in values if path == ("type",)), None)
    if kind is None:
        return None
    texts: dict[str, list[str]] = {}
    for path, text in values:
        member = next((_MEMBERS[step] for step in path if step in _MEMBERS), None)
        if member is not None and path[0] != "header":
            texts.setdefault(member, []).append(text)
    fields = kind.__struct_encode_fields__
    names = EM_FLAGS if kind is ExtendedModeFailure else MM_FLAGS
    found = {member: _value(member, tuple(read), names) for member, read in texts.items() if member in fields}
    if "flags" in fields:
        found.setdefault("flags", 0)  # `<flags/>`: none is set
    return convert(found, kind)


def _kind_of(text: str) -> type[Failure] | None:
    """Return the kind of an event by its type, a symbol or a number."""
    number = error_code(text)  # reads any number
    if number is not None:
        return list(_TYPES.values())[number] if number < len(_TYPES) else None
    return _TYPES.get(text.upper())


def _value(member: str, texts: tuple[str, ...], names: Mapping[str, int]) -> object:
    """Return the value of a member, `names` being its flags; None where it cannot be read."""
    text = texts[0]
    if member == "flags":
        return flags(names, texts)
    if member in ENUMERATIONS:
        return symbol(member, text)
    if member in _LISTS:
        return texts
    if member == "failureErrorCode" or member in _NUMBERS:
        number = error_code(text)
        return number if number is not None and number < _MAX_NUMBER else None
    if member == "endCertHash":
        digits = "".join(texts).lower().replace(" ", "").removeprefix("0x")
        return digits if len(digits) == 40 and not digits.strip("0123456789abcdef") else None
    return text


def _header(values: _Values) -> Header:
    """Return the ends of an event; addresses as they are written, IPv4 as a number too."""
    found: dict[str, str] = {}
    for path, text in values:
        found.setdefault(path[-1].partition(".")[0], text)
    return Header(
        found.get("timestamp"),
        _address(found, "localaddr"),
        _port(found.get("localport")),
        _address(found, "remoteaddr"),
        _port(found.get("remoteport")),
        _cookie(found.get("initiatorcookie")),
        _cookie(found.get("respondercookie")),
    )


def _address(found: dict[str, str], name: str) -> str | None:
    """Return an address in its usual form."""
    from ipaddress import ip_address

    text = found.get(f"{name}v4") or found.get(f"{name}v6")
    if text is None:
        return None
    number = error_code(text)
    try:
        return str(ip_address(text.partition("%")[0] if number is None else number))
    except ValueError:
        return None


def _port(text: str | None) -> int | None:
    number = None if text is None else error_code(text)
    return number if number is not None and number < 1 << 16 else None


def _cookie(text: str | None) -> str | None:
    """Return a cookie as 16 hexadecimal digits; None for anything else."""
    digits = (text or "").lower().removeprefix("0x").replace(":", "")
    return digits if len(digits) == 16 and not digits.strip("0123456789abcdef") else None

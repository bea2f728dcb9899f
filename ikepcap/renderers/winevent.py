"""Records of Windows as XML, as JSON, or as text: what it would log, and what a host did log beside it."""

from collections.abc import Iterable, Iterator
from html import escape
from typing import Any, Final

import msgspec

from ikepcap.events.model import (
    SCHEMA,
    UNION_MEMBER,
    Agreement,
    Expected,
    ExtendedModeFailure,
    Failure,
    Header,
    QuickModeFailure,
)
from ikepcap.events.numbers import EM_FLAGS, EVENT_TYPES, MM_FLAGS, error_meaning, error_name, flag_names
from ikepcap.renderers.page import Page
from ikepcap.renderers.text import printable
from ikepcap.renderers.words import endpoint

_LIMIT: Final = 1_000
_LABEL: Final = 18
_NIL: Final = ' xsi:nil="true"'
_COUNT_OF: Final = ("localPrincipalGroupSids", "remotePrincipalGroupSids")
_UNKNOWN: Final = "not on the wire"


def xml_lines(expected: Iterable[Expected]) -> Iterator[str]:
    """Yield records in the shape of `netsh wfp show netevents`; what is not known is nil."""
    yield '<?xml version="1.0" encoding="UTF-8"?>'
    yield '<netEvents xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance">'
    for one in expected:
        yield "  <item>"
        yield from _header_lines(one.header)
        yield f"    <type>{event_type(one.failure)}</type>"
        union = UNION_MEMBER[type(one.failure)]
        yield f"    <{union}>"
        for member, value in _members(one.failure):
            yield from _member_lines(one.failure, member, value)
        yield f"    </{union}>"
        yield "  </item>"
    yield "</netEvents>"


def event_type(failure: Failure) -> str:
    """Return the FWPM_NET_EVENT_TYPE of a failure."""
    return EVENT_TYPES[list(UNION_MEMBER).index(type(failure))]


def _header_lines(header: Header) -> Iterator[str]:
    version = "V6" if ":" in (header.local_address or "") else "V4"
    suffix = "V6.byteArray16" if version == "V6" else "V4"
    yield "    <header>"
    yield _element("timeStamp", header.time_stamp, 6)
    yield _element("ipVersion", f"FWP_IP_VERSION_{version}", 6)
    yield _element("ipProtocol", 17, 6)
    yield _element(f"localAddr{suffix}", header.local_address, 6)
    yield _element(f"remoteAddr{suffix}", header.remote_address, 6)
    yield _element("localPort", header.local_port, 6)
    yield _element("remotePort", header.remote_port, 6)
    yield "    </header>"


def _member_lines(failure: Failure, member: str, value: object) -> Iterator[str]:
    if member == "flags" and isinstance(value, int):
        yield from _list_lines(member, flag_names(_flags_of(failure), value))
    elif member in _COUNT_OF and isinstance(value, tuple):
        yield from _list_lines(member, value)
    else:
        yield _element(member, value, 6)


def _list_lines(name: str, items: tuple[object, ...]) -> Iterator[str]:
    if not items:
        yield f'      <{name} numItems="0"/>'
        return
    yield f'      <{name} numItems="{len(items)}">'
    yield from (_element("item", item, 8) for item in items)
    yield f"      </{name}>"


def _element(name: str, value: object, indent: int) -> str:
    if value is None:
        return f"{' ' * indent}<{name}{_NIL}/>"
    return f"{' ' * indent}<{name}>{escape(printable(str(value), _LIMIT), quote=False)}</{name}>"


def json_document(expected: Iterable[Expected], agreements: Iterable[Agreement] | None, source: str) -> bytes:
    """Return everything as one document; `netEvents` is there where a host's events were read."""
    document: dict[str, Any] = {
        "schema": SCHEMA,
        "source": printable(source, _LIMIT),
        "events": [_record(one) for one in expected],
    }
    if agreements is not None:
        document["netEvents"] = [_compared(one) for one in agreements]
    return msgspec.json.format(msgspec.json.encode(document), indent=2) + b"\n"


def _record(one: Expected) -> dict[str, Any]:
    names = [error_name(code) or str(code) for code in one.other_codes]
    return {
        "conversation": one.conversation,
        "side": one.side,
        "messageId": one.message_id,
        "type": event_type(one.failure),
        "header": one.header,
        UNION_MEMBER[type(one.failure)]: one.failure,
        "failureErrorName": one.error_name,
        "flagNames": _flag_names(one.failure),
        "certainty": one.certainty,
        "otherErrorCodes": one.other_codes,
        "otherErrorNames": names,
        "why": one.why,
    }


def _compared(one: Agreement) -> dict[str, Any]:
    failure = one.event.failure
    code = failure.failure_error_code
    return {
        "line": one.event.line,
        "type": event_type(failure),
        "header": one.event.header,
        UNION_MEMBER[type(failure)]: failure,
        "failureErrorName": None if code is None else error_name(code),
        "conversation": one.conversation,
        "side": one.side,
        "agrees": one.agrees,
        "disagrees": one.disagrees,
        "why": one.why,
    }


def text_lines(
    expected: Iterable[Expected], agreements: Iterable[Agreement] | None, source: str, page: Page
) -> Iterator[str]:
    """Yield everything as text for people."""
    records = list(expected)
    yield from page.prose(f"{source}: {_count(len(records), 'record')} that Windows would log", 0)
    for one in records:
        yield ""
        yield from _record_lines(one, page)
    if agreements is None:
        return
    compared = list(agreements)
    yield ""
    yield from page.prose(f"{_count(len(compared), 'record')} that the host logged", 0)
    for agreement in compared:
        yield ""
        yield from _agreement_lines(agreement, page)


def _record_lines(one: Expected, page: Page) -> Iterator[str]:
    which = "AuthIP" if one.conversation is None else f"negotiation {one.conversation}"
    quick = f", quick mode {one.message_id}" if one.message_id else ""
    yield page.line((f"{event_type(one.failure)}", "strong"))
    yield from page.entry("at", f"{_ends(one.header)} ({one.side} of {which}{quick})", 2, _LABEL)
    for member, value in _members(one.failure):
        if member == "failureErrorCode":
            yield from page.entry(member, _codes(one), 2, _LABEL)
        elif "rincipal" not in member:
            yield from page.entry(member, _shown(one.failure, member, value), 2, _LABEL)
        elif value:
            yield from page.entry(member, str(value), 2, _LABEL)
    yield from page.entry("why", one.why, 2, _LABEL)


def _agreement_lines(one: Agreement, page: Page) -> Iterator[str]:
    failure = one.event.failure
    code = failure.failure_error_code
    said = (
        _UNKNOWN if code is None else f"{code} {error_name(code) or ''}: {error_meaning(code) or 'not IKE'}"
    )
    yield page.line((f"{event_type(failure)}", "strong"), f"  line {one.event.line}")
    yield from page.entry("at", _ends(one.event.header), 2, _LABEL)
    yield from page.entry("failureErrorCode", said, 2, _LABEL)
    where = "none of the capture" if one.side is None else "AuthIP"
    if one.conversation is not None:
        where = f"negotiation {one.conversation}, {one.side}"
    yield from page.entry("belongs to", f"{where}: {one.why}", 2, _LABEL)
    if one.agrees:
        yield from page.entry("agrees in", ", ".join(one.agrees), 2, _LABEL, "good")
    for sentence in one.disagrees:
        yield from page.entry("disagrees", sentence, 2, _LABEL, "bad")


def _codes(one: Expected) -> str:
    others = ", ".join(f"{code} {error_name(code) or ''}".rstrip() for code in one.other_codes)
    code = one.failure.failure_error_code
    if code is None:
        return f"{_UNKNOWN}; would fit: {others}" if others else _UNKNOWN
    fits = f"; or {others}" if others else ""
    return f"{code} {one.error_name or ''} ({one.certainty}{fits})"


def _shown(failure: Failure, member: str, value: object) -> str:
    if value is None:
        return _UNKNOWN
    if member == "flags":
        return ", ".join(_flag_names(failure)) or "none"
    return str(value)


def _ends(header: Header) -> str:
    ends = ((header.local_address, header.local_port), (header.remote_address, header.remote_port))
    local, remote = (endpoint(address or "?", port or 0) for address, port in ends)
    return f"{local} with {remote}"


def _members(failure: Failure) -> Iterator[tuple[str, object]]:
    """Yield the members in Windows' order and under its names."""
    for member, field in zip(failure.__struct_encode_fields__, failure.__struct_fields__, strict=True):
        yield member, getattr(failure, field)


def _flags_of(failure: Failure) -> Any:
    return EM_FLAGS if isinstance(failure, ExtendedModeFailure) else MM_FLAGS


def _flag_names(failure: Failure) -> tuple[str, ...]:
    if isinstance(failure, QuickModeFailure):
        return ()
    return flag_names(_flags_of(failure), failure.flags or 0)


def _count(number: int, noun: str) -> str:
    return f"{number:,} {noun}{'' if number == 1 else 's'}"

"""X.500 names and general names in DER as people write them (RFC 5280 §4.1.2.4, §4.2.1.6, RFC 4514).

Reads just enough DER for a name. What is not one gives None, and the caller shows the octets. No text that
this module returns is harmless to a terminal yet.
"""

from ipaddress import ip_address
from itertools import islice
from typing import Final

from ikepcap.wire.der import OID, SEQUENCE, SET, Item, dotted, item_at, items, text, whole

MAX_PARTS: Final = 32
MAX_NAMES: Final = 100

_KINDS: Final[dict[str, str]] = {
    # RFC 4514 §3, RFC 2985 §5.2.1, RFC 5280 appendix A.1
    "550403": "CN",
    "550404": "SN",
    "550405": "serialNumber",
    "550406": "C",
    "550407": "L",
    "550408": "ST",
    "550409": "street",
    "55040a": "O",
    "55040b": "OU",
    "55040c": "title",
    "55042a": "GN",
    "0992268993f22c640101": "UID",
    "0992268993f22c640119": "DC",
    "2a864886f70d010901": "emailAddress",
    "2a864886f70d010902": "unstructuredName",
    "2a864886f70d010908": "unstructuredAddress",
}

_GENERAL: Final[dict[int, str]] = {
    # Tags of GeneralName (RFC 5280 §4.2.1.6): context 0 to 8.
    0xA0: "other",
    0x81: "email",
    0x82: "DNS",
    0xA3: "X.400",
    0xA4: "DN",
    0xA5: "EDI",
    0x86: "URI",
    0x87: "IP",
    0x88: "OID",
}
_TEXTS: Final = frozenset({0x81, 0x82, 0x86})


def distinguished_name(der: bytes) -> str | None:
    """Return a DER name as text; None when these octets are no name, "" when it is an empty one."""
    outer = whole(der)
    if outer is None:
        return None
    parts: list[str] = []
    pos = outer.start
    for group in items(der, outer.start, outer.end):
        pos = group.end
        for pair in items(der, group.start, group.end) if group.tag == SET else ():
            part = _part(der, pair)
            if part is None or len(parts) >= MAX_PARTS:
                return None
            parts.append(part)
    if pos != outer.end or (not parts and outer.start != outer.end):
        return None
    return ", ".join(parts)


def _part(der: bytes, pair: Item) -> str | None:
    """Return one attribute and its value, commas and backslashes in the value escaped."""
    fields = list(items(der, pair.start, pair.end))
    if pair.tag != SEQUENCE or len(fields) != 2 or fields[0].tag != OID:
        return None
    kind, value = fields
    oid = der[kind.start : kind.end]
    escaped = text(der, value).replace("\\", "\\\\").replace(",", "\\,")
    return f"{_KINDS.get(oid.hex()) or dotted(oid)}={escaped}"


def general_names(der: bytes) -> tuple[str, ...] | None:
    """Return a sequence of general names, or a single one, as `DNS:gw.example.net`; None when it is neither.

    RFC 2407 §4.6.2.9 has one GeneralName in an identification; a certificate has a sequence of them.
    """
    if outer := whole(der):
        found = [_general(der, item) for item in islice(items(der, outer.start, outer.end), MAX_NAMES)]
    else:
        one = item_at(der, 0, len(der))
        found = [_general(der, one)] if one is not None and one.end == len(der) else []
    names = tuple(name for name in found if name is not None)
    return names if names and len(names) == len(found) else None


def _general(der: bytes, item: Item) -> str | None:
    """Return one general name with its kind in front."""
    kind = _GENERAL.get(item.tag)
    if kind is None:
        return None
    content = der[item.start : item.end]
    if item.tag in _TEXTS:
        return f"{kind}:{text(der, item)}"
    if kind == "IP" and len(content) in (4, 16):
        return f"IP:{ip_address(content)}"
    if kind == "DN":
        return f"DN:{distinguished_name(content) or content.hex()}"
    if kind == "OID":
        return f"OID:{dotted(content)}"
    return f"{kind}:{_other(content) or content.hex()}"


def _other(content: bytes) -> str | None:
    """Return an OtherName that is a string: Windows' user principal name is one."""
    fields = list(items(content, 0, len(content)))
    if len(fields) != 2 or fields[0].tag != OID or fields[1].tag != 0xA0:
        return None
    inner = list(items(content, fields[1].start, fields[1].end))
    if len(inner) != 1 or inner[0].tag not in (0x0C, 0x13, 0x16, 0x1E):
        return None
    return f"{dotted(content[fields[0].start : fields[0].end])}={text(content, inner[0])}"

"""What the data of a notification says, by its type (RFC 2408 §3.14, RFC 2407 §4.6.3, and as each row cites).

Data that do not have the size their type asks for are left as octets.
"""

from collections.abc import Callable
from typing import Final

from ikepcap.wire.bodies import Notification
from ikepcap.wire.codec import Body
from ikepcap.wire.identities import address, as_text
from ikepcap.wire.numbers import NotifyType, word
from ikepcap.wire.relatives import ExchangeInfo
from ikepcap.wire.walk import Attribute, Defect, walk_attributes
from ikepcap.wire.windows_errors import windows_error

_Reader = Callable[[bytes], str | None]


def notify_text(kind: int, data: bytes) -> str | bytes:
    """Return a notification's data as its type says to read them; octets where it does not.

    RESPONDER-LIFETIME's data are attributes (RFC 2407 §4.6.3.1): see `data_attributes`.
    """
    reader = _READERS.get(kind)
    read = reader(data) if reader else as_text(data) if data else None
    return data if read is None else read


def data_attributes(
    body: Body, data: bytes, end: int
) -> tuple[tuple[Attribute, ...], tuple[Defect, ...]] | None:
    """Return the attributes in a RESPONDER-LIFETIME, and what is wrong with them; None for any other body.

    Args:
        body: as decoded.
        data: the message that it is in.
        end: where it ends there.
    """
    if not isinstance(body, Notification) or body.kind != NotifyType.RESPONDER_LIFETIME or not body.data:
        return None
    return walk_attributes(data, end - len(body.data), end)


def _sequence(data: bytes) -> str | None:
    return f"sequence number {int.from_bytes(data)}" if len(data) == 4 else None


def _replay(data: bytes) -> str | None:
    if len(data) != 4 or any(data[:3]) or data[3] > 1:
        return None
    return "replay detection enabled" if data[3] else "replay detection disabled"


def _status(data: bytes) -> str | None:
    """To Windows, notifies about quick mode carry its message ID first (MS-IKEE §2.2.6)."""
    if len(data) not in (4, 8):
        return None
    code = int.from_bytes(data[-4:])
    name = windows_error(code)
    shown = f"Windows error {code}" + (f" {name}" if name else "")
    return shown if len(data) == 4 else f"message ID {data[:4].hex()}, {shown}"


def _cookie(data: bytes) -> str | None:
    return f"cookie to come back with {data.hex()}" if len(data) == 8 else None


def _exchange_info(data: bytes) -> str | None:
    if len(data) != 4:
        return None
    bits = int.from_bytes(data)
    flags = [word(ExchangeInfo, flag) for flag in ExchangeInfo if bits & flag]
    rest = bits & ~sum(ExchangeInfo)
    return ", ".join([*flags, *([f"{rest:#x}"] if rest else [])]) or "no flags"


def _gateway(data: bytes) -> str | None:
    where = address(data)
    return f"use {where} instead" if where else None


_READERS: Final[dict[int, _Reader]] = {
    NotifyType.REPLAY_STATUS: _replay,  # RFC 2407 §4.6.3.2
    NotifyType.R_U_THERE: _sequence,  # RFC 3706 §5.4
    NotifyType.R_U_THERE_ACK: _sequence,
    NotifyType.MS_NOTIFY_STATUS: _status,  # MS-IKEE §2.2.6
    NotifyType.MS_NOTIFY_DOS_COOKIE: _cookie,
    NotifyType.MS_EXCHANGE_INFO: _exchange_info,
    NotifyType.AUTHIP_NOTIFY_STATUS: _status,  # MS-AIPS §2.2.3.5
    NotifyType.AUTHIP_DOS_COOKIE: _cookie,
    NotifyType.AUTHIP_ACK: _sequence,
    NotifyType.UNITY_LOAD_BALANCE: _gateway,  # strongSwan informational.c
}

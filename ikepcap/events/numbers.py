"""Enumerations of fwpmtypes.h, iketypes.h and ipsectypes.h by symbol, and error codes by name.

The order of a tuple is the number. The two flags of a main mode failure and of an extended mode failure have
the same names and the opposite bits.
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from ikepcap.events.error_table import ERRORS, OTHER_ERRORS

_PREFIX: Final = "ERROR_IPSEC_IKE_"

EVENT_TYPES: Final = (
    "FWPM_NET_EVENT_TYPE_IKEEXT_MM_FAILURE",
    "FWPM_NET_EVENT_TYPE_IKEEXT_QM_FAILURE",
    "FWPM_NET_EVENT_TYPE_IKEEXT_EM_FAILURE",
)
MM_FLAGS: Final = MappingProxyType(
    {
        "FWPM_NET_EVENT_IKEEXT_MM_FAILURE_FLAG_BENIGN": 1,
        "FWPM_NET_EVENT_IKEEXT_MM_FAILURE_FLAG_MULTIPLE": 2,
    }
)
EM_FLAGS: Final = MappingProxyType(
    {
        "FWPM_NET_EVENT_IKEEXT_EM_FAILURE_FLAG_MULTIPLE": 1,
        "FWPM_NET_EVENT_IKEEXT_EM_FAILURE_FLAG_BENIGN": 2,
    }
)

_FAILURE_POINT: Final = ("IPSEC_FAILURE_NONE", "IPSEC_FAILURE_ME", "IPSEC_FAILURE_PEER")
_ROLE: Final = ("IKEEXT_SA_ROLE_INITIATOR", "IKEEXT_SA_ROLE_RESPONDER")
_MODULE: Final = ("IKEEXT_KEY_MODULE_IKE", "IKEEXT_KEY_MODULE_AUTHIP", "IKEEXT_KEY_MODULE_IKEV2")
_AUTH: Final = (
    "IKEEXT_PRESHARED_KEY",
    "IKEEXT_CERTIFICATE",
    "IKEEXT_KERBEROS",
    "IKEEXT_ANONYMOUS",
    "IKEEXT_SSL",
    "IKEEXT_NTLM_V2",
    "IKEEXT_IPV6_CGA",
    "IKEEXT_CERTIFICATE_ECDSA_P256",
    "IKEEXT_CERTIFICATE_ECDSA_P384",
    "IKEEXT_SSL_ECDSA_P256",
    "IKEEXT_SSL_ECDSA_P384",
    "IKEEXT_EAP",
    "IKEEXT_RESERVED",
)


def _states(mode: str, *names: str) -> tuple[str, ...]:
    return tuple(f"IKEEXT_{mode}_SA_STATE_{name}" for name in names)


ENUMERATIONS: Final[Mapping[str, tuple[str, ...]]] = MappingProxyType(
    {
        "failurePoint": _FAILURE_POINT,
        "keyingModuleType": _MODULE,
        "saRole": _ROLE,
        "mmState": _states("MM", "NONE", "SA_SENT", "SSPI_SENT", "FINAL", "FINAL_SENT", "COMPLETE"),
        "qmState": _states("QM", "NONE", "INITIAL", "FINAL", "COMPLETE"),
        "emState": _states("EM", "NONE", "SENT_ATTS", "SSPI_SENT", "AUTH_COMPLETE", "FINAL", "COMPLETE"),
        "mmAuthMethod": _AUTH,
        "emAuthMethod": _AUTH,
        "saTrafficType": ("IPSEC_TRAFFIC_TYPE_TRANSPORT", "IPSEC_TRAFFIC_TYPE_TUNNEL"),
    }
)
"""By member name."""


def error_name(code: int) -> str | None:
    """Return the symbol of an error code; None where it is not one of IKE's."""
    if code in OTHER_ERRORS:
        return OTHER_ERRORS[code][0]
    return f"{_PREFIX}{ERRORS[code][0]}" if code in ERRORS else None


def error_meaning(code: int) -> str | None:
    """Return what an error code means, in a few words; None where it is not one of IKE's."""
    known = ERRORS.get(code) or OTHER_ERRORS.get(code)
    return known[1] if known else None


_CODES: Final = MappingProxyType({f"{_PREFIX}{name}": code for code, (name, _) in ERRORS.items()})


def error_code(text: str) -> int | None:
    """Read an error code: decimal, hexadecimal with 0x, or its symbol; None for anything else."""
    number = _number(text)
    return _CODES.get(text.strip().upper()) if number is None else number


def symbol(member: str, text: str) -> str | None:
    """Read an enumeration's value, a symbol or a number; None where the member has no such value."""
    names = ENUMERATIONS[member]
    number = _number(text)
    if number is not None:
        return names[number] if number < len(names) else None
    wanted = text.strip().upper()
    return wanted if wanted in names else None


def flags(names: Mapping[str, int], texts: tuple[str, ...]) -> int | None:
    """Read flags, each a symbol or a number; None where one is neither."""
    bits = 0
    for text in texts:
        number = _number(text)
        bit = names.get(text.strip().upper()) if number is None else number
        if bit is None:
            return None
        bits |= bit
    return bits


def flag_names(names: Mapping[str, int], bits: int) -> tuple[str, ...]:
    """Return the symbols of the flags that are set."""
    return tuple(name for name, bit in names.items() if bits & bit)


def _number(text: str) -> int | None:
    """Return a number of at most 64 bits; None where the text is none."""
    text = text.strip()
    digits, base = (text[2:], 16) if text[:2].lower() == "0x" else (text, 10)
    if not digits.isascii() or not digits.isalnum() or len(digits) > 20:
        return None
    try:
        return int(digits, base)
    except ValueError:
        return None

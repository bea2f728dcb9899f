"""Which Windows error follows from what is on the wire: data only, read by `expected`.

NOTIFIES: error code, others that fit as well, certainty, by notify type (RFC 2408 §3.14.1). Only codes whose
name says the same as the notify are here; Windows documents no such table, so each is "consistent with".
"""

from typing import Final

TIMED_OUT: Final = 13805
NO_RESPONSE: Final = 13813
DELETED: Final = 13807
REAPED: Final = 13808
SUPPRESSED: Final = 13902
ASSUMED_INVALID: Final = 13886
NOTIFY_STATUS: Final = 40003
"""Windows' own notify: its four octets of data are the sender's error code ([MS-IKEE] §2.2)."""

NOTIFIES: Final[dict[int, tuple[int, tuple[int, ...], str]]] = {
    4: (13846, (), "possible"),
    5: (13880, (), "possible"),
    14: (13868, (), "likely"),
    16: (13843, (13867,), "possible"),
    23: (13870, (), "possible"),
    24: (13801, (), "likely"),
    25: (13826, (13875,), "possible"),
}
NOT_AUTHENTICATED_PSK: Final[tuple[int, ...]] = (13801, 13843, 13867, 13870)
"""What a responder may make of an MSG5 that it refuses, with a pre-shared key."""
NOT_AUTHENTICATED_CERTIFICATE: Final[tuple[int, ...]] = (13801, 13817, 13826, 13834, 13847, 13848, 13887)
UNREADABLE: Final[tuple[int, ...]] = (13843, 13867)
"""What an initiator may make of a refusal that it cannot decrypt, besides waiting on."""
NO_QUICK_MODE: Final[tuple[int, ...]] = (13868, 13869)

AUTH_METHODS: Final[dict[str, str]] = {
    "psk": "IKEEXT_PRESHARED_KEY",
    "rsa-sig": "IKEEXT_CERTIFICATE",
    "gssapi": "IKEEXT_KERBEROS",
    "cga": "IKEEXT_IPV6_CGA",
}
ECDSA_METHODS: Final[dict[str, str]] = {
    "ECDSA-SIG-256": "IKEEXT_CERTIFICATE_ECDSA_P256",
    "ECDSA-SIG-384": "IKEEXT_CERTIFICATE_ECDSA_P384",
}
"""By the word of the chosen policy."""

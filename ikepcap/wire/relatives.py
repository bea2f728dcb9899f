"""Numbers of those that share ISAKMP's header: Windows' AuthIP, GDOI, and drafts of NAT traversal."""

from enum import IntEnum


class AuthipPayload(IntEnum):
    """Payload types of AuthIP's own (MS-AIPS §2.2.3)."""

    GSS = 129
    CRYPTO = 133
    GSS_ID = 134
    AUTH = 135
    KEY_DICTATION = 136
    KEY_DICTATION_WEIGHT = 137


class AuthipAuthMethod(IntEnum):
    """Authentication methods of AuthIP (MS-AIPS §2.2.3.4)."""

    KERBEROS = 2
    ANONYMOUS = 3
    TLS = 4
    NTLM = 5


class AuthipGssFlag(IntEnum):
    """Flags of AuthIP's GSS-API payload (MS-AIPS §2.2.3.1)."""

    NEW_GSS_EXCHANGE = 0x01
    IMPERSONATION_ACTIVE = 0x02
    RETRY_CURRENT_AUTHENTICATION = 0x04
    EXPLICIT_CREDENTIALS = 0x08
    RESPONDER_AUTH_COMPLETE = 0x10


class ExchangeInfo(IntEnum):
    """Flags of Windows' EXCHANGE-INFO notify (MS-IKEE §2.2.6)."""

    ND_BOUNDARY = 1
    GUARANTEE_ENCRYPTION = 2


class GdoiPayload(IntEnum):
    """Payload types of GDOI (RFC 6407 §5; POP RFC 3547)."""

    SA_KEK = 15
    SA_TEK = 16
    KD = 17
    SEQ = 18
    POP = 19
    GAP = 22


class GdoiExchange(IntEnum):
    """Exchange types of GDOI after its phase 1 (RFC 6407 §3.2, §4)."""

    GROUPKEY_PULL = 32
    GROUPKEY_PUSH = 33


class NatDraftPayload(IntEnum):
    """Payload types of NAT-T drafts between 03 and RFC 3947, which GDOI has too (registered: draft 04 on)."""

    NAT_D = 15
    NAT_OA = 16

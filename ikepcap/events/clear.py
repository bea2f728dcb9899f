"""What messages say in the clear and the report does not repeat: notify data, identities, certificates.

A `Watcher` sees every datagram of a capture beside the analysis. It keeps little of few of them: only those
exchanges are read in which something of interest can be in the clear.
"""

from typing import Final

from msgspec import Struct

from ikepcap.capture.datagram import Datagram
from ikepcap.diagnose.wording import address
from ikepcap.events.authip import Authip
from ikepcap.wire.bodies import Certificate, Identification, Notification
from ikepcap.wire.codec import decode
from ikepcap.wire.details import CertEncoding, IdType
from ikepcap.wire.message import FLAG_ENCRYPTION, HEADER_BYTES, Message, parse
from ikepcap.wire.numbers import Exchange, Payload

REMEMBERED: Final = 20_000
"""Negotiations of which something is kept."""
_EACH: Final = 16
"""Notifies kept of one negotiation."""
_AUTHIP: Final = range(Exchange.AUTHIP_MAIN, Exchange.AUTHIP_NOTIFY + 1)
_X509: Final = (CertEncoding.X509_SIGNATURE, CertEncoding.X509_KEY_EXCHANGE)


class Notice(Struct, frozen=True):
    """A notify, or a delete, in the clear."""

    sender: str
    kind: int | None
    """Notify type; None for a delete."""
    data: bytes
    frame: int


class Shown:
    """What one negotiation shows, by the address of the sender."""

    def __init__(self) -> None:
        self.notices: list[Notice] = []
        self.identities: dict[str, str] = {}
        self.certificates: dict[str, str] = {}
        """SHA-1 of the first certificate, in hexadecimal, as Windows gives thumbprints."""


class Watcher:
    """Call it with each datagram; `shown` and `authip` hold what there was."""

    def __init__(self) -> None:
        self._shown: dict[bytes, Shown] = {}
        self.authip = Authip()

    def __call__(self, datagram: Datagram) -> None:
        """Look at one datagram."""
        data = datagram.data
        if len(data) < HEADER_BYTES or data[17] >> 4 != 1:
            return
        exchange = data[18]
        if exchange in _AUTHIP:
            self.authip.add(datagram)
        elif exchange in (Exchange.AGGRESSIVE, Exchange.INFORMATIONAL) and not data[19] & FLAG_ENCRYPTION:
            message = parse(data, datagram.wire_bytes)
            if message is not None:
                self._keep(message, datagram)

    def shown(self, initiator_cookie: str) -> Shown:
        """Return what a negotiation shows, by its initiator's cookie in hexadecimal."""
        return self._shown.get(bytes.fromhex(initiator_cookie)) or Shown()

    def _keep(self, message: Message, datagram: Datagram) -> None:
        cookie = message.initiator_cookie
        shown = self._shown.get(cookie)
        if shown is None:
            if len(self._shown) >= REMEMBERED:
                return
            shown = self._shown[cookie] = Shown()
        sender = address(datagram.source)
        for span in message.spans:
            start, end = span.start + 4, span.end
            if span.type == Payload.NOTIFICATION:
                notify, _ = decode(Notification, message.data, start, end)
                if notify is not None and len(shown.notices) < _EACH:
                    shown.notices.append(Notice(sender, notify.kind, notify.data[:64], datagram.frame))
            elif span.type == Payload.DELETE and len(shown.notices) < _EACH:
                shown.notices.append(Notice(sender, None, b"", datagram.frame))
            elif span.type == Payload.ID:
                identity, _ = decode(Identification, message.data, start, end)
                if identity is not None and (name := principal(identity)):
                    shown.identities.setdefault(sender, name)
            elif span.type == Payload.CERT:
                certificate, _ = decode(Certificate, message.data, start, end)
                if certificate is not None and certificate.encoding in _X509:
                    shown.certificates.setdefault(sender, _thumbprint(certificate.data))


def principal(identity: Identification) -> str | None:
    """Return an identity as a name; None for kinds that have no plain text."""
    data = identity.data
    if identity.type in (IdType.FQDN, IdType.USER_FQDN):
        return data[:256].decode("utf-8", "backslashreplace") or None
    if (identity.type, len(data)) in ((IdType.IPV4_ADDR, 4), (IdType.IPV6_ADDR, 16)):
        return address(data)
    return None


def _thumbprint(der: bytes) -> str:
    from hashlib import sha1  # few captures show a certificate

    return sha1(der, usedforsecurity=False).hexdigest()

"""Every exception this package raises on purpose.

Bad bytes are *defects* and bad negotiations are *findings*: neither is an exception. What is left is
misuse and the environment:

    IkepcapError
     ├─ CaptureError            an input is not a capture, cannot be opened, or its link type is unknown
     ├─ FactsError              a file of facts is not one, or has no capture beside it
     ├─ KeySourceError          a file of keys cannot be read, or says what no key can be
     ├─ LogError                a log cannot be read, or holds no message that could be imported
     ├─ ReplayError             a negotiation cannot be played as asked: policy, secret, socket
     ├─ UnsafeTargetError       an address to which nothing is sent without leave
     └─ OracleUnavailableError  tshark or pyshark is missing, unfit, or gave up

A message is one line: what, where (file, frame, byte), what to do.
"""


class IkepcapError(Exception):
    """The base of all exceptions of this package."""


class CaptureError(IkepcapError):
    """An input that cannot be read as a capture at all."""


class OracleUnavailableError(IkepcapError):
    """There is no second opinion to be had: tshark or pyshark is missing, unfit, or gave up."""


class KeySourceError(IkepcapError):
    """A file of keys that cannot be taken; the message names file and line and shows no secret."""


class LogError(IkepcapError):
    """A log that cannot be read, or that holds nothing to import."""


class FactsError(IkepcapError):
    """A file of facts that cannot be compared with anything."""


class ReplayError(IkepcapError):
    """A negotiation cannot be played as asked; the message names what is missing or means nothing."""


class UnsafeTargetError(IkepcapError):
    """An address to which nothing is sent without leave."""

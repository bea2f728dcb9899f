"""Every exception this package raises on purpose.

Bad bytes are *defects* and bad negotiations are *findings*: neither is an exception. What is left is
misuse and the environment:

    IkepcapError
     ├─ CaptureError            an input is not a capture, cannot be opened, or its link type is unknown
     └─ OracleUnavailableError  tshark or pyshark is missing, unfit, or gave up

A message is one line: what, where (file, frame, byte), what to do.
"""


class IkepcapError(Exception):
    """The base of all exceptions of this package."""


class CaptureError(IkepcapError):
    """An input that cannot be read as a capture at all."""


class OracleUnavailableError(IkepcapError):
    """There is no second opinion to be had: tshark or pyshark is missing, unfit, or gave up."""

"""ikepcap reads a packet capture and says where each IKEv1 negotiation stands."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ikepcap.api import analyze, conversations, messages, packets, render
    from ikepcap.errors import CaptureError, IkepcapError
    from ikepcap.report.model import Report

__version__ = "0.1.0"

__all__ = [
    "CaptureError",
    "IkepcapError",
    "Report",
    "analyze",
    "conversations",
    "messages",
    "packets",
    "render",
]

_HOMES = {
    "CaptureError": "ikepcap.errors",
    "IkepcapError": "ikepcap.errors",
    "Report": "ikepcap.report.model",
}


def __getattr__(name: str) -> object:
    """Load a public name when it is first asked for: `--version` and `--help` need none of them."""
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib import import_module

    value: object = getattr(import_module(_HOMES.get(name, "ikepcap.api")), name)
    globals()[name] = value
    return value

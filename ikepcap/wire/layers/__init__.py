"""Scapy packets over the one walker and the declared bodies: the only part of `wire` that knows Scapy.

    from ikepcap.wire.layers import ISAKMP, SA, KeyExchange, Proposal, Transform, VendorId, bind

    pkt = ISAKMP(octets)                     # never raises; what is wrong is in pkt.defects
    pkt[KeyExchange].public_value            # every body declared in `bodies` is a layer of its name
    pkt[Transform].attributes[0].number = 5  # an edit anywhere is in bytes(pkt)
    del pkt[VendorId]                        # and lengths and next payloads are right again

One rule for lengths, counts and next payloads: a number that agrees with the rest of its message, or that
nobody has set, is computed when the packet is built. One that was wrong on the wire, or is set by hand,
stays until it is set anew or deleted (`del pkt.length`). So an untouched message is built as it was read,
to the octet, and an edited one stays as valid as it was. Lengths and checksums of UDP and IP below are
Scapy's own: after an edit they are to be deleted, as ever.

Importing this changes nothing in Scapy; `bind` makes Scapy use these layers for UDP 500, 4500 and 848.
"""

from typing import Any, Final

from ikepcap.wire import bodies, details, numbers
from ikepcap.wire.codec import Body
from ikepcap.wire.layers.attributes import DataAttribute, attribute_class
from ikepcap.wire.layers.isakmp import ISAKMP, CutHeader, read_message
from ikepcap.wire.layers.parts import Part, layer_for
from ikepcap.wire.layers.ports import NatKeepalive, NonEspMarker, bind, unbind

_ALIASES: Final = {"SA": "SecurityAssociation"}
_BODIES: Final[dict[str, type[Body]]] = {
    name: found
    for name, found in vars(bodies).items()
    if isinstance(found, type) and issubclass(found, Body) and found is not Body
}
_ATTRIBUTES: Final = {
    names.__name__: names
    for names in (numbers.Phase1Attribute, numbers.Phase2Attribute, details.CfgAttribute)
}

__all__ = [
    "ISAKMP",
    "CutHeader",
    "DataAttribute",
    "NatKeepalive",
    "NonEspMarker",
    "Part",
    "bind",
    "read_message",
    "unbind",
    *_ALIASES,
    *_BODIES,
    *_ATTRIBUTES,
]


def __dir__() -> list[str]:
    """Return what completion is to offer."""
    return sorted(__all__)


def __getattr__(name: str) -> Any:
    """Return the layer of a body, or the attributes of a registry, by its name."""
    name = _ALIASES.get(name, name)
    if name in _BODIES:
        return layer_for(_BODIES[name])
    if name in _ATTRIBUTES:
        return attribute_class(_ATTRIBUTES[name])
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")

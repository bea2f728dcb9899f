"""One message as Scapy shows it: what `ikepcap show --scapy` prints."""

from collections.abc import Iterator
from typing import Any, Final

from ikepcap.renderers.text import printable
from ikepcap.renderers.values import HIDDEN
from ikepcap.wire.config import Kind, kind_of
from ikepcap.wire.details import CfgAttribute
from ikepcap.wire.message import Message
from ikepcap.wire.numbers import Payload
from ikepcap.wire.walk import Attribute

MAX_LINE: Final = 1000
MAX_LINES: Final = 5000
"""More than any message has that an implementation sends."""


def layer_lines(message: Message, *, show_secrets: bool = False) -> Iterator[str]:
    """Yield the lines of `show()` of the message's layer, then its defects.

    Args:
        message: as parsed.
        show_secrets: show XAUTH passwords and their like.
    """
    from ikepcap.wire.layers.defects import body_defects

    layer: Any = message.layer
    # Not the layer's own: it reads octets anew, and those of a decrypted message claim to be ciphertext.
    defects = sorted((*message.defects, *body_defects(message)), key=lambda one: one.offset)
    if not show_secrets:
        _hide(layer)
    lines = [line for line in layer.show(dump=True).split("\n") if line]
    for line in lines[:MAX_LINES]:
        yield printable(line, MAX_LINE)
    if len(lines) > MAX_LINES:
        yield f"  ... {len(lines) - MAX_LINES} more lines"
    for defect in defects:
        yield printable(f"  ! {defect.fault} at {defect.offset}: {defect.detail}", MAX_LINE)


def _hide(layer: Any) -> None:
    """Put a word in the place of every secret; the layer is good for showing only then."""
    announced = int(layer.next_payload)
    for part in layer.payloads:
        announced = int(part.next_payload)
        if part.payload_type != Payload.ATTRIBUTES:
            continue
        if "data" in part.fields:  # too short for its header: nothing says where a value begins
            part.fields["data"] = HIDDEN
        for one in part.fields.get("attributes", ()):
            found = Attribute(int(one.type), bool(one.is_tlv), one.value, 0)
            if one.names is CfgAttribute and found.value and kind_of(found, check_point=False) is Kind.SECRET:
                one.fields["value"] = HIDDEN
    if announced == Payload.ATTRIBUTES and layer.rest:
        layer.fields["rest"] = HIDDEN

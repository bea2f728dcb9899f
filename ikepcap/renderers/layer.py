"""One message as Scapy shows it: what `ikepcap show --scapy` prints."""

from collections.abc import Iterator
from typing import Any, Final

from msgspec.structs import replace

from ikepcap.renderers.text import printable
from ikepcap.renderers.values import HIDDEN
from ikepcap.wire.config import Kind, kind_of, secrets_adrift
from ikepcap.wire.context import Context, learn
from ikepcap.wire.message import HEADER_BYTES, Message
from ikepcap.wire.numbers import Payload
from ikepcap.wire.walk import Attribute

MAX_LINE: Final = 1000
MAX_LINES: Final = 5000
"""More than any message has that an implementation sends."""
MAX_DEFECTS: Final = 200
MAX_PARTS: Final = MAX_LINES // 4
"""Packets in a packet, of which none takes fewer lines. Scapy takes 50 microseconds to show one."""
_HEADER: Final = frozenset({"payload_type", "next_payload", "res", "length"})


def layer_lines(
    message: Message, *, show_secrets: bool = False, context: Context | None = None
) -> Iterator[str]:
    """Yield the lines of `show()` of the message's layer, then its defects.

    Args:
        message: as parsed.
        show_secrets: show XAUTH passwords and their like.
        context: what is known of the peers; None for what this message tells.
    """
    from ikepcap.wire.layers import read_message
    from ikepcap.wire.layers.defects import body_defects

    known = learn(Context(), message) if context is None else context
    layer: Any = read_message(replace(message, spans=message.spans[:MAX_PARTS]), known)
    left_out = len(message.spans) - len(layer.payloads)
    if left_out:
        del layer.fields["rest"]
    defects = sorted((*message.defects, *body_defects(message, known)), key=lambda one: one.offset)
    if not show_secrets:
        _hide(layer, message, check_point=known.check_point)
    left_out += _cut(layer, MAX_PARTS)[1]
    lines = [line for line in layer.show(dump=True).split("\n") if line]
    for line in lines[:MAX_LINES]:
        yield printable(line, MAX_LINE)
    if len(lines) > MAX_LINES:
        yield f"  ... {len(lines) - MAX_LINES} more lines"
    if left_out:
        yield f"  ... {left_out} more payloads, proposals, transforms or attributes"
    for defect in defects[:MAX_DEFECTS]:
        yield printable(f"  ! {defect.fault} at {defect.offset}: {defect.detail}", MAX_LINE)
    if len(defects) > MAX_DEFECTS:
        yield f"  ! and {len(defects) - MAX_DEFECTS} more"


def _hide(layer: Any, message: Message, *, check_point: bool) -> None:
    """Put a word in the place of every secret; the layer is good for showing only then."""
    adrift = secrets_adrift(message)
    if adrift is not None and layer.rest:
        layer.fields["rest"] = HIDDEN
    hides_all = adrift == HEADER_BYTES
    for span, part in zip(message.spans, layer.payloads, strict=False):
        if span.type == Payload.ATTRIBUTES:
            _hide_values(part, check_point=check_point, hides_all=hides_all)
        elif hides_all:
            _hide_body(part)


def _cut(owner: Any, room: int) -> tuple[int, int]:
    """Leave a packet as many of those in it, at any depth, as there is room for.

    Returns:
        The room that is left, and how many packets were left out.
    """
    left_out = 0
    for field, found in owner.chains():
        for place, one in enumerate(found):
            if not room:
                owner.fields[field.name] = found[:place]
                left_out += len(found) - place
                break
            room, inner = _cut(one, room - 1)
            left_out += inner
    return room, left_out


def _hide_body(part: Any) -> None:
    """Leave a payload its header."""
    for field in part.fields_desc:
        if field.name in part.fields and field.name not in _HEADER:
            part.fields[field.name] = [] if field.islist else HIDDEN


def _hide_values(part: Any, *, check_point: bool, hides_all: bool) -> None:
    """Hide passwords, and every value where one may be part of another one's."""
    if "data" in part.fields:  # too short for its header: nothing says where a value begins
        part.fields["data"] = HIDDEN
    if hides_all and part.fields.get("rest"):
        part.fields["rest"] = HIDDEN
    for one in part.fields.get("attributes", ()):
        found = Attribute(int(one.type), bool(one.is_tlv), one.value, 0)
        if found.value and (hides_all or kind_of(found, check_point=check_point) is Kind.SECRET):
            one.fields["value"] = HIDDEN

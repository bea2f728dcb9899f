"""Messages edited before they are sent, on Scapy layers: `MSG1:Transform[2].number=7`, `MSG3:VendorId=none`.

A field is named as `ikepcap show --scapy` prints it. Lengths, counts and next payloads follow an edit, and
stay as they are set where they are what is edited. Scapy is loaded where there are edits, and only then.
"""

import re
from collections.abc import Iterator, Sequence
from itertools import islice
from typing import Any, Final

from msgspec import Struct

from ikepcap.errors import ReplayError
from ikepcap.wire import build
from ikepcap.wire.build import Part
from ikepcap.wire.message import parse

_FORM: Final = re.compile(
    r"(?P<step>[A-Za-z]+\d):(?P<layer>\w+)(?:\[(?P<place>\d+)\])?(?:\.(?P<field>\w+))?=(?P<value>.*)"
)
_REMOVED: Final = "none"
_COOKIE: Final = bytes(8)
_FRAME: Final = frozenset(("payload_type", "next_payload", "res", "length"))
_INNER: Final = frozenset(
    ("Proposal", "Transform", "DataAttribute", "Phase1Attribute", "Phase2Attribute", "CfgAttribute")
)
"""Layers inside payloads, whose octets are all their own."""


class Edit(Struct, frozen=True):
    """One change of one message."""

    step: str
    layer: str
    """Name of the layer's class."""
    place: int
    """Which of that layer in the message, from 1."""
    field: str | None
    """None: the payload is left out."""
    value: str

    def __str__(self) -> str:
        return f"{self.layer}[{self.place}]{'' if self.field is None else '.' + self.field}"


def edit_of(text: str) -> Edit:
    """Return the edit that a text asks for.

    Raises:
        ReplayError: it asks for none.
    """
    found = _FORM.fullmatch(text)
    if found is None or (found["field"] is None and found["value"] != _REMOVED):
        raise ReplayError(
            f"{text!r} is no edit of a message; write STEP:LAYER.FIELD=VALUE, STEP:LAYER[2].FIELD=VALUE for "
            "the second such layer, or STEP:LAYER=none to leave it out"
        )
    place = int(found["place"] or 1)
    return Edit(found["step"].upper(), found["layer"], max(place, 1), found["field"], found["value"])


def check(edits: Sequence[Edit], clear: Sequence[str], sealed: Sequence[str] = ()) -> None:
    """Pass edits that name messages, layers and fields there are; whether a message has them, it shows.

    Args:
        edits: as asked for.
        clear: the steps that are sent in the clear.
        sealed: those that are sent encrypted: the header and the frame of payloads are made after the edits.

    Raises:
        ReplayError: one names what there is not.
    """
    for one in edits:
        if one.step not in (*clear, *sealed):
            steps = ", ".join((*clear, *sealed))
            raise ReplayError(f"{one.step}:{one}: that message is not sent here; what is sent is {steps}")
        kind = _layer(one)
        fields = [field.name for field in kind.fields_desc]
        if one.field is not None and one.field not in fields:
            known = ", ".join(fields)
            raise ReplayError(f"{one.step}: {one.layer} has no field {one.field!r}; it has {known}")
        is_payload = one.layer not in _INNER
        if one.step in sealed and (one.layer == "ISAKMP" or (is_payload and one.field in _FRAME)):
            raise ReplayError(f"{one.step}:{one} is made when the message is encrypted, and cannot be set")


def _layer(edit: Edit) -> Any:
    """Return the class of a layer; scapy's own are none of a message's."""
    from ikepcap.wire import layers

    kind = getattr(layers, edit.layer, None) if edit.layer in layers.__all__ else None
    if not isinstance(kind, type):
        known = ", ".join(name for name in layers.__all__ if isinstance(getattr(layers, name), type))
        raise ReplayError(f"{edit.step}: no layer is called {edit.layer!r}; it is one of {known}")
    return kind


def rewritten(step: str, data: bytes, edits: Sequence[Edit]) -> bytes:
    """Return a message with the edits made that are for this step.

    Raises:
        ReplayError: the message has no such layer or field, or the field does not take the value.
    """
    wanted = [one for one in edits if one.step == step]
    if not wanted:
        return data
    from ikepcap.wire.layers import ISAKMP

    message = ISAKMP(data)
    for one in wanted:
        _change(message, one)
    return bytes(message)


def rewritten_parts(step: str, parts: Sequence[Part], edits: Sequence[Edit]) -> list[Part]:
    """Return payloads that are to be encrypted with the edits made; the header is not theirs to change.

    Raises:
        ReplayError: as `rewritten`.
    """
    if all(one.step != step for one in edits):
        return list(parts)
    message = parse(rewritten(step, build.message(parts, initiator_cookie=_COOKIE), edits))
    spans = message.spans if message is not None else ()
    data = message.data if message is not None else b""
    return [build.raw(span.type, data[span.body : span.end]) for span in spans]


def _change(message: Any, edit: Edit) -> None:
    from ikepcap.wire import layers

    kind = _layer(edit)
    found = next(islice(_every(message, kind), edit.place - 1, None), None)
    if found is None:
        raise ReplayError(f"{edit.step}: the message has no {edit.layer}[{edit.place}]")
    if edit.field is None:
        kept = [one for one in message.payloads if one is not found]
        if len(kept) == len(message.payloads):
            raise ReplayError(f"{edit.step}: {edit.layer} is no payload that could be left out")
        message.payloads = kept
        return
    names = [field.name for field in found.fields_desc]
    if edit.field not in names:
        raise ReplayError(f"{edit.step}: {edit.layer} has no field {edit.field!r}; it has {', '.join(names)}")
    # The value of an attribute is a name or a number as well as octets.
    takes_octets = isinstance(getattr(found, edit.field), bytes) and not isinstance(
        found, layers.DataAttribute
    )
    try:
        value = _value(edit.value, as_octets=takes_octets)
        setattr(found, edit.field, value)
        bytes(message)
    except (KeyError, ValueError, TypeError, OverflowError, ArithmeticError, LookupError) as error:
        why = str(error)
        if "struct.error" in why:  # Scapy's: a number of more octets than the field has
            why = f"it holds 0 to {256 ** int(found.get_field(edit.field).sz) - 1}"
        raise ReplayError(f"{edit.step}: {edit} does not take {edit.value!r}: {why}") from None


def _every(layer: Any, kind: type) -> Iterator[Any]:
    """Yield the layers of a kind in the order of their octets; Scapy counts in each list anew."""
    if type(layer) is kind:
        yield layer
    for name in ("payloads", "proposals", "transforms", "attributes"):
        for inner in getattr(layer, name, None) or ():
            yield from _every(inner, kind)


def _value(text: str, *, as_octets: bool) -> object:
    """Return a text as a field takes it: octets in hexadecimal or as they are, a number, or a name."""
    if as_octets:
        return bytes.fromhex(text[2:]) if text.startswith("0x") else text.encode()
    try:
        return int(text, 0)
    except ValueError:
        return text

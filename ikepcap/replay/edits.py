"""Edits before sending: `group=modp1024`, `id=fqdn:other.example`, `vendor-id=-4048b7d5`."""

import re
from collections.abc import Callable, Iterable
from typing import Final, get_args

from msgspec.structs import replace

from ikepcap.errors import ReplayError
from ikepcap.replay.policy import Mode, Policy
from ikepcap.replay.rewrite import edit_of
from ikepcap.replay.words import AUTH, ENCRYPTION, GROUPS, HASHES, identity, lifetime
from ikepcap.wire import build
from ikepcap.wire.numbers import Phase1Attribute
from ikepcap.wire.offer import Transform, read_offer
from ikepcap.wire.walk import Attribute

_OF_A_STEP: Final = re.compile(r"[A-Za-z]+\d:")
Change = Callable[[list[Attribute]], list[Attribute]]


def edited(policy: Policy, assignments: Iterable[str]) -> Policy:
    """Return a policy with edits made in their order.

    Raises:
        ReplayError: one means nothing.
    """
    for text in assignments:
        if _OF_A_STEP.match(text):
            policy = replace(policy, edits=(*policy.edits, edit_of(text)))
            continue
        name, equals, value = text.partition("=")
        if not equals or name not in _EDITS:
            known = ", ".join(_EDITS)
            raise ReplayError(f"{text!r} is no edit; one is NAME=VALUE, or STEP:LAYER.FIELD=VALUE; "
                              f"the names are {known}")  # fmt: skip
        policy = _EDITS[name](policy, value)
    return policy


def _known(value: str, table: dict[str, int]) -> int:
    if value.isdigit():
        return int(value) & 0xFFFF
    if value.lower() not in table:
        raise ReplayError(f"{value!r} is none of {', '.join(table)}, and no number")
    return int(table[value.lower()])


def _all(policy: Policy, change: Change) -> Policy:
    """Change every transform of the offer; SPIs, numbers and order stay."""
    proposals = []
    for one in read_offer(policy.offer).proposals:
        made = [_made(found, change(list(found.attributes))) for found in one.transforms]
        proposals.append(build.proposal(made, number=one.number, protocol=one.protocol, spi=one.spi))
    return replace(policy, offer=build.sa(proposals).body)


def _made(transform: Transform, attributes: list[Attribute]) -> build.Part:
    return build.transform(attributes, number=transform.number, transform_id=transform.transform_id)


def _put(attributes: list[Attribute], new: Attribute) -> list[Attribute]:
    """Return attributes with one in the place of its like, or at the end."""
    place = next((at for at, one in enumerate(attributes) if one.type == new.type), None)
    return [*attributes, new] if place is None else [*attributes[:place], new, *attributes[place + 1 :]]


def _encryption(policy: Policy, value: str) -> Policy:
    if value.lower() not in ENCRYPTION:
        raise ReplayError(f"{value!r} is none of {', '.join(ENCRYPTION)}")
    cipher, bits = ENCRYPTION[value.lower()]

    def change(attributes: list[Attribute]) -> list[Attribute]:
        found = _put(attributes, build.tv(Phase1Attribute.ENCRYPTION, cipher))
        found = [one for one in found if one.type != Phase1Attribute.KEY_LENGTH]
        return found if bits is None else [*found, build.tv(Phase1Attribute.KEY_LENGTH, bits)]

    return _all(policy, change)


def _attribute(kind: int, table: dict[str, int]) -> Callable[[Policy, str], Policy]:
    def edit(policy: Policy, value: str) -> Policy:
        number = _known(value, table)
        return _all(policy, lambda attributes: _put(attributes, build.tv(kind, number)))

    return edit


def _lifetime(policy: Policy, value: str) -> Policy:
    if not value.isdigit() or not 0 < int(value) < 2**32:
        raise ReplayError(f"lifetime {value!r} is no number of seconds")
    new = lifetime(Phase1Attribute.LIFE_DURATION, int(value))
    return _all(policy, lambda attributes: _put(attributes, new))


def _transform(policy: Policy, value: str) -> Policy:
    found = read_offer(policy.offer).transforms
    if not value.isdigit() or not 1 <= int(value) <= len(found):
        raise ReplayError(f"transform {value!r} is none of 1 to {len(found)}")
    one = found[int(value) - 1]
    return replace(policy, offer=build.sa([build.proposal([_made(one, list(one.attributes))])]).body)


def _vendor_id(policy: Policy, value: str) -> Policy:
    if value == "none":
        return replace(policy, vendor_ids=())
    sign, digits = (value[0], value[1:]) if value[:1] in ("+", "-") else ("+", value)
    try:
        octets = bytes.fromhex(digits)
    except ValueError:
        raise ReplayError(f"vendor ID {digits!r} is not hexadecimal") from None
    if not octets:
        raise ReplayError("an empty vendor ID; write +HEX, -HEX or none")
    if sign == "+":
        return replace(policy, vendor_ids=(*policy.vendor_ids, octets))
    return replace(policy, vendor_ids=tuple(one for one in policy.vendor_ids if not one.startswith(octets)))


def _mode(policy: Policy, value: str) -> Policy:
    if value not in get_args(Mode):
        raise ReplayError(f"mode {value!r} is none of {', '.join(get_args(Mode))}")
    return replace(policy, mode=value)


def _nonce(policy: Policy, value: str) -> Policy:
    if not value.isdigit() or not 1 <= int(value) <= 1024:
        raise ReplayError(f"nonce {value!r} is no number of octets")
    return replace(policy, nonce_bytes=int(value))


_EDITS: Final[dict[str, Callable[[Policy, str], Policy]]] = {
    "encryption": _encryption,
    "hash": _attribute(Phase1Attribute.HASH, {name: int(number) for name, number in HASHES.items()}),
    "group": _attribute(Phase1Attribute.GROUP, {name: int(number) for name, number in GROUPS.items()}),
    "auth": _attribute(Phase1Attribute.AUTH_METHOD, {name: int(number) for name, number in AUTH.items()}),
    "lifetime": _lifetime,
    "transform": _transform,
    "id": lambda policy, value: replace(policy, identity=identity(value)),
    "vendor-id": _vendor_id,
    "mode": _mode,
    "nonce": _nonce,
}

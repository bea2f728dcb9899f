"""What opened quick modes say: what was offered and chosen, for which networks, and the ESP that followed."""

from collections.abc import Iterator
from typing import Final

from ikepcap.diagnose.case import Case
from ikepcap.diagnose.finding import Finding
from ikepcap.diagnose.opened_user import given_address
from ikepcap.diagnose.readings import Reading
from ikepcap.diagnose.wording import ROLES, listing
from ikepcap.state.exchanges import LaterExchange, esp_towards
from ikepcap.track.conversation import EspFlow, Inside, Seen
from ikepcap.wire.details import (
    AhTransform,
    AuthAlgorithm,
    Encapsulation,
    EspTransform,
    IpcompTransform,
)
from ikepcap.wire.identities import identity_text
from ikepcap.wire.numbers import Protocol, group_word, word
from ikepcap.wire.offer import Transform

_ADDRESSES: Final = frozenset({1, 4, 5, 6, 7, 8})
"""Types of identities that hold addresses (RFC 2407 §4.6.2.1)."""
PROPOSAL: Final = "phase2-proposal-mismatch"
PFS: Final = "phase2-pfs-mismatch"
_ALIKE: Final = frozenset((PROPOSAL, PFS))
_SELECTORS: Final = 2
_LISTED: Final = 3
_IDS: Final = {
    Protocol.ESP: EspTransform,
    Protocol.AH: AhTransform,
    Protocol.IPCOMP: IpcompTransform,
}
_WORDS: Final = {
    "protocol": "protocol", "transform_id": "cipher", "key_bits": "key length",
    "auth_algorithm": "integrity", "encapsulation": "encapsulation", "group": "group for PFS",
}  # fmt: skip
_TUNNEL: Final = frozenset((Encapsulation.UDP_TUNNEL, Encapsulation.UDP_TUNNEL_DRAFT, Encapsulation.TUNNEL))


def asked(case: Case, exchange: LaterExchange) -> Iterator[str]:
    """Yield what QM1 asks for, where a key opened it, and what the refusing peer took elsewhere."""
    message = _message(case, exchange, 1)
    if message is None or message.inside is None:
        return
    said = message.inside
    networks = selectors(said)
    if networks:
        here, there = ROLES[exchange.starter], ROLES[1 - exchange.starter]
        yield (
            f"QM1 in frame {message.frame} asks for {networks[0]} behind the {here}, {networks[1]} behind "
            f"the {there}"
        )
    if said.offer is not None and said.offer.transforms:
        offered = [in_words(transform) for transform in said.offer.transforms]
        more = f" and {len(offered) - _LISTED} more" if len(offered) > _LISTED else ""
        yield f"QM1 in frame {message.frame} offers {' or '.join(offered[:_LISTED])}{more}"
    octets = said.ke_bytes
    if said.offer is None or bool(octets) != any(t.group is not None for t in said.offer.transforms):
        pfs = f"for PFS, with a KE of {octets} octets" if octets else "for no PFS: it has no KE"
        yield f"QM1 in frame {message.frame} asks {pfs}"
    yield from _taken_elsewhere(case, exchange, said)
    given = given_address(case)
    if given is not None and networks and given[1] not in networks:
        yield f"Mode-config in frame {given[0].frame} gave the client {given[1]}, which QM1 does not ask for"


def differences(case: Case, exchange: LaterExchange) -> tuple[Seen, tuple[str, ...]] | None:
    """Return a message in which the refusing peer takes or offers something, and in what the offer differs.

    The nearest of what QM1 offers to what that peer chose, or offered itself, in this conversation.
    """
    message = _message(case, exchange, 1)
    said = message.inside if message is not None else None
    if said is None or said.offer is None or not said.offer.transforms:
        return None
    for other in case.seen:
        takes = other.inside.offer if other.inside is not None else None
        if other.sender == exchange.starter or takes is None or not takes.transforms:
            continue
        if other.message_id == exchange.message_id:
            continue
        nearest = min(
            (differing(one, two) for one in said.offer.transforms[:64] for two in takes.transforms[:64]),
            key=len,
        )
        return other, nearest
    return None


def exactly(case: Case, exchange: LaterExchange, reading: Reading) -> Reading:
    """Return what a refusal of the proposal means, where the refusing peer shows what it takes.

    The notify is the same for a proposal and for the group of PFS.
    """
    found = differences(case, exchange)
    if found is None or not found[1] or reading.code not in _ALIKE:
        return reading
    other, nearest = found
    words = listing(nearest)
    means = f"the offer differs in {words} from what it has in frame {other.frame}"
    code = PFS if nearest == (_WORDS["group"],) else PROPOSAL
    mixed = (PFS,) if code == PROPOSAL and _WORDS["group"] in nearest else ()
    return Reading(code, "likely", means, mixed, f"Make {words} the same on both peers.")


def _taken_elsewhere(case: Case, exchange: LaterExchange, said: Inside) -> Iterator[str]:
    found = differences(case, exchange)
    if found is None:
        return
    other, nearest = found
    takes = other.inside.offer.transforms[0]  # type: ignore[union-attr]  # that is how it was found
    differs = f"differs from it in {listing(nearest)}" if nearest else "holds the same"
    yield (
        f"In frame {other.frame} the {ROLES[other.sender]} itself has {in_words(takes)}; the offer {differs}"
    )
    own, theirs = selectors(said), selectors(other.inside) if other.inside is not None else ()
    if own and theirs and sorted(own) != sorted(theirs):
        yield f"In frame {other.frame} it is for {theirs[0]} and {theirs[1]}"


def answers_otherwise(case: Case, exchange: LaterExchange) -> Iterator[str]:
    """Yield in what QM2 is no answer to QM1: RFC 2409 §5.5 lets it choose, and change nothing."""
    one, two = _message(case, exchange, 1), _message(case, exchange, 2)
    if one is None or two is None or one.inside is None or two.inside is None:
        return
    asked_for, granted = selectors(one.inside), selectors(two.inside)
    if asked_for and granted and asked_for != granted:
        yield (
            f"QM2 in frame {two.frame} is for {granted[0]} and {granted[1]}, QM1 asked for {asked_for[0]} "
            f"and {asked_for[1]}"
        )
    offer, chosen = one.inside.offer, two.inside.offer
    if offer is None or chosen is None or not offer.transforms or not chosen.transforms:
        return
    nearest = min((differing(offered, chosen.transforms[0]) for offered in offer.transforms[:64]), key=len)
    if nearest:
        yield (
            f"QM2 in frame {two.frame} chooses {in_words(chosen.transforms[0])}, which was not offered: it "
            f"differs in {listing(nearest)}"
        )


def carried(case: Case) -> Iterator[Finding]:
    """ESP under the SPIs that a quick mode chose: who sends it has the SA."""
    for exchange in case.standing.later:
        if exchange.kind != "quick":
            continue
        flows = [esp_towards(case.conversation, exchange, side) for side in (0, 1)]
        if not any(flows):
            continue
        from_peers = [side for side in (0, 1) if flows[1 - side]]
        evidence = [
            _flow(case, flow, 1 - side) for side in (0, 1) for flow in flows[side]
        ]  # fmt: skip
        name = f"quick mode {exchange.message_id:08x}"
        if len(from_peers) == 2:
            claim = f"ESP goes both ways under the SPIs of {name}: both peers have its SAs."
        else:
            (side,) = from_peers
            claim = f"ESP under the SPIs of {name} comes from the {ROLES[side]} alone: that peer has its SAs."
            evidence.append(f"None of it comes from {case.names[1 - side]}")
        numbers = [n for side in (0, 1) for flow in flows[side] for n in (flow.first_frame, flow.last_frame)]
        yield case.finding("esp-seen", "proven", claim, numbers, *evidence)


def _flow(case: Case, flow: EspFlow, sender: int) -> str:
    packets = f"{flow.packets} ESP packet{'s' if flow.packets > 1 else ''}"
    return (
        f"{packets} from {case.names[sender]} under SPI {flow.spi.hex()}, frames {flow.first_frame} to "
        f"{flow.last_frame}"
    )


def selectors(said: Inside) -> tuple[str, ...]:
    """Return both networks of a quick mode; none where they are not addresses, or not there."""
    found = tuple(_selector(body) for body in said.identities)
    return found if len(found) == _SELECTORS and all(found) else ()  # type: ignore[return-value]


def _selector(body: bytes) -> str | None:
    """Return addresses, a network or a range as text, with protocol and port if it is for one of them."""
    if len(body) < 4 or body[0] not in _ADDRESSES:
        return None
    text = identity_text(body[0], body[4:])
    protocol, port = body[1], int.from_bytes(body[2:4])
    if text is None or not (protocol or port):
        return text
    return f"{text} protocol {protocol}" + (f" port {port}" if port else "")


def in_words(transform: Transform) -> str:
    """Return a transform of phase 2 in a line."""
    ids = _IDS.get(transform.protocol)  # type: ignore[call-overload]
    name = str(transform.transform_id) if ids is None else word(ids, transform.transform_id)
    parts = [f"{word(Protocol, transform.protocol)} {name}"]
    if transform.key_bits is not None:
        parts[0] += f"-{transform.key_bits}"
    if transform.auth_algorithm is not None:
        parts.append(word(AuthAlgorithm, transform.auth_algorithm))
    if transform.encapsulation is not None:
        parts.append("tunnel" if transform.encapsulation in _TUNNEL else "transport")
    parts.append("no PFS" if transform.group is None else f"PFS {group_word(transform.group)}")
    return ", ".join(parts)


def differing(one: Transform, other: Transform) -> tuple[str, ...]:
    """Name what two transforms of phase 2 differ in, lifetimes left out: those may be shortened."""
    return tuple(text for name, text in _WORDS.items() if getattr(one, name) != getattr(other, name))


def _message(case: Case, exchange: LaterExchange, step: int) -> Seen | None:
    """Return the first message of a step."""
    if step not in exchange.steps:
        return None
    return case.seen[exchange.indexes[exchange.steps.index(step)]]

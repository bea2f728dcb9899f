"""Faults on demand: what a responder, or an initiator, does wrong. Data only.

A step is MSG1 to MSG6, QM1 to QM3, T1 and so on: T1 is the first transaction of XAUTH, C1 of mode-config; odd
ones are the requests.
"""

from collections.abc import Callable
from typing import Final

from msgspec import Struct
from msgspec.structs import replace

from ikepcap.errors import ReplayError
from ikepcap.wire.numbers import NotifyType

_LEAST_CUT: Final = 64
STEPS: Final = (
    "MSG1", "MSG2", "MSG3", "MSG4", "MSG5", "MSG6", "QM1", "QM2", "QM3", "T1", "T2", "T3", "T4", "C1", "C2",
)  # fmt: skip


INITIATOR_STEPS: Final = ("MSG1", "MSG3", "MSG5", "QM1", "QM3", "T2", "T4", "C1", "C2")
RESPONDER_STEPS: Final = ("MSG2", "MSG4", "MSG6", "QM2", "T1", "T3", "C1", "C2")


class Behaviour(Struct, frozen=True):
    """What goes wrong; as it is made, nothing."""

    name: str = ""
    codes: tuple[str, ...] = ()
    """Findings that name what goes wrong; none where it is several things, or cannot be said beforehand."""
    silent_from: str | None = None
    """The step that is never sent, nor anything after it."""
    loses: frozenset[str] = frozenset()
    """Steps that are sent and never arrive: every copy of them is dropped, and all else goes on."""
    refuses: tuple[str, int] | None = None
    """In place of this step a notify of this type."""
    in_clear: bool = False
    """That notify is never encrypted."""
    loses_once: frozenset[str] = frozenset()
    """Steps of which the first copy never arrives."""
    closes_from: str | None = None
    """In place of this step the port is closed, as when a daemon dies: this host then answers with ICMP."""
    deaf_to_natt: bool = False
    """A NAT seems to lie between, and nothing that comes to the port of NAT traversal arrives."""
    other_natt: bool = False
    """A NAT seems to lie between, NAT-D has the number that the peer does not mean, and MSG5 is awaited where
    NAT traversal goes on."""
    delay_s: float = 0.0
    """Answers come later by so much."""
    delays_s: tuple[tuple[str, float], ...] = ()
    """The same of single steps."""
    fragments: tuple[tuple[str, int], ...] = ()
    """Steps that are sent as IKE fragments of so many octets, whatever the peer can take."""
    drops_fragment: int | None = None
    """The IKE fragment with this number is never sent."""
    restarts_after: str | None = None
    """All is forgotten once this step was sent."""
    says_invalid_cookie: bool = False
    """What comes under forgotten cookies is answered with INVALID-COOKIE."""
    is_unknown_peer: bool = False
    has_no_secret: bool = False
    has_wrong_secret: bool = False
    changes_choice: bool = False
    """MSG2 chooses a key length that was not offered."""
    refuses_proposal: bool = False
    refuses_mode: bool = False
    refuses_identity: bool = False
    refuses_certificate: bool = False
    refuses_quick: int | None = None
    """With this notify in place of QM2."""
    refuses_user: bool = False
    gives_no_address: bool = False
    deletes_after: str | None = None
    """Phase 1 is deleted as soon as this step is done: MSG6, AGGR3 or QM3."""
    refuses_renewal: bool = False
    """Who is up already is not answered when it begins anew."""
    begins_too: bool = False
    """Who begins is met with a negotiation of one's own."""
    says_stray: int | None = None
    """Once all is up, this notify in the clear, which nobody has to believe."""
    deaf_to_dpd: bool = False
    dead_after_s: float | None = None
    """Silent for good so long after all was up."""


class Fault(Struct, frozen=True):
    """Something that a peer can be told to do wrong."""

    means: str
    behaviour: Behaviour
    codes: tuple[str, ...] = ()
    """Findings: a reader of the wire who names any of these has read it rightly. None where nobody can tell,
    or where it comes up all the same."""


_ID: Final = ("authentication-failed", "identity-mismatch", "certificate-rejected", "psk-mismatch")
_QUICK: Final = ("phase2-refused",)
_GONE: Final = ("peer-went-silent", "peer-restarted")

FAULTS: Final[dict[str, Fault]] = {
    "unknown-peer": Fault("has no connection for this address", Behaviour(is_unknown_peer=True),
                          ("unknown-peer", "no-reply")),
    "refuse-proposal": Fault("accepts none of the transforms", Behaviour(refuses_proposal=True),
                             ("proposal-mismatch", "no-reply")),
    "refuse-mode": Fault("does not do this mode", Behaviour(refuses_mode=True), ("mode-refused", "no-reply")),
    "refuse-version": Fault(
        "does not speak IKEv1 here",
        Behaviour(refuses=("MSG2", NotifyType.INVALID_MAJOR_VERSION), in_clear=True), ("version-refused",),
    ),
    "busy": Fault(
        "wants MSG1 again, as under a flood",
        Behaviour(refuses=("MSG2", NotifyType.MS_NOTIFY_DOS_COOKIE), in_clear=True),
        ("overloaded", "peer-went-silent"),
    ),
    "wrong-choice": Fault("chooses a transform that was not offered", Behaviour(changes_choice=True),
                          ("chosen-not-offered", "proposal-mismatch")),
    "no-psk": Fault("has no pre-shared key for the peer", Behaviour(has_no_secret=True),
                    ("no-shared-secret", "peer-went-silent")),
    "wrong-psk": Fault("has another pre-shared key", Behaviour(has_wrong_secret=True), ("psk-mismatch",)),
    "refuse-identity": Fault("does not accept the identity", Behaviour(refuses_identity=True), _ID),
    "refuse-certificate": Fault("does not accept the certificate, where there is one",
                                Behaviour(refuses_certificate=True), _ID),
    "refuse-user": Fault("does not let the user of XAUTH in", Behaviour(refuses_user=True),
                         ("xauth-failed",)),
    "no-address": Fault(
        "has no address to give, and does not accept selectors without one",
        Behaviour(gives_no_address=True, refuses_quick=NotifyType.INVALID_ID_INFORMATION),
        (*_QUICK, "mode-config-failed"),
    ),
    "phase2-proposal": Fault("accepts no proposal of quick mode",
                             Behaviour(refuses_quick=NotifyType.NO_PROPOSAL_CHOSEN),
                             (*_QUICK, "phase2-proposal-mismatch")),
    "phase2-selectors": Fault("does not accept the selectors",
                              Behaviour(refuses_quick=NotifyType.INVALID_ID_INFORMATION),
                              (*_QUICK, "phase2-selector-mismatch")),
    "phase2-pfs": Fault("cannot do the group of quick mode",
                        Behaviour(refuses_quick=NotifyType.INVALID_KEY_INFORMATION),
                        (*_QUICK, "phase2-pfs-mismatch")),
    "phase2-silent": Fault("never answers quick mode", Behaviour(silent_from="QM2"), ("phase2-no-reply",)),
    "restart": Fault("loses its state after MSG2", Behaviour(restarts_after="MSG2"), _GONE),
    "restart-cookie": Fault("loses its state after MSG2, and says so",
                            Behaviour(restarts_after="MSG2", says_invalid_cookie=True), _GONE),
    "drop-fragments": Fault("sends all IKE fragments but the second", Behaviour(drops_fragment=2),
                            ("fragments-lost",)),
    "port-closed": Fault("closes its port when MSG1 comes, as a daemon that dies",
                         Behaviour(closes_from="MSG2"), ("port-closed",)),
    "deaf-4500": Fault("finds a NAT, and does not hear what comes to port 4500", Behaviour(deaf_to_natt=True),
                       ("nat-t-blocked",)),
    "other-natt": Fault(
        "finds a NAT, sends NAT-D by another number than was agreed on, and waits on port 4500",
        Behaviour(other_natt=True), ("nat-t-disagreement",),
    ),
    # The delete may cross QM1, or be the last that is captured: then nobody can tell it from other messages.
    "delete-after-phase1": Fault("deletes phase 1 as soon as it is up", Behaviour(deletes_after="phase1")),
    "delete-after-quick": Fault("deletes all as soon as it is up", Behaviour(deletes_after="QM3")),
    "no-dpd": Fault("does not answer R-U-THERE", Behaviour(deaf_to_dpd=True), ("dead-peer",)),
    "dead": Fault("is gone soon after all was up", Behaviour(dead_after_s=5.0), ("dead-peer",)),
    "no-renewal": Fault("does not answer a peer that begins anew while it is up",
                        Behaviour(refuses_renewal=True), ("rekey-failed", "no-reply")),
    # What follows does no harm, and is a note to a reader.
    "both-begin": Fault("begins a negotiation of its own when MSG1 comes", Behaviour(begins_too=True)),
    "stray": Fault("says INVALID-SPI in the clear once all is up",
                   Behaviour(says_stray=NotifyType.INVALID_SPI)),
    "slow": Fault("answers 2 seconds late", Behaviour(delay_s=2.0)),
}  # fmt: skip
"""By name."""


def _step(value: str) -> str:
    step = value.upper()
    if step not in STEPS:
        raise ReplayError(f"{value!r} is no step; one is {', '.join(STEPS)}")
    return step


def _refusal(value: str) -> tuple[str, int]:
    step, _, name = value.partition(":")
    wanted = name.upper().replace("-", "_")
    if wanted.isdigit() and int(wanted) < 65536:
        return _step(step), int(wanted)
    if wanted not in NotifyType.__members__:
        raise ReplayError(f"{name!r} is no notify; write one like MSG2:NO-PROPOSAL-CHOSEN")
    return _step(step), NotifyType[wanted]


def _late(value: str) -> float | tuple[tuple[str, float], ...]:
    step, colon, seconds = value.partition(":")
    return ((_step(step), _seconds(seconds)),) if colon else _seconds(value)


def _cut(value: str) -> tuple[tuple[str, int], ...]:
    step, _, octets = value.partition(":")
    if not octets.isdigit() or not _LEAST_CUT <= int(octets) < 65_536:
        raise ReplayError(
            f"{value!r} is no step with a size; write one like MSG5:300, from {_LEAST_CUT} octets"
        )
    return ((_step(step), int(octets)),)


def _seconds(value: str) -> float:
    try:
        found = float(value)
    except ValueError:
        raise ReplayError(f"{value!r} is no number of seconds") from None
    if not 0 <= found <= 600:
        raise ReplayError(f"{value!r} is not between 0 and 600 seconds")
    return found


_SETTINGS: Final[dict[str, tuple[str, str, Callable[[str], object]]]] = {
    "silent": ("silent_from", "MSG4: sends neither that step nor anything after it", _step),
    "lose": ("loses", "MSG4: that step never arrives; repeatable", lambda value: frozenset((_step(value),))),
    "lose-once": (
        "loses_once",
        "MSG4: its first copy never arrives; repeatable",
        lambda value: frozenset((_step(value),)),
    ),
    "refuse": ("refuses", "MSG2:NO-PROPOSAL-CHOSEN: a notify in its place", _refusal),
    "close": ("closes_from", "MSG4: closes its port in place of that step", _step),
    "restart-after": ("restarts_after", "MSG2: forgets all once it was sent", _step),
    "delay": ("delay_s", "3: answers so many seconds late; MSG4:3: that step alone; repeatable", _late),
    "cut": ("fragments", "MSG6:300: sends that step in IKE fragments of this size; repeatable", _cut),
}


def behaviour(words: tuple[str, ...], steps: tuple[str, ...] = STEPS) -> Behaviour:
    """Return what faults make together: names of `FAULTS`, or settings like `silent=MSG4`.

    Args:
        words: as asked for.
        steps: those that this peer sends.

    Raises:
        ReplayError: a word means nothing, or is of a step that this peer does not send.
    """
    found = Behaviour(name=", ".join(words))
    for word in words:
        name, equals, value = word.partition("=")
        if equals and name in _SETTINGS:
            field, _, read = _SETTINGS[name]
            found = _with(found, field, read(value))
        elif word in FAULTS:
            made = FAULTS[word].behaviour
            changed = {f: getattr(made, f) for f in made.__struct_fields__
                       if getattr(made, f) != getattr(Behaviour(), f)}  # fmt: skip
            found = replace(found, **changed)
        else:
            known = ", ".join((*FAULTS, *(f"{one}=..." for one in _SETTINGS)))
            raise ReplayError(f"fault {word!r} is none of {known}")
    for step in _steps_of(found):
        if step not in steps:
            raise ReplayError(f"{step} is not sent by this peer; what it sends is {', '.join(steps)}")
    only = FAULTS.get(words[0]) if len(words) == 1 else None
    return replace(found, codes=() if only is None else only.codes)


def _steps_of(found: Behaviour) -> list[str]:
    """Return the steps at which something goes wrong."""
    single = (found.silent_from, found.closes_from, found.restarts_after, found.refuses and found.refuses[0])
    several = (*found.loses, *found.loses_once, *dict(found.delays_s), *dict(found.fragments))
    return [*(step for step in single if step), *several]


def _with(found: Behaviour, field: str, value: object) -> Behaviour:
    """Return a behaviour with one thing more: what is said of several steps adds up."""
    if isinstance(value, frozenset):
        return replace(found, **{field: getattr(found, field) | value})
    if field == "delay_s" and isinstance(value, tuple):
        return replace(found, delays_s=(*found.delays_s, *value))
    if field == "fragments" and isinstance(value, tuple):
        return replace(found, fragments=(*found.fragments, *value))
    return replace(found, **{field: value})


NOT_MADE: Final = {
    "unreachable": "a router says that the host or its network is not there",
    "filtered": "a filter says so, and to send ICMP needs root: have one reject the port",
    "replies-lost": "the path loses what was sent: have a filter drop it; with lose= it is never sent",
}
"""Findings that no peer can bring about, and who can; a replay finds them all the same."""


def described() -> tuple[tuple[str, str, tuple[str, ...]], ...]:
    """Return every fault with what it does, and the findings of which any reads it rightly."""
    named = tuple((name, f"the peer {fault.means}", fault.codes) for name, fault in FAULTS.items())
    return (*named, *((f"{name}=", means, ()) for name, (_, means, _) in _SETTINGS.items()))

"""Write down what is true of a capture, in the form of captures/*.toml.

Computed from packets and logs alone; only what went wrong (`faults`) is the scenario's word. What the capture
of one place cannot show is not claimed: progress is what was sent past that place, and what each end really
reached stands beside it as `initiator_real` and `responder_real`.
"""

import hashlib
from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import Any, Final

from ikelab import packets
from ikelab.packets import INFORMATIONAL, QUICK, TRANSACTION, Seen, ike_fragment
from ikelab.play import Played
from ikelab.scenario import Place, Role, Scenario
from ikelab.truth import LAST, Happened, by_cookie, happened, host_of, phase_1_step, state_name

LICENCE: Final = "GPL-2.0-or-later"
AUTH: Final = {"psk": "psk", "rsa": "rsa-sig", "ecdsa": "ecdsa-sig", "hybrid": "hybrid"}
"""Names of the report; what is missing is called the same there."""
LATER: Final = frozenset(
    {
        "xauth-failed", "mode-config-failed", "phase2-proposal-mismatch", "phase2-selector-mismatch",
        "phase2-pfs-mismatch", "phase2-refused", "phase2-no-reply", "dead-peer", "deleted-by-peer",
        "rekey-failed",
    }
)  # fmt: skip
"""Faults after phase 1: they belong to a negotiation that came up."""
_ENOUGH_SILENCE_S: Final = 15.0
_KINDS: Final = {QUICK: ("quick", 3), TRANSACTION: ("transaction", 2)}
_ROLES: Final[tuple[Role, Role]] = ("initiator", "responder")

Facts = dict[str, Any]


def facts_of(played: Played, place: Place) -> Facts:
    """Return all facts of the capture taken at one place."""
    scenario = played.scenario
    path = played.captures[place]
    seen = packets.read(path)
    attempts = {attempt.cookie: attempt for attempt in happened(played)}
    found = [
        _conversation(played, place, attempts.get(cookie), messages, seen[-1].time if seen else 0.0)
        for cookie, messages in by_cookie(seen).items()
    ]
    facts: Facts = {"source": _source(played, place, path)}
    # The router's side that is watched is the responder's.
    facts["capture"] = {"near": "initiator" if place == "initiator" else "responder"}
    if scenario.capture_findings:
        facts["capture"]["findings"] = list(scenario.capture_findings)
    facts["conversation"] = _with_faults(scenario, place, found)
    for number, one in enumerate(facts["conversation"]):
        one |= {**scenario.facts, **scenario.facts_at.get((place, number), {})}
        facts["conversation"][number] = {key: value for key, value in one.items() if value is not ...}
    return facts


def _source(played: Played, place: Place, path: Path) -> Facts:
    where = "on the router, on the responder's side" if place == "between" else f"at the {place}"
    software = " and ".join(f"{played.versions[role]} ({role})" for role in _ROLES)
    facts: Facts = {
        "origin": f"captured by tools/lab run {played.scenario.name}: {software}, {where}",
        "shows": played.scenario.shows,
        "licence": LICENCE,
        "made": date.today().isoformat(),  # noqa: DTZ011 - the day it was made, wherever that was
        "sha256": hashlib.sha256(path.read_bytes()).hexdigest(),
    }
    secrets = {peer.secret for peer in (played.scenario.initiator, played.scenario.responder)} - {None}
    if "psk" in played.scenario.initiator.auth and len(secrets) == 1:
        facts["psk"] = secrets.pop()
    return facts


def _conversation(
    played: Played, place: Place, attempt: Happened | None, messages: list[Seen], end: float
) -> Facts:
    if attempt is None:
        return {}
    sent = {role: [one for one in messages if host_of(played, one.source) == role] for role in _ROLES}
    other: Role = "responder" if attempt.starter == "initiator" else "initiator"
    steps = {
        role: max((phase_1_step(one, role == attempt.starter) or 0 for one in own), default=0)
        for role, own in sent.items()
    }
    whole = _without_incomplete(messages)
    last = max(
        (phase_1_step(one, host_of(played, one.source) == attempt.starter) or 0 for one in whole), default=0
    )
    first = sent[attempt.starter][0] if sent[attempt.starter] else None
    answer = first or sent[other][0]
    initiator, responder = (
        (answer.source, answer.destination) if first else (answer.destination, answer.source)
    )
    peer = played.scenario.initiator if attempt.starter == "initiator" else played.scenario.responder
    facts: Facts = {
        "initiator": initiator,
        "responder": responder,
        "mode": attempt.mode,
        "auth": AUTH.get(peer.auth, peer.auth),
        "last_message": last or "none",
    }
    facts["outcome"] = outcome = _outcome(attempt, steps, messages, sent, end)
    if outcome == "established":
        facts |= {"awaited_message": "none", "silent_peer": "none"}
    elif last < LAST[attempt.mode]:
        facts["awaited_message"] = last + 1
        facts["silent_peer"] = "initiator" if (last + 1) % 2 else "responder"
    facts |= _nat(played, place, attempt, last, messages)
    facts |= _progress(attempt, sent, steps, established=outcome == "established")
    facts["exchange"] = _exchanges(attempt, messages, played)
    return facts


def _progress(
    attempt: Happened, sent: dict[Role, list[Seen]], steps: dict[Role, int], *, established: bool
) -> Facts:
    facts: Facts = {}
    other: Role = "responder" if attempt.starter == "initiator" else "initiator"
    receiver = attempt.starter if attempt.mode == "main" else other
    for role, ike_role in ((attempt.starter, "initiator"), (other, "responder")):
        # Whoever begins or answers quick mode has done with phase 1, whatever this place saw of it.
        went_on = any(one.exchange == QUICK for one in sent[role])
        accepted_last = attempt.accepted and established and role == receiver
        progress = LAST[attempt.mode] if went_on or accepted_last else steps[role]
        # Who refuses MSG1 has handled none; of whom nothing was seen, nothing can be said.
        facts[f"{ike_role}_progress"] = progress or (0 if sent[role] else "none")
        facts[f"{ike_role}_asa"] = state_name(attempt.mode, progress) or "none"
        facts[f"{ike_role}_real"] = state_name(attempt.mode, attempt.reached[role]) or "none"
    return facts


def _without_incomplete(messages: list[Seen]) -> list[Seen]:
    """Leave out the IKE fragments of messages of which not all fragments were seen."""
    numbers: dict[tuple[str, int], set[int]] = {}
    wanted: dict[tuple[str, int], int] = {}
    for one in messages:
        fragment = ike_fragment(one)
        if fragment:
            identity, number, is_last = fragment
            numbers.setdefault((one.source, identity), set()).add(number)
            if is_last:
                wanted[one.source, identity] = number
    whole = {key for key, found in numbers.items() if len(found) == wanted.get(key)}
    parts = [(one, ike_fragment(one)) for one in messages]
    return [one for one, fragment in parts if fragment is None or (one.source, fragment[0]) in whole]


def _outcome(
    attempt: Happened, steps: dict[Role, int], messages: list[Seen], sent: dict[Role, list[Seen]], end: float
) -> str:
    if attempt.accepted and max(steps.values()) == LAST[attempt.mode]:
        return "established"
    if any(one.exchange == INFORMATIONAL for one in messages):
        return "refused"
    copies = max(len(own) - len({one.payload for one in own}) for own in sent.values())
    silence_s = end - messages[-1].time
    return "stalled" if copies or silence_s > _ENOUGH_SILENCE_S else "in-progress"


def _nat(played: Played, place: Place, attempt: Happened, last: int, messages: list[Seen]) -> Facts:
    moved = any(one.port == 4500 for one in messages)
    facts: Facts = {"moved_to_4500": moved}
    net = played.scenario.net
    other: Role = "responder" if attempt.starter == "initiator" else "initiator"
    if attempt.mode == "main" and last >= 4:
        facts["initiator_behind_nat"] = net == f"nat-{attempt.starter}"
        facts["responder_behind_nat"] = net == f"nat-{other}"
    elif (
        attempt.mode == "aggressive"
        and last >= 3
        and place == attempt.starter
        and net == f"nat-{attempt.starter}"
    ):
        # The initiator's NAT-D is encrypted in MSG3; the responder's shows what it sees of the initiator.
        facts["initiator_behind_nat"] = True
    return facts


def _exchanges(attempt: Happened, messages: list[Seen], played: Played) -> list[Facts]:
    found: dict[tuple[int, int], list[Seen]] = {}
    for one in messages:
        if one.exchange in _KINDS:
            found.setdefault((one.exchange, one.message_id), []).append(one)
    return [
        _exchange(*_KINDS[exchange], attempt, own, messages, played) for (exchange, _), own in found.items()
    ]


def _exchange(
    kind: str, wanted: int, attempt: Happened, own: list[Seen], messages: list[Seen], played: Played
) -> Facts:
    starter = host_of(played, own[0].source)
    payloads = list(dict.fromkeys(one.payload for one in own))
    facts: Facts = {"kind": kind, "last_message": min(len(payloads), wanted)}
    answered = any(
        one.exchange == INFORMATIONAL and host_of(played, one.source) != starter and one.time > own[0].time
        for one in messages
    )
    # Repeated although it was answered: the answer did not satisfy.
    repeated = own[-1].payload != payloads[-1] or (len(own) > len(payloads) and len(payloads) < wanted)
    if repeated and not answered:
        facts["outcome"] = "stalled"
    elif len(payloads) >= wanted and payloads[-1] not in attempt.undelivered and not repeated:
        facts["outcome"] = "established"
    elif answered and kind == "quick" and LATER.issuperset(played.scenario.faults or ("",)):
        facts["outcome"] = "refused"
    return facts


def _with_faults(scenario: Scenario, place: Place, found: list[Facts]) -> list[Facts]:
    codes = scenario.faults_at.get(place, scenario.faults)
    given = False
    for one in found:
        if not one:
            continue
        established = one["outcome"] == "established"
        concerned = bool(codes) and (set(codes) <= LATER) == established and not (established and given)
        given |= established and concerned
        if not concerned:
            one["faults"] = []
        elif len(codes) == 1:
            one["faults"] = list(codes)
        else:
            one["fault_among"] = list(codes)
    return found


def write(path: Path, facts: Mapping[str, Any]) -> None:
    """Write facts as TOML: [source], [capture], each [[conversation]] with its [[conversation.exchange]]."""
    lines: list[str] = []
    for table in ("source", "capture"):
        if facts.get(table):
            lines += [f"[{table}]", *_pairs(facts[table]), ""]
    for conversation in facts["conversation"]:
        lines += ["[[conversation]]", *_pairs(conversation)]
        for exchange in conversation.get("exchange", ()):
            lines += ["[[conversation.exchange]]", *_pairs(exchange)]
        lines.append("")
    path.write_text("\n".join(lines).rstrip("\n") + "\n")


def _pairs(table: Mapping[str, Any]) -> list[str]:
    return [f"{key} = {_value(value)}" for key, value in table.items() if key != "exchange"]


def _value(value: object) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, list):
        return "[" + ", ".join(map(_value, value)) + "]"
    return (
        str(value)
        if isinstance(value, int)
        else '"' + str(value).replace("\\", "\\\\").replace('"', '\\"') + '"'
    )

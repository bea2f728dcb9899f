"""Findings about XAUTH and mode-config where a key opened them: the verdict itself, the addresses themselves.

Numbers and meanings: draft-beaulieu-ike-xauth, draft-ietf-ipsec-isakmp-mode-cfg.
"""

from collections.abc import Iterator
from typing import Final

from ikepcap.diagnose.case import Case
from ikepcap.diagnose.finding import Finding
from ikepcap.diagnose.later import exchange_messages, told
from ikepcap.diagnose.user import AFTER_LOGIN_NS
from ikepcap.diagnose.wording import span
from ikepcap.state.exchanges import LaterExchange
from ikepcap.track.conversation import Seen, Settings
from ikepcap.wire.details import CfgAttribute, CfgType, CheckPointAttribute, XauthStatus
from ikepcap.wire.numbers import Exchange

_USER: Final = frozenset(range(CfgAttribute.XAUTH_TYPE, CfgAttribute.XAUTH_ANSWER + 1)) | frozenset(
    (CheckPointAttribute.XAUTH_USER_NAME, CheckPointAttribute.XAUTH_PASSCODE)
)
_INNER: Final = frozenset((CfgAttribute.INTERNAL_IP4_ADDRESS, CfgAttribute.INTERNAL_IP6_ADDRESS))


def verdict(case: Case) -> tuple[Seen, bool] | None:
    """Return the last message that sets an XAUTH-STATUS, and whether it lets the user in.

    A client may reply with the status FAIL to a request; what an ACK repeats is no verdict.
    """
    found = [
        (s, said.status)
        for s, said in _settings(case)
        if said.status is not None and said.type in (CfgType.SET, CfgType.REPLY)
    ]
    return (found[-1][0], found[-1][1] == XauthStatus.OK) if found else None


def asks_user(case: Case, exchange: LaterExchange) -> bool | None:
    """Whether a transaction is XAUTH's; False where it is mode-config's, None where no key opened it."""
    said = case.seen[exchange.indexes[0]].inside
    if said is None or said.settings is None or not said.settings.attributes:
        return None
    return not _USER.isdisjoint(said.settings.attributes)


def login_refused(case: Case) -> Iterator[Finding]:
    """XAUTH-STATUS says that the user was not let in."""
    found = verdict(case)
    if found is None or found[1]:
        return
    message = found[0]
    asked = [s for s, said in _settings(case) if said.type == CfgType.REQUEST and _is_user(said)]
    rounds = f"It asked for the user {len(asked)} times before" if len(asked) > 1 else None
    by_client = message.sender == 0
    claim = (
        "The initiator itself answered XAUTH with the status FAIL: it has no user to log in, or not the kind "
        "that was asked for."
        if by_client
        else "The responder did not let the user in: it said XAUTH-STATUS FAIL."
    )
    yield case.finding(
        "xauth-failed", "proven", claim, [message],
        f"Frame {message.frame} from {case.names[message.sender]} sets XAUTH-STATUS to FAIL",
        *(() if rounds is None else (rounds,)),
        settles_it=f"The log of {case.names[1]}, or of the server that it asks, says why.",
    )  # fmt: skip


def left_waiting(case: Case) -> Iterator[Finding]:
    """XAUTH let the user in, and nothing came after it: neither peer began mode-config, nor a quick mode.

    A client with neither would have nothing to do but wait, until there is traffic for the tunnel.
    """
    found = verdict(case)
    if case.standing.outcome != "established" or found is None or not found[1]:
        return
    granted, message_id = found[0], found[0].message_id
    after = [s for s in case.seen if s.time_ns > granted.time_ns and s.message_id != message_id]
    waited_ns = case.conversation.watched_until_ns - case.seen[-1].time_ns
    if after:
        return
    if waited_ns < AFTER_LOGIN_NS and case.conversation.superseded_ns is None:
        yield case.finding(
            "ends-early", "proven",
            "The capture ends with XAUTH, which let the user in: whether there is an address and a tunnel "
            "shows in what follows.",
            [granted], f"The capture goes on for {span(max(0, waited_ns))} after it",
            alternatives=("mode-config-failed",),
            settles_it="Capture until the tunnel is up, or read the log of either peer.",
        )  # fmt: skip
        return
    yield case.finding(
        "mode-config-failed", "possible",
        "The user was let in, and neither mode-config nor a quick mode followed: consistent with peers of "
        "which each waits for the other to begin mode-config.",
        [granted],
        f"Frame {granted.frame} sets XAUTH-STATUS to OK",
        f"Nothing follows it in the {span(waited_ns)} after it",
        settles_it="Does the client ask for its address, and the server wait for that, or does each wait for "
        "the other? A client without mode-config may also wait for traffic.",
    )  # fmt: skip


def no_address(case: Case) -> Iterator[Finding]:
    """The client asked for an inner address, and the answer has none."""
    answer = address_refused(case)
    if answer is None:
        return
    refused = [e for e in case.standing.later if e.kind == "quick" and e.outcome in ("refused", "stalled")]
    asked = [s for s, said in _settings(case) if said.type == CfgType.REQUEST and _asks_address(said)]
    yield case.finding(
        "mode-config-failed", "proven",
        f"The {case.role(answer.sender)} gave the {case.role(1 - answer.sender)} no inner address.",
        [*asked[:1], answer, *exchange_messages(case, refused[:1])],
        f"Frame {answer.frame} answers the request for an inner address without one",
        *told(case, refused[:1]),
        alternatives=(),
        settles_it=f"Has {case.names[answer.sender]} a pool of addresses for this client, and is one free?",
    )  # fmt: skip


def address_refused(case: Case) -> Seen | None:
    """Return the answer to a request for an inner address that has none, where no tunnel came up after it."""
    if any(e.kind == "quick" and e.outcome == "established" for e in case.standing.later):
        return None
    requests = {
        s.message_id for s, said in _settings(case) if said.type == CfgType.REQUEST and _asks_address(said)
    }
    answers = [
        (s, said) for s, said in _settings(case) if said.type == CfgType.REPLY and s.message_id in requests
    ]
    return answers[-1][0] if answers and not answers[-1][1].addresses else None


def reads_settings(case: Case) -> bool:
    """Whether keys opened mode-config: then what the client was given need not be told from its course."""
    return any(_asks_address(said) or said.addresses for _, said in _settings(case))


def given_address(case: Case) -> tuple[Seen, str] | None:
    """Return the message that gave the client its inner address, in answer or unasked, and the address."""
    for message, said in _settings(case):
        if said.type in (CfgType.REPLY, CfgType.SET) and said.addresses:
            return message, said.addresses[0]
    return None


def _settings(case: Case) -> Iterator[tuple[Seen, Settings]]:
    """Yield the opened messages of transactions with what they ask or tell, each once."""
    for message in case.seen:
        said = message.inside
        if message.exchange != Exchange.TRANSACTION or message.copy_of >= 0 or said is None:
            continue
        if said.settings is not None:
            yield message, said.settings


def _is_user(said: Settings) -> bool:
    return not _USER.isdisjoint(said.attributes)


def _asks_address(said: Settings) -> bool:
    return not _INNER.isdisjoint(said.attributes)

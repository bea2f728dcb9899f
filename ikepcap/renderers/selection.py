"""Which conversations of a report to show, and whether what is shown is at fault."""

from collections.abc import Iterable
from typing import TYPE_CHECKING, Final

from msgspec import Struct
from msgspec.structs import replace

from ikepcap.report.model import Conversation, Finding, Report

if TYPE_CHECKING:
    from ipaddress import IPv4Network, IPv6Network

_FAILED: Final = ("stalled", "refused")


class Choice(Struct, frozen=True):
    """What a conversation must be to be shown; an empty field asks nothing."""

    peers: "tuple[IPv4Network | IPv6Network, ...]" = ()
    """Either end lies in one of these."""
    cookie: str = ""
    """Lower-case hexadecimal prefix of either cookie."""
    outcomes: tuple[str, ...] = ()

    def takes(self, conversation: Conversation) -> bool:
        """Whether this conversation is to be shown."""
        if self.outcomes and conversation.outcome not in self.outcomes:
            return False
        cookies = (conversation.initiator_cookie, conversation.responder_cookie or "")
        if self.cookie and not any(cookie.startswith(self.cookie) for cookie in cookies):
            return False
        return not self.peers or self._meets(conversation)

    def _meets(self, conversation: Conversation) -> bool:
        """Whether either end is one of the peers asked for."""
        from ipaddress import ip_address

        for peer in (conversation.initiator, conversation.responder):
            try:
                address = ip_address(peer.address)
            except ValueError:
                continue
            if any(address in network for network in self.peers):
                return True
        return False


def select(report: Report, choice: Choice) -> Report:
    """Return the report with only the conversations that were asked for."""
    return replace(report, conversations=tuple(filter(choice.takes, report.conversations)))


def any_fault(findings: Iterable[Finding]) -> bool:
    """Whether one of these findings is a fault."""
    return any(finding.severity == "fault" for finding in findings)


def is_faulty(conversation: Conversation) -> bool:
    """Whether a conversation failed, or came up and carries a fault from afterwards.

    Of two that crossed one is enough: the other may end in any way, and then carries no fault.
    """
    if any_fault(conversation.findings):
        return True
    crossed = any(finding.code == "simultaneous-initiation" for finding in conversation.findings)
    return conversation.outcome in _FAILED and not crossed


def has_fault(report: Report) -> bool:
    """Whether anything in the report is a fault: what the exit status says."""
    return any_fault(report.findings) or any(map(is_faulty, report.conversations))

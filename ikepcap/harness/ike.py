"""The fixture `ike`: a capture analysed, and what must be true of it said as one would say it aloud.

    def test_branch_office_still_stalls_at_msg5(ike):
        report = ike.analyze("branch.pcap")
        ike.stalled(report, awaiting=6, silent="responder")
        ike.state(report, "responder", "MM_WAIT_MSG5")
        ike.found(report, "peer-went-silent")
        ike.golden(report)

What takes a report means its only conversation, and takes a conversation as well. Every assertion returns the
conversation; one that fails says what differs and draws the ladder.
"""

from collections.abc import Iterable
from os import PathLike
from pathlib import Path
from typing import Any, Final, NoReturn

from ikepcap import api
from ikepcap.errors import CaptureError
from ikepcap.facts.difference import Difference, of_conversation
from ikepcap.facts.file import stated_conversation
from ikepcap.facts.verdict import conversation_lines, difference_lines
from ikepcap.harness.golden import Golden
from ikepcap.renderers.page import Page
from ikepcap.report.model import Conversation, Report, Role
from ikepcap.run import Near

_PAGE: Final = Page()


class Ike:
    """What the fixture gives; one for each test."""

    def __init__(self, folders: Iterable[Path], *, update: bool = False) -> None:
        """Look for captures in these folders, in this order; the first is that of the test."""
        self._folders = tuple(dict.fromkeys(folders))
        self._golden = Golden(self._folders[0], update=update)

    def analyze(self, path: str | PathLike[str], *, vantage: Near | None = None) -> Report:
        """Analyze a capture: a path, or a name in the folder of the test, in `ike_captures` or the rootdir.

        Raises:
            CaptureError: it is in none of these, or cannot be read.
        """
        found = self._find(Path(path))
        report = api.analyze(found, vantage=vantage, strict=True)
        self._golden.remember(report, found)
        return report

    def only(self, report: Report) -> Conversation:
        """Return the only conversation of a report."""
        __tracebackhide__ = True
        if len(report.conversations) != 1:
            number = len(report.conversations)
            lines = conversation_lines(_PAGE, report)
            _fail(f"{report.source.name} holds {number} conversations, not one", lines)
        return report.conversations[0]

    def established(self, what: Report | Conversation) -> Conversation:
        """Phase 1 came up, and nothing that was found is a fault."""
        __tracebackhide__ = True
        conversation = self.facts(what, outcome="established")
        return self.faultless(conversation)

    def stalled(
        self, what: Report | Conversation, *, awaiting: int | None = None, silent: Role | None = None
    ) -> Conversation:
        """It stalled; a message of phase 1, counted from 1, was owed by a peer."""
        __tracebackhide__ = True
        return self._ended(what, "stalled", awaiting, silent)

    def refused(
        self, what: Report | Conversation, *, awaiting: int | None = None, by: Role | None = None
    ) -> Conversation:
        """It was refused by a peer, in place of a message of phase 1, counted from 1."""
        __tracebackhide__ = True
        return self._ended(what, "refused", awaiting, by)

    def state(
        self, what: Report | Conversation, role: Role, name: str | None, *, dialect: str = "asa"
    ) -> Conversation:
        """A peer was left in this state, in the words of a dialect; None where the dialect has no name."""
        __tracebackhide__ = True
        conversation = self._one(what)
        if role not in ("initiator", "responder"):
            _fail(f"there is no peer {role!r}; known are initiator, responder", ())
        peer = conversation.initiator if role == "initiator" else conversation.responder
        if dialect not in peer.states:
            _fail(f"there is no dialect {dialect!r}; known are {', '.join(peer.states)}", ())
        seen = peer.states[dialect]
        if seen != name:
            _differ(conversation, (Difference(f"{role}'s state ({dialect})", name, seen),))
        return conversation

    def found(self, what: Report | Conversation, *codes: str) -> Conversation:
        """These findings are there, whatever else is."""
        __tracebackhide__ = True
        conversation = self._one(what)
        seen = {finding.code for finding in conversation.findings}
        if missing := tuple(code for code in codes if code not in seen):
            _differ(conversation, (Difference("findings", missing, tuple(sorted(seen))),))
        return conversation

    def faultless(self, what: Report | Conversation) -> Conversation:
        """No finding is a fault."""
        __tracebackhide__ = True
        return self.facts(what, faults=[])

    def facts(self, what: Report | Conversation, **facts: Any) -> Conversation:
        """These facts hold: names and values of `[[conversation]]` in a file of facts, None for null.

        Raises:
            FactsError: there is no such fact.
        """
        __tracebackhide__ = True
        conversation = self._one(what)
        if differing := tuple(of_conversation(stated_conversation("facts", facts), conversation)):
            _differ(conversation, differing)
        return conversation

    def golden(self, report: Report, name: str | None = None) -> None:
        """The report is the one in NAME.golden.json, by default beside its capture and named after it.

        `--ike-update` writes what is missing or differs, and fails once.
        """
        __tracebackhide__ = True
        self._golden.compare(report, name)

    def _ended(
        self, what: Report | Conversation, outcome: str, awaiting: int | None, owed_by: Role | None
    ) -> Conversation:
        __tracebackhide__ = True
        stated: dict[str, Any] = {"outcome": outcome}
        stated |= {} if awaiting is None else {"awaited_message": awaiting}
        stated |= {} if owed_by is None else {"silent_peer": owed_by}
        return self.facts(what, **stated)

    def _one(self, what: Report | Conversation) -> Conversation:
        __tracebackhide__ = True
        return what if isinstance(what, Conversation) else self.only(what)

    def _find(self, path: Path) -> Path:
        tried = [folder / path for folder in self._folders]
        found = next((one for one in tried if one.is_file()), None)
        if found is None:
            places = ", ".join(str(folder) for folder in self._folders)
            raise CaptureError(f"{path}: no such capture in {places}; 'ike_captures' adds folders")
        return found


def _differ(conversation: Conversation, found: tuple[Difference, ...]) -> NoReturn:
    """Fail with what differs and the ladder."""
    __tracebackhide__ = True
    named = ", ".join(one.fact for one in found)
    _fail(f"{named}: not as stated", difference_lines(_PAGE, found, conversation))


def _fail(first: str, lines: Iterable[str]) -> NoReturn:
    __tracebackhide__ = True
    raise AssertionError("\n".join((first, *lines)))

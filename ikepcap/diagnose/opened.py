"""The rules for conversations that keys opened, and which others those make needless."""

from collections.abc import Callable, Iterator
from typing import Final

from ikepcap.diagnose import keepalives, later, user
from ikepcap.diagnose.case import Case
from ikepcap.diagnose.finding import Finding
from ikepcap.diagnose.opened_after import deleted, reads_dpd, unanswered_dpd
from ikepcap.diagnose.opened_quick import carried
from ikepcap.diagnose.opened_user import (
    address_refused,
    left_waiting,
    login_refused,
    no_address,
    reads_settings,
    verdict,
)

Rule = Callable[[Case], Iterator[Finding]]

RULES: Final[tuple[Rule, ...]] = (login_refused, left_waiting, no_address, unanswered_dpd, deleted, carried)


def rules(case: Case, ordinary: tuple[Rule, ...]) -> tuple[Rule, ...]:
    """Return all rules for a conversation that keys opened: what was read replaces what would be inferred."""
    needless: set[Rule] = set()
    if verdict(case) is not None:
        needless.add(user.refused_login)
    if reads_dpd(case):
        needless |= {keepalives.dead_peer, keepalives.never_answered}
    if reads_settings(case):
        needless.add(user.no_address)
    if address_refused(case) is not None:
        needless.add(later.quick_modes)
    return (*(rule for rule in ordinary if rule not in needless), *RULES)

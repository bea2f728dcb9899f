"""The catalogue: every code has its page, and every page speaks of codes that there are."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

import ikepcap.diagnose
from ikepcap.diagnose.check_table import CHECKS
from ikepcap.diagnose.finding import FAULTS, NOTES
from ikepcap.explain.catalogue import GROUPS, UNCLAIMED, codes, entries, group_of, severity_of

CONTRACT = {
    "path": "no-reply port-closed unreachable filtered replies-lost peer-went-silent nat-t-blocked "
    "fragments-lost peer-restarted overloaded",
    "policy": "proposal-mismatch chosen-not-offered mode-refused version-refused unknown-peer "
    "no-shared-secret nat-t-disagreement",
    "authentication": "psk-mismatch certificate-rejected identity-mismatch authentication-failed",
    "user": "xauth-failed mode-config-failed",
    "phase 2": "phase2-proposal-mismatch phase2-selector-mismatch phase2-pfs-mismatch phase2-refused "
    "phase2-no-reply",
    "afterwards": "dead-peer deleted-by-peer rekey-failed",
    "benign": "recovered simultaneous-initiation duplicate-frames probe stray-message authip-coexistence",
    "capture": "starts-late ends-early one-sided port-filtered-capture truncated-frames time-steps-back "
    "cut-file",
    "security": "weak-crypto aggressive-psk",
}
"""The groups and codes of the report's contract."""

DIAGNOSE = Path(ikepcap.diagnose.__file__).parent


def constants(node: ast.AST) -> Iterator[str]:
    for inner in ast.walk(node):
        if isinstance(inner, ast.Constant) and isinstance(inner.value, str):
            yield inner.value


def claimed() -> set[str]:
    """Return the codes that rules give to findings: first arguments, and constants that stand for codes."""
    found: set[str] = set()
    for path in DIAGNOSE.glob("*.py"):
        if path.stem in ("finding", "checks", "check_table"):
            continue
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Call) and node.args:
                name = getattr(node.func, "attr", getattr(node.func, "id", ""))
                if name in ("finding", "Finding", "Reading"):
                    found.update(constants(node.args[0]))
            elif isinstance(node, ast.AnnAssign) and isinstance(node.value, ast.Constant):
                found.update(text for text in constants(node.value) if text in FAULTS | NOTES)
    return found


def test_every_code_has_a_page_and_every_page_a_code() -> None:
    assert set(entries()) == FAULTS | NOTES
    assert sorted(codes()) == sorted(set(codes()))


@pytest.mark.parametrize("group", CONTRACT)
def test_codes_of_the_contract_stand_in_their_group(group: str) -> None:
    assert {code: group_of(code) for code in CONTRACT[group].split()} == dict.fromkeys(
        CONTRACT[group].split(), group
    )


def test_groups_are_those_of_the_contract_in_its_order() -> None:
    assert [name for name, _ in GROUPS] == list(CONTRACT)


def test_every_code_that_a_rule_can_emit_has_a_page() -> None:
    assert claimed() <= set(entries())
    assert len(claimed()) > 30


def test_pages_of_codes_that_no_rule_concludes_say_so() -> None:
    """Whoever adds the rule takes the code out of UNCLAIMED, and looks at its page on the way."""
    assert set(entries()) - claimed() == UNCLAIMED


@pytest.mark.parametrize("code", codes())
def test_page_is_whole(code: str) -> None:
    entry = entries()[code]
    for text in (entry.title, entry.means, entry.wire, entry.decides):
        assert text == " ".join(text.split())
        assert text
    assert all(len(text) < 900 for text in (entry.means, entry.wire, entry.decides))
    assert not entry.title.endswith(".")
    assert all(text.endswith((".", '"')) for text in (entry.means, entry.wire, entry.decides))


@pytest.mark.parametrize("code", codes())
def test_page_names_other_codes_that_exist_and_what_settles_it(code: str) -> None:
    for other, settles in entries()[code].mistaken:
        assert other in entries()
        assert other != code
        assert settles


@pytest.mark.parametrize("code", [code for code in codes() if severity_of(code) == "fault"])
def test_every_fault_says_what_it_could_be_mistaken_for_and_what_to_check(code: str) -> None:
    assert entries()[code].mistaken
    assert CHECKS[code]["any"]


def test_nothing_unconfirmed_is_told() -> None:
    text = repr(entries()) + repr(CHECKS)
    assert "[U]" not in text

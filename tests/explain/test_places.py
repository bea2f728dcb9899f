"""States by name: every name of every dialect is found, however it is written."""

import pytest

from ikepcap.explain.page import state_page
from ikepcap.explain.place_table import CAUSES, DIALECTS, NAMES, RACOON_NUMBER, SECURITY_LOG
from ikepcap.explain.places import find, like, names, short
from ikepcap.state.dialect_table import WINDOWS_NUMBER
from ikepcap.state.dialects import DIALECTS as REPORTED
from ikepcap.state.dialects import states, table

ALL = sorted({(one.dialect, one.name) for one in names()})


@pytest.mark.parametrize(("dialect", "name"), ALL)
def test_every_name_is_found_in_any_case_and_without_its_prefix(dialect: str, name: str) -> None:
    for text in (name, name.lower(), f"{dialect}:{name}", f" {name} "):
        assert (dialect, name) in {(one.dialect, one.name) for one in find(text)}
    assert (dialect, name) in {(one.dialect, one.name) for one in find(f"{dialect}:{short(name)}")}


@pytest.mark.parametrize("dialect", REPORTED)
def test_every_name_of_the_report_is_explained(dialect: str) -> None:
    known = {one.name for one in names() if one.dialect == dialect}
    assert {name for state in table().state if (name := getattr(state, dialect))} <= known


@pytest.mark.parametrize(("dialect", "name"), ALL)
def test_every_state_has_a_page(dialect: str, name: str) -> None:
    (state,) = find(f"{dialect}:{name}")
    page = state_page(state)
    assert page.title.startswith(name)
    assert page.sections[0].text.endswith(".")


def test_the_page_of_a_waiting_state_says_who_waits_for_what_and_why() -> None:
    (state,) = find("mm_wait_msg4")
    page = state_page(state)
    sections = {section.heading: section for section in page.sections}
    assert page.subtitle == "Cisco ASA and PIX: show crypto isakmp sa"
    assert sections["What it means"].text == (
        "The initiator of main mode sent MSG3 (key exchange and nonce), waits for MSG4. "
        "It can do nothing until MSG4 comes from the other peer."
    )
    assert dict(sections["In other words"].items) == {
        dialect: name for dialect, name in states("main", "initiator", 3).items() if dialect != "asa"
    }
    causes = sections["If it stays there, the likeliest first"].items
    assert causes[0][0] == "no-shared-secret"
    assert sections["What to check on both peers"].items


def test_a_name_for_several_places_tells_of_each() -> None:
    (state,) = find("ios:MM_KEY_EXCH")
    headings = [section.heading for section in state_page(state).sections]
    assert "As initiator of main mode" in headings
    assert "As responder of main mode" in headings


def test_a_name_of_several_enumerations_gives_them_all() -> None:
    assert {one.name for one in find("final")} == {
        "IKEEXT_MM_SA_STATE_FINAL", "IKEEXT_QM_SA_STATE_FINAL", "IKEEXT_EM_SA_STATE_FINAL",
    }  # fmt: skip


@pytest.mark.parametrize(("name", "number"), WINDOWS_NUMBER.items())
def test_a_bare_number_is_that_of_windows_main_mode(name: str, number: int) -> None:
    assert [one.name for one in find(str(number))] == [name]
    assert [one.name for one in find(f"windows:{number}")] == [name]


def test_a_number_that_others_use_too_says_so() -> None:
    (state,) = find("5")
    assert "PHASE1ST_MSG2SENT" in state_page(state).sections[-1].text


@pytest.mark.parametrize(("name", "number"), RACOON_NUMBER.items())
def test_racoons_numbers_are_found_when_asked_for(name: str, number: int) -> None:
    assert [one.name for one in find(f"racoon:{number}")] == [name]


@pytest.mark.parametrize(("number", "name"), SECURITY_LOG.items())
def test_numbers_of_the_security_log_are_found(number: int, name: str) -> None:
    assert [one.name for one in find(f"%%{number}")] == [name]
    assert [one.name for one in find(str(number))] == [name]


@pytest.mark.parametrize("text", ["", "99", "MM_WAIT_MSG1", "asa:5", "asa:STATE_MAIN_I1", "²", ":", "%%"])
def test_what_no_box_says_is_not_found(text: str) -> None:
    assert find(text) == ()


def test_a_slip_of_the_pen_is_answered_with_what_is_near() -> None:
    assert "MM_WAIT_MSG4" in like("MM_WIAT_MSG4")
    assert like("zzzzzz") == ()


def test_places_of_the_report_have_their_causes_and_names_their_dialects() -> None:
    assert {(s.mode, s.role, s.progress) for s in table().state} <= set(CAUSES)
    assert {dialect for dialect, *_ in NAMES} <= set(DIALECTS)
    assert set(REPORTED) < set(DIALECTS)
    assert {place for *_, place, _ in NAMES if place} <= set(CAUSES)

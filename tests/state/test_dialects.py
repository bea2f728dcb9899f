"""Dialects: the table is complete, and its rules hold."""

import re

import pytest

from ikepcap.state.dialects import DIALECTS, Progress, State, meaning, states, table, windows_number

KEYS = [
    ("main", "initiator", 1),
    ("main", "initiator", 3),
    ("main", "initiator", 5),
    ("main", "initiator", 6),
    ("main", "responder", 0),
    ("main", "responder", 2),
    ("main", "responder", 4),
    ("main", "responder", 6),
    ("aggressive", "initiator", 1),
    ("aggressive", "initiator", 3),
    ("aggressive", "responder", 0),
    ("aggressive", "responder", 2),
    ("aggressive", "responder", 3),
    ("unknown", "initiator", 6),
    ("unknown", "responder", 6),
]
NOTHING = dict.fromkeys(DIALECTS)


def names(dialect: str) -> list[str]:
    return [name for state in table().state if (name := getattr(state, dialect))]


def test_the_table_has_every_place_of_phase_1_and_no_other() -> None:
    """That each entry names every dialect, with an empty name at least, is checked by the reading."""
    assert [(state.mode, state.role, state.progress) for state in table().state] == KEYS
    assert table().dialects == DIALECTS
    assert State.__struct_fields__[-len(DIALECTS) :] == DIALECTS


def test_every_mode_and_role_ends_once() -> None:
    ends = [(state.mode, state.role) for state in table().state if state.final]
    assert ends == [
        ("main", "initiator"),
        ("main", "responder"),
        ("aggressive", "initiator"),
        ("aggressive", "responder"),
        ("unknown", "initiator"),
        ("unknown", "responder"),
    ]


@pytest.mark.parametrize(("mode", "role", "progress"), [key for key in KEYS if key[0] != "unknown"])
def test_every_state_names_all_dialects_and_has_a_meaning(mode: str, role: str, progress: int) -> None:
    assert tuple(states(mode, role, progress)) == DIALECTS
    assert meaning(mode, role, progress)


@pytest.mark.parametrize(
    ("mode", "role", "progress", "expected"),
    [
        (
            "main",
            "initiator",
            5,
            (
                "MM_WAIT_MSG6",
                "MM_KEY_EXCH",
                "IKEEXT_MM_SA_STATE_FINAL",
                "STATE_MAIN_I3",
                "CONNECTING (MM_AUTH)",
                "PHASE1ST_MSG3SENT",
            ),
        ),
        (
            "main",
            "responder",
            0,
            (None, None, "IKEEXT_MM_SA_STATE_NONE", "STATE_MAIN_R0", None, "PHASE1ST_MSG1RECEIVED"),
        ),
        (
            "main",
            "responder",
            6,
            (
                "MM_ACTIVE",
                "QM_IDLE",
                "IKEEXT_MM_SA_STATE_COMPLETE",
                "STATE_MAIN_R3",
                "ESTABLISHED",
                "PHASE1ST_ESTABLISHED",
            ),
        ),
        (
            "aggressive",
            "responder",
            2,
            (
                "AM_WAIT_MSG3",
                "AG_INIT_EXCH",
                None,
                "STATE_AGGR_R1",
                "CONNECTING (AM_AUTH)",
                "PHASE1ST_MSG1SENT",
            ),
        ),
        (
            "unknown",
            "initiator",
            "established",
            (None, "QM_IDLE", None, None, "ESTABLISHED", "PHASE1ST_ESTABLISHED"),
        ),
        (
            "aggressive",
            "initiator",
            "established",
            ("AM_ACTIVE", "QM_IDLE", None, "STATE_AGGR_I2", "ESTABLISHED", "PHASE1ST_ESTABLISHED"),
        ),
    ],
)
def test_states_are_named_as_each_dialect_prints_them(
    mode: str, role: str, progress: Progress, expected: tuple[str | None, ...]
) -> None:
    assert states(mode, role, progress) == dict(zip(DIALECTS, expected, strict=True))


@pytest.mark.parametrize(
    ("mode", "role", "progress"),
    [
        ("base", "initiator", 1),
        ("authip", "responder", 2),
        ("unknown", "initiator", None),
        ("unknown", "initiator", 6),
        ("main", "initiator", None),
        ("main", "initiator", 2),
        ("main", "nobody", 1),
        ("aggressive", "responder", 6),
    ],
)
def test_a_state_that_no_dialect_names_has_every_dialect_and_no_name(
    mode: str, role: str, progress: Progress
) -> None:
    assert states(mode, role, progress) == NOTHING
    assert meaning(mode, role, progress) is None


def test_the_same_state_is_the_same_object() -> None:
    """A report of 100,000 conversations holds a handful of these."""
    assert states("main", "initiator", 1) is states("main", "initiator", 1)


@pytest.mark.parametrize(
    "state", table().state, ids=lambda state: f"{state.mode}-{state.role}-{state.progress}"
)
def test_asa_waits_for_the_message_after_the_one_it_sent(state: State) -> None:
    """MM_WAIT_MSGn: even n is an initiator, odd n a responder, and there is no MM_WAIT_MSG1."""
    waits = re.fullmatch(r"([MA]M)_WAIT_MSG(\d)", state.asa)
    if waits is None:
        assert state.final or state.progress == 0
        return
    assert waits[1] == {"main": "MM", "aggressive": "AM"}[state.mode]
    assert int(waits[2]) == state.progress + 1
    assert int(waits[2]) % 2 == (0 if state.role == "initiator" else 1)


@pytest.mark.parametrize("state", [one for one in table().state if one.windows])
def test_windows_counts_the_messages_this_host_has_sent(state: State) -> None:
    sent = (state.progress + 1) // 2 if state.role == "initiator" else state.progress // 2
    expected = windows_number("IKEEXT_MM_SA_STATE_COMPLETE") if state.final else sent
    assert windows_number(state.windows) == expected


def test_windows_numbers_are_those_of_its_header() -> None:
    assert table().windows_number == {
        "IKEEXT_MM_SA_STATE_NONE": 0,
        "IKEEXT_MM_SA_STATE_SA_SENT": 1,
        "IKEEXT_MM_SA_STATE_SSPI_SENT": 2,
        "IKEEXT_MM_SA_STATE_FINAL": 3,
        "IKEEXT_MM_SA_STATE_FINAL_SENT": 4,
        "IKEEXT_MM_SA_STATE_COMPLETE": 5,
    }
    assert set(names("windows")) <= set(table().windows_number)
    assert windows_number(None) is None
    assert windows_number("MM_WAIT_MSG2") is None


def test_names_that_no_source_confirms_are_not_printed() -> None:
    """Names heard of in the field only, and Windows names for a mode it is not known to have."""
    unconfirmed = re.compile(
        r"MM_(BLD|SND|TM|FREE|START|REKEY|WAIT_DELETE|ACTIVE_REKEY)|AM_(BLD|TM)|IKE_[IR]_AM"
    )
    printed = [name for dialect in DIALECTS for name in names(dialect)]
    assert [name for name in printed if unconfirmed.match(name)] == []
    assert [state.windows for state in table().state if state.mode != "main" and state.windows] == []


def test_every_name_has_the_form_of_its_dialect() -> None:
    forms = {
        "asa": r"[AM]M_[A-Z0-9_]+",
        "ios": r"(MM|AG|QM)_[A-Z_]+",
        "windows": r"IKEEXT_MM_SA_STATE_[A-Z_]+",
        "libreswan": r"STATE_(MAIN|AGGR)_[IR]\d",
        "strongswan": r"ESTABLISHED|CONNECTING \([MA]M_[A-Z]+\)",
        "racoon": r"PHASE1ST_(MSG\d(SENT|RECEIVED)|ESTABLISHED)",
    }
    odd = [name for dialect in DIALECTS for name in names(dialect) if not re.fullmatch(forms[dialect], name)]
    assert odd == []

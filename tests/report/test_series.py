"""Attempts of one pair of peers that follow each other are one series, until one comes up and stays."""

from ikepcap.report.series import MAX_PAIRS, Series

ONE, OTHER = ("192.0.2.1", "198.51.100.7"), ("192.0.2.2", "198.51.100.7")


def test_attempts_in_vain_go_on_with_the_first() -> None:
    series = Series()
    assert series.first_of(3, ONE, "stalled", ended=False) is None
    assert series.first_of(4, OTHER, "refused", ended=False) is None
    assert series.first_of(5, ONE, "refused", ended=False) == 3
    assert series.first_of(6, OTHER, "in-progress", ended=False) == 4


def test_attempt_that_came_up_is_the_last_of_its_series() -> None:
    for outcome in ("established", "unknown", "probe"):
        series = Series()
        assert series.first_of(1, ONE, "stalled", ended=False) is None
        assert series.first_of(2, ONE, outcome, ended=False) == 1
        assert series.first_of(3, ONE, "stalled", ended=False) is None


def test_attempt_that_came_up_and_was_ended_is_one_in_vain() -> None:
    series = Series()
    assert series.first_of(1, ONE, "established", ended=True) is None
    assert series.first_of(2, ONE, "established", ended=True) == 1
    assert series.first_of(3, ONE, "established", ended=False) == 1
    assert series.first_of(4, ONE, "established", ended=True) is None


def test_conversations_that_come_out_of_order_begin_no_series_before_its_first() -> None:
    series = Series()
    assert series.first_of(7, ONE, "stalled", ended=False) is None
    assert series.first_of(7, ONE, "stalled", ended=False) is None
    assert series.first_of(2, ONE, "stalled", ended=False) is None
    assert series.first_of(8, ONE, "stalled", ended=False) == 7


def test_no_more_pairs_are_remembered_than_there_is_room_for() -> None:
    series = Series()
    for number in range(MAX_PAIRS):
        series.first_of(number, ("192.0.2.1", str(number)), "stalled", ended=False)
    assert series.first_of(MAX_PAIRS, ("192.0.2.1", "0"), "stalled", ended=False) == 0
    assert series.first_of(MAX_PAIRS + 1, ONE, "stalled", ended=False) is None
    assert series.first_of(MAX_PAIRS + 2, ("192.0.2.1", "1"), "stalled", ended=False) is None
    assert series.first_of(MAX_PAIRS + 3, ONE, "stalled", ended=False) == MAX_PAIRS + 1

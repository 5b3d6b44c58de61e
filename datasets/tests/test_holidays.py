"""The calendar's rules against known dates."""

from __future__ import annotations

from datetime import date

import pytest

from datasets.holidays import CALENDARS, Holiday, day_of

KNOWN = {
    "martin luther king day": ["2018-01-15", "2024-01-15", "2026-01-19"],
    "memorial day": ["2017-05-29", "2021-05-31", "2025-05-26"],
    "labor day": ["2019-09-02", "2024-09-02", "2025-09-01"],
    "thanksgiving": ["2017-11-23", "2019-11-28", "2024-11-28"],
    "christmas": ["2017-12-25", "2024-12-25"],
}


@pytest.mark.parametrize("name", KNOWN)
def test_rules_mean_the_days_that_were_kept(name) -> None:
    (holiday,) = (one for one in CALENDARS["US"] if one.name == name)
    for day in KNOWN[name]:
        assert str(day_of(holiday.rule, int(day[:4]))) == day


def test_the_last_weekdays_of_december_are_found_too() -> None:
    assert day_of({"month": 12, "weekday": 0, "nth": -1}, 2024) == date(2024, 12, 30)
    assert day_of({"month": 12, "weekday": 0, "nth": -2}, 2024) == date(2024, 12, 23)


def test_names_are_unique_and_unknown_rules_are_refused() -> None:
    for calendar in CALENDARS.values():
        assert len({one.name for one in calendar}) == len(calendar)
    with pytest.raises(ValueError, match="expected a known rule"):
        Holiday("a moon", {"moon": 1})
    with pytest.raises(ValueError, match="days in order"):
        Holiday("backwards", {"month": 1, "day": 1}, 2, 1)

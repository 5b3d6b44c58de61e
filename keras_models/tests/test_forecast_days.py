"""Series as callers have them: gaps filled by the stated rule, dates put in order, too little refused."""

from __future__ import annotations

from datetime import date, timedelta

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from keras_models.forecast_days import LONGEST, ForecastInputError, read_days

SERIES = [100.0 + 7 * (day % 7) + day for day in range(40)]


def test_a_gap_lies_on_the_line_between_the_same_weekdays() -> None:
    values = [None if day in (20, 27) else value for day, value in enumerate(SERIES)]
    days = read_days(values, "2024-01-01")
    assert days.filled == (20, 27)
    assert days.values.tolist() == pytest.approx(SERIES)
    assert (days.date_of(20), days.weekday) == ("2024-01-21", (date(2024, 1, 1) + timedelta(days=40)).weekday())


def test_a_gap_at_an_end_takes_the_nearest_week() -> None:
    days = read_days([None, *SERIES[1:-1], None])
    assert (days.values[0], days.values[-1]) == (SERIES[7], SERIES[-8])
    assert (days.weekday, days.date_of(0)) == (-1, None)


@settings(max_examples=50, deadline=None)
@given(missing=st.sets(st.integers(0, 39), max_size=8), offset=st.integers(0, 5000))
def test_dates_in_any_order_with_days_left_out_are_the_same_series(missing, offset) -> None:
    missing -= {0, 39}
    start = date(2020, 1, 1) + timedelta(days=offset)
    dated = [{"date": str(start + timedelta(days=day)), "value": value} for day, value in enumerate(SERIES) if day not in missing]
    values = [None if day in missing else value for day, value in enumerate(SERIES)]
    try:
        expected = read_days(values, str(start))
    except ForecastInputError:
        with pytest.raises(ForecastInputError):
            read_days(dated)
        return
    got = read_days(dated[::-1])
    assert np.array_equal(got.values, expected.values) and (got.start, got.filled) == (expected.start, expected.filled)


@pytest.mark.parametrize(
    ("values", "said"),
    [
        (SERIES[:29], "30 to 3650 finite daily values, got 29"),
        ([1.0] * (LONGEST + 1), "got 3651"),
        ([*SERIES, *[None] * 8, *SERIES], "got 8 in a row"),
        ([None if day % 4 == 0 else 1.0 for day in range(40)], "got 1 in a row and 10 of 40 days"),
        ([{"date": "2024-01-01", "value": 1.0}] * 30, "each date once"),
    ],
)
def test_what_makes_no_series_is_refused(values, said) -> None:
    with pytest.raises(ForecastInputError, match=said):
        read_days(values)

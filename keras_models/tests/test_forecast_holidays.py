"""Holidays that were put into made-up series are found again, taken out and put back; none is found where none is."""

from __future__ import annotations

from datetime import date
from types import SimpleNamespace

import numpy as np
import pytest

from datasets.holidays import CALENDARS, day_of
from datasets.streams import Series, weekday
from keras_models.checkpoint import load_checkpoint
from keras_models.forecast_holidays import (
    CALENDAR,
    FEWEST_SERIES,
    calm,
    constants,
    day_factors,
    factors_of,
    learn_factors,
    shared_changes,
    window_factors,
    without_holidays,
)
from keras_models.forecaster import SPEC

RANDOM = np.random.default_rng(12)
START, DAYS = np.datetime64("2021-01-01"), 3 * 365
PUT_IN = {"thanksgiving": {"0": 0.9, "1": 0.8}, "christmas": {"0": 0.7}, "new year": {"0": 1.1}}


def made_up(factors, series=40):
    """Noisy weekly series over three years, their holidays multiplied by the factors."""
    days = START + np.arange(DAYS)
    season = 1 + 0.3 * np.sin(2 * np.pi * weekday(days) / 7)
    noise = np.exp(RANDOM.normal(0, 0.03, (series, DAYS)))
    return [Series(str(number), START, 100 * season * row * day_factors(factors, START, DAYS)) for number, row in enumerate(noise)]


def test_factors_that_were_put_in_are_found_again() -> None:
    found = learn_factors({"series": made_up(PUT_IN)}, {"series": "2023-12-31"})
    for holiday, factors in PUT_IN.items():
        for after, factor in factors.items():
            assert found[holiday][after] == pytest.approx(factor, rel=0.03), (holiday, after)
    others = [factor for name, factors in found.items() for after, factor in factors.items() if after not in PUT_IN.get(name, {})]
    assert all(abs(factor - 1) < 0.02 for factor in others)


def test_nothing_is_learned_from_few_series_one_year_or_days_after_the_last() -> None:
    assert learn_factors({"series": made_up(PUT_IN, FEWEST_SERIES - 1)}, {"series": "2023-12-31"}) == {}
    assert "thanksgiving" not in learn_factors({"series": made_up(PUT_IN)}, {"series": "2021-12-31"})
    days, _ = shared_changes(made_up(PUT_IN), np.datetime64("2022-06-30"))
    assert days.max() == np.datetime64("2022-06-23")


def test_an_effect_that_years_disagree_about_counts_for_little() -> None:
    days = START + np.arange(DAYS)
    shock = np.ones(DAYS)
    for year, factor in ((2021, 0.8), (2022, 1.2), (2023, 0.9)):
        shock[days == np.datetime64(f"{year}-07-04")] = factor
    runs = [Series(run.id, run.start, run.values * shock) for run in made_up({})]
    found = learn_factors({"series": runs}, {"series": "2023-12-31"})
    assert abs(found.get("independence day", {}).get("0", 1.0) - 1) < 0.03


def test_series_without_holidays_are_those_before_they_were_put_in() -> None:
    calmed = without_holidays(made_up(PUT_IN, 3), PUT_IN)
    for run in calmed:
        week = run.values[: DAYS // 7 * 7].reshape(-1, 7)
        assert np.abs(np.log(week / np.median(week, axis=0))).max() < 0.4
    (abroad,) = calm({"nn5": calmed[:1]}, PUT_IN)["nn5"]
    assert abroad is calmed[0]


def test_days_have_their_factors_in_any_year_and_windows_those_of_their_targets() -> None:
    for year in (1, 1999, 2026, 9998):
        eve = date(year, 12, 24)
        assert day_factors(PUT_IN, eve, 9).tolist() == [1, 0.7, 1, 1, 1, 1, 1, 1, 1.1]
    assert day_factors(PUT_IN, date(1, 1, 1), 2)[0] == 1.1 and day_factors(PUT_IN, date(9999, 12, 25), 7)[0] == 0.7
    targets = np.array(["2024-11-27", "2024-11-20", "2024-12-25"], "datetime64[D]")
    assert window_factors(PUT_IN, "series", targets, 3).tolist() == [[1, 0.9, 0.8], [1, 1, 1], [0.7, 1, 1]]
    assert window_factors(PUT_IN, "nn5", targets, 3).tolist() == np.ones((3, 3)).tolist()


def test_the_manifest_carries_every_learned_factor_and_its_rule() -> None:
    checkpoint = load_checkpoint("forecaster")
    carried = {one["name"]: one for one in constants(checkpoint)[CALENDAR]}
    assert {name: one["factors"] for name, one in carried.items()} == factors_of(checkpoint)
    rules = {one.name: one.rule for one in CALENDARS[CALENDAR]}
    assert all(day_of(one["rule"], 2024) == day_of(rules[name], 2024) for name, one in carried.items())


def test_a_forecast_over_a_holiday_is_the_one_without_times_its_factor() -> None:
    checkpoint = SimpleNamespace(config=load_checkpoint("forecaster").config | {"holidays": {CALENDAR: PUT_IN}})

    def last_week_again(inputs):
        return {name: inputs["values"][:, -7:] for name in ("median", "lower", "upper")}

    values = [100.0 + day % 7 for day in range(40)]
    options = {"startDate": "2025-10-18"}  # the forecast begins on Thanksgiving
    with_it, without, dateless = SPEC.predict(
        checkpoint, last_week_again, [(values, options), (values, options | {"holidays": "none"}), (values,)]
    )
    factors = [0.9, 0.8, 1, 1, 1, 1, 1]
    for band in ("median", "lower", "upper"):
        assert with_it[band] == pytest.approx(np.array(without[band]) * factors)
    assert with_it["baseline"] == without["baseline"] == dateless["baseline"] == values[-7:]
    assert without["median"] == dateless["median"]

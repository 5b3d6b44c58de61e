"""The baselines and metrics against values worked out by hand or by another library."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.metrics import mean_absolute_percentage_error, r2_score

from datasets.streams import Series, windows
from keras_models.forecast_baselines import fit_boosting, seasonal_naive
from keras_models.forecast_metrics import coverage, forecast_metrics, mape, r2, smape


@pytest.fixture(scope="module")
def weekly():
    """A noisy weekly pattern: what last week was, next week is."""
    random = np.random.default_rng(4)
    season = np.array([10, 20, 30, 40, 50, 80, 90.0])
    runs = [Series(str(run), np.datetime64("2024-01-01"), np.tile(season, 30) * random.uniform(0.9, 1.1, 210)) for run in range(3)]
    return windows(runs)


def test_metrics_equal_scikit_learns() -> None:
    random = np.random.default_rng(5)
    expected, got = random.uniform(1, 9, (50, 7)), random.uniform(1, 9, (50, 7))
    assert mape(expected, got) == pytest.approx(100 * mean_absolute_percentage_error(expected.ravel(), got.ravel()))
    assert r2(expected, got) == pytest.approx(r2_score(expected.ravel(), got.ravel()))


def test_mape_leaves_out_days_of_zero_and_smape_counts_them() -> None:
    expected, got = np.array([[0.0, 10.0]]), np.array([[5.0, 11.0]])
    assert mape(expected, got) == pytest.approx(10)
    assert smape(expected, got) == pytest.approx((200 + 200 / 21) / 2)
    assert np.isnan(mape(np.zeros((1, 2)), got))


def test_coverage_counts_the_bounds_in() -> None:
    assert coverage(np.array([1.0, 2.0, 3.0, 4.0]), np.full(4, 2.0), np.full(4, 3.0)) == 50


def test_widening_compares_the_last_day_with_the_first() -> None:
    median = np.full((5, 7), 100.0)
    half = np.linspace(1, 3, 7)
    assert forecast_metrics(median, median=median, lower=median - half, upper=median + half)["widening"] == pytest.approx(3)


def test_seasonal_naive_repeats_the_last_week(weekly) -> None:
    assert np.array_equal(seasonal_naive(weekly.values), weekly.values[:, -7:])


def test_boosting_beats_last_week_on_a_noisy_pattern(weekly) -> None:
    naive = mape(weekly.targets, seasonal_naive(weekly.values))
    assert mape(weekly.targets, fit_boosting(weekly, seed=1).forecast(weekly)) < naive

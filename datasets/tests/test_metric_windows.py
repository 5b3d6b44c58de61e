import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from datasets.metric_windows import CADENCES, LIMIT, METRIC_FEATURES, fill_missing, metric_features

DAILY = CADENCES["daily"]
NAMES = [feature.name for feature in METRIC_FEATURES]
values = st.one_of(st.floats(-1e9, 1e9), st.sampled_from([0.0, float("nan"), 1e-30, 1e9]))


def weekly(days=40, noise=0.0):
    return 1000 + 100 * (np.arange(days) * 3 % 7) + noise * np.random.default_rng(1).normal(size=days)


def last(series, name):
    return metric_features(np.asarray(series, float), DAILY)[-1, NAMES.index(name)]


def test_ten_features_of_every_point_that_has_four_weeks_before_it():
    assert len(METRIC_FEATURES) == 10
    assert metric_features(weekly(40), DAILY).shape == (12, 10)
    assert metric_features(weekly(28), DAILY).shape == (0, 10)
    assert metric_features(weekly(680), CADENCES["hourly"]).shape == (8, 10)


def test_a_constant_metric_gives_zeros_and_one_of_zeros_the_longest_zero_run():
    np.testing.assert_allclose(metric_features(np.full(40, 500.0), DAILY), 0, atol=1e-12)
    zeros = metric_features(np.zeros(40), DAILY)
    assert (zeros[:, NAMES.index("zero_run")] == 29 / 7).all()
    assert (np.delete(zeros, NAMES.index("zero_run"), axis=1) == 0).all()


@pytest.mark.parametrize("unit", [2.0**-60, 4096.0, 2.0**70])
def test_the_metrics_unit_does_not_matter(unit):
    np.testing.assert_array_equal(metric_features(weekly(noise=20) * unit, DAILY), metric_features(weekly(noise=20), DAILY))


def test_nothing_after_a_point_changes_its_features():
    series = weekly(noise=20)
    np.testing.assert_allclose(metric_features(series[:35], DAILY), metric_features(series, DAILY)[: 35 - 28], atol=1e-12)


def test_missing_values_are_those_of_a_week_before_and_count_as_a_run():
    series = weekly()
    series[[0, 1, 38, 39]] = np.nan
    filled, missing = fill_missing(series, DAILY)
    assert filled[0] == filled[1] == 0 and filled[38] == series[31] and filled[39] == series[32]
    assert missing.sum() == 4
    assert last(series, "zero_run") == 2 / 7


def test_each_kind_of_event_moves_a_feature_of_its_own():
    assert last(np.append(weekly(), 9000), "season_z") > 5
    assert last(np.append(weekly(), 0), "zero_run") == 1 / 7
    assert last(np.append(weekly(35), np.full(7, 1300)), "pattern_loss") > 0.5 > 0.01 > last(weekly(42), "pattern_loss")
    assert last(weekly() * 1.05 ** np.maximum(0, np.arange(40) - 25), "slope_change") > 0.1
    assert last(np.append(weekly(35), weekly(5) * 3), "run_length") > 0
    assert last(np.append(weekly(35), weekly(5) * 3), "level_z") > 1
    assert last(np.append(weekly(33), np.tile([500, 2500], 4)), "volatility") > 0.5


@given(st.lists(values, min_size=29, max_size=50))
def test_features_are_finite_and_limited_whatever_comes(series):
    features = metric_features(np.array(series), DAILY)
    assert np.isfinite(features).all() and np.abs(features).max() <= LIMIT

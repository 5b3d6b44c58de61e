"""Exponential smoothing against statsmodels: the same recursion on the same parameters, and a fit that errs no more than its own."""

from __future__ import annotations

import warnings

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from statsmodels.tsa.exponential_smoothing.ets import ETSModel
from statsmodels.tsa.holtwinters import ExponentialSmoothing

from datasets.registry import DataMissingError
from keras_models.forecaster_data import load_series
from keras_models.smoothing import SHORTEST, fit
from keras_models.smoothing_search import DAMPING, LEVEL, WEEK

MONTH = 30


@pytest.fixture(scope="module")
def real():
    """Eight long series of each label of the registry, the last 182 days, as they are and as logarithms: [n, 182]."""
    try:
        labels = load_series(None)
    except DataMissingError as missing:
        pytest.skip(str(missing))
    rows = []
    for runs in labels.values():
        long = [run.values[-182:] for run in runs if len(run) >= 182]
        rows += [long[at] for at in np.linspace(0, len(long) - 1, 8).astype(int)]
    values = np.array(rows)
    return np.concatenate([values, np.log(values / values.mean(axis=1, keepdims=True) + 0.01)])


def holt_winters(values, damped, **known):
    model = {"trend": "add", "damped_trend": damped, "seasonal": "add", "seasonal_periods": WEEK}
    method = "known" if known else "estimated"
    return ExponentialSmoothing(values, **model, initialization_method=method, **known)


@pytest.mark.parametrize("damped", [False, True])
def test_errors_and_states_are_statsmodels_on_the_same_parameters(real, damped) -> None:
    found = fit(real, damped=damped)
    for row, values in enumerate(real):
        first = {"level": found.first_level, "trend": found.first_slope, "seasonal": found.first_season}
        known = holt_winters(values, damped, **{f"initial_{name}": state[row] for name, state in first.items()}).fit(
            smoothing_level=found.alpha[row],
            smoothing_trend=found.beta[row],
            smoothing_seasonal=found.gamma[row],
            damping_trend=found.damping[row] if damped else None,
            optimized=False,
        )
        scale = np.abs(values).max()
        assert found.squared_errors[row] == pytest.approx(known.sse, rel=1e-6)
        # statsmodels' season need not sum to zero; level and season together say the same.
        assert found.level[row] + found.season[row, -1] == pytest.approx(known.level[-1] + known.season[-1], abs=1e-6 * scale)
        assert found.slope[row] == pytest.approx(known.trend[-1], abs=1e-6 * scale)
        # Its forecasts of each seventh day take that weekday's season without its last update; ETSModel's do not.
        days = np.arange(MONTH) % WEEK != WEEK - 1
        np.testing.assert_allclose(found.forecast(MONTH)[row, days], known.forecast(MONTH)[days], rtol=0, atol=1e-6 * scale)


@pytest.mark.parametrize("damped", [False, True])
def test_forecasts_are_those_of_statsmodels_ets_on_the_same_parameters(real, damped) -> None:
    found = fit(real, damped=damped)
    for row, values in enumerate(real):
        model = ETSModel(values, error="add", trend="add", damped_trend=damped, seasonal="add", seasonal_periods=WEEK)
        parameters = {
            "smoothing_level": found.alpha,
            "smoothing_trend": found.alpha * found.beta,
            "smoothing_seasonal": found.gamma,
            "damping_trend": found.damping,
            "initial_level": found.first_level,
            "initial_trend": found.first_slope,
            **{f"initial_seasonal.{back}": found.first_season[:, WEEK - 1 - back] for back in range(WEEK)},
        }
        known = model.smooth([parameters[name][row] for name in model.param_names])
        np.testing.assert_allclose(found.forecast(MONTH)[row], known.forecast(MONTH), rtol=0, atol=1e-6 * np.abs(values).max())


@pytest.mark.parametrize("damped", [False, True])
def test_the_fit_errs_at_most_one_percent_more_than_statsmodels_own(real, damped) -> None:
    ours = np.sqrt(fit(real, damped=damped).squared_errors)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # statsmodels says where its own search did not converge
        theirs = np.sqrt([holt_winters(values, damped).fit().sse for values in real])
    assert np.median(ours / theirs) <= 1.0001
    assert (ours / theirs).max() <= 1.01


@pytest.mark.parametrize("damped", [False, True])
def test_no_neighbouring_parameters_or_states_err_less(damped) -> None:
    values = 100 + 10 * np.sin(np.arange(120.0)) + np.random.default_rng(1).normal(0, 3, 120).cumsum()
    found = fit(values[None], damped=damped)
    parameters = {
        "smoothing_level": found.alpha[0],
        "smoothing_trend": found.beta[0],
        "smoothing_seasonal": found.gamma[0],
        **({"damping_trend": found.damping[0]} if damped else {}),
    }
    states = {"initial_level": found.first_level[0], "initial_trend": found.first_slope[0], "initial_seasonal": found.first_season[0]}
    least = found.squared_errors[0]
    for name in parameters:
        for factor in (0.99, 1.01):
            other = parameters | {name: parameters[name] * factor}
            alpha, beta, gamma = (other[f"smoothing_{part}"] for part in ("level", "trend", "seasonal"))
            allowed = beta <= alpha and gamma <= 1 - alpha and DAMPING[0] <= other.get("damping_trend", 0.9) <= DAMPING[1]
            if allowed:
                assert holt_winters(values, damped, **states).fit(**other, optimized=False).sse >= least * (1 - 1e-7)
    for name in ("initial_level", "initial_trend"):
        other = states | {name: states[name] + 0.1}
        assert holt_winters(values, damped, **other).fit(**parameters, optimized=False).sse > least


def test_the_spread_is_that_of_simulated_errors() -> None:
    values = 100 + np.random.default_rng(1).normal(0, 3, 120).cumsum()
    found = fit(values[None], damped=True)
    random, paths = np.random.default_rng(2).normal(0, 1, (20_000, MONTH)), np.empty((20_000, MONTH))
    level, slope, season = np.zeros(20_000), np.zeros(20_000), np.zeros((20_000, WEEK))
    alpha, beta, gamma, damping = (getattr(found, name)[0] for name in ("alpha", "beta", "gamma", "damping"))
    for day in range(MONTH):
        ahead = level + damping * slope
        paths[:, day] = ahead + season[:, day % WEEK] + random[:, day]
        level, slope = ahead + alpha * random[:, day], damping * slope + alpha * beta * random[:, day]
        season[:, day % WEEK] += gamma * random[:, day]
    np.testing.assert_allclose(found.spread(MONTH)[0], paths.std(axis=0), rtol=0.03)


def test_a_line_with_a_weekly_season_goes_on() -> None:
    days = np.arange(60 + MONTH)
    values = 50 + 2.0 * days + np.array([0, 5, 1, 8, 30, 40, 2.0])[days % WEEK]
    assert np.allclose(fit(values[None, :60], damped=False).forecast(MONTH)[0], values[60:], atol=1e-6)


@pytest.mark.parametrize("damped", [False, True])
@pytest.mark.parametrize("value", [0.0, 7.0, 1e9, 1e-9])
def test_a_constant_goes_on(value, damped) -> None:
    assert np.allclose(fit(np.full((1, 40), value), damped=damped).forecast(MONTH), value, rtol=1e-6, atol=1e-12)


@settings(max_examples=40, deadline=None)
@given(values=arrays(np.float64, (2, 35), elements=st.floats(-1e6, 1e6)), damped=st.booleans())
def test_any_series_is_fitted_within_the_ranges(values, damped) -> None:
    found = fit(values, damped=damped)
    assert np.isfinite(found.forecast(MONTH)).all()
    assert np.all((found.alpha >= LEVEL[0]) & (found.alpha <= LEVEL[1]) & (found.beta >= 0) & (found.beta <= found.alpha))
    assert np.all((found.gamma >= 0) & (found.gamma <= 1 - found.alpha))
    assert np.all(found.damping == 1) if not damped else np.all((found.damping >= DAMPING[0]) & (found.damping <= DAMPING[1]))
    assert np.allclose(found.season.sum(axis=1), 0, atol=1e-6 * max(1, np.abs(values).max()))


def test_series_fitted_together_are_fitted_alike() -> None:
    values = np.random.default_rng(3).normal(100, 10, (5, 50)).cumsum(axis=1)
    together = fit(values, damped=True).forecast(WEEK)
    alone = np.concatenate([fit(row[None], damped=True).forecast(WEEK) for row in values])
    np.testing.assert_allclose(together, alone, rtol=1e-7)


@pytest.mark.parametrize("values", [np.ones((1, SHORTEST - 1)), np.ones(40), np.full((1, 40), np.nan)])
def test_what_cannot_be_fitted_is_refused(values) -> None:
    with pytest.raises(ValueError, match="expected finite series"):
        fit(values, damped=False)

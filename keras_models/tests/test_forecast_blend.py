"""The blend by hand on small arrays, and forecasts of many weeks by a made-up network."""

from __future__ import annotations

import numpy as np
import pytest

from datasets.streams import Series, windows
from keras_models.forecast_blend import (
    FLOOR,
    HISTORY,
    MONTH,
    NETWORK_ALONE,
    blended,
    extended,
    from_logs,
    histories,
    scales,
    smoothed,
    to_logs,
)
from keras_models.forecaster_graph import HORIZON, WINDOW

RANDOM = np.random.default_rng(6)
WALKS = list(np.exp(RANDOM.normal(0, 0.05, (4, 90)).cumsum(axis=1) + 5))
NOISE = list(np.exp(RANDOM.normal(0, 0.05, (4, 90)) + 5))


def last_week_again(inputs):
    """A network that expects last week's values, give or take a tenth."""
    week = inputs["values"][:, -HORIZON:]
    return {"median": week, "lower": week * np.float32(0.9), "upper": week * np.float32(1.1)}


def extend(series, horizon, blend=NETWORK_ALONE):
    return extended(last_week_again, series, np.full(len(series), -1), horizon, blend)


def test_logarithms_go_back_to_values() -> None:
    values = np.array([[0.0, 1.0, 50.0], [3.0, 2.0, 1.0]])
    scale = np.array([10.0, 1e-2])
    assert from_logs(to_logs(values, scale), scale) == pytest.approx(values, abs=1e-12)


def test_the_scale_is_last_weeks_mean_unless_that_is_nothing_beside_the_month() -> None:
    quiet = np.concatenate([np.full(WINDOW - 7, 100.0), np.zeros(7)])
    assert scales([np.full(WINDOW, 8.0), quiet]).tolist() == pytest.approx([8.0, 0.1 * quiet.mean()])


def test_weights_mix_logarithms_and_the_interval_moves_along_and_widens() -> None:
    scale = np.array([100.0])
    week = np.full((1, HORIZON), 100.0)
    network = {"median": week, "lower": week * 0.9, "upper": week * 1.1}
    mix = {
        "weights": {"lstm": [0.5] * HORIZON, "additive": [0.5] * HORIZON, "damped": [0.0] * HORIZON},
        "widening": {"lower": [1.0] * HORIZON, "upper": [2.0] * HORIZON},
    }
    got = blended(scale, network, {"additive": week * 1.21, "damped": week * 9}, mix)
    logs = {name: np.log(value / 100 + FLOOR) for name, value in got.items()}
    middle = (np.log(1 + FLOOR) + np.log(1.21 + FLOOR)) / 2
    assert logs["median"] == pytest.approx(np.full((1, HORIZON), middle))
    assert logs["upper"] - logs["median"] == pytest.approx(np.full((1, HORIZON), 2 * (np.log(1.1 + FLOOR) - np.log(1 + FLOOR))))
    assert logs["median"] - logs["lower"] == pytest.approx(np.full((1, HORIZON), np.log(1 + FLOOR) - np.log(0.9 + FLOOR)))


def test_the_first_week_is_the_blends_and_the_network_is_fed_what_was_forecast() -> None:
    month = extend(WALKS, MONTH)
    week = np.array([one[-HORIZON:] for one in WALKS])
    assert month["blend"]["median"] == pytest.approx(np.tile(week, 5)[:, :MONTH], rel=1e-5)
    mix = NETWORK_ALONE | {"weights": {"lstm": [0.0] * HORIZON, "additive": [0.0] * HORIZON, "damped": [1.0] * HORIZON}}
    mixed = extend(WALKS, MONTH, mix)
    assert mixed["blend"]["median"][:, :HORIZON] == pytest.approx(smoothed(WALKS)["damped"])
    assert mixed["blend"]["median"][:, HORIZON : 2 * HORIZON] == pytest.approx(smoothed(WALKS)["damped"], rel=1e-5)


def test_the_interval_never_narrows_and_grows_where_shocks_last() -> None:
    def widths(series):
        found, scale = extend(series, MONTH)["blend"], scales(series)
        return to_logs(found["upper"], scale) - to_logs(found["lower"], scale)

    assert np.all(np.diff(widths(WALKS), axis=1) >= -1e-9)
    growth = [np.median(widths(series)[:, -1] / widths(series)[:, HORIZON - 1]) for series in (WALKS, NOISE)]
    assert growth[0] > 2 and growth[1] < 1.2


def test_histories_end_where_their_windows_end() -> None:
    run = Series("one", np.datetime64("2024-01-01"), np.arange(200.0) + 1)
    part = windows([run])
    for row, past in enumerate(histories([run], part)):
        assert len(past) == min(HISTORY, row + WINDOW) and np.array_equal(past[-WINDOW:], part.values[row])

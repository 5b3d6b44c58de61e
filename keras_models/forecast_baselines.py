"""What a forecaster must beat, computed on the same windows: last week again, and gradient boosting."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from sklearn.ensemble import HistGradientBoostingRegressor

from datasets.streams import Windows
from keras_models.forecast_metrics import mape, r2, smape

WEEK = 7
BOOSTING_ROWS = 25_000
FLOOR = 0.01  # of the window's mean: keeps logarithms of zeros finite


def seasonal_naive(values: np.ndarray) -> np.ndarray:
    """The last seven days again, [n, 7]."""
    return values[:, -WEEK:].astype(np.float64)


@dataclass(frozen=True)
class Boosting:
    """One gradient-boosted tree ensemble a day of the horizon, on the logarithm's change against the same weekday last week."""

    models: tuple[HistGradientBoostingRegressor, ...]

    def forecast(self, windows: Windows) -> np.ndarray:
        """Forecast seven days, [n, 7]."""
        logs, scale = _logs(windows.values)
        features = _boosting_features(windows)
        change = np.stack([model.predict(features) for model in self.models], axis=1)
        return _from_logs(logs[:, -WEEK:] + change, scale)


def fit_boosting(windows: Windows, *, seed: int) -> Boosting:
    """Fit on at most ``BOOSTING_ROWS`` training windows, evenly taken."""
    sample = _thinned(windows, BOOSTING_ROWS)
    logs, scale = _logs(windows.values[sample])
    future = np.log(np.maximum(windows.targets[sample] / scale, 0) + FLOOR)
    features = _boosting_features(windows)[sample]
    settings = {"loss": "absolute_error", "max_iter": 200, "learning_rate": 0.08, "random_state": seed}
    return Boosting(
        tuple(HistGradientBoostingRegressor(**settings).fit(features, future[:, day] - logs[:, day - WEEK]) for day in range(WEEK))
    )


def point_scores(expected: np.ndarray, forecasts: Mapping[str, np.ndarray]) -> dict[str, dict[str, float]]:
    """Name -> MAPE, sMAPE and R2 of forecasts without intervals."""
    expected = expected.astype(np.float64)
    return {name: {"mape": mape(expected, got), "smape": smape(expected, got), "r2": r2(expected, got)} for name, got in forecasts.items()}


def _boosting_features(windows: Windows) -> np.ndarray:
    logs, scale = _logs(windows.values)
    weeks = [logs[:, -WEEK * back : logs.shape[1] - WEEK * (back - 1)].mean(1, keepdims=True) for back in (1, 2, 3, 4)]
    return np.hstack([logs - weeks[0], weeks[0] - weeks[1], weeks[1] - weeks[2], weeks[2] - weeks[3], np.log(scale), windows.weekday])


def _logs(values: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    values = values.astype(np.float64)
    scale = np.maximum(np.abs(values).mean(1, keepdims=True), np.finfo(np.float32).tiny)
    return np.log(np.maximum(values / scale, 0) + FLOOR), scale


def _from_logs(logs: np.ndarray, scale: np.ndarray) -> np.ndarray:
    return scale * np.maximum(np.exp(logs) - FLOOR, 0)


def _thinned(windows: Windows, rows: int) -> np.ndarray:
    return np.arange(0, len(windows), max(1, -(-len(windows) // rows)))

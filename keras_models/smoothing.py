"""Exponential smoothing with a weekly season, fitted to each series by least squares; web_runtime/src/forecast/smoothing.ts is its twin.

Additive Holt-Winters with a straight or a damped trend (Holt 1957; Winters 1960; Gardner & McKenzie 1985), in the error-correction form
of Hyndman et al. 2008, "Forecasting with Exponential Smoothing", chapter 2. With u = level + damping * slope, for each day

    error  = value - u - season of the weekday
    level  = u + alpha * error
    slope  = damping * slope + alpha * beta * error
    season = season + gamma * error, of that weekday alone

which is statsmodels' recursion with smoothing_level alpha, smoothing_trend beta, smoothing_seasonal gamma and damping_trend damping, in
its ranges: alpha in LEVEL, 0 <= beta <= alpha, 0 <= gamma <= 1 - alpha, and DAMPING.

The fit minimises the sum of squared one-step errors over the parameters and the states before the first day, as
``smoothing_search`` says.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from keras_models import smoothing_search
from keras_models.smoothing_search import WEEK, Search, State, parameters_of, searched

SHORTEST = 3 * WEEK  # days: more than a fit has unknowns
CHUNK = 300_000  # days fitted together


@dataclass(frozen=True, eq=False)
class Smoothing:
    """Fits of n series of the same length, each array [n] or [n, 7].

    Attributes
    ----------
    alpha, beta, gamma, damping
        Parameters; damping is 1 for a straight trend.
    first_level, first_slope, first_season
        States before the first day, in the unit of the values; the season begins with the first day and sums to zero.
    level, slope, season
        States after the last day; the season begins with the day after it.
    squared_errors
        Sum of the squared one-step errors.
    """

    alpha: np.ndarray
    beta: np.ndarray
    gamma: np.ndarray
    damping: np.ndarray
    first_level: np.ndarray
    first_slope: np.ndarray
    first_season: np.ndarray
    level: np.ndarray
    slope: np.ndarray
    season: np.ndarray
    squared_errors: np.ndarray

    def forecast(self, horizon: int) -> np.ndarray:
        """The days after the last one, [n, horizon]."""
        reach = np.cumsum(self.damping[:, None] ** np.arange(1, horizon + 1), axis=1)
        return self.level[:, None] + reach * self.slope[:, None] + self.season[:, np.arange(horizon) % WEEK]

    def spread(self, horizon: int) -> np.ndarray:
        """Standard deviation of the error of each day ahead over that of the first, [n, horizon] (Hyndman et al. 2008, table 6.1)."""
        back = np.arange(1, horizon)
        reach = np.cumsum(self.damping[:, None] ** back, axis=1)
        carried = self.alpha[:, None] + (self.alpha * self.beta)[:, None] * reach + self.gamma[:, None] * (back % WEEK == 0)
        return np.sqrt(np.cumsum(np.concatenate([np.ones((len(carried), 1)), carried**2], axis=1), axis=1))


def constants() -> dict[str, Any]:
    """What the manifest carries of this module for the browser."""
    return {
        "week": WEEK,
        "shortest": SHORTEST,
        **smoothing_search.constants(),
    }


def fit(values: np.ndarray, *, damped: bool) -> Smoothing:
    """Fit series [n, days] of the same length, days at least ``SHORTEST``.

    Raises
    ------
    ValueError
        If they are shorter, or not finite.
    """
    values = np.asarray(values, np.float64)
    if values.ndim != 2 or values.shape[1] < SHORTEST or not np.isfinite(values).all():
        raise ValueError(f"smoothing: expected finite series [n, days] of {SHORTEST} days or more, got shape {values.shape}")
    rows = max(1, CHUNK // values.shape[1])
    parts = [values[start : start + rows] for start in range(0, max(len(values), 1), rows)]
    chunks = [_smoothing(part, searched(part, damped), damped) for part in parts]
    return Smoothing(**{name: np.concatenate([getattr(chunk, name) for chunk in chunks]) for name in Smoothing.__dataclass_fields__})


def _smoothing(values: np.ndarray, found: Search, damped: bool) -> Smoothing:
    alpha, _, gamma, damping = (one[:, 0] for one in parameters_of(found.shares, damped))
    state = State.zero(len(values), 1)
    state.begin(found.at.states)
    state.run(values, parameters_of(found.shares, damped))
    first_level, first_season = _centred(np.zeros(len(values)), found.at.states[:, 1:])
    level, season = _centred(state.level[:, 0], np.roll(state.season[:, :, 0], -(values.shape[1] % WEEK), axis=1))
    return Smoothing(
        alpha=alpha,
        beta=found.shares[:, 1] * alpha,
        gamma=gamma,
        damping=damping,
        first_level=first_level,
        first_slope=found.at.states[:, 0],
        first_season=first_season,
        level=level,
        slope=state.slope[:, 0],
        season=season,
        squared_errors=found.at.squared,
    )


def _centred(level: np.ndarray, season: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The same states with a season that sums to zero: a constant may move between the two without any forecast changing."""
    mean = season.mean(axis=1)
    return level + mean, season - mean[:, None]

"""Ten numbers that say how today's value of a metric looks beside its last four weeks; the TypeScript twin is models/anomaly.

They are told in no unit of the metric's own, so one model serves streams, followers and revenue, daily or hourly. With the trailing
window ``x[0..N-1]`` (N = 4 weeks + 1 point, ``t = N - 1`` the point that is judged, ``week`` its points in a week):

- ``u = x / m`` with ``m`` the median of ``|x[0..t-1]|``, their mean where that is 0, and 1 where all of them are 0 (at most 1e-200);
- ``y = sign(u) log(1 + |u|)``: a doubling counts alike on every level, zero and negative values keep a place;
- ``r[i] = y[i] - y[i - week]``: residuals of the seasonal naive forecast, of which there are 3 weeks + 1;
- ``S(v) = max(1.4826 median(a), max(a) / 2) + 0.02`` with ``a = |v - median(v)|``: a robust standard deviation, widened by a metric's own
  earlier jumps (a second release within four weeks is no surprise), with a floor that a constant metric needs.

Reference: Hyndman and Athanasopoulos, "Forecasting: Principles and Practice" (3rd edition), 5.2 (seasonal naive); Iglewicz and Hoaglin,
"How to Detect and Handle Outliers" (1993) for z-scores from the median absolute deviation.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

WEEKS = 4
FLOOR, STEP_FLOOR = 0.02, 0.002
MAD_TO_SD = 1.4826  # of a normal distribution
JUMP_TO_SD = 2.0  # of the largest deviation: some of 28 normal values lie beyond two standard deviations
TINY = 1e-200  # a magnitude up to here counts as 0: dividing by it would overflow
LIMIT = 30.0  # every feature lies within -LIMIT..LIMIT, so that no input overflows


@dataclass(frozen=True, kw_only=True)
class Cadence:
    """How often a metric is measured.

    Attributes
    ----------
    day, week
        Points in a day and in a week.
    """

    name: str
    day: int
    week: int

    @property
    def window(self) -> int:
        """Points that the features of one point are computed from, itself included."""
        return WEEKS * self.week + 1


CADENCES = {one.name: one for one in (Cadence(name="daily", day=1, week=7), Cadence(name="hourly", day=24, week=168))}


@dataclass(frozen=True)
class MetricFeature:
    """One of the ten: ``missing`` says what a constant or missing metric gives."""

    name: str
    unit: str
    description: str


METRIC_FEATURES = (
    MetricFeature("level_z", "robust standard deviations", "y[t] against the median and S of the four weeks before"),
    MetricFeature("season_z", "robust standard deviations", "residual r[t] of the seasonal naive against the median and S of those before"),
    MetricFeature("day_z", "robust standard deviations", "y[t] - y[t - day] against the median and S of such steps before"),
    MetricFeature("day_ratio", "log ratio", "y[t] - y[t - day]: the value against that of the day before"),
    MetricFeature("week_ratio", "robust standard deviations", "median of the last week's r against median and S of those before"),
    MetricFeature("volatility", "log ratio", "log of S of the last week's steps y[i] - y[i - day] over S of earlier ones, floor 0.002"),
    MetricFeature("slope_change", "log ratio per week", "least-squares slope of the last two weeks less that of the two before"),
    MetricFeature("run_length", "weeks, signed", "latest unbroken points over S above (+) or below (-) the first two weeks' median"),
    MetricFeature("zero_run", "weeks", "latest unbroken points that are 0 or missing"),
    MetricFeature("pattern_loss", "share", "how much of the weekly pattern of the three weeks before the last week lacks, at least"),
)


def fill_missing(values: np.ndarray, cadence: Cadence) -> tuple[np.ndarray, np.ndarray]:
    """Fill NaN: by the filled value a week before, else by the last known one, else by 0.

    Returns
    -------
    filled, missing
        float64 [n] without NaN, and bool [n].
    """
    missing = np.isnan(values)
    filled = values.astype(np.float64)
    for at in np.flatnonzero(missing):
        filled[at] = filled[at - cadence.week] if at >= cadence.week else filled[at - 1] if at else 0.0
    return filled, missing


def metric_features(values: np.ndarray, cadence: Cadence) -> np.ndarray:
    """Features of every point that has four weeks before it.

    Parameters
    ----------
    values
        [n] of consecutive points, oldest first; NaN where there is no value.

    Returns
    -------
    np.ndarray
        float64 [n - window + 1, 10], in the order of ``METRIC_FEATURES``; row ``k`` belongs to point ``k + window - 1``. Empty
        where the series is shorter than a window. A constant metric gives zeros, a metric of zeros the longest ``zero_run``.
    """
    if len(values) < cadence.window:
        return np.empty((0, len(METRIC_FEATURES)))
    filled, missing = fill_missing(np.asarray(values, np.float64), cadence)
    windows = np.lib.stride_tricks.sliding_window_view(filled, cadence.window)
    absent = np.lib.stride_tricks.sliding_window_view(missing | (filled == 0), cadence.window)
    return np.clip(_features(_scaled(windows), absent, cadence), -LIMIT, LIMIT)


def _scaled(windows: np.ndarray) -> np.ndarray:
    history = np.abs(windows[:, :-1])
    unit, mean = np.median(history, axis=1), history.mean(axis=1)
    unit = np.where(unit > TINY, unit, np.where(mean > TINY, mean, 1.0))
    ratio = windows / unit[:, None]
    return np.sign(ratio) * np.log1p(np.abs(ratio))


def _features(y: np.ndarray, absent: np.ndarray, cadence: Cadence) -> np.ndarray:
    day, week = cadence.day, cadence.week
    now, history = y[:, -1], y[:, :-1]
    residuals, steps = y[:, week:] - y[:, :-week], y[:, day:] - y[:, :-day]
    base = y[:, : 2 * week]
    away = y - _median(base)[:, None]
    side = np.where(np.abs(away) > _spread(base)[:, None], np.sign(away), 0)
    return np.stack(
        [
            (now - _median(history)) / _spread(history),
            (residuals[:, -1] - _median(residuals[:, :-1])) / _spread(residuals[:, :-1]),
            (steps[:, -1] - _median(steps[:, :-1])) / _spread(steps[:, :-1]),
            steps[:, -1],
            (_median(residuals[:, -week:]) - _median(residuals[:, :-week])) / _spread(residuals[:, :-week]),
            np.log(_spread(steps[:, -week:], STEP_FLOOR) / _spread(steps[:, :-week], STEP_FLOOR)),
            (_slope(y[:, -2 * week :]) - _slope(y[:, 1 : 2 * week + 1])) * week,
            _run(side == side[:, -1:]) * side[:, -1] / week,
            _run(absent) / week,
            _pattern_loss(y, week),
        ],
        axis=1,
    )


def _median(values: np.ndarray) -> np.ndarray:
    return np.median(values, axis=1)


def _spread(values: np.ndarray, floor: float = FLOOR) -> np.ndarray:
    """``S`` of each row."""
    away = np.abs(values - _median(values)[:, None])
    return np.maximum(MAD_TO_SD * _median(away), away.max(axis=1) / JUMP_TO_SD) + floor


def _slope(values: np.ndarray) -> np.ndarray:
    """Least-squares slope per point of each row."""
    at = np.arange(values.shape[1]) - (values.shape[1] - 1) / 2
    return values @ at / (at @ at)


def _run(holds: np.ndarray) -> np.ndarray:
    """How many of the last entries of each row hold without a break."""
    broken = ~holds[:, ::-1]
    return np.where(broken.any(axis=1), broken.argmax(axis=1), holds.shape[1])


def _pattern_loss(y: np.ndarray, week: int) -> np.ndarray:
    """What the last week's projection on the weekly pattern lacks of the least that the three weeks before it had, by its length."""
    at = np.arange(week) - (week - 1) / 2
    weeks = y[:, 1:].reshape(len(y), WEEKS, week)
    centred = weeks - weeks.mean(axis=2, keepdims=True)
    flat = centred - (centred @ at / (at @ at))[:, :, None] * at
    pattern = np.median(flat[:, :-1], axis=1)
    length = np.sqrt((pattern**2).sum(axis=1))
    along = (flat * pattern[:, None]).sum(axis=2) / np.where(length > 0, length, 1)[:, None]
    return np.maximum(along[:, :-1].min(axis=1) - np.abs(along[:, -1]), 0) / (length + FLOOR)

"""The hybrid forecast: the network's days and two exponential smoothings of a longer past, weighed day by day.

Everything is weighed in the logarithms that the network works in, ``log(value / scale + FLOOR)`` with the scale of the last 30 days, so
that a part that is far off moves the blend by a factor and not by its size. The twin of web_runtime/src/forecast/blend.ts.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from datasets.streams import Series, Windows
from keras_models.forecaster_graph import FLOOR, HORIZON, LARGEST_LOG, TINY, WEEK, WINDOW
from keras_models.smoothing import fit

PARTS = ("lstm", "additive", "damped")
BANDS = ("median", "lower", "upper")
HISTORY = 90  # days that the smoothings are fitted to
MARGIN = 0.25  # logarithm: how far in a week a smoothing may leave the range of the last 30 days
# Until weights are learned on validation days, the network speaks alone.
NETWORK_ALONE = {
    "weights": {"lstm": [1.0] * HORIZON, "additive": [0.0] * HORIZON, "damped": [0.0] * HORIZON},
    "widening": {"lower": [1.0] * HORIZON, "upper": [1.0] * HORIZON},
}


def histories(runs: Sequence[Series], part: Windows) -> list[np.ndarray]:
    """Up to ``HISTORY`` values before the first target of each window cut from ``runs``; the window's own 30 days are the last of them."""
    ends = [int((day - runs[owner].start) / np.timedelta64(1, "D")) for day, owner in zip(part.first_target, part.series, strict=True)]
    return [runs[owner].values[max(0, end - HISTORY) : end] for end, owner in zip(ends, part.series, strict=True)]


def scales(series: Sequence[np.ndarray]) -> np.ndarray:
    """[n], the graph's scale: mean of the last week, or a tenth of the last 30 days' mean where that is larger."""
    last = np.array([one[-WINDOW:] for one in series], np.float64)
    return np.maximum(np.maximum(np.abs(last[:, -WEEK:]).mean(1), 0.1 * np.abs(last).mean(1)), TINY)


def to_logs(values: np.ndarray, scale: np.ndarray) -> np.ndarray:
    """Values [n, days] as logarithms of their share of the scale [n]."""
    return np.log(np.maximum(values / scale[:, None], 0) + FLOOR)


def from_logs(logs: np.ndarray, scale: np.ndarray) -> np.ndarray:
    """Back to values, never below zero."""
    return scale[:, None] * np.maximum(np.exp(np.minimum(logs, LARGEST_LOG)) - FLOOR, 0)


def smoothed(series: Sequence[np.ndarray], horizon: int = HORIZON) -> dict[str, np.ndarray]:
    """Forecasts of the additive and the damped smoothing, values [n, horizon], from series of 30 days or more.

    A forecast stays within the range of the last 30 days and ``MARGIN`` a week beyond it: what is fitted to logarithms could run away.
    """
    scale = scales(series)
    logs = [to_logs(np.asarray(one[-HISTORY:], np.float64)[None], scale[row, None])[0] for row, one in enumerate(series)]
    last = np.array([one[-WINDOW:] for one in logs])
    margin = MARGIN * np.maximum(1, np.arange(1, horizon + 1) / WEEK)
    lowest, highest = last.min(1)[:, None] - margin, last.max(1)[:, None] + margin
    lengths = np.array([len(one) for one in logs])
    found = {}
    for name, damped in (("additive", False), ("damped", True)):
        ahead = np.empty((len(series), horizon))
        for length in np.unique(lengths):
            rows = np.flatnonzero(lengths == length)
            ahead[rows] = fit(np.array([logs[row] for row in rows]), damped=damped).forecast(horizon)
        found[name] = from_logs(np.clip(ahead, lowest, highest), scale)
    return found


def blended(
    scale: np.ndarray, lstm: Mapping[str, np.ndarray], smoothing: Mapping[str, np.ndarray], blend: Mapping[str, Any]
) -> dict[str, np.ndarray]:
    """Median, lower and upper of the blend, values [n, 7].

    The bounds lie as far from the blend as the network's from its median, in logarithms, times the day's widening; never nearer than the
    day before.

    Parameters
    ----------
    scale
        [n], see ``scales``.
    lstm
        Median, lower and upper of the network, [n, 7].
    smoothing
        Medians ``additive`` and ``damped``, [n, 7].
    blend
        ``weights``: part -> [7], summing to 1 each day; ``widening``: ``lower`` and ``upper`` -> [7].
    """
    logs = {name: to_logs(np.asarray(lstm[name], np.float64), scale) for name in BANDS}
    parts = {"lstm": logs["median"], **{name: to_logs(value, scale) for name, value in smoothing.items()}}
    median = sum(np.array(blend["weights"][name]) * parts[name] for name in PARTS)
    below = np.maximum.accumulate((logs["median"] - logs["lower"]) * blend["widening"]["lower"], axis=1)
    above = np.maximum.accumulate((logs["upper"] - logs["median"]) * blend["widening"]["upper"], axis=1)
    return {
        "median": from_logs(median, scale),
        "lower": from_logs(median - np.maximum(below, 0), scale),
        "upper": from_logs(median + np.maximum(above, 0), scale),
    }

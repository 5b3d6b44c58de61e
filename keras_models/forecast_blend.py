"""The hybrid forecast: the network's days and two exponential smoothings of a longer past, weighed day by day.

Everything is weighed in the logarithms that the network works in, ``log(value / scale + FLOOR)`` with the scale of the last 30 days, so
that a part that is far off moves the blend by a factor and not by its size. The twin of web_runtime/src/forecast/blend.ts.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from datasets.streams import Series, Windows
from keras_models.checkpoint import Checkpoint
from keras_models.forecaster_graph import FLOOR, HORIZON, LARGEST_LOG, TINY, WEEK, WINDOW
from keras_models.smoothing import fit
from keras_models.spec import Run

PARTS = ("lstm", "additive", "damped")
BANDS = ("median", "lower", "upper")
HISTORY = 90  # days that the smoothings are fitted to
MARGIN = 0.25  # logarithm: how far in a week a smoothing may leave the range of the last 30 days
# Until weights are learned on validation days, the network speaks alone.
NETWORK_ALONE = {
    "weights": {"lstm": [1.0] * HORIZON, "additive": [0.0] * HORIZON, "damped": [0.0] * HORIZON},
    "widening": {"lower": [1.0] * HORIZON, "upper": [1.0] * HORIZON},
}


def blend_of(checkpoint: Checkpoint) -> dict[str, Any]:
    """Weights and widening that a checkpoint learned; the network alone where it learned none."""
    return checkpoint.config.get("blend", NETWORK_ALONE)


def constants(checkpoint: Checkpoint) -> dict[str, Any]:
    """What the manifest carries of this module for the browser."""
    blend = blend_of(checkpoint)
    fixed = {"history": HISTORY, "margin": MARGIN, "floor": FLOOR, "largest": LARGEST_LOG, "tiny": TINY}
    return {"weights": blend["weights"], "widening": blend["widening"], **fixed}


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
    scale: np.ndarray,
    lstm: Mapping[str, np.ndarray],
    smoothing: Mapping[str, np.ndarray],
    blend: Mapping[str, Any],
    *,
    before: tuple[np.ndarray, np.ndarray] | None = None,
) -> dict[str, np.ndarray]:
    """Median, lower and upper of the blend over one week, values [n, 7].

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
    before
        Logarithms by which the bounds of the last day before this week lie below and above its median, each [n]: errors of weeks are
        taken as independent, so that their squares add up.
    """
    logs = {name: to_logs(np.asarray(lstm[name], np.float64), scale) for name in BANDS}
    parts = {"lstm": logs["median"], **{name: to_logs(value, scale) for name, value in smoothing.items()}}
    median = sum(np.array(blend["weights"][name]) * parts[name] for name in PARTS)
    below, above = _halves(logs, blend["widening"], before)
    return {"median": from_logs(median, scale), "lower": from_logs(median - below, scale), "upper": from_logs(median + above, scale)}


def _halves(
    logs: Mapping[str, np.ndarray], widening: Mapping[str, Any], before: tuple[np.ndarray, np.ndarray] | None
) -> tuple[np.ndarray, np.ndarray]:
    """Logarithms by which the bounds lie below and above the median, [n, 7]."""
    own = (
        np.maximum.accumulate(np.maximum(logs["median"] - logs["lower"], 0) * widening["lower"], axis=1),
        np.maximum.accumulate(np.maximum(logs["upper"] - logs["median"], 0) * widening["upper"], axis=1),
    )
    if before is None:
        return own
    below, above = (np.sqrt(half**2 + carried[:, None] ** 2) for half, carried in zip(own, before, strict=True))
    return below, above


def extended(
    run: Run, series: Sequence[np.ndarray], weekday: np.ndarray, horizon: int, blend: Mapping[str, Any]
) -> dict[str, dict[str, np.ndarray]]:
    """Forecast any number of days: week by week the network is fed the blend's own medians, the smoothings reach on by themselves.

    Parameters
    ----------
    run
        Named inputs of the graph -> its named outputs.
    series
        Of 30 days or more each.
    weekday
        [n], of the first forecast day, -1 where unknown.
    horizon
        Days ahead.

    Returns
    -------
    dict
        ``blend`` and ``lstm`` -> median, lower, upper; ``smoothing`` -> additive, damped; ``baseline`` -> median: values [n, horizon].
    """
    scale, weeks = scales(series), -(-horizon // WEEK)
    smoothing = smoothed(series, weeks * WEEK)
    window = np.array([one[-WINDOW:] for one in series], np.float64)
    last_week = window[:, -WEEK:]
    found: dict[str, list[dict[str, np.ndarray]]] = {"blend": [], "lstm": []}
    before: dict[str, tuple[np.ndarray, np.ndarray] | None] = {"blend": None, "lstm": None}
    for week in range(weeks):
        outputs = run({"values": window.astype(np.float32), "weekday": weekday[:, None].astype(np.float32)})
        lstm = {name: outputs[name].astype(np.float64) for name in BANDS}
        logs = {name: to_logs(lstm[name], scale) for name in BANDS}
        ahead = {name: value[:, week * WEEK : (week + 1) * WEEK] for name, value in smoothing.items()}
        for name, weighing in (("blend", blend), ("lstm", NETWORK_ALONE)):
            found[name].append(blended(scale, lstm, ahead, weighing, before=before[name]))
            below, above = _halves(logs, weighing["widening"], before[name])
            before[name] = below[:, -1], above[:, -1]
        window = np.concatenate([window, found["blend"][-1]["median"]], axis=1)[:, -WINDOW:]
    bands = {
        name: {band: np.concatenate([week[band] for week in parts], axis=1)[:, :horizon] for band in BANDS} for name, parts in found.items()
    }
    return {
        **bands,
        "smoothing": {name: value[:, :horizon] for name, value in smoothing.items()},
        "baseline": {"median": np.tile(last_week, weeks)[:, :horizon]},
    }

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
MONTH = 30  # days
MARGIN = 0.25  # logarithm: how far in a week a smoothing may leave the range of the last 30 days
GROWTH = 1.5
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
    fixed = {"history": HISTORY, "margin": MARGIN, "growth": GROWTH, "floor": FLOOR, "largest": LARGEST_LOG, "tiny": TINY}
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
    """Back to values, never below zero, and zero where nothing but zeros was given."""
    shares = np.maximum(np.exp(np.minimum(logs, LARGEST_LOG)) - FLOOR, 0)
    return np.where(scale > TINY, scale, 0)[:, None] * shares


def smoothed(series: Sequence[np.ndarray], horizon: int = HORIZON) -> dict[str, np.ndarray]:
    """Forecasts of the additive and the damped smoothing, values [n, horizon], from series of 30 days or more.

    A forecast stays within the range of the last 30 days and ``MARGIN`` a week beyond it: what is fitted to logarithms could run away.
    """
    return _smoothed(series, horizon)[0]


def _smoothed(series: Sequence[np.ndarray], horizon: int) -> tuple[dict[str, np.ndarray], np.ndarray]:
    """Forecasts, and the spread of the damped smoothing's errors, [n, horizon]."""
    scale = scales(series)
    logs = [to_logs(np.asarray(one[-HISTORY:], np.float64)[None], scale[row, None])[0] for row, one in enumerate(series)]
    last = np.array([one[-WINDOW:] for one in logs])
    margin = MARGIN * np.maximum(1, np.arange(1, horizon + 1) / WEEK)
    lowest, highest = last.min(1)[:, None] - margin, last.max(1)[:, None] + margin
    lengths = np.array([len(one) for one in logs])
    found, spread = {}, np.empty((len(series), horizon))
    for name, damped in (("additive", False), ("damped", True)):
        ahead = np.empty((len(series), horizon))
        for length in np.unique(lengths):
            rows = np.flatnonzero(lengths == length)
            fitted = fit(np.array([logs[row] for row in rows]), damped=damped)
            ahead[rows], spread[rows] = fitted.forecast(horizon), fitted.spread(horizon)
        found[name] = from_logs(np.clip(ahead, lowest, highest), scale)
    return found, spread


def blended(
    scale: np.ndarray, lstm: Mapping[str, np.ndarray], smoothing: Mapping[str, np.ndarray], blend: Mapping[str, Any]
) -> dict[str, np.ndarray]:
    """Median, lower and upper of the blend over the network's horizon, values [n, 7].

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
    median = _median(scale, lstm, smoothing, blend)
    return _bands(scale, median, *(np.maximum.accumulate(half, axis=1) for half in _halves(logs, blend["widening"])))


def _median(scale: np.ndarray, lstm: Mapping[str, np.ndarray], smoothing: Mapping[str, np.ndarray], blend: Mapping[str, Any]) -> np.ndarray:
    parts = {"lstm": lstm["median"], **smoothing}
    return sum(np.array(blend["weights"][name]) * to_logs(np.asarray(parts[name], np.float64), scale) for name in PARTS)


def extended(run: Run, series: Sequence[np.ndarray], weekday: np.ndarray, horizon: int, blend: Mapping[str, Any]) -> dict[str, Any]:
    """Forecast any number of days: the blend for one week, and for those after it the network, fed what was forecast before.

    Beyond a week a trend that runs on errs more than the network does, so that the smoothings no longer count. What they know is how
    errors grow: the interval widens from the seventh day on as the damped smoothing's own error does, to the power of ``GROWTH``, but not
    faster than the days do, and nowhere is it narrower than the network's own or the day before.

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
    scale, weeks = scales(series), -(-horizon // HORIZON)
    smoothing, spread = _smoothed(series, weeks * HORIZON)
    first_week = {name: value[:, :HORIZON] for name, value in smoothing.items()}
    window = np.array([one[-WINDOW:] for one in series], np.float64)
    last_week, outputs = window[:, -WEEK:], []
    for week in range(weeks):
        got = run({"values": window.astype(np.float32), "weekday": weekday[:, None].astype(np.float32)})
        outputs.append({name: got[name].astype(np.float64) for name in BANDS})
        ahead = outputs[week]["median"] if week else from_logs(_median(scale, outputs[0], first_week, blend), scale)
        window = np.concatenate([window, ahead], axis=1)[:, -WINDOW:]
    logs = {name: np.concatenate([to_logs(week[name], scale) for week in outputs], axis=1) for name in BANDS}
    days = np.arange(1, weeks * HORIZON + 1)
    growth = np.minimum(np.maximum(spread / spread[:, HORIZON - 1 : HORIZON], 1) ** GROWTH, np.maximum(days / HORIZON, 1))
    found: dict[str, Any] = {}
    for name, weighing in (("blend", blend), ("lstm", NETWORK_ALONE)):
        median = logs["median"].copy()
        median[:, :HORIZON] = _median(scale, outputs[0], first_week, weighing)
        halves = (_grown(half, growth) for half in _halves(logs, weighing["widening"]))
        found[name] = {band: value[:, :horizon] for band, value in _bands(scale, median, *halves).items()}
    found["smoothing"] = {name: value[:, :horizon] for name, value in smoothing.items()}
    found["baseline"] = {"median": np.tile(last_week, weeks)[:, :horizon]}
    return found


def _halves(logs: Mapping[str, np.ndarray], widening: Mapping[str, Sequence[float]]) -> tuple[np.ndarray, np.ndarray]:
    """Logarithms by which the network's bounds lie below and above its median, widened, [n, days]; later weeks are widened alike."""
    weeks = logs["median"].shape[1] // HORIZON
    below, above = (np.tile(widening[side], weeks) for side in ("lower", "upper"))
    return np.maximum(logs["median"] - logs["lower"], 0) * below, np.maximum(logs["upper"] - logs["median"], 0) * above


def _grown(half: np.ndarray, growth: np.ndarray) -> np.ndarray:
    """Half an interval, [n, days], that grows from the last day of the first week on."""
    grown = np.maximum.accumulate(half, axis=1)
    grown[:, HORIZON:] = np.maximum(grown[:, HORIZON:], grown[:, HORIZON - 1 : HORIZON] * growth[:, HORIZON:])
    return np.maximum.accumulate(grown, axis=1)


def _bands(scale: np.ndarray, median: np.ndarray, below: np.ndarray, above: np.ndarray) -> dict[str, np.ndarray]:
    logs = {"median": median, "lower": median - below, "upper": median + above}
    return {name: from_logs(value, scale) for name, value in logs.items()}

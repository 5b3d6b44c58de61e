"""What ``suite.forecaster.predict`` answers, computed in Python: the reference of web_runtime/src/models/forecaster.ts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from keras_models.checkpoint import Checkpoint
from keras_models.forecast_blend import blend_of, extended
from keras_models.forecast_days import Days, read_days
from keras_models.forecast_holidays import CALENDAR, day_factors, factors_of
from keras_models.forecaster_graph import HORIZON, WEEK, WINDOW
from keras_models.spec import Arrays, Run

TREND = 0.05  # relative change of the week's sum from which a trend is called rising or falling
INTERVAL = 0.8


def encode(checkpoint: Checkpoint, arguments: tuple[Any, ...]) -> dict[str, np.ndarray]:
    """The network's inputs for one call: the window without holidays, and the weekday after it."""
    days = read_days(arguments[0], _options(arguments).get("startDate"))
    values = days.values / _factors(checkpoint, days, _options(arguments))[: len(days.values)]
    return {"values": values[None, -WINDOW:].astype(np.float32), "weekday": np.array([[days.weekday]], np.float32)}


def _factors(checkpoint: Checkpoint, days: Days, options: Mapping[str, Any]) -> np.ndarray:
    """What holidays do to each day of a series and of its forecast; ones where dates are unknown or no calendar is wanted."""
    length = len(days.values) + options.get("horizon", HORIZON)
    if days.start is None or options.get("holidays", CALENDAR) != CALENDAR:
        return np.ones(length)
    return day_factors(factors_of(checkpoint), days.start, length)


def _options(arguments: tuple[Any, ...]) -> dict[str, Any]:
    return arguments[1] if len(arguments) > 1 else {}


def predict(checkpoint: Checkpoint, run: Run, calls: Sequence[tuple[Any, ...]]) -> list[dict[str, Any]]:
    """Answers of the browser's ``predict``, calls of the same horizon together."""
    series = [read_days(arguments[0], _options(arguments).get("startDate")) for arguments in calls]
    factors = [_factors(checkpoint, days, _options(arguments)) for days, arguments in zip(series, calls, strict=True)]
    horizons = np.array([_options(arguments).get("horizon", HORIZON) for arguments in calls])
    answers: dict[int, dict[str, Any]] = {}
    for horizon in np.unique(horizons):
        rows = np.flatnonzero(horizons == horizon)
        calmed = [series[row].values / factors[row][:-horizon] for row in rows]
        weekdays = np.array([series[row].weekday for row in rows])
        found = extended(run, calmed, weekdays, max(int(horizon), WEEK), blend_of(checkpoint))
        for at, row in enumerate(rows):
            answers[int(row)] = _answer(series[row], found, at, factors[row][-horizon:])
    return [answers[row] for row in range(len(calls))]


def _answer(days: Days, found: Mapping[str, Mapping[str, np.ndarray]], row: int, factors: np.ndarray) -> dict[str, Any]:
    horizon = len(factors)

    def lines(part: str) -> dict[str, list[float]]:
        return {name: (values[row, :horizon] * factors).tolist() for name, values in found[part].items()}

    trend = _trend(found["blend"]["median"][row, :WEEK].sum(), found["baseline"]["median"][row, :WEEK].sum())
    filled = [{"index": index, "value": float(days.values[index])} for index in days.filled]
    if days.start is not None:
        filled = [day | {"date": days.date_of(day["index"])} for day in filled]
    return {
        **lines("blend"),
        "lstm": lines("lstm"),
        "smoothing": {name: {"median": values} for name, values in lines("smoothing").items()},
        "baseline": np.resize(days.values[-WEEK:], horizon).tolist(),
        "trend": {-1: "falling", 0: "steady", 1: "rising"}[int(trend)],
        "horizon": horizon,
        "interval": INTERVAL,
        "filled": filled,
    }


def decisions(checkpoint: Checkpoint, outputs: Arrays) -> np.ndarray:
    """[n]: whether the network calls the week to come rising (1), steady (0) or falling (-1) against the last one."""
    return _trend(*(outputs[name].sum(axis=1, dtype=np.float64) for name in ("median", "baseline")))


def _trend(ahead: np.ndarray, behind: np.ndarray) -> np.ndarray:
    """1, 0 or -1 by the relative change from the week behind to the week ahead."""
    change = np.divide(ahead - behind, behind, out=np.zeros_like(ahead), where=behind > 0)
    return (change >= TREND).astype(int) - (change <= -TREND).astype(int)

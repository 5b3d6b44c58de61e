"""How forecasts are judged: errors of the median, coverage and width of the interval, all on arrays [n, horizon]."""

from __future__ import annotations

import numpy as np

UNITS = {"mape": "%", "lstm_mape": "%", "smape": "%", "r2": "R2", "coverage": "%", "width": "%", "widening": "ratio"}


def mape(expected: np.ndarray, got: np.ndarray) -> float:
    """Mean absolute percentage error in %, over the days whose expected value is not zero.

    Returns
    -------
    float
        NaN if every expected value is zero.
    """
    there = expected != 0
    return float(100 * np.mean(np.abs(got[there] - expected[there]) / np.abs(expected[there]))) if there.any() else float("nan")


def smape(expected: np.ndarray, got: np.ndarray) -> float:
    """Symmetric MAPE in %, 0 to 200: ``200 |a - f| / (|a| + |f|)``, 0 where both are zero (Armstrong 1985, as in the NN5 competition)."""
    total = np.abs(expected) + np.abs(got)
    return float(np.mean(np.divide(200 * np.abs(got - expected), total, out=np.zeros_like(total), where=total > 0)))


def r2(expected: np.ndarray, got: np.ndarray) -> float:
    """Coefficient of determination over all days and windows together; NaN for constant expected values."""
    spread = np.sum((expected - expected.mean()) ** 2)
    return float(1 - np.sum((got - expected) ** 2) / spread) if spread > 0 else float("nan")


def coverage(expected: np.ndarray, lower: np.ndarray, upper: np.ndarray) -> float:
    """Share of days inside the interval in %, bounds included."""
    return float(100 * np.mean((lower <= expected) & (expected <= upper)))


def relative_widths(median: np.ndarray, lower: np.ndarray, upper: np.ndarray) -> np.ndarray:
    """Median over windows of the interval's width in % of the forecast, per day of the horizon, [horizon]."""
    return 100 * np.median((upper - lower) / np.maximum(median, np.finfo(np.float32).tiny), axis=0)


def forecast_metrics(expected: np.ndarray, *, median: np.ndarray, lower: np.ndarray, upper: np.ndarray) -> dict[str, float]:
    """All of the above; ``widening`` is the last day's relative width over the first day's."""
    expected, median, lower, upper = (np.asarray(value, np.float64) for value in (expected, median, lower, upper))
    widths = relative_widths(median, lower, upper)
    return {
        "mape": mape(expected, median),
        "smape": smape(expected, median),
        "r2": r2(expected, median),
        "coverage": coverage(expected, lower, upper),
        "width": float(widths.mean()),
        "widening": float(widths[-1] / widths[0]),
    }

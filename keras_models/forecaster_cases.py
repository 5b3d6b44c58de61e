"""The calls by which Python and browser are compared: real pasts, drawn series, and what is rare or wrong."""

from __future__ import annotations

import numpy as np

from datasets.registry import DataMissingError
from datasets.streams import Windows
from keras_models.checkpoint import Checkpoint
from keras_models.forecast_blend import HISTORY, MONTH, histories
from keras_models.forecaster_data import load_series, split_windows
from keras_models.forecaster_graph import WEEK, WINDOW
from keras_models.spec import ParityCase

REAL_CASES = 600
PASTS = (WINDOW, 45, 60, HISTORY)  # days of the real cases: a few lengths, since Python fits series of one length together


def parity_cases(checkpoint: Checkpoint) -> list[ParityCase]:
    """Real pasts where they are at hand, else drawn ones, and what is rare or wrong."""
    try:
        return [*_real_cases(), *_edge_cases()]
    except DataMissingError:
        return [*_drawn_cases(), *_edge_cases()]


def _real_cases() -> list[ParityCase]:
    """Real pasts of 30 to 90 days, some without dates, some with missing days, some forecast for a month."""
    cases = []
    for label, runs in load_series(None).items():
        part = split_windows(runs, None, "all")
        part = Windows(**{name: value[np.linspace(0, len(part) - 1, REAL_CASES // 3).astype(int)] for name, value in vars(part).items()})
        for row, past in enumerate(histories(runs, part)):
            past = past[-max(days for days in PASTS if days <= len(past)) :]
            start = part.first_target[row] - np.timedelta64(len(past), "D")
            values: list[float | None] = past.tolist()
            options = ({"startDate": str(start)} if row % 4 else {}) | ({} if row % 5 else {"horizon": MONTH})
            if row % 10 == 3:
                values[-9] = values[-10] = values[-1] = None
            cases.append(ParityCase(name=f"{label}, {start}, {len(past)} days", args=(values, options)))
    return cases


def _drawn_cases() -> list[ParityCase]:
    """Made-up series over ten orders of magnitude: a level, a weekly season, a trend and noise."""
    random = np.random.default_rng(7)
    days = np.arange(WINDOW)
    cases = []
    for number in range(REAL_CASES):
        season = random.normal(0, random.uniform(0, 0.4), WEEK)[days % WEEK]
        logs = random.uniform(0, 23) + season + random.normal(0, 0.03) * days + random.normal(0, random.uniform(0, 0.3), WINDOW)
        cases.append(ParityCase(name=f"drawn {number}", args=(np.exp(logs).astype(np.float32).tolist(), {"startDate": "2026-01-05"})))
    return cases


def _edge_cases() -> list[ParityCase]:
    spike = [100.0] * WINDOW
    spike[20] = 1e6
    late_spike = [*[100.0] * (WINDOW - 1), 1e6]
    shapes = {
        "constant": [42.0] * WINDOW,
        "zeros": [0.0] * WINDOW,
        "1e9": [1e9 + 1e7 * day for day in range(WINDOW)],
        "tiny": [1e-6 * (1 + day % WEEK) for day in range(WINDOW)],
        "spike": spike,
        "spike on the last day": late_spike,
        "zeros but the first day": [5.0] + [0.0] * (WINDOW - 1),
        "zeros but the last day": [0.0] * (WINDOW - 1) + [5.0],
        "below zero": [-3.0 if day % 5 == 0 else 10.0 for day in range(WINDOW)],
        "longer than the window": [1000.0 + 50 * (day % WEEK) for day in range(400)],
        "gaps at both ends": [None, *(100.0 + 7 * (day % WEEK) + day for day in range(38)), None],
        "a week missing": [None if 20 <= day < 27 else 100.0 + 7 * (day % WEEK) for day in range(50)],
    }
    dated = [{"date": f"2024-02-{day:02}", "value": 50.0 + day} for day in (28, *range(1, 28))] + [
        {"date": f"2024-03-{day:02}", "value": 80.0 + day} for day in range(1, 9)
    ]
    return [
        *(
            ParityCase(name=f"{name}, {options or 'no options'}", args=(values, options), edge=True)
            for name, values in shapes.items()
            for options in ({}, {"startDate": "2024-02-27"})
        ),
        *(
            ParityCase(name=f"{name}, a month", args=(shapes[name], {"horizon": MONTH}), edge=True)
            for name in ("zeros", "1e9", "spike on the last day", "a week missing")
        ),
        ParityCase(name="dated, in any order, a leap day missing", args=(dated,), edge=True),
        *(
            ParityCase(
                name=f"over Thanksgiving, {options}",
                args=(shapes["longer than the window"], {"startDate": "2023-10-24"} | options),
                edge=True,
            )
            for options in ({}, {"horizon": MONTH}, {"holidays": "none"})
        ),
        ParityCase(name="one day ahead", args=(shapes["1e9"], {"horizon": 1}), edge=True),
    ]


def golden(checkpoint: Checkpoint) -> ParityCase:
    """The case that the browser checks itself against after loading."""
    values = [1000.0 + 10 * day + 200 * ((day * 3) % WEEK) for day in range(WINDOW)]
    return ParityCase(name="a rising line with a weekly season", args=(values, {"startDate": "2026-01-05"}))

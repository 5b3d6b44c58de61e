"""Thirty daily values in, seven days out: median with an 80 % interval, by an LSTM and a perceptron over last week's pattern.

The interval is that of quantile regression, widened or narrowed by a conformal factor: the quantile outputs follow each series' own
noise, the factor makes the stated 80 % true on days that training never saw.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np

from datasets.registry import DataMissingError
from datasets.streams import Series, Windows
from keras_models import forecast_blend, forecast_days, forecast_holidays, smoothing
from keras_models import forecaster_graph as graph
from keras_models.checkpoint import Checkpoint
from keras_models.forecast_baselines import fit_boosting, point_scores, seasonal_naive
from keras_models.forecast_blend import BANDS, HISTORY, MONTH, blend_of, blended, extended, histories, scales, smoothed
from keras_models.forecast_days import Days, read_days
from keras_models.forecast_holidays import CALENDAR, calm, day_factors, factors_of, window_factors
from keras_models.forecast_metrics import UNITS, forecast_metrics, mape
from keras_models.forecaster_data import DATA, load_series, split_windows
from keras_models.forecaster_examples import thinned
from keras_models.forecaster_graph import HORIZON, STEP_FEATURES, WEEK, WINDOW
from keras_models.forecaster_network import with_weights
from keras_models.forecaster_training import train
from keras_models.spec import Arrays, Evaluation, Gate, ModelSpec, ParityCase, QuantizationBudget, Run, Split, TensorSpec

TREND = 0.05  # relative change of the week's sum from which a trend is called rising or falling
INTERVAL = 0.8
LONGEST_HORIZON = 90  # days
REAL_CASES = 600
PASTS = (WINDOW, 45, 60, HISTORY)  # days of the real cases: a few lengths, since Python fits series of one length together


def _inputs(checkpoint: Checkpoint) -> tuple[TensorSpec, ...]:
    return (
        TensorSpec(
            name="values", shape=(WINDOW,), unit="the caller's", description="daily values, oldest first; below zero counts as zero"
        ),
        TensorSpec(name="weekday", shape=(1,), unit="day", description="of the first forecast day: 0 = Monday .. 6 = Sunday, -1 = unknown"),
    )


def _outputs(checkpoint: Checkpoint) -> tuple[TensorSpec, ...]:
    week = {"shape": (HORIZON,), "unit": "that of the values", "comparison": "row-relative"}
    return (
        TensorSpec(name="median", description="the value of least expected percentage error", **week),
        TensorSpec(name="lower", description="lower bound of the 80 % interval", **week),
        TensorSpec(name="upper", description="upper bound of the 80 % interval", **week),
        TensorSpec(name="baseline", description="seasonal naive: the last seven days again", **week),
        TensorSpec(
            name="features",
            shape=(WINDOW, STEP_FEATURES),
            unit="logarithm, one-hot",
            description="per day: scaled logarithm, change since a week ago, since yesterday, trailing weekly mean, weekday",
        ),
    )


def _evaluations(checkpoint: Checkpoint, data: Path | None, split: Split) -> list[Evaluation]:
    splits = checkpoint.config["splits"]
    found = []
    series = load_series(data)
    for label, runs in calm(series, factors_of(checkpoint)).items():
        part, real = (split_windows(one, splits.get(label), split) for one in (runs, series[label]))
        if split == "validation":
            part, real = thinned(part), thinned(real)
        if len(part):
            found.append(_evaluation(checkpoint, label, runs, part, real))
    return found


def _evaluation(checkpoint: Checkpoint, label: str, runs: Sequence[Series], part: Windows, real: Windows) -> Evaluation:
    """Score the blend, with the network's own error beside it; the smoothings, its other parts, stand among the references.

    All forecast ``part``, cut from series without holidays, and are judged on the ``real`` days of the same windows.
    """
    past = cache(lambda: histories(runs, part))
    smoothing = cache(lambda: smoothed(past()))
    factors = window_factors(factors_of(checkpoint), label, part.first_target, HORIZON)

    def score(outputs: Arrays) -> dict[str, float]:
        bands = {name: outputs[name].astype(np.float64) for name in BANDS}
        blend = blended(scales(past()), bands, smoothing(), blend_of(checkpoint))
        metrics = forecast_metrics(real.targets, **{name: values * factors for name, values in blend.items()})
        return metrics | {"lstm_mape": mape(real.targets.astype(np.float64), bands["median"] * factors)}

    def references() -> dict[str, dict[str, float]]:
        parts = {f"{name} smoothing": forecast for name, forecast in smoothing().items()} | _learned_baselines(checkpoint, label, part)
        forecasts = {name: forecast * factors for name, forecast in parts.items()}
        return point_scores(real.targets, {"seasonal naive": seasonal_naive(real.values)} | forecasts)

    return Evaluation(data=label, inputs={"values": part.values, "weekday": part.weekday}, score=score, references=references)


def _learned_baselines(checkpoint: Checkpoint, label: str, part: Windows) -> dict[str, np.ndarray]:
    """Forecasts of what learns on the registry's training windows, holidays taken out likewise; none where it is missing."""
    try:
        known = calm(load_series(None), factors_of(checkpoint))
    except DataMissingError:
        return {}
    splits = checkpoint.config["splits"]
    kind = label.split(" ", 1)[-1]
    source = next((name for name in known if name == label or name.endswith(f" {kind}")), None)
    if source is None or source not in splits:
        return {}
    training = split_windows(known[source], splits[source], "train")
    return {"gradient boosting": fit_boosting(training, seed=checkpoint.provenance["seed"]).forecast(part)}


def _encode(checkpoint: Checkpoint, arguments: tuple[Any, ...]) -> dict[str, np.ndarray]:
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


def _predict(checkpoint: Checkpoint, run: Run, calls: Sequence[tuple[Any, ...]]) -> list[dict[str, Any]]:
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


def _decisions(checkpoint: Checkpoint, outputs: Arrays) -> np.ndarray:
    """[n]: whether the network calls the week to come rising (1), steady (0) or falling (-1) against the last one."""
    return _trend(*(outputs[name].sum(axis=1, dtype=np.float64) for name in ("median", "baseline")))


def _trend(ahead: np.ndarray, behind: np.ndarray) -> np.ndarray:
    """1, 0 or -1 by the relative change from the week behind to the week ahead."""
    change = np.divide(ahead - behind, behind, out=np.zeros_like(ahead), where=behind > 0)
    return (change >= TREND).astype(int) - (change <= -TREND).astype(int)


def _parity_cases(checkpoint: Checkpoint) -> list[ParityCase]:
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


def _golden(checkpoint: Checkpoint) -> ParityCase:
    values = [1000.0 + 10 * day + 200 * ((day * 3) % WEEK) for day in range(WINDOW)]
    return ParityCase(name="a rising line with a weekly season", args=(values, {"startDate": "2026-01-05"}))


def _manifest(checkpoint: Checkpoint) -> dict[str, Any]:
    return {
        "preprocessing": {
            "window": WINDOW,
            "horizon": HORIZON,
            "longestHorizon": LONGEST_HORIZON,
            "interval": INTERVAL,
            **forecast_days.constants(),
            "smoothing": smoothing.constants(),
            "blend": forecast_blend.constants(checkpoint),
            "holidays": forecast_holidays.constants(checkpoint),
        },
        "thresholds": {"rising": TREND, "falling": -TREND},
    }


def _graph(checkpoint: Checkpoint, weights, inputs):
    return graph.forecast(weights, inputs)


def _gates() -> Sequence[Gate]:
    for label, largest in (("us_top200 tracks", 3.95), ("us_top200 artists", 9.0)):
        yield Gate(metric="mape", data=label, maximum=largest)
        yield Gate(metric="r2", data=label, minimum=0.7)
        yield Gate(metric="coverage", data=label, minimum=76)
        yield Gate(metric="coverage", data=label, maximum=84)
        yield Gate(metric="widening", data=label, minimum=1.0)


SPEC = ModelSpec(
    name="forecaster",
    version="1.0.0",
    title="Weekly forecaster",
    summary="Forecasts the next seven days of a daily series (streams, revenue) from its last thirty: median, 80 % interval, trend. "
    "Where dates are known, holidays of the United States count, unless they are switched off.",
    licence="Trained on public chart figures (Spotify200 compilation, MIT) and the NN5 competition's series; the weights hold no series.",
    method="predict",
    datasets=DATA,
    inputs=_inputs,
    outputs=_outputs,
    train=train,
    network=lambda checkpoint: with_weights(checkpoint.weights),
    graph=_graph,
    evaluations=_evaluations,
    encode=_encode,
    predict=_predict,
    decisions=_decisions,
    parity_cases=_parity_cases,
    golden=_golden,
    manifest=_manifest,
    units=UNITS,
    gates=tuple(_gates()),
    budget=QuantizationBudget(metric="mape", points=0.5, higher_is_better=False, float32=("*bias*", "interval/*")),
)

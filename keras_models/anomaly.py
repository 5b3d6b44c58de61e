"""Which days of a metric, or rows of a table, are out of the ordinary, how much, how surely, and in which of ten features."""

from __future__ import annotations

import math
import numbers
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from datasets.metric_windows import (
    CADENCES,
    FLOOR,
    JUMP_TO_SD,
    LIMIT,
    MAD_TO_SD,
    STEP_FLOOR,
    TINY,
    WEEKS,
    Cadence,
    metric_features,
)
from datasets.registry import DataMissingError, find
from datasets.streams import load as load_series
from keras_models.anomaly_data import DAILY
from keras_models.anomaly_evaluations import evaluations
from keras_models.anomaly_graph import anomaly_graph, anomaly_network
from keras_models.anomaly_judging import UNITS, is_anomaly
from keras_models.anomaly_training import DATA, WINDOWS, train
from keras_models.checkpoint import Checkpoint
from keras_models.spec import Arrays, Gate, ModelSpec, ParityCase, QuantizationBudget, TensorSpec

SEVERITIES = ("none", "low", "medium", "high")
LONGEST = 20_000  # points of one call
REAL_CASES = 600
MOST_NAMED_ROWS = 5


class AnomalyInputError(ValueError):
    """A series or a row is not what the model takes; the message says what was expected and what came."""


def _inputs(checkpoint: Checkpoint) -> tuple[TensorSpec, ...]:
    return (
        TensorSpec(
            name="features_raw",
            shape=(len(_names(checkpoint)),),
            unit="as each feature states",
            description="ten features in the manifest's order: of a metric's window, or a table's columns",
        ),
    )


def _outputs(checkpoint: Checkpoint) -> tuple[TensorSpec, ...]:
    columns = len(_names(checkpoint))
    encoded = len(checkpoint.weights["forest/dense_1/kernel"]) + columns
    relative = {"comparison": "row-relative"}
    return (
        TensorSpec(name="score", shape=(1,), unit="share", description="isolation forest's score, 0 = most ordinary .. 1 = most isolated"),
        TensorSpec(
            name="reconstruction",
            shape=(1,),
            unit="root of the mean squared error, in training's own",
            description="how badly the autoencoder rebuilds the row: about 1 for an ordinary one, 0.5 at least",
            **relative,
        ),
        TensorSpec(name="z", shape=(1,), unit="standard deviations", description="largest deviation of a single feature", **relative),
        TensorSpec(name="confidence", shape=(1,), unit="probability", description="calibrated weighting of the three"),
        TensorSpec(
            name="contributions",
            shape=(columns,),
            unit="share",
            description="each feature's share of the squared error; sum 1, less for rows more ordinary than most",
        ),
        TensorSpec(
            name="features",
            shape=(encoded,),
            unit="standard deviations, share of a bin",
            description="what the first layers see: standardised and binned for the score, standardised and clipped for the autoencoder",
        ),
    )


def _names(checkpoint: Checkpoint) -> tuple[str, ...]:
    return tuple(feature["name"] for feature in checkpoint.config["features"])


def _encode(checkpoint: Checkpoint, arguments: tuple[Any, ...]) -> dict[str, np.ndarray]:
    """A series of numbers (None or NaN where one is missing) with ``{cadence}``, or rows: feature name -> number."""
    values = list(arguments[0])
    if checkpoint.config["mode"] == WINDOWS and not (values and isinstance(values[0], Mapping)):
        cadence = CADENCES[(arguments[1] if len(arguments) > 1 else {}).get("cadence", "daily")]
        rows = metric_features(_series(values, cadence), cadence)
    else:
        rows = _rows(values, _names(checkpoint))
    return {"features_raw": rows.astype(np.float32)}


def _series(values: Sequence[Any], cadence: Cadence) -> np.ndarray:
    expected = f"anomaly: expected {cadence.window} to {LONGEST} {cadence.name} values, finite or missing (null, NaN)"
    if not cadence.window <= len(values) <= LONGEST:
        raise AnomalyInputError(f"{expected}, got {len(values)}")
    for index, value in enumerate(values):
        known = isinstance(value, numbers.Real) and not isinstance(value, bool)
        if value is not None and not (known and not math.isinf(value) and not abs(value) > float(np.finfo(np.float32).max)):
            raise AnomalyInputError(f"{expected}, got {value!r} at index {index}")
    return np.array([math.nan if value is None else value for value in values], np.float64)


def _rows(rows: Sequence[Any], names: Sequence[str]) -> np.ndarray:
    problems = []
    for at, row in enumerate(rows):
        if not isinstance(row, Mapping):
            problems.append(f"row {at}: expected an object of {len(names)} features, got {type(row).__name__}")
            continue
        unknown, missing = [name for name in row if name not in names], [name for name in names if name not in row]
        wrong = [name for name in names if name in row and not _is_finite32(row[name])]
        problems += [f'row {at}: unknown feature "{name}"; expected one of {", ".join(names)}' for name in unknown]
        problems += [f'row {at}: missing feature "{name}"' for name in missing]
        problems += [f'row {at}: feature "{name}" expects a finite number, got {row[name]!r}' for name in wrong]
    if problems:
        more = len(problems) - MOST_NAMED_ROWS
        raise AnomalyInputError("anomaly: " + "; ".join(problems[:MOST_NAMED_ROWS]) + (f"; and {more} more" if more > 0 else ""))
    return np.array([[row[name] for name in names] for row in rows], np.float64).reshape(-1, len(names))


def _is_finite32(value: Any) -> bool:
    is_number = isinstance(value, numbers.Real) and not isinstance(value, bool)
    return is_number and math.isfinite(value) and abs(value) <= float(np.finfo(np.float32).max)


def _results(checkpoint: Checkpoint, outputs: Arrays) -> list[dict[str, Any]]:
    thresholds, names = checkpoint.config["thresholds"], _names(checkpoint)
    flags = is_anomaly(outputs, thresholds)
    severities = _severities(outputs, thresholds, flags)
    scalars = ("score", "reconstruction", "z", "confidence")
    return [
        {
            "isAnomaly": bool(flags[row]),
            "severity": SEVERITIES[severities[row]],
            **{name: float(outputs[name][row, 0]) for name in scalars},
            "contributions": dict(zip(names, outputs["contributions"][row].astype(float).tolist(), strict=True)),
        }
        for row in range(len(flags))
    ]


def _severities(outputs: Arrays, thresholds: Mapping[str, float], flags: np.ndarray) -> np.ndarray:
    """0 where nothing is flagged; else by the larger of z-score and reconstruction error, each in multiples of its threshold."""
    z, error = (outputs[name][:, 0].astype(np.float64) for name in ("z", "reconstruction"))
    strength = np.maximum(z / thresholds["z"], error / thresholds["reconstruction"])
    return np.where(flags, 1 + (strength >= thresholds["medium"]) + (strength >= thresholds["high"]), 0)


def _decisions(checkpoint: Checkpoint, outputs: Arrays) -> np.ndarray:
    """[n]: 1 for an anomaly."""
    return is_anomaly(outputs, checkpoint.config["thresholds"]).astype(int)


def _parity_cases(checkpoint: Checkpoint) -> list[ParityCase]:
    if checkpoint.config["mode"] != WINDOWS:
        return [_golden(checkpoint)]
    try:
        series = _real_series()
    except DataMissingError:
        random = np.random.default_rng(7)
        series = {f"drawn {at}": random.lognormal(8, 0.3, DAILY.window) for at in range(REAL_CASES)}
    return [*(ParityCase(name=name, args=(values.tolist(),)) for name, values in series.items()), *_edge_cases()]


def _real_series() -> dict[str, np.ndarray]:
    """Stretches of charting tracks and artists, evenly spread over the file, each one window long."""
    found = {}
    for kind, series in load_series(find(DATA)).items():
        long = [one for one in series if len(one) > DAILY.window]
        for at in np.linspace(0, len(long) - 1, REAL_CASES // 2).astype(int):
            start = (at * 7) % (len(long[at]) - DAILY.window)
            found[f"{kind} {long[at].id} {start}"] = long[at].values[start : start + DAILY.window]
    return found


def _edge_cases() -> list[ParityCase]:
    days = np.arange(40)
    weekly = 1000 + 100.0 * (days % 7)
    gaps: list[float | None] = weekly.tolist()
    for at in (3, 17, 18, 30, 38, 39):
        gaps[at] = None
    cases: dict[str, list[float | None]] = {
        "constant": [500.0] * 40,
        "zeros": [0.0] * 40,
        "constant 1e9": [1e9] * 40,
        "tiny": (weekly * 1e-30).tolist(),
        "weekly": weekly.tolist(),
        "negative": (-weekly).tolist(),
        "gaps": gaps,
        "missing": [None] * 40,
        "spike of 1e9": np.where(days == 35, 1e9, weekly).tolist(),
        "spike after zeros": np.where(days == 39, 1e9, 0).tolist(),
        "drop to zero": np.where(days >= 36, 0, weekly).tolist(),
        "alternating": np.where(days % 2, 1.0, -1.0).tolist(),
        "one window": weekly[:29].tolist(),
    }
    hours = np.arange(CADENCES["hourly"].window + 5)
    hourly = (100 + 50 * ((hours % 24) >= 12) + 20.0 * ((hours * 7) % 5)).tolist()
    edges = [ParityCase(name=name, args=(values,), edge=True) for name, values in cases.items()]
    return [*edges, ParityCase(name="hourly", args=(hourly, {"cadence": "hourly"}), edge=True)]


def _golden(checkpoint: Checkpoint) -> ParityCase:
    """A made-up metric with a weekly pattern and a spike; for a table, rows at the lower end, in the middle and beyond its range."""
    if checkpoint.config["mode"] == WINDOWS:
        values = [1000.0 + 80 * (day % 7) + 13 * ((day * 5) % 11) for day in range(34)]
        return ParityCase(name="made-up metric", args=([*values, 9000.0],))
    features = checkpoint.config["features"]
    rows = [{f["name"]: f["minimum"] + share * (f["maximum"] - f["minimum"]) for f in features} for share in (0.0, 0.25, 0.5, 1.0, 1.5)]
    return ParityCase(name="rows made up from the ranges", args=(rows,))


def _manifest(checkpoint: Checkpoint) -> dict[str, Any]:
    return {
        "features": checkpoint.config["features"],
        "thresholds": checkpoint.config["thresholds"],
        "labels": list(SEVERITIES),
        "preprocessing": {
            "mode": checkpoint.config["mode"],
            "longest": LONGEST,
            "cadences": {name: {"day": one.day, "week": one.week, "window": one.window} for name, one in CADENCES.items()},
            "weeks": WEEKS,
            "floor": FLOOR,
            "stepFloor": STEP_FLOOR,
            "madToSd": MAD_TO_SD,
            "jumpToSd": JUMP_TO_SD,
            "tiny": TINY,
            "limit": LIMIT,
        },
    }


SPEC = ModelSpec(
    name="anomaly",
    version="1.0.0",
    title="Anomalies in metrics",
    summary="Tells which days of a metric are out of the ordinary and why: an isolation forest's student beside an autoencoder.",
    licence="Trained on daily streams of the US Top 200 (GitHub IAjimi/Spotify200, MIT; figures from public charts).",
    method="detect",
    datasets=(DATA,),
    inputs=_inputs,
    outputs=_outputs,
    train=train,
    network=lambda checkpoint: anomaly_network(checkpoint.weights),
    graph=lambda checkpoint, weights, inputs: anomaly_graph(weights, inputs["features_raw"]),
    evaluations=evaluations,
    encode=_encode,
    results=_results,
    decisions=_decisions,
    parity_cases=_parity_cases,
    golden=_golden,
    manifest=_manifest,
    units=UNITS,
    answers=frozenset({"NaN"}),  # a missing day
    gates=(
        Gate(metric="event_precision", data=DATA, minimum=0.7),
        Gate(metric="event_recall", data=DATA, minimum=0.7),
        Gate(metric="false_alarms", data=DATA, maximum=0.05),
        Gate(metric="forest_spearman", data=DATA, minimum=0.98),
        Gate(metric="forest_roc_auc_gap", data=DATA, maximum=0.005),
    ),
    budget=QuantizationBudget(
        metric="roc_auc",
        points=0.005,
        higher_is_better=True,
        float32=("*bias*", "*scaler/*", "*bins/*", "z/*", "calibration/*"),
    ),
    # Features are computed in double precision by two libraries whose logarithms differ in the last bit.
    tolerance={"cpu": 1e-5, "wasm": 1e-5, "webgl": 1e-4, "webgl-f16": 2e-2, "encode": 1e-5},
)

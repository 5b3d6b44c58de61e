"""How the anomaly model is trained: a forest and its student, an autoencoder, then thresholds and confidence on validation rows.

Forest and autoencoder see normal rows of the training split only. What the student is shown beside them has no labels and lies farther
out, since that is where anomalies are: the forest is constant beyond its splits, and the student has to learn where. Thresholds and the
weighting behind ``confidence`` are chosen on validation rows, into which events were put.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import keras
import numpy as np
from rich.console import Console
from scipy.optimize import minimize
from scipy.special import expit

from datasets.formats import content_sha256
from datasets.metric_windows import LIMIT, METRIC_FEATURES
from datasets.registry import find
from datasets.streams import CHART_COLUMNS, USER_COLUMNS
from datasets.tables import read_table
from datasets.ten_columns import TenColumns
from datasets.ten_columns import load as load_table
from keras_models.anomaly_data import benches, made_anomalies, pooled, split_table
from keras_models.anomaly_graph import autoencoder_network, reconstructed, run_graph, standardised
from keras_models.anomaly_judging import choose_thresholds, event_days, is_anomaly, recall_by_kind
from keras_models.checkpoint import Checkpoint
from keras_models.distillation import Recipe, distil
from keras_models.isolation import CONTAMINATION, IsolationTeacher, fit_forest
from keras_models.report import revision
from keras_models.spec import TrainRequest
from keras_models.training import History, fit, seed_everything
from keras_models.trees import standard_scaler

DATA = "us_top200"
SERIES_COLUMNS = {*CHART_COLUMNS, *USER_COLUMNS} - {"value"}
WINDOWS, TABLE = "windows", "table"
RECIPE = Recipe(augmented=40_000, bins=32, epochs=40)
STUDENT_ROWS = 20_000
FORGET = 12.0  # standard deviations beyond which nothing of a table was ever shown
AUTOENCODER_EPOCHS, AUTOENCODER_STEPS = 60, 6_000
PERCENTILE = 95
Z_THRESHOLD = 3.0
MEDIUM, HIGH = 2.0, 4.0  # multiples of a threshold
Z_FEATURES = ("level_z", "season_z", "day_z")
MOST_FALSE_ALARMS = 0.05  # of clean validation days, tracks and artists each
stderr = Console(stderr=True)


def train(request: TrainRequest, *, recipe: Recipe = RECIPE) -> Checkpoint:
    """Train on the registry's daily series, on series of the user's own, or on a table of ten columns.

    Raises
    ------
    DataError
        If the file is neither a table of ten numeric columns nor of daily series, or too small.
    DataMissingError
        If no file is given and the registry's is not at hand.
    """
    path = request.data or find(DATA)
    table = table_of(path)
    if table is not None:
        return _train_table(request, table, path, recipe)
    return _train_windows(request, path, recipe)


def table_of(path: Path) -> TenColumns | None:
    """The rows of a table of ten columns; None where the file's columns are those of daily series."""
    if path.suffix != ".npz" and SERIES_COLUMNS & set(read_table(path).columns):
        return None
    return load_table(path)


def _train_windows(request: TrainRequest, path: Path, recipe: Recipe) -> Checkpoint:
    by_date = request.data is None
    training = pooled(list(benches(path, "train", by_date=by_date).values()))
    validating = list(benches(path, "validation", by_date=by_date).values())
    validation = pooled(validating)
    shown = np.concatenate([_subset(training.clean, STUDENT_ROWS, request.seed), *(trial.rows for trial in training.trials)])
    weights, forest, histories = _fit(training.clean, validation.clean, shown, request, recipe, limits=(-LIMIT, LIMIT))
    names = [feature.name for feature in METRIC_FEATURES]
    weights["z/center"] = np.zeros(len(names), np.float32)
    weights["z/weight"] = np.array([name in Z_FEATURES for name in names], np.float32)
    days = event_days(validation)
    weights |= _calibrated(weights, validation.rows, days)
    reconstruction = _percentile(weights, training.clean)
    outputs = [run_graph(weights, one.rows) for one in validating]
    chosen = choose_thresholds(validating, outputs, reconstruction, most_false_alarms=MOST_FALSE_ALARMS)
    schema = [(feature.name, feature.unit, feature.description) for feature in METRIC_FEATURES]
    recalls = recall_by_kind(validation, is_anomaly(run_graph(weights, validation.rows), chosen))
    return _checkpoint(request, path, WINDOWS, weights, forest, schema, training.clean, chosen, histories, {"validation_recall": recalls})


def _train_table(request: TrainRequest, table: TenColumns, path: Path, recipe: Recipe) -> Checkpoint:
    rows = split_table(table, seed=request.seed)
    training, validation = table.values[rows["train"]], table.values[rows["validation"]]
    mean, scale = (value.astype(np.float64) for value in standard_scaler(training))
    shown = np.concatenate([_subset(training, STUDENT_ROWS, request.seed), made_anomalies(training, seed=request.seed)])
    limits = (mean - FORGET * scale, mean + FORGET * scale)
    weights, forest, histories = _fit(training, validation, shown, request, recipe, limits=limits)
    weights["z/center"], weights["z/weight"] = mean.astype(np.float32), (1 / scale).astype(np.float32)
    judged = np.concatenate([validation, made_anomalies(validation, seed=request.seed + 1)])
    weights |= _calibrated(weights, judged, np.arange(len(judged)) >= len(validation))
    statistical = float(np.quantile(run_graph(weights, training)["score"].astype(np.float64), 1 - CONTAMINATION))
    chosen = {"score": statistical, "reconstruction": _percentile(weights, training), "neural": 1.0}
    schema = [(name, "as given", f"Column {name} of the training table") for name in table.names]
    return _checkpoint(request, path, TABLE, weights, forest, schema, training, chosen, histories, {})


def _fit(
    normal: np.ndarray, validation: np.ndarray, shown: np.ndarray, request: TrainRequest, recipe: Recipe, *, limits: tuple[Any, Any]
) -> tuple[dict[str, np.ndarray], IsolationTeacher, dict[str, History]]:
    seed = request.seed
    forest = fit_forest(normal, seed=seed)
    rows = np.concatenate([shown, _pushed_out(shown, limits, seed=seed)])
    scores = forest.scores(rows)
    lowest, highest = float(scores.min()), float(scores.max())

    def answers(features: np.ndarray) -> np.ndarray:
        return np.clip((forest.scores(features) - lowest) / (highest - lowest), 0, 1)

    plot = request.folder / "learning_curve.png"
    student, learned = distil(answers, rows, validation, recipe=recipe, seed=seed, title="anomaly, student of the forest", plot=plot)
    autoencoder, reconstructing = _fit_autoencoder(normal, validation, seed=seed, plot=request.folder / "learning_curve_autoencoder.png")
    weights = {f"forest/{name}": value for name, value in student.items()}
    return weights | autoencoder, forest, {"student": learned, "autoencoder": reconstructing}


def _pushed_out(rows: np.ndarray, limits: tuple[Any, Any], *, seed: int) -> np.ndarray:
    """Each row with one to three features anywhere within the limits: where anomalies lie and training rows do not."""
    random = np.random.default_rng(seed)
    moved = random.random(rows.shape).argsort(axis=1) < random.integers(1, 4, (len(rows), 1))
    return np.where(moved, random.uniform(*limits, rows.shape), rows)


def _subset(rows: np.ndarray, most: int, seed: int) -> np.ndarray:
    return rows if len(rows) <= most else rows[np.sort(np.random.default_rng(seed).choice(len(rows), most, replace=False))]


def _fit_autoencoder(normal: np.ndarray, validation: np.ndarray, *, seed: int, plot: Path) -> tuple[dict[str, np.ndarray], History]:
    seed_everything(seed)
    mean, scale = standard_scaler(normal)
    scaler = {"scaler/mean": mean, "scaler/scale": scale}
    shown, held = (standardised(scaler, rows.astype(np.float32)).numpy() for rows in (normal, validation))
    network = autoencoder_network(normal.shape[1])
    network.compile(keras.optimizers.Adam(3e-3), loss="mse")
    batch = int(np.clip(AUTOENCODER_EPOCHS * len(shown) / AUTOENCODER_STEPS, 32, 512))
    history = fit(
        network, (shown, shown), (held, held), title="anomaly, autoencoder", plot=plot, epochs=AUTOENCODER_EPOCHS, batch_size=batch
    )
    learned = dict(scaler)
    for layer in network.layers:
        learned[f"{layer.name}/kernel"], learned[f"{layer.name}/bias"] = layer.get_weights()
    errors = np.square(reconstructed(learned, shown).numpy() - shown).mean(axis=0)
    learned["scaler/error"] = (1 / (len(errors) * np.maximum(errors, 1e-3))).astype(np.float32)
    return {f"autoencoder/{name}": value for name, value in learned.items()}, history


def _percentile(weights: Mapping[str, np.ndarray], normal: np.ndarray) -> float:
    """The 95th percentile of the reconstruction errors of training rows."""
    return float(np.percentile(run_graph(weights, normal)["reconstruction"].astype(np.float64), PERCENTILE))


def _calibrated(weights: Mapping[str, np.ndarray], rows: np.ndarray, positive: np.ndarray) -> dict[str, np.ndarray]:
    """Logistic regression of injected days on score, reconstruction error and z-score (Platt's scaling, of three scores at once).

    No weight may be negative: more of any of the three never makes a row less of an anomaly.
    """
    blank = {"calibration/weights": np.zeros((3, 1), np.float32), "calibration/bias": np.zeros(1, np.float32)}
    outputs = run_graph({**weights, **blank}, rows)
    evidence = np.column_stack([outputs["score"], np.log1p(outputs["reconstruction"]), np.log1p(outputs["z"])])
    evidence = np.column_stack([evidence, np.ones(len(rows))]).astype(np.float64)

    def loss(weighting: np.ndarray) -> tuple[float, np.ndarray]:
        logits = evidence @ weighting
        gradient = evidence.T @ (expit(logits) - positive) / len(rows)
        return float(np.mean(np.logaddexp(0, logits) - positive * logits)), gradient

    fitted = minimize(loss, np.zeros(4), jac=True, method="L-BFGS-B", bounds=[(0, None)] * 3 + [(None, None)]).x.astype(np.float32)
    return {"calibration/weights": fitted[:3, None], "calibration/bias": fitted[3:]}


def _checkpoint(
    request: TrainRequest,
    path: Path,
    mode: str,
    weights: dict[str, np.ndarray],
    forest: IsolationTeacher,
    schema: list[tuple[str, str, str]],
    normal: np.ndarray,
    chosen: Mapping[str, float],
    histories: Mapping[str, History],
    figures: Mapping[str, Any],
) -> Checkpoint:
    lowest, highest = normal.min(axis=0), normal.max(axis=0)
    contamination = float(np.quantile(forest.scores(normal), 1 - CONTAMINATION))
    return Checkpoint(
        model="anomaly",
        weights=weights,
        config={
            "mode": mode,
            "features": [
                {"name": name, "kind": "number", "minimum": float(low), "maximum": float(high), "unit": unit, "description": text}
                for (name, unit, text), low, high in zip(schema, lowest, highest, strict=True)
            ],
            "thresholds": {**chosen, "z": Z_THRESHOLD, "medium": MEDIUM, "high": HIGH},
            "teacher": {"threshold": contamination},
            "split": {"seed": request.seed},
        },
        provenance={
            "data": [{"name": DATA if request.data is None else path.name, "sha256": content_sha256(path)}],
            "revision": revision(),
            "seed": request.seed,
        },
        training={
            "history": {
                name: {"loss": one.loss, "val_loss": one.val_loss, "best_epoch": one.best_epoch} for name, one in histories.items()
            },
            "rows": {"train": len(normal)},
            **figures,
        },
        blobs={"forest.safetensors": forest.to_bytes()},
    )

"""What the anomaly model is scored on: injected events in daily series, NAB's points, a table's rows, each beside plain detectors."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from functools import cache
from pathlib import Path

import numpy as np

from datasets.metric_windows import metric_features
from datasets.nab import COLUMNS, load
from datasets.registry import DataMissingError, find
from datasets.tables import DataError, Problem, read_table
from datasets.ten_columns import TenColumns
from keras_models.anomaly_data import DAILY, Bench, benches, made_anomalies, pooled, split_table
from keras_models.anomaly_graph import run_graph
from keras_models.anomaly_judging import calibration_scores, event_days, event_scores, is_anomaly, point_scores, student_scores
from keras_models.anomaly_training import DATA, WINDOWS, table_of
from keras_models.checkpoint import Checkpoint
from keras_models.isolation import IsolationTeacher, fit_forest
from keras_models.spec import Arrays, Evaluation, Split

NAB = "nab"
NAB_SEED = 20


def evaluations(checkpoint: Checkpoint, data: Path | None, split: Split) -> list[Evaluation]:
    """The evaluations of a split of the registry's data or of a file: series in any layout, NAB's layout, or a table."""
    if checkpoint.config["mode"] != WINDOWS:
        return [_table(checkpoint, data or _registered(checkpoint), split)]
    if data is not None and data.suffix != ".npz" and set(COLUMNS) <= set(read_table(data).columns):
        return [_nab(checkpoint, data)]
    _refuse_table(checkpoint, data)
    path = data or _registered(checkpoint)
    found = benches(path, split, by_date=data is None)
    found = {kind: one for kind, one in found.items() if one.trials}
    if not found:
        raise DataError(path, [Problem(f"no series of the {split} split is long enough to hold a window, 14 clean days and an event")])
    label = DATA if data is None else path.name.split(".")[0]
    listed = [_series(checkpoint, one, f"{label} {kind}") for kind, one in found.items() if kind != "series"]
    if split != "validation" or not listed:
        listed.append(_series(checkpoint, pooled(list(found.values())), label))
    if data is None and split == "test":
        with suppress(DataMissingError):  # its figures are recorded with the plan
            listed.append(_nab(checkpoint, find(NAB)))
    return listed


def _registered(checkpoint: Checkpoint) -> Path:
    name = checkpoint.provenance["data"][0]["name"]
    if name != DATA:
        raise DataMissingError(f"anomaly: the checkpoint was trained on {name}, which no registry knows; pass that file with --data")
    return find(name)


def _refuse_table(checkpoint: Checkpoint, data: Path | None) -> None:
    if data is not None and table_of(data) is not None:
        remedy = f"train a checkpoint on it first: make train MODEL=anomaly DATA={data.name}"
        raise DataError(data, [Problem(f"a table of ten columns, but the checkpoint judges windows of daily series; {remedy}")])


def _series(checkpoint: Checkpoint, bench: Bench, label: str) -> Evaluation:
    rows, days, thresholds = bench.rows, event_days(bench), checkpoint.config["thresholds"]
    forest = cache(lambda: _forest(checkpoint).scores(rows))

    def score(outputs: Arrays) -> dict[str, float]:
        flags, confidence = is_anomaly(outputs, thresholds), _column(outputs, "confidence")
        scores = event_scores(bench, flags) | point_scores(days, confidence) | calibration_scores(days, confidence)
        return scores | student_scores(days, _column(outputs, "score"), forest())

    def references() -> dict[str, dict[str, float]]:
        outputs = run_graph(checkpoint.weights, rows)
        error, z = _column(outputs, "reconstruction"), _column(outputs, "z")
        judged = {
            "teacher": (forest(), forest() > checkpoint.config["teacher"]["threshold"]),
            "autoencoder, 95th percentile": (error, error > thresholds["reconstruction"]),
            "autoencoder": (error, error > thresholds["reconstruction"] * thresholds["neural"]),
            "student of the forest": (_column(outputs, "score"), _column(outputs, "score") > thresholds["score"]),
            "z-score": (z, z > thresholds["z"]),
        }
        return {name: event_scores(bench, flags) | point_scores(days, values) for name, (values, flags) in judged.items()}

    return Evaluation(data=label, inputs={"features_raw": rows.astype(np.float32)}, score=score, references=references)


def _nab(checkpoint: Checkpoint, path: Path) -> Evaluation:
    """All points that have a window before them; NAB's points are taken as a daily metric's, 28 of them as the past."""
    series = [one for one in load(path) if len(one.values) >= DAILY.window]
    rows = np.concatenate([metric_features(one.values, DAILY) for one in series])
    inside = np.concatenate([one.in_window[DAILY.window - 1 :] for one in series])

    def plain() -> np.ndarray:
        """The isolation forest on a series' bare values, one for each series."""
        columns = [one.values[:, None] for one in series]
        return np.concatenate([fit_forest(values, seed=NAB_SEED).scores(values)[DAILY.window - 1 :] for values in columns])

    def references() -> dict[str, dict[str, float]]:
        outputs = run_graph(checkpoint.weights, rows)
        scores = {
            "plain isolation forest": plain(),
            "teacher": _forest(checkpoint).scores(rows),
            "autoencoder": _column(outputs, "reconstruction"),
            "student of the forest": _column(outputs, "score"),
        }
        return {name: point_scores(inside, values) for name, values in scores.items()}

    def score(outputs: Arrays) -> dict[str, float]:
        return point_scores(inside, _column(outputs, "confidence"))

    return Evaluation(data=NAB, inputs={"features_raw": rows.astype(np.float32)}, score=score, references=references)


def _table(checkpoint: Checkpoint, path: Path, split: Split) -> Evaluation:
    table = table_of(path)
    names = tuple(feature["name"] for feature in checkpoint.config["features"])
    if table is None or table.names != names:
        got = "daily series" if table is None else ", ".join(table.names)
        raise DataError(path, [Problem(f"expected the columns {', '.join(names)} that the checkpoint was trained on; got {got}")])
    rows, anomalous = _judged_rows(checkpoint, table, split)
    thresholds = checkpoint.config["thresholds"]
    forest = cache(lambda: _forest(checkpoint).scores(rows))

    def scores_of(values: np.ndarray, flags: np.ndarray) -> dict[str, float]:
        found = {"precision": float(anomalous[flags].mean()) if flags.any() else 0.0, "recall": float(flags[anomalous].mean())}
        return found | {"false_alarms": float(flags[~anomalous].mean())} | point_scores(anomalous, values)

    def score(outputs: Arrays) -> dict[str, float]:
        scores = scores_of(_column(outputs, "confidence"), is_anomaly(outputs, thresholds))
        return scores | student_scores(anomalous, _column(outputs, "score"), forest())

    def references() -> dict[str, dict[str, float]]:
        outputs = run_graph(checkpoint.weights, rows)
        error = _column(outputs, "reconstruction")
        judged: Mapping[str, tuple[np.ndarray, np.ndarray]] = {
            "teacher": (forest(), forest() > checkpoint.config["teacher"]["threshold"]),
            "autoencoder": (error, error > thresholds["reconstruction"]),
        }
        return {name: scores_of(*values) for name, values in judged.items()}

    label = path.name.split(".")[0]
    return Evaluation(data=label, inputs={"features_raw": rows.astype(np.float32)}, score=score, references=references)


def _judged_rows(checkpoint: Checkpoint, table: TenColumns, split: Split) -> tuple[np.ndarray, np.ndarray]:
    """Rows of a split and which are anomalies: labelled ones, or as many made-up ones where a split or table has none."""
    seed = checkpoint.config["split"]["seed"]
    chosen = np.arange(len(table)) if split == "all" else split_table(table, seed=seed)[split]
    rows = table.values[chosen]
    if table.anomalous is not None and table.anomalous[chosen].any():
        return rows, table.anomalous[chosen]
    made = made_anomalies(rows, seed=seed + 1)
    return np.concatenate([rows, made]), np.arange(2 * len(rows)) >= len(rows)


def _forest(checkpoint: Checkpoint) -> IsolationTeacher:
    return IsolationTeacher.from_bytes(checkpoint.blobs["forest.safetensors"])


def _column(outputs: Arrays, name: str) -> np.ndarray:
    return outputs[name][:, 0].astype(np.float64)

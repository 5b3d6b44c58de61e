"""What training and judging share among the models of customers: thresholds, the linear baseline, scores, and what a checkpoint records."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import tensorflow as tf
from rich.table import Table
from sklearn.linear_model import LogisticRegression

from datasets.customers import Feature
from datasets.formats import content_sha256
from keras_models import metrics
from keras_models.checkpoint import Checkpoint
from keras_models.distillation import student_graph
from keras_models.metrics import classification_scores, f1_threshold, precision_threshold, recall_threshold
from keras_models.report import revision
from keras_models.spec import TrainRequest
from keras_models.training import History
from keras_models.trees import TreeTeacher, standard_scaler

MEDIUM_RECALL, HIGH_PRECISION = 0.95, 0.9
LARGEST = {"roc_auc_gap"}  # a bound from above
UNITS = {**metrics.UNITS, "agreement": "fraction", "roc_auc_gap": "fraction"}


@dataclass(frozen=True, eq=False)
class Fold:
    """Row numbers of one split, and what was fitted on it."""

    rows: Mapping[str, np.ndarray]
    teacher: TreeTeacher
    weights: Mapping[str, np.ndarray]
    thresholds: Mapping[str, float]
    logistic: Mapping[str, Any]
    history: History


@dataclass(frozen=True, eq=False)
class Judged:
    """The rows of all folds by their ``sha256``, the scores over the folds, and those of the fold that is kept."""

    sha256: str
    total: int
    summary: Mapping[str, Any]
    kept: Mapping[str, Any]


def customer_checkpoint(
    model: str,
    request: TrainRequest,
    path: Path,
    *,
    registered: str,
    features: list[dict[str, Any]],
    split: Mapping[str, Any],
    fold: Fold,
    judged: Judged,
    config: Mapping[str, Any] | None = None,
    training: Mapping[str, Any] | None = None,
    blobs: Mapping[str, bytes] | None = None,
) -> Checkpoint:
    """The checkpoint of one fold's model; ``config``, ``training`` and ``blobs`` are what a model records beside the rest."""
    teacher = fold.teacher.to_bytes()
    return Checkpoint(
        model=model,
        weights=fold.weights,
        config={
            "features": features,
            "thresholds": {name: fold.thresholds[name] for name in ("churn", "medium", "high")},
            "teacher": {"threshold": fold.thresholds["teacher"]},
            "split": {"seed": request.seed, **split},
            **(config or {}),
        },
        provenance={
            "data": [{"name": registered if request.data is None else path.name, "sha256": content_sha256(path)}],
            "revision": revision(),
            "seed": request.seed,
        },
        training={
            "history": {"loss": fold.history.loss, "val_loss": fold.history.val_loss, "best_epoch": fold.history.best_epoch},
            "rows": {"total": judged.total, **{part: len(rows) for part, rows in fold.rows.items()}},
            "rows_sha256": judged.sha256,
            "cross_validation": judged.summary,
            "test": judged.kept,
            "logistic regression": fold.logistic,
            "bytes": {"teacher": len(teacher), "student float32": 4 * sum(value.size for value in fold.weights.values())},
            **(training or {}),
        },
        blobs={"teacher.ubj": teacher, **(blobs or {})},
    )


def risk_thresholds(positive: np.ndarray, probability: np.ndarray) -> dict[str, float]:
    """``churn``: best F1; ``medium``: 95 % of those who leave lie above; ``high``: 90 % of those above leave."""
    churn = f1_threshold(positive, probability)
    medium = recall_threshold(positive, probability, recall=MEDIUM_RECALL)
    high = precision_threshold(positive, probability, precision=HIGH_PRECISION)
    return {"churn": churn, "medium": min(medium, churn), "high": max(high, churn)}


def student_probabilities(weights: Mapping[str, np.ndarray], features: np.ndarray) -> np.ndarray:
    """Raw features [n, k] -> float64 [n]."""
    return student_graph(weights, tf.constant(features, tf.float32))["probability"].numpy()[:, 0].astype(np.float64)


def fit_logistic(features: np.ndarray, churned: np.ndarray) -> dict[str, Any]:
    """Coefficients and intercept for raw features [n, k]; call it with training rows only."""
    mean, scale = (value.astype(np.float64) for value in standard_scaler(features))
    fitted = LogisticRegression(max_iter=1000).fit((features - mean) / scale, churned)
    coefficients = fitted.coef_[0] / scale
    return {"coefficients": coefficients.tolist(), "intercept": float(fitted.intercept_[0] - coefficients @ mean)}


def logistic_probabilities(logistic: Mapping[str, Any], features: np.ndarray) -> np.ndarray:
    """Raw features [n, k] -> float64 [n], by the baseline that ``train`` fitted on training rows."""
    logits = features @ np.array(logistic["coefficients"]) + logistic["intercept"]
    return np.exp(-np.logaddexp(0, -logits))


def compared_scores(
    churned: np.ndarray, probability: np.ndarray, threshold: float, *, teacher: np.ndarray, teacher_threshold: float
) -> dict[str, float]:
    """Scores of one model beside the teacher on the same rows.

    ``agreement`` is the share of equal decisions, ``roc_auc_gap`` the teacher's area less the model's.
    """
    scores = classification_scores(churned, probability, threshold)
    gap = classification_scores(churned, teacher, teacher_threshold)["roc_auc"] - scores["roc_auc"]
    agreement = float(np.mean((probability >= threshold) == (teacher >= teacher_threshold)))
    return {**scores, "agreement": agreement, "roc_auc_gap": gap}


def reference_scores(
    churned: np.ndarray, features: np.ndarray, *, logistic: Mapping[str, Any], teacher: np.ndarray, teacher_threshold: float
) -> dict[str, dict[str, float]]:
    """Scores of the teacher and the baselines."""
    judged = {
        "teacher": (teacher, teacher_threshold),
        "logistic regression": (logistic_probabilities(logistic, features), logistic["threshold"]),
        "always churn": (np.ones(len(churned)), 0.5),
    }
    beside = {"teacher": teacher, "teacher_threshold": teacher_threshold}
    return {name: compared_scores(churned, probability, threshold, **beside) for name, (probability, threshold) in judged.items()}


def summarise(scores: list[dict[str, dict[str, float]]]) -> dict[str, dict[str, dict[str, Any]]]:
    """Model -> metric -> mean, standard deviation (n - 1) and value of each fold."""
    return {
        model: {
            metric: {
                "mean": float(np.mean(values := [fold[model][metric] for fold in scores])),
                "sd": float(np.std(values, ddof=1)),
                "folds": values,
            }
            for metric in scores[0][model]
        }
        for model in scores[0]
    }


def summary_table(summary: Mapping[str, Mapping[str, Mapping[str, Any]]], *, title: str, bounds: Mapping[str, float]) -> Table:
    """Metrics of each model as a table for the terminal, marked by whether the student's means keep the bounds."""
    table = Table("", *summary, title=f"{title}, mean ± standard deviation", box=None)
    for metric, student in summary["student"].items():
        mark = f" {'✓' if _holds(metric, student['mean'], bounds) else '✗'}" if metric in bounds else ""
        table.add_row(metric + mark, *(f"{model[metric]['mean']:.3f} ± {model[metric]['sd']:.3f}" for model in summary.values()))
    if bounds:
        demanded = (f"{metric} {'≤' if metric in LARGEST else '≥'} {bound:g}" for metric, bound in bounds.items())
        table.caption = f"demanded of the student's means: {', '.join(demanded)}"
    return table


def _holds(metric: str, value: float, bounds: Mapping[str, float]) -> bool:
    return value <= bounds[metric] if metric in LARGEST else value >= bounds[metric]


def feature_schema(schema: Sequence[Feature], training: np.ndarray) -> list[dict[str, Any]]:
    """Features as the manifest lists them, with the range of the training rows [n, k]."""
    return [
        {
            "name": feature.name,
            "kind": feature.kind,
            "minimum": float(minimum),
            "maximum": float(maximum),
            "unit": feature.unit,
            "description": feature.description,
        }
        for feature, minimum, maximum in zip(schema, training.min(axis=0), training.max(axis=0), strict=True)
    ]

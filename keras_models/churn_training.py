"""How the churn model is trained and judged: five stratified folds, of which the first one's model is the one that is kept.

In each fold the test rows are a fifth, the validation rows a quarter of the rest. Scaler, SMOTE, trees, made-up rows and student see
training rows only; early stopping and thresholds see validation rows; the test rows are scored once.

The student learns from the mean of five teachers that differ in what SMOTE drew, since a single one's answers carry the luck of its
draw. The first of the five is the teacher that is kept and compared with.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import tensorflow as tf
from rich.console import Console
from rich.table import Table
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import StratifiedKFold, train_test_split

from datasets.customers import Customers, load
from datasets.formats import content_sha256
from datasets.registry import find
from datasets.tables import DataError, Problem
from keras_models.checkpoint import Checkpoint
from keras_models.distillation import Recipe, distil, student_graph
from keras_models.metrics import classification_scores, f1_threshold, precision_threshold, recall_threshold
from keras_models.report import revision
from keras_models.spec import TrainRequest
from keras_models.training import History
from keras_models.trees import TreeTeacher, fit_teacher, standard_scaler

DATA = "iranian_churn"
FOLDS = 5
VALIDATION = 0.25  # of what is no test row
FEWEST_OF_A_CLASS = 20  # so that every part of every fold holds some
TEACHERS = 5
TEACHER_SEEDS_APART = 1000  # farther than the folds' seeds reach
MEDIUM_RECALL, HIGH_PRECISION = 0.95, 0.9
BOUNDS = {"f1": 0.86, "roc_auc_gap": 0.005, "agreement": 0.97}  # of the student's means over the folds
LARGEST = {"roc_auc_gap"}  # a bound from above
RECIPE = Recipe()
stderr = Console(stderr=True)


@dataclass(frozen=True, eq=False)
class Fold:
    """Row numbers of one split, and what was fitted on it."""

    rows: Mapping[str, np.ndarray]
    teacher: TreeTeacher
    weights: Mapping[str, np.ndarray]
    thresholds: Mapping[str, float]
    logistic: Mapping[str, Any]
    history: History


def split_rows(churned: np.ndarray, *, seed: int) -> list[dict[str, np.ndarray]]:
    """Row numbers of ``train``, ``validation`` and ``test`` for each fold: the same ones whenever rows and seed are."""
    splits = []
    for rest, test in StratifiedKFold(FOLDS, shuffle=True, random_state=seed).split(churned, churned):
        train, validation = train_test_split(rest, test_size=VALIDATION, stratify=churned[rest], random_state=seed)
        splits.append({"train": np.sort(train), "validation": np.sort(validation), "test": test})
    return splits


def train(request: TrainRequest, *, recipe: Recipe = RECIPE) -> Checkpoint:
    """Train and judge on all folds; keep the model of the first one.

    Raises
    ------
    DataError
        With fewer than 20 customers of either class, beside what ``datasets.customers.load`` refuses.
    DataMissingError
        If no file is given and the registry's is not at hand.
    """
    path = request.data or find(DATA)
    customers = load(path)
    _check_classes(customers, path)
    folds, scores = [], []
    for number, rows in enumerate(split_rows(customers.churned, seed=request.seed), start=1):
        plot = request.folder / "learning_curve.png" if number == 1 else None
        title = f"churn, fold {number}/{FOLDS}"
        folds.append(_fit_fold(customers, rows, recipe, seed=request.seed + number, title=title, plot=plot))
        scores.append(_test_scores(customers, folds[-1]))
    summary = _summary(scores)
    stderr.print(_summary_table(summary, judged=request.data is None))
    kept = folds[0]
    blob = kept.teacher.to_bytes()
    return Checkpoint(
        model="churn",
        weights=kept.weights,
        config={
            "features": _schema(customers, kept.rows["train"]),
            "thresholds": {name: kept.thresholds[name] for name in ("churn", "medium", "high")},
            "teacher": {"threshold": kept.thresholds["teacher"]},
            "split": {"seed": request.seed, "folds": FOLDS, "fold": 1, "validation": VALIDATION},
        },
        provenance={
            "data": [{"name": DATA if request.data is None else path.name, "sha256": content_sha256(path)}],
            "revision": revision(),
            "seed": request.seed,
        },
        training={
            "history": {"loss": kept.history.loss, "val_loss": kept.history.val_loss, "best_epoch": kept.history.best_epoch},
            "rows": {"total": len(customers), **{part: len(rows) for part, rows in kept.rows.items()}},
            "rows_sha256": rows_sha256(customers),
            "cross_validation": summary,
            "test": scores[0],
            "logistic regression": kept.logistic,
            "bytes": {"teacher": len(blob), "student float32": 4 * sum(value.size for value in kept.weights.values())},
        },
        blobs={"teacher.ubj": blob},
    )


def rows_sha256(customers: Customers) -> str:
    """Identity of the rows themselves, however their file was packed: only the same rows are split alike."""
    digest = hashlib.sha256(np.ascontiguousarray(customers.features).tobytes())
    digest.update(customers.churned.tobytes())
    return digest.hexdigest()


def _check_classes(customers: Customers, path: Path) -> None:
    fewest = int(min(customers.churned.sum(), (~customers.churned).sum()))
    if fewest < FEWEST_OF_A_CLASS:
        message = f"only {fewest} customers of the rarer class; expected at least {FEWEST_OF_A_CLASS}, to train and judge on {FOLDS} folds"
        raise DataError(path, [Problem(message, column="churned")])


def _fit_fold(customers: Customers, rows: Mapping[str, np.ndarray], recipe: Recipe, *, seed: int, title: str, plot: Path | None) -> Fold:
    training, validation = customers.features[rows["train"]], customers.features[rows["validation"]]
    labels = customers.churned[rows["train"]]
    teachers = [fit_teacher(training, labels, seed=seed + TEACHER_SEEDS_APART * draw) for draw in range(TEACHERS)]
    teacher = teachers[0]

    def answers(features: np.ndarray) -> np.ndarray:
        return np.mean([each.probabilities(features) for each in teachers], axis=0)

    weights, history = distil(answers, training, validation, recipe=recipe, seed=seed, title=title, plot=plot)
    logistic = _fit_logistic(training, labels)
    positive = customers.churned[rows["validation"]]
    student = student_probabilities(weights, validation)
    thresholds = {"teacher": f1_threshold(positive, teacher.probabilities(validation)), **_risk_thresholds(positive, student)}
    logistic["threshold"] = f1_threshold(positive, logistic_probabilities(logistic, validation))
    return Fold(rows, teacher, weights, thresholds, logistic, history)


def _risk_thresholds(positive: np.ndarray, probability: np.ndarray) -> dict[str, float]:
    """``churn``: best F1; ``medium``: 95 % of those who leave lie above; ``high``: 90 % of those above leave."""
    churn = f1_threshold(positive, probability)
    medium = recall_threshold(positive, probability, recall=MEDIUM_RECALL)
    high = precision_threshold(positive, probability, precision=HIGH_PRECISION)
    return {"churn": churn, "medium": min(medium, churn), "high": max(high, churn)}


def student_probabilities(weights: Mapping[str, np.ndarray], features: np.ndarray) -> np.ndarray:
    """Raw features [n, k] -> float64 [n]."""
    return student_graph(weights, tf.constant(features, tf.float32))["probability"].numpy()[:, 0].astype(np.float64)


def _fit_logistic(features: np.ndarray, churned: np.ndarray) -> dict[str, Any]:
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


def _test_scores(customers: Customers, fold: Fold) -> dict[str, dict[str, float]]:
    features, churned = customers.features[fold.rows["test"]], customers.churned[fold.rows["test"]]
    beside = {"teacher": fold.teacher.probabilities(features), "teacher_threshold": fold.thresholds["teacher"]}
    student = compared_scores(churned, student_probabilities(fold.weights, features), fold.thresholds["churn"], **beside)
    return {"student": student, **reference_scores(churned, features, logistic=fold.logistic, **beside)}


def _summary(scores: list[dict[str, dict[str, float]]]) -> dict[str, dict[str, dict[str, Any]]]:
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


def _summary_table(summary: Mapping[str, Mapping[str, Mapping[str, Any]]], *, judged: bool) -> Table:
    table = Table("", *summary, title=f"churn: test rows of {FOLDS} stratified folds, mean ± standard deviation", box=None)
    for metric, student in summary["student"].items():
        mark = f" {'✓' if _holds(metric, student['mean']) else '✗'}" if judged and metric in BOUNDS else ""
        table.add_row(metric + mark, *(f"{model[metric]['mean']:.3f} ± {model[metric]['sd']:.3f}" for model in summary.values()))
    if judged:
        bounds = (f"{metric} {'≤' if metric in LARGEST else '≥'} {bound:g}" for metric, bound in BOUNDS.items())
        table.caption = f"demanded of the student's means: {', '.join(bounds)}"
    return table


def _holds(metric: str, value: float) -> bool:
    return value <= BOUNDS[metric] if metric in LARGEST else value >= BOUNDS[metric]


def _schema(customers: Customers, training: np.ndarray) -> list[dict[str, Any]]:
    lowest, highest = customers.features[training].min(axis=0), customers.features[training].max(axis=0)
    return [
        {
            "name": feature.name,
            "kind": feature.kind,
            "minimum": float(minimum),
            "maximum": float(maximum),
            "unit": feature.unit,
            "description": feature.description,
        }
        for feature, minimum, maximum in zip(customers.schema, lowest, highest, strict=True)
    ]

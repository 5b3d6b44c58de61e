"""How the churn model for event logs is trained and judged: on users apart, and by days that come after all that was learned from.

Five folds of users, of which the first one's model is kept. Scaler, trees, made-up rows and student see training rows only; early
stopping and thresholds see validation rows; the test rows are scored once. Beside the teacher stands the same kind of trees on plain
RFM (recency, frequency, monetary), which is what a table of customers would be boiled down to without this log.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from rich.console import Console

from datasets.activity import FEATURES
from datasets.registry import find
from datasets.tables import DataError, Problem
from keras_models.checkpoint import Checkpoint
from keras_models.churn_activity_data import DATA, FOLDS, VALIDATION, Rows, kinds_beside, load_rows, split_rows
from keras_models.customer_training import (
    Fold,
    Judged,
    compared_scores,
    customer_checkpoint,
    feature_schema,
    fit_logistic,
    logistic_probabilities,
    risk_thresholds,
    student_probabilities,
    summarise,
    summary_table,
)
from keras_models.distillation import Recipe, distil
from keras_models.metrics import classification_scores, f1_threshold
from keras_models.spec import TrainRequest
from keras_models.trees import TreeTeacher, fit_teacher

FEWEST_OF_A_CLASS = 20  # in every part of every fold
# Whether somebody comes back is mostly chance, which deeper trees, or leaves of few rows, would learn by heart.
DEPTH = 3
LEAF = 0.001  # smallest weight of a leaf, as a share of the training rows
RECIPE = Recipe(epochs=20)
BOUNDS = {"roc_auc_gain": 0.0, "roc_auc_gap": 0.005, "agreement": 0.97}  # of the student's means over the folds
stderr = Console(stderr=True)


@dataclass(frozen=True, eq=False)
class BesideRfm(Fold):
    """A fold with the trees that saw plain RFM."""

    rfm: TreeTeacher


def train(request: TrainRequest, *, recipe: Recipe = RECIPE) -> Checkpoint:
    """Train and judge on all folds; keep the model of the first one.

    Raises
    ------
    DataError
        Where ``load_rows`` refuses the log, or a part of a fold has fewer than 20 users of either class.
    DataMissingError
        If no file is given and the registry's is not at hand.
    """
    path = request.data or find(DATA)
    kinds = kinds_beside(path)
    rows = load_rows(path, kinds=kinds)
    splits = split_rows(rows, seed=request.seed)
    _check_classes(rows, splits, path)
    folds, scores = [], []
    for number, parts in enumerate(splits, start=1):
        plot = request.folder / "learning_curve.png" if number == 1 else None
        title = f"churn_activity, fold {number}/{FOLDS}"
        folds.append(_fit_fold(rows, parts, recipe, seed=request.seed + number, title=title, plot=plot))
        scores.append(_test_scores(rows, folds[-1]))
    summary = summarise(scores)
    title = f"churn_activity: later days of other users, {FOLDS} folds"
    stderr.print(summary_table(summary, title=title, bounds={} if request.data else BOUNDS))
    return customer_checkpoint(
        "churn_activity",
        request,
        path,
        registered=DATA,
        features=feature_schema(FEATURES, rows.features[folds[0].rows["train"]]),
        split={"folds": FOLDS, "fold": 1, "validation": VALIDATION},
        fold=folds[0],
        judged=Judged(rows.sha256, len(rows), summary, scores[0]),
        config={"activity": kinds.constants()},
        training={"as of": {part: _days(rows.day[chosen]) for part, chosen in folds[0].rows.items()}, "rfm": _rfm_record(folds[0])},
        blobs={"rfm.ubj": folds[0].rfm.to_bytes()},
    )


def _rfm_record(fold: BesideRfm) -> dict[str, Any]:
    scaler = {"mean": fold.rfm.mean.astype(float).tolist(), "scale": fold.rfm.scale.astype(float).tolist()}
    return {"threshold": fold.thresholds["rfm"], **scaler}


def _days(days: np.ndarray) -> list[str]:
    return [str(np.datetime64(int(day), "D")) for day in np.unique(days)]


def _check_classes(rows: Rows, splits: list[dict[str, np.ndarray]], path: Path) -> None:
    fewest = min(min(rows.churned[part].sum(), (~rows.churned[part]).sum()) for split in splits for part in split.values())
    if fewest < FEWEST_OF_A_CLASS:
        message = f"a part of a fold has only {fewest} users who left, or who stayed; expected at least {FEWEST_OF_A_CLASS} of each"
        raise DataError(path, [Problem(f"{message}; it needs more users")])


def _fit_fold(rows: Rows, parts: Mapping[str, np.ndarray], recipe: Recipe, *, seed: int, title: str, plot: Path | None) -> BesideRfm:
    training, validation = rows.features[parts["train"]], rows.features[parts["validation"]]
    labels, positive = rows.churned[parts["train"]], rows.churned[parts["validation"]]
    teacher = _fit_trees(training, labels, seed=seed)
    rfm = _fit_trees(rows.rfm[parts["train"]], labels, seed=seed)
    weights, history = distil(teacher.probabilities, training, validation, recipe=recipe, seed=seed, title=title, plot=plot)
    logistic = fit_logistic(training, labels)
    logistic["threshold"] = f1_threshold(positive, logistic_probabilities(logistic, validation))
    thresholds = {
        "teacher": f1_threshold(positive, teacher.probabilities(validation)),
        "rfm": f1_threshold(positive, rfm.probabilities(rows.rfm[parts["validation"]])),
        **risk_thresholds(positive, student_probabilities(weights, validation)),
    }
    return BesideRfm(parts, teacher, weights, thresholds, logistic, history, rfm)


def _fit_trees(features: np.ndarray, churned: np.ndarray, *, seed: int) -> TreeTeacher:
    """Trees without made-up rows of the rarer class: neither is rare, and so the probabilities are those of leaving."""
    return fit_teacher(features, churned, seed=seed, balanced=False, max_depth=DEPTH, min_child_weight=max(1, LEAF * len(features)))


def _test_scores(rows: Rows, fold: BesideRfm) -> dict[str, dict[str, float]]:
    chosen = fold.rows["test"]
    judge = Judge(
        churned=rows.churned[chosen],
        features=rows.features[chosen],
        teacher=(fold.teacher.probabilities(rows.features[chosen]), fold.thresholds["teacher"]),
        rfm=(fold.rfm.probabilities(rows.rfm[chosen]), fold.thresholds["rfm"]),
        logistic=fold.logistic,
    )
    student = judge.scores(student_probabilities(fold.weights, judge.features), fold.thresholds["churn"])
    return {"student": student, **judge.references()}


@dataclass(frozen=True, eq=False)
class Judge:
    """Scores models on the same rows beside teacher and baselines.

    Attributes
    ----------
    teacher, rfm
        Probabilities [n] and the threshold from which they mean churn.
    """

    churned: np.ndarray
    features: np.ndarray
    teacher: tuple[np.ndarray, float]
    rfm: tuple[np.ndarray, float]
    logistic: Mapping[str, Any]

    def scores(self, probability: np.ndarray, threshold: float) -> dict[str, float]:
        """Scores of one model; ``roc_auc_gain`` is its area less that of the trees on plain RFM."""
        teacher, teacher_threshold = self.teacher
        scores = compared_scores(self.churned, probability, threshold, teacher=teacher, teacher_threshold=teacher_threshold)
        plain = classification_scores(self.churned, *self.rfm)["roc_auc"]
        return {**scores, "roc_auc_gain": scores["roc_auc"] - plain}

    def references(self) -> dict[str, dict[str, float]]:
        """Scores of the teacher and of the baselines."""
        logistic = (logistic_probabilities(self.logistic, self.features), self.logistic["threshold"])
        always = (np.ones(len(self.churned)), 0.5)
        judged = {"teacher": self.teacher, "boosting on RFM": self.rfm, "logistic regression": logistic, "always churn": always}
        return {name: self.scores(*answers) for name, answers in judged.items()}

"""How the churn model is trained and judged: five stratified folds, of which the first one's model is the one that is kept.

In each fold the test rows are a fifth, the validation rows a quarter of the rest. Scaler, SMOTE, trees, made-up rows and student see
training rows only; early stopping and thresholds see validation rows; the test rows are scored once.

The student learns from the mean of five teachers that differ in what SMOTE drew, since a single one's answers carry the luck of its
draw. The first of the five is the teacher that is kept and compared with.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from pathlib import Path

import numpy as np
from rich.console import Console
from sklearn.model_selection import StratifiedKFold, train_test_split

from datasets.customers import Customers, load
from datasets.registry import find
from datasets.tables import DataError, Problem
from keras_models.checkpoint import Checkpoint
from keras_models.customer_training import (
    Fold,
    Judged,
    compared_scores,
    customer_checkpoint,
    feature_schema,
    fit_logistic,
    logistic_probabilities,
    reference_scores,
    risk_thresholds,
    student_probabilities,
    summarise,
    summary_table,
)
from keras_models.distillation import Recipe, distil
from keras_models.metrics import f1_threshold
from keras_models.spec import TrainRequest
from keras_models.trees import fit_teacher

DATA = "iranian_churn"
FOLDS = 5
VALIDATION = 0.25  # of what is no test row
FEWEST_OF_A_CLASS = 20  # so that every part of every fold holds some
TEACHERS = 5
TEACHER_SEEDS_APART = 1000  # farther than the folds' seeds reach
BOUNDS = {"f1": 0.86, "roc_auc_gap": 0.005, "agreement": 0.97}  # of the student's means over the folds
RECIPE = Recipe()
stderr = Console(stderr=True)


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
    summary = summarise(scores)
    title = f"churn: test rows of {FOLDS} stratified folds"
    stderr.print(summary_table(summary, title=title, bounds={} if request.data else BOUNDS))
    return customer_checkpoint(
        "churn",
        request,
        path,
        registered=DATA,
        features=feature_schema(customers.schema, customers.features[folds[0].rows["train"]]),
        split={"folds": FOLDS, "fold": 1, "validation": VALIDATION},
        fold=folds[0],
        judged=Judged(rows_sha256(customers), len(customers), summary, scores[0]),
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
    logistic = fit_logistic(training, labels)
    positive = customers.churned[rows["validation"]]
    student = student_probabilities(weights, validation)
    thresholds = {"teacher": f1_threshold(positive, teacher.probabilities(validation)), **risk_thresholds(positive, student)}
    logistic["threshold"] = f1_threshold(positive, logistic_probabilities(logistic, validation))
    return Fold(rows, teacher, weights, thresholds, logistic, history)


def _test_scores(customers: Customers, fold: Fold) -> dict[str, dict[str, float]]:
    features, churned = customers.features[fold.rows["test"]], customers.churned[fold.rows["test"]]
    beside = {"teacher": fold.teacher.probabilities(features), "teacher_threshold": fold.thresholds["teacher"]}
    student = compared_scores(churned, student_probabilities(fold.weights, features), fold.thresholds["churn"], **beside)
    return {"student": student, **reference_scores(churned, features, logistic=fold.logistic, **beside)}

"""Measures of yes-or-no models and the thresholds chosen by them, where scikit-learn has no ready function."""

from __future__ import annotations

import numpy as np
from sklearn.metrics import accuracy_score, f1_score, precision_score, recall_score, roc_auc_score

UNITS = dict.fromkeys(("f1", "recall", "precision", "roc_auc", "accuracy"), "fraction")
GRID = np.linspace(0.05, 0.95, 181)
BANDWIDTH = 0.06


def classification_scores(positive: np.ndarray, probability: np.ndarray, threshold: float) -> dict[str, float]:
    """F1, recall, precision and accuracy at a threshold, and the area under the ROC curve; all fractions.

    Parameters
    ----------
    positive
        bool [n].
    probability
        [n], 0 to 1; a row is called positive from ``threshold`` on.

    Notes
    -----
    The area is 0.5, that of chance, where all rows are of one class.
    """
    called = probability >= threshold
    return {
        "f1": float(f1_score(positive, called, zero_division=0)),
        "recall": float(recall_score(positive, called, zero_division=0)),
        "precision": float(precision_score(positive, called, zero_division=0)),
        "roc_auc": float(roc_auc_score(positive, probability)) if len(np.unique(positive)) > 1 else 0.5,
        "accuracy": float(accuracy_score(positive, called)),
    }


def f1_threshold(positive: np.ndarray, probability: np.ndarray) -> float:
    """The threshold with the best F1, smoothed over neighbouring thresholds.

    On a few hundred validation rows F1 jumps with every single row, and its highest jump is luck: a Gaussian mean over thresholds
    (bandwidth 0.06) looks for the middle of the plateau instead.
    """
    called = probability[:, None] >= GRID
    scores = 2 * called[positive].sum(axis=0) / (called.sum(axis=0) + positive.sum())
    kernel = np.exp(-0.5 * ((GRID[:, None] - GRID) / BANDWIDTH) ** 2)
    return round(float(GRID[np.argmax(kernel @ scores / kernel.sum(axis=1))]), 6)


def recall_threshold(positive: np.ndarray, probability: np.ndarray, *, recall: float) -> float:
    """The highest threshold that still finds at least this share of the positive rows, rounded down to four decimals."""
    found = np.sort(probability[positive])[::-1]
    return float(np.floor(found[int(np.ceil(recall * len(found))) - 1] * 1e4) / 1e4)


def precision_threshold(positive: np.ndarray, probability: np.ndarray, *, precision: float) -> float:
    """The lowest threshold of the grid from which at least this share of the rows called positive is; the grid's end if there is none."""
    for threshold in GRID:
        called = probability >= threshold
        if called.any() and positive[called].mean() >= precision:
            return round(float(threshold), 6)
    return round(float(GRID[-1]), 6)

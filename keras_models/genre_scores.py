"""Measures of a classifier's probabilities: how often it is right, right among three, and as sure as it is right."""

from __future__ import annotations

import numpy as np

UNITS = {"accuracy": "%", "top3": "%", "ece": "fraction"}
BINS = 10


def scores(genre: np.ndarray, probability: np.ndarray) -> dict[str, float]:
    """Accuracy and top-3 accuracy in %, and the expected calibration error.

    Parameters
    ----------
    genre
        int [n].
    probability
        [n, genres], rows that sum to 1.
    """
    ranks = np.argsort(-probability, axis=1)
    return {
        "accuracy": 100 * float((ranks[:, 0] == genre).mean()),
        "top3": 100 * float((ranks[:, :3] == genre[:, None]).any(axis=1).mean()),
        "ece": calibration_error(genre, probability),
    }


def calibration_error(genre: np.ndarray, probability: np.ndarray) -> float:
    """Expected calibration error over ten bins of equal width: |accuracy - confidence|, weighted by rows (Guo et al., 2017)."""
    confidence, right = probability.max(axis=1), probability.argmax(axis=1) == genre
    bins = np.minimum((confidence * BINS).astype(int), BINS - 1)
    gaps = [abs(right[bins == each].mean() - confidence[bins == each].mean()) * (bins == each).mean() for each in np.unique(bins)]
    return float(sum(gaps))

"""Measures of a key model: how often it is right, MIREX's weighted score, and how honest its confidence is."""

from __future__ import annotations

import numpy as np

from keras_models.genre_scores import calibration_error

UNITS = {"exact": "%", "mirex": "%", "ece": "fraction", "confidence": "fraction"}
FIFTH, RELATIVE, PARALLEL = 0.5, 0.3, 0.2


def scores(key: np.ndarray, probability: np.ndarray) -> dict[str, float]:
    """Exact answers and MIREX's score in %, and the expected calibration error of the likeliest key's probability.

    Parameters
    ----------
    key
        int [n], indices of ``datasets.keys``.
    probability
        [n, 24], rows that sum to 1.
    """
    said = probability.argmax(axis=1)
    return accuracies(key, said) | {"ece": calibration_error(key, probability)}


def accuracies(key: np.ndarray, said: np.ndarray) -> dict[str, float]:
    """Exact answers and MIREX's score of keys said, in %."""
    return {"exact": 100 * float((said == key).mean()), "mirex": 100 * float(mirex(key, said).mean())}


def mirex(key: np.ndarray, said: np.ndarray) -> np.ndarray:
    """Credit of each answer after MIREX's rule: 1 exact, 0.5 a fifth away in the same mode, 0.3 the relative key, 0.2 the parallel one.

    Fifths count both ways, above the true key and below.
    """
    minor, said_minor = key >= 12, said >= 12
    away = (said - key) % 12
    relative = np.where(minor, 3, 9)  # semitones up from the tonic to the relative key's
    credit = np.where(minor == said_minor, np.where(away == 0, 1.0, np.where((away == 7) | (away == 5), FIFTH, 0.0)), 0.0)
    return np.where(minor != said_minor, np.where(away == relative, RELATIVE, np.where(away == 0, PARALLEL, 0.0)), credit)

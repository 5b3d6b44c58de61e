"""Tree teachers: the models that are best on tables, too large and too irregular for a browser; students learn from them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import xgboost
from imblearn.over_sampling import SMOTE

TREES = 100
THREADS = 1  # on tables of this size threads wait for each other longer than they work: 0.1 s alone, seconds on two busy cores
PARAMETERS = {"objective": "binary:logistic", "max_depth": 6, "learning_rate": 0.1, "tree_method": "hist", "nthread": THREADS}
NEIGHBOURS = 5


@dataclass(frozen=True, eq=False)
class TreeTeacher:
    """Gradient-boosted trees over standardised features.

    Attributes
    ----------
    mean, scale
        float32 [k], of the training rows: the very values that the student's graph scales with.
    booster
        The trees.
    """

    mean: np.ndarray
    scale: np.ndarray
    booster: xgboost.Booster

    def probabilities(self, features: np.ndarray) -> np.ndarray:
        """Probability of the positive class: raw features [n, k] -> float64 [n]."""
        return self.booster.predict(xgboost.DMatrix(_standardised(features, self.mean, self.scale))).astype(np.float64)

    def to_bytes(self) -> bytes:
        """The trees in XGBoost's own UBJSON format."""
        return bytes(self.booster.save_raw("ubj"))

    @classmethod
    def from_bytes(cls, content: bytes, *, mean: np.ndarray, scale: np.ndarray) -> TreeTeacher:
        """Read what ``to_bytes`` wrote; the scaler is kept elsewhere."""
        return cls(mean, scale, xgboost.Booster(model_file=bytearray(content)))


def standard_scaler(features: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Mean and standard deviation of each column as float32 [k]; a constant column has scale 1."""
    mean, scale = features.mean(axis=0), features.std(axis=0)
    return mean.astype(np.float32), np.where(scale > 0, scale, 1).astype(np.float32)


def fit_teacher(
    features: np.ndarray, positive: np.ndarray, *, seed: int, balanced: bool = True, **parameters: float | tuple[int, ...]
) -> TreeTeacher:
    """Fit 100 trees; call it with training rows only.

    Parameters
    ----------
    features
        float64 [n, k], raw.
    positive
        bool [n], both classes with two rows at least.
    balanced
        Whether SMOTE makes up rows of the rarer class until there are as many as of the other.
    parameters
        XGBoost's, in place of ``PARAMETERS``.

    References
    ----------
    Chawla et al., "SMOTE: Synthetic Minority Over-sampling Technique" (2002); Chen and Guestrin, "XGBoost" (2016).
    """
    mean, scale = standard_scaler(features)
    rows = _standardised(features, mean, scale)
    if balanced:
        rarest = int(min(positive.sum(), (~positive).sum()))
        smote = SMOTE(random_state=seed, k_neighbors=min(NEIGHBOURS, rarest - 1))
        rows, positive = smote.fit_resample(rows, positive)
    settings = {**PARAMETERS, **parameters, "seed": seed}
    booster = xgboost.train(settings, xgboost.DMatrix(rows, label=positive), num_boost_round=TREES)
    return TreeTeacher(mean, scale, booster)


def _standardised(features: np.ndarray, mean: np.ndarray, scale: np.ndarray) -> np.ndarray:
    return (features - mean.astype(np.float64)) / scale.astype(np.float64)

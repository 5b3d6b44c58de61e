"""Gradient-boosted regression trees as plain arrays: scikit-learn fits them, but its own files are pickles, which run code when read."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from safetensors.numpy import load, save
from sklearn.ensemble import HistGradientBoostingRegressor

TREES = 200
# Few leaves of many posts: as good on posts not seen, and a surface that a small network can follow.
SMOOTH = {"max_leaf_nodes": 8, "min_samples_leaf": 100, "l2_regularization": 10.0}
PARAMETERS = {"max_iter": TREES, "learning_rate": 0.1, "max_depth": 10, "early_stopping": True, **SMOOTH}


@dataclass(frozen=True, eq=False)
class BoostedTrees:
    """One ensemble a target.

    Attributes
    ----------
    arrays
        ``feature``, ``threshold``, ``left``, ``right``, ``value`` [nodes] of all trees behind each other, a leaf being its own left and
        right; ``root`` [trees] and ``target`` [trees] say where a tree begins and for which target it counts; ``base`` [targets].
    """

    arrays: Mapping[str, np.ndarray]

    def predict(self, features: np.ndarray) -> np.ndarray:
        """Features [n, k] -> float64 [n, targets]."""
        arrays, rows = self.arrays, np.arange(len(features))
        predicted = np.tile(arrays["base"], (len(features), 1))
        for root, target in zip(arrays["root"], arrays["target"], strict=True):
            node = np.full(len(features), root, dtype=np.int64)
            for _ in range(PARAMETERS["max_depth"]):
                goes_left = features[rows, arrays["feature"][node]] <= arrays["threshold"][node]
                node = np.where(goes_left, arrays["left"][node], arrays["right"][node])
            predicted[:, target] += arrays["value"][node]
        return predicted

    def to_bytes(self) -> bytes:
        """The arrays in the safetensors format."""
        return save(dict(sorted(self.arrays.items())))

    @classmethod
    def from_bytes(cls, content: bytes) -> BoostedTrees:
        """Read what ``to_bytes`` wrote."""
        return cls(load(content))


def fit_boosting(features: np.ndarray, targets: np.ndarray, *, weight: np.ndarray, seed: int) -> BoostedTrees:
    """Fit one HistGradientBoostingRegressor a target: at most 200 trees of depth 10, fewer where a tenth of the rows stops improving.

    Parameters
    ----------
    features, targets, weight
        [n, k], [n, targets], [n]; training rows only.
    """
    fitted = [
        HistGradientBoostingRegressor(**PARAMETERS, random_state=seed).fit(features, target, sample_weight=weight) for target in targets.T
    ]
    return as_arrays(fitted)


def as_arrays(fitted: list[HistGradientBoostingRegressor]) -> BoostedTrees:
    """Take the trees out of scikit-learn's models, which learned from numbers without gaps."""
    nodes = [(target, each[0].nodes) for target, model in enumerate(fitted) for each in model._predictors]
    roots = np.cumsum([0, *(len(tree) for _, tree in nodes)])
    parts: dict[str, list[np.ndarray]] = {name: [] for name in ("feature", "threshold", "left", "right", "value")}
    for root, (_, tree) in zip(roots, nodes, strict=False):
        leaf, here = tree["is_leaf"].astype(bool), np.arange(len(tree))
        parts["feature"].append(np.where(leaf, 0, tree["feature_idx"]).astype(np.uint16))
        parts["threshold"].append(np.where(leaf, 0.0, tree["num_threshold"]))
        parts["left"].append((root + np.where(leaf, here, tree["left"])).astype(np.uint32))
        parts["right"].append((root + np.where(leaf, here, tree["right"])).astype(np.uint32))
        parts["value"].append(tree["value"])
    return BoostedTrees(
        {
            **{name: np.concatenate(values) for name, values in parts.items()},
            "root": roots[:-1].astype(np.uint32),
            "target": np.array([target for target, _ in nodes], dtype=np.uint8),
            "base": np.array([float(model._baseline_prediction.ravel()[0]) for model in fitted]),
        }
    )

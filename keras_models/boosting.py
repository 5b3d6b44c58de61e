"""Gradient-boosted regression trees as plain arrays: scikit-learn fits them, but its own files are pickles, which run code when read."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from safetensors.numpy import load, save
from sklearn.ensemble import HistGradientBoostingRegressor

TREES = 200
# Few leaves of many posts: as good on posts not seen, and a surface that a small network can follow.
SMOOTH = {"max_leaf_nodes": 8, "min_samples_leaf": 100, "l2_regularization": 10.0}
PARAMETERS = {"max_iter": TREES, "learning_rate": 0.1, "max_depth": 10, "early_stopping": True, **SMOOTH}
ROWS_AT_ONCE = 4096  # what a processor's cache holds: half the time of all rows at once


@dataclass(frozen=True, eq=False)
class BoostedTrees:
    """One ensemble a target.

    Attributes
    ----------
    arrays
        ``feature``, ``threshold``, ``gain``, ``left``, ``right``, ``value`` [nodes] of all trees behind each other, a leaf being its own
        left and right, with no gain; ``root`` [trees] and ``target`` [trees] say where a tree begins and for which target it counts;
        ``base`` [targets].
    """

    arrays: Mapping[str, np.ndarray]

    def predict(self, features: np.ndarray) -> np.ndarray:
        """Features [n, k] -> float64 [n, targets]."""
        starts = range(0, len(features), ROWS_AT_ONCE)
        return np.concatenate([self._predict(features[start : start + ROWS_AT_ONCE]) for start in starts] or [self._predict(features)])

    def _predict(self, features: np.ndarray) -> np.ndarray:
        arrays, rows = self.arrays, np.arange(len(features))
        predicted = np.tile(arrays["base"], (len(features), 1))
        for root, target in zip(arrays["root"], arrays["target"], strict=True):
            node = np.full(len(features), root, dtype=np.int64)
            for _ in range(PARAMETERS["max_depth"]):
                goes_left = features[rows, arrays["feature"][node]] <= arrays["threshold"][node]
                node = np.where(goes_left, arrays["left"][node], arrays["right"][node])
            predicted[:, target] += arrays["value"][node]
        return predicted

    def thresholds(self, feature: int) -> tuple[np.ndarray, np.ndarray]:
        """Thresholds at which trees split by one feature, ascending, and what each split gained."""
        nodes = np.flatnonzero((self.arrays["feature"] == feature) & (self.arrays["gain"] > 0))
        nodes = nodes[np.argsort(self.arrays["threshold"][nodes], kind="stable")]
        return self.arrays["threshold"][nodes], self.arrays["gain"][nodes]

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


def fit_committee(features: np.ndarray, targets: np.ndarray, *, weight: np.ndarray, seed: int, members: int) -> BoostedTrees:
    """The mean of ``members`` ensembles, which differ in the tenth of the rows that stops each of them."""
    return mean_of([fit_boosting(features, targets, weight=weight, seed=seed + member) for member in range(members)])


def mean_of(ensembles: Sequence[BoostedTrees]) -> BoostedTrees:
    """One ensemble that says the mean of what these say."""
    offsets = np.cumsum([0, *(len(each.arrays["feature"]) for each in ensembles)])[:-1].astype(np.uint32)
    joined = {name: np.concatenate([each.arrays[name] for each in ensembles]) for name in ("feature", "threshold", "gain", "target")}
    for name in ("root", "left", "right"):
        joined[name] = np.concatenate([each.arrays[name] + offset for each, offset in zip(ensembles, offsets, strict=True)])
    joined["value"] = np.concatenate([each.arrays["value"] / len(ensembles) for each in ensembles])
    return BoostedTrees({**joined, "base": np.mean([each.arrays["base"] for each in ensembles], axis=0)})


def as_arrays(fitted: list[HistGradientBoostingRegressor]) -> BoostedTrees:
    """Take the trees out of scikit-learn's models, which learned from numbers without gaps."""
    nodes = [(target, each[0].nodes) for target, model in enumerate(fitted) for each in model._predictors]
    roots = np.cumsum([0, *(len(tree) for _, tree in nodes)])
    parts: dict[str, list[np.ndarray]] = {name: [] for name in ("feature", "threshold", "gain", "left", "right", "value")}
    for root, (_, tree) in zip(roots, nodes, strict=False):
        leaf, here = tree["is_leaf"].astype(bool), np.arange(len(tree))
        parts["feature"].append(np.where(leaf, 0, tree["feature_idx"]).astype(np.uint16))
        parts["threshold"].append(np.where(leaf, 0.0, tree["num_threshold"]))
        parts["gain"].append(np.where(leaf, 0.0, tree["gain"].clip(0)).astype(np.float32))
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

"""The isolation forest as plain arrays: a teacher that can be kept beside a checkpoint and asked again without pickled objects."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from safetensors.numpy import load, save
from sklearn.ensemble import IsolationForest

TREES, SAMPLES, CONTAMINATION = 100, 256, 0.01
LEAF = -1


@dataclass(frozen=True, eq=False)
class IsolationTeacher:
    """Isolation trees over raw features, and how deep each path through them counts.

    Attributes
    ----------
    feature, left, right
        int32 [trees, nodes]: the feature a node asks for (-1 at a leaf), and where to go on.
    threshold
        float64 [trees, nodes]: left where the feature is at most this.
    depth
        float64 [trees, nodes]: at a leaf, its depth and what the rows left in it would still need.
    samples
        Rows that each tree was grown on.
    """

    feature: np.ndarray
    left: np.ndarray
    right: np.ndarray
    threshold: np.ndarray
    depth: np.ndarray
    samples: int

    def scores(self, rows: np.ndarray) -> np.ndarray:
        """Anomaly score of raw rows [n, k] -> float64 [n], 0 to 1; about 0.5 for ordinary rows.

        References
        ----------
        Liu, Ting and Zhou, "Isolation Forest" (2008), equation 2.
        """
        rows = np.asarray(rows, np.float32)  # as scikit-learn's trees compare
        every, total = np.arange(len(rows)), np.zeros(len(rows))
        for feature, left, right, threshold, depth in zip(self.feature, self.left, self.right, self.threshold, self.depth, strict=True):
            node = np.zeros(len(rows), np.int32)
            while (inner := feature[node] != LEAF).any():
                at = node[inner]
                goes_left = rows[every[inner], feature[at]] <= threshold[at]
                node[inner] = np.where(goes_left, left[at], right[at])
            total += depth[node]
        return 2.0 ** -(total / len(self.feature) / _average_path(np.array([self.samples]))[0])

    def to_bytes(self) -> bytes:
        """All arrays as safetensors."""
        arrays = {name: getattr(self, name) for name in ("feature", "left", "right", "threshold", "depth")}
        return save({**arrays, "samples": np.array([self.samples], np.int32)})

    @classmethod
    def from_bytes(cls, content: bytes) -> IsolationTeacher:
        """Read what ``to_bytes`` wrote."""
        arrays = load(content)
        return cls(**{**arrays, "samples": int(arrays["samples"][0])})


def fit_forest(rows: np.ndarray, *, seed: int) -> IsolationTeacher:
    """Grow 100 trees on 256 rows each, drawn from the training rows [n, k]."""
    forest = IsolationForest(n_estimators=TREES, max_samples=min(SAMPLES, len(rows)), contamination=CONTAMINATION, random_state=seed)
    trees = [tree.tree_ for tree in forest.fit(np.asarray(rows, np.float32)).estimators_]
    nodes = max(tree.node_count for tree in trees)

    def padded(name: str, dtype: type, empty: int) -> np.ndarray:
        table = np.full((len(trees), nodes), empty, dtype)
        for row, tree in zip(table, trees, strict=True):
            row[: tree.node_count] = getattr(tree, name)
        return table

    feature, left, right = (padded(name, np.int32, LEAF) for name in ("feature", "children_left", "children_right"))
    feature[left == LEAF] = LEAF
    samples = padded("n_node_samples", np.int32, 1)
    depth = np.where(feature == LEAF, _depths(left, right) + _average_path(samples), 0.0)
    return IsolationTeacher(feature, left, right, padded("threshold", np.float64, 0), depth, min(SAMPLES, len(rows)))


def _depths(left: np.ndarray, right: np.ndarray) -> np.ndarray:
    """Splits above each node; children come after their parents."""
    depths = np.zeros(left.shape)
    for depth, lefts, rights in zip(depths, left, right, strict=True):
        for node in np.flatnonzero(lefts != LEAF):
            depth[lefts[node]] = depth[rights[node]] = depth[node] + 1
    return depths


def _average_path(samples: np.ndarray) -> np.ndarray:
    """Mean depth of an unsuccessful search in a binary tree of so many rows (equation 1 of the paper above)."""
    many = np.maximum(samples, 3).astype(np.float64)
    paths = 2 * (np.log(many - 1) + np.euler_gamma) - 2 * (many - 1) / many
    return np.where(samples > 2, paths, np.where(samples == 2, 1.0, 0.0))

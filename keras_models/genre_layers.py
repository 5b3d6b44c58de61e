"""Small layers fitted by scikit-learn, as the weights of a graph: discriminants, regressions, networks side by side, scalers."""

from __future__ import annotations

import warnings
from collections.abc import Sequence

import numpy as np
from sklearn.exceptions import ConvergenceWarning
from sklearn.linear_model import LogisticRegression
from sklearn.neural_network import MLPClassifier

from keras_models.genre_graph import LIMIT

SHRINKAGE, DISCRIMINANT_SHARE = 0.3, 0.2  # of the covariance towards its diagonal; weight of discriminants, whose logits are far too sure
STEPS = {"max_iter": 200, "tol": 3e-3}  # of a regression's optimiser
FEWEST_STEPS = 250  # of an optimiser: few tracks are passed over more often
UNSEEN = 5.0  # by which a genre that was not seen lies below the others
Weights = dict[str, np.ndarray]


def fit_discriminants(rows: np.ndarray, genre: np.ndarray, count: int) -> tuple[np.ndarray, np.ndarray]:
    """Linear discriminants under one covariance, shrunk towards a multiple of the identity (Friedman, 1989): a layer for all classes."""
    classes, index = np.unique(genre, return_inverse=True)
    means = np.stack([rows[index == each].mean(axis=0) for each in range(len(classes))])
    apart = rows - means[index]
    covariance = (1 - SHRINKAGE) * (apart.T @ apart) / len(rows)
    covariance.flat[:: len(covariance) + 1] += SHRINKAGE * np.square(apart).mean()
    kernel = np.linalg.solve(covariance, means.T)
    bias = np.log(np.bincount(index) / len(rows)) - 0.5 * (means.T * kernel).sum(axis=0)
    return _all_classes(DISCRIMINANT_SHARE * kernel, DISCRIMINANT_SHARE * bias, classes, count)


def fit_regression(rows: np.ndarray, genre: np.ndarray, count: int, inverse: float) -> tuple[np.ndarray, np.ndarray]:
    """A logistic regression with so much inverse L2: a layer for all classes."""
    model = LogisticRegression(C=inverse, **STEPS).fit(rows.astype(np.float32), genre)
    return _all_classes(model.coef_.T, model.intercept_, model.classes_, count)


def fit_network(rows: np.ndarray, genre: np.ndarray, seed: int, *, units: int, decay: float, passes: int, batch: int) -> MLPClassifier:
    """A network of one hidden layer, with a strong L2, after a fixed number of passes."""
    batch = min(batch, len(rows))
    passes = max(passes, -(-FEWEST_STEPS * batch // len(rows)))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)  # the number of passes is the recipe's
        return MLPClassifier((units,), alpha=decay, max_iter=passes, batch_size=batch, random_state=seed).fit(rows, genre)


def side_by_side(networks: Sequence[MLPClassifier], count: int) -> tuple[Weights, Weights]:
    """Networks of one hidden layer as one of that layer's widths together: its first layer, and a last one whose logits are their mean."""
    first = {
        "kernel": np.concatenate([network.coefs_[0] for network in networks], axis=1),
        "bias": np.concatenate([network.intercepts_[0] for network in networks]),
    }
    last = [_all_classes(network.coefs_[1], network.intercepts_[1], network.classes_, count) for network in networks]
    kernels, biases = zip(*last, strict=True)
    return first, {"kernel": np.concatenate(kernels) / len(networks), "bias": sum(biases) / len(networks)}


def _all_classes(kernel: np.ndarray, bias: np.ndarray, classes: np.ndarray, count: int) -> tuple[np.ndarray, np.ndarray]:
    """A layer for all classes: of two, scikit-learn has one logit; one that a fold has no track of gets a logit below the others'."""
    if kernel.shape[1] == 1:
        kernel, bias = kernel * np.array([-0.5, 0.5]), bias * np.array([-0.5, 0.5])
    filled = np.repeat(kernel.mean(axis=1, keepdims=True), count, axis=1), np.full(count, bias.min() - UNSEEN)
    filled[0][:, classes], filled[1][classes] = kernel, bias
    return filled


def scaler_of(name: str, rows: np.ndarray) -> Weights:
    """Mean and standard deviation of each column, as weights by that name."""
    return {f"{name}/mean": rows.mean(axis=0), f"{name}/scale": np.maximum(rows.std(axis=0), 1e-3)}


def standardised(weights: Weights, name: str, rows: np.ndarray) -> np.ndarray:
    """Rows as ``genre_graph.scaled`` makes them."""
    return np.clip((rows - weights[f"{name}/mean"]) / weights[f"{name}/scale"], -LIMIT, LIMIT)

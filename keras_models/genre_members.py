"""The members of the genre model's vote, each fitted to what holds for few artists: strong shrinkage, changed copies, several seeds."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import tensorflow as tf
from rich.progress import track as with_bar
from sklearn.exceptions import ConvergenceWarning
from sklearn.linear_model import LogisticRegression
from sklearn.neural_network import MLPClassifier

from keras_models.genre_augmentation import augmented
from keras_models.genre_data import Tracks
from keras_models.genre_graph import LIMIT, MEMBERS, QUANTILES, TAGS, tag_quantiles
from keras_models.genre_patterns import learned_patterns, levels, patterns
from keras_models.genre_statistics import statistics

# Chosen by cross-validation inside GTZAN's train split, whole runs of its numbering kept out.
COPIES = 6  # of each track with other mastering
PHASES = 3  # choices of ten patches among a track's 28, and patches from one that a network sees to the next
TRANSFER_SEEDS, TRANSFER_UNITS, TRANSFER_DECAY, TRANSFER_PASSES, TRANSFER_BATCH = 8, 32, 1.0, 20, 200
STREAMS_SEEDS, STREAMS_UNITS, STREAMS_DECAY, STREAMS_PASSES = 3, 32, 4.0, 10
STREAMS_C, JOINT_C = 0.02, 0.05  # inverse L2
PATTERN_SHARE, JOINT_SHARE = 0.35, 0.35  # weight of a pattern beside a statistic; of a statistic beside a tag in the joint member
STEPS = {"max_iter": 200, "tol": 3e-3}  # of a regression's optimiser
SHRINKAGE, DISCRIMINANT_SHARE = 0.3, 0.2  # of the covariance towards its diagonal; weight of discriminants, whose logits are far too sure
BATCH = 64
FEWEST_STEPS = 250  # of an optimiser: few tracks are passed over more often
UNSEEN = 5.0  # by which a genre that was not seen lies below the others
LOGITS = TAGS * len(QUANTILES)  # the first of the quantiles; the others are of roots of probabilities
Weights = dict[str, np.ndarray]


@dataclass(frozen=True)
class Features:
    """What the members are fitted to.

    Attributes
    ----------
    genre
        int [n].
    tags
        Logits over time for each track, [patches, 50].
    quantiles
        [3, n, 300], of three choices of patches.
    statistics
        [1 + 6, n, 386], of the tracks and of changed copies.
    levels
        float16 [1 + 6, n, 387, 64], of the same.
    """

    genre: np.ndarray
    tags: tuple[np.ndarray, ...]
    quantiles: np.ndarray
    statistics: np.ndarray
    levels: np.ndarray

    def take(self, rows: np.ndarray) -> Features:
        """Some of the tracks, by mask."""
        tags = tuple(self.tags[row] for row in np.flatnonzero(rows))
        return Features(self.genre[rows], tags, self.quantiles[:, rows], self.statistics[:, rows], self.levels[:, rows])


def features(tracks: Tracks, *, seed: int) -> Features:
    """Describe tracks that have tags and spectrograms, and their changed copies."""
    random = np.random.default_rng(seed)
    copies = with_bar(range(COPIES), description="changed copies", transient=True)
    described = [_described(tracks.mel), *(_described(augmented(tracks.mel, random)) for _ in copies)]
    quantiles = [tag_quantiles(tf.constant(tracks.patches(phase))).numpy() for phase in range(PHASES)]
    return Features(tracks.genre, tracks.tags, np.stack(quantiles), *(np.stack(each) for each in zip(*described, strict=True)))


def _described(mel: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Statistics and levels of spectrograms."""
    return _in_batches(statistics, mel), _in_batches(levels, mel).astype(np.float16)


def _in_batches(function: Callable[[tf.Tensor], tf.Tensor], rows: np.ndarray) -> np.ndarray:
    return np.concatenate([function(tf.constant(rows[at : at + BATCH], tf.float32)).numpy() for at in range(0, len(rows), BATCH)])


def fit(seen: Features, count: int, *, seed: int) -> Weights:
    """Weights of ``genre_graph`` for so many genres, each member as it comes, votes equal."""
    weights = {**_scaler("statistics", seen.statistics[0]), **_scaler("quantiles", np.concatenate(seen.quantiles))}
    weights |= learned_patterns(seen.levels[0], np.random.default_rng(seed))
    described = [_scaled(weights, "statistics", each) for each in seen.statistics]
    quantiles = [_scaled(weights, "quantiles", seen.quantiles[at % PHASES]) for at in range(len(described))]
    genre = np.tile(seen.genre, len(described))
    weights |= _streams_member(weights, np.concatenate(described), seen, count, seed)
    weights |= _joint_member(np.concatenate(quantiles), np.concatenate(described), genre, count)
    weights |= _recording(np.concatenate(quantiles[:PHASES]), genre[: PHASES * len(seen.genre)], count)
    return weights | _transfer_member(seen, count, seed) | {f"ensemble/{name}": np.array([1 / len(MEMBERS)]) for name in MEMBERS}


def _streams_member(weights: Weights, described: np.ndarray, seen: Features, count: int, seed: int) -> Weights:
    """Discriminants, regression and small networks of statistics and patterns, a third each, as one layer over them and hidden units."""
    held = {name: tf.constant(value, tf.float32) for name, value in weights.items()}
    found = [_in_batches(lambda rows: patterns(held, rows), each) for each in seen.levels]
    scaler = _scaler("patterns", found[0])
    beside = np.concatenate([_scaled(scaler, "patterns", each) for each in found])
    rows = np.hstack([described, PATTERN_SHARE * beside]).astype(np.float32)
    genre = np.tile(seen.genre, len(found))
    settings = {"units": STREAMS_UNITS, "decay": STREAMS_DECAY, "passes": STREAMS_PASSES, "batch": BATCH}
    networks = [_network(rows, genre, seed + each, **settings) for each in range(STREAMS_SEEDS)]
    discriminants, discriminant_bias = _discriminants(rows, genre, count)
    regression, regression_bias = _regression(rows, genre, count, STREAMS_C / len(found))
    units, last = _side_by_side(networks, count)
    shares = np.where(np.arange(rows.shape[1]) < described.shape[1], 1, PATTERN_SHARE)[:, None]
    return scaler | {
        "units/kernel": shares * units["kernel"],
        "units/bias": units["bias"],
        "streams/kernel": np.concatenate([shares * (discriminants + regression), last["kernel"]]) / 3,
        "streams/bias": (discriminant_bias + regression_bias + last["bias"]) / 3,
    }


def _joint_member(quantiles: np.ndarray, described: np.ndarray, genre: np.ndarray, count: int) -> Weights:
    """Linear models of tags and statistics."""
    kernel, bias = _discriminants_and_regression(quantiles, JOINT_SHARE * described, genre, count, JOINT_C / (1 + COPIES))
    kernel[2 * LOGITS :] *= JOINT_SHARE
    return {"joint/kernel": kernel, "joint/bias": bias}


def _recording(quantiles: np.ndarray, genre: np.ndarray, count: int) -> Weights:
    """Linear models of the tags alone, of three choices of patches, with half a vote beside the networks that see single patches."""
    nothing = np.empty((len(genre), 0))
    kernel, bias = _discriminants_and_regression(quantiles, nothing, genre, count, JOINT_C / PHASES)
    return {"recording/kernel": kernel / 2, "recording/bias": bias / 2}


def _discriminants_and_regression(
    quantiles: np.ndarray, beside: np.ndarray, genre: np.ndarray, count: int, inverse: float
) -> tuple[np.ndarray, np.ndarray]:
    """Discriminants of the logits' quantiles and a regression of the roots', both with what is beside: their mean is linear, too."""
    of_logits, logit_bias = _discriminants(np.hstack([quantiles[:, :LOGITS], beside]), genre, count)
    of_roots, root_bias = _regression(np.hstack([quantiles[:, LOGITS:], beside]), genre, count, inverse)
    kernel = np.concatenate([of_logits[:LOGITS], of_roots[:LOGITS], of_logits[LOGITS:] + of_roots[LOGITS:]])
    return kernel / 2, (logit_bias + root_bias) / 2


def _discriminants(rows: np.ndarray, genre: np.ndarray, count: int) -> tuple[np.ndarray, np.ndarray]:
    """Linear discriminants under one covariance, shrunk towards a multiple of the identity (Friedman, 1989): a layer for all classes."""
    classes, index = np.unique(genre, return_inverse=True)
    means = np.stack([rows[index == each].mean(axis=0) for each in range(len(classes))])
    apart = rows - means[index]
    covariance = (1 - SHRINKAGE) * (apart.T @ apart) / len(rows)
    covariance.flat[:: len(covariance) + 1] += SHRINKAGE * np.square(apart).mean()
    kernel = np.linalg.solve(covariance, means.T)
    bias = np.log(np.bincount(index) / len(rows)) - 0.5 * (means.T * kernel).sum(axis=0)
    return _all_classes(DISCRIMINANT_SHARE * kernel, DISCRIMINANT_SHARE * bias, classes, count)


def _regression(rows: np.ndarray, genre: np.ndarray, count: int, inverse: float) -> tuple[np.ndarray, np.ndarray]:
    return _linear(LogisticRegression(C=inverse, **STEPS).fit(rows.astype(np.float32), genre), count)


def _transfer_member(seen: Features, count: int, seed: int) -> Weights:
    """Small networks over single patches, each of which sees every third one, put side by side into one whose logits are their mean."""
    scaler = _scaler("tags", np.concatenate(seen.tags))
    networks = []
    for each in range(TRANSFER_SEEDS):
        parts = [tags[each % PHASES :: PHASES] if len(tags) >= PHASES else tags for tags in seen.tags]
        rows = (np.concatenate(parts) - scaler["tags/mean"]) / scaler["tags/scale"]
        genre = np.repeat(seen.genre, [len(part) for part in parts])
        settings = {"units": TRANSFER_UNITS, "decay": TRANSFER_DECAY, "passes": TRANSFER_PASSES, "batch": TRANSFER_BATCH}
        networks.append(_network(rows, genre, seed + each, **settings))
    hidden, last = _side_by_side(networks, count)
    named = {"hidden": hidden, "transfer": last}
    return scaler | {f"{name}/{part}": value for name, layer in named.items() for part, value in layer.items()}


def _network(rows: np.ndarray, genre: np.ndarray, seed: int, *, units: int, decay: float, passes: int, batch: int) -> MLPClassifier:
    batch = min(batch, len(rows))
    passes = max(passes, -(-FEWEST_STEPS * batch // len(rows)))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)  # the number of passes is the recipe's
        return MLPClassifier((units,), alpha=decay, max_iter=passes, batch_size=batch, random_state=seed).fit(rows, genre)


def _side_by_side(networks: Sequence[MLPClassifier], count: int) -> tuple[Weights, Weights]:
    """Networks of one hidden layer as one of that layer's widths together: its first layer, and a last one whose logits are their mean."""
    first = {
        "kernel": np.concatenate([network.coefs_[0] for network in networks], axis=1),
        "bias": np.concatenate([network.intercepts_[0] for network in networks]),
    }
    last = [_all_classes(network.coefs_[1], network.intercepts_[1], network.classes_, count) for network in networks]
    kernels, biases = zip(*last, strict=True)
    return first, {"kernel": np.concatenate(kernels) / len(networks), "bias": sum(biases) / len(networks)}


def _linear(model: LogisticRegression, count: int) -> tuple[np.ndarray, np.ndarray]:
    return _all_classes(model.coef_.T, model.intercept_, model.classes_, count)


def _all_classes(kernel: np.ndarray, bias: np.ndarray, classes: np.ndarray, count: int) -> tuple[np.ndarray, np.ndarray]:
    """A layer for all classes: of two, scikit-learn has one logit; one that a fold has no track of gets a logit below the others'."""
    if kernel.shape[1] == 1:
        kernel, bias = kernel * np.array([-0.5, 0.5]), bias * np.array([-0.5, 0.5])
    filled = np.repeat(kernel.mean(axis=1, keepdims=True), count, axis=1), np.full(count, bias.min() - UNSEEN)
    filled[0][:, classes], filled[1][classes] = kernel, bias
    return filled


def _scaler(name: str, rows: np.ndarray) -> Weights:
    return {f"{name}/mean": rows.mean(axis=0), f"{name}/scale": np.maximum(rows.std(axis=0), 1e-3)}


def _scaled(weights: Weights, name: str, rows: np.ndarray) -> np.ndarray:
    return np.clip((rows - weights[f"{name}/mean"]) / weights[f"{name}/scale"], -LIMIT, LIMIT)

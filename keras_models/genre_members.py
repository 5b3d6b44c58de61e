"""The members of the genre model's vote, each fitted to what holds for few artists: strong shrinkage, changed copies, several seeds."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import tensorflow as tf
from rich.progress import track as with_bar

from keras_models.genre_augmentation import augmented
from keras_models.genre_data import Tracks
from keras_models.genre_graph import MEMBERS, QUANTILES, TAGS, tag_quantiles
from keras_models.genre_layers import Weights, fit_discriminants, fit_network, fit_regression, scaler_of, side_by_side, standardised
from keras_models.genre_patterns import learned_patterns, levels, patterns
from keras_models.genre_statistics import statistics

# Chosen by cross-validation inside GTZAN's train split, whole runs of its numbering kept out.
COPIES = 6  # of each track with other mastering
PHASES = 3  # choices of ten patches among a track's 28, and patches from one that a network sees to the next
TRANSFER_SEEDS, TRANSFER_UNITS, TRANSFER_DECAY, TRANSFER_PASSES, TRANSFER_BATCH = 8, 32, 1.0, 20, 200
STREAMS_SEEDS, STREAMS_UNITS, STREAMS_DECAY, STREAMS_PASSES = 3, 32, 4.0, 10
STREAMS_C, JOINT_C = 0.02, 0.05  # inverse L2
PATTERN_SHARE, JOINT_SHARE = 0.35, 0.35  # weight of a pattern beside a statistic; of a statistic beside a tag in the joint member
BATCH = 64
LOGITS = TAGS * len(QUANTILES)  # the first of the quantiles; the others are of roots of probabilities


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
    weights = {**scaler_of("statistics", seen.statistics[0]), **scaler_of("quantiles", np.concatenate(seen.quantiles))}
    weights |= learned_patterns(seen.levels[0], np.random.default_rng(seed))
    described = [standardised(weights, "statistics", each) for each in seen.statistics]
    quantiles = [standardised(weights, "quantiles", seen.quantiles[at % PHASES]) for at in range(len(described))]
    genre = np.tile(seen.genre, len(described))
    weights |= _streams_member(weights, np.concatenate(described), seen, count, seed)
    weights |= _joint_member(np.concatenate(quantiles), np.concatenate(described), genre, count)
    weights |= _recording(np.concatenate(quantiles[:PHASES]), genre[: PHASES * len(seen.genre)], count)
    return weights | _transfer_member(seen, count, seed) | {f"ensemble/{name}": np.array([1 / len(MEMBERS)]) for name in MEMBERS}


def _streams_member(weights: Weights, described: np.ndarray, seen: Features, count: int, seed: int) -> Weights:
    """Discriminants, regression and small networks of statistics and patterns, a third each, as one layer over them and hidden units."""
    held = {name: tf.constant(value, tf.float32) for name, value in weights.items()}
    found = [_in_batches(lambda rows: patterns(held, rows), each) for each in seen.levels]
    scaler = scaler_of("patterns", found[0])
    beside = np.concatenate([standardised(scaler, "patterns", each) for each in found])
    rows = np.hstack([described, PATTERN_SHARE * beside]).astype(np.float32)
    genre = np.tile(seen.genre, len(found))
    settings = {"units": STREAMS_UNITS, "decay": STREAMS_DECAY, "passes": STREAMS_PASSES, "batch": BATCH}
    networks = [fit_network(rows, genre, seed + each, **settings) for each in range(STREAMS_SEEDS)]
    discriminants, discriminant_bias = fit_discriminants(rows, genre, count)
    regression, regression_bias = fit_regression(rows, genre, count, STREAMS_C / len(found))
    units, last = side_by_side(networks, count)
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
    of_logits, logit_bias = fit_discriminants(np.hstack([quantiles[:, :LOGITS], beside]), genre, count)
    of_roots, root_bias = fit_regression(np.hstack([quantiles[:, LOGITS:], beside]), genre, count, inverse)
    kernel = np.concatenate([of_logits[:LOGITS], of_roots[:LOGITS], of_logits[LOGITS:] + of_roots[LOGITS:]])
    return kernel / 2, (logit_bias + root_bias) / 2


def _transfer_member(seen: Features, count: int, seed: int) -> Weights:
    """Small networks over single patches, each of which sees every third one, put side by side into one whose logits are their mean."""
    scaler = scaler_of("tags", np.concatenate(seen.tags))
    networks = []
    for each in range(TRANSFER_SEEDS):
        parts = [tags[each % PHASES :: PHASES] if len(tags) >= PHASES else tags for tags in seen.tags]
        rows = (np.concatenate(parts) - scaler["tags/mean"]) / scaler["tags/scale"]
        genre = np.repeat(seen.genre, [len(part) for part in parts])
        settings = {"units": TRANSFER_UNITS, "decay": TRANSFER_DECAY, "passes": TRANSFER_PASSES, "batch": TRANSFER_BATCH}
        networks.append(fit_network(rows, genre, seed + each, **settings))
    hidden, last = side_by_side(networks, count)
    named = {"hidden": hidden, "transfer": last}
    return scaler | {f"{name}/{part}": value for name, layer in named.items() for part, value in layer.items()}

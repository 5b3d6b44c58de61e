"""Convolutions over a spectrogram's levels and over their changes, learned without labels: which short patterns a track is made of.

Spherical k-means on whitened patches (A. Coates and A. Ng, "Learning feature representations with k-means", 2012) gives each stream its
filters. 442 tracks are too few for convolutions trained by their genres: these have no genre to overfit, and tell more of new artists.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import tensorflow as tf

from keras_models.genre_statistics import BANDS, FRAMES

STREAMS = ("levels", "changes")  # mel, and its deltas
PAIRS = BANDS // 2  # bands of the streams, each the mean of two
TAKES, STEP = 6, 3  # frames of a filter: half a second; and from one place to the next
COMPONENTS, PATTERNS = 96, 512  # directions that are kept of a patch, and centres
DEPTH = 70.0  # dB below the loudest value at which levels are cut
CONTRAST = 10.0  # dB squared, beside a patch's own variance
WHITENING = 0.1  # mean variances beside each direction's own
THRESHOLD = 0.2  # cosine from which on a pattern is there
SAMPLES, ROUNDS = 60, 12  # patches drawn of each track, and steps of k-means
FLOOR = 1e-5  # keeps square roots of nothing exact on any device
Named = Mapping[str, tf.Tensor]


def levels(mel: tf.Tensor) -> tf.Tensor:
    """[batch, 387, 64]: log-mel spectrograms [batch, 387, 128] in dB with half the bands, less the clip's mean."""
    halved = tf.reshape(tf.matmul(tf.reshape(mel, (-1, BANDS)), _halves()), (-1, FRAMES, PAIRS))
    cut = tf.maximum(halved, tf.reduce_max(halved, axis=(1, 2), keepdims=True) - DEPTH)
    return cut - tf.reduce_mean(cut, axis=(1, 2), keepdims=True)


def patterns(weights: Named, heard: tf.Tensor) -> tf.Tensor:
    """How much there is of each stream's patterns over a clip, and how unevenly: [batch, 2 * 2 * 512] of ``levels``."""
    return tf.concat([_pooled(_activity(weights, name, rows)) for name, rows in _streams(heard).items()], axis=1)


def learned_patterns(heard: np.ndarray, random: np.random.Generator) -> dict[str, np.ndarray]:
    """Filters and patterns of both streams, from ``levels`` of tracks [n, 387, 64]; whitening is folded into the filters."""
    weights = {}
    for name, rows in _streams(heard.astype(np.float32)).items():
        drawn = _contrasts(_drawn(rows, random))
        mean = drawn.mean(axis=0)
        variances, directions = np.linalg.eigh(np.cov((drawn - mean).T))
        variances, directions = variances[::-1][:COMPONENTS], directions[:, ::-1][:, :COMPONENTS]
        scale = 1 / np.sqrt(variances + WHITENING * variances.mean())
        centres = _spherical_means(_directions((drawn - mean) @ (directions * scale)), random)
        weights |= {
            # A patch's own mean is taken away by the filters.
            f"{name}/filters": (directions - directions.mean(axis=0)).reshape(TAKES, 1, PAIRS, COMPONENTS),
            f"{name}/scale": scale,
            f"{name}/bias": -(mean @ directions) * scale,
            f"{name}/patterns": centres.T,
        }
    return weights


def multiply_adds() -> int:
    """Multiply-adds of one clip: filters and patterns at each place of both streams."""
    places = [(frames - TAKES) // STEP + 1 for frames in (FRAMES, FRAMES - 1)]
    return sum(places) * COMPONENTS * (TAKES * PAIRS + PATTERNS)


def _streams(heard):
    """The levels and their changes from frame to frame, of an array or a tensor."""
    return dict(zip(STREAMS, (heard, heard[:, 1:] - heard[:, :-1]), strict=True))


def _activity(weights: Named, name: str, rows: tf.Tensor) -> tf.Tensor:
    """[batch, places, 512]: how near each patch comes to each pattern, in whitened directions."""
    moments = tf.stack([tf.reduce_mean(rows, axis=2), tf.reduce_mean(tf.square(rows), axis=2)], axis=2)
    moments = tf.nn.avg_pool2d(moments[:, :, None], (TAKES, 1), (STEP, 1), "VALID")[:, :, 0]
    contrast = tf.sqrt(tf.nn.relu(moments[:, :, 1:] - tf.square(moments[:, :, :1])) + CONTRAST)
    projected = tf.nn.conv2d(rows[:, :, None], weights[f"{name}/filters"], (STEP, 1), "VALID")[:, :, 0]
    whitened = tf.reshape(projected / contrast * weights[f"{name}/scale"] + weights[f"{name}/bias"], (-1, COMPONENTS))
    length = tf.sqrt(tf.reduce_sum(tf.square(whitened), axis=1, keepdims=True) + FLOOR)
    cosine = tf.matmul(whitened / length, weights[f"{name}/patterns"])
    return tf.reshape(tf.nn.relu(cosine - THRESHOLD), (-1, projected.shape[1], PATTERNS))


def _pooled(activity: tf.Tensor) -> tf.Tensor:
    """Root of the mean, and spread, over a clip."""
    mean = tf.reduce_mean(activity, axis=1, keepdims=True)
    spread = tf.sqrt(tf.reduce_mean(tf.square(activity - mean), axis=1) + FLOOR)
    return tf.concat([tf.sqrt(mean[:, 0] + FLOOR), spread], axis=1)


def _drawn(rows: np.ndarray, random: np.random.Generator) -> np.ndarray:
    """Patches [n, 6 * 64] from random places, of few tracks more of each."""
    count = max(SAMPLES, -(-4 * PATTERNS // len(rows)))
    starts = random.integers(0, rows.shape[1] - TAKES + 1, (len(rows), count))
    track = np.arange(len(rows))[:, None, None]
    return rows[track, starts[..., None] + np.arange(TAKES)].reshape(-1, TAKES * PAIRS)


def _contrasts(patches: np.ndarray) -> np.ndarray:
    centred = patches - patches.mean(axis=1, keepdims=True)
    return centred / np.sqrt(centred.var(axis=1, keepdims=True) + CONTRAST)


def _directions(rows: np.ndarray) -> np.ndarray:
    return rows / np.sqrt((rows**2).sum(axis=1, keepdims=True) + FLOOR)


def _spherical_means(rows: np.ndarray, random: np.random.Generator) -> np.ndarray:
    """[512, components]: centres of length one; one that no row is nearest to begins anew at some row."""
    centres = rows[random.choice(len(rows), PATTERNS, replace=False)]
    for _ in range(ROUNDS):
        cosine = rows @ centres.T
        nearest = cosine.argmax(axis=1)
        sums = np.zeros_like(centres)
        np.add.at(sums, nearest, rows * cosine.max(axis=1, keepdims=True))
        alone = np.bincount(nearest, minlength=PATTERNS) == 0
        sums[alone] = rows[random.choice(len(rows), alone.sum())]
        centres = _directions(sums)
    return centres


def _halves() -> np.ndarray:
    """[128, 64]: means of two bands."""
    return (np.arange(BANDS)[:, None] // 2 == np.arange(PAIRS)).astype(np.float32) / 2
